"""What the home page and the receipts show, read from several rooms."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import text

from app.badges import shelf
from app.config import timezone
from app.db import db
from app.leaderboards import queries as boards
from app.leaderboards import store
from app.lessons import queries as lessons
from badges.facts import Fact
from leaderboards.boards import ORGANISATION, Scope
from leaderboards.periods import bounds

RECEIPTS = 18
AROUND = 2
WEEKS = 13
LATELY = timedelta(days=7)

# All that the page says in figures, in one round trip. What is counted is what lessons, kudos and points count.
_SO_FAR = text("""
    WITH own AS (
        SELECT id, title, lang, mark IS NULL AS named FROM lesson
        WHERE (author_id = :me OR mark = ANY(CAST(:marks AS bytea[]))) AND deleted_at IS NULL
    ),
    applied AS (
        SELECT a.person_id, a.lesson_id, a.at, own.named
        FROM own CROSS JOIN LATERAL (  -- of each of one's few lessons by its index, not of all that are applied
            SELECT * FROM lesson_application WHERE lesson_id = own.id AND ended_at IS NULL OFFSET 0) AS a
    ),
    lately AS (
        SELECT count(DISTINCT person_id) AS helped, count(DISTINCT lesson_id) AS lessons, min(lesson_id) AS lesson_id
        FROM applied WHERE at >= :since AND named
    )
    SELECT t.week_key, t.week, t.quarter_key, t.quarter,
           (SELECT count(*) FROM own) AS shared,
           (SELECT count(*) FROM applied) AS applied,
           (SELECT count(DISTINCT person_id) FROM applied WHERE named) AS helped_ever,
           (SELECT count(*) FROM kudos_receiver WHERE person_id = :me) AS received,
           (SELECT count(*) FROM kudos WHERE giver_id = :me AND undone_at IS NULL) AS given,
           (SELECT count(DISTINCT k.giver_id) FROM kudos k JOIN kudos_receiver r ON r.kudos_id = k.id
            WHERE r.person_id = :me AND k.given_at >= :since) AS thanked,
           l.helped, CASE WHEN l.lessons = 1 THEN own.title END AS lesson, own.id AS lesson_id, own.lang
    FROM lately l LEFT JOIN own ON own.id = l.lesson_id LEFT JOIN person_total t ON t.person_id = :me
""")


def so_far(person_id: int, now: datetime) -> Any:
    """What somebody has and did, and what it was to others these last days.

    Of lessons without a name only how many: who looks over a shoulder reads no title.
    """
    told = {"me": person_id, "marks": lessons.marks_of(person_id), "since": now - LATELY}
    return db.session.execute(_SO_FAR, told).one()


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


def figures(row: Any, earned: Sequence[shelf.Shown], now: datetime, *, with_points: bool) -> Figures:
    """The figures of `so_far` and of the album; a window that is over counts as empty."""
    keys = store.current(now)
    month_began = bounds("month", keys["month"], timezone())[0]
    return Figures(
        quarter=(row.quarter if row.quarter_key == keys["quarter"] else 0) if with_points else None,
        week=(row.week if row.week_key == keys["week"] else 0) if with_points else None,
        badges=len(earned),
        new_badges=sum(one.held is not None and one.held.earned_at >= month_began for one in earned),
        shared=row.shared,
        applied=row.applied,
        received=row.received,
        given=row.given,
    )


@dataclass(frozen=True, slots=True)
class Week:
    """How often somebody learned or shared in a week."""

    began: date
    number: int


def rhythm(history: Iterable[Fact], now: datetime) -> list[Week]:
    """The last weeks, this one included. What others give (thanks, use of a lesson) is no rhythm of one's own."""
    today = now.astimezone(timezone()).date()
    monday = today - timedelta(days=today.weekday())
    done = [0] * WEEKS
    for fact in history:
        day = fact.at.astimezone(timezone()).date()
        ago = (monday - (day - timedelta(days=day.weekday()))).days // 7
        if fact.kind in ("completed", "lesson_shared") and 0 <= ago < WEEKS:
            done[WEEKS - 1 - ago] += 1
    return [Week(monday - timedelta(weeks=WEEKS - 1 - n), number) for n, number in enumerate(done)]


def around(person_id: int, department_id: int | None, now: datetime) -> boards.View:
    """Who stands around you this month: in your department, or in the organisation."""
    scope = Scope("department", department_id) if department_id else ORGANISATION
    return boards.card(scope, "month", store.current(now)["month"], person_id, now, AROUND)


# One's own entries with their receipts, newest first. An entry that was taken back says so; the reversal stands
# beside it, for nothing is hidden.
# (Small look-ups are sub-queries: planning a dozen joins took sixty times as long as running them.)
_RECEIPTS = """
    SELECT l.id, l.points, l.reason, l.kind, l.earned_at, l.recorded_at, l.source, l.reverses_id, l.skills, l.rules_id,
           (SELECT r.id FROM ledger_entry r WHERE r.reverses_id = l.id) AS reversed_by,
           (SELECT valid_from FROM point_rules p WHERE p.id = l.rules_id) AS rules_since,
           f.source AS fact_source, f.kind AS fact_kind, f.weight, f.activity_kind,
           f.hours, f.score, f.confirmed_by, f.edition,
           coalesce(f.in_unit, true) AS in_unit,
           a.title AS activity, a.slug AS activity_slug,
           (SELECT name FROM person WHERE id = f.counterpart_id) AS counterpart,
           (SELECT name FROM person WHERE id = f.confirmed_by) AS confirmer,
           v.body -> 'name' AS badge, v.body ->> 'slug' AS badge_slug, w.tier, v.number AS badge_version,
           jsonb_array_length(v.body -> 'tiers') AS tiers,
           s.id AS lesson_id, s.title AS lesson, s.lang AS lesson_lang,
           coalesce((SELECT origin FROM completion WHERE id =
               CASE WHEN f.source ~ '^(completion|history):[0-9]{{1,18}}$'
                    THEN CAST(split_part(f.source, ':', 2) AS bigint) END), '') AS origin
    FROM ledger_entry l
    LEFT JOIN fact f ON f.id = l.fact_id
    LEFT JOIN activity a ON a.id = f.activity_id
    LEFT JOIN award w ON w.id = l.award_id
    LEFT JOIN achievement_version v ON v.id = w.version_id
    LEFT JOIN lesson s ON s.author_id = l.person_id AND s.deleted_at IS NULL AND s.id =
        CASE WHEN f.source ~ '^(lesson|applied):[0-9]{{1,18}}(:|$)'
             THEN CAST(split_part(f.source, ':', 2) AS bigint) END
    WHERE l.person_id = :person {from_where} ORDER BY l.earned_at DESC, l.id DESC LIMIT :limit
"""
_OF = "AND (l.earned_at, l.id) {} (SELECT earned_at, id FROM ledger_entry WHERE id = :from AND person_id = :person)"
_NEWEST = text(_RECEIPTS.format(from_where=""))
_BEFORE = text(_RECEIPTS.format(from_where=_OF.format("<")))
_FROM = text(_RECEIPTS.format(from_where=_OF.format("<=")))


def receipts(
    person_id: int, *, before: int | None = None, entry: int | None = None, limit: int = RECEIPTS
) -> tuple[Sequence[Any], int | None]:
    """A page of one's own entries (the newest, or from `entry` on), and the id with which to ask what is `before`."""
    statement = _BEFORE if before else _FROM if entry else _NEWEST
    asked = {"person": person_id, "limit": limit + 1} | ({"from": before or entry} if before or entry else {})
    rows = db.session.execute(statement, asked).all()
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


@dataclass(frozen=True, slots=True)
class Day:
    """The entries of one day, and what they come to."""

    day: date
    rows: tuple[Any, ...]

    @property
    def points(self) -> int:
        return sum(row.points for row in self.rows)


def days(rows: Sequence[Any], more: int | None) -> tuple[list[Day], int | None]:
    """Entries day by day. A day is not cut in two: the last one waits for the next page, if it is not alone."""
    found = [
        Day(day, tuple(entries))
        for day, entries in groupby(rows, lambda row: row.earned_at.astimezone(timezone()).date())
    ]
    if more and len(found) > 1:
        found.pop()
        more = found[-1].rows[-1].id
    return found, more
