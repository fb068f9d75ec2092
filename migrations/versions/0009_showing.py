"""Showing badges: who may open an award's page, and who agreed to be named there."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _visible()
    _agreement()


def _visible() -> None:
    """No lock while the rows of everybody are read: the rule first holds for what is written. Can be done again."""
    op.execute("ALTER TABLE award DROP CONSTRAINT IF EXISTS ck_award_visible")
    op.execute("UPDATE award SET visible = 'colleagues' WHERE visible NOT IN ('me', 'colleagues', 'public')")
    op.create_check_constraint(
        op.f("ck_award_visible"),
        "award",
        "visible IN ('me', 'colleagues', 'public')",
        postgresql_not_valid=True,
    )
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE award VALIDATE CONSTRAINT ck_award_visible")


def _agreement() -> None:
    op.create_table(
        "agreement",
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("colleague_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed", sa.Boolean(), nullable=True),
        sa.CheckConstraint("(agreed IS NULL) = (answered_at IS NULL)", name=op.f("ck_agreement_answered")),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_agreement_award_id")),
        sa.ForeignKeyConstraint(["colleague_id"], ["person.id"], name=op.f("fk_agreement_colleague_id")),
        sa.PrimaryKeyConstraint("award_id", "colleague_id", name=op.f("pk_agreement")),
    )
    op.create_index("ix_agreement_colleague_id", "agreement", ["colleague_id"])


def downgrade() -> None:
    op.drop_table("agreement")
    op.drop_constraint(op.f("ck_award_visible"), "award")
