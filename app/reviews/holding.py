"""What people hold that can be evidence, and what files show of it: one statement, whatever kinds there are.

The same rows answer what may be released (all that stands) and what a file names (these things, also when they do
not stand any more), in a file that is read and in one that is frozen. Lessons without a name are never among them:
that they are somebody's stands nowhere.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID
from sqlalchemy.types import BigInteger, Text

from app.badges import names
from app.badges.queries import catalogue
from app.db import db

MOST = 200  # of each kind, the latest


@dataclass(frozen=True, slots=True)
class Picture:
    """What the picture of a badge is drawn from."""

    kind: str
    tier: int
    enamel: str
    glyph: str
    seed: str
    version: int


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that somebody holds. `thing` names it; `title` is {nl, en}, or own words in their one language.

    `stands` is false for what was revoked, withdrawn or taken back. `many` are the colleagues who apply a lesson.
    """

    thing: str
    kind: str
    stands: bool
    at: datetime
    title: Mapping[str, str]
    lang: str | None = None
    words: str = ""
    by: str | None = None
    by_id: int | None = None
    on: date | None = None
    many: int = 0
    tier: int | None = None
    picture: Picture | None = None
    sealed: bytes | None = None
    criterion_id: int | None = None


def _part(thing: str, kind: str, stands: str, rest: str, source: str, whose: str) -> tuple[str, str]:
    """One kind, as what somebody holds (the latest of it that stands) and as what of it is named.

    `whose` is the column of its holder, with more that has to hold; `rest` are the columns after `stands`.
    """
    holder, _, more = whose.partition(" AND ")
    told = f"SELECT {holder} AS holder_id, {thing} AS thing, '{kind}' AS kind, {stands} AS stands, {rest} FROM {source}"
    more = f" AND {more}" if more else ""
    return (
        f"({told} WHERE {holder} = :person AND {stands}{more} ORDER BY 5 DESC LIMIT {MOST})",
        f"{told} WHERE {holder} = ANY(:people) AND {thing} = ANY(:things){more}",
    )


_PARTS = (
    _part(
        "'badge:' || w.id", "badge", "w.revoked_at IS NULL",
        "w.earned_at AS at, NULL::jsonb AS title, NULL AS lang, '' AS words, NULL AS by, NULL::bigint AS by_id,"
        " NULL::date AS observed_on, 0::bigint AS many, w.version_id, w.tier, w.picture_version AS drawn,"
        " NULL::bytea AS sealed, NULL::bigint AS criterion_id",
        "award w", "w.person_id",
    ),
    _part(
        "'completion:' || c.id", "completion", "c.state = 'confirmed'",
        "c.completed_at, a.title, NULL, '', p.name, p.id, NULL, 0, NULL, NULL, NULL, NULL, NULL",
        "completion c JOIN activity a ON a.id = c.activity_id LEFT JOIN person p ON p.id = c.confirmer_id"
        " AND c.origin = 'log'",
        "c.person_id AND c.state IN ('confirmed', 'withdrawn')",
    ),
    _part(
        "'lesson_applied:' || l.id", "lesson_applied", "l.deleted_at IS NULL AND l.hidden_at IS NULL",
        "l.shared_at, jsonb_build_object(l.lang, l.title), l.lang, l.learned, NULL, NULL, NULL,"
        " (SELECT count(*) FROM lesson_application n WHERE n.lesson_id = l.id AND n.ended_at IS NULL),"
        " NULL, NULL, NULL, NULL, NULL",
        "lesson l", "l.author_id AND l.deleted_at IS NULL AND l.hidden_at IS NULL",
    ),
    _part(
        "'lesson_applied:' || l.id", "lesson_applied", "n.ended_at IS NULL",
        "n.at, jsonb_build_object(l.lang, l.title), l.lang, n.how, p.name, p.id, NULL, 0, NULL, NULL, NULL, NULL, NULL",
        "lesson_application n JOIN lesson l ON l.id = n.lesson_id LEFT JOIN person p ON p.id = l.author_id",
        "n.person_id AND n.ended_at IS NULL AND l.deleted_at IS NULL AND l.hidden_at IS NULL"
        " AND l.audience = 'everyone'",
    ),
    _part(
        "'kudos:' || k.id", "kudos", "k.undone_at IS NULL",
        "k.given_at, '{}'::jsonb, k.lang, k.message, g.name, g.id, NULL, 0, NULL, NULL, NULL, NULL, NULL",
        "kudos_receiver r JOIN kudos k ON k.id = r.kudos_id JOIN person g ON g.id = k.giver_id",
        "r.person_id AND k.undone_at IS NULL AND k.hidden_at IS NULL",
    ),
    _part(
        "'recognition:' || r.id", "recognition", "r.withdrawn_at IS NULL",
        "r.given_at, jsonb_build_object(r.lang, r.title), r.lang, CASE WHEN r.withdrawn_at IS NULL THEN r.citation"
        " ELSE '' END, g.name, g.id, NULL, 0, NULL, NULL, NULL, NULL, NULL",
        "recognition_receiver o JOIN recognition r ON r.id = o.recognition_id JOIN person g ON g.id = r.giver_id",
        "o.person_id",
    ),
    _part(
        "'observation:' || o.id", "observation", "o.filed_at IS NOT NULL",
        "o.filed_at, '{}'::jsonb, NULL, '', p.name, p.id, o.observed_on, 0, NULL, NULL, NULL, o.sealed, o.criterion_id",
        "review_observation o JOIN person p ON p.id = o.observer_id JOIN review v ON v.id = o.review_id",
        "v.person_id AND v.id = ANY(:reviews) AND o.filed_at IS NOT NULL",
    ),
)  # fmt: skip
_REVIEWS = bindparam("reviews", type_=ARRAY(UUID(as_uuid=True)))
_HELD = text("\nUNION ALL ".join(held for held, _ in _PARTS)).bindparams(
    _REVIEWS, bindparam("person", type_=BigInteger())
)
_NAMED = text("\nUNION ALL ".join(named for _, named in _PARTS)).bindparams(
    _REVIEWS, bindparam("people", type_=ARRAY(BigInteger())), bindparam("things", type_=ARRAY(Text()))
)


def of(person_id: int, review_id: uuid.UUID) -> dict[str, Thing]:
    """What this person holds and could release in this review, the latest first."""
    rows = db.session.execute(_HELD, {"person": person_id, "reviews": [review_id]}).all()
    return {thing: found for (_, thing), found in _latest_first(rows).items()}


def named(things: Iterable[tuple[uuid.UUID, int, str]]) -> dict[tuple[int, str], Thing]:
    """What there is of these things (review, holder, name), also of those that do not stand any more."""
    wanted = set(things)
    if not wanted:
        return {}
    told = {
        "reviews": sorted({review for review, _, _ in wanted}),
        "people": sorted({holder for _, holder, _ in wanted}),
        "things": sorted({thing for _, _, thing in wanted}),
    }
    return _latest_first(db.session.execute(_NAMED, told).all())


def _latest_first(rows: Sequence[Any]) -> dict[tuple[int, str], Thing]:
    found: dict[tuple[int, str], Thing] = {}
    for row in sorted(rows, key=_latest, reverse=True):
        if (row.holder_id, row.thing) not in found:
            found[row.holder_id, row.thing] = _thing(row)
    return found


def _latest(row: Any) -> datetime:
    at: datetime = row.at
    return at


def _thing(row: Any) -> Thing:
    title, picture = row.title or {}, None
    if row.kind == "badge":
        definition = catalogue().definition(row.version_id)
        body, title = definition.body, definition.body["name"]
        enamel = names.enamel_of(body["skill"], names.called())
        seed = row.thing.partition(":")[2]
        picture = Picture(body["kind"], row.tier, enamel, body["glyph"], seed, row.drawn)
    return Thing(
        row.thing, row.kind, row.stands, row.at, title, row.lang, row.words or "", row.by, row.by_id,
        row.observed_on, row.many, row.tier, picture, row.sealed, row.criterion_id,
    )  # fmt: skip
