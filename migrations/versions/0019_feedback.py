"""Feedback on lessons, feedback that was asked for, and whether learning was used."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLES = (
    """CREATE TABLE feedback_request (
        id bigserial CONSTRAINT pk_feedback_request PRIMARY KEY,
        asker_id bigint NOT NULL CONSTRAINT fk_feedback_request_asker_id REFERENCES person,
        about text NOT NULL, lang text NOT NULL, unnamed boolean NOT NULL,
        asked_at timestamptz NOT NULL, closes_at timestamptz NOT NULL, closed_at timestamptz,
        shared_at timestamptz, once text CONSTRAINT uq_feedback_request_once UNIQUE)""",
    "CREATE INDEX ix_feedback_request_asker_id ON feedback_request (asker_id)",
    """CREATE TABLE feedback_asked (
        request_id bigint NOT NULL CONSTRAINT fk_feedback_asked_request_id REFERENCES feedback_request,
        person_id bigint NOT NULL CONSTRAINT fk_feedback_asked_person_id REFERENCES person,
        state text NOT NULL, CONSTRAINT pk_feedback_asked PRIMARY KEY (request_id, person_id))""",
    "CREATE INDEX ix_feedback_asked_waiting ON feedback_asked (person_id) WHERE state = 'waiting'",
    """CREATE TABLE feedback (
        id bigserial CONSTRAINT pk_feedback PRIMARY KEY,
        giver_id bigint NOT NULL CONSTRAINT fk_feedback_giver_id REFERENCES person,
        lesson_id bigint CONSTRAINT fk_feedback_lesson_id REFERENCES lesson ON UPDATE CASCADE ON DELETE CASCADE,
        request_id bigint CONSTRAINT fk_feedback_request_id REFERENCES feedback_request,
        keep text NOT NULL, "try" text NOT NULL, lang text NOT NULL, given_at timestamptz NOT NULL,
        helped_at timestamptz, shared_at timestamptz, round bigint NOT NULL DEFAULT 0,
        CONSTRAINT uq_feedback_lesson_id_giver_id UNIQUE (lesson_id, giver_id),
        CONSTRAINT uq_feedback_request_id_giver_id UNIQUE (request_id, giver_id),
        CONSTRAINT ck_feedback_on_one CHECK ((lesson_id IS NULL) <> (request_id IS NULL)))""",
    "CREATE INDEX ix_feedback_giver_id ON feedback (giver_id)",
    """CREATE TABLE learning_use (
        completion_id bigint CONSTRAINT pk_learning_use PRIMARY KEY
            CONSTRAINT fk_learning_use_completion_id REFERENCES completion,
        person_id bigint NOT NULL CONSTRAINT fk_learning_use_person_id REFERENCES person,
        activity_id bigint NOT NULL CONSTRAINT fk_learning_use_activity_id REFERENCES activity,
        answer text NOT NULL, words text NOT NULL, answered_at timestamptz NOT NULL)""",
    "CREATE INDEX ix_learning_use_activity_id ON learning_use (activity_id, answer)",
    "CREATE INDEX ix_learning_use_person_id ON learning_use (person_id, answered_at)",
)


def upgrade() -> None:
    for one in TABLES:
        op.execute(one)


def downgrade() -> None:
    for table in ("learning_use", "feedback", "feedback_asked", "feedback_request"):
        op.execute(f"DROP TABLE {table}")
