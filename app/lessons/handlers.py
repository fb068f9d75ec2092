"""Reactions: what the care desk decided about a lesson."""

from collections.abc import Sequence
from datetime import datetime

from app.events import ContentJudged
from app.lessons import actions


def follow_decision(events: Sequence[ContentJudged], now: datetime) -> None:
    hidden = [event.content_id for event in events if event.kind == "lesson" and event.decision == "hide"]
    if hidden:
        actions.hide_lessons(hidden, at=now)
