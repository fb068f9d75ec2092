"""Erasing people, from the list of who works here: what goes, what stays, and that one is sure."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.access import asker, may, me
from app.db import transaction
from app.errors import NotFound, Refused
from app.outbox import settle
from app.privacy import erasing, queries
from app.privacy.schemas import EraseForm, EraseQuery
from app.web import body, now, query, render

desk = Blueprint("privacy_desk", __name__)


@desk.get("/admin/people/erasure")
@may("admin", "hr")
def page() -> ResponseReturnValue:
    """Who asks to be erased; and of whom was chosen, what goes and what stays. Only an administrator erases."""
    asked = query(EraseQuery())
    return _page(asked["ids"], done=asked["erased"])


def _page(ids: Sequence[int], **more: Any) -> Response:
    erases = "admin" in asker().roles
    chosen = queries.to_erase(ids) if erases and ids else []
    if ids and not chosen:
        raise NotFound(queries.NO_PERSON)
    hr = None if erases else me()
    return render(
        "privacy/erase.html",
        chosen=chosen,
        requests=queries.erasure_requests(hr) if not chosen else [],
        erases=erases,
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
