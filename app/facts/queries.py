"""What can be asked of the log."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

from app.db import array, db
from app.facts.models import Fact
from badges import facts as engine
from badges.criteria import Filter

_STAMP = text("SELECT value ->> 'stamp' FROM setting WHERE key = 'catalogue'")
_LINEAGES = text("SELECT id, lineage FROM skill")
_lineages: tuple[str | None, dict[int, tuple[int, ...]]] = (None, {})


def catalogue_stamp() -> str | None:
    """Another one whenever the catalogue has changed; asked once a transaction. Caches of compiled rules hang on it."""
    info = db.session.info
    if "stamp" not in info:
        info["stamp"] = db.session.scalar(_STAMP)
    stamp: str | None = info["stamp"]
    return stamp


def lineages() -> dict[int, tuple[int, ...]]:
    """Each skill with itself and its ancestors; read again when the catalogue has changed."""
    global _lineages
    stamp = catalogue_stamp()
    if stamp is None or _lineages[0] != stamp:
        _lineages = (stamp, {row.id: tuple(row.lineage) for row in db.session.execute(_LINEAGES)})
    return _lineages[1]


_HISTORY = (
    select(
        Fact.person_id,
        Fact.id,
        Fact.source,
        Fact.kind,
        Fact.happened_at,
        Fact.activity_id,
        Fact.activity_kind,
        Fact.skills,
        Fact.lineage,
        Fact.counterpart_id,
        Fact.edition,
    )
    .where(Fact.person_id == bindparam("ids", type_=ARRAY(BigInteger())).any_())
    .where(Fact.withdrawn_at.is_(None))
)

# One look at the log of each person, however many filters there are: any of them lets a fact through. OFFSET keeps
# it so: a plan made while the log was empty would read it whole.
_MATCHING = text("""
    WITH asked AS MATERIALIZED (
        SELECT person_id, CAST(kinds AS text[]) AS kinds, CAST(parts AS text[]) AS parts,
               CAST(activities AS bigint[]) AS activities, CAST(skills AS bigint[]) AS skills
        FROM unnest(CAST(:people AS bigint[]), CAST(:kinds AS text[]), CAST(:parts AS text[]),
                    CAST(:activities AS text[]), CAST(:skills AS text[]))
             AS a(person_id, kinds, parts, activities, skills)
    )
    SELECT f.person_id, f.id, f.source, f.kind, f.happened_at, f.activity_id, f.activity_kind, f.skills, f.lineage,
           f.counterpart_id, f.edition
    FROM asked a CROSS JOIN LATERAL (
        SELECT * FROM fact WHERE fact.person_id = a.person_id AND withdrawn_at IS NULL
         AND (kind = ANY(a.kinds) OR activity_id = ANY(a.activities) OR lineage && a.skills
              OR kind || ':' || activity_kind = ANY(a.parts)) OFFSET 0) AS f
""")


def _facts(people: Iterable[int], rows: Iterable[Any]) -> dict[int, list[engine.Fact]]:
    found: dict[int, list[engine.Fact]] = {person_id: [] for person_id in people}
    for (
        person_id,
        id_,
        source,
        kind,
        at,
        activity_id,
        activity_kind,
        skills,
        lineage,
        counterpart,
        edition,
    ) in rows:
        found[person_id].append(
            engine.Fact(
                at,
                source,
                id_,
                kind,
                activity_id,
                activity_kind,
                tuple(skills),
                frozenset(lineage),
                counterpart,
                edition if kind == "recognised" else "",  # the slug of the badge that it carries
            )
        )
    return found


def histories(person_ids: Sequence[int]) -> dict[int, list[engine.Fact]]:
    """All facts that stand, per person, for the badge engine."""
    return _facts(person_ids, db.session.execute(_HISTORY, {"ids": list(person_ids)}))


# By which column a filter finds its facts: the narrowest that it names, as in `badges.catalogue.Index`.
_SIDES: dict[str, Callable[[Filter], Iterable[Any]]] = {
    "activities": lambda of: of.activities,
    "skills": lambda of: () if of.activities else of.skills,
    "parts": lambda of: (
        [f"{of.kind}:{kind}" for kind in of.activity_kinds] if not of.activities and not of.skills else ()
    ),
    "kinds": lambda of: () if of.activities or of.skills or of.activity_kinds else (of.kind,),
}


def matching(filters: Mapping[int, Sequence[Filter]]) -> dict[int, list[engine.Fact]]:
    """The facts that stand and that one of the filters of their person may let through, for the badge engine."""
    asked = {person_id: some for person_id, some in filters.items() if some}
    if not asked:
        return _facts(filters, ())
    columns: dict[str, list[Any]] = {"people": list(asked)}
    for name, of in _SIDES.items():
        columns[name] = [array({value for one in some for value in of(one)}) for some in asked.values()]
    rows = db.session.execute(_MATCHING, {name: array(column) for name, column in columns.items()})
    return _facts(filters, rows)
