"""Load a catalogue: vision, skills, activities, points and badges from one checked JSON document.

Loading the same document again changes nothing. What is refused names the place and the reason, and nothing of it
is loaded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from app.activities import actions as activities
from app.badges import actions as badges
from app.badges import queries as badge_queries
from app.db import db
from app.errors import Refused
from app.people.models import Setting
from app.points import actions as points
from app.points import rules
from app.vision import actions as vision
from badges.catalogue import read_all
from badges.criteria import BadCriteria

PARTS = ("vision", "skills", "activities", "points", "badges")


@dataclass(frozen=True)
class Loaded:
    """How much a catalogue brought; `changed` are the badges of which there is a new version."""

    skills: int
    activities: int
    rules_changed: bool
    changed: list[str]


def load(data: object, *, at: datetime) -> Loaded:
    """Bring everything to what the catalogue says; rules and badges are in force from `at` on."""
    if not isinstance(data, dict) or set(data) - set(PARTS):
        raise Refused(f"A catalogue has {', '.join(PARTS)}, and nothing else.")
    skills = vision.load(data.get("vision", []), data.get("skills", []))
    loaded = activities.load(data.get("activities", []), at=at)
    try:
        found = _badges(data, at)
    except (BadCriteria, rules.BadRules) as why:
        raise Refused(str(why)) from why
    stamp(at)
    return Loaded(len(skills), len(loaded), *found)


def _badges(data: Mapping[str, Any], at: datetime) -> tuple[bool, list[str]]:
    names = badge_queries.names()
    checked = rules.check(data.get("points", {}), names.activities)
    read = read_all(data.get("badges", []), names)
    return points.load_rules(checked, at=at), badges.load(read, at=at)


def stamp(at: datetime) -> None:
    """Make every process compile the catalogue anew: what it keeps hangs on this stamp."""
    fresh = {"value": {"stamp": token_hex(8)}, "changed_at": at}
    row = insert(Setting).values(key="catalogue", **fresh)
    db.session.execute(row.on_conflict_do_update(index_elements=["key"], set_=fresh))
    db.session.info.pop("stamp", None)
