"""Files of learning records, their maps and jobs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FIGURES = ("size", "total", "done", "new", "known", "waiting", "refused", "activities")


def upgrade() -> None:
    _imports()
    _of_imports()
    op.create_table(
        "learning_row",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("who_kind", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("origin_name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("skills", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("history", sa.Boolean(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["learning_import.id"], name=op.f("fk_learning_row_import_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_learning_row_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learning_row")),
        sa.UniqueConstraint("source", name=op.f("uq_learning_row_source")),
    )
    op.create_index(op.f("ix_learning_row_import_id"), "learning_row", ["import_id"])
    op.create_index(op.f("ix_learning_row_person_id"), "learning_row", ["person_id"])
    op.create_index(
        "ix_learning_row_waiting",
        "learning_row",
        ["who_kind", "who"],
        postgresql_where=sa.text("person_id IS NULL"),
    )


def _imports() -> None:
    op.create_table(
        "learning_import",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("encoding", sa.Text(), server_default="", nullable=False),
        sa.Column("separator", sa.Text(), server_default="", nullable=False),
        sa.Column("header", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("sample", postgresql.JSONB(), nullable=True),
        sa.Column("map", postgresql.JSONB(), nullable=True),
        sa.Column("history", sa.Date(), nullable=True),
        *(sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in FIGURES),
        sa.Column("trouble", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_learning_import_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learning_import")),
    )
    op.create_table(
        "learning_map",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("map", postgresql.JSONB(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_learning_map")),
    )


def _of_imports() -> None:
    for table, second, rest in (
        ("learning_part", "number", sa.Column("content", sa.LargeBinary(), nullable=False)),
        ("learning_refusal", "line", sa.Column("reason", postgresql.JSONB(), nullable=False)),
    ):
        op.create_table(
            table,
            sa.Column("import_id", sa.BigInteger(), nullable=False),
            sa.Column(second, sa.BigInteger(), nullable=False),
            rest,
            sa.ForeignKeyConstraint(
                ["import_id"], ["learning_import.id"], name=op.f(f"fk_{table}_import_id"), ondelete="CASCADE"
            ),
            sa.PrimaryKeyConstraint("import_id", second, name=op.f(f"pk_{table}")),
        )


def downgrade() -> None:
    for table in ("learning_row", "learning_refusal", "learning_part", "learning_map", "learning_import"):
        op.drop_table(table)
