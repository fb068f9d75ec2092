"""What can be done with learning from files: take a batch in, let what waited count, take a file through its states.

A batch goes the one road of `app.activities.recording`: people are locked once, unknown activities are proposed, and a
row that is known has no effect. Locks come in the order of statements: newcomers, people, rows.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.activities import actions as activities
from app.activities import recording, records
from app.activities.rules import Proposal, Report
from app.audit.actions import write
from app.db import db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.learning import queries, rules, store
from app.learning.models import LearningImport, LearningMap
from app.learning.rules import Entry
from app.people import actions as people
from app.vision.queries import ids_of

CHUNK = 1000
UNUSED_DAYS = 30
NAME = 200


@dataclass(frozen=True, slots=True)
class Taken:
    """What a batch came to, row by row (new, known, waiting), and how many activities were proposed."""

    results: list[str]
    activities: int

    def figures(self) -> dict[str, int]:
        counts = {word: self.results.count(word) for word in ("new", "known", "waiting")}
        return {**counts, "activities": self.activities}


# Rows -------------------------------------------------------------------------------------------------------


def take_in(entries: Sequence[Entry], *, at: datetime, import_id: int | None = None) -> Taken:
    """Record a batch: what is known counts nothing, whom nobody knows is waited for. The caller settles."""
    found = queries.whom(entries)
    if any((entry.who_kind, entry.who) not in found for entry in entries):
        people.hold_newcomers()
        found = queries.whom(entries)
    known_people = [entry for entry in entries if (entry.who_kind, entry.who) in found]
    waiting = [entry for entry in entries if (entry.who_kind, entry.who) not in found]
    activities.hold_activities()
    lock_people(found[(entry.who_kind, entry.who)] for entry in known_people)
    fresh, proposed = _record(known_people, found, at)
    fresh_waiting = _wait(waiting, import_id, at)
    results = []
    for entry in entries:
        if (entry.who_kind, entry.who) in found:
            results.append("new" if entry.source in fresh else "known")
            fresh.discard(entry.source)
        else:
            results.append("waiting" if entry.source in fresh_waiting else "known")
            fresh_waiting.discard(entry.source)
    return Taken(results, proposed)


def preview(entries: Sequence[Entry]) -> Taken:
    """What `take_in` would come to now; writes nothing."""
    found = queries.whom(entries)
    known = set(records.completions_behind(entry.source for entry in entries))
    known |= queries.waiting_already(entry.source for entry in entries)
    results = []
    for entry in entries:
        word = "new" if (entry.who_kind, entry.who) in found else "waiting"
        results.append("known" if entry.source in known else word)
        known.add(entry.source)
    named = {queries.iri_of(entry) for entry in entries}
    return Taken(results, len(named - queries.known_activities(entries).keys()))


def _record(
    entries: Sequence[Entry], found: Mapping[tuple[str, str], int], at: datetime
) -> tuple[set[str], int]:
    """The sources that were new, and how many activities were proposed."""
    if not entries:
        return set(), 0
    known = set(records.completions_behind(entry.source for entry in entries))
    fresh = [entry for entry in entries if entry.source not in known]
    if not fresh:
        return set(), 0
    ids, proposed = _activities(fresh, at)
    recording.record_completions(
        [
            Report(
                person_id=found[(entry.who_kind, entry.who)],
                activity_id=ids[queries.iri_of(entry)],
                completed_at=entry.happened_at,
                source=entry.source,
                score=entry.score,
                origin="history" if entry.history else "import",
            )
            for entry in fresh
        ],
        at=at,
    )
    return {entry.source for entry in fresh}, proposed


def _activities(entries: Sequence[Entry], at: datetime) -> tuple[dict[str, int], int]:
    known = queries.known_activities(entries)
    new = {iri: entry for entry in entries if (iri := queries.iri_of(entry)) not in known}
    if not new:
        return known, 0
    skills = ids_of(slug for entry in new.values() for slug in entry.skills)
    proposals = [
        Proposal(
            iri=iri,
            title=dict.fromkeys(("nl", "en"), entry.title or _last(entry.activity)),
            kind=entry.kind,
            skills=sorted(skills[slug] for slug in entry.skills if slug in skills),
        )
        for iri, entry in sorted(new.items())
    ]
    return known | activities.propose(proposals, at=at), len(new)


def _last(name: str) -> str:
    return (name.rstrip("/").rsplit("/", 1)[-1] or name)[:300]


_WAIT = text("""
    INSERT INTO learning_row (import_id, line, source, who_kind, who, activity, origin_name, title, kind, happened_at,
                              score, skills, history, stored_at)
    SELECT :import_id, r.line, r.source, r.who_kind, r.who, r.activity, r.origin_name, r.title, r.kind, r.happened_at,
           r.score, ARRAY(SELECT jsonb_array_elements_text(r.skills)), r.history, :at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS r(line bigint, source text, who_kind text, who text, activity text, origin_name text, title text,
              kind text, happened_at timestamptz, score float, skills jsonb, history boolean)
    ORDER BY r.source
    ON CONFLICT (source) DO NOTHING
    RETURNING source
""")


def _wait(entries: Sequence[Entry], import_id: int | None, at: datetime) -> set[str]:
    """Keep rows about people whom nobody knows; return those that did not wait yet."""
    if not entries:
        return set()
    known = set(records.completions_behind(entry.source for entry in entries))
    rows = {entry.source: entry._asdict() for entry in reversed(entries) if entry.source not in known}
    told = json.dumps(list(rows.values()), default=str)
    return set(db.session.scalars(_WAIT, {"import_id": import_id, "rows": told, "at": at}))


_CLAIM = text("""
    UPDATE learning_row r SET person_id = i.person_id FROM identity i
    WHERE i.person_id = ANY(:people) AND r.who_kind = i.kind AND r.who = i.value AND r.person_id IS NULL
    RETURNING r.line, r.who_kind, r.who, r.activity, r.title, r.kind, r.happened_at, r.score, r.skills,
              r.origin_name, r.source, r.history, r.person_id
""")


def count_what_waited(person_ids: Sequence[int], *, at: datetime) -> None:
    """Let rows count that waited for these people; they are locked, and nobody else becomes known meanwhile."""
    rows = db.session.execute(_CLAIM, {"people": sorted(person_ids)}).all()
    if not rows:
        return
    found = {(row.who_kind, row.who): row.person_id for row in rows}
    entries = [
        Entry(
            row.line, row.who_kind, row.who, row.activity, row.title, row.kind, row.happened_at, row.score,
            tuple(row.skills), row.origin_name, row.source, row.history,
        )
        for row in rows
    ]  # fmt: skip
    _record(sorted(entries, key=lambda entry: (entry.happened_at, entry.source)), found, at)


# Files ------------------------------------------------------------------------------------------------------

_LOCK = select(LearningImport).with_for_update().execution_options(populate_existing=True)


_LET_GO = text("""
    WITH old AS (
        UPDATE learning_import SET state = 'cancelled', ended_at = :at, sample = NULL
        WHERE state IN ('uploaded', 'tried', 'failed') AND touched_at < :edge RETURNING id
    )
    DELETE FROM learning_part p USING old WHERE p.import_id = old.id
""")


def let_go(at: datetime) -> None:
    """Files that nobody brought in do not stay for ever; asked whenever another one comes."""
    db.session.execute(_LET_GO, {"at": at, "edge": at - timedelta(days=UNUSED_DAYS)})


def make(*, name: str, by: int | None, at: datetime, state: str = "uploaded", **more: Any) -> int:
    """Note a file that comes in."""
    values: dict[str, Any] = {
        "name": name[:NAME] or "–",
        "by_id": by,
        "made_at": at,
        "touched_at": at,
        "state": state,
        "header": [],
    }
    made: int | None = db.session.scalar(
        insert(LearningImport).values(**{**values, **more}).returning(LearningImport.id)
    )
    if made is None:
        raise RuntimeError("an insert that returns nothing")
    write("learning-import:make", at=at, actor_id=by, detail={"import_id": made})
    return made


def locked(import_id: int) -> LearningImport:
    """The import, locked until this transaction ends: a file goes from state to state once."""
    found = db.session.scalar(_LOCK.where(LearningImport.id == import_id))
    if found is None:
        raise NotFound(queries.NOT_THERE)
    return found


def choose(
    import_id: int, data: Mapping[str, Any], *, history: date | None, name: str, by: int, at: datetime
) -> None:
    """Say what the columns mean, and try it: the figures follow by a job. The map is kept under `name`, if any."""
    one = still_open(import_id)
    plan = rules.read_map(data)
    for part in plan.parts.values():
        if part.column is not None and part.column not in one.header:
            raise rules.BadMap(_l("This file has no column %(column)s.", column=part.column[:60]))
    one.map, one.history = dict(data), history
    begin(one, "trying", at)
    if name.strip():
        kept = upsert(LearningMap).values(name=name.strip()[:NAME], map=dict(data), changed_at=at)
        db.session.execute(
            kept.on_conflict_do_update(index_elements=["name"], set_={"map": dict(data), "changed_at": at})
        )
    write("learning-import:try", at=at, actor_id=by, detail={"import_id": import_id})


def still_open(import_id: int) -> LearningImport:
    """The import, locked, as long as nothing of it has come in."""
    one = locked(import_id)
    if one.state not in ("uploaded", "tried", "failed"):
        raise Conflict(_l("This import is under way or over. Upload the file again for another one."))
    return one


def start(import_id: int, *, by: int, at: datetime) -> None:
    """Let a file that was tried come in; a second time is the same."""
    one = locked(import_id)
    if one.state in ("queued", "running", "done"):
        return
    if one.state != "tried":
        raise Conflict(_l("Say first what the columns mean, and try it."))
    begin(one, "queued", at)
    write("learning-import:start", at=at, actor_id=by, detail={"import_id": import_id})


def begin(one: LearningImport, state: str, at: datetime) -> None:
    """From the first row on."""
    one.state, one.touched_at, one.ended_at, one.trouble = state, at, None, None
    one.total = one.done = one.new = one.known = one.waiting = one.refused = one.activities = 0
    db.session.flush()


def cancel(import_id: int, *, by: int, at: datetime) -> None:
    """Stop; what has come in stays. The job sees it before its next batch."""
    one = locked(import_id)
    if one.state in ("done", "cancelled"):
        return
    end(one, "cancelled", at)
    write("learning-import:cancel", at=at, actor_id=by, detail={"import_id": import_id})


def end(one: LearningImport, state: str, at: datetime, trouble: Refused | None = None) -> None:
    """It is over; the file itself is let go, the refused rows stay."""
    one.state, one.touched_at, one.ended_at = state, at, at
    one.trouble = rules.told(trouble.message) if trouble else None
    db.session.flush()
    if state in ("done", "cancelled"):
        one.sample = None
        store.drop(one.id)


def step(one: LearningImport, taken: Taken, rows: int, at: datetime) -> None:
    """Add the figures of a batch."""
    figures = taken.figures()
    one.done += rows
    one.new += figures["new"]
    one.known += figures["known"]
    one.waiting += figures["waiting"]
    one.activities += figures["activities"]
    one.touched_at = at
    db.session.flush()


def describe(import_id: int, **found: Any) -> None:
    """What was recognised of the file."""
    db.session.execute(update(LearningImport).where(LearningImport.id == import_id).values(**found))


def refused_rows(import_id: int, found: Iterable[tuple[int, dict[str, Any]]]) -> None:
    """Keep which rows of this reading were refused, and why."""
    store.keep_refusals(import_id, found)
