"""What a manager and an employee prepare and note; who stands in for a manager."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLES = (
    """CREATE TABLE stand_in (
        person_id bigint CONSTRAINT pk_stand_in PRIMARY KEY CONSTRAINT fk_stand_in_person_id REFERENCES person,
        deputy_id bigint NOT NULL CONSTRAINT fk_stand_in_deputy_id REFERENCES person,
        since date NOT NULL, until date NOT NULL,
        CONSTRAINT ck_stand_in_not_oneself CHECK (person_id <> deputy_id),
        CONSTRAINT ck_stand_in_in_order CHECK (until >= since))""",
    "CREATE INDEX ix_stand_in_deputy_id ON stand_in (deputy_id)",
    """CREATE TABLE conversation (
        id bigserial CONSTRAINT pk_conversation PRIMARY KEY,
        person_id bigint NOT NULL CONSTRAINT fk_conversation_person_id REFERENCES person,
        manager_id bigint NOT NULL CONSTRAINT fk_conversation_manager_id REFERENCES person,
        planned_on date NOT NULL, planned_by bigint NOT NULL CONSTRAINT fk_conversation_planned_by REFERENCES person,
        planned_at timestamptz NOT NULL, held_at timestamptz, cancelled_at timestamptz)""",
    "CREATE INDEX ix_conversation_person_id ON conversation (person_id, planned_on)",
    "CREATE INDEX ix_conversation_manager_id ON conversation (manager_id, planned_on)",
    # of two that plan at once one finds the other's
    """CREATE UNIQUE INDEX uq_conversation_open ON conversation (person_id, manager_id)
        WHERE held_at IS NULL AND cancelled_at IS NULL""",
    """CREATE TABLE conversation_note (
        id bigserial CONSTRAINT pk_conversation_note PRIMARY KEY,
        conversation_id bigint NOT NULL CONSTRAINT fk_conversation_note_conversation_id REFERENCES conversation,
        writer_id bigint NOT NULL CONSTRAINT fk_conversation_note_writer_id REFERENCES person,
        kind text NOT NULL, sealed bytea NOT NULL, written_at timestamptz NOT NULL, filed_at timestamptz)""",
    "CREATE INDEX ix_conversation_note_conversation_id ON conversation_note (conversation_id, id)",
)


def upgrade() -> None:
    for one in TABLES:
        op.execute(one)


def downgrade() -> None:
    for table in ("conversation_note", "conversation", "stand_in"):
        op.execute(f"DROP TABLE {table}")
