"""What who leads a team can do with its goals, and who keeps those of all: set, change and end them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, text

from app import once
from app.audit.actions import Act, write_all
from app.config import timezone
from app.db import array, db
from app.errors import Conflict, NotFound, Refused
from app.events import TeamGoalChanged, TeamGoalEnded
from app.goals.queries import NOT_THERE
from app.goals.rules import NewTeamGoal, wrong_with_team
from app.goals.store import EDITABLE, INSIDE, LEADS, LED, SEEN
from app.outbox import publish
from app.vision import queries as vision

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
    SELECT g.id, asked.me, {INSIDE} AS inside, led.leads, {EDITABLE} AS editable
    FROM unnest(CAST(:ids AS bigint[]), CAST(:people AS bigint[]), CAST(:may_keep AS boolean[])) AS asked(id, me, keeps)
    JOIN team_goal g ON g.id = asked.id JOIN person maker ON maker.id = g.made_by
    CROSS JOIN LATERAL (SELECT {LEADS} AS leads) AS led
    WHERE {SEEN}
""")
)
_LED_BY = text(
    _each(f"""
    SELECT asked.me, led.team_id FROM unnest(CAST(:people AS bigint[])) AS asked(me)
    CROSS JOIN LATERAL {LED} AS led(team_id)
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
_LOCK = text("SELECT * FROM team_goal WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE")
_END = text("""
    UPDATE team_goal SET ended_at = :at WHERE id = ANY(CAST(:ids AS bigint[])) AND ended_at IS NULL RETURNING id
""")
OVER = _l("This goal is over. The next one is open to you.")
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


def may(asked: Iterable[tuple[int, int, bool]]) -> dict[tuple[int, int], Row[Any]]:
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
    _may_be_set(items, at.astimezone(timezone()).date())
    fresh = once.new(items)
    told = _columns([item.goal for item in fresh.values()])
    told |= {
        "units": array(item.goal.unit_id for item in fresh.values()),
        "by": array(item.by for item in fresh.values()),
        "onces": array(item.known_as for item in fresh.values()),
    }
    made = once.made(fresh, db.session.execute(_INSERT, {**told, "at": at}))
    _put_down({made[key]: item for key, item in fresh.items() if key in made}, at)
    if missing := [item.known_as for key, item in fresh.items() if key not in made]:
        made |= dict(db.session.execute(_SAME, {"onces": array(missing)}).all())
    return once.ids_of(items, made)


def _may_be_set(items: Sequence[Setting], today: date) -> None:
    """Each is whole, and set by who leads its unit or keeps the goals of all; else the first field that is wrong."""
    leaders = {"people": array(sorted({item.by for item in items}))}
    led = {(row.me, row.team_id) for row in db.session.execute(_LED_BY, leaders)}
    skills = _skills(item.goal for item in items)
    for item in items:
        goal, field = item.goal, wrong_with_team(item.goal, today)
        if (item.by, goal.unit_id) not in led and not (goal.unit_id is None and item.keeps):
            field = "unit_id"
        _refuse(field or ("skill_id" if goal.skill_id is not None and goal.skill_id not in skills else None))


def _put_down(made: Mapping[int, Setting], at: datetime) -> None:
    acts = (
        Act("team_goal:made", detail={"team_goal": id, "unit": item.goal.unit_id}, by=item.by)
        for id, item in made.items()
    )
    write_all(acts, at=at)


def _columns(goals: Sequence[NewTeamGoal]) -> dict[str, Any]:
    return {name: array(getattr(goal, name) for goal in goals) for name in _COLUMNS}


def change(items: Sequence[Change], *, at: datetime) -> None:
    """Whoever set them puts them otherwise, as long as they run; who takes part is told of what matters to them.

    Where they do not lead any more, whoever leads now does. What was reached or ended stays as it is. All of the
    batch or nothing.
    """
    last = {item.goal_id: item for item in items}
    allowed = may((item.goal_id, item.by, item.keeps) for item in items)
    rows = {row.id: row for row in db.session.execute(_LOCK, {"ids": array(sorted(last))})}
    if not all(allowed[item.goal_id, item.by].editable for item in items):
        raise NotFound(NOT_THERE)
    today = at.astimezone(timezone()).date()
    if any(over(row, today) for row in rows.values()):
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


def over(row: Row[Any], today: date) -> bool:
    """Whether it was ended or reached, or its last day has passed."""
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


def end(goal_ids: Sequence[int], *, by: int, keeps: bool, at: datetime) -> None:
    """They are no goals any more, says who leads the units."""
    wanted = sorted(set(goal_ids))
    allowed = may((id, by, keeps) for id in wanted)
    if not all(row.leads for row in allowed.values()):
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
