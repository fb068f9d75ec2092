"""Reactions: who was there has completed it, and who was guided has learned."""

from collections.abc import Sequence
from datetime import datetime

from app.activities import actions, recording
from app.activities.rules import Report
from app.events import AttendanceWithdrawn, Attended, Guided


def record_attended(events: Sequence[Attended], now: datetime) -> None:
    """Presence is a report of the leader's, like any other: it counts once, on their word."""
    reports = [
        Report(
            person_id=event.person_id,
            activity_id=event.activity_id,
            completed_at=event.at,
            source=event.source,
            origin="attendance",
            confirmed_by=event.confirmed_by,
        )
        for event in events
    ]
    recording.record_completions(reports, at=now)


def withdraw_attended(events: Sequence[AttendanceWithdrawn], now: datetime) -> None:
    recording.withdraw_supports([event.source for event in events], at=now)


def record_guided(events: Sequence[Guided], now: datetime) -> None:
    """What one learned from a colleague is a completion like any other, on the word of who guided them."""
    activities = actions.propose_guided(events, at=now)
    reports = [
        Report(
            person_id=event.person_id,
            activity_id=activities[event.source],
            completed_at=event.at,
            source=event.source,
            hours=event.hours,
            share=event.share,
            origin="guidance",
            confirmed_by=event.confirmed_by,
        )
        for event in events
    ]
    recording.record_completions(reports, at=now)
