"""An objection is to one decision: whoever is decided about anew can object anew."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # number 1 is the dossier that was frozen as the first decision was released: what there is objects to that
    op.execute("ALTER TABLE review_objection ADD COLUMN number BIGINT DEFAULT '1' NOT NULL")
    op.execute("ALTER TABLE review_objection DROP CONSTRAINT pk_review_objection")
    op.execute(
        "ALTER TABLE review_objection ADD CONSTRAINT pk_review_objection PRIMARY KEY (review_id, number)"
    )


def downgrade() -> None:
    # one of each review has a place there: the first, which led to the decision anew, goes
    op.execute("""
        DELETE FROM review_objection o
        USING review_objection later WHERE later.review_id = o.review_id AND later.number > o.number
    """)
    op.execute("ALTER TABLE review_objection DROP CONSTRAINT pk_review_objection")
    op.execute("ALTER TABLE review_objection ADD CONSTRAINT pk_review_objection PRIMARY KEY (review_id)")
    op.execute("ALTER TABLE review_objection DROP COLUMN number")
