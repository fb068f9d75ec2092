"""What an album, a badge's page and the next step on home show: what somebody holds, and how far they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, text

from app.badges import names, queries
from app.badges.holders import Holders, holders
from app.badges.models import Award
from app.badges.queries import Definition
from app.config import timezone
from app.db import db
from app.facts import queries as facts
from app.finding import has_all
from app.points import queries as points
from badges.criteria import (
    AllOf,
    AnyOf,
    Completed,
    Count,
    Criteria,
    Distinct,
    HoldsBadge,
    Leaf,
    PointsAtLeast,
    leaves,
)
from badges.engine import Clock, Tier, first_met
from badges.facts import Fact, Held, Item, in_order
from badges.progress import History, Step, progress, stretches
from badges.words import sentence, sentences


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
    visible: str
    in_review: bool

    @property
    def month(self) -> str:
        """The calendar month in which it was earned: "2026-11"."""
        return f"{self.earned_at.astimezone(timezone()):%Y-%m}"


@dataclass(frozen=True, slots=True)
class StepSaid:
    """One condition in words, how far it is, since when it is met, and what to do for it.

    `on_word`: what is learned for it counts on somebody's word, where no platform or file tells of it.

    `kind` is what it asks for: a kind of fact, points, badge, or given: by hand, with a recognition.
    `go` is the slug of the activity or badge to go to.
    """

    said: str
    done: int
    needed: int
    met: bool
    missing: tuple[str, ...]
    kind: str
    go: str | None
    met_at: datetime | None
    on_word: bool


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
    times: int  # a badge that repeats can be earned once a period
    next_tier: int | None
    share: float
    steps: tuple[StepSaid, ...]
    repeats: str | None
    holders: Holders | None
    stretched: (
        bool  # whether days away lie within a window of the next tier, which therefore reaches back further
    )

    @property
    def open_steps(self) -> int:
        return sum(not step.met for step in self.steps)

    @property
    def by_hand(self) -> bool:
        """Whether somebody else has to give it: nothing to work towards."""
        return any(step.kind == "given" for step in self.steps)

    @property
    def without_points(self) -> bool:
        """Whether a step is open that is no number of points: a way to show to who does without them."""
        return any(step.kind != "points" for step in self.steps if not step.met)


@dataclass(frozen=True, slots=True)
class Look:
    """All badges as one person sees them, and what that person did."""

    shown: tuple[Shown, ...]
    history: tuple[Fact, ...]

    @property
    def earned(self) -> list[Shown]:
        """The badges that are held, newest first."""
        return sorted((one for one in self.shown if one.held), key=_earned_at, reverse=True)

    def reachable(self, *, with_points: bool) -> list[Shown]:
        """What is to be earned, the furthest first."""
        return _reachable(self.shown, with_points=with_points)


def _reachable(shown: Sequence[Shown], *, with_points: bool) -> list[Shown]:
    return sorted(
        (one for one in shown if one.steps and not one.by_hand and (with_points or one.without_points)),
        key=_far,
    )


def _far(one: Shown) -> tuple[float, int, int]:
    """What is still to do, for an order: begun ones first, then few and small steps."""
    return -one.share, one.open_steps, sum(step.needed for step in one.steps)


def _earned_at(one: Shown) -> datetime:
    return one.held.earned_at if one.held else datetime.min.replace(tzinfo=UTC)


# What somebody holds, and how far they are -------------------------------------------------------------------


_HELD = (
    select(
        Award.id, Award.achievement_id, Award.version_id, Award.tier, Award.period_key, Award.earned_at,
        Award.points, Award.evidence,
        Award.picture_version, Award.visible, Award.in_review,
    )
    .where(Award.person_id == bindparam("person"), Award.revoked_at.is_(None))
    .order_by(Award.earned_at.desc(), Award.tier.desc())
)  # fmt: skip


def held(person_id: int) -> list[Holding]:
    """The awards of a person, newest first."""
    rows = db.session.execute(_HELD, {"person": person_id})
    return [Holding(*row[:7], tuple(row[7]), row[8], row[9], row[10]) for row in rows]


def look(person_id: int, lang: str, now: datetime) -> Look:
    """Every badge that can be earned and every one that is held, with the eyes of one person.

    In the order of the catalogue; a badge that was withdrawn stays with who holds it.
    """
    done = facts.histories([person_id])[
        person_id
    ]  # before what is held, so that no fact is newer than its badge
    mine, known, clock = held(person_id), names.called(), _clock(person_id)
    history = _history(person_id, done, mine)
    shown = (_shown(one, mine, history, known, lang, now, clock) for one in _definitions(mine))
    return Look(tuple(shown), tuple(done))


def one(slug: str, person_id: int, lang: str, now: datetime) -> tuple[Shown, Definition] | None:
    """One badge as this person sees it."""
    done = facts.histories([person_id])[person_id]
    mine = held(person_id)
    definition = next((one for one in _definitions(mine) if one.slug == slug), None)
    if definition is None:
        return None
    history = _history(person_id, done, mine)
    return _shown(definition, mine, history, names.called(), lang, now, _clock(person_id)), definition


def _clock(person_id: int) -> Clock:
    return queries.leave_of([person_id])[person_id].clock


@dataclass(frozen=True, slots=True)
class Found:
    """A badge that was looked for, with what this person holds of it."""

    slug: str
    name: Mapping[str, str]
    summary: Mapping[str, str]
    kind: str
    glyph: str
    enamel: str
    tiers: int
    held: Holding | None


def found(person_id: int, looked_for: Sequence[str], *, lang: str) -> list[Found]:
    """Badges in force with all these words; whose name has them in this language first."""
    known = names.called()
    there = [
        one
        for one in queries.catalogue().in_force.values()
        if has_all(looked_for, [*one.body["name"].values(), *one.body["summary"].values()])
    ]
    there.sort(key=lambda one: (not has_all(looked_for, [one.body["name"].get(lang, "")]), one.position))
    mine: dict[int, Holding] = {}
    for award in held(person_id) if there else ():
        if award.achievement_id not in mine or award.tier > mine[award.achievement_id].tier:
            mine[award.achievement_id] = award
    return [
        Found(
            one.slug, one.body["name"], one.body["summary"], one.body["kind"], one.body["glyph"],
            names.enamel_of(one.body["skill"], known), len(one.tiers), mine.get(one.achievement_id),
        )
        for one in there
    ]  # fmt: skip


def _definitions(mine: Sequence[Holding]) -> list[Definition]:
    catalogue = queries.catalogue()
    withdrawn = {
        award.achievement_id: award.version_id
        for award in reversed(mine)
        if award.achievement_id not in catalogue.in_force
    }
    return [*catalogue.in_force.values(), *map(catalogue.definition, withdrawn.values())]


@dataclass(frozen=True, slots=True)
class Set:
    """The badges of one area of skills, and the one that is the nearest of several not held."""

    skill: Row[Any] | None
    badges: tuple[Shown, ...]
    nearest: Shown | None

    @property
    def earned(self) -> int:
        return sum(one.held is not None for one in self.badges)

    @property
    def complete(self) -> bool:
        return self.earned == len(self.badges)


def sets(shown: Sequence[Shown], *, with_points: bool) -> list[Set]:
    """Badges by the area of their skill, in the order of the catalogue; those without a skill last."""
    known = names.called()
    areas: dict[str, list[Shown]] = {}
    for one in shown:
        area = known.area(one.skill)
        areas.setdefault(area.slug if area is not None else "", []).append(one)
    named = sorted(areas, key=lambda slug: (not slug, known.skill_of[slug].position if slug else 0))
    return [
        Set(known.skill_of.get(slug), tuple(areas[slug]), _nearest(areas[slug], with_points=with_points))
        for slug in named
    ]


def _nearest(shown: Sequence[Shown], *, with_points: bool) -> Shown | None:
    missing = [one for one in shown if one.held is None]
    if len(missing) < 2:
        return None  # one alone is not nearer than others
    return next(iter(_reachable(missing, with_points=with_points)), None)


def beginnings(reachable: Sequence[Shown], number: int) -> list[Shown]:
    """The easiest badges, each begun in another way, and each by oneself: where a newcomer can start."""
    own = {"completed", "lesson_shared", "several"}
    found: dict[str, Shown] = {}
    for one in reachable:
        if one.steps[0].kind in own:
            found.setdefault(one.steps[0].kind, one)
    return list(found.values())[:number]


def _history(person_id: int, done: Sequence[Fact], mine: Sequence[Holding]) -> History:
    items: list[Item] = [*done, *points.histories([person_id], with_awards=True)[person_id]]
    items += [Held(award.earned_at, award.achievement_id, award.tier, str(award.id)) for award in mine]
    return History(in_order(items))


def _shown(
    definition: Definition, awards: Sequence[Holding], happened: History, known: names.Called, lang: str,
    now: datetime, clock: Clock,
) -> Shown:  # fmt: skip
    body, repeats = definition.body, definition.badge.repeats
    mine = [award for award in awards if award.achievement_id == definition.achievement_id]
    so_far = mine
    if repeats:  # held in this period, or to be earned anew
        period = queries.calendar(repeats, now)
        so_far = [award for award in mine if award.period_key == period]
    following = _following(definition, so_far, known)
    history = happened.about(following.criteria) if following else []
    if repeats:
        history = [
            item for item in history if isinstance(item, Held) or queries.calendar(repeats, item.at) == period
        ]
    found = progress(following.criteria, history, queries.calendar, now, clock) if following else None
    return Shown(
        slug=definition.slug, name=body["name"], summary=body["summary"], kind=body["kind"], glyph=body["glyph"],
        skill=body["skill"], enamel=names.enamel_of(body["skill"], known), tiers=len(definition.tiers),
        held=max(mine, key=lambda award: (award.tier, award.earned_at), default=None), times=len(mine),
        next_tier=following.tier if following else None, share=found.share if found else 1.0,
        steps=tuple(_step(step, history, known, lang, clock) for step in found.steps) if found else (),
        repeats=repeats, holders=holders().get(definition.achievement_id),
        stretched=following is not None and stretches(following.criteria, now, clock),
    )  # fmt: skip


def _following(definition: Definition, so_far: Sequence[Holding], known: names.Called) -> Tier | None:
    """The tier to be earned next; none where all are held, and none of a badge that was withdrawn."""
    reached = max((award.tier for award in so_far), default=0)
    tiers = definition.tiers
    open_still = definition.achievement_id in known.badges and reached < len(tiers)
    return tiers[reached] if open_still else None


def _step(step: Step, history: Sequence[Item], known: names.Called, lang: str, clock: Clock) -> StepSaid:
    titles = known.titles[lang]
    first = first_met(step.criteria, history, queries.calendar, clock) if step.met else None
    kind, go = _to_do(step.criteria, step.missing, known)
    return StepSaid(
        sentence(step.criteria, lang, titles), step.done, step.needed, step.met,
        tuple(sorted(titles.activities.get(activity, "") for activity in step.missing)),
        kind, go, first[0] if first else None, any(map(_on_word, leaves(step.criteria))),
    )  # fmt: skip


def _on_word(leaf: Leaf) -> bool:
    """Whether it asks for learning: of all that counts, only that can be logged and so be confirmed."""
    return isinstance(leaf, Completed) or (isinstance(leaf, Count | Distinct) and leaf.of.kind == "completed")


def _to_do(criteria: Criteria, missing: frozenset[int], known: names.Called) -> tuple[str, str | None]:
    """What a condition asks for; of several ways the first."""
    if isinstance(criteria, AllOf | AnyOf):
        kinds = {_to_do(leaf, missing, known)[0] for leaf in leaves(criteria)}
        return (kinds.pop() if len(kinds) == 1 else "several"), None
    if isinstance(criteria, PointsAtLeast):
        return "points", None
    if isinstance(criteria, HoldsBadge):
        return "badge", known.badges.get(criteria.achievement_id)
    if isinstance(criteria, Count) and criteria.of.badges:
        return "given", None
    wanted = missing if isinstance(criteria, Completed) else criteria.of.activities
    only = known.activities.get(next(iter(wanted))) if len(wanted) == 1 else None
    return ("completed" if isinstance(criteria, Completed) else criteria.of.kind), only


_EVIDENCE = text("""
    SELECT f.id, f.kind, f.happened_at, f.source, f.in_unit, a.title, a.slug, p.name AS counterpart,
           l.id AS lesson_id, l.title AS lesson, l.lang AS lesson_lang
    FROM fact f LEFT JOIN activity a ON a.id = f.activity_id LEFT JOIN person p ON p.id = f.counterpart_id
    LEFT JOIN lesson l ON l.author_id = f.person_id AND l.deleted_at IS NULL AND l.id =
        CASE WHEN f.source ~ '^(lesson|applied):[0-9]{1,18}(:|$)'
             THEN CAST(split_part(f.source, ':', 2) AS bigint) END
    WHERE f.person_id = :person AND f.id = ANY(CAST(:ids AS bigint[])) ORDER BY f.happened_at, f.id
""")


def evidence(person_id: int, fact_ids: Sequence[int]) -> Sequence[Any]:
    """The facts that an award rests on, for its holder."""
    return db.session.execute(_EVIDENCE, {"person": person_id, "ids": list(fact_ids)}).all()


def tiers_said(definition: Definition, lang: str) -> list[tuple[Tier, list[str]]]:
    """Each tier with its conditions in words."""
    titles = names.called().titles[lang]
    return [(tier, sentences(tier.criteria, lang, titles)) for tier in definition.tiers]
