"""What can be asked about connections and meanings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.connections.rules import Entry
from app.db import db
from app.imports import seen
from app.people import clients
from app.people.clients import Shown
from app.people.models import Setting

_OWN = select(Setting.value).where(Setting.key == "meanings")


@dataclass(frozen=True, slots=True)
class Line:
    """A client in the list, with when it last sent something that was taken in."""

    client: Shown
    received_at: datetime | None


def lines() -> list[Line]:
    """All clients: two questions, however many there are."""
    last = seen.last_received()
    return [Line(client, last.get(client.id)) for client in clients.all_of_them()]


def own_rules() -> list[Entry]:
    """The organisation's own rules, in their order."""
    value: dict[str, Any] | None = db.session.scalar(_OWN)
    found: list[Entry] = (value or {}).get("rules", [])
    return found
