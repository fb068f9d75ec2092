"""What happened elsewhere becomes news: in batches, and never twice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.events import LessonUnnamed
from app.notifications import actions
from app.notifications.actions import News
from app.notifications.kinds import Kind, ended_by, kinds_of
from app.outbox import told_at


def tell(happened: Sequence[Any], now: datetime) -> None:
    """Put all events of a type into the inboxes that their kinds say."""
    for kind in kinds_of(type(happened[0])):
        wanted = [event for event in happened if kind.when(event)]
        if wanted:
            actions.put(kind, [_news(kind, event, now) for event in wanted], at=now)
    for kind in ended_by(type(happened[0])):
        actions.end(kind, {kind.thing_of(event) for event in happened}, at=now)


def _news(kind: Kind, event: Any, now: datetime) -> News:
    return News(
        person_id=kind.to(event),
        actor_id=kind.by(event),
        thing=kind.thing_of(event),
        object_id=str(kind.about(event)),
        source=kind.source_of(event),
        at=told_at(event, now),
    )


def forget_lessons(happened: Sequence[LessonUnnamed], now: datetime) -> None:
    """Lessons that lost their name: what stands in an inbox would still say whose they are."""
    actions.forget("applied", {str(event.lesson_id) for event in happened})
    actions.forget("feedback", {f"lesson:{event.lesson_id}" for event in happened})
    for kind in ("reported", "decided"):
        actions.forget(kind, {f"lesson:{event.lesson_id}" for event in happened})
