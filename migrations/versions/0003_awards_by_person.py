"""Awards by person, revoked ones too: deciding and the album ask for them, and read the whole table without it."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_award_person_id", "award", ["person_id"])


def downgrade() -> None:
    op.drop_index("ix_award_person_id", "award")
