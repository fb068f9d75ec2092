"""Tables from outside: CSV, CSV.gz and XLSX, read row by row, and written so that no spreadsheet runs what they say.

A file is somebody else's: nothing in it is believed. Sizes are counted while it is unpacked, encoding and separator
are recognised from its beginning, and what is wrong with one row is told with that row, not the end of the file.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain
from pathlib import Path
from typing import IO

from flask_babel import lazy_gettext as _l

from app.csvs import CsvFile
from app.rows import BadTable as BadTable
from app.rows import Limits as Limits
from app.rows import Row as Row
from app.rows import Source
from app.workbooks import LOCKED, Workbook

BLANKS = " \t\r\n\v\f\u00a0\ufeff\u200b\u200e\u200f"  # around a cell they are never meant
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_HALF = re.compile("[\ud800-\udfff]")


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
        return Workbook(stream, sheet, limits)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise _old_or_locked(stream)
    if start.startswith(
        (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"BZh", b"{\\rtf")
    ):
        raise BadTable(
            _l("This is no table. Choose a CSV file, a CSV file packed with gzip, or an Excel workbook.")
        )
    return CsvFile(stream, encoding, separator, limits, packed=start.startswith(b"\x1f\x8b"))


def _old_or_locked(stream: IO[bytes]) -> BadTable:
    """Both an old workbook and a locked one come in the same envelope."""
    if "EncryptedPackage".encode("utf-16-le") in stream.read(4 * 1024 * 1024):
        return BadTable(LOCKED)
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
