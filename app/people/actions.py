"""What can be done with people: sign them in and out, give keys, let their choices hold."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, insert, update

from app.config import settings
from app.db import db
from app.errors import NotFound, Refused
from app.events import PersonMoved
from app.keys import keyed_hash, new_token
from app.outbox import publish
from app.people.models import ApiClient, ApiToken, Attempt, Person, SignIn
from app.people.rules import BOARD_CHOICES

ONE_OF_THREE = _l("Choose one of the three.")
SCOPES = ("xapi:write", "xapi:read", "people:read", "people:write", "learning:write", "boards:read")


@dataclass(frozen=True, slots=True)
class MadeClient:
    """Shown once; only a hash of the secret is kept."""

    id: int
    key: str
    secret: str


def start_session(*, person_id: int, at: datetime) -> str:
    """A session is a row, so that it can be revoked; the token goes into the cookie and is not kept."""
    token = new_token()
    db.session.execute(
        insert(SignIn).values(
            token_hash=keyed_hash("session", token),
            person_id=person_id,
            started_at=at,
            seen_at=at,
            ends_at=at + timedelta(days=settings().session_days),
        )
    )
    return token


def end_session(*, sign_in_id: int, by: int, at: datetime) -> None:
    """Sign out there; only one's own sessions are found."""
    _end(at, SignIn.person_id == by, SignIn.id == sign_in_id)


def end_sessions(*, of: int, at: datetime, but: int | None = None) -> None:
    """Sign out everywhere, or everywhere else."""
    _end(at, SignIn.person_id == of, *([SignIn.id != but] if but is not None else []))


def _end(at: datetime, *which: object) -> None:
    statement = update(SignIn).where(SignIn.revoked_at.is_(None), *which)  # type: ignore[arg-type]
    db.session.execute(statement.values(revoked_at=at).execution_options(synchronize_session=False))


def set_password(*, person_id: int, password_hash: str, at: datetime, keep: int | None = None) -> None:
    """A new password signs out every other browser."""
    db.session.execute(update(Person).where(Person.id == person_id).values(password_hash=password_hash))
    end_sessions(of=person_id, at=at, but=keep)


def choose(
    *,
    person_id: int,
    language: str | None = None,
    board_choice: str | None = None,
    game: bool | None = None,
) -> Person:
    """Let a person's own choices hold; what is not named stays."""
    person = db.session.get(Person, person_id, with_for_update={"key_share": True})
    if person is None:
        raise NotFound(_l("There is nobody of that name here."))
    before = person.board_choice, person.game
    if language is not None:
        person.language = language
    if board_choice is not None:
        if board_choice not in BOARD_CHOICES:
            raise Refused(
                _l("Choose one of the three."), fields={"board_choice": _l("Choose one of the three.")}
            )
        person.board_choice = board_choice
    if game is not None:
        person.game = game
    db.session.flush()
    if (person.board_choice, person.game) != before:
        publish([PersonMoved(person_id=person_id)])
    return person


def make_client(
    *,
    name: str,
    scopes: Sequence[str],
    at: datetime,
    account_home: str | None = None,
    account_is: str | None = None,
) -> MadeClient:
    """A system that may speak to us."""
    unknown = set(scopes) - set(SCOPES)
    if unknown or not scopes:
        known = ", ".join(SCOPES)
        raise Refused(_l("Choose from these scopes: %(scopes)s.", scopes=known))
    if (account_home is None) != (account_is is None):
        raise Refused(_l("Say both: the home page of the accounts, and what an account's name is."))
    if account_is not in (None, "external_id", "email"):
        raise Refused(_l("An account's name is an external_id or an email."))
    key, secret = secrets.token_urlsafe(12), new_token()
    client_id = db.session.execute(
        insert(ApiClient)
        .values(
            name=name,
            key=key,
            secret_hash=keyed_hash("secret", secret),
            scopes=sorted(set(scopes)),
            account_home=account_home,
            account_is=account_is,
            created_at=at,
        )
        .returning(ApiClient.id)
    ).scalar_one()
    return MadeClient(client_id, key, secret)


def make_token(
    *,
    at: datetime,
    person_id: int | None = None,
    client_id: int | None = None,
    scopes: Sequence[str] = (),
    ends_at: datetime | None = None,
) -> str:
    """A bearer token that acts as this person, or as this client within these scopes."""
    if (person_id is None) == (client_id is None):
        raise ValueError("a token is a person's or a client's")
    token = new_token()
    db.session.execute(
        insert(ApiToken).values(
            token_hash=keyed_hash("token", token),
            person_id=person_id,
            client_id=client_id,
            scopes=list(scopes),
            created_at=at,
            ends_at=ends_at,
        )
    )
    return token


def forget_old_keys(*, at: datetime) -> None:
    """Sessions and tokens long past their end, and tries that nobody counts any more."""
    long_ago = at - timedelta(days=30)
    db.session.execute(delete(SignIn).where(SignIn.ends_at < long_ago))
    db.session.execute(delete(ApiToken).where(ApiToken.ends_at < at - timedelta(days=1)))
    db.session.execute(delete(Attempt).where(Attempt.started_at < at - timedelta(hours=1)))
