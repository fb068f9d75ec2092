"""The one JSON reader of all doors: what it lets through is safe to store, to compare and to send on.

Python's own reader accepts NaN, repeated keys, half characters and numbers that no database keeps, and falls
over deep nesting; `read_json` refuses these with a reason instead. It runs at the speed of the C decoder.
"""

import math
import re
import unicodedata
from json import JSONDecodeError, JSONDecoder
from typing import Any, NoReturn

MAX_INTEGER = 2**63 - 1
MIN_INTEGER = -(2**63)
_LONGEST_INTEGER = 20  # characters of -9223372036854775808
_SUSPECT_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


_LINES = dict.fromkeys(map(ord, "\x0b\x0c\x85\u2028\u2029"), "\n")  # as word processors break lines
_CONTROLS = {*range(0x20), *range(0x7F, 0xA0)} - set(map(ord, "\t\n\r"))
_TURNS = {
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
}  # they turn what comes after the text around as well
_UNWANTED = {**dict.fromkeys(_CONTROLS | _TURNS), **_LINES}
_MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_MARKS = re.compile(
    f"({_MARK}{{8}}){_MARK}+"
)  # no language has so many on a letter; a hundred cover other lines
_UNSEEN = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and signs by name, and blank


def tidy(text: str) -> str:
    """What somebody typed, without what nobody can see and everybody stumbles over; nothing, where nothing is seen."""
    if text.isascii() and text.isprintable():
        return text
    text = _MARKS.sub(r"\1", text.translate(_UNWANTED))
    return text if not text.strip() or any(map(_is_seen, text)) else ""


def _is_seen(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LNPS" and sign not in _UNSEEN


def tidied(value: object) -> object:
    """The same of each text in what `read_json` gave; names of fields stay."""
    if isinstance(value, str):
        return tidy(value)
    if isinstance(value, list):
        return [tidied(part) for part in value]
    return {name: tidied(part) for name, part in value.items()} if isinstance(value, dict) else value


class Unreadable(ValueError):
    """The body is no JSON that is read here: `code` is stable, `message` says in English what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def read_json(raw: bytes, *, max_bytes: int, max_depth: int = 100) -> object:
    """Return the value that the bytes stand for, or raise Unreadable."""
    if len(raw) > max_bytes:
        raise Unreadable("too-long", f"Send at most {max_bytes} bytes at once.")
    text = _text(raw)
    try:
        value: object = _DECODER.decode(text)
    except JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Unreadable("not-json", f"Send valid JSON; this stops being JSON at {where}.") from None
    except RecursionError:
        raise _too_deep(max_depth) from None
    _check_depth(value, max_depth)
    if _SUSPECT_ESCAPE.search(text):
        _check_strings(value)
    return value


def _text(raw: bytes) -> str:
    """Decode; a byte order mark is dropped, as RFC 8259 allows."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable("not-utf-8", f"Send UTF-8; byte {error.start} is not.") from None
    text = text.removeprefix("\ufeff")
    if not text or text.isspace():
        raise Unreadable("empty", "Send JSON; the body is empty.")
    if "\x00" in text:
        raise _nul()
    return text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make one object; a key that comes twice would silently lose a value."""
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise Unreadable("repeated-key", f"Use each key once; {twice[:100]!r} comes twice in one object.")
    return found


def _integer(digits: str) -> int:
    """Read what fits 64 bits; anything longer is not even converted (that would take quadratic time)."""
    if len(digits) <= _LONGEST_INTEGER:
        number = int(digits)
        if MIN_INTEGER <= number <= MAX_INTEGER:
            return number
    raise Unreadable("number-too-large", "Send whole numbers between -2^63 and 2^63-1.")


def _float(digits: str) -> float:
    """Read a number that is finite."""
    number = float(digits)
    if math.isinf(number):
        raise Unreadable("number-too-large", "Send numbers up to 1.79e308; this one is larger.")
    return number


def _constant(name: str) -> NoReturn:
    raise Unreadable("not-a-number", f"Send a number or null; JSON has no {name}.")


def _check_depth(value: object, max_depth: int) -> None:
    """Walk level by level, containers only: a deep body costs no more than a wide one."""
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(max_depth):
        if not level:
            return
        level = [
            child
            for parent in level
            for child in (parent.values() if type(parent) is dict else parent)  # type: ignore[attr-defined]
            if type(child) in _CONTAINERS
        ]
    if level:
        raise _too_deep(max_depth)


def _check_strings(value: object) -> None:
    """Refuse NUL and half surrogate pairs that came as escapes; PostgreSQL and UTF-8 have neither."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if type(part) is dict:
            waiting.extend(part)
            waiting.extend(part.values())
        elif type(part) is list:
            waiting.extend(part)
        elif type(part) is str:
            if "\x00" in part:
                raise _nul()
            if not part.isascii():
                _check_pairs(part)


def _check_pairs(part: str) -> None:
    try:
        part.encode("utf-8")
    except UnicodeEncodeError:
        raise Unreadable("half-character", "Send whole characters; a surrogate stands alone.") from None


def _nul() -> Unreadable:
    return Unreadable("nul", "Send text without NUL characters.")


def _too_deep(max_depth: int) -> Unreadable:
    return Unreadable("too-deep", f"Nest objects and arrays at most {max_depth} deep.")


_CONTAINERS = frozenset((dict, list))
_DECODER = JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
