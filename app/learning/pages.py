"""Learning records from a file: choose it, say what its columns mean, try it, let it come in."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from flask import Blueprint, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from app.access import may, me
from app.activities.rules import KINDS
from app.db import transaction
from app.errors import Refused
from app.guard import takes_files
from app.learning import actions, jobs, queries, rules, store
from app.learning.schemas import (
    BIGGEST,
    ImportQuery,
    ImportsQuery,
    MapForm,
    ReadingForm,
    form_of,
    map_of,
)
from app.tables import BadTable, Table, csv_lines, open_table
from app.web import body, done, now, query, render, status_of, swaps

pages = Blueprint("learning", __name__)
ONE = f"/admin/learning/<int(max={BIGGEST}):import_id>"
SAMPLE = 5
CELL = 80


@pages.get("/admin/learning")
@may("learning", "admin")
def imports() -> ResponseReturnValue:
    return _imports(query(ImportsQuery())["before"])


def _imports(before: int | None = None, **more: Any) -> Response:
    rows, older = queries.imports(before=before)
    return render("learning/imports.html", rows=rows, older=older, before=before, **more)


@pages.post("/admin/learning")
@may("learning", "admin")
@takes_files
def upload() -> ResponseReturnValue:
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise BadTable(_("Choose a file first."))
        with closing(sent), transaction():
            import_id = _keep(sent)
    except Refused as no:
        answer = _imports(refusal=no.message)
        answer.status_code = no.status
        return answer
    return done("learning/_gone.html", url_for(".one", import_id=import_id))


def _keep(sent: FileStorage) -> int:
    name = "".join(c for c in (sent.filename or "").rsplit("/", 1)[-1].rsplit("\\", 1)[-1] if c.isprintable())
    with open_table(sent.stream) as table:
        found = _recognised(table)
    sent.stream.seek(0)
    actions.let_go(now())
    import_id = actions.make(name=name.encode("utf-8", "replace").decode(), by=me(), at=now())
    actions.describe(import_id, size=store.keep(import_id, sent.stream), **found)
    return import_id


def _recognised(table: Table) -> dict[str, Any]:
    """What the page shows of a file before anything is done with it."""
    rows: list[dict[str, Any]] = []
    for line, cells, trouble in table.rows():
        shown = [] if trouble else [cell[:CELL] + ("…" if len(cell) > CELL else "") for cell in cells]
        rows.append({"line": line, "cells": shown, "trouble": rules.told(trouble) if trouble else None})
        if len(rows) == SAMPLE:
            break
    if not rows:
        raise BadTable(jobs.EMPTY)
    found = {"kind": table.kind, "encoding": table.encoding, "separator": table.separator}
    return {**found, "header": table.header, "sample": rows}


@pages.get(ONE)
@may("learning", "admin")
def one(import_id: int) -> ResponseReturnValue:
    return _one(import_id, query(ImportQuery())["map"])


def _one(import_id: int, chosen: str = "", typed: dict[str, Any] | None = None, **more: Any) -> Response:
    row = queries.an_import(import_id)
    under_way = row.state in queries.UNDER_WAY
    if swaps() and not under_way:
        return Response("", headers={"HX-Refresh": "true"})
    context: dict[str, Any] = {"one": row, "under_way": under_way, "why": queries.said(row.trouble)}
    if not under_way:
        kept = queries.maps()
        context |= {"maps": [found.name for found in kept], "chosen": chosen}
        context["form"] = _form(row, {found.name: found.map for found in kept}.get(chosen), typed)
        context |= {"refusals": queries.some_refusals(import_id), "why_of": queries.said, "kinds": KINDS}
    return render("learning/one.html", "learning/_state.html", **context, **more)


def _form(row: Any, kept: dict[str, Any] | None, typed: dict[str, Any] | None) -> dict[str, Any]:
    """What was typed, else the map chosen or given before, else what the names of the columns suggest."""
    form = form_of(kept or row.map or {})
    if not kept and not row.map:
        form |= rules.guess(row.header)
        form["format"] = _written(row, form["completed_at"])
        form["source"] = ""
        if "mail" in form["person"].lower():
            form["known_as"] = "email"
    history = row.history.isoformat() if row.history else ""
    return {"name": "", "history": history, **form, **(typed or {})}


def _written(row: Any, column: str) -> str:
    if column not in row.header:
        return ""
    place = row.header.index(column)
    return rules.guess_format(
        [line["cells"][place] for line in row.sample or () if len(line["cells"]) > place]
    )


@pages.post(f"{ONE}/reading")
@may("learning", "admin")
def reading(import_id: int) -> ResponseReturnValue:
    """Read the file with another encoding or separator."""
    form = body(ReadingForm())
    separator = "\t" if form["separator"] == "tab" else form["separator"]
    try:
        with transaction():
            actions.still_open(import_id)
            with store.content(import_id) as file:
                table = open_table(file, encoding=form["encoding"] or None, separator=separator or None)
                actions.describe(import_id, **_recognised(table))
    except Refused as no:
        return _refused(import_id, no)
    return done("learning/_gone.html", url_for(".one", import_id=import_id))


@pages.post(f"{ONE}/map")
@may("learning", "admin")
def choose(import_id: int) -> ResponseReturnValue:
    """Say what the columns mean, and try it."""
    try:
        form = body(MapForm())
        if form["format"] == "days" and form["days_from"] is None:
            raise rules.BadMap(_("Say from which day the days are counted."))
        with transaction():
            actions.choose(
                import_id, map_of(form), history=form["history"], name=form["name"], by=me(), at=now()
            )
            jobs.later(import_id)
    except (Refused, ValidationError) as no:
        return _refused(import_id, no, request.form.to_dict())
    return done("learning/_gone.html", url_for(".one", import_id=import_id))


def _refused(import_id: int, no: Refused | ValidationError, typed: dict[str, Any] | None = None) -> Response:
    said = (
        no.message
        if isinstance(no, Refused)
        else _("Something is not filled in right. Look at the fields below.")
    )
    answer = _one(import_id, typed=typed, refusal=said)
    answer.status_code = status_of(no)
    return answer


@pages.post(f"{ONE}/start")
@may("learning", "admin")
def start(import_id: int) -> ResponseReturnValue:
    with transaction():
        actions.start(import_id, by=me(), at=now())
        jobs.later(import_id)
    return done("learning/_gone.html", url_for(".one", import_id=import_id))


@pages.post(f"{ONE}/cancel")
@may("learning", "admin")
def cancel(import_id: int) -> ResponseReturnValue:
    with transaction():
        actions.cancel(import_id, by=me(), at=now())
    return done("learning/_gone.html", url_for(".one", import_id=import_id))


@pages.get(f"{ONE}/refused.csv")
@may("learning", "admin")
def refused(import_id: int) -> ResponseReturnValue:
    """The refused rows with line and reason, as a file."""
    queries.an_import(import_id)
    rows = queries.refusals(import_id)
    lines: Iterator[str] = csv_lines([_("line"), _("reason")], rows, separator=";")
    answer = Response(stream_with_context(lines), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="refused-{import_id}.csv"'
    return answer
