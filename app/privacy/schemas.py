"""What is asked of traces and exports, and how they are told in JSON."""

from marshmallow import Schema, fields, validate

BIGGEST = 2**63 - 1
_id = validate.Range(1, BIGGEST)


class OlderQuery(Schema):
    """Where the page before ended: `before` and `before_id` of its `next`."""

    before = fields.AwareDateTime(load_default=None, allow_none=True)
    before_id = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, BIGGEST))


class ActsQuery(OlderQuery):
    """Which acts: of one kind, by somebody, about somebody, from a day until another (both included)."""

    action = fields.String(load_default="", validate=validate.Length(0, 60))
    by_id = fields.Integer(load_default=None, allow_none=True, validate=_id)
    about_id = fields.Integer(load_default=None, allow_none=True, validate=_id)
    since = fields.Date(load_default=None, allow_none=True)
    until = fields.Date(load_default=None, allow_none=True)


class AuditQuery(ActsQuery):
    """The same from a page, on which people are typed by name."""

    by = fields.String(load_default="", validate=validate.Length(0, 100))
    about = fields.String(load_default="", validate=validate.Length(0, 100))


class ExportOut(Schema):
    id = fields.UUID(required=True)
    asked_at = fields.DateTime(required=True)
    state = fields.String(required=True, metadata={"description": "asked or made", "enum": ["asked", "made"]})
    made_at = fields.DateTime(allow_none=True)
    ends_at = fields.DateTime(allow_none=True, metadata={"description": "until when it can be downloaded"})
    bytes = fields.Integer(required=True)


class ExportsOut(Schema):
    exports = fields.List(fields.Nested(ExportOut), required=True)


class WhoOut(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)


class NextOut(Schema):
    before = fields.AwareDateTime(required=True)
    before_id = fields.Integer(required=True)


class LookOut(Schema):
    hour = fields.DateTime(required=True, metadata={"description": "it was within the hour that begins here"})
    what = fields.String(required=True)
    said = fields.String(required=True, metadata={"description": "what it is, in words"})
    allowed = fields.Boolean(required=True, metadata={"description": "false: the look was refused"})
    who = fields.Nested(WhoOut, allow_none=True, metadata={"description": "null: erased since"})


class LooksOut(Schema):
    looks = fields.List(fields.Nested(LookOut), required=True)
    next = fields.Nested(
        NextOut, allow_none=True, metadata={"description": "with which to ask for older ones"}
    )


class RefusedOut(LookOut):
    whom = fields.Nested(WhoOut, allow_none=True)


class RefusedLooksOut(Schema):
    looks = fields.List(fields.Nested(RefusedOut), required=True)
    next = fields.Nested(NextOut, allow_none=True)


class ActOut(Schema):
    at = fields.DateTime(required=True)
    action = fields.String(required=True)
    said = fields.String(required=True, metadata={"description": "what it is, in words"})
    reason = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "why HR opened your review that is over; told to you alone"},
    )
    by = fields.Nested(WhoOut, allow_none=True, metadata={"description": "null: nobody, or erased since"})


class ActsOut(Schema):
    acts = fields.List(fields.Nested(ActOut), required=True)
    next = fields.Nested(NextOut, allow_none=True)


class AuditOut(ActOut):
    id = fields.Integer(required=True)
    about = fields.Nested(WhoOut, allow_none=True)
    detail = fields.Dict(required=True)


class AuditsOut(Schema):
    acts = fields.List(fields.Nested(AuditOut), required=True)
    next = fields.Nested(NextOut, allow_none=True)


class TermOut(Schema):
    name = fields.String(required=True)
    said = fields.String(required=True)
    until = fields.String(required=True, metadata={"description": "how long it is kept, in words"})
    goes = fields.Integer(required=True, metadata={"description": "how many the next clean-up lets go"})


class RetentionOut(Schema):
    next = fields.List(fields.Nested(TermOut), required=True)


class EraseForm(Schema):
    """Whom, and that one knows what one does."""

    ids = fields.List(fields.Integer(validate=_id), load_default=[], validate=validate.Length(0, 1000))
    sure = fields.Boolean(load_default=False)


class EraseQuery(Schema):
    ids = fields.List(fields.Integer(validate=_id), load_default=[], validate=validate.Length(0, 1000))
    erased = fields.Integer(load_default=0, validate=validate.Range(0, 1000))
    said = fields.String(load_default="", validate=validate.OneOf(("", "refused", "extended")))


class EraseIn(Schema):
    """Whom to erase. Nothing brings them back: `sure` has to be true."""

    people = fields.List(fields.Integer(validate=_id), required=True, validate=validate.Length(1, 1000))
    sure = fields.Boolean(required=True, validate=validate.Equal(True))


class ErasedQuery(Schema):
    before = fields.Integer(load_default=None, allow_none=True, validate=_id)


class ErasureOut(Schema):
    person_id = fields.Integer(required=True, metadata={"description": "the number that stays, for the sums"})
    at = fields.DateTime(required=True)


class ErasuresOut(Schema):
    erasures = fields.List(fields.Nested(ErasureOut), required=True)
    next = fields.Integer(allow_none=True, metadata={"description": "`before` of the next page"})


class ErasedOut(Schema):
    erased = fields.List(fields.Integer(), required=True, metadata={"description": "whom this call erased"})


class RefusalOut(Schema):
    asked_at = fields.DateTime(required=True)
    refused_at = fields.DateTime(required=True)
    because = fields.String(required=True)


class MyErasureOut(Schema):
    asked_at = fields.DateTime(
        required=True, allow_none=True, metadata={"description": "null: you do not ask for it"}
    )
    due = fields.Date(required=True, allow_none=True, metadata={"description": "by when it is answered"})
    extended_because = fields.String(
        required=True, allow_none=True, metadata={"description": "why the answer takes longer than a month"}
    )
    refusals = fields.List(
        fields.Nested(RefusalOut), required=True, metadata={"description": "of earlier wishes, newest first"}
    )


class RefuseForm(Schema):
    because = fields.String(load_default="", validate=validate.Length(max=8000))


class ExtendForm(RefuseForm):
    until = fields.Date(load_default=None, allow_none=True)


class RefuseIn(Schema):
    """Why not; they read exactly this, and that they can complain."""

    because = fields.String(required=True, validate=validate.Length(max=8000))


class ExtendIn(RefuseIn):
    """Why it takes longer, and until when: at most three months after they asked."""

    until = fields.Date(required=True)


class WishOut(Schema):
    person_id = fields.Integer(required=True)
    name = fields.String(required=True)
    asked_at = fields.DateTime(required=True)
    due = fields.Date(required=True, metadata={"description": "by when they get an answer"})
    extended = fields.Boolean(required=True, metadata={"description": "put off once already"})


class WishesOut(Schema):
    requests = fields.List(fields.Nested(WishOut), required=True)


class MentionOut(Schema):
    kind = fields.String(
        required=True, metadata={"description": "lesson, kudos, recognition, activity, wish"}
    )
    where = fields.String(required=True, metadata={"description": "its address"})
    whole = fields.Boolean(required=True, metadata={"description": "false: only the first name"})


class HiddenMentionsOut(Schema):
    kind = fields.String(required=True)
    number = fields.Integer(required=True)


class MentionsOut(Schema):
    found = fields.List(fields.Nested(MentionOut), required=True)
    hidden = fields.List(
        fields.Nested(HiddenMentionsOut), required=True,
        metadata={"description": "texts that not every colleague may read: how many, by kind"},
    )  # fmt: skip
    more = fields.Boolean(required=True)
