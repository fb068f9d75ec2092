"""Say what happened: to this transaction now, to the world later.

`publish` only collects. `settle` runs the NOW reactions of `flow.py`, type by type, each with all events of its
type, until nothing is left; it also writes one row per type for the LATER reactions, in the same transaction as
the facts it tells, so the two cannot disagree. The worker hands each row on at least once; what it calls must
bear a second call.
"""

import dataclasses
import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, Text, bindparam, insert, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app import events
from app.db import NONE, TRACE, Base, db
from app.events import Event

Reaction = Callable[[Sequence[Any], datetime], None]
Reactions = Mapping[type[Event], Sequence[Reaction]]

_now: dict[type[Event], Sequence[Reaction]] = {}
_later: dict[type[Event], Sequence[Reaction]] = {}
CHUNK = 1000
LONGEST_WAIT = timedelta(minutes=5)


class OutboxMessage(Base):
    """Events of one type of one transaction, waiting for the worker."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_waiting", "id", postgresql_where="handed_on_at IS NULL"),)
    id: Mapped[int] = mapped_column(primary_key=True, info=NONE)
    event: Mapped[str] = mapped_column(info=NONE)
    body: Mapped[str] = mapped_column(info=TRACE)
    published_at: Mapped[datetime] = mapped_column(info=NONE)
    handed_on_at: Mapped[datetime | None] = mapped_column(info=NONE)
    tries: Mapped[int] = mapped_column(default=0, server_default="0", info=NONE)
    next_try_at: Mapped[datetime | None] = mapped_column(info=NONE)
    trouble: Mapped[str | None] = mapped_column(info=NONE)


def connect(now: Reactions, later: Reactions) -> None:
    """Hang up the two tables of `flow.py`."""
    _now.clear()
    _later.clear()
    _now.update(now)
    _later.update(later)


def publish(news: Iterable[Event]) -> None:
    """Collect what happened, until `settle`."""
    db.session.info.setdefault("news", []).extend(news)


def settle(now: datetime) -> None:
    """Let everything follow that follows from the news, wave after wave, in this transaction."""
    while wave := db.session.info.pop("news", None):
        by_type = _by_type(wave)
        _write(by_type, now)
        for kind, happened in by_type.items():
            for react in _now.get(kind, ()):
                react(happened, now)


def tell_later(news: Iterable[Event], at: datetime) -> None:
    """Say it to the worker only: nothing in this transaction follows from it, so nothing has to be settled."""
    _write(_by_type(news), at)


def _by_type(news: Iterable[Event]) -> dict[type[Event], list[Event]]:
    found: dict[type[Event], list[Event]] = {}
    for event in news:
        found.setdefault(type(event), []).append(event)
    return found


def _write(by_type: Mapping[type[Event], Sequence[Event]], now: datetime) -> None:
    rows = [
        {"event": kind.__name__, "body": _dump(happened[start : start + CHUNK]), "published_at": now}
        for kind, happened in by_type.items()
        if kind in _later
        for start in range(0, len(happened), CHUNK)
    ]
    if rows:
        db.session.execute(insert(OutboxMessage), rows)


def _dump(happened: Sequence[Event]) -> str:
    names = [field.name for field in dataclasses.fields(happened[0])]
    return json.dumps([{name: getattr(event, name) for name in names} for event in happened], default=str)


def _load(message: OutboxMessage) -> list[Event]:
    kind = getattr(events, message.event)
    types = {field.name: field.type for field in dataclasses.fields(kind)}
    return [
        kind(**{name: _typed(types[name], value) for name, value in body.items()})
        for body in json.loads(message.body)
    ]


def _typed(kind: object, value: Any) -> Any:
    if value is None:
        return None
    if kind is uuid.UUID:
        return uuid.UUID(value)
    if kind is datetime:
        return datetime.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value


_FORGET = text("""
    UPDATE outbox SET body = (
        SELECT coalesce(jsonb_agg(one ORDER BY place), '[]')
        FROM jsonb_array_elements(CAST(outbox.body AS jsonb)) WITH ORDINALITY AS told(one, place)
        WHERE (one ->> :field = ANY(:ids)) IS NOT TRUE)
    WHERE body LIKE ANY(:likes)
""").bindparams(*(bindparam(name, type_=ARRAY(Text())) for name in ("ids", "likes")))


def forget(field: str, ids: Iterable[int]) -> None:
    """Nothing that was told, or is still to be, names these any more: handed-on rows are kept for some days."""
    wanted = [str(one) for one in ids]
    if wanted:
        likes = [f'%"{field}": {one}%' for one in wanted]
        db.session.execute(_FORGET, {"field": field, "ids": wanted, "likes": likes})


def claim(now: datetime, limit: int = 50) -> Sequence[OutboxMessage]:
    """The waiting rows, locked for this transaction; another relay skips them."""
    return db.session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.handed_on_at.is_(None))
        .where((OutboxMessage.next_try_at.is_(None)) | (OutboxMessage.next_try_at <= now))
        .order_by(OutboxMessage.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def claim_one(message_id: int, now: datetime) -> OutboxMessage | None:
    """One waiting row, locked; None when another relay has it, or it is not its time any more."""
    return db.session.scalar(
        select(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.handed_on_at.is_(None))
        .where((OutboxMessage.next_try_at.is_(None)) | (OutboxMessage.next_try_at <= now))
        .with_for_update(skip_locked=True)
    )


def put_off(message_id: int, now: datetime, trouble: Exception) -> None:
    """It failed: try it again later, and later still each time."""
    tries = db.session.scalar(select(OutboxMessage.tries).where(OutboxMessage.id == message_id)) or 0
    wait = min(LONGEST_WAIT, timedelta(seconds=2 ** min(tries, 10)))
    db.session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.handed_on_at.is_(None))
        .values(tries=tries + 1, next_try_at=now + wait, trouble=type(trouble).__name__)
    )


def hand_on(messages: Sequence[OutboxMessage], now: datetime) -> None:
    """Call the LATER reactions, each once with all events of its type, and mark the rows."""
    by_type: dict[type[Event], list[Event]] = {}
    moments: dict[int, datetime] = {}
    for message in messages:
        for event in _load(message):
            by_type.setdefault(type(event), []).append(event)
            moments[id(event)] = message.published_at
    db.session.info["told_at"] = moments
    try:
        for kind, happened in by_type.items():
            for react in _later.get(kind, ()):
                react(happened, now)
    finally:
        db.session.info.pop("told_at", None)
    db.session.execute(
        update(OutboxMessage).where(OutboxMessage.id.in_([m.id for m in messages])).values(handed_on_at=now)
    )


def told_at(event: Event, now: datetime) -> datetime:
    """When what is handed on was said: the worker may come to it much later. `now` for what did not wait here."""
    found: datetime = db.session.info.get("told_at", {}).get(id(event), now)
    return found
