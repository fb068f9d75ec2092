"""A file with what somebody logged: what they show of it, sealed with their key. Without a completion, while they fill
in the form."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "log_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("completion_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_log_file_person_id"),
        sa.ForeignKeyConstraint(["completion_id"], ["completion.id"], name="fk_log_file_completion_id"),
        sa.PrimaryKeyConstraint("id", name="pk_log_file"),
        sa.UniqueConstraint("completion_id", name="uq_log_file_completion_id"),
    )
    op.create_index("ix_log_file_person_id", "log_file", ["person_id"])
    op.create_index(
        "ix_log_file_sent_at", "log_file", ["sent_at"], postgresql_where=sa.text("completion_id IS NULL")
    )


def downgrade() -> None:
    op.drop_table("log_file")
