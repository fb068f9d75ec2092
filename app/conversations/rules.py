"""What a note must be, and when a conversation can be. Pure."""

from datetime import date, timedelta

KINDS = ("question", "note")
TEXT = (3, 2000)
AHEAD = timedelta(days=366)
MOST = 100  # notes in one conversation


def wrong_day(day: date, today: date) -> bool:
    """A conversation is planned from today on, and within a year."""
    return not today <= day <= today + AHEAD
