"""Which day it is for whoever asks, and what they may do here."""

from datetime import date

from app.access import asker
from app.config import timezone
from app.web import now


def today() -> date:
    return now().astimezone(timezone()).date()


def keeps_jobs() -> bool:
    """Whether the asker may change something of jobs; the works council reads."""
    return "hr" in asker().roles


def keeps_vision() -> bool:
    return bool(asker().roles & {"learning", "hr"})
