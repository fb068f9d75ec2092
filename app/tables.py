"""Tables from outside: CSV, CSV.gz and XLSX, read row by row, and written so that no spreadsheet runs what they say.

A file is somebody else's: nothing in it is believed. Sizes are counted while it is unpacked, encoding and separator
are recognised from its beginning, and what is wrong with one row is told with that row, not the end of the file.
"""

import codecs
import contextlib
import csv
import io
import re
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import chain
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

import charset_normalizer
from flask_babel import lazy_gettext as _l

from app.errors import Refused

SEPARATORS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "iso8859-1", "iso8859-15")
BLANKS = " \t\r\n\v\f\u00a0\ufeff\u200b\u200e\u200f"  # around a cell they are never meant
SAMPLE = 64 * 1024
LOOK_AHEAD = 32 * 1024 * 1024  # how much is looked at to tell UTF-8 from the rest
QUOTES_MENDED = 100  # rows that start over after a quote that never closes

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_HALF = re.compile("[\ud800-\udfff]")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SHARED = re.compile(rb"<(?:\w{1,9}:)?si[\s/>]")  # a text that cells share, wherever it stands
csv.field_size_limit(1024 * 1024)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read; characters, columns, bytes."""

    cell: int = 32_767  # what a spreadsheet holds
    columns: int = 500
    name: int = 200
    row: int = 1024 * 1024
    unpacked: int = 1024 * 1024 * 1024
    ratio: int = 200  # a table shrinks 3 to 30 times; a bomb 1,000 times
    unasked: int = 32 * 1024 * 1024  # up to here the ratio does not matter
    strings: int = 500_000
    strings_bytes: int = 48 * 1024 * 1024
    part_bytes: int = 8 * 1024 * 1024  # of what a workbook says about itself


class Row(NamedTuple):
    """One row: where it starts, its cells, and what is wrong with it, if anything is."""

    line: int
    cells: list[str]
    trouble: object | None = None


class BadTable(Refused):
    """The file cannot be read as a table; `line` says where, where that can be said."""

    code = "unreadable-file"

    def __init__(self, message: object, *, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class Source(Protocol):
    """What a table is read from: rows with their lines, the blank ones and the header among them."""

    encoding: str
    separator: str
    kind: str

    def records(self) -> Iterator[Row]: ...


class Table:
    """A table with its header read; `rows` gives the rest, once."""

    def __init__(self, source: Source, limits: Limits, opened: IO[bytes] | None = None) -> None:
        self._opened = opened
        self._limits = limits
        self._records = source.records()
        self.encoding, self.separator, self.kind = source.encoding, source.separator, source.kind
        self.header_line, self.header = self._read_header()
        self.skipped = 0  # blank rows

    def __enter__(self) -> "Table":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()

    def rows(self) -> Iterator[Row]:
        """Each row that is not blank, with as many cells as there are columns or with its trouble."""
        width, longest = len(self.header), self._limits.cell
        for line, raw, trouble in self._records:
            if trouble is None:
                cells = [cell.strip(BLANKS) for cell in raw]
                if not any(cells):
                    self.skipped += 1
                    continue
                while len(cells) > width and not cells[-1]:
                    cells.pop()
                if self.kind == "xlsx":  # which leaves out cells that are empty
                    cells += [""] * (width - len(cells))
                if len(cells) != width:
                    trouble = _other_width(len(cells), width)
                else:
                    trouble = _unfit(cells, self.header, longest)
                    if trouble is None:
                        yield Row(line, cells)
                        continue
                raw = [cell[:longest] for cell in cells[:width]]
            yield Row(line, raw, trouble)

    def _read_header(self) -> tuple[int, list[str]]:
        for line, raw, trouble in self._records:
            if trouble is not None:
                raise BadTable(_l("The header, line %(line)s: %(what)s", line=line, what=trouble), line=line)
            if len(raw) > self._limits.columns:
                raise BadTable(
                    _l(
                        "There are %(many)s columns; at most %(most)s are read. Leave out those you do not need.",
                        many=len(raw),
                        most=self._limits.columns,
                    ),
                    line=line,
                )
            names = [unicodedata.normalize("NFC", name.strip(BLANKS)) for name in raw]
            if any(names):
                while not names[-1]:
                    names.pop()
                _check_header(names, line, self._limits)
                return line, names
        raise BadTable(_l("The file is empty. Choose a file with a header row and rows under it."))


def open_table(
    source: "str | Path | IO[bytes]",
    filename: str | None = None,
    *,
    encoding: str | None = None,
    separator: str | None = None,
    sheet: str | None = None,
    limits: Limits | None = None,
) -> Table:
    """Open a file, or a stream that can be rewound; raise BadTable with what to do when it is no table.

    `encoding` and `separator` are recognised unless they are given. The file's name plays no part in what it is; its
    first bytes do.
    """
    limits = limits or Limits()
    if encoding is not None:
        encoding = _known_encoding(encoding)
    if separator is not None and (len(separator) != 1 or separator in '"\r\n'):
        raise BadTable(_l("The separator is one character, such as , or ; or a tab."))
    if not isinstance(source, str | Path):
        return Table(_source(source, encoding, separator, sheet, limits), limits)
    stream = _open(source)
    try:
        return Table(_source(stream, encoding, separator, sheet, limits), limits, stream)
    except BaseException:
        stream.close()
        raise


def _open(path: str | Path) -> IO[bytes]:
    try:
        return Path(path).open("rb")
    except (OSError, ValueError):
        raise BadTable(_l("There is no file called %(name)s that can be read.", name=str(path))) from None


def _known_encoding(name: str) -> str:
    try:
        found = codecs.lookup(name)
        "".encode(found.name)
    except (LookupError, ValueError, TypeError):
        raise BadTable(_l("There is no encoding called %(name)s.", name=name[:40])) from None
    return "utf-8-sig" if found.name == "utf-8" else found.name


def _source(
    stream: IO[bytes], encoding: str | None, separator: str | None, sheet: str | None, limits: Limits
) -> Source:
    stream.seek(0)
    start = stream.read(8)
    stream.seek(0)
    if not start:
        raise BadTable(_l("The file is empty. Choose a file with a header row and rows under it."))
    if start.startswith(b"PK"):
        return _Workbook(stream, sheet, limits)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise _old_or_locked(stream)
    if start.startswith(
        (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"BZh", b"{\\rtf")
    ):
        raise BadTable(
            _l("This is no table. Choose a CSV file, a CSV file packed with gzip, or an Excel workbook.")
        )
    return _Csv(stream, encoding, separator, limits, packed=start.startswith(b"\x1f\x8b"))


def _old_or_locked(stream: IO[bytes]) -> BadTable:
    """Both an old workbook and a locked one come in the same envelope."""
    if "EncryptedPackage".encode("utf-16-le") in stream.read(4 * 1024 * 1024):
        return BadTable(
            _l("This workbook is locked with a password. Save it without one, and choose it again.")
        )
    return BadTable(_l("This is an old Excel file (.xls). Save it as .xlsx or as CSV, and choose it again."))


def _check_header(names: Sequence[str], line: int, limits: Limits) -> None:
    seen: dict[str, int] = {}
    for place, name in enumerate(names, 1):
        if not name:
            said = _l("Column %(place)s has no name. Give each column a name in the header row.", place=place)
            raise BadTable(said, line=line)
        if len(name) > limits.name:
            said = _l("The name of column %(place)s is too long; is the first row a header?", place=place)
            raise BadTable(said, line=line)
        if trouble := _unfit([name], [str(place)], limits.cell):
            raise BadTable(_l("The header, line %(line)s: %(what)s", line=line, what=trouble), line=line)
        if (same := name.casefold()) in seen:
            said = _l("Two columns are called %(name)s. Give each column a name of its own.", name=name)
            raise BadTable(said, line=line)
        seen[same] = place


def _other_width(found: int, wanted: int) -> object:
    if found < wanted:
        return _l(
            "Here are %(found)s cells, and the header has %(wanted)s columns.", found=found, wanted=wanted
        )
    return _l(
        "Here are %(found)s cells, and the header has %(wanted)s columns. Put quotes around text with separators.",
        found=found,
        wanted=wanted,
    )


def _unfit(cells: Sequence[str], names: Sequence[str], longest: int) -> object:
    """What cannot be kept or shown as text; most cells are plain, so that is asked first."""
    for cell, name in zip(cells, names, strict=True):
        if len(cell) > longest:
            return _l("The cell under %(name)s is longer than %(most)s characters.", name=name, most=longest)
        if cell.isprintable():
            continue
        if "\x00" in cell or _CONTROL.search(cell):
            return _l("Under %(name)s there are characters that are no text.", name=name)
        if _HALF.search(cell):
            return _l("Under %(name)s there are bytes that do not belong to this encoding.", name=name)
    return None


# CSV --------------------------------------------------------------------------------------------------------


class _Overlong(Exception):
    """A line that is longer than a row may be."""


class _Unpacked(io.RawIOBase):
    """The bytes of the file, unpacked where it is packed, and counted on their way."""

    def __init__(self, stream: IO[bytes], limits: Limits, *, packed: bool) -> None:
        self._stream, self._limits, self._packed = stream, limits, packed
        self._zip = zlib.decompressobj(wbits=31) if packed else None
        self._taken = self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self._read(len(buffer))
        buffer[: len(found)] = found
        self._given += len(found)
        limits = self._limits
        if self._given > limits.unpacked or (
            self._packed and self._given > max(limits.unasked, self._taken * limits.ratio)
        ):
            raise BadTable(
                _l("Unpacked, this file is far too big. Split it, and import the parts one by one.")
            )
        return len(found)

    def _read(self, size: int) -> bytes:
        if self._zip is None:
            return self._stream.read(size)
        try:
            while True:
                if self._zip.eof:  # gzip files may be put after each other
                    rest = self._zip.unused_data or self._stream.read(SAMPLE)
                    if not rest.strip(b"\0"):
                        return b""
                    self._zip, fed = zlib.decompressobj(wbits=31), rest
                else:
                    fed = self._zip.unconsumed_tail or self._stream.read(SAMPLE)
                    self._taken += 0 if self._zip.unconsumed_tail else len(fed)
                    if not fed:
                        raise zlib.error("it ends too early")
                if found := self._zip.decompress(fed, size):
                    return found
        except zlib.error:
            raise BadTable(
                _l("This gzip file is damaged or not whole. Pack it again, or choose the CSV itself.")
            ) from None


class _Lines:
    """The lines of a text, counted; one that is too long is passed over, and those given back come again."""

    def __init__(self, text: io.TextIOWrapper, longest: int) -> None:
        self._text, self._longest = text, longest
        self._again: list[str] = []
        self.taken: list[str] = []  # of the record under way
        self.number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else self._text.readline(self._longest + 1)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) > self._longest:
            while (rest := self._text.readline(self._longest)) and not rest.endswith(("\n", "\r")):
                pass
            raise _Overlong
        self.taken.append(line)
        return line

    def give_back(self) -> None:
        """All lines of the record but its first."""
        self._again.extend(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1


class _Csv:
    """A CSV file, packed with gzip or not."""

    def __init__(
        self, stream: IO[bytes], encoding: str | None, separator: str | None, limits: Limits, *, packed: bool
    ) -> None:
        self.kind = "csv.gz" if packed else "csv"
        self._stream, self._limits, self._packed = stream, limits, packed
        self.encoding = encoding or _recognise(self._bytes(), limits)
        sample = self._bytes().read(SAMPLE).decode(self.encoding, "replace")
        self._first = _excel_says(sample)
        self.separator = separator or self._first or _separator(sample)
        if re.match(r"\s*(<!doctype|<html|<\?xml|<table)", sample, re.IGNORECASE):
            raise BadTable(_l("This is a web page, not a table. Save it as CSV or .xlsx, and choose that."))

    def _bytes(self) -> io.BufferedReader:
        self._stream.seek(0)
        return io.BufferedReader(_Unpacked(self._stream, self._limits, packed=self._packed), SAMPLE)

    def records(self) -> Iterator[Row]:
        escaped = "surrogateescape" if self.encoding not in ("utf-16", "utf-32") else "replace"
        text = io.TextIOWrapper(self._bytes(), self.encoding, errors=escaped, newline="")
        lines = _Lines(text, self._limits.row)
        if self._first:
            next(lines, None)
        mended = 0
        reader = csv.reader(lines, delimiter=self.separator, strict=True)
        while True:
            lines.taken = []
            start = lines.number + 1
            try:
                cells = next(reader)
                yield Row(start, cells)
            except StopIteration:
                return
            except _Overlong:
                yield Row(
                    start, [], _l("This line is longer than %(most)s characters.", most=self._limits.row)
                )
            except (csv.Error, UnicodeError):
                if len(lines.taken) > 1 and mended < QUOTES_MENDED:
                    mended += 1
                    lines.give_back()
                    yield Row(
                        start, [], _l("A quote opens here and does not close. Close it, or write it twice.")
                    )
                else:
                    yield Row(
                        start, [], _l("The quotes here do not match. Write a quote inside a cell twice.")
                    )


def _recognise(stream: io.BufferedReader, limits: Limits) -> str:
    """The encoding, by its mark, by being valid UTF-8 as far as is looked, or by what fits."""
    start = stream.read(SAMPLE)
    for mark, name in _BOMS:
        if start.startswith(mark):
            return name
    if start.count(b"\0") > len(start) // 8:
        raise BadTable(
            _l("This is no text, or text in an encoding that is not marked. Save it as CSV with UTF-8.")
        )
    decoder = codecs.getincrementaldecoder("utf-8")()
    part, looked = start, 0
    try:
        while part and looked < LOOK_AHEAD:
            decoder.decode(part)
            looked += len(part)
            part = stream.read(SAMPLE * 4)
        if not part:
            decoder.decode(b"", final=True)
        return "utf-8"
    except UnicodeDecodeError as wrong:
        return _old_encoding(part, wrong.start)


def _old_encoding(part: bytes, at: int) -> str:
    """One byte a character: which of the usual ones, going by what stands around the first byte that tells."""
    near = part[max(0, at - 2048) : at + 6144]
    fits = charset_normalizer.from_bytes(near, cp_isolation=["cp1252", "iso8859_1"]).best()
    if fits is not None and fits.encoding in ("iso8859_1", "latin_1") and re.search(rb"[\x80-\x9f]", near):
        return "cp1252"
    return "iso8859-1" if fits is not None and fits.encoding != "cp1252" else "cp1252"


def _excel_says(sample: str) -> str:
    """Excel writes `sep=;` above a table; it is no header."""
    found = re.match(r"sep=([,;|\t])\s*(?:\r\n|\r|\n)", sample, re.IGNORECASE)
    return found[1] if found else ""


def _separator(sample: str) -> str:
    """The separator under which the first rows have as many cells as the header, and most of them."""
    best, separator = (0.0, 1), ","
    for candidate in SEPARATORS:
        rows: list[list[str]] = []
        with contextlib.suppress(csv.Error):
            for row in csv.reader(io.StringIO(sample, newline=""), delimiter=candidate):
                if any(row):
                    rows.append(row)
                if len(rows) > 20:
                    break
        if not rows or len(rows[0]) < 2:
            continue
        wide = len(rows[0])
        same = sum(len(row) == wide for row in rows) / len(rows)
        if (same, wide) > best:
            best, separator = (same, wide), candidate
    return separator


# Workbooks --------------------------------------------------------------------------------------------------


class _Workbook:
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
                raise BadTable(
                    _l("This workbook is locked with a password. Save it without one, and choose it again.")
                )
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
                raise BadTable(
                    _l("Unpacked, this file is far too big. Split it, and import the parts one by one.")
                )
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


_DAY_FIRST = re.compile(r"(\d{1,2})[-.](\d{1,2})[-.](\d{4})(?:[ T].*)?")


def day_of(cell: str) -> date | None:
    """The day in a cell: 2027-03-31, or 31-3-2027 and 31.3.2027, as a spreadsheet in Dutch writes the same day when it
    saves a file again. With slashes it could be either month, so that is none."""
    found = _DAY_FIRST.fullmatch(cell.strip())
    try:
        return date(*map(int, reversed(found.groups()))) if found else date.fromisoformat(cell.strip()[:10])
    except ValueError:
        return None


# Going out --------------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?\d{1,20}(?:[.,]\d{1,20})?")
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(value: object) -> str:
    """The text as a spreadsheet shows it and never runs it: formulas get an apostrophe in front; numbers stay."""
    said = "" if value is None else str(value)
    if said.lstrip(" ").startswith(_RUNS) and not _NUMBER.fullmatch(said):
        return "'" + said
    return said


def csv_lines(
    header: Sequence[object], rows: Iterable[Sequence[object]], *, separator: str = ","
) -> Iterator[str]:
    """A CSV file, line by line, with the mark that makes Excel read UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator, lineterminator="\r\n")
    mark = "\ufeff"
    for row in chain([header], rows):
        writer.writerow([safe_cell(value) for value in row])
        yield mark + buffer.getvalue()
        mark = ""
        buffer.seek(0)
        buffer.truncate()


def csv_text(header: Sequence[object], rows: Iterable[Sequence[object]], *, separator: str = ",") -> str:
    """A small CSV file as one text."""
    return "".join(csv_lines(header, rows, separator=separator))
