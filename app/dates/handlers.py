"""What dates do when something happens elsewhere."""

from collections.abc import Sequence
from datetime import datetime

from app.dates import actions
from app.events import PersonErased


def give_back_of_erased(happened: Sequence[PersonErased], now: datetime) -> None:
    """Their places are free again, and who waits longest moves up."""
    actions.give_back_all([event.person_id for event in happened], at=now)
