"""What can be asked of the traces."""

from collections.abc import Sequence

from sqlalchemy import select

from app.audit.models import AuditEntry, Look
from app.db import db


def looks_at(person_id: int, *, limit: int = 100) -> Sequence[Look]:
    """Who looked at this person, the latest first; refused looks too."""
    statement = select(Look).where(Look.person_id == person_id).order_by(Look.hour.desc(), Look.id.desc())
    return db.session.scalars(statement.limit(limit)).all()


def acts_on(person_id: int, *, limit: int = 100) -> Sequence[AuditEntry]:
    """What was done that concerns this person, the latest first."""
    statement = select(AuditEntry).where(AuditEntry.person_id == person_id).order_by(AuditEntry.id.desc())
    return db.session.scalars(statement.limit(limit)).all()


def acts(action: str, *, limit: int = 100) -> Sequence[AuditEntry]:
    """Acts of one kind, the latest first."""
    statement = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id.desc())
    return db.session.scalars(statement.limit(limit)).all()
