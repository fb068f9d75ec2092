"""What can be done with badges: decide what people have earned, and note what they were shown.

Where facts come in the order of happening only the tiers that they touch are decided, and of those most are set
aside by counts that stand in the totals row. Where something older came or went, everything of that person is
decided again from the log, and the difference is written: `badges.engine.earned` is the definition of both.
"""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update

from app.badges import queries
from app.badges.anew import decide_anew
from app.badges.awarding import Decision
from app.badges.models import Award
from app.badges.rules import not_blocked
from app.config import timezone
from app.db import db, lock_people, locked_totals
from app.events import DaysAwayChanged, FactsCounted
from app.facts import queries as facts
from app.outbox import publish
from app.points import queries as points
from badges.catalogue import could_be_met, filter_of, keys_of_tier
from badges.criteria import PointsAtLeast, leaves
from badges.engine import ALWAYS_HERE, Clock, Key, Tier, earned, in_reach, rolls
from badges.facts import Fact, Held, Item


def evaluate(counted: Sequence[FactsCounted], now: datetime) -> None:
    """Decide what these people have earned by what was counted."""
    people: dict[int, list[FactsCounted]] = defaultdict(list)
    for event in counted:
        people[event.person_id].append(event)
    anew = sorted(person for person, events in people.items() if any(event.anew for event in events))
    in_order = {person: events for person, events in people.items() if person not in set(anew)}
    decision = Decision(now)
    if in_order:
        _evaluate_in_order(decision, in_order)
    if anew:
        decide_anew(decision, anew)
    decision.write()


def _evaluate_in_order(decision: Decision, people: Mapping[int, Sequence[FactsCounted]]) -> None:
    """Three sieves, each dearer than the one before: the counts in the totals row, what is held, what the log has."""
    touched = _touched(people)
    if not touched:
        return
    held = _held(touched, people)
    wanted = {
        person: _with_lower(rest, held[person])
        for person, tiers in touched.items()
        if (rest := _not_held(tiers, held[person], people[person]))
    }
    if not wanted:
        return
    history, totals = _happened(wanted), locked_totals(wanted)
    near = {
        person: _with_lower(reached, held[person])
        for person, tiers in wanted.items()
        if (
            reached := [t for t in tiers if in_reach(t.criteria, history[person], totals[person]["all_time"])]
        )
    }
    if near:
        _decide_in_order(decision, near, history)


def _touched(people: Mapping[int, Sequence[FactsCounted]]) -> dict[int, list[Tier]]:
    """The tiers that what was counted can touch, without those that the counts set aside."""
    index, totals = queries.catalogue().index, locked_totals(people)
    touched = {}
    for person, events in people.items():
        points, counts = totals[person]["all_time"], totals[person]["counts"]
        keys = {key for event in events for key in event.touched}
        tiers = index.touched(keys, min(event.points_before for event in events), points)
        possible = [tier for tier in tiers if could_be_met(tier.criteria, counts, points)]
        if possible:
            touched[person] = possible
    return touched


def _periods(tier: Tier, events: Sequence[FactsCounted]) -> set[str]:
    """The periods in which what was counted lies; a period that is none where it lies in more than one."""
    if not tier.repeats:
        return {""}
    moments = [at for event in events for at in (event.since, event.until) if at is not None]
    periods = {queries.calendar(tier.repeats, at) for at in moments}
    return periods if len(periods) == 1 else {"more than one"}


def _held(
    touched: Mapping[int, Sequence[Tier]], people: Mapping[int, Sequence[FactsCounted]]
) -> dict[int, set[Key]]:
    """What these people hold of the tiers that are touched, and of the lower ones."""
    asked = [
        (person, tier.achievement_id, number, period)
        for person, tiers in touched.items()
        for tier in tiers
        for number in range(1, tier.tier + 1)
        for period in {"", *_periods(tier, people[person])}
    ]
    found: dict[int, set[Key]] = {person: set() for person in touched}
    for person, *key in queries.held_among(sorted(set(asked))):
        found[person].add((key[0], key[1], key[2]))
    return found


def _not_held(tiers: Sequence[Tier], held: set[Key], events: Sequence[FactsCounted]) -> list[Tier]:
    return [
        tier
        for tier in tiers
        if not all((tier.achievement_id, tier.tier, period) in held for period in _periods(tier, events))
    ]


def _happened(wanted: Mapping[int, Sequence[Tier]]) -> dict[int, list[Fact]]:
    """The facts that these tiers ask about, and no more."""
    asked = {
        person: [of for tier in tiers for leaf in leaves(tier.criteria) if (of := filter_of(leaf))]
        for person, tiers in wanted.items()
    }
    return facts.matching(asked)


def _decide_in_order(
    decision: Decision, wanted: Mapping[int, Sequence[Tier]], history: Mapping[int, Sequence[Fact]]
) -> None:
    awards: dict[int, list[Any]] = {person: [] for person in wanted}
    for award in queries.holdings_of(list(wanted)):
        awards[award.person_id].append(award)
    earnings, clocks = _earnings(wanted), _clocks(wanted)
    for person, tiers in wanted.items():
        standing = [award for award in awards[person] if award.revoked_at is None]
        held = {(a.achievement_id, a.tier, a.period_key) for a in standing}
        badges = [Held(a.earned_at, a.achievement_id, a.tier, str(a.id)) for a in standing]
        items = [*history[person], *earnings.get(person, ()), *badges]
        clock = clocks.get(person, ALWAYS_HERE)
        got = earned(not_blocked(tiers, awards[person]), items, queries.calendar, held, clock)
        decision.new += [(person, one) for _, one in sorted(got.items())]


def _clocks(wanted: Mapping[int, Sequence[Tier]]) -> Mapping[int, Clock]:
    """The clocks of those of whom a tier counts within a rolling window."""
    asked = [person for person, tiers in wanted.items() if any(rolls(tier.criteria) for tier in tiers)]
    return {person: leave.clock for person, leave in queries.leave_of(asked).items()}


def _earnings(wanted: Mapping[int, Sequence[Tier]]) -> Mapping[int, Sequence[Item]]:
    """Points per moment, for those of whom a tier asks about points."""
    asked = [
        person
        for person, tiers in wanted.items()
        if any(isinstance(leaf, PointsAtLeast) for tier in tiers for leaf in leaves(tier.criteria))
    ]
    return points.histories(asked, with_awards=True) if asked else {}


def _with_lower(tiers: Sequence[Tier], held: set[Key]) -> list[Tier]:
    """The tiers, and the lower ones that come with them."""
    found = {(tier.achievement_id, tier.tier): tier for tier in tiers}
    in_force = queries.catalogue().in_force
    for tier in tiers:
        for lower in in_force[tier.achievement_id].tiers[: tier.tier - 1]:
            if (lower.achievement_id, lower.tier, "") not in held:
                found.setdefault((lower.achievement_id, lower.tier), lower)
    return list(found.values())


def follow_days_away(events: Sequence[DaysAwayChanged], now: datetime) -> None:
    """Decide anew what these people earned, where something of theirs happened after the first day that changed.

    Who has too little for any badge that days away can matter for is left out. Days to come change nothing yet: what
    happens after them is decided by them when it comes.
    """
    rolling = queries.catalogue().rolling
    if not rolling:
        return
    totals = locked_totals([event.person_id for event in events])
    anew = {
        event.person_id
        for event in events
        if (had := totals[event.person_id])["last_at"] is not None
        and had["last_at"].astimezone(timezone()).date() >= event.since
        and any(could_be_met(tier.criteria, had["counts"], had["all_time"]) for tier in rolling)
    }
    if anew:
        decision = Decision(now)
        decide_anew(decision, sorted(anew))
        decision.write()


def see(person_id: int, award_ids: Sequence[uuid.UUID], *, at: datetime) -> None:
    """Their earner was shown these. The first time counts; what is not theirs stays as it is."""
    unseen = (Award.person_id == person_id, Award.seen_at.is_(None), Award.id.in_(award_ids))
    db.session.execute(
        update(Award).where(*unseen).values(seen_at=at).execution_options(synchronize_session=False)
    )


def backfill(person_ids: Sequence[int], slug: str | None, now: datetime) -> None:
    """Give these people what they earned before it was published. What was met before then carries no points."""
    catalogue = queries.catalogue()
    tiers = [t for one in catalogue.in_force.values() if slug in (None, one.slug) for t in one.tiers]
    keys = tuple({key for tier in tiers for key in keys_of_tier(tier)})
    lock_people(person_ids)
    publish(FactsCounted(person_id=person, touched=keys, anew=False) for person in person_ids)
