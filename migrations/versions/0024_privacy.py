"""Who sees a badge and may use it, which departments HR serves, what is stored of somebody as a file, and finding traces."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLES = (
    "ALTER TABLE award ADD COLUMN in_review boolean NOT NULL DEFAULT false",
    """ALTER TABLE person ADD COLUMN award_visible text NOT NULL DEFAULT 'colleagues',
        ADD COLUMN award_in_review boolean NOT NULL DEFAULT false,
        ADD COLUMN privacy_officer boolean NOT NULL DEFAULT false""",
    """ALTER TABLE person ADD CONSTRAINT ck_person_award_visible
        CHECK (award_visible IN ('me', 'colleagues', 'public')) NOT VALID""",
    # A department that somebody serves stays: without its row they would serve all.
    """CREATE TABLE hr_department (
        person_id bigint NOT NULL CONSTRAINT fk_hr_department_person_id REFERENCES person,
        department_id bigint NOT NULL CONSTRAINT fk_hr_department_department_id REFERENCES unit,
        CONSTRAINT pk_hr_department PRIMARY KEY (person_id, department_id))""",
    "CREATE INDEX ix_hr_department_department_id ON hr_department (department_id)",
    """CREATE TABLE data_export (
        id uuid CONSTRAINT pk_data_export PRIMARY KEY,
        person_id bigint NOT NULL CONSTRAINT fk_data_export_person_id REFERENCES person,
        asked_at timestamptz NOT NULL, state text NOT NULL, made_at timestamptz, ends_at timestamptz,
        bytes bigint NOT NULL DEFAULT 0)""",
    "CREATE INDEX ix_data_export_person_id ON data_export (person_id, asked_at)",
    # of two that ask at once one finds the other's
    "CREATE UNIQUE INDEX uq_data_export_asked ON data_export (person_id) WHERE state = 'asked'",
    """CREATE TABLE data_export_part (
        export_id uuid NOT NULL CONSTRAINT fk_data_export_part_export_id REFERENCES data_export ON DELETE CASCADE,
        number bigint NOT NULL, content bytea NOT NULL,
        CONSTRAINT pk_data_export_part PRIMARY KEY (export_id, number))""",
    "ALTER TABLE data_export_part ALTER COLUMN content SET STORAGE EXTERNAL",  # a ZIP does not get smaller
)
INDEXES = {
    "ix_look_person_id_hour": "look (person_id, hour, id)",
    "ix_look_refused": "look (hour, id) WHERE NOT allowed",
    "ix_audit_entry_at": "audit_entry (at, id)",
    "ix_audit_entry_actor_id_at": "audit_entry (actor_id, at, id)",
    "ix_audit_entry_person_id_at": "audit_entry (person_id, at, id)",
    "ix_audit_entry_action_at": "audit_entry (action, at, id)",
}
BEFORE = {"ix_look_person_id": "look (person_id)", "ix_audit_entry_person_id": "audit_entry (person_id)"}


def upgrade() -> None:
    for one in TABLES:
        op.execute(one)
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for those who are at work, and nobody waits for it
        op.execute("ALTER TABLE person VALIDATE CONSTRAINT ck_person_award_visible")
        _make(INDEXES)
        _drop(BEFORE)
        op.execute("SET lock_timeout = '2s'")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        _make(BEFORE)
        _drop(INDEXES)
        op.execute("SET lock_timeout = '2s'")
    for table in ("data_export_part", "data_export", "hr_department"):
        op.execute(f"DROP TABLE {table}")
    op.execute("ALTER TABLE person DROP CONSTRAINT ck_person_award_visible")
    op.execute(
        "ALTER TABLE person DROP COLUMN award_visible, DROP COLUMN award_in_review, DROP COLUMN privacy_officer"
    )
    op.execute("ALTER TABLE award DROP COLUMN in_review")


def _make(indexes: dict[str, str]) -> None:
    for name, on in indexes.items():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {on}")


def _drop(indexes: dict[str, str]) -> None:
    for name in indexes:
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
