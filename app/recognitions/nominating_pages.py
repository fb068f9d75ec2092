"""Nominating colleagues, and the occasions for which they are: HR opens them, a jury decides."""

from functools import partial
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import asker, may, me
from app.db import transaction
from app.errors import Conflict, NotAllowed, NotFound, Refused
from app.outbox import settle
from app.people.meant import meant
from app.people.queries import cards
from app.recognitions import actions, nominating, queries, ticked
from app.recognitions.pages import pages as pages
from app.recognitions.rules import JURY
from app.recognitions.schemas import BIGGEST, NominationForm, OccasionEditForm, OccasionForm, WordsIn
from app.web import body, now, render, status_of, wrong_with

OCCASION = f"/recognitions/occasions/<int(max={BIGGEST}):occasion_id>"
NOMINATION = f"/recognitions/nominations/<int(max={BIGGEST}):nomination_id>"


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
        sent["occasion_id"] = ticked.number(request.form.get("occasion_id", ""))
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
        maybe=ticked.maybe(no, []),
        open_now=queries.open_occasions(now()),
        made=queries.nominations_by(me()),
        about_me=queries.nominations_of(me(), now()),
        state_of=lambda row: queries.state_of(row, now()),
        **wrong_with(no, actions.WRONG),
    )
    answer.status_code = status_of(no)
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
    chosen = cards(typed["jury"])
    answer = render(
        "recognitions/occasions.html",
        rows=rows,
        juries=queries.juries(row.id for row in rows),
        state_of=lambda row: queries.state_of(row, now()),
        keeps=keeps,
        typed=typed,
        chosen=sorted(chosen.values(), key=lambda one: one.name),
        maybe=ticked.maybe(no, typed["jury"]),
        **wrong_with(no, actions.WRONG),
    )
    answer.status_code = status_of(no)
    return answer


@pages.post("/recognitions/occasions")
@may("hr")
def open_occasion() -> ResponseReturnValue:
    people = ticked.ids("jury", JURY)
    if "more" in request.form:
        return ticked.one_more("jury", people, sent=_sent_occasion, form=_occasions, but=None)
    try:
        form = body(OccasionForm())
        form["jury"] = ticked.with_typed(form["jury"], form.pop("who"), "jury", but=None)
        with transaction():
            new = nominating.NewOccasion(opened_by=me(), **form)
            (made,) = nominating.open_occasions([new], at=now())
            settle(now())
    except (ValidationError, Refused) as no:
        return _occasions(_sent_occasion(people), no)
    return redirect(url_for(".occasion", occasion_id=made), code=303)


def _sent_occasion(people: list[int]) -> dict[str, Any]:
    names = ("name", "lang", "opens_on", "closes_on", "once", "who")
    return {**{name: request.form.get(name, "") for name in names}, "jury": people}


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
    answer.status_code = status_of(no)
    return answer


@pages.get(f"{OCCASION}/edit")
@may("hr")
def edit_occasion(occasion_id: int) -> ResponseReturnValue:
    return _edit(occasion_id, {})


@pages.post(f"{OCCASION}/edit")
@may("hr")
def change_occasion(occasion_id: int) -> ResponseReturnValue:
    people = ticked.ids("jury", JURY)
    if "more" in request.form:
        return ticked.one_more(
            "jury", people, sent=_sent_occasion, form=partial(_edit, occasion_id), but=None
        )
    try:
        form = body(OccasionEditForm())
        form["jury"] = ticked.with_typed(form["jury"], form.pop("who"), "jury", but=None)
        with transaction():
            to = nominating.OccasionChange(occasion_id=occasion_id, by=me(), **form)
            nominating.change_occasions([to], at=now())
            settle(now())
    except (ValidationError, Refused) as no:
        if isinstance(no, NotFound):
            raise
        return _edit(occasion_id, _sent_occasion(people), no)
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
    chosen = cards(typed["jury"])
    answer = render(
        "recognitions/edit.html",
        occasion=row,
        typed=typed,
        chosen=sorted(chosen.values(), key=lambda one: one.name),
        maybe=ticked.maybe(no, typed["jury"]),
        **wrong_with(no, actions.WRONG),
    )
    answer.status_code = status_of(no)
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
