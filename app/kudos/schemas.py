"""What comes in about kudos and goes out, for pages and API alike."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from app.kudos import rules

BIGGEST = 2**63 - 1
ID = validate.Range(1, BIGGEST)


class KudosIn(Schema):
    """Thanks, to colleagues or to a whole team. `once` makes sending them again safe: the same key, the same kudos."""

    receivers = fields.List(
        fields.Integer(validate=ID),
        load_default=list,
        validate=validate.Length(max=rules.RECEIVERS[1]),
        metadata={"description": "ids of the colleagues you thank"},
    )
    team_id = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=ID,
        metadata={"description": "or a whole team: whoever works in it now, without you"},
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

    @validates_schema
    def _one_of_both(self, data: dict[str, Any], **_: object) -> None:
        if data.get("receivers") and data.get("team_id"):
            raise ValidationError({"both": ["Send receivers or team_id, not both."]})


class ReceiversForm(Schema):
    """Whom a form has ticked so far, and the boxes to type one more name or a team in."""

    receivers = fields.List(
        fields.Integer(validate=ID), load_default=list, validate=validate.Length(max=rules.RECEIVERS[1])
    )
    who = fields.String(load_default="", validate=validate.Length(max=200))
    team_id = fields.Integer(load_default=None, allow_none=True, validate=ID)
    team = fields.String(load_default="", validate=validate.Length(max=200))


class KudosForm(ReceiversForm, KudosIn):
    """The same with those boxes: who is ticked may be nobody yet."""


class WordsIn(Schema):
    """Other words for thanks, where the care desk asked for them."""

    message = fields.String(required=True, validate=validate.Length(*rules.MESSAGE))


class VisibilityIn(Schema):
    """Who else may see thanks that you got."""

    visible = fields.String(required=True, validate=validate.OneOf(rules.VISIBLE))


class WallQuery(Schema):
    """Which kudos; with `of` those that somebody got, with `team` those that people of a team got."""

    show = fields.String(load_default="all", validate=validate.OneOf(("all", "received", "given")))
    of = fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"description": "the handle of a colleague, or your own"},
    )
    team = fields.Integer(load_default=None, allow_none=True, validate=ID)
    before = fields.Integer(load_default=None, allow_none=True, validate=ID)


class WallPageQuery(WallQuery):
    """`to` is the handle of whom the form is for, `like` the kudos whose words it begins with."""

    to = fields.String(load_default="", validate=validate.Length(max=200))
    like = fields.Integer(load_default=None, allow_none=True, validate=ID)
    undone = fields.Boolean(load_default=False)


class WallApiQuery(WallQuery):
    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100))


class PeopleQuery(Schema):
    who = fields.String(load_default="", validate=validate.Length(max=200))


class TeamsQuery(Schema):
    team = fields.String(load_default="", validate=validate.Length(max=200))


class WeightsQuery(Schema):
    person = fields.List(
        fields.Integer(validate=ID),
        load_default=list,
        validate=validate.Length(max=rules.TEAM),
        metadata={"description": "ids of colleagues"},
    )


class KudosPersonOut(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)


class KudosOut(Schema):
    """Kudos as the asker may see them."""

    id = fields.Integer(required=True)
    giver = fields.Nested(KudosPersonOut, required=True)
    receivers = fields.List(fields.Nested(KudosPersonOut), required=True)
    team = fields.String(
        required=True, allow_none=True, metadata={"description": "the team that was thanked as a whole"}
    )
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
    undo_until = fields.DateTime(
        required=True, allow_none=True, metadata={"description": "until when you can undo what you gave"}
    )
    hidden = fields.Boolean(
        required=True, metadata={"description": "the care desk hid it; only its giver still sees it"}
    )


class AllowanceOut(Schema):
    month = fields.String(required=True, metadata={"description": "such as 2026-11"})
    allowance = fields.Integer(required=True, metadata={"description": "how many receivers a month holds"})
    left = fields.Integer(required=True)
    teams = fields.Integer(
        required=True, metadata={"description": "how many whole teams a month holds; 0 if you manage nobody"}
    )
    teams_left = fields.Integer(required=True)
    renews_on = fields.Date(required=True)


class WallOut(Schema):
    kudos = fields.List(fields.Nested(KudosOut), required=True)
    next = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "`before` of the next page; null on the last"},
    )


class TeamOut(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    department = fields.String(required=True, allow_none=True)


class WeightOut(Schema):
    """What your thanks to a colleague would count for now; the words always count."""

    id = fields.Integer(required=True, attribute="person_id")
    earlier = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "thanks between you two in the last 90 days; null without points"},
    )
    weight = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "from 1 to 0: halved for each after the second; null without points"},
    )


class NotThankedOut(KudosPersonOut):
    last_at = fields.DateTime(required=True, allow_none=True, metadata={"description": "null: never"})
