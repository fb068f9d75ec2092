"""Taking part in the goals of a team, from now on and no more."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from app.config import timezone
from app.db import array, db
from app.errors import NotFound, Refused
from app.goals.leading import OVER, may, over
from app.goals.queries import NOT_THERE

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


def join(pairs: Sequence[tuple[int, int]], *, at: datetime) -> None:
    """Take part from now on: (goal, person); twice is once. One that was reached meanwhile is over."""
    allowed = may((goal_id, person, False) for goal_id, person in pairs)
    told = {"ids": array(id for id, _ in pairs), "people": array(person for _, person in pairs), "at": at}
    held = db.session.execute(_HOLD, {"ids": array(sorted({id for id, _ in pairs}))}).all()
    if not all(row.inside for row in allowed.values()):
        raise NotFound(NOT_THERE)
    today = at.astimezone(timezone()).date()
    if any(over(row, today) for row in held):
        raise Refused(OVER)
    db.session.execute(_JOIN, told)


def leave(pairs: Sequence[tuple[int, int]], *, at: datetime) -> None:
    """Take part no more: (goal, person). What it has come to stays, so that nobody sees what was whose."""
    may((goal_id, person, False) for goal_id, person in pairs)
    told = {"ids": array(id for id, _ in pairs), "people": array(person for _, person in pairs), "at": at}
    db.session.execute(_LEAVE, told)
