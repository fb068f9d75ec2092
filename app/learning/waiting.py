"""Rows of files that wait for somebody unknown: one shelf of the intake desk (see `app/imports/waiting.py`)."""

from collections.abc import Iterable, Sequence

from sqlalchemy import text

from app.db import db

# One row per name and source, of one name if `:name` says so.
ROWS = """
    SELECT who_kind || ' ' || who AS name, 'file:' || origin_name AS source, count(*) AS n, count(*) AS completing,
           min(happened_at) AS first_at, max(stored_at) AS last_at
    FROM learning_row
    WHERE person_id IS NULL AND (CAST(:name AS text) IS NULL OR who_kind || ' ' || who = :name)
    GROUP BY who_kind, who, origin_name
"""
_IS_WAITING = text("""
    SELECT EXISTS (SELECT FROM learning_row
                   WHERE person_id IS NULL AND who_kind = split_part(:name, ' ', 1)
                     AND who = substr(:name, strpos(:name, ' ') + 1))
""")
_OF = text("SELECT source FROM learning_row WHERE who_kind = :kind AND who = :value AND person_id = :person")
_LET_GO = text("""
    UPDATE learning_row SET person_id = NULL WHERE who_kind = :kind AND who = :value AND person_id = :person
""")
_ABOUT = text("""
    SELECT source FROM learning_row
    WHERE source = ANY(CAST(:sources AS text[]))
      AND CASE WHEN strpos(activity, '://') > 0 OR starts_with(activity, 'urn:') THEN activity
               ELSE origin_name || '/' || activity END = ANY(CAST(:iris AS text[]))
""")


def said_of(names: Sequence[str]) -> dict[str, str]:
    """Files do not say what people are called."""
    return {}


def is_waiting(name: str) -> bool:
    """Whether rows of files wait under this name."""
    return bool(db.session.scalar(_IS_WAITING, {"name": name}))


def sources_of(kind: str, value: str, person_id: int) -> list[str]:
    """What waited under this name and is taken to be about this person, as it supports completions."""
    return list(db.session.scalars(_OF, {"kind": kind, "value": value, "person": person_id}))


def let_go(kind: str, value: str, person_id: int) -> None:
    """It is about nobody we know, again."""
    db.session.execute(_LET_GO, {"kind": kind, "value": value, "person": person_id})


def sources_about(iris: Sequence[str], sources: Iterable[str]) -> list[str]:
    """Those of these supports that waited and are about one of these ids."""
    told = [source for source in sources if source.startswith("import:")]
    return list(db.session.scalars(_ABOUT, {"sources": told, "iris": list(iris)})) if told and iris else []
