"""Dates of activities, reservations of their places, and who was there."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, Base


class ActivityDate(Base):
    """An activity is given then and there. Its row is locked by whoever gives or takes a place of it.

    `places` None: as many as come. `version` goes up with each edit, and calendars know by it that something changed.
    `once` is the key of the form that made it.
    """

    __tablename__ = "activity_date"
    __table_args__ = (Index("ix_activity_date_activity_id_starts_at", "activity_id", "starts_at"),)
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), info=NONE)
    starts_at: Mapped[datetime] = mapped_column(info=NONE)
    ends_at: Mapped[datetime] = mapped_column(info=NONE)
    place: Mapped[str] = mapped_column(default="", server_default="", info=NONE)
    link: Mapped[str] = mapped_column(default="", server_default="", info=NONE)
    places: Mapped[int | None] = mapped_column(info=NONE)
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    cancelled_at: Mapped[datetime | None] = mapped_column(info=NONE)
    version: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)
    created_at: Mapped[datetime] = mapped_column(info=NONE)
    once: Mapped[str | None] = mapped_column(unique=True, info=NONE)


class Reservation(Base):
    """A place on a date, or on its waiting list; one that stands per person and date."""

    __tablename__ = "reservation"
    __table_args__ = (
        Index(
            "uq_reservation_standing",
            "date_id",
            "person_id",
            unique=True,
            postgresql_where="state IN ('reserved', 'waiting')",
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    date_id: Mapped[int] = mapped_column(ForeignKey("activity_date.id"), info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    state: Mapped[str] = mapped_column(info=PERSONAL)  # reserved, waiting, cancelled
    asked_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    moved_up_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    ended_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)


class Attendance(Base):
    """Somebody was there, on the word of who led it; each `round` of ticking is a report of its own."""

    __tablename__ = "attendance"
    date_id: Mapped[int] = mapped_column(
        ForeignKey("activity_date.id"), primary_key=True, autoincrement=False, info=NONE
    )
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id"), primary_key=True, autoincrement=False, index=True, info=PSEUDONYM
    )
    present: Mapped[bool] = mapped_column(info=PERSONAL)
    round: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)
    how: Mapped[str] = mapped_column(info=PERSONAL)  # ticked, code
    confirmed_by: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PERSONAL)
    recorded_at: Mapped[datetime] = mapped_column(info=PERSONAL)
