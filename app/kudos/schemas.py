"""What comes in about kudos and goes out, for pages and API alike."""

from marshmallow import Schema, fields, validate

from app.kudos import rules

BIGGEST = 2**63 - 1
ID = validate.Range(1, BIGGEST)


class KudosIn(Schema):
    """Thanks. `once` makes sending them again safe: the same key gives the same kudos."""

    receivers = fields.List(
        fields.Integer(validate=ID),
        required=True,
        validate=validate.Length(*rules.RECEIVERS),
        metadata={"description": "ids of the colleagues you thank"},
    )
    message = fields.String(
        required=True,
        validate=validate.Length(*rules.MESSAGE),
        metadata={"description": "a sentence of what they did"},
    )
    skill_id = fields.Integer(required=True, validate=ID)
    lang = fields.String(required=True, validate=validate.OneOf(rules.LANGUAGES))
    once = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 100),
        metadata={"description": "a key of your own; sent again, the answer is the same kudos"},
    )


class ReceiversForm(Schema):
    """Whom a form has ticked so far, and the box to type one more name in."""

    receivers = fields.List(
        fields.Integer(validate=ID), load_default=list, validate=validate.Length(max=rules.RECEIVERS[1])
    )
    who = fields.String(load_default="", validate=validate.Length(max=200))


class KudosForm(ReceiversForm, KudosIn):
    """The same with that box: who is ticked may be nobody yet."""


class VisibilityIn(Schema):
    """Who else may see thanks that you got."""

    visible = fields.String(required=True, validate=validate.OneOf(rules.VISIBLE))


class WallQuery(Schema):
    """Which kudos; `to` is the handle of whom the form is for."""

    show = fields.String(load_default="all", validate=validate.OneOf(("all", "received", "given")))
    before = fields.Integer(load_default=None, allow_none=True, validate=ID)


class WallPageQuery(WallQuery):
    to = fields.String(load_default="", validate=validate.Length(max=200))


class WallApiQuery(WallQuery):
    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100))


class PeopleQuery(Schema):
    who = fields.String(load_default="", validate=validate.Length(max=200))


class KudosPersonOut(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)


class KudosOut(Schema):
    """Kudos as the asker may see them."""

    id = fields.Integer(required=True)
    giver = fields.Nested(KudosPersonOut, required=True)
    receivers = fields.List(fields.Nested(KudosPersonOut), required=True)
    message = fields.String(required=True)
    skill_id = fields.Integer(required=True)
    lang = fields.String(required=True, validate=validate.OneOf(rules.LANGUAGES))
    given_at = fields.DateTime(required=True)
    visible = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf((*rules.VISIBLE, None)),
        metadata={"description": "your own choice; null when these are not for you"},
    )
    thanked_at = fields.DateTime(
        required=True, allow_none=True, metadata={"description": "when you said thanks back"}
    )


class AllowanceOut(Schema):
    month = fields.String(required=True, metadata={"description": "such as 2026-11"})
    allowance = fields.Integer(required=True, metadata={"description": "how many receivers a month holds"})
    left = fields.Integer(required=True)
    renews_on = fields.Date(required=True)


class WallOut(Schema):
    kudos = fields.List(fields.Nested(KudosOut), required=True)
    next = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "`before` of the next page; null on the last"},
    )
