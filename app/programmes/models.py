"""Programmes, the parts of each of their forms, and who follows them."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, Base


class Programme(Base):
    """A named set of activities. `form` counts how often its parts were changed; `badge` is a slug, shown beside it."""

    __tablename__ = "programme"
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    slug: Mapped[str] = mapped_column(unique=True, info=NONE)
    title: Mapped[dict[str, Any]] = mapped_column(info=NONE)  # {nl, en}
    summary: Mapped[dict[str, Any]] = mapped_column(info=NONE)
    skill_id: Mapped[int | None] = mapped_column(ForeignKey("skill.id"), info=NONE)
    badge: Mapped[str] = mapped_column(default="", server_default="", info=NONE)
    state: Mapped[str] = mapped_column(info=NONE)  # draft, published, retired
    form: Mapped[int] = mapped_column(info=NONE)
    formed_at: Mapped[datetime] = mapped_column(info=NONE)
    published_at: Mapped[datetime | None] = mapped_column(info=NONE)
    created_at: Mapped[datetime] = mapped_column(info=NONE)
    version: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)  # one more with each edit


class ProgrammePart(Base):
    """So many of these activities; a part with one activity is required. The parts of earlier forms stay."""

    __tablename__ = "programme_part"
    __table_args__ = (CheckConstraint("need BETWEEN 1 AND cardinality(activities)", name="need"),)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), primary_key=True, info=NONE)
    form: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=NONE)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=NONE)
    need: Mapped[int] = mapped_column(info=NONE)
    activities: Mapped[list[int]] = mapped_column(info=NONE)


class ProgrammeFollower(Base):
    """Somebody follows a programme, or did. Who completed it keeps that, under the form in which they did.

    `round` counts how often the completion was stated as a fact, by `rules.source_of`.
    """

    __tablename__ = "programme_follower"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, info=PSEUDONYM)
    programme_id: Mapped[int] = mapped_column(
        ForeignKey("programme.id"), primary_key=True, index=True, info=NONE
    )
    followed_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    stopped_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    completed_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    completed_form: Mapped[int | None] = mapped_column(info=NONE)
    round: Mapped[int] = mapped_column(default=0, server_default="0", info=NONE)
