"""What waits at the desk, with whom and what it may be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text

from app.activities import merging
from app.db import db
from app.imports import waiting
from app.intake import rules
from app.learning import waiting as rows_of_files
from app.people import clients, naming
from app.people.rules import sort_name_of

SHELVES = (
    waiting,
    rows_of_files,
)  # where something can wait for a person: modules with what `imports.waiting` has
MOST_GUESSES = 3
PAGE = 50
_WAITING = text(f"""
    SELECT s.name, sum(n) AS statements, sum(completing) AS completing, min(first_at) AS first_at,
           max(last_at) AS last_at, jsonb_object_agg(s.source, n) AS sources
    FROM ({" UNION ALL ".join(shelf.ROWS for shelf in SHELVES)}) AS s
    WHERE (CAST(:source AS text) IS NULL OR s.source = :source)
      AND (CAST(:name AS text) IS NOT NULL
           OR EXISTS (SELECT FROM ignored_name i WHERE i.name = s.name) = :ignored)
    GROUP BY s.name ORDER BY completing DESC, statements DESC, s.name LIMIT {PAGE + 1} OFFSET :skip
""")
_JOINS = text("""
    SELECT j.id, j.kind, j.value, j.at, j.person_id, p.name AS person, p.handle, b.name AS by_name
    FROM identity_join j JOIN person p ON p.id = j.person_id JOIN person b ON b.id = j.by_id
    WHERE j.undone_at IS NULL ORDER BY j.id DESC LIMIT 51 OFFSET :skip
""")
_JOIN = text(
    "SELECT id, kind, value, person_id FROM identity_join WHERE id = :id AND undone_at IS NULL FOR UPDATE"
)


@dataclass(frozen=True, slots=True)
class Guess:
    """Somebody whom a name may mean, and why."""

    person: Row[Any]
    why: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A name under which something waits."""

    name: str
    shown: str
    home: str
    said: str | None
    statements: int
    completions: int
    clients: dict[str, int]
    first_at: Any
    last_at: Any
    guesses: list[Guess]


def names(*, ignored: bool = False, client: int | None = None, page: int = 1) -> tuple[list[Waiting], bool]:
    """One page of names that wait, the most completions first, each with whom it may be; and whether there are
    more. A fixed number of questions."""
    source = f"client:{client}" if client is not None else None
    told = {"ignored": ignored, "source": source, "name": None, "skip": (page - 1) * PAGE}
    rows = db.session.execute(_WAITING, told).all()
    return _with_guesses(rows[:PAGE]), len(rows) > PAGE


def name(wanted: str) -> Waiting | None:
    """One name that waits, ignored or not."""
    told = {"ignored": False, "source": None, "name": wanted, "skip": 0}
    found = _with_guesses(db.session.execute(_WAITING, told).all())
    return found[0] if found else None


def is_waiting(name: str) -> bool:
    """Whether anything waits under this name, on whichever shelf."""
    return any(shelf.is_waiting(name) for shelf in SHELVES)


def _with_guesses(rows: Sequence[Row[Any]]) -> list[Waiting]:
    words = sorted({word for row in rows for word in rules.words_of(row.name)})
    said: dict[str, str] = {}
    for shelf in SHELVES:
        said |= shelf.said_of([row.name for row in rows])
    people = naming.like(words, sorted({sort_name_of(one) for one in said.values()}))
    known = clients.names()
    return [_told(row, said.get(row.name), people, known) for row in rows]


def _told(row: Row[Any], said: str | None, people: Sequence[Row[Any]], known: dict[int, str]) -> Waiting:
    shown, home = rules.shown(row.name)
    guesses = [Guess(person, why) for person in people if (why := rules.why(row.name, said, person))]
    guesses.sort(key=lambda guess: ("number", "email", "mailbox", "name").index(guess.why))
    return Waiting(
        name=row.name,
        shown=shown,
        home=home,
        said=said,
        statements=int(row.statements),
        completions=int(row.completing),
        clients={_source(source, known): int(n) for source, n in row.sources.items()},
        first_at=row.first_at,
        last_at=row.last_at,
        guesses=guesses[:MOST_GUESSES],
    )


def joins(page: int = 1) -> tuple[Sequence[Row[Any]], bool]:
    """Joins that hold, the latest first."""
    rows = db.session.execute(_JOINS, {"skip": (page - 1) * 50}).all()
    return rows[:50], len(rows) > 50


def join_to_undo(join_id: int) -> Row[Any] | None:
    """A join that was not undone yet, locked; none otherwise."""
    return db.session.execute(_JOIN, {"id": join_id}).one_or_none()


# Criteria name activities by their slug, rules for points by their id.
_RULED = text("""
    SELECT EXISTS (SELECT FROM achievement b JOIN achievement_version v ON v.id = b.version_id
                   WHERE jsonb_path_exists(v.body, 'lax $.tiers[*].criteria.** ? (@ == $slug)',
                                           jsonb_build_object('slug', a.slug)))
        OR EXISTS (SELECT FROM (SELECT rules FROM point_rules ORDER BY valid_from DESC LIMIT 1) AS r
                   WHERE jsonb_exists(r.rules -> 'activities', CAST(a.id AS text)))
    FROM activity a WHERE a.id = :id
""")


def is_ruled(activity_id: int) -> bool:
    """Whether a badge in force or the rules for points name this activity."""
    return bool(db.session.scalar(_RULED, {"id": activity_id}))


@dataclass(frozen=True, slots=True)
class Proposal:
    """An activity that sources named, with what it may be, and how often which source told of it."""

    activity: Row[Any]
    alike: list[Row[Any]]
    sources: dict[str, int]


def proposals() -> list[Proposal]:
    """Three questions, however many there are."""
    rows = merging.proposed()
    alike, known = merging.alike([row.id for row in rows]), clients.names()
    return [Proposal(row, alike.get(row.id, [])[:MOST_GUESSES], _sources(row, known)) for row in rows]


def _sources(row: Row[Any], known: dict[int, str]) -> dict[str, int]:
    """How often which source told of it."""
    found: dict[str, int] = {}
    for source, count in (row.sources or {}).items():
        name = _source(source.replace("statement:", "client:"), known)
        found[name] = found.get(name, 0) + count
    return found


def _source(source: str, known: dict[int, str]) -> str:
    """`client:7` is what that client sent; of anything else what stands after its kind, or the kind."""
    kind, _, of = source.partition(":")
    if kind == "client" and of.isdecimal():
        return known.get(int(of), source)
    return of if kind == "file" and of else kind
