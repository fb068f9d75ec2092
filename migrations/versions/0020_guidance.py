"""Colleagues who guide each other: offers, plans, meetings, programmes of pairs."""

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
