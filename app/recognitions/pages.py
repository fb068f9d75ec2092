"""The pages of recognitions. All of them are plain forms: whoever gives one takes the time for it."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, get_locale
from markupsafe import Markup
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import asker, may, me
from app.db import transaction
from app.errors import Conflict, NotAllowed, NotFound, Refused
from app.outbox import settle
from app.people import queries as people
from app.people.meant import WhoIsMeant, meant
from app.recognitions import actions, nominating, queries
from app.recognitions.rules import JURY, RECEIVERS
from app.recognitions.schemas import (
    BIGGEST,
    BecauseIn,
    ListQuery,
    NewQuery,
    NominationForm,
    OccasionEditForm,
    OccasionForm,
    RecognitionForm,
    VisibleIn,
    WordsIn,
)
from app.vision import queries as vision
from app.web import body, now, query, render, swaps, wrong_with

pages = Blueprint("recognitions", __name__)
ONE = f"/recognitions/<int(max={BIGGEST}):recognition_id>"
OCCASION = f"/recognitions/occasions/<int(max={BIGGEST}):occasion_id>"
NOMINATION = f"/recognitions/nominations/<int(max={BIGGEST}):nomination_id>"


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
    answer.status_code = _status(no)
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
    ticked = _ticked("receivers", RECEIVERS[1])
    if "more" in request.form:
        return _add("receivers", ticked, _form)
    try:
        form = body(RecognitionForm())
        form["receivers"] = _with_typed(form["receivers"], form.pop("who"), "receivers")
        with transaction():
            item = actions.NewRecognition(giver_id=me(), **form)
            (recognition_id,) = actions.give_recognitions([item], at=now())
            settle(now())
    except (ValidationError, Refused) as no:
        return _form(_sent(ticked), no)
    return redirect(url_for(".one", recognition_id=recognition_id), code=303)


def _sent(ticked: list[int]) -> dict[str, Any]:
    names = ("title", "citation", "lang", "day", "occasion", "badge", "once", "who")
    typed: dict[str, Any] = {name: request.form.get(name, "") for name in names}
    for name in ("occasion_id", "nomination_id", "skill_id", "unit_id"):
        typed[name] = _number(request.form.get(name, "")) or None
    return {**typed, "receivers": ticked}


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
    chosen = people.cards(typed["receivers"])
    answer = render(
        "recognitions/new.html",
        typed=typed,
        chosen=sorted(chosen.values(), key=lambda one: one.name),
        maybe=_maybe(no, typed["receivers"]),
        wide=wide,
        reports=[] if wide else people.reports_of(me()),
        teams=queries.teams_for(me(), may),
        occasions=mine,
        only_jury=not may.hr and not may.reports,
        nomination=nomination,
        skills=vision.options(),
        **wrong_with(no, actions.WRONG),
    )
    answer.status_code = _status(no)
    return answer


# Nominate ----------------------------------------------------------------------------------------------------


@pages.get("/recognitions/nominate")
@may("person")
def nominations() -> ResponseReturnValue:
    return _nominations({})


@pages.post("/recognitions/nominate")
@may("person")
def nominate() -> ResponseReturnValue:
    try:
        form = body(NominationForm())
        typed = meant(form.pop("who"), field="nominee", but=me())
        form["nominee_id"] = typed.id if typed else form["nominee_id"]
        if form["nominee_id"] is None:
            raise Refused(actions.WRONG["nominee"], fields={"nominee": actions.WRONG["nominee"]})
        with transaction():
            nominating.nominate([nominating.NewNomination(nominator_id=me(), **form)], at=now())
            settle(now())
    except (ValidationError, Refused) as no:
        names = ("reason", "lang", "once", "who")
        sent: dict[str, Any] = {name: request.form.get(name, "") for name in names}
        sent["occasion_id"] = _number(request.form.get("occasion_id", ""))
        return _nominations(sent, no)
    return redirect(url_for(".nominations", _anchor="made"), code=303)


@pages.post(f"{NOMINATION}/end")
@may("person")
def take_back(nomination_id: int) -> ResponseReturnValue:
    with transaction():
        nominating.take_back_nominations([(nomination_id, me())], at=now())
    return redirect(url_for(".nominations", _anchor="made"), code=303)


def _nominations(typed: dict[str, Any], no: ValidationError | Refused | None = None) -> Response:
    empty: dict[str, Any] = {
        "reason": "",
        "lang": str(get_locale()),
        "once": "",
        "who": "",
        "occasion_id": None,
    }
    answer = render(
        "recognitions/nominate.html",
        typed=empty | typed,
        maybe=_maybe(no, []),
        open_now=queries.open_occasions(now()),
        made=queries.nominations_by(me()),
        about_me=queries.nominations_of(me(), now()),
        state_of=lambda row: queries.state_of(row, now()),
        **wrong_with(no, actions.WRONG),
    )
    answer.status_code = _status(no)
    return answer


# Occasions ---------------------------------------------------------------------------------------------------


@pages.get("/recognitions/occasions")
@may("person")
def occasions() -> ResponseReturnValue:
    return _occasions({})


def _occasions(typed: dict[str, Any], no: ValidationError | Refused | None = None) -> Response:
    rows = queries.occasions(me())
    keeps = "hr" in asker().roles
    if not rows and not keeps:
        raise NotFound(actions.NO_OCCASION)
    today = queries.day_of(now()).isoformat()
    empty: dict[str, Any] = {
        "name": "", "lang": str(get_locale()), "opens_on": today, "closes_on": "", "once": "", "who": "",
             "jury": []}  # fmt: skip
    typed = empty | typed
    chosen = people.cards(typed["jury"])
    answer = render(
        "recognitions/occasions.html",
        rows=rows,
        juries=queries.juries(row.id for row in rows),
        state_of=lambda row: queries.state_of(row, now()),
        keeps=keeps,
        typed=typed,
        chosen=sorted(chosen.values(), key=lambda one: one.name),
        maybe=_maybe(no, typed["jury"]),
        **wrong_with(no, actions.WRONG),
    )
    answer.status_code = _status(no)
    return answer


@pages.post("/recognitions/occasions")
@may("hr")
def open_occasion() -> ResponseReturnValue:
    ticked = _ticked("jury", JURY)
    if "more" in request.form:
        return _add("jury", ticked, _occasions)
    try:
        form = body(OccasionForm())
        form["jury"] = _with_typed(form["jury"], form.pop("who"), "jury", but=None)
        with transaction():
            new = nominating.NewOccasion(opened_by=me(), **form)
            (made,) = nominating.open_occasions([new], at=now())
            settle(now())
    except (ValidationError, Refused) as no:
        return _occasions(_sent_occasion(ticked), no)
    return redirect(url_for(".occasion", occasion_id=made), code=303)


def _sent_occasion(ticked: list[int]) -> dict[str, Any]:
    names = ("name", "lang", "opens_on", "closes_on", "once", "who")
    return {**{name: request.form.get(name, "") for name in names}, "jury": ticked}


@pages.get(OCCASION)
@may("person")
def occasion(occasion_id: int) -> ResponseReturnValue:
    return _occasion(occasion_id)


def _occasion(occasion_id: int, no: ValidationError | Refused | None = None) -> Response:
    row = queries.occasion(me(), occasion_id)
    if row is None:
        raise NotFound(actions.NO_OCCASION)
    answer = render(
        "recognitions/occasion.html",
        occasion=row,
        state=queries.state_of(row, now()),
        may_change=queries.may_change(me(), row),
        jury=queries.juries([row.id])[row.id],
        nominations=queries.nominations_seen(me(), row, now()),
        words=request.form.get("words", ""),
        **wrong_with(no, actions.WRONG),
    )
    answer.status_code = _status(no)
    return answer


@pages.get(f"{OCCASION}/edit")
@may("hr")
def edit_occasion(occasion_id: int) -> ResponseReturnValue:
    return _edit(occasion_id, {})


@pages.post(f"{OCCASION}/edit")
@may("hr")
def change_occasion(occasion_id: int) -> ResponseReturnValue:
    ticked = _ticked("jury", JURY)
    if "more" in request.form:
        return _add("jury", ticked, lambda typed, no=None: _edit(occasion_id, typed, no))
    try:
        form = body(OccasionEditForm())
        form["jury"] = _with_typed(form["jury"], form.pop("who"), "jury", but=None)
        with transaction():
            to = nominating.OccasionChange(occasion_id=occasion_id, by=me(), **form)
            nominating.change_occasions([to], at=now())
            settle(now())
    except (ValidationError, Refused) as no:
        if isinstance(no, NotFound):
            raise
        return _edit(occasion_id, _sent_occasion(ticked), no)
    return redirect(url_for(".occasion", occasion_id=occasion_id), code=303)


def _edit(occasion_id: int, typed: dict[str, Any], no: ValidationError | Refused | None = None) -> Response:
    row = queries.occasion(me(), occasion_id)
    if (
        row is None
        or not queries.may_change(me(), row)
        or queries.state_of(row, now()) not in ("coming", "open")
    ):
        raise NotFound(actions.NO_OCCASION)
    as_is: dict[str, Any] = {name: getattr(row, name) for name in ("name", "lang", "opens_on", "closes_on")}
    as_is |= {"jury": [one.id for one in queries.juries([row.id])[row.id]], "who": ""}
    version = row.version if isinstance(no, Conflict) else request.form.get("version", row.version)
    typed = {**as_is, **typed, "version": version}
    chosen = people.cards(typed["jury"])
    answer = render(
        "recognitions/edit.html",
        occasion=row,
        typed=typed,
        chosen=sorted(chosen.values(), key=lambda one: one.name),
        maybe=_maybe(no, typed["jury"]),
        **wrong_with(no, actions.WRONG),
    )
    answer.status_code = _status(no)
    return answer


@pages.post(f"{OCCASION}/closing")
@may("hr")
def close(occasion_id: int) -> ResponseReturnValue:
    with transaction():
        nominating.close_nominations([occasion_id], by=me(), at=now())
        settle(now())
    return redirect(url_for(".occasion", occasion_id=occasion_id), code=303)


@pages.post(f"{OCCASION}/decision")
@may("person")
def decide(occasion_id: int) -> ResponseReturnValue:
    try:
        form = body(WordsIn())
        with transaction():
            decision = nominating.Decision(occasion_id=occasion_id, **form)
            nominating.decide_occasions([decision], by=me(), at=now())
            settle(now())
    except (ValidationError, Refused) as no:
        if isinstance(no, NotFound | NotAllowed):
            raise
        return _occasion(occasion_id, no)
    return redirect(url_for(".occasion", occasion_id=occasion_id), code=303)


# Who is meant, and what is wrong -----------------------------------------------------------------------------


def _ticked(name: str, most: int) -> list[int]:
    found = (_number(one) for one in request.form.getlist(name))
    return list(dict.fromkeys(one for one in found if one))[:most]


def _with_typed(ticked: list[int], typed: str, field: str, but: int | None = -1) -> list[int]:
    """Who is ticked, and whoever the typed name can only be."""
    found = meant(typed, field=field, but=me() if but == -1 else but)
    return list(dict.fromkeys([*ticked, *([found.id] if found else [])]))


def _add(field: str, ticked: list[int], form: Callable[..., Response]) -> Response:
    """The form comes back with one more name ticked."""
    sent = _sent if field == "receivers" else _sent_occasion
    try:
        more = _with_typed(
            ticked, request.form.get("who", "")[:200], field, me() if field == "receivers" else None
        )
        return form({**sent(more), "who": ""})
    except WhoIsMeant as no:
        return form(sent(ticked), no)


def _maybe(no: ValidationError | Refused | None, ticked: list[int]) -> list[Any]:
    return [row for row in no.maybe if row.id not in ticked] if isinstance(no, WhoIsMeant) else []


def _number(sent: str) -> int:
    """An id that was sent, or 0, which nobody has."""
    return int(sent) if sent.isdecimal() and len(sent) < 19 else 0


def _status(no: ValidationError | Refused | None) -> int:
    return 200 if no is None else no.status if isinstance(no, Refused) else 422


def _skill_of() -> dict[int, Any]:
    return {skill["id"]: skill for skill in vision.told()}
