"""Write down what was done, and who looked. Rows are only ever added."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert

from app.audit.models import AuditEntry, Look
from app.db import apart, db


def write(
    action: str,
    *,
    at: datetime,
    actor_id: int | None = None,
    person_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """One act that matters, in its own transaction; `action` is subject:verb, `detail` has no names."""
    db.session.execute(
        insert(AuditEntry).values(
            at=at, actor_id=actor_id, person_id=person_id, action=action, detail=dict(detail or {})
        )
    )


@dataclass(frozen=True, slots=True)
class Act:
    """One of several acts that are written together; `by` and `at` where they are not those of all of them."""

    action: str
    person_id: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    by: int | None = None
    at: datetime | None = None


def write_all(acts: Iterable[Act], *, at: datetime, actor_id: int | None = None) -> None:
    """The same for several, in one statement."""
    rows = [
        {
            "at": act.at or at,
            "actor_id": actor_id if act.by is None else act.by,
            "action": act.action,
            "person_id": act.person_id,
            "detail": dict(act.detail),
        }
        for act in acts
    ]
    if rows:
        db.session.execute(insert(AuditEntry).values(rows))


def look(*, viewer_id: int, person_id: int, what: str, allowed: bool, at: datetime) -> None:
    """Somebody asked for what not every colleague may see: kept whatever the answer, once an hour."""
    look_at_all(viewer_id=viewer_id, person_ids=[person_id], what=what, allowed=allowed, at=at)


def look_at_all(
    *, viewer_id: int, person_ids: Iterable[int], what: str, at: datetime, allowed: bool = True
) -> None:
    """The same for everybody who stands on one page; at oneself there is none."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    row = {"viewer_id": viewer_id, "what": what, "hour": hour, "allowed": allowed}
    rows = [{**row, "person_id": one} for one in sorted(set(person_ids) - {viewer_id})]
    if rows:
        with apart() as connection:
            connection.execute(upsert(Look).values(rows).on_conflict_do_nothing())
