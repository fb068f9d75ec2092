"""Who deletes a lesson can bring it back for a moment.

`lesson.going_at`: until when; empty for one that stands, and for one that is gone for good. Whatever reads lessons asks
for `deleted_at`, which is set from the first moment on, so the release before shows no more of it than this one.
"""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

INDEX = "ix_lesson_going_at"


def upgrade() -> None:
    op.execute("ALTER TABLE lesson ADD COLUMN IF NOT EXISTS going_at TIMESTAMP WITH TIME ZONE")
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for those who are at work, and nobody waits for it
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")  # what a broken off attempt left
        op.execute(f"CREATE INDEX CONCURRENTLY {INDEX} ON lesson (going_at) WHERE going_at IS NOT NULL")
        op.execute("SET lock_timeout = '2s'")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")
        op.execute("SET lock_timeout = '2s'")
    # The release before has nobody who takes back what these earned: they are there again, for their authors to delete.
    op.execute("UPDATE lesson SET deleted_at = NULL WHERE going_at IS NOT NULL")
    op.execute("ALTER TABLE lesson DROP COLUMN going_at")
