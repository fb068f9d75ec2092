"""What the forms of goals and skills send."""

from marshmallow import Schema, fields, validate

from app.vision.rules import ENAMELS

NAME = validate.Length(1, 200)
VERSION = validate.Range(1, 2**63 - 1)


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
