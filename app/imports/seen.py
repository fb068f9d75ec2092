"""What came in lately, counted: figures of a client, verbs that mean nothing yet, and what other rules would mean.

Only counts leave this module, never who. The statements are looked at as groups that a rule cannot tell apart.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from app.config import timezone
from app.db import db
from app.imports import xapi
from app.imports.xapi import Meanings, Rule

LATELY = timedelta(days=30)
MOST_LOOKED_AT = 100_000  # of the latest statements
_dump = json.JSONEncoder(ensure_ascii=False).encode

# A client's figures -----------------------------------------------------------------------------------------

_FIGURES = text("""
    SELECT count(*) AS received,
           count(*) FILTER (WHERE completing AND person_id IS NOT NULL AND voided_at IS NULL) AS counted,
           count(*) FILTER (WHERE person_id IS NULL AND actor IS NOT NULL AND voided_at IS NULL) AS waiting,
           count(*) FILTER (WHERE means = 'nothing' AND target_id IS NULL) AS without_meaning,
           (SELECT coalesce(sum(count), 0) FROM refusal WHERE client_id = :client AND last_at >= :edge) AS refused
    FROM (SELECT *, means IN ('completed', 'passed', 'attended') AS completing FROM statement
          WHERE client_id = :client AND stored_at >= :edge) AS s
""")
_DAYS = text("""
    SELECT CAST(d.day AS date) AS day, coalesce(s.number, 0) AS received, coalesce(r.number, 0) AS refused
    FROM generate_series(CAST(:first AS date), CAST(:last AS date), interval '1 day') AS d(day)
    LEFT JOIN (SELECT CAST(stored_at AT TIME ZONE :zone AS date) AS day, count(*) AS number FROM statement
               WHERE client_id = :client AND stored_at >= :edge GROUP BY 1) AS s ON s.day = d.day
    LEFT JOIN (SELECT CAST(last_at AT TIME ZONE :zone AS date) AS day, CAST(sum(count) AS bigint) AS number
               FROM refusal WHERE client_id = :client AND last_at >= :edge GROUP BY 1) AS r ON r.day = d.day
    ORDER BY d.day
""")
_LAST = text("""
    SELECT c.id, s.stored_at FROM api_client c
    CROSS JOIN LATERAL (SELECT stored_at FROM statement WHERE client_id = c.id ORDER BY stored_at DESC LIMIT 1) AS s
""")
_SINCE = text("""
    SELECT (SELECT count(*) FROM statement WHERE client_id = :client AND stored_at > :since) AS received,
           (SELECT coalesce(sum(count), 0) FROM refusal WHERE client_id = :client AND last_at > :since) AS refused
""")


def figures(client_id: int, at: datetime) -> dict[str, int]:
    """Of the last thirty days: received, counted, waiting, without_meaning, refused."""
    row = db.session.execute(_FIGURES, {"client": client_id, "edge": at - LATELY}).one()
    return {name: int(value) for name, value in row._mapping.items()}


def days(client_id: int, at: datetime) -> Sequence[Row[Any]]:
    """The last thirty days one by one, today last: day, received, refused. Refusals are not kept for longer."""
    today = at.astimezone(timezone()).date()
    told = {
        "client": client_id,
        "edge": at - LATELY,
        "first": today - LATELY + timedelta(days=1),
        "last": today,
        "zone": timezone().key,
    }
    return db.session.execute(_DAYS, told).all()


def last_received() -> dict[int, datetime]:
    """When each client last sent something that was taken in."""
    return {row.id: row.stored_at for row in db.session.execute(_LAST)}


def since(client_id: int, moment: datetime) -> dict[str, int]:
    """How much came in and was refused after this moment."""
    row = db.session.execute(_SINCE, {"client": client_id, "since": moment}).one()
    return {name: int(value) for name, value in row._mapping.items()}


# Groups of statements that no rule tells apart ----------------------------------------------------------------

_GROUPS = text("""
    SELECT client_id, verb, kind, completion, success, parent, categories, count(*) AS statements,
           count(DISTINCT CASE WHEN who IS NOT NULL THEN who || ' ' || object END) AS completions,
           max(stored_at) AS last_at
    FROM (
        SELECT client_id, stored_at, b -> 'verb' ->> 'id' AS verb, b -> 'object' -> 'definition' ->> 'type' AS kind,
               b -> 'object' ->> 'id' AS object, b -> 'result' -> 'completion' AS completion,
               b -> 'result' -> 'success' AS success,
               coalesce(b -> 'context' -> 'contextActivities' -> 'parent', '[]') NOT IN ('[]', 'null', '{}') AS parent,
               ARRAY(SELECT p FROM unnest(CAST(:prefixes AS text[])) AS p
                     WHERE EXISTS (
                         SELECT FROM jsonb_path_query(b, 'lax $.context.contextActivities.category[*].id') AS c
                         WHERE starts_with(c #>> '{}', p))) AS categories,
               coalesce(CAST(person_id AS text), actor) AS who
        FROM (SELECT client_id, stored_at, person_id, actor, CAST(body AS jsonb) AS b
              FROM (SELECT * FROM statement
                    WHERE stored_at >= :edge AND body IS NOT NULL AND voided_at IS NULL AND target_id IS NULL
                      AND (:every OR means = 'nothing')
                    ORDER BY stored_at DESC LIMIT :most) AS latest
              WHERE CAST(:needles AS text[]) IS NULL
                 OR EXISTS (SELECT FROM unnest(CAST(:needles AS text[])) AS n WHERE strpos(body, n) > 0)
              OFFSET 0) AS s  -- so that each body is read once, not once a column
        WHERE coalesce(b -> 'object' ->> 'objectType', 'Activity') = 'Activity'
    ) AS told
    GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY statements DESC LIMIT 5000
""").bindparams(bindparam("prefixes", type_=ARRAY(Text)), bindparam("needles", type_=ARRAY(Text)))


@dataclass(frozen=True, slots=True)
class Change:
    """What other rules would mean for one verb on one type of activity of one client: completions and statements."""

    client_id: int
    verb: str
    activity_type: str | None
    more: int = 0
    fewer: int = 0
    same: int = 0
    statements: int = 0


@dataclass(frozen=True, slots=True)
class Unknown:
    """A verb on a type of activity that no rule speaks of."""

    verb: str
    activity_type: str | None
    clients: tuple[int, ...]
    statements: int
    last_at: datetime


def _groups(
    meanings: Iterable[Meanings], at: datetime, *, every: bool, needles: Sequence[str] | None
) -> Sequence[Row[Any]]:
    prefixes = sorted({rule.category for one in meanings for rule in one.rules if rule.category is not None})
    told = {
        "prefixes": prefixes,
        "edge": at - LATELY,
        "every": every,
        "needles": needles,
        "most": MOST_LOOKED_AT,
    }
    return db.session.execute(_GROUPS, told).all()


def _as_statement(row: Row[Any]) -> Mapping[str, Any]:
    """As much of it as a rule looks at."""
    result = {name: value for name in ("completion", "success") if (value := getattr(row, name)) is not None}
    definition = {"type": row.kind} if row.kind else {}
    context = {"parent": [{}] if row.parent else [], "category": [{"id": one} for one in row.categories]}
    return {
        "verb": {"id": row.verb},
        "object": {"id": "", "objectType": "Activity", "definition": definition},
        "result": result,
        "context": {"contextActivities": context},
    }


def preview(now: Meanings, then: Meanings, at: datetime) -> list[Change]:
    """What the last thirty days would have meant under other rules, where they differ."""
    changed = set(now.rules) ^ set(then.rules)
    needles = sorted({_dump(rule.verb or rule.activity_type) for rule in changed})
    if not needles:
        return []
    found: dict[tuple[int, str, str | None], dict[str, int]] = {}
    for row in _groups((now, then), at, every=True, needles=needles):
        statement = _as_statement(row)
        if not any(_speaks(rule, statement, row) for rule in changed):
            continue
        before, after = (xapi.interpret(statement, one).completes for one in (now, then))
        entry = found.setdefault((row.client_id, row.verb, row.kind), dict.fromkeys(_COUNTS, 0))
        entry["statements"] += row.statements
        if before or after:
            entry["same" if before and after else "more" if after else "fewer"] += row.completions
    return [Change(client, verb, kind, **counts) for (client, verb, kind), counts in found.items()]


_COUNTS = ("more", "fewer", "same", "statements")


def _speaks(rule: Rule, statement: Mapping[str, Any], row: Row[Any]) -> bool:
    return (rule.verb is None or rule.verb == row.verb) and rule.fits(statement, row.kind)


def unknown(meanings: Meanings, at: datetime) -> list[Unknown]:
    """Verbs seen lately of which no rule speaks, the most seen first."""
    found: dict[tuple[str, str | None], list[Row[Any]]] = {}
    for row in _groups((meanings,), at, every=False, needles=None):
        if meanings.rule_for(_as_statement(row)) is None:
            found.setdefault((row.verb, row.kind), []).append(row)
    made = [
        Unknown(
            verb,
            kind,
            tuple(sorted({row.client_id for row in rows})),
            sum(row.statements for row in rows),
            max(row.last_at for row in rows),
        )
        for (verb, kind), rows in found.items()
    ]
    return sorted(made, key=lambda one: (-one.statements, one.verb))[:50]
