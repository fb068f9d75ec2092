"""What people choose at their first sign-in, and awards that are still to be shown.

Whoever holds a badge by now is not shown it again: all awards count as seen. Whoever has said how they want to
appear is not asked anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

AT_ONCE = 20_000
_SEEN = """
    WITH seen AS (
        UPDATE award SET seen_at = awarded_at
        WHERE id IN (SELECT id FROM award WHERE seen_at IS NULL LIMIT :at_once) RETURNING 1)
    SELECT count(*) FROM seen
"""


def upgrade() -> None:
    _nothing_old_is_new()
    op.create_index(
        "ix_award_unseen",
        "award",
        ["person_id"],
        postgresql_where=sa.text("seen_at IS NULL AND revoked_at IS NULL"),
    )
    op.add_column("person", sa.Column("kudos_choice", sa.Text(), nullable=True))
    op.add_column("person", sa.Column("moments", sa.Boolean(), server_default="true", nullable=False))
    op.add_column("person", sa.Column("started_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE person SET started_at = now() WHERE board_choice IS NOT NULL OR NOT game")


def _nothing_old_is_new() -> None:
    """Piece by piece, each committed by itself, so that whoever evaluates meanwhile waits for none of it."""
    with op.get_context().autocommit_block():
        line, asked = op.get_bind(), sa.text(_SEEN).bindparams(at_once=AT_ONCE)
        while line.scalar(asked) == AT_ONCE:
            pass


def downgrade() -> None:
    for column in ("started_at", "moments", "kudos_choice"):
        op.drop_column("person", column)
    op.drop_index("ix_award_unseen", "award")
