"""Dates as calendars read them: iCalendar files with names that stay, in the organisation's time zone."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from icalendar import Calendar, Event

from app.config import settings, timezone


def file_of(row: Any, *, uid: str, title: str, text: str, at: datetime, waiting: bool = False) -> bytes:
    """One event; the same thing keeps its name, and a higher sequence tells calendars that it changed."""
    calendar = Calendar()
    calendar.add("prodid", "-//Blijk//Blijk//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    event = Event()
    event.add("uid", f"{uid}@{urlsplit(settings().origin).hostname}")
    event.add("sequence", row.version - 1)
    event.add("dtstamp", at)
    event.add("summary", title)
    zone = timezone()
    event.add("dtstart", row.starts_at.astimezone(zone))
    event.add("dtend", row.ends_at.astimezone(zone))
    if text:
        event.add("description", text)
    if row.place:
        event.add("location", row.place)
    event.add("url", f"{settings().origin}/learn/{row.slug}")
    state = "CANCELLED" if row.cancelled_at is not None else ("TENTATIVE" if waiting else "CONFIRMED")
    event.add("status", state)
    calendar.add_component(event)
    calendar.add_missing_timezones()
    made: bytes = calendar.to_ical()
    return made
