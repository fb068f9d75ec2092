"""Views of HR's list of reviews that somebody keeps under a name: a stage, a round, a department.

A name that was searched for is not kept: a view holds nothing of those who are listed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from app.db import db, lock_people
from app.errors import Conflict

MOST = 20  # views of one person

_OF = text(
    "SELECT id, name, stage, round_id, department_id FROM review_view WHERE person_id = :me ORDER BY name, id"
)
_KEEP = text("""
    INSERT INTO review_view (person_id, name, stage, round_id, department_id)
    SELECT :me, :name, :stage, :round, :department
    WHERE (SELECT count(*) FROM review_view WHERE person_id = :me AND name <> :name) < :most
    ON CONFLICT (person_id, name) DO UPDATE
        SET stage = excluded.stage, round_id = excluded.round_id, department_id = excluded.department_id
    RETURNING id
""")
_DROP = text("DELETE FROM review_view WHERE id = :id AND person_id = :me")


@dataclass(frozen=True, slots=True)
class NewView:
    name: str
    stage: str = ""
    round_id: int | None = None
    department_id: int | None = None


def of(me: int) -> Sequence[Any]:
    """One's own, by name."""
    return db.session.execute(_OF, {"me": me}).all()


def keep(view: NewView, *, by: int, full: str) -> int:
    """Under its name, in the place of what had it; `full` says that there are too many."""
    lock_people([by])
    told = {
        "me": by, "name": view.name, "stage": view.stage, "round": view.round_id,
        "department": view.department_id, "most": MOST,
    }  # fmt: skip
    made: int | None = db.session.scalar(_KEEP, told)
    if made is None:
        raise Conflict(full)
    return made


def drop(view_id: int, *, by: int) -> None:
    """Gone twice is gone; somebody else's is not there."""
    lock_people([by])
    db.session.execute(_DROP, {"id": view_id, "me": by})
