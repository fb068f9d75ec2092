"""Feedback that is asked for and given, on a lesson or for oneself; and the question whether learning is used."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import asker, may, me
from app.db import transaction
from app.errors import NotFound, Refused
from app.feedback import actions, asking, queries, receiving, using
from app.feedback.rules import FEWEST
from app.feedback.schemas import BIGGEST, AskForm, SwitchIn, UseIn, WordsIn
from app.lessons import queries as lessons
from app.outbox import settle
from app.people.meant import WhoIsMeant, meant
from app.people.queries import cards, reports_of
from app.web import body, done, now, render, status_of, wrong_with

pages = Blueprint("feedback", __name__)
REQUEST = f"/feedback/<int(max={BIGGEST}):request_id>"
ONE = f"/feedback/given/<int(max={BIGGEST}):feedback_id>"


def of_lesson(lesson: Any) -> dict[str, Any]:
    """For the page of a lesson: the feedback on it that the viewer may read, and their own."""
    rows = queries.on_lesson(me(), lesson.id, mine=lesson.mine)
    own = next((row for row in rows if row.given), None)
    return {"rows": rows, "own": own, "lesson": lesson}


def use_due() -> Any:
    """For the home page: the one question about what the viewer learned some weeks ago."""
    return queries.due(me(), now())


def use_of(activity_id: int) -> Any:
    """For the page of an activity: how much it is used, from five answers on."""
    return queries.use_of([activity_id]).get(activity_id)


# Asking -----------------------------------------------------------------------------------------------------


@pages.get("/feedback")
@may("person")
def overview() -> ResponseReturnValue:
    return _overview({})


def _overview(typed: dict[str, Any], no: ValidationError | Refused | None = None) -> Response:
    empty = {"about": "", "whom": "people", "people": [], "who": "", "lang": str(get_locale()), "once": ""}
    context = {
        "asks": queries.waiting(me(), now()),
        "asked": queries.asked_by(me(), now()),
        "got": queries.got(me()),
        "given": queries.given(me()),
        "reports": len(reports_of(me())) if "manager" in asker().roles else 0,
        "fewest": FEWEST,
        "typed": empty | typed,
        "maybe": no.maybe if isinstance(no, WhoIsMeant) else (),
        **wrong_with(no, actions.WRONG),
    }
    answer = render("feedback/page.html", **context)
    answer.status_code = status_of(no)
    return answer


@pages.post("/feedback")
@may("person")
def ask() -> ResponseReturnValue:
    try:
        form = body(AskForm())
        found = meant(form.pop("who"), field="people", but=me())
        form["people"] = [*form["people"], *([found.id] if found else [])]
        with transaction():
            request_id = asking.ask([_whom(form)], at=now())[0]
            settle(now())
            return done("feedback/_asked.html", url_for(".request_page", request_id=request_id))
    except (ValidationError, Refused) as no:
        return _overview(_typed(no), no)


def _whom(form: dict[str, Any]) -> asking.Ask:
    chosen = form.pop("whom")
    team_id = asker().team_id if chosen == "team" else None
    return asking.Ask(asker_id=me(), team_id=team_id, leading=chosen == "leading", **form)


def _typed(no: ValidationError | Refused) -> dict[str, Any]:
    sent = request.form
    typed: dict[str, Any] = {name: sent.get(name, "") for name in ("about", "whom", "lang", "once")}
    typed["who"] = "" if isinstance(no, WhoIsMeant) and no.maybe else sent.get("who", "")
    ids = [int(one) for one in sent.getlist("people") if one.isdecimal() and len(one) < 19]
    return typed | {"people": list(cards(ids).values())}


@pages.get(REQUEST)
@may("person")
def request_page(request_id: int) -> ResponseReturnValue:
    return _request(request_id)


def _request(
    request_id: int, typed: dict[str, Any] | None = None, no: ValidationError | Refused | None = None
) -> Response:
    row = queries.request(me(), request_id, now())
    if row is None:
        raise NotFound(actions.NOT_THERE)
    own = queries.own_answer(me(), request_id) if row.state else None
    words = {"keep": own.keep, "try": own.try_, "lang": own.lang} if own else {"lang": str(get_locale())}
    answer = render(
        "feedback/request.html",
        row=row,
        answers=() if row.unnamed else queries.answers(me(), request_id),
        unnamed=queries.unnamed(me(), request_id) if row.unnamed else (),
        own=own,
        fewest=FEWEST,
        typed=words | (typed or {}),
        **wrong_with(no, actions.WRONG),
    )
    answer.status_code = status_of(no)
    return answer


@pages.post(f"{REQUEST}/answer")
@may("person")
def answer(request_id: int) -> ResponseReturnValue:
    try:
        form = body(WordsIn())
        with transaction():
            actions.answer(
                [actions.Answer(by=me(), request_id=request_id, words=actions.Words(**form))], at=now()
            )
            settle(now())
            return done("feedback/_asked.html", url_for(".request_page", request_id=request_id))
    except NotFound:
        raise
    except (ValidationError, Refused) as no:
        return _request(request_id, _words_typed(), no)


@pages.post(f"{REQUEST}/decline")
@may("person")
def decline(request_id: int) -> ResponseReturnValue:
    with transaction():
        actions.decline([(request_id, me())], at=now())
        return done("feedback/_asked.html", url_for(".overview"))


@pages.post(f"{REQUEST}/close")
@may("person")
def close(request_id: int) -> ResponseReturnValue:
    with transaction():
        asking.close([(request_id, me())], at=now())
        return done("feedback/_asked.html", url_for(".request_page", request_id=request_id))


@pages.post(f"{REQUEST}/share")
@may("person")
def share_request(request_id: int) -> ResponseReturnValue:
    form = body(SwitchIn())
    with transaction():
        receiving.share_requests([receiving.Shared(by=me(), id=request_id, on=form["on"])], at=now())
        return done("feedback/_asked.html", url_for(".request_page", request_id=request_id))


# On a lesson ------------------------------------------------------------------------------------------------


@pages.post(f"/lessons/<int(max={BIGGEST}):lesson_id>/feedback")
@may("person")
def on_lesson(lesson_id: int) -> ResponseReturnValue:
    lesson = lessons.lesson(me(), lesson_id)
    if lesson is None:
        raise NotFound(actions.NOT_THERE)
    try:
        form = body(WordsIn())
        with transaction():
            said = actions.OnLesson(by=me(), lesson_id=lesson_id, words=actions.Words(**form))
            actions.give_on_lessons([said], at=now())
            settle(now())
            return _on_lesson(lesson, said=True)
    except NotFound:
        raise
    except (ValidationError, Refused) as no:
        told = {"feedback": of_lesson(lesson), "typed_words": _words_typed(), **wrong_with(no, actions.WRONG)}
        page = "feedback/lesson_form.html"
        answer = render(page, "feedback/_on_lesson.html", lesson=lesson, **told)
        answer.status_code = status_of(no)
        return answer


@pages.post(f"{ONE}/helpful")
@may("person")
def helpful(feedback_id: int) -> ResponseReturnValue:
    form = body(SwitchIn())
    with transaction():
        receiving.mark_helpful([receiving.Helped(by=me(), feedback_id=feedback_id, on=form["on"])], at=now())
        settle(now())
        return _back(feedback_id)


@pages.post(f"{ONE}/share")
@may("person")
def share(feedback_id: int) -> ResponseReturnValue:
    form = body(SwitchIn())
    with transaction():
        receiving.share([receiving.Shared(by=me(), id=feedback_id, on=form["on"])], at=now())
        return _back(feedback_id)


@pages.post(f"{ONE}/delete")
@may("person")
def take_away(feedback_id: int) -> ResponseReturnValue:
    with transaction():
        actions.take_away([(feedback_id, me())])
        settle(now())
        return done("feedback/_asked.html", url_for(".overview"))


def _back(feedback_id: int) -> Response:
    row = queries.to_judge([feedback_id]).get(feedback_id)
    if row is not None and row.lesson_id is not None:
        lesson = lessons.lesson(me(), row.lesson_id)
        if lesson is not None:
            return _on_lesson(lesson)
    return done("feedback/_asked.html", url_for(".request_page", request_id=row.request_id if row else 0))


def _on_lesson(lesson: Any, *, said: bool = False) -> Response:
    then = url_for("lessons.lesson", lesson_id=lesson.id, _anchor="feedback")
    return done("feedback/_on_lesson.html", then, lesson=lesson, feedback=of_lesson(lesson), said=said)


# Is it used -------------------------------------------------------------------------------------------------


@pages.get("/learn/used")
@may("person")
def used() -> ResponseReturnValue:
    return render("feedback/used.html", due=queries.due(me(), now()), answered=queries.answered(me()))


@pages.post(f"/learn/used/<int(max={BIGGEST}):completion_id>")
@may("person")
def tell_use(completion_id: int) -> ResponseReturnValue:
    form = body(UseIn())
    with transaction():
        using.tell_use([using.Use(completion_id=completion_id, person_id=me(), **form)], at=now())
        settle(now())
        return done("feedback/_use_told.html", url_for(".used"), answer=form["answer"])


# What was typed, and what is wrong with it ------------------------------------------------------------------


def _words_typed() -> dict[str, Any]:
    return {name: request.form.get(name, "") for name in ("keep", "try", "lang")}
