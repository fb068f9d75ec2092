"""What can be asked of programmes: which there are, and how far one is."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, text

from app.db import array, db
from app.errors import NotFound
from app.programmes.rules import Doing, Part, Shown
from app.vision import queries as vision

NOT_THERE = _l("There is no such programme.")
MOST = 200

# What somebody did of an activity, also under the name that it has since a merge.
_DONE = """
    (SELECT min(c.completed_at) FROM completion c
     WHERE c.person_id = {person} AND c.activity_id = coalesce(a.merged_into_id, a.id) AND c.state = 'confirmed')
"""
# When a form of a programme was whole for a follower `f`: the moment of the last step that it needed.
WHOLE = f"""
    SELECT CASE WHEN bool_and(got.at IS NOT NULL) THEN max(got.at) END AS at
    FROM programme_part part
    CROSS JOIN LATERAL (
        SELECT (array_agg(d.at ORDER BY d.at) FILTER (WHERE d.at IS NOT NULL))[part.need] AS at
        FROM (SELECT {_DONE.format(person="f.person_id")} AS at FROM activity a
              WHERE a.id = ANY(part.activities)) AS d
    ) AS got
    WHERE part.programme_id = f.programme_id AND part.form = {{form}}
"""

_ROW = """
    SELECT p.id, p.slug, p.title, p.summary, p.skill_id, p.badge, p.state, p.form, p.formed_at, p.published_at,
           p.version, f.followed_at, f.stopped_at, f.completed_at,
           (SELECT array_agg(part.need ORDER BY part.position) FROM programme_part part
            WHERE part.programme_id = p.id AND part.form = p.form) AS needs,
           (SELECT json_agg(part.activities ORDER BY part.position) FROM programme_part part
            WHERE part.programme_id = p.id AND part.form = p.form) AS named
    FROM programme p LEFT JOIN programme_follower f ON f.programme_id = p.id AND f.person_id = :person
"""
_SEEN = "(p.state = 'published' OR p.state = 'retired' AND f.completed_at IS NOT NULL)"
_ORDER = f" ORDER BY p.published_at, p.id LIMIT {MOST}"
_ALL = text(f"{_ROW} WHERE {_SEEN}{_ORDER}")
_ONE = text(f"{_ROW} WHERE {_SEEN} AND p.slug = :slug")
_DESK = text(
    f"{_ROW} ORDER BY array_position(ARRAY['draft', 'published', 'retired'], p.state), p.id LIMIT {MOST}"
)
_EDITED = text(f"{_ROW} WHERE p.slug = :slug")
_DOING = text(f"""
    SELECT a.id, into_.slug, into_.title, into_.kind, into_.state, {_DONE.format(person=":person")} AS done_at
    FROM activity a JOIN activity into_ ON into_.id = coalesce(a.merged_into_id, a.id)
    WHERE a.id = ANY(CAST(:ids AS bigint[]))
""")
_NAMING = text("""
    SELECT p.slug, p.title, f.completed_at, f.followed_at IS NOT NULL AND f.stopped_at IS NULL AS following
    FROM programme p LEFT JOIN programme_follower f ON f.programme_id = p.id AND f.person_id = :person
    WHERE p.state = 'published' AND EXISTS (
        SELECT FROM programme_part part, unnest(part.activities) AS named(id) JOIN activity a ON a.id = named.id
        WHERE part.programme_id = p.id AND part.form = p.form AND coalesce(a.merged_into_id, a.id) = :activity)
    ORDER BY p.published_at, p.id LIMIT 6
""")
_COUNTS = text("""
    SELECT programme_id, count(*) FILTER (WHERE stopped_at IS NULL AND completed_at IS NULL) AS following,
           count(*) FILTER (WHERE completed_at IS NOT NULL) AS completed
    FROM programme_follower JOIN person ON person.id = person_id AND active GROUP BY programme_id
""")
_WRITTEN = text("""
    SELECT p.slug, p.title, p.summary, p.skill_id, p.badge, p.state, part.need,
           (SELECT array_agg(into_.slug ORDER BY named.nth)
            FROM unnest(part.activities) WITH ORDINALITY AS named(id, nth) JOIN activity a ON a.id = named.id
            JOIN activity into_ ON into_.id = coalesce(a.merged_into_id, a.id)) AS activities
    FROM programme p JOIN programme_part part ON part.programme_id = p.id AND part.form = p.form
    WHERE p.state <> 'draft' ORDER BY p.published_at, p.id, part.position
""")
FEWEST = 5  # a smaller group is not counted for who keeps the desk


def shown(person_id: int) -> list[Shown]:
    """All programmes as this person sees them: what is followed first, what is completed last."""
    found = _told(db.session.execute(_ALL, {"person": person_id}).all(), person_id)
    return sorted(found, key=lambda one: (one.completed, not one.following))


def written() -> list[dict[str, Any]]:
    """Those that are or were published, as the catalogue file says them; an activity that went elsewhere is that."""
    skills = {id: skill.slug for id, skill in vision.names().items()}
    found: dict[str, dict[str, Any]] = {}
    for row in db.session.execute(_WRITTEN):
        entry = found.setdefault(
            row.slug,
            {
                "slug": row.slug, "title": dict(row.title), "summary": dict(row.summary),
                "skill": skills.get(row.skill_id), "badge": row.badge or None, "parts": [],
            } | ({"state": "retired"} if row.state == "retired" else {}),
        )  # fmt: skip
        slugs = list(dict.fromkeys(row.activities))
        entry["parts"].append({"need": min(row.need, len(slugs)), "activities": slugs})
    return list(found.values())


def one(slug: str, person_id: int) -> Shown:
    """One programme as this person sees it; raises `NotFound` where there is none for them."""
    row = db.session.execute(_ONE, {"person": person_id, "slug": slug}).one_or_none()
    if row is None:
        raise NotFound(NOT_THERE)
    return _told([row], person_id)[0]


_MUST_SEE = text(f"""
    SELECT count(*) FROM unnest(CAST(:people AS bigint[]), CAST(:slugs AS text[])) AS w(person_id, slug)
    JOIN programme p ON p.slug = w.slug
    LEFT JOIN programme_follower f ON f.programme_id = p.id AND f.person_id = w.person_id
    WHERE {_SEEN}
""")


def must_see(pairs: Sequence[tuple[str, int]]) -> None:
    """Each of these (programme, person) is there for that person; to others it is not there."""
    told = {"people": array(person for _, person in pairs), "slugs": array(slug for slug, _ in pairs)}
    if db.session.scalar(_MUST_SEE, told) != len(pairs):
        raise NotFound(NOT_THERE)


def desk(person_id: int) -> list[Shown]:
    """Every programme, drafts first."""
    return _told(db.session.execute(_DESK, {"person": person_id}).all(), person_id)


def edited(slug: str, person_id: int) -> Shown:
    """One as its keepers see it, in every state."""
    row = db.session.execute(_EDITED, {"person": person_id, "slug": slug}).one_or_none()
    if row is None:
        raise NotFound(NOT_THERE)
    return _told([row], person_id)[0]


def naming(activity_id: int, person_id: int) -> Sequence[Row[Any]]:
    """The programmes of which an activity is a part."""
    return db.session.execute(_NAMING, {"activity": activity_id, "person": person_id}).all()


def counts() -> dict[int, tuple[int | None, int | None]]:
    """How many follow each and how many completed it; None where they are fewer than five."""
    return {
        row.programme_id: (_many(row.following), _many(row.completed)) for row in db.session.execute(_COUNTS)
    }


def _many(number: int) -> int | None:
    return number if number >= FEWEST else None


def _told(rows: Sequence[Row[Any]], person_id: int) -> list[Shown]:
    doing = (
        _doing({one for row in rows for part in row.named or () for one in part}, person_id) if rows else {}
    )
    return [
        Shown(
            row,
            tuple(
                Part(need, tuple(doing[one] for one in named if one in doing))
                for need, named in zip(row.needs or (), row.named or (), strict=True)
            ),
        )
        for row in rows
    ]


def _doing(ids: Iterable[int], person_id: int) -> dict[int, Doing]:
    rows = db.session.execute(_DOING, {"ids": array(sorted(ids)), "person": person_id})
    return {
        row.id: Doing(row.id, row.slug, row.title, row.kind, row.state == "published", row.done_at)
        for row in rows
    }
