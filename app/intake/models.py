"""What the desk decided, so that it can be undone."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, Base


class IdentityJoin(Base):
    """Somebody said: this name is that person."""

    __tablename__ = "identity_join"
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    kind: Mapped[str] = mapped_column(info=NONE)
    value: Mapped[str] = mapped_column(info=PERSONAL)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    at: Mapped[datetime] = mapped_column(info=NONE)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    undone_at: Mapped[datetime | None] = mapped_column(info=NONE)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)


class IgnoredName(Base):
    """A name that need not be shown: nobody of ours. What came under it is kept."""

    __tablename__ = "ignored_name"
    name: Mapped[str] = mapped_column(primary_key=True, info=PERSONAL)  # as in statement.actor
    at: Mapped[datetime] = mapped_column(info=NONE)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
