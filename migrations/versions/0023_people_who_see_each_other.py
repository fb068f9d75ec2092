"""Lessons that somebody saved; how often a goal asks; team goals and occasions that can be edited."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

UP = (
    """CREATE TABLE lesson_saved (
        person_id bigint NOT NULL CONSTRAINT fk_lesson_saved_person_id REFERENCES person,
        lesson_id bigint NOT NULL CONSTRAINT fk_lesson_saved_lesson_id REFERENCES lesson
            ON UPDATE CASCADE ON DELETE CASCADE,
        saved_on date NOT NULL,
        CONSTRAINT pk_lesson_saved PRIMARY KEY (person_id, lesson_id))""",
    "CREATE INDEX ix_lesson_saved_lesson_id ON lesson_saved (lesson_id)",
    # a constant as default: no row is written anew
    "ALTER TABLE goal ADD COLUMN pace bigint NOT NULL DEFAULT 30",
    "ALTER TABLE team_goal ADD COLUMN version bigint NOT NULL DEFAULT 1",
    "ALTER TABLE recognition_occasion ADD COLUMN version bigint NOT NULL DEFAULT 1",
)
DOWN = (
    "ALTER TABLE recognition_occasion DROP COLUMN version",
    "ALTER TABLE team_goal DROP COLUMN version",
    "ALTER TABLE goal DROP COLUMN pace",
    "DROP TABLE lesson_saved",
)


def upgrade() -> None:
    for one in UP:
        op.execute(one)


def downgrade() -> None:
    for one in DOWN:
        op.execute(one)
