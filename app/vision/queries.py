"""What can be asked of the vision: goals, the tree of skills, their names and lineages.

The tree is small (tens, at most hundreds of skills): it is read whole, in one statement.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from app.db import db
from app.vision.models import Skill, VisionGoal

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
    """The skills to choose from in a form: id, slug, name {nl, en}, enamel, and depth in the tree."""
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


def lineages(ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Each of these skills with itself and its ancestors."""
    rows = db.session.execute(_LINEAGES, {"ids": sorted(set(ids))})
    return {row.id: tuple(row.lineage) for row in rows}


def ids_of(slugs: Iterable[str]) -> dict[str, int]:
    """The ids of skills by slug; what is not known is left out."""
    return {row.slug: row.id for row in db.session.execute(_SLUGS, {"slugs": sorted(set(slugs))})}


def written() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Goals and skills as the catalogue file says them, in its order."""
    goals_now = goals()
    rows = db.session.execute(_SKILLS).all()
    goal_of = {goal.id: goal.slug for goal in goals_now}
    slug_of = {row.id: row.slug for row in rows}
    skills = []
    for row in rows:
        entry = {"slug": row.slug, "name": row.name, "enamel": row.enamel}
        entry |= {"parent": slug_of.get(row.parent_id), "goal": goal_of.get(row.goal_id)}
        entry |= {"levels": row.levels} if row.levels else {}
        entry |= {"framework": row.framework} if row.framework else {}
        entry |= {"retired": True} if row.retired_at else {}
        skills.append(entry)
    return [{"slug": goal.slug, "name": goal.name} for goal in goals_now], skills
