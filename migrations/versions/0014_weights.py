"""How much of its worth a fact earns: less where two keep thanking each other."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE fact ADD COLUMN weight double precision NOT NULL DEFAULT 1")


def downgrade() -> None:
    op.execute("ALTER TABLE fact DROP COLUMN weight")
