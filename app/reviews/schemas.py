"""What comes in about reviews and goes out, for pages and API alike. No column for points, ranks, sums or advice."""

from marshmallow import Schema, fields, validate

from app.reviews import rules

BIGGEST = 2**63 - 1
ID = validate.Range(1, BIGGEST)
SLUG = validate.Length(1, 120)
WORDS = validate.Length(max=rules.TEXT[1])
NAMED = validate.Length(1, 80)
MANY = validate.Length(1, rules.MOST)


class ReviewAskForm(Schema):
    """Ask for a review for a job; `person` is the handle of somebody who reports to you."""

    job = fields.String(required=True, validate=SLUG)
    person = fields.String(load_default="", validate=validate.Length(max=80))


class NewsQuery(Schema):
    """`read` is the version of the file that is on the page."""

    read = fields.Integer(load_default=0, validate=validate.Range(0, BIGGEST))
    as_ = fields.String(load_default="", data_key="as", validate=validate.OneOf(("", "employee")))


class PickQuery(Schema):
    kind = fields.String(load_default="", validate=validate.Length(max=20))
    q = fields.String(load_default="", validate=validate.Length(max=80))


class ReleaseForm(Schema):
    """Things by their names, or a document of one's own."""

    thing = fields.List(
        fields.String(validate=validate.Length(1, 80)),
        load_default=list,
        validate=validate.Length(max=rules.MOST),
    )
    title = fields.String(load_default="", validate=validate.Length(max=rules.TITLE[1]))
    text = fields.String(load_default="", validate=WORDS)
    link = fields.String(load_default="", validate=validate.Length(max=500))


class ProposeForm(Schema):
    """`badge:slug` or `completion:slug`."""

    thing = fields.List(
        fields.String(validate=validate.Regexp(r"(badge|completion):[a-z0-9-]{1,120}\Z")),
        required=True,
        validate=MANY,
    )


class AnswerForm(Schema):
    accept = fields.Boolean(required=True)


class WordsForm(Schema):
    """`file` puts them into the file; `was` names the text that one began from."""

    words = fields.String(required=True, validate=WORDS)
    file = fields.Boolean(load_default=False)
    was = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=16))


class AskColleagueForm(Schema):
    who = fields.String(required=True, validate=validate.Length(max=120))
    question = fields.String(required=True, validate=validate.Length(*rules.QUESTION))


class ObserveForm(Schema):
    words = fields.String(load_default="", validate=WORDS)
    observed_on = fields.Date(load_default=None, allow_none=True)
    file = fields.Boolean(load_default=False)


class ReasonForm(Schema):
    reason = fields.String(required=True, validate=validate.Length(*rules.QUESTION))


# JSON -----------------------------------------------------------------------------------------------------------


class ReviewAskIn(Schema):
    """Ask for a review. `person_id` is who reports to you; without it, for yourself."""

    job = fields.String(required=True, validate=SLUG)
    person_id = fields.Integer(load_default=None, allow_none=True, validate=ID)


class ReviewEvidenceIn(Schema):
    """Either `thing`, as `/choices` names it, or a document: `title` with `text`, `link` or both."""

    criterion_id = fields.Integer(required=True, validate=ID)
    thing = fields.String(load_default="", validate=validate.Length(max=80))
    title = fields.String(load_default="", validate=validate.Length(max=rules.TITLE[1]))
    text = fields.String(load_default="", validate=WORDS)
    link = fields.String(load_default="", validate=validate.Length(max=500))


class ReleaseIn(Schema):
    items = fields.List(fields.Nested(ReviewEvidenceIn), required=True, validate=MANY)


class TakeBackIn(Schema):
    ids = fields.List(fields.Integer(validate=ID), required=True, validate=MANY)


class ProposalIn(Schema):
    criterion_id = fields.Integer(required=True, validate=ID)
    kind = fields.String(required=True, validate=validate.OneOf(sorted(rules.PROPOSABLE)))
    slug = fields.String(required=True, validate=SLUG)


class ProposeIn(Schema):
    items = fields.List(fields.Nested(ProposalIn), required=True, validate=MANY)


class AskColleaguesIn(Schema):
    criterion_id = fields.Integer(required=True, validate=ID)
    person_ids = fields.List(
        fields.Integer(validate=ID), required=True, validate=validate.Length(1, rules.MOST_ASKED)
    )
    question = fields.String(required=True, validate=validate.Length(*rules.QUESTION))


class Texts(fields.Dict):
    """{nl, en}, or own words in their one language."""

    def __init__(self, **more: object) -> None:
        super().__init__(keys=fields.String(), values=fields.String(), **more)  # type: ignore[arg-type]


class ReviewPersonOut(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)


class ReviewEvidenceOut(Schema):
    id = fields.Integer(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(rules.EVIDENCE))
    thing = fields.String(required=True)
    title = Texts(required=True)
    words = fields.String(required=True)
    link = fields.String(required=True)
    by = fields.String(
        required=True, allow_none=True, metadata={"description": "giver, observer, author, confirmer"}
    )
    at = fields.DateTime(required=True, allow_none=True)
    tier = fields.Integer(required=True, allow_none=True)
    released_at = fields.DateTime(required=True)
    taken_back = fields.Boolean(
        required=True, metadata={"description": "revoked, withdrawn or deleted since"}
    )


class ReviewCriterionOut(Schema):
    id = fields.Integer(required=True)
    key = fields.UUID(required=True)
    text = Texts(required=True)
    skill = Texts(required=True)
    level = fields.Integer(required=True, metadata={"description": "1 to 4, of that skill"})
    level_name = Texts(
        required=True, allow_none=True, metadata={"description": "what the skill calls that level"}
    )
    kinds = fields.List(fields.String(), required=True, metadata={"description": "what counts as evidence"})
    badges = fields.List(fields.String(), required=True)
    evidence = fields.List(fields.Nested(ReviewEvidenceOut), required=True)


class ReviewStageOut(Schema):
    key = fields.String(required=True)
    state = fields.String(required=True)
    at = fields.DateTime(required=True, allow_none=True)
    due = fields.Date(required=True, allow_none=True)


class ReviewStepOut(Schema):
    at = fields.DateTime(required=True)
    by = fields.String(required=True, allow_none=True)
    what = fields.String(required=True)


class ReviewSeatOut(Schema):
    person = fields.Nested(ReviewPersonOut, required=True)
    seat = fields.String(required=True, validate=validate.OneOf(rules.SEATS))
    handed_in_at = fields.DateTime(required=True, allow_none=True)
    stepped_aside_at = fields.DateTime(required=True, allow_none=True)


class ReviewOut(Schema):
    id = fields.UUID(required=True)
    stage = fields.String(required=True, validate=validate.OneOf(rules.STAGES))
    person = fields.Nested(ReviewPersonOut, required=True)
    job = Texts(required=True)
    asked_at = fields.DateTime(required=True)
    evidence_due = fields.Date(required=True)
    panel_due = fields.Date(required=True)
    decide_due = fields.Date(required=True)


class ReviewFileOut(ReviewOut):
    """The same for everybody who may open it."""

    version = fields.Integer(required=True)
    criteria_version = fields.Integer(required=True)
    consented_on = fields.Date(required=True, allow_none=True)
    criteria = fields.List(fields.Nested(ReviewCriterionOut), required=True)
    own_words = fields.String(required=True, allow_none=True)
    own_words_at = fields.DateTime(required=True, allow_none=True)
    stages = fields.List(fields.Nested(ReviewStageOut), required=True)
    seats = fields.List(fields.Nested(ReviewSeatOut), required=True)
    steps = fields.List(fields.Nested(ReviewStepOut), required=True)


class ToAnswerOut(Schema):
    id = fields.Integer(required=True)
    person = fields.Nested(ReviewPersonOut, required=True)
    criterion = Texts(required=True)


class ToAnswerWholeOut(ToAnswerOut):
    question = fields.String(required=True)
    words = fields.String(required=True)
    observed_on = fields.Date(required=True, allow_none=True)
    filed_at = fields.DateTime(required=True, allow_none=True)
    declined_at = fields.DateTime(required=True, allow_none=True)


class ReviewsOut(Schema):
    mine = fields.List(fields.Nested(ReviewOut), required=True)
    sits = fields.List(fields.Nested(ReviewOut), required=True, metadata={"description": "where you sit"})
    asked = fields.List(
        fields.Nested(ToAnswerOut), required=True, metadata={"description": "what you are asked"}
    )


class HeldThingOut(Schema):
    thing = fields.String(required=True)
    kind = fields.String(required=True)
    title = Texts(required=True)
    words = fields.String(required=True)
    by = fields.String(required=True, allow_none=True)
    at = fields.DateTime(required=True)


class ChoicesOut(Schema):
    """What you could release for one criterion: `fitting` first. A list, no score."""

    kinds = fields.List(fields.String(), required=True)
    fitting = fields.List(fields.Nested(HeldThingOut), required=True)
    others = fields.List(fields.Nested(HeldThingOut), required=True)


class ReviewProposedOut(Schema):
    id = fields.Integer(required=True)
    criterion_id = fields.Integer(required=True)
    thing = fields.Nested(HeldThingOut, required=True)
    by = fields.String(required=True)


class ObservationOut(Schema):
    id = fields.Integer(required=True)
    criterion_id = fields.Integer(required=True)
    observer = fields.Nested(ReviewPersonOut, required=True)
    question = fields.String(required=True)
    filed_at = fields.DateTime(required=True, allow_none=True)
    declined_at = fields.DateTime(required=True, allow_none=True)
    observed_on = fields.Date(required=True, allow_none=True)
    words = fields.String(required=True, allow_none=True)


class ReviewOwnOut(Schema):
    """What only its holder sees of a review."""

    draft = fields.String(required=True, allow_none=True)
    mark = fields.String(
        required=True,
        metadata={
            "description": "of your words as they stand, draft or filed: send it as `was` with other words"
        },
    )
    proposals = fields.List(fields.Nested(ReviewProposedOut), required=True)
    observations = fields.List(fields.Nested(ObservationOut), required=True)


class ReviewStartedOut(Schema):
    """For somebody who reports to you you learn that it was asked for, and nothing of the file."""

    review = fields.Nested(ReviewOut, required=True, allow_none=True)
