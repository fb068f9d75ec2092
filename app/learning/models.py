"""Files that bring learning, the maps of their columns, and rows about people whom nobody knows yet."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, Base

UNTOLD = {**PERSONAL, "export": False}  # of the file as a whole, which is not about one person


class LearningImport(Base):
    """One file and how far it is. `done` counts the rows taken up in the order of happening: from there it goes on.

    States: uploaded, trying, tried, queued, running, done, cancelled, failed.
    """

    __tablename__ = "learning_import"
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    name: Mapped[str] = mapped_column(info=UNTOLD)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    made_at: Mapped[datetime] = mapped_column(info=NONE)
    touched_at: Mapped[datetime] = mapped_column(info=NONE)
    ended_at: Mapped[datetime | None] = mapped_column(info=NONE)
    state: Mapped[str] = mapped_column(info=NONE)
    size: Mapped[int] = mapped_column(default=0, server_default="0", info=NONE)
    kind: Mapped[str] = mapped_column(default="", server_default="", info=NONE)
    encoding: Mapped[str] = mapped_column(default="", server_default="", info=NONE)
    separator: Mapped[str] = mapped_column(default="", server_default="", info=NONE)
    header: Mapped[list[str]] = mapped_column(info=NONE)
    sample: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB, info=UNTOLD)  # its first rows
    map: Mapped[dict[str, Any] | None] = mapped_column(info=NONE)
    history: Mapped[date | None] = mapped_column(info=NONE)  # what happened before it is history
    total: Mapped[int] = mapped_column(default=0, server_default="0", info=NONE)
    done: Mapped[int] = mapped_column(default=0, server_default="0", info=NONE)
    new: Mapped[int] = mapped_column(default=0, server_default="0", info=NONE)
    known: Mapped[int] = mapped_column(default=0, server_default="0", info=NONE)
    waiting: Mapped[int] = mapped_column(default=0, server_default="0", info=NONE)
    refused: Mapped[int] = mapped_column(default=0, server_default="0", info=NONE)
    activities: Mapped[int] = mapped_column(default=0, server_default="0", info=NONE)
    trouble: Mapped[dict[str, Any] | None] = mapped_column(info=NONE)  # why it failed, as `rules.told`


class LearningPart(Base):
    """A piece of an uploaded file; gone when the import has ended."""

    __tablename__ = "learning_part"
    import_id: Mapped[int] = mapped_column(
        ForeignKey("learning_import.id", ondelete="CASCADE"), primary_key=True, info=NONE
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=NONE)
    content: Mapped[bytes] = mapped_column(info=UNTOLD)


class LearningRefusal(Base):
    """A row that was refused, with its line and why."""

    __tablename__ = "learning_refusal"
    import_id: Mapped[int] = mapped_column(
        ForeignKey("learning_import.id", ondelete="CASCADE"), primary_key=True, info=NONE
    )
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=NONE)
    reason: Mapped[dict[str, Any]] = mapped_column(info=UNTOLD)


class LearningRow(Base):
    """A row about somebody unknown. It counts when the person becomes known, and then says who that is."""

    __tablename__ = "learning_row"
    __table_args__ = (
        UniqueConstraint("source"),
        Index("ix_learning_row_waiting", "who_kind", "who", postgresql_where="person_id IS NULL"),
        Index("ix_learning_row_person_id", "person_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    import_id: Mapped[int | None] = mapped_column(
        ForeignKey("learning_import.id", ondelete="SET NULL"), index=True, info=NONE
    )
    line: Mapped[int] = mapped_column(info=NONE)
    source: Mapped[str] = mapped_column(info=PERSONAL)
    who_kind: Mapped[str] = mapped_column(info=NONE)  # external_id, email, account
    who: Mapped[str] = mapped_column(info=PERSONAL)
    activity: Mapped[str] = mapped_column(info=PERSONAL)
    origin_name: Mapped[str] = mapped_column(info=NONE)  # the source that the map names
    title: Mapped[str] = mapped_column(info=PERSONAL)
    kind: Mapped[str] = mapped_column(info=NONE)
    happened_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    score: Mapped[float | None] = mapped_column(info=PERSONAL)
    skills: Mapped[list[str]] = mapped_column(info=NONE)
    history: Mapped[bool] = mapped_column(info=NONE)
    stored_at: Mapped[datetime] = mapped_column(info=NONE)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)


class LearningMap(Base):
    """What the columns of a kind of file mean, kept under a name for the next one."""

    __tablename__ = "learning_map"
    name: Mapped[str] = mapped_column(primary_key=True, info=NONE)
    map: Mapped[dict[str, Any]] = mapped_column(info=NONE)
    changed_at: Mapped[datetime] = mapped_column(info=NONE)
