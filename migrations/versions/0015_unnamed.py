"""Lessons without a name, their drafts, pictures and reactions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_FOLLOWS = "fk_lesson_application_lesson_id"


def upgrade() -> None:
    op.execute("ALTER TABLE fact ADD COLUMN in_unit boolean NOT NULL DEFAULT true")
    op.execute("ALTER TABLE organisation ADD COLUMN incident_link text NOT NULL DEFAULT ''")
    op.execute("ALTER TABLE lesson ALTER COLUMN author_id DROP NOT NULL")
    op.execute("ALTER TABLE lesson ADD COLUMN mark bytea")
    op.execute(
        "ALTER TABLE lesson ADD CONSTRAINT ck_lesson_author CHECK (num_nonnulls(author_id, mark) = 1) NOT VALID"
    )
    op.execute(f"ALTER TABLE lesson_application DROP CONSTRAINT {_FOLLOWS}")
    op.execute(
        f"ALTER TABLE lesson_application ADD CONSTRAINT {_FOLLOWS} FOREIGN KEY (lesson_id) REFERENCES lesson (id)"
        " ON UPDATE CASCADE NOT VALID"
    )
    _beside()
    _files()
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for those who are at work, and nobody waits for it
        op.execute("ALTER TABLE lesson VALIDATE CONSTRAINT ck_lesson_author")
        op.execute(f"ALTER TABLE lesson_application VALIDATE CONSTRAINT {_FOLLOWS}")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS uq_lesson_mark")
        op.execute("CREATE UNIQUE INDEX CONCURRENTLY uq_lesson_mark ON lesson (mark)")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_fact_in_no_unit")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_fact_in_no_unit ON fact (person_id, happened_at) WHERE NOT in_unit"
        )
        op.execute("SET lock_timeout = '2s'")


def _beside() -> None:
    """What is kept under marks, with no person beside it."""
    op.create_table(
        "unnamed_tally",
        sa.Column("mark", postgresql.BYTEA(), nullable=False),
        sa.Column("sealed", postgresql.BYTEA(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name="pk_unnamed_tally"),
    )
    op.create_table(
        "lesson_draft",
        sa.Column("mark", postgresql.BYTEA(), nullable=False),
        sa.Column("sealed", postgresql.BYTEA(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name="pk_lesson_draft"),
    )


def _files() -> None:
    op.create_table(
        "lesson_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=True),
        sa.Column("height", sa.BigInteger(), nullable=True),
        sa.Column("content", postgresql.BYTEA(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lesson_id"],
            ["lesson.id"],
            name="fk_lesson_file_lesson_id",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_lesson_file"),
    )
    op.create_index("ix_lesson_file_lesson_id", "lesson_file", ["lesson_id"])
    op.create_table(
        "lesson_reaction",
        sa.Column("lesson_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lesson_id"],
            ["lesson.id"],
            name="fk_lesson_reaction_lesson_id",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_lesson_reaction_person_id"),
        sa.PrimaryKeyConstraint("lesson_id", "person_id", "kind", name="pk_lesson_reaction"),
    )
    op.create_index("ix_lesson_reaction_person_id", "lesson_reaction", ["person_id"])


def downgrade() -> None:
    """Lessons without a name go: the release before has no place for them, and nobody can give them their author."""
    for name in ("lesson_reaction", "lesson_file", "lesson_draft", "unnamed_tally"):
        op.drop_table(name)
    op.execute(
        "DELETE FROM lesson_application WHERE lesson_id IN (SELECT id FROM lesson WHERE author_id IS NULL)"
    )
    op.execute("DELETE FROM lesson WHERE author_id IS NULL")
    op.execute("ALTER TABLE organisation DROP COLUMN incident_link")
    op.execute("DROP INDEX ix_fact_in_no_unit")
    op.execute("ALTER TABLE fact DROP COLUMN in_unit")
    op.execute("ALTER TABLE lesson DROP CONSTRAINT ck_lesson_author")
    op.execute("DROP INDEX uq_lesson_mark")
    op.execute("ALTER TABLE lesson DROP COLUMN mark")
    op.execute("ALTER TABLE lesson ALTER COLUMN author_id SET NOT NULL")
    op.execute(f"ALTER TABLE lesson_application DROP CONSTRAINT {_FOLLOWS}")
    op.execute(
        f"ALTER TABLE lesson_application ADD CONSTRAINT {_FOLLOWS} FOREIGN KEY (lesson_id) REFERENCES lesson (id)"
    )
