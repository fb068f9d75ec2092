"""Days away count in rolling windows and for the days of goals.

`award.stretched_from`: where days away stretched a window that an award rests on, the moment of the first thing in it.
`goal.target_since`: the day on which the day of a goal was chosen, where that was not when the goal was set.
"""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE award ADD COLUMN stretched_from TIMESTAMP WITH TIME ZONE")
    op.execute("ALTER TABLE goal ADD COLUMN target_since DATE")


def downgrade() -> None:
    op.execute("ALTER TABLE goal DROP COLUMN target_since")
    op.execute("ALTER TABLE award DROP COLUMN stretched_from")
