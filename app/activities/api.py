"""The catalogue and completions in JSON."""

import uuid
from typing import Any

from flask import current_app
from flask_babel import get_locale
from flask_smorest import Blueprint
from werkzeug.wrappers import Response

from app.access import asker, may, me
from app.activities import actions, confirming, files, logs, queries, records, showing
from app.activities.rules import Log
from app.activities.schemas import (
    ActivitiesOut,
    ActivityWrite,
    AnsweredOut,
    AskedForOut,
    CatalogueQuery,
    CompletionOut,
    CompletionsOut,
    CompletionsQuery,
    DecisionIn,
    EditedActivityOut,
    HandOverIn,
    LogFileKeptOut,
    LogIn,
    ManyIn,
    ManyOut,
    UndoneOut,
    UploadIn,
    WaitingOut,
    WishAnswerIn,
    WishesOut,
    WishIn,
)
from app.db import transaction
from app.errors import NotFound
from app.openapi import FILE
from app.outbox import settle
from app.serving import sent_file
from app.web import now

api = Blueprint("activities_api", __name__, url_prefix="/api/v1", description="What one can learn, and did")


@api.route("/activities", methods=["GET"])
@may("person")
@api.arguments(CatalogueQuery, location="query")
@api.response(200, ActivitiesOut)
def activities(asked: dict[str, Any]) -> dict[str, Any]:
    """The catalogue, by title."""
    told = {name: value for name, value in asked.items() if name != "goals"}
    wanted = current_app.extensions["aims_of"](me()) if asked["goals"] else None
    rows, more = queries.catalogue(locale=str(get_locale()), aims=wanted, **told)
    return {"activities": [row._mapping for row in rows], "next": asked["page"] + 1 if more else None}


@api.route("/activities", methods=["POST"])
@may("learning", "client", scope="catalogue:write")
@api.arguments(ActivityWrite)
@api.response(201, EditedActivityOut)
def make(form: dict[str, Any]) -> dict[str, Any]:
    """Add an activity to the catalogue; its slug is made from its English title."""
    return _write(None, form)


@api.route("/activities/<slug>", methods=["GET"])
@may("learning", "client", scope="catalogue:write")
@api.response(200, EditedActivityOut)
@api.alt_response(404, description="no such activity")
def kept(slug: str) -> dict[str, Any]:
    """An activity in any state, with its version."""
    return dict(queries.edited(slug)._mapping)


@api.route("/activities/<slug>", methods=["PUT"])
@may("learning", "client", scope="catalogue:write")
@api.arguments(ActivityWrite)
@api.response(200, EditedActivityOut)
@api.alt_response(404, description="no such activity")
@api.alt_response(409, description="there is a newer version")
def change(form: dict[str, Any], slug: str) -> dict[str, Any]:
    """Change, publish or retire an activity. It counts from now on; what was completed keeps what it had."""
    return _write(slug, form)


def _write(slug: str | None, form: dict[str, Any]) -> dict[str, Any]:
    version = form.pop("version")
    entry = {name: value for name, value in form.items() if name != "summary" or value}
    with transaction():
        slug = actions.edit(slug, entry, version=version, by=asker().person_id, at=now())
        settle(now())
        return dict(queries.edited(slug)._mapping)


@api.route("/wishes", methods=["GET"])
@may("person")
@api.response(200, WishesOut)
def wishes() -> dict[str, Any]:
    """What you asked for: open, or answered in the last three months."""
    return {"wishes": queries.wishes_of(me(), now())}


@api.route("/wishes", methods=["POST"])
@may("person")
@api.arguments(WishIn)
@api.response(201, WishesOut)
def ask_for(form: dict[str, Any]) -> dict[str, Any]:
    """Ask for what the catalogue does not have; asking twice is asking once. Answers with all your wishes."""
    with transaction():
        actions.wish(form["words"], by=me(), at=now())
        settle(now())
        return {"wishes": queries.wishes_of(me(), now())}


@api.route("/wishes/open", methods=["GET"])
@may("learning")
@api.response(200, AskedForOut)
def asked_for() -> dict[str, Any]:
    """What colleagues ask for and how many do, the most asked first."""
    return {"wishes": queries.wishes()}


@api.route("/wishes/answers", methods=["POST"])
@may("learning")
@api.arguments(WishAnswerIn)
@api.response(200, AnsweredOut)
@api.alt_response(404, description="no such activity")
@api.alt_response(409, description="it was answered in the meantime")
def answer(form: dict[str, Any]) -> dict[str, Any]:
    """Answer all who asked for the same: it is there now, or not for now and why."""
    with transaction():
        told = actions.answer_wishes(
            form["same"], slug=form["activity"], answer=form["answer"], by=me(), at=now()
        )
        settle(now())
        return {"answered": told}


@api.route("/completions", methods=["GET"])
@may("person")
@api.arguments(CompletionsQuery, location="query")
@api.response(200, CompletionsOut)
def completions(asked: dict[str, Any]) -> dict[str, Any]:
    """What you finished or logged, the latest first."""
    rows, more = records.completions_of(me(), **asked)
    return {"completions": [_told(row) for row in rows], "next": asked["page"] + 1 if more else None}


@api.route("/completions", methods=["POST"])
@may("person")
@api.arguments(LogIn)
@api.response(201, CompletionOut)
@api.alt_response(404, description="no such activity in the catalogue")
def log(form: dict[str, Any]) -> dict[str, Any]:
    """Log own learning; it counts once somebody else confirms it. The same log again is the same completion."""
    with transaction():
        item = Log(person_id=me(), **form)  # type: ignore[typeddict-item]
        ids = logs.log_completions([item], at=now())
        settle(now())
        return _told(records.completions(ids)[0])


@api.route("/completions/files", methods=["POST"])
@may("person")
@api.arguments(UploadIn, location="files")
@api.response(201, LogFileKeptOut)
@api.alt_response(413, description="it has more than 5 MB")
def send_file(_files: dict[str, Any]) -> dict[str, Any]:
    """Send a file that shows what you learned: a certificate, a photo. Name its id in the log that follows.

    A picture is made anew, without place, hour and owner. Without a log it goes after thirty days; five at most wait.
    """
    name, content = sent_file() or ("", b"")
    with transaction():
        new = files.keep(by=me(), name=name, content=content, at=now())
        row = files.kept(new, by=me())
        settle(now())
        return {**(row._mapping if row else {}), "kept_until": now() + files.WAITS}


@api.route("/completions/files/<uuid:file_id>", methods=["GET"])
@may("person")
@api.response(200, FILE, content_type="image/webp", description="the picture or document")
@api.alt_response(200, schema=FILE, content_type="application/pdf", success=True)
@api.alt_response(404, description="no such file, or not for you")
def file(file_id: uuid.UUID) -> Response:
    """A file with a log: yours, or one on which your word is asked, or was given."""
    return showing.answer(file_id)


@api.route("/completions/files/<uuid:file_id>", methods=["DELETE"])
@may("person")
@api.response(204)
@api.alt_response(404, description="no such file of yours that waits for a log")
def drop_file(file_id: uuid.UUID) -> None:
    """Throw away a file of yours that went with no log yet. With a log it goes when you withdraw that."""
    with transaction():
        if not files.drop(file_id, by=me()):
            raise NotFound(files.NO_FILE)
        settle(now())


@api.route("/confirmations", methods=["GET"])
@may("person")
@api.response(200, WaitingOut)
def confirmations() -> dict[str, Any]:
    """What waits for your word, the oldest first."""
    rows = records.waiting_for(me())
    return {"completions": [_told(row) for row in rows], "waiting": records.count_waiting_for(me())}


@api.route("/confirmations", methods=["POST"])
@may("person")
@api.arguments(ManyIn)
@api.response(200, ManyOut)
@api.alt_response(404, description="nothing here waits for your word")
def confirm_many(form: dict[str, Any]) -> dict[str, Any]:
    """Confirm many logs at once; what changed in the meantime is left as it is, and named."""
    with transaction():
        confirmed = confirming.confirm_what_waits(form["completions"], by=me(), at=now())
        settle(now())
        return {"confirmed": confirmed, "changed": sorted({*form["completions"]} - {*confirmed})}


@api.route("/confirmations/undo", methods=["POST"])
@may("person")
@api.arguments(ManyIn)
@api.response(200, UndoneOut)
@api.alt_response(404, description="none of it was yours to confirm")
@api.alt_response(422, description="it was confirmed more than ten minutes ago")
def undo(form: dict[str, Any]) -> dict[str, Any]:
    """Take your word back, for ten minutes: what you confirmed waits again, and what it earned goes."""
    with transaction():
        undone = confirming.undo(form["completions"], by=me(), at=now())
        settle(now())
        return {"undone": undone}


@api.route("/completions/<int:completion_id>/decision", methods=["POST"])
@may("person")
@api.arguments(DecisionIn)
@api.response(200, CompletionOut)
@api.alt_response(404, description="nothing here waits for your word")
@api.alt_response(409, description="it was decided in the meantime")
def decide(form: dict[str, Any], completion_id: int) -> dict[str, Any]:
    """Confirm what a colleague logged, or decline it and say what is missing."""
    with transaction():
        confirm = form["decision"] == "confirm"
        ids = confirming.decide([completion_id], by=me(), confirm=confirm, note=form["note"], at=now())
        settle(now())
        return _told(records.completions(ids)[0])


@api.route("/completions/<int:completion_id>/hand-over", methods=["POST"])
@may("person")
@api.arguments(HandOverIn)
@api.response(200, CompletionOut)
@api.alt_response(404, description="no such log that waits, or not yours to hand over")
@api.alt_response(409, description="it was decided or handed over in the meantime")
def hand_over(form: dict[str, Any], completion_id: int) -> dict[str, Any]:
    """Let somebody else confirm a log that waits: its person, its confirmer and the confirmer's manager may."""
    with transaction():
        confirming.hand_over(completion_id, by=me(), to=form["confirmer_id"], at=now())
        settle(now())
        return _told(records.completions([completion_id])[0])


@api.route("/completions/<int:completion_id>/withdrawal", methods=["POST"])
@may("person")
@api.response(200, CompletionOut)
@api.alt_response(404, description="no such log of yours")
@api.alt_response(409, description="it was decided in the meantime")
def withdraw(completion_id: int) -> dict[str, Any]:
    """Take back your own log while it waits."""
    with transaction():
        logs.withdraw_log(completion_id, by=me(), at=now())
        settle(now())
        return _told(records.completions([completion_id])[0])


def _told(row: Any) -> dict[str, Any]:
    confirmer = {"id": row.confirmer_id, "name": row.confirmer} if row.confirmer_id else None
    activity = {"id": row.activity_id, "slug": row.slug, "kind": row.kind, "title": row.title}
    told = {**row._mapping, "activity": activity, "confirmer": confirmer, "file": None}
    if row.file_id and me() in (row.person_id, row.confirmer_id):
        told["file"] = {name: getattr(row, f"file_{name}") for name in ("id", "kind", "name", "size")}
    return told
