"""Clients once they are there: a new secret, an end, and what can be asked of them.

A secret is shown once, by whoever made it; here is only its hash. After a rotation the one before it can hold for a
while, so that a platform is changed over without losing a statement.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from app.audit.actions import write
from app.db import db
from app.errors import Conflict, NotFound, Refused
from app.keys import keyed_hash, new_token
from app.people.actions import MadeClient
from app.people.models import ApiClient, ApiToken

NO_CLIENT = _l("There is no such connection.")
REVOKED = _l("This connection was ended before. Make a new one.")
TOLD = _l("This form was sent before. Its secret was shown then, and is shown once.")
HOURS = (0, 1, 24, 168)  # how long the secret before may hold


@dataclass(frozen=True, slots=True)
class Shown:
    """What everybody may know of a client: never its secret."""

    id: int
    name: str
    key: str
    scopes: list[str]
    account_home: str | None
    account_is: str | None
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    old_secret_until: datetime | None


_SHOWN = select(
    ApiClient.id,
    ApiClient.name,
    ApiClient.key,
    ApiClient.scopes,
    ApiClient.account_home,
    ApiClient.account_is,
    ApiClient.created_at,
    ApiClient.used_at,
    ApiClient.revoked_at,
    ApiClient.old_secret_until,
)


def all_of_them() -> list[Shown]:
    """Those that are alive first, then by name."""
    rows = db.session.execute(
        _SHOWN.order_by(ApiClient.revoked_at.is_not(None), ApiClient.name, ApiClient.id)
    )
    return [Shown(**row._mapping) for row in rows]


def one(client_id: int) -> Shown:
    row = db.session.execute(_SHOWN.where(ApiClient.id == client_id)).one_or_none()
    if row is None:
        raise NotFound(NO_CLIENT)
    return Shown(**row._mapping)


def id_of(key: str) -> int:
    """The client with this key."""
    found: int | None = db.session.scalar(select(ApiClient.id).where(ApiClient.key == key))
    if found is None:
        raise NotFound(NO_CLIENT)
    return found


def made_by(once: str) -> int | None:
    """The client that this very form made or changed already."""
    found: int | None = db.session.scalar(select(ApiClient.id).where(ApiClient.once == once))
    return found


def names() -> dict[int, str]:
    return {row.id: row.name for row in db.session.execute(select(ApiClient.id, ApiClient.name))}


def rotate(
    client_id: int, *, hours: int, at: datetime, by: int | None = None, once: str | None = None
) -> MadeClient:
    """A new secret; the one before holds for so many hours more, and tokens given before for their hour."""
    if hours not in HOURS:
        raise Refused(
            _l("Choose how long the old secret may still be used."), fields={"hours": _l("Choose one.")}
        )
    row = _alive(client_id)
    mark = f"{client_id}:{once}" if once else None
    if mark is not None and mark == row.once:
        raise Conflict(TOLD)
    secret = new_token()
    until = at + timedelta(hours=hours) if hours else None
    statement = update(ApiClient).where(ApiClient.id == client_id)
    db.session.execute(
        statement.values(
            secret_hash=keyed_hash("secret", secret),
            old_secret_hash=row.secret_hash if hours else None,
            old_secret_until=until,
            once=mark or row.once,
        )
    )
    if not hours:
        _end_tokens(client_id, at)
    write("client:rotated", at=at, actor_id=by, detail={"client_id": client_id, "hours": hours})
    return MadeClient(client_id, row.key, secret)


def revoke(client_id: int, *, at: datetime, by: int | None = None) -> None:
    """From this moment it gets in no more; what it sent stays. Ended twice is ended once."""
    row = _locked(client_id)
    if row.revoked_at is not None:
        return
    statement = update(ApiClient).where(ApiClient.id == client_id)
    db.session.execute(statement.values(revoked_at=at, old_secret_hash=None, old_secret_until=None))
    _end_tokens(client_id, at)
    write("client:revoked", at=at, actor_id=by, detail={"client_id": client_id})


def _end_tokens(client_id: int, at: datetime) -> None:
    statement = update(ApiToken).where(ApiToken.client_id == client_id, ApiToken.revoked_at.is_(None))
    db.session.execute(statement.values(revoked_at=at).execution_options(synchronize_session=False))


def _locked(client_id: int) -> Any:
    wanted = select(ApiClient.key, ApiClient.secret_hash, ApiClient.once, ApiClient.revoked_at)
    row = db.session.execute(
        wanted.where(ApiClient.id == client_id).with_for_update(key_share=True)
    ).one_or_none()
    if row is None:
        raise NotFound(NO_CLIENT)
    return row


def _alive(client_id: int) -> Any:
    row = _locked(client_id)
    if row.revoked_at is not None:
        raise Conflict(REVOKED)
    return row
