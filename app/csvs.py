"""CSV files, packed or not: encoding and separator are recognised, and a quote that never closes is mended."""

import codecs
import contextlib
import csv
import io
import re
import zlib
from collections.abc import Iterator
from typing import IO, Any

import charset_normalizer
from flask_babel import lazy_gettext as _l

from app.rows import FAR_TOO_BIG, SAMPLE, BadTable, Limits, Row

SEPARATORS = (",", ";", "\t", "|")
LOOK_AHEAD = 32 * 1024 * 1024  # how much is looked at to tell UTF-8 from the rest
QUOTES_MENDED = 100  # rows that start over after a quote that never closes
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
csv.field_size_limit(1024 * 1024)


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
            raise BadTable(FAR_TOO_BIG)
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


class CsvFile:
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
