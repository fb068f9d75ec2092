"""Deciding everything of people anew from the log: what they earned, and the difference to what they hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.badges import queries
from app.badges.awarding import Decision
from app.badges.rules import not_blocked
from app.facts import queries as facts
from app.points import queries as points
from badges.engine import Clock, Earned, Key, Tier, earned, from_before, met
from badges.facts import Fact, Held, Item


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one person: what happened, what they hold, and by which clock.

    Days away are not kept for ever. What was earned by them before `kept_from` is looked at by a clock that stood
    still all the time until then: nobody loses a badge because days were forgotten.
    """

    history: Sequence[Item]
    standing: Mapping[Key, Any]
    tiers: Sequence[Tier]
    clock: Clock
    kept_from: datetime | None

    def earned(self) -> dict[Key, Earned]:
        return earned(self.tiers, self.history, queries.calendar, clock=self.clock, given=self.given())

    def given(self) -> dict[Key, Earned]:
        """What was earned by days that are not kept any more, and may have been: it stays as it is."""
        edge = self.kept_from
        asked = {
            key: a
            for key, a in self.standing.items()
            if edge and a.stretched_from and a.stretched_from < edge
        }
        if edge is None or not asked:
            return {}
        there = {item.id for item in self.history if isinstance(item, Fact)}
        clock = self.clock.and_away(min(award.stretched_from for award in asked.values()), edge)
        got = earned(self.tiers, self.history, queries.calendar, clock=clock)
        found = {}
        for key, award in asked.items():
            one = got.get(key) or _under_another_version(key, award, got, self.history, clock)
            if one is not None and one.at <= award.earned_at and there.issuperset(award.evidence):
                found[key] = _as_it_stands(award)
        return found


def _as_it_stands(award: Any) -> Earned:
    tier = queries.catalogue().definition(award.version_id).tiers[award.tier - 1]
    return Earned(
        tier,
        award.period_key,
        award.earned_at,
        tuple(award.evidence),
        award.points == 0,
        award.stretched_from,
    )


def decide_anew(decision: Decision, people: Sequence[int]) -> None:
    """Decide everything of these people anew from the log, and note the difference to what they hold."""
    catalogue = queries.catalogue()
    history: dict[int, list[Item]] = {
        person: list(items) for person, items in facts.histories(people).items()
    }
    for person, entries in points.histories(people, with_awards=False).items():
        history[person].extend(entries)
    awards: dict[int, list[Any]] = {person: [] for person in people}
    for award in queries.awards_of(people):
        awards[award.person_id].append(award)
    leave = queries.leave_of(people)
    for person in people:
        standing = {
            (a.achievement_id, a.tier, a.period_key): a for a in awards[person] if a.revoked_at is None
        }
        own = {
            key[:2]: catalogue.definition(a.version_id).tiers[a.tier - 1]
            for key, a in standing.items()
            if not key[2]
        }
        now_open = {(t.achievement_id, t.tier): t for t in catalogue.index.tiers}
        tiers = not_blocked(list({**now_open, **own}.values()), awards[person])
        known = _Known(history[person], standing, tiers, leave[person].clock, leave[person].kept_from)
        _difference(decision, person, known)


def _difference(decision: Decision, person: int, known: _Known) -> None:
    got = known.earned()
    for key, award in known.standing.items():
        one = got.get(key) or _under_another_version(key, award, got, known.history, known.clock)
        if one is None:
            decision.revoked.append(award.id)
        elif _told(award, award.earned_at) != _told(one, one.at):
            decision.moved.append((award, one))
    decision.new += [(person, one) for key, one in sorted(got.items()) if key not in known.standing]


def _told(one: Any, at: datetime) -> tuple[Any, ...]:
    return at, one.points, tuple(one.evidence), one.stretched_from


def _under_another_version(
    key: Key, award: Any, got: Mapping[Key, Earned], history: Sequence[Item], clock: Clock
) -> Earned | None:
    """An award stands as long as the version that it was given under, or the one in force, is met."""
    catalogue = queries.catalogue()
    follow: list[Item] = [Held(one.at, one.tier.achievement_id, one.tier.tier) for one in got.values()]
    current = catalogue.in_force.get(key[0])
    for definition in filter(None, (catalogue.definition(award.version_id), current)):
        if key[1] > len(definition.tiers):
            continue
        tier = definition.tiers[key[1] - 1]
        items = [i for i in history if not tier.repeats or queries.calendar(tier.repeats, i.at) == key[2]]
        found = met(
            tier.criteria,
            sorted([*items, *follow], key=lambda item: (item.at, item.source)),
            queries.calendar,
            clock,
        )
        if found:
            before = from_before(items, found.at)
            return Earned(tier, key[2], found.at, found.evidence, before, found.stretched_from)
    return None
