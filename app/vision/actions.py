"""What can be done with the vision: load its goals and the tree of skills under them, or edit one of them.

Like all that is said of a catalogue file, refusals of `load` are in English: they name its keys. Facts keep the
lineage of their moment, whatever becomes of a skill.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from secrets import token_hex
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, delete, exists, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.types import BigInteger, DateTime, Text

from app.audit.actions import write
from app.db import db
from app.errors import Conflict, NotFound, Refused
from app.people.models import Setting
from app.vision.models import Skill, VisionGoal
from app.vision.rules import GOAL, SKILL, BadEntry, Circle, checked, lineages_of, placed, slug_of

CHANGED = _l("Somebody else changed this in the meantime. Below is what you typed beside what stands now.")

_GOALS = text("""
    INSERT INTO vision_goal (slug, name, position)
    SELECT slug, name, position
    FROM jsonb_to_recordset(:rows) AS g(slug text, name jsonb, position bigint)
    ON CONFLICT (slug) DO UPDATE
    SET name = excluded.name, position = excluded.position, version = vision_goal.version + 1
    WHERE (vision_goal.name, vision_goal.position) IS DISTINCT FROM (excluded.name, excluded.position)
    RETURNING slug
""").bindparams(bindparam("rows", type_=JSONB))

# Parents and lineages follow in a second statement: a skill may stand above its parent in the file.
_SKILLS = text("""
    INSERT INTO skill (slug, name, enamel, goal_id, position, lineage, levels, framework, retired_at)
    SELECT s.slug, s.name, s.enamel, g.id, s.position, '{}', s.levels, s.framework,
           CASE WHEN s.retired THEN COALESCE(:at, now()) END
    FROM jsonb_to_recordset(:rows)
         AS s(slug text, name jsonb, enamel text, goal text, position bigint, levels jsonb, framework text,
              retired boolean)
    LEFT JOIN vision_goal g ON g.slug = s.goal
    ON CONFLICT (slug) DO UPDATE
    SET name = excluded.name, enamel = excluded.enamel, goal_id = excluded.goal_id,
        position = excluded.position, levels = excluded.levels, framework = excluded.framework,
        retired_at = CASE WHEN excluded.retired_at IS NOT NULL
                          THEN COALESCE(skill.retired_at, excluded.retired_at) END,
        version = skill.version + 1
    WHERE (skill.name, skill.enamel, skill.goal_id, skill.position, skill.levels, skill.framework,
           skill.retired_at IS NULL)
          IS DISTINCT FROM (excluded.name, excluded.enamel, excluded.goal_id, excluded.position, excluded.levels,
                            excluded.framework, excluded.retired_at IS NULL)
""").bindparams(bindparam("rows", type_=JSONB), bindparam("at", type_=DateTime(timezone=True)))

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

_GOALS_NOW = select(VisionGoal.slug, VisionGoal.position)
_TREE = select(Skill.id, Skill.slug, Skill.parent_id, Skill.position)


def begin_change(at: datetime) -> None:
    """Change the catalogue from here on: one at a time, and every process compiles it anew afterwards.

    What processes keep of skills, activities, rules and badges hangs on this stamp; it becomes visible with the
    change itself.
    """
    fresh = {"value": {"stamp": token_hex(8)}, "changed_at": at}
    row = insert(Setting).values(key="catalogue", **fresh)
    db.session.execute(row.on_conflict_do_update(index_elements=["key"], set_=fresh))
    db.session.info.pop("stamp", None)


def load(goals: object, skills: object, *, at: datetime | None = None) -> dict[str, int]:
    """Bring goals and skills to what the catalogue says, and return the id of each skill by its slug.

    What the catalogue does not name stays; loading the same again changes nothing.
    """
    try:
        goals, skills = checked("vision", goals, GOAL), checked("skills", skills, SKILL)
    except BadEntry as why:
        raise Refused(str(why)) from None
    stand = {row.slug: row.position for row in db.session.execute(_GOALS_NOW)}
    db.session.execute(_GOALS, {"rows": placed(goals, stand)})
    _refuse_unknown("goal", {skill["goal"] for skill in skills}, {*stand, *(goal["slug"] for goal in goals)})
    places = {row.slug: row.position for row in db.session.execute(_TREE)}
    try:
        return _write_skills(placed(skills, places), at)
    except Circle as circle:
        slug = db.session.scalar(select(Skill.slug).where(Skill.id == circle.member))
        raise Refused(f"skills, {slug}: it stands under itself; give it another parent.") from None


def _write_skills(skills: Sequence[Mapping[str, Any]], at: datetime | None) -> dict[str, int]:
    """The batch road of file and page: rows first, then who stands under whom."""
    db.session.execute(_SKILLS, {"rows": [dict(row) for row in skills], "at": at})
    standing = db.session.execute(_TREE).all()
    ids = {row.slug: row.id for row in standing}
    _refuse_unknown("skill", {skill["parent"] for skill in skills}, set(ids))
    parents = {row.id: row.parent_id for row in standing}
    parents.update({ids[s["slug"]]: ids[s["parent"]] if s["parent"] else None for s in skills})
    lineages = lineages_of(parents)
    told = {
        "ids": list(parents),
        "parents": list(parents.values()),
        "lineages": [f"{{{','.join(map(str, lineages[skill_id]))}}}" for skill_id in parents],
    }
    db.session.execute(_HANG, told)
    return ids


def _refuse_unknown(what: str, named: set[str | None], known: set[str]) -> None:
    missing = sorted(slug for slug in named - known if slug)
    if missing:
        raise Refused(f"skills: there is no {what} called {missing[0]}.")


# One at a time, in the browser ----------------------------------------------------------------------------


def edit_goal(
    slug: str | None, *, name: Mapping[str, str], version: int | None, by: int | None, at: datetime
) -> str:
    """Make a goal (`slug` None) or say it in other words; return its slug."""
    begin_change(at)
    stand = {row.slug: row for row in db.session.execute(select(VisionGoal.__table__))}
    position = max((row.position for row in stand.values()), default=-1) + 1
    if slug is not None:
        row = _known(stand, slug, version)
        position = row.position
    slug = slug or slug_of(name["en"], stand)
    row = {"slug": slug, "name": dict(name), "position": position}
    if db.session.scalar(_GOALS, {"rows": [row]}) is not None:
        write("goal:edited", at=at, actor_id=by, detail={"slug": slug})
    return slug


def remove_goal(slug: str, *, by: int | None, at: datetime) -> None:
    """Take a goal away; refused while skills stand under it."""
    begin_change(at)
    goal_id = db.session.scalar(select(VisionGoal.id).where(VisionGoal.slug == slug))
    if goal_id is None:
        raise NotFound(_l("There is no such goal."))
    if db.session.scalar(select(exists().where(Skill.goal_id == goal_id))):
        raise Refused(_l("Skills stand under this goal. Put them under another goal first."))
    db.session.execute(delete(VisionGoal).where(VisionGoal.id == goal_id))
    write("goal:removed", at=at, actor_id=by, detail={"slug": slug})


def move_goal(slug: str, *, up: bool, by: int | None, at: datetime) -> None:
    """Change places with the goal above or below."""
    begin_change(at)
    order = list(db.session.scalars(select(VisionGoal.slug).order_by(VisionGoal.position, VisionGoal.id)))
    if slug not in order:
        raise NotFound(_l("There is no such goal."))
    here = order.index(slug)
    there = here - 1 if up else here + 1
    if not 0 <= there < len(order):
        return
    order[here], order[there] = order[there], order[here]
    for place, one in enumerate(order):  # a handful
        moved = update(VisionGoal).where(VisionGoal.slug == one, VisionGoal.position != place)
        db.session.execute(moved.values(position=place, version=VisionGoal.version + 1))
    write("goal:moved", at=at, actor_id=by, detail={"slug": slug})


def edit_skill(
    slug: str | None, entry: Mapping[str, Any], *, version: int | None, by: int | None, at: datetime
) -> str:
    """Make a skill (`slug` None), rename it, move it under another, retire it or take it up again; return its slug.

    `entry` has all that the catalogue file says of a skill but its slug.
    """
    begin_change(at)
    stand = {row.slug: row for row in db.session.execute(select(Skill.__table__))}
    position = max((row.position for row in stand.values()), default=-1) + 1
    if slug is not None:
        position = _known(stand, slug, version).position
    slug = slug or slug_of(entry["name"]["en"], stand)
    try:
        (whole,) = checked("skills", [{**entry, "slug": slug}], SKILL)
    except BadEntry as why:
        raise Refused(str(why)) from None
    goals = set(db.session.scalars(select(VisionGoal.slug)))
    if whole["goal"] and whole["goal"] not in goals:
        raise Refused(_l("Choose a goal that is there."), fields={"goal": _l("Choose a goal that is there.")})
    if whole["parent"] and whole["parent"] not in stand:
        said = _l("Choose a skill that is there.")
        raise Refused(said, fields={"parent": said})
    try:
        _write_skills([{**whole, "position": position}], at)
    except Circle:
        said = _l("A skill cannot stand under itself. Choose another one above it.")
        raise Refused(said, fields={"parent": said}) from None
    _parent_counts_as_edit(slug, stand, whole["parent"])
    before = stand[slug].version if slug in stand else None
    if db.session.scalar(select(Skill.version).where(Skill.slug == slug)) == before:
        return slug
    write("skill:edited", at=at, actor_id=by, detail={"slug": slug, "retired": whole["retired"]})
    return slug


def _parent_counts_as_edit(slug: str, before: Mapping[str, Any], parent: str | None) -> None:
    """A move alone changes no column of the first statement; whoever has the page open must see it, too."""
    old = before.get(slug)
    if old is None:
        return
    new_parent = before[parent].id if parent else None
    now_version = db.session.scalar(select(Skill.version).where(Skill.slug == slug))
    if old.parent_id != new_parent and now_version == old.version:
        db.session.execute(update(Skill).where(Skill.slug == slug).values(version=Skill.version + 1))


def _known(stand: Mapping[str, Any], slug: str, version: int | None) -> Any:
    row = stand.get(slug)
    if row is None:
        raise NotFound(_l("This is not in the catalogue."))
    if version is not None and row.version != version:
        raise Conflict(CHANGED)
    return row
