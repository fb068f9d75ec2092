"""Erasure of a person."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "erasure",
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("at", _WHEN, nullable=False),
        sa.Column("by_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("swept_at", _WHEN, nullable=True),
        sa.PrimaryKeyConstraint("person_id", name="pk_erasure"),
    )
    op.create_index("ix_erasure_waiting", "erasure", ["at"], postgresql_where=sa.text("swept_at IS NULL"))
    op.create_table(
        "erasure_request",
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("asked_at", _WHEN, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_erasure_request"),
    )
    op.create_table(
        "erased_name",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_erased_name"),
    )


def downgrade() -> None:
    for table in ("erased_name", "erasure_request", "erasure"):
        op.drop_table(table)
