"""Boards that PostgreSQL answers as quickly as Redis, team sums, and what full time is."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "organisation", sa.Column("full_time_hours", sa.Float(), server_default="36", nullable=False)
    )
    op.create_index("ix_membership_team_id", "membership", ["team_id"])
    op.add_column("board_state", sa.Column("kudos", sa.Boolean(), nullable=True))
    op.add_column("board_state", sa.Column("teams_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("board_state", sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True))
    _kept()
    _teams()


def _kept() -> None:
    op.create_table(
        "kept_board",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("scope_id", sa.BigInteger(), nullable=False),
        sa.Column("window", sa.Text(), nullable=False),
        sa.Column("kudos", sa.Boolean(), nullable=False),
        sa.Column("levels", sa.Boolean(), nullable=False),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_kept_board"),
        sa.UniqueConstraint("scope", "scope_id", "window", name="uq_kept_board_scope_scope_id_window"),
    )
    op.create_table(
        "board_row",
        sa.Column("board_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("sort_key", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("board_id", "person_id", name="pk_board_row"),
    )
    op.create_index("ix_board_row_sort_key", "board_row", ["board_id", "sort_key"])
    op.create_table(
        "board_level",
        sa.Column("board_id", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("board_id", "level", "bucket", name="pk_board_level"),
    )
    op.create_table(
        "board_shift",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("board_id", sa.BigInteger(), nullable=False),
        sa.Column("points", ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("people", ARRAY(sa.BigInteger()), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_board_shift"),
    )
    op.create_index("ix_board_shift_board_id", "board_shift", ["board_id"])


def _teams() -> None:
    op.create_table(
        "team_share",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("window", sa.Text(), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("kudos", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_team_share_person_id"),
        sa.PrimaryKeyConstraint("person_id", "window", "team_id", name="pk_team_share"),
    )
    op.create_table(
        "team_sum",
        sa.Column("window", sa.Text(), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("kudos", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("hours", sa.Float(), nullable=False),
        sa.Column("unsaid", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["unit.id"], name="fk_team_sum_team_id"),
        sa.PrimaryKeyConstraint("window", "team_id", name="pk_team_sum"),
    )
    op.create_table(
        "team_due",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_team_due"),
    )


def downgrade() -> None:
    for table in (
        "team_due",
        "team_sum",
        "team_share",
        "board_shift",
        "board_level",
        "board_row",
        "kept_board",
    ):
        op.drop_table(table)
    for column in ("looked_at", "teams_at", "kudos"):
        op.drop_column("board_state", column)
    op.drop_index("ix_membership_team_id", "membership")
    op.drop_column("organisation", "full_time_hours")
