"""What a table from outside is made of: rows with their lines, how much is read of it, and that it cannot be read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from flask_babel import lazy_gettext as _l

from app.errors import Refused

SAMPLE = 64 * 1024  # bytes that are read at a time, and looked at first
FAR_TOO_BIG = _l("Unpacked, this file is far too big. Split it, and import the parts one by one.")


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
