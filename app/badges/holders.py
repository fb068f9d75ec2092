"""How many hold a badge, kept for some minutes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from sqlalchemy import Row, text

from app.badges import queries
from app.badges.queries import Catalogue
from app.db import db

FEWEST = 5


@dataclass(frozen=True, slots=True)
class Holders:
    """How many colleagues hold a badge, and one in how many that is."""

    number: int
    one_in: int


# Who is out of the boards is in no count: neither among the holders nor among those who could be.
_HOLDERS = text("""
    SELECT h.achievement_id, count(*) AS holding, (
        SELECT count(*) FROM person WHERE active AND erased_at IS NULL AND board_choice IS DISTINCT FROM 'out'
    ) AS all_of_us
    FROM (SELECT DISTINCT achievement_id, person_id FROM award WHERE revoked_at IS NULL AND visible <> 'me') AS h
    JOIN person p ON p.id = h.person_id
    WHERE p.active AND p.erased_at IS NULL AND p.board_choice IS DISTINCT FROM 'out'
    GROUP BY h.achievement_id HAVING count(*) >= :fewest
""")

# Another answer whenever somebody goes out of the counts or comes back: two sums, so that one for another shows too.
_UNCOUNTED = text("""
    SELECT (SELECT (count(*), sum(id), sum(id * 7919 % 1000003)) FROM person
            WHERE board_choice = 'out' OR NOT active OR erased_at IS NOT NULL)::text
        || (SELECT (count(*), sum(person_id), sum(person_id * 7919 % 1000003)) FROM award
            WHERE visible = 'me')::text
""")

KEPT_FOR = 300.0  # seconds

_holders: tuple[Catalogue | None, str, float, Mapping[int, Holders]] = (None, "", 0.0, {})


def uncounted() -> str:
    """Changes whenever somebody goes out of the counts or comes back, or hides a badge; asked once a transaction."""
    asked = db.session.info
    if "uncounted" not in asked:
        asked["uncounted"] = db.session.scalar(_UNCOUNTED)
    return str(asked["uncounted"])


def holders() -> Mapping[int, Holders]:
    """How many colleagues hold each badge; one that fewer than five hold is not in it, so that nobody is made out.

    One statement counts all badges, and each process keeps what it found for some minutes, so that no request counts
    everybody again. Whoever leaves the boards or the house, or hides a badge, is gone from the counts at once.
    """
    global _holders
    catalogue, at = queries.catalogue(), monotonic()
    out = uncounted()
    of, without, since, found = _holders
    if of is not catalogue or without != out or at - since >= KEPT_FOR:
        rows = db.session.execute(_HOLDERS, {"fewest": FEWEST})
        found = {row.achievement_id: Holders(row.holding, round(row.all_of_us / row.holding)) for row in rows}
        _holders = (catalogue, out, at, found)
    return found


# Who put it on show, and does not hide from boards: their own team first. What is only theirs is not on show.
_SHOWING = text("""
    SELECT p.id, p.name, p.handle, p.job FROM showcase s
    JOIN award a ON a.id = s.award_id AND a.revoked_at IS NULL AND a.visible <> 'me'
    JOIN person p ON p.id = s.person_id AND p.active AND p.erased_at IS NULL AND p.board_choice IS DISTINCT FROM 'out'
    JOIN person me ON me.id = :me
    WHERE a.achievement_id = :achievement AND p.id <> :me
    GROUP BY p.id, p.name, p.handle, p.job, p.team_id, me.team_id
    ORDER BY p.team_id IS NOT DISTINCT FROM me.team_id DESC, max(a.earned_at) DESC, p.id LIMIT :most
""")


def showing(achievement_id: int, me: int, most: int = 5) -> Sequence[Row[Any]]:
    """Colleagues who chose to show this badge: one can ask them how they came to it."""
    asked = {"achievement": achievement_id, "me": me, "most": most}
    return db.session.execute(_SHOWING, asked).all()
