"""What comes in and goes out in JSON when panels assess, people decide, and HR keeps rounds. No sums, no advice."""

from marshmallow import Schema, fields, validate

from app.reviews import rules
from app.reviews.schemas import BIGGEST, ID, ReviewPersonOut, Texts

WORDS = validate.Length(max=4 * rules.TEXT[1])  # the action says how long is too long
VERSION = validate.Range(0, BIGGEST)
READ = {"description": "the `version` of the file that you read; when it has moved on: 409 `stale`"}
SEAT = validate.OneOf(rules.SEATS)
AS = ("holder", "member", "decider", "handler", "hr")


class AssessedIn(Schema):
    criterion_id = fields.Integer(required=True, validate=ID)
    verdict = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(rules.VERDICTS))
    words = fields.String(load_default="", validate=WORDS)
    version = fields.Integer(
        load_default=0, validate=VERSION, metadata={"description": "of the draft before you; 0 for none"}
    )


class AssessmentIn(Schema):
    """A draft; with `hand_in` all of it is handed in at once, which ends your part."""

    items = fields.List(fields.Nested(AssessedIn), load_default=list, validate=validate.Length(max=200))
    hand_in = fields.Boolean(load_default=False)


class AsideIn(Schema):
    seat = fields.String(
        load_default=None, allow_none=True, validate=SEAT, metadata={"description": "left out: every one"}
    )


class DecisionDraftIn(Schema):
    outcome = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(rules.OUTCOMES))
    words = fields.String(load_default="", validate=WORDS)
    from_on = fields.Date(load_default=None, allow_none=True)
    plan_on = fields.Date(
        load_default=None, allow_none=True, metadata={"description": "until when what is open becomes a goal"}
    )
    draft = fields.Integer(
        load_default=0, validate=VERSION, metadata={"description": "version of the draft before you"}
    )


class DecisionIn(DecisionDraftIn):
    """Sign it, on the version of the file that was read."""

    class Meta:
        exclude = ("draft",)

    outcome = fields.String(required=True, validate=validate.OneOf(rules.OUTCOMES))
    words = fields.String(required=True, validate=WORDS)
    read = fields.Integer(required=True, validate=VERSION, metadata=READ)


class ReadIn(Schema):
    read = fields.Integer(required=True, validate=VERSION, metadata=READ)


class InWritingIn(Schema):
    words = fields.String(required=True, validate=WORDS)


class ObjectionAnswerIn(ReadIn):
    outcome = fields.String(required=True, validate=validate.OneOf(("stands", "anew")))
    words = fields.String(required=True, validate=WORDS)


class FrozenQuery(Schema):
    number = fields.Integer(
        load_default=0, validate=VERSION, metadata={"description": "left out: the latest one"}
    )


class FrozenPaperQuery(FrozenQuery):
    lang = fields.String(load_default="", validate=validate.OneOf(("", "nl", "en")))


class VerdictOut(Schema):
    criterion_id = fields.Integer(required=True)
    person = fields.Nested(ReviewPersonOut, required=True)
    verdict = fields.String(required=True, allow_none=True)
    words = fields.String(required=True)


class VerdictDraftOut(Schema):
    criterion_id = fields.Integer(required=True)
    verdict = fields.String(required=True, allow_none=True)
    words = fields.String(required=True)
    version = fields.Integer(required=True)


class DecidedOut(Schema):
    person = fields.Nested(ReviewPersonOut, required=True)
    outcome = fields.String(required=True, allow_none=True)
    words = fields.String(required=True)
    from_on = fields.Date(required=True, allow_none=True)
    plan_on = fields.Date(required=True, allow_none=True)
    signed_at = fields.DateTime(required=True, allow_none=True)


class DecisionDraftOut(DecidedOut):
    class Meta:
        exclude = ("person", "signed_at")

    version = fields.Integer(required=True)


class ReviewObjectionOut(Schema):
    words = fields.String(required=True)
    filed_at = fields.DateTime(required=True)
    due = fields.Date(required=True, metadata={"description": "by when it is answered"})
    handler = fields.Nested(ReviewPersonOut, required=True, allow_none=True)
    outcome = fields.String(required=True, allow_none=True)
    answer = fields.String(required=True, allow_none=True)
    handled_at = fields.DateTime(required=True, allow_none=True)


class DossierOut(Schema):
    number = fields.Integer(required=True)
    sha256 = fields.String(required=True, metadata={"description": "of the bytes of the JSON"})
    frozen_at = fields.DateTime(required=True)
    keep_until = fields.Date(required=True)
    destroyed_at = fields.DateTime(required=True, allow_none=True)


class JudgedOut(Schema):
    """What was judged, as far as you may read it now; `drafts` and `draft` are yours alone."""

    version = fields.Integer(required=True, metadata={"description": "of the file: name it when you sign"})
    stage = fields.String(required=True, validate=validate.OneOf(rules.STAGES))
    you = fields.List(
        fields.String(validate=validate.OneOf(AS)),
        required=True,
        metadata={"description": "as what you read"},
    )
    verdicts = fields.List(fields.Nested(VerdictOut), required=True)
    drafts = fields.List(fields.Nested(VerdictDraftOut), required=True)
    decisions = fields.List(fields.Nested(DecidedOut), required=True)
    differs = fields.Boolean(required=True, metadata={"description": "two signed, and not the same"})
    draft = fields.Nested(DecisionDraftOut, required=True, allow_none=True)
    sign_until = fields.Date(required=True, allow_none=True)
    seen_at = fields.DateTime(required=True, allow_none=True)
    answer = fields.String(required=True, allow_none=True)
    object_until = fields.Date(required=True, allow_none=True)
    objection = fields.Nested(ReviewObjectionOut, required=True, allow_none=True)
    earlier_objections = fields.List(
        fields.Nested(ReviewObjectionOut),
        required=True,
        metadata={"description": "against decisions that others took anew since, newest first"},
    )
    dossiers = fields.List(fields.Nested(DossierOut), required=True)


class SignedOut(Schema):
    stage = fields.String(
        required=True,
        metadata={
            "description": "deciding (another signs too), differs, decided (until its round), released"
        },
    )
    review = fields.Nested(JudgedOut, required=True)


class DraftKeptOut(Schema):
    draft = fields.Integer(required=True, metadata={"description": "version of the draft that is kept"})


# HR ---------------------------------------------------------------------------------------------------------


class RoundBodyIn(Schema):
    """A round: everywhere when it names no departments."""

    name_nl = fields.String(required=True, validate=validate.Length(*rules.NAME))
    name_en = fields.String(required=True, validate=validate.Length(*rules.NAME))
    evidence_due = fields.Date(required=True)
    panel_due = fields.Date(required=True)
    decide_due = fields.Date(required=True)
    release_on = fields.Date(required=True)


class RoundOpenIn(RoundBodyIn):
    """`once` makes opening it again safe: the same key, the same round."""

    jobs = fields.List(
        fields.Integer(validate=ID), required=True, validate=validate.Length(1, 200),
        metadata={"description": "ids of jobs with published criteria"},
    )  # fmt: skip
    units = fields.List(
        fields.Integer(validate=ID), load_default=list, validate=validate.Length(max=500),
        metadata={"description": "ids of departments; none: everywhere"},
    )  # fmt: skip
    deciders = fields.Integer(load_default=1, validate=validate.OneOf((1, 2)))
    seen_days = fields.Integer(load_default=rules.SEEN_DAYS, validate=validate.Range(7, 90))
    object_days = fields.Integer(load_default=rules.OBJECT_DAYS, validate=validate.Range(7, 90))
    once = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 100))


class RoundChangeIn(RoundBodyIn):
    """Its name and its dates, as long as it is not released; `version` is the one that you read."""

    version = fields.Integer(required=True, validate=VERSION)


class SitIn(Schema):
    person_id = fields.Integer(required=True, validate=ID)
    seat = fields.String(required=True, validate=SEAT)


class MayTakePartIn(Schema):
    person_id = fields.Integer(required=True, validate=ID)
    job_id = fields.Integer(required=True, validate=ID)


class TakePartIn(Schema):
    job_id = fields.Integer(required=True, validate=ID)


class HandlerIn(Schema):
    person_id = fields.Integer(required=True, validate=ID)


class MarkIn(Schema):
    mark = fields.String(
        required=True, validate=validate.Length(1, 64),
        metadata={"description": "of the round as you read it: when somebody decided since, 409"},
    )  # fmt: skip


class RemindersIn(Schema):
    reviews = fields.List(fields.UUID(), required=True, validate=validate.Length(1, 500))


class DeskListQuery(Schema):
    stage = fields.String(
        load_default="", validate=validate.OneOf(("", "late", "objection", *rules.STAGES)),
        metadata={"description": "left out: all that are underway"},
    )  # fmt: skip
    round_id = fields.Integer(load_default=None, allow_none=True, validate=ID)
    department_id = fields.Integer(load_default=None, allow_none=True, validate=ID)
    q = fields.String(load_default="", validate=validate.Length(max=80))
    page = fields.Integer(load_default=1, validate=validate.Range(1, 10_000))


class NamedOut(Schema):
    id = fields.Integer(required=True)
    name = fields.Raw(required=True)


class JobNameOut(Schema):
    id = fields.Integer(required=True)
    name = Texts(required=True)


class DeskRowOut(Schema):
    id = fields.UUID(required=True)
    stage = fields.String(required=True, validate=validate.OneOf(rules.STAGES))
    person = fields.Nested(ReviewPersonOut, required=True)
    job = Texts(required=True)
    department = fields.String(required=True, allow_none=True)
    round_id = fields.Integer(required=True, allow_none=True)
    due = fields.Date(required=True, allow_none=True)
    late = fields.Boolean(required=True)
    members = fields.Integer(required=True, metadata={"description": "seats on the panel that are taken"})
    decides = fields.Boolean(
        required=True, metadata={"description": "there are as many to decide as it takes"}
    )
    objected_at = fields.DateTime(required=True, allow_none=True)
    handled_at = fields.DateTime(required=True, allow_none=True)


class DeskOut(Schema):
    reviews = fields.List(fields.Nested(DeskRowOut), required=True)
    more = fields.Boolean(required=True)


class ToldOut(Schema):
    people = fields.Integer(required=True, metadata={"description": "how many were told"})


class PanelsRowOut(Schema):
    """Over reviews, never per person, from five on."""

    key = fields.UUID(required=True)
    job = Texts(required=True)
    text = Texts(required=True)
    reviews = fields.Integer(required=True)
    said = fields.Integer(required=True)
    met = fields.Integer(required=True)
    partly = fields.Integer(required=True)
    not_yet = fields.Integer(required=True)


class PanelsOut(Schema):
    criteria = fields.List(fields.Nested(PanelsRowOut), required=True)


class RoundOut(Schema):
    id = fields.Integer(required=True)
    name = Texts(required=True)
    evidence_due = fields.Date(required=True)
    panel_due = fields.Date(required=True)
    decide_due = fields.Date(required=True)
    release_on = fields.Date(required=True)
    deciders = fields.Integer(required=True)
    seen_days = fields.Integer(required=True)
    object_days = fields.Integer(required=True)
    opened_at = fields.DateTime(required=True)
    invited_at = fields.DateTime(required=True, allow_none=True)
    released_at = fields.DateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)


class RoundsOut(Schema):
    rounds = fields.List(fields.Nested(RoundOut), required=True)


class RoundSeatOut(Schema):
    person = fields.Nested(ReviewPersonOut, required=True)
    seat = fields.String(required=True, validate=SEAT)


class RoundPersonOut(Schema):
    person = fields.Nested(ReviewPersonOut, required=True)
    job_id = fields.Integer(required=True)
    listed = fields.Boolean(required=True, metadata={"description": "by HR, whatever they do now"})
    invited_at = fields.DateTime(required=True, allow_none=True)
    review_id = fields.UUID(required=True, allow_none=True)
    stage = fields.String(required=True, allow_none=True)


class RoundWholeOut(RoundOut):
    jobs = fields.List(fields.Nested(JobNameOut), required=True)
    units = fields.List(fields.Nested(NamedOut), required=True)
    seats = fields.List(fields.Nested(RoundSeatOut), required=True)
    people = fields.List(fields.Nested(RoundPersonOut), required=True)
    mark = fields.String(required=True, metadata={"description": "name it when you release the round"})
    whole = fields.Boolean(
        required=True,
        metadata={
            "description": "all of it is within your reach; else you read your part and change nothing"
        },
    )


class ReleasedOut(Schema):
    released = fields.Integer(
        required=True, metadata={"description": "decisions that can be read from now on"}
    )


class ReviewSeatsRowOut(RoundSeatOut):
    handed_in_at = fields.DateTime(required=True, allow_none=True)
    stepped_aside_at = fields.DateTime(required=True, allow_none=True)
    for_id = fields.Integer(
        required=True, allow_none=True, metadata={"description": "in whose place, with whose voice"}
    )


class ReviewSeatsOut(Schema):
    stage = fields.String(required=True, validate=validate.OneOf(rules.STAGES))
    seats = fields.List(fields.Nested(ReviewSeatsRowOut), required=True)
    objected_at = fields.DateTime(required=True, allow_none=True)
    handler = fields.Nested(ReviewPersonOut, required=True, allow_none=True)


class InvitationOut(Schema):
    round_id = fields.Integer(required=True)
    name = Texts(required=True)
    evidence_due = fields.Date(required=True)
    panel_due = fields.Date(required=True)
    decide_due = fields.Date(required=True)
    release_on = fields.Date(required=True)
    jobs = fields.List(fields.Nested("InvitedForOut"), required=True)


class InvitedForOut(Schema):
    id = fields.Integer(required=True)
    name = Texts(required=True)
    review_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "null: it did not begin"}
    )
    sits = fields.Boolean(
        required=True,
        metadata={
            "description": "you sit in this round: taking part ends your seats about others for this job"
        },
    )


class BegunOut(Schema):
    review_id = fields.UUID(required=True, allow_none=True)
