"""Letting people and systems in: sessions, tokens, client keys, passwords, and a limit on guessing.

What is shown (cookie, token, secret) is never stored, only its keyed hash. Tries are counted in PostgreSQL,
in transactions of their own, before anything is compared: fifty at once get no more than one after another.
"""

import hmac
import ipaddress
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import request
from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    ARRAY,
    DateTime,
    LargeBinary,
    Row,
    bindparam,
    case,
    exists,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import aliased

from app.access import Asker
from app.config import settings
from app.db import apart, db
from app.errors import Busy, NotFound, NotSignedIn, Refused, TooMany
from app.keys import keyed_hash
from app.people.models import ApiClient, ApiToken, Organisation, Person, SignIn
from app.people.queries import ORGANISATION, keep_organisation, roles
from app.people.rules import email_of, secret_of
from app.web import now

log = structlog.get_logger("blijk.sign_in")
NONE: frozenset[str] = frozenset()
TRIES, WINDOW = 10, timedelta(minutes=5)
TOUCH = timedelta(minutes=1)
LONGEST = 200
WRONG = _l("That is not right. Check your e-mail address or personnel number and your password.")
TOO_MANY = _l("That was a lot of tries. Wait a few minutes, then try again.")
WRONG_OLD = _l("That is not your current password.")
LINK_USED = _l("This link does not work any more. Ask for a new one.")
WRONG_CODE = _l("This code does not work, or not any more. Look at the letter again, or ask for a new one.")
WAIT = _l("Many people sign in at this moment. Try again in a few seconds.")

# Passwords --------------------------------------------------------------------------------------------------

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_at_once = threading.BoundedSemaphore(2)
_nobodys = _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    """argon2id; slow on purpose."""
    return _hasher.hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """As slow for nobody as for somebody; two at once at most, so that guessing cannot eat the house."""
    if not _at_once.acquire(timeout=3):
        raise Busy(WAIT)
    try:
        return _hasher.verify(password_hash or _nobodys, password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False
    finally:
        _at_once.release()


# Guessing ---------------------------------------------------------------------------------------------------

_try = text(
    "INSERT INTO attempt (key, started_at, count) SELECT key, :now, 1 FROM unnest(:keys) AS key ORDER BY key"
    " ON CONFLICT (key) DO UPDATE SET"
    " count = CASE WHEN attempt.started_at <= :edge THEN 1 ELSE attempt.count + 1 END,"
    " started_at = CASE WHEN attempt.started_at <= :edge THEN excluded.started_at ELSE attempt.started_at END"
    " RETURNING count, started_at"
).bindparams(bindparam("keys", type_=ARRAY(LargeBinary)))
_forgive = text(
    "UPDATE attempt SET count = greatest(count - 1, 0) WHERE key IN"
    " (SELECT key FROM attempt WHERE key = ANY(:keys) ORDER BY key FOR UPDATE)"
).bindparams(bindparam("keys", type_=ARRAY(LargeBinary)))


def count_try(names: Sequence[str], at: datetime) -> list[bytes]:
    """Take one try from each of these budgets, or refuse; give back with `forgive` what was no wrong try."""
    keys = sorted(keyed_hash("attempt", name) for name in names)
    with apart() as connection:
        rows = connection.execute(_try, {"keys": keys, "now": at, "edge": at - WINDOW}).all()
    spent = [started_at for count, started_at in rows if count > TRIES]
    if spent:
        raise TooMany(TOO_MANY, retry_after=max(1, int((max(spent) + WINDOW - at).total_seconds())))
    return keys


def forgive(keys: list[bytes]) -> None:
    with apart() as connection:
        connection.execute(_forgive, {"keys": keys})


def address() -> str:
    """Where the request comes from; of IPv6 the network, since everybody has a billion addresses there."""
    try:
        found = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if found.version == 6:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def budgets(login: str, browser: str | None) -> list[str]:
    """A browser that signed in before has its own budget, so that strangers cannot use up its owner's."""
    if browser and knows(browser, login):
        return [f"browser {browser.split('.')[0]} {login}"]
    return [f"account {login}", f"address {address()}"]


def knows(browser: str, login: str) -> bool:
    """Has this browser signed in as them before? Its cookie is `name.proof`."""
    name, _, proof = browser.partition(".")
    return hmac.compare_digest(proof.encode(), browser_proof(name, login).encode())


def browser_proof(name: str, login: str) -> str:
    return keyed_hash("browser", f"{name} {login}").hex()


# Sign in ----------------------------------------------------------------------------------------------------


def login_of(typed: str) -> str:
    """An e-mail address without capitals, or a personnel number as it is."""
    tidy = typed.strip()[:LONGEST]
    return email_of(tidy) or "" if "@" in tidy else tidy


def check_password(typed: str, password: str, browser: str | None, at: datetime) -> int:
    """The person with this name and password; refused in the same words and time whatever was wrong."""
    login = login_of(typed)
    tries = count_try(budgets(login, browser), at)
    row = db.session.execute(
        select(Person.id, Person.password_hash)
        .where(Person.email == login if "@" in login else Person.external_id == login)
        .where(Person.active, Person.erased_at.is_(None))
    ).one_or_none()
    db.session.rollback()  # no connection is held while argon2 takes its time
    try:
        right = is_password(password[: LONGEST * 5], row.password_hash if row else None)
    except Busy:  # nobody looked at it, so it was no try
        forgive(tries)
        raise
    if not right or row is None:
        raise NotSignedIn(WRONG)
    forgive(tries)
    person_id: int = row.id
    return person_id


def check_own_password(person_id: int, password: str, at: datetime) -> None:
    """Before a new one is set: whoever found an open browser does not know the old one."""
    person = db.session.execute(select(Person.password_hash).where(Person.id == person_id)).one()
    tries = count_try([f"own {person_id}"], at)
    if person.password_hash is not None and not is_password(password, person.password_hash):
        raise Refused(WRONG_OLD, fields={"old": WRONG_OLD})
    forgive(tries)


def invited(token: str, at: datetime) -> Person:
    """Whose one-time link or code this is; a used, late or invented one is not there, and a wrong try."""
    tries = count_try([f"welcome {address()}"], at)
    person = _whose(token, at)
    if person is None:
        raise NotFound(LINK_USED)
    forgive(tries)
    return person


def _whose(token: str, at: datetime) -> Person | None:
    return db.session.scalar(
        select(Person)
        .join(ApiToken, ApiToken.person_id == Person.id)
        .where(ApiToken.token_hash == keyed_hash("invite", secret_of(token)), ApiToken.revoked_at.is_(None))
        .where(ApiToken.ends_at > at, Person.active, Person.erased_at.is_(None))
    )


# Looking up who asks ----------------------------------------------------------------------------------------

_report = aliased(Person)
_manages = exists().where(_report.manager_id == Person.id, _report.active)
_who = (
    Person.id.label("person_id"),
    Person.name,
    Person.handle,
    Person.language,
    Person.game,
    Person.board_choice,
    Person.moments,
    Person.department_id,
    Person.team_id,
    Person.manager_id,
    Person.role,
    Person.privacy_officer,
    _manages.label("manages"),
)
_idle = bindparam("idle", type_=DateTime(timezone=True))
_shared_idle = bindparam("shared_idle", type_=DateTime(timezone=True))
_here = (Person.active, Person.erased_at.is_(None))
_by_session = (
    select(SignIn.id.label("sign_in_id"), SignIn.seen_at, SignIn.shared, *_who, *ORGANISATION)
    .join(Person, Person.id == SignIn.person_id)
    .outerjoin(Organisation, true())
    .where(SignIn.token_hash == bindparam("hash"), SignIn.revoked_at.is_(None), *_here)
    .where(SignIn.ends_at > bindparam("at"))
    .where(SignIn.seen_at > case((SignIn.shared, _shared_idle), else_=_idle))
    .limit(1)
)
_client = (
    ApiClient.id.label("client_id"),
    ApiClient.name.label("client_name"),
    ApiClient.account_home,
    ApiClient.account_is,
    ApiClient.used_at,
)
_by_token = (
    select(ApiToken.scopes, *_who, *_client, *ORGANISATION)
    .outerjoin(Person, (Person.id == ApiToken.person_id) & _here[0] & _here[1])
    .outerjoin(ApiClient, (ApiClient.id == ApiToken.client_id) & ApiClient.revoked_at.is_(None))
    .outerjoin(Organisation, true())
    .where(ApiToken.token_hash == bindparam("hash"), ApiToken.revoked_at.is_(None))
    .where(or_(ApiToken.ends_at.is_(None), ApiToken.ends_at > bindparam("at")))
    .limit(1)
)
_by_key = (
    select(
        ApiClient.secret_hash,
        ApiClient.old_secret_hash,
        ApiClient.old_secret_until,
        ApiClient.scopes,
        *_client,
        *ORGANISATION,
    )
    .outerjoin(Organisation, true())
    .where(ApiClient.key == bindparam("key"), ApiClient.revoked_at.is_(None))
    .limit(1)
)


class Doorman:
    """What `access` asks; one query each, which brings the organisation along."""

    def by_session(self, token: str) -> Asker | None:
        at, limits = now(), settings()
        asked = {
            "hash": keyed_hash("session", token),
            "at": at,
            "idle": at - timedelta(days=limits.session_idle_days),
            "shared_idle": at - timedelta(minutes=limits.shared_minutes),
        }
        row = db.session.execute(_by_session, asked).one_or_none()
        if row is None:
            return None
        if at - row.seen_at > TOUCH and not (row.shared and by_itself()):
            _touch(SignIn, SignIn.seen_at, row.sign_in_id, at)
        return _person(row, sign_in_id=row.sign_in_id, shared=row.shared)

    def by_token(self, token: str) -> Asker | None:
        at = now()
        row = db.session.execute(_by_token, {"hash": keyed_hash("token", token), "at": at}).one_or_none()
        if row is None or (row.person_id is None and row.client_id is None):
            wrong_key(at)
            return None
        if row.client_id is not None:
            return _system(row, at)
        return _person(row, scopes=frozenset(row.scopes))

    def by_client(self, key: str, secret: str) -> Asker | None:
        return check_client(key, secret, now())


def by_itself() -> bool:
    """An open page that asks on its own, while nobody may be there: it keeps no shared device signed in."""
    return request.path == "/events" or (request.method == "GET" and "HX-Request" in request.headers)


def check_client(key: str, secret: str, at: datetime) -> Asker | None:
    """A client with its secret. Wrong ones are counted, a right one is let through whoever guesses beside it."""
    row = None if "\x00" in key else db.session.execute(_by_key, {"key": key[:LONGEST]}).one_or_none()
    if row is None or not _holds(secret, row, at):
        wrong_key(at)
        return None
    return _system(row, at)


def wrong_key(at: datetime) -> None:
    """An address gets ten wrong keys in five minutes. A right one is never refused for it: many systems may share an
    address, all secrets are of our making, and at any rate nobody guesses 256 bits; to look is cheap."""
    count_try([f"key {address()}"], at)


def _holds(secret: str, row: "Row[*tuple[Any, ...]]", at: datetime) -> bool:
    """The secret, or for a while the one before it."""
    old = row.old_secret_until is not None and at < row.old_secret_until
    return is_secret(secret, row.secret_hash) or (old and is_secret(secret, row.old_secret_hash))


def is_secret(secret: str, secret_hash: bytes) -> bool:
    return hmac.compare_digest(keyed_hash("secret", secret), secret_hash)


def _person(
    row: "Row[*tuple[Any, ...]]",
    *,
    sign_in_id: int | None = None,
    scopes: frozenset[str] = frozenset(),
    shared: bool = False,
) -> Asker:
    keep_organisation(row[-len(ORGANISATION) :])
    return Asker(
        person_id=row.person_id,
        name=row.name,
        handle=row.handle,
        language=row.language,
        game=row.game,
        board_choice=row.board_choice,
        moments=row.moments,
        department_id=row.department_id,
        team_id=row.team_id,
        manager_id=row.manager_id,
        roles=roles(row.role, row.manages, row.privacy_officer),
        sign_in_id=sign_in_id,
        scopes=scopes,
        shared=shared,
    )


def _system(row: "Row[*tuple[Any, ...]]", at: datetime) -> Asker:
    keep_organisation(row[-len(ORGANISATION) :])
    if row.used_at is None or at - row.used_at > TOUCH:
        _touch(ApiClient, ApiClient.used_at, row.client_id, at)
    return Asker(
        client_id=row.client_id,
        name=row.client_name,
        scopes=frozenset(row.scopes),
        account_home=row.account_home,
        account_is=row.account_is,
    )


def _touch(table: Any, column: Any, row_id: int, at: datetime) -> None:
    """At most once a minute, and never in the way of the request."""
    statement = update(table).where(table.id == row_id, or_(column.is_(None), column < at - TOUCH))
    try:
        with apart() as connection:
            connection.execute(statement.values({column: at}))
    except SQLAlchemyError as fault:
        log.warning("not touched", fault=type(fault).__name__)
