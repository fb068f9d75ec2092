"""Goals of the vision and the tree of skills under them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, Base


class VisionGoal(Base):
    """A goal of the organisation, in its own words."""

    __tablename__ = "vision_goal"
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    slug: Mapped[str] = mapped_column(unique=True, info=NONE)
    name: Mapped[dict[str, Any]] = mapped_column(info=NONE)  # {nl, en}
    position: Mapped[int] = mapped_column(info=NONE)
    version: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)  # one more with each edit


class Skill(Base):
    """A skill under a goal; `lineage` is itself and all its ancestors.

    `framework` is its address in a framework such as ESCO. A retired skill is not chosen any more; what was done for
    it stays.
    """

    __tablename__ = "skill"
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    slug: Mapped[str] = mapped_column(unique=True, info=NONE)
    name: Mapped[dict[str, Any]] = mapped_column(info=NONE)
    enamel: Mapped[str] = mapped_column(info=NONE)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("skill.id"), info=NONE)
    goal_id: Mapped[int | None] = mapped_column(ForeignKey("vision_goal.id"), info=NONE)
    lineage: Mapped[list[int]] = mapped_column(info=NONE)
    position: Mapped[int] = mapped_column(info=NONE)
    levels: Mapped[list[Any]] = mapped_column(
        JSONB, default=list, server_default="[]", info=NONE
    )  # {nl, en} each
    framework: Mapped[str] = mapped_column(default="", server_default="", info=NONE)
    retired_at: Mapped[datetime | None] = mapped_column(info=NONE)
    version: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)  # one more with each edit
