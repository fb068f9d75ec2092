"""The map of the vision: goals, the skills under them, and what leads there; its holes, its targets, a year's plan.

Counts of people are of those who take part in counts, by badges that colleagues may see; of fewer than five nothing
is said but that. Who is named here is nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Row, text

from app.badges import names
from app.badges.queries import catalogue
from app.careers import queries
from app.careers.counted import COUNTED, Counted, counted
from app.careers.rules import FEWEST, last_day
from app.config import timezone
from app.db import db
from app.vision import queries as vision

AnyRow = Row[*tuple[Any, ...]]
SEE_HOLES = frozenset({"learning", "hr", "manager"})  # those about people; the others everybody sees


@dataclass(frozen=True, slots=True)
class Asked:
    """A job that asks a skill at a level."""

    slug: str
    name: Mapping[str, str]
    level: int
    level_name: Mapping[str, str] | None


@dataclass(slots=True)
class OfSkill:
    """A skill with what leads there; `holders` None: fewer than five."""

    row: AnyRow
    depth: int
    badges: list[names.Leading] = field(default_factory=list)
    activities: int = 0
    jobs: list[Asked] = field(default_factory=list)
    holders: int | None = None
    exactly: int = 0  # for the holes only; never shown as it is


@dataclass(frozen=True, slots=True)
class Target:
    """So many people by then. `far` None: fewer than five, or `small`: a team of which nothing is said."""

    id: int
    skill: AnyRow
    unit: str | None
    unit_id: int | None
    level: int
    people: int
    period: str
    far: int | None
    small: bool
    version: int

    @property
    def level_name(self) -> Mapping[str, str] | None:
        return vision.level_name(self.skill, self.level)


@dataclass(slots=True)
class OfGoal:
    """A goal of the vision; without a row what stands under no goal. `aims` None: fewer than five."""

    row: AnyRow | None
    skills: list[OfSkill] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    aims: int | None = None

    @property
    def has_badge(self) -> bool:
        return any(skill.badges for skill in self.skills)


@dataclass(slots=True)
class Holes:
    """What the map lacks; `nobody` and `one` are for those who can do something about it, None for others."""

    goals: list[AnyRow]
    badges: list[names.Leading]
    nobody: list[AnyRow] | None = None
    one: list[AnyRow] | None = None
    any_goals: bool = True
    any_badges: bool = True


@dataclass(slots=True)
class Map:
    text: dict[str, Any]
    goals: list[OfGoal]
    loose: OfGoal
    holes: Holes


_TARGETS = text(f"""
    SELECT t.id, t.skill_id, t.unit_id, t.level, t.people, t.period, t.version, u.name AS unit,
           t.unit_id IS NOT NULL AND (
               SELECT count(*) FROM person p WHERE {COUNTED} AND (p.team_id = t.unit_id OR p.department_id = t.unit_id)
           ) < :fewest AS small
    FROM vision_target t LEFT JOIN unit u ON u.id = t.unit_id
    ORDER BY t.period, u.name NULLS FIRST, t.skill_id, t.level, t.id
""")
_ACTIVITIES = text("""
    SELECT skill, count(*) AS number FROM activity CROSS JOIN LATERAL unnest(skills) AS skill
    WHERE state = 'published' GROUP BY skill
""")


def the_map(*, whole: bool, today: date, running: Sequence[Target] | None = None) -> Map:
    """All of it, in a number of statements that does not grow. `whole`: with the holes that are about people.

    `running`: the targets that still run, where they are known already.
    """
    goals, whole_tree = vision.goals(), vision.tree()
    tree = [row for row in whole_tree if row.retired_at is None]
    goal_of, numbers = _goals_of(tree), _counted(whole_tree)
    skills = _skills(tree, numbers.holders)
    found = {row.id: OfGoal(row) for row in goals}
    loose = OfGoal(None)
    for one in skills:
        found.get(goal_of[one.row.id] or 0, loose).skills.append(one)
    for target in targets(today) if running is None else running:
        found.get(goal_of.get(target.skill.id) or 0, loose).targets.append(target)
    for goal_id, number in numbers.aims.items():
        if goal_id in found:
            found[goal_id].aims = number if number >= FEWEST else None
    ordered = list(found.values())
    return Map(queries.vision_text(), ordered, loose, _holes(ordered, loose, skills, whole=whole))


def _goals_of(tree: Sequence[AnyRow]) -> dict[int, int | None]:
    """The goal that each skill serves: its own, or that of the nearest skill above it."""
    found: dict[int, int | None] = {}
    for row in tree:  # each after its parent
        found[row.id] = row.goal_id or found.get(row.parent_id or 0)
    return found


def _skills(tree: Sequence[AnyRow], holders: Mapping[int, int]) -> list[OfSkill]:
    made = {row.id: OfSkill(row, len(row.lineage) - 1) for row in tree}
    by_slug = {row.slug: made[row.id] for row in tree}
    for badge, skill in _badges():
        if skill in by_slug:
            by_slug[skill].badges.append(badge)
    for row in db.session.execute(_ACTIVITIES):
        if row.skill in made:
            made[row.skill].activities = row.number
    known = queries.jobs()
    asked = queries.current_criteria(one.id for one in known)
    for job in known:
        for skill_id, level in _levels(asked.get(job.id)).items():
            if skill_id in made:
                called = vision.level_name(made[skill_id].row, level)
                made[skill_id].jobs.append(Asked(job.slug, job.name, level, called))
    for one in made.values():
        one.exactly = holders.get(one.row.id, 0)
        one.holders = one.exactly if one.exactly >= FEWEST else None
    return list(made.values())


def _levels(asked: queries.Criteria | None) -> dict[int, int]:
    """The highest level at which each skill is asked."""
    found: dict[int, int] = {}
    for one in asked.items if asked else ():
        found[one.skill_id] = max(one.level, found.get(one.skill_id, 0))
    return found


def _badges() -> list[tuple[names.Leading, str | None]]:
    """Each badge that can be earned, with the slug of its skill."""
    known = [(names.leading(one.slug), one.body["skill"]) for one in catalogue().in_force.values()]
    return [(badge, skill) for badge, skill in known if badge is not None]


def _counted(tree: Sequence[AnyRow]) -> Counted:
    """How many people there are; a badge shows its own skill and those above it, which a retired one still is."""
    above = {row.slug: list(row.lineage) for row in tree}
    known = {row.id for row in tree}
    pairs = [
        (one.achievement_id, skill)
        for one in catalogue().in_force.values()
        for skill in above.get(one.body["skill"] or "", ())
        if skill in known
    ]
    serves = _goals_of([row for row in tree if row.retired_at is None])
    return counted(pairs, ((skill, goal) for skill, goal in serves.items() if goal))


def targets(today: date, *, past: bool = False) -> list[Target]:
    """The targets that still run, by their period; with how far, from five people on."""
    tree = vision.tree()
    by_id = {row.id: row for row in tree}
    far, rows = _counted(tree).far, db.session.execute(_TARGETS, {"fewest": FEWEST})
    return [
        Target(
            row.id, by_id[row.skill_id], row.unit, row.unit_id, row.level, row.people, row.period,
            number if (number := far.get(row.id, 0)) >= FEWEST and not row.small else None, row.small, row.version,
        )
        for row in rows
        if past or last_day(row.period) >= today
    ]  # fmt: skip


def _holes(goals: Sequence[OfGoal], loose: OfGoal, skills: Sequence[OfSkill], *, whole: bool) -> Holes:
    under = {badge.slug for goal in goals for skill in goal.skills for badge in skill.badges}
    badges = [badge for badge, _ in _badges()]
    holes = Holes(
        [goal.row for goal in goals if goal.row is not None and not goal.has_badge],
        [badge for badge in badges if badge.slug not in under],
        any_goals=any(goal.row is not None for goal in goals),
        any_badges=bool(badges),
    )
    if whole:
        holes.nobody = [one.row for one in skills if one.exactly == 0]
        holes.one = [one.row for one in skills if one.exactly == 1]
    return holes


# A year's plan ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Planned:
    """A goal with what is planned for it in a year."""

    goal: OfGoal
    targets: list[Target] = field(default_factory=list)
    activities: list[tuple[AnyRow, list[datetime]]] = field(default_factory=list)
    programmes: list[AnyRow] = field(default_factory=list)


_DATES = text("""
    SELECT a.id, a.slug, a.title, a.kind, a.hours, a.skills, array_agg(d.starts_at ORDER BY d.starts_at) AS dates
    FROM activity_date d JOIN activity a ON a.id = d.activity_id
    WHERE d.starts_at >= :since AND d.starts_at < :until AND d.cancelled_at IS NULL AND a.state = 'published'
    GROUP BY a.id ORDER BY min(d.starts_at), a.id
""")
_PROGRAMMES = text("""
    SELECT slug, title, summary, skill_id FROM programme WHERE state = 'published' ORDER BY published_at, id
""")


def plan(year: int, *, today: date) -> list[Planned]:
    """What is planned in a year, per goal; what serves no goal stands last."""
    every = targets(today, past=True)
    running = [one for one in every if last_day(one.period) >= today]
    found = the_map(whole=False, today=today, running=running)
    planned = [Planned(goal) for goal in (*found.goals, found.loose)]
    of_skill = {skill.row.id: one for one in planned for skill in one.goal.skills}
    for target in every:
        if target.period.startswith(str(year)) and target.skill.id in of_skill:
            of_skill[target.skill.id].targets.append(target)
    for row in db.session.execute(_DATES, _bounds(year)):
        serves = {id(one): one for skill in row.skills if (one := of_skill.get(skill))}
        for one in serves.values() or [planned[-1]]:
            one.activities.append((row, row.dates))
    for row in db.session.execute(_PROGRAMMES):
        of_skill.get(row.skill_id, planned[-1]).programmes.append(row)
    return [
        one for one in planned if one.goal.row is not None or one.targets or one.activities or one.programmes
    ]


def _bounds(year: int) -> dict[str, datetime]:
    return {
        name: datetime.combine(date(one, 1, 1), time(), timezone())
        for name, one in (("since", year), ("until", year + 1))
    }
