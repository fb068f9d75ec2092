"""The JSON reader lets nothing through that the database, a comparison or another system chokes on."""

import json
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reading import Unreadable, read_json, tidied, tidy
from tests.each import each


def read(raw, **limits):
    return read_json(raw, **{"max_bytes": 1_000_000, **limits})


def refusal(raw, **limits):
    with pytest.raises(Unreadable) as caught:
        read(raw, **limits)
    return caught.value


REFUSED = {
    "empty": [b"", b"   \n\t ", b"\xef\xbb\xbf", b"\xef\xbb\xbf  "],
    "not-utf-8": [b'"\xff"', b'"\xc3', b'"\xed\xa0\x80"', "é".encode("latin-1"), b'\xff\xfe"\x00a\x00"\x00'],
    "nul": [b'"\x00"', b"\x00", b'"\\u0000"', b'{"a\\u0000b": 1}', b'[{"a": ["\\u0000"]}]', b'"\\\\\\u0000"'],
    "half-character": [
        b'"\\ud800"', b'"\\udc00"', b'"\\ude00\\ud83d"', b'{"\\uD83D": 1}', b'["\\ud83d x \\ude00"]',
        b'"\\ud83d\\\\ude00"',
    ],
    "not-a-number": [b"NaN", b"Infinity", b"-Infinity", b'{"a": [NaN]}'],
    "repeated-key": [b'{"a": 1, "a": 1}', b'[{"b": {"a": 1, "c": 2, "a": 3}}]', b'{"a": 1, "\\u0061": 2}'],
    "number-too-large": [
        b"9223372036854775808", b"-9223372036854775809", b"1e400", b"-1e400", b"[1" + b"0" * 30 + b"]",
        b"9" * 100_000,
    ],
    "not-json": [
        b"{", b"[1,]", b'{"a": 1,}', b"'a'", b"{a: 1}", b"01", b"1.", b".5", b"+1", b"tru", b"[1] 2",
        b'"a\nb"',
        b'"\\x41"', b'"\\u12"', b"// no\n1", b"undefined", b"True", b"nan", b"\xef\xbb\xbf\xef\xbb\xbf1",
        b'"\x01"',
    ],
    "too-deep": [b"[" * 101 + b"]" * 101, b'{"a":' * 101 + b"1" + b"}" * 101, b"[" * 100_000,
        b"[" * 1_000_000,
                 b'{"a":[' * 600 + b"]}" * 600],
}  # fmt: skip


@each("code, raw", [(code, raw) for code, raws in REFUSED.items() for raw in raws])
def test_what_nobody_could_keep_is_refused_with_its_reason(code, raw):
    error = refusal(raw)
    assert error.code == code
    assert str(error) == error.message
    assert error.message[0].isupper()
    assert error.message.endswith(".")


READ = [
    (b"null", None), (b"true", True), (b" 1 ", 1), (b"-0", 0), (b"1.50", 1.5), (b"1E2", 100.0), (b"1e-400",
    0.0),
    (b"9223372036854775807", 2**63 - 1), (b"-9223372036854775808", -(2**63)), (b'""', ""),
    (b'"\xc3\xa9"', "é"), (b'"\\u00e9"', "é"), (b'"\\ud83d\\ude00"', "😀"), ('"😀"'.encode(), "😀"),
    (b'"\\\\u0000"', "\\u0000"), (b'"\\\\ud800"', "\\ud800"), (b'"\\u0001"', "\x01"),
    (b"\xef\xbb\xbf[1]", [1]), (b'{"a": {"a": [{"a": {}}]}}', {"a": {"a": [{"a": {}}]}}),
    (b"[" * 100 + b"]" * 100, None), (b'"[[[[{{{{"', "[[[[{{{{"), (b'"\xef\xbf\xbf"', "\uffff"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "value"), READ, ids=range(len(READ)))
def test_what_json_allows_is_read(raw, value):
    found = read(raw)
    assert found == value or raw.startswith(b"[[")


def test_depth_counts_the_nesting_and_not_the_number_of_brackets():
    assert read(json.dumps([[[]]] * 500).encode(), max_depth=3)
    assert refusal(json.dumps([[[[]]]] * 500).encode(), max_depth=3).code == "too-deep"
    assert refusal(b"[[]]", max_depth=1).code == "too-deep"
    assert read(b"[]", max_depth=1) == []
    assert read(b'"x"', max_depth=0) == "x"


def test_a_body_that_is_too_long_is_not_even_decoded():
    assert refusal(b"\xff" * 11, max_bytes=10).code == "too-long"
    assert read(b'"1234567"  ', max_bytes=11) == "1234567"


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 100_000, b'{"a":' * 100_000, b"[" * 50_000 + b"]" * 50_000, b"9" * 1_000_000,
        b'"' + b"\\ud83d\\ude00" * 80_000 + b'"', b"[" + b"[]," * 300_000 + b"[]]",
        b'"' + b"\\" * 999_998 + b'"',
        b'{"' + b"a" * 900_000 + b'":1,"' + b"a" * 90_000 + b'":1}', b"1" + b"0" * 900_000 + b".5",
    ],
    ids=range(9),
)  # fmt: skip
def test_a_hostile_body_is_answered_at_once(raw):
    began = time.process_time()
    with suppress(Unreadable):
        read(raw)
    assert time.process_time() - began < 3


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False,
    allow_infinity=False)
    | st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00")), inner, max_size=4),
)  # fmt: skip


@given(ANY_JSON, st.booleans())
def test_every_decent_value_comes_back_as_it_was(value, ascii_only):
    assert read(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(
    st.binary(max_size=60) | st.text('[]{}",:\\ud80aN0-e. \x00\ufeff', max_size=40).map(lambda s: s.encode())
)
def test_nothing_else_than_unreadable_is_ever_raised(raw):
    with suppress(Unreadable):
        json.dumps(read(raw), allow_nan=False).encode()


@each(
    "typed, kept",
    [
        ("Zo maar een zin, één met een 💧 en 👩\u200d🔧", "Zo maar een zin, één met een 💧 en 👩\u200d🔧"),
        ("\u05e9\u05dc\u05d5\u05dd\u200f, ja", "\u05e9\u05dc\u05d5\u05dd\u200f, ja"),
        ("Bijna \u202eMIS\u2066 gegaan\u202c", "Bijna MIS gegaan"),
        ("bel\x07\x1b[31m, \x7fweg\x9b", "bel[31m, weg"),
        ("regel\x0been\u2028twee\tdrie\r\n", "regel\neen\ntwee\tdrie\r\n"),
        ("Z" + "\u0351" * 100 + "!", "Z" + "\u0351" * 8 + "!"),
        ("Vie\u0323\u0302t Nam", "Vie\u0323\u0302t Nam"),
        *((sign * 20, "") for sign in "\u200b\u2800\u3164\ufeff\u00ad\u0301\u202e"),
        ("\t", "\t"),
        ("  ", "  "),
        ("", ""),
    ],
)
def test_what_is_typed_keeps_all_that_is_seen_and_nothing_else(typed, kept):
    assert tidy(typed) == kept
    assert tidied({"a": [typed, 1, None]}) == {"a": [kept, 1, None]}
