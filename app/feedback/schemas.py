"""What comes in about feedback and goes out, for pages and API alike."""

from marshmallow import Schema, fields, validate

from app.feedback import rules

BIGGEST = 2**63 - 1
ID = validate.Range(1, BIGGEST)
WHOM = ("people", "team", "leading")


class WordsIn(Schema):
    """What to keep, and what to try; one of the two may be empty."""

    keep = fields.String(load_default="", validate=validate.Length(*rules.PART))
    try_ = fields.String(data_key="try", load_default="", validate=validate.Length(*rules.PART))
    lang = fields.String(required=True, validate=validate.OneOf(rules.LANGUAGES))


class AskIn(Schema):
    """A wish for feedback. `whom`: `people` asks those named, `team` the own team, `leading` all who report to you."""

    about = fields.String(required=True, validate=validate.Length(*rules.ABOUT))
    lang = fields.String(required=True, validate=validate.OneOf(rules.LANGUAGES))
    whom = fields.String(load_default="people", validate=validate.OneOf(WHOM))
    people = fields.List(
        fields.Integer(validate=ID), load_default=list, validate=validate.Length(max=rules.ASKED[1])
    )
    once = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 100))


class AskForm(AskIn):
    """The same with a box to type a name in."""

    who = fields.String(load_default="", validate=validate.Length(max=200))


class SwitchIn(Schema):
    """On or off."""

    on = fields.Boolean(load_default=True)


class UseIn(Schema):
    """Whether something learned is used, with a line if you like."""

    answer = fields.String(required=True, validate=validate.OneOf(rules.ANSWERS))
    words = fields.String(load_default="", validate=validate.Length(*rules.WORDS))


class FeedbackPersonOut(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)


class FeedbackOut(Schema):
    """Feedback with its giver."""

    id = fields.Integer(required=True)
    giver = fields.Nested(FeedbackPersonOut, required=True)
    keep = fields.String(required=True)
    try_ = fields.String(data_key="try", required=True)
    lang = fields.String(required=True, validate=validate.OneOf(rules.LANGUAGES))
    given_at = fields.DateTime(required=True)
    helpful = fields.Boolean(required=True)
    shared = fields.Boolean(required=True)


class LessonFeedbackOut(Schema):
    feedback = fields.List(fields.Nested(FeedbackOut), required=True)


class UnnamedOut(Schema):
    """An answer without a name."""

    keep = fields.String(required=True)
    try_ = fields.String(data_key="try", required=True)
    lang = fields.String(required=True, validate=validate.OneOf(rules.LANGUAGES))


class RequestOut(Schema):
    """A request as the asker of this may see it."""

    id = fields.Integer(required=True)
    asker = fields.Nested(FeedbackPersonOut, required=True)
    about = fields.String(required=True)
    lang = fields.String(required=True, validate=validate.OneOf(rules.LANGUAGES))
    unnamed = fields.Boolean(
        required=True, metadata={"description": "answers come without names, from five on"}
    )
    asked_at = fields.DateTime(required=True)
    closes_at = fields.DateTime(required=True)
    open = fields.Boolean(required=True)
    shared = fields.Boolean(
        required=True, metadata={"description": "all who were asked may read the answers"}
    )
    mine = fields.Boolean(required=True)
    asked = fields.Integer(required=True, metadata={"description": "how many were asked"})
    given = fields.Integer(
        required=True, allow_none=True, metadata={"description": "how many answered; only who asked is told"}
    )
    state = fields.String(
        required=True, allow_none=True, validate=validate.OneOf(("waiting", "given", "declined", None))
    )


class RequestWholeOut(RequestOut):
    answers = fields.List(fields.Nested(FeedbackOut), required=True)
    unnamed_answers = fields.List(fields.Nested(UnnamedOut), required=True)


class RequestsOut(Schema):
    waiting = fields.List(fields.Nested(RequestOut), required=True, metadata={"description": "you are asked"})
    asked = fields.List(fields.Nested(RequestOut), required=True, metadata={"description": "you asked"})


class CompletedOut(Schema):
    """Something that was completed weeks ago."""

    completion_id = fields.Integer(required=True, attribute="id")
    activity = fields.Dict(keys=fields.String(), values=fields.String(), required=True, attribute="title")
    answer = fields.String(required=True, allow_none=True, validate=validate.OneOf((*rules.ANSWERS, None)))


class UseOut(Schema):
    due = fields.Nested(CompletedOut, required=True, allow_none=True)
    answered = fields.List(fields.Nested(CompletedOut), required=True)


class ActivityUseOut(Schema):
    """How much an activity is used; null under five answers."""

    answers = fields.Integer(required=True, allow_none=True)
    used = fields.Integer(required=True, allow_none=True)
    not_yet = fields.Integer(required=True, allow_none=True)
