"""Rounds, reviews, and what stands in a file. Words of people are sealed with the employee's key.

There is no column for points, ranks, streaks, totals or advice, and none for a sum of verdicts: by its structure a
file cannot hold them. Nothing is evidence that its holder did not release, which the database itself refuses.
"""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, SECRET, Base

_UNDERWAY = "stage <> 'closed' AND stage <> 'withdrawn'"
NEW_ID = text("gen_random_uuid()")


class ReviewRound(Base):
    """HR opens reviews for some jobs and departments at once; their decisions become visible at one moment."""

    __tablename__ = "review_round"
    __table_args__ = (
        CheckConstraint("deciders IN (1, 2)", name="deciders"),
        CheckConstraint("evidence_due <= panel_due AND panel_due <= decide_due", name="in_order"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    name: Mapped[dict[str, Any]] = mapped_column(info=NONE)  # {nl, en}
    evidence_due: Mapped[date] = mapped_column(info=NONE)
    panel_due: Mapped[date] = mapped_column(info=NONE)
    decide_due: Mapped[date] = mapped_column(info=NONE)
    release_on: Mapped[date] = mapped_column(info=NONE)
    deciders: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)
    seen_days: Mapped[int] = mapped_column(default=14, server_default="14", info=NONE)
    object_days: Mapped[int] = mapped_column(default=42, server_default="42", info=NONE)
    opened_by: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    opened_at: Mapped[datetime] = mapped_column(info=NONE)
    invited_at: Mapped[datetime | None] = mapped_column(info=NONE)
    released_at: Mapped[datetime | None] = mapped_column(info=NONE)
    version: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)
    once: Mapped[str | None] = mapped_column(unique=True, info=NONE)  # the key of who opened it: once


class ReviewView(Base):
    """A view of HR's list of reviews that somebody keeps under a name. It holds nothing of those who are listed."""

    __tablename__ = "review_view"
    __table_args__ = (UniqueConstraint("person_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    name: Mapped[str] = mapped_column(info=PERSONAL)
    stage: Mapped[str] = mapped_column(default="", server_default="", info=NONE)
    round_id: Mapped[int | None] = mapped_column(ForeignKey("review_round.id", ondelete="CASCADE"), info=NONE)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id", ondelete="CASCADE"), info=NONE)


class ReviewRoundJob(Base):
    """A job for which a round takes place."""

    __tablename__ = "review_round_job"
    round_id: Mapped[int] = mapped_column(ForeignKey("review_round.id"), primary_key=True, info=NONE)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"), primary_key=True, info=NONE)


class ReviewRoundUnit(Base):
    """A department or team in which a round takes place; none of them: everywhere."""

    __tablename__ = "review_round_unit"
    round_id: Mapped[int] = mapped_column(ForeignKey("review_round.id"), primary_key=True, info=NONE)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True, info=NONE)


class ReviewRoundPanel(Base):
    """Who sits on the panels of a round, or decides in it."""

    __tablename__ = "review_round_panel"
    __table_args__ = (CheckConstraint("seat IN ('member', 'decider')", name="seat"),)
    round_id: Mapped[int] = mapped_column(ForeignKey("review_round.id"), primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, info=PSEUDONYM)
    seat: Mapped[str] = mapped_column(primary_key=True, info=NONE)


class ReviewRoundPerson(Base):
    """Who may take part in a round, for which job: by what they do now, or `listed` by HR."""

    __tablename__ = "review_round_person"
    __table_args__ = (Index("ix_review_round_person_person_id", "person_id"),)
    round_id: Mapped[int] = mapped_column(ForeignKey("review_round.id"), primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, info=PSEUDONYM)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"), primary_key=True, info=PERSONAL)
    listed: Mapped[bool] = mapped_column(default=False, server_default="false", info=PERSONAL)
    invited_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)


class Review(Base):
    """One person, one job, against one published version of its criteria. Its id is random: it is an address.

    `version` goes up with each change of what the file shows: whoever decides or signs names the version they read.
    `department_id` is where the person worked when it began: HR of that department has reach.
    """

    __tablename__ = "review"
    __table_args__ = (
        Index("uq_review_underway", "person_id", "job_id", unique=True, postgresql_where=_UNDERWAY),
        UniqueConstraint("id", "person_id"),  # so that a file can name only its own holder
        Index("ix_review_person_id", "person_id"),
        Index("ix_review_round_id", "round_id"),
        Index("ix_review_underway", "stage", postgresql_where=_UNDERWAY),
        CheckConstraint(
            "stage IN ('gathering', 'panel', 'deciding', 'decided', 'released', 'closed', 'withdrawn')",
            name="stage",
        ),
        CheckConstraint("deciders IN (1, 2)", name="deciders"),
    )
    id: Mapped[uuid.UUID] = mapped_column(
        primary_key=True, default=uuid.uuid4, server_default=NEW_ID, info=PSEUDONYM
    )
    round_id: Mapped[int | None] = mapped_column(ForeignKey("review_round.id"), info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"), info=PERSONAL)
    criteria_id: Mapped[int] = mapped_column(ForeignKey("job_criteria.id"), info=PERSONAL)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), info=PERSONAL)
    asked_by: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    asked_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    stage: Mapped[str] = mapped_column(default="gathering", server_default="gathering", info=PERSONAL)
    deciders: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)
    evidence_due: Mapped[date] = mapped_column(info=PERSONAL)
    panel_due: Mapped[date] = mapped_column(info=PERSONAL)
    decide_due: Mapped[date] = mapped_column(info=PERSONAL)
    seen_days: Mapped[int] = mapped_column(default=14, server_default="14", info=NONE)
    object_days: Mapped[int] = mapped_column(default=42, server_default="42", info=NONE)
    own_words: Mapped[bytes | None] = mapped_column(info=SECRET)
    own_words_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    own_words_draft: Mapped[bytes | None] = mapped_column(info=SECRET)  # only its writer sees it
    gathered_at: Mapped[datetime | None] = mapped_column(
        info=PERSONAL
    )  # the employee: my evidence is complete
    assessed_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)  # the panel is complete
    decided_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    released_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)  # the employee can read the decision
    seen_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)  # signed as seen, which is no agreement
    unseen_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)  # the term ended without a signature
    answer: Mapped[bytes | None] = mapped_column(info=SECRET)
    answered_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    closed_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    reminded: Mapped[str | None] = mapped_column(info=PERSONAL)  # of what the employee was last reminded
    version: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)


class ReviewEvidence(Base):
    """One thing under one criterion, released by its holder. `thing` names it: `badge:<award>`, `lesson_applied:<id>`…

    What it names may go later (revoked, withdrawn, deleted): the file then says so until it is frozen. `sealed` holds
    a document's words, or what the employee says with it.
    """

    __tablename__ = "review_evidence"
    __table_args__ = (
        UniqueConstraint("criterion_id", "review_id", "thing"),
        ForeignKeyConstraint(["review_id", "holder_id"], ["review.id", "review.person_id"]),
        Index("ix_review_evidence_review_id", "review_id"),
        CheckConstraint("released_by = holder_id", name="released_by_holder"),
        CheckConstraint(
            "kind IN ('badge', 'completion', 'lesson_applied', 'kudos', 'recognition', 'observation', 'document')",
            name="kind",
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    review_id: Mapped[uuid.UUID] = mapped_column(info=PSEUDONYM)
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criterion.id"), info=NONE)
    kind: Mapped[str] = mapped_column(info=PERSONAL)
    thing: Mapped[str] = mapped_column(info=PERSONAL)
    holder_id: Mapped[int] = mapped_column(info=PSEUDONYM)
    released_by: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    released_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    sealed: Mapped[bytes | None] = mapped_column(info=SECRET)


class ReviewProposal(Base):
    """HR proposes an item. The row goes when the employee answers, either way: nothing tells a no from silence."""

    __tablename__ = "review_proposal"
    __table_args__ = (
        UniqueConstraint("review_id", "criterion_id", "thing"),
        CheckConstraint("kind IN ('badge', 'completion')", name="kind"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    review_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("review.id"), info=PSEUDONYM)
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criterion.id"), info=NONE)
    kind: Mapped[str] = mapped_column(info=PERSONAL)
    thing: Mapped[str] = mapped_column(info=PERSONAL)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    proposed_at: Mapped[datetime] = mapped_column(info=PERSONAL)


class ReviewObservation(Base):
    """A colleague is asked what they saw; the answer is a draft until filed, and then the employee's to use."""

    __tablename__ = "review_observation"
    __table_args__ = (
        UniqueConstraint("review_id", "criterion_id", "observer_id"),
        Index("ix_review_observation_observer_id", "observer_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    review_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("review.id"), info=PSEUDONYM)
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criterion.id"), info=NONE)
    observer_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    question: Mapped[bytes | None] = mapped_column(info=SECRET)
    asked_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    sealed: Mapped[bytes | None] = mapped_column(info=SECRET)
    observed_on: Mapped[date | None] = mapped_column(info=PERSONAL)
    filed_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    declined_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)


class ReviewSeat(Base):
    """Who assesses or decides. Nobody sits on their own review: the database refuses it.

    `stepped_aside_at`: by their own choice or for a conflict of interest; what they drafted does not count.
    `for_id` is the decider for whom a colleague stands in: the two have one voice.
    """

    __tablename__ = "review_seat"
    __table_args__ = (
        Index("ix_review_seat_person_id", "person_id", postgresql_where="stepped_aside_at IS NULL"),
        ForeignKeyConstraint(["review_id", "holder_id"], ["review.id", "review.person_id"]),
        CheckConstraint("person_id <> holder_id", name="not_ones_own"),
        CheckConstraint("seat IN ('member', 'decider')", name="seat"),
    )
    review_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, info=PSEUDONYM)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, info=PSEUDONYM)
    seat: Mapped[str] = mapped_column(primary_key=True, info=NONE)
    holder_id: Mapped[int] = mapped_column(info=PSEUDONYM)
    named_by: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    named_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    handed_in_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    stepped_aside_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    for_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    reminded: Mapped[str | None] = mapped_column(info=PERSONAL)


class ReviewAssessment(Base):
    """What one member says of one criterion, and why: their draft until the whole panel has handed in."""

    __tablename__ = "review_assessment"
    __table_args__ = (CheckConstraint("verdict IN ('met', 'partly', 'not_yet')", name="verdict"),)
    review_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("review.id"), primary_key=True, info=PSEUDONYM)
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criterion.id"), primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, info=PSEUDONYM)
    verdict: Mapped[str | None] = mapped_column(info=PERSONAL)
    sealed: Mapped[bytes | None] = mapped_column(info=SECRET)
    written_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    version: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)


class ReviewDecision(Base):
    """What one person decided, and why; where two are asked for, both say the same or it is not decided."""

    __tablename__ = "review_decision"
    __table_args__ = (
        CheckConstraint("outcome IN ('promote', 'promote_with_plan', 'not_yet')", name="outcome"),
    )
    review_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("review.id"), primary_key=True, info=PSEUDONYM)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, info=PSEUDONYM)
    outcome: Mapped[str | None] = mapped_column(info=PERSONAL)
    from_on: Mapped[date | None] = mapped_column(info=PERSONAL)
    plan_on: Mapped[date | None] = mapped_column(info=PERSONAL)  # until when what is open becomes a goal
    sealed: Mapped[bytes | None] = mapped_column(info=SECRET)
    written_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    signed_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    version: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)


class ReviewObjection(Base):
    """The employee objects within the term; somebody who had no part in the decision handles it.

    `number` is that of the dossier which was frozen as the decision was released: one objection to each decision.
    """

    __tablename__ = "review_objection"
    __table_args__ = (CheckConstraint("outcome IN ('stands', 'anew')", name="outcome"),)
    review_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("review.id"), primary_key=True, info=PSEUDONYM)
    number: Mapped[int] = mapped_column(primary_key=True, default=1, server_default="1", info=NONE)
    sealed: Mapped[bytes | None] = mapped_column(info=SECRET)
    filed_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    outcome: Mapped[str | None] = mapped_column(info=PERSONAL)
    answer: Mapped[bytes | None] = mapped_column(info=SECRET)
    handled_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    reminded: Mapped[str | None] = mapped_column(info=NONE)  # of what who waits for it was last reminded


class ReviewStep(Base):
    """What happened in a review, the same list for everybody who may open it. `detail` has no names and no words."""

    __tablename__ = "review_step"
    __table_args__ = (Index("ix_review_step_review_id", "review_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    review_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("review.id"), info=PSEUDONYM)
    at: Mapped[datetime] = mapped_column(info=PERSONAL)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    what: Mapped[str] = mapped_column(info=PERSONAL)
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}", info=PERSONAL)


class Dossier(Base):
    """A review as it was decided: frozen, hashed, under a key of its own that outlives the person's, until its term."""

    __tablename__ = "dossier"
    review_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("review.id"), primary_key=True, info=PSEUDONYM)
    number: Mapped[int] = mapped_column(
        primary_key=True, info=NONE
    )  # one more when decided anew, and when closed
    digest: Mapped[bytes] = mapped_column(info=NONE)  # SHA-256 of the canonical JSON (RFC 8785)
    wrapped: Mapped[bytes | None] = mapped_column(info=SECRET)
    sealed: Mapped[bytes | None] = mapped_column(info=SECRET)
    frozen_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    keep_until: Mapped[date] = mapped_column(info=PERSONAL)
    destroyed_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
