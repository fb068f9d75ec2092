"""How what two have together ends: both say that it is finished, one steps out, or one of them left.

Everything that counts locks both people before it writes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text

from app.activities.actions import hold_activities
from app.activities.records import logged_with
from app.db import array, db, lock_people
from app.errors import Conflict
from app.events import Guided, MeetingToConfirm
from app.guidance import queries, rules
from app.guidance.actions import MEANWHILE, held, locked, other_of, own
from app.outbox import publish
from app.people.queries import cards
from app.vision.queries import names

_ENDING = text("""
    UPDATE guidance g SET state = CASE WHEN w.by IS NULL THEN 'running' ELSE 'ending' END, end_by = w.by
    FROM unnest(CAST(:ids AS bigint[]), CAST(:by AS bigint[])) AS w(id, by) WHERE g.id = w.id
""")
_END = text("""
    UPDATE guidance g SET state = :state, end_by = w.by, ended_at = :at, learned = w.learned
    FROM unnest(CAST(:ids AS bigint[]), CAST(:by AS bigint[]), CAST(:learned AS text[])) AS w(id, by, learned)
    WHERE g.id = w.id
""")
_LAPSE = text("""
    UPDATE guidance_meeting SET state = 'withdrawn', decided_at = :at
    WHERE guidance_id = ANY(CAST(:ids AS bigint[])) AND state = 'waiting'
""")
_UNPAIR = text("""
    UPDATE mentor_pair SET state = 'ended', ended_at = :at
    WHERE guidance_id = ANY(CAST(:ids AS bigint[])) AND state = 'paired'
""")
Pairs = Sequence[tuple[int, int]]  # (guidance, one of the two)


@dataclass(frozen=True, slots=True)
class _Closing:
    """One that ends, at whose word, and whether it may count for who learned."""

    row: Row[Any]
    by: int | None
    learns: bool


def finish(pairs: Pairs, *, at: datetime) -> None:
    """Say that they are finished. When both have said so it is, and counts for who learned.

    All of the batch or nothing; saying it twice is saying it once.
    """
    rows = locked(pairs)
    said = {id: (row.state, row.end_by) for id, row in rows.items()}
    first, closed = dict[int, int](), dict[int, _Closing]()
    for guidance_id, by in pairs:
        state, end_by = said[guidance_id]
        if state == "finished" or (state == "ending" and end_by == by):
            continue
        if state == "running":
            said[guidance_id] = ("ending", by)
            first[guidance_id] = by
        elif state == "ending":
            said[guidance_id] = ("finished", end_by)
            closed[guidance_id] = _Closing(rows[guidance_id], end_by, learns=True)
        else:
            raise Conflict(MEANWHILE)
    _set_ending({id: by for id, by in first.items() if id not in closed})
    publish(
        MeetingToConfirm(person_id=other_of(rows[id], by), guidance_id=id, by_id=by)
        for id, by in first.items()
    )
    _close(list(closed.values()), "finished", at)


def not_yet(pairs: Pairs, *, at: datetime) -> None:
    """They go on: the other does not think so yet, or who said it was finished takes that back."""
    rows = own(pairs)
    if any(row.state != "ending" for row in rows.values()):
        raise Conflict(MEANWHILE)
    _set_ending(dict.fromkeys(rows))


def stop(pairs: Pairs, *, at: datetime) -> None:
    """Step out, without a reason. What both confirmed stays with who guided; nothing is finished."""
    rows = locked(pairs)
    left = [row for row in rows.values() if row.state != "stopped"]
    if any(row.state not in ("running", "ending") for row in left):
        raise Conflict(MEANWHILE)
    _close([_Closing(row, row.end_by, learns=False) for row in left], "stopped", at)


def close(pairs: Pairs, *, how: str, at: datetime) -> None:
    """One of: finish, not_yet, stop."""
    {"finish": finish, "not_yet": not_yet}.get(how, stop)(pairs, at=at)


def end_with_who_left(*, at: datetime) -> int:
    """What is open with somebody who left ends. What both confirmed before still counts; nobody confirms the rest."""
    found = queries.with_who_left()
    if not found:
        return 0
    hold_activities()
    lock_people(person for row in found for person in (row.guide_id, row.learner_id))
    known = cards(row.learner_id for row in found)
    rows = [row for row in held(row.id for row in found).values() if row.state in rules.OPEN]
    here = {id for id, card in known.items() if card.active}
    _close(
        [_Closing(row, row.end_by, row.state != "asked" and row.learner_id in here) for row in rows],
        "left",
        at,
    )
    return len(found)


def _set_ending(said: Mapping[int, int | None]) -> None:
    """Of each of these, who says that it is finished; with nobody it runs."""
    if said:
        db.session.execute(_ENDING, {"ids": array(said), "by": array(said.values())})


def _close(closing: Sequence[_Closing], state: str, at: datetime) -> None:
    if not closing:
        return
    told = {"ids": array(one.row.id for one in closing), "at": at}
    db.session.execute(_LAPSE, told)
    learned = _learned([one.row for one in closing if one.learns], at)
    ends = {
        "by": array(one.by for one in closing),
        "learned": array(learned.get(one.row.id) for one in closing),
    }
    db.session.execute(_END, {**told, **ends, "state": state})
    db.session.execute(_UNPAIR, told)


def _learned(rows: Sequence[Row[Any]], at: datetime) -> dict[int, str]:
    """Let each count for who learned, once; or why it does not."""
    if not rows:
        return {}
    done = queries.confirmed(row.id for row in rows)
    found = {
        row.id: "short" for row in rows if sum(one.learned for one in done.get(row.id, ())) < rules.LEAST
    }
    left = [row for row in rows if row.id not in found]
    found |= dict.fromkeys(queries.counted_before([row.id for row in left], at - rules.BACK), "again")
    left = [row for row in left if row.id not in found]
    found |= dict.fromkeys(_logged(left, done), "logged")
    counted = [row for row in left if row.id not in found]
    called = names(skill for row in counted for skill in row.skills)
    publish(_guided(row, done[row.id], called) for row in counted)
    return found | {row.id: "counted" for row in counted}


def _logged(rows: Sequence[Row[Any]], done: Mapping[int, Sequence[Any]]) -> set[int]:
    """Those of which who learned logged a part, on the word of who guided."""
    day, asked = timedelta(days=1), {}
    for row in rows:
        moments = [one.starts_at for one in done[row.id]]
        key = (row.learner_id, row.guide_id, rules.AS_LEARNING[row.kind])
        asked[row.id] = (*key, min(moments) - day / 2, max(moments) + day / 2)
    return logged_with(asked)


def _guided(row: Any, done: Sequence[Any], called: Mapping[int, Any]) -> Guided:
    return Guided(
        person_id=row.learner_id,
        source=f"guidance:{row.id}",
        title=rules.title_of(row.kind, [called[one].name for one in row.skills if one in called]),
        activity_kind=rules.AS_LEARNING[row.kind],
        skills=tuple(row.skills),
        hours=sum(one.learned for one in done) / 60,
        share=rules.whole_share(done),
        at=max(one.starts_at + timedelta(minutes=one.minutes) for one in done),
        confirmed_by=row.guide_id,
    )
