"""One conversation, as the two who talk see it: the same page for both."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import asker, may, me
from app.config import timezone
from app.conversations import actions, queries
from app.conversations.rules import AHEAD
from app.conversations.schemas import BIGGEST, EndIn, NoteIn, PlanIn
from app.db import transaction
from app.errors import NotFound, Refused
from app.outbox import settle
from app.people.queries import is_manager_of, profile
from app.web import body, done, now, render, status_of, wrong_with

pages = Blueprint("conversations", __name__)
ONE = f"/conversations/<int(max={BIGGEST}):conversation_id>"
NOTE = f"{ONE}/notes/<int(max={BIGGEST}):note_id>"


@pages.get("/conversations")
@may("person")
def mine() -> ResponseReturnValue:
    return _mine()


def _mine(no: ValidationError | Refused | None = None) -> Response:
    context = {
        "rows": queries.of(me(), me()),
        "coming": queries.coming(me()),
        **_days(no),
    }
    return _status(render("conversations/mine.html", **context), no)


@pages.post("/conversations")
@may("person")
def plan_mine() -> ResponseReturnValue:
    """With one's own manager."""
    try:
        form = body(PlanIn())
        return _plan(me(), asker().manager_id or 0, form)
    except (ValidationError, Refused) as no:
        if isinstance(no, NotFound):
            raise
        return _mine(no)


@pages.post("/team/<handle>/conversation")
@may("manager")
def plan(handle: str) -> ResponseReturnValue:
    """With somebody who reports to me; what is wrong comes back on a page of its own, with the day."""
    found = profile(handle)
    try:
        return _plan(found.id, me(), body(PlanIn()))
    except (ValidationError, Refused) as no:
        if isinstance(no, NotFound) or not is_manager_of(me(), found.id):
            raise
        return _status(render("conversations/plan.html", person=found, **_days(no)), no)


def _days(no: ValidationError | Refused | None) -> dict[str, Any]:
    """What a box for a day shows: the day that was typed, what is wrong with it, and from when to when it can be."""
    today = now().astimezone(timezone()).date()
    typed = request.form.get("on", "")[:10] if no else ""
    return {"on": typed, "today": today, "last_day": today + AHEAD, **wrong_with(no, actions.WRONG)}


def _plan(person_id: int, manager_id: int, form: dict[str, Any]) -> Response:
    with transaction():
        told = actions.Plan(by=me(), person_id=person_id, manager_id=manager_id, on=form["on"])
        (made,) = actions.plan([told], at=now())
        settle(now())
        return _to(made)


@pages.get(ONE)
@may("person")
def one(conversation_id: int) -> ResponseReturnValue:
    return _one(conversation_id)


def _one(conversation_id: int, no: ValidationError | Refused | None = None) -> Response:
    row = queries.conversation(me(), conversation_id)
    if row is None:
        raise NotFound(actions.NOT_THERE)
    sent = ("kind", "text", "note_id")
    context = {
        "row": row,
        "notes": queries.notes(me(), conversation_id),
        "typed": {name: request.form.get(name, "") for name in sent} if no else {},
        **_days(no),
    }
    return _status(render("conversations/one.html", **context), no)


@pages.post(f"{ONE}/end")
@may("person")
def end(conversation_id: int) -> ResponseReturnValue:
    form = body(EndIn())
    with transaction():
        actions.end([actions.End(conversation_id=conversation_id, by=me(), held=form["held"])], at=now())
        settle(now())
        return _to(conversation_id)


@pages.post(f"{ONE}/day")
@may("person")
def move(conversation_id: int) -> ResponseReturnValue:
    """On another day; the other of the two hears of it."""
    try:
        form = body(PlanIn())
        with transaction():
            actions.move([actions.Move(conversation_id=conversation_id, by=me(), on=form["on"])], at=now())
            settle(now())
            return _to(conversation_id)
    except (ValidationError, Refused) as no:
        if isinstance(no, NotFound):
            raise
        return _one(conversation_id, no)


@pages.post(f"{ONE}/notes")
@may("person")
def write(conversation_id: int) -> ResponseReturnValue:
    try:
        form = body(NoteIn())
        with transaction():
            new = actions.NewNote(conversation_id=conversation_id, by=me(), **form)
            actions.write([new], at=now())
            settle(now())
            return _to(conversation_id)
    except (ValidationError, Refused) as no:
        if isinstance(no, NotFound):
            raise
        return _one(conversation_id, no)


@pages.post(f"{NOTE}/file")
@may("person")
def file(conversation_id: int, note_id: int) -> ResponseReturnValue:
    with transaction():
        actions.file([_draft(conversation_id, note_id)], at=now())
        settle(now())
        return _to(conversation_id)


@pages.post(f"{NOTE}/drop")
@may("person")
def drop(conversation_id: int, note_id: int) -> ResponseReturnValue:
    with transaction():
        actions.drop([_draft(conversation_id, note_id)])
        return _to(conversation_id)


def _draft(conversation_id: int, note_id: int) -> actions.Draft:
    return actions.Draft(conversation_id=conversation_id, note_id=note_id, by=me())


def _to(conversation_id: int) -> Response:
    return done("conversations/_saved.html", url_for(".one", conversation_id=conversation_id))


def _status(answer: Response, no: ValidationError | Refused | None) -> Response:
    answer.status_code = status_of(no)
    return answer
