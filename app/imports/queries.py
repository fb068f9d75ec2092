"""What can be asked of the statements that were sent. A client sees its own, and nobody else's."""

import json
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from app.config import settings
from app.db import db
from app.facts.queries import catalogue_stamp
from app.imports.models import Statement
from app.imports.xapi import DEFAULT_MEANINGS, Meanings, Wanted, account_identity, refers_to, rules_from
from app.people.models import ApiClient, Identity, Setting

Json = Mapping[str, Any]
LOOKED_AT = 2_000  # statements of one look for those that fit
MOST_BYTES = 4 * 2**20  # of one look or page, so that large statements do not fill the memory
LOOK_SECONDS = 1.0  # after which the rest is left to the next page
LONGEST_CHAIN = 20  # statement about a statement about a statement …

# Who sends --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Client:
    """What intake has to know of whoever sends statements."""

    id: int
    account_home: str | None
    account_is: str | None
    key: str = ""

    @classmethod
    def of(cls, id: int, account_home: str | None, account_is: str | None, key: str = "") -> Self:
        """The client, with its home page in the form in which identities have it."""
        home = account_identity(account_home, "").value.strip() if account_home else None
        return cls(id, home, account_is, key)

    @property
    def authority(self) -> Json:
        """Who vouches for its statements: this client, as we know it."""
        return {"objectType": "Agent", "account": {"homePage": settings().origin, "name": self.key}}


def client(client_id: int) -> Client:
    """The client of this id."""
    row = db.session.execute(
        select(ApiClient.id, ApiClient.account_home, ApiClient.account_is, ApiClient.key).where(
            ApiClient.id == client_id
        )
    ).one()
    return Client.of(*row)


# What is here already ---------------------------------------------------------------------------------------

_KNOWN = (
    select(Statement.id, Statement.content_hash, Statement.stored_at)
    .where(Statement.client_id == bindparam("client"))
    .where(Statement.id == bindparam("ids", type_=ARRAY(UUID())).any_())
)
_BODIES = (
    select(Statement.id, Statement.body)
    .where(Statement.client_id == bindparam("client"), Statement.body.is_not(None))
    .where(Statement.id == bindparam("ids", type_=ARRAY(UUID())).any_())
)
_VOIDING = (
    select(Statement.id)
    .where(Statement.client_id == bindparam("client"), Statement.target_id.is_not(None))
    .where(Statement.id == bindparam("ids", type_=ARRAY(UUID())).any_())
)


def known(client_id: int, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Any]:
    """The statements of this client that are here already, by id: content_hash and stored_at."""
    return {row.id: row for row in db.session.execute(_KNOWN, {"client": client_id, "ids": list(ids)})}


def bodies(client_id: int, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Json]:
    """What these statements say, as far as it was not pruned."""
    rows = db.session.execute(_BODIES, {"client": client_id, "ids": list(ids)})
    return {row.id: json.loads(row.body) for row in rows}


def voiding(client_id: int, ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these statements that void another one."""
    return set(db.session.scalars(_VOIDING, {"client": client_id, "ids": list(ids)}))


# What it means ----------------------------------------------------------------------------------------------

_meanings: tuple[object, Meanings] = (None, DEFAULT_MEANINGS)


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


# Who is meant -----------------------------------------------------------------------------------------------


def waiting_name(client: Client, identity: tuple[str, str]) -> str:
    """How somebody stands in `statement.actor`: a name that is an e-mail address has no capitals."""
    kind, value = identity
    if kind == "account" and client.account_is == "email" and value.startswith(f"{client.account_home} "):
        value = value.lower()
    return f"{kind} {value}"


def names_of(person_ids: Sequence[int]) -> list[tuple[int | None, str, int]]:
    """All the names under which statements may wait for these people: client (None: any), name, person."""
    homes = _with_homes()
    found: list[tuple[int | None, str, int]] = []
    for row in db.session.execute(
        select(Identity.person_id, Identity.kind, Identity.value).where(Identity.person_id.in_(person_ids))
    ):
        found.append((None, f"{row.kind} {row.value}", row.person_id))
        found += [
            (client.id, f"account {client.account_home} {row.value}", row.person_id)
            for client in homes
            if row.kind == client.account_is
        ]
    return found


def names_under(kind: str, value: str) -> list[tuple[int | None, str]]:
    """The names under which statements come in about whoever is known in this way: client (None: any), name."""
    return [
        (None, f"{kind} {value}"),
        *(
            (client.id, f"account {client.account_home} {value}")
            for client in _with_homes()
            if client.account_is == kind
        ),
    ]


def _with_homes() -> list[Client]:
    """The clients whose accounts are numbers or addresses of ours."""
    wanted = select(ApiClient.id, ApiClient.account_home, ApiClient.account_is)
    return [Client.of(*row) for row in db.session.execute(wanted.where(ApiClient.account_home.is_not(None)))]


# Looking back -----------------------------------------------------------------------------------------------

Place = tuple[datetime, int, uuid.UUID]
_COLUMNS = "id, seq, stored_at, version, body"
_PLACE = "(stored_at, seq, id)"
_WORDS = 'lower(body COLLATE "C")'


@dataclass(frozen=True, slots=True)
class Span:
    """Which part of a client's statements, in the order of storing; `after` is the last place that was read."""

    since: datetime | None = None
    until: datetime | None = None
    ascending: bool = False
    after: Place | None = None

    def sql(self) -> tuple[str, dict[str, Any]]:
        """The condition, and its parameters; voided statements are not in a list, nor what was pruned."""
        way = ">" if self.ascending else "<"
        parts = ["client_id = :client", "voided_at IS NULL", "body IS NOT NULL"]
        told: dict[str, Any] = {}
        if self.since is not None:
            parts.append("stored_at > :since")
            told["since"] = self.since
        if self.until is not None:
            parts.append("stored_at <= :until")
            told["until"] = self.until
        if self.after is not None:
            parts.append(f"{_PLACE} {way} (:at, :seq, CAST(:id AS uuid))")
            told |= {"at": self.after[0], "seq": self.after[1], "id": str(self.after[2])}
        return " AND ".join(parts), told

    @property
    def order(self) -> str:
        way = "ASC" if self.ascending else "DESC"
        return f"stored_at {way}, seq {way}, id {way}"


@dataclass(frozen=True, slots=True)
class Found:
    """A statement as it is kept, read."""

    id: uuid.UUID
    seq: int
    stored_at: datetime
    version: str
    statement: Json

    @property
    def place(self) -> Place:
        return self.stored_at, self.seq, self.id


def one(client_id: int, statement_id: uuid.UUID, *, voided: bool) -> Found | None:
    """One statement of this client, among those that are voided or among those that are not."""
    row = db.session.execute(
        text(
            f"SELECT {_COLUMNS} FROM statement WHERE client_id = :client AND id = :id AND body IS NOT NULL"
            " AND (voided_at IS NOT NULL) = :voided"
        ),
        {"client": client_id, "id": statement_id, "voided": voided},
    ).one_or_none()
    return Found(row.id, row.seq, row.stored_at, row.version, json.loads(row.body)) if row else None


def listed(client: Client, span: Span, wanted: Wanted, limit: int) -> tuple[list[Found], Place | None]:
    """The first statements of this span that fit, and where to go on; None at the end.

    Without a filter an index gives them. With one, the statements are looked through in the order of storing
    for as long as a request may take: a page can hold fewer than asked for, even none, and still go on.
    """
    if wanted.anything:
        rows, cut = _read_on(client.id, span, None, (), limit + 1)
        return rows[:limit], rows[:limit][-1].place if cut or len(rows) > limit else None
    started, found = time.monotonic(), list[Found]()
    while True:
        end = _end_of_look(client.id, span)
        rows, cut = _read_on(client.id, span, end, wanted.needles(), LOOKED_AT)
        end = rows[-1].place if cut else end
        fitting = _fitting(client, rows, wanted)
        room = limit - len(found)
        found += fitting[:room]
        if len(fitting) > room or (len(found) == limit and end is not None):
            return found, found[-1].place
        if cut or end is None or time.monotonic() - started > LOOK_SECONDS:
            return found, end
        span = replace(span, after=end)


def _end_of_look(client_id: int, span: Span) -> Place | None:
    """Where the next look stops; None when it reaches the end."""
    where, told = span.sql()
    statement = text(
        f"SELECT stored_at, seq, id FROM statement WHERE {where} ORDER BY {span.order} OFFSET :skip LIMIT 1"
    )
    row = db.session.execute(statement, {**told, "client": client_id, "skip": LOOKED_AT - 1}).one_or_none()
    return (row.stored_at, row.seq, row.id) if row else None


def _read_on(
    client_id: int, span: Span, end: Place | None, needles: Sequence[str], limit: int
) -> tuple[list[Found], bool]:
    """The statements of this span, and whether they were cut off because they are large.

    Given `needles`, the database leaves out whose text lacks one; what is about another statement stays in,
    since it fits where that one does.
    """
    where, told = span.sql()
    if end is not None:
        where += (
            f" AND {_PLACE} {'<=' if span.ascending else '>='} (:end_at, :end_seq, CAST(:end_id AS uuid))"
        )
        told |= {"end_at": end[0], "end_seq": end[1], "end_id": str(end[2])}
    if needles:
        has = " AND ".join(f"strpos({_WORDS}, :needle{number}) > 0" for number in range(len(needles)))
        where += f" AND (strpos({_WORDS}, '\"statementref\"') > 0 OR ({has}))"
        told |= {f"needle{number}": needle for number, needle in enumerate(needles)}
    statement = text(
        f"SELECT * FROM (SELECT {_COLUMNS}, sum(octet_length(body)) OVER (ORDER BY {span.order}) AS size"
        f" FROM (SELECT * FROM statement WHERE {where} ORDER BY {span.order} LIMIT :limit) AS part) AS sized"
        f" WHERE size - octet_length(body) < {MOST_BYTES} ORDER BY {span.order}"
    )
    rows = db.session.execute(statement, {**told, "client": client_id, "limit": limit}).all()
    found = [Found(row.id, row.seq, row.stored_at, row.version, json.loads(row.body)) for row in rows]
    return found, bool(rows) and rows[-1].size >= MOST_BYTES


def _fitting(client: Client, several: Sequence[Found], wanted: Wanted) -> list[Found]:
    authority = client.authority
    fit = {one.id for one in several if wanted.fits(one.statement, authority)}
    fit |= _through_references(client, [one for one in several if one.id not in fit], wanted)
    return [one for one in several if one.id in fit]


def _through_references(client: Client, several: Sequence[Found], wanted: Wanted) -> set[uuid.UUID]:
    """Those that are about a statement that fits, also through others, also where it is voided."""
    fit: set[uuid.UUID] = set()
    about = {one.id: target for one in several if (target := refers_to(one.statement))}
    for _ in range(LONGEST_CHAIN):
        if not about:
            break
        targets = bodies(client.id, set(about.values()))
        fit |= {
            id for id, to in about.items() if to in targets and wanted.fits(targets[to], client.authority)
        }
        about = {
            id: further
            for id, to in about.items()
            if id not in fit and to in targets and (further := refers_to(targets[to]))
        }
    return fit


_CONSISTENT = text("""
    SELECT least(:at, min(xact_start)) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND state <> 'idle'
""")


def consistent_through(at: datetime) -> datetime:
    """Every statement stored before this moment can be read: whoever may still store one began later.

    `stored` is taken within the transaction; so none is older than the oldest transaction under way.
    """
    found: datetime = db.session.scalar(_CONSISTENT, {"at": at})
    return found
