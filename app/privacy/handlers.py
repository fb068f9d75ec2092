"""What erasing makes of what is stored, and where it is noted down."""

from collections.abc import Sequence
from datetime import datetime

from app.events import PersonErased
from app.privacy import erasing, replaying


def empty(happened: Sequence[PersonErased], now: datetime) -> None:
    """After every other room did its part, for here their keys end."""
    erasing.empty([event.person_id for event in happened], at=now)


def note_down(happened: Sequence[PersonErased], now: datetime) -> None:
    """In the list that an older backup does not take back."""
    replaying.note_down([event.person_id for event in happened])
