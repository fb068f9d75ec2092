"""The small language in which `xapi_check` writes down what a statement may look like.

A check is called with a value and raises Invalid, or returns; checks of objects and lists are made of others.
The path to what is wrong is put together on the way out, so that a right statement pays nothing for it.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping

Check = Callable[[object], None]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_KINDS = {
    dict: "an object",
    list: "an array",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "a boolean",
    type(None): "null",
}


class Invalid(ValueError):
    """Not what xAPI allows: `property` says where (`[3].actor.mbox`, empty for the whole), `reason` what."""

    def __init__(self, property: str, reason: str) -> None:
        super().__init__(property, reason)
        self.property = property
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.property}: {self.reason}" if self.property else self.reason

    def within(self, part: str) -> None:
        """Say that all this stands in `part` of something larger."""
        if not self.property:
            self.property = part
        elif self.property[0] == "[":
            self.property = part + self.property
        else:
            self.property = f"{part}.{self.property}"
        self.args = (self.property, self.reason)


def part(key: str) -> str:
    """A key as it is written in a path; what is no plain name is quoted and cut short."""
    return key if len(key) <= 100 and _NAME.fullmatch(key) else f"[{json.dumps(key[:100])}]"


def wrong_kind(value: object, wanted: str) -> Invalid:
    """What to raise for a value of another JSON type than the one wanted."""
    return Invalid("", f"must be {wanted}, not {_KINDS.get(type(value), 'this')}")


def string(value: object) -> None:
    """Any text, also none."""
    if type(value) is not str:
        raise wrong_kind(value, "a string")


def boolean(value: object) -> None:
    """True or false, and not a number or text that stands for it."""
    if type(value) is not bool:
        raise wrong_kind(value, "true or false")


def number(value: object) -> None:
    """Any number; true and false are none."""
    if type(value) is not int and type(value) is not float:
        raise wrong_kind(value, "a number")


def natural(value: object) -> None:
    """A whole number from 0 on."""
    if type(value) is not int:
        raise wrong_kind(value, "a whole number")
    if value < 0:
        raise Invalid("", "must be 0 or more")


def text(allowed: Callable[[str], bool], wanted: str) -> Check:
    """Text in a format."""

    def check(value: object) -> None:
        if type(value) is not str:
            raise wrong_kind(value, wanted)
        if not allowed(value):
            raise Invalid("", f"must be {wanted}")

    return check


def one_of(*words: str) -> Check:
    """One of a few words, exactly as written here."""
    allowed = frozenset(words)
    wanted = words[0] if len(words) == 1 else f"one of {', '.join(words)}"
    return text(allowed.__contains__, wanted)


def array(of: Check, *, rule: Callable[[list[object]], None] | None = None) -> Check:
    """A list of things of one sort."""

    def check(value: object) -> None:
        if type(value) is not list:
            raise wrong_kind(value, "an array")
        for place, item in enumerate(value):
            try:
                of(item)
            except Invalid as error:
                error.within(f"[{place}]")
                raise
        if rule is not None:
            rule(value)

    return check


def keyed(keys: Callable[[str], bool], wanted: str, of: Check | None = None) -> Check:
    """An object whose keys are free within a format: a language map, extensions."""

    def check(value: object) -> None:
        if type(value) is not dict:
            raise wrong_kind(value, "an object")
        for key, item in value.items():
            if not keys(key):
                raise Invalid(part(key), f"the key must be {wanted}")
            if of is not None:
                try:
                    of(item)
                except Invalid as error:
                    error.within(part(key))
                    raise

    return check


def shape(
    fields: Mapping[str, Check],
    required: Iterable[str] = (),
    rule: Callable[[dict[str, object]], None] | None = None,
) -> Check:
    """An object with named properties: no others, none that is null, and these at least."""
    needed = tuple(required)
    find = dict(fields).get

    def check(value: object) -> None:
        if type(value) is not dict:
            raise wrong_kind(value, "an object")
        for key, item in value.items():
            field = find(key)
            if field is None:
                raise _unknown(key, fields)
            try:
                field(item)
            except Invalid as error:
                error.within(key)
                raise
        for name in needed:
            if name not in value:
                raise Invalid(name, "is missing")
        if rule is not None:
            rule(value)

    return check


def by_object_type(kinds: Mapping[str, Check], otherwise: str | None) -> Check:
    """An object that says itself which of these it is; `otherwise` is what it is without a word."""
    names = ", ".join(kinds)

    def check(value: object) -> None:
        if type(value) is not dict:
            raise wrong_kind(value, "an object")
        kind = value.get("objectType", otherwise)
        if type(kind) is not str or kind not in kinds:
            raise Invalid("objectType", "is missing" if kind is None else f"must be one of {names}")
        kinds[kind](value)

    return check


def _unknown(key: str, fields: Mapping[str, Check]) -> Invalid:
    """Names are case-sensitive: say which one was probably meant."""
    meant = next((name for name in fields if name.lower() == key.lower()), None)
    return Invalid(part(key), f"is not allowed here; write {meant}" if meant else "is not allowed here")
