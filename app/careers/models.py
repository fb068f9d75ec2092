"""Jobs in families and levels, what they ask in versions, and targets of the vision."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PSEUDONYM, Base


class JobFamily(Base):
    """Jobs that follow one another, level by level."""

    __tablename__ = "job_family"
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    slug: Mapped[str] = mapped_column(unique=True, info=NONE)
    name: Mapped[dict[str, Any]] = mapped_column(info=NONE)  # {nl, en}
    position: Mapped[int] = mapped_column(info=NONE)
    version: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)  # one more with each edit


class Job(Base):
    """What one can do for the organisation. `known_as` are its names in HR files; open until a day, or not open."""

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_family_id", "family_id", "level"),
        CheckConstraint("level BETWEEN 1 AND 20", name="level"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    slug: Mapped[str] = mapped_column(unique=True, info=NONE)
    family_id: Mapped[int] = mapped_column(ForeignKey("job_family.id"), info=NONE)
    level: Mapped[int] = mapped_column(info=NONE)
    name: Mapped[dict[str, Any]] = mapped_column(info=NONE)
    known_as: Mapped[list[str]] = mapped_column(default=list, server_default="{}", info=NONE)
    open_until: Mapped[date | None] = mapped_column(info=NONE)
    who_may_apply: Mapped[dict[str, Any]] = mapped_column(info=NONE)  # {nl, en}, may be empty
    retired_at: Mapped[datetime | None] = mapped_column(info=NONE)
    version: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)


class JobCriteria(Base):
    """One version of what a job asks. A draft until it is published; then the database refuses every change."""

    __tablename__ = "job_criteria"
    __table_args__ = (
        UniqueConstraint("job_id", "number"),
        Index("uq_job_criteria_draft", "job_id", unique=True, postgresql_where="published_at IS NULL"),
        CheckConstraint("published_at IS NULL OR consented_on IS NOT NULL", name="consented"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"), info=NONE)
    number: Mapped[int] = mapped_column(info=NONE)
    consented_on: Mapped[date | None] = mapped_column(info=NONE)  # by the works council
    published_at: Mapped[datetime | None] = mapped_column(info=NONE)
    published_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    version: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)


class Criterion(Base):
    """One thing that is asked: in words, a skill at a level, and what counts as evidence. `key` lasts over versions."""

    __tablename__ = "criterion"
    __table_args__ = (
        UniqueConstraint("criteria_id", "key"),
        CheckConstraint("level BETWEEN 1 AND 4", name="level"),
        CheckConstraint(
            "evidence <@ ARRAY['badge', 'completion', 'lesson_applied', 'recognition', 'observation', 'document']",
            name="evidence",
        ),
        Index("ix_criterion_skill_id", "skill_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    criteria_id: Mapped[int] = mapped_column(ForeignKey("job_criteria.id", ondelete="CASCADE"), info=NONE)
    key: Mapped[uuid.UUID] = mapped_column(info=NONE)
    position: Mapped[int] = mapped_column(info=NONE)
    text: Mapped[dict[str, Any]] = mapped_column(info=NONE)  # {nl, en}
    skill_id: Mapped[int] = mapped_column(ForeignKey("skill.id"), info=NONE)
    level: Mapped[int] = mapped_column(info=NONE)
    evidence: Mapped[list[str]] = mapped_column(info=NONE)
    version: Mapped[int] = mapped_column(
        default=1, server_default="1", info=NONE
    )  # of the draft that it is in


class CriterionBadge(Base):
    """HR says: this badge, of this tier or a higher one, is evidence for that criterion."""

    __tablename__ = "criterion_badge"
    criterion_id: Mapped[int] = mapped_column(
        ForeignKey("criterion.id", ondelete="CASCADE"), primary_key=True, info=NONE
    )
    achievement_id: Mapped[int] = mapped_column(
        ForeignKey("achievement.id"), primary_key=True, index=True, info=NONE
    )
    tier: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)


class VisionTarget(Base):
    """So many people with a skill at a level by the end of a year or quarter; without a unit in the organisation."""

    __tablename__ = "vision_target"
    __table_args__ = (
        UniqueConstraint("skill_id", "unit_id", "level", "period", postgresql_nulls_not_distinct=True),
        CheckConstraint("level BETWEEN 1 AND 4 AND people > 0", name="numbers"),
        CheckConstraint("period ~ '^20[0-9]{2}(-Q[1-4])?$'", name="period"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    skill_id: Mapped[int] = mapped_column(ForeignKey("skill.id"), info=NONE)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True, info=NONE)
    level: Mapped[int] = mapped_column(info=NONE)
    people: Mapped[int] = mapped_column(info=NONE)
    period: Mapped[str] = mapped_column(info=NONE)  # YYYY or YYYY-Qn
    version: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)
