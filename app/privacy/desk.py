"""Erasing people, for who keeps the house: who asks for it and what it means; do it, refuse it, or put it off."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from app.access import asker, may, me
from app.config import timezone
from app.db import transaction
from app.errors import NotFound, Refused
from app.outbox import settle
from app.privacy import answering, erasing, mentions, queries
from app.privacy.schemas import BIGGEST, EraseForm, EraseQuery, ExtendForm, RefuseForm
from app.web import body, comes_back, now, query, render, wrong_with

desk = Blueprint("privacy_desk", __name__)
WISH = f"/admin/people/erasure/requests/<int(max={BIGGEST}):person_id>"


@desk.get("/admin/people/erasure")
@may("admin", "hr")
def page() -> ResponseReturnValue:
    """Who asks to be erased; and of whom was chosen, what goes and what stays. Only an administrator erases."""
    asked = query(EraseQuery())
    return _page(asked["ids"], done=asked["erased"], said=asked["said"])


def _page(ids: Sequence[int], **more: Any) -> Response:
    erases = "admin" in asker().roles
    chosen = queries.to_erase(ids) if erases and ids else []
    if ids and not chosen:
        raise NotFound(queries.NO_PERSON)
    hr = None if erases else me()
    few = chosen if len(chosen) <= mentions.FEW else []
    return render(
        "privacy/erase.html",
        chosen=chosen,
        requests=queries.erasure_requests(hr) if not chosen else [],
        named=[found for one in few if (found := mentions.of(one.id))],
        looked_for=len(few) == len(chosen),
        erases=erases,
        today=now().astimezone(timezone()).date(),
        until=max((one.dossier_until for one in chosen if one.dossier_until), default=None),
        **more,
    )


@desk.post("/admin/people/erasure/choice")
@may("admin")
def choose() -> ResponseReturnValue:
    """Who is ticked in the list; shown before anything happens."""
    ids = body(EraseForm())["ids"]
    if not ids:
        answer = _page([], refusal=erasing.NOBODY)
        answer.status_code = 422
        return answer
    return redirect(url_for(".page", ids=ids), 303)


@desk.post("/admin/people/erasure")
@may("admin")
def erase() -> ResponseReturnValue:
    form = body(EraseForm())
    try:
        with transaction():
            ids = erasing.checked(form["ids"], sure=form["sure"])
            done = erasing.erase(ids, by=me(), at=now())
            settle(now())
    except Refused as no:
        here = [one.id for one in queries.to_erase(form["ids"])]
        answer = _page(here, refusal=no.message)
        answer.status_code = no.status
        return answer
    return redirect(url_for(".page", erased=len(done)), 303)


# Answering a wish ---------------------------------------------------------------------------------------------


def _again(no: ValidationError | Refused | None, *, person_id: int) -> Response:
    which = "extend" if request.path.endswith("/extension") else "refuse"
    return _page([], typed=request.form, where=(person_id, which), **wrong_with(no, answering.WRONG))


def _must_answer(person_id: int) -> None:
    """HR answers for whom they serve; of others there is nothing here."""
    if not queries.answers(person_id, None if "admin" in asker().roles else me()):
        raise NotFound(queries.NO_PERSON)


@desk.post(f"{WISH}/refusal")
@may("admin", "hr")
@comes_back(_again)
def refuse(person_id: int) -> ResponseReturnValue:
    """No, and why; the person reads it, and that they can complain."""
    _must_answer(person_id)
    form = body(RefuseForm())
    with transaction():
        answering.refuse(person_id, form["because"], by=me(), at=now())
        settle(now())
    return redirect(url_for(".page", said="refused"), 303)


@desk.post(f"{WISH}/extension")
@may("admin", "hr")
@comes_back(_again)
def extend(person_id: int) -> ResponseReturnValue:
    """It takes longer; until when and why the person reads at once."""
    _must_answer(person_id)
    form = body(ExtendForm())
    with transaction():
        answering.extend(person_id, form["until"], form["because"], by=me(), at=now())
        settle(now())
    return redirect(url_for(".page", said="extended"), 303)
