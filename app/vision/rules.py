"""What an entry of the catalogue file must look like, and the tree of skills. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app.finding import in_address

LANGUAGES = ("nl", "en")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class BadEntry(ValueError):
    """An entry of the catalogue file does not fit; says where and why."""


@dataclass(frozen=True, slots=True)
class Field:
    """What a value must be, as a check and in words; `default` stands in when it may be left out."""

    fits: Callable[[object], bool]
    says: str
    required: bool = True
    default: Any = None


def checked(what: str, entries: object, shape: Mapping[str, Field]) -> list[dict[str, Any]]:
    """The entries with all their fields, or BadEntry with the place and the reason."""
    if not isinstance(entries, list | tuple):
        raise BadEntry(f"{what}: give a list of objects.")
    found: dict[str, dict[str, Any]] = {}
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, Mapping):
            raise BadEntry(f"{what}, number {number}: give an object.")
        slug = entry.get("slug")
        where = f"{what}, {slug if is_slug(slug) else f'number {number}'}"
        strange = [str(key) for key in entry if key not in shape]
        if strange:
            raise BadEntry(f"{where}: {strange[0][:80]} is not known here.")
        whole = {name: _value(f"{where}: {name}", name, entry, field) for name, field in shape.items()}
        if whole["slug"] in found:
            raise BadEntry(f"{where}: this slug stands in the file twice.")
        found[whole["slug"]] = whole
    return list(found.values())


def _value(where: str, name: str, entry: Mapping[str, Any], field: Field) -> Any:
    if name not in entry:
        if field.required:
            raise BadEntry(f"{where} is missing; it must be {field.says}.")
        return field.default
    if not field.fits(entry[name]):
        raise BadEntry(f"{where} must be {field.says}.")
    return entry[name]


def is_text(value: object, longest: int, shortest: int = 0) -> bool:
    """A text of so many characters that PostgreSQL and UTF-8 can hold: no NUL, no half of a pair."""
    if not isinstance(value, str) or not shortest <= len(value) <= longest or "\x00" in value:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)


def is_slug(value: object) -> bool:
    """Small letters, digits and hyphens, 80 characters at most."""
    return is_text(value, 80) and bool(_SLUG.fullmatch(str(value)))


def is_link(value: object) -> bool:
    """An address that a browser may open: http or https, with a host."""
    if not is_text(value, 2000):
        return False
    try:
        parts = urlsplit(str(value))
        return parts.scheme in ("http", "https") and bool(parts.hostname) and str(value).isprintable()
    except ValueError:
        return False


def both_languages(longest: int) -> Callable[[object], bool]:
    """A check for {nl, en}."""

    def fits(value: object) -> bool:
        return (
            isinstance(value, Mapping)
            and set(value) == set(LANGUAGES)
            and all(is_text(text, longest, 1) for text in value.values())
        )

    return fits


SLUG = Field(is_slug, "lower-case letters, digits and single hyphens, 80 at most")
NAME = Field(both_languages(200), "texts in nl and en, 200 characters at most")
OTHER_SLUG = Field(lambda value: value is None or is_slug(value), "a slug or null", required=False)
ENAMELS = ("water", "data", "safety", "craft", "people", "customer", "sustain", "improve")
MOST_LEVELS = 8


def _is_levels(value: object) -> bool:
    fits = both_languages(200)
    return isinstance(value, list | tuple) and len(value) <= MOST_LEVELS and all(map(fits, value))


GOAL = {"slug": SLUG, "name": NAME}
SKILL = {
    "slug": SLUG,
    "name": NAME,
    "enamel": Field(is_slug, "the name of a colour"),
    "parent": OTHER_SLUG,
    "goal": OTHER_SLUG,
    "levels": Field(
        _is_levels, f"a list of at most {MOST_LEVELS} names of levels, each in nl and en", False, ()
    ),
    "framework": Field(
        lambda value: value == "" or is_link(value), "an http or https address, or empty", False, ""
    ),
    "retired": Field(lambda value: isinstance(value, bool), "true or false", False, False),
}


def slug_of(name: str, taken: Iterable[str]) -> str:
    """A slug for something new, from its name; another one where that is taken."""
    base = in_address(name)[:70].strip("-") or "new"
    known = set(taken)
    tries = (base, *(f"{base}-{number}" for number in range(2, len(known) + 3)))
    return next(slug for slug in tries if slug not in known)


def placed(rows: Sequence[Mapping[str, Any]], standing: Mapping[str, int]) -> list[dict[str, Any]]:
    """The rows with their places in the order given; those that stand in this order already keep theirs."""
    kept = [standing.get(row["slug"], -1) for row in rows]
    if all(place >= 0 for place in kept) and sorted(set(kept)) == kept:
        return [{**row, "position": place} for row, place in zip(rows, kept, strict=True)]
    return [{**row, "position": place} for place, row in enumerate(rows)]


# The tree -------------------------------------------------------------------------------------------------


class Circle(ValueError):
    """A skill stands under itself."""

    def __init__(self, member: int) -> None:
        super().__init__(member)
        self.member = member


def lineages_of(parents: Mapping[int, int | None]) -> dict[int, tuple[int, ...]]:
    """Each skill with itself first, then its ancestors up to the root."""
    found: dict[int, tuple[int, ...]] = {}
    for start in parents:
        path: list[int] = []
        here: int | None = start
        while here is not None and here not in found:
            if here in path:
                raise Circle(here)
            path.append(here)
            here = parents[here]
        above = found[here] if here is not None else ()
        for skill in reversed(path):
            above = (skill, *above)
            found[skill] = above
    return found
