"""What the projector last put on the boards: the boards of PostgreSQL, for when Redis is away.

Written by the projector only, never in a request; everything here can be made anew from the totals.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, Base


class Standing(Base):
    """Who stands on the boards, and with what; who is out or gone has no row. Kudos are in as the organisation decided.

    The row is also what a projector claims, so that two of them cannot cross.
    """

    __tablename__ = "standing"
    __table_args__ = (
        Index("ix_standing_week", "week_key", "week", "person_id"),
        Index("ix_standing_month", "month_key", "month", "person_id"),
        Index("ix_standing_quarter", "quarter_key", "quarter", "person_id"),
        Index("ix_standing_year", "year_key", "year", "person_id"),
        Index("ix_standing_all_time", "all_time", "person_id"),
    )
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id"), primary_key=True, autoincrement=False, info=PSEUDONYM
    )
    department_id: Mapped[int | None] = mapped_column(index=True, info=PERSONAL)
    team_id: Mapped[int | None] = mapped_column(index=True, info=PERSONAL)
    taking_part: Mapped[bool] = mapped_column(info=PERSONAL)
    week_key: Mapped[str] = mapped_column(info=NONE)
    month_key: Mapped[str] = mapped_column(info=NONE)
    quarter_key: Mapped[str] = mapped_column(info=NONE)
    year_key: Mapped[str] = mapped_column(info=NONE)
    week: Mapped[int] = mapped_column(info=PSEUDONYM)
    month: Mapped[int] = mapped_column(info=PSEUDONYM)
    quarter: Mapped[int] = mapped_column(info=PSEUDONYM)
    year: Mapped[int] = mapped_column(info=PSEUDONYM)
    all_time: Mapped[int] = mapped_column(info=PSEUDONYM)


class BoardCount(Base):
    """How many people have how many points on the board of a scope and window: a rank without counting people."""

    __tablename__ = "board_count"
    scope: Mapped[str] = mapped_column(primary_key=True, info=NONE)
    window: Mapped[str] = mapped_column(primary_key=True, info=NONE)
    points: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    people: Mapped[int] = mapped_column(info=NONE)


class BoardState(Base):
    """Which whole set of boards Redis should have; another one there, or none, is rebuilt."""

    __tablename__ = "board_state"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=NONE)
    epoch: Mapped[str] = mapped_column(info=NONE)
    built_at: Mapped[datetime | None] = mapped_column(info=NONE)
