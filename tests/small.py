"""A small catalogue, facts to state by hand, and what is to be seen afterwards."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.db import db, lock_people, transaction
from app.events import Event, FactStated, FactTakenBack
from app.imports import catalogue
from app.outbox import publish, settle

START = datetime(2026, 1, 5, 8, tzinfo=UTC)  # a Monday
LATER = START + timedelta(days=300)
SKILLS = ("water", "lab", "pumps", "people", "data")
KINDS = ("course", "workshop", "article")
X = {"nl": "x", "en": "x"}


def badge(slug: str, *tiers: tuple[dict[str, Any], int], repeats: str | None = None) -> dict[str, Any]:
    """One entry of a catalogue."""
    made = [{"criteria": criteria, "points": points} for criteria, points in tiers]
    whole = {"slug": slug, "name": X, "summary": X, "kind": "course", "glyph": "drop", "skill": None}
    return {**whole, "repeats": repeats, "tiers": made}


def completed(number: int, **more: Any) -> dict[str, Any]:
    """So many completions."""
    return {"count": {"kind": "completed"}, "at_least": number, **more}


BADGES = [
    badge("five", (completed(2), 10), (completed(5), 50)),
    badge("pointy", ({"points": 100}, 20), ({"points": 250}, 30)),
    badge("after", ({"all": [{"badge": "five", "tier": 2}, {"points": 50}]}, 5)),
    badge("week", (completed(2, within={"days": 7}), 7)),
    badge("monthly", (completed(2), 3), repeats="month"),
    badge("set", ({"completed": ["a1", "a2", "a3"]}, 11)),
    badge(
        "wide",
        (
            {
                "distinct": "skills",
                "of": {"kind": "completed"},
                "at_least": 3,
                "within": {"calendar": "month"},
            },
            13,
        ),
    ),
    badge("thanked", ({"distinct": "givers", "of": {"kind": "kudos_received"}, "at_least": 2}, 4)),
    badge(
        "either",
        (
            {
                "any": [
                    {"count": {"kind": "kudos_received", "skill": ["water"]}, "at_least": 3},
                    {"points": 60, "within": {"days": 10}},
                ]
            },
            6,
        ),
    ),
]
POINTS = {
    "kinds": {
        "course": {"points": 20, "per_hour": 5},
        "workshop": {"points": 10, "cap_week": 15},
        "article": {"points": 3, "cap_day": 4},
        "kudos_received": {"points": 5, "cap_week": 12, "cap_day": 7},
    }
}


def load(
    badges: Sequence[dict[str, Any]] = BADGES, points: dict[str, Any] = POINTS, at: datetime = START
) -> None:
    """Load the small catalogue: five skills (lab and pumps under water), nine activities a1 to a9."""
    parents = {"lab": "water", "pumps": "water"}
    skills = [
        {"slug": slug, "name": X, "enamel": "water", "parent": parents.get(slug), "goal": None}
        for slug in SKILLS
    ]
    activities = [
        {"slug": f"a{n}", "kind": KINDS[n % 3], "title": X, "summary": X, "hours": None, "skills": []}
        for n in range(1, 10)
    ]
    whole = {
        "vision": [],
        "skills": skills,
        "activities": activities,
        "points": points,
        "badges": list(badges),
    }
    with transaction():
        catalogue.load(whole, at=at)
        settle(at)


def ids(table: str) -> dict[str, int]:
    """Ids by slug."""
    return {slug: id for slug, id in db.session.execute(text(f"SELECT slug, id FROM {table}"))}


def state(happened: Iterable[Event], now: datetime = LATER) -> None:
    """One batch, as a door does it."""
    happened = list(happened)
    with transaction():
        lock_people({event.person_id for event in happened})
        publish(happened)
        settle(now)


def fact(person: int, source: str, day: float, kind: str = "completed", **other: Any) -> FactStated:
    """A fact on a day after START."""
    return FactStated(person_id=person, source=source, kind=kind, at=START + timedelta(days=day), **other)


def course(person: int, source: str, day: float, **other: Any) -> FactStated:
    """A completion of a course of two hours: 30 points."""
    return fact(person, source, day, activity_kind="course", hours=2, **other)


def taken_back(of: FactStated) -> FactTakenBack:
    return FactTakenBack(person_id=of.person_id, source=of.source)


def rows(sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in db.session.execute(text(sql), parameters)]


def awards(person: int) -> dict[tuple[str, int, str], tuple[datetime, int]]:
    """What somebody holds: moment and points by badge, tier, period."""
    found = rows(
        "SELECT slug, tier, period_key, earned_at, points FROM award JOIN achievement a ON a.id = achievement_id"
        " WHERE person_id = :person AND revoked_at IS NULL",
        person=person,
    )
    return {row[:3]: row[3:] for row in found}


def points(person: int) -> int:
    """What the ledger says."""
    return int(
        rows("SELECT coalesce(sum(points), 0) FROM ledger_entry WHERE person_id = :person", person=person)[0][
            0
        ]
    )


def everything() -> tuple[Any, ...]:
    """All that follows from facts, without the ids that differ from run to run: awards with their evidence, net
    entries, counts, and every window."""
    evidence = "ARRAY(SELECT source FROM fact WHERE fact.id = ANY(award.evidence) ORDER BY 1)"
    held = rows(
        f"SELECT person_id, achievement_id, tier, period_key, earned_at, points, {evidence} FROM award"
        " WHERE revoked_at IS NULL ORDER BY 1, 2, 3, 4"
    )
    ledger = rows(
        "SELECT l.person_id, coalesce(f.source, a.achievement_id || ':' || a.tier || ':' || a.period_key), l.earned_at,"
        " sum(l.points) FROM ledger_entry l LEFT JOIN fact f ON f.id = l.fact_id LEFT JOIN award a ON a.id = l.award_id"
        " GROUP BY 1, 2, 3 HAVING sum(l.points) <> 0 ORDER BY 1, 2, 3"
    )
    counts = rows("SELECT person_id, counts FROM person_total ORDER BY 1")
    return held, ledger, counts, windows()


def windows() -> dict[tuple[int, int, str], tuple[int, int]]:
    """Every window with points: (person, skill or 0, key) to points and the part that kudos are."""
    found: dict[tuple[int, int, str], tuple[int, int]] = {}
    for table, skill in (("person_total", "0"), ("skill_total", "skill_id")):
        for kind in ("week", "month", "quarter", "year", "all_time"):
            key = "'all'" if kind == "all_time" else f"{kind}_key"
            for row in rows(f"SELECT person_id, {skill}, {key}, {kind}, {kind}_kudos FROM {table}"):
                found[row[:3]] = row[3:]
    for row in rows('SELECT person_id, skill_id, "window", points, kudos FROM period_total'):
        assert found.get(row[:3], (0, 0)) == (0, 0), f"{row[:3]} is kept twice"
        found[row[:3]] = row[3:]
    return {key: value for key, value in found.items() if value != (0, 0)}
