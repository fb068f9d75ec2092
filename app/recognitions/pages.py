"""All recognitions, one, and giving one. All of them are plain forms: whoever gives one takes the time for it."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, get_locale
from markupsafe import Markup
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import asker, may, me
from app.db import transaction
from app.errors import NotFound, Refused
from app.outbox import settle
from app.people.queries import cards, reports_of
from app.recognitions import actions, queries, ticked
from app.recognitions.rules import RECEIVERS
from app.recognitions.schemas import BIGGEST, BecauseIn, ListQuery, NewQuery, RecognitionForm, VisibleIn
from app.vision import queries as vision
from app.web import body, now, query, render, status_of, swaps, wrong_with

pages = Blueprint("recognitions", __name__)  # nominating_pages adds its own to it
ONE = f"/recognitions/<int(max={BIGGEST}):recognition_id>"


# All, and one ------------------------------------------------------------------------------------------------


@pages.get("/recognitions")
@may("person")
def listed() -> ResponseReturnValue:
    asked = query(ListQuery())
    cards, more = queries.listed(me(), **asked, limit=queries.PAGE)
    return render(
        "recognitions/all.html",
        "recognitions/_cards.html",
        cards=cards,
        more=more,
        show=asked["show"],
        further=asked["before"] and swaps(),
        may=queries.standing(me()),
        open_now=queries.open_occasions(now()),
        skill_of=_skill_of(),
    )


@pages.get(ONE)
@may("person")
def one(recognition_id: int) -> ResponseReturnValue:
    return _one(recognition_id)


def _one(recognition_id: int, no: ValidationError | Refused | None = None) -> Response:
    card = _must(recognition_id)
    found = card.recognition
    with force_locale(found.lang):  # the paper speaks the language of its citation
        paper = Markup(  # noqa: S704 (what a template of ours made)
            render_template("recognitions/_paper.html", card=card, skill_of=_skill_of())
        )
    keeps = "hr" in asker().roles and queries.keeps(me(), card)
    may_withdraw = found.withdrawn_at is None and (found.given or keeps)
    answer = render(
        "recognitions/one.html",
        card=card,
        paper=paper,
        may_withdraw=may_withdraw,
        because=request.form.get("because", ""),
        saved="saved" in request.args,
        **wrong_with(no, actions.WRONG),
    )
    answer.status_code = status_of(no)
    return answer


def _must(recognition_id: int) -> queries.Card:
    return actions.open_card(
        viewer_id=me(), recognition_id=recognition_id, keeper="hr" in asker().roles, at=now()
    )


@pages.post(f"{ONE}/visibility")
@may("person")
def choose(recognition_id: int) -> ResponseReturnValue:
    form = body(VisibleIn())
    with transaction():
        actions.choose_visibility({(recognition_id, me()): form["visible"]})
    return redirect(url_for(".one", recognition_id=recognition_id, saved=1), code=303)


@pages.post(f"{ONE}/withdrawal")
@may("person")
def withdraw(recognition_id: int) -> ResponseReturnValue:
    _must(recognition_id)
    try:
        form = body(BecauseIn())
        with transaction():
            actions.withdraw([actions.Withdrawal(recognition_id=recognition_id, **form)], by=me(), at=now())
            settle(now())
    except (ValidationError, Refused) as no:
        return _one(recognition_id, no)
    return redirect(url_for(".one", recognition_id=recognition_id), code=303)


# Give --------------------------------------------------------------------------------------------------------


@pages.get("/recognitions/new")
@may("person")
def new() -> ResponseReturnValue:
    asked = query(NewQuery())
    typed: dict[str, Any] = {}
    if asked["nomination"] is not None:
        found = _to_decide(asked["nomination"])
        typed = {
            "receivers": [found.nominee_id],
            "occasion_id": found.occasion_id,
            "nomination_id": found.id,
            "lang": found.lang,
        }
    return _form(typed)


def _to_decide(nomination_id: int) -> queries.AnyRow:
    """A nomination on which the asker may decide now."""
    found = queries.nomination(nomination_id)
    occasion = queries.occasion(me(), found.occasion_id) if found else None
    if found is None or occasion is None or queries.state_of(occasion, now()) != "deciding":
        raise NotFound(actions.NO_NOMINATION)
    if found.id not in {row.id for row in queries.nominations_seen(me(), occasion, now())}:
        raise NotFound(actions.NO_NOMINATION)
    return found


@pages.post("/recognitions")
@may("person")
def give() -> ResponseReturnValue:
    people = ticked.ids("receivers", RECEIVERS[1])
    if "more" in request.form:
        return ticked.one_more("receivers", people, sent=_sent, form=_form, but=me())
    try:
        form = body(RecognitionForm())
        form["receivers"] = ticked.with_typed(form["receivers"], form.pop("who"), "receivers", but=me())
        with transaction():
            item = actions.NewRecognition(giver_id=me(), **form)
            (recognition_id,) = actions.give_recognitions([item], at=now())
            settle(now())
    except (ValidationError, Refused) as no:
        return _form(_sent(people), no)
    return redirect(url_for(".one", recognition_id=recognition_id), code=303)


def _sent(people: list[int]) -> dict[str, Any]:
    names = ("title", "citation", "lang", "day", "occasion", "badge", "once", "who")
    typed: dict[str, Any] = {name: request.form.get(name, "") for name in names}
    for name in ("occasion_id", "nomination_id", "skill_id", "unit_id"):
        typed[name] = ticked.number(request.form.get(name, "")) or None
    return {**typed, "receivers": people}


def _form(typed: dict[str, Any], no: ValidationError | Refused | None = None) -> Response:
    may = queries.standing(me())
    if not may.gives:
        raise NotFound(actions.NOT_THERE)
    mine = [row for row in queries.occasions(me()) if queries.state_of(row, now()) == "deciding"]
    today = queries.day_of(now()).isoformat()
    empty: dict[str, Any] = {
        "title": "", "citation": "", "lang": str(get_locale()), "day": today,
             "occasion": "", "occasion_id": None, "nomination_id": None, "skill_id": None, "badge": "",
             "unit_id": None, "once": "", "who": "", "receivers": []}  # fmt: skip
    typed = empty | typed
    nomination = _to_decide(typed["nomination_id"]) if typed["nomination_id"] else None
    wide = may.hr or bool(may.jury_of)
    chosen = cards(typed["receivers"])
    answer = render(
        "recognitions/new.html",
        typed=typed,
        chosen=sorted(chosen.values(), key=lambda one: one.name),
        maybe=ticked.maybe(no, typed["receivers"]),
        wide=wide,
        reports=[] if wide else reports_of(me()),
        teams=queries.teams_for(me(), may),
        occasions=mine,
        only_jury=not may.hr and not may.reports,
        nomination=nomination,
        skills=vision.options(),
        **wrong_with(no, actions.WRONG),
    )
    answer.status_code = status_of(no)
    return answer


def _skill_of() -> dict[int, Any]:
    return {skill["id"]: skill for skill in vision.told()}
