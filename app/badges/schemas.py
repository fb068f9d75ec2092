"""Badges in JSON."""

from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

VISIBLE = ("me", "colleagues", "public")


PARTS = ("earned", "reach", "skill", "day")


class AlbumQuery(Schema):
    """What an album shows: what is earned, what is in reach, the sets of each skill, or month by month.

    `open` is the award at whose tile one chooses who may open it, `shut` the one where one chose nothing after all.
    """

    by = fields.String(load_default="earned", validate=validate.OneOf(PARTS))
    open = fields.UUID(load_default=None)
    shut = fields.UUID(load_default=None)


class TileForm(Schema):
    """Who may open the page of an award, and the part of the album where its holder said so."""

    visible = fields.String(required=True, validate=validate.OneOf(VISIBLE))
    by = fields.String(load_default="earned", validate=validate.OneOf(PARTS))


class MomentForm(Schema):
    """The awards that were shown, and where to go on to."""

    award = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=100))
    then = fields.String(load_default="", validate=validate.OneOf(("", "badge", "thanks")))


SHOWN = {"description": "only me, all colleagues, or public: anyone with the link"}
USABLE = {"description": "whether it may be used in your review, whoever else may open its page"}
NOTHING = _l("Say who may see it, or whether it may be used in your review.")


class ShowIn(Schema):
    """Who may open the page of an award, and whether it may be used in a review of its holder."""

    visible = fields.String(validate=validate.OneOf(VISIBLE), metadata=SHOWN)
    in_review = fields.Boolean(metadata=USABLE)

    @validates_schema
    def says_something(self, told: dict[str, Any], **_: Any) -> None:
        if not any(value or name != "also_now" for name, value in told.items()):
            raise ValidationError(str(NOTHING), "visible")


class ShowForm(Schema):
    """The same from a page: a box that is not ticked is not sent."""

    visible = fields.String(required=True, validate=validate.OneOf(VISIBLE))
    in_review = fields.Boolean(load_default=False)


class StandingForm(ShowForm):
    """What new badges start with, and whether those of now follow."""

    also_now = fields.Boolean(load_default=False)


class StandingIn(ShowIn):
    also_now = fields.Boolean(
        load_default=False, metadata={"description": "whether the badges that you have now follow it too"}
    )


class StandingOut(Schema):
    visible = fields.String(required=True, metadata={**SHOWN, "enum": VISIBLE})
    in_review = fields.Boolean(required=True, metadata=USABLE)


class AskIn(Schema):
    """Which colleague is asked whether their name may stand on the page of an award."""

    colleague = fields.Integer(required=True, strict=False)


class AnswerIn(Schema):
    answer = fields.String(required=True, validate=validate.OneOf(("yes", "no")))


class Said(Schema):
    """A text in both languages."""

    nl = fields.String(required=True)
    en = fields.String(required=True)


class AwardOut(Schema):
    id = fields.UUID(required=True)
    badge = fields.String(required=True, metadata={"description": "its slug"})
    name = fields.Nested(Said, required=True)
    tier = fields.Integer(required=True)
    period = fields.String(allow_none=True, metadata={"description": "the window of a badge that repeats"})
    earned_at = fields.DateTime(required=True)
    points = fields.Integer(allow_none=True, metadata={"description": "null without points and boards"})
    version = fields.Integer(
        required=True, metadata={"description": "of the criteria that it was given under"}
    )
    evidence = fields.List(fields.Nested("EvidenceOut"), required=True)
    visible = fields.String(
        required=True,
        metadata={"description": "who may open its page: me, colleagues, public", "enum": VISIBLE},
    )
    in_review = fields.Boolean(required=True, metadata=USABLE)
    link = fields.Url(required=True, metadata={"description": "its page"})


class EvidenceOut(Schema):
    kind = fields.String(required=True)
    at = fields.DateTime(required=True)
    title = fields.Nested(Said, allow_none=True)


class AwardsOut(Schema):
    awards = fields.List(fields.Nested(AwardOut), required=True)


class StepOut(Schema):
    said = fields.String(required=True)
    done = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "null where it would say points to who does without"},
    )
    needed = fields.Integer(required=True, allow_none=True)
    met = fields.Boolean(required=True)
    missing = fields.List(fields.String(), required=True)


class BadgeOut(Schema):
    slug = fields.String(required=True)
    name = fields.Nested(Said, required=True)
    summary = fields.Nested(Said, required=True)
    tiers = fields.Integer(required=True)
    tier = fields.Integer(allow_none=True, metadata={"description": "the highest one you hold"})
    next_tier = fields.Integer(allow_none=True)
    steps = fields.List(fields.Nested(StepOut), required=True)


class BadgesOut(Schema):
    badges = fields.List(fields.Nested(BadgeOut), required=True)
