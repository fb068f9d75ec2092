"""Some seventy kinds of hostile files, by command and by page: each is refused with a word, or read, and every row that
cannot be is told with its line. None takes long, and none leaves half a row."""

import gzip
import io
import os
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from app import jobs as desk
from app.db import db
from app.learning import queries
from tests.app.learning.conftest import HEADER
from tests.app.learning.test_import_page import FORM, number, send, work
from tests.app.test_tables import changed, workbook
from tests.cast import SignedIn
from tests.small import rows

GOOD = "w-anna,excel,Excel,2026-01-10,\n"
LAST = "w-ben,word,Word,2026-01-11,\n"
COLUMNS: list[object] = ["who", "course", "title", "when", "score"]
SHEET = "xl/worksheets/sheet1.xml"
SECONDS = 3.0  # of work; how long it takes beside others says nothing


@dataclass(frozen=True)
class Case:
    """A file; how many of its rows are read, which lines are refused and why, or why all of it is."""

    name: str
    raw: bytes
    new: int = 2
    refused: tuple[tuple[int, str], ...] = ()
    no: str = ""
    file: str = "learning.csv"
    waiting: int = 0


def row(name: str, line: str | bytes, said: str = "", **more: Any) -> Case:
    """One row between two good ones: refused on line 3 with this word, or read."""
    raw = line if isinstance(line, bytes) else line.encode()
    whole = (HEADER + GOOD).encode() + raw + b"\n" + LAST.encode()
    if said:
        return Case(name, whole, refused=((3, said),), **more)
    return Case(name, whole, **{"new": 3, **more})


def cell(name: str, what: str, said: str = "", *, place: int = 3, **more: Any) -> Case:
    """One cell of a row between two good ones."""
    cells = ["w-eve", "course", "Title", "2026-01-12", "1"]
    cells[place] = what
    return row(name, ",".join(cells), said, **more)


def all_of(name: str, raw: bytes, said: str, file: str = "learning.csv") -> Case:
    return Case(name, raw, 0, (), said, file)


def book(name: str, raw: bytes, said: str) -> Case:
    return all_of(name, raw, said, "learning.xlsx")


def archive(**parts: bytes) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return kept.getvalue()


TEXT = HEADER + "w-anna,excel,Café Œuvre,2026-01-10,\n" + LAST
BOOK = workbook(
    COLUMNS, ["w-anna", "excel", "Excel", "2026-01-10", 1], ["w-ben", "word", "Word", "2026-01-11", 1]
)


def encodings() -> Iterator[Case]:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"):
        raw = TEXT.encode(encoding)
        if encoding in ("utf-16-le", "utf-16-be"):
            yield all_of(f"{encoding} without mark", raw, "no text, or text in an encoding")
        else:
            yield Case(encoding, raw)
    yield Case("iso-8859-1", TEXT.replace("Œ", "O").encode("iso8859-1"))
    yield Case("utf-8 with a mark twice", b"\xef\xbb\xbf" + TEXT.encode("utf-8-sig"))
    yield Case(
        "utf-16 cut in the middle of a letter", TEXT.encode("utf-16") + b"x", 2, ((4, "Here are 1 cells"),)
    )
    yield row("bytes that are no utf-8 far down", b"w-eve,\xff\xfe,T,2026-01-12,1", "", waiting=0)
    yield row("a half surrogate", b"w-eve,\xed\xa0\x80,T,2026-01-12,1", "", waiting=0)


def lines() -> Iterator[Case]:
    for name, ending in (("cr", "\r"), ("crlf", "\r\n"), ("mixed", "\n")):
        yield Case(f"lines that end in {name}", TEXT.replace("\n", ending).encode())
    yield Case("no last line ending", TEXT.rstrip("\n").encode())
    yield Case("blank lines everywhere", ("\n\n" + HEADER + "\n" + GOOD + "\n,,,,\n" + LAST + "\n").encode())
    yield Case("a separator line of Excel", ("sep=,\n" + TEXT).encode())
    yield Case("tabs", TEXT.replace(",", "\t").encode())
    yield Case("bars", TEXT.replace(",", "|").encode())
    yield row("a line break in quotes", 'w-eve,c,"A title\nin two lines",2026-01-12,1')
    yield row("unicode line separators in a cell", "w-eve,c,a\u2028b\x85c\x0cd,2026-01-12,1")
    yield row("a NUL", b"w-e\x00ve,c,t,2026-01-12,1", "no text")
    yield row("an escape character", "w-eve,c,\x1b[31mred,2026-01-12,1", "no text")
    yield row("too few cells", "w-eve,c", "Here are 2 cells")
    yield row("too many cells", "w-eve,c,t,2026-01-12,1,more", "Here are 6 cells")
    yield row("four hundred thousand cells", "x," * 400_000, "Here are 400000 cells")
    yield row("a cell of 10 MB", "w-eve,c," + "x" * 10_000_000 + ",2026-01-12,1", "longer than 1048576")
    yield row("a cell of 40 kB", "w-eve,c," + "x" * 40_000 + ",2026-01-12,1", "longer than 32767")
    yield row("a quote in the middle", 'w-eve,c,"a"b,2026-01-12,1', "quotes here do not match")
    yield row("a quote that never closes", 'w-eve,c,"a,2026-01-12,1', "does not close")
    yield row("a bare quote inside", 'w-eve,c,5" pipe,2026-01-12,1')


def cells() -> Iterator[Case]:
    yield cell("no date", "", "no completed_at")
    yield cell("a date in words", "last week", "no date that is read here")
    yield cell("the 31st of February", "2026-02-31", "no date that is read here")
    yield cell("a date with month and day in doubt", "03/04/2026", "no date that is read here")
    yield cell("the year 9999", "9999-12-31", "still to come")
    yield cell("the year 10000", "10000-01-01", "no date that is read here")
    yield cell("the year 1", "0001-01-01", "before 1900")
    yield cell("a time at the edge of time", "0001-01-01T00:00:00+14:00", "before 1900")
    yield cell("an offset that is none", "2026-01-12T10:00:00+99:00", "no date that is read here")
    yield cell("arabic digits", "٢٠٢٦-٠١-١٢", "no date that is read here")
    yield cell("a score beyond 100", "101", "beyond what there can be", place=4)
    yield cell("a score that is no number", "NaN", "beyond what there can be", place=4)
    yield cell("a score without end", "1e999", "beyond what there can be", place=4)
    yield cell("a score of 400 digits", "9" * 400, "beyond what there can be", place=4)
    yield cell("a score in words", "good", "is no score", place=4)
    yield cell("nobody", "", "no person here", place=0)
    yield cell("a person of 500 letters", "x" * 500, "too long", place=0)
    yield cell("an activity of 5,000 letters", "x" * 5_000, "too long", place=1)
    yield cell("a title of 5,000 letters is cut", "x" * 5_000, place=2)
    yield cell("a formula as title", "=HYPERLINK(http://x)", place=2)
    yield cell("a command as activity", "=cmd|' /C calc'!A0", place=1)
    yield cell("a script as title", "<script>alert(1)</script>", place=2)
    yield cell("sql as activity", "'); DROP TABLE person; --", place=1)
    yield cell("per cent signs and braces", "%(x)s %s {x} %", place=2)
    yield cell("right-to-left marks around a person", "\u200ew-eve\u200f", place=0)
    yield cell("text that turns around", "\u202egnp.exe", place=2)
    yield cell("zero-width letters in a person", "w-\u200beve", place=0, new=2, waiting=1)
    yield cell("a family of emoji", "👨‍👩‍👧‍👦" * 50, place=2)
    yield cell("hundreds of accents on one letter", "e" + "\u0301" * 300, place=2)


def wholes() -> Iterator[Case]:
    yield all_of("nothing at all", b"", "is empty")
    yield all_of("only blanks", b" \n\t\n\n", "is empty")
    yield all_of("only a header", HEADER.encode(), "no rows under the header")
    yield all_of("a column twice", b"who,course,who,when,score\n1,2,3,4,5\n", "Two columns are called who")
    yield all_of("a column without a name", b"who,course,,when,score\n1,2,3,4,5\n", "Column 3 has no name")
    yield all_of("a NUL in the header", b"wh\x00o,course,title,when,score\n1,2,3,4,5\n", "no text")
    yield all_of(
        "a hundred thousand columns", ",".join(f"c{n}" for n in range(100_000)).encode(), "100000 columns"
    )
    yield all_of("a million columns", ",".join(f"c{n}" for n in range(1_000_000)).encode(), "longer than")
    yield all_of("one line of 5 MB", b"x" * 5_000_000, "longer than")
    yield all_of("a gzip bomb", gzip.compress(b"a" * 100_000_000), "far too big")
    yield all_of("a gzip bomb of rows", _bomb(), "far too big")
    yield all_of("gzip that is cut off", gzip.compress(TEXT.encode())[:-6], "damaged")
    yield all_of("gzip with a wrong sum", gzip.compress(TEXT.encode())[:-8] + b"\0" * 8, "damaged")
    yield all_of("a PDF", b"%PDF-1.7\n%\xe2\xe3", "no table")
    yield all_of("a web page", b"<!doctype html>\n<table><tr><td>who</td></tr></table>", "web page")
    yield all_of("an old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old Excel file")
    locked = b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le")
    yield book("a locked workbook", locked, "password")
    yield book("a binary workbook", archive(**{"xl/workbook.bin": b"x"}), ".xlsb")
    yield book("a zip of something else", archive(a=b"x"), "no Excel workbook")
    yield book("a zip that is cut off", BOOK[:-40], "damaged")
    yield book("a sheet that is a bomb", changed(BOOK, SHEET, lambda _: b"\0" * 120_000_000), "far too big")
    strings = b"<sst>" + b"<si/>" * 600_000 + b"</sst>"
    yield book(
        "shared texts that are a bomb",
        changed(BOOK, "xl/sharedStrings.xml", lambda _: strings),
        "too many texts",
    )
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    yield book("a billion laughs", changed(BOOK, SHEET, lambda _: laughs), "damaged")
    yield book("a sheet that is no XML", changed(BOOK, SHEET, lambda _: b"<worksheet><row"), "damaged")


def _bomb() -> bytes:
    """Two gigabytes of the same row in a few megabytes: packed parts behind each other are one file."""
    part = gzip.compress(GOOD.encode() * 300_000, 9)
    return gzip.compress(HEADER.encode()) + part * 20


def books() -> Iterator[Case]:
    more = {"file": "learning.xlsx"}
    yield Case("a workbook", BOOK, **more)  # type: ignore[arg-type]
    yield Case(
        "a workbook with macros",
        changed(BOOK, "xl/vbaProject.bin", lambda _: b"x" * 100),
        2,
        file="learning.xlsm",
    )
    formula = workbook(
        COLUMNS, ["w-anna", "excel", "=1+1", "2026-01-10", 1], ["w-ben", "w", "W", "2026-01-11", 1]
    )
    yield Case("a formula without outcome", formula, 1, ((2, "formula"),), **more)  # type: ignore[arg-type]
    far = b'<row r="99999999999"><c r="A99999999999"><v>1</v></c><c r="ZZZ99999999999"><v>2</v></c></row></sheetData>'
    raw = changed(BOOK, SHEET, lambda xml: xml.replace(b"</sheetData>", far))
    yield Case("a cell at the end of the world", raw, 2, ((99999999999, "cells"),), **more)  # type: ignore[arg-type]
    date = b'<row r="9"><c r="A9" t="str"><v>w-eve</v></c><c r="B9" t="s"><v>99</v></c></row></sheetData>'
    raw = changed(BOOK, SHEET, lambda xml: xml.replace(b"</sheetData>", date))
    yield Case("a shared text that is not there", raw, 2, ((9, "cannot be read"),), **more)  # type: ignore[arg-type]


CASES = [*encodings(), *lines(), *cells(), *wholes(), *books()]
MORE = [pytest.param(case, marks=pytest.mark.slow if at % 5 else ()) for at, case in enumerate(CASES)]
of_cases = pytest.mark.parametrize("case", MORE, ids=[case.name for case in CASES])
# The page reads by the same reader: a few of each kind, unless everything is asked for.
SOME = CASES if os.environ.get("MATRIX") in ("full", "looks") else CASES[::5]
of_some = pytest.mark.parametrize("case", SOME, ids=[case.name for case in SOME])


def test_there_are_enough_kinds() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 56


@of_cases
def test_the_command_reads_or_tells(run: Callable[..., Result], tmp_path: Any, case: Case) -> None:
    began = time.process_time()
    done = run(case.raw, name=case.file)
    assert time.process_time() - began < SECONDS
    if case.no:
        assert done.exit_code == 1
        assert case.no in done.output
        assert rows("SELECT (SELECT count(*) FROM completion) + (SELECT count(*) FROM learning_row)") == [
            (0,)
        ]
        return
    assert done.exit_code == 0, done.output
    told = f"{case.new} new, 0 known, {case.waiting} waiting for their person, {len(case.refused)} refused"
    assert told in done.stdout
    if case.refused:
        listed = (tmp_path / f"{case.file}.refused.csv").read_text("utf-8-sig")
        for line, said in case.refused:
            assert any(one.startswith(f"{line},") and said in one for one in listed.splitlines()), listed


@of_some
def test_the_page_reads_or_tells(
    app: Flask, client_of: Callable[[str], SignedIn], case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "_house", app)
    leo = client_of("leo")
    began = time.process_time()
    answer = leo.post("/admin/learning", data={"file": (io.BytesIO(case.raw), case.file)})
    assert answer.status_code in (303, 422)
    if answer.status_code == 422:
        assert case.no
        assert case.no in answer.text.replace("&#34;", '"')
    else:
        page = answer.location
        assert leo.get(page).status_code == 200
        leo.post(page + "/map", data=FORM)
        work(page)
        leo.post(page + "/start")
        work(page)
        db.session.rollback()
        _as_told(case, page)
        assert leo.get(page).status_code == leo.get(page + "/refused.csv").status_code == 200
    assert time.process_time() - began < SECONDS * 2  # it is read three times


def _as_told(case: Case, page: str) -> None:
    found = queries.an_import(number(page))
    if case.no:
        assert found.state == "failed"
        assert case.no in queries.said(found.trouble)
        assert rows("SELECT count(*) FROM completion") == [(0,)]
        return
    assert (found.state, found.new, found.waiting, found.refused) == (
        "done", case.new, case.waiting, len(case.refused),
    )  # fmt: skip
    told = dict(queries.refusals(number(page)))
    for line, said in case.refused:
        assert said in told[line]


def test_what_came_in_goes_out_without_formulas(
    client_of: Callable[[str], SignedIn], app: Flask, monkeypatch: Any
) -> None:
    monkeypatch.setattr(desk, "_house", app)
    leo = client_of("leo")
    page = send(leo, HEADER + "w-anna,c,t,=1+1,\n")
    leo.post(page + "/map", data=FORM)
    work(page)
    assert "=1+1 is no date" in leo.get(page).text
    assert "2;'=1+1 is no date" in leo.get(page + "/refused.csv").text
