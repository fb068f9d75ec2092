"""What somebody shows of their badges: which ones, in which order, and who may see them.

Colleagues see awards that are for colleagues or for everybody, the world only those with their link on, the
holder all. Until somebody chooses, colleagues see the newest few: an award is for colleagues unless its holder
says otherwise, and an empty page would tell less than the album of anybody who opens it. The world sees nothing
that was not chosen.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, text

from app.badges import names, queries
from app.badges.rules import NEWEST, SHOWCASE
from app.db import array, db, lock_people
from app.errors import Refused

TOO_MANY = _l("Choose at most six badges. Untick some first.")
NOT_YOURS = _l("One of these badges is not yours, or not any more. Reload the page.")
SEEN_BY: Mapping[str, tuple[str, ...]] = {
    "me": ("me", "colleagues", "public"),
    "colleagues": ("colleagues", "public"),
    "public": ("public",),
}


@dataclass(frozen=True, slots=True)
class Worn:
    """An award as others see it: what it is called, its picture, when it was earned."""

    id: uuid.UUID
    slug: str
    name: Mapping[str, str]
    kind: str
    glyph: str
    skill: str | None
    enamel: str
    tier: int
    tiers: int
    repeats: str | None
    earned_at: datetime
    visible: str
    position: int | None  # where it stands among the chosen ones
    current: bool  # whether it can still be earned, and so has a page for everybody here


@dataclass(frozen=True, slots=True)
class Display:
    """The badges of one person for one kind of viewer: those on show, and all that this viewer may see."""

    shown: tuple[Worn, ...]
    all: tuple[Worn, ...]
    chose: bool

    @property
    def skills(self) -> list[Row[Any]]:
        """What the badges on sight prove, in the order of the skills."""
        return proven(self.all)


# Index: ix_award_person_id. Whether anything was chosen is asked of all awards that stand, also of those that this
# viewer may not see: who chose two private ones did not ask for the newest three to be shown.
_WORN = text("""
    SELECT a.id, a.version_id, a.tier, a.earned_at, a.visible, s.position,
           EXISTS (SELECT FROM showcase c JOIN award w ON w.id = c.award_id AND w.revoked_at IS NULL
                   WHERE c.person_id = :person) AS chose
    FROM award a LEFT JOIN showcase s ON s.award_id = a.id AND s.person_id = a.person_id
    WHERE a.person_id = :person AND a.revoked_at IS NULL AND a.visible = ANY(CAST(:seen AS text[]))
    ORDER BY a.earned_at DESC, a.tier DESC, a.id
""")


def display(person_id: int, viewer: str) -> Display:
    """What a viewer ("me", "colleagues" or "public") gets to see of somebody's badges."""
    rows = db.session.execute(_WORN, {"person": person_id, "seen": array(SEEN_BY[viewer])}).all()
    worn = [_worn(row) for row in rows]
    chosen = in_place(worn)
    chose = any(row.chose for row in rows)
    newest = () if chose or viewer == "public" else tuple(highest(worn)[:NEWEST])
    return Display(tuple(chosen) or newest, tuple(worn), chose)


# One each: the first that they chose; of who never chose, the newest. Index: ix_award_person_id.
_PINNED = text("""
    SELECT DISTINCT ON (a.person_id)
           a.person_id, a.id, a.version_id, a.tier, a.earned_at, a.visible, s.position
    FROM award a LEFT JOIN showcase s ON s.award_id = a.id AND s.person_id = a.person_id
    WHERE a.person_id = ANY(CAST(:people AS int[])) AND a.revoked_at IS NULL
      AND a.visible = ANY(CAST(:seen AS text[]))
      AND (s.position IS NOT NULL OR NOT EXISTS (
          SELECT FROM showcase c JOIN award w ON w.id = c.award_id AND w.revoked_at IS NULL
          WHERE c.person_id = a.person_id))
    ORDER BY a.person_id, s.position, a.earned_at DESC, a.tier DESC, a.id
""")


def pinned(person_ids: Collection[int]) -> dict[int, Worn]:
    """The one badge that stands beside the name of each of these people, where colleagues may see it."""
    if not person_ids:
        return {}
    wanted = {"people": array(sorted(person_ids)), "seen": array(SEEN_BY["colleagues"])}
    return {row.person_id: _worn(row) for row in db.session.execute(_PINNED, wanted)}


def in_place(worn: Iterable[Worn]) -> list[Worn]:
    """The chosen ones in their order."""
    placed = [(one.position, one) for one in worn if one.position is not None]
    return [one for _, one in sorted(placed, key=lambda pair: pair[0])]


def highest(worn: Sequence[Worn]) -> list[Worn]:
    """Of each badge its highest tier, and of that the newest; in the order in which they came."""
    best: dict[str, Worn] = {}
    for one in worn:
        kept = best.get(one.slug)
        if kept is None or (one.tier, one.earned_at) > (kept.tier, kept.earned_at):
            best[one.slug] = one
    return sorted(best.values(), key=lambda one: one.earned_at, reverse=True)


def to_choose(worn: Sequence[Worn]) -> list[Worn]:
    """What the page to choose offers: the chosen ones in their order, then the rest, newest first."""
    chosen = in_place(worn)
    ids = {one.id for one in chosen}
    return [*chosen, *(one for one in highest(worn) if one.id not in ids)]


def proven(worn: Iterable[Worn]) -> list[Row[Any]]:
    """The skills of these badges, each once, in the order of the skills."""
    known = names.called().skill_of
    found = {one.skill: known[one.skill] for one in worn if one.skill is not None and one.skill in known}
    return sorted(found.values(), key=lambda skill: (skill.position, skill.id))


def _worn(row: Any) -> Worn:
    """As it is called in the version that it was given under."""
    definition, known = queries.catalogue().definition(row.version_id), names.called()
    body = definition.body
    skill = known.skill_of.get(body["skill"] or "")
    return Worn(
        row.id, definition.slug, body["name"], body["kind"], body["glyph"], body["skill"],
        skill.enamel if skill is not None else "improve", row.tier, len(definition.tiers),
        definition.badge.repeats, row.earned_at, row.visible, row.position,
        definition.achievement_id in queries.catalogue().in_force,
    )  # fmt: skip


# The choice ------------------------------------------------------------------------------------------------------

_OWN = text("""
    SELECT id FROM award WHERE id = ANY(CAST(:ids AS uuid[])) AND person_id = :person AND revoked_at IS NULL
""")
_CLEAR = text("DELETE FROM showcase WHERE person_id = :person")
_PLACE = text("""
    INSERT INTO showcase (person_id, position, award_id)
    SELECT :person, c.position, c.award_id
    FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS c(award_id, position)
""")


def choose_showcase(*, person_id: int, award_ids: Collection[uuid.UUID]) -> None:
    """Show these awards in this order, and no others. Two choices at once: the last whole one holds."""
    wanted = list(dict.fromkeys(award_ids))
    if len(wanted) > SHOWCASE:
        raise Refused(TOO_MANY, fields={"showcase": TOO_MANY})
    lock_people([person_id])
    told = {"person": person_id, "ids": array(map(str, wanted))}
    own = set(db.session.scalars(_OWN, told)) if wanted else set()
    if len(own) < len(wanted):
        raise Refused(NOT_YOURS, fields={"showcase": NOT_YOURS})
    db.session.execute(_CLEAR, told)
    if wanted:
        db.session.execute(_PLACE, told)
