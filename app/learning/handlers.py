"""Reactions: rows about somebody unknown count when the person becomes known."""

from collections.abc import Sequence
from datetime import datetime

from app.events import PersonKnown
from app.learning import actions


def count_what_waited(events: Sequence[PersonKnown], now: datetime) -> None:
    actions.count_what_waited([event.person_id for event in events], at=now)
