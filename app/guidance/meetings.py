"""That two met: told by either, confirmed by the other. What then counts is decided under the locks of both.

Each takes a batch, of which one is a batch of one: all of it or nothing, one after the other in its order.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, text

from app.config import settings
from app.db import array, db
from app.errors import Conflict, NotFound, Refused
from app.events import FactStated, FactTakenBack, MeetingConfirmed, MeetingDeclined, MeetingToConfirm
from app.guidance import actions, queries, rules
from app.guidance.actions import MEANWHILE, NOT_HERE, other_of
from app.outbox import publish
from app.people.queries import cards

WRONG = {
    "minutes": ("minutes", _l("A meeting takes 15 minutes to 10 hours.")),
    "future": ("starts_at", _l("This is still to come. Record it when it is over.")),
    "old": ("starts_at", _l("This is more than 90 days ago; nobody can vouch for that any more.")),
}
OVERLAP = _l("One of you has a meeting recorded at that time already. Nobody is in two at once.")
_RECORD = text("""
    INSERT INTO guidance_meeting (guidance_id, starts_at, minutes, subject, recorded_by, recorded_at, state)
    SELECT w.guidance_id, w.starts_at, w.minutes, w.subject, w.by, :at, 'waiting'
    FROM unnest(CAST(:guidances AS bigint[]), CAST(:starts AS timestamptz[]), CAST(:minutes AS bigint[]),
                CAST(:subjects AS text[]), CAST(:by AS bigint[])) WITH ORDINALITY
         AS w(guidance_id, starts_at, minutes, subject, by, place)
    ORDER BY w.place RETURNING id
""")
_SOME = text("SELECT * FROM guidance_meeting WHERE id = ANY(CAST(:ids AS bigint[]))")
_DECIDE = text("""
    UPDATE guidance_meeting SET state = :state, decided_at = :at WHERE id = ANY(CAST(:ids AS bigint[]))
""")
_COUNT = text("""
    UPDATE guidance_meeting m SET state = 'confirmed', decided_at = :at, counted = w.counted, learned = w.learned,
        share = w.share, reason = w.reason
    FROM unnest(CAST(:ids AS bigint[]), CAST(:counted AS bigint[]), CAST(:learned AS bigint[]),
                CAST(:shares AS float[]), CAST(:reasons AS text[])) AS w(id, counted, learned, share, reason)
    WHERE m.id = w.id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """One of the two tells that they met."""

    guidance_id: int
    by: int
    starts_at: datetime
    minutes: int
    subject: str = ""

    @property
    def same(self) -> tuple[int, datetime, int]:
        """What is the very same when the other tells it."""
        return self.guidance_id, self.starts_at, self.minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What one of the two says of a meeting."""

    guidance_id: int
    meeting_id: int
    by: int


@dataclass(frozen=True, slots=True)
class _Meeting:
    """One that is known: recorded before, or (without an id yet) earlier in the same batch."""

    id: int
    guidance_id: int
    starts_at: datetime
    minutes: int
    state: str
    recorded_by: int

    @property
    def same(self) -> tuple[int, datetime, int]:
        return self.guidance_id, self.starts_at, self.minutes


def record(items: Sequence[Met], *, at: datetime) -> list[int]:
    """Tell that you met. When the other has told the very same, that is their confirmation: one meeting, confirmed.

    Returns the id of each, in the order of the items.
    """
    rows = actions.locked((item.guidance_id, item.by) for item in items)
    _refuse_closed(rows.values())
    for item in items:
        if wrong := rules.wrong_meeting(item.starts_at, item.minutes, at):
            field, said = WRONG[wrong]
            raise Refused(said, fields={field: said})
    _refuse_who_left((rows[item.guidance_id], item.by) for item in items)
    fresh, told_too = _new_and_known(items, rows)
    made = _insert(fresh, rows, at)
    known = {one.same: one.id for one, _ in told_too} | made
    both = {known[one.same]: by for one, by in told_too if one.state == "waiting" and one.recorded_by != by}
    meetings = _found(both)
    _confirm([(rows[meetings[id].guidance_id], meetings[id], by) for id, by in both.items()], at)
    return [known[item.same] for item in items]


def _new_and_known(
    items: Sequence[Met], rows: Mapping[int, Row[Any]]
) -> tuple[list[Met], list[tuple[_Meeting, int]]]:
    """Those that nobody told yet; and those that are told, with who tells them now. Any other at that time, of either
    of the two, is refused."""
    people = {person for row in rows.values() for person in (row.guide_id, row.learner_id)}
    busy = _busy(items, people)
    fresh, told_too = [], []
    for item in items:
        row = rows[item.guidance_id]
        there = [*busy[row.guide_id], *busy[row.learner_id]]
        if same := next((one for one in there if one.same == item.same), None):
            told_too.append((same, item.by))
            continue
        if any(rules.overlaps(item.starts_at, item.minutes, one) for one in there):
            raise Refused(OVERLAP, fields={"starts_at": OVERLAP})
        fresh.append(item)
        new = _Meeting(0, item.guidance_id, item.starts_at, item.minutes, "waiting", item.by)
        busy[row.guide_id].append(new)
        busy[row.learner_id].append(new)
    return fresh, told_too


def _busy(items: Sequence[Met], people: Collection[int]) -> dict[int, list[_Meeting]]:
    """What each of these people has about the times of these."""
    busy: dict[int, list[_Meeting]] = defaultdict(list)
    if not items:
        return busy
    since = min(item.starts_at for item in items)
    until = max(item.starts_at + timedelta(minutes=item.minutes) for item in items)
    for one in queries.busy(people, since, until):
        known = _Meeting(one.id, one.guidance_id, one.starts_at, one.minutes, one.state, one.recorded_by)
        for person in {one.guide_id, one.learner_id} & set(people):
            busy[person].append(known)
    return busy


def _insert(
    fresh: Sequence[Met], rows: Mapping[int, Row[Any]], at: datetime
) -> dict[tuple[int, datetime, int], int]:
    if not fresh:
        return {}
    told = {
        "guidances": array(item.guidance_id for item in fresh),
        "starts": array(item.starts_at for item in fresh),
        "minutes": array(item.minutes for item in fresh),
        "subjects": array(" ".join(item.subject.split()) for item in fresh),
        "by": array(item.by for item in fresh),
    }
    ids = sorted(db.session.scalars(_RECORD, {**told, "at": at}))
    publish(
        MeetingToConfirm(
            person_id=other_of(rows[item.guidance_id], item.by),
            guidance_id=item.guidance_id,
            by_id=item.by,
            meeting_id=id,
        )
        for item, id in zip(fresh, ids, strict=True)
    )
    return {item.same: id for item, id in zip(fresh, ids, strict=True)}


# What is said of them ---------------------------------------------------------------------------------------


def confirm(items: Sequence[Word], *, at: datetime) -> None:
    """Say that it was so. Only the other of the two can: nobody confirms what they recorded themselves."""
    rows = _locked(items)
    meetings = _for_others(items)
    _refuse_closed(rows.values())
    _confirm(
        [(rows[item.guidance_id], meetings[item.meeting_id], item.by) for item in items],
        at,
    )


def decline(items: Sequence[Word], *, at: datetime) -> None:
    """Say that it was otherwise; it can be recorded anew."""
    rows = _locked(items)
    meetings = _for_others(items)
    _decide(meetings, "declined", at)
    by = {item.meeting_id: item.by for item in items}
    publish(
        MeetingDeclined(
            person_id=one.recorded_by, guidance_id=one.guidance_id, by_id=by[one.id], meeting_id=one.id
        )
        for one in meetings.values()
        if rows[one.guidance_id].state in rules.OPEN
    )


def take_back(items: Sequence[Word], *, at: datetime) -> None:
    """Who recorded it takes it back while it waits. What both confirmed, either can take back until the end; it goes
    on filling its day and week, so that nothing is won by recording it again."""
    rows = _locked(items)
    meetings = _named(items)
    for item in items:
        meeting, row = meetings[item.meeting_id], rows[item.guidance_id]
        mine = meeting.state == "waiting" and meeting.recorded_by == item.by
        ours = meeting.state == "confirmed" and row.state in ("running", "ending")
        if not (mine or ours):
            raise Conflict(MEANWHILE)
    _decide(meetings, "withdrawn", at)
    publish(
        FactTakenBack(
            person_id=rows[one.guidance_id].guide_id, source=rules.source_of(one.guidance_id, one.id)
        )
        for one in meetings.values()
        if one.state == "confirmed" and one.counted
    )


def decide(items: Sequence[Word], *, decision: str, at: datetime) -> None:
    """One of: confirm, decline, take_back."""
    {"confirm": confirm, "decline": decline, "take_back": take_back}[decision](items, at=at)


def _locked(items: Sequence[Word]) -> dict[int, Row[Any]]:
    return actions.locked((item.guidance_id, item.by) for item in items)


def _decide(meetings: Mapping[int, Any], state: str, at: datetime) -> None:
    db.session.execute(_DECIDE, {"ids": array(sorted(meetings)), "state": state, "at": at})


def _found(ids: Iterable[int]) -> dict[int, Row[Any]]:
    wanted = sorted(set(ids))
    rows = db.session.execute(_SOME, {"ids": array(wanted)}) if wanted else ()
    return {row.id: row for row in rows}


def _named(items: Sequence[Word]) -> dict[int, Row[Any]]:
    """The meetings of which something is said, each once."""
    found = _found(item.meeting_id for item in items)
    for item in items:
        if item.meeting_id not in found or found[item.meeting_id].guidance_id != item.guidance_id:
            raise NotFound(queries.NOT_THERE)
    if len(found) < len(items):
        raise Conflict(MEANWHILE)
    return found


def _for_others(items: Sequence[Word]) -> dict[int, Row[Any]]:
    """Meetings that wait for the word of these people."""
    found = _named(items)
    if any(found[item.meeting_id].recorded_by == item.by for item in items):
        raise Refused(_l("You recorded this yourself. The other of you confirms it."))
    if any(one.state != "waiting" for one in found.values()):
        raise Conflict(MEANWHILE)
    return found


def _refuse_closed(rows: Iterable[Row[Any]]) -> None:
    if any(row.state not in ("running", "ending") for row in rows):
        raise Conflict(MEANWHILE)


def _refuse_who_left(told: Iterable[tuple[Any, int]]) -> None:
    others = {other_of(row, by) for row, by in told}
    if not all(card.active for card in cards(others).values()):
        raise Refused(NOT_HERE)


# What counts ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Did:
    """What two did with each other, as it is kept; one more with each that is confirmed."""

    guide_id: int
    learner_id: int
    starts_at: datetime
    minutes: int
    state: str
    counted: int
    learned: int


def _confirm(told: Sequence[tuple[Row[Any], Row[Any], int]], at: datetime) -> None:
    """These (relation, meeting, who confirms) are so, one after the other: what counts of one leaves less for the
    next on the same day and in the same week."""
    if not told:
        return
    _refuse_who_left((row, by) for row, _, by in told)
    zone = ZoneInfo(settings().timezone)
    moments = [meeting.starts_at for _, meeting, _ in told]
    pairs = [(row.guide_id, row.learner_id) for row, _, _ in told]
    did = queries.between(pairs, min(moments) - rules.BACK, max(moments) + rules.BACK)
    counted = []
    for row, meeting, _ in told:
        of = did[frozenset((row.guide_id, row.learner_id))]
        share = rules.share(_hours_back(row, meeting.starts_at, of))
        what = rules.counted(row.kind, meeting.minutes, _used(meeting.starts_at, of, zone))
        counted.append((meeting.id, what.minutes, what.learned, share, what.reason))
        of.append(
            _Did(row.guide_id, row.learner_id, meeting.starts_at, meeting.minutes, "confirmed",
                 what.minutes, what.learned)
        )  # fmt: skip
    names = ("ids", "counted", "learned", "shares", "reasons")
    columns = {name: array(one) for name, one in zip(names, zip(*counted, strict=True), strict=True)}
    db.session.execute(_COUNT, {**columns, "at": at})
    publish(
        MeetingConfirmed(person_id=meeting.recorded_by, guidance_id=row.id, by_id=by, meeting_id=meeting.id)
        for row, meeting, by in told
    )
    publish(
        _fact(row, meeting, minutes, share)
        for (row, meeting, _), (_, minutes, _, share, _) in zip(told, counted, strict=True)
        if minutes
    )


def _hours_back(row: Any, moment: datetime, did: Sequence[Any]) -> float:
    """Hours that both confirmed in which who learns here guided who guides here."""
    back = (
        one.minutes
        for one in did
        if one.guide_id == row.learner_id
        and one.state == "confirmed"
        and abs(one.starts_at - moment) <= rules.BACK
    )
    return float(sum(back)) / 60


def _used(moment: datetime, did: Sequence[Any], zone: ZoneInfo) -> rules.Used:
    """What counted between these two on that day and in that week, by the clock of the organisation."""
    day = moment.astimezone(zone).date()
    local = [(one.starts_at.astimezone(zone).date(), one) for one in did]
    on_day = [one for other, one in local if other == day]
    in_week = [one for other, one in local if other.isocalendar()[:2] == day.isocalendar()[:2]]
    return rules.Used(
        day=sum(one.counted for one in on_day),
        week=sum(one.counted for one in in_week),
        learned_day=sum(one.learned for one in on_day),
        learned_week=sum(one.learned for one in in_week),
    )


def _fact(row: Any, meeting: Any, minutes: int, share: float) -> FactStated:
    return FactStated(
        person_id=row.guide_id,
        source=rules.source_of(row.id, meeting.id),
        kind="guided",
        at=meeting.starts_at + timedelta(minutes=meeting.minutes),
        skills=tuple(row.skills),
        counterpart_id=row.learner_id,
        hours=minutes / 60,
        confirmed_by=row.learner_id,
        weight=share,
    )
