"""Who can help with what; two colleagues who learn from each other, their meetings; programmes of mentors."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, Base

_OPEN = "state IN ('asked', 'running', 'ending')"


class GuidanceOffer(Base):
    """What somebody can help with, how, and with how many at once."""

    __tablename__ = "guidance_offer"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, info=PSEUDONYM)
    kinds: Mapped[list[str]] = mapped_column(info=PERSONAL)
    skills: Mapped[list[int]] = mapped_column(info=PERSONAL)
    line: Mapped[str] = mapped_column(default="", server_default="", info=PERSONAL)
    lang: Mapped[str] = mapped_column(default="nl", server_default="nl", info=PERSONAL)
    open: Mapped[bool] = mapped_column(default=True, server_default="true", info=PERSONAL)
    guests: Mapped[int] = mapped_column(default=1, server_default="1", info=PERSONAL)
    changed_at: Mapped[datetime] = mapped_column(info=PERSONAL)


class Guidance(Base):
    """One learns from the other. Nobody else sees it, but the learner's manager where the learner says so."""

    __tablename__ = "guidance"
    __table_args__ = (
        Index("uq_guidance_open", "guide_id", "learner_id", "kind", unique=True, postgresql_where=_OPEN),
        Index("ix_guidance_learner_id", "learner_id", "id"),
        Index("ix_guidance_open", "id", postgresql_where=_OPEN),
        CheckConstraint("guide_id <> learner_id", name="two"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    kind: Mapped[str] = mapped_column(info=PERSONAL)
    guide_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    learner_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    proposed_by: Mapped[int | None] = mapped_column(
        ForeignKey("person.id"), info=PSEUDONYM
    )  # None: programme
    skills: Mapped[list[int]] = mapped_column(info=PERSONAL)
    purpose: Mapped[str] = mapped_column(info=PERSONAL)
    state: Mapped[str] = mapped_column(info=PERSONAL)
    asked_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    answered_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    words: Mapped[str] = mapped_column(default="", server_default="", info=PERSONAL)  # with the answer
    planned_from: Mapped[date | None] = mapped_column(Date(), info=PERSONAL)
    planned_to: Mapped[date | None] = mapped_column(Date(), info=PERSONAL)
    host_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), info=PERSONAL)
    shared: Mapped[bool] = mapped_column(default=False, server_default="false", info=PERSONAL)
    end_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    ended_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    # What became of it as learning: counted; short, again (within 90 days), logged (by the learner already).
    learned: Mapped[str | None] = mapped_column(info=PERSONAL)
    once: Mapped[str | None] = mapped_column(unique=True, info=NONE)


class GuidanceMeeting(Base):
    """They met: told by one, confirmed by the other. Of what is talked about only a line, if they like."""

    __tablename__ = "guidance_meeting"
    __table_args__ = (Index("ix_guidance_meeting_guidance_id", "guidance_id", "starts_at"),)
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    guidance_id: Mapped[int] = mapped_column(ForeignKey("guidance.id"), info=NONE)
    starts_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    minutes: Mapped[int] = mapped_column(info=PERSONAL)
    subject: Mapped[str] = mapped_column(default="", server_default="", info=PERSONAL)
    recorded_by: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    recorded_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    state: Mapped[str] = mapped_column(info=PERSONAL)
    decided_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    # What counted when it was confirmed. It keeps filling day and week when the meeting is taken back.
    counted: Mapped[int] = mapped_column(default=0, server_default="0", info=PERSONAL)
    learned: Mapped[int] = mapped_column(default=0, server_default="0", info=PERSONAL)
    share: Mapped[float] = mapped_column(default=1.0, server_default="1", info=PERSONAL)
    reason: Mapped[str] = mapped_column(default="", server_default="", info=PERSONAL)  # again, day, week


class MentorProgramme(Base):
    """Mentors and who they can be mentor of, for a while, brought together by L&D."""

    __tablename__ = "mentor_programme"
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    name: Mapped[dict[str, Any]] = mapped_column(info=NONE)  # {nl, en}
    about: Mapped[dict[str, Any]] = mapped_column(info=NONE)
    starts_on: Mapped[date] = mapped_column(Date(), info=NONE)
    ends_on: Mapped[date] = mapped_column(Date(), info=NONE)
    skills: Mapped[list[int]] = mapped_column(info=NONE)
    most: Mapped[int] = mapped_column(info=NONE)  # pairs of one mentor
    open: Mapped[bool] = mapped_column(default=True, server_default="true", info=NONE)
    created_at: Mapped[datetime] = mapped_column(info=NONE)
    version: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)
    once: Mapped[str | None] = mapped_column(unique=True, info=NONE)


class MentorPlace(Base):
    """Somebody takes part: as mentor, or looking for one."""

    __tablename__ = "mentor_place"
    programme_id: Mapped[int] = mapped_column(ForeignKey("mentor_programme.id"), primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id"), primary_key=True, index=True, info=PSEUDONYM
    )
    role: Mapped[str] = mapped_column(info=PERSONAL)  # mentor, mentee
    skills: Mapped[list[int]] = mapped_column(info=PERSONAL)
    wish: Mapped[str] = mapped_column(default="", server_default="", info=PERSONAL)
    since: Mapped[datetime] = mapped_column(info=PERSONAL)
    left_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)


class MentorPair(Base):
    """L&D thinks these two fit; it is a pair when both say yes, and ends without a reason."""

    __tablename__ = "mentor_pair"
    __table_args__ = (
        Index(
            "uq_mentor_pair_open", "programme_id", "mentee_id", unique=True,
            postgresql_where="state IN ('proposed', 'paired')",
        ),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    programme_id: Mapped[int] = mapped_column(ForeignKey("mentor_programme.id"), info=NONE)
    mentor_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    mentee_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    state: Mapped[str] = mapped_column(info=PERSONAL)  # proposed, paired, ended
    proposed_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    mentor_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)  # when they said yes
    mentee_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    ended_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    guidance_id: Mapped[int | None] = mapped_column(ForeignKey("guidance.id"), index=True, info=NONE)
