"""What comes in about dates and reservations and goes out, for pages and API alike."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from app.dates.rules import MOST_PLACES
from app.vision.rules import is_link

ID = validate.Range(1, 2**63 - 1)
LOCAL = "%Y-%m-%dT%H:%M"


def _opens(link: str) -> None:
    if link and not is_link(link):
        raise ValidationError("Give an address that begins with http:// or https://.")


class DateForm(Schema):
    """A date as the form sends it: in the organisation's own time; `who` names the leader."""

    starts_at = fields.NaiveDateTime(required=True, format=LOCAL)
    ends_at = fields.NaiveDateTime(required=True, format=LOCAL)
    place = fields.String(load_default="", validate=validate.Length(max=200))
    link = fields.String(load_default="", validate=[validate.Length(max=2000), _opens])
    places = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, MOST_PLACES))
    who = fields.String(load_default="", validate=validate.Length(max=200))
    version = fields.Integer(load_default=None, allow_none=True, validate=ID)
    once = fields.String(load_default=None, allow_none=True, validate=validate.Length(8, 80))


class DateIn(Schema):
    """A date, with its moments in any time zone."""

    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    place = fields.String(load_default="", validate=validate.Length(max=200))
    link = fields.String(load_default="", validate=[validate.Length(max=2000), _opens])
    places = fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(1, MOST_PLACES),
        metadata={"description": "how many can come; null: as many as come"},
    )  # fmt: skip
    leader_id = fields.Integer(load_default=None, allow_none=True, validate=ID)
    version = fields.Integer(
        load_default=None, allow_none=True, validate=ID,
        metadata={"description": "the version that you changed; 409 when there is a newer one"},
    )  # fmt: skip


class PlacesQuery(Schema):
    """Which dates a page shows: all of them, those with a button to take a place, and those on which one waits."""

    room = fields.List(fields.Integer(validate=ID), load_default=list, validate=validate.Length(max=50))
    take = fields.List(fields.Integer(validate=ID), load_default=list, validate=validate.Length(max=50))
    line = fields.List(fields.Integer(validate=ID), load_default=list, validate=validate.Length(max=50))


class TickForm(Schema):
    """Who was ticked when the page was made, and who is now; `who` adds somebody who came without a place."""

    was = fields.List(fields.Integer(validate=ID), load_default=list)
    present = fields.List(fields.Integer(validate=ID), load_default=list)
    who = fields.String(load_default="", validate=validate.Length(max=200))


class TextsOut(fields.Dict):
    """Texts of the organisation, {nl, en}."""

    def __init__(self, **more: Any) -> None:
        super().__init__(keys=fields.String(), values=fields.String(), required=True, **more)


class DateOut(Schema):
    """When and where an activity is given, and the place that you have."""

    id = fields.Integer(required=True)
    activity = fields.String(
        required=True, attribute="slug", metadata={"description": "slug of the activity"}
    )
    title = TextsOut()
    starts_at = fields.DateTime(required=True)
    ends_at = fields.DateTime(required=True)
    place = fields.String(required=True)
    link = fields.String(required=True, metadata={"description": "for who has a place; empty for others"})
    places = fields.Integer(required=True, allow_none=True)
    taken = fields.Integer(required=True)
    waiting = fields.Integer(required=True)
    leader = fields.String(required=True, allow_none=True)
    cancelled = fields.Boolean(required=True)
    version = fields.Integer(required=True)
    mine = fields.String(
        required=True, allow_none=True, validate=validate.OneOf(("reserved", "waiting")),
        metadata={"description": "the place that you have, or that you wait for one"},
    )  # fmt: skip


class DatesOut(Schema):
    dates = fields.List(fields.Nested(DateOut), required=True)


class ReservationOut(Schema):
    """A place of yours, or your waiting for one."""

    id = fields.Integer(required=True)
    date_id = fields.Integer(required=True)
    state = fields.String(required=True, validate=validate.OneOf(("reserved", "waiting")))
    asked_at = fields.DateTime(required=True)
    activity = fields.String(required=True, attribute="slug")
    title = TextsOut()
    starts_at = fields.DateTime(required=True)
    ends_at = fields.DateTime(required=True)
    place = fields.String(required=True)
    link = fields.String(required=True)


class ReservationsOut(Schema):
    reservations = fields.List(fields.Nested(ReservationOut), required=True)
