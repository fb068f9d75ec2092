"""Reactions: what was counted may earn badges."""

from collections.abc import Sequence
from datetime import datetime

from app.badges import actions
from app.events import BadgeAwarded, FactsCounted
from app.outbox import publish
from badges.catalogue import badge_key


def evaluate(events: Sequence[FactsCounted], now: datetime) -> None:
    actions.evaluate(events, now)


def evaluate_after_awards(events: Sequence[BadgeAwarded], now: datetime) -> None:
    """A badge may ask for a badge."""
    publish(
        FactsCounted(person_id=event.person_id, touched=(badge_key(event.achievement_id),), anew=False)
        for event in events
    )
