"""Reactions: what the care desk decided about a lesson, and open pages that hear of a new one."""

from collections.abc import Sequence
from datetime import datetime

from app import live
from app.events import ContentJudged, LessonShared
from app.lessons import actions, applying, asking


def follow_decision(events: Sequence[ContentJudged], now: datetime) -> None:
    for decision, at in (("hide", now), ("show", None)):
        ids = [one.content_id for one in events if one.kind == "lesson" and one.decision == decision]
        if ids:
            actions.hide_lessons(ids, at=at)
    hidden = [one for one in events if one.kind == "lesson" and one.decision == "hide"]
    if hidden:
        applying.tell_appliers_of(one.content_id for one in hidden)
    actions.keep_why({one.content_id: (one.reason, one.answer) for one in hidden})


def nudge(events: Sequence[LessonShared], now: datetime) -> None:
    """Open feeds of who may read them ask how many came; that a team has a new one is nobody else's business.

    Lessons without a name are no news: they publish nothing, and the page that asks does not count them.
    """
    everybody, people = asking.reached([event.lesson_id for event in events])
    live.nudge(None if everybody else people, "lesson")
