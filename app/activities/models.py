"""What one can do to learn, and that a person finished it."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, SECRET, Base

# What search looks into: title and summary in both languages.
WORDS = [
    f"coalesce(activity.{said} ->> '{lang}', '')" for said in ("title", "summary") for lang in ("nl", "en")
]


class Activity(Base):
    """Something one can do to learn. `repeats` says which calendar window makes a new edition.

    `proposed_by` is who described it in an own log; only they and whoever confirms it may see it.
    """

    __tablename__ = "activity"
    __table_args__ = (
        Index("ix_activity_proposed_by", "proposed_by", postgresql_where="proposed_by IS NOT NULL"),
        Index("ix_activity_merged_into_id", "merged_into_id", postgresql_where="merged_into_id IS NOT NULL"),
    )  # and ix_activity_words, on an expression: migration 0011
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    slug: Mapped[str] = mapped_column(unique=True, info=NONE)
    kind: Mapped[str] = mapped_column(info=NONE)
    title: Mapped[dict[str, Any]] = mapped_column(info=NONE)  # {nl, en}
    summary: Mapped[dict[str, Any]] = mapped_column(info=NONE)
    hours: Mapped[float | None] = mapped_column(info=NONE)
    language: Mapped[str | None] = mapped_column(info=NONE)  # None: both
    place: Mapped[str] = mapped_column(default="", server_default="", info=NONE)
    url: Mapped[str] = mapped_column(default="", server_default="", info=NONE)
    mandatory: Mapped[bool] = mapped_column(default=False, server_default="false", info=NONE)
    repeats: Mapped[str | None] = mapped_column(info=NONE)  # None, year, quarter, month
    skills: Mapped[list[int]] = mapped_column(info=NONE)
    # published; proposed: made from a source, or logged by a person; retired: stays with who completed it; merged: it
    # is `merged_into_id` now
    state: Mapped[str] = mapped_column(info=NONE)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"), info=NONE)
    proposed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    created_at: Mapped[datetime] = mapped_column(info=NONE)
    version: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)  # one more with each edit


class ActivityName(Base):
    """An id by which a source knows an activity; several sources may know the same one."""

    __tablename__ = "activity_name"
    iri: Mapped[str] = mapped_column(primary_key=True, info=NONE)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), index=True, info=NONE)


class Completion(Base):
    """One person finished one edition of one activity, however many systems report it.

    What stands here follows from its supports: `completed_at` is the earliest of their moments, `score` the
    best. `round` counts how often it was stated as a fact, by `rules.fact_source(id, round)`.
    """

    __tablename__ = "completion"
    __table_args__ = (
        Index(
            "uq_completion_standing",
            "person_id",
            "activity_id",
            "edition",
            unique=True,
            postgresql_where="state IN ('waiting', 'confirmed')",
        ),
        Index("ix_completion_person_id_completed_at", "person_id", "completed_at", "id"),
        Index("ix_completion_confirmer_waiting", "confirmer_id", postgresql_where="state = 'waiting'"),
        Index("ix_completion_confirmer_note", "confirmer_id", postgresql_where="decision_note <> ''"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), index=True, info=NONE)
    edition: Mapped[str] = mapped_column(default="", server_default="", info=NONE)
    completed_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    recorded_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    state: Mapped[str] = mapped_column(info=PERSONAL)  # waiting, confirmed, declined, withdrawn
    origin: Mapped[str] = mapped_column(info=PERSONAL)  # platform, log, import, history, attendance, guidance
    score: Mapped[float | None] = mapped_column(info=PERSONAL)
    hours: Mapped[float | None] = mapped_column(info=PERSONAL)
    note: Mapped[str] = mapped_column(default="", server_default="", info=PERSONAL)
    link: Mapped[str] = mapped_column(default="", server_default="", info=PERSONAL)
    confirmer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=PERSONAL)
    decided_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    decision_note: Mapped[str] = mapped_column(default="", server_default="", info=PERSONAL)
    round: Mapped[int] = mapped_column(default=0, server_default="0", info=NONE)


class CompletionSupport(Base):
    """What a completion rests on; it goes with its last support. An own log counts once it is confirmed."""

    __tablename__ = "completion_support"
    __table_args__ = (UniqueConstraint("source"),)
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    completion_id: Mapped[int] = mapped_column(ForeignKey("completion.id"), index=True, info=NONE)
    source: Mapped[str] = mapped_column(info=PERSONAL)  # statement:CLIENT:UUID, log:ID, import:…
    at: Mapped[datetime] = mapped_column(info=PERSONAL)
    score: Mapped[float | None] = mapped_column(info=PERSONAL)
    hours: Mapped[float | None] = mapped_column(info=PERSONAL)
    withdrawn_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)


class LogFile(Base):
    """What somebody shows of what they logged: a picture made anew, or a PDF; sealed with their key.

    Without a completion it waits for one, beside what they are filling in, and goes after a while.
    """

    __tablename__ = "log_file"
    __table_args__ = (
        UniqueConstraint("completion_id"),
        Index("ix_log_file_sent_at", "sent_at", postgresql_where="completion_id IS NULL"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    completion_id: Mapped[int | None] = mapped_column(ForeignKey("completion.id"), info=NONE)
    kind: Mapped[str] = mapped_column(info=NONE)  # image/webp, application/pdf
    name: Mapped[str] = mapped_column(info=PERSONAL)
    size: Mapped[int] = mapped_column(info=NONE)  # bytes, before sealing
    sealed: Mapped[bytes] = mapped_column(info=SECRET)
    sent_at: Mapped[datetime] = mapped_column(info=PERSONAL)


class ActivityMerge(Base):
    """One activity became another: the same course, known by several ids. It can be undone."""

    __tablename__ = "activity_merge"
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    from_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), index=True, info=NONE)
    into_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), index=True, info=NONE)
    from_state: Mapped[str] = mapped_column(info=NONE)
    at: Mapped[datetime] = mapped_column(info=NONE)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    undone_at: Mapped[datetime | None] = mapped_column(info=NONE)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)


class MergedName(Base):
    """An id that went along with a merge."""

    __tablename__ = "merged_name"
    merge_id: Mapped[int] = mapped_column(ForeignKey("activity_merge.id"), primary_key=True, info=NONE)
    iri: Mapped[str] = mapped_column(primary_key=True, info=NONE)


class MergedCompletion(Base):
    """What a merge did with a completion: moved, absorbed by one that stood, or made; and as it was before."""

    __tablename__ = "merged_completion"
    merge_id: Mapped[int] = mapped_column(ForeignKey("activity_merge.id"), primary_key=True, info=NONE)
    completion_id: Mapped[int] = mapped_column(ForeignKey("completion.id"), primary_key=True, info=NONE)
    edition: Mapped[str] = mapped_column(info=NONE)
    state: Mapped[str] = mapped_column(info=NONE)
    fate: Mapped[str] = mapped_column(info=NONE)  # moved, absorbed, made


class MergedSupport(Base):
    """Where a support stood before a merge; None: it came later, under an id that went along."""

    __tablename__ = "merged_support"
    merge_id: Mapped[int] = mapped_column(ForeignKey("activity_merge.id"), primary_key=True, info=NONE)
    support_id: Mapped[int] = mapped_column(
        ForeignKey("completion_support.id", ondelete="CASCADE"), primary_key=True, index=True, info=NONE
    )
    completion_id: Mapped[int | None] = mapped_column(ForeignKey("completion.id"), info=NONE)
    withdrawn: Mapped[bool] = mapped_column(info=NONE)  # an own log that waited, of what stood already


class Wish(Base):
    """Somebody asks for what the catalogue does not have. `same` makes equal wishes one line for who answers."""

    __tablename__ = "wish"
    __table_args__ = (
        Index("uq_wish_open", "person_id", "same", unique=True, postgresql_where="state = 'open'"),
        Index("ix_wish_open", "same", postgresql_where="state = 'open'"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    words: Mapped[str] = mapped_column(info=PERSONAL)
    same: Mapped[str] = mapped_column(info=PERSONAL)
    asked_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    state: Mapped[str] = mapped_column(info=PERSONAL)  # open, made, declined
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"), info=NONE)
    answer: Mapped[str] = mapped_column(default="", server_default="", info=PERSONAL)
    answered_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
