"""What can be asked of the ledger and the totals."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from app.activities import queries as activities
from app.config import timezone
from app.db import db
from app.facts.queries import catalogue_stamp
from app.people import queries as people
from app.points import rules
from app.points.models import LedgerEntry, PersonTotal, PointRules
from badges import facts as engine

IDS = ARRAY(BigInteger())
_versions: tuple[str | None, tuple[rules.Rules, ...]] = (None, ())


def versions() -> tuple[rules.Rules, ...]:
    """All versions of the rules, oldest first; read again when the catalogue has changed."""
    global _versions
    stamp = catalogue_stamp()
    if stamp is None or _versions[0] != stamp:
        rows = db.session.execute(
            select(PointRules.id, PointRules.valid_from, PointRules.rules).order_by(PointRules.valid_from)
        )
        _versions = (stamp, tuple(rules.read(row.id, row.valid_from, row.rules) for row in rows))
    return _versions[1]


# The facts of capped kinds of some people in some weeks, each with its standing entry (the one not reversed).
_STANDING = text("""
    SELECT f.id, f.person_id, f.source, f.kind, f.happened_at, f.activity_id, f.activity_kind, f.mandatory, f.hours,
           f.weight, f.lineage, l.id AS entry_id, l.points, l.reason, l.rules_id,
           (SELECT count(*) FROM ledger_entry n WHERE n.fact_id = f.id AND n.reverses_id IS NULL) AS entries
    FROM fact f
    LEFT JOIN ledger_entry l ON l.fact_id = f.id AND l.reverses_id IS NULL
         AND NOT EXISTS (SELECT 1 FROM ledger_entry r WHERE r.reverses_id = l.id)
    WHERE f.person_id = ANY(:ids) AND f.happened_at >= :since AND f.happened_at < :until AND f.withdrawn_at IS NULL
      AND (CASE WHEN f.kind = 'completed' THEN f.activity_kind ELSE f.kind END) = ANY(:kinds)
    ORDER BY f.person_id, f.happened_at, f.source
""").bindparams(bindparam("ids", type_=IDS), bindparam("kinds", type_=ARRAY(Text())))


def standing(
    person_ids: Sequence[int], kinds: Sequence[str], since: datetime, until: datetime
) -> Sequence[Any]:
    """Facts of these people and (capped) kinds in a span, in the order of happening, with their standing entries."""
    return db.session.execute(
        _STANDING, {"ids": list(person_ids), "kinds": list(kinds), "since": since, "until": until}
    ).all()


_NOT_REVERSED = """
    FROM ledger_entry l WHERE l.{column} = ANY(:ids) AND l.reverses_id IS NULL
     AND NOT EXISTS (SELECT 1 FROM ledger_entry r WHERE r.reverses_id = l.id)
"""
_COLUMNS = """
    SELECT l.id, l.person_id, l.fact_id, l.award_id, l.rules_id, l.kind, l.points, l.earned_at, l.skills, l.source
"""
_OF_FACTS = text(_COLUMNS + _NOT_REVERSED.format(column="fact_id")).bindparams(bindparam("ids", type_=IDS))
_OF_AWARDS = text(_COLUMNS + _NOT_REVERSED.format(column="award_id"))


def entries_of_facts(fact_ids: Sequence[int]) -> Sequence[Any]:
    """The standing entries of these facts."""
    return db.session.execute(_OF_FACTS, {"ids": list(fact_ids)}).all()


def entries_of_awards(award_ids: Sequence[Any]) -> Sequence[Any]:
    """The standing entries of these awards."""
    return db.session.execute(_OF_AWARDS, {"ids": list(award_ids)}).all()


_HISTORY = (
    select(LedgerEntry.person_id, LedgerEntry.earned_at, func.sum(LedgerEntry.points).label("points"))
    .where(LedgerEntry.person_id == bindparam("ids", type_=IDS).any_())
    .group_by(LedgerEntry.person_id, LedgerEntry.earned_at)
)


def histories(person_ids: Sequence[int], *, with_awards: bool) -> dict[int, list[engine.Points]]:
    """Points per moment at which they count, net of reversals, for the badge engine."""
    statement = _HISTORY if with_awards else _HISTORY.where(LedgerEntry.award_id.is_(None))
    found: dict[int, list[engine.Points]] = {person_id: [] for person_id in person_ids}
    for row in db.session.execute(statement, {"ids": list(person_ids)}):
        if row.points:
            found[row.person_id].append(engine.Points(row.earned_at, int(row.points)))
    return found


def with_points(*, game: bool) -> bool:
    """Whether a person (`game`) wants to see points, and the organisation has them."""
    return game and people.organisation().points_on


def total(person_id: int) -> Any:
    """The totals row of a person."""
    return db.session.execute(
        select(PersonTotal.__table__).where(PersonTotal.person_id == person_id)
    ).one_or_none()


# One way through the index on person and day.
_MONTHS = text("""
    SELECT to_char(earned_at AT TIME ZONE :zone, 'YYYY-MM') AS month, sum(points) AS points
    FROM ledger_entry WHERE person_id = :person AND earned_at >= :since GROUP BY 1
""")
MONTHS = 12


def by_month(person_id: int, now: datetime) -> list[tuple[date, int]]:
    """The points of somebody in each of the last twelve months, this one included; the first day stands for it."""
    today = now.astimezone(timezone()).date()
    running = today.year * 12 + today.month - 1
    months = [date(n // 12, n % 12 + 1, 1) for n in range(running - MONTHS + 1, running + 1)]
    since = datetime.combine(months[0], time(), timezone())
    asked = {"person": person_id, "since": since, "zone": str(timezone())}
    found = {row.month: int(row.points) for row in db.session.execute(_MONTHS, asked)}
    return [(month, found.get(f"{month:%Y-%m}", 0)) for month in months]


_BY_SOURCE = text("""
    SELECT coalesce(sum(points), 0) AS points,
           coalesce(sum(points) FILTER (WHERE kind IN ('lesson_shared', 'lesson_applied')), 0) AS lessons,
           coalesce(sum(points) FILTER (WHERE kind = 'kudos_received'), 0) AS kudos
    FROM ledger_entry WHERE person_id = :person AND earned_at >= :since AND earned_at < :until
         AND (CAST(:skill AS bigint) IS NULL OR :skill = ANY(skills))
""")


def by_source(
    person_id: int, since: datetime, until: datetime, skill_id: int | None = None
) -> tuple[int, int, int]:
    """The points of somebody in a span, of a skill alone where one is given: learning, lessons, kudos."""
    asked = {"person": person_id, "since": since, "until": until, "skill": skill_id}
    row = db.session.execute(_BY_SOURCE, asked).one()
    return int(row.points - row.lessons - row.kudos), int(row.lessons), int(row.kudos)


def stored(limit: int = 50) -> Sequence[Any]:
    """The versions of the rules as they are kept, the latest first: id, valid_from, rules."""
    columns = select(PointRules.id, PointRules.valid_from, PointRules.rules)
    return db.session.execute(columns.order_by(PointRules.valid_from.desc()).limit(limit)).all()


def as_written(versions: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Kept rules as the catalogue file says them: with slugs for the ids of activities."""
    kept = list(versions)
    ids = {int(key) for data in kept for key in data["activities"]}
    slugs = {str(row.id): row.slug for row in activities.by_id(ids).values()}
    return [
        {
            **data,
            "activities": {slugs[key]: points for key, points in data["activities"].items() if key in slugs},
        }
        for data in kept
    ]


_MONTH = text("""
    SELECT person_id, happened_at, source, id, kind, activity_id, activity_kind, mandatory, hours, weight
    FROM fact WHERE happened_at >= :since AND happened_at < :until AND withdrawn_at IS NULL
    ORDER BY person_id, happened_at, source
""")


def happened(since: datetime, until: datetime) -> Iterator[tuple[int, rules.Thing]]:
    """All facts of a span that stand, by person and in the order of happening; in pieces, for there may be many."""
    told = {"since": since, "until": until}
    rows = db.session.connection().execution_options(yield_per=5000).execute(_MONTH, told)
    for row in rows:
        yield (
            row.person_id,
            rules.Thing(
                row.happened_at, row.source, row.id, row.kind, row.activity_id, row.activity_kind, row.mandatory,
                row.hours, (), row.weight,
            ),
        )  # fmt: skip
