"""What one may ask of a board, and a board in JSON."""

from marshmallow import Schema, fields, validate

from leaderboards.periods import KINDS


class BoardQuery(Schema):
    """Which board, and which part of it."""

    scope = fields.String(load_default="organisation", validate=validate.Length(max=40))
    period = fields.String(load_default="month", validate=validate.OneOf(KINDS))
    before = fields.Boolean(load_default=False, metadata={"description": "the window before this one"})
    page = fields.Integer(load_default=0, validate=validate.Range(0, 100_000))


class RowsQuery(BoardQuery):
    """The rows between the top and those around me, from the lowest up."""

    until = fields.Integer(load_default=0, validate=validate.Range(0, 10_000_000))


class BoardApiQuery(BoardQuery):
    """`around=me`, or a page."""

    around = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(["me"]))
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))
    per_page = fields.Integer(load_default=25, validate=validate.Range(1, 100))


class MineOut(Schema):
    rank = fields.Integer(required=True)
    score = fields.Integer(required=True)
    percentile = fields.Integer(
        required=True,
        metadata={"description": "the share of the board that does not stand above you, in percents"},
    )


class RowOut(Schema):
    rank = fields.Integer(required=True)
    score = fields.Integer(required=True)
    name = fields.String(required=True, allow_none=True)
    person_id = fields.Integer(required=True, allow_none=True)
    me = fields.Boolean(required=True)


class BoardOut(Schema):
    board = fields.String(required=True, metadata={"description": "scope and window"})
    size = fields.Integer(required=True)
    updated_at = fields.DateTime(required=True)
    me = fields.Nested(MineOut, required=True, allow_none=True)
    rows = fields.List(fields.Nested(RowOut), required=True)
