"""Lessons without a name: by which marks an author finds their own, and the week's count of what they earned.

A mark is a keyed digest with the author's own key: who has that key finds all marks, nobody else can tell whose one is
or that two belong together. There is no other link: it goes with the key.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cache
from random import SystemRandom
from typing import Any

from sqlalchemy import DateTime, and_, bindparam, case, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import LargeBinary

from app.config import timezone
from app.db import db, lock_people
from app.events import Event, FactStated, FactTakenBack
from app.keys import decrypt, encrypt, padded, unpadded
from app.lessons import rules
from app.lessons.models import EARNS, Application, Lesson, Tally
from app.outbox import publish
from app.people import drafts
from app.people import queries as people
from app.people.drafts import key_of as key_of
from app.people.drafts import lock_pens as lock_pens

MOST = rules.MOST_UNNAMED
AT_ONCE = 1000  # people whose marks are made at a time
KINDS = ("lesson_shared", "lesson_applied")
_dice = SystemRandom()


# Marks --------------------------------------------------------------------------------------------------------


def mark(key: bytes, what: str) -> bytes:
    """What stands in place of a person; without the key it is noise."""
    return hmac.digest(key, f"blijk/{what}".encode(), "sha256")


@cache
def _lessons(most: int) -> list[bytes]:
    return [f"blijk/lesson/{number}".encode() for number in range(most)]


_BLOCK = hashlib.sha256().block_size
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))


def marks(key: bytes) -> list[bytes]:
    """All marks that lessons of the owner of this key can have: `mark` of each, with the key worked in once."""
    filled = key.ljust(_BLOCK, b"\0")  # a key is shorter than a block
    inner, outer = hashlib.sha256(filled.translate(_INNER)), hashlib.sha256(filled.translate(_OUTER))
    found = []
    for what in _lessons(MOST):
        within, around = inner.copy(), outer.copy()
        within.update(what)
        around.update(within.digest())
        found.append(around.digest())
    return found


def all_marks(key: bytes) -> list[bytes]:
    """Under all of these stands something of the owner of this key: lessons, their count, and drafts."""
    return [*marks(key), mark(key, "tally"), *drafts.marks(key)]


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


_ALONE = text("SELECT pg_try_advisory_xact_lock(7303020)")


_TAKEN = select(Lesson.mark).where(Lesson.mark == bindparam("marks", type_=ARRAY(LargeBinary())).any_())


def free_marks(keys: Mapping[int, bytes]) -> dict[int, list[bytes]]:
    """Of each of these people the marks that no lesson has; asked under `lock_pens`."""
    mine = {person_id: marks(key) for person_id, key in keys.items()}
    if not mine:
        return {}
    taken = set(db.session.scalars(_TAKEN, {"marks": [one for of in mine.values() for one in of]}))
    return {person_id: [one for one in of if one not in taken] for person_id, of in mine.items()}


# What was counted of somebody ---------------------------------------------------------------------------------

Sources = dict[str, list[str]]  # by `slot`
_TALLIES = select(Tally.mark, Tally.sealed).where(
    Tally.mark == bindparam("marks", type_=ARRAY(LargeBinary())).any_()
)


def slot(kind: str, team_id: int | None) -> str:
    """What is counted together: of lessons for everyone by kind, of those for a team by kind and team, for whoever
    reads them knows in which team to look for the author."""
    return kind if team_id is None else f"{kind}:{team_id}"


def _of_kind(kind: str, slots: Iterable[str]) -> list[str]:
    return [one for one in slots if one.partition(":")[0] == kind]


def _tally_mark(key: bytes) -> bytes:
    return mark(key, "tally")


def tallies(keys: Mapping[int, bytes]) -> dict[int, Sources]:
    """The sources of the facts that these people have from lessons without a name, per slot."""
    by_mark = {_tally_mark(key): person_id for person_id, key in keys.items()}
    found: dict[int, Sources] = {person_id: {} for person_id in keys}
    for row in db.session.execute(_TALLIES, {"marks": list(by_mark)}):
        person_id = by_mark[row.mark]
        found[person_id] |= json.loads(unpadded(decrypt(keys[person_id], row.sealed, "tally")))
    return found


_KEEP = text("""
    INSERT INTO unnamed_tally (mark, sealed) SELECT * FROM unnest(:marks, :sealed)
    ON CONFLICT (mark) DO UPDATE SET sealed = excluded.sealed
""").bindparams(*(bindparam(name, type_=ARRAY(LargeBinary())) for name in ("marks", "sealed")))


def keep_tallies(told: Iterable[tuple[bytes, Sources]]) -> None:
    """Keep what was counted of the owners of these keys."""
    rows = [(_tally_mark(key), encrypt(key, padded(json.dumps(has)), "tally")) for key, has in told]
    if rows:
        db.session.execute(_KEEP, {"marks": [row[0] for row in rows], "sealed": [row[1] for row in rows]})


_applied = (
    select(func.count())
    .where(Application.lesson_id == Lesson.id, Application.ended_at.is_(None))
    .where(Application.at < bindparam("until"))
    .correlate(Lesson)
    .scalar_subquery()
)
# After these weeks it counts beside everybody's: nobody can tell any more which of a small team's lessons it was, and
# what was earned reaches its author.
_for_team = case(
    (
        and_(
            Lesson.audience == "team",
            Lesson.shared_at >= bindparam("until", type_=DateTime(timezone=True)) - rules.ALONE,
        ),
        Lesson.team_id,
    )
)
_DUE = select(Lesson.mark, _applied.label("applied"), _for_team.label("team_id")).where(
    Lesson.mark.is_not(None),
    EARNS,
    Lesson.counts,
    Lesson.shared_at < bindparam("until"),
)
_DUE_OF = _DUE.where(Lesson.mark == bindparam("marks", type_=ARRAY(LargeBinary())).any_())


Worth = dict[str, int]  # by `slot`


def worth(keys: Mapping[int, bytes], until: datetime) -> dict[int, Worth]:
    """How many facts of each slot the lessons of the owners of these keys are worth."""
    whose = {one: person_id for person_id, key in keys.items() for one in marks(key)}
    rows = db.session.execute(_DUE_OF, {"marks": list(whose), "until": until})
    return _summed(keys, whose, rows)


def _summed(keys: Iterable[int], whose: Mapping[bytes, int], rows: Iterable[Any]) -> dict[int, Worth]:
    """The same of lessons that are due; one whose author has no key any more, or is not asked about, is nobody's."""
    found: dict[int, Worth] = {person_id: {} for person_id in keys}
    for row in rows:
        if (of := found.get(whose.get(row.mark, 0))) is not None:
            for kind, number in zip(KINDS, (1, row.applied), strict=True):
                one = slot(kind, row.team_id)
                of[one] = of.get(one, 0) + number
    return found


# The week's count ---------------------------------------------------------------------------------------------


def count(*, at: datetime) -> int:
    """Once a week write what lessons without a name earned, of at least five authors at once; returns of how many.

    What is written tells neither lesson, skill, colleague or unit, and is dated now. Of each kind of fact, and of the
    lessons for one team, at least five authors move, and by the same number: with fewer it waits for a later week, for
    who looks at the boards could tell whose lesson was new, or was applied so often. What an author deleted or gave a
    name meanwhile, and what colleagues stopped applying, is taken back in the same way.
    """
    if not _begin(at):
        return 0
    until = monday_of(at)
    authors = _authors()
    if steps := _steps(_movers(authors.keys, authors, until)):
        lock_people(steps)
        movers = _movers(steps, authors, until)
        steps = _steps(movers)  # as it is under the lock
        order = _dice.sample(sorted(steps), len(steps))
        publish([event for one in order for event in _news(one, steps[one], movers[one].has, at)])
        keep_tallies((movers[one].key, movers[one].has) for one in order)
    return len(steps)


@dataclass(frozen=True, slots=True)
class Mover:
    """Somebody, with what their lessons are worth and what was counted of it."""

    key: bytes
    due: Worth
    has: Sources

    def open(self) -> Worth:
        """How many facts more or fewer this is per slot; of a kind never more than all of their lessons are worth: what
        was counted for a team and is for everyone now does not count again."""
        found = {}
        for kind in KINDS:
            slots = sorted({*_of_kind(kind, self.due), *_of_kind(kind, self.has)})
            more = {one: self.due.get(one, 0) - len(self.has.get(one, ())) for one in slots}
            left = sum(more.values())
            for one in slots:
                step = max(0, min(more[one], left)) if left > 0 else min(0, max(more[one], left))
                left -= step
                found[one] = step
        return {one: step for one, step in found.items() if step}


@dataclass(slots=True)
class Authors:
    """Who wrote lessons without a name: their keys, and whose is which mark, of all marks that were looked for."""

    known: set[bytes]
    keys: dict[int, bytes] = field(default_factory=dict)
    whose: dict[bytes, int] = field(default_factory=dict)

    def find(self, keys: Mapping[int, bytes], sought: set[bytes]) -> None:
        """Whose of these people these marks are."""
        for person_id, key in keys.items() if sought else ():
            if mine := sought.intersection(marks(key)):
                self.keys[person_id] = key
                self.whose |= dict.fromkeys(mine, person_id)
        self.known |= sought


def _movers(asked: Iterable[int], authors: Authors, until: datetime) -> dict[int, Mover]:
    keys = {person_id: authors.keys[person_id] for person_id in asked}
    rows = db.session.execute(_DUE, {"until": until}).all()
    authors.find(keys, {row.mark for row in rows} - authors.known)
    due = _summed(keys, authors.whose, rows)
    return {
        person_id: Mover(keys[person_id], due[person_id], has) for person_id, has in tallies(keys).items()
    }


def _steps(movers: Mapping[int, Mover]) -> dict[int, Worth]:
    """Who moves now, and by how much: `rules.in_step` of each slot."""
    wanted: dict[str, dict[int, int]] = {}
    for person_id in _dice.sample(sorted(movers), len(movers)):
        for one, number in movers[person_id].open().items():
            wanted.setdefault(one, {})[person_id] = number
    found: dict[int, Worth] = {}
    for one, due in wanted.items():
        for person_id, step in rules.in_step(due).items():
            found.setdefault(person_id, {})[one] = step
    return found


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


def _authors() -> Authors:
    """Who wrote lessons without a name, and their keys: found by trying everybody's key, for nothing else says it.

    Each of the marks of everybody is made once; only those under which something stands are kept.
    """
    counted = set(db.session.scalars(select(Tally.mark)))
    authors = Authors(known=set(db.session.scalars(_MARKS)))
    after = 0
    while (authors.known or counted) and (some := people.keys_after(after, AT_ONCE)):
        authors.find(some, authors.known)
        authors.keys |= {person_id: key for person_id, key in some.items() if _tally_mark(key) in counted}
        after = max(some)
    return authors


def _news(person_id: int, steps: Worth, has: Sources, at: datetime) -> list[Event]:
    return [event for one, step in sorted(steps.items()) for event in _moved(person_id, one, step, has, at)]


def _moved(person_id: int, one: str, more: int, has: Sources, at: datetime) -> Sequence[Event]:
    """So many facts more of this slot, or fewer; `has` follows."""
    sources = has.setdefault(one, [])
    if more < 0:
        gone = [sources.pop() for _ in range(-more)]
        return [FactTakenBack(person_id=person_id, source=source) for source in gone]
    new = [f"unnamed:{secrets.token_hex(12)}" for _ in range(more)]
    sources += new
    kind = one.partition(":")[0]
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
        mine, stays = has[person_id], left[person_id]
        for kind, most in zip(KINDS, (one.lesson_shared, one.lesson_applied), strict=True):
            slots = _of_kind(kind, mine)
            over = sum(len(mine[name]) for name in slots) - sum(stays[name] for name in _of_kind(kind, stays))
            for _ in range(min(most, max(0, over))):
                fullest = max(slots, key=lambda name: len(mine[name]) - stays.get(name, 0))
                news += _moved(person_id, fullest, -1, mine, until)
    moved = {event.person_id for event in news if isinstance(event, FactTakenBack)}
    keep_tallies((keys[person_id], has[person_id]) for person_id in sorted(moved))
    return news
