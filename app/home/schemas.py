"""The ledger in JSON: one's own entries, each with its receipt."""

from marshmallow import Schema, fields, validate

BIGGEST = 2**63 - 1


class LedgerQuery(Schema):
    before = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, BIGGEST),
        metadata={"description": "`next` of the page before"},
    )


class ReceiptsQuery(LedgerQuery):
    entry = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, BIGGEST))


class LedgerApiQuery(LedgerQuery):
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class Said(Schema):
    nl = fields.String()
    en = fields.String()


class EntryOut(Schema):
    id = fields.Integer(required=True)
    points = fields.Integer(
        required=True, metadata={"description": "negative where it takes another entry back"}
    )
    reason = fields.String(
        required=True,
        metadata={
            "description": "earned, badge or reversal; or why it is 0: "
            "cap_day, cap_week, mandatory, worthless, retroactive, history"
        },
    )
    kind = fields.String(
        required=True,
        metadata={
            "description": "a kind of activity, lesson_shared, lesson_applied, kudos_received or badge"
        },
    )
    earned_at = fields.DateTime(required=True)
    recorded_at = fields.DateTime(required=True)
    reverses = fields.Integer(required=True, allow_none=True, attribute="reverses_id")
    reversed_by = fields.Integer(required=True, allow_none=True)
    rules_since = fields.DateTime(
        required=True, allow_none=True, metadata={"description": "the version of the rules in force then"}
    )
    source = fields.String(required=True, attribute="fact_source", allow_none=True)
    activity = fields.Nested(Said, required=True, allow_none=True)
    badge = fields.Nested(Said, required=True, allow_none=True)
    tier = fields.Integer(required=True, allow_none=True)
    badge_version = fields.Integer(required=True, allow_none=True)
    lesson = fields.String(required=True, allow_none=True)
    counterpart = fields.String(required=True, allow_none=True)
    confirmed_by = fields.String(required=True, allow_none=True, attribute="confirmer")


class LedgerOut(Schema):
    entries = fields.List(fields.Nested(EntryOut), required=True)
    next = fields.Integer(required=True, allow_none=True)
