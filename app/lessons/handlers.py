"""Reactions: what the care desk decided about a lesson."""

from collections.abc import Sequence
from datetime import datetime

from app.events import ContentJudged
from app.lessons import actions, applying


def follow_decision(events: Sequence[ContentJudged], now: datetime) -> None:
    for decision, at in (("hide", now), ("show", None)):
        ids = [one.content_id for one in events if one.kind == "lesson" and one.decision == decision]
        if ids:
            actions.hide_lessons(ids, at=at)
    hidden = [one for one in events if one.kind == "lesson" and one.decision == "hide"]
    if hidden:
        applying.tell_appliers_of(one.content_id for one in hidden)
    actions.keep_why({one.content_id: (one.reason, one.answer) for one in hidden})
