"""What can be asked of the traces."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select, tuple_

from app.audit.models import AuditEntry, Look
from app.db import db

Place = tuple[datetime, int]  # where a page ended: the next one begins after it

_LATEST_LOOKS = select(Look).order_by(Look.hour.desc(), Look.id.desc())
_LATEST_ACTS = select(AuditEntry).order_by(AuditEntry.at.desc(), AuditEntry.id.desc())


def looks_at(person_id: int, *, before: Place | None = None, limit: int = 100) -> Sequence[Look]:
    """Who looked at this person, the latest first; refused looks too."""
    return _looks(_LATEST_LOOKS.where(Look.person_id == person_id), before, limit)


def refused_looks(*, before: Place | None = None, limit: int = 100) -> Sequence[Look]:
    """Looks that were refused, at anybody, the latest first."""
    return _looks(_LATEST_LOOKS.where(~Look.allowed), before, limit)


def _looks(statement: Select[Look], before: Place | None, limit: int) -> Sequence[Look]:
    if before is not None:
        statement = statement.where(tuple_(Look.hour, Look.id) < tuple_(*before))
    return db.session.scalars(statement.limit(limit)).all()


def acts_on(person_id: int, *, limit: int = 100) -> Sequence[AuditEntry]:
    """What was done that concerns this person, the latest first."""
    return found(person_id=person_id, limit=limit)


def acts(action: str, *, limit: int = 100) -> Sequence[AuditEntry]:
    """Acts of one kind, the latest first."""
    return found(action=action, limit=limit)


def found(
    *,
    action: str | None = None,
    actor_id: int | None = None,
    person_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: Place | None = None,
    limit: int = 100,
) -> Sequence[AuditEntry]:
    """Acts of one kind, by somebody, about somebody, from then until then; the latest first. Each has its index."""
    given = {AuditEntry.action: action, AuditEntry.actor_id: actor_id, AuditEntry.person_id: person_id}
    statement = _LATEST_ACTS.where(*(column == value for column, value in given.items() if value is not None))
    statement = statement.where(AuditEntry.at >= since) if since is not None else statement
    statement = statement.where(AuditEntry.at < until) if until is not None else statement
    if before is not None:
        statement = statement.where(tuple_(AuditEntry.at, AuditEntry.id) < tuple_(*before))
    return db.session.scalars(statement.limit(limit)).all()
