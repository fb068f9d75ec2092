"""What somebody finds: each room is asked for what this person may see, and nothing is kept here."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from app.activities import queries as activities
from app.badges import shelf
from app.db import db
from app.finding import wanted, words
from app.lessons import queries as lessons
from app.people import queries as people
from app.search.rules import KINDS

FIRST, PAGE, GLANCE = (
    5,
    20,
    3,
)  # on the page of all kinds, on that of one kind, and under the field while one types
MOST = 100  # hits that are counted; beyond them the number says nobody anything


@dataclass(frozen=True, slots=True)
class Section:
    """What was found of one kind: so many of so many; `number` is `MOST` where there are as many or more."""

    kind: str
    rows: Sequence[Any]
    number: int

    @property
    def at_least(self) -> bool:
        """Whether there may be more than the number says."""
        return self.number >= MOST


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of the kinds that were asked for, and the words that it was looked for with."""

    words: Sequence[str]
    sections: Sequence[Section]

    @property
    def number(self) -> int:
        return sum(section.number for section in self.sections)

    @property
    def at_least(self) -> bool:
        return any(section.at_least for section in self.sections)


def found(
    typed: str, *, me: int, lang: str, kinds: Sequence[str] = KINDS, limit: int = FIRST, skip: int = 0
) -> Found:
    """What this person finds with these words, so many of each kind."""
    looked_for = words(typed)
    if not looked_for:
        return Found((), ())
    asked = {
        "people": _people(wanted(looked_for)),
        "activities": _activities(wanted(looked_for), lang),
        "badges": _badges(looked_for, me, lang),
        "lessons": _lessons(wanted(looked_for), me),
    }
    with _by_index():
        return Found(
            looked_for, [_section(kind, *asked[kind], limit, skip) for kind in KINDS if kind in kinds]
        )


_SEQSCAN = text("SELECT set_config('enable_seqscan', :on, true)")


@contextmanager
def _by_index() -> Generator[None]:
    """Within it the database reads no table from end to end: for a common word it would, and make the words of each
    long text anew, because it takes that for cheap."""
    db.session.execute(_SEQSCAN, {"on": "off"})
    yield
    db.session.execute(_SEQSCAN, {"on": "on"})


Rows = Callable[[int, int], Sequence[Any]]
Number = Callable[[], int]


def _section(kind: str, rows: Rows, number: Number, limit: int, skip: int) -> Section:
    """Counted only where a page does not show all there is."""
    page = rows(limit + 1, skip)
    whole = len(page) <= limit and (page or not skip)
    return Section(kind, page[:limit], min(skip + len(page), MOST) if whole else number())


def _people(asked: str) -> tuple[Rows, Number]:
    return (
        lambda limit, skip: people.found(asked, limit=limit, skip=skip),
        lambda: people.count_found(asked, MOST),
    )


def _activities(asked: str, lang: str) -> tuple[Rows, Number]:
    return (
        lambda limit, skip: activities.found(asked, locale=lang, limit=limit, skip=skip),
        lambda: activities.count_found(asked, MOST),
    )


def _badges(looked_for: Sequence[str], me: int, lang: str) -> tuple[Rows, Number]:
    """All of them are at hand: a catalogue has some dozens."""
    all_found: list[shelf.Found] = []

    def rows(limit: int, skip: int) -> Sequence[Any]:
        all_found[:] = shelf.found(me, looked_for, lang=lang)
        return all_found[skip : skip + limit]

    return rows, lambda: min(len(all_found), MOST)


def _lessons(asked: str, me: int) -> tuple[Rows, Number]:
    return (
        lambda limit, skip: lessons.found(me, asked, limit=limit, skip=skip),
        lambda: lessons.count_found(me, asked, MOST),
    )
