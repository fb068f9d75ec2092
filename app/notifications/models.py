"""What stands in the inboxes, how each wants to be told, and which mail went when.

No words of others stand here: a notification names a thing by its id, and is said with the rights of who reads it.
"""

from datetime import datetime, time

from sqlalchemy import ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, Base


class Notification(Base):
    """One happening in the inbox of one person. `source` is what it rests on: told again, it adds nothing.

    Those of one kind and thing that were read together, or not yet, are one line of the inbox. `thing` is what they
    have in common, `object_id` what each is about. `way` is how it goes by mail, `mail_id` the mail that took it.
    """

    __tablename__ = "notification"
    __table_args__ = (
        Index("ix_notification_person_id_at", "person_id", "at", "id"),
        Index("ix_notification_unread", "person_id", "kind", "thing", postgresql_where="read_at IS NULL"),
        Index(
            "ix_notification_to_mail",
            "person_id",
            "way",
            postgresql_where="way <> 'none' AND mail_id IS NULL AND read_at IS NULL",
        ),
        Index("ix_notification_read_at", "read_at", postgresql_where="read_at IS NOT NULL"),
        Index("ix_notification_thing", "kind", "thing"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    kind: Mapped[str] = mapped_column(info=PERSONAL)
    thing: Mapped[str] = mapped_column(info=PERSONAL)
    object_id: Mapped[str] = mapped_column(info=PERSONAL)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    at: Mapped[datetime] = mapped_column(info=PERSONAL)
    source: Mapped[str] = mapped_column(unique=True, info=PSEUDONYM)
    way: Mapped[str] = mapped_column(info=NONE)  # now, daily, weekly, none
    mail_id: Mapped[int | None] = mapped_column(
        ForeignKey("notification_mail.id", ondelete="SET NULL"), index=True, info=NONE
    )
    read_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)


class NotificationChoice(Base):
    """How somebody wants to be told of one kind; without a row as the kind has it."""

    __tablename__ = "notification_choice"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, info=PSEUDONYM)
    kind: Mapped[str] = mapped_column(primary_key=True, info=NONE)
    way: Mapped[str] = mapped_column(info=PERSONAL)


class NotificationSettings(Base):
    """When somebody wants mail; without a row as `rules.USUAL` has it. Without quiet hours mail goes at any time."""

    __tablename__ = "notification_settings"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, info=PSEUDONYM)
    mail: Mapped[bool] = mapped_column(info=PERSONAL)
    quiet_from: Mapped[time | None] = mapped_column(info=PERSONAL)
    quiet_until: Mapped[time | None] = mapped_column(info=PERSONAL)
    hour: Mapped[int] = mapped_column(SmallInteger, info=PERSONAL)  # of daily and weekly mail
    weekday: Mapped[int] = mapped_column(SmallInteger, info=PERSONAL)  # 1: Monday


class NotificationMail(Base):
    """A mail to one person for one period of one way: it is due then, and goes once.

    `taken_at`: a worker has taken together what it tells; from then on it takes nothing more.
    """

    __tablename__ = "notification_mail"
    __table_args__ = (
        UniqueConstraint("person_id", "way", "period"),
        Index("ix_notification_mail_due", "next_at", postgresql_where="sent_at IS NULL AND refusal IS NULL"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    way: Mapped[str] = mapped_column(info=NONE)
    period: Mapped[str] = mapped_column(info=NONE)
    due_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    next_at: Mapped[datetime] = mapped_column(info=NONE)
    taken_at: Mapped[datetime | None] = mapped_column(info=NONE)
    tries: Mapped[int] = mapped_column(default=0, server_default="0", info=NONE)
    sent_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    refusal: Mapped[str | None] = mapped_column(info=NONE)
