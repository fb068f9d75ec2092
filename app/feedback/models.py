"""Feedback, who was asked for it, and whether learning was used."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, Base


class FeedbackRequest(Base):
    """Somebody asks others what to keep and what to try. `unnamed`: a manager asks the whole team about their own
    leading, and reads the answers without names, from five on."""

    __tablename__ = "feedback_request"
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    asker_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    about: Mapped[str] = mapped_column(info=PERSONAL)
    lang: Mapped[str] = mapped_column(info=PERSONAL)
    unnamed: Mapped[bool] = mapped_column(info=NONE)
    asked_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    closes_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    closed_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    shared_at: Mapped[datetime | None] = mapped_column(
        info=PERSONAL
    )  # all who were asked may read the answers
    once: Mapped[str | None] = mapped_column(unique=True, info=NONE)


class FeedbackAsked(Base):
    """Who is asked: waiting, given, declined."""

    __tablename__ = "feedback_asked"
    __table_args__ = (Index("ix_feedback_asked_waiting", "person_id", postgresql_where="state = 'waiting'"),)
    request_id: Mapped[int] = mapped_column(ForeignKey("feedback_request.id"), primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, info=PSEUDONYM)
    state: Mapped[str] = mapped_column(info=PERSONAL)


class Feedback(Base):
    """What to keep and what to try: on a lesson, or as an answer to who asked. `round` counts how often it was marked
    as helpful, for the sources of its facts."""

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("lesson_id", "giver_id"),
        UniqueConstraint("request_id", "giver_id"),
        CheckConstraint("(lesson_id IS NULL) <> (request_id IS NULL)", name="on_one"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    giver_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    lesson_id: Mapped[int | None] = mapped_column(
        ForeignKey("lesson.id", onupdate="CASCADE", ondelete="CASCADE"), info=NONE
    )
    request_id: Mapped[int | None] = mapped_column(ForeignKey("feedback_request.id"), info=NONE)
    keep: Mapped[str] = mapped_column(info=PERSONAL)
    try_: Mapped[str] = mapped_column("try", info=PERSONAL)
    lang: Mapped[str] = mapped_column(info=PERSONAL)
    given_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    helped_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    shared_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    round: Mapped[int] = mapped_column(default=0, server_default="0", info=NONE)


class LearningUse(Base):
    """Weeks after a completion: used, not_yet, not_for_my_work."""

    __tablename__ = "learning_use"
    __table_args__ = (
        Index("ix_learning_use_activity_id", "activity_id", "answer"),
        Index("ix_learning_use_person_id", "person_id", "answered_at"),
    )
    completion_id: Mapped[int] = mapped_column(ForeignKey("completion.id"), primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), info=NONE)
    answer: Mapped[str] = mapped_column(info=PERSONAL)
    words: Mapped[str] = mapped_column(info=PERSONAL)
    answered_at: Mapped[datetime] = mapped_column(info=PERSONAL)
