"""Lessons without a name: by which marks an author finds their own, and the week's count of what they earned.

A mark is a keyed digest with the author's own key: who has that key finds all marks, nobody else can tell whose one is
or that two belong together. There is no other link: it goes with the key.
"""

import hmac
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import SystemRandom
from typing import Any

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import LargeBinary

from app.config import timezone
from app.db import db, lock_people
from app.events import Event, FactStated, FactTakenBack
from app.keys import decrypt, encrypt
from app.lessons import rules
from app.lessons.models import Application, Lesson, Tally
from app.outbox import publish
from app.people import drafts
from app.people import queries as people
from app.people.drafts import key_of as key_of

MOST = rules.MOST_UNNAMED
AT_ONCE = 1000  # people whose marks are made at a time
KINDS = ("lesson_shared", "lesson_applied")
_dice = SystemRandom()


# Marks --------------------------------------------------------------------------------------------------------


def mark(key: bytes, what: str) -> bytes:
    """What stands in place of a person; without the key it is noise."""
    return hmac.digest(key, f"blijk/{what}".encode(), "sha256")


def marks(key: bytes) -> list[bytes]:
    """All marks that lessons of the owner of this key can have."""
    return [mark(key, f"lesson/{number}") for number in range(MOST)]


def all_marks(key: bytes) -> list[bytes]:
    """Under all of these stands something of the owner of this key: lessons, their count, and drafts."""
    return [*marks(key), mark(key, "tally"), *(mark(key, what) for what in drafts.MARKS.values())]


def marks_of(person_id: int) -> list[bytes]:
    """All marks that lessons of this person can have."""
    key = key_of(person_id)
    return marks(key) if key else []


HIDDEN = "u"


def text_key(key: bytes, plain: str) -> str:
    """The key of a text, as only its author can make it; one that is so already stays."""
    return plain if plain[:1] == HIDDEN else HIDDEN + mark(key, f"text/{plain}").hex()[:31]


def once_key(key: bytes, once: str) -> str:
    """The key of a form, as only its sender can make it; one that is so already stays."""
    return once if once[:1] == HIDDEN and len(once) == 65 else HIDDEN + mark(key, f"once/{once}").hex()


def new_id() -> int:
    """An id that tells no time: far beyond the sequence, and a whole number in every program."""
    return 2**48 + secrets.randbelow(2**52)


def day_of(at: datetime) -> datetime:
    """The beginning of its day where the organisation is."""
    return datetime.combine(at.astimezone(timezone()).date(), time(), timezone())


def monday_of(at: datetime) -> datetime:
    """The beginning of its week there."""
    day = at.astimezone(timezone()).date()
    return datetime.combine(day - timedelta(days=day.weekday()), time(), timezone())


# A lock that leaves no trace in a row: the row of a person would say who wrote in which transaction.
_LOCK = text("""
    SELECT pg_advisory_xact_lock(7303019, CAST(id % 2147483647 AS int))
    FROM (SELECT unnest(CAST(:ids AS bigint[])) AS id ORDER BY 1) AS asked
""")
_ALONE = text("SELECT pg_try_advisory_xact_lock(7303020)")


def lock_pens(person_ids: Iterable[int]) -> None:
    """Let nobody of these share another lesson meanwhile; before the lock on people."""
    db.session.execute(_LOCK, {"ids": sorted(set(person_ids))})


_TAKEN = select(Lesson.mark).where(Lesson.mark == bindparam("marks", type_=ARRAY(LargeBinary())).any_())


def free_marks(keys: Mapping[int, bytes]) -> dict[int, list[bytes]]:
    """Of each of these people the marks that no lesson has; asked under `lock_pens`."""
    mine = {person_id: marks(key) for person_id, key in keys.items()}
    if not mine:
        return {}
    taken = set(db.session.scalars(_TAKEN, {"marks": [one for of in mine.values() for one in of]}))
    return {person_id: [one for one in of if one not in taken] for person_id, of in mine.items()}


# What was counted of somebody ---------------------------------------------------------------------------------

Sources = dict[str, list[str]]
_TALLIES = select(Tally.mark, Tally.sealed).where(
    Tally.mark == bindparam("marks", type_=ARRAY(LargeBinary())).any_()
)


def _tally_mark(key: bytes) -> bytes:
    return mark(key, "tally")


def tallies(keys: Mapping[int, bytes]) -> dict[int, Sources]:
    """The sources of the facts that these people have from lessons without a name, per kind."""
    by_mark = {_tally_mark(key): person_id for person_id, key in keys.items()}
    found: dict[int, Sources] = {person_id: {kind: [] for kind in KINDS} for person_id in keys}
    for row in db.session.execute(_TALLIES, {"marks": list(by_mark)}):
        person_id = by_mark[row.mark]
        found[person_id] |= json.loads(decrypt(keys[person_id], row.sealed, "tally"))
    return found


_KEEP = text("""
    INSERT INTO unnamed_tally (mark, sealed) SELECT * FROM unnest(:marks, :sealed)
    ON CONFLICT (mark) DO UPDATE SET sealed = excluded.sealed
""").bindparams(*(bindparam(name, type_=ARRAY(LargeBinary())) for name in ("marks", "sealed")))


def keep_tallies(told: Iterable[tuple[bytes, Sources]]) -> None:
    """Keep what was counted of the owners of these keys."""
    rows = [(_tally_mark(key), encrypt(key, json.dumps(has).encode(), "tally")) for key, has in told]
    if rows:
        db.session.execute(_KEEP, {"marks": [row[0] for row in rows], "sealed": [row[1] for row in rows]})


_applied = (
    select(func.count())
    .where(Application.lesson_id == Lesson.id, Application.ended_at.is_(None))
    .where(Application.at < bindparam("until"))
    .correlate(Lesson)
    .scalar_subquery()
)
_DUE = select(Lesson.mark, _applied.label("applied")).where(
    Lesson.mark.is_not(None),
    Lesson.deleted_at.is_(None),
    Lesson.counts,
    Lesson.shared_at < bindparam("until"),
)
_DUE_OF = _DUE.where(Lesson.mark == bindparam("marks", type_=ARRAY(LargeBinary())).any_())


def worth(keys: Mapping[int, bytes], until: datetime) -> dict[int, dict[str, int]]:
    """How many facts of each kind the lessons of the owners of these keys are worth."""
    mine = [one for key in keys.values() for one in marks(key)]
    return _summed(keys, db.session.execute(_DUE_OF, {"marks": mine, "until": until}))


def _summed(keys: Mapping[int, bytes], rows: Iterable[Any]) -> dict[int, dict[str, int]]:
    """The same for several people, of lessons that are due; one whose author has no key any more is nobody's."""
    whose = {one: person_id for person_id, key in keys.items() for one in marks(key)}
    found = {person_id: dict.fromkeys(KINDS, 0) for person_id in keys}
    for row in rows:
        if row.mark in whose:
            found[whose[row.mark]]["lesson_shared"] += 1
            found[whose[row.mark]]["lesson_applied"] += row.applied
    return found


# The week's count ---------------------------------------------------------------------------------------------


def count(*, at: datetime) -> int:
    """Once a week write what lessons without a name earned, of at least five authors at once; returns of how many.

    What is written tells neither lesson nor skill, colleague or unit, and is dated now. With fewer authors all of it
    waits for the next week: who looks at the boards could tell otherwise whose lesson was new. What an author deleted
    or gave a name meanwhile, and what colleagues stopped applying, is taken back in the same way.
    """
    if not _begin(at):
        return 0
    until = monday_of(at)
    movers = _movers(_authors(), until)
    if len(movers) >= rules.TOGETHER:
        lock_people(movers)
        movers = _movers({person_id: one.key for person_id, one in movers.items()}, until)
    if len(movers) < rules.TOGETHER:
        return 0
    order = _dice.sample(sorted(movers), len(movers))
    publish([event for person_id in order for event in _news(person_id, movers[person_id], at)])
    keep_tallies((movers[person_id].key, movers[person_id].has) for person_id in order)
    _shuffle()
    return len(movers)


@dataclass(frozen=True, slots=True)
class Mover:
    """Somebody whose facts are not what their lessons are worth."""

    key: bytes
    due: dict[str, int]
    has: Sources

    @property
    def moves(self) -> bool:
        return any(self.due[kind] != len(self.has[kind]) for kind in KINDS)


def _movers(keys: Mapping[int, bytes], until: datetime) -> dict[int, Mover]:
    due = _summed(keys, db.session.execute(_DUE, {"until": until}))
    all_of_them = {
        person_id: Mover(keys[person_id], due[person_id], has) for person_id, has in tallies(keys).items()
    }
    return {person_id: one for person_id, one in all_of_them.items() if one.moves}


_WEEK = text("""
    INSERT INTO setting (key, value, changed_at)
    VALUES ('unnamed', jsonb_build_object('week', CAST(:week AS text)), :day)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at
    WHERE setting.value ->> 'week' < :week
    RETURNING key
""")


def _begin(at: datetime) -> bool:
    """Whether this week has not been counted yet; from now on it has, also if too few had something."""
    if not db.session.scalar(_ALONE):
        return False
    told = {"week": monday_of(at).date().isoformat(), "day": day_of(at)}
    return db.session.scalar(_WEEK, told) is not None


_MARKS = select(Lesson.mark).where(Lesson.mark.is_not(None))


def _authors() -> dict[int, bytes]:
    """Who wrote lessons without a name, and their keys: found by trying everybody's key, for nothing else says it."""
    known = set(db.session.scalars(_MARKS)) | set(db.session.scalars(select(Tally.mark)))
    found: dict[int, bytes] = {}
    after = 0
    while known and (some := people.keys_after(after, AT_ONCE)):
        found |= {
            person_id: key
            for person_id, key in some.items()
            if not known.isdisjoint([_tally_mark(key), *marks(key)])
        }
        after = max(some)
    return found


def _news(person_id: int, mover: Mover, at: datetime) -> list[Event]:
    news: list[Event] = []
    for kind in KINDS:
        news += _moved(person_id, kind, mover.due[kind] - len(mover.has[kind]), mover.has[kind], at)
    return news


def _moved(person_id: int, kind: str, more: int, has: list[str], at: datetime) -> Sequence[Event]:
    """So many facts more, or fewer; `has` follows."""
    if more < 0:
        gone = [has.pop() for _ in range(-more)]
        return [FactTakenBack(person_id=person_id, source=source) for source in gone]
    new = [f"unnamed:{secrets.token_hex(12)}" for _ in range(more)]
    has += new
    return [
        FactStated(person_id=person_id, source=source, kind=kind, at=at, in_unit=False)
        for source in sorted(new)
    ]


@dataclass(slots=True)
class Back:
    """What of somebody is told with their name from now on: so many lessons, and so many applications of them."""

    key: bytes
    lesson_shared: int = 0
    lesson_applied: int = 0


def give_back(told: Mapping[int, Back], until: datetime) -> list[Event]:
    """Lessons and their applications are told with a name from now on: what of them was counted without is taken back.

    Asked after the lessons got their names, under the locks. Nobody can tell which lesson a fact came from; that none
    counts twice is certain when no more stand than what is left is worth.
    """
    keys = {person_id: one.key for person_id, one in told.items()}
    left, has = worth(keys, until), tallies(keys)
    news: list[Event] = []
    for person_id, one in told.items():
        for kind, most in zip(KINDS, (one.lesson_shared, one.lesson_applied), strict=True):
            over = min(most, max(0, len(has[person_id][kind]) - left[person_id][kind]))
            news += _moved(person_id, kind, -over, has[person_id][kind], until)
    moved = {event.person_id for event in news if isinstance(event, FactTakenBack)}
    keep_tallies((keys[person_id], has[person_id]) for person_id in sorted(moved))
    return news


# Along a random order, and no other way of joining: so the rows are written in it.
_NO_OTHER_ORDER = text(
    "SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)"
)
_ANEW = text("""
    UPDATE lesson SET counts = lesson.counts
    FROM (SELECT id FROM lesson WHERE mark IS NOT NULL ORDER BY gen_random_uuid()) AS dealt
    WHERE lesson.id = dealt.id
""")
_ANY_ORDER = text(
    "SELECT set_config('enable_hashjoin', 'on', true), set_config('enable_mergejoin', 'on', true)"
)


def _shuffle() -> None:
    """Write the rows anew in an order that says nothing: where a row stands between others tells when it came."""
    for statement in (_NO_OTHER_ORDER, _ANEW, _ANY_ORDER):
        db.session.execute(statement)
