"""The tables of the job queue, by its own SQL; a later version of it brings a migration of its own."""

from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy import text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    line = op.get_bind().connection.driver_connection
    line.execute(SchemaManager.get_schema())


DROP = """
DO $$
DECLARE
    it record;
BEGIN
    FOR it IN SELECT format('DROP TABLE %I CASCADE', tablename) AS sql FROM pg_tables
              WHERE schemaname = 'public' AND starts_with(tablename, 'procrastinate_') LOOP
        EXECUTE it.sql;
    END LOOP;
    FOR it IN SELECT format('DROP FUNCTION %s CASCADE', oid::regprocedure) AS sql FROM pg_proc
              WHERE pronamespace = 'public'::regnamespace AND starts_with(proname, 'procrastinate_') LOOP
        EXECUTE it.sql;
    END LOOP;
    FOR it IN SELECT format('DROP TYPE %I CASCADE', typname) AS sql FROM pg_type
              WHERE typnamespace = 'public'::regnamespace AND starts_with(typname, 'procrastinate_')
              AND (typtype = 'e' OR typrelid IN (SELECT oid FROM pg_class WHERE relkind = 'c')) LOOP
        EXECUTE it.sql;
    END LOOP;
END $$
"""


def downgrade() -> None:
    op.execute(text(DROP))
