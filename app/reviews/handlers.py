"""What files do when something happens elsewhere, and when something happens in them."""

from collections.abc import Sequence
from datetime import datetime

from app import live
from app.events import (
    AppliedLessonGone,
    BadgeRevoked,
    FactWithdrawn,
    LessonUnnamed,
    PersonErased,
    ReviewChanged,
)
from app.reviews import actions, after, queries, touching

Fell = FactWithdrawn | BadgeRevoked | LessonUnnamed | AppliedLessonGone


def end_of_erased(happened: Sequence[PersonErased], now: datetime) -> None:
    """While their key is still there: what is underway ends, what was decided is frozen and closed."""
    ids = [event.person_id for event in happened]
    after.close_of_erased(ids, at=now)
    actions.forget(ids, at=now)


def note_what_fell(
    happened: Sequence[FactWithdrawn | BadgeRevoked | LessonUnnamed | AppliedLessonGone], now: datetime
) -> None:
    """A file that holds what does not stand any more says so: whoever decides or signs on it reads it again first."""
    touching.note_what_fell({event.person_id for event in happened}, now)


def nudge(happened: Sequence[ReviewChanged], now: datetime) -> None:
    """Open pages of who may open these files ask whether there is something new; what it is they read there."""
    live.nudge(queries.who_may_open({event.review_id for event in happened}), "review")
