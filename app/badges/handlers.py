"""Reactions: what was counted may earn badges."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _l

from app.badges import actions, queries
from app.errors import Refused
from app.events import BadgeAwarded, DaysAwayChanged, FactsCounted, RecognitionGiven
from app.outbox import publish
from badges.catalogue import badge_key


def evaluate(events: Sequence[FactsCounted], now: datetime) -> None:
    actions.evaluate(events, now)


def follow_days_away(events: Sequence[DaysAwayChanged], now: datetime) -> None:
    actions.follow_days_away(events, now)


def check_carried(events: Sequence[RecognitionGiven], now: datetime) -> None:
    """A recognition carries only a badge that is meant for it; whether it is earned, its criteria say."""
    wanted = {event.badge for event in events if event.badge}
    if wanted - {one.slug for one in queries.by_hand()}:
        said = _l("This badge does not come with a recognition. Choose another one, or none.")
        raise Refused(said, fields={"badge": said})


def evaluate_after_awards(events: Sequence[BadgeAwarded], now: datetime) -> None:
    """A badge may ask for a badge."""
    publish(
        FactsCounted(person_id=event.person_id, touched=(badge_key(event.achievement_id),), anew=False)
        for event in events
    )
