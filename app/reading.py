"""The one JSON reader of all doors: what it lets through is safe to store, to compare and to send on.

Python's own reader accepts NaN, repeated keys, half characters and numbers that no database keeps, and falls
over deep nesting; `read_json` refuses these with a reason instead. It runs at the speed of the C decoder.
"""

import math
import re
from json import JSONDecodeError, JSONDecoder
from typing import Any, NoReturn

MAX_INTEGER = 2**63 - 1
MIN_INTEGER = -(2**63)
_LONGEST_INTEGER = 20  # characters of -9223372036854775808
_SUSPECT_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


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
