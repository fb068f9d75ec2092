"""What comes in about the rules and goes out; the page sends its table of numbers beside it."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from app.points.rules import KINDS, LIMITS


class RulesForm(Schema):
    """`seen` is the version that was on the page, `looked` what the preview was made of."""

    step = fields.String(load_default="preview", validate=validate.OneOf(("preview", "save")))
    seen = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 2**63 - 1))
    looked = fields.String(load_default="", validate=validate.Length(max=64))


class SwitchForm(Schema):
    """Points, and boards, for the whole organisation."""

    points_on = fields.Boolean(load_default=False)
    boards_on = fields.Boolean(load_default=False)


# The API --------------------------------------------------------------------------------------------------


def _whole(name: str, says: str) -> fields.Integer:
    limit = validate.Range(0, LIMITS[name])
    return fields.Integer(strict=True, validate=limit, metadata={"description": says})


class Number(fields.Float):
    """Ten is ten and not 10.0: the same rules sent again are no new version."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        number = super()._deserialize(value, attr, data, **kwargs)
        return int(number) if number is not None and number.is_integer() else number


class WorthOfKind(Schema):
    """What one kind is worth; what is left out counts for nothing, a cap left out is none."""

    points = _whole("points", "for each")
    per_hour = Number(
        validate=validate.Range(0, LIMITS["per_hour"]), metadata={"description": "for each hour of effort"}
    )
    cap_day = _whole("cap_day", "at most so many a day")
    cap_week = _whole("cap_week", "at most so many a week")


class Points(Schema):
    """The rules in the form of the catalogue file."""

    kinds = fields.Dict(
        keys=fields.String(validate=validate.OneOf(KINDS)),
        values=fields.Nested(WorthOfKind),
        load_default=dict,
    )
    activities = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 80)),
        values=fields.Integer(strict=True, validate=validate.Range(0, LIMITS["points"])),
        load_default=dict,
        metadata={"description": "slugs of activities with points of their own"},
    )
    mandatory = fields.Boolean(load_default=False, metadata={"description": "mandatory learning earns, too"})


class PreviewIn(Schema):
    rules = fields.Nested(Points, required=True)


class RulesIn(PreviewIn):
    """Other rules, and the version in force that they were made from."""

    seen = fields.Integer(
        required=True,
        allow_none=True,
        validate=validate.Range(1, 2**63 - 1),
        metadata={
            "description": "`version` as GET told it, null when there was none; 409 when there is another"
        },
    )


class VersionOut(Schema):
    """A version of the rules, in force from `valid_from` until the one after it."""

    version = fields.Integer(required=True, attribute="id")
    valid_from = fields.DateTime(required=True, attribute="at")
    by = fields.String(
        required=True, attribute="who", metadata={"description": "empty when not known, or not for you"}
    )
    role = fields.String(required=True, metadata={"description": "of who decided it"})
    rules = fields.Nested(Points, required=True)


class RulesOut(Schema):
    """The rules in force, and the versions that were, the latest first."""

    version = fields.Integer(required=True, allow_none=True)
    valid_from = fields.DateTime(required=True, allow_none=True)
    rules = fields.Nested(Points, required=True)
    versions = fields.List(fields.Nested(VersionOut), required=True)


_FEW = {"description": "so many people; null for fewer than five"}
_HIDDEN = {"description": "null when of fewer than five people"}


class KindPreviewOut(Schema):
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    before = fields.Integer(required=True, allow_none=True, metadata=_HIDDEN)
    after = fields.Integer(required=True, allow_none=True, metadata=_HIDDEN)


class PreviewOut(Schema):
    """What other rules would have done. Points of badges are not in it, and nobody is named."""

    month = fields.String(required=True, metadata={"description": "the last whole month, such as 2026-10"})
    more = fields.Integer(required=True, allow_none=True, metadata=_FEW)
    less = fields.Integer(required=True, allow_none=True, metadata=_FEW)
    same = fields.Integer(required=True, allow_none=True, metadata=_FEW)
    kinds = fields.List(fields.Nested(KindPreviewOut), required=True)
