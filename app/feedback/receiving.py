"""What becomes of feedback: who got it says that it helped, and lets others read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.damping import weight
from app.db import array, db, lock_people
from app.errors import NotFound
from app.events import Event, FactStated, FactTakenBack
from app.feedback import queries, rules
from app.feedback.actions import NOT_THERE
from app.lessons import queries as lessons
from app.outbox import publish
from app.people.queries import keys_of

_MARK = """
    UPDATE feedback SET {to} WHERE id IN (
        SELECT id FROM feedback WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR UPDATE) AND helped_at IS {was}
    RETURNING id, round
"""
_HELPED = text(_MARK.format(to="helped_at = :at, round = round + 1", was="NULL"))
_NOT_HELPED = text(_MARK.format(to="helped_at = NULL", was="NOT NULL"))
_SHARE = text("""
    UPDATE feedback f SET shared_at = CASE WHEN w.shared THEN coalesce(shared_at, :at) END
    FROM unnest(CAST(:ids AS bigint[]), CAST(:ons AS boolean[])) AS w(id, shared) WHERE f.id = w.id
""")
_SHARE_REQUESTS = text("""
    UPDATE feedback_request r SET shared_at = CASE WHEN w.shared THEN coalesce(shared_at, :at) END
    FROM unnest(CAST(:ids AS bigint[]), CAST(:people AS bigint[]), CAST(:ons AS boolean[]))
         AS w(id, asker_id, shared)
    WHERE r.id = w.id AND r.asker_id = w.asker_id
      AND (NOT unnamed OR (SELECT count(*) FROM feedback f WHERE f.request_id = r.id) >= :fewest) RETURNING r.id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Helped:
    """Who got feedback says that it helped, or (`on` false) takes that back."""

    by: int
    feedback_id: int
    on: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Who got feedback, or asked for it, lets others read it or (`on` false) no longer: `id` is that one's."""

    by: int
    id: int
    on: bool = True


def mark_helpful(items: Sequence[Helped], *, at: datetime) -> None:
    """Who got it says that it helped, or takes that back; the givers earn a little from it.

    Within a batch, too, each time between the same two counts for less than the one before.
    """
    last = {item.feedback_id: item for item in items}
    mine = _mine_to_judge([(item.by, item.feedback_id) for item in items])
    # Two who mark each other's at once must see one another. Who is unnamed leaves no trace, not even a lock.
    named = {
        last[id].by for id, (_, lesson) in mine.items() if lesson is None or lesson.author_id is not None
    }
    lock_people({row.giver_id for row, _ in mine.values()} | named)
    gone = _marked(_NOT_HELPED, [id for id, item in last.items() if not item.on], at)
    publish(
        FactTakenBack(person_id=mine[id][0].giver_id, source=rules.source_of(id, nth))
        for id, nth in gone.items()
    )
    helped = _marked(_HELPED, [id for id, item in last.items() if item.on], at)
    two = {id: _between(mine[id], last[id].by) for id in helped}
    earlier: dict[Any, int] = {
        **queries.between({one for one in two.values() if isinstance(one, tuple)}, but=helped, at=at),
        **queries.helped_unnamed({one for one in two.values() if isinstance(one, int)}, but=helped, at=at),
    }
    news: list[Event] = []
    for id in (one for one in last if one in helped):
        news.append(_helped(*mine[id], helped[id], by=last[id].by, at=at, share=weight(earlier[two[id]])))
        earlier[two[id]] += 1
    publish(news)


def _between(of: tuple[queries.AnyRow, queries.AnyRow | None], by: int) -> tuple[int, int] | int:
    """Whose earlier ones this is weighed by: of these two; or of its giver and all who stay unnamed, as what it counts
    for would tell the giver who that is."""
    row, lesson = of
    return row.giver_id if lesson and lesson.author_id is None else queries.pair(by, row.giver_id)


def _marked(statement: Any, ids: Sequence[int], at: datetime) -> dict[int, int]:
    """Which of these changed, and how often each was marked until now."""
    rows = db.session.execute(statement, {"ids": array(ids), "at": at}) if ids else ()
    return {row.id: row.round for row in rows}


def _helped(
    row: queries.AnyRow, lesson: queries.AnyRow | None, nth: int, *, by: int, at: datetime, share: float
) -> FactStated:
    """The log says whom it helped only where that is no secret, now or later: a lesson can lose its name."""
    return FactStated(
        person_id=row.giver_id,
        source=rules.source_of(row.id, nth),
        kind="feedback_helped",
        at=at,
        skills=tuple(lesson.skills) if lesson else (),
        counterpart_id=by if row.request_id is not None else None,
        weight=share,
    )


def share(items: Sequence[Shared], *, at: datetime) -> None:
    """Who got it lets others read it, or no longer: readers of the lesson, or who else was asked. All of the batch or
    nothing."""
    _mine_to_judge([(item.by, item.id) for item in items])
    last = {item.id: item.on for item in items}
    db.session.execute(_SHARE, {"ids": array(last), "ons": array(last.values()), "at": at})


def share_requests(items: Sequence[Shared], *, at: datetime) -> None:
    """Who asked lets all who were asked read the answers, or no longer. All of the batch or nothing."""
    last = {(item.id, item.by): item.on for item in items}
    told = {
        "ids": array(id for id, _ in last), "people": array(by for _, by in last), "ons": array(last.values()),
        "at": at, "fewest": rules.FEWEST,
    }  # fmt: skip
    if len(db.session.execute(_SHARE_REQUESTS, told).all()) < len(last):
        raise NotFound(NOT_THERE)


def _mine_to_judge(
    pairs: Sequence[tuple[int, int]],
) -> dict[int, tuple[queries.AnyRow, queries.AnyRow | None]]:
    """These (receiver, feedback), each got by that person; and the lesson that it is on, by their own mark too."""
    rows = queries.to_judge(id for _, id in pairs)
    on = lessons.whose(row.lesson_id for row in rows.values() if row.lesson_id is not None)
    keys = keys_of({by for by, _ in pairs} if any(row.author_id is None for row in on.values()) else ())
    marks = {by: set(lessons.marks(key)) for by, key in keys.items()}
    found: dict[int, tuple[queries.AnyRow, queries.AnyRow | None]] = {}
    for by, id in pairs:
        row = rows.get(id)
        lesson = on.get(row.lesson_id) if row and row.lesson_id is not None else None
        mine = lesson and (lesson.author_id == by or lesson.mark in marks.get(by, ()))
        if row is None or not (mine or (row.lesson_id is None and row.asker_id == by)):
            raise NotFound(NOT_THERE)
        found[id] = (row, lesson)
    return found
