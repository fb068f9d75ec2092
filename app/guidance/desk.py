"""Mentor programmes: taking part in one, and the desk of L&D who brings pairs together."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import may, me
from app.config import settings, timezone
from app.db import transaction
from app.errors import NotFound, Refused
from app.guidance import pairs, queries, rules
from app.guidance.pages import ticked, words, wrong
from app.guidance.schemas import BIGGEST, PairAnswerIn, PairIn, PlaceForm, ProgrammeForm
from app.outbox import settle
from app.web import body, now, once, render, status_of

desk = Blueprint("mentoring", __name__)
ONE = f"/mentoring/<int(max={BIGGEST}):programme_id>"
KEPT = f"/admin/mentoring/<int(max={BIGGEST}):programme_id>"
TYPED = ("name_nl", "name_en", "about_nl", "about_en", "starts_on", "ends_on", "most")


# Taking part ------------------------------------------------------------------------------------------------


@desk.get("/mentoring")
@may("person")
def programmes() -> ResponseReturnValue:
    rows = queries.programmes(me(), now().astimezone(timezone()).date())
    own = queries.pairs_of(me())
    return render("guidance/programmes.html", rows=rows, pairs=own, me=me(), **words())


@desk.get(ONE)
@may("person")
def programme(programme_id: int) -> ResponseReturnValue:
    return _programme(programme_id)


def _programme(programme_id: int, no: ValidationError | Refused | None = None) -> Response:
    row = queries.programme(programme_id, person_id=me())
    if not row.open and row.role is None:
        raise NotFound(queries.NOT_THERE)
    own = [one for one in queries.pairs_of(me()) if one.programme_id == row.id]
    typed = {"role": row.role or "mentee", "skills": row.my_skills or [], "wish": row.wish or ""}
    if no is not None:
        typed = {name: request.form.get(name, "")[:400] for name in typed} | {"skills": ticked("skills")}
    context = {"row": row, "pairs": own, "me": me(), "typed": typed, **wrong(no), **words()}
    answer = render("guidance/programme.html", **context)
    answer.status_code = status_of(no)
    return answer


@desk.post(f"{ONE}/place")
@may("person")
def take_part(programme_id: int) -> ResponseReturnValue:
    try:
        form = body(PlaceForm())
        with transaction():
            pairs.take_part([pairs.Place(programme_id=programme_id, person_id=me(), **form)], at=now())
            settle(now())
    except (ValidationError, Refused) as no:
        if isinstance(no, NotFound):
            raise
        return _programme(programme_id, no)
    return redirect(url_for(".programme", programme_id=programme_id), code=303)


@desk.post(f"{ONE}/leave")
@may("person")
def leave(programme_id: int) -> ResponseReturnValue:
    with transaction():
        pairs.leave([(programme_id, me())], at=now())
        settle(now())
    return redirect(url_for(".programmes"), code=303)


@desk.post(f"/mentoring/pairs/<int(max={BIGGEST}):pair_id>")
@may("person")
def say(pair_id: int) -> ResponseReturnValue:
    form = body(PairAnswerIn())
    with transaction():
        said = pairs.Answer(pair_id=pair_id, person_id=me(), yes=form["answer"] == "yes")
        (begun,) = pairs.say([said], at=now())
        settle(now())
    if begun:
        return redirect(url_for("guidance.one", guidance_id=begun), code=303)
    return redirect(url_for(".programmes"), code=303)


# The desk ---------------------------------------------------------------------------------------------------


@desk.get("/admin/mentoring")
@may("learning")
def overview() -> ResponseReturnValue:
    today = now().astimezone(timezone()).date()
    return render("guidance/desk.html", rows=queries.programmes(me(), today, all_of_them=True))


@desk.get("/admin/mentoring/new")
@may("learning")
def new() -> ResponseReturnValue:
    return _form(None)


@desk.post("/admin/mentoring/new")
@may("learning")
def make() -> ResponseReturnValue:
    try:
        form = body(ProgrammeForm())
        with transaction():
            (made,) = pairs.make([_read(form)], by=me(), at=now())
            settle(now())
    except (ValidationError, Refused) as no:
        return _form(None, no)
    return redirect(url_for(".kept", programme_id=made), code=303)


@desk.get(KEPT)
@may("learning")
def kept(programme_id: int) -> ResponseReturnValue:
    row = queries.programme(programme_id, person_id=me())
    places = queries.places(programme_id)
    mentors = [one for one in places if one.role == "mentor"]
    free = [one for one in places if one.role == "mentee" and not one.pairs]
    fits = {one.person_id: rules.suggested(one, mentors, row.most) for one in free}
    context: dict[str, Any] = {
        "row": row,
        "mentors": mentors,
        "free": free,
        "fits": fits,
        "months": queries.months(programme_id, settings().timezone),
    }
    context |= {"name_of": {one.person_id: one for one in mentors}, "pairs": queries.pairs(programme_id)}
    context |= {"formed": queries.formed(programme_id), "fewest": rules.FEWEST}
    return render("guidance/kept.html", **context, **words())


@desk.get(f"{KEPT}/edit")
@may("learning")
def edit(programme_id: int) -> ResponseReturnValue:
    return _form(queries.programme(programme_id, person_id=me()))


@desk.post(f"{KEPT}/edit")
@may("learning")
def change(programme_id: int) -> ResponseReturnValue:
    row = queries.programme(programme_id, person_id=me())
    try:
        form = body(ProgrammeForm())
        with transaction():
            to = pairs.Change(programme_id=programme_id, to=_read(form), version=form["version"])
            pairs.change([to], by=me(), at=now())
            settle(now())
    except (ValidationError, Refused) as no:
        return _form(row, no)
    return redirect(url_for(".kept", programme_id=programme_id), code=303)


@desk.post(f"{KEPT}/pairs")
@may("learning")
def pair(programme_id: int) -> ResponseReturnValue:
    form = body(PairIn())
    with transaction():
        pairs.propose([pairs.NewPair(programme_id=programme_id, **form)], by=me(), at=now())
        settle(now())
    return redirect(url_for(".kept", programme_id=programme_id, _anchor="pairs"), code=303)


@desk.post(f"/admin/mentoring/pairs/<int(max={BIGGEST}):pair_id>/take-back")
@may("learning")
def take_back(pair_id: int) -> ResponseReturnValue:
    with transaction():
        (programme_id,) = pairs.take_back([pair_id], by=me(), at=now())
        settle(now())
    return redirect(url_for(".kept", programme_id=programme_id, _anchor="pairs"), code=303)


def _read(form: dict[str, Any]) -> pairs.Programme:
    return pairs.Programme(
        name={"nl": form["name_nl"], "en": form["name_en"]},
        about={"nl": form["about_nl"], "en": form["about_en"]},
        starts_on=form["starts_on"],
        ends_on=form["ends_on"],
        skills=form["skills"],
        most=form["most"],
        open=form["open"],
        once=form["once"],
    )


def _form(row: Any, no: ValidationError | Refused | None = None) -> Response:
    typed: dict[str, Any] = dict.fromkeys(TYPED, "") | {"most": 2, "skills": [], "open": True}
    if row is not None:
        typed |= {f"{name}_{lang}": getattr(row, name).get(lang, "") for name in ("name", "about")
                  for lang in ("nl", "en")}  # fmt: skip
        typed |= {name: getattr(row, name) for name in ("starts_on", "ends_on", "most", "skills", "open")}
    if no is not None:
        sent = request.form
        typed = {name: sent.get(name, "")[:1000] for name in TYPED}
        typed |= {"skills": ticked("skills"), "open": "open" in sent}
    key = request.form.get("once", "")[:100] or once()
    context = {"row": row, "typed": typed, "once_key": key, "most": rules.MOST_PAIRS, **wrong(no), **words()}
    answer = render("guidance/edit.html", **context)
    answer.status_code = status_of(no)
    return answer
