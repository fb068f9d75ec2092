"""The one database session, the one place that commits, the lock on people, and the class of each column."""

import select
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import datetime
from typing import Any, ClassVar

import psycopg
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Connection, DateTime, MetaData, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import DeclarativeBase

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All models stand on this; typed, and free of Flask."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        str: Text(),
        int: BigInteger(),
        dict[str, Any]: JSONB(),
        list[int]: ARRAY(BigInteger()),
        list[str]: ARRAY(Text()),
    }


db = SQLAlchemy(metadata=Base.metadata)

# The class of a column: what export, erasure and retention do with it. `keep` names the retention rule
# (docs/operate.md), `export` says whether it is part of what a person gets of themselves.
NONE: dict[str, Any] = {"class": "none", "keep": "organisation", "export": False}
PSEUDONYM: dict[str, Any] = {"class": "pseudonym", "keep": "organisation", "export": True}
PERSONAL: dict[str, Any] = {"class": "personal", "keep": "employment", "export": True}
SECRET: dict[str, Any] = {"class": "secret", "keep": "employment", "export": False}
TRACE: dict[str, Any] = {"class": "pseudonym", "keep": "trace", "export": True}
STATEMENT: dict[str, Any] = {"class": "personal", "keep": "statement", "export": True}


def array(values: Iterable[Any]) -> str:
    """The values as the text of a PostgreSQL array, to be cast where it is used; a tenth of the driver's own cost.

    Knows None, numbers, booleans, moments, days and texts; arrays within are texts of their own.
    """
    told = list(values)
    if {*map(type, told)} == {int}:
        return f"{{{str(told)[1:-1]}}}"
    return "{" + ",".join(map(_element, told)) + "}"


def _element(value: Any) -> str:
    if value.__class__ is int or value.__class__ is float:
        return repr(value)
    if value is None:
        return "NULL"
    if value.__class__ is str:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f'"{value}"'


A_BATCH = 50  # people; planning a statement costs less than a wrong plan for as many
KEEP_PLANS_AFTER = 5  # calls of one statement on one connection, as the driver does by itself

_LOCK = text(
    "SELECT t.*, (SELECT value ->> 'stamp' FROM setting WHERE key = 'catalogue') AS stamp FROM person_total t"
    " WHERE person_id = ANY(:ids) ORDER BY person_id FOR NO KEY UPDATE OF t"
).bindparams(bindparam("ids", type_=ARRAY(BigInteger())))


class Unsettled(RuntimeError):
    """News was published and nobody settled what follows from it: a fault of the door."""


@contextmanager
def transaction() -> Generator[None]:
    """One entry point, one transaction: all of it is kept, or none."""
    try:
        yield
        if db.session.info.get("news"):
            raise Unsettled([type(event).__name__ for event in db.session.info["news"]])
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    finally:
        for name in ("news", "locked", "stamp", "uncounted"):
            db.session.info.pop(name, None)
        if line := db.session.info.pop("planned_anew", None):
            line.prepare_threshold = KEEP_PLANS_AFTER


@contextmanager
def apart() -> Generator[Connection]:
    """A short transaction of its own, on a connection of its own: traces and tries stay, whatever the answer."""
    with db.engine.begin() as connection:
        yield connection


def still_there(connection: psycopg.Connection[Any], *_of_the_pool: Any) -> None:
    """As a connection leaves the pool: one that the server ended meanwhile is replaced, and no request finds out.

    Such a line has something to read, and an idle one has not, so only that one is asked: to ask each time would cost
    every request a round trip. (A restart had failed one request for each connection of the pool, for days.)

    Raises:
        DisconnectionError: it is gone; the pool opens another.
    """
    try:
        waiting = select.poll()
        waiting.register(connection.fileno(), select.POLLIN)
        if waiting.poll(0):
            connection.execute("SELECT 1")
            connection.rollback()
    except psycopg.Error as gone:
        raise DisconnectionError from gone


def let_go(_fault: BaseException | None = None) -> None:
    """After an answer nothing is left to do for its connection: one that died meanwhile makes no error of it."""
    try:
        db.session.remove()
    except DBAPIError:
        db.session.registry.clear()  # the pool finds out by itself


def lock_people(person_ids: Iterable[int]) -> None:
    """Lock everybody whom this transaction can touch, once, in id order, before its first write.

    The row locked is the totals row that `points` owns: two events of one person cannot both see four of five,
    and two batches cannot deadlock. (Locking the person row deadlocked with foreign keys.) The rows as they are
    under the lock stay at hand for this transaction: `locked_totals`.
    """
    wanted = sorted(set(person_ids))
    locked: dict[int, dict[str, Any]] = db.session.info.setdefault("locked", {})
    missing = [person_id for person_id in wanted if person_id not in locked]
    if not missing:
        return
    if locked:
        raise RuntimeError(
            f"people {missing} were not locked with the first ones; a second lock can deadlock"
        )
    _lock(missing, locked)


def lock_newcomers(person_ids: Iterable[int]) -> None:
    """Count as locked whom this transaction itself made: nobody else can see them yet, so none can wait."""
    locked: dict[int, dict[str, Any]] = db.session.info.setdefault("locked", {})
    _lock(sorted(person_ids), locked)


def _lock(person_ids: list[int], locked: dict[int, dict[str, Any]]) -> None:
    if len(person_ids) >= A_BATCH:
        _plan_anew()
    for found in db.session.execute(_LOCK, {"ids": person_ids}).mappings():
        row = dict(found)
        db.session.info["stamp"] = row.pop("stamp")  # of the catalogue, which what follows has to know
        locked[row["person_id"]] = row


def _plan_anew() -> None:
    """Let the statements of this transaction be planned each time, for the batch that they get and the tables as
    they are: a plan kept from when they were empty, or from a batch of one, made an import many times slower."""
    line = db.session.connection().connection.driver_connection
    if line is not None and "planned_anew" not in db.session.info:
        line.prepare_threshold = None
        db.session.info["planned_anew"] = line


def locked_totals(person_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The totals rows of locked people; refuses people whom nobody locked, for that is a race."""
    locked: dict[int, dict[str, Any]] = db.session.info.get("locked", {})
    missing = set(person_ids) - locked.keys()
    if missing:
        raise RuntimeError(f"people {sorted(missing)[:5]} are not locked")
    return {person_id: locked[person_id] for person_id in person_ids}
