"""The ledger, the totals that follow from it, and the versions of the rules."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PSEUDONYM, TRACE, Base


class PointRules(Base):
    """One version of how much things are worth; in force from `valid_from` until the next one."""

    __tablename__ = "point_rules"
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    valid_from: Mapped[datetime] = mapped_column(unique=True, info=NONE)
    rules: Mapped[dict[str, Any]] = mapped_column(info=NONE)
    content_hash: Mapped[bytes] = mapped_column(info=NONE)


class LedgerEntry(Base):
    """One entry with its receipt: what for, under which version of the rules, why this many.

    `reason` is earned, badge, or why it is 0: cap_day, cap_week, mandatory, worthless, retroactive, history; a reversal
    has `reverses_id` and minus what it reverses. Inserted only; triggers and grants see to that.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (Index("ix_ledger_entry_person_id_earned_at", "person_id", "earned_at", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True, info=TRACE)
    source: Mapped[str] = mapped_column(unique=True, info=TRACE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=TRACE)
    fact_id: Mapped[int | None] = mapped_column(ForeignKey("fact.id"), index=True, info=TRACE)
    award_id: Mapped[uuid.UUID | None] = mapped_column(index=True, info=TRACE)
    rules_id: Mapped[int | None] = mapped_column(ForeignKey("point_rules.id"), info=TRACE)
    kind: Mapped[str] = mapped_column(info=TRACE)
    points: Mapped[int] = mapped_column(info=TRACE)
    reason: Mapped[str] = mapped_column(info=TRACE)
    earned_at: Mapped[datetime] = mapped_column(info=TRACE)
    day: Mapped[date] = mapped_column(info=TRACE)
    recorded_at: Mapped[datetime] = mapped_column(info=TRACE)
    skills: Mapped[list[int]] = mapped_column(info=TRACE)
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True, info=TRACE)


class Windows:
    """Points of the current week, month, quarter, year and of all time, each with the part that kudos are."""

    week_key: Mapped[str] = mapped_column(default="", server_default="", info=NONE)
    month_key: Mapped[str] = mapped_column(default="", server_default="", info=NONE)
    quarter_key: Mapped[str] = mapped_column(default="", server_default="", info=NONE)
    year_key: Mapped[str] = mapped_column(default="", server_default="", info=NONE)
    week: Mapped[int] = mapped_column(default=0, server_default="0", info=PSEUDONYM)
    month: Mapped[int] = mapped_column(default=0, server_default="0", info=PSEUDONYM)
    quarter: Mapped[int] = mapped_column(default=0, server_default="0", info=PSEUDONYM)
    year: Mapped[int] = mapped_column(default=0, server_default="0", info=PSEUDONYM)
    all_time: Mapped[int] = mapped_column(default=0, server_default="0", info=PSEUDONYM)
    week_kudos: Mapped[int] = mapped_column(default=0, server_default="0", info=PSEUDONYM)
    month_kudos: Mapped[int] = mapped_column(default=0, server_default="0", info=PSEUDONYM)
    quarter_kudos: Mapped[int] = mapped_column(default=0, server_default="0", info=PSEUDONYM)
    year_kudos: Mapped[int] = mapped_column(default=0, server_default="0", info=PSEUDONYM)
    all_time_kudos: Mapped[int] = mapped_column(default=0, server_default="0", info=PSEUDONYM)


class PersonTotal(Windows, Base):
    """One wide row per person; also the row that is locked (`app.db.lock_people`).

    `counts` holds how many facts stand per kind, `kind:activity kind` and `kind@skill`: an upper bound with which
    most criteria are set aside without reading the log. `caps` holds what was earned today and this week per kind
    that has a cap. `last_at` is the moment of the latest fact.
    """

    __tablename__ = "person_total"
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id"), primary_key=True, autoincrement=False, info=PSEUDONYM
    )
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}", info=PSEUDONYM)
    caps: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}", info=PSEUDONYM)
    last_at: Mapped[datetime | None] = mapped_column(info=PSEUDONYM)


class SkillTotal(Windows, Base):
    """The same per skill; an entry counts in full on each skill of its fact and on that skill's ancestors."""

    __tablename__ = "skill_total"
    __table_args__ = (Index("ix_skill_total_skill_id", "skill_id"),)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id"), primary_key=True, autoincrement=False, info=PSEUDONYM
    )
    skill_id: Mapped[int] = mapped_column(
        ForeignKey("skill.id"), primary_key=True, autoincrement=False, info=PSEUDONYM
    )


class PeriodTotal(Base):
    """A window that is closed (for this person): `skill_id` 0 is the total."""

    __tablename__ = "period_total"
    __table_args__ = (Index("ix_period_total_window_skill_id", "window", "skill_id", "points"),)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id"), primary_key=True, autoincrement=False, info=PSEUDONYM
    )
    skill_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=NONE)
    window: Mapped[str] = mapped_column(primary_key=True, info=NONE)
    points: Mapped[int] = mapped_column(info=PSEUDONYM)
    kudos: Mapped[int] = mapped_column(info=PSEUDONYM)
    corrected_at: Mapped[datetime | None] = mapped_column(info=NONE)
