"""Whom HR reaches by the API, and pause dates.

`review_round.once`: the key under which a program opened a round. `pause`: from when until when somebody is away, as
they or HR entered it, without a reason. Terms count the days on which nobody is away: `term_ends` says when.
"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

# The last day of a term of so many days that begins after `since`: days within a pause of this person do not count.
# Without a pause, which is nearly always, it is one look into an index.
TERM_ENDS = """
    CREATE FUNCTION term_ends(who bigint, since date, days integer) RETURNS date
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    DECLARE
        ends date := since + days;
        one record;
    BEGIN
        FOR one IN SELECT p.since, p.until FROM pause p WHERE p.person_id = who AND p.until > term_ends.since
                   ORDER BY p.since LOOP
            EXIT WHEN one.since > ends;
            ends := ends + (one.until - greatest(one.since, term_ends.since + 1) + 1);
        END LOOP;
        RETURN ends;
    END $$
"""


def upgrade() -> None:
    op.execute("ALTER TABLE review_round ADD COLUMN once TEXT")
    op.execute("ALTER TABLE review_round ADD CONSTRAINT uq_review_round_once UNIQUE (once)")
    op.execute("""
        CREATE TABLE pause (
            id BIGSERIAL NOT NULL,
            person_id BIGINT NOT NULL,
            since DATE NOT NULL,
            until DATE NOT NULL,
            entered_by BIGINT,
            entered_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_pause PRIMARY KEY (id),
            CONSTRAINT uq_pause_person_id_since UNIQUE (person_id, since),
            CONSTRAINT ck_pause_in_order CHECK (until >= since),
            CONSTRAINT fk_pause_person_id FOREIGN KEY(person_id) REFERENCES person (id),
            CONSTRAINT fk_pause_entered_by FOREIGN KEY(entered_by) REFERENCES person (id))
    """)
    op.execute("CREATE INDEX ix_pause_until ON pause (until)")
    op.execute(TERM_ENDS)


def downgrade() -> None:
    op.execute("DROP FUNCTION term_ends(bigint, date, integer)")
    op.execute("DROP TABLE pause")
    op.execute("ALTER TABLE review_round DROP COLUMN once")
