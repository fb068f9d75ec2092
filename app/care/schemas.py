"""What comes in about reports and goes out, for pages and API alike."""

from marshmallow import Schema, fields, validate

from app.care import rules

BIGGEST = 2**63 - 1


class SubjectQuery(Schema):
    kind = fields.String(required=True, validate=validate.OneOf(rules.KINDS))
    content_id = fields.Integer(required=True, validate=validate.Range(1, BIGGEST))


class ReportIn(SubjectQuery):
    reason = fields.String(required=True, validate=validate.OneOf(rules.REASONS))
    words = fields.String(
        load_default="",
        validate=validate.Length(max=rules.WORDS),
        metadata={"description": "read by the care desk alone; needed where the reason is `other`"},
    )


class DecisionIn(Schema):
    decision = fields.String(required=True, validate=validate.OneOf(rules.DECISIONS))
    answer = fields.String(
        load_default="",
        validate=validate.Length(max=rules.ANSWER),
        metadata={"description": "why, told to both sides; needed unless it is left as it is"},
    )


class ShowIn(Schema):
    answer = fields.String(
        required=True,
        validate=validate.Length(max=rules.ANSWER),
        metadata={"description": "why it is shown again, told to both sides"},
    )


class DeskQuery(Schema):
    decided = fields.Boolean(load_default=False)


class ReportOut(Schema):
    """What you reported, and what became of it."""

    id = fields.Integer(required=True)
    kind = fields.String(required=True)
    content_id = fields.Integer(required=True)
    reason = fields.String(required=True)
    words = fields.String(required=True)
    reported_at = fields.DateTime(required=True)
    state = fields.String(required=True, validate=validate.OneOf((rules.OPEN, rules.DECIDED)))
    decision = fields.String(required=True, allow_none=True)
    answer = fields.String(required=True)
    decided_at = fields.DateTime(required=True, allow_none=True)


class OwnReportedOut(Schema):
    """Something of yours that was reported. Who reported it is nowhere."""

    kind = fields.String(required=True)
    content_id = fields.Integer(required=True)
    said = fields.String(required=True, metadata={"description": "a title, or the words of thanks"})
    reason = fields.String(required=True)
    reported_at = fields.DateTime(required=True)
    state = fields.String(required=True, validate=validate.OneOf((rules.OPEN, rules.DECIDED)))
    decision = fields.String(required=True, allow_none=True)
    answer = fields.String(required=True)


class WhyOut(Schema):
    reason = fields.String(required=True)
    words = fields.String(required=True)
    reported_at = fields.DateTime(required=True)


class CaseOut(Schema):
    """Reports about one thing. Who reported is nowhere; a lesson has no author here."""

    id = fields.Integer(required=True, metadata={"description": "with which it is decided"})
    kind = fields.String(required=True)
    content_id = fields.Integer(required=True)
    reports = fields.List(fields.Nested(WhyOut), required=True)
    texts = fields.List(fields.String(), required=True)
    lang = fields.String(required=True, allow_none=True)
    giver = fields.String(required=True, allow_none=True)
    receivers = fields.List(fields.String(), required=True)
    gone = fields.Boolean(required=True, metadata={"description": "its author has taken it away since"})
    hidden = fields.Boolean(required=True)
    decision = fields.String(required=True, allow_none=True)
    answer = fields.String(required=True, allow_none=True)
    decided_at = fields.DateTime(required=True, allow_none=True)


class DeskOut(Schema):
    cases = fields.List(fields.Nested(CaseOut), required=True)
    for_others = fields.Integer(
        required=True, metadata={"description": "cases that you are part of; a colleague decides"}
    )
