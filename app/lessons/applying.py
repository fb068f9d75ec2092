"""What readers do with lessons: say that they apply them, and how; and stop."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, DateTime, Text

from app.db import array, db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import AppliedLessonGone, Event, FactStated, FactTakenBack, LessonApplied
from app.lessons import asking, unnamed
from app.lessons.actions import NOT_THERE
from app.outbox import publish
from app.people import queries as people

OWN = _l("This is your own lesson. It counts when a colleague applies it.")
JUST_CHANGED = _l("This lesson has just changed. Look at it again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Applying:
    """A colleague says "I apply this", and how."""

    lesson_id: int
    person_id: int
    how: str = ""
    at: datetime | None = None


_PAIRS = (
    bindparam("lesson_ids", type_=ARRAY(BigInteger())),
    bindparam("person_ids", type_=ARRAY(BigInteger())),
)
_HOWS = bindparam("hows", type_=ARRAY(Text()))
# Only who did not apply it until now comes back, with the number of this round.
_APPLY = text("""
    INSERT INTO lesson_application (lesson_id, person_id, how, at)
    SELECT * FROM unnest(:lesson_ids, :person_ids, :hows, :moments)
    ON CONFLICT (lesson_id, person_id) DO UPDATE
        SET how = excluded.how, at = excluded.at, ended_at = NULL, round = lesson_application.round + 1
        WHERE lesson_application.ended_at IS NOT NULL
    RETURNING lesson_id, person_id, round, at
""").bindparams(*_PAIRS, _HOWS, bindparam("moments", type_=ARRAY(DateTime(timezone=True))))
_SAY_HOW = text("""
    UPDATE lesson_application SET how = w.how
    FROM unnest(:lesson_ids, :person_ids, :hows) AS w(lesson_id, person_id, how)
    WHERE lesson_application.lesson_id = w.lesson_id AND lesson_application.person_id = w.person_id
      AND lesson_application.ended_at IS NULL AND lesson_application.how <> w.how
""").bindparams(*_PAIRS, _HOWS)
_STOP = text("""
    UPDATE lesson_application a SET ended_at = :moment
    FROM unnest(:lesson_ids, :person_ids) AS w(lesson_id, person_id)
    WHERE a.lesson_id = w.lesson_id AND a.person_id = w.person_id AND a.ended_at IS NULL
    RETURNING a.lesson_id, a.person_id, a.round
""").bindparams(*_PAIRS, bindparam("moment", type_=DateTime(timezone=True)))
_EVER = text("""
    SELECT lesson_id, person_id FROM lesson_application a
    JOIN unnest(:lesson_ids, :person_ids) AS w(lesson_id, person_id) USING (lesson_id, person_id)
""").bindparams(*_PAIRS)
_HELD = text("""
    SELECT id, author_id, counts FROM lesson WHERE id = ANY(:lesson_ids) ORDER BY id FOR SHARE
""").bindparams(_PAIRS[0])


def apply_lessons(items: Sequence[Applying], *, at: datetime) -> None:
    """Colleagues apply lessons; the authors earn from it, each from each colleague once at a time."""
    wanted = {(item.lesson_id, item.person_id): item for item in items}
    writers = {one for one in asking.authors(item.lesson_id for item in items).values() if one is not None}
    appliers = {item.person_id for item in items}
    lock_people({*writers, *appliers})
    allowed = asking.may_apply(list(wanted))
    if len(allowed) < len(wanted):
        raise NotFound(NOT_THERE)
    refuse_own(allowed)
    if any(row.author_id not in {None, *writers, *appliers} for row in allowed.values()):
        raise Conflict(JUST_CHANGED)  # its author has just put their name to it, and is not locked
    ordered = [wanted[pair] for pair in sorted(wanted)]
    sent = {
        "lesson_ids": [item.lesson_id for item in ordered],
        "person_ids": [item.person_id for item in ordered],
        "hows": [item.how.strip() for item in ordered],
    }
    db.session.execute(_SAY_HOW, sent)
    begun = db.session.execute(_APPLY, sent | {"moments": [item.at or at for item in ordered]}).all()
    news: list[Event] = [
        used(lesson.author_id, row.lesson_id, row, lesson.skills)
        for row in begun
        if (lesson := allowed[row.lesson_id, row.person_id]).counts and lesson.author_id is not None
    ]
    publish(news)
    publish(
        LessonApplied(
            person_id=allowed[row.lesson_id, row.person_id].author_id,
            lesson_id=row.lesson_id,
            by=row.person_id,
        )
        for row in begun
        if allowed[row.lesson_id, row.person_id].author_id is not None
    )


def refuse_own(allowed: Mapping[tuple[int, int], Any], why: Any = OWN) -> None:
    """Nobody applies their own; one without a name is known by its author's marks."""
    keys = people.keys_of(row.person_id for row in allowed.values() if row.author_id is None)
    own = {person_id: set(unnamed.marks(key)) for person_id, key in keys.items()}
    for row in allowed.values():
        if row.author_id == row.person_id or (row.mark and row.mark in own.get(row.person_id, ())):
            raise Refused(why)


def stop_applying(pairs: Sequence[tuple[int, int]], *, at: datetime) -> None:
    """Colleagues apply them no longer: (lesson, colleague); the authors' facts are taken back. Again is no fault.

    Who applied a lesson may always end that, also when it is no longer for them to read. All of the batch or nothing.
    """
    wanted = sorted(set(pairs))
    authors = asking.authors(lesson_id for lesson_id, _ in wanted)
    if any(lesson_id not in authors for lesson_id, _ in wanted):
        raise NotFound(NOT_THERE)
    lock_people({by for _, by in wanted} | {one for one in authors.values() if one is not None})
    sent = _sent(wanted)
    held = {row.id: row for row in db.session.execute(_HELD, {"lesson_ids": sent["lesson_ids"]})}
    if len(held) < len(authors):
        raise NotFound(NOT_THERE)
    if any(held[lesson_id].author_id != author for lesson_id, author in authors.items()):
        raise Conflict(JUST_CHANGED)
    ended = db.session.execute(_STOP, {**sent, "moment": at}).all()
    _must_know(set(wanted) - {(row.lesson_id, row.person_id) for row in ended})
    publish(
        FactTakenBack(person_id=author, source=source_of(row.lesson_id, row.person_id, row.round))
        for row in ended
        if (author := authors[row.lesson_id]) is not None and held[row.lesson_id].counts
    )


def _must_know(pairs: set[tuple[int, int]]) -> None:
    """Nothing to end: then only who may know the lesson is told that all is well."""
    if not pairs:
        return
    ever = {(row.lesson_id, row.person_id) for row in db.session.execute(_EVER, _sent(sorted(pairs)))}
    left = sorted(pairs - ever)
    if left and len(asking.may_apply(left)) < len(left):
        raise NotFound(NOT_THERE)


def _sent(pairs: Sequence[tuple[int, int]]) -> dict[str, list[int]]:
    return {"lesson_ids": [pair[0] for pair in pairs], "person_ids": [pair[1] for pair in pairs]}


def source_of(lesson_id: int, person_id: int, round: int) -> str:
    return f"applied:{lesson_id}:{person_id}:{round}"


def used(author_id: int, lesson_id: int, one: Any, skills: Sequence[int]) -> FactStated:
    return FactStated(
        person_id=author_id,
        source=source_of(lesson_id, one.person_id, one.round),
        kind="lesson_applied",
        at=one.at,
        skills=tuple(skills),
        counterpart_id=one.person_id,
    )


_WHO_APPLIES = text("""
    SELECT person_id, lesson_id FROM lesson_application
    WHERE lesson_id = ANY(CAST(:ids AS bigint[])) AND ended_at IS NULL ORDER BY lesson_id, person_id
""")


def tell_appliers_of(lesson_ids: Iterable[int]) -> None:
    """These lessons are not for everybody any more: what rests on applying them may have fallen."""
    rows = db.session.execute(_WHO_APPLIES, {"ids": array(sorted(set(lesson_ids)))})
    tell_appliers((row.person_id, row.lesson_id) for row in rows)


def tell_appliers(pairs: Iterable[tuple[int, int]]) -> None:
    """The same of (person, lesson) that are known."""
    publish(AppliedLessonGone(person_id=person_id, lesson_id=lesson_id) for person_id, lesson_id in pairs)
