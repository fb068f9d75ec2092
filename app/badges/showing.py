"""An award's own page: who may open it, what it shows, and whom its holder may ask to be named there.

What it shows is the same for everybody who may open it: no points, ranks or kudos, no text that somebody wrote, and
a colleague's name only with that colleague's agreement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import segno
from markupsafe import Markup
from sqlalchemy import text

from app.badges import files, names, queries
from app.badges.queries import Definition
from app.config import settings
from app.db import db
from badges.criteria import AllOf, PointsAtLeast, leaves
from badges.engine import rolls
from badges.words import THEY, sentence


@dataclass(frozen=True, slots=True)
class Shown:
    """An award as its page shows it."""

    id: Any
    person_id: int
    holder: str
    definition: Definition
    enamel: str
    tier: int
    earned_at: datetime
    visible: str
    in_review: bool
    evidence: tuple[int, ...]
    picture: files.Picture
    revoked_at: datetime | None
    revoked_because: Mapping[str, Any] | None

    @property
    def name(self) -> Mapping[str, str]:
        found: Mapping[str, str] = self.definition.body["name"]
        return found

    @property
    def rolling(self) -> bool:
        """Whether it asks for something within so many days. Then no days stand beside what it rests on: if they lie
        further apart, its holder was away meanwhile, and that is nobody's to read."""
        return rolls(self.definition.tiers[self.tier - 1].criteria)

    @property
    def link(self) -> str:
        return link(self.id)

    @property
    def code(self) -> Markup:
        """The same address for a camera: it stands on paper."""
        drawn: str = segno.make(self.link, error="m").svg_inline(
            border=2, omitsize=True, svgclass=None, lineclass=None
        )
        return Markup(drawn)  # noqa: S704  # drawn by the library from an address of ours


def link(award_id: Any) -> str:
    """The whole address of the page of an award, as it is given to others."""
    return f"{settings().origin}/b/{award_id}"


# What was open to anyone stays so when its holder leaves; among colleagues it ends with being one.
_AWARD = text("""
    SELECT a.id, a.person_id, p.name AS holder, a.version_id, a.tier, a.earned_at, a.visible, a.in_review, a.evidence,
           a.picture_version, a.revoked_at, a.revoked_because
    FROM award a JOIN person p ON p.id = a.person_id
    WHERE a.id = :award AND p.erased_at IS NULL
      AND (a.visible = 'public' OR a.person_id = CAST(:viewer AS bigint)
           OR (a.visible = 'colleagues' AND p.active AND CAST(:viewer AS bigint) IS NOT NULL))
""")


def award(award_id: Any, viewer_id: int | None) -> Shown | None:
    """The award, where this viewer may see it; nobody in particular is an outsider."""
    row = db.session.execute(_AWARD, {"award": award_id, "viewer": viewer_id}).one_or_none()
    if row is None:
        return None
    definition = queries.catalogue().definition(row.version_id)
    body = definition.body
    enamel = names.enamel_of(body["skill"], names.called())
    drawn = files.of_award(row.id, body["kind"], row.tier, enamel, body["glyph"], row.picture_version)
    return Shown(
        row.id, row.person_id, row.holder, definition, enamel, row.tier, row.earned_at, row.visible, row.in_review,
        tuple(row.evidence), drawn, row.revoked_at, row.revoked_because,
    )  # fmt: skip


def asked_for(shown: Shown, lang: str) -> tuple[list[str], int]:
    """What its holder did for this tier, as others are told, and how many conditions are left out since they speak of
    points."""
    criteria = shown.definition.tiers[shown.tier - 1].criteria
    parts = criteria.parts if isinstance(criteria, AllOf) else (criteria,)
    told = [one for one in parts if not any(isinstance(leaf, PointsAtLeast) for leaf in leaves(one))]
    titles = names.called().titles[lang]
    return [sentence(one, lang, titles, THEY) for one in told], len(parts) - len(told)


# What it rests on --------------------------------------------------------------------------------------------

# A name stands here only with that colleague's agreement for this award, and while they work here.
_NAMED = """
    (SELECT p.name FROM agreement g JOIN person p ON p.id = g.colleague_id
     WHERE g.award_id = :award AND g.colleague_id = {who} AND g.agreed AND p.active AND p.erased_at IS NULL)
"""
# The catalogue's own titles only: what somebody logged or a platform sent is their text.
_RESTS_ON = text(f"""
    SELECT f.kind, f.happened_at, f.source, f.confirmed_by IS NOT NULL AS confirmed, f.counterpart_id,
           CASE WHEN a.state IN ('published', 'retired') THEN a.title END AS title,
           {_NAMED.format(who="f.confirmed_by")} AS confirmer, {_NAMED.format(who="f.counterpart_id")} AS coach
    FROM fact f LEFT JOIN activity a ON a.id = f.activity_id
    WHERE f.person_id = :person AND f.id = ANY(CAST(:ids AS bigint[])) AND f.withdrawn_at IS NULL
      AND f.kind IN ('completed', 'lesson_shared', 'lesson_applied')
    ORDER BY f.happened_at, f.id
""")


@dataclass(frozen=True, slots=True)
class RestsOn:
    """What was learned, with its day; of lessons only how many, for a day could give away an unnamed one."""

    learned: tuple[Any, ...]
    shared: int
    applied_by: int


def rests_on(shown: Shown) -> RestsOn:
    """The evidence of an award as its page says it: completions by name, lessons and appliers as numbers."""
    values = {"award": shown.id, "person": shown.person_id, "ids": list(shown.evidence)}
    rows = db.session.execute(_RESTS_ON, values).all()
    return RestsOn(
        tuple(row for row in rows if row.kind == "completed"),
        sum(row.kind == "lesson_shared" for row in rows),
        len({row.counterpart_id or row.source for row in rows if row.kind == "lesson_applied"}),
    )


# Whose name may stand there ----------------------------------------------------------------------------------

# Whom a fact of an award concerns: who confirmed it, and who coached. Whoever left is nobody's to ask.
_CONCERNED = """
    fact f CROSS JOIN LATERAL (SELECT f.confirmed_by UNION SELECT f.counterpart_id) AS w(colleague_id)
    JOIN person c ON c.id = w.colleague_id AND c.active AND c.erased_at IS NULL
"""
_COLLEAGUES = text(f"""
    SELECT DISTINCT c.id, c.name, c.sort_name, g.asked_at, g.answered_at, g.agreed
    FROM {_CONCERNED} LEFT JOIN agreement g ON g.award_id = :award AND g.colleague_id = c.id
    WHERE f.person_id = :person AND f.id = ANY(CAST(:ids AS bigint[])) AND f.withdrawn_at IS NULL
      AND f.kind = 'completed' AND c.id <> :person
    ORDER BY c.sort_name, c.id
""")


def colleagues(shown: Shown) -> Sequence[Any]:
    """Who can be asked whether their name may stand there, with what they answered; for its holder only."""
    values = {"award": shown.id, "person": shown.person_id, "ids": list(shown.evidence)}
    return db.session.execute(_COLLEAGUES, values).all()


_ASKED = f"""
    FROM agreement g JOIN award a ON a.id = g.award_id AND a.revoked_at IS NULL
    JOIN person h ON h.id = a.person_id AND h.erased_at IS NULL
    JOIN {_CONCERNED} ON f.id = ANY(a.evidence) AND f.person_id = a.person_id
    LEFT JOIN activity t ON t.id = f.activity_id
    WHERE g.colleague_id = :person AND w.colleague_id = :person AND f.kind = 'completed' AND f.withdrawn_at IS NULL
"""
_ASKED_OF = text(f"""
    SELECT g.award_id, g.asked_at, g.answered_at, g.agreed, h.name AS holder, h.id AS holder_id, a.version_id, a.tier,
           a.visible, a.picture_version, f.happened_at, f.confirmed_by = :person AS confirmed,
           CASE WHEN t.state IN ('published', 'retired') THEN t.title END AS title
    {_ASKED} ORDER BY g.answered_at IS NOT NULL, g.asked_at DESC, g.award_id, f.happened_at, f.id
""")
# For the layout: how many such questions wait for this person's answer.
WAITING = f"SELECT count(DISTINCT g.award_id) {_ASKED} AND g.answered_at IS NULL"


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody asks me whether my name may stand on the page of an award, and what exactly would stand there."""

    row: Any
    name: Mapping[str, str]
    picture: files.Picture
    enamel: str
    lines: tuple[Any, ...]


def asked_of(person_id: int) -> list[Asked]:
    """What I was asked, what waits first."""
    grouped: dict[Any, list[Any]] = {}
    for row in db.session.execute(_ASKED_OF, {"person": person_id}):
        grouped.setdefault(row.award_id, []).append(row)
    return [_asked(rows) for rows in grouped.values()]


def _asked(rows: Sequence[Any]) -> Asked:
    first = rows[0]
    body = queries.catalogue().definition(first.version_id).body
    enamel = names.enamel_of(body["skill"], names.called())
    drawn = files.of_award(
        first.award_id, body["kind"], first.tier, enamel, body["glyph"], first.picture_version
    )
    return Asked(first, body["name"], drawn, enamel, tuple(rows))
