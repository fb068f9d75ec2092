"""What can be asked of the log."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from app.db import db
from app.facts.models import Fact
from badges import facts as engine

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
    )
    .where(Fact.person_id == bindparam("ids", type_=ARRAY(BigInteger())).any_())
    .where(Fact.withdrawn_at.is_(None))
)
_HISTORY_OF_KINDS = _HISTORY.where(Fact.kind == bindparam("kinds", type_=ARRAY(Text())).any_())


def histories(person_ids: Sequence[int], kinds: Sequence[str] | None = None) -> dict[int, list[engine.Fact]]:
    """The facts that stand, per person, for the badge engine; of these kinds, or of all."""
    found: dict[int, list[engine.Fact]] = {person_id: [] for person_id in person_ids}
    statement = _HISTORY if kinds is None else _HISTORY_OF_KINDS
    parameters: dict[str, Any] = {"ids": list(person_ids)} | ({} if kinds is None else {"kinds": list(kinds)})
    for row in db.session.execute(statement, parameters):
        found[row.person_id].append(
            engine.Fact(
                row.happened_at,
                row.source,
                row.id,
                row.kind,
                row.activity_id,
                row.activity_kind,
                tuple(row.skills),
                frozenset(row.lineage),
                row.counterpart_id,
            )
        )
    return found
