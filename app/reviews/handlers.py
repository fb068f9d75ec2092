"""What reviews do when something happens elsewhere."""

from collections.abc import Sequence
from datetime import datetime

from app.events import PersonErased
from app.reviews import actions, after


def end_of_erased(happened: Sequence[PersonErased], now: datetime) -> None:
    """While their key is still there: what is underway ends, what was decided is frozen and closed."""
    ids = [event.person_id for event in happened]
    after.close_of_erased(ids, at=now)
    actions.forget(ids, at=now)
