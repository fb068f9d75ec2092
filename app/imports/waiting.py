"""Statements that wait for somebody unknown, by the name they came under: one shelf of the intake desk.

A shelf has `ROWS`, `said_of`, `is_waiting`, `sources_of`, `let_go` and `sources_about`; the desk puts its shelves
together.
"""

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from app.db import db
from app.imports import queries

# One row per name and source, of one name if `:name` says so. Index: ix_statement_actor_waiting.
ROWS = """
    SELECT actor AS name, 'client:' || client_id AS source, count(*) AS n,
           count(*) FILTER (WHERE means IN ('completed', 'passed', 'attended')) AS completing,
           min(happened_at) AS first_at, max(stored_at) AS last_at
    FROM statement
    WHERE person_id IS NULL AND actor IS NOT NULL AND voided_at IS NULL AND body IS NOT NULL
      AND (CAST(:name AS text) IS NULL OR actor = :name)
    GROUP BY actor, client_id
"""
_SAID = text("""
    SELECT n.name, (SELECT CAST(s.body AS jsonb) -> 'actor' ->> 'name' FROM statement s
                    WHERE s.actor = n.name AND s.person_id IS NULL AND s.body IS NOT NULL LIMIT 1) AS said
    FROM unnest(CAST(:names AS text[])) AS n(name)
""")
_IS_WAITING = text("SELECT EXISTS (SELECT FROM statement WHERE actor = :name AND person_id IS NULL)")
_UNDER = """
    statement s
    JOIN unnest(CAST(:clients AS bigint[]), CAST(:names AS text[])) AS n(client_id, name) ON s.actor = n.name
    WHERE s.person_id = :person AND (n.client_id IS NULL OR n.client_id = s.client_id)
"""
_OF = text(f"SELECT 'statement:' || s.client_id || ':' || s.id FROM {_UNDER}")
_LET_GO = text(f"""
    UPDATE statement t SET person_id = NULL
    FROM (SELECT s.client_id, s.id FROM {_UNDER}) AS u WHERE t.client_id = u.client_id AND t.id = u.id
""")
_ABOUT = text("""
    SELECT 'statement:' || s.client_id || ':' || s.id
    FROM unnest(CAST(:clients AS bigint[]), CAST(:ids AS uuid[])) AS n(client_id, id)
    JOIN statement s ON s.client_id = n.client_id AND s.id = n.id
    WHERE s.body IS NOT NULL AND CAST(s.body AS jsonb) -> 'object' ->> 'id' = ANY(:iris)
""").bindparams(bindparam("iris", type_=ARRAY(Text)))


def said_of(names: Sequence[str]) -> dict[str, str]:
    """What the source calls those who have these names, where it says so."""
    return {row.name: row.said for row in db.session.execute(_SAID, {"names": list(names)}) if row.said}


def is_waiting(name: str) -> bool:
    """Whether statements wait under this name."""
    return bool(db.session.scalar(_IS_WAITING, {"name": name}))


def _told(kind: str, value: str, person_id: int) -> dict[str, object]:
    names = queries.names_under(kind, value)
    clients = [client for client, _ in names]
    return {"clients": clients, "names": [name for _, name in names], "person": person_id}


def sources_of(kind: str, value: str, person_id: int) -> list[str]:
    """What came under this name and is taken to be about this person, as it supports completions."""
    return list(db.session.scalars(_OF, _told(kind, value, person_id)))


def let_go(kind: str, value: str, person_id: int) -> None:
    """It is about nobody we know, again."""
    db.session.execute(_LET_GO, _told(kind, value, person_id))


def sources_about(iris: Sequence[str], sources: Iterable[str]) -> list[str]:
    """Those of these supports that are statements about one of these ids."""
    told = [source.split(":") for source in sources if source.startswith("statement:")]
    if not told or not iris:
        return []
    clients, ids = [int(one[1]) for one in told], [uuid.UUID(one[2]) for one in told]
    return list(db.session.scalars(_ABOUT, {"clients": clients, "ids": ids, "iris": list(iris)}))
