"""Feedback in JSON."""

from typing import Any

from flask_smorest import Blueprint

from app.access import asker, may, me
from app.activities import queries as activities
from app.db import transaction
from app.errors import NotFound
from app.feedback import actions, asking, queries, receiving, using
from app.feedback.schemas import (
    BIGGEST,
    ActivityUseOut,
    AskIn,
    LessonFeedbackOut,
    RequestOut,
    RequestsOut,
    RequestWholeOut,
    SwitchIn,
    UseIn,
    UseOut,
    WordsIn,
)
from app.lessons import queries as lessons
from app.outbox import settle
from app.web import now

api = Blueprint(
    "feedback_api", __name__, url_prefix="/api/v1", description="Feedback, and whether learning is used"
)
REQUEST = f"/feedback/requests/<int(max={BIGGEST}):request_id>"
ONE = f"/feedback/<int(max={BIGGEST}):feedback_id>"
ON_LESSON = f"/lessons/<int(max={BIGGEST}):lesson_id>/feedback"


@api.route("/feedback/requests", methods=["GET"])
@may("person")
@api.response(200, RequestsOut)
def requests() -> dict[str, Any]:
    """What you are asked and have not answered, and what you asked."""
    return {
        "waiting": [_request(row) for row in queries.waiting(me(), now())],
        "asked": [_request(row) for row in queries.asked_by(me(), now())],
    }


@api.route("/feedback/requests", methods=["POST"])
@may("person")
@api.arguments(AskIn)
@api.response(201, RequestOut)
@api.alt_response(409, description="the same `once` was sent before with another question")
def ask(form: dict[str, Any]) -> dict[str, Any]:
    """Ask colleagues, your team, or all who report to you, what to keep and what to try."""
    with transaction():
        chosen = form.pop("whom")
        team_id = asker().team_id if chosen == "team" else None
        item = asking.Ask(asker_id=me(), team_id=team_id, leading=chosen == "leading", **form)
        (request_id,) = asking.ask([item], at=now())
        settle(now())
        return _request(_must(request_id))


@api.route(REQUEST, methods=["GET"])
@may("person")
@api.response(200, RequestWholeOut)
@api.alt_response(404, description="is not there, or not for you")
def request(request_id: int) -> dict[str, Any]:
    """One request, with the answers that you may read."""
    return _whole(request_id)


@api.route(f"{REQUEST}/answer", methods=["POST"])
@may("person")
@api.arguments(WordsIn)
@api.response(200, RequestWholeOut)
@api.alt_response(404, description="is not there, or not for you")
@api.alt_response(409, description="is closed")
def answer(form: dict[str, Any], request_id: int) -> dict[str, Any]:
    """Answer, or put your answer in other words."""
    with transaction():
        actions.answer(
            [actions.Answer(by=me(), request_id=request_id, words=actions.Words(**form))], at=now()
        )
        settle(now())
        return _whole(request_id)


@api.route(f"{REQUEST}/decline", methods=["POST"])
@may("person")
@api.response(200, RequestWholeOut)
@api.alt_response(404, description="is not there, not for you, or answered")
def decline(request_id: int) -> dict[str, Any]:
    """Rather not answer."""
    with transaction():
        actions.decline([(request_id, me())], at=now())
        return _whole(request_id)


@api.route(f"{REQUEST}/close", methods=["POST"])
@may("person")
@api.response(200, RequestWholeOut)
@api.alt_response(404, description="is not there, or not yours")
def close(request_id: int) -> dict[str, Any]:
    """Close what you asked."""
    with transaction():
        asking.close([(request_id, me())], at=now())
        return _whole(request_id)


@api.route(f"{REQUEST}/share", methods=["POST"])
@may("person")
@api.arguments(SwitchIn)
@api.response(200, RequestWholeOut)
@api.alt_response(404, description="is not there, not yours, or has too few answers without names")
def share_request(form: dict[str, Any], request_id: int) -> dict[str, Any]:
    """Let all who were asked read the answers, or no longer."""
    with transaction():
        receiving.share_requests([receiving.Shared(by=me(), id=request_id, on=form["on"])], at=now())
        return _whole(request_id)


@api.route(ON_LESSON, methods=["GET"])
@may("person")
@api.response(200, LessonFeedbackOut)
@api.alt_response(404, description="the lesson is not there, or not for you")
def on_lesson(lesson_id: int) -> dict[str, Any]:
    """The feedback on a lesson that you may read."""
    lesson = lessons.lesson(me(), lesson_id)
    if lesson is None:
        raise NotFound(actions.NOT_THERE)
    rows = queries.on_lesson(me(), lesson_id, mine=lesson.mine)
    return {"feedback": [_feedback(row) for row in rows]}


@api.route(ON_LESSON, methods=["POST"])
@may("person")
@api.arguments(WordsIn)
@api.response(200, LessonFeedbackOut)
@api.alt_response(404, description="the lesson is not there, or not for you")
def give(form: dict[str, Any], lesson_id: int) -> dict[str, Any]:
    """Say to its author what to keep and what to try; again puts it in other words."""
    with transaction():
        said = actions.OnLesson(by=me(), lesson_id=lesson_id, words=actions.Words(**form))
        actions.give_on_lessons([said], at=now())
        settle(now())
        rows = queries.on_lesson(me(), lesson_id, mine=False)
        return {"feedback": [_feedback(row) for row in rows]}


@api.route(f"{ONE}/helpful", methods=["POST"])
@may("person")
@api.arguments(SwitchIn)
@api.response(204)
@api.alt_response(404, description="is not there, or you did not get it")
def helpful(form: dict[str, Any], feedback_id: int) -> None:
    """Say that feedback you got helped, or take that back."""
    with transaction():
        receiving.mark_helpful([receiving.Helped(by=me(), feedback_id=feedback_id, on=form["on"])], at=now())
        settle(now())


@api.route(f"{ONE}/share", methods=["POST"])
@may("person")
@api.arguments(SwitchIn)
@api.response(204)
@api.alt_response(404, description="is not there, or you did not get it")
def share(form: dict[str, Any], feedback_id: int) -> None:
    """Let the readers of your lesson read feedback on it, or no longer."""
    with transaction():
        receiving.share([receiving.Shared(by=me(), id=feedback_id, on=form["on"])], at=now())


@api.route(ONE, methods=["DELETE"])
@may("person")
@api.response(204)
@api.alt_response(404, description="is not there, or you did not give it")
def take_away(feedback_id: int) -> None:
    """Take feedback away that you gave, and what it earned."""
    with transaction():
        actions.take_away([(feedback_id, me())])
        settle(now())


@api.route("/me/learning-use", methods=["GET"])
@may("person")
@api.response(200, UseOut)
def use() -> dict[str, Any]:
    """What you are asked about now, and what you said before."""
    return _use()


def _use() -> dict[str, Any]:
    due = queries.due(me(), now())
    return {
        "due": due._mapping if due else None,
        "answered": [row._mapping for row in queries.answered(me())],
    }


@api.route(f"/me/learning-use/<int(max={BIGGEST}):completion_id>", methods=["POST"])
@may("person")
@api.arguments(UseIn)
@api.response(200, UseOut)
@api.alt_response(404, description="is not there, not yours, or too short ago")
def tell_use(form: dict[str, Any], completion_id: int) -> dict[str, Any]:
    """Say whether you use what you learned."""
    with transaction():
        using.tell_use([using.Use(completion_id=completion_id, person_id=me(), **form)], at=now())
        settle(now())
        return _use()


@api.route("/activities/<slug>/use", methods=["GET"])
@may("person")
@api.response(200, ActivityUseOut)
@api.alt_response(404, description="is not there, or not for you")
def activity_use(slug: str) -> dict[str, Any]:
    """How many of those who answered use what they learned here; null under five."""
    row = activities.activity(slug, person_id=me())
    found = queries.use_of([row.id]).get(row.id)
    return found._asdict() if found else {"answers": None, "used": None, "not_yet": None}


def _must(request_id: int) -> queries.AnyRow:
    row = queries.request(me(), request_id, now())
    if row is None:
        raise NotFound(actions.NOT_THERE)
    return row


def _whole(request_id: int) -> dict[str, Any]:
    row = _must(request_id)
    unnamed = queries.unnamed(me(), request_id) if row.unnamed else ()
    return {
        **_request(row),
        "answers": [_feedback(one) for one in queries.answers(me(), request_id)],
        "unnamed_answers": [one._mapping for one in unnamed],
    }


def _request(row: queries.AnyRow) -> dict[str, Any]:
    told = row.mine and (not row.unnamed or not row.open)
    return {
        **row._mapping,
        "asker": {"id": row.asker_id, "name": row.asker},
        "shared": row.shared_at is not None,
        "given": row.given if told else None,
    }


def _feedback(row: queries.AnyRow) -> dict[str, Any]:
    return {
        **row._mapping,
        "giver": {"id": row.giver_id, "name": row.giver},
        "helpful": row.helped_at is not None,
        "shared": row.shared_at is not None,
    }
