"""What can be asked of goals of one's own, and who may see them. Nobody sees more by their role."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, text

from app.activities.queries import Aims
from app.badges import shelf
from app.badges.queries import catalogue
from app.config import settings
from app.db import array, db
from app.errors import NotFound
from app.goals.store import PROVEN, WITH_LEAVE
from badges.criteria import Completed, Count, Distinct, Filter, HoldsBadge, leaves

NOT_THERE = _l("There is no such goal.")
MOST = 100
ON_HOME = 3
LATELY = timedelta(days=180)
MATES = 5  # of whom something is said as a team; of fewer nothing is

_TOLD = """
    SELECT g.id, g.person_id, g.title, g.why, g.lang, g.vision_goal_id, g.skill_id, g.target_on, g.proof,
           g.proof_badge_id, g.proof_activity_id, g.proof_words, g.visible, g.remind, g.pace, g.state, g.far,
           g.created_at, g.touched_at, g.reached_at, g.counted_at, g.version, v.name AS vision_goal,
           a.title AS activity,
           CASE WHEN a.state = 'published' THEN a.slug END AS activity_slug, o.name AS owner,
           CASE WHEN o.active AND o.erased_at IS NULL THEN o.handle END AS profile
"""
_FROM = """
    FROM goal g JOIN person o ON o.id = g.person_id
    LEFT JOIN vision_goal v ON v.id = g.vision_goal_id
    LEFT JOIN activity na ON na.id = g.proof_activity_id
    LEFT JOIN activity a ON a.id = coalesce(na.merged_into_id, na.id)
"""
# Only the owner sees by how much it is proven: what others may see of badges and learning is theirs to choose. Nor does
# anybody else see that its day moved: it would tell when they were away.
_PROVEN = f"""
    , CASE WHEN g.proof <> 'words' THEN {PROVEN.strip()} END AS proven_at, {WITH_LEAVE.strip()} AS target_with_leave
"""
_NEVER = ", CAST(NULL AS timestamptz) AS proven_at, CAST(NULL AS date) AS target_with_leave"
# A viewer or an owner without a team or manager makes this unknown, and that must hide it.
_LET_IN = """
    (o.active AND CASE g.visible
     WHEN 'manager' THEN o.manager_id = :me
     WHEN 'team' THEN o.manager_id = :me OR o.team_id = (SELECT team_id FROM person WHERE id = :me)
     WHEN 'named' THEN EXISTS (SELECT FROM goal_viewer w WHERE w.goal_id = g.id AND w.person_id = :me)
     END) IS TRUE
"""
_OPEN_AIMS = text("""
    SELECT coalesce(array_agg(DISTINCT coalesce(a.merged_into_id, a.id)) FILTER (WHERE a.id IS NOT NULL), '{}')
               AS proofs,
           coalesce(array_agg(DISTINCT g.proof_badge_id) FILTER (WHERE g.proof_badge_id IS NOT NULL), '{}') AS badges,
           coalesce(array_agg(DISTINCT s.id) FILTER (WHERE s.id IS NOT NULL), '{}') AS skills
    FROM goal g LEFT JOIN activity a ON a.id = g.proof_activity_id
    LEFT JOIN skill s ON s.id = g.skill_id OR s.goal_id = g.vision_goal_id
    WHERE g.person_id = :me AND g.state = 'open'
""")
_ORDER = "array_position(ARRAY['open', 'reached', 'let_go'], g.state)"
_MINE = text(f"""
    {_TOLD} {_PROVEN} {_FROM} WHERE g.person_id = :me
    ORDER BY {_ORDER}, CASE WHEN g.state = 'open' THEN g.created_at END, g.touched_at DESC, g.id LIMIT {MOST}
""")
_OWN = text(f"{_TOLD} {_PROVEN} {_FROM} WHERE g.id = :id AND g.person_id = :me")
_OTHERS = text(f"{_TOLD} {_NEVER} {_FROM} WHERE g.id = :id AND g.person_id <> :me AND {_LET_IN}")
_SHARED = text(f"""
    {_TOLD} {_NEVER} {_FROM}
    WHERE g.id IN (
        SELECT w.goal_id FROM goal_viewer w WHERE w.person_id = :me
        UNION SELECT s.id FROM goal s JOIN person p ON p.id = s.person_id
              WHERE s.visible IN ('manager', 'team') AND p.manager_id = :me
        UNION SELECT s.id FROM goal s JOIN person p ON p.id = s.person_id
              WHERE s.visible = 'team' AND p.team_id = (SELECT team_id FROM person WHERE id = :me))
      AND g.person_id <> :me AND g.state <> 'let_go' AND {_LET_IN}
    ORDER BY o.sort_name, o.id, {_ORDER}, g.id LIMIT {MOST}
""")
_SHOWN_BY = text(f"""
    {_TOLD} {_NEVER} {_FROM} WHERE g.person_id = :person AND g.state <> 'let_go' AND {_LET_IN}
    ORDER BY {_ORDER}, CASE WHEN g.state = 'open' THEN g.created_at END, g.touched_at DESC, g.id LIMIT :limit
""")
_CHECK_INS = text("SELECT id, far, line, at FROM goal_check_in WHERE goal_id = :id ORDER BY id DESC LIMIT 50")
_VIEWERS = text("""
    SELECT p.id, p.name, p.handle, p.job FROM goal_viewer w JOIN person p ON p.id = w.person_id
    WHERE w.goal_id = :id ORDER BY p.sort_name, p.id
""")


def aims(me: int) -> Aims:
    """What the open goals of this person are about: for the catalogue, that shows what counts towards them."""
    row = db.session.execute(_OPEN_AIMS, {"me": me}).one()
    return Aims(tuple(sorted({*row.proofs, *_asked_by(row.badges)})), tuple(row.skills))


# What a badge asks of completions, as the engine reads a filter: each of the three that is not empty has to hold.
_ASKED = text("""
    SELECT a.id FROM activity a WHERE a.state = 'published' AND EXISTS (
        SELECT FROM unnest(CAST(:kinds AS text[]), CAST(:activities AS text[]), CAST(:skills AS text[]))
                    AS w(kinds, activities, skills)
        WHERE (w.kinds = '{}' OR a.kind = ANY(CAST(w.kinds AS text[])))
          AND (w.activities = '{}' OR a.id IN (
                   SELECT coalesce(m.merged_into_id, m.id) FROM activity m
                   WHERE m.id = ANY(CAST(w.activities AS bigint[]))))
          AND (w.skills = '{}' OR a.skills && ARRAY(
                   SELECT s.id FROM skill s WHERE s.lineage && CAST(w.skills AS bigint[]))))
""")


def _asked_by(badge_ids: Sequence[int]) -> Sequence[int]:
    """The activities that count for one of these badges, or for a badge that it asks for."""
    filters = _filters(badge_ids)
    if not filters:
        return ()
    told = {
        "kinds": array(array(sorted(one.activity_kinds)) for one in filters),
        "activities": array(array(sorted(one.activities)) for one in filters),
        "skills": array(array(sorted(one.skills)) for one in filters),
    }
    return db.session.scalars(_ASKED, told).all()


def _filters(badge_ids: Sequence[int]) -> set[Filter]:
    """What these badges count of completions, in all their tiers."""
    in_force, found = catalogue().in_force, set[Filter]()
    seen, left = set[int](), list(badge_ids)
    while left:
        badge = left.pop()
        if badge in seen or badge not in in_force:
            continue
        seen.add(badge)
        for leaf in (one for rule in in_force[badge].badge.criteria for one in leaves(rule)):
            if isinstance(leaf, HoldsBadge):
                left.append(leaf.achievement_id)
            elif isinstance(leaf, Completed):
                found.add(Filter("completed", activities=leaf.activities))
            elif isinstance(leaf, Count | Distinct) and leaf.of.kind == "completed":
                found.add(leaf.of)
    return found


def _zone() -> dict[str, str]:
    return {"zone": settings().timezone}


def mine(me: int) -> Sequence[Row[Any]]:
    """One's own goals: the open ones in the order they were set, then those reached and let go, the latest first."""
    return db.session.execute(_MINE, {"me": me, **_zone()}).all()


def own(me: int, goal_id: int) -> Row[Any]:
    """One of one's own."""
    row = db.session.execute(_OWN, {"me": me, "id": goal_id, **_zone()}).one_or_none()
    if row is None:
        raise NotFound(NOT_THERE)
    return row


def seen(me: int, goal_id: int) -> Row[Any]:
    """One that is one's own or that its owner lets one see."""
    told = {"me": me, "id": goal_id}
    own = db.session.execute(_OWN, {**told, **_zone()}).one_or_none()
    row = own or db.session.execute(_OTHERS, told).one_or_none()
    if row is None:
        raise NotFound(NOT_THERE)
    return row


def shared(me: int) -> Sequence[Row[Any]]:
    """Goals that colleagues let one see, by their names."""
    return db.session.execute(_SHARED, {"me": me}).all()


def shown_by(person_id: int, to: int, limit: int) -> Sequence[Row[Any]]:
    """Goals that this person lets that one see: the open ones first."""
    return db.session.execute(_SHOWN_BY, {"person": person_id, "me": to, "limit": limit}).all()


def check_ins(goal_id: int) -> Sequence[Row[Any]]:
    """What was said at check-ins, the latest first; whoever sees the goal sees them."""
    return db.session.execute(_CHECK_INS, {"id": goal_id}).all()


def viewers(goal_id: int) -> Sequence[Row[Any]]:
    """The colleagues whom the owner named."""
    return db.session.execute(_VIEWERS, {"id": goal_id}).all()


# How far ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Badge:
    """The badge that proves a goal; figures only for who is on the way to it."""

    slug: str
    name: Mapping[str, str]
    done: int = 0
    needed: int = 0
    said: str = ""


def badge_of(row: Any, look: shelf.Look | None = None) -> Badge | None:
    """The badge that proves this goal, with how far its owner is, where a look at their album is at hand."""
    if row["proof_badge_id"] is None:
        return None
    definition = catalogue().in_force.get(row["proof_badge_id"])
    if definition is None:
        return None
    shown = next((one for one in look.shown if one.slug == definition.slug), None) if look else None
    if shown is None or not shown.steps:
        return Badge(definition.slug, definition.body["name"])
    open_ = next((step for step in shown.steps if not step.met), None)
    if open_ is None or len(shown.steps) > 1 or open_.kind == "points":  # points are no headline
        done, needed = sum(step.met for step in shown.steps), len(shown.steps)
    else:
        done, needed = open_.done, open_.needed
    said = open_.said if open_ is not None and open_.kind != "points" else ""
    return Badge(definition.slug, definition.body["name"], done, needed, said)


def badges(rows: Sequence[Any], look: shelf.Look | None = None) -> dict[int, Badge]:
    """The same for several goals."""
    found = {row.id: badge_of(row._mapping, look) for row in rows}
    return {goal_id: badge for goal_id, badge in found.items() if badge is not None}


# On the home page -------------------------------------------------------------------------------------------

_HOME = text(f"""
    (SELECT 'goal' AS what, to_jsonb(told) AS told FROM (
        {_TOLD} {_PROVEN} {_FROM} WHERE g.person_id = :me AND g.state = 'open'
        ORDER BY target_with_leave NULLS LAST, g.created_at, g.id LIMIT {ON_HOME}) AS told)
    UNION ALL
    SELECT 'programme', jsonb_build_object('slug', p.slug, 'title', p.title, 'done', way.done, 'total', way.total,
           'enamel', s.enamel)
    FROM programme_follower f JOIN programme p ON p.id = f.programme_id LEFT JOIN skill s ON s.id = p.skill_id
    CROSS JOIN LATERAL (
        SELECT sum(part.need) AS total, sum(least(part.need, got.number)) AS done FROM programme_part part
        CROSS JOIN LATERAL (
            SELECT count(*) AS number FROM activity a WHERE a.id = ANY(part.activities) AND EXISTS (
                SELECT FROM completion c WHERE c.person_id = f.person_id AND c.state = 'confirmed'
                 AND c.activity_id = coalesce(a.merged_into_id, a.id))) AS got
        WHERE part.programme_id = p.id AND part.form = p.form) AS way
    WHERE f.person_id = :me AND f.stopped_at IS NULL AND f.completed_at IS NULL AND p.state = 'published'
""")


@dataclass(frozen=True, slots=True)
class Home:
    """What the home page says of goals and programmes: asked in one statement."""

    goals: list[dict[str, Any]]
    badges: dict[int, Badge]
    programmes: list[dict[str, Any]]


def home(me: int, look: shelf.Look) -> Home:
    """The open goals that come first, and the programmes that one follows."""
    rows = db.session.execute(_HOME, {"me": me, **_zone()}).all()
    found = [row.told for row in rows if row.what == "goal"]
    proving = {goal["id"]: badge_of(goal, look) for goal in found}
    return Home(
        found,
        {goal_id: badge for goal_id, badge in proving.items() if badge is not None},
        [row.told for row in rows if row.what == "programme"][:2],
    )


# Suggestions ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A goal to begin with: because of a badge that is near, of what a team learns, or of the vision."""

    because: str  # badge, team, vision
    name: Mapping[str, str]
    enamel: str
    badge: str = ""
    skill_id: int | None = None
    vision_goal_id: int | None = None
    goal: Mapping[str, str] | None = None


# What five or more of my team learned lately, and I did not; then what the vision asks that I did nothing for.
_SKILLS = text(f"""
    WITH mine AS (
        SELECT DISTINCT unnest(lineage) AS id FROM fact WHERE person_id = :me AND withdrawn_at IS NULL
    ), aims AS (SELECT skill_id AS id FROM goal WHERE person_id = :me AND state = 'open' AND skill_id IS NOT NULL),
    mates AS (
        SELECT learned.id, count(DISTINCT f.person_id) AS number
        FROM person mate JOIN fact f ON f.person_id = mate.id AND f.happened_at >= :since
             AND f.kind = 'completed' AND f.withdrawn_at IS NULL,
             unnest(f.skills) AS learned(id)
        WHERE mate.team_id = (SELECT team_id FROM person WHERE id = :me) AND mate.id <> :me AND mate.active
        GROUP BY learned.id HAVING count(DISTINCT f.person_id) >= {MATES}
    )
    SELECT s.id, s.name, s.enamel, s.goal_id, v.name AS goal, coalesce(m.number, 0) AS number
    FROM skill s LEFT JOIN mates m ON m.id = s.id LEFT JOIN vision_goal v ON v.id = s.goal_id
    WHERE s.retired_at IS NULL AND (m.number IS NOT NULL OR s.goal_id IS NOT NULL)
      AND s.id NOT IN (SELECT id FROM mine) AND s.id NOT IN (SELECT id FROM aims)
    ORDER BY number DESC, cardinality(s.lineage) DESC, v.position, s.position LIMIT 40
""")


def suggestions(me: int, look: shelf.Look, now: datetime) -> list[Suggestion]:
    """Three at most: the badge that is nearest, what the team learns, and what the vision asks."""
    found: list[Suggestion] = []
    reachable = [one for one in look.reachable(with_points=False) if one.open_steps]
    if reachable:
        found.append(Suggestion("badge", reachable[0].name, reachable[0].enamel, badge=reachable[0].slug))
    taken: set[int | None] = set()
    for row in db.session.execute(_SKILLS, {"me": me, "since": now - LATELY}):
        if len(found) == 3:
            break
        because = "team" if row.number else "vision"
        if because == "vision" and row.goal_id in taken:
            continue
        taken.add(row.goal_id)
        found.append(
            Suggestion(
                because, row.name, row.enamel, skill_id=row.id, vision_goal_id=row.goal_id, goal=row.goal
            )
        )
    return found


# Skills that count towards my goals -------------------------------------------------------------------------

_AIMS = text("""
    SELECT array_agg(DISTINCT s.id) FROM goal g JOIN skill s ON g.skill_id = ANY(s.lineage)
    WHERE g.person_id = :me AND g.state = 'open'
""")


def badge_ids() -> dict[str, int]:
    """The badges that can be earned, by slug."""
    return {one.slug: achievement_id for achievement_id, one in catalogue().in_force.items()}
