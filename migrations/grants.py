"""What the database roles of web and worker may: everything, except to change or remove a trace.

Given again after each `db upgrade`, so that new tables are included and a role that came later too.
"""

from typing import Any

from sqlalchemy import Connection, make_url, text

TRACES = {"ledger_entry", "audit_entry", "look", "seal"}
# A frozen dossier is written once; at its term it is destroyed, which leaves its number and its hash.
FROZEN = {"dossier": "wrapped, sealed, destroyed_at"}
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"


def give(line: Connection, settings: Any) -> None:
    """Grant to the roles that the addresses name; with one role for all there is nothing to give."""
    owner = line.scalar(text("SELECT current_user"))
    roles = {make_url(settings.url_of(role)).username for role in ("web", "worker")} - {owner, None}
    known = set(line.scalars(text("SELECT rolname FROM pg_roles")))
    tables = sorted(line.scalars(text(TABLES)))
    for role in sorted(roles & known):
        for wish in wishes(tables):
            line.execute(text(wish.format(role=_quoted(role))))


def wishes(tables: list[str]) -> list[str]:
    """The statements for one role."""
    made = ["GRANT USAGE ON SCHEMA public TO {role}", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"]
    for table in tables:
        if table in TRACES:
            made.append(f"REVOKE UPDATE, DELETE, TRUNCATE ON {_quoted(table)} FROM {{role}}")
            made.append(f"GRANT INSERT ON {_quoted(table)} TO {{role}}")
        elif table in FROZEN:
            made.append(f"REVOKE UPDATE, DELETE, TRUNCATE ON {_quoted(table)} FROM {{role}}")
            made.append(f"GRANT INSERT, UPDATE ({FROZEN[table]}) ON {_quoted(table)} TO {{role}}")
        else:
            made.append(f"GRANT INSERT, UPDATE, DELETE ON {_quoted(table)} TO {{role}}")
    made.append("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
    return made


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
