"""Who the projector last put on the boards, the large boards that PostgreSQL keeps, and team sums.

All of it follows from totals and ledger, and is written by the worker only, never in a request.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, Base


class BoardMember(Base):
    """Where somebody stands on boards: which units, and whether at all.

    A projector claims people by this row, so that two of them cannot cross; what it says tells from which boards
    somebody has to go who moved or left.
    """

    __tablename__ = "board_member"
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id"), primary_key=True, autoincrement=False, info=PSEUDONYM
    )
    department_id: Mapped[int | None] = mapped_column(info=PERSONAL)
    team_id: Mapped[int | None] = mapped_column(info=PERSONAL)
    taking_part: Mapped[bool] = mapped_column(default=False, server_default="false", info=PERSONAL)


class BoardState(Base):
    """Which filling of the boards Redis should have; another one there, or none, is not read and is made anew.

    `kudos` is what the organisation had decided about kudos on boards when they were filled, `teams_at` when the team
    sums were made, `looked_at` when the worker last looked which boards are large.
    """

    __tablename__ = "board_state"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=NONE)
    epoch: Mapped[str] = mapped_column(info=NONE)
    changed_at: Mapped[datetime] = mapped_column(info=NONE)
    kudos: Mapped[bool | None] = mapped_column(info=NONE)
    teams_at: Mapped[datetime | None] = mapped_column(info=NONE)
    looked_at: Mapped[datetime | None] = mapped_column(info=NONE)


class KeptBoard(Base):
    """A board that is too large to be counted each time somebody looks while Redis is away."""

    __tablename__ = "kept_board"
    __table_args__ = (UniqueConstraint("scope", "scope_id", "window"),)
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    scope: Mapped[str] = mapped_column(info=NONE)  # o, d, t, s
    scope_id: Mapped[int] = mapped_column(info=NONE)
    window: Mapped[str] = mapped_column(info=NONE)
    kudos: Mapped[bool] = mapped_column(info=NONE)  # do kudos count on it
    levels: Mapped[bool] = mapped_column(info=NONE)  # does it have a histogram; else its rows are counted
    filled_at: Mapped[datetime] = mapped_column(info=NONE)


class BoardRow(Base):
    """Somebody's place on a kept board: their points, and in the lowest 31 bits what is left of them by the person's
    id, so that one index from high to low is the order of the board."""

    __tablename__ = "board_row"
    __table_args__ = (Index("ix_board_row_sort_key", "board_id", "sort_key"),)
    board_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=NONE)
    person_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PSEUDONYM)
    sort_key: Mapped[int] = mapped_column(info=PSEUDONYM)


class BoardLevel(Base):
    """The histogram of a kept board: how many people have so many points (level 0), in buckets of 32 (level 1), of
    1,024 (level 2) and of 32,768 (level 3), so that a rank is a sum of some dozens of rows."""

    __tablename__ = "board_level"
    board_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=NONE)
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=NONE)
    bucket: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=NONE)
    people: Mapped[int] = mapped_column(info=NONE)


class BoardShift(Base):
    """What one batch changed in the histogram of one board, until it is folded into it.

    Projectors only insert here, so that no row of the histogram is waited for; a rank adds up both.
    """

    __tablename__ = "board_shift"
    __table_args__ = (Index("ix_board_shift_board_id", "board_id"),)
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    board_id: Mapped[int] = mapped_column(info=NONE)
    points: Mapped[list[int]] = mapped_column(info=NONE)
    people: Mapped[list[int]] = mapped_column(info=NONE)


class TeamShare(Base):
    """What somebody who changed teams within a window earned in each; `team_id` 0 is: in none."""

    __tablename__ = "team_share"
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id"), primary_key=True, autoincrement=False, info=PSEUDONYM
    )
    window: Mapped[str] = mapped_column(primary_key=True, info=NONE)
    team_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PSEUDONYM)
    points: Mapped[int] = mapped_column(info=PSEUDONYM)
    kudos: Mapped[int] = mapped_column(info=PSEUDONYM)


class TeamSum(Base):
    """What people of a team earned while they were in it; and who is in it and takes part: how many, their hours, and
    of how many no hours are known."""

    __tablename__ = "team_sum"
    window: Mapped[str] = mapped_column(primary_key=True, info=NONE)
    team_id: Mapped[int] = mapped_column(
        ForeignKey("unit.id"), primary_key=True, autoincrement=False, info=NONE
    )
    points: Mapped[int] = mapped_column(info=NONE)
    kudos: Mapped[int] = mapped_column(info=NONE)
    size: Mapped[int] = mapped_column(info=NONE)
    hours: Mapped[float] = mapped_column(info=NONE)
    unsaid: Mapped[int] = mapped_column(info=NONE)


class TeamDue(Base):
    """A team whose sums have to be made anew.

    `urgent`: somebody moved or made a choice, which holds at once; `closed`: also those of windows that are closed.
    """

    __tablename__ = "team_due"
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    team_id: Mapped[int] = mapped_column(info=NONE)
    urgent: Mapped[bool] = mapped_column(info=NONE)
    closed: Mapped[bool] = mapped_column(info=NONE)
