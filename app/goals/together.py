"""Goals of a team or of all, as they are told: to whom they are open, who takes part, what they have come to.

Only the sum is ever shown, and only while five or more take part; who did what stays with who did it. What counts
is what somebody did after joining, while in the unit, and until they left: so leaving takes nothing away, and tells
nobody what was theirs. A fact that carries no unit (a lesson without a name) counts in none.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from app.config import settings, timezone
from app.db import db
from app.errors import NotFound
from app.goals.queries import NOT_THERE
from app.goals.rules import FEWEST
from app.goals.store import EDITABLE, FRESH, INSIDE, LEADS, LED, MY_UNITS, NUMBER, SEEN, SO_FAR

SHOWN = 40
_TOLD = f"""
    SELECT g.*, u.name AS unit, n.number, s.name AS skill, s.enamel,
           CASE WHEN n.number >= {FEWEST} THEN {SO_FAR} END AS total,
           CASE WHEN g.unit_id IS NULL
                THEN (SELECT count(*) FROM person p WHERE p.active AND p.erased_at IS NULL)
                ELSE (SELECT count(*) FROM person p WHERE p.active AND p.erased_at IS NULL
                      AND (p.team_id = g.unit_id OR p.department_id = g.unit_id)) END AS colleagues,
           EXISTS (SELECT FROM team_goal_member m WHERE m.team_goal_id = g.id AND m.person_id = :me
                   AND m.left_at IS NULL) AS joined,
           {INSIDE} AS inside,
           led.leads, {EDITABLE} AS editable
    FROM team_goal g JOIN person maker ON maker.id = g.made_by
    CROSS JOIN LATERAL (SELECT {LEADS} AS leads) AS led
    LEFT JOIN unit u ON u.id = g.unit_id LEFT JOIN skill s ON s.id = g.skill_id
    CROSS JOIN LATERAL (SELECT {NUMBER} AS number OFFSET 0) AS n  -- counted once, wherever it is used
"""
_NOW = "g.ended_at IS NULL AND g.ends_on >= :today"
_ALL = text(f"""
    {_TOLD} WHERE {SEEN} AND {_NOW}
    ORDER BY joined DESC, g.unit_id IS NULL, g.ends_on, g.id LIMIT {SHOWN}
""")
_ONE = text(f"{_TOLD} WHERE {SEEN} AND g.id = :id")
# The one on the home page: joined first, then the team's before the organisation's; and what was reached today.
_HOME = text(f"""
    {_TOLD} WHERE (g.unit_id IS NULL OR g.unit_id IN {MY_UNITS}) AND g.ended_at IS NULL
      AND (g.ends_on >= :today OR g.reached_at >= :lately)
    ORDER BY (g.reached_at >= :lately) IS TRUE DESC, joined DESC, g.unit_id IS NULL, g.ends_on, g.id LIMIT 1
""")
_OF_UNIT = text(f"""
    {_TOLD} WHERE {SEEN} AND {_NOW} AND g.unit_id IS NOT DISTINCT FROM CAST(:unit AS bigint)
    ORDER BY joined DESC, g.ends_on, g.id LIMIT 1
""")
_UNITS = text(f"SELECT id, name, kind FROM unit WHERE id IN {LED} ORDER BY kind DESC, name, id")


def _asked(me: int, now: datetime, keeps: bool) -> dict[str, Any]:
    zone = settings().timezone
    today = now.astimezone(timezone()).date()
    return {"me": me, "today": today, "zone": zone, "keeps": keeps, "fresh": now - FRESH}


def open_to(me: int, now: datetime, *, keeps: bool = False) -> Sequence[Row[Any]]:
    """The goals of my units and of all of us that run or begin soon. `keeps`: I may keep those of all of us."""
    return db.session.execute(_ALL, _asked(me, now, keeps)).all()


def one(goal_id: int, me: int, now: datetime, *, keeps: bool = False) -> Row[Any]:
    """One goal, also after its end; raises `NotFound` to whom it is not open."""
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
