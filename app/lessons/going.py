"""Lessons that their authors deleted: out of sight at once, and gone for good half a minute later (decision 36).

Until then nothing that a lesson earned or has beside it goes, so whoever brings it back finds it as it was, and nothing
has to be earned again. A lesson that is going has `deleted_at`, which whatever shows lessons asks for, and `going_at`.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from app.db import db, lock_people
from app.events import FactTakenBack
from app.lessons import unnamed
from app.lessons.applying import source_of, tell_appliers
from app.lessons.models import Lesson
from app.lessons.rights import by_me
from app.outbox import publish

AT_ONCE = 200

_ids = bindparam("ids", type_=ARRAY(BigInteger()))
_GOING = select(Lesson.id, Lesson.author_id, Lesson.counts).where(Lesson.going_at.is_not(None))
_NAMED = {True: Lesson.author_id.is_not(None), False: Lesson.author_id.is_(None)}
_due = Lesson.going_at <= bindparam("at")
_DUE = {
    named: _GOING.where(_due, whose).order_by(Lesson.going_at, Lesson.id).limit(bindparam("most"))
    for named, whose in _NAMED.items()
}
_HELD = _GOING.where(Lesson.id == _ids.any_()).order_by(Lesson.id).with_for_update()
_OVER = update(Lesson).where(Lesson.id == _ids.any_()).values(going_at=None)
_END_ALL = text("""
    UPDATE lesson_application a SET ended_at = l.deleted_at FROM lesson l
    WHERE a.lesson_id = l.id AND l.id = ANY(:ids) AND a.ended_at IS NULL
    RETURNING a.lesson_id, a.person_id, a.round
""").bindparams(_ids)
_REMOVE_FILES = text("DELETE FROM lesson_file WHERE lesson_id = ANY(:ids)").bindparams(_ids)
_UNSAVE = text("DELETE FROM lesson_saved WHERE lesson_id = ANY(:ids)").bindparams(_ids)
_SAME_TEXT = {
    named: _GOING.where(
        whose,
        by_me,
        Lesson.text_keys.overlap(bindparam("keys", type_=ARRAY(Text()))),
    )
    for named, whose in _NAMED.items()
}
_MINE = (
    select(Lesson.id, Lesson.title, Lesson.lang)
    .where(
        Lesson.going_at > bindparam("at"),
        by_me,
    )
    .order_by(Lesson.going_at.desc(), Lesson.id)
)


def of(me: int, at: datetime) -> Sequence[Any]:
    """What this person deleted and can still bring back, the last first."""
    return db.session.execute(_MINE, {"me": me, "marks": unnamed.marks_of(me), "at": at}).all()


def finish(*, at: datetime, named: bool) -> int:
    """Lessons whose moment is over go for good, some hundreds at a time; returns how many were due.

    Those with a name and those without have each a transaction of their own: its number stands in the rows, beside
    that of the facts of authors that are taken back.
    """
    due = db.session.execute(_DUE[named], {"at": at, "most": AT_ONCE}).all()
    _end(due)
    return len(due)


def finish_text(*, by: int, key: str, named: bool) -> None:
    """The same, at once, of what this author deleted and shares again: the copy takes its place."""
    own_key = unnamed.key_of(by)
    if own_key is None:
        return
    keys = [key, unnamed.text_key(own_key, key)]
    found = db.session.execute(
        _SAME_TEXT[named], {"me": by, "marks": unnamed.marks(own_key), "keys": keys}
    ).all()
    _end(found)


def _end(found: Sequence[Any]) -> None:
    """What of these is still going under the locks; what was brought back meanwhile stays."""
    if not found:
        return
    lock_people(row.author_id for row in found if row.author_id is not None)
    rows = db.session.execute(_HELD, {"ids": sorted(row.id for row in found)}).all()
    db.session.execute(_OVER, {"ids": [row.id for row in rows]})
    let_go(rows)


def let_go(rows: Collection[Any]) -> None:
    """These are deleted, and held: what is beside them goes, and what they earned. Of those without a name that goes
    when the week is counted."""
    ids = {"ids": [row.id for row in rows]}
    for statement in (_REMOVE_FILES, _UNSAVE):
        db.session.execute(statement, ids)
    ended = db.session.execute(_END_ALL, ids).all()
    earned = {row.id: row.author_id for row in rows if row.counts and row.author_id is not None}
    gone = [(author, f"lesson:{id}") for id, author in earned.items()]
    gone += [
        (earned[one.lesson_id], source_of(one.lesson_id, one.person_id, one.round))
        for one in ended
        if one.lesson_id in earned
    ]
    publish(FactTakenBack(person_id=author, source=source) for author, source in gone)
    tell_appliers((one.person_id, one.lesson_id) for one in ended)
