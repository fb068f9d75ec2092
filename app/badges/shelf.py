"""What an album, a badge's page and the next step on home show: what somebody holds, and how far they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, text

from app.activities.models import Activity
from app.badges import queries
from app.badges.models import Achievement, Award
from app.badges.queries import Definition
from app.db import db
from app.facts import queries as facts
from app.points import queries as points
from app.vision.models import Skill
from badges.criteria import leaves
from badges.engine import Tier
from badges.facts import Held, Item, in_order
from badges.progress import Progress, progress
from badges.words import Titles, sentence, sentences

FEWEST = 5


@dataclass(frozen=True, slots=True)
class Holding:
    """An award that stands."""

    id: Any
    achievement_id: int
    version_id: int
    tier: int
    period_key: str
    earned_at: datetime
    points: int
    evidence: tuple[int, ...]
    picture_version: int


@dataclass(frozen=True, slots=True)
class StepSaid:
    """One condition in words, and how far it is."""

    said: str
    done: int
    needed: int
    met: bool
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One badge as this person sees it: the highest tier held, and the way to the next one."""

    slug: str
    name: Mapping[str, str]
    summary: Mapping[str, str]
    kind: str
    glyph: str
    skill: str | None
    enamel: str
    tiers: int
    held: Holding | None
    next_tier: int | None
    share: float
    steps: tuple[StepSaid, ...]
    repeats: str | None

    @property
    def open_steps(self) -> int:
        return sum(not step.met for step in self.steps)


_HELD = (
    select(
        Award.id, Award.achievement_id, Award.version_id, Award.tier, Award.period_key, Award.earned_at,
        Award.points, Award.evidence,
        Award.picture_version,
    )
    .where(Award.person_id == bindparam("person"), Award.revoked_at.is_(None))
    .order_by(Award.earned_at.desc(), Award.tier.desc())
)  # fmt: skip


def held(person_id: int) -> list[Holding]:
    """The awards of a person, newest first."""
    rows = db.session.execute(_HELD, {"person": person_id})
    return [Holding(*row[:7], tuple(row[7]), row[8]) for row in rows]


def titles(lang: str) -> Titles:
    """What things are called in this language."""
    return Titles(
        {id: said.get(lang, "") for id, said in db.session.execute(select(Activity.id, Activity.title))},
        {id: said.get(lang, "") for id, said in db.session.execute(select(Skill.id, Skill.name))},
        {one.achievement_id: one.body["name"][lang] for one in queries.catalogue().in_force.values()},
    )


def album(person_id: int, lang: str, now: datetime) -> list[Shown]:
    """Every badge that can be earned and every one that is held, in the order of the catalogue."""
    mine = held(person_id)
    best: dict[int, Holding] = {}
    for award in mine:
        if award.achievement_id not in best or award.tier > best[award.achievement_id].tier:
            best[award.achievement_id] = award
    history = _history(person_id, mine)
    called, enamels = titles(lang), _enamels()
    return [
        _shown(one, best.get(one.achievement_id), history, called, enamels, lang, now)
        for one in queries.catalogue().in_force.values()
    ]


def one(slug: str, person_id: int, lang: str, now: datetime) -> tuple[Shown, Definition] | None:
    """One badge as this person sees it."""
    definition = queries.catalogue().by_slug(slug)
    if definition is None:
        return None
    shown = next(one for one in album(person_id, lang, now) if one.slug == slug)
    return shown, definition


def nearest(shown: Sequence[Shown]) -> Shown | None:
    """The badge to take up next: of those begun and not reached the one that is furthest."""
    open_ones = [one for one in shown if one.next_tier is not None and one.steps]
    return max(open_ones, key=lambda one: (one.share, -one.open_steps), default=None)


def _history(person_id: int, mine: Sequence[Holding]) -> list[Item]:
    items: list[Item] = [*facts.histories([person_id])[person_id]]
    items += points.histories([person_id], with_awards=True)[person_id]
    items += [Held(award.earned_at, award.achievement_id, award.tier, str(award.id)) for award in mine]
    return list(in_order(items))


def _enamels() -> dict[str, str]:
    return dict(db.session.execute(select(Skill.slug, Skill.enamel)).all())


def _shown(
    definition: Definition, mine: Holding | None, history: Sequence[Item], called: Titles,
    enamels: Mapping[str, str], lang: str, now: datetime,
) -> Shown:  # fmt: skip
    body = definition.body
    number = mine.tier + 1 if mine else 1
    following = definition.tiers[number - 1] if number <= len(definition.tiers) else None
    found = _progress(following, history, now) if following else None
    return Shown(
        slug=definition.slug, name=body["name"], summary=body["summary"], kind=body["kind"], glyph=body["glyph"],
        skill=body["skill"], enamel=enamels.get(body["skill"] or "", "improve"), tiers=len(definition.tiers),
        held=mine, next_tier=following.tier if following else None, share=found.share if found else 1.0,
        steps=said(found, lang, called) if found else (), repeats=body.get("repeats"),
    )  # fmt: skip


def _progress(tier: Tier, history: Sequence[Item], now: datetime) -> Progress:
    items = history
    if tier.repeats:
        key = queries.calendar(tier.repeats, now)
        items = [item for item in history if queries.calendar(tier.repeats, item.at) == key]
    return progress(tier.criteria, items, queries.calendar, now)


def said(found: Progress, lang: str, called: Titles) -> tuple[StepSaid, ...]:
    """The conditions in words."""
    return tuple(
        StepSaid(
            sentence(step.criteria, lang, called),
            step.done,
            step.needed,
            step.met,
            tuple(sorted(called.activities.get(activity, "") for activity in step.missing)),
        )
        for step in found.steps
    )


def skills_asked(definition: Definition) -> set[int]:
    """The skills that the criteria of a badge name."""
    found: set[int] = set()
    for tier in definition.tiers:
        for leaf in leaves(tier.criteria):
            found |= getattr(getattr(leaf, "of", None), "skills", frozenset())
    return found


_HOLDERS = text("""
    SELECT count(DISTINCT a.person_id) FROM award a JOIN person p ON p.id = a.person_id
    WHERE a.achievement_id = :achievement AND a.revoked_at IS NULL AND p.active AND p.erased_at IS NULL
    AND p.board_choice IS DISTINCT FROM 'out' AND a.visible <> 'me'
""")


def holders(achievement_id: int) -> int | None:
    """How many colleagues hold it; None below five, so that nobody is made out."""
    number = db.session.scalar(_HOLDERS, {"achievement": achievement_id}) or 0
    return number if number >= FEWEST else None


_EVIDENCE = text("""
    SELECT f.id, f.kind, f.happened_at, f.source, a.title, a.slug, p.name AS counterpart
    FROM fact f LEFT JOIN activity a ON a.id = f.activity_id LEFT JOIN person p ON p.id = f.counterpart_id
    WHERE f.person_id = :person AND f.id = ANY(CAST(:ids AS bigint[])) ORDER BY f.happened_at, f.id
""")


def evidence(person_id: int, fact_ids: Sequence[int]) -> Sequence[Any]:
    """The facts that an award rests on, for its holder."""
    return db.session.execute(_EVIDENCE, {"person": person_id, "ids": list(fact_ids)}).all()


def unseen(person_id: int) -> Sequence[Any]:
    """Awards that their holder has not seen yet, newest first."""
    return db.session.execute(
        select(Award.id, Award.tier, Award.earned_at, Achievement.slug)
        .join(Achievement, Achievement.id == Award.achievement_id)
        .where(Award.person_id == person_id, Award.revoked_at.is_(None), Award.seen_at.is_(None))
        .order_by(Award.awarded_at.desc())
    ).all()


def number_held(person_id: int) -> int:
    """How many different badges somebody holds."""
    statement = select(func.count(func.distinct(Award.achievement_id))).where(
        Award.person_id == person_id, Award.revoked_at.is_(None)
    )
    return db.session.scalar(statement) or 0


def tiers_said(definition: Definition, lang: str, called: Titles) -> list[tuple[Tier, list[str]]]:
    """Each tier with its conditions in words."""
    return [(tier, sentences(tier.criteria, lang, called)) for tier in definition.tiers]
