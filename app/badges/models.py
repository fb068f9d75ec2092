"""What can be earned, in versions, and who earned it."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, Base


class Achievement(Base):
    """Something that can be earned (Open Badges 3.0: Achievement). Its rules stand in its versions."""

    __tablename__ = "achievement"
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    slug: Mapped[str] = mapped_column(unique=True, info=NONE)
    version_id: Mapped[int | None] = mapped_column(info=NONE)  # the version in force; None: withdrawn
    published_at: Mapped[datetime] = mapped_column(info=NONE)
    position: Mapped[int] = mapped_column(info=NONE)


class AchievementVersion(Base):
    """One published version, never changed: name, words, picture, and per tier criteria and points.

    `body` is the catalogue entry as loaded: {name, summary, kind, glyph, skill, repeats, tiers: [{criteria, points}]}.
    """

    __tablename__ = "achievement_version"
    __table_args__ = (UniqueConstraint("achievement_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    achievement_id: Mapped[int] = mapped_column(ForeignKey("achievement.id"), info=NONE)
    number: Mapped[int] = mapped_column(info=NONE)
    body: Mapped[dict[str, Any]] = mapped_column(info=NONE)
    content_hash: Mapped[bytes] = mapped_column(info=NONE)
    published_at: Mapped[datetime] = mapped_column(info=NONE)


class Award(Base):
    """This earner got this tier of this achievement then, on this evidence, under this version.

    `earned_at` is the first moment at which the criteria were met, in the order of happening. `stretched_from`: where
    it rests on a rolling window that days away made longer, the moment of the first thing in that window. `visible` is
    who may open its page: only `me`, all `colleagues`, or `public`: anyone with the link. `in_review`: it may be used
    in a review of its earner. `seen_at`: its earner was shown it; what comes from the past counts as seen at once.
    """

    __tablename__ = "award"
    __table_args__ = (
        Index(
            "uq_award_standing",
            "person_id",
            "achievement_id",
            "tier",
            "period_key",
            unique=True,
            postgresql_where="revoked_at IS NULL",
        ),
        Index("ix_award_achievement_id", "achievement_id", "tier"),
        Index("ix_award_unseen", "person_id", postgresql_where="seen_at IS NULL AND revoked_at IS NULL"),
        Index("ix_award_hidden", "person_id", postgresql_where="visible = 'me'"),
        CheckConstraint("visible IN ('me', 'colleagues', 'public')", name="visible"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4, info=PSEUDONYM)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True, info=PSEUDONYM)
    achievement_id: Mapped[int] = mapped_column(ForeignKey("achievement.id"), info=NONE)
    version_id: Mapped[int] = mapped_column(ForeignKey("achievement_version.id"), info=NONE)
    tier: Mapped[int] = mapped_column(info=NONE)
    period_key: Mapped[str] = mapped_column(default="", server_default="", info=NONE)
    earned_at: Mapped[datetime] = mapped_column(info=PSEUDONYM)
    awarded_at: Mapped[datetime] = mapped_column(info=PSEUDONYM)
    evidence: Mapped[list[int]] = mapped_column(info=PSEUDONYM)  # ids of facts
    points: Mapped[int] = mapped_column(info=PSEUDONYM)
    stretched_from: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    picture_version: Mapped[int] = mapped_column(info=NONE)
    visible: Mapped[str] = mapped_column(default="colleagues", server_default="colleagues", info=PERSONAL)
    in_review: Mapped[bool] = mapped_column(default=False, server_default="false", info=PERSONAL)
    revoked_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    revoked_by: Mapped[int | None] = mapped_column(
        ForeignKey("person.id"), info=PERSONAL
    )  # None: evidence went
    revoked_because: Mapped[dict[str, Any] | None] = mapped_column(info=PERSONAL)
    seen_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)


class Showcase(Base):
    """A badge that its holder chose to show, and at which place; at most six."""

    __tablename__ = "showcase"
    __table_args__ = (UniqueConstraint("person_id", "award_id"), Index("ix_showcase_award_id", "award_id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, info=PSEUDONYM)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, info=PERSONAL)
    award_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("award.id"), info=PSEUDONYM)


class Agreement(Base):
    """The holder of an award asked a colleague: may your name stand on its page? None: not answered yet."""

    __tablename__ = "agreement"
    __table_args__ = (
        Index("ix_agreement_colleague_id", "colleague_id"),
        CheckConstraint("(agreed IS NULL) = (answered_at IS NULL)", name="answered"),
    )
    award_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("award.id"), primary_key=True, info=PSEUDONYM)
    colleague_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, info=PSEUDONYM)
    asked_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    answered_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    agreed: Mapped[bool | None] = mapped_column(info=PERSONAL)
