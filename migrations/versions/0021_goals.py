"""Goals of one's own and of teams; programmes and who follows them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BIG, TEXT, WHEN = sa.BigInteger, sa.Text, sa.DateTime(timezone=True)
MADE = ("team_goal_member", "team_goal", "goal_check_in", "goal_viewer", "goal",
        "programme_follower", "programme_part", "programme")  # fmt: skip


def upgrade() -> None:
    _programmes()
    _goals()
    _team_goals()


def _programmes() -> None:
    op.create_table(
        "programme",
        sa.Column("id", BIG(), nullable=False),
        sa.Column("slug", TEXT(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.Column("summary", JSONB(), nullable=False),
        sa.Column("skill_id", BIG(), nullable=True),
        sa.Column("badge", TEXT(), server_default="", nullable=False),
        sa.Column("state", TEXT(), nullable=False),
        sa.Column("form", BIG(), nullable=False),
        sa.Column("formed_at", WHEN, nullable=False),
        sa.Column("published_at", WHEN, nullable=True),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("version", BIG(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["skill_id"], ["skill.id"], name="fk_programme_skill_id"),
        sa.PrimaryKeyConstraint("id", name="pk_programme"),
        sa.UniqueConstraint("slug", name="uq_programme_slug"),
    )
    op.create_table(
        "programme_part",
        sa.Column("programme_id", BIG(), nullable=False),
        sa.Column("form", BIG(), autoincrement=False, nullable=False),
        sa.Column("position", BIG(), autoincrement=False, nullable=False),
        sa.Column("need", BIG(), nullable=False),
        sa.Column("activities", ARRAY(BIG()), nullable=False),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name="fk_programme_part_programme_id"),
        sa.PrimaryKeyConstraint("programme_id", "form", "position", name="pk_programme_part"),
        sa.CheckConstraint("need BETWEEN 1 AND cardinality(activities)", name="ck_programme_part_need"),
    )
    op.create_table(
        "programme_follower",
        sa.Column("person_id", BIG(), nullable=False),
        sa.Column("programme_id", BIG(), nullable=False),
        sa.Column("followed_at", WHEN, nullable=False),
        sa.Column("stopped_at", WHEN, nullable=True),
        sa.Column("completed_at", WHEN, nullable=True),
        sa.Column("completed_form", BIG(), nullable=True),
        sa.Column("round", BIG(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_programme_follower_person_id"),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name="fk_programme_follower_programme_id"
        ),
        sa.PrimaryKeyConstraint("person_id", "programme_id", name="pk_programme_follower"),
    )
    op.create_index("ix_programme_follower_programme_id", "programme_follower", ["programme_id"])


def _goals() -> None:
    op.create_table(
        "goal",
        sa.Column("id", BIG(), nullable=False),
        sa.Column("person_id", BIG(), nullable=False),
        sa.Column("title", TEXT(), nullable=False),
        sa.Column("why", TEXT(), nullable=False),
        sa.Column("lang", TEXT(), nullable=False),
        sa.Column("vision_goal_id", BIG(), nullable=True),
        sa.Column("skill_id", BIG(), nullable=True),
        sa.Column("target_on", sa.Date(), nullable=True),
        sa.Column("proof", TEXT(), nullable=False),
        sa.Column("proof_badge_id", BIG(), nullable=True),
        sa.Column("proof_activity_id", BIG(), nullable=True),
        sa.Column("proof_words", TEXT(), nullable=False),
        sa.Column("proof_since", WHEN, nullable=False),
        sa.Column("visible", TEXT(), nullable=False),
        sa.Column("remind", sa.Boolean(), nullable=False),
        sa.Column("state", TEXT(), nullable=False),
        sa.Column("far", TEXT(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("touched_at", WHEN, nullable=False),
        sa.Column("reached_at", WHEN, nullable=True),
        sa.Column("invited_at", WHEN, nullable=True),
        sa.Column("counted_at", WHEN, nullable=True),
        sa.Column("round", BIG(), server_default="0", nullable=False),
        sa.Column("version", BIG(), server_default="1", nullable=False),
        sa.Column("once", TEXT(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_goal_person_id"),
        sa.ForeignKeyConstraint(
            ["vision_goal_id"], ["vision_goal.id"], name="fk_goal_vision_goal_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["skill_id"], ["skill.id"], name="fk_goal_skill_id"),
        sa.ForeignKeyConstraint(["proof_badge_id"], ["achievement.id"], name="fk_goal_proof_badge_id"),
        sa.ForeignKeyConstraint(["proof_activity_id"], ["activity.id"], name="fk_goal_proof_activity_id"),
        sa.PrimaryKeyConstraint("id", name="pk_goal"),
        sa.UniqueConstraint("once", name="uq_goal_once"),
    )
    op.create_index("ix_goal_person_id", "goal", ["person_id", "id"])
    op.create_index(
        "ix_goal_touched_at", "goal", ["touched_at"], postgresql_where=sa.text("state = 'open' AND remind")
    )
    op.create_index(
        "ix_goal_shared", "goal", ["visible", "person_id"], postgresql_where=sa.text("visible <> 'me'")
    )
    op.create_table(
        "goal_viewer",
        sa.Column("goal_id", BIG(), nullable=False),
        sa.Column("person_id", BIG(), nullable=False),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name="fk_goal_viewer_goal_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_goal_viewer_person_id"),
        sa.PrimaryKeyConstraint("goal_id", "person_id", name="pk_goal_viewer"),
    )
    op.create_index("ix_goal_viewer_person_id", "goal_viewer", ["person_id"])
    op.create_table(
        "goal_check_in",
        sa.Column("id", BIG(), nullable=False),
        sa.Column("goal_id", BIG(), nullable=False),
        sa.Column("far", TEXT(), nullable=False),
        sa.Column("line", TEXT(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name="fk_goal_check_in_goal_id"),
        sa.PrimaryKeyConstraint("id", name="pk_goal_check_in"),
    )
    op.create_index("ix_goal_check_in_goal_id", "goal_check_in", ["goal_id", "id"])


def _team_goals() -> None:
    op.create_table(
        "team_goal",
        sa.Column("id", BIG(), nullable=False),
        sa.Column("unit_id", BIG(), nullable=True),
        sa.Column("title", TEXT(), nullable=False),
        sa.Column("lang", TEXT(), nullable=False),
        sa.Column("kind", TEXT(), nullable=False),
        sa.Column("skill_id", BIG(), nullable=True),
        sa.Column("target", BIG(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("made_by", BIG(), nullable=False),
        sa.Column("made_at", WHEN, nullable=False),
        sa.Column("ended_at", WHEN, nullable=True),
        sa.Column("reached_at", WHEN, nullable=True),
        sa.Column("once", TEXT(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_team_goal_unit_id"),
        sa.ForeignKeyConstraint(["skill_id"], ["skill.id"], name="fk_team_goal_skill_id"),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name="fk_team_goal_made_by"),
        sa.PrimaryKeyConstraint("id", name="pk_team_goal"),
        sa.UniqueConstraint("once", name="uq_team_goal_once"),
        sa.CheckConstraint("target > 0 AND ends_on >= starts_on", name="ck_team_goal_window"),
    )
    op.create_index("ix_team_goal_unit_id", "team_goal", ["unit_id"])
    op.create_table(
        "team_goal_member",
        sa.Column("id", BIG(), nullable=False),
        sa.Column("team_goal_id", BIG(), nullable=False),
        sa.Column("person_id", BIG(), nullable=False),
        sa.Column("joined_at", WHEN, nullable=False),
        sa.Column("left_at", WHEN, nullable=True),
        sa.ForeignKeyConstraint(["team_goal_id"], ["team_goal.id"], name="fk_team_goal_member_team_goal_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_team_goal_member_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_team_goal_member"),
    )
    op.create_index(
        "uq_team_goal_member_joined",
        "team_goal_member",
        ["team_goal_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_index("ix_team_goal_member_person_id", "team_goal_member", ["person_id", "team_goal_id"])


def downgrade() -> None:
    for table in MADE:
        op.drop_table(table)
