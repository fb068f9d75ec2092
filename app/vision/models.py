"""Goals of the vision and the tree of skills under them."""

from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, Base


class VisionGoal(Base):
    """A goal of the organisation, in its own words."""

    __tablename__ = "vision_goal"
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    slug: Mapped[str] = mapped_column(unique=True, info=NONE)
    name: Mapped[dict[str, Any]] = mapped_column(info=NONE)  # {nl, en}
    position: Mapped[int] = mapped_column(info=NONE)


class Skill(Base):
    """A skill under a goal; `lineage` is itself and all its ancestors."""

    __tablename__ = "skill"
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    slug: Mapped[str] = mapped_column(unique=True, info=NONE)
    name: Mapped[dict[str, Any]] = mapped_column(info=NONE)
    enamel: Mapped[str] = mapped_column(info=NONE)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("skill.id"), info=NONE)
    goal_id: Mapped[int | None] = mapped_column(ForeignKey("vision_goal.id"), info=NONE)
    lineage: Mapped[list[int]] = mapped_column(info=NONE)
    position: Mapped[int] = mapped_column(info=NONE)
