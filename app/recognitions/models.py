"""Recognitions and their receivers; occasions with their jury, and the nominations for them."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, Base


class RecognitionOccasion(Base):
    """Something for which colleagues can be nominated, such as a day on which recognitions are given."""

    __tablename__ = "recognition_occasion"
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    name: Mapped[str] = mapped_column(info=NONE)
    lang: Mapped[str] = mapped_column(info=NONE)
    opens_on: Mapped[date] = mapped_column(info=NONE)
    closes_on: Mapped[date] = mapped_column(info=NONE)
    opened_by: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    opened_at: Mapped[datetime] = mapped_column(info=NONE)
    closed_at: Mapped[datetime | None] = mapped_column(info=NONE)  # earlier than `closes_on` says
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    decided_at: Mapped[datetime | None] = mapped_column(info=NONE)
    words: Mapped[str] = mapped_column(default="", server_default="", info=PERSONAL)  # to who was not chosen
    version: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)  # one more with each edit
    once: Mapped[str | None] = mapped_column(unique=True, info=NONE)


class RecognitionJury(Base):
    """Who decides on the nominations of an occasion."""

    __tablename__ = "recognition_jury"
    occasion_id: Mapped[int] = mapped_column(
        ForeignKey("recognition_occasion.id"), primary_key=True, info=NONE
    )
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id"), primary_key=True, index=True, info=PSEUDONYM
    )


class Recognition(Base):
    """Given by a person for a stated reason. Its badge is a slug: the catalogue lies above this room."""

    __tablename__ = "recognition"
    __table_args__ = (
        Index("ix_recognition_given_at", "given_at", "id"),
        CheckConstraint("given_as IN ('manager', 'hr', 'jury')", name="given_as"),
        CheckConstraint(
            "num_nulls(withdrawn_at, withdrawn_by, withdrawn_because) IN (0, 3)", name="withdrawn"
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    giver_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    given_as: Mapped[str] = mapped_column(info=NONE)
    title: Mapped[str] = mapped_column(info=PERSONAL)
    citation: Mapped[str] = mapped_column(info=PERSONAL)
    lang: Mapped[str] = mapped_column(info=PERSONAL)
    occasion: Mapped[str] = mapped_column(default="", server_default="", info=PERSONAL)
    occasion_id: Mapped[int | None] = mapped_column(ForeignKey("recognition_occasion.id"), info=NONE)
    day: Mapped[date] = mapped_column(info=PERSONAL)
    skill_id: Mapped[int | None] = mapped_column(ForeignKey("skill.id"), info=PERSONAL)
    badge: Mapped[str | None] = mapped_column(info=NONE)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), info=NONE)  # a whole team
    given_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    once: Mapped[str | None] = mapped_column(unique=True, info=NONE)
    withdrawn_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    withdrawn_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    withdrawn_because: Mapped[str | None] = mapped_column(info=PERSONAL)


class RecognitionReceiver(Base):
    """Who is recognised, and whether colleagues may see it."""

    __tablename__ = "recognition_receiver"
    __table_args__ = (CheckConstraint("visible IN ('colleagues', 'me')", name="visible"),)
    recognition_id: Mapped[int] = mapped_column(ForeignKey("recognition.id"), primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id"), primary_key=True, index=True, info=PSEUDONYM
    )
    visible: Mapped[str] = mapped_column(default="colleagues", server_default="colleagues", info=PERSONAL)


class Nomination(Base):
    """A colleague is put forward, with a reason. Sealed for everybody else until nominations close."""

    __tablename__ = "nomination"
    __table_args__ = (UniqueConstraint("occasion_id", "nominee_id", "nominator_id"),)
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    occasion_id: Mapped[int] = mapped_column(ForeignKey("recognition_occasion.id"), info=NONE)
    nominee_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    nominator_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    reason: Mapped[str] = mapped_column(info=PERSONAL)
    lang: Mapped[str] = mapped_column(info=PERSONAL)
    nominated_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    decided_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    recognition_id: Mapped[int | None] = mapped_column(ForeignKey("recognition.id"), info=NONE)
    once: Mapped[str | None] = mapped_column(unique=True, info=NONE)
