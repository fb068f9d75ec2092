"""The desk in JSON."""

from typing import Any

from flask_smorest import Blueprint

from app.access import may, me
from app.activities import merging
from app.db import transaction
from app.intake import actions, queries
from app.intake.schemas import (
    BIGGEST,
    AcceptIn,
    IgnoreIn,
    JoinIn,
    JoinsOut,
    MergeIn,
    MergeOut,
    MergesOut,
    NamesApiQuery,
    NamesOut,
    ProposalsOut,
)
from app.outbox import settle
from app.web import now

api = Blueprint(
    "intake_api", __name__, url_prefix="/api/v1", description="What waits for a person or an activity"
)


@api.route("/intake/names", methods=["GET"])
@may("learning")
@api.arguments(NamesApiQuery, location="query")
@api.response(200, NamesOut)
def names(asked: dict[str, Any]) -> dict[str, Any]:
    """Names under which statements wait, the most completions first."""
    rows, more = queries.names(**asked)
    return {"names": [_told(row) for row in rows], "next": asked["page"] + 1 if more else None}


def _told(row: queries.Waiting) -> dict[str, Any]:
    guesses = [{"person_id": one.person.id, "name": one.person.name, "why": one.why} for one in row.guesses]
    plain = ("name", "said", "statements", "completions", "clients", "first_at", "last_at")
    return {**{name: getattr(row, name) for name in plain}, "guesses": guesses}


@api.route("/intake/ignored", methods=["PUT"])
@may("learning")
@api.arguments(IgnoreIn)
@api.response(204)
@api.alt_response(404, description="nothing waits under this name")
def ignore(form: dict[str, Any]) -> None:
    """Hide a name that is nobody of ours, or show it again; what came under it is kept."""
    with transaction():
        step = actions.ignore if form["ignored"] else actions.show_again
        step(form["name"], by=me(), at=now())
        settle(now())


@api.route("/intake/joins", methods=["GET"])
@may("learning")
@api.response(200, JoinsOut)
def joins() -> dict[str, Any]:
    """The latest joins that hold."""
    rows, _ = queries.joins()
    return {"joins": [{**row._mapping, "name": f"{row.kind} {row.value}"} for row in rows], "next": None}


@api.route("/intake/joins", methods=["POST"])
@may("learning")
@api.arguments(JoinIn)
@api.response(204)
@api.alt_response(404, description="nothing waits under this name, or nobody has this number")
@api.alt_response(409, description="the name is somebody else's in the meantime")
def join(form: dict[str, Any]) -> None:
    """Say whom a name means: what waited counts, and what comes later too."""
    with transaction():
        actions.join(form["name"], person_id=form["person_id"], by=me(), at=now())
        settle(now())


@api.route(f"/intake/joins/<int(max={BIGGEST}):join_id>", methods=["DELETE"])
@may("learning")
@api.response(204)
def undo_join(join_id: int) -> None:
    """Undo a join: what came under the name waits again, and what it earned is taken back."""
    with transaction():
        actions.undo_join(join_id, by=me(), at=now())
        settle(now())


@api.route("/intake/activities", methods=["GET"])
@may("learning")
@api.response(200, ProposalsOut)
def activities() -> dict[str, Any]:
    """Activities that sources named and that are in no catalogue yet."""
    found = [
        {
            **one.activity._mapping,
            "completions": one.activity.people,
            "sources": one.sources,
            "alike": [other.id for other in one.alike],
        }
        for one in queries.proposals()
    ]
    return {"activities": found}


@api.route(f"/intake/activities/<int(max={BIGGEST}):activity_id>/acceptance", methods=["POST"])
@may("learning")
@api.arguments(AcceptIn)
@api.response(204)
@api.alt_response(409, description="it is no proposal any more")
def accept(form: dict[str, Any], activity_id: int) -> None:
    """Take an activity that a source proposed into the catalogue."""
    with transaction():
        actions.accept(activity_id, **form, by=me(), at=now())
        settle(now())


@api.route("/intake/merges", methods=["GET"])
@may("learning")
@api.response(200, MergesOut)
def merges() -> dict[str, Any]:
    """Merges that hold, the latest first."""
    return {"merges": [row._mapping for row in merging.merges()]}


@api.route("/intake/merges", methods=["POST"])
@may("learning")
@api.arguments(MergeIn)
@api.response(201, MergeOut)
@api.alt_response(404, description="there is no such activity")
@api.alt_response(409, description="one of them was merged in the meantime")
def merge(form: dict[str, Any]) -> dict[str, Any]:
    """Let one activity be the other from now on, with all that was completed."""
    with transaction():
        merge_id = actions.merge(**form, by=me(), at=now())
        settle(now())
        return next(dict(row._mapping) for row in merging.merges() if row.id == merge_id)


@api.route(f"/intake/merges/<int(max={BIGGEST}):merge_id>", methods=["DELETE"])
@may("learning")
@api.response(204)
@api.alt_response(409, description="the activity that it went into was merged itself")
def undo_merge(merge_id: int) -> None:
    """Undo a merge: two activities again, each with what came under its ids."""
    with transaction():
        actions.undo_merge(merge_id, by=me(), at=now())
        settle(now())
