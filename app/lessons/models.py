"""Lessons and who applies them."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, or_, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, SECRET, Base

WORDS = ("lesson.title", "lesson.happened", "lesson.learned", "lesson.from_now_on")  # what search looks into


class Lesson(Base):
    """One lesson learned. A miss earns exactly what a success earns.

    `text_keys` are digests of every text it has had, `counts` is false for a copy (see `rules.counted_at`). One
    without a name has a `mark` in place of its author, days in place of moments, and a team only as its audience.
    One that its author deleted has `deleted_at`, and is nobody's to see; until `going_at` they can bring it back, and
    nothing of what it earned or has beside it goes before (see `going`).
    """

    __tablename__ = "lesson"
    __table_args__ = (
        Index("ix_lesson_shared_at", "shared_at", "id"),
        Index("ix_lesson_team_id_shared_at", "team_id", "shared_at", "id"),
        Index("uq_lesson_mark", "mark", unique=True),
        Index("ix_lesson_going_at", "going_at", postgresql_where=text("going_at IS NOT NULL")),
        CheckConstraint("num_nonnulls(author_id, mark) = 1", name="author"),
    )  # and ix_lesson_words, on an expression: migration 0011
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    mark: Mapped[bytes | None] = mapped_column(info=SECRET)  # see `unnamed`
    outcome: Mapped[str] = mapped_column(info=PERSONAL)
    title: Mapped[str] = mapped_column(info=PERSONAL)
    happened: Mapped[str] = mapped_column(info=PERSONAL)
    learned: Mapped[str] = mapped_column(info=PERSONAL)
    from_now_on: Mapped[str] = mapped_column(info=PERSONAL)
    skills: Mapped[list[int]] = mapped_column(info=PERSONAL)
    lang: Mapped[str] = mapped_column(info=PERSONAL)
    audience: Mapped[str] = mapped_column(info=PERSONAL)  # team, everyone
    team_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), info=PERSONAL)
    shared_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    edited_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    deleted_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    going_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    hidden_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    hidden_why: Mapped[bytes | None] = mapped_column(info=SECRET)  # sealed with the key of its author
    once: Mapped[str | None] = mapped_column(
        unique=True, info=PSEUDONYM
    )  # author:key of the form, or its digest
    text_keys: Mapped[list[str]] = mapped_column(server_default="{}", info=PERSONAL)
    counts: Mapped[bool] = mapped_column(default=True, server_default="true", info=PERSONAL)


IS_HERE = Lesson.deleted_at.is_(None)  # for whoever may read it
EARNS = or_(IS_HERE, Lesson.going_at.is_not(None))  # what it earned stands: its author may bring it back


class Application(Base):
    """A colleague says: I apply this."""

    __tablename__ = "lesson_application"
    __table_args__ = (Index("ix_lesson_application_at", "at"),)
    lesson_id: Mapped[int] = mapped_column(
        ForeignKey("lesson.id", onupdate="CASCADE"), primary_key=True, info=NONE
    )
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id"), primary_key=True, index=True, info=PSEUDONYM
    )
    how: Mapped[str] = mapped_column(default="", server_default="", info=PERSONAL)
    at: Mapped[datetime] = mapped_column(info=PERSONAL)
    ended_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    round: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)


class Saved(Base):
    """Somebody keeps a lesson to find it again. Nobody but them is told, and no number of it is shown."""

    __tablename__ = "lesson_saved"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, info=PSEUDONYM)
    lesson_id: Mapped[int] = mapped_column(
        ForeignKey("lesson.id", onupdate="CASCADE", ondelete="CASCADE"),
        primary_key=True, index=True, info=PERSONAL,
    )  # fmt: skip
    saved_on: Mapped[date] = mapped_column(info=PERSONAL)


class Tally(Base):
    """Which facts somebody has from lessons without a name; under a mark, sealed with their key."""

    __tablename__ = "unnamed_tally"
    mark: Mapped[bytes] = mapped_column(primary_key=True, info=SECRET)
    sealed: Mapped[bytes] = mapped_column(info=SECRET)


class Attachment(Base):
    """A picture, made anew so that it carries nothing but what it shows; or a PDF, on lessons with a name."""

    __tablename__ = "lesson_file"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, info=NONE)
    lesson_id: Mapped[int] = mapped_column(
        ForeignKey("lesson.id", onupdate="CASCADE", ondelete="CASCADE"), index=True, info=NONE
    )
    kind: Mapped[str] = mapped_column(info=NONE)  # image/webp, application/pdf
    name: Mapped[str] = mapped_column(info=PERSONAL)
    alt: Mapped[str] = mapped_column(info=PERSONAL)
    width: Mapped[int | None] = mapped_column(info=NONE)
    height: Mapped[int | None] = mapped_column(info=NONE)
    content: Mapped[bytes] = mapped_column(info=PERSONAL)


class Reaction(Base):
    """A word to a lesson; it earns nothing."""

    __tablename__ = "lesson_reaction"
    lesson_id: Mapped[int] = mapped_column(
        ForeignKey("lesson.id", onupdate="CASCADE", ondelete="CASCADE"), primary_key=True, info=NONE
    )
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id"), primary_key=True, index=True, info=PSEUDONYM
    )
    kind: Mapped[str] = mapped_column(primary_key=True, info=PERSONAL)
