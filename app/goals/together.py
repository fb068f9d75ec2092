"""Goals of a team or of all: who may set one, who takes part, and what it has come to.

Only the sum is ever shown, and only while five or more take part; who did what stays with who did it. What counts
is what somebody did after joining, while in the unit, and until they left: so leaving takes nothing away, and tells
nobody what was theirs. A fact that carries no unit (a lesson without a name) counts in none.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, text

from app.audit.actions import write
from app.config import settings, timezone
from app.db import db
from app.errors import Conflict, NotFound, Refused
from app.events import TeamGoalChanged, TeamGoalReached
from app.goals.rules import FEWEST, NewTeamGoal, wrong_with_team
from app.outbox import publish
from app.vision import queries as vision

NOT_THERE = _l("There is no such goal.")
WRONG = {
    "title": _l("Say what you want to reach together, in 3 to 140 characters."),
    "kind": _l("Choose what is counted."),
    "target": _l("Choose a number of 2 or more."),
    "ends_on": _l("It ends on a day to come, within a year of its start."),
    "unit_id": _l("Choose a team that you lead."),
    "skill_id": _l("Choose a skill of the list, or none."),
    "lang": _l("Choose the language you wrote it in."),
    "starts_on": _l("Somebody joined this goal as it is. Set another one to count something else."),
}
SHOWN = 40

# Who takes part: joined, at work, and in the unit now.
_TAKES_PART = """
    m.team_goal_id = g.id AND m.left_at IS NULL AND p.active
    AND (g.unit_id IS NULL OR g.unit_id IN (p.team_id, p.department_id))
"""
_NUMBER = f"(SELECT count(*) FROM team_goal_member m JOIN person p ON p.id = m.person_id WHERE {_TAKES_PART})"
# Member by member: each has few facts within the window and an index on them, the log has those of everybody.
_SUM = """
    (SELECT CAST(coalesce(sum(own.number), 0) AS bigint) FROM team_goal_member m CROSS JOIN LATERAL (
        SELECT count(*) AS number FROM fact f
        WHERE f.person_id = m.person_id AND f.kind = g.kind AND f.withdrawn_at IS NULL
          AND f.happened_at >= greatest(m.joined_at, CAST(g.starts_on AS timestamp) AT TIME ZONE :zone)
          AND f.happened_at < least(m.left_at, CAST(g.ends_on + 1 AS timestamp) AT TIME ZONE :zone)
          AND (g.skill_id IS NULL OR g.skill_id = ANY(f.lineage))
          AND CASE WHEN g.unit_id IS NULL THEN coalesce(f.team_id, f.department_id) IS NOT NULL
              ELSE g.unit_id IN (f.team_id, f.department_id) END) AS own
     WHERE m.team_goal_id = g.id)
"""
# Of a goal that very many share the sum is what the worker counted moments ago: counting the facts of thousands at
# each look took most of the home page's time. Who takes part, and whether they are five, is counted at each look.
MANY = 100
FRESH = timedelta(
    minutes=2
)  # the worker comes round several times a minute; without it the sum is counted anew
_SO_FAR = f"CASE WHEN n.number > {MANY} AND g.so_far_at >= :fresh THEN g.so_far ELSE {_SUM} END"
_MY_UNITS = "(SELECT unnest(ARRAY[team_id, department_id]) FROM person WHERE id = :me)"
_LED = """
    (SELECT r.team_id FROM person r WHERE r.manager_id = :me AND r.active AND r.team_id IS NOT NULL
     UNION SELECT w.department_id FROM person w WHERE w.id = :me AND w.team_id IS NULL AND w.department_id IS NOT NULL
           AND EXISTS (SELECT FROM person r WHERE r.manager_id = :me AND r.active))
"""
_TOLD = f"""
    SELECT g.*, u.name AS unit, n.number, s.name AS skill, s.enamel,
           CASE WHEN n.number >= {FEWEST} THEN {_SO_FAR} END AS total,
           CASE WHEN g.unit_id IS NULL
                THEN (SELECT count(*) FROM person p WHERE p.active AND p.erased_at IS NULL)
                ELSE (SELECT count(*) FROM person p WHERE p.active AND p.erased_at IS NULL
                      AND (p.team_id = g.unit_id OR p.department_id = g.unit_id)) END AS colleagues,
           EXISTS (SELECT FROM team_goal_member m WHERE m.team_goal_id = g.id AND m.person_id = :me
                   AND m.left_at IS NULL) AS joined,
           g.unit_id IS NULL OR g.unit_id IN {_MY_UNITS} AS inside,
           led.leads, led.leads AND (g.made_by = :me OR NOT maker.active OR NOT CASE
               WHEN g.unit_id IS NULL THEN maker.role IN ('learning', 'hr')
               ELSE g.unit_id IN {_LED.replace(":me", "g.made_by")} END) AS editable
    FROM team_goal g JOIN person maker ON maker.id = g.made_by
    CROSS JOIN LATERAL (SELECT CASE WHEN g.unit_id IS NULL THEN :keeps ELSE g.unit_id IN {_LED} END AS leads) AS led
    LEFT JOIN unit u ON u.id = g.unit_id LEFT JOIN skill s ON s.id = g.skill_id
    CROSS JOIN LATERAL (SELECT {_NUMBER} AS number OFFSET 0) AS n  -- counted once, wherever it is used
"""
_SEEN = f"(g.unit_id IS NULL OR g.unit_id IN {_MY_UNITS} OR g.unit_id IN {_LED})"
_NOW = "g.ended_at IS NULL AND g.ends_on >= :today"
_ALL = text(f"""
    {_TOLD} WHERE {_SEEN} AND {_NOW}
    ORDER BY joined DESC, g.unit_id IS NULL, g.ends_on, g.id LIMIT {SHOWN}
""")
_ONE = text(f"{_TOLD} WHERE {_SEEN} AND g.id = :id")
# The one on the home page: joined first, then the team's before the organisation's; and what was reached today.
_HOME = text(f"""
    {_TOLD} WHERE (g.unit_id IS NULL OR g.unit_id IN {_MY_UNITS}) AND g.ended_at IS NULL
      AND (g.ends_on >= :today OR g.reached_at >= :lately)
    ORDER BY (g.reached_at >= :lately) IS TRUE DESC, joined DESC, g.unit_id IS NULL, g.ends_on, g.id LIMIT 1
""")
_OF_UNIT = text(f"""
    {_TOLD} WHERE {_SEEN} AND {_NOW} AND g.unit_id IS NOT DISTINCT FROM CAST(:unit AS bigint)
    ORDER BY joined DESC, g.ends_on, g.id LIMIT 1
""")
_UNITS = text(f"SELECT id, name, kind FROM unit WHERE id IN {_LED} ORDER BY kind DESC, name, id")


def _asked(me: int, now: datetime, keeps: bool) -> dict[str, Any]:
    zone = settings().timezone
    today = now.astimezone(timezone()).date()
    return {"me": me, "today": today, "zone": zone, "keeps": keeps, "fresh": now - FRESH}


def open_to(me: int, now: datetime, *, keeps: bool = False) -> Sequence[Row[Any]]:
    """The goals of my units and of all of us that run or begin soon. `keeps`: I may keep those of all of us."""
    return db.session.execute(_ALL, _asked(me, now, keeps)).all()


def one(goal_id: int, me: int, now: datetime, *, keeps: bool = False) -> Row[Any]:
    row = db.session.execute(_ONE, {**_asked(me, now, keeps), "id": goal_id}).one_or_none()
    if row is None:
        raise NotFound(NOT_THERE)
    return row


def on_home(me: int, now: datetime, lately: datetime) -> Row[Any] | None:
    """The one that comes first, or that was reached lately."""
    return db.session.execute(_HOME, {**_asked(me, now, False), "lately": lately}).one_or_none()


def of_unit(unit_id: int | None, me: int, now: datetime) -> Row[Any] | None:
    """The goal beside a unit's leaderboard; without a unit that of all of us."""
    return db.session.execute(_OF_UNIT, {**_asked(me, now, False), "unit": unit_id}).one_or_none()


def units_led_by(me: int) -> Sequence[Row[Any]]:
    """The teams of my reports, and my department when I am over its teams."""
    return db.session.execute(_UNITS, {"me": me}).all()


# Setting and joining ----------------------------------------------------------------------------------------

_INSERT = text("""
    INSERT INTO team_goal (unit_id, title, lang, kind, skill_id, target, starts_on, ends_on, made_by, made_at, once)
    VALUES (:unit_id, :title, :lang, :kind, :skill_id, :target, :starts_on, :ends_on, :by, :at, :once)
    ON CONFLICT (once) DO NOTHING RETURNING id
""")
_SAME = text("SELECT id FROM team_goal WHERE once = :once")
_JOIN = text("""
    INSERT INTO team_goal_member (team_goal_id, person_id, joined_at) VALUES (:id, :person, :at)
    ON CONFLICT (team_goal_id, person_id) WHERE left_at IS NULL DO NOTHING
""")
_LEAVE = text("""
    UPDATE team_goal_member SET left_at = :at WHERE team_goal_id = :id AND person_id = :person AND left_at IS NULL
""")
_HOLD = text("SELECT id, reached_at, ended_at, ends_on FROM team_goal WHERE id = :id FOR SHARE")
_END = text("UPDATE team_goal SET ended_at = :at WHERE id = :id AND ended_at IS NULL")


def set_goal(goal: NewTeamGoal, *, by: int, keeps: bool, at: datetime, once: str | None = None) -> int:
    """Set a goal for a team that one leads, or (who `keeps` them) for all. Nobody is in it before they join."""
    field = wrong_with_team(goal, at.astimezone(timezone()).date())
    led = {row.id for row in units_led_by(by)}
    if goal.unit_id not in led and not (goal.unit_id is None and keeps):
        field = "unit_id"
    if goal.skill_id is not None and goal.skill_id not in vision.names([goal.skill_id]):
        field = field or "skill_id"
    if field:
        raise Refused(WRONG[field], fields={field: WRONG[field]})
    key = f"{by}:{once}" if once else None
    told = {name: getattr(goal, name) for name in NewTeamGoal.__slots__}
    made = db.session.scalar(_INSERT, {**told, "by": by, "at": at, "once": key})
    if made is None:
        return int(db.session.scalar(_SAME, {"once": key}) or 0)
    write("team_goal:made", at=at, actor_id=by, detail={"team_goal": made, "unit": goal.unit_id})
    return int(made)


_LOCK = text("SELECT * FROM team_goal WHERE id = :id FOR NO KEY UPDATE")
_MEMBERS = text(
    "SELECT person_id FROM team_goal_member WHERE team_goal_id = :id AND left_at IS NULL ORDER BY person_id"
)
_JOINED = text("SELECT EXISTS (SELECT FROM team_goal_member WHERE team_goal_id = :id)")
_UPDATE = text("""
    UPDATE team_goal SET title = :title, lang = :lang, kind = :kind, skill_id = :skill_id, target = :target,
           starts_on = :starts_on, ends_on = :ends_on, version = version + 1
    WHERE id = :id
""")
_MATTERS = ("kind", "skill_id", "target", "starts_on", "ends_on")
FIXED = ("unit_id", "kind", "skill_id", "starts_on")  # once somebody joined: it is what they joined


def change(goal_id: int, goal: NewTeamGoal, *, version: int, by: int, keeps: bool, at: datetime) -> None:
    """Whoever set it puts it otherwise, as long as it runs; who takes part is told of what matters to them.

    Where they do not lead any more, whoever leads now does. What was reached or ended stays as it is.
    """
    may = one(goal_id, by, at, keeps=keeps)
    row = db.session.execute(_LOCK, {"id": goal_id}).one()
    if not may.editable:
        raise NotFound(NOT_THERE)
    today = at.astimezone(timezone()).date()
    if row.ended_at is not None or row.reached_at is not None or row.ends_on < today:
        raise Refused(_l("This goal is over. The next one is open to you."))
    if row.version != version:
        raise Conflict(_l("This goal was changed in another window. Look at it again."))
    field = _wrong(goal, row, today)
    if field:
        raise Refused(WRONG[field], fields={field: WRONG[field]})
    told = {name: getattr(goal, name) for name in NewTeamGoal.__slots__}
    db.session.execute(_UPDATE, {**told, "id": goal_id})
    write("team_goal:changed", at=at, actor_id=by, detail={"team_goal": goal_id, "version": version + 1})
    if any(getattr(row, name) != getattr(goal, name) for name in _MATTERS):
        publish(
            TeamGoalChanged(person_id=person, team_goal_id=goal_id, version=version + 1)
            for person in db.session.scalars(_MEMBERS, {"id": goal_id})
            if person != by
        )


def _wrong(goal: NewTeamGoal, row: Row[Any], today: date) -> str | None:
    """The first field that cannot be so."""
    field = wrong_with_team(goal, today)
    if goal.unit_id != row.unit_id:
        return "unit_id"
    if goal.skill_id is not None and goal.skill_id not in vision.names([goal.skill_id]):
        return field or "skill_id"
    if db.session.scalar(_JOINED, {"id": row.id}):
        field = field or next((name for name in FIXED if getattr(goal, name) != getattr(row, name)), None)
    return field


def join(goal_id: int, *, person_id: int, at: datetime) -> None:
    """Take part from now on; twice is once. One that was reached meanwhile is over."""
    row = one(goal_id, person_id, at)
    held = db.session.execute(_HOLD, {"id": goal_id}).one()
    if not row.inside:
        raise NotFound(NOT_THERE)
    if (
        held.reached_at is not None
        or held.ended_at is not None
        or held.ends_on < at.astimezone(timezone()).date()
    ):
        raise Refused(_l("This goal is over. The next one is open to you."))
    db.session.execute(_JOIN, {"id": goal_id, "person": person_id, "at": at})


def leave(goal_id: int, *, person_id: int, at: datetime) -> None:
    """Take part no more. What it has come to stays, so that nobody sees what was whose."""
    one(goal_id, person_id, at)
    db.session.execute(_LEAVE, {"id": goal_id, "person": person_id, "at": at})


def end(goal_id: int, *, by: int, keeps: bool, at: datetime) -> None:
    """It is no goal any more, says who leads the unit."""
    if not one(goal_id, by, at, keeps=keeps).leads:
        raise NotFound(NOT_THERE)
    db.session.execute(_END, {"id": goal_id, "at": at})
    write("team_goal:ended", at=at, actor_id=by, detail={"team_goal": goal_id})


# Reached ----------------------------------------------------------------------------------------------------

_RUNS = """
    g.reached_at IS NULL AND g.ended_at IS NULL AND g.starts_on <= :today AND g.ends_on >= :today - 2
"""
# In the order of ids; one that somebody changes or joins at this moment keeps what it had until the next time.
_COUNT = text(f"""
    UPDATE team_goal SET so_far = counted.total, so_far_at = :at
    FROM (SELECT g.id, {_SUM} AS total
          FROM (SELECT * FROM team_goal g WHERE {_RUNS} AND {_NUMBER} > {MANY}
                ORDER BY g.id FOR NO KEY UPDATE SKIP LOCKED) AS g) AS counted
    WHERE team_goal.id = counted.id
""")
_REACH = text(f"""
    UPDATE team_goal SET reached_at = :at
    FROM (SELECT g.id FROM team_goal g CROSS JOIN LATERAL (SELECT {_NUMBER} AS number OFFSET 0) AS n
          WHERE {_RUNS} AND n.number >= {FEWEST} AND {_SO_FAR} >= g.target) AS due
    WHERE team_goal.id = due.id AND team_goal.reached_at IS NULL
    RETURNING team_goal.id
""")
_WHO = text(f"""
    SELECT g.id, m.person_id FROM team_goal g, team_goal_member m JOIN person p ON p.id = m.person_id
    WHERE g.id = :id AND {_TAKES_PART} ORDER BY m.person_id
""")


def reach(at: datetime) -> int:
    """Mark what was reached, once, and tell who takes part. The worker comes round for it: two facts at the same
    moment, each of which sees one less, do not miss it."""
    asked = {
        "at": at,
        "today": at.astimezone(timezone()).date(),
        "zone": settings().timezone,
        "fresh": at - FRESH,
    }
    db.session.execute(_COUNT, asked)
    reached = list(db.session.scalars(_REACH, asked))
    for goal_id in reached:
        publish(
            TeamGoalReached(person_id=row.person_id, team_goal_id=row.id)
            for row in db.session.execute(_WHO, {"id": goal_id})
        )
    return len(reached)
