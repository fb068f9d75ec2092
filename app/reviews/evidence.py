"""What pieces of evidence say, for many files at once, as they are now. Who may open a file is decided elsewhere.

`gone` says that what a piece names does not stand any more (revoked, withdrawn, taken away): the file keeps the line
and says so, without the words that went.
"""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.badges import files, names
from app.badges.queries import catalogue
from app.db import array, db
from app.people.queries import keys_of
from app.reviews.queries import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece under one criterion. `title` is {nl, en} or a text in `lang`; `by` is whose word it is."""

    id: int
    review_id: uuid.UUID
    criterion_id: int
    kind: str
    thing: str
    released_at: datetime
    title: Mapping[str, str] | str = ""
    note: str = ""  # words of others, or of the employee for a document
    said: str = ""  # what the employee says with it
    lang: str = ""
    by: str = ""
    at: datetime | None = None
    tier: int | None = None
    slug: str = ""
    times: int = 0
    picture: files.Picture | None = None
    gone: bool = False


_ROWS = text("""
    SELECT e.id, e.review_id, e.criterion_id, e.kind, e.thing, split_part(e.thing, ':', 2) AS ref, e.holder_id,
           e.released_at, e.sealed
    FROM review_evidence e WHERE e.review_id = ANY(CAST(:ids AS uuid[])) ORDER BY e.review_id, e.released_at, e.id
""")
_BADGES = text("""
    SELECT id::text AS ref, person_id AS holder_id, version_id, tier, earned_at AS at, picture_version, revoked_at
    FROM award WHERE id::text = ANY(CAST(:refs AS text[]))
""")
_REST = text("""
    SELECT 'completion' AS kind, c.id::text AS ref, c.person_id AS holder_id, a.title, '' AS note, '' AS lang,
           c.completed_at AS at, p.name AS by, a.slug, 0 AS times, c.state <> 'confirmed' AS gone, NULL::bytea AS sealed
    FROM completion c JOIN activity a ON a.id = c.activity_id LEFT JOIN person p ON p.id = c.confirmer_id
    WHERE c.id = ANY(CAST(:completion AS bigint[]))
    UNION ALL
    SELECT 'lesson_applied', l.id::text, l.author_id, to_jsonb(l.title), '', l.lang, l.shared_at, NULL, NULL,
           (SELECT count(*) FROM lesson_application x WHERE x.lesson_id = l.id AND x.ended_at IS NULL),
           l.deleted_at IS NOT NULL OR l.hidden_at IS NOT NULL, NULL
    FROM lesson l WHERE l.id = ANY(CAST(:lesson_applied AS bigint[]))
    UNION ALL
    SELECT 'lesson_applied', l.id::text, n.person_id, to_jsonb(l.title), n.how, l.lang, n.at, p.name, NULL, 0,
           n.ended_at IS NOT NULL OR l.deleted_at IS NOT NULL OR l.hidden_at IS NOT NULL, NULL
    FROM lesson_application n JOIN lesson l ON l.id = n.lesson_id LEFT JOIN person p ON p.id = l.author_id
    WHERE l.id = ANY(CAST(:lesson_applied AS bigint[])) AND n.ended_at IS NULL
    UNION ALL
    SELECT 'kudos', k.id::text, r.person_id, to_jsonb(''::text), k.message, k.lang, k.given_at, p.name, NULL, 0,
           k.undone_at IS NOT NULL OR k.hidden_at IS NOT NULL, NULL
    FROM kudos k JOIN kudos_receiver r ON r.kudos_id = k.id JOIN person p ON p.id = k.giver_id
    WHERE k.id = ANY(CAST(:kudos AS bigint[]))
    UNION ALL
    SELECT 'recognition', g.id::text, r.person_id, to_jsonb(g.title), g.citation, g.lang, g.given_at, p.name, NULL, 0,
           g.withdrawn_at IS NOT NULL, NULL
    FROM recognition g JOIN recognition_receiver r ON r.recognition_id = g.id JOIN person p ON p.id = g.giver_id
    WHERE g.id = ANY(CAST(:recognition AS bigint[]))
    UNION ALL
    SELECT 'observation', o.id::text, v.person_id, to_jsonb(''::text), '', '',
           coalesce(o.observed_on, o.filed_at), p.name, NULL, 0, o.filed_at IS NULL, o.sealed
    FROM review_observation o JOIN review v ON v.id = o.review_id JOIN person p ON p.id = o.observer_id
    WHERE o.id = ANY(CAST(:observation AS bigint[]))
""")
_NUMBERED = ("completion", "lesson_applied", "kudos", "recognition", "observation")


def of(review_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Piece]]:
    """The evidence of these files, in the order in which it was released: four statements, however many they are."""
    rows = db.session.execute(_ROWS, {"ids": array(sorted(set(review_ids)))}).all()
    keys = keys_of({row.holder_id for row in rows})
    found = {**_badges(rows), **_others(rows, keys)}
    pieces: dict[uuid.UUID, list[Piece]] = {}
    for row in rows:
        there = found.get((row.kind, row.ref, row.holder_id))
        pieces.setdefault(row.review_id, []).append(_piece(row, there, _opened(row.sealed, row, keys)))
    return pieces


def _piece(row: Any, there: Mapping[str, Any] | None, own: str) -> Piece:
    base: dict[str, Any] = {
        "id": row.id, "review_id": row.review_id, "criterion_id": row.criterion_id, "kind": row.kind,
        "thing": row.thing, "released_at": row.released_at,
    }  # fmt: skip
    if row.kind == "document":
        told = json.loads(own or "{}")
        said = "\n".join(filter(None, (told.get("text"), told.get("link"))))
        return Piece(**base, title=told.get("title", ""), note=said, gone=not told)
    if there is None or there["gone"]:
        return Piece(**base, gone=True)
    return Piece(**base, said=own, **there)


def _badges(rows: Sequence[Any]) -> dict[tuple[str, str, int], dict[str, Any]]:
    refs = sorted({row.ref for row in rows if row.kind == "badge"})
    if not refs:
        return {}
    known, called = catalogue(), names.called()
    found = {}
    for row in db.session.execute(_BADGES, {"refs": array(refs)}):
        definition = known.definition(row.version_id)
        body = definition.body
        enamel = names.enamel_of(body["skill"], called)
        found["badge", row.ref, row.holder_id] = {
            "title": body["name"], "at": row.at, "tier": row.tier, "slug": definition.slug,
            "gone": row.revoked_at is not None,
            "picture": files.of_award(row.ref, body["kind"], row.tier, enamel, body["glyph"], row.picture_version),
        }  # fmt: skip
    return found


def _others(rows: Sequence[Any], keys: Mapping[int, bytes]) -> dict[tuple[str, str, int], dict[str, Any]]:
    wanted = {kind: sorted({int(row.ref) for row in rows if row.kind == kind}) for kind in _NUMBERED}
    if not any(wanted.values()):
        return {}
    by = {("observation", row.ref): row for row in rows}
    found = {}
    for row in db.session.execute(_REST, {kind: array(ids) for kind, ids in wanted.items()}):
        note = row.note
        if row.kind == "observation" and ("observation", row.ref) in by:
            note = _opened(row.sealed, by["observation", row.ref], keys)
        found[row.kind, row.ref, row.holder_id] = {
            "title": row.title, "note": note, "lang": row.lang, "at": row.at, "by": row.by or "",
            "slug": row.slug or "", "times": row.times, "gone": row.gone,
        }  # fmt: skip
    return found


def _opened(sealed: bytes | None, row: Any, keys: Mapping[int, bytes]) -> str:
    return plain(keys.get(row.holder_id), sealed, row.review_id) or ""
