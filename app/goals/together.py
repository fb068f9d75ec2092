"""Goals of a team or of all: who may set one, who takes part, and what it has come to.

Only the sum is ever shown, and only while five or more take part; who did what stays with who did it. What counts
is what somebody did after joining, while in the unit, and until they left: so leaving takes nothing away, and tells
nobody what was theirs. A fact that carries no unit (a lesson without a name) counts in none.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, text

from app.audit.actions import Act, write_all
from app.config import settings, timezone
from app.db import array, db
from app.errors import Conflict, NotFound, Refused
from app.events import TeamGoalChanged, TeamGoalEnded, TeamGoalReached
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
_LEADS = f"CASE WHEN g.unit_id IS NULL THEN :keeps ELSE g.unit_id IN {_LED} END"
_EDITABLE = f"""led.leads AND (g.made_by = :me OR NOT maker.active OR NOT CASE
               WHEN g.unit_id IS NULL THEN maker.role IN ('learning', 'hr')
               ELSE g.unit_id IN {_LED.replace(":me", "g.made_by")} END)"""
_INSIDE = f"(g.unit_id IS NULL OR g.unit_id IN {_MY_UNITS})"
_TOLD = f"""
    SELECT g.*, u.name AS unit, n.number, s.name AS skill, s.enamel,
           CASE WHEN n.number >= {FEWEST} THEN {_SO_FAR} END AS total,
           CASE WHEN g.unit_id IS NULL
                THEN (SELECT count(*) FROM person p WHERE p.active AND p.erased_at IS NULL)
                ELSE (SELECT count(*) FROM person p WHERE p.active AND p.erased_at IS NULL
                      AND (p.team_id = g.unit_id OR p.department_id = g.unit_id)) END AS colleagues,
           EXISTS (SELECT FROM team_goal_member m WHERE m.team_goal_id = g.id AND m.person_id = :me
                   AND m.left_at IS NULL) AS joined,
           {_INSIDE} AS inside,
           led.leads, {_EDITABLE} AS editable
    FROM team_goal g JOIN person maker ON maker.id = g.made_by
    CROSS JOIN LATERAL (SELECT {_LEADS} AS leads) AS led
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A goal for a team that `by` leads, or (who `keeps` them) for all; `once` is the sender's key."""

    goal: NewTeamGoal
    by: int
    keeps: bool = False
    once: str | None = None

    @property
    def known_as(self) -> str | None:
        return f"{self.by}:{self.once}" if self.once else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A goal put otherwise; `version` is the one that was looked at."""

    goal_id: int
    to: NewTeamGoal
    by: int
    version: int
    keeps: bool = False


def _each(statement: str) -> str:
    """Asked of many (goal, person, keeps) instead of one."""
    return statement.replace(":me", "asked.me").replace(":keeps", "asked.keeps")


_MAY = text(
    _each(f"""
    SELECT g.id, asked.me, {_INSIDE} AS inside, led.leads, {_EDITABLE} AS editable
    FROM unnest(CAST(:ids AS bigint[]), CAST(:people AS bigint[]), CAST(:may_keep AS boolean[])) AS asked(id, me, keeps)
    JOIN team_goal g ON g.id = asked.id JOIN person maker ON maker.id = g.made_by
    CROSS JOIN LATERAL (SELECT {_LEADS} AS leads) AS led
    WHERE {_SEEN}
""")
)
_LED_BY = text(
    _each(f"""
    SELECT asked.me, led.team_id FROM unnest(CAST(:people AS bigint[])) AS asked(me)
    CROSS JOIN LATERAL {_LED} AS led(team_id)
""")
)
_COLUMNS = {
    "title": "text", "lang": "text", "kind": "text", "skill_id": "bigint", "target": "bigint", "starts_on": "date",
    "ends_on": "date",
}  # fmt: skip
_NAMES = ", ".join(_COLUMNS)
_SENT = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _COLUMNS.items())
_INSERT = text(f"""
    INSERT INTO team_goal (unit_id, {_NAMES}, made_by, made_at, once)
    SELECT unit_id, {_NAMES}, made_by, :at, once
    FROM unnest(CAST(:units AS bigint[]), {_SENT}, CAST(:by AS bigint[]), CAST(:onces AS text[])) WITH ORDINALITY
         AS w(unit_id, {_NAMES}, made_by, once, place)
    ORDER BY place ON CONFLICT (once) DO NOTHING RETURNING id, once
""")
_SAME = text("SELECT once, id FROM team_goal WHERE once = ANY(CAST(:onces AS text[]))")
_PAIRS = "unnest(CAST(:ids AS bigint[]), CAST(:people AS bigint[])) AS w(id, person_id)"
_JOIN = text(f"""
    INSERT INTO team_goal_member (team_goal_id, person_id, joined_at)
    SELECT w.id, w.person_id, CAST(:at AS timestamptz) FROM {_PAIRS}
    ON CONFLICT (team_goal_id, person_id) WHERE left_at IS NULL DO NOTHING
""")
_LEAVE = text(f"""
    UPDATE team_goal_member m SET left_at = :at FROM {_PAIRS}
    WHERE m.team_goal_id = w.id AND m.person_id = w.person_id AND m.left_at IS NULL
""")
_HOLD = text("SELECT * FROM team_goal WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR SHARE")
_LOCK = text("SELECT * FROM team_goal WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE")
_END = text("""
    UPDATE team_goal SET ended_at = :at WHERE id = ANY(CAST(:ids AS bigint[])) AND ended_at IS NULL RETURNING id
""")
OVER = _l("This goal is over. The next one is open to you.")


def _may(asked: Iterable[tuple[int, int, bool]]) -> dict[tuple[int, int], Row[Any]]:
    """What each of these (goal, person, keeps) may do with it; to whom it is not there, it is not there."""
    wanted = list(asked)
    told = {"ids": array(id for id, _, _ in wanted), "people": array(person for _, person, _ in wanted)}
    rows = db.session.execute(_MAY, {**told, "may_keep": array(keeps for *_, keeps in wanted)})
    found = {(row.id, row.me): row for row in rows}
    if any((id, person) not in found for id, person, _ in wanted):
        raise NotFound(NOT_THERE)
    return found


def _refuse(field: str | None) -> None:
    if field:
        raise Refused(WRONG[field], fields={field: WRONG[field]})


def _skills(goals: Iterable[NewTeamGoal]) -> Collection[int]:
    """Those of the skills that these name which there are."""
    named = {goal.skill_id for goal in goals if goal.skill_id is not None}
    return vision.names(named).keys() if named else ()


def set_goals(items: Sequence[Setting], *, at: datetime) -> list[int]:
    """Set goals for teams that one leads, or (who keeps them) for all. Nobody is in one before they join.

    All of the batch or nothing; the same key sets one once. Returns the id of each, in their order.
    """
    today = at.astimezone(timezone()).date()
    leaders = {"people": array(sorted({item.by for item in items}))}
    led = {(row.me, row.team_id) for row in db.session.execute(_LED_BY, leaders)}
    skills = _skills(item.goal for item in items)
    for item in items:
        goal, field = item.goal, wrong_with_team(item.goal, today)
        if (item.by, goal.unit_id) not in led and not (goal.unit_id is None and item.keeps):
            field = "unit_id"
        _refuse(field or ("skill_id" if goal.skill_id is not None and goal.skill_id not in skills else None))
    fresh: dict[object, Setting] = {}
    for number, item in enumerate(items):
        fresh.setdefault(item.known_as or number, item)
    told = _columns([item.goal for item in fresh.values()])
    told |= {
        "units": array(item.goal.unit_id for item in fresh.values()),
        "by": array(item.by for item in fresh.values()),
        "onces": array(item.known_as for item in fresh.values()),
    }
    rows = db.session.execute(_INSERT, {**told, "at": at}).all()
    made: dict[object, int] = {row.once: row.id for row in rows if row.once}
    loose = iter(sorted(row.id for row in rows if row.once is None))
    made |= {key: next(loose) for key, item in fresh.items() if item.known_as is None}
    _put_down({made[key]: item for key, item in fresh.items() if key in made}, at)
    if missing := [item.known_as for key, item in fresh.items() if key not in made]:
        made |= dict(db.session.execute(_SAME, {"onces": array(missing)}).all())
    return [made[item.known_as or number] for number, item in enumerate(items)]


def _put_down(made: Mapping[int, Setting], at: datetime) -> None:
    acts = (
        Act("team_goal:made", detail={"team_goal": id, "unit": item.goal.unit_id}, by=item.by)
        for id, item in made.items()
    )
    write_all(acts, at=at)


def _columns(goals: Sequence[NewTeamGoal]) -> dict[str, Any]:
    return {name: array(getattr(goal, name) for goal in goals) for name in _COLUMNS}


_MEMBERS = text("""
    SELECT team_goal_id, person_id FROM team_goal_member
    WHERE team_goal_id = ANY(CAST(:ids AS bigint[])) AND left_at IS NULL ORDER BY team_goal_id, person_id
""")
_JOINED = text(
    "SELECT DISTINCT team_goal_id FROM team_goal_member WHERE team_goal_id = ANY(CAST(:ids AS bigint[]))"
)
_UPDATE = text(f"""
    UPDATE team_goal g SET {", ".join(f"{name} = w.{name}" for name in _COLUMNS)}, version = g.version + 1
    FROM unnest(CAST(:ids AS bigint[]), {_SENT}) AS w(id, {_NAMES}) WHERE g.id = w.id
""")
_MATTERS = ("kind", "skill_id", "target", "starts_on", "ends_on")
FIXED = ("unit_id", "kind", "skill_id", "starts_on")  # once somebody joined: it is what they joined


def change(items: Sequence[Change], *, at: datetime) -> None:
    """Whoever set them puts them otherwise, as long as they run; who takes part is told of what matters to them.

    Where they do not lead any more, whoever leads now does. What was reached or ended stays as it is. All of the
    batch or nothing.
    """
    last = {item.goal_id: item for item in items}
    may = _may((item.goal_id, item.by, item.keeps) for item in items)
    rows = {row.id: row for row in db.session.execute(_LOCK, {"ids": array(sorted(last))})}
    if not all(may[item.goal_id, item.by].editable for item in items):
        raise NotFound(NOT_THERE)
    today = at.astimezone(timezone()).date()
    if any(_over(row, today) for row in rows.values()):
        raise Refused(OVER)
    if any(rows[item.goal_id].version != item.version for item in items):
        raise Conflict(_l("This goal was changed in another window. Look at it again."))
    skills = _skills(item.to for item in items)
    joined = set(db.session.scalars(_JOINED, {"ids": array(last)}))
    for item in items:
        _refuse(_wrong(item.to, rows[item.goal_id], today, skills, joined))
    told = _columns([item.to for item in last.values()])
    db.session.execute(_UPDATE, {**told, "ids": array(last)})
    acts = (
        Act("team_goal:changed", detail={"team_goal": id, "version": item.version + 1}, by=item.by)
        for id, item in last.items()
    )
    write_all(acts, at=at)
    other = [
        id
        for id, item in last.items()
        if any(getattr(rows[id], name) != getattr(item.to, name) for name in _MATTERS)
    ]
    _tell_members({id: last[id] for id in other})


def _tell_members(changed: Mapping[int, Change]) -> None:
    if changed:
        publish(
            TeamGoalChanged(
                person_id=row.person_id,
                team_goal_id=row.team_goal_id,
                version=changed[row.team_goal_id].version + 1,
            )
            for row in db.session.execute(_MEMBERS, {"ids": array(changed)})
            if row.person_id != changed[row.team_goal_id].by
        )


def _over(row: Row[Any], today: date) -> bool:
    return row.ended_at is not None or row.reached_at is not None or row.ends_on < today


def _wrong(
    goal: NewTeamGoal, row: Row[Any], today: date, skills: Collection[int], joined: Collection[int]
) -> str | None:
    """The first field that cannot be so."""
    field = wrong_with_team(goal, today)
    if goal.unit_id != row.unit_id:
        return "unit_id"
    if goal.skill_id is not None and goal.skill_id not in skills:
        return field or "skill_id"
    if row.id in joined:
        field = field or next((name for name in FIXED if getattr(goal, name) != getattr(row, name)), None)
    return field


def join(pairs: Sequence[tuple[int, int]], *, at: datetime) -> None:
    """Take part from now on: (goal, person); twice is once. One that was reached meanwhile is over."""
    may = _may((goal_id, person, False) for goal_id, person in pairs)
    told = {"ids": array(id for id, _ in pairs), "people": array(person for _, person in pairs), "at": at}
    held = db.session.execute(_HOLD, {"ids": array(sorted({id for id, _ in pairs}))}).all()
    if not all(row.inside for row in may.values()):
        raise NotFound(NOT_THERE)
    today = at.astimezone(timezone()).date()
    if any(_over(row, today) for row in held):
        raise Refused(OVER)
    db.session.execute(_JOIN, told)


def leave(pairs: Sequence[tuple[int, int]], *, at: datetime) -> None:
    """Take part no more: (goal, person). What it has come to stays, so that nobody sees what was whose."""
    _may((goal_id, person, False) for goal_id, person in pairs)
    told = {"ids": array(id for id, _ in pairs), "people": array(person for _, person in pairs), "at": at}
    db.session.execute(_LEAVE, told)


def end(goal_ids: Sequence[int], *, by: int, keeps: bool, at: datetime) -> None:
    """They are no goals any more, says who leads the units."""
    wanted = sorted(set(goal_ids))
    may = _may((id, by, keeps) for id in wanted)
    if not all(row.leads for row in may.values()):
        raise NotFound(NOT_THERE)
    ended = db.session.scalars(_END, {"ids": array(wanted), "at": at}).all()
    members = db.session.execute(_MEMBERS, {"ids": array(ended)}).all() if ended else ()
    publish(
        TeamGoalEnded(person_id=row.person_id, team_goal_id=row.team_goal_id)
        for row in members
        if row.person_id != by
    )
    acts = (Act("team_goal:ended", detail={"team_goal": id}) for id in wanted)
    write_all(acts, at=at, actor_id=by)


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
    WHERE g.id = ANY(CAST(:ids AS bigint[])) AND {_TAKES_PART} ORDER BY g.id, m.person_id
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
    if reached:
        publish(
            TeamGoalReached(person_id=row.person_id, team_goal_id=row.id)
            for row in db.session.execute(_WHO, {"ids": array(sorted(reached))})
        )
    return len(reached)
