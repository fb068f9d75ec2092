"""Reactions: what two colleagues confirmed here is not logged once more."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _l

from app.activities.logs import AlreadyThere
from app.config import settings
from app.events import CompletionLogged
from app.guidance import queries

TWICE = _l("You both confirmed this day under Learn from each other. It counts there, once.")


def refuse_twice(events: Sequence[CompletionLogged], now: datetime) -> None:
    """The same two, the same kind, the same day: it counts once. Only what is logged at this moment is looked at,
    not what waits again or is handed over."""
    if queries.told_twice((event.completion_id for event in events), now, settings().timezone):
        raise AlreadyThere(TWICE, fields={"completed_on": TWICE})
