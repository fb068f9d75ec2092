"""Conversations in JSON, for the two who talk."""

from typing import Any

from flask_smorest import Blueprint

from app.access import asker, may, me
from app.conversations import actions, queries
from app.conversations.schemas import (
    BIGGEST,
    ConversationsOut,
    ConversationWholeOut,
    EndIn,
    NoteIn,
    PlanIn,
    PlanWithIn,
)
from app.db import transaction
from app.errors import NotFound
from app.outbox import settle
from app.web import now

api = Blueprint(
    "conversations_api", __name__, url_prefix="/api/v1", description="A manager and an employee talk"
)
ONE = f"/conversations/<int(max={BIGGEST}):conversation_id>"
NOTE = f"{ONE}/notes/<int(max={BIGGEST}):note_id>"


@api.route("/conversations", methods=["GET"])
@may("person")
@api.response(200, ConversationsOut)
def all_of_them() -> dict[str, Any]:
    """Those about you, and those planned with who reports to you."""
    return {
        "mine": [_out(row) for row in queries.of(me(), me())],
        "coming": [_out(row) for row in queries.coming(me())],
    }


@api.route("/conversations", methods=["POST"])
@may("person")
@api.arguments(PlanWithIn)
@api.response(201, ConversationWholeOut)
@api.alt_response(404, description="does not report to you")
def plan(form: dict[str, Any]) -> dict[str, Any]:
    """Plan to talk with somebody who reports to you, or with your manager; one planned already gets this day."""
    mine = form["person_id"] is None
    person_id, manager_id = (me(), asker().manager_id or 0) if mine else (form["person_id"], me())
    with transaction():
        told = actions.Plan(by=me(), person_id=person_id, manager_id=manager_id, on=form["on"])
        (made,) = actions.plan([told], at=now())
        settle(now())
        return _whole(made)


@api.route(ONE, methods=["GET"])
@may("person")
@api.response(200, ConversationWholeOut)
@api.alt_response(404, description="is not there, or not for you")
def one(conversation_id: int) -> dict[str, Any]:
    """One of yours, with what was filed and what you are still writing."""
    return _whole(conversation_id)


@api.route(f"{ONE}/end", methods=["POST"])
@may("person")
@api.arguments(EndIn)
@api.response(200, ConversationWholeOut)
@api.alt_response(404, description="is not there, or not for you")
@api.alt_response(409, description="was closed already")
def end(form: dict[str, Any], conversation_id: int) -> dict[str, Any]:
    """Say that it was held, or does not take place."""
    with transaction():
        actions.end([actions.End(conversation_id=conversation_id, by=me(), held=form["held"])], at=now())
        settle(now())
        return _whole(conversation_id)


@api.route(f"{ONE}/notes", methods=["POST"])
@may("person")
@api.arguments(NoteIn)
@api.response(200, ConversationWholeOut)
@api.alt_response(404, description="is not there, or not for you")
def write(form: dict[str, Any], conversation_id: int) -> dict[str, Any]:
    """Write a question or a note; nobody else sees it until it is filed."""
    with transaction():
        new = actions.NewNote(conversation_id=conversation_id, by=me(), **form)
        actions.write([new], at=now())
        settle(now())
        return _whole(conversation_id)


@api.route(f"{ONE}/day", methods=["PUT"])
@may("person")
@api.arguments(PlanIn)
@api.response(200, ConversationWholeOut)
@api.alt_response(404, description="is not there, or not for you")
@api.alt_response(409, description="was closed already")
def move(form: dict[str, Any], conversation_id: int) -> dict[str, Any]:
    """Have it on another day; the other of you hears of it."""
    with transaction():
        actions.move([actions.Move(conversation_id=conversation_id, by=me(), on=form["on"])], at=now())
        settle(now())
        return _whole(conversation_id)


@api.route(f"{NOTE}/file", methods=["POST"])
@may("person")
@api.response(200, ConversationWholeOut)
@api.alt_response(404, description="is no draft of yours")
def file(conversation_id: int, note_id: int) -> dict[str, Any]:
    """Let both read your draft from now on."""
    with transaction():
        actions.file([_draft(conversation_id, note_id)], at=now())
        settle(now())
        return _whole(conversation_id)


@api.route(NOTE, methods=["DELETE"])
@may("person")
@api.response(204)
@api.alt_response(404, description="is no draft of yours")
def drop(conversation_id: int, note_id: int) -> None:
    """Throw your draft away."""
    with transaction():
        actions.drop([_draft(conversation_id, note_id)])


def _draft(conversation_id: int, note_id: int) -> actions.Draft:
    return actions.Draft(conversation_id=conversation_id, note_id=note_id, by=me())


def _whole(conversation_id: int) -> dict[str, Any]:
    row = queries.conversation(me(), conversation_id)
    if row is None:
        raise NotFound(actions.NOT_THERE)
    notes = [
        {"id": note.id, "writer": {"id": note.writer_id, "name": note.writer}, "kind": note.kind, "text": note.text,
         "written_at": note.written_at, "filed_at": note.filed_at}
        for note in queries.notes(me(), conversation_id)
    ]  # fmt: skip
    return {**_out(row), "notes": notes}


def _out(row: queries.AnyRow) -> dict[str, Any]:
    return {
        **row._mapping,
        "person": {"id": row.person_id, "name": row.person},
        "manager": {"id": row.manager_id, "name": row.manager},
    }
