"""Connections, one connection, the guides, and what verbs mean."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import asker, may, me
from app.config import settings
from app.connections import actions, queries
from app.connections.rules import changed, entry_of, form_of, print_of
from app.connections.schemas import BIGGEST, ClientIn, DetailQuery, RotationIn, RuleForm
from app.db import transaction
from app.errors import Conflict, Refused
from app.imports import refusals, seen, xapi
from app.outbox import settle
from app.people import actions as people
from app.people import clients
from app.people.actions import SCOPES, MadeClient
from app.web import body, now, query, render, status_of, wrong_with

pages = Blueprint("connections", __name__, url_prefix="/admin/connections")
ONE = f"/<int(max={BIGGEST}):client_id>"
FILES = "/admin/learning"  # the page for learning records from files
GUIDES = ("moodle", "linkedin", "articulate", "h5p", "spreadsheet")


@pages.get("")
@may("admin", "learning")
def all_of_them() -> ResponseReturnValue:
    return _all()


def _all(typed: dict[str, Any] | None = None, status: int = 200, **said: Any) -> Response:
    form = typed or {"scopes": ["xapi:write"]}
    answer = render(
        "connections/all.html",
        lines=queries.lines(),
        typed=form,
        scopes=SCOPES,
        guides=GUIDES,
        admin=_admin(),
        **said,
    )
    answer.status_code = status
    return answer


def _admin() -> bool:
    return "admin" in asker().roles


@pages.post("")
@may("admin")
def make() -> ResponseReturnValue:
    """The secret is in this answer, and nowhere else; the same form again leads to the connection."""
    try:
        form = body(ClientIn())
        with transaction():
            if form["once"] and (there := clients.made_by(form["once"])):
                return redirect(url_for(".one", client_id=there), 303)
            made = people.make_client(**form, at=now(), by=me())
            settle(now())
    except Conflict:  # sent twice at once
        return redirect(url_for(".all_of_them"), 303)
    except (ValidationError, Refused) as no:
        typed = {**request.form.to_dict(), "scopes": request.form.getlist("scopes")}
        return _all(typed, status_of(no), **_said(no))
    return _secret(made)


def _said(no: ValidationError | Refused) -> dict[str, Any]:
    """What is wrong in all, and with which field."""
    texts = {
        "name": _("Give it a name, such as that of the platform."),
        "scopes": _("Choose at least one."),
        "account_home": _("Give the whole address, such as https://moodle.example.org."),
        "account_is": _("Choose what the name of an account is."),
        "hours": _("Choose how long the old secret may still be used."),
    }
    return wrong_with(no, texts, actions.NO_IRI)


def _secret(made: MadeClient) -> Response:
    """Shown once: never kept by a browser or a proxy."""
    answer = render("connections/secret.html", made=made, client=clients.one(made.id), **_addresses())
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _addresses() -> dict[str, str]:
    origin = settings().origin
    return {"endpoint": f"{origin}/xapi", "token_endpoint": f"{origin}/oauth/token"}


@pages.get(ONE)
@may("admin", "learning")
def one(client_id: int) -> ResponseReturnValue:
    """One connection; with `since` also what came in from that moment on."""
    client, asked = clients.one(client_id), query(DetailQuery())
    test = None
    if asked["since"]:
        start = min(max(asked["since"], now() - timedelta(days=1)), now())
        test = {"since": start, **seen.since(client_id, start)}
    return _one(client, test=test)


def _one(client: clients.Shown, status: int = 200, **more: Any) -> Response:
    told = {
        "client": client,
        "admin": _admin(),
        "figures": seen.figures(client.id, now()),
        "days": seen.days(client.id, now()),
        "received_at": seen.last_received().get(client.id),
        "refusals": refusals.of(client.id, now()),
        "hours": clients.HOURS,
        "test": None,
        **_addresses(),
        **more,
    }
    answer = render("connections/one.html", "connections/_test.html", **told)
    answer.status_code = status
    return answer


@pages.post(f"{ONE}/rotation")
@may("admin")
def rotate(client_id: int) -> ResponseReturnValue:
    client = clients.one(client_id)
    try:
        form = body(RotationIn())
        with transaction():
            made = clients.rotate(client_id, hours=form["hours"], once=form["once"], at=now(), by=me())
            settle(now())
    except ValidationError as no:
        return _one(client, 422, **_said(no))
    except Conflict:  # sent before, or ended meanwhile: the page says how it stands
        return redirect(url_for(".one", client_id=client_id), 303)
    return _secret(made)


@pages.post(f"{ONE}/end")
@may("admin")
def end(client_id: int) -> ResponseReturnValue:
    with transaction():
        clients.revoke(client_id, at=now(), by=me())
        settle(now())
    return redirect(url_for(".one", client_id=client_id), 303)


@pages.get("/guides/<guide>")
@may("admin", "learning")
def guide(guide: str) -> ResponseReturnValue:
    if guide not in GUIDES:
        abort(404)
    there = any(rule.rule == FILES for rule in current_app.url_map.iter_rules())
    told: dict[str, Any] = {"guide": guide, "guides": GUIDES, "files_at": FILES if there else None}
    return render("connections/guide.html", **told, **_addresses())


# What verbs mean --------------------------------------------------------------------------------------------


@pages.get("/meanings")
@may("admin", "learning")
def meanings() -> ResponseReturnValue:
    """The rules, and with `preview` what the last thirty days would have meant under another one."""
    asked = query(RuleForm())
    own = queries.own_rules()
    if asked["place"] is not None and asked["place"] >= len(own):
        raise Conflict(actions.CHANGED)
    if asked["place"] is not None and not asked["preview"]:
        asked |= form_of(own[asked["place"]])
    try:
        found = _preview(own, asked) if asked["preview"] else None
    except Refused as no:
        return _meanings(own, asked, status=no.status, **_said(no))
    return _meanings(own, asked, changes=found)


def _entry(form: dict[str, Any]) -> dict[str, Any] | None:
    return None if form["remove"] else entry_of(form)


def _preview(own: Any, asked: dict[str, Any]) -> list[seen.Change]:
    then = actions.compiled(changed(own, asked["place"], _entry(asked)), own)
    return seen.preview(actions.compiled(own, own), then, now())


def _meanings(own: Any, typed: dict[str, Any], status: int = 200, **more: Any) -> Response:
    current = actions.compiled(own, own)
    told = {
        "own": own,
        "print": print_of(own),
        "defaults": xapi.DEFAULT_MEANINGS.rules,
        "means": xapi.MEANS,
        "unknown": seen.unknown(current, now()),
        "client_names": clients.names(),
        "typed": typed,
        "changes": None,
        **more,
    }
    answer = render("connections/meanings.html", **told)
    answer.status_code = status
    return answer


@pages.post("/meanings")
@may("admin", "learning")
def save() -> ResponseReturnValue:
    form = body(RuleForm())
    own = queries.own_rules()
    try:
        if form["seen"] != print_of(own):
            raise Conflict(actions.CHANGED)
        entries = changed(own, form["place"], _entry(form))
        with transaction():
            actions.save_rules(entries, seen=form["seen"], by=me(), at=now())
            settle(now())
    except Refused as no:
        return _meanings(queries.own_rules(), form, status=no.status, **_said(no))
    return redirect(url_for(".meanings", _anchor="own"), 303)
