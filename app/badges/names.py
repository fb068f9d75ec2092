"""What things are called that a catalogue speaks of, their colours, and badges to be shown beside something else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from app.activities.models import Activity
from app.badges import queries
from app.badges.queries import Catalogue, Definition
from app.db import db
from app.vision import queries as vision
from badges.words import LANGUAGES, Titles


@dataclass(frozen=True, slots=True)
class Called:
    """Names, colours and addresses of all that a catalogue speaks of."""

    titles: Mapping[str, Titles]
    activities: Mapping[int, str]
    skills: Mapping[int, Row[Any]]
    skill_of: Mapping[str, Row[Any]]
    badges: Mapping[int, str]

    def area(self, skill: str | None) -> Row[Any] | None:
        """The topmost skill above one."""
        found = self.skill_of.get(skill or "")
        while found is not None and found.parent_id in self.skills:
            found = self.skills[found.parent_id]
        return found


_called: tuple[Catalogue | None, Called | None] = (None, None)


def called() -> Called:
    """Read once per catalogue; made anew when it has changed."""
    global _called
    catalogue = queries.catalogue()
    found = _called[1] if _called[0] is catalogue else None
    if found is None:
        found = _read(catalogue)
        _called = (catalogue, found)
    return found


def _read(catalogue: Catalogue) -> Called:
    activities = db.session.execute(select(Activity.id, Activity.slug, Activity.title)).all()
    skills = vision.names()
    in_force = catalogue.in_force.values()
    titles = {
        lang: Titles(
            {row.id: row.title.get(lang, "") for row in activities},
            {id: row.name.get(lang, "") for id, row in skills.items()},
            {one.achievement_id: one.body["name"][lang] for one in in_force},
        )
        for lang in LANGUAGES
    }
    return Called(
        titles,
        {row.id: row.slug for row in activities},
        skills,
        {row.slug: row for row in skills.values()},
        {one.achievement_id: one.slug for one in in_force},
    )


@dataclass(frozen=True, slots=True)
class Leading:
    """A badge that an activity helps to earn."""

    slug: str
    name: Mapping[str, str]
    kind: str
    glyph: str
    enamel: str


MOST_LEADING = 4


def leading(slug: str) -> Leading | None:
    """One badge that can be earned, to be shown beside what leads to it."""
    one = queries.catalogue().by_slug(slug)
    if one is None:
        return None
    body = one.body
    return Leading(one.slug, body["name"], body["kind"], body["glyph"], enamel_of(body["skill"], called()))


def choice(lang: str) -> list[tuple[str, str]]:
    """The badges that can be earned, to choose one in a form: slug and name."""
    return [(one.slug, one.body["name"][lang]) for one in queries.catalogue().in_force.values()]


def leading_from(activity: Row[Any]) -> list[Leading]:
    """The badges that name this activity, its kind or one of its skills, the ones that name it most closely first.

    A badge that any learning leads to says nothing about this activity.
    """
    catalogue = queries.catalogue()
    if not catalogue.in_force:
        return []
    known = called()
    above = {up for skill in activity.skills if skill in known.skills for up in known.skills[skill].lineage}
    keys = [
        ("completed", "activity", activity.id),
        *(("completed", "skill", skill) for skill in sorted(above)),
    ]
    keys.append(("completed", "kind", activity.kind))
    ids = dict.fromkeys(tier.achievement_id for key in keys for tier in catalogue.index.touched([key]))
    return [_leading(catalogue.in_force[id], known) for id in ids][:MOST_LEADING]


def by_hand() -> list[Leading]:
    """The badges that a recognition may carry."""
    found = queries.by_hand()
    return [_leading(one, called()) for one in found] if found else []


def carried(slug: str | None) -> Leading | None:
    """The badge that a recognition carries, if it is still in the catalogue."""
    found = queries.catalogue().by_slug(slug) if slug else None
    return _leading(found, called()) if found else None


def _leading(one: Definition, known: Called) -> Leading:
    body = one.body
    return Leading(one.slug, body["name"], body["kind"], body["glyph"], enamel_of(body["skill"], known))


def enamel_of(skill: str | None, known: Called) -> str:
    """The colour of a skill's pictures."""
    found = known.skill_of.get(skill or "")
    return found.enamel if found else "improve"
