"""What a job, a criterion and a target may be, periods of a plan, and what differs between two states. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

EVIDENCE = ("badge", "completion", "lesson_applied", "recognition", "observation", "document")
LEVELS = (1, 2, 3, 4)
LANGUAGES = ("nl", "en")
NAME, TEXT, WHO = 120, 400, 400  # characters
MOST_JOBS, MOST_CRITERIA, MOST_BADGES, MOST_NAMES = 2000, 30, 12, 30
FEWEST = 5  # of fewer people nothing is said but that
_PERIOD = re.compile(r"20\d{2}(-Q[1-4])?")

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NewFamily:
    slug: str
    name: Texts


@dataclass(frozen=True, slots=True)
class NewJob:
    """What HR says of a job; `family` is a slug."""

    slug: str
    family: str
    level: int
    name: Texts
    known_as: Sequence[str] = ()
    open_until: date | None = None
    who_may_apply: Texts = field(default_factory=lambda: {"nl": "", "en": ""})


@dataclass(frozen=True, slots=True)
class NewCriterion:
    """What HR says of a criterion; `skill` is a slug, and so are the badges, each with the tier from which on."""

    text: Texts
    skill: str
    level: int
    evidence: Sequence[str]
    badges: Mapping[str, int] = field(default_factory=dict)
    key: UUID | None = None


def tidy(text: str) -> str:
    """One line, without blanks around it or in rows."""
    return " ".join(text.split())


def names_of(lines: str) -> list[str]:
    """The names of a job in HR files, each once, from lines or parts divided by a bar."""
    found: dict[str, str] = {}
    for line in re.split(r"[\n|]", lines):
        if name := tidy(line):
            found.setdefault(name.casefold(), name)
    return list(found.values())


def fits_period(period: str) -> bool:
    return bool(_PERIOD.fullmatch(period))


def last_day(period: str) -> date:
    """The day until which a target of this period runs."""
    year = int(period[:4])
    quarter = int(period[-1]) if "Q" in period else 4
    return date(year, *((3, 31), (6, 30), (9, 30), (12, 31))[quarter - 1])


def periods(year: int, *, years: int = 3) -> list[str]:
    """The periods that one can choose, the nearest first."""
    return [
        period for one in range(year, year + years) for period in (str(one), *(f"{one}-Q{q}" for q in LEVELS))
    ]


# What differs ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is added, gone or other than before; `fields` says what of it: name, before, after."""

    kind: str  # added, gone, changed
    key: str
    before: Any
    after: Any
    fields: Sequence[tuple[str, Any, Any]] = ()


def differences(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> list[Change]:
    """What changed between two states, in the order of the second one; what is gone last."""
    found = []
    for key, row in after.items():
        old = before.get(key)
        if old is None:
            found.append(Change("added", key, None, row))
        elif parts := [(name, old.get(name), value) for name, value in row.items() if old.get(name) != value]:
            found.append(Change("changed", key, old, row, parts))
    return found + [Change("gone", key, row, None) for key, row in before.items() if key not in after]


def told(items: Iterable[Any]) -> dict[str, dict[str, Any]]:
    """Criteria by what is the same in all versions, with what may differ between them."""
    return {
        str(one.key): {
            "text": dict(one.text),
            "skill": one.skill_id,
            "level": one.level,
            "evidence": list(one.evidence),
            "badges": [(badge.slug, badge.tier) for badge in one.badges],
        }
        for one in items
    }
