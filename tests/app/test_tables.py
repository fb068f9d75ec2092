"""Tables from outside are read, or refused with a line and a word."""

import csv
import gzip
import io
import time
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from app.tables import BadTable, Limits, csv_text, open_table, safe_cell

named = pytest.mark.parametrize
PLAIN = "who,what\nnoor,Excel\nben,Word\n"


def read(raw: bytes, **how: Any) -> list[tuple[int, list[str]]]:
    return [
        (line, cells) for line, cells, trouble in open_table(io.BytesIO(raw), **how).rows() if not trouble
    ]


def troubles(raw: bytes, **how: Any) -> dict[int, str]:
    return {line: str(trouble) for line, _, trouble in open_table(io.BytesIO(raw), **how).rows() if trouble}


def workbook(*rows: list[object], **sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for name, those in sheets.items():
        sheet = book.create_sheet(name)
        for row in those:
            sheet.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def changed(raw: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one part written anew."""
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            new.writestr(part.filename, change(content) if part.filename == name else content)
        if name not in old.namelist():
            new.writestr(name, change(b""))
    return kept.getvalue()


@named("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "iso8859-1"])
def test_the_encoding_is_recognised(encoding: str) -> None:
    text = "who,what\nnoor,Café für Œuvre\n" if encoding != "iso8859-1" else "who,what\nnoor,Café für\n"
    assert read(text.encode(encoding))[0] == (2, ["noor", text.split(",")[-1].strip()])


@named("separator", [",", ";", "\t", "|"])
def test_the_separator_is_recognised(separator: str) -> None:
    raw = f'who{separator}what\nnoor{separator}"a, b; c"\nben{separator}"1,5"\n'.encode()
    table = open_table(io.BytesIO(raw))
    assert table.separator == separator
    assert [cells for _, cells, _ in table.rows()] == [["noor", "a, b; c"], ["ben", "1,5"]]


@named("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_is_one(ending: str) -> None:
    assert read(PLAIN.replace("\n", ending).encode()) == [(2, ["noor", "Excel"]), (3, ["ben", "Word"])]


def test_a_line_break_inside_quotes_belongs_to_the_cell_and_lines_are_counted_on() -> None:
    raw = b'who,what\nnoor,"one\ntwo"\n\nben,Word\n'
    assert read(raw) == [(2, ["noor", "one\ntwo"]), (5, ["ben", "Word"])]


def test_blank_lines_before_the_header_are_passed_over_and_sep_is_no_header() -> None:
    assert read(b"\n\n;;\nwho;what\nnoor;x\n") == [(5, ["noor", "x"])]
    assert read(b"sep=;\nwho;what\nnoor;x\n") == [(3, ["noor", "x"])]


def test_a_packed_file_and_several_behind_each_other_are_read() -> None:
    raw = gzip.compress(PLAIN.encode()) + gzip.compress(b"eve,Access\n")
    table = open_table(io.BytesIO(raw))
    assert table.kind == "csv.gz"
    assert len(list(table.rows())) == 3


@named(
    ("raw", "said"),
    [
        (b"", "empty"),
        (b"\n\n \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"who,who\n1,2\n", "Two columns are called who"),
        (b"who,WHO\n1,2\n", "Two columns"),
        (b"who,,what\n1,2,3\n", "Column 2 has no name"),
        (b"wh\x00o,what\n1,2\n", "no text"),
        (b"a" * 201 + b",b\n1,2\n", "too long"),
        (b",".join(b"c%d" % i for i in range(100_000)) + b"\n", "100000 columns"),
        (b",".join(b"c%d" % i for i in range(1_000_000)) + b"\n", "line"),
        (gzip.compress(PLAIN.encode(), mtime=0)[:-9], "damaged"),
        (gzip.compress(PLAIN.encode() * 50, mtime=0)[:40] + b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "damaged"),
        (gzip.compress(b"a" * 100_000_000, mtime=0), "far too big"),
        (b"%PDF-1.7", "no table"),
        (b"<!doctype html><table>", "web page"),
        (PLAIN.encode("utf-16-le"), "no text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old Excel file"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"PK\x03\x04 no zip at all", "damaged"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_a_word_and_quickly(raw: bytes, said: str) -> None:
    began = time.process_time()
    with pytest.raises(BadTable) as refused:
        list(open_table(io.BytesIO(raw)).rows())
    assert said in str(refused.value.message)
    assert time.process_time() - began < 3


@named(
    ("row", "said"),
    [
        (b"noor", "Here are 1 cells"),
        (b"noor,a,b", "Here are 3 cells"),
        (b"no\x00or,a", "no text"),
        (b"noor," + b"x" * 40_000, "longer than 32767"),
        (b"noor," + b"x" * 10_000_000, "longer than 1048576"),
        (b"x," * 400_000 + b"x", "Here are 400001 cells"),
        (b'noor,"a"b', "quotes here do not match"),
        (b'noor,"a', "does not close"),
        (b"noor,\xff\xfe", "bytes that do not belong"),
        (b"noor,\xed\xa0\x80", "bytes that do not belong"),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_those_around_it_are_read(row: bytes, said: str) -> None:
    raw = b"who,what\nanna,first\n" + row + b"\nben,last\neve,too\n"
    found = troubles(raw, encoding="utf-8")
    assert list(found) == [3]
    assert said in found[3]
    assert [cells[0] for _, cells in read(raw, encoding="utf-8")] == ["anna", "ben", "eve"]


def test_a_workbook_gives_text_in_a_stable_form() -> None:
    raw = workbook(
        ["who", "when", "at", "score", "share", "yes", "text"],
        ["noor", date(2026, 3, 1), datetime.fromisoformat("2026-03-01T09:30"), 7.0, 0.1 + 0.2, True, " 007 "],
        [],
        ["ben", None, None, 12345678901],
    )
    assert read(raw) == [
        (2, ["noor", "2026-03-01", "2026-03-01T09:30:00", "7", "0.3", "true", "007"]),
        (4, ["ben", "", "", "12345678901", "", "", ""]),
    ]


def test_a_sheet_can_be_named_and_an_unknown_one_says_which_there_are() -> None:
    raw = workbook(["a"], [1], Other=[["who"], ["noor"]])
    assert read(raw, sheet="Other") == [(2, ["noor"])]
    with pytest.raises(BadTable, match="Sheet, Other"):
        open_table(io.BytesIO(raw), sheet="Nope")


def test_a_formula_counts_with_its_outcome_or_its_row_is_refused() -> None:
    raw = workbook(["who", "score"], ["noor", "=1+1"], ["ben", 3])
    assert "formula" in troubles(raw)[2]
    sheet = "xl/worksheets/sheet1.xml"
    counted = changed(
        raw, sheet, lambda xml: xml.replace(b"<v></v>", b"<v>2</v>").replace(b"<v />", b"<v>2</v>")
    )
    assert read(counted) == [(2, ["noor", "2"]), (3, ["ben", "3"])]


def test_cells_and_rows_far_away_take_neither_time_nor_room() -> None:
    raw = workbook(["who", "score"], ["noor", 1])
    sheet = "xl/worksheets/sheet1.xml"
    far = b'<row r="99999999999"><c r="A99999999999"><v>1</v></c><c r="ZZZ99999999999"><v>2</v></c></row></sheetData>'
    found = troubles(changed(raw, sheet, lambda xml: xml.replace(b"</sheetData>", far)))
    assert "cells" in found[99999999999]


@named(
    ("part", "content", "said"),
    [
        ("xl/worksheets/sheet1.xml", b"\0" * 120_000_000, "far too big"),
        ("xl/sharedStrings.xml", b"<sst>" + b"<si/>" * 600_000 + b"</sst>", "too many texts"),
        ("xl/sharedStrings.xml", b"<sst>" + b" " * 60_000_000 + b"</sst>", "far too big"),
        (
            "xl/worksheets/sheet1.xml",
            b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>',
            "damaged",
        ),
        ("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row>", "damaged"),
        ("xl/workbook.xml", b"<workbook/>", "no such sheet"),
        ("[Content_Types].xml", b"<Types/>", "damaged"),
    ],
)
def test_a_workbook_that_is_a_bomb_or_broken_is_refused_quickly(part: str, content: bytes, said: str) -> None:
    raw = workbook(["who", "what"], ["noor", "Excel"])
    began = time.process_time()
    with pytest.raises(BadTable) as refused:
        list(open_table(io.BytesIO(changed(raw, part, lambda _: content))).rows())
    assert said in str(refused.value.message)
    assert time.process_time() - began < 3


def test_other_archives_are_no_workbook() -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as file:
        file.writestr("learning.csv", PLAIN)
    with pytest.raises(BadTable, match="no Excel workbook"):
        open_table(kept)


def test_a_path_can_be_given_and_one_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(PLAIN)
    with open_table(tmp_path / "a.csv") as table:
        assert table.header == ["who", "what"]
        assert len(list(table.rows())) == 2
    with pytest.raises(BadTable, match=r"no file called .*b\.csv"):
        open_table(str(tmp_path / "b.csv"))


def test_sizes_are_counted_while_unpacking_not_as_told() -> None:
    raw = gzip.compress(PLAIN.encode() * 1000)
    with pytest.raises(BadTable, match="far too big"):
        list(open_table(io.BytesIO(raw), limits=Limits(unpacked=1000)).rows())


@named("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"])
def test_what_a_spreadsheet_would_run_is_made_text(text: str) -> None:
    assert safe_cell(text) == "'" + text


@named("text", ["noor", "-5", "+3.25", "31612345678", "a=b", ""])
def test_what_is_plain_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


def test_a_written_file_reads_back() -> None:
    raw = csv_text(["who", "what"], [["noor", 'a "quoted", word\nand more'], ["=1", None]]).encode()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert read(raw) == [(2, ["noor", 'a "quoted", word\nand more']), (4, ["'=1", ""])]
    assert next(csv.reader(io.StringIO(raw.decode("utf-8-sig")))) == ["who", "what"]
