"""What can be done with statements: take them in, let them count, let them go.

A batch is atomic. A statement that is known already has no effect; one that voids takes back what its target earned;
one about somebody unknown is kept and counts when the person becomes known. What happens in the database is bounded
by the number of batches, not of statements.

Locks come in one order: newcomers, activities, the client, people, rows. So nothing is missed between two requests:
neither who becomes known while a statement about them comes in, nor a statement that is voided while it comes in, nor
an activity that becomes another one.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from app.activities import actions as activities
from app.activities import recording, records
from app.activities.rules import MOST_HOURS, Proposal, Report
from app.db import db, lock_people, transaction
from app.errors import Busy, Conflict, Refused
from app.imports import queries, refusals, xapi
from app.imports.models import PASSING
from app.imports.queries import Client
from app.keys import keyed_hash
from app.people import actions as people
from app.people.models import Organisation
from app.people.queries import resolve

Json = Mapping[str, Any]
PRUNE_AT_ONCE = 10_000
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
MIDNIGHT = timedelta(minutes=1)
_SEPARATOR = "\x1e"  # between bodies on their way to the database; JSON has it as an escape only


class BadStatement(Refused):
    """What the specification forbids."""

    status = 400
    code = "invalid-statement"


@dataclass(slots=True)
class Incoming:
    """One statement on its way in; `place` is the one in its batch."""

    id: uuid.UUID
    place: int
    body: Json
    content: bytes
    means: xapi.Meaning
    identity: xapi.Identity | None
    happened_at: datetime
    target: uuid.UUID | None
    person_id: int | None = None

    @property
    def counts(self) -> bool:
        """Whether it can change what somebody has completed."""
        return self.means.completes or self.means.means == "uncompleted"


def source_of(client_id: int, statement_id: uuid.UUID) -> str:
    """The name under which a statement supports a completion."""
    return f"statement:{client_id}:{statement_id}"


def receive(client: Client, statements: Sequence[Json], *, version: str, at: datetime) -> list[uuid.UUID]:
    """Take in a batch of checked statements; return their ids in order. The caller settles."""
    incoming, ids = _new(client, statements, at)
    if not incoming:
        return ids
    targets = {one.target for one in incoming if one.target is not None}
    _resolve(client, incoming)
    unknown = [one for one in incoming if one.identity and one.person_id is None]
    if unknown or targets:
        people.hold_newcomers()
        _resolve(client, unknown)
    _hold(client, alone=bool(targets) or _straddles(statements, at))
    sources = [source_of(client.id, target) for target in targets]
    concerned = {one.person_id for one in incoming if one.counts and one.person_id is not None}
    lock_people(concerned | records.people_behind(sources) if sources else concerned)
    _refuse_let_go(client, incoming)
    fresh = _store(client, incoming, version, at)
    if targets:
        _void(client, fresh, at)
    _count(client.id, [one for one in fresh if one.person_id is not None and one.id not in targets], at)
    return ids


# Known or new -----------------------------------------------------------------------------------------------


def _new(client: Client, statements: Sequence[Json], at: datetime) -> tuple[list[Incoming], list[uuid.UUID]]:
    """The statements that are not known yet, in id order so that two batches cannot deadlock; and all ids in order."""
    contents = [keyed_hash("statement", xapi.content_hash(statement)) for statement in statements]
    options = _options(client, statements, contents, at)
    known = queries.known(client.id, {id for some in options for id in some})
    meanings = queries.meanings()
    incoming: list[Incoming] = []
    ids: list[uuid.UUID] = []
    other: dict[uuid.UUID, Json] = {}
    for place, (statement, content, some) in enumerate(zip(statements, contents, options, strict=True)):
        there = next((known[id] for id in some if id in known and _is_resend(id, some, known[id], at)), None)
        ids.append(there.id if there else some[0])
        if there is None:
            incoming.append(_incoming(statement, content, some[0], place, meanings, at))
        elif there.content_hash != content:
            other[there.id] = statement
    _refuse_other_content(client, other)
    return sorted(incoming, key=lambda one: one.id), ids


def _options(
    client: Client, statements: Sequence[Json], contents: Sequence[bytes], at: datetime
) -> list[tuple[uuid.UUID, ...]]:
    """The ids under which each may be known: its own, or those that follow from what it says."""
    name = str(client.id)
    return [
        (given,)
        if (given := xapi.statement_id(statement))
        else xapi.derived_ids(name, content, ordinal, timed="timestamp" in statement, now=at)
        for statement, content, ordinal in zip(statements, contents, xapi.ordinals(contents), strict=True)
    ]


def _is_resend(id: uuid.UUID, some: Sequence[uuid.UUID], there: Any, at: datetime) -> bool:
    """A derived id of the day before counts for 24 hours only."""
    return id == some[0] or there.stored_at > at - xapi.SAME_WITHIN


def _refuse_other_content(client: Client, other: Mapping[uuid.UUID, Json]) -> None:
    """The hash differs; the same statement can still differ in a timestamp that the sender got from us."""
    kept = queries.bodies(client.id, other) if other else {}
    for id, statement in other.items():
        if id not in kept or not xapi.same_content(kept[id], statement):
            raise Conflict(_l("Statement %(id)s is stored here with other content.", id=str(id)))


def _incoming(
    statement: Json, content: bytes, id: uuid.UUID, place: int, meanings: xapi.Meanings, at: datetime
) -> Incoming:
    """A group as actor is kept and earns nothing: it does not say who of it did what."""
    actor = statement["actor"]
    who = [] if actor.get("objectType") == "Group" else xapi.identities(actor)
    happened_at = xapi.happened_at(statement) or at
    return Incoming(
        id=id,
        place=place,
        body=xapi.normalise(statement),
        content=content,
        means=xapi.interpret(statement, meanings),
        identity=who[0] if who else None,
        happened_at=max(EARLIEST, min(happened_at, at)),
        target=xapi.voids(statement),
    )


def _resolve(client: Client, incoming: Sequence[Incoming]) -> None:
    """Find out who is meant, in one query."""
    named = {one.identity for one in incoming if one.identity}
    if not named:
        return
    found = resolve(named, client.account_home, client.account_is)
    for one in incoming:
        if one.identity:
            one.person_id = found.get(one.identity)


def _refuse_let_go(client: Client, incoming: Sequence[Incoming]) -> None:
    """While this waited for its people, the desk can have let one of their names go, which then is nobody's."""
    known = [one for one in incoming if one.counts and one.person_id is not None]
    before = [one.person_id for one in known]
    _resolve(client, known)
    if [one.person_id for one in known] != before:
        raise Busy(_l("Whose name this is was changed at this very moment. Send it again."))


# Kept -------------------------------------------------------------------------------------------------------

# Activities stay what they are meanwhile, as in `activities.actions.hold_activities`.
_HOLD = text("""
    SELECT pg_advisory_xact_lock_shared(7303016), pg_advisory_xact_lock_shared(7303015, CAST(:client AS int))
""")
_HOLD_ALONE = text("""
    SELECT pg_advisory_xact_lock_shared(7303016), pg_advisory_xact_lock(7303015, CAST(:client AS int))
""")


def _hold(client: Client, *, alone: bool) -> None:
    """Batches of a client come in next to each other; one that voids waits for those under way, and those after
    it see what it voided, also what is still to come."""
    db.session.execute(_HOLD_ALONE if alone else _HOLD, {"client": client.id % 2**31})


def _straddles(statements: Sequence[Json], at: datetime) -> bool:
    """Around midnight UTC one and the same statement without id and time would get two ids at once."""
    since_midnight = timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)
    if MIDNIGHT < since_midnight < timedelta(days=1) - MIDNIGHT:
        return False
    return any("id" not in one and "timestamp" not in one for one in statements)


_STORE = text("""
    INSERT INTO statement (client_id, id, seq, stored_at, happened_at, version, body, content_hash, derived, actor,
                           person_id, means, target_id, voided_at)
    SELECT :client, s.id, s.seq, :now, s.happened_at, :version, s.body, decode(s.content, 'hex'), s.derived, s.actor,
           s.person_id, s.means, s.target,
           (SELECT v.stored_at FROM statement v
            WHERE v.client_id = :client AND v.target_id = s.id AND s.target IS NULL LIMIT 1)
    FROM unnest(CAST(:id AS uuid[]), CAST(:seq AS int[]), CAST(:happened_at AS timestamptz[]),
                string_to_array(:bodies, :separator), string_to_array(:contents, :separator),
                CAST(:derived AS boolean[]), CAST(:actor AS text[]), CAST(:person_id AS bigint[]),
                CAST(:means AS text[]), CAST(:target AS uuid[]))
         AS s(id, seq, happened_at, body, content, derived, actor, person_id, means, target)
    ON CONFLICT (client_id, id) DO NOTHING
    RETURNING id, voided_at
""")
_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _store(client: Client, incoming: Sequence[Incoming], version: str, at: datetime) -> list[Incoming]:
    """Insert, and return what can have effect: it was not here, and nothing voided it beforehand.

    What another request stored in this very moment is known after all, and must be the same.
    """
    names = [queries.waiting_name(client, one.identity) if one.identity else None for one in incoming]
    rows = db.session.execute(
        _STORE,
        {
            "client": client.id, "now": at, "version": version, "separator": _SEPARATOR,
            "id": [one.id for one in incoming],
            "seq": [one.place for one in incoming],
            "happened_at": [one.happened_at for one in incoming],
            "bodies": _SEPARATOR.join([_dump(one.body) for one in incoming]),
            "contents": _SEPARATOR.join([one.content.hex() for one in incoming]),
            "derived": ["id" not in one.body for one in incoming],
            "actor": names,
            "person_id": [one.person_id for one in incoming],
            "means": [one.means.means for one in incoming],
            "target": [one.target for one in incoming],
        },
    )  # fmt: skip
    stored = {row.id: row.voided_at for row in rows}
    beaten = {one.id: one for one in incoming if one.id not in stored}
    if beaten:
        known = queries.known(client.id, beaten)
        _refuse_other_content(
            client,
            {id: one.body for id, one in beaten.items() if known[id].content_hash != one.content},
        )
    return [one for one in incoming if one.id in stored and stored[one.id] is None]


_MARK_VOIDED = text("""
    UPDATE statement SET voided_at = :now
    WHERE client_id = :client AND id = ANY(:ids) AND voided_at IS NULL
""").bindparams(bindparam("ids", type_=ARRAY(UUID())))


def _void(client: Client, fresh: Sequence[Incoming], at: datetime) -> None:
    """Take back what the targets earned; a statement that voids cannot itself be voided (Data 2.3.2)."""
    targets = [one.target for one in fresh if one.target is not None]
    if not targets:
        return
    if queries.voiding(client.id, targets):
        why = _l("object.id: names a statement that voids another one; such a statement cannot be voided.")
        raise BadStatement(why, fields={"object.id": why})
    db.session.execute(_MARK_VOIDED, {"client": client.id, "ids": targets, "now": at})
    recording.withdraw_supports([source_of(client.id, target) for target in targets], at=at)


# Counted ----------------------------------------------------------------------------------------------------


def _count(client_id: int, fresh: Sequence[Incoming], at: datetime) -> None:
    """Let completing statements about known people count as completions."""
    counting = _not_undone(client_id, [one for one in fresh if one.means.completes])
    if counting:
        ids = activities.propose(_proposals(counting), at=at)
        recording.record_completions([_report(client_id, one, ids) for one in counting], at=at)
    undone = [one for one in fresh if one.means.means == "uncompleted"]
    if undone:
        _withdraw(client_id, undone, at)


def _proposals(counting: Sequence[Incoming]) -> list[Proposal]:
    """The activities that are meant, each as the last of the statements tells of it."""
    found: dict[str, Proposal] = {}
    for one in counting:
        activity = xapi.activity_of(one.body)
        if activity is not None:
            found[activity.id] = Proposal(
                iri=activity.id, title=_title(activity), kind=xapi.kind_of(activity.type)
            )
    return list(found.values())


def _title(activity: xapi.Activity) -> dict[str, str]:
    """The name in both languages, as far as the source gives it; else the last part of its id."""
    names = {tag.split("-")[0].lower(): name for tag, name in reversed(activity.name.items()) if name.strip()}
    other = next(iter(names.values()), "") or activity.id.rstrip("/").rsplit("/", 1)[-1]
    return {lang: (names.get(lang) or other)[:300] for lang in ("nl", "en")}


def _report(client_id: int, one: Incoming, ids: Mapping[str, int]) -> Report:
    activity_id = xapi.object_id(one.body)
    if one.person_id is None or activity_id is None:
        raise RuntimeError("only what is said of an activity and of somebody known can count")
    hours = one.means.hours
    return Report(
        person_id=one.person_id,
        activity_id=ids[activity_id],
        completed_at=one.happened_at,
        source=source_of(client_id, one.id),
        score=one.means.score,
        hours=hours if hours is not None and hours <= MOST_HOURS else None,
    )


_SUPPORTED = text("""
    SELECT s.id FROM statement s
    JOIN unnest(CAST(:people AS bigint[]), CAST(:objects AS text[]), CAST(:moments AS timestamptz[]))
         AS u(person_id, object, at)
      ON s.person_id = u.person_id AND s.happened_at <= u.at AND CAST(s.body AS jsonb) -> 'object' ->> 'id' = u.object
    WHERE s.client_id = :client AND s.means IN ('completed', 'passed', 'attended') AND s.body IS NOT NULL
""")


_UNDONE = text("""
    SELECT DISTINCT c.id FROM statement s
    JOIN unnest(CAST(:ids AS uuid[]), CAST(:people AS bigint[]), CAST(:objects AS text[]),
                CAST(:moments AS timestamptz[]))
         AS c(id, person_id, object, at)
      ON s.person_id = c.person_id AND s.happened_at >= c.at AND CAST(s.body AS jsonb) -> 'object' ->> 'id' = c.object
    WHERE s.client_id = :client AND s.means = 'uncompleted' AND s.body IS NOT NULL AND s.voided_at IS NULL
""")


def _not_undone(client_id: int, counting: Sequence[Incoming]) -> list[Incoming]:
    """Without what this client reported as undone later on: the order of arrival makes no difference."""
    if not counting or not any(rule.means == "uncompleted" for rule in queries.meanings().rules):
        return list(counting)
    rows = db.session.scalars(
        _UNDONE,
        {
            "client": client_id,
            "ids": [one.id for one in counting],
            "people": [one.person_id for one in counting],
            "objects": [xapi.object_id(one.body) for one in counting],
            "moments": [one.happened_at for one in counting],
        },
    )
    undone = set(rows)
    return [one for one in counting if one.id not in undone]


def _withdraw(client_id: int, undone: Sequence[Incoming], at: datetime) -> None:
    """Where an organisation lets `uncompleted` count: what this client reported before then supports no more."""
    rows = db.session.scalars(
        _SUPPORTED,
        {
            "client": client_id,
            "people": [one.person_id for one in undone],
            "objects": [xapi.object_id(one.body) for one in undone],
            "moments": [one.happened_at for one in undone],
        },
    )
    recording.withdraw_supports([source_of(client_id, id) for id in rows], at=at)


# Waited for -------------------------------------------------------------------------------------------------

_CLAIM = text("""
    UPDATE statement SET person_id = n.person_id
    FROM unnest(CAST(:clients AS bigint[]), CAST(:names AS text[]), CAST(:people AS bigint[]))
         AS n(client_id, name, person_id)
    WHERE statement.actor = n.name AND statement.person_id IS NULL
      AND (n.client_id IS NULL OR n.client_id = statement.client_id)
    RETURNING statement.client_id, statement.id, statement.seq,
              CASE WHEN statement.means = ANY(:passing) THEN NULL ELSE statement.body END AS body,
              statement.happened_at, statement.voided_at, statement.person_id
""")


def count_what_waited(person_ids: Sequence[int], *, at: datetime) -> None:
    """Let statements count that waited for these people; they are locked, and nobody else becomes known meanwhile."""
    names = queries.names_of(person_ids)
    if not names:
        return
    clients, told, whom = zip(*names, strict=True)
    rows = db.session.execute(
        _CLAIM,
        {"clients": list(clients), "names": list(told), "people": list(whom), "passing": list(PASSING)},
    ).all()
    meanings = queries.meanings()
    waited: dict[int, list[Incoming]] = {}
    for row in sorted(rows, key=lambda row: (row.client_id, row.id)):
        if row.body is not None and row.voided_at is None:
            waited.setdefault(row.client_id, []).append(_waiting(row, meanings))
    for client_id, several in waited.items():
        _count(client_id, several, at)


def _waiting(row: Any, meanings: xapi.Meanings) -> Incoming:
    """A statement that was kept, as if it came in now."""
    body = json.loads(row.body)
    means = xapi.interpret(body, meanings)
    return Incoming(row.id, row.seq, body, b"", means, None, row.happened_at, None, row.person_id)


# Let go -----------------------------------------------------------------------------------------------------

_EMPTY = text("""
    WITH old AS (
        SELECT client_id, id FROM statement
        WHERE stored_at < :edge AND body IS NOT NULL AND means IN ('nothing', 'scored', 'progressed', 'failed')
        ORDER BY stored_at LIMIT :most
    ), emptied AS (
        UPDATE statement SET body = NULL, actor = NULL FROM old
        WHERE statement.client_id = old.client_id AND statement.id = old.id RETURNING 1
    )
    SELECT count(*) FROM emptied
""")


def prune(at: datetime) -> int:
    """Empty statements that mean nothing to us and are past their time; what supports a completion stays whole.

    The id and the keyed content hash stay, so that a resend is still known.
    """
    refusals.prune(at)
    emptied: int = 0
    while True:
        with transaction():
            days = db.session.scalar(select(Organisation.statement_days)) or 400
            edge = at - timedelta(days=days)
            done = db.session.scalar(_EMPTY, {"edge": edge, "most": PRUNE_AT_ONCE}) or 0
        emptied += done
        if done < PRUNE_AT_ONCE:
            return emptied
