"""Lessons in JSON."""

from typing import Any

from flask_smorest import Blueprint

from app.access import may, me
from app.db import transaction
from app.errors import NotFound
from app.lessons import actions, queries
from app.lessons.schemas import (
    BIGGEST,
    ApplicationIn,
    FeedApiQuery,
    LessonIn,
    LessonOut,
    LessonsOut,
    LessonWholeOut,
    NewLessonIn,
)
from app.outbox import settle
from app.web import now

api = Blueprint("lessons_api", __name__, url_prefix="/api/v1", description="Lessons learned")
ONE = f"/lessons/<int(max={BIGGEST}):lesson_id>"


@api.route("/lessons", methods=["GET"])
@may("person")
@api.arguments(FeedApiQuery, location="query")
@api.response(200, LessonsOut)
def feed(asked: dict[str, Any]) -> dict[str, Any]:
    """The lessons that you may read, newest first."""
    rows, more = queries.feed(me(), **asked)
    return {"lessons": [_out(row) for row in rows], "next": more}


@api.route("/lessons", methods=["POST"])
@may("person")
@api.arguments(NewLessonIn)
@api.response(201, LessonOut)
@api.alt_response(409, description="the same `once` was sent before with another text")
def share(form: dict[str, Any]) -> dict[str, Any]:
    """Share a lesson."""
    with transaction():
        (lesson_id,) = actions.share_lessons([actions.NewLesson(author_id=me(), **form)], at=now())
        settle(now())
        return _out(_must(lesson_id))


@api.route(ONE, methods=["GET"])
@may("person")
@api.response(200, LessonWholeOut)
@api.alt_response(404, description="is not there, or not for you")
def lesson(lesson_id: int) -> dict[str, Any]:
    """One lesson, with how colleagues apply it."""
    row = _must(lesson_id)
    applications = [
        {"person": {"id": one.person_id, "name": one.name}, "how": one.how, "at": one.at}
        for one in queries.appliers(lesson_id)
    ]
    return {**_out(row), "applications": applications}


@api.route(ONE, methods=["PUT"])
@may("person")
@api.arguments(LessonIn)
@api.response(200, LessonOut)
@api.alt_response(404, description="is not there, or not yours")
def edit(form: dict[str, Any], lesson_id: int) -> dict[str, Any]:
    """Put your lesson in other words."""
    with transaction():
        actions.edit_lesson(by=me(), lesson_id=lesson_id, to=actions.LessonText(**form), at=now())
        return _out(_must(lesson_id))


@api.route(ONE, methods=["DELETE"])
@may("person")
@api.response(204)
@api.alt_response(404, description="is not there, or not yours")
def delete(lesson_id: int) -> None:
    """Take your lesson away, and with it what it earned."""
    with transaction():
        actions.delete_lesson(by=me(), lesson_id=lesson_id, at=now())
        settle(now())


@api.route(f"{ONE}/application", methods=["PUT"])
@may("person")
@api.arguments(ApplicationIn)
@api.response(200, LessonOut)
@api.alt_response(404, description="is not there, or not for you")
def apply(form: dict[str, Any], lesson_id: int) -> dict[str, Any]:
    """Say that you apply this, and how; saying it again changes how."""
    with transaction():
        actions.apply_lessons([actions.Applying(lesson_id=lesson_id, person_id=me(), **form)], at=now())
        settle(now())
        return _out(_must(lesson_id))


@api.route(f"{ONE}/application", methods=["DELETE"])
@may("person")
@api.response(204)
@api.alt_response(404, description="is not there, or not for you")
def stop(lesson_id: int) -> None:
    """Say that you do not apply it any more."""
    with transaction():
        actions.stop_applying(by=me(), lesson_id=lesson_id, at=now())
        settle(now())


def _must(lesson_id: int) -> queries.AnyRow:
    row = queries.lesson(me(), lesson_id)
    if row is None:
        raise NotFound(actions.NOT_THERE)
    return row


def _out(row: queries.AnyRow) -> dict[str, Any]:
    return {**row._mapping, "author": {"id": row.author_id, "name": row.author}}
