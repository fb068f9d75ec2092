"""One's own goals with their check-ins and who may see them; goals of teams and who joined them."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import NONE, PERSONAL, PSEUDONYM, Base


class Goal(Base):
    """What somebody wants to reach, in own words. `proof` is badge, activity, lesson or words.

    `target_since` is the day on which `target_on` was chosen; None: when the goal was set.
    What proves it counts from `proof_since` on. `touched_at` is the last sign of life, by which a check-in is due.
    `counted_at` dates the fact that stands for it, if one does; `round` counts how often it was stated.
    """

    __tablename__ = "goal"
    __table_args__ = (
        Index("ix_goal_person_id", "person_id", "id"),
        Index("ix_goal_touched_at", "touched_at", postgresql_where="state = 'open' AND remind"),
        Index("ix_goal_shared", "visible", "person_id", postgresql_where="visible <> 'me'"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    title: Mapped[str] = mapped_column(info=PERSONAL)
    why: Mapped[str] = mapped_column(info=PERSONAL)
    lang: Mapped[str] = mapped_column(info=PERSONAL)
    vision_goal_id: Mapped[int | None] = mapped_column(
        ForeignKey("vision_goal.id", ondelete="SET NULL"), info=PERSONAL
    )
    skill_id: Mapped[int | None] = mapped_column(ForeignKey("skill.id"), info=PERSONAL)
    target_on: Mapped[date | None] = mapped_column(info=PERSONAL)
    target_since: Mapped[date | None] = mapped_column(info=PERSONAL)
    proof: Mapped[str] = mapped_column(info=PERSONAL)
    proof_badge_id: Mapped[int | None] = mapped_column(ForeignKey("achievement.id"), info=PERSONAL)
    proof_activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"), info=PERSONAL)
    proof_words: Mapped[str] = mapped_column(info=PERSONAL)
    proof_since: Mapped[datetime] = mapped_column(info=PERSONAL)
    visible: Mapped[str] = mapped_column(info=PERSONAL)  # me, manager, team, named
    remind: Mapped[bool] = mapped_column(info=PERSONAL)
    pace: Mapped[int] = mapped_column(
        default=30, server_default="30", info=PERSONAL
    )  # days between invitations
    state: Mapped[str] = mapped_column(info=PERSONAL)  # open, reached, let_go
    far: Mapped[str] = mapped_column(info=PERSONAL)  # not_started, on_my_way, nearly, reached
    created_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    touched_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    reached_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    invited_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    counted_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
    round: Mapped[int] = mapped_column(default=0, server_default="0", info=NONE)
    version: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)  # one more with each edit
    once: Mapped[str | None] = mapped_column(unique=True, info=NONE)


class GoalViewer(Base):
    """A colleague whom the owner of a goal lets see it."""

    __tablename__ = "goal_viewer"
    goal_id: Mapped[int] = mapped_column(ForeignKey("goal.id"), primary_key=True, info=NONE)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id"), primary_key=True, index=True, info=PSEUDONYM
    )


class GoalCheckIn(Base):
    """How far somebody says they are, and a line about it."""

    __tablename__ = "goal_check_in"
    __table_args__ = (Index("ix_goal_check_in_goal_id", "goal_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    goal_id: Mapped[int] = mapped_column(ForeignKey("goal.id"), info=NONE)
    far: Mapped[str] = mapped_column(info=PERSONAL)
    line: Mapped[str] = mapped_column(info=PERSONAL)
    at: Mapped[datetime] = mapped_column(info=PERSONAL)


class TeamGoal(Base):
    """So many facts of a kind and a skill within a window, by who joins; without a unit it is the organisation's."""

    __tablename__ = "team_goal"
    __table_args__ = (CheckConstraint("target > 0 AND ends_on >= starts_on", name="window"),)
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True, info=NONE)
    title: Mapped[str] = mapped_column(info=NONE)
    lang: Mapped[str] = mapped_column(info=NONE)
    kind: Mapped[str] = mapped_column(info=NONE)
    skill_id: Mapped[int | None] = mapped_column(ForeignKey("skill.id"), info=NONE)
    target: Mapped[int] = mapped_column(info=NONE)
    starts_on: Mapped[date] = mapped_column(info=NONE)
    ends_on: Mapped[date] = mapped_column(info=NONE)
    made_by: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    made_at: Mapped[datetime] = mapped_column(info=NONE)
    ended_at: Mapped[datetime | None] = mapped_column(info=NONE)
    reached_at: Mapped[datetime | None] = mapped_column(info=NONE)
    version: Mapped[int] = mapped_column(default=1, server_default="1", info=NONE)  # one more with each edit
    once: Mapped[str | None] = mapped_column(unique=True, info=NONE)
    so_far: Mapped[int | None] = mapped_column(info=NONE)  # of a goal of many: as the worker counted it
    so_far_at: Mapped[datetime | None] = mapped_column(info=NONE)


class TeamGoalMember(Base):
    """From when until when somebody takes part; what they do in between counts, and stays counted when they leave."""

    __tablename__ = "team_goal_member"
    __table_args__ = (
        Index(
            "uq_team_goal_member_joined",
            "team_goal_id",
            "person_id",
            unique=True,
            postgresql_where="left_at IS NULL",
        ),
        Index("ix_team_goal_member_person_id", "person_id", "team_goal_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    team_goal_id: Mapped[int] = mapped_column(ForeignKey("team_goal.id"), info=NONE)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), info=PSEUDONYM)
    joined_at: Mapped[datetime] = mapped_column(info=PERSONAL)
    left_at: Mapped[datetime | None] = mapped_column(info=PERSONAL)
