"""Thanks, their receivers, and the monthly allowance."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, Base


class Kudos(Base):
    """A sentence of what they did, and a skill. What was undone has no receivers any more; its row keeps the key."""

    __tablename__ = "kudos"
    __table_args__ = (Index("ix_kudos_given_at", "given_at", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    giver_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    message: Mapped[str] = mapped_column(info=PERSONAL)
    skill_id: Mapped[int] = mapped_column(ForeignKey("skill.id"), info=PERSONAL)
    lang: Mapped[str] = mapped_column(info=PERSONAL)
    given_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    once: Mapped[str | None] = mapped_column(unique=True, info=NONE)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), info=PERSONAL)  # as a whole
    from_pool: Mapped[bool] = mapped_column(default=False, server_default="false", info=NONE)
    undone_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    hidden_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    change_asked_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    reworded_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)


class KudosReceiver(Base):
    """Who is thanked, and whom they let see it: private, team, everyone."""

    __tablename__ = "kudos_receiver"
    kudos_id: Mapped[int] = mapped_column(ForeignKey("kudos.id"), primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id"), primary_key=True, index=True, info=PSEUDONYM
    )
    visible: Mapped[str] = mapped_column(info=PERSONAL)
    thanked_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)


class KudosAllowance(Base):
    """What a giver thanked in a calendar month: receivers, and whole teams from the pool of who manages people; two
    overspends meet in this row."""

    __tablename__ = "kudos_allowance"
    __table_args__ = (
        CheckConstraint("spent >= 0", name="spent"),
        CheckConstraint("teams >= 0", name="teams"),
    )
    giver_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, info=PSEUDONYM)
    month: Mapped[str] = mapped_column(primary_key=True, info=NONE)
    spent: Mapped[int] = mapped_column(info=PERSONAL)
    teams: Mapped[int] = mapped_column(default=0, server_default="0", info=PERSONAL)
