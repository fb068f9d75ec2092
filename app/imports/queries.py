"""What can be asked of the statements that were sent."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, text, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from app.db import db
from app.facts.queries import catalogue_stamp
from app.imports.models import Statement
from app.imports.xapi import DEFAULT_MEANINGS, Meanings, rules_from
from app.people.models import ApiClient, Identity, Setting

_KNOWN = (
    select(Statement.id, Statement.content_hash, Statement.body, Statement.stored_at)
    .where(Statement.client_id == bindparam("client"))
    .where(Statement.id == bindparam("ids", type_=ARRAY(UUID())).any_())
)


@dataclass(frozen=True, slots=True)
class Client:
    """What intake has to know of whoever sends statements."""

    id: int
    account_home: str | None
    account_is: str | None


def client(client_id: int) -> Client:
    """The client of this id."""
    row = db.session.execute(
        select(ApiClient.id, ApiClient.account_home, ApiClient.account_is).where(ApiClient.id == client_id)
    ).one()
    return Client(*row)


def known(client_id: int, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Any]:
    """The statements of this client that are here already, by id."""
    return {row.id: row for row in db.session.execute(_KNOWN, {"client": client_id, "ids": list(ids)})}


_VOIDED_BEFORE = select(Statement.target_id).where(
    Statement.client_id == bindparam("client"),
    Statement.target_id == bindparam("ids", type_=ARRAY(UUID())).any_(),
)


def voided_before(client_id: int, ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these were voided before they came."""
    return {id for id in db.session.scalars(_VOIDED_BEFORE, {"client": client_id, "ids": list(ids)}) if id}


_meanings: tuple[str | None, Meanings] = (None, DEFAULT_MEANINGS)


def meanings() -> Meanings:
    """The organisation's own rules of what a verb means (setting `meanings`) before the defaults."""
    global _meanings
    stamp = catalogue_stamp()
    if stamp is None or _meanings[0] != stamp:
        own = db.session.scalar(select(Setting.value).where(Setting.key == "meanings"))
        _meanings = (
            stamp,
            DEFAULT_MEANINGS.preceded_by(rules_from(own["rules"])) if own else DEFAULT_MEANINGS,
        )
    return _meanings[1]


def actors_of(person_ids: Sequence[int]) -> dict[str, int]:
    """All the ways in which statements may name these people, as they stand in `statement.actor`."""
    found = {}
    homes = db.session.execute(
        select(ApiClient.account_home, ApiClient.account_is)
        .where(ApiClient.account_home.is_not(None))
        .distinct()
    ).all()
    for row in db.session.execute(
        select(Identity.person_id, Identity.kind, Identity.value).where(Identity.person_id.in_(person_ids))
    ):
        found[f"{row.kind} {row.value}"] = row.person_id
        for home, account_is in homes:
            if row.kind == account_is:
                found[f"account {home} {row.value}"] = row.person_id
    return found


_WAITING = text("""
    SELECT client_id, id, actor, means, body, happened_at, voided_at FROM statement
    WHERE person_id IS NULL AND means <> 'nothing' AND actor = ANY(CAST(:actors AS text[])) ORDER BY client_id, id
""")


def waiting(actors: Iterable[str]) -> Sequence[Any]:
    """Statements that wait for the people with these names to become known."""
    return db.session.execute(_WAITING, {"actors": list(actors)}).all()


def one(client_id: int, statement_id: uuid.UUID) -> Any:
    """One statement of this client, voided or not; None if there is none."""
    return db.session.execute(
        select(Statement).where(Statement.client_id == client_id, Statement.id == statement_id)
    ).scalar_one_or_none()


Place = tuple[datetime, int, uuid.UUID]


def listed(
    client_id: int,
    *,
    since: datetime | None,
    until: datetime | None,
    ascending: bool,
    after: Place | None,
    limit: int,
) -> Sequence[Statement]:
    """The client's own statements in the order of storing, newest first unless `ascending`; voided ones are not in it."""
    place = tuple_(Statement.stored_at, Statement.seq, Statement.id)
    wanted = select(Statement).where(
        Statement.client_id == client_id, Statement.voided_at.is_(None), Statement.body.is_not(None)
    )
    if since is not None:
        wanted = wanted.where(Statement.stored_at > since)
    if until is not None:
        wanted = wanted.where(Statement.stored_at <= until)
    if after is not None:
        wanted = wanted.where(place > after if ascending else place < after)
    order = (Statement.stored_at, Statement.seq, Statement.id)
    return db.session.scalars(
        wanted.order_by(*(order if ascending else [column.desc() for column in order])).limit(limit)
    ).all()
