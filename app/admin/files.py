"""HR files as pages: send one in, see what it would change, do it, and watch how far it is."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.access import may, me
from app.admin.schemas import BIGGEST, FileQuery
from app.db import transaction
from app.errors import Refused
from app.jobs import do_later
from app.people import files, jobs, queries
from app.tables import csv_lines
from app.web import now, query, render

imports = Blueprint("admin_files", __name__)
ONE = f"/admin/people/import/<int(max={BIGGEST}):file_id>"
AT_ONCE = 64 * 1024  # bytes of a file whose differences are told without the worker
PACKED = (b"PK", b"\x1f\x8b")  # nobody knows how much is in it
NO_FILE = _l("Choose a file first.")


@imports.get("/admin/people/import")
@may("admin")
def choose() -> ResponseReturnValue:
    return _choose()


def _choose(**more: Any) -> Response:
    return render("admin/import.html", files=queries.people_files(), columns=files.COLUMNS, **more)


@imports.post("/admin/people/import")
@may("admin")
def send() -> ResponseReturnValue:
    """Keep the file, and say what it would change: at once when it is small, else by the worker."""
    sent = request.files.get("file")
    content = sent.read() if sent is not None else b""
    if sent is not None:
        sent.close()  # a large one is a file on disk
    if sent is None or not content:
        answer = _choose(refusal=NO_FILE)
        answer.status_code = 422
        return answer
    at_once = len(content) <= AT_ONCE and not content.startswith(PACKED)
    with transaction():
        file_id = files.keep(name=sent.filename or "", content=content, by=me(), at=now())
        if not at_once:
            do_later(jobs.read_file, file_id=file_id)
    if at_once:
        with transaction():
            files.tell_differences(file_id)
    return redirect(url_for(".one", file_id=file_id), code=303)


@imports.get(ONE)
@may("admin")
def one(file_id: int) -> ResponseReturnValue:
    asked = query(FileQuery())
    file = queries.people_file(file_id)
    rows = queries.file_rows(
        file_id, kind=asked["kind"] or None, after=asked["after"], limit=queries.PAGE + 1
    )
    context = {
        "file": file,
        "rows": rows[: queries.PAGE],
        "more": rows[queries.PAGE - 1].id if len(rows) > queries.PAGE else None,
        "asked": asked,
        "kinds": files.KIND_NAMES,
        "changes_of": files.changes_of,
        "reason_of": files.reason_of,
    }
    return render("admin/file.html", "admin/_file.html", **context)


@imports.get(f"{ONE}/differences.csv")
@may("admin")
def differences(file_id: int) -> ResponseReturnValue:
    """All of it as a file for a spreadsheet; nothing in it is run there."""
    queries.people_file(file_id)
    header = [_("line"), _("what"), _("personnel number"), _("name"), _("change or reason")]
    lines = list(csv_lines(header, _cells(file_id)))
    answer = Response("".join(lines), mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="blijk-people-{file_id}.csv"'
    return answer


def _cells(file_id: int) -> Iterator[list[object]]:
    for row in queries.file_rows(file_id, limit=None):
        told = files.reason_of(row.detail) or "; ".join(
            f"{name}: {before} → {after}" for name, before, after in files.changes_of(row.detail)
        )
        yield [
            row.line,
            files.KIND_NAMES[row.kind],
            row.external_id,
            row.name,
            told or row.detail.get("place", ""),
        ]


@imports.post(f"{ONE}/confirm")
@may("admin")
def confirm(file_id: int) -> ResponseReturnValue:
    try:
        with transaction():
            if files.confirm(file_id=file_id, by=me(), at=now()):
                do_later(jobs.import_file, file_id=file_id)
    except Refused as no:
        if no.status == 404:
            raise
        answer = _choose(refusal=no.message)
        answer.status_code = no.status
        return answer
    return redirect(url_for(".one", file_id=file_id), code=303)


@imports.post(f"{ONE}/drop")
@may("admin")
def drop(file_id: int) -> ResponseReturnValue:
    with transaction():
        files.drop(file_id=file_id, at=now())
    return redirect(url_for(".choose"), code=303)
