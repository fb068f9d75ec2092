"""What can be done with statements: take them in, let them count, let them go.

A batch is atomic. A statement that is known already has no effect; one that voids takes back what its target earned;
one about somebody unknown is kept and counts when the person becomes known. What happens in the database is bounded
by the number of batches, not of statements.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from app.activities import actions as activities
from app.activities import queries as activity_queries
from app.activities.rules import Proposal, Report
from app.db import db, lock_people, transaction
from app.errors import Conflict, Refused
from app.imports import queries, xapi
from app.imports.models import Statement
from app.imports.queries import Client
from app.people.models import Organisation
from app.people.queries import resolve

Json = Mapping[str, Any]
PRUNE_AT_ONCE = 10_000


@dataclass(slots=True)
class Incoming:
    """One statement on its way in."""

    id: uuid.UUID
    body: Json
    content: bytes
    derived: bool
    means: xapi.Meaning
    actor: str | None
    happened_at: datetime
    target: uuid.UUID | None
    person_id: int | None = None

    def source(self, client_id: int) -> str:
        return source_of(client_id, self.id)


def source_of(client_id: int, statement_id: uuid.UUID) -> str:
    """The name under which a statement supports a completion."""
    return f"statement:{client_id}:{statement_id}"


def receive(client: Client, statements: Sequence[Json], *, version: str, at: datetime) -> list[uuid.UUID]:
    """Take in a batch of checked statements; return their ids in order. The caller settles."""
    incoming, ids = _new(client, statements, at)
    if not incoming:
        return ids
    _resolve(client, incoming)
    targets = [one.target for one in incoming if one.target is not None]
    sources = [source_of(client.id, target) for target in targets]
    counting = [one for one in incoming if one.means.completes or one.means.means == "uncompleted"]
    lock_people(
        {one.person_id for one in counting if one.person_id is not None}
        | set(activity_queries.people_behind(sources))
    )
    stored = _store(client, incoming, version, at)
    fresh = [one for one in incoming if one.id in stored]
    voided = queries.voided_before(client.id, [one.id for one in fresh if one.target is None])
    if voided:
        _mark_voided(client.id, list(voided), at)
    _void(client, fresh, at)
    _count(client, [one for one in fresh if one.id not in voided and one.person_id is not None], at)
    return ids


def _new(client: Client, statements: Sequence[Json], at: datetime) -> tuple[list[Incoming], list[uuid.UUID]]:
    """The statements that are not known yet, in id order so that two batches cannot deadlock; and all ids in order."""
    contents = [xapi.content_hash(statement) for statement in statements]
    options: list[tuple[uuid.UUID, ...]] = []
    for statement, content, ordinal in zip(statements, contents, xapi.ordinals(contents), strict=True):
        given = xapi.statement_id(statement)
        timed = "timestamp" in statement
        options.append(
            (given,) if given else xapi.derived_ids(str(client.id), content, ordinal, timed=timed, now=at)
        )
    known = queries.known(client.id, {id for some in options for id in some})
    incoming, ids = [], []
    for statement, content, some in zip(statements, contents, options, strict=True):
        there = next((known[id] for id in some if id in known and _is_resend(id, some, known[id], at)), None)
        ids.append(there.id if there else some[0])
        if there is None:
            incoming.append(_incoming(statement, content, some[0], at))
        else:
            _same_or_conflict(there, statement, content)
    return sorted(incoming, key=lambda one: one.id), ids


def _is_resend(id: uuid.UUID, some: Sequence[uuid.UUID], there: Any, at: datetime) -> bool:
    """A derived id of the day before counts for 24 hours only."""
    return id == some[0] or there.stored_at > at - xapi.SAME_WITHIN


def _same_or_conflict(there: Any, statement: Json, content: bytes) -> None:
    if there.content_hash == content:
        return
    if there.body is not None and xapi.same_content(json.loads(there.body), statement):
        return
    raise Conflict(_l("Statement %(id)s is stored here with other content.", id=str(there.id)))


def _incoming(statement: Json, content: bytes, id: uuid.UUID, at: datetime) -> Incoming:
    who = [identity for agent in xapi.learners(statement) for identity in xapi.identities(agent)]
    return Incoming(
        id=id,
        body=xapi.normalise(statement),
        content=content,
        derived="id" not in statement,
        means=xapi.interpret(statement, queries.meanings()),
        actor=f"{who[0].kind} {who[0].value}" if who else None,
        happened_at=min(xapi.happened_at(statement) or at, at),
        target=xapi.voids(statement),
    )


def _resolve(client: Client, incoming: Sequence[Incoming]) -> None:
    """Find out who is meant, in one query."""
    named = {one.actor: tuple(one.actor.split(" ", 1)) for one in incoming if one.actor}
    found = resolve([(kind, value) for kind, value in named.values()], client.account_home, client.account_is)
    for one in incoming:
        if one.actor:
            kind, value = named[one.actor]
            one.person_id = found.get((kind, value))


_STORE = text("""
    INSERT INTO statement (client_id, id, seq, stored_at, happened_at, version, body, content_hash, derived, actor,
                           person_id, means, target_id)
    SELECT :client, s.id, s.seq, :now, s.happened_at, :version, s.body, s.content, s.derived, s.actor, s.person_id, s.means,
           s.target
    FROM unnest(CAST(:id AS uuid[]), CAST(:seq AS bigint[]), CAST(:happened_at AS timestamptz[]), CAST(:body AS text[]),
                CAST(:content AS bytea[]), CAST(:derived AS boolean[]), CAST(:actor AS text[]),
                CAST(:person_id AS bigint[]), CAST(:means AS text[]), CAST(:target AS uuid[]))
         AS s(id, seq, happened_at, body, content, derived, actor, person_id, means, target)
    ON CONFLICT (client_id, id) DO NOTHING
    RETURNING id
""")


def _store(client: Client, incoming: Sequence[Incoming], version: str, at: datetime) -> set[uuid.UUID]:
    """Insert; what another request stored in this very moment is known after all, and must be the same."""
    rows = db.session.execute(
        _STORE,
        {
            "client": client.id, "now": at, "version": version,
            "id": [str(one.id) for one in incoming],
            "seq": list(range(len(incoming))),
            "happened_at": [one.happened_at for one in incoming],
            "body": [json.dumps(one.body, ensure_ascii=False) for one in incoming],
            "content": [one.content for one in incoming],
            "derived": [one.derived for one in incoming],
            "actor": [one.actor for one in incoming],
            "person_id": [one.person_id for one in incoming],
            "means": [one.means.means for one in incoming],
            "target": [str(one.target) if one.target else None for one in incoming],
        },
    )  # fmt: skip
    stored = set(rows.scalars())
    beaten = {one.id: one for one in incoming if one.id not in stored}
    for id, there in queries.known(client.id, beaten).items() if beaten else ():
        _same_or_conflict(there, beaten[id].body, beaten[id].content)
    return stored


_VOID = text("""
    UPDATE statement SET voided_at = :now
    WHERE client_id = :client AND id = ANY(:ids) AND voided_at IS NULL
""").bindparams(bindparam("ids", type_=ARRAY(UUID())))


def _mark_voided(client_id: int, ids: Sequence[uuid.UUID], at: datetime) -> None:
    db.session.execute(_VOID, {"client": client_id, "ids": list(ids), "now": at})


def _void(client: Client, fresh: Sequence[Incoming], at: datetime) -> None:
    """Take back what the targets earned; a statement that voids cannot itself be voided (Data 2.3.2)."""
    targets = [one.target for one in fresh if one.target is not None]
    if not targets:
        return
    voiding = select(Statement.id).where(
        Statement.client_id == client.id, Statement.id.in_(targets), Statement.target_id.is_not(None)
    )
    if db.session.scalar(voiding.limit(1)) is not None:
        raise Refused(_l("A statement that voids another one cannot be voided."))
    _mark_voided(client.id, targets, at)
    activities.withdraw_supports([source_of(client.id, target) for target in targets], at=at)


def _count(client: Client, fresh: Sequence[Incoming], at: datetime) -> None:
    """Let completing statements about known people count as completions."""
    counting = [one for one in fresh if one.means.completes]
    if counting:
        proposals = {}
        for one in counting:
            activity = xapi.activity_of(one.body)
            if activity is not None:
                proposals[activity.id] = Proposal(
                    iri=activity.id, title=_title(activity), kind=xapi.kind_of(activity.type)
                )
        ids = activities.propose(list(proposals.values()), at=at)
        activities.record_completions([_report(client, one, ids) for one in counting], at=at)
    undone = [one for one in fresh if one.means.means == "uncompleted"]
    if undone:
        _withdraw(client, undone, at)


def _title(activity: xapi.Activity) -> dict[str, str]:
    """The name in both languages, as far as the source gives it; else the last part of its id."""
    names = {tag.split("-")[0].lower(): name for tag, name in reversed(activity.name.items()) if name.strip()}
    other = next(iter(activity.name.values()), "") or activity.id.rstrip("/").rsplit("/", 1)[-1]
    return {lang: (names.get(lang) or other)[:300] for lang in ("nl", "en")}


def _report(client: Client, one: Incoming, ids: Mapping[str, int]) -> Report:
    activity_id = xapi.object_id(one.body)
    if one.person_id is None or activity_id is None:
        raise RuntimeError("only what is said of an activity and of somebody known can count")
    return Report(
        person_id=one.person_id,
        activity_id=ids[activity_id],
        completed_at=one.happened_at,
        source=one.source(client.id),
        score=one.means.score,
        hours=one.means.hours,
    )


_SUPPORTED = text("""
    SELECT s.id FROM statement s
    JOIN unnest(CAST(:people AS bigint[]), CAST(:objects AS text[]), CAST(:moments AS timestamptz[])) AS u(person_id, object, at)
      ON s.person_id = u.person_id AND s.happened_at <= u.at AND CAST(s.body AS jsonb) -> 'object' ->> 'id' = u.object
    WHERE s.client_id = :client AND s.means IN ('completed', 'passed', 'attended') AND s.body IS NOT NULL
""")


def _withdraw(client: Client, undone: Sequence[Incoming], at: datetime) -> None:
    """Where an organisation lets `uncompleted` count: what this client reported before then supports no more."""
    rows = db.session.scalars(
        _SUPPORTED,
        {
            "client": client.id,
            "people": [one.person_id for one in undone],
            "objects": [xapi.object_id(one.body) for one in undone],
            "moments": [one.happened_at for one in undone],
        },
    )
    activities.withdraw_supports([source_of(client.id, id) for id in rows], at=at)


def count_what_waited(person_ids: Sequence[int], *, at: datetime) -> None:
    """Let statements count that waited for these people; they are locked."""
    actors = queries.actors_of(person_ids)
    rows = queries.waiting(actors) if actors else []
    if not rows:
        return
    by_client: dict[int, list[Incoming]] = {}
    for row in rows:
        body = json.loads(row.body) if row.body else None
        if body is None:
            continue
        means = xapi.interpret(body, queries.meanings())
        one = Incoming(row.id, body, b"", False, means, row.actor, row.happened_at, None, actors[row.actor])
        db_client = by_client.setdefault(row.client_id, [])
        if row.voided_at is None:
            db_client.append(one)
    db.session.execute(
        text("""
            UPDATE statement SET person_id = a.person_id
            FROM unnest(CAST(:actors AS text[]), CAST(:people AS bigint[])) AS a(actor, person_id)
            WHERE statement.actor = a.actor AND statement.person_id IS NULL
        """),
        {"actors": list(actors), "people": list(actors.values())},
    )
    for client_id, waiting in by_client.items():
        _count(queries.client(client_id), waiting, at)


def prune(at: datetime) -> int:
    """Empty statements that mean nothing to us and are past their time; what supports a completion stays whole.

    The id and the content hash stay, so that a resend is still known.
    """
    with transaction():
        days = db.session.scalar(select(Organisation.statement_days)) or 400
        old = (
            select(Statement.client_id, Statement.id)
            .where(Statement.stored_at < at - timedelta(days=days), Statement.body.is_not(None))
            .where(Statement.means.in_(("nothing", "scored", "progressed", "failed")))
            .limit(PRUNE_AT_ONCE)
            .cte("old")
        )
        emptied = db.session.execute(
            update(Statement)
            .where(Statement.client_id == old.c.client_id, Statement.id == old.c.id)
            .values(body=None, actor=None)
            .returning(Statement.id)
            .execution_options(synchronize_session=False)
        )
        return len(emptied.all())
