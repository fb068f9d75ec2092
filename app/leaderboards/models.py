"""Who the projector last put on the boards. Written by the projector only, never in a request."""

from datetime import datetime

from sqlalchemy import ForeignKey
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
    """Which filling of the boards Redis should have; another one there, or none, is not read and is made anew."""

    __tablename__ = "board_state"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=NONE)
    epoch: Mapped[str] = mapped_column(info=NONE)
    changed_at: Mapped[datetime] = mapped_column(info=NONE)
