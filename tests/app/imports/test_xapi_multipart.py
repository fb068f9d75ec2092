"""Attachments come in parts, and each part is one that a statement names, with the data that it says."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.imports.xapi import Invalid, check_attachments, check_batch, parse_multipart
from app.reading import read_json
from tests.each import each

BOUNDARY = "-------314159265358979323846"
TYPE = f"multipart/mixed; boundary={BOUNDARY}"
ONE, TWO = b"here is a simple attachment", b"\x00\x01\r\n--no boundary\r\n\xff"


def sha2(content, algorithm="sha256"):
    return hashlib.new(algorithm, content).hexdigest()


def attachment(content, **changes):
    return {
        "usageType": "urn:use", "display": {"nl": "x"}, "contentType": "text/plain; charset=ascii",
        "length": len(content), "sha2": sha2(content), **changes,
    }  # fmt: skip


def statement(*attachments):
    made = {"actor": {"mbox": "mailto:a@b.c"}, "verb": {"id": "urn:v"}, "object": {"id": "urn:o"}}
    return {**made, "attachments": list(attachments)} if attachments else made


def part(content, headers=None, **changes):
    """One part as the specification shows it; a header of None is left out."""
    found = {
        "Content-Type": "text/plain", "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": sha2(content),
        **(headers or {}), **changes,
    }  # fmt: skip
    rows = [f"{name}:{value}" for name, value in found.items() if value is not None]
    return "\r\n".join([*rows, "", ""]).encode() + content


def first(data, content_type="application/json"):
    head = f"Content-Type: {content_type}\r\n\r\n" if content_type else "\r\n"
    return head.encode() + json.dumps(data).encode()


def body(*parts, boundary=BOUNDARY, before=b"", after=b"\r\n", end=b"--"):
    line = b"--" + boundary.encode()
    inner = b"".join(line + b"\r\n" + one + b"\r\n" for one in parts)
    return before + inner + line + end + after


def received(raw, content_type=TYPE):
    """What a door does with it."""
    statements, parts = parse_multipart(content_type, raw)
    data = read_json(statements, max_bytes=100_000)
    check_batch(data, version="1.0.3")
    check_attachments(data, parts)
    return data, parts


def refusal(raw, content_type=TYPE):
    with pytest.raises(Invalid) as caught:
        received(raw, content_type)
    return caught.value


def test_statements_come_with_the_data_of_their_attachments():
    data = statement(attachment(ONE), attachment(TWO, contentType="image/jpeg"))
    back, parts = received(body(first(data), part(ONE), part(TWO, {"Content-Type": "image/jpeg"})))
    assert back == data
    assert [(one.sha2, one.content) for one in parts] == [(sha2(ONE), ONE), (sha2(TWO), TWO)]


ACCEPTED = {
    "no attachments at all": body(first([statement(), statement()])),
    "only a fileUrl": body(first(statement(attachment(ONE, fileUrl="http://x.example/f")))),
    "a fileUrl and the data": body(first(statement(attachment(ONE, fileUrl="http://x.example/f"))),
    part(ONE)),
    "one part for two statements": body(first([statement(attachment(ONE)), statement(attachment(ONE))]),
    part(ONE)),
    "the same part twice": body(first(statement(attachment(ONE))), part(ONE), part(ONE)),
    "other SHA-2": body(first(statement(attachment(ONE, sha2=sha2(ONE, "sha512")))),
                        part(ONE, {"X-Experience-API-Hash": sha2(ONE, "sha512")})),
    "capitals": body(first(statement(attachment(ONE, sha2=sha2(ONE).upper()))),
                     part(ONE, {"X-Experience-API-Hash": None, "x-experience-api-hash": sha2(ONE)})),
    "no transfer encoding": body(first(statement(attachment(ONE))), part(ONE,
    {"Content-Transfer-Encoding": None})),
    "no content type of the part": body(first(statement(attachment(ONE))), part(ONE, {"Content-Type": None})),
    "a length": body(first(statement(attachment(ONE))), part(ONE, {"Content-Length": "27"})),
    "an empty attachment": body(first(statement(attachment(b""))), part(b"")),
    "a preamble and an epilogue": body(first(statement()), before=b"\r\nwelcome\r\n", after=b"\r\nbye"),
    "a first empty line": body(first(statement()), before=b"\r\n"),
    "nothing after the end": body(first(statement()), after=b""),
    "spaces after the boundary": body(first(statement())).replace(b"\r\nContent", b" \t\r\nContent"),
    "bare line feeds": body(first(statement(attachment(ONE))), part(ONE)).replace(b"\r\n", b"\n"),
    "a charset": body(first(statement(), "application/json; charset=utf-8")),
    "a folded header": body(first(statement(attachment(ONE))), part(ONE, {"X-Note": "a\r\n b"})),
    "an attachment of a SubStatement": body(first({
        "actor": {"mbox": "mailto:a@b.c"}, "verb": {"id": "urn:v"},
        "object": {"objectType": "SubStatement", **statement(attachment(ONE))}}), part(ONE)),
}  # fmt: skip


@each("what", ACCEPTED)
def test_what_the_format_allows_is_accepted(what):
    received(ACCEPTED[what])


NAMED = statement(attachment(ONE))
REFUSED = {
    "a part too many": (body(first(NAMED), part(ONE), part(TWO)), "part[2]"),
    "a part too few": (body(first(statement(attachment(ONE), attachment(TWO))), part(ONE)), "attachments[1]"),
    "a part too few in a batch": (body(first([statement(), NAMED])), "[1].attachments[0]"),
    "no hash": (body(first(NAMED), part(ONE, {"X-Experience-API-Hash": None})), "part[1]"),
    "another hash": (body(first(NAMED), part(ONE, {"X-Experience-API-Hash": sha2(TWO)})), "part[1]"),
    "a hash of another length": (body(first(NAMED), part(ONE, {"X-Experience-API-Hash": "abc"})), "part[1]"),
    "a hash that no statement names": (body(first(statement()), part(ONE)), "part[1]"),
    "base64": (body(first(NAMED), part(ONE, {"Content-Transfer-Encoding": "base64"})), "part[1]"),
    "another content type": (body(first(NAMED), part(ONE, {"Content-Type": "image/png"})),
    "attachments[0].contentType"),
    "another length": (body(first(NAMED), part(ONE, {"Content-Length": "26"})), "part[1]"),
    "a length that the statement does not say": (
        body(first(statement(attachment(ONE, length=26))), part(ONE, {"Content-Length": "27"})),
        "attachments[0].length"),
    "statements in two parts": (body(first(NAMED), first(NAMED), part(ONE)), "part[1]"),
    "a first part of another type": (body(first(NAMED, "text/plain"), part(ONE)), "part[0]"),
    "a first part without a type": (body(first(NAMED, ""), part(ONE)), "part[0]"),
    "attachments first": (body(part(ONE), first(NAMED)), "part[0]"),
    "no empty line after the headers": (body(b"Content-Type: application/json"), "part[0]"),
    "a header that is none": (body(b"Content-Type: application/json\r\nwhat\r\n\r\n{}"), "part[0]"),
    "no end": (body(first(NAMED), part(ONE), end=b""), "body"),
    "cut off": (body(first(NAMED), part(ONE))[:-20], "body"),
    "no parts": (body(), "body"),
    "no boundary in the body": (first(NAMED), "body"),
    "a first boundary that is missing": (body(first(NAMED), part(ONE)).split(b"\r\n", 1)[1], "part[0]"),
    "nothing": (b"", "body"),
}  # fmt: skip


@each("what", REFUSED)
def test_what_misses_or_is_too_much_is_refused_by_name(what):
    raw, where = REFUSED[what]
    assert refusal(raw).property == where


def test_a_boundary_missing_between_two_parts_is_no_json():
    raw = body(first(NAMED) + b"\r\n" + part(ONE))
    with pytest.raises(ValueError, match="JSON"):
        received(raw)


TYPES = [
    "", "multipart/form-data; boundary=x", "application/json", "multipart/mixed", "multipart/mixed;",
    "multipart/mixed; boundary=", 'multipart/mixed; boundary=""', "multipart/mixed; boundary=" + "x" * 71,
    "multipart/mixed; boundary=é", "multipart/mixed; boundary*=utf-8''x", "text/plain\r\nX: y", "x" * 10_000,
]  # fmt: skip


@each("content_type", TYPES)
def test_a_content_type_without_a_usable_boundary_is_refused(content_type):
    assert refusal(body(first(NAMED), part(ONE)), content_type).property == "Content-Type"


@each(
    "content_type, boundary",
    [
        ("Multipart/Mixed;boundary=abc", "abc"),
        ('multipart/mixed; charset=x; boundary="abcABC0123\'()+_,-./:=?"', "abcABC0123'()+_,-./:=?"),
        ('multipart/mixed; boundary="a.*b c"', "a.*b c"),
    ],
)
def test_a_boundary_may_be_quoted_and_is_no_pattern(content_type, boundary):
    received(body(first(NAMED), part(ONE), boundary=boundary), content_type)


def test_plain_json_needs_a_file_url_for_each_attachment():
    check_attachments(statement())
    check_attachments([statement(attachment(ONE, fileUrl="http://x.example/f"))])
    with pytest.raises(Invalid) as caught:
        check_attachments(statement(attachment(ONE, fileUrl="http://x.example/f"), attachment(TWO)))
    assert caught.value.property == "attachments[1]"


@given(st.lists(st.binary(max_size=40), max_size=4))
def test_any_data_comes_back_as_it_was(contents):
    data = statement(*[attachment(one) for one in contents])
    _, parts = received(body(first(data), *[part(one) for one in contents]))
    assert [one.content for one in parts] == contents


@given(
    st.text(max_size=40),
    st.lists(
        st.sampled_from(
            [
                b"--b",
                b"--b--",
                b"\r\n",
                b"\n",
                b"Content-Type:application/json",
                b":",
                b"{}",
                b"x",
                b"\x00",
                b" ",
                b"--",
            ]
        ),
        max_size=14,
    ),
)
def test_nothing_else_than_invalid_is_raised(content_type, pieces):
    for named in (content_type, "multipart/mixed; boundary=b"):
        try:
            parse_multipart(named, b"".join(pieces))
        except Invalid as error:
            message = str(error)
            assert message
