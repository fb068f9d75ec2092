"""Wishes to be erased are answered within their term, and objections too.

`erasure_request`: until when an answer may take, if longer than a month, and why. `erasure_refusal`: why a wish was
not followed. `erasure_letter`: whom the worker still tells that it was, sealed. `review_objection.reminded`: of what
its handler was last reminded. And an index by which an erasure finds what somebody wrote when they confirmed.
"""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

INDEX = "ix_completion_confirmer_note"


def upgrade() -> None:
    op.execute("ALTER TABLE erasure_request ADD COLUMN extended_until DATE")
    op.execute("ALTER TABLE erasure_request ADD COLUMN extended_because TEXT")
    op.execute("ALTER TABLE erasure_request ADD COLUMN reminded TEXT")
    op.execute("""
        CREATE TABLE erasure_refusal (
            id BIGSERIAL NOT NULL,
            person_id BIGINT NOT NULL,
            asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
            refused_at TIMESTAMP WITH TIME ZONE NOT NULL,
            refused_by BIGINT,
            because TEXT NOT NULL,
            CONSTRAINT pk_erasure_refusal PRIMARY KEY (id),
            CONSTRAINT fk_erasure_refusal_person_id FOREIGN KEY(person_id) REFERENCES person (id),
            CONSTRAINT fk_erasure_refusal_refused_by FOREIGN KEY(refused_by) REFERENCES person (id))
    """)
    op.execute("CREATE INDEX ix_erasure_refusal_person_id ON erasure_refusal (person_id)")
    op.execute("""
        CREATE TABLE erasure_letter (
            person_id BIGINT NOT NULL,
            sealed BYTEA NOT NULL,
            made_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_erasure_letter PRIMARY KEY (person_id),
            CONSTRAINT fk_erasure_letter_person_id FOREIGN KEY(person_id) REFERENCES person (id))
    """)
    op.execute("ALTER TABLE review_objection ADD COLUMN reminded TEXT")
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for those who are at work, and nobody waits for it
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")
        op.execute(
            f"CREATE INDEX CONCURRENTLY {INDEX} ON completion (confirmer_id) WHERE decision_note <> ''"
        )
        op.execute("SET lock_timeout = '2s'")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")
    op.execute("ALTER TABLE review_objection DROP COLUMN reminded")
    op.execute("DROP TABLE erasure_letter")
    op.execute("DROP TABLE erasure_refusal")
    op.execute("ALTER TABLE erasure_request DROP COLUMN reminded")
    op.execute("ALTER TABLE erasure_request DROP COLUMN extended_because")
    op.execute("ALTER TABLE erasure_request DROP COLUMN extended_until")
