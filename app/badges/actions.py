"""What can be done with badges: load the catalogue, and decide what people have earned.

Where facts come in the order of happening only the tiers that they touch are decided, and of those most are set
aside by counts that stand in the totals row. Where something older came or went, everything of that person is
decided again from the log, and the difference is written: `badges.engine.earned` is the definition of both.
"""

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.types import JSON

from app.badges import queries
from app.badges.models import Achievement, AchievementVersion, Award
from app.badges.picture import PICTURE_VERSION
from app.badges.rules import comes_quietly
from app.config import timezone
from app.db import array, db, lock_people, locked_totals
from app.events import BadgeAwarded, BadgeMoved, BadgeRevoked, DaysAwayChanged, FactsCounted
from app.facts import queries as facts
from app.outbox import publish
from app.points import queries as points
from badges.catalogue import Badge, could_be_met, filter_of, keys_of_tier
from badges.criteria import PointsAtLeast, leaves
from badges.engine import ALWAYS_HERE, Clock, Earned, Key, Tier, earned, from_before, in_reach, met, rolls
from badges.facts import Fact, Held, Item

_INSERT = text("""
    INSERT INTO award (id, person_id, achievement_id, version_id, tier, period_key, earned_at, awarded_at, evidence,
                       points, stretched_from, picture_version, seen_at, visible, in_review)
    SELECT e.id, e.person_id, e.achievement_id, e.version_id, e.tier, e.period_key, e.earned_at, :now,
           CAST(e.evidence AS bigint[]), e.points, e.stretched_from, :picture, CASE WHEN e.quiet THEN :now END,
           CASE WHEN u.hidden THEN 'me' ELSE p.award_visible END, p.award_in_review AND NOT u.hidden
    FROM unnest(CAST(:id AS uuid[]), CAST(:person_id AS bigint[]), CAST(:achievement_id AS bigint[]),
                CAST(:version_id AS bigint[]), CAST(:tier AS bigint[]), CAST(:period_key AS text[]),
                CAST(:earned_at AS timestamptz[]), CAST(:evidence AS text[]), CAST(:points AS bigint[]),
                CAST(:stretched_from AS timestamptz[]), CAST(:quiet AS boolean[]))
         AS e(id, person_id, achievement_id, version_id, tier, period_key, earned_at, evidence, points, stretched_from,
              quiet)
    JOIN person p ON p.id = e.person_id
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM fact f WHERE f.person_id = e.person_id AND NOT f.in_unit
                       AND (f.id = ANY(CAST(e.evidence AS bigint[])) OR f.happened_at = e.earned_at)) AS hidden) AS u
    ON CONFLICT (person_id, achievement_id, tier, period_key) WHERE revoked_at IS NULL DO NOTHING
    RETURNING id, person_id, achievement_id, version_id, tier, earned_at, points
""")
# One that comes to rest on lessons without a name, as another was taken away, is its holder's alone from then on.
_MOVE = text(f"""
    UPDATE award SET earned_at = e.earned_at, evidence = CAST(e.evidence AS bigint[]), points = e.points,
           stretched_from = e.stretched_from,
           visible = CASE WHEN u.hidden THEN 'me' ELSE award.visible END, in_review = award.in_review AND NOT u.hidden
    FROM unnest(CAST(:id AS uuid[]), CAST(:earned_at AS timestamptz[]), CAST(:evidence AS text[]),
                CAST(:points AS bigint[]), CAST(:stretched_from AS timestamptz[]))
         AS e(id, earned_at, evidence, points, stretched_from)
    JOIN award was ON was.id = e.id
    CROSS JOIN LATERAL (
        SELECT NOT {queries.UNNAMED.format(award="was")} AND EXISTS (
            SELECT FROM fact f WHERE f.person_id = was.person_id AND NOT f.in_unit
             AND (f.id = ANY(CAST(e.evidence AS bigint[])) OR f.happened_at = e.earned_at)) AS hidden) AS u
    WHERE award.id = e.id
""")
_REVOKE = text("""
    UPDATE award SET revoked_at = :now, revoked_because = :because
    WHERE id = ANY(CAST(:ids AS uuid[])) AND revoked_at IS NULL RETURNING id, person_id
""").bindparams(bindparam("because", type_=JSON()))


class Decision:
    """What the awards of a batch become, collected and then written at once."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.new: list[tuple[int, Earned]] = []
        self.moved: list[tuple[Any, Earned]] = []
        self.revoked: list[uuid.UUID] = []

    def write(self) -> None:
        """Write awards and tell what came, moved and went. Only rows that were inserted earn points."""
        if self.new:
            rows = db.session.execute(_INSERT, self._columns())
            before = {
                (person_id, one.tier.achievement_id, one.tier.tier, one.at)
                for person_id, one in self.new
                if one.from_before
            }
            publish(
                BadgeAwarded(
                    person_id=row.person_id, award_id=row.id, achievement_id=row.achievement_id, tier=row.tier,
                    points=row.points, at=row.earned_at,
                    retroactive=row.earned_at < queries.catalogue().definition(row.version_id).published_at
                    or (row.person_id, row.achievement_id, row.tier, row.earned_at) in before,
                )
                for row in rows
            )  # fmt: skip
        if self.moved:
            self._move()
        if self.revoked:
            rows = db.session.execute(
                _REVOKE,
                {"now": self.now, "ids": [str(id) for id in self.revoked], "because": {"code": "evidence"}},
            )
            publish([BadgeRevoked(person_id=row.person_id, award_id=row.id) for row in rows])

    def _columns(self) -> dict[str, Any]:
        got = [one for _, one in self.new]
        return {
            "id": array(str(uuid.uuid4()) for _ in got),
            "person_id": array(person_id for person_id, _ in self.new),
            "achievement_id": array(one.tier.achievement_id for one in got),
            "version_id": array(one.tier.version_id for one in got),
            "tier": array(one.tier.tier for one in got),
            "period_key": array(one.period_key for one in got),
            "earned_at": array(one.at for one in got),
            "evidence": array(array(one.evidence) for one in got),
            "points": array(one.points for one in got),
            "stretched_from": array(one.stretched_from for one in got),
            "quiet": array(comes_quietly(one.at, self.now, retroactive=one.retroactive) for one in got),
            "now": self.now,
            "picture": PICTURE_VERSION,
        }

    def _move(self) -> None:
        db.session.execute(
            _MOVE,
            {
                "id": array(str(award.id) for award, _ in self.moved),
                "earned_at": array(one.at for _, one in self.moved),
                "evidence": array(array(one.evidence) for _, one in self.moved),
                "points": array(one.points for _, one in self.moved),
                "stretched_from": array(one.stretched_from for _, one in self.moved),
            },
        )
        publish(
            BadgeMoved(
                person_id=award.person_id,
                award_id=award.id,
                points=one.points,
                at=one.at,
                retroactive=one.retroactive,
            )
            for award, one in self.moved
            if (award.earned_at, award.points) != (one.at, one.points)
        )


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
        got = earned(_blocked(tiers, awards[person]), items, queries.calendar, held, clock)
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


def _blocked(tiers: Sequence[Tier], awards: Sequence[Any]) -> list[Tier]:
    """A revocation by a person shuts out the facts before it."""
    after: dict[tuple[int, int], datetime] = {}
    for award in awards:
        if award.revoked_at is not None and award.revoked_by is not None:
            key = (award.achievement_id, award.tier)
            after[key] = max(award.revoked_at, after.get(key, award.revoked_at))
    return [replace(t, after=after[k]) if (k := (t.achievement_id, t.tier)) in after else t for t in tiers]


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
        tiers = _blocked(list({**now_open, **own}.values()), awards[person])
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


def load(badges: Sequence[Badge], *, at: datetime) -> list[str]:
    """Publish the badges of a checked catalogue: a new version of each that says something new; return those."""
    stand = {
        row.slug: row
        for row in db.session.execute(
            select(
                Achievement.slug, Achievement.id, AchievementVersion.content_hash, AchievementVersion.number
            ).outerjoin(AchievementVersion, AchievementVersion.id == Achievement.version_id)
        )
    }
    fresh = [
        {"slug": badge.slug, "published_at": at, "position": position}
        for position, badge in enumerate(badges)
        if badge.slug not in stand
    ]
    if fresh:
        db.session.execute(insert(Achievement), fresh)
    ids = dict(db.session.execute(select(Achievement.slug, Achievement.id)).all())
    digests = {
        badge.slug: hashlib.sha256(json.dumps(badge.body, sort_keys=True).encode()).digest()
        for badge in badges
    }
    changed = [b for b in badges if b.slug not in stand or stand[b.slug].content_hash != digests[b.slug]]
    _publish_versions(changed, ids, digests, at)
    return [badge.slug for badge in changed]


def _publish_versions(
    changed: Sequence[Badge], ids: Mapping[str, int], digests: Mapping[str, bytes], at: datetime
) -> None:
    if not changed:
        return
    numbers = {
        row.achievement_id: row.number
        for row in db.session.execute(
            select(AchievementVersion.achievement_id, AchievementVersion.number).order_by(
                AchievementVersion.number
            )
        )
    }
    db.session.execute(
        insert(AchievementVersion),
        [
            {
                "achievement_id": ids[badge.slug],
                "number": numbers.get(ids[badge.slug], 0) + 1,
                "body": dict(badge.body),
                "content_hash": digests[badge.slug],
                "published_at": at,
            }
            for badge in changed
        ],
    )
    newest = (
        select(AchievementVersion.id)
        .where(AchievementVersion.achievement_id == Achievement.id)
        .order_by(AchievementVersion.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    db.session.execute(
        update(Achievement).where(Achievement.slug.in_([b.slug for b in changed])).values(version_id=newest)
    )
