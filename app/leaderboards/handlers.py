"""Reactions of the worker: points, moves and choices are put on the boards, and open boards hear that they moved."""

from collections.abc import Sequence
from datetime import datetime

from app import live
from app.events import PersonMoved, PointsChanged
from app.leaderboards import actions


def project(events: Sequence[PointsChanged | PersonMoved], now: datetime) -> None:
    people: dict[int, bool] = {}
    for event in events:
        before = isinstance(event, PersonMoved) or bool(event.windows)
        people[event.person_id] = people.get(event.person_id, False) or before
    moved = actions.project(people, now)
    live.nudge(None, *sorted(f"board:{scope}" for scope in moved))
