"""What can be done with the vision: load its goals and the tree of skills under them.

Like all that is said of a catalogue file, refusals are in English: they name its keys.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import BigInteger, Text

from app.db import db
from app.errors import Refused
from app.vision.models import Skill, VisionGoal
from app.vision.rules import GOAL, SKILL, BadEntry, Circle, checked, lineages_of

_GOALS = text("""
    INSERT INTO vision_goal (slug, name, position)
    SELECT slug, name, position
    FROM jsonb_to_recordset(:rows) AS g(slug text, name jsonb, position bigint)
    ON CONFLICT (slug) DO UPDATE SET name = excluded.name, position = excluded.position
    WHERE (vision_goal.name, vision_goal.position) IS DISTINCT FROM (excluded.name, excluded.position)
""").bindparams(bindparam("rows", type_=JSONB))

# Parents and lineages follow in a second statement: a skill may stand above its parent in the file.
_SKILLS = text("""
    INSERT INTO skill (slug, name, enamel, goal_id, position, lineage)
    SELECT s.slug, s.name, s.enamel, g.id, s.position, '{}'
    FROM jsonb_to_recordset(:rows) AS s(slug text, name jsonb, enamel text, goal text, position bigint)
    LEFT JOIN vision_goal g ON g.slug = s.goal
    ON CONFLICT (slug) DO UPDATE
    SET name = excluded.name, enamel = excluded.enamel, goal_id = excluded.goal_id,
        position = excluded.position
    WHERE (skill.name, skill.enamel, skill.goal_id, skill.position)
          IS DISTINCT FROM (excluded.name, excluded.enamel, excluded.goal_id, excluded.position)
""").bindparams(bindparam("rows", type_=JSONB))

_HANG = text("""
    UPDATE skill SET parent_id = t.parent_id, lineage = CAST(t.lineage AS bigint[])
    FROM unnest(:ids, :parents, :lineages) AS t(id, parent_id, lineage)
    WHERE skill.id = t.id
      AND (skill.parent_id, skill.lineage) IS DISTINCT FROM (t.parent_id, CAST(t.lineage AS bigint[]))
""").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger)),
    bindparam("parents", type_=ARRAY(BigInteger)),
    bindparam("lineages", type_=ARRAY(Text)),
)

_GOAL_SLUGS = select(VisionGoal.slug)
_TREE = select(Skill.id, Skill.slug, Skill.parent_id)


def load(goals: object, skills: object) -> dict[str, int]:
    """Bring goals and skills to what the catalogue says, and return the id of each skill by its slug.

    What the catalogue does not name stays; loading the same again changes nothing.
    """
    try:
        goals, skills = checked("vision", goals, GOAL), checked("skills", skills, SKILL)
    except BadEntry as why:
        raise Refused(str(why)) from None
    db.session.execute(_GOALS, {"rows": _placed(goals)})
    _refuse_unknown("goal", {skill["goal"] for skill in skills}, set(db.session.scalars(_GOAL_SLUGS)))
    db.session.execute(_SKILLS, {"rows": _placed(skills)})
    standing = db.session.execute(_TREE).all()
    ids = {row.slug: row.id for row in standing}
    _refuse_unknown("skill", {skill["parent"] for skill in skills}, set(ids))
    parents = {row.id: row.parent_id for row in standing}
    parents.update({ids[s["slug"]]: ids[s["parent"]] if s["parent"] else None for s in skills})
    try:
        lineages = lineages_of(parents)
    except Circle as circle:
        slug = next(row.slug for row in standing if row.id == circle.member)
        raise Refused(f"skills, {slug}: it stands under itself; give it another parent.") from None
    told = {
        "ids": list(parents),
        "parents": list(parents.values()),
        "lineages": [f"{{{','.join(map(str, lineages[skill_id]))}}}" for skill_id in parents],
    }
    db.session.execute(_HANG, told)
    return ids


def _placed(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "position": place} for place, row in enumerate(rows)]


def _refuse_unknown(what: str, named: set[str | None], known: set[str]) -> None:
    missing = sorted(slug for slug in named - known if slug)
    if missing:
        raise Refused(f"skills: there is no {what} called {missing[0]}.")
