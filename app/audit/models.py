"""Traces: inserted only, sealed in blocks by one worker."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, TRACE, Base


class AuditEntry(Base):
    """One act that matters: `action` is subject:verb, such as `client:made`."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_at", "at", "id"),
        Index("ix_audit_entry_actor_id_at", "actor_id", "at", "id"),
        Index("ix_audit_entry_person_id_at", "person_id", "at", "id"),
        Index("ix_audit_entry_action_at", "action", "at", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=TRACE)
    at: Mapped[datetime] = mapped_column(info=TRACE)
    actor_id: Mapped[int | None] = mapped_column(info=TRACE)
    person_id: Mapped[int | None] = mapped_column(info=TRACE)
    action: Mapped[str] = mapped_column(info=TRACE)
    detail: Mapped[dict[str, Any]] = mapped_column(info=TRACE)


class Look(Base):
    """Somebody looked at what not every colleague may see: one row per viewer, subject, what and hour."""

    __tablename__ = "look"
    __table_args__ = (
        UniqueConstraint("viewer_id", "person_id", "what", "hour", "allowed"),
        Index("ix_look_person_id_hour", "person_id", "hour", "id"),
        Index("ix_look_refused", "hour", "id", postgresql_where="NOT allowed"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=TRACE)
    viewer_id: Mapped[int] = mapped_column(info=TRACE)
    person_id: Mapped[int] = mapped_column(info=TRACE)
    what: Mapped[str] = mapped_column(info=TRACE)
    hour: Mapped[datetime] = mapped_column(info=TRACE)
    allowed: Mapped[bool] = mapped_column(info=TRACE)


class Seal(Base):
    """The seal of a block of rows: keyed hash over the rows in id order and over the previous seal."""

    __tablename__ = "seal"
    __table_args__ = (UniqueConstraint("log", "first_id"), UniqueConstraint("log", "number"))
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    log: Mapped[str] = mapped_column(info=NONE)  # ledger, audit
    number: Mapped[int] = mapped_column(info=NONE)
    first_id: Mapped[int] = mapped_column(info=NONE)
    last_id: Mapped[int] = mapped_column(info=NONE)
    rows: Mapped[int] = mapped_column(info=NONE)
    key_name: Mapped[bytes] = mapped_column(info=NONE)  # which master key sealed it
    digest: Mapped[bytes] = mapped_column(info=NONE)
    sealed_at: Mapped[datetime] = mapped_column(info=NONE)
