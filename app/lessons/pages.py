"""The feed of lessons with its composer, and one lesson with who applies it."""

import uuid
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import may, me
from app.db import transaction
from app.errors import NotFound, Refused
from app.guard import takes_files
from app.lessons import actions, applying, asking, changing, extras, going, queries
from app.lessons.again import make_way
from app.lessons.rules import TOGETHER, quarter_began, without_names
from app.lessons.schemas import (
    BIGGEST,
    NAMED,
    ApplicationIn,
    DraftIn,
    FeedQuery,
    FileIn,
    LessonIn,
    NewLessonIn,
    NewsQuery,
    ReactionIn,
    SaidIn,
    SavedIn,
)
from app.outbox import settle
from app.people.queries import organisation
from app.serving import as_file, sent_file
from app.vision import queries as vision
from app.web import body, done, now, query, render, swaps, wrong_with

WRONG = {**actions.WRONG, "alt": extras.WRONG["alt"]}
pages = Blueprint("lessons", __name__)
ONE = f"/lessons/<int(max={BIGGEST}):lesson_id>"
FIRST = datetime(2000, 1, 1, tzinfo=UTC)  # before all of them
TEXTS = ("outcome", "title", "happened", "learned", "from_now_on", "lang", "audience")


@pages.get("/lessons")
@may("person")
def feed() -> ResponseReturnValue:
    return _feed(query(FeedQuery()), **_composer())


def _feed(asked: dict[str, Any], **composer: Any) -> Response:
    rows, more = queries.feed(me(), **asked, limit=queries.PAGE, since=quarter_began(now()))
    context = {
        "lessons": rows,
        "files": queries.files_of(row.id for row in rows),
        "more": more,
        "show": asked["show"],
        "since": rows[0].shared_at if rows else FIRST,
        "further": asked["before"] and swaps(),
        **_words(),
        **composer,
    }
    if not swaps():
        context |= {"counts": queries.counts(me()), "most": queries.most_applied(me(), quarter_began(now()))}
        context["incident_link"] = organisation().incident_link
        context["going"] = going.of(me(), now()) if asked["show"] == "mine" else []
    return render("lessons/feed.html", "lessons/_cards.html", **context)


@pages.get("/lessons/news")
@may("person")
def news() -> ResponseReturnValue:
    """How many came since the feed was made; they stand in it when one asks for them."""
    asked = query(NewsQuery())
    number = queries.count_since(me(), asked["show"], asked["since"], queries.PAGE + 1)
    then = url_for(".feed", show=asked["show"])
    if swaps() and number == asked["had"]:  # nothing to say again
        return "", 204
    return done("lessons/_news.html", then, **asked, number=number, at_once=queries.PAGE, said=True)


@pages.get("/lessons/new")
@may("person")
def new() -> ResponseReturnValue:
    """What came, for the top of a feed, and an empty place for what comes now."""
    asked = query(NewsQuery())
    rows = queries.since(me(), asked["show"], asked["since"], queries.PAGE) if swaps() else []
    context = {
        "lessons": rows,
        "files": queries.files_of(row.id for row in rows),
        "show": asked["show"],
        "since": rows[0].shared_at if rows else asked["since"],
        **_words(),
    }
    return done("lessons/_new.html", url_for(".feed", show=asked["show"]), **context)


@pages.post("/lessons")
@may("person")
@takes_files
def share() -> ResponseReturnValue:
    try:
        form, sent = body(NewLessonIn()), _sent()
        make_way(me(), form, now())
        with transaction():
            (lesson_id,) = actions.share_lessons([actions.NewLesson(author_id=me(), **form)], at=now())
            if sent:
                extras.attach(by=me(), lesson_id=lesson_id, sent=sent)
            extras.drop_draft(by=me())
            settle(now())
            told = _one(lesson_id)
            return done("lessons/_shared.html", _after(told["lesson"]), **told, **_words(), **_composer())
    except (ValidationError, Refused) as no:
        composer = _composer(_typed(), no)
        if swaps():
            return _again("lessons/_composer.html", no, **_words(), **composer)
        return _refuse(_feed({"show": "all", "before": None}, **composer), no)


def _after(row: queries.AnyRow) -> str:
    """Where a form leads: of one without a name to all of one's own, for who is first to ask for the address of a new
    lesson is its author, and a proxy may write down who asks."""
    if row.unnamed:
        return url_for(".feed", show="mine", _anchor=f"lesson-{row.id}")
    return url_for(".lesson", lesson_id=row.id)


@pages.get(ONE)
@may("person")
def lesson(lesson_id: int) -> ResponseReturnValue:
    told = _one(lesson_id)
    row = told["lesson"]
    why = queries.why_hidden(me(), lesson_id) if row.mine and row.unnamed and row.hidden else None
    return render("lessons/lesson.html", **told, why=why, appliers=queries.appliers(lesson_id), **_words())


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
            changing.edit_lessons(
                [changing.Edit(lesson_id=lesson_id, by=me(), to=actions.LessonText(**form))], at=now()
            )
            settle(now())
            return done(
                "lessons/_card.html",
                url_for(".lesson", lesson_id=lesson_id),
                **_one(lesson_id),
                **_words(),
            )
    except (ValidationError, Refused) as no:
        return _refuse(
            render("lessons/edit.html", lesson=row, **_words(), **_composer(_typed(), no, row)), no
        )


@pages.post(f"{ONE}/delete")
@may("person")
def delete(lesson_id: int) -> ResponseReturnValue:
    """Nobody sees it any more, and for a moment its author can bring it back: no question is asked before."""
    with transaction():
        changing.delete_lessons([(lesson_id, me())], at=now(), undo=True)
        settle(now())
        row = next((one for one in going.of(me(), now()) if one.id == lesson_id), None)
        if row is None:  # it was deleted before, and its moment is over
            raise NotFound(actions.NOT_THERE)
        then = url_for(".feed", show="mine")
        return done("lessons/_going.html", then, lesson=row, focus=True, said=True)


@pages.post(f"{ONE}/undo")
@may("person")
def undo(lesson_id: int) -> ResponseReturnValue:
    with transaction():
        changing.bring_back([(lesson_id, me())], at=now())
        settle(now())
        told = _one(lesson_id)
        return done("lessons/_back.html", _after(told["lesson"]), **told, focus=True, **_words())


@pages.post(f"{ONE}/unname")
@may("person")
def take_name_off(lesson_id: int) -> ResponseReturnValue:
    with transaction():
        (lesson_id,) = changing.take_names_off([(lesson_id, me())], at=now())
        settle(now())
        return _card(lesson_id)


@pages.post(f"{ONE}/name")
@may("person")
def put_name_on(lesson_id: int) -> ResponseReturnValue:
    with transaction():
        changing.put_names_on([(lesson_id, me())], at=now())
        settle(now())
        return _card(lesson_id)


@pages.post(f"{ONE}/application")
@may("person")
def apply(lesson_id: int) -> ResponseReturnValue:
    form = body(ApplicationIn())
    with transaction():
        applying.apply_lessons([applying.Applying(lesson_id=lesson_id, person_id=me(), **form)], at=now())
        settle(now())
        return _card(lesson_id)


@pages.post(f"{ONE}/application/end")
@may("person")
def stop(lesson_id: int) -> ResponseReturnValue:
    with transaction():
        applying.stop_applying([(lesson_id, me())], at=now())
        settle(now())
        if queries.lesson(me(), lesson_id) is None:
            return done("lessons/_deleted.html", url_for(".feed"))
        return _card(lesson_id)


def _card(lesson_id: int) -> Response:
    then = url_for(".lesson", lesson_id=lesson_id)
    return done("lessons/_card.html", then, **_one(lesson_id), focus=True, **_words())


def _one(lesson_id: int) -> dict[str, Any]:
    """A lesson and what is added to it, for its card."""
    return {"lesson": _must(lesson_id), "files": queries.files_of([lesson_id])}


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


# Reactions, pictures, drafts --------------------------------------------------------------------------------


@pages.post(f"{ONE}/reactions")
@may("person")
def react(lesson_id: int) -> ResponseReturnValue:
    form = body(ReactionIn())
    with transaction():
        extras.react(by=me(), lesson_id=lesson_id, **form)
        then = url_for(".lesson", lesson_id=lesson_id)
        return done("lessons/_reactions.html", then, lesson=_must(lesson_id))


@pages.post(f"{ONE}/saved")
@may("person")
def save(lesson_id: int) -> ResponseReturnValue:
    form = body(SavedIn())
    with transaction():
        extras.save(by=me(), lesson_ids=[lesson_id], on=form["on"], at=now())
        row = queries.lesson(me(), lesson_id)
        if row is None:
            return done("lessons/_deleted.html", url_for(".feed", show="saved"))
        return done("lessons/_save.html", url_for(".lesson", lesson_id=lesson_id), lesson=row)


@pages.get(f"{ONE}/files/<uuid:file_id>")
@may("person")
def file(lesson_id: int, file_id: uuid.UUID) -> ResponseReturnValue:
    row = queries.file(me(), lesson_id, file_id)
    if row is None:
        raise NotFound(actions.NOT_THERE)
    return as_file(row, row.content)


@pages.post(f"{ONE}/files")
@may("person")
@takes_files
def attach(lesson_id: int) -> ResponseReturnValue:
    row = _own(lesson_id)
    try:
        sent = _sent() or extras.Sent("", b"", "")
        with transaction():
            extras.attach(by=me(), lesson_id=lesson_id, sent=sent)
            return _files(lesson_id)
    except (ValidationError, Refused) as no:
        told = {"lesson": row, "files": queries.files_of([lesson_id]), "alt": request.form.get("alt", "")}
        page = {
            **told,
            "appliers": queries.appliers(lesson_id),
            **_words(),
            **wrong_with(no, WRONG),
        }
        return _refuse(render("lessons/lesson.html", "lessons/_files.html", **page), no)


@pages.post(f"{ONE}/files/<uuid:file_id>/remove")
@may("person")
def detach(lesson_id: int, file_id: uuid.UUID) -> ResponseReturnValue:
    with transaction():
        extras.detach(by=me(), lesson_id=lesson_id, file_id=file_id)
        return _files(lesson_id)


def _files(lesson_id: int) -> Response:
    then = url_for(".lesson", lesson_id=lesson_id, _anchor="files")
    return done("lessons/_files.html", then, **_one(lesson_id), said=True)


def _sent() -> extras.Sent | None:
    """The file of a form, if there is one, with what it shows in words."""
    found = sent_file()
    return extras.Sent(*found, body(FileIn())["alt"]) if found else None


@pages.post("/lessons/draft")
@may("person")
def keep_draft() -> ResponseReturnValue:
    form = body(DraftIn())
    with transaction():
        extras.keep_draft(by=me(), draft=form, at=now())
        then = url_for(".feed", _anchor="composer")
        answer = done("lessons/_draft.html", then, draft={"saved_at": now()})
    if swaps():  # also when the button of the composer sent it, which asks for a card
        answer.headers.update({"HX-Retarget": "#draft", "HX-Reswap": "innerHTML"})
    return answer


@pages.post("/lessons/draft/discard")
@may("person")
def drop_draft() -> ResponseReturnValue:
    with transaction():
        extras.drop_draft(by=me())
        return redirect(url_for(".feed", _anchor="composer"), code=303)


@pages.post("/lessons/names")
@may("person")
def names() -> ResponseReturnValue:
    said = body(SaidIn())
    found = asking.named_in(me(), "\n".join(said.values()))
    return render("lessons/names.html", "lessons/_names.html", found=found)


@pages.post("/lessons/names/remove")
@may("person")
def remove_names() -> ResponseReturnValue:
    """The composer again, with other words in place of the colleagues that its texts name. Nothing is kept."""
    said, typed = body(SaidIn()), _typed()
    found = asking.named_in(me(), "\n".join(said.values()), NAMED)
    instead = "een collega" if typed["lang"] == "nl" else "a colleague"
    typed |= {name: without_names(text, found, instead) for name, text in said.items()}
    composer = _composer(typed) | {"removed": found}
    if swaps():
        answer = render("lessons/_composer.html", "lessons/_composer.html", **_words(), **composer)
        answer.headers.update({"HX-Retarget": "#composer", "HX-Reswap": "outerHTML"})
        return answer
    return _feed({"show": "all", "before": None}, **composer)


@pages.get("/lessons/also")
@may("person")
def also() -> ResponseReturnValue:
    """Room for a second skill in the composer that is open; alone, on its page."""
    if swaps():
        return render("lessons/_also.html", "lessons/_also.html", **_words())
    return redirect(url_for(".feed", _anchor="composer"))


@pages.post("/lessons/also")
@may("person")
def make_room() -> ResponseReturnValue:
    """The same without script: the composer as it was sent, with room for a second skill. Nothing is kept."""
    return _feed({"show": "all", "before": None}, **_composer(_typed() | {"more": True}))


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
    mine = asking.team_of(me())
    team = of.team if of and of.team else mine and mine.name
    empty: dict[str, Any] = {
        "lang": str(get_locale()),
        "audience": "team" if team else "everyone",
        "skills": [],
    }
    small = mine is not None and mine.size < TOGETHER
    draft = extras.draft_of(me()) if typed is None and of is None else None
    if draft:
        typed = {name: value for name, value in draft.items() if value not in ("", [])}
    told = {"typed": empty | (typed or {}), "team": team, "small_team": small, "draft": draft}
    return {**told, **wrong_with(no, WRONG)}


def _typed() -> dict[str, Any]:
    """What was sent, as it was, for the form that comes back."""
    sent: dict[str, Any] = {name: request.form.get(name, "") for name in (*TEXTS, "once", "unnamed")}
    return sent | {
        "skills": [int(skill[:19]) for skill in request.form.getlist("skills") if skill.isdecimal()]
    }


def _again(fragment: str, no: ValidationError | Refused, **context: Any) -> Response:
    """The form comes back in its own place, wherever a good answer would have gone."""
    answer = _refuse(render(fragment, fragment, **context), no)
    answer.headers["HX-Retarget"] = "#composer"
    answer.headers["HX-Reswap"] = "outerHTML"
    return answer


def _refuse(answer: Response, no: ValidationError | Refused) -> Response:
    answer.status_code = no.status if isinstance(no, Refused) else 422
    return answer


# On other pages ---------------------------------------------------------------------------------------------


def about(skills: list[int]) -> Any:
    """For the page of an activity: lessons about what one learns there."""
    return queries.about(me(), skills)
