"""Count facts and awards into the ledger and the totals, in batches.

What a batch adds is decided in memory on the locked totals rows and written by a bounded number of statements: one
for the ledger, one for the totals, two for the totals per skill, one for closed windows. Something older than the
latest fact of a person, or taken back, makes the capped weeks that it touches be counted anew: the difference is
written as reversing entries.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from app.audit.actions import write
from app.db import locked_totals
from app.errors import Conflict
from app.events import (
    BadgeAwarded,
    BadgeMoved,
    BadgeRevoked,
    FactRecorded,
    FactsCounted,
    FactWithdrawn,
    PointsChanged,
)
from app.outbox import publish
from app.points import queries, rules, store
from app.points.rules import Moment, Rules, Thing, Used
from app.vision.actions import begin_change
from badges.catalogue import POINTS, TouchKey
from badges.facts import BEFORE

When = Callable[[datetime], Moment]


class Count:
    """The entries and totals of one batch, collected and then written at once."""

    def __init__(self, when: When, now: datetime) -> None:
        self.when, self.now = when, now
        self.windows = set(when(now)[1:])
        self.entries: list[dict[str, Any]] = []
        self.changed: dict[int, set[str]] = defaultdict(set)
        self.spans: dict[int, tuple[datetime, datetime]] = {}
        self.before: dict[int, int] = {}

    def enter(
        self, thing: Thing, person_id: int, version: Rules | None, points: int, reason: str, nth: int = 0
    ) -> None:
        """One entry for a fact; `nth` is how many entries it had before."""
        source = f"fact:{thing.fact_id}" + (f"/{nth + 1}" if nth else "")
        self._add(
            source, person_id, points, reason, thing.at, thing.lineage,
            kind=rules.kind_of(thing), fact_id=thing.fact_id, rules_id=version.id if version else None,
        )  # fmt: skip

    def award(self, event: BadgeAwarded | BadgeMoved, nth: int = 0) -> None:
        """One entry for an award."""
        source = f"award:{event.award_id}" + (f"/{nth + 1}" if nth else "")
        reason = "retroactive" if event.retroactive else "badge"
        self._add(
            source, event.person_id, event.points, reason, event.at, (), kind="badge", award_id=event.award_id
        )

    def reverse(self, entry: Any) -> None:
        """Take an entry back by one that names it."""
        self._add(
            f"reverses:{entry.id}", entry.person_id, -entry.points, "reversal", entry.earned_at, entry.skills,
            kind=entry.kind, fact_id=entry.fact_id, award_id=entry.award_id, rules_id=entry.rules_id,
            reverses_id=entry.id,
        )  # fmt: skip

    def _add(
        self, source: str, person_id: int, points: int, reason: str, at: datetime, skills: Sequence[int], *, kind: str,
        fact_id: int | None = None, award_id: Any = None, rules_id: int | None = None, reverses_id: int | None = None,
    ) -> None:  # fmt: skip
        self.entries.append(
            {
                "source": source, "person_id": person_id, "points": points, "reason": reason, "earned_at": at,
                "day": self.when(at).day, "skills": skills, "kind": kind, "fact_id": fact_id, "award_id": award_id,
                "rules_id": rules_id, "reverses_id": reverses_id,
            }
        )  # fmt: skip

    def write(self, rows: Mapping[int, dict[str, Any]]) -> None:
        """Write the entries, and the totals that follow from them."""
        self.before = {person_id: row["all_time"] for person_id, row in rows.items()}
        if self.entries:
            store.insert_entries(self.entries, self.now)
        worth = [entry for entry in self.entries if entry["points"]]
        closed = self._totals(rows, worth)
        closed += self._skill_totals(worth)
        store.add_to_closed(rules.merge(closed), self.now)
        for person_id, _, (window, *_rest, late) in closed:
            if late:
                self.changed[person_id].add(window)

    def _totals(
        self, rows: Mapping[int, dict[str, Any]], worth: Iterable[dict[str, Any]]
    ) -> list[tuple[int, int, rules.Closed]]:
        closed = []
        for entry in worth:
            row = rows[entry["person_id"]]
            past = set(self.when(entry["earned_at"])[1:]) - self.windows
            self.changed[entry["person_id"]] |= past  # their boards are put up by news of them only
            added = rules.add(
                row, self.when(entry["earned_at"]), entry["points"], entry["kind"] == "kudos_received"
            )
            closed += [(entry["person_id"], 0, one) for one in added]
        store.update_totals(list(rows.values()))
        return closed

    def _skill_totals(self, worth: Iterable[dict[str, Any]]) -> list[tuple[int, int, rules.Closed]]:
        touched = [(entry["person_id"], skill) for entry in worth for skill in entry["skills"]]
        if not touched:
            return []
        rows = store.skill_totals(touched)
        closed = []
        for entry in worth:
            for skill in entry["skills"]:
                row = rows[(entry["person_id"], skill)]
                added = rules.add(
                    row, self.when(entry["earned_at"]), entry["points"], entry["kind"] == "kudos_received"
                )
                closed += [(entry["person_id"], skill, one) for one in added]
        store.upsert_skill_totals(list(rows.values()))
        return closed

    def tell(self, touched: Mapping[int, set[TouchKey]], anew: set[int]) -> None:
        """Tell whose badges may follow, and whose points are others than before."""
        people = touched.keys() | anew | self.changed.keys()
        publish(
            FactsCounted(
                person_id=person_id,
                touched=tuple(
                    touched.get(person_id, set()) | ({POINTS} if person_id in self.changed else set())
                ),
                anew=person_id in anew,
                since=self.spans.get(person_id, (None, None))[0],
                until=self.spans.get(person_id, (None, None))[1],
                points_before=self.before.get(person_id, 0),
            )
            for person_id in sorted(people)
        )
        publish(
            PointsChanged(person_id=person_id, windows=tuple(sorted(windows)))
            for person_id, windows in sorted(self.changed.items())
        )


def count_facts(
    recorded: Sequence[FactRecorded], touched: Mapping[int, set[TouchKey]], when: When, now: datetime
) -> None:
    """Count new facts. In the order of happening they just add; an older one makes its capped weeks be counted anew."""
    versions = queries.versions()
    mine: dict[int, list[Thing]] = defaultdict(list)
    for event in recorded:
        mine[event.person_id].append(
            Thing(
                event.at, event.source, event.fact_id, event.kind, event.activity_id, event.activity_kind,
                event.mandatory, event.hours, event.lineage, event.weight,
            )
        )  # fmt: skip
    rows = locked_totals(mine)
    count, anew = Count(when, now), set()
    recount: list[tuple[int, Thing]] = []
    for person_id, things in mine.items():
        things.sort()
        count.spans[person_id] = things[0].at, things[-1].at
        row = rows[person_id]
        late = row["last_at"] is not None and things[0].at <= row["last_at"]
        if any(thing.source.startswith(BEFORE) for thing in things):
            anew.add(person_id)  # what history earns is decided from the whole log
        if late:
            anew.add(person_id)
            recount += [(person_id, thing) for thing in _enter_uncapped(count, person_id, things, versions)]
        else:
            _enter_in_order(count, row, things, versions)
        _remember(row, things)
    _recount(count, rows, recount, versions)
    count.write(rows)
    count.tell(touched, anew)


def uncount_facts(
    withdrawn: Sequence[FactWithdrawn], touched: Mapping[int, set[TouchKey]], when: When, now: datetime
) -> None:
    """Take back what facts earned that do not count any more; what a cap had held back may come instead."""
    versions = queries.versions()
    rows = locked_totals({event.person_id for event in withdrawn})
    count = Count(when, now)
    for entry in queries.entries_of_facts([event.fact_id for event in withdrawn]):
        count.reverse(entry)
    recount = []
    for event in withdrawn:
        counts = rows[event.person_id]["counts"]
        for key in _count_keys(event.kind, event.activity_kind, event.lineage):
            counts[key] = counts.get(key, 0) - 1
            if counts[key] <= 0:
                counts.pop(key)
        thing = Thing(event.at, "", event.fact_id, event.kind, None, event.activity_kind, False, None, ())
        recount.append((event.person_id, thing))
    _recount(count, rows, recount, versions, counted_only=True)
    count.write(rows)
    count.tell(touched, {event.person_id for event in withdrawn})


def count_awards(events: Sequence[BadgeAwarded], when: When, now: datetime) -> None:
    """The points of awards, from the rows that were inserted and no others."""
    rows = locked_totals({event.person_id for event in events})
    count = Count(when, now)
    for event in events:
        count.award(event)
    count.write(rows)
    count.tell({}, set())


def recount_awards(events: Sequence[BadgeMoved | BadgeRevoked], when: When, now: datetime) -> None:
    """Reverse the points of awards that moved or were revoked, and enter those that moved anew."""
    rows = locked_totals({event.person_id for event in events})
    count = Count(when, now)
    entries = {
        entry.award_id: entry for entry in queries.entries_of_awards([event.award_id for event in events])
    }
    for event in events:
        entry = entries.get(event.award_id)
        if entry is not None:
            count.reverse(entry)
        if isinstance(event, BadgeMoved):
            count.award(event, nth=store.nth(entry.source) if entry is not None else 0)
    count.write(rows)
    count.tell({}, set())


def _count_keys(kind: str, activity_kind: str | None, lineage: Iterable[int]) -> list[str]:
    keys = [kind] if activity_kind is None else [kind, f"{kind}:{activity_kind}"]
    return keys + [f"{kind}@{skill}" for skill in lineage]


def _remember(row: dict[str, Any], things: Sequence[Thing]) -> None:
    counts = row["counts"]
    for thing in things:
        for key in _count_keys(thing.kind, thing.activity_kind, thing.lineage):
            counts[key] = counts.get(key, 0) + 1
    row["last_at"] = max(things[-1].at, row["last_at"] or things[-1].at)


def _enter_in_order(
    count: Count, row: dict[str, Any], things: Sequence[Thing], versions: Sequence[Rules]
) -> None:
    for thing in things:
        version = rules.in_force(versions, thing.at)
        if version is None:
            count.enter(thing, row["person_id"], None, 0, "worthless")
            continue
        points, reason = rules.worth(version, thing)
        cap = rules.capped(version, rules.kind_of(thing)) if points else None
        if cap:
            kind = rules.kind_of(thing)
            used = Used(*row["caps"].get(kind, ()))
            points, reason = used.take(points, count.when(thing.at), cap)
            row["caps"][kind] = [used.day, used.on_day, used.week, used.in_week]
        count.enter(thing, row["person_id"], version, points, reason)


def _enter_uncapped(
    count: Count, person_id: int, things: Sequence[Thing], versions: Sequence[Rules]
) -> list[Thing]:
    """Enter what no cap can touch; return the others."""
    kept = []
    for thing in things:
        version = rules.in_force(versions, thing.at)
        points, reason = rules.worth(version, thing) if version else (0, "worthless")
        if any(rules.capped(one, rules.kind_of(thing)) for one in versions):
            kept.append(thing)
        else:
            count.enter(thing, person_id, version, points, reason)
    return kept


def _recount(
    count: Count,
    rows: Mapping[int, dict[str, Any]],
    touched: Sequence[tuple[int, Thing]],
    versions: Sequence[Rules],
    *,
    counted_only: bool = False,
) -> None:
    """Fill the caps of the weeks touched anew, in the order of happening, and enter the differences.

    `counted_only` leaves out facts of this very wave that nobody has counted yet: their own news follows.
    """
    weeks = {
        (person_id, rules.kind_of(thing), count.when(thing.at).week)
        for person_id, thing in touched
        if any(rules.capped(version, rules.kind_of(thing)) for version in versions)
    }
    if not weeks:
        return
    moments = [thing.at for _, thing in touched]
    span = min(moments) - timedelta(days=8), max(moments) + timedelta(days=8)
    kinds = sorted({kind for _, kind, _ in weeks})
    used: dict[tuple[int, str, str], Used] = defaultdict(Used)
    for fact in queries.standing(sorted({week[0] for week in weeks}), kinds, *span):
        thing = Thing(
            fact.happened_at, fact.source, fact.id, fact.kind, fact.activity_id, fact.activity_kind, fact.mandatory,
            fact.hours, tuple(fact.lineage), fact.weight,
        )  # fmt: skip
        week = (fact.person_id, rules.kind_of(thing), count.when(thing.at).week)
        if week in weeks and (fact.entries or not counted_only):
            _fill(count, fact, thing, used[week], versions)
    _keep_used(rows, used, empty=weeks - used.keys())


def _keep_used(
    rows: Mapping[int, dict[str, Any]],
    used: Mapping[tuple[int, str, str], Used],
    *,
    empty: Collection[tuple[int, str, str]],
) -> None:
    """A totals row holds what was used of the latest week of each kind; of a week that became `empty`, nothing."""
    for (person_id, kind, week_key), now_used in used.items():
        stands = rows[person_id]["caps"].get(kind)
        if stands is None or stands[2] <= week_key:
            rows[person_id]["caps"][kind] = [now_used.day, now_used.on_day, now_used.week, now_used.in_week]
    for person_id, kind, week_key in empty:
        stands = rows[person_id]["caps"].get(kind)
        if stands is not None and stands[2] == week_key:
            del rows[person_id]["caps"][kind]


def _fill(count: Count, fact: Any, thing: Thing, used: Used, versions: Sequence[Rules]) -> None:
    version = rules.in_force(versions, thing.at)
    points, reason = rules.worth(version, thing) if version else (0, "worthless")
    cap = rules.capped(version, rules.kind_of(thing)) if version and points else None
    if cap:
        points, reason = used.take(points, count.when(thing.at), cap)
    if fact.entry_id is not None and fact.points == points and fact.reason == reason:
        return
    if fact.entry_id is not None:
        count.reverse(store.standing_entry(fact))
    count.enter(thing, fact.person_id, version, points, reason, nth=fact.entries)


def load_rules(data: Mapping[str, Any], *, at: datetime) -> bool:
    """Put a version of the (checked) rules in force from `at` on; say whether it differs from the one before."""
    content = json.dumps(data, sort_keys=True).encode()
    return store.insert_rules(dict(data), content, at)


def change_rules(data: Mapping[str, Any], *, seen: int | None, by: int, at: datetime) -> bool:
    """Put other (checked) rules in force from now on; refused when somebody was first since version `seen`."""
    begin_change(at)
    latest = queries.stored(limit=1)
    if (latest[0].id if latest else None) != seen:
        raise Conflict(_l("Somebody else changed the rules in the meantime. Look at theirs first."))
    changed = load_rules(data, at=at)
    if changed:
        write("rules:changed", at=at, actor_id=by, detail={"version": queries.stored(limit=1)[0].id})
    return changed
