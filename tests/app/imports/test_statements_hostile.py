"""No body makes an error page, none is stored in part, none takes long (P9)."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.app.imports.scene import STATEMENTS, Platform, says
from tests.each import each

NAUGHTY = [
    "",
    " ",
    "\t",
    "'; DROP TABLE statement; --",
    "<script>",
    "${7*7}",
    "%00",
    "\u202e",
    "ﷺ" * 500,
    "🏴‍☠️",
    "\ufffe",
    "NaN",
    "a\x1eb\x1f\x7f",
]


def with_text(text: str) -> dict[str, Any]:
    """A statement that has this text wherever any text is allowed."""
    return says(
        actor={"mbox": "mailto:anna@waterveld.example", "name": text},
        object={"id": "urn:x", "definition": {"name": {"en": text}, "extensions": {"urn:e": {text: [text]}}}},
        result={"response": text, "extensions": {"urn:e": text}},
        context={"platform": text, "revision": text},
    )


BAD = {
    "nothing": b"",
    "white": b" \n\t ",
    "a word": b"hello",
    "cut off": json.dumps(says()).encode()[:-1],
    "null": b"null",
    "a number": b"7",
    "a text": b'"x"',
    "a list of lists": b"[[]]",
    "a list of null": b"[null]",
    "a list of numbers": b"[1, 2]",
    "lists 100 kB deep": b"[" * 100_000,
    "objects 100 kB deep": b'{"a":' * 20_000,
    "closed 100 kB deep": b"[" * 50_000 + b"]" * 50_000,
    "deep within": json.dumps(says(context={"extensions": {"urn:x": 0}}))
    .replace("0}}", "[" * 5000 + "]" * 5000 + "}}")
    .encode(),
    "NaN": json.dumps(says(result={"score": {"raw": float("nan")}})).encode(),
    "Infinity": json.dumps(says(result={"score": {"raw": float("-inf")}})).encode(),
    "1e999": json.dumps(says(result={"score": {"raw": 1}})).replace('"raw": 1', '"raw": 1e999').encode(),
    "a huge integer": json.dumps(says(result={"score": {"raw": 1}}))
    .replace('"raw": 1', '"raw": ' + "9" * 5000)
    .encode(),
    "beyond 64 bits": json.dumps(says(context={"extensions": {"urn:x": 2**63}})).encode(),
    "a repeated key": json.dumps(says()).replace('"verb"', '"verb": {"id": "urn:x"}, "verb"').encode(),
    "NUL": json.dumps(says("anna\x00")).encode(),
    "NUL in text": json.dumps(with_text("a\x00b")).encode(),
    "a raw NUL": json.dumps(with_text("a~b")).encode().replace(b"~", b"\x00"),
    "half a character": json.dumps(with_text("\ud800")).encode(),
    "half a character as a key": json.dumps(says(context={"extensions": {"urn:x": {"\udfff": 1}}})).encode(),
    "no UTF-8": json.dumps(with_text("~")).encode().replace(b"~", b"\xff\xfe"),
    "UTF-16": json.dumps(says()).encode("utf-16"),
    "a proto": json.dumps({**says(), "__proto__": {}}).encode(),
    "many wrong keys": json.dumps({**says(), **{f"k{n}": n for n in range(20_000)}}).encode(),
    "a key of a megabyte": json.dumps({**says(), "k" * 2**20: 1}).encode(),
    "an id that is a list": json.dumps(says(id=["x"])).encode(),
    "a boolean as id": json.dumps(says(id=True)).encode(),
    "an id with a line": json.dumps(says(id="12345678-1234-4678-9234-567812345678\n")).encode(),
    "a verb that is a list": json.dumps({**says(), "verb": []}).encode(),
    "a long iri": json.dumps(says(about="urn:" + "x" * 3000)).encode(),
    "a date that is none": json.dumps(says(timestamp="2026-02-30T00:00:00Z")).encode(),
    "a date before the calendar": json.dumps(says(timestamp="0000-01-01T00:00:00Z")).encode(),
    "members all the way down": json.dumps(
        says(actor={"objectType": "Group", "member": [{"objectType": "Group", "member": []}]})
    ).encode(),
    "a statement in a statement in a statement": json.dumps(
        says(
            object={
                **says(object={**says(), "objectType": "SubStatement"}, id=None),
                "objectType": "SubStatement",
            }
        )
    ).encode(),
}


@each("version", ["1.0.3", "2.0.0"])
@each("name", BAD)
def test_a_hostile_body_is_refused_with_a_reason(
    lms: Platform, kept: Callable[[], int], name: str, version: str
) -> None:
    before, started = kept(), time.process_time()
    answer = lms.send("POST", BAD[name], X_Experience_API_Version=version)
    assert time.process_time() - started < 3
    assert answer.status_code == 400, answer.text[:500]
    told = answer.get_json()
    assert told["error"]
    assert told["message"]
    assert len(answer.data) < 5000
    assert kept() == before


@each("text", NAUGHTY)
def test_any_text_is_kept_and_comes_back_the_same(lms: Platform, text: str) -> None:
    statement = with_text(text)
    assert lms.post(statement).status_code == 200
    given = lms.get(statementId=statement["id"]).get_json()
    assert {name: given[name] for name in statement} == statement
    assert lms.get(format="canonical").status_code == lms.get(format="ids").status_code == 200


@each("value", [2**63 - 1, -(2**63), 1.7976931348623157e308, 5e-324, -0.0, 10**18, 1e22, True, None, [], {}])
def test_any_value_is_kept_in_an_extension(lms: Platform, value: Any) -> None:
    statement = says(result={"extensions": {"urn:x": value}})
    assert lms.post(statement).status_code == 200
    assert lms.post(statement).status_code == 200
    assert lms.get(statementId=statement["id"]).get_json()["result"] == statement["result"]


@pytest.mark.parametrize(
    "result",
    [
        {"duration": "P99999999999999999999Y"},
        {"duration": "PT" + "9" * 4000 + "H"},
        {"score": {"raw": 1e308, "min": -1e308, "max": 1.7e308}},
        {"score": {"raw": 2**63 - 1, "min": -(2**63), "max": 2**63 - 1}},
        {"score": {"scaled": -1}},
    ],
)
def test_any_result_can_complete(lms: Platform, completions: Callable[[], Any], result: Any) -> None:
    assert lms.post(says(result=result)).status_code == 200
    assert len(completions()) == 1


def test_names_as_long_as_they_may_be_can_be_kept_and_found(
    lms: Platform, completions: Callable[[], Any]
) -> None:
    account = {"homePage": "https://" + "h" * 1990, "name": "\x1e" * 10 + "é" * 245}
    statement = says(actor={"account": account}, about="urn:" + "x" * 1990)
    assert lms.post([statement, says(about="urn:" + "é" * 900)]).status_code == 200
    assert lms.ids(agent=json.dumps({"account": account})) == [statement["id"]]
    assert len(completions()) == 1


def test_what_is_too_much_is_413(lms: Platform, kept: Callable[[], int]) -> None:
    body = json.dumps(with_text("x" * (8 * 2**20 // 5)))
    answer = lms.send("POST", body)
    assert answer.status_code == 413
    assert answer.get_json()["message"]
    assert kept() == 0


@each(
    "body",
    [
        b"",
        b"--b",
        b"--b--",
        b"--b\r\n\r\n--b--",
        b"--b\r\nContent-Type: application/json\r\n\r\n[" + b"[" * 50_000 + b"\r\n--b--",
        b"--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b--",
        b"--b\r\n" + b"X: y\r\n" * 20_000 + b"\r\n{}\r\n--b--",
        b"--b\r\n" * 50_000,
        b"\x00" * 1000,
    ],
)
def test_parts_that_are_none_are_refused(lms: Platform, body: bytes) -> None:
    started = time.process_time()
    answer = lms.send("POST", body, kind="multipart/mixed; boundary=b")
    assert answer.status_code == 400
    assert time.process_time() - started < 3


@each(
    "kind",
    [
        'multipart/mixed; boundary="' + "b" * 71 + '"',
        "multipart/mixed; boundary=é",
        'multipart/mixed; boundary="',
        "multipart/mixed; boundary*=utf-8''b",
        "multipart/mixed; boundary=",
        "a" * 10_000,
    ],
)
def test_a_content_type_that_is_none_is_refused(lms: Platform, kind: str) -> None:
    assert lms.send("POST", b"--b\r\n\r\n--b--", kind=kind).status_code == 400


@each("query", ["agent=%7B%22mbox%22%3A%22%ff%22%7D", "verb=urn:%ED%A0%80", "a=%00", "%", "=", "&&&", "?"])
def test_an_address_of_any_bytes_is_answered(lms: Platform, query: str) -> None:
    answer = lms.browser.get(f"{STATEMENTS}?{query}", headers=lms._headers({}))
    assert answer.status_code in (200, 400)
