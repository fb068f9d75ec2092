"""Reactions: what the rooms state is written into the log."""

from collections.abc import Sequence
from datetime import datetime

from app.events import FactStated, FactTakenBack
from app.facts import actions


def record(events: Sequence[FactStated], now: datetime) -> None:
    actions.record(events, now)


def take_back(events: Sequence[FactTakenBack], now: datetime) -> None:
    actions.take_back(events, now)
