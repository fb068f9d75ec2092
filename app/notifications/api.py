"""One's own inbox in JSON, and how one wants to be told."""

from dataclasses import asdict
from typing import Any

from flask_smorest import Blueprint

from app.access import asker, may, me
from app.db import transaction
from app.notifications import actions, queries
from app.notifications.queries import Entry
from app.notifications.schemas import (
    InboxOut,
    InboxQuery,
    ReadIn,
    ReadOut,
    SettingsIn,
    SettingsOut,
    settings_in,
)
from app.outbox import settle
from app.people.queries import get_person
from app.web import now

api = Blueprint("notifications_api", __name__, url_prefix="/api/v1", description="What is new for you")


@api.route("/me/notifications", methods=["GET"])
@may("person")
@api.arguments(InboxQuery, location="query")
@api.response(200, InboxOut)
def inbox(asked: dict[str, Any]) -> dict[str, Any]:
    """Your inbox, newest first; what happened alike to one thing is one line."""
    number, game = asked["page"], asker().game
    entries, more = queries.page(me(), game=game, unread=asked["show"] == "unread", number=number)
    return {
        "notifications": [_out(entry) for entry in entries],
        "unread": queries.count_unread(me(), game=game),
        "next": number + 1 if more else None,
        "without_name": [row._mapping for row in queries.applied_without_name(me(), now())],
    }


def _out(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.line.id,
        "kind": entry.kind.name,
        "said": entry.said or None,
        "link": entry.href,
        "count": len(entry.line.objects),
        "at": entry.line.at,
        "unread": entry.unread,
    }


@api.route("/me/notifications/read", methods=["POST"])
@may("person")
@api.arguments(ReadIn)
@api.response(200, ReadOut)
def read(form: dict[str, Any]) -> dict[str, Any]:
    """Mark lines as read: these, or all up to one. What is not yours is passed over."""
    with transaction():
        if form["until"]:
            actions.read_all(me(), until=form["until"], at=now())
        actions.read(me(), form["ids"], at=now())
        settle(now())
        return {"unread": queries.count_unread(me(), game=asker().game)}


@api.route("/me/notifications/settings", methods=["GET"])
@may("person")
@api.response(200, SettingsOut)
def settings() -> dict[str, Any]:
    """How and when you want to be told."""
    return _settings()


@api.route("/me/notifications/settings", methods=["PUT"])
@may("person")
@api.arguments(SettingsIn)
@api.response(200, SettingsOut)
def choose(form: dict[str, Any]) -> dict[str, Any]:
    """Choose it. Mail that waits follows at once."""
    to, ways = settings_in(form)
    with transaction():
        actions.choose(me(), to=to, ways=ways, at=now())
        settle(now())
        return _settings()


def _settings() -> dict[str, Any]:
    found = queries.settings_of([me()])[me()]
    return {**asdict(found), "ways": queries.ways_of(me()), "address": bool(get_person(me()).email)}
