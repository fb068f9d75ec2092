"""Confirming what colleagues logged: one by one or many at once, with one's word back for a while."""

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import may, me
from app.activities import confirming, records
from app.activities.pages import pages as pages
from app.activities.schemas import ConfirmationsQuery, DecisionIn, ManyIn, NewsQuery
from app.db import transaction
from app.errors import Conflict, Refused
from app.outbox import settle
from app.vision import queries as vision
from app.web import body, done, now, query, render, status_of


@pages.get("/confirmations")
@may("person")
def confirmations() -> ResponseReturnValue:
    asked = query(ConfirmationsQuery())
    told = {name: asked[name] for name in ("confirmed", "changed", "undone")}
    context = _queue(**told, ticked=asked["all"], undoable=_undoable(asked["undoable"]))
    return render("activities/confirmations.html", "activities/_waiting.html", **context)


@pages.post("/confirmations")
@may("person")
def confirm_many() -> ResponseReturnValue:
    """What changed in the meantime is left, and counted; it never loses the rest."""
    try:
        wanted = set(body(ManyIn())["completions"])
    except ValidationError:
        answer = _waiting(none_chosen=_("Tick first what you want to confirm."))
        answer.status_code = 422
        return answer
    with transaction():
        confirmed = confirming.confirm_what_waits(wanted, by=me(), at=now())
        settle(now())
        told: dict[str, Any] = {"confirmed": len(confirmed), "changed": len(wanted) - len(confirmed)}
        context = _queue(**told, undoable=confirmed)
        context["next_id"] = None if told["changed"] else next((row.id for row in context["rows"]), None)
        return done("activities/_waiting.html", url_for(".confirmations", undo=confirmed, **told), **context)


@pages.post("/confirmations/undo")
@may("person")
def undo() -> ResponseReturnValue:
    """One's word back, for a while; what waits again stands in its place, and the first of it gets the focus."""
    with transaction():
        undone = confirming.undo(body(ManyIn())["completions"], by=me(), at=now())
        settle(now())
        context = _queue(undone=len(undone), next_id=next(iter(undone), None))
        return done("activities/_waiting.html", url_for(".confirmations", undone=len(undone)), **context)


@pages.get("/confirmations/new")
@may("person")
def news() -> ResponseReturnValue:
    """How many came since the page was made; they stand in it when one asks for them."""
    number = records.count_waiting_for(me(), **query(NewsQuery()))
    return done("activities/_news.html", url_for(".confirmations"), number=number)


@pages.post("/confirmations/<int:completion_id>")
@may("person")
def decide(completion_id: int) -> ResponseReturnValue:
    before = [row.id for row in records.waiting_for(me())]
    try:
        form = body(DecisionIn())
        with transaction():
            confirm = form["decision"] == "confirm"
            confirming.decide([completion_id], by=me(), confirm=confirm, note=form["note"], at=now())
            settle(now())
            undo = [completion_id] if confirm else []
            context = _queue(decided=form["decision"], next_id=_next(before, completion_id), undoable=undo)
            then = url_for(".confirmations", confirmed=len(undo) or None, undo=undo)
            return done("activities/_waiting.html", then, **context)
    except (ValidationError, Refused) as no:
        if isinstance(no, Refused) and not isinstance(no, Conflict) and not no.fields:
            raise
        answer = _waiting(refused_id=completion_id, no=no, typed=request.form.get("note", "")[:4000])
        answer.status_code = status_of(no)
        return answer


def _next(before: list[int], gone: int) -> int | None:
    """The row that gets the focus: the one after the row that went, else the one before it."""
    if gone not in before:
        return None
    place = before.index(gone)
    rest = before[place + 1 :] or before[:place][::-1]
    return rest[0] if rest else None


def _undoable(ids: list[int]) -> list[int]:
    """Those of an address of which one's word can still be taken back."""
    return [row.id for row in records.completions(ids) if _just_confirmed(row)] if ids else []


def _just_confirmed(row: Any) -> bool:
    mine = row.confirmer_id == me() and row.state == "confirmed"
    return mine and row.decided_at is not None and row.decided_at > now() - confirming.UNDO


def _queue(**more: Any) -> dict[str, Any]:
    rows = records.waiting_for(me())
    left = records.count_waiting_for(me()) if len(rows) == records.QUEUE else len(rows)
    newest = max((row.id for row in rows), default=0)
    return {
        "rows": rows,
        "left": left,
        "newest": newest,
        "skill_of": vision.names(),
        "for_reports": records.waiting_for_reports_of(me()),
        "decided": None,
        "next_id": None,
        "confirmed": 0,
        "changed": 0,
        "undone": 0,
        "undoable": [],
        **more,
    }


def _waiting(
    refused_id: int | None = None,
    no: ValidationError | Refused | None = None,
    typed: str = "",
    none_chosen: str = "",
) -> Response:
    conflict = no.message if isinstance(no, Conflict) else None
    wrong = (
        _("Say in a sentence what is missing, in 1,000 characters or fewer.") if no and not conflict else None
    )
    context = _queue(
        refused_id=refused_id, conflict=conflict, wrong=wrong, typed=typed, none_chosen=none_chosen
    )
    return render("activities/confirmations.html", "activities/_waiting.html", **context)
