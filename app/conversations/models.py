"""Conversations, and what was prepared and noted for them."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, SECRET, Base

_OPEN = "held_at IS NULL AND cancelled_at IS NULL"


class Conversation(Base):
    """A manager and an employee talk on a day; at most one that is still to come between the two."""

    __tablename__ = "conversation"
    __table_args__ = (
        Index("ix_conversation_person_id", "person_id", "planned_on"),
        Index("ix_conversation_manager_id", "manager_id", "planned_on"),
        Index("uq_conversation_open", "person_id", "manager_id", unique=True, postgresql_where=_OPEN),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    manager_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    planned_on: Mapped[date] = mapped_column(info=PERSONAL)
    planned_by: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    planned_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    held_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    cancelled_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)


class ConversationNote(Base):
    """A question or a note, encrypted with the employee's key. Until it is filed it is its writer's alone."""

    __tablename__ = "conversation_note"
    __table_args__ = (Index("ix_conversation_note_conversation_id", "conversation_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), info=NONE)
    writer_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    kind: Mapped[str] = mapped_column(info=NONE)
    sealed: Mapped[bytes] = mapped_column(info=SECRET)
    written_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    filed_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
