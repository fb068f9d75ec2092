"""What comes in about conversations and goes out, for pages and API alike."""

from marshmallow import Schema, fields, validate

from app.conversations import rules

BIGGEST = 2**63 - 1
ID = validate.Range(1, BIGGEST)


class PlanIn(Schema):
    on = fields.Date(required=True)


class PlanWithIn(PlanIn):
    """`person_id` is who reports to you; without it, you plan with your own manager."""

    person_id = fields.Integer(load_default=None, allow_none=True, validate=ID)


class EndIn(Schema):
    """Whether it was held, or does not take place."""

    held = fields.Boolean(load_default=True)


class NoteIn(Schema):
    """A question or a note. `file` lets the other read it at once; `note_id` is a draft to put in other words."""

    kind = fields.String(load_default="note", validate=validate.OneOf(rules.KINDS))
    text = fields.String(required=True, validate=validate.Length(*rules.TEXT), attribute="words")
    note_id = fields.Integer(load_default=None, allow_none=True, validate=ID)
    file = fields.Boolean(load_default=False, attribute="filed")


class ConversationPersonOut(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)


class NoteOut(Schema):
    id = fields.Integer(required=True)
    writer = fields.Nested(ConversationPersonOut, required=True)
    kind = fields.String(required=True, validate=validate.OneOf(rules.KINDS))
    text = fields.String(required=True)
    written_at = fields.DateTime(required=True)
    filed_at = fields.DateTime(
        required=True, allow_none=True, metadata={"description": "null: a draft, which only its writer sees"}
    )


class ConversationOut(Schema):
    id = fields.Integer(required=True)
    person = fields.Nested(ConversationPersonOut, required=True)
    manager = fields.Nested(ConversationPersonOut, required=True)
    planned_on = fields.Date(required=True)
    held_at = fields.DateTime(required=True, allow_none=True)
    cancelled_at = fields.DateTime(required=True, allow_none=True)


class ConversationWholeOut(ConversationOut):
    notes = fields.List(fields.Nested(NoteOut), required=True)


class ConversationsOut(Schema):
    mine = fields.List(fields.Nested(ConversationOut), required=True, metadata={"description": "about you"})
    coming = fields.List(
        fields.Nested(ConversationOut),
        required=True,
        metadata={"description": "planned with who reports to you"},
    )
