"""What the rules page sends beside its table of numbers."""

from marshmallow import Schema, fields, validate


class RulesForm(Schema):
    """`seen` is the version that was on the page, `looked` what the preview was made of."""

    step = fields.String(load_default="preview", validate=validate.OneOf(("preview", "save")))
    seen = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 2**63 - 1))
    looked = fields.String(load_default="", validate=validate.Length(max=64))


class SwitchForm(Schema):
    """Points, and boards, for the whole organisation."""

    points_on = fields.Boolean(load_default=False)
    boards_on = fields.Boolean(load_default=False)
