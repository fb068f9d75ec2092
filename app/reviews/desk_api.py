"""HR's desk of reviews in JSON: the list, rounds, seats, reminders, releases; and the invitation."""

import uuid
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from app.access import may, me
from app.audit import actions as audit
from app.db import transaction
from app.errors import NotFound
from app.openapi import FILE
from app.outbox import settle
from app.people.rules import sort_name_of
from app.reviews import after, choosing, opening, panel, rounds, waiting
from app.reviews.desk import decisions_file, written
from app.reviews.forms import CsvQuery
from app.reviews.opening import ONE, must, part, reach, run, today
from app.reviews.schemas import BIGGEST
from app.reviews.telling import (
    BegunOut,
    DeskListQuery,
    DeskOut,
    HandlerIn,
    InvitationOut,
    MarkIn,
    MayTakePartIn,
    PanelsOut,
    ReleasedOut,
    RemindersIn,
    ReviewSeatsOut,
    RoundChangeIn,
    RoundOpenIn,
    RoundsOut,
    RoundWholeOut,
    SitIn,
    TakePartIn,
    ToldOut,
)
from app.reviews.touching import NOT_THERE
from app.web import now

api = Blueprint("hr_reviews_api", __name__, url_prefix="/api/v1", description="Reviews as HR keeps them")
ROUND = f"/review-rounds/<int(max={BIGGEST}):round_id>"
SEAT = f"<int(max={BIGGEST}):person_id>/<any(member, decider):seat>"
DAYS = ("evidence_due", "panel_due", "decide_due", "release_on")


@api.route("/hr/reviews", methods=["GET"])
@may("hr")
@api.arguments(DeskListQuery, location="query")
@api.response(200, DeskOut)
def listed(asked: dict[str, Any]) -> dict[str, Any]:
    """The reviews within your reach, what waits longest first; never your own."""
    rows, more = choosing.listed(
        me(), reach(), today=today(), stage=asked["stage"], round_id=asked["round_id"],
        department_id=asked["department_id"], q=sort_name_of(asked["q"]), page=asked["page"],
    )  # fmt: skip
    opening.listed(row.person_id for row in rows)
    return {
        "reviews": [{**row._mapping, "person": _one(row.person_id, row.name)} for row in rows],
        "more": more,
    }


@api.route("/hr/reviews/reminders", methods=["POST"])
@may("hr")
@api.arguments(RemindersIn)
@api.response(200, ToldOut)
def remind(form: dict[str, Any]) -> dict[str, Any]:
    """Remind whoever these wait for. What is not within your reach is passed over; twice on one day is told once."""
    with transaction():
        rows = choosing.to_remind(me(), reach(), form["reviews"])
        told = waiting.remind([row.id for row in rows], today=today())
        settle(now())
    return {"people": told}


@api.route("/hr/reviews/panels", methods=["GET"])
@may("hr")
@api.response(200, PanelsOut)
def panels() -> dict[str, Any]:
    """How panels judged the same criterion: per criterion, never per person, from five reviews on."""
    return {"criteria": choosing.panels(me(), reach())}


# Rounds -----------------------------------------------------------------------------------------------------


@api.route("/review-rounds", methods=["GET"])
@may("hr")
@api.response(200, RoundsOut)
def all_rounds() -> dict[str, Any]:
    """Rounds that lie within your reach as a whole: those that are open first."""
    return {"rounds": choosing.all_rounds(me(), reach())}


@api.route("/review-rounds", methods=["POST"])
@may("hr")
@api.arguments(RoundOpenIn)
@api.response(201, RoundWholeOut)
def open_round(form: dict[str, Any]) -> dict[str, Any]:
    """Open a round and find who may take part. Nobody is told before you invite them."""
    once = form.pop("once")
    with transaction():
        made, new = rounds.open_once(_said(form), once=once, by=me(), reach=reach(), at=now())
        if new:
            audit.write("review_round:opened", at=now(), actor_id=me(), detail={"round": made})
        settle(now())
        return _whole(made)


def _said(form: dict[str, Any]) -> rounds.NewRound:
    more = {name: value for name, value in form.items() if name not in ("name_nl", "name_en", "version")}
    return rounds.NewRound(name={"nl": form["name_nl"].strip(), "en": form["name_en"].strip()}, **more)


@api.route(ROUND, methods=["GET"])
@may("hr")
@api.response(200, RoundWholeOut)
@api.alt_response(404, description="is not there, or beyond your reach")
def one_round(round_id: int) -> dict[str, Any]:
    """A round: its dates, jobs, seats, and who may take part."""
    return _whole(round_id)


@api.route(ROUND, methods=["PUT"])
@may("hr")
@api.arguments(RoundChangeIn)
@api.response(200, RoundWholeOut)
@api.alt_response(404, description="is not there, or beyond your reach")
@api.alt_response(409, description="was released, or changed since you read it")
def change_round(form: dict[str, Any], round_id: int) -> dict[str, Any]:
    """Other dates or another name; for its reviews that are underway, too."""
    row = must(round_id).row
    kept = {name: getattr(row, name) for name in ("deciders", "seen_days", "object_days")}
    said = _said({**form, **kept, "jobs": ()})
    with transaction():
        rounds.change(round_id, said, version=form["version"], by=me(), reach=reach(), at=now())
        audit.write("review_round:changed", at=now(), actor_id=me(), detail={"round": round_id})
        settle(now())
        return _whole(round_id)


@api.route(f"{ROUND}/seats", methods=["POST"])
@may("hr")
@api.arguments(SitIn)
@api.response(200, RoundWholeOut)
@api.alt_response(404, description="is not there, or beyond your reach")
@api.alt_response(409, description="was released")
def name_seat(form: dict[str, Any], round_id: int) -> dict[str, Any]:
    """Name somebody for the panels of a round, or to decide in it; naming them twice is once."""
    must(round_id)
    with transaction():
        rounds.name_seat(round_id, person_id=form["person_id"], seat=form["seat"], at=now())
        written("review_round:seat_named", round_id, form["person_id"], seat=form["seat"])
        settle(now())
        return _whole(round_id)


@api.route(f"{ROUND}/seats/{SEAT}", methods=["DELETE"])
@may("hr")
@api.response(200, RoundWholeOut)
@api.alt_response(404, description="is not there, or beyond your reach")
def drop_seat(round_id: int, person_id: int, seat: str) -> dict[str, Any]:
    """Reviews that begin from now on go without them."""
    must(round_id)
    with transaction():
        rounds.drop_seat(round_id, person_id=person_id, seat=seat)
        written("review_round:seat_dropped", round_id, person_id, seat=seat)
        return _whole(round_id)


@api.route(f"{ROUND}/people", methods=["POST"])
@may("hr")
@api.arguments(MayTakePartIn)
@api.response(200, RoundWholeOut)
@api.alt_response(404, description="is not there, or beyond your reach")
def list_person(form: dict[str, Any], round_id: int) -> dict[str, Any]:
    """Let somebody take part who does another job now; twice is once."""
    found = must(round_id)
    with transaction():
        rounds.list_person(round_id, **form, reach=reach(), jobs=[one.id for one in found.jobs])
        written("review_round:listed", round_id, form["person_id"], job=form["job_id"])
        return _whole(round_id)


@api.route(f"{ROUND}/invitations", methods=["POST"])
@may("hr")
@api.response(200, ToldOut)
@api.alt_response(404, description="is not there, or beyond your reach")
@api.alt_response(409, description="was released")
def invite(round_id: int) -> dict[str, Any]:
    """Invite all who may take part and were not told yet."""
    must(round_id)
    with transaction():
        told = rounds.invite(round_id, at=now())
        settle(now())
    return {"people": told}


@api.route(f"{ROUND}/release", methods=["POST"])
@may("hr")
@api.arguments(MarkIn)
@api.response(200, ReleasedOut)
@api.alt_response(404, description="is not there, or beyond your reach")
@api.alt_response(409, description="was released, or somebody decided since you read it")
def release(form: dict[str, Any], round_id: int) -> dict[str, Any]:
    """Let all decisions of a round be read, at one moment."""
    must(round_id)
    with transaction():
        released = rounds.release(round_id, by=me(), mark=form["mark"], at=now())
        audit.write("review_round:released", at=now(), actor_id=me(), detail={"round": round_id})
        settle(now())
    return {"released": released}


@api.route(f"{ROUND}/decisions.csv", methods=["GET"])
@may("hr")
@api.arguments(CsvQuery, location="query")
@api.response(200, FILE, content_type="text/csv", description="the file")
@api.alt_response(404, description="is not there, or beyond your reach")
def decisions(asked: dict[str, Any], round_id: int) -> Response:
    """What was decided and released, as CSV for the HR system."""
    return decisions_file(round_id, asked["separator"])


# One review --------------------------------------------------------------------------------------------------


@api.route(f"{ONE}/seats", methods=["GET"])
@may("hr")
@api.response(200, ReviewSeatsOut)
@api.alt_response(404, description="is not there, or beyond your reach")
def seats(review_id: uuid.UUID) -> dict[str, Any]:
    """Who sits in a review, and who does not any more; and whether there is an objection."""
    return _seats(review_id)


@api.route(f"{ONE}/seats", methods=["POST"])
@may("hr")
@api.arguments(SitIn)
@api.response(200, ReviewSeatsOut)
@api.alt_response(404, description="is not there, or beyond your reach")
@api.alt_response(409, description="has moved on")
def name_one(form: dict[str, Any], review_id: uuid.UUID) -> dict[str, Any]:
    """Ask a colleague to assess or to decide; twice is once."""
    run(review_id)
    with transaction():
        panel.name_seat(review_id, **form, by=me(), at=now())
        settle(now())
        return _seats(review_id)


@api.route(f"{ONE}/seats/{SEAT}", methods=["DELETE"])
@may("hr")
@api.response(200, ReviewSeatsOut)
@api.alt_response(404, description="is not there, or beyond your reach")
@api.alt_response(409, description="has moved on, or the seat is empty")
def take_off(review_id: uuid.UUID, person_id: int, seat: str) -> dict[str, Any]:
    """Take somebody off a seat; what they drafted does not count."""
    run(review_id)
    with transaction():
        panel.step_aside(review_id, person_id=person_id, seat=seat, by=me(), at=now())
        settle(now())
        return _seats(review_id)


@api.route(f"{ONE}/beginning", methods=["POST"])
@may("hr")
@api.response(200, ReviewSeatsOut)
@api.alt_response(404, description="is not there, or beyond your reach")
@api.alt_response(409, description="has moved on")
def begin(review_id: uuid.UUID) -> dict[str, Any]:
    """Let the panel begin, when the evidence is complete or its last day is over."""
    run(review_id)
    with transaction():
        panel.begin(review_id=review_id, by=me(), today=today(), at=now())
        settle(now())
        return _seats(review_id)


@api.route(f"{ONE}/objection/handler", methods=["PUT"])
@may("hr")
@api.arguments(HandlerIn)
@api.response(200, ReviewSeatsOut)
@api.alt_response(404, description="is not there, beyond your reach, or nobody objected")
@api.alt_response(409, description="was answered already")
def name_handler(form: dict[str, Any], review_id: uuid.UUID) -> dict[str, Any]:
    """Name who handles an objection: somebody without a part in the review."""
    run(review_id)
    with transaction():
        after.name_handler(review_id, person_id=form["person_id"], by=me(), at=now())
        settle(now())
        return _seats(review_id)


# The invitation ----------------------------------------------------------------------------------------------


@api.route(f"{ROUND}/invitation", methods=["GET"])
@may("person")
@api.response(200, InvitationOut)
@api.alt_response(404, description="you are not invited to it")
def invitation(round_id: int) -> dict[str, Any]:
    """What a round is, for whoever was invited."""
    rows = choosing.invitation(me(), round_id)
    if not rows:
        raise NotFound(NOT_THERE)
    jobs = [{"id": row.job_id, "name": row.job, "review_id": row.review_id, "sits": row.sits} for row in rows]
    days = {name: getattr(rows[0], name) for name in DAYS}
    return {"round_id": round_id, "name": rows[0].name, **days, "jobs": jobs}


@api.route(f"{ROUND}/invitation", methods=["POST"])
@may("person")
@api.arguments(TakePartIn)
@api.response(200, BegunOut)
@api.alt_response(404, description="you are not invited to it")
@api.alt_response(
    409,
    description="you have a review for this job outside of the round, or judged somebody for it in the round",
)
def accept(form: dict[str, Any], round_id: int) -> dict[str, Any]:
    """Take part: your review begins. A second time gives the same one."""
    rows = {row.job_id: row for row in choosing.invitation(me(), round_id)}
    if form["job_id"] not in rows:
        raise NotFound(NOT_THERE)
    with transaction():
        made = rounds.start(round_id, [(me(), form["job_id"])], at=now())
        found = rounds.begun(made, me(), rows[form["job_id"]].review_id)
        settle(now())
    return {"review_id": found}


# How it is told ----------------------------------------------------------------------------------------------


def _one(person_id: int, name: str) -> dict[str, Any]:
    return {"id": person_id, "name": name}


def _whole(round_id: int) -> dict[str, Any]:
    found = part(round_id)
    opening.listed(opening.of_round(found))
    return {
        **found.row._mapping,
        "jobs": found.jobs,
        "units": found.units,
        "seats": [{"person": _one(row.person_id, row.name), "seat": row.seat} for row in found.seats],
        "people": [{**row._mapping, "person": _one(row.person_id, row.name)} for row in found.people],
        "mark": rounds.mark_of(found.reviews),
    }


def _seats(review_id: uuid.UUID) -> dict[str, Any]:
    row, objection = run(review_id), choosing.objection(review_id)
    rows = choosing.seats(review_id)
    handler = _one(objection.handler_id, objection.name) if objection and objection.handler_id else None
    return {
        "stage": row.stage,
        "seats": [{**one._mapping, "person": _one(one.person_id, one.name)} for one in rows],
        "objected_at": objection.filed_at if objection else None,
        "handler": handler,
    }
