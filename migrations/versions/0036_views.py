"""Views of HR's list of reviews that somebody keeps under a name.

`review_view`: a stage, a round and a department, for one person. It holds nothing of those who are listed.
"""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE review_view (
            id BIGSERIAL NOT NULL,
            person_id BIGINT NOT NULL,
            name TEXT NOT NULL,
            stage TEXT DEFAULT '' NOT NULL,
            round_id BIGINT,
            department_id BIGINT,
            CONSTRAINT pk_review_view PRIMARY KEY (id),
            CONSTRAINT uq_review_view_person_id_name UNIQUE (person_id, name),
            CONSTRAINT fk_review_view_person_id FOREIGN KEY(person_id) REFERENCES person (id),
            CONSTRAINT fk_review_view_round_id FOREIGN KEY(round_id) REFERENCES review_round (id) ON DELETE CASCADE,
            CONSTRAINT fk_review_view_department_id FOREIGN KEY(department_id) REFERENCES unit (id) ON DELETE CASCADE)
    """)


def downgrade() -> None:
    op.execute("DROP TABLE review_view")
