"""Why a lesson was hidden, for its author alone: sealed with their key, so that it stays when the name goes."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE lesson ADD COLUMN hidden_why bytea")
    # that of a lesson without a name said by its moment which report it was, and so whose it had been
    op.execute("UPDATE lesson SET hidden_at = shared_at WHERE hidden_at IS NOT NULL AND author_id IS NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE lesson DROP COLUMN hidden_why")
