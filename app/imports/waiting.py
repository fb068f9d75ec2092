"""Statements that wait for somebody unknown, by the name they came under; and which came under which ids."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from app.activities import actions as activities
from app.activities import queries as activity_queries
from app.db import db, lock_people
from app.imports import queries

PAGE = 50

# Index: ix_statement_actor_waiting.
_WAITING = text("""
    SELECT s.actor AS name, sum(n) AS statements, sum(completing) AS completing, min(first_at) AS first_at,
           max(last_at) AS last_at, jsonb_object_agg(s.client_id, n) AS clients, max(said) AS said
    FROM (
        SELECT actor, client_id, count(*) AS n,
               count(*) FILTER (WHERE means IN ('completed', 'passed', 'attended')) AS completing,
               min(happened_at) AS first_at, max(stored_at) AS last_at,
               max(CAST(body AS jsonb) -> 'actor' ->> 'name') AS said
        FROM statement
        WHERE person_id IS NULL AND actor IS NOT NULL AND voided_at IS NULL AND body IS NOT NULL
          AND (CAST(:name AS text) IS NULL OR actor = :name)
        GROUP BY actor, client_id
    ) AS s
    WHERE (CAST(:client AS bigint) IS NULL OR s.client_id = :client)
      AND (CAST(:name AS text) IS NOT NULL
           OR (s.actor = ANY(CAST(:ignored AS text[]))) = :show_ignored)
    GROUP BY s.actor ORDER BY completing DESC, statements DESC, s.actor LIMIT :most OFFSET :skip
""")
_IS_WAITING = text("SELECT EXISTS (SELECT FROM statement WHERE actor = :name AND person_id IS NULL)")
_OF_NAMES = text("""
    SELECT s.client_id, s.id FROM statement s
    JOIN unnest(CAST(:clients AS bigint[]), CAST(:names AS text[])) AS n(client_id, name) ON s.actor = n.name
    WHERE s.person_id = :person AND (n.client_id IS NULL OR n.client_id = s.client_id)
""")
_RELEASE = text("""
    UPDATE statement s SET person_id = NULL
    FROM unnest(CAST(:clients AS bigint[]), CAST(:names AS text[])) AS n(client_id, name)
    WHERE s.actor = n.name AND s.person_id = :person AND (n.client_id IS NULL OR n.client_id = s.client_id)
""")
_ABOUT = text("""
    SELECT 'statement:' || s.client_id || ':' || s.id
    FROM unnest(CAST(:clients AS bigint[]), CAST(:ids AS uuid[])) AS n(client_id, id)
    JOIN statement s ON s.client_id = n.client_id AND s.id = n.id
    WHERE s.body IS NOT NULL AND CAST(s.body AS jsonb) -> 'object' ->> 'id' = ANY(:iris)
""").bindparams(bindparam("iris", type_=ARRAY(Text)))


def names(
    ignored: Sequence[str], *, show_ignored: bool = False, client_id: int | None = None, page: int = 1
) -> tuple[Sequence[Row[Any]], bool]:
    """One page of names that wait, the most completions first, without those to be ignored or only those; and
    whether there are more."""
    told = {"ignored": list(ignored), "show_ignored": show_ignored, "client": client_id, "name": None}
    rows = db.session.execute(_WAITING, {**told, "most": PAGE + 1, "skip": (page - 1) * PAGE}).all()
    return rows[:PAGE], len(rows) > PAGE


def name(wanted: str) -> Sequence[Row[Any]]:
    """The one name, if anything waits under it."""
    told = {"ignored": [], "show_ignored": False, "client": None, "most": 1, "skip": 0, "name": wanted}
    return db.session.execute(_WAITING, told).all()


def is_waiting(name: str) -> bool:
    return bool(db.session.scalar(_IS_WAITING, {"name": name}))


def release(kind: str, value: str, person_id: int) -> None:
    """What came under this name is about nobody we know, again. The caller holds newcomers alone, and settles."""
    names = queries.names_under(kind, value)
    told = {
        "clients": [client for client, _ in names],
        "names": [name for _, name in names],
        "person": person_id,
    }
    activities.hold_activities()
    sources = [f"statement:{row.client_id}:{row.id}" for row in db.session.execute(_OF_NAMES, told)]
    lock_people({person_id} | activity_queries.people_behind(sources))
    db.session.execute(_RELEASE, told)
    activities.forget_supports(sources)


def sources_about(iris: Sequence[str], sources: Iterable[str]) -> list[str]:
    """Those of these supports that are statements about one of these ids."""
    told = [source.split(":") for source in sources if source.startswith("statement:")]
    if not told or not iris:
        return []
    clients, ids = [int(one[1]) for one in told], [uuid.UUID(one[2]) for one in told]
    return list(db.session.scalars(_ABOUT, {"clients": clients, "ids": ids, "iris": list(iris)}))
