"""Traces are added to and never changed, whichever role the application has."""

import psycopg
import pytest

TRACES = ("ledger_entry", "audit_entry", "look", "seal")
CHANGES = ("UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}")


@pytest.mark.parametrize("role", ["web", "worker"])
@pytest.mark.parametrize("trace", TRACES)
def test_the_application_cannot_change_a_trace(database, role, trace) -> None:
    for change in CHANGES:
        with psycopg.connect(database.url(role)) as line, pytest.raises(psycopg.errors.InsufficientPrivilege):
            line.execute(change.format(trace))


@pytest.mark.parametrize("trace", TRACES)
def test_even_the_owner_is_refused_by_the_table_itself(database, trace) -> None:
    with psycopg.connect(database.url("owner")) as line, pytest.raises(psycopg.errors.RestrictViolation):
        line.execute(f"TRUNCATE {trace} CASCADE")


@pytest.mark.parametrize("role", ["web", "worker"])
def test_the_application_can_use_every_table_and_sequence(database, role) -> None:
    sql = """
        SELECT relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
          AND ((relkind = 'r' AND NOT has_table_privilege(oid, 'SELECT, INSERT'))
            OR (relkind = 'S' AND NOT has_sequence_privilege(oid, 'USAGE')))
    """
    with psycopg.connect(database.url(role)) as line:
        assert line.execute(sql).fetchall() == []
