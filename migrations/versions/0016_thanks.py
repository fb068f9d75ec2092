"""Kudos for whole teams, that can be undone and count for less between two; what is reported, and what was decided."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KUDOS = ("undone_at", "hidden_at", "change_asked_at", "reworded_at")


def upgrade() -> None:
    op.add_column("kudos", sa.Column("team_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key("fk_kudos_team_id", "kudos", "unit", ["team_id"], ["id"])
    op.add_column("kudos", sa.Column("from_pool", sa.Boolean(), server_default="false", nullable=False))
    for name in KUDOS:
        op.add_column("kudos", sa.Column(name, MOMENT, nullable=True))
    op.add_column("kudos_allowance", sa.Column("teams", sa.BigInteger(), server_default="0", nullable=False))
    op.create_check_constraint("teams", "kudos_allowance", "teams >= 0")
    op.add_column(
        "organisation",
        sa.Column("team_kudos_allowance", sa.BigInteger(), server_default="4", nullable=False),
    )
    op.add_column("lesson", sa.Column("hidden_at", MOMENT, nullable=True))
    op.create_table(
        "care_report",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("reporter_id", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name="fk_care_report_decided_by"),
        sa.ForeignKeyConstraint(["reporter_id"], ["person.id"], name="fk_care_report_reporter_id"),
        sa.PrimaryKeyConstraint("id", name="pk_care_report"),
    )
    open_ = sa.text("state = 'open'")
    once = ["kind", "content_id", "reporter_id"]
    op.create_index("ix_care_report_open", "care_report", once, unique=True, postgresql_where=open_)
    op.create_index("ix_care_report_kind_content_id", "care_report", ["kind", "content_id"])
    op.create_index("ix_care_report_reporter_id_reported_at", "care_report", ["reporter_id", "reported_at"])
    op.create_index("ix_care_report_state_id", "care_report", ["state", "id"])


def downgrade() -> None:
    op.drop_table("care_report")
    op.drop_column("lesson", "hidden_at")
    op.drop_column("organisation", "team_kudos_allowance")
    op.drop_column("kudos_allowance", "teams")
    for name in reversed(KUDOS):
        op.drop_column("kudos", name)
    op.drop_column("kudos", "from_pool")
    op.drop_column("kudos", "team_id")
