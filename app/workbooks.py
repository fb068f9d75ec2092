"""Excel workbooks, read row by row: weighed before they are opened, and told which cell cannot be read."""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import IO, Any

from flask_babel import lazy_gettext as _l

from app.rows import FAR_TOO_BIG, SAMPLE, BadTable, Limits, Row

LOCKED = _l("This workbook is locked with a password. Save it without one, and choose it again.")
_SHARED = re.compile(rb"<(?:\w{1,9}:)?si[\s/>]")  # a text that cells share, wherever it stands


class Workbook:
    """One sheet of an Excel workbook; formulas are read as Excel last saw them, macros not at all."""

    kind = "xlsx"
    encoding = ""
    separator = ""

    def __init__(self, stream: IO[bytes], sheet: str | None, limits: Limits) -> None:
        try:
            _weigh_parts(stream, limits)
            self._book = _load(stream)
            sheets = [one for one in self._book.worksheets if hasattr(one, "_get_source")]
        except BadTable:
            raise
        except Exception:  # a file from outside breaks the reader in more ways than can be named
            raise _damaged() from None
        shown = [one for one in sheets if one.sheet_state == "visible"] or sheets
        if sheet is not None:
            shown = [one for one in sheets if one.title == sheet]
        if not shown:
            names = ", ".join(one.title for one in sheets)
            raise BadTable(
                _l("There is no such sheet in this workbook. It has: %(names)s.", names=names or "–")
            )
        self._sheet = shown[0]

    def records(self) -> Iterator[Row]:
        book, sheet = self._book, self._sheet
        with sheet._get_source() as source:
            parser = _parser()(
                source,
                sheet._shared_strings,
                data_only=True,
                epoch=book.epoch,
                date_formats=book._date_formats,
                timedelta_formats=book._timedelta_formats,
            )
            rows = iter(parser.parse())
            while True:
                try:
                    line, cells = next(rows)
                except StopIteration:
                    return
                except BadTable:
                    raise
                except Exception:
                    raise _damaged() from None
                yield _row_of(line, cells)


def _damaged() -> BadTable:
    return BadTable(
        _l(
            "This workbook is damaged, or no workbook at all. Open it in Excel, save it as .xlsx or CSV, and try again."
        )
    )


def _weigh_parts(stream: IO[bytes], limits: Limits) -> None:
    """Unpack each part once, count, and keep nothing: what the file says of its own size is not believed."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    with zipfile.ZipFile(stream) as file:
        parts = file.infolist()
        names = {part.filename for part in parts}
        _check_kind(names)
        if len(parts) > 2000 or len(names) < len(parts):
            raise _damaged()
        total = 0
        for part in parts:
            if part.flag_bits & 1:
                raise BadTable(LOCKED)
            if _is_read(part.filename):
                total = _weigh_part(file, part, total, size, limits)
    stream.seek(0)


def _is_read(name: str) -> bool:
    """Pictures, macros and what other programs put in stay packed."""
    if name.startswith("xl/"):
        return name.endswith((".xml", ".rels"))
    return "/" not in name or name.startswith(("_rels/", "docProps/"))


def _check_kind(names: set[str]) -> None:
    if "xl/workbook.bin" in names:
        raise BadTable(
            _l("This is a binary workbook (.xlsb). Save it as .xlsx or as CSV, and choose it again.")
        )
    if "[Content_Types].xml" not in names:
        raise BadTable(_l("This is no Excel workbook. Save the table as .xlsx or as CSV, and choose that."))


def _weigh_part(file: zipfile.ZipFile, part: zipfile.ZipInfo, total: int, size: int, limits: Limits) -> int:
    """The bytes so far; refuses what is too much."""
    is_sheet = part.filename.startswith("xl/worksheets/")
    is_strings = part.filename.lower().startswith("xl/sharedstrings")
    most = limits.unpacked if is_sheet else limits.strings_bytes if is_strings else limits.part_bytes
    own = strings = 0
    last = b""
    with file.open(part) as content:
        while found := content.read(SAMPLE * 4):
            own += len(found)
            total += len(found)
            if own > most or total > max(limits.unasked, size * limits.ratio):
                raise BadTable(FAR_TOO_BIG)
            if b"<!DOCTYPE" in last + found or b"<!ENTITY" in last + found:
                raise _damaged()
            strings += len(_SHARED.findall(found))
            if strings > limits.strings:
                raise BadTable(_l("This workbook has too many texts to be read whole. Save it as CSV."))
            last = found[-10:]
    return total


def _load(stream: IO[bytes]) -> Any:
    from openpyxl import DEFUSEDXML, load_workbook  # takes its time, and most files are CSV

    if not DEFUSEDXML:
        raise RuntimeError("workbooks are read with defusedxml only")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions, which are not read
        return load_workbook(stream, read_only=True, data_only=True, keep_links=False)


@cache
def _parser() -> Any:
    """openpyxl's reader of rows, made to tell which cell it cannot read instead of giving up the sheet."""
    from openpyxl.worksheet._reader import WorkSheetParser
    from openpyxl.xml.constants import SHEET_MAIN_NS

    formula = f"{{{SHEET_MAIN_NS}}}f"

    class Parser(WorkSheetParser):
        def parse_cell(self, element: Any) -> dict[str, Any]:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    cell: dict[str, Any] = super().parse_cell(element)
            except (ValueError, TypeError, LookupError, OverflowError, AttributeError):
                return {"column": self.col_counter or 1, "value": None, "data_type": "unreadable"}
            if cell["value"] is None and element.find(formula) is not None:
                cell["data_type"] = "formula"
            return cell

        def parse_extensions(self, element: Any) -> None:
            """They say how the sheet looks."""

        def parse_formatting(self, element: Any) -> None:
            """It says how the sheet looks."""

        def parse_column_dimensions(self, col: Any) -> None:
            """They say how the sheet looks."""

    return Parser


def _row_of(line: int, cells: Sequence[dict[str, Any]]) -> Row:
    found: dict[int, str] = {}
    for cell in cells:
        place, kind = cell["column"], cell["data_type"]
        if kind == "e":
            said = _l(
                "In column %(place)s Excel says %(value)s. Mend the cell.", place=place, value=cell["value"]
            )
            return Row(line, [], said)
        if kind == "formula":
            said = _l(
                "In column %(place)s is a formula without an outcome. Save the file in Excel first.",
                place=place,
            )
            return Row(line, [], said)
        if kind == "unreadable":
            return Row(line, [], _l("The cell in column %(place)s cannot be read.", place=place))
        if cell["value"] is not None and (text := _text_of(cell["value"])):
            found[place] = text
    if not found:
        return Row(line, [])
    return Row(line, [found.get(place, "") for place in range(1, max(found) + 1)])


def _text_of(value: Any) -> str:
    """Dates as ISO, whole numbers without a point, yes and no as true and false."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        if midnight:
            return value.date().isoformat()
        rounded = value + timedelta(microseconds=500_000)  # a serial number of days has no exact seconds
        return rounded.replace(microsecond=0).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        return repr(float(f"{value:.15g}"))  # as many digits as Excel has
    return str(value)
