"""An objection does not lie: who handles it is stood in for, replaced when they left, and reminded; so is HR.

HR names somebody within a week, and the answer comes within four (`rules`). These days are calendar days: who objected
waits for it, whoever is away.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from app.config import timezone
from app.db import db
from app.events import ReviewObjected, ReviewWaits
from app.outbox import publish
from app.reviews import rules, terms
from app.reviews.after import NO_PART
from app.reviews.queries import desks
from app.reviews.touching import touched

_LEFT = text("""
    UPDATE review_objection o SET handler_id = NULL, reminded = NULL FROM person p
    WHERE p.id = o.handler_id AND NOT p.active AND o.handled_at IS NULL RETURNING o.review_id
""")
# Somebody who stands in for who handles it, unless they had a part in it, are away too, or are led by its holder.
_STAND_INS = text(f"""
    WITH RECURSIVE away AS (
        SELECT o.review_id, o.number, o.handler_id, r.person_id AS holder_id, p.id AS deputy_id
        FROM review_objection o JOIN review r ON r.id = o.review_id AND r.stage = 'released'
        JOIN stand_in i ON i.person_id = o.handler_id AND :today BETWEEN i.since AND i.until
        JOIN person p ON p.id = i.deputy_id AND {NO_PART}
        WHERE o.handled_at IS NULL
          AND NOT EXISTS (SELECT FROM stand_in n WHERE n.person_id = p.id AND :today BETWEEN n.since AND n.until)
    ), above(deputy_id, boss, depth) AS (
        SELECT DISTINCT a.deputy_id, p.manager_id, 1 FROM away a JOIN person p ON p.id = a.deputy_id
        UNION ALL
        SELECT above.deputy_id, p.manager_id, above.depth + 1 FROM above JOIN person p ON p.id = above.boss
        WHERE above.depth < 20
    )
    UPDATE review_objection o SET handler_id = a.deputy_id, reminded = NULL FROM away a
    WHERE o.review_id = a.review_id AND o.number = a.number AND o.handled_at IS NULL AND o.handler_id = a.handler_id
      AND NOT EXISTS (SELECT FROM above WHERE above.deputy_id = a.deputy_id AND above.boss = a.holder_id)
    RETURNING o.review_id, o.handler_id
""")
# What to say now: to HR that nobody is named or the answer is late, to who handles it that it is due.
_WHAT = f"""
    CASE WHEN {terms.answer_due("o")} < :today THEN 'late' WHEN o.handler_id IS NULL THEN 'name' ELSE 'handle' END
"""
_TO_SAY = text(f"""
    WITH waits AS (
        SELECT o.review_id, o.number, o.handler_id, o.reminded, {_WHAT} AS what, {terms.answer_due("o")} AS due,
               o.handler_id IS NULL AND {terms.naming_due("o")} <= :soon
               OR {terms.answer_due("o")} < :today
               OR o.handler_id IS NOT NULL AND {terms.answer_due("o")} <= :soon AND {terms.is_here("o.handler_id")}
                  AS now
        FROM review_objection o JOIN review r ON r.id = o.review_id AND r.stage = 'released'
        WHERE o.handled_at IS NULL
    )
    UPDATE review_objection o SET reminded = w.what || ':' || w.due FROM waits w
    WHERE o.review_id = w.review_id AND o.number = w.number AND w.now
      AND o.reminded IS DISTINCT FROM w.what || ':' || w.due
    RETURNING o.review_id, o.handler_id, w.what, w.due
""")


def keep_going(*, at: datetime) -> None:
    """What the worker does about objections each time it comes round."""
    today = at.astimezone(timezone()).date()
    left = list(db.session.scalars(_LEFT))
    came = db.session.execute(_STAND_INS, {"today": today}).all()
    steps: list[Any] = [(review_id, None, "handler_left") for review_id in left]
    steps += [(row.review_id, row.handler_id, "handler_stands_in") for row in came]
    if steps:
        touched(steps, at)
    publish(
        ReviewObjected(person_id=row.handler_id, review_id=row.review_id, handles=True, since=f"in {today}")
        for row in came
    )
    _tell_desks(left, f"left {today}")
    _remind(today)


def _remind(today: date) -> None:
    told = {"today": today, "soon": today + rules.REMIND, "zone": str(timezone())}
    rows = db.session.execute(_TO_SAY, told).all()
    publish(
        ReviewWaits(
            person_id=row.handler_id, review_id=row.review_id, what="handle", since=f"{row.what} {row.due}"
        )
        for row in rows
        if row.handler_id is not None
    )
    _tell_desks((row.review_id for row in rows if row.what != "handle"), f"due {today}")


def _tell_desks(review_ids: Iterable[Any], since: str) -> None:
    """HR of these reviews hears that an objection waits for them."""
    publish(
        ReviewObjected(person_id=row.person_id, review_id=row.review_id, handles=False, since=since)
        for row in desks(set(review_ids))
    )
