"""Lessons in JSON."""

import uuid
from collections.abc import Iterable
from typing import Any

from flask_smorest import Blueprint
from werkzeug.wrappers import Response

from app.access import may, me
from app.db import transaction
from app.errors import NotFound
from app.lessons import actions, applying, asking, changing, extras, queries
from app.lessons.again import make_way
from app.lessons.rules import REACTIONS, quarter_began
from app.lessons.schemas import (
    BIGGEST,
    NAMED,
    ApplicationIn,
    DeleteQuery,
    DraftIn,
    DraftKeptOut,
    DraftOut,
    FeedApiQuery,
    FileIn,
    LessonIn,
    LessonOut,
    LessonsOut,
    LessonWholeOut,
    NamesOut,
    NewLessonIn,
    SaidIn,
    UploadIn,
)
from app.openapi import FILE
from app.outbox import settle
from app.serving import as_file, sent_file
from app.web import now

api = Blueprint("lessons_api", __name__, url_prefix="/api/v1", description="Lessons learned")
ONE = f"/lessons/<int(max={BIGGEST}):lesson_id>"


@api.route("/lessons", methods=["GET"])
@may("person")
@api.arguments(FeedApiQuery, location="query")
@api.response(200, LessonsOut)
def feed(asked: dict[str, Any]) -> dict[str, Any]:
    """The lessons that you may read, newest first."""
    rows, more = queries.feed(me(), **asked, since=quarter_began(now()))
    files = queries.files_of(row.id for row in rows)
    return {"lessons": [_out(row, files.get(row.id, ())) for row in rows], "next": more}


@api.route("/lessons", methods=["POST"])
@may("person")
@api.arguments(NewLessonIn)
@api.response(201, LessonOut)
@api.alt_response(409, description="the same `once` was sent before with another text")
def share(form: dict[str, Any]) -> dict[str, Any]:
    """Share a lesson."""
    make_way(me(), form, now())
    with transaction():
        (lesson_id,) = actions.share_lessons([actions.NewLesson(author_id=me(), **form)], at=now())
        settle(now())
        return _one(lesson_id)


@api.route(ONE, methods=["GET"])
@may("person")
@api.response(200, LessonWholeOut)
@api.alt_response(404, description="is not there, or not for you")
def lesson(lesson_id: int) -> dict[str, Any]:
    """One lesson, with how colleagues apply it."""
    applications = [
        {"person": {"id": one.person_id, "name": one.name}, "how": one.how, "at": one.at}
        for one in queries.appliers(lesson_id)
    ]
    return {**_one(lesson_id), "applications": applications}


@api.route(ONE, methods=["PUT"])
@may("person")
@api.arguments(LessonIn)
@api.response(200, LessonOut)
@api.alt_response(404, description="is not there, or not yours")
def edit(form: dict[str, Any], lesson_id: int) -> dict[str, Any]:
    """Put your lesson in other words."""
    with transaction():
        changing.edit_lessons(
            [changing.Edit(lesson_id=lesson_id, by=me(), to=actions.LessonText(**form))], at=now()
        )
        settle(now())
        return _one(lesson_id)


@api.route(ONE, methods=["DELETE"])
@may("person")
@api.arguments(DeleteQuery, location="query")
@api.response(204)
@api.alt_response(404, description="is not there, or not yours")
def delete(asked: dict[str, bool], lesson_id: int) -> None:
    """Take your lesson away, and with it what it earned: at once and for good, or with `undo` half a minute later."""
    with transaction():
        changing.delete_lessons([(lesson_id, me())], at=now(), undo=asked["undo"])
        settle(now())


@api.route(f"{ONE}/undo", methods=["POST"])
@may("person")
@api.response(200, LessonOut)
@api.alt_response(404, description="is not there, or not yours")
@api.alt_response(409, description="is gone for good")
def undo(lesson_id: int) -> dict[str, Any]:
    """Bring back what you deleted with `undo`, as it was."""
    with transaction():
        changing.bring_back([(lesson_id, me())], at=now())
        settle(now())
        return _one(lesson_id)


@api.route(f"{ONE}/name", methods=["DELETE"])
@may("person")
@api.response(200, LessonOut)
@api.alt_response(404, description="is not there, or not yours")
def take_name_off(lesson_id: int) -> dict[str, Any]:
    """Take your name off your lesson. It gets another id; what it earned is counted with others, some Monday."""
    with transaction():
        (lesson_id,) = changing.take_names_off([(lesson_id, me())], at=now())
        settle(now())
        return _one(lesson_id)


@api.route(f"{ONE}/name", methods=["PUT"])
@may("person")
@api.response(200, LessonOut)
@api.alt_response(404, description="is not there, or not yours")
def put_name_on(lesson_id: int) -> dict[str, Any]:
    """Put your name to your lesson."""
    with transaction():
        changing.put_names_on([(lesson_id, me())], at=now())
        settle(now())
        return _one(lesson_id)


@api.route(f"{ONE}/application", methods=["PUT"])
@may("person")
@api.arguments(ApplicationIn)
@api.response(200, LessonOut)
@api.alt_response(404, description="is not there, or not for you")
def apply(form: dict[str, Any], lesson_id: int) -> dict[str, Any]:
    """Say that you apply this, and how; saying it again changes how."""
    with transaction():
        applying.apply_lessons([applying.Applying(lesson_id=lesson_id, person_id=me(), **form)], at=now())
        settle(now())
        return _one(lesson_id)


@api.route(f"{ONE}/application", methods=["DELETE"])
@may("person")
@api.response(204)
@api.alt_response(404, description="is not there, or not for you")
def stop(lesson_id: int) -> None:
    """Say that you do not apply it any more."""
    with transaction():
        applying.stop_applying([(lesson_id, me())], at=now())
        settle(now())


def _must(lesson_id: int) -> queries.AnyRow:
    row = queries.lesson(me(), lesson_id)
    if row is None:
        raise NotFound(actions.NOT_THERE)
    return row


def _one(lesson_id: int) -> dict[str, Any]:
    return _out(_must(lesson_id), queries.files_of([lesson_id]).get(lesson_id, ()))


def _out(row: queries.AnyRow, files: Iterable[queries.AnyRow]) -> dict[str, Any]:
    author = None if row.unnamed else {"id": row.author_id, "name": row.author}
    reactions = {kind: getattr(row, kind) for kind in REACTIONS}
    return {**row._mapping, "author": author, "reactions": reactions, "files": files}


# Reactions, pictures, drafts --------------------------------------------------------------------------------


@api.route(f"{ONE}/reactions/<string:kind>", methods=["PUT"])
@may("person")
@api.response(200, LessonOut)
@api.alt_response(404, description="is not there, or not for you")
def react(lesson_id: int, kind: str) -> dict[str, Any]:
    """Say one of a few words to a lesson: recognisable, helpful, brave. It earns nothing."""
    return _react(lesson_id, kind, True)


@api.route(f"{ONE}/reactions/<string:kind>", methods=["DELETE"])
@may("person")
@api.response(200, LessonOut)
@api.alt_response(404, description="is not there, or not for you")
def take_back(lesson_id: int, kind: str) -> dict[str, Any]:
    """Take it back."""
    return _react(lesson_id, kind, False)


def _react(lesson_id: int, kind: str, on: bool) -> dict[str, Any]:
    if kind not in REACTIONS:
        raise NotFound(actions.NOT_THERE)
    with transaction():
        extras.react(by=me(), lesson_id=lesson_id, kind=kind, on=on)
        return _one(lesson_id)


@api.route(f"{ONE}/saved", methods=["PUT"])
@may("person")
@api.response(200, LessonOut)
@api.alt_response(404, description="is not there, or not for you")
@api.alt_response(422, description="is your own")
def save(lesson_id: int) -> dict[str, Any]:
    """Keep it, to find it again with `show=saved`. Nobody else sees that."""
    with transaction():
        extras.save(by=me(), lesson_ids=[lesson_id], on=True, at=now())
        return _one(lesson_id)


@api.route(f"{ONE}/saved", methods=["DELETE"])
@may("person")
@api.response(204)
def unsave(lesson_id: int) -> None:
    """Keep it no longer; twice is once."""
    with transaction():
        extras.save(by=me(), lesson_ids=[lesson_id], on=False, at=now())


@api.route(f"{ONE}/files", methods=["POST"])
@may("person")
@api.arguments(FileIn, location="query")
@api.arguments(UploadIn, location="files")
@api.response(201, LessonOut)
@api.alt_response(404, description="is not there, or not yours")
def attach(form: dict[str, Any], files: dict[str, Any], lesson_id: int) -> dict[str, Any]:
    """Add a picture (with what it shows in words), or to a lesson with your name a PDF; three at most, 5 MB each."""
    sent = sent_file() or ("", b"")
    with transaction():
        extras.attach(by=me(), lesson_id=lesson_id, sent=extras.Sent(*sent, form["alt"]))
        return _one(lesson_id)


@api.route(f"{ONE}/files/<uuid:file_id>", methods=["GET"])
@may("person")
@api.response(200, FILE, content_type="image/webp", description="the picture or document")
@api.alt_response(200, schema=FILE, content_type="application/pdf", success=True)
@api.alt_response(404, description="is not there, or not for you")
def file(lesson_id: int, file_id: uuid.UUID) -> Response:
    """A picture or document of a lesson."""
    row = queries.file(me(), lesson_id, file_id)
    if row is None:
        raise NotFound(actions.NOT_THERE)
    return as_file(row, row.content)


@api.route(f"{ONE}/files/<uuid:file_id>", methods=["DELETE"])
@may("person")
@api.response(204)
@api.alt_response(404, description="is not there, or not yours")
def detach(lesson_id: int, file_id: uuid.UUID) -> None:
    """Take a picture or document away."""
    with transaction():
        extras.detach(by=me(), lesson_id=lesson_id, file_id=file_id)


@api.route("/lessons/names", methods=["POST"])
@may("person")
@api.arguments(SaidIn)
@api.response(200, NamesOut)
def names(said: dict[str, str]) -> dict[str, Any]:
    """Colleagues whose names may stand in what you are about to share. Nothing is kept."""
    return {"names": asking.named_in(me(), "\n".join(said.values()), NAMED)}


@api.route("/lessons/draft", methods=["GET"])
@may("person")
@api.response(200, DraftKeptOut)
def draft() -> dict[str, Any]:
    """What you wrote so far; nobody else can open it."""
    return {"draft": extras.draft_of(me())}


@api.route("/lessons/draft", methods=["PUT"])
@may("person")
@api.arguments(DraftIn)
@api.response(200, DraftOut)
def keep_draft(form: dict[str, Any]) -> dict[str, Any]:
    """Keep what you wrote so far, in place of what you had."""
    with transaction():
        extras.keep_draft(by=me(), draft=form, at=now())
    return {**form, "saved_at": now()}


@api.route("/lessons/draft", methods=["DELETE"])
@may("person")
@api.response(204)
def drop_draft() -> None:
    """Throw it away."""
    with transaction():
        extras.drop_draft(by=me())
