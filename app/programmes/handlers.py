"""Reactions: what was learned, or does not count any more, may complete a programme or undo that."""

from collections.abc import Sequence
from datetime import datetime

from app.events import FactRecorded, FactWithdrawn, ProgrammeChanged
from app.programmes import actions


def complete(events: Sequence[FactRecorded], now: datetime) -> None:
    if people := {event.person_id for event in events if event.kind == "completed"}:
        actions.complete(people, now)


def take_back(events: Sequence[FactWithdrawn], now: datetime) -> None:
    if people := {event.person_id for event in events if event.kind == "completed"}:
        actions.take_back(people, now)


def look_again(events: Sequence[ProgrammeChanged], now: datetime) -> None:
    actions.look_again([event.programme_id for event in events], now)
