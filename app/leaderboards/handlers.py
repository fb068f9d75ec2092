"""Reactions of the worker: points, moves and choices are put on the boards."""

from collections.abc import Sequence
from datetime import datetime

from app.events import PersonMoved, PointsChanged
from app.leaderboards import actions


def project(events: Sequence[PointsChanged | PersonMoved], now: datetime) -> None:
    people: dict[int, bool] = {}
    for event in events:
        before = isinstance(event, PersonMoved) or bool(event.windows)
        people[event.person_id] = people.get(event.person_id, False) or before
    actions.project(people, now)
