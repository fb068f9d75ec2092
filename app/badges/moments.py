"""The award moment: what is new in somebody's album, why they have it, and whom they may want to thank."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from app.badges import names, queries, shelf
from app.badges.queries import Definition
from app.db import array, db
from badges.criteria import PointsAtLeast, leaves

# Newest first; of tiers that came together the highest.
_NEW = """
    SELECT a.id, a.achievement_id, a.version_id, a.tier, a.evidence, a.picture_version
    FROM award a WHERE a.person_id = :person AND {which}
    ORDER BY a.earned_at DESC, a.awarded_at DESC, a.tier DESC, a.id LIMIT 100
"""
_UNSEEN = text(_NEW.format(which="a.seen_at IS NULL AND a.revoked_at IS NULL"))
_THESE = text(_NEW.format(which="a.id = ANY(CAST(:ids AS uuid[]))"))
# For the layout: whether somebody has a badge that they have not been shown.
WAITS = (
    "SELECT EXISTS (SELECT FROM award WHERE person_id = :person AND seen_at IS NULL AND revoked_at IS NULL)"
)
_NUMBER = text(
    "SELECT count(DISTINCT achievement_id) FROM award WHERE person_id = :person AND revoked_at IS NULL"
)
# Who confirmed or led the newest of what it rests on; who applied a lesson; else the manager. Thanks that were got
# are answered where they stand. Never oneself, and nobody who left.
_COACH = text("""
    SELECT p.name, p.handle, coalesce(e.activity_kind, '') AS activity_kind
    FROM (SELECT f.happened_at, f.id, f.activity_kind,
                 CASE WHEN f.kind = 'completed' THEN coalesce(nullif(f.confirmed_by, :person), f.counterpart_id)
                      WHEN f.kind <> 'kudos_received' THEN f.counterpart_id END AS who
          FROM fact f WHERE f.person_id = :person AND f.id = ANY(CAST(:ids AS bigint[]))
          UNION ALL
          SELECT NULL, 0, NULL, manager_id FROM person WHERE id = :person) e
    JOIN person p ON p.id = e.who
    WHERE p.active AND p.erased_at IS NULL AND p.id <> :person
    ORDER BY e.happened_at DESC NULLS LAST, e.id DESC LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Fresh:
    """A badge that is new for its earner, as its picture and its name want it."""

    award_id: uuid.UUID
    definition: Definition
    tier: int
    enamel: str
    evidence: tuple[int, ...]
    picture_version: int

    @property
    def name(self) -> Mapping[str, str]:
        name: Mapping[str, str] = self.definition.body["name"]
        return name

    @property
    def tiers(self) -> int:
        return len(self.definition.tiers)


@dataclass(frozen=True, slots=True)
class News:
    """All that is new at once: the newest badge and the others; `ids` are the awards that are seen with it."""

    newest: Fresh
    others: tuple[Fresh, ...]
    ids: tuple[uuid.UUID, ...]
    number: int
    said: tuple[str, ...]
    last_step: Any
    coach: Any


def news(person_id: int, lang: str, *, with_points: bool) -> News | None:
    """What somebody has not been shown yet, or None. Without points no condition speaks of them."""
    rows = db.session.execute(_UNSEEN, {"person": person_id}).all()
    if not rows:
        return None
    newest, *others = _highest(rows)
    happened = shelf.evidence(person_id, newest.evidence)
    return News(
        newest, tuple(others), tuple(row.id for row in rows),
        db.session.scalar(_NUMBER, {"person": person_id}) or 1,
        tuple(_said(newest, lang, with_points=with_points)),
        happened[-1] if happened else None,
        coach(person_id, newest),
    )  # fmt: skip


def one_of(person_id: int, award_ids: Sequence[uuid.UUID]) -> Fresh | None:
    """The badge that a moment with these awards was about; None where none of them is one's own."""
    asked = {"person": person_id, "ids": array(str(id) for id in award_ids)}
    rows = db.session.execute(_THESE, asked).all()
    return _highest(rows)[0] if rows else None


def coach(person_id: int, fresh: Fresh) -> Any:
    """Whom one may want to thank for it: name, handle, and of what kind the help was."""
    asked = {"person": person_id, "ids": array(fresh.evidence)}
    return db.session.execute(_COACH, asked).one_or_none()


def _highest(rows: Sequence[Any]) -> list[Fresh]:
    """One per badge, in the order of the rows, each in the highest tier among them."""
    best: dict[int, Any] = {}
    for row in rows:
        if row.achievement_id not in best or best[row.achievement_id].tier < row.tier:
            best[row.achievement_id] = row
    definition, known = queries.catalogue().definition, names.called()
    return [
        Fresh(
            row.id, made := definition(row.version_id), row.tier, names.enamel_of(made.body["skill"], known),
            tuple(row.evidence), row.picture_version,
        )
        for row in best.values()
    ]  # fmt: skip


def _said(fresh: Fresh, lang: str, *, with_points: bool) -> Sequence[str]:
    """What this tier asked for."""
    tier, said = shelf.tiers_said(fresh.definition, lang)[fresh.tier - 1]
    about_points = any(isinstance(leaf, PointsAtLeast) for leaf in leaves(tier.criteria))
    return said if with_points or not about_points else ()
