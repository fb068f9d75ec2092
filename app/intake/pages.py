"""The desk: names that wait for a person, and activities that sources proposed."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import may, me
from app.activities import merging
from app.activities.rules import KINDS
from app.db import transaction
from app.errors import NotFound, Refused
from app.intake import actions, queries
from app.intake.schemas import BIGGEST, AcceptIn, IgnoreIn, JoinIn, MergeIn, NameQuery, NamesQuery
from app.outbox import settle
from app.people import clients
from app.people.queries import colleagues
from app.vision import queries as vision
from app.web import body, now, query, render, status_of, wrong_with

pages = Blueprint("intake", __name__, url_prefix="/admin/intake")
ACTIVITY = f"/activities/<int(max={BIGGEST}):activity_id>"


@pages.get("")
@may("learning")
def names() -> ResponseReturnValue:
    asked = query(NamesQuery())
    show, page = asked["show"], asked["page"]
    told: dict[str, Any] = {"rows": [], "joins": []}
    if show == "joined":
        told["joins"], more = queries.joins(page)
    else:
        told["rows"], more = queries.names(ignored=show == "ignored", client=asked["client"], page=page)
    return render("intake/names.html", asked=asked, more=more, client_names=clients.names(), **told)


@pages.get("/name")
@may("learning")
def name() -> ResponseReturnValue:
    """One name, to find whom it means."""
    asked = query(NameQuery())
    waits = queries.name(asked["name"]) if asked["name"] else None
    if waits is None:
        raise NotFound(actions.NOT_WAITING)
    found = colleagues(asked["q"]) if asked["q"].strip() else []
    return render("intake/name.html", waits=waits, q=asked["q"], found=found)


@pages.post("/joins")
@may("learning")
def join() -> ResponseReturnValue:
    form = body(JoinIn())
    with transaction():
        actions.join(form["name"], person_id=form["person_id"], by=me(), at=now())
        settle(now())
    return redirect(url_for(".names", show="joined"), 303)


@pages.post(f"/joins/<int(max={BIGGEST}):join_id>/undo")
@may("learning")
def undo_join(join_id: int) -> ResponseReturnValue:
    with transaction():
        actions.undo_join(join_id, by=me(), at=now())
        settle(now())
    return redirect(url_for(".names"), 303)


@pages.post("/ignored")
@may("learning")
def ignore() -> ResponseReturnValue:
    """Hide a name, or show it again."""
    form = body(IgnoreIn())
    with transaction():
        step = actions.ignore if form["ignored"] else actions.show_again
        step(form["name"], by=me(), at=now())
        settle(now())
    return redirect(url_for(".names", show="waiting" if form["ignored"] else "ignored"), 303)


# Activities -------------------------------------------------------------------------------------------------


@pages.get("/activities")
@may("learning")
def activities() -> ResponseReturnValue:
    return render("intake/activities.html", proposals=queries.proposals(), merges=merging.merges())


@pages.get(ACTIVITY)
@may("learning")
def activity(activity_id: int) -> ResponseReturnValue:
    return _activity(activity_id)


def _activity(
    activity_id: int, status: int = 200, typed: dict[str, Any] | None = None, **said: Any
) -> Response:
    row = merging.one(activity_id)
    known = {"title_nl": row.title.get("nl", ""), "title_en": row.title.get("en", ""), "kind": row.kind}
    known |= {"hours": row.hours if row.hours is not None else "", "skills": row.skills}
    told = {
        "activity": row,
        "typed": {**known, **(typed or {})},
        "choices": [one for one in merging.choices(str(get_locale())) if one.id != activity_id],
        "alike": merging.alike([activity_id]).get(activity_id, []),
        "kinds": KINDS,
        "skills": vision.options(),
        **said,
    }
    answer = render("intake/activity.html", **told)
    answer.status_code = status
    return answer


@pages.post("/merges")
@may("learning")
def merge() -> ResponseReturnValue:
    form = body(MergeIn())
    with transaction():
        actions.merge(**form, by=me(), at=now())
        settle(now())
    return redirect(url_for(".activities", _anchor="merges"), 303)


@pages.post(f"/merges/<int(max={BIGGEST}):merge_id>/undo")
@may("learning")
def undo_merge(merge_id: int) -> ResponseReturnValue:
    with transaction():
        actions.undo_merge(merge_id, by=me(), at=now())
        settle(now())
    return redirect(url_for(".activities"), 303)


@pages.post(f"{ACTIVITY}/acceptance")
@may("learning")
def accept(activity_id: int) -> ResponseReturnValue:
    try:
        form = body(AcceptIn())
        with transaction():
            actions.accept(activity_id, **form, by=me(), at=now())
            settle(now())
    except (ValidationError, Refused) as no:
        typed = {**request.form.to_dict(), "skills": request.form.getlist("skills")}
        return _activity(activity_id, status_of(no), typed, **_said(no))
    return redirect(url_for(".activities"), 303)


def _said(no: ValidationError | Refused) -> dict[str, Any]:
    """What is wrong in all, and with which field."""
    texts = {
        "kind": _("Choose what kind of learning it was."),
        "hours": _("Give a number of hours, or leave it empty."),
        "skills": _("There is no such skill."),
    }
    return wrong_with(no, texts, _("That is too long."))
