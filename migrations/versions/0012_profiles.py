"""Profiles: the badges that somebody chose to show, and whether anybody outside may see them."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("public_profile", "public_job"):
        op.add_column("person", sa.Column(name, sa.Boolean(), server_default="false", nullable=False))
    op.create_table(
        "showcase",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_showcase_person_id"),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name="fk_showcase_award_id"),
        sa.PrimaryKeyConstraint("person_id", "position", name="pk_showcase"),
        sa.UniqueConstraint("person_id", "award_id", name="uq_showcase_person_id_award_id"),
    )
    op.create_index("ix_showcase_award_id", "showcase", ["award_id"])


def downgrade() -> None:
    op.drop_table("showcase")
    for name in ("public_job", "public_profile"):
        op.drop_column("person", name)
