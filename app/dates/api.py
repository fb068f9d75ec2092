"""Dates and reservations in JSON."""

from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from app.access import asker, may, me
from app.activities.queries import activity as shown
from app.activities.queries import edited
from app.dates import actions, queries
from app.dates.rules import NewDate
from app.dates.schemas import DateIn, DateOut, DatesOut, ReservationsOut
from app.db import transaction
from app.outbox import settle
from app.web import now

api = Blueprint(
    "dates_api", __name__, url_prefix="/api/v1", description="When activities are given, and places"
)
NOBODY = 0  # a client has no places


class DatesQuery(Schema):
    activity = fields.String(
        load_default=None,
        validate=validate.Length(1, 80),
        metadata={
            "description": "slug; left out: the dates on which you have or wait for a place, or that you lead"
        },
    )


def _viewer() -> int:
    return asker().person_id or NOBODY


@api.route("/dates", methods=["GET"])
@may("person")
@api.arguments(DatesQuery, location="query")
@api.response(200, DatesOut)
def dates(asked: dict[str, Any]) -> dict[str, Any]:
    """The next dates of an activity, or your own, and the places that you have."""
    if asked["activity"] is None:
        return {"dates": [_told(one) for one in queries.of_person(me(), now())]}
    row = shown(asked["activity"], person_id=me())
    return {"dates": [_told(one) for one in queries.next_of(row.id, person_id=me(), at=now())]}


@api.route("/activities/<slug>/dates", methods=["POST"])
@may("learning", "client", scope="catalogue:write")
@api.arguments(DateIn)
@api.response(201, DateOut)
@api.alt_response(404, description="no such activity")
def plan(form: dict[str, Any], slug: str) -> dict[str, Any]:
    """Plan a date of an activity."""
    form.pop("version")
    with transaction():
        date_id = actions.plan(edited(slug).id, NewDate(**form), by=asker().person_id, at=now())
        settle(now())
        return _told(queries.one(date_id, person_id=_viewer()))


@api.route("/dates/<int:date_id>", methods=["PUT"])
@may("learning", "client", scope="catalogue:write")
@api.arguments(DateIn)
@api.response(200, DateOut)
@api.alt_response(404, description="no such date")
@api.alt_response(409, description="there is a newer version")
def change(form: dict[str, Any], date_id: int) -> dict[str, Any]:
    """Change a date; with more places, who waits moves up."""
    version = form.pop("version")
    with transaction():
        actions.change(date_id, NewDate(**form), version=version, by=asker().person_id, at=now())
        settle(now())
        return _told(queries.one(date_id, person_id=_viewer()))


@api.route("/dates/<int:date_id>", methods=["DELETE"])
@may("learning", "client", scope="catalogue:write")
@api.response(204)
@api.alt_response(404, description="no such date")
def cancel(date_id: int) -> None:
    """It does not go on."""
    with transaction():
        actions.cancel_date(date_id, by=asker().person_id, at=now())
        settle(now())


@api.route("/reservations", methods=["GET"])
@may("person")
@api.response(200, ReservationsOut)
def reservations() -> dict[str, Any]:
    """Your places and your waiting for one, the next first."""
    rows = queries.reservations_of(me(), now())
    links = {row.id: row.link if row.state == "reserved" else "" for row in rows}
    return {"reservations": [{**row._mapping, "link": links[row.id]} for row in rows]}


@api.route("/dates/<int:date_id>/reservation", methods=["PUT"])
@may("person")
@api.response(200, DateOut)
@api.alt_response(404, description="no such date")
def reserve(date_id: int) -> dict[str, Any]:
    """Take a place, or wait for one when all are taken. Asking twice is asking once."""
    with transaction():
        actions.reserve(date_id, person_id=me(), at=now())
        settle(now())
        return _told(queries.one(date_id, person_id=me()))


@api.route("/dates/<int:date_id>/reservation", methods=["DELETE"])
@may("person")
@api.response(204)
@api.alt_response(404, description="no such date")
def give_back(date_id: int) -> None:
    """Give a place back, or stop waiting."""
    with transaction():
        actions.give_back(date_id, person_id=me(), at=now())
        settle(now())


def _told(row: Any) -> dict[str, Any]:
    link = row.link if row.mine == "reserved" or row.leader_id == _viewer() else ""
    return {**row._mapping, "cancelled": row.cancelled_at is not None, "link": link}
