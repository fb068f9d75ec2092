"""What comes in about goals and skills and goes out, for pages and API alike."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from app.vision.rules import ENAMELS, MOST_LEVELS, is_link

NAME = validate.Length(1, 200)
VERSION = validate.Range(1, 2**63 - 1)


class Line(fields.String):
    """One line of text, without blanks around it or in rows."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        return " ".join(super()._deserialize(value, attr, data, **kwargs).split())


def opens(link: str) -> None:
    """An address may be left empty."""
    if link and not is_link(link):
        raise ValidationError("Give an address that begins with http:// or https://.")


class GoalForm(Schema):
    """A goal in the organisation's own words."""

    name_nl = fields.String(required=True, validate=NAME)
    name_en = fields.String(required=True, validate=NAME)
    version = fields.Integer(load_default=None, allow_none=True, validate=VERSION)


class GoalStep(Schema):
    """What to do with the goal that stands: up, down, or away."""

    step = fields.String(required=True, validate=validate.OneOf(("up", "down", "remove")))


class SkillForm(Schema):
    """A skill; `levels_nl` and `levels_en` have a level a line, in the same order."""

    name_nl = fields.String(required=True, validate=NAME)
    name_en = fields.String(required=True, validate=NAME)
    enamel = fields.String(required=True, validate=validate.OneOf(ENAMELS))
    parent = fields.String(load_default="", validate=validate.Length(max=80))
    goal = fields.String(load_default="", validate=validate.Length(max=80))
    levels_nl = fields.String(load_default="", validate=validate.Length(max=2000))
    levels_en = fields.String(load_default="", validate=validate.Length(max=2000))
    framework = fields.String(load_default="", validate=validate.Length(max=2000))
    retired = fields.Boolean(load_default=False)
    version = fields.Integer(load_default=None, allow_none=True, validate=VERSION)


# The API --------------------------------------------------------------------------------------------------

_VERSION = {
    "description": "the version that you changed; 409 when there is a newer one. Null: whatever stands"
}
_SLUG = validate.Length(1, 80)


class TextsIn(Schema):
    """The same in Dutch and in English."""

    nl = Line(required=True, validate=NAME)
    en = Line(required=True, validate=NAME)


class GoalMake(Schema):
    """A new goal; its slug is made from its English name."""

    name = fields.Nested(TextsIn, required=True)


class GoalWrite(GoalMake):
    """A goal as it shall be said."""

    version = fields.Integer(load_default=None, allow_none=True, validate=VERSION, metadata=_VERSION)


class SkillMake(Schema):
    """A new skill; its slug is made from its English name. What is left out is empty."""

    name = fields.Nested(TextsIn, required=True)
    enamel = fields.String(required=True, validate=validate.OneOf(ENAMELS))
    parent = fields.String(
        load_default=None,
        allow_none=True,
        validate=_SLUG,
        metadata={"description": "slug of the skill above it"},
    )
    goal = fields.String(
        load_default=None, allow_none=True, validate=_SLUG, metadata={"description": "slug of a goal"}
    )
    levels = fields.List(
        fields.Nested(TextsIn), load_default=list, validate=validate.Length(max=MOST_LEVELS),
        metadata={"description": "names of levels, the first one first"},
    )  # fmt: skip
    framework = fields.String(
        load_default="",
        validate=[validate.Length(max=2000), opens],
        metadata={"description": "its address in a framework such as ESCO"},
    )
    retired = fields.Boolean(load_default=False)


class SkillWrite(SkillMake):
    """A skill as it shall be."""

    version = fields.Integer(load_default=None, allow_none=True, validate=VERSION, metadata=_VERSION)


class TextsOut(Schema):
    nl = fields.String(required=True)
    en = fields.String(required=True)


class GoalOut(Schema):
    """A goal of the organisation."""

    slug = fields.String(required=True)
    name = fields.Nested(TextsOut, required=True)
    version = fields.Integer(required=True)


class GoalsOut(Schema):
    goals = fields.List(fields.Nested(GoalOut), required=True)


class SkillOut(Schema):
    """A skill; `parent` and `goal` are slugs, or null."""

    id = fields.Integer(required=True)
    slug = fields.String(required=True)
    name = fields.Nested(TextsOut, required=True)
    enamel = fields.String(required=True)
    parent = fields.String(required=True, allow_none=True)
    goal = fields.String(required=True, allow_none=True)
    levels = fields.List(fields.Nested(TextsOut), required=True)
    framework = fields.String(required=True)
    retired = fields.Boolean(required=True, metadata={"description": "not chosen any more"})
    version = fields.Integer(required=True)


class SkillsOut(Schema):
    skills = fields.List(
        fields.Nested(SkillOut), required=True, metadata={"description": "each after the skill above it"}
    )
