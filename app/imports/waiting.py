"""Statements that wait for somebody unknown, by the name they came under; and which came under which ids."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from app.activities import actions as activities
from app.activities import queries as activity_queries
from app.db import db, lock_people

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
        GROUP BY actor, client_id
    ) AS s
    WHERE (CAST(:client AS bigint) IS NULL OR s.client_id = :client)
      AND (EXISTS (SELECT FROM ignored_name i WHERE i.name = s.actor)) = :ignored
    GROUP BY s.actor ORDER BY completing DESC, statements DESC, s.actor LIMIT :most OFFSET :skip
""")
_IS_WAITING = text("SELECT EXISTS (SELECT FROM statement WHERE actor = :name AND person_id IS NULL)")
_RELEASE = text("""
    UPDATE statement SET person_id = NULL WHERE actor = :name AND person_id = :person RETURNING client_id, id
""")
_OF_NAME = text("SELECT client_id, id FROM statement WHERE actor = :name AND person_id = :person")
_ABOUT = text("""
    SELECT 'statement:' || client_id || ':' || id FROM statement
    WHERE stored_at >= :since AND person_id IS NOT NULL AND means IN ('completed', 'passed', 'attended')
      AND body IS NOT NULL AND CAST(body AS jsonb) -> 'object' ->> 'id' = ANY(:iris)
""").bindparams(bindparam("iris", type_=ARRAY(Text)))


def names(
    *, ignored: bool = False, client_id: int | None = None, page: int = 1
) -> tuple[Sequence[Row[Any]], bool]:
    """One page of names that wait, the most completions first; and whether there are more."""
    told = {"ignored": ignored, "client": client_id, "most": PAGE + 1, "skip": (page - 1) * PAGE}
    rows = db.session.execute(_WAITING, told).all()
    return rows[:PAGE], len(rows) > PAGE


def is_waiting(name: str) -> bool:
    return bool(db.session.scalar(_IS_WAITING, {"name": name}))


def release(name: str, person_id: int) -> None:
    """What came under this name is about nobody we know, again. The caller holds newcomers alone and settles."""
    told = {"name": name, "person": person_id}
    activities.hold_activities()
    sources = [f"statement:{row.client_id}:{row.id}" for row in db.session.execute(_OF_NAME, told)]
    lock_people({person_id} | activity_queries.people_behind(sources))
    rows = db.session.execute(_RELEASE, told)
    activities.forget_supports(f"statement:{row.client_id}:{row.id}" for row in rows)


def sources_about(iris: Sequence[str], since: datetime) -> list[str]:
    """The completing statements about these ids that came since, as they support completions."""
    return list(db.session.scalars(_ABOUT, {"iris": list(iris), "since": since})) if iris else []
