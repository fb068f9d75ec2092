"""What the home page and the receipts show, read from several rooms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.badges import shelf
from app.config import timezone
from app.db import db
from app.kudos import queries as kudos
from app.leaderboards import queries as boards
from app.leaderboards import store
from app.lessons import queries as lessons
from app.people import queries as people
from app.points import queries as points
from leaderboards.boards import ORGANISATION, Scope
from leaderboards.periods import bounds

RECEIPTS = 30
AROUND = 2


def with_points(*, game: bool) -> bool:
    """Whether a person wants to see points, and the organisation has them."""
    return game and people.organisation().points_on


@dataclass(frozen=True, slots=True)
class Figures:
    """The four figures of the home page; points are None without points and boards."""

    quarter: int | None
    week: int | None
    badges: int
    new_badges: int
    shared: int
    applied: int
    received: int
    given: int

    @property
    def any(self) -> bool:
        """Whether there is something to count yet."""
        return bool(self.quarter or self.badges or self.shared or self.received or self.given)


def figures(person_id: int, shown: Sequence[shelf.Shown], now: datetime, *, with_points: bool) -> Figures:
    """What somebody has so far; a window that is over counts as empty."""
    total = points.total(person_id) if with_points else None
    keys = store.current(now)
    month_began = bounds("month", keys["month"], timezone())[0]
    shared, applied = lessons.counts(person_id)
    received, given = kudos.counts(person_id)
    held = [one.held for one in shown if one.held]
    return Figures(
        quarter=(total.quarter if total.quarter_key == keys["quarter"] else 0) if total else None,
        week=(total.week if total.week_key == keys["week"] else 0) if total else None,
        badges=len(held),
        new_badges=sum(award.earned_at >= month_began for award in held),
        shared=shared,
        applied=applied,
        received=received,
        given=given,
    )


def around(person_id: int, department_id: int | None, now: datetime) -> boards.View:
    """Who stands around you this month: in your department, or in the organisation."""
    scope = Scope("department", department_id) if department_id else ORGANISATION
    return boards.card(scope, "month", store.current(now)["month"], person_id, now, AROUND)


# One's own entries with their receipts, newest first. An entry that was taken back says so; the reversal stands
# beside it, for nothing is hidden.
_RECEIPTS = text("""
    SELECT l.id, l.points, l.reason, l.kind, l.earned_at, l.recorded_at, l.source, l.reverses_id, l.skills,
           r.id AS reversed_by, p.id AS rules_id, p.valid_from AS rules_since,
           f.source AS fact_source, f.kind AS fact_kind, f.hours, f.score, f.confirmed_by, f.edition,
           a.title AS activity, a.slug AS activity_slug, c.name AS counterpart, b.name AS confirmer,
           v.body -> 'name' AS badge, h.slug AS badge_slug, w.tier, v.number AS badge_version,
           s.title AS lesson, coalesce(co.origin, '') AS origin
    FROM ledger_entry l
    LEFT JOIN ledger_entry r ON r.reverses_id = l.id
    LEFT JOIN point_rules p ON p.id = l.rules_id
    LEFT JOIN fact f ON f.id = l.fact_id
    LEFT JOIN activity a ON a.id = f.activity_id
    LEFT JOIN person c ON c.id = f.counterpart_id
    LEFT JOIN person b ON b.id = f.confirmed_by
    LEFT JOIN award w ON w.id = l.award_id
    LEFT JOIN achievement h ON h.id = w.achievement_id
    LEFT JOIN achievement_version v ON v.id = w.version_id
    LEFT JOIN lesson s ON f.kind IN ('lesson_shared', 'lesson_applied') AND s.author_id = l.person_id
         AND s.id = CAST(split_part(f.source, ':', 2) AS bigint)
    LEFT JOIN completion co ON f.kind = 'completed' AND f.source LIKE 'completion:%'
         AND co.id = CAST(split_part(f.source, ':', 2) AS bigint)
    WHERE l.person_id = :person AND (CAST(:before AS bigint) IS NULL OR (l.earned_at, l.id) < (
        SELECT earned_at, id FROM ledger_entry WHERE id = :before AND person_id = :person))
    ORDER BY l.earned_at DESC, l.id DESC LIMIT :limit
""")


def receipts(
    person_id: int, *, before: int | None = None, limit: int = RECEIPTS
) -> tuple[Sequence[Any], int | None]:
    """A page of one's own entries, and the id with which to ask for what comes after it."""
    rows = db.session.execute(_RECEIPTS, {"person": person_id, "before": before, "limit": limit + 1}).all()
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None
