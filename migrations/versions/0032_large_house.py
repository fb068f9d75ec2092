"""What a large organisation reads often: sums of goals that very many share, and who has a role.

`team_goal.so_far`, `so_far_at`: what a goal of many came to, and when the worker counted it; empty for small ones,
which are counted where they are looked at.
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

INDEXES = {"ix_person_role": "person (role, id) WHERE role <> 'employee'"}


def upgrade() -> None:
    op.execute(
        "ALTER TABLE team_goal ADD COLUMN IF NOT EXISTS so_far BIGINT,"
        " ADD COLUMN IF NOT EXISTS so_far_at TIMESTAMP WITH TIME ZONE"
    )
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for those who are at work, and nobody waits for it
        for name, on in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")  # what a broken off attempt left
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {on}")
        op.execute("SET lock_timeout = '2s'")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        for name in INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.execute("SET lock_timeout = '2s'")
    op.execute("ALTER TABLE team_goal DROP COLUMN so_far, DROP COLUMN so_far_at")
