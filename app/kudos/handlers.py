"""Reactions: what the care desk decided about kudos."""

from collections.abc import Sequence
from datetime import datetime

from app.events import ContentJudged
from app.kudos import actions


def follow_decision(events: Sequence[ContentJudged], now: datetime) -> None:
    for event in events:
        if event.kind == "kudos":
            actions.follow_decision([event.content_id], event.decision, at=now)
