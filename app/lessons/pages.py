"""The feed of lessons with its composer, and one lesson with who applies it."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import may, me
from app.db import transaction
from app.errors import NotFound, Refused
from app.lessons import actions, queries
from app.lessons.rules import quarter_began
from app.lessons.schemas import BIGGEST, ApplicationIn, FeedQuery, LessonIn, NewLessonIn
from app.outbox import settle
from app.vision import queries as vision
from app.web import body, done, now, query, render, swaps

pages = Blueprint("lessons", __name__)
ONE = f"/lessons/<int(max={BIGGEST}):lesson_id>"
TEXTS = ("outcome", "title", "happened", "learned", "from_now_on", "lang", "audience")


@pages.get("/lessons")
@may("person")
def feed() -> ResponseReturnValue:
    return _feed(query(FeedQuery()), **_composer())


def _feed(asked: dict[str, Any], **composer: Any) -> Response:
    rows, more = queries.feed(me(), **asked, limit=queries.PAGE)
    context = {
        "lessons": rows,
        "more": more,
        "show": asked["show"],
        "further": asked["before"] and swaps(),
        **_words(),
        **composer,
    }
    if not swaps():
        context |= {"counts": queries.counts(me()), "most": queries.most_applied(me(), quarter_began(now()))}
    return render("lessons/feed.html", "lessons/_cards.html", **context)


@pages.post("/lessons")
@may("person")
def share() -> ResponseReturnValue:
    try:
        form = body(NewLessonIn())
        with transaction():
            (lesson_id,) = actions.share_lessons([actions.NewLesson(author_id=me(), **form)], at=now())
            settle(now())
            then = url_for(".lesson", lesson_id=lesson_id)
            return done("lessons/_shared.html", then, lesson=_must(lesson_id), **_words(), **_composer())
    except (ValidationError, Refused) as no:
        composer = _composer(_typed(), no)
        if swaps():
            return _again("lessons/_composer.html", no, **_words(), **composer)
        return _refuse(_feed({"show": "all", "before": None}, **composer), no)


@pages.get(ONE)
@may("person")
def lesson(lesson_id: int) -> ResponseReturnValue:
    row = _must(lesson_id)
    return render("lessons/lesson.html", lesson=row, appliers=queries.appliers(lesson_id), **_words())


@pages.get(f"{ONE}/edit")
@may("person")
def edit(lesson_id: int) -> ResponseReturnValue:
    row = _own(lesson_id)
    typed = {**{name: getattr(row, name) for name in TEXTS}, "skills": list(row.skills)}
    return render("lessons/edit.html", lesson=row, **_words(), **_composer(typed, of=row))


@pages.post(f"{ONE}/edit")
@may("person")
def change(lesson_id: int) -> ResponseReturnValue:
    row = _own(lesson_id)
    try:
        form = body(LessonIn())
        with transaction():
            actions.edit_lesson(by=me(), lesson_id=lesson_id, to=actions.LessonText(**form), at=now())
            return done(
                "lessons/_card.html",
                url_for(".lesson", lesson_id=lesson_id),
                lesson=_must(lesson_id),
                **_words(),
            )
    except (ValidationError, Refused) as no:
        return _refuse(
            render("lessons/edit.html", lesson=row, **_words(), **_composer(_typed(), no, row)), no
        )


@pages.post(f"{ONE}/delete")
@may("person")
def delete(lesson_id: int) -> ResponseReturnValue:
    with transaction():
        actions.delete_lesson(by=me(), lesson_id=lesson_id, at=now())
        settle(now())
        return done("lessons/_deleted.html", url_for(".feed", show="mine"))


@pages.post(f"{ONE}/application")
@may("person")
def apply(lesson_id: int) -> ResponseReturnValue:
    form = body(ApplicationIn())
    with transaction():
        actions.apply_lessons([actions.Applying(lesson_id=lesson_id, person_id=me(), **form)], at=now())
        settle(now())
        return _card(lesson_id)


@pages.post(f"{ONE}/application/end")
@may("person")
def stop(lesson_id: int) -> ResponseReturnValue:
    with transaction():
        actions.stop_applying(by=me(), lesson_id=lesson_id, at=now())
        settle(now())
        if queries.lesson(me(), lesson_id) is None:
            return done("lessons/_deleted.html", url_for(".feed"))
        return _card(lesson_id)


def _card(lesson_id: int) -> Response:
    then = url_for(".lesson", lesson_id=lesson_id)
    return done("lessons/_card.html", then, lesson=_must(lesson_id), focus=True, **_words())


def _must(lesson_id: int) -> queries.AnyRow:
    row = queries.lesson(me(), lesson_id)
    if row is None:
        raise NotFound(actions.NOT_THERE)
    return row


def _own(lesson_id: int) -> queries.AnyRow:
    row = _must(lesson_id)
    if not row.mine:
        raise NotFound(actions.NOT_THERE)
    return row


# The composer: what was typed, and what is wrong with it ----------------------------------------------------


def _words() -> dict[str, Any]:
    """What every card and form needs to name skills."""
    skills = vision.told()
    choice = [skill for skill in skills if not skill["retired"]]
    return {"skills": choice, "skill_of": {skill["id"]: skill for skill in skills}}


def _composer(
    typed: dict[str, Any] | None = None,
    no: ValidationError | Refused | None = None,
    of: queries.AnyRow | None = None,
) -> dict[str, Any]:
    """`of` is the lesson that is edited: its team is the one in which it was shared."""
    team = of.team if of and of.team else queries.team_of(me())
    empty: dict[str, Any] = {
        "lang": str(get_locale()),
        "audience": "team" if team else "everyone",
        "skills": [],
    }
    return {"typed": empty | (typed or {}), "team": team, **_said(no)}


def _typed() -> dict[str, Any]:
    """What was sent, as it was, for the form that comes back."""
    sent: dict[str, Any] = {name: request.form.get(name, "") for name in (*TEXTS, "once")}
    return sent | {
        "skills": [int(skill[:19]) for skill in request.form.getlist("skills") if skill.isdecimal()]
    }


def _said(no: ValidationError | Refused | None) -> dict[str, Any]:
    """What is wrong in all, and with which field."""
    if no is None:
        return {"refusal": None, "wrong": {}}
    if isinstance(no, Refused):
        return {"refusal": str(no.message), "wrong": {name: str(said) for name, said in no.fields.items()}}
    return {"refusal": None, "wrong": {name: str(actions.WRONG.get(name, no)) for name in no.messages_dict}}


def _again(fragment: str, no: ValidationError | Refused, **context: Any) -> Response:
    """The form comes back in its own place, wherever a good answer would have gone."""
    answer = _refuse(render(fragment, fragment, **context), no)
    answer.headers["HX-Retarget"] = "#composer"
    answer.headers["HX-Reswap"] = "outerHTML"
    return answer


def _refuse(answer: Response, no: ValidationError | Refused) -> Response:
    answer.status_code = no.status if isinstance(no, Refused) else 422
    return answer
