"""What learning platforms sent, as they sent it."""

import uuid
from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, STATEMENT, Base

# Means of statements that never support a completion: emptied when their time is over.
PASSING = ("nothing", "scored", "progressed", "failed")


class Statement(Base):
    """One xAPI statement of one client. After retention `body` is empty; id and content hash stay, so that a
    resend is still known."""

    __tablename__ = "statement"
    __table_args__ = (
        Index("ix_statement_client_id_stored_at", "client_id", "stored_at", "seq"),
        Index("ix_statement_actor_waiting", "actor", postgresql_where="person_id IS NULL"),
        Index("ix_statement_person_id", "person_id"),
        Index("ix_statement_target", "client_id", "target_id", postgresql_where="target_id IS NOT NULL"),
        Index(
            "ix_statement_passing",
            "stored_at",
            postgresql_where="body IS NOT NULL AND means IN ('nothing', 'scored', 'progressed', 'failed')",
        ),
    )
    client_id: Mapped[int] = mapped_column(ForeignKey("api_client.id"), primary_key=True, info=NONE)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, info=NONE)
    seq: Mapped[int] = mapped_column(info=NONE)  # place within its batch
    stored_at: Mapped[datetime] = mapped_column(info=NONE)
    happened_at: Mapped[datetime] = mapped_column(info=STATEMENT)
    version: Mapped[str] = mapped_column(info=NONE)  # of xAPI, that the request spoke
    body: Mapped[str | None] = mapped_column(info=STATEMENT)
    content_hash: Mapped[bytes] = mapped_column(info=NONE)  # keyed: it tells nothing when the body is gone
    derived: Mapped[bool] = mapped_column(info=NONE)  # its id was made here
    actor: Mapped[str | None] = mapped_column(info=PERSONAL)  # "kind value" of an actor who is no group
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    means: Mapped[str] = mapped_column(info=STATEMENT)
    target_id: Mapped[uuid.UUID | None] = mapped_column(info=NONE)  # of a voiding statement
    voided_at: Mapped[datetime | None] = mapped_column(info=NONE)


class Refusal(Base):
    """What a client was refused and why, once per day, reason and place; how often, and when the last time."""

    __tablename__ = "refusal"
    __table_args__ = (
        UniqueConstraint("client_id", "day", "code", "property"),
        Index("ix_refusal_client_id_last_at", "client_id", "last_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    client_id: Mapped[int] = mapped_column(ForeignKey("api_client.id"), info=NONE)
    day: Mapped[date] = mapped_column(Date(), info=NONE)
    status: Mapped[int] = mapped_column(info=NONE)
    code: Mapped[str] = mapped_column(info=NONE)
    property: Mapped[str] = mapped_column(info=NONE)  # where, without what stood there
    message: Mapped[str] = mapped_column(info=NONE)
    count: Mapped[int] = mapped_column(info=NONE)
    last_at: Mapped[datetime] = mapped_column(info=NONE)
