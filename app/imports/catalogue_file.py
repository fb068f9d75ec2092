"""The catalogue as a file, in the browser: take it down, put it back, and see beforehand what that changes."""

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import Schema, fields, validate

from app.access import may, me
from app.audit.actions import write
from app.badges.queries import catalogue as compiled
from app.db import transaction
from app.errors import Conflict, Refused
from app.imports import catalogue
from app.outbox import settle
from app.web import body, now, query, render

door = Blueprint("catalogue_file", __name__)
STARTER = Path(__file__).parent / "starter.yaml"
SHOWN = 200  # names of a part; the rest is counted


class FormQuery(Schema):
    form = fields.String(load_default="yaml", validate=validate.OneOf(("yaml", "json")))


class Confirm(Schema):
    """Which upload it was that somebody looked at."""

    digest = fields.String(required=True, validate=validate.Length(64, 64))


class Ticked(Schema):
    """What of the starter catalogue somebody wants."""

    badges = fields.List(fields.String(validate=validate.Length(1, 80)), load_default=list)
    rules = fields.Boolean(load_default=False)


class _OnlyLooked(Exception):
    """A difference is shown; nothing of it is kept."""


@door.get("/admin/catalogue-file")
@may("learning")
def page() -> ResponseReturnValue:
    return _page()


def _page(**more: Any) -> Response:
    context = {"refusal": None, "parts": None, "digest": None, "loaded": bool(request.args.get("loaded"))}
    return render("imports/catalogue.html", **{**context, **more})


@door.get("/admin/catalogue-file/download")
@may("learning")
def download() -> ResponseReturnValue:
    form = query(FormQuery())["form"]
    text = catalogue.as_text(catalogue.written(), form)
    answer = Response(text, mimetype="application/json" if form == "json" else "application/yaml")
    answer.headers["Content-Disposition"] = f'attachment; filename="catalogue.{form}"'
    return answer


@door.post("/admin/catalogue-file")
@may("learning")
def look() -> ResponseReturnValue:
    """Show what the file would change; keep the file, and nothing else."""
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise Refused(_l("Choose a file first."))
        raw = sent.read(catalogue.MOST_BYTES + 1)
        document = catalogue.read_document(raw)
        parts = _difference(document)
        digest = hashlib.sha256(raw).hexdigest()
        with transaction():
            catalogue.keep_upload(document, digest, by=me(), at=now())
        return _page(parts=parts, digest=digest)
    except Refused as no:
        answer = _page(refusal=str(no.message))
        answer.status_code = no.status
        return answer


def _difference(document: object) -> list[dict[str, Any]]:
    """What loading does, found by loading it and letting it go."""
    found: list[catalogue.Difference] = []
    try:
        with transaction():
            before = catalogue.written()
            catalogue.load(document, at=now())
            settle(now())
            found = catalogue.differences(before, catalogue.written())
            raise _OnlyLooked
    except _OnlyLooked:
        pass
    return [asdict(one) for one in found]


@door.post("/admin/catalogue-file/load")
@may("learning")
def load() -> ResponseReturnValue:
    form = body(Confirm())
    try:
        with transaction():
            document = catalogue.kept_upload(form["digest"], by=me())
            if document is None:
                raise Conflict(
                    _l("This file is not here any more. Choose it again and look at the difference.")
                )
            done = catalogue.load(document, at=now())
            detail = {"skills": done.skills, "activities": done.activities, "badges": len(done.changed)}
            detail["programmes"] = len(done.programmes)
            write("catalogue:loaded", at=now(), actor_id=me(), detail=detail)
            settle(now())
        return redirect(url_for(".page", loaded=1), code=303)
    except Refused as no:
        answer = _page(refusal=str(no.message))
        answer.status_code = no.status
        return answer


# To start with --------------------------------------------------------------------------------------------


@door.get("/admin/catalogue-file/starter")
@may("learning")
def starter() -> ResponseReturnValue:
    return _starter()


def _starter(refusal: str | None = None) -> Response:
    offered = _offered()
    there = {one.slug for one in compiled().in_force.values()}
    found = [{**one, "there": one["slug"] in there} for one in offered["badges"]]
    return render(
        "imports/starter.html",
        badges=found,
        points=offered["points"],
        refusal=refusal,
        loaded=request.args.get("loaded"),
    )


def _offered() -> dict[str, Any]:
    read: Any = catalogue.read_document(STARTER.read_bytes())
    return dict(read)


@door.post("/admin/catalogue-file/starter")
@may("learning")
def take() -> ResponseReturnValue:
    """Publish what is ticked, and nothing else of it."""
    form = body(Ticked())
    offered = _offered()
    wanted = [one for one in offered["badges"] if one["slug"] in form["badges"]]
    document = {"badges": wanted} | ({"points": offered["points"]} if form["rules"] else {})
    if not wanted and not form["rules"]:
        answer = _starter(_("Tick what you want first."))
        answer.status_code = 422
        return answer
    with transaction():
        there = {one.slug for one in compiled().in_force.values()}
        document["badges"] = [one for one in wanted if one["slug"] not in there]
        done = catalogue.load(document, at=now())
        detail = {"badges": len(done.changed), "rules": done.rules_changed}
        write("catalogue:started", at=now(), actor_id=me(), detail=detail)
        settle(now())
    return redirect(url_for(".starter", loaded=len(done.changed)), code=303)
