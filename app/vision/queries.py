"""What can be asked of the vision: goals, the tree of skills, their names and lineages.

The tree is small (tens, at most hundreds of skills): it is read whole, in one statement.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, bindparam, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import BigInteger, Text

from app.db import db
from app.errors import NotFound
from app.vision.models import Skill, VisionGoal

# The names of a skill's levels: its own, or those of the nearest skill above it that has some; null where none has.
STEPS = """(SELECT a.levels FROM skill a WHERE a.id = ANY({skill}.lineage) AND a.levels <> '[]'
    ORDER BY cardinality(a.lineage) DESC LIMIT 1)"""
STEP = STEPS + " -> CAST({level} - 1 AS int)"  # what one level is called {nl, en}, or null

_SKILLS = select(
    Skill.id,
    Skill.slug,
    Skill.name,
    Skill.enamel,
    Skill.parent_id,
    Skill.goal_id,
    Skill.lineage,
    Skill.position,
    Skill.levels,
    literal_column(STEPS.format(skill="skill"), JSONB).label("steps"),
    Skill.framework,
    Skill.retired_at,
    Skill.version,
).order_by(Skill.position, Skill.id)
_SOME = _SKILLS.where(Skill.id == bindparam("ids", type_=ARRAY(BigInteger)).any_())
_LINEAGES = select(Skill.id, Skill.lineage).where(
    Skill.id == bindparam("ids", type_=ARRAY(BigInteger)).any_()
)
_SLUGS = select(Skill.slug, Skill.id).where(Skill.slug == bindparam("slugs", type_=ARRAY(Text)).any_())
_GOALS = select(VisionGoal.id, VisionGoal.slug, VisionGoal.name, VisionGoal.version).order_by(
    VisionGoal.position, VisionGoal.id
)


def goals() -> Sequence[Row[Any]]:
    """The goals of the vision, in the order of the catalogue: id, slug, name, version."""
    return db.session.execute(_GOALS).all()


def tree() -> list[Row[Any]]:
    """All skills, each after its parent, with all that is known of them; retired ones too."""
    below: dict[int | None, list[Row[Any]]] = {}
    for row in db.session.execute(_SKILLS):
        below.setdefault(row.parent_id, []).append(row)
    found: list[Row[Any]] = []
    waiting = list(reversed(below.get(None, [])))
    while waiting:
        row = waiting.pop()
        found.append(row)
        waiting.extend(reversed(below.get(row.id, [])))
    return found


def options() -> list[dict[str, Any]]:
    """The skills to choose from in a form: id, slug, name {nl, en}, enamel, depth in the tree, names of its levels."""
    return [skill for skill in told() if not skill["retired"]]


def told() -> list[dict[str, Any]]:
    """The same with those that are retired, which are not chosen any more but stand with what was done for them."""
    return [
        {
            "id": row.id,
            "slug": row.slug,
            "name": row.name,
            "enamel": row.enamel,
            "depth": len(row.lineage) - 1,
            "steps": row.steps or [],
            "retired": row.retired_at is not None,
        }
        for row in tree()
    ]


def names(ids: Iterable[int] | None = None) -> dict[int, Row[Any]]:
    """What is shown of skills (slug, name {nl, en}, enamel), of these or of all, by id."""
    if ids is None:
        return {row.id: row for row in db.session.execute(_SKILLS)}
    wanted = sorted(set(ids))
    return {row.id: row for row in db.session.execute(_SOME, {"ids": wanted})} if wanted else {}


def level_name(skill: Row[Any], level: int) -> Mapping[str, str] | None:
    """What a level of this skill is called {nl, en}; nothing where nobody gave it a name."""
    steps: Sequence[Mapping[str, str]] = skill.steps or ()
    return steps[level - 1] if level <= len(steps) else None


def lineages(ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Each of these skills with itself and its ancestors."""
    rows = db.session.execute(_LINEAGES, {"ids": sorted(set(ids))})
    return {row.id: tuple(row.lineage) for row in rows}


def ids_of(slugs: Iterable[str]) -> dict[str, int]:
    """The ids of skills by slug; what is not known is left out."""
    return {row.slug: row.id for row in db.session.execute(_SLUGS, {"slugs": sorted(set(slugs))})}


def kept() -> list[dict[str, Any]]:
    """The tree with parents and goals as slugs, each skill after its parent, with its version."""
    goals_now, rows = {goal.id: goal.slug for goal in goals()}, tree()
    slugs = {row.id: row.slug for row in rows}
    return [
        {
            **row._mapping,
            "parent": slugs.get(row.parent_id),
            "goal": goals_now.get(row.goal_id),
            "retired": row.retired_at is not None,
        }
        for row in rows
    ]


def written() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Goals and skills as the catalogue file says them, in its order."""
    skills = []
    for row in sorted(kept(), key=lambda one: (one["position"], one["id"])):
        entry = {name: row[name] for name in ("slug", "name", "enamel", "parent", "goal")}
        entry |= {name: row[name] for name in ("levels", "framework", "retired") if row[name]}
        skills.append(entry)
    return [{"slug": goal.slug, "name": goal.name} for goal in goals()], skills


# One of them, or NotFound -----------------------------------------------------------------------------------


def goal(slug: str) -> Row[Any]:
    """The goal with this slug; raises `NotFound`."""
    found = next((row for row in goals() if row.slug == slug), None)
    if found is None:
        raise NotFound(_l("There is no such goal."))
    return found


def skill(slug: str) -> Row[Any]:
    """The skill with this slug, retired or not; raises `NotFound`."""
    found = next((row for row in tree() if row.slug == slug), None)
    if found is None:
        raise NotFound(_l("There is no such skill."))
    return found
