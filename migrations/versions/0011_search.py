"""What search looks into: words without accents and capitals, in indexes on what people, activities and lessons say.

Indexes on an expression rather than columns that are generated: such a column would write every row of a filled
table anew while nobody may read it. They are made beside the running service, so this migration is no single
transaction; what a broken run left behind is dropped first.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SIGNS = r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~‘’“”„«»–—…·"""
INDEXES = {
    "ix_person_words": ("person", "person.sort_name || chr(32) || person.job", "active"),
    "ix_activity_words": (
        "activity",
        "coalesce(activity.title ->> 'nl', '') || chr(32) || coalesce(activity.title ->> 'en', '') || chr(32) || "
        "coalesce(activity.summary ->> 'nl', '') || chr(32) || coalesce(activity.summary ->> 'en', '')",
        "state = 'published'",
    ),
    "ix_lesson_words": (
        "lesson",
        "lesson.title || chr(32) || lesson.happened || chr(32) || lesson.learned || chr(32) || lesson.from_now_on",
        "deleted_at IS NULL",
    ),
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for those who are at work, and nobody waits for it
        op.execute(_function())
        for name, (table, said, where) in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(
                f"CREATE INDEX CONCURRENTLY {name} ON {table}"
                f" USING gin (to_tsvector('simple'::regconfig, folded({said}))) WHERE {where}"
            )
        op.execute("SET lock_timeout = '2s'")


def _function() -> str:
    """As `app.finding.folded` does, and signs become spaces: a word is found within “on-the-job”."""
    signs = SIGNS.replace("'", "''")
    return f"""
        CREATE OR REPLACE FUNCTION folded(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT lower(translate(
            replace(replace(replace(regexp_replace(normalize(said, NFKD), '[\u0300-\u036f]+', '', 'g'),
                    'ß', 'ss'), 'æ', 'ae'), 'Æ', 'ae'),
            'øØłŁđĐ{signs}', 'oolldd{" " * len(SIGNS)}'))
        $$"""


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name in INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.execute("DROP FUNCTION folded(text)")
