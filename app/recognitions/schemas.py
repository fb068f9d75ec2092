"""What comes in about recognitions, nominations and occasions, and goes out, for pages and API alike."""

from typing import Any

from marshmallow import Schema, fields, validate

from app.recognitions import rules

BIGGEST = 2**63 - 1
ID = validate.Range(1, BIGGEST)
LANG = validate.OneOf(rules.LANGUAGES)


def _ids(most: int) -> Any:
    return fields.List(fields.Integer(validate=ID), load_default=list, validate=validate.Length(max=most))


def _maybe_id() -> Any:
    return fields.Integer(load_default=None, allow_none=True, validate=ID)


MANY = 100  # in one request


class OnceIn(Schema):
    once = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 100),
        metadata={"description": "a key of your own; sent again, the answer is the same"},
    )


class RecognitionIn(OnceIn):
    """A recognition, to colleagues by name or to a whole team."""

    receivers = _ids(rules.RECEIVERS[1])
    unit_id = fields.Integer(
        load_default=None, allow_none=True, validate=ID, metadata={"description": "a whole team instead"}
    )
    title = fields.String(required=True, validate=validate.Length(*rules.TITLE))
    citation = fields.String(required=True, validate=validate.Length(*rules.CITATION))
    lang = fields.String(required=True, validate=LANG)
    day = fields.Date(required=True)
    occasion = fields.String(load_default="", validate=validate.Length(max=rules.OCCASION[1]))
    occasion_id = _maybe_id()
    nomination_id = _maybe_id()
    skill_id = _maybe_id()
    badge = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 80),
        metadata={"description": "slug of the badge that it carries, if it is one to be given by hand"},
    )


class WhoForm(Schema):
    """The box of a form to type one more name in."""

    who = fields.String(load_default="", validate=validate.Length(max=200))


class RecognitionForm(WhoForm, RecognitionIn):
    """The form: who is ticked may be nobody yet."""


class NewQuery(Schema):
    """From which nomination a form starts."""

    nomination = fields.Integer(load_default=None, allow_none=True, validate=ID)


class BecauseIn(Schema):
    because = fields.String(required=True, validate=validate.Length(*rules.BECAUSE))


class VisibleIn(Schema):
    """Whether colleagues see a recognition that you got."""

    visible = fields.String(required=True, validate=validate.OneOf(rules.VISIBLE))


class NominationIn(OnceIn):
    """A colleague is put forward. Nobody counts how often."""

    occasion_id = fields.Integer(required=True, validate=ID)
    nominee_id = fields.Integer(required=True, validate=ID)
    reason = fields.String(required=True, validate=validate.Length(*rules.REASON))
    lang = fields.String(required=True, validate=LANG)


class NominationsIn(Schema):
    """Several of them: all, or none."""

    nominations = fields.List(fields.Nested(NominationIn), required=True, validate=validate.Length(1, MANY))


class NominationForm(WhoForm, NominationIn):
    """The form: a name is typed, or one of a few is chosen."""

    nominee_id = fields.Integer(load_default=None, allow_none=True, validate=ID)


class OccasionIn(OnceIn):
    """An occasion and its jury."""

    name = fields.String(required=True, validate=validate.Length(*rules.OCCASION))
    lang = fields.String(required=True, validate=LANG)
    opens_on = fields.Date(required=True)
    closes_on = fields.Date(required=True)
    jury = _ids(rules.JURY)


class OccasionForm(WhoForm, OccasionIn):
    """The form, with a box for one more member of the jury."""


class OccasionWrite(Schema):
    """The whole of it anew. The first day stays once it has come."""

    name = fields.String(required=True, validate=validate.Length(*rules.OCCASION))
    lang = fields.String(required=True, validate=LANG)
    opens_on = fields.Date(required=True)
    closes_on = fields.Date(required=True)
    jury = _ids(rules.JURY)
    version = fields.Integer(required=True, validate=ID)


class OccasionEditForm(WhoForm, OccasionWrite):
    """The form, with a box for one more member of the jury."""


class WordsIn(Schema):
    words = fields.String(
        load_default="",
        validate=validate.Length(max=rules.WORDS),
        metadata={"description": "a kind word for those who were put forward and not chosen"},
    )


class ListQuery(Schema):
    show = fields.String(load_default="all", validate=validate.OneOf(("all", "mine", "given", "team")))
    before = _maybe_id()


class ListApiQuery(ListQuery):
    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100))


class RecognitionPersonOut(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)


class RecognitionOut(Schema):
    """A recognition as the asker may see it; who keeps it to themselves is not among the receivers."""

    id = fields.Integer(required=True)
    giver = fields.Nested(RecognitionPersonOut, required=True)
    given_as = fields.String(required=True, validate=validate.OneOf(("manager", "hr", "jury")))
    receivers = fields.List(fields.Nested(RecognitionPersonOut), required=True)
    team = fields.String(required=True, allow_none=True)
    title = fields.String(required=True)
    citation = fields.String(required=True)
    lang = fields.String(required=True, validate=LANG)
    occasion = fields.String(required=True)
    day = fields.Date(required=True)
    skill_id = fields.Integer(required=True, allow_none=True)
    badge = fields.String(required=True, allow_none=True)
    given_at = fields.DateTime(required=True)
    visible = fields.String(
        required=True, allow_none=True, metadata={"description": "your own choice; null when it is not yours"}
    )
    withdrawn_at = fields.DateTime(required=True, allow_none=True)
    withdrawn_because = fields.String(required=True, allow_none=True)


class RecognitionsOut(Schema):
    recognitions = fields.List(fields.Nested(RecognitionOut), required=True)
    next = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "`before` of the next page; null on the last"},
    )


class NominationOut(Schema):
    """A nomination as those see it who may."""

    id = fields.Integer(required=True)
    occasion_id = fields.Integer(required=True)
    nominee = fields.Nested(RecognitionPersonOut, required=True)
    nominator = fields.Nested(RecognitionPersonOut, required=True)
    reason = fields.String(required=True)
    lang = fields.String(required=True, validate=LANG)
    nominated_at = fields.DateTime(required=True)
    decided_at = fields.DateTime(required=True, allow_none=True)
    recognition_id = fields.Integer(required=True, allow_none=True)


class MadeOut(Schema):
    nominations = fields.List(fields.Nested(NominationOut), required=True)


class RecognisedTeamOut(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    department = fields.String(required=True, allow_none=True)


class TeamsOut(Schema):
    teams = fields.List(fields.Nested(RecognisedTeamOut), required=True)


class NominationsOut(Schema):
    """Those that you made, and those of you that others can read."""

    made = fields.List(fields.Nested(NominationOut), required=True)
    of_me = fields.List(fields.Nested(NominationOut), required=True)


class OccasionOut(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    lang = fields.String(required=True, validate=LANG)
    opens_on = fields.Date(required=True)
    closes_on = fields.Date(required=True)
    state = fields.String(required=True, validate=validate.OneOf(rules.STATES))
    version = fields.Integer(required=True)


class OccasionsOut(Schema):
    """`open`: for which you can nominate now; `yours`: on which you decide."""

    open = fields.List(fields.Nested(OccasionOut), required=True)
    yours = fields.List(fields.Nested(OccasionOut), required=True)


class OccasionWholeOut(OccasionOut):
    jury = fields.List(fields.Nested(RecognitionPersonOut), required=True)
    words = fields.String(required=True)
    nominations = fields.List(
        fields.Nested(NominationOut),
        required=True,
        metadata={"description": "empty as long as they are sealed"},
    )
