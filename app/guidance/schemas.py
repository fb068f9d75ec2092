"""What comes in about guidance and goes out, for pages and API alike."""

from typing import Any

from marshmallow import Schema, fields, validate

from app.guidance import rules

BIGGEST = 2**63 - 1
ID = validate.Range(1, BIGGEST)
LOCAL = "%Y-%m-%dT%H:%M"
_KIND = validate.OneOf(rules.KINDS)
_SKILLS = validate.Length(max=rules.SKILLS)
_ONCE = validate.Length(8, 100)
MENTORING = ("mentor", "mentee")


class OffersQuery(Schema):
    q = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))
    kind = fields.String(load_default=None, allow_none=True, validate=_KIND)
    skill = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 80))
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100))


class OfferIn(Schema):
    """What you can help with."""

    kinds = fields.List(
        fields.String(validate=validate.OneOf(rules.KINDS[:3])), required=True, validate=validate.Length(1, 3)
    )
    skills = fields.List(
        fields.Integer(validate=ID), required=True, validate=validate.Length(1, rules.SKILLS)
    )
    line = fields.String(load_default="", validate=validate.Length(max=rules.LINE))
    lang = fields.String(load_default="nl", validate=validate.OneOf(("nl", "en")))
    open = fields.Boolean(load_default=True, metadata={"description": "false: nobody sees it, nobody asks"})
    guests = fields.Integer(load_default=1, validate=validate.Range(1, rules.GUESTS))


class OfferForm(OfferIn):
    """The same as a form sends it: a box that is not ticked is not sent."""

    kinds = fields.List(fields.String(validate=validate.OneOf(rules.KINDS[:3])), load_default=list)
    skills = fields.List(fields.Integer(validate=ID), load_default=list)
    open = fields.Boolean(load_default=False)


class NewQuery(Schema):
    with_ = fields.String(load_default="", data_key="with", validate=validate.Length(max=200))
    kind = fields.String(load_default=None, allow_none=True, validate=_KIND)
    side = fields.String(load_default="learner", validate=validate.OneOf(rules.SIDES))
    skill = fields.Integer(load_default=None, allow_none=True, validate=ID)


class _Plan(Schema):
    planned_from = fields.Date(load_default=None, allow_none=True)
    planned_to = fields.Date(load_default=None, allow_none=True)
    host_id = fields.Integer(
        load_default=None, allow_none=True, validate=ID, metadata={"description": "of a rotation: the team"}
    )


class PlanIn(_Plan):
    """From when to when, and where."""


class GuidanceIn(_Plan):
    """Ask a colleague to guide you (`side` learner), or offer to guide them (`side` guide)."""

    kind = fields.String(required=True, validate=_KIND)
    side = fields.String(required=True, validate=validate.OneOf(rules.SIDES))
    with_id = fields.Integer(required=True, validate=ID)
    skills = fields.List(
        fields.Integer(validate=ID), required=True, validate=validate.Length(1, rules.SKILLS)
    )
    purpose = fields.String(required=True, validate=validate.Length(1, rules.PURPOSE))
    once = fields.String(
        load_default=None, allow_none=True, validate=_ONCE,
        metadata={"description": "a key of your own; sent again, the answer is the same one"},
    )  # fmt: skip


class GuidanceForm(_Plan):
    """The same with a box in which a name is typed."""

    kind = fields.String(required=True, validate=_KIND)
    side = fields.String(required=True, validate=validate.OneOf(rules.SIDES))
    who = fields.String(load_default="", validate=validate.Length(max=200))
    skills = fields.List(fields.Integer(validate=ID), load_default=list, validate=_SKILLS)
    purpose = fields.String(required=True, validate=validate.Length(1, rules.PURPOSE))
    once = fields.String(load_default=None, allow_none=True, validate=_ONCE)


class AnswerIn(Schema):
    answer = fields.String(required=True, validate=validate.OneOf(("yes", "no", "withdraw")))
    words = fields.String(load_default="", validate=validate.Length(max=rules.WORDS))


class ShareIn(Schema):
    shared = fields.Boolean(required=True)


class EndIn(Schema):
    """`finish`: say that it is finished, or confirm it; `not_yet`: it goes on; `stop`: step out."""

    how = fields.String(required=True, validate=validate.OneOf(("finish", "not_yet", "stop")))


class MeetingForm(Schema):
    starts_at = fields.NaiveDateTime(required=True, format=LOCAL)
    minutes = fields.Integer(required=True, validate=validate.Range(1, 1440))
    subject = fields.String(load_default="", validate=validate.Length(max=rules.SUBJECT))


class MeetingIn(Schema):
    """You met. The other of you confirms it."""

    starts_at = fields.AwareDateTime(required=True)
    minutes = fields.Integer(required=True, validate=validate.Range(1, 1440))
    subject = fields.String(load_default="", validate=validate.Length(max=rules.SUBJECT))


class DecisionIn(Schema):
    decision = fields.String(required=True, validate=validate.OneOf(("confirm", "decline", "take_back")))


class PlaceIn(Schema):
    """Take part in a mentor programme."""

    role = fields.String(required=True, validate=validate.OneOf(MENTORING))
    skills = fields.List(
        fields.Integer(validate=ID), required=True, validate=validate.Length(1, rules.SKILLS)
    )
    wish = fields.String(load_default="", validate=validate.Length(max=rules.PURPOSE))


class PlaceForm(PlaceIn):
    skills = fields.List(fields.Integer(validate=ID), load_default=list)


class PairAnswerIn(Schema):
    answer = fields.String(required=True, validate=validate.OneOf(("yes", "no")))


class PairIn(Schema):
    mentor_id = fields.Integer(required=True, validate=ID)
    mentee_id = fields.Integer(required=True, validate=ID)


class _Programme(Schema):
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    skills = fields.List(fields.Integer(validate=ID), load_default=list, validate=_SKILLS)
    most = fields.Integer(load_default=2, validate=validate.Range(1, rules.MOST_PAIRS))
    version = fields.Integer(load_default=None, allow_none=True, validate=ID)
    once = fields.String(load_default=None, allow_none=True, validate=_ONCE)


class ProgrammeForm(_Programme):
    name_nl = fields.String(required=True, validate=validate.Length(1, 120))
    name_en = fields.String(required=True, validate=validate.Length(1, 120))
    about_nl = fields.String(load_default="", validate=validate.Length(max=1000))
    about_en = fields.String(load_default="", validate=validate.Length(max=1000))
    open = fields.Boolean(load_default=False)


class BothIn(Schema):
    nl = fields.String(required=True, validate=validate.Length(0, 1000))
    en = fields.String(required=True, validate=validate.Length(0, 1000))


class ProgrammeIn(_Programme):
    """A mentor programme."""

    name = fields.Nested(BothIn, required=True)
    about = fields.Nested(BothIn, load_default=dict)
    open = fields.Boolean(load_default=True)


# Out --------------------------------------------------------------------------------------------------------


class TextsOut(fields.Dict):
    """Texts of the organisation, {nl, en}."""

    def __init__(self, **more: Any) -> None:
        super().__init__(keys=fields.String(), values=fields.String(), required=True, **more)


class GuidancePersonOut(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)


_IDS = fields.List(fields.Integer(), required=True)
MANY = 200  # in one request


class OfferOut(Schema):
    """What a colleague can help with."""

    person = fields.Nested(GuidancePersonOut, required=True)
    kinds = fields.List(fields.String(validate=_KIND), required=True)
    skills = _IDS
    line = fields.String(required=True)
    lang = fields.String(required=True)
    open = fields.Boolean(required=True)
    has_room = fields.Boolean(required=True, metadata={"description": "whether another guest fits for now"})


class OffersOut(Schema):
    offers = fields.List(fields.Nested(OfferOut), required=True)
    next = fields.Integer(required=True, allow_none=True, metadata={"description": "`page` of the next page"})


class OwnOfferOut(Schema):
    offer = fields.Nested(OfferOut, required=True, allow_none=True)


class MeetingOut(Schema):
    id = fields.Integer(required=True)
    starts_at = fields.DateTime(required=True)
    minutes = fields.Integer(required=True)
    subject = fields.String(required=True)
    recorded_by = fields.Integer(required=True)
    state = fields.String(required=True, validate=validate.OneOf(rules.MEETING_STATES))
    counted = fields.Integer(
        required=True, metadata={"description": "minutes that count for who guides, once confirmed"}
    )
    learned = fields.Integer(required=True, metadata={"description": "minutes that count for who learns"})
    share = fields.Float(
        required=True,
        metadata={
            "description": "share of its worth, by the hours in which you two guided each other the other way round"
        },
    )
    reason = fields.String(required=True, metadata={"description": "why less counts: again, day, week"})


class GuidanceOut(Schema):
    """What two colleagues do together, as you may see it. A manager it is shared with sees no meetings or words."""

    id = fields.Integer(required=True)
    kind = fields.String(required=True, validate=_KIND)
    guide = fields.Nested(GuidancePersonOut, required=True)
    learner = fields.Nested(GuidancePersonOut, required=True)
    proposed_by = fields.Integer(required=True, allow_none=True)
    skills = _IDS
    purpose = fields.String(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(rules.STATES))
    words = fields.String(required=True, allow_none=True)
    asked_at = fields.DateTime(required=True)
    answered_at = fields.DateTime(required=True, allow_none=True)
    planned_from = fields.Date(required=True, allow_none=True)
    planned_to = fields.Date(required=True, allow_none=True)
    host = fields.String(required=True, allow_none=True)
    shared = fields.Boolean(required=True, metadata={"description": "with the learner's manager"})
    end_by = fields.Integer(required=True, allow_none=True)
    ended_at = fields.DateTime(required=True, allow_none=True)
    learned = fields.String(
        required=True, allow_none=True,
        metadata={"description": "what became of it as learning: counted, short, again or logged"},
    )  # fmt: skip
    minutes = fields.Integer(required=True, metadata={"description": "that both confirmed"})
    meetings = fields.List(fields.Nested(MeetingOut), required=True, allow_none=True)


class GuidancesOut(Schema):
    guidance = fields.List(fields.Nested(GuidanceOut(exclude=("meetings",))), required=True)
    shared = fields.List(
        fields.Nested(GuidanceOut(exclude=("meetings",))),
        required=True,
        metadata={"description": "what who reports to you lets you see"},
    )
    asked = fields.Integer(required=True, metadata={"description": "how much was asked of you"})
    to_confirm = fields.Integer(required=True, metadata={"description": "how much waits for your word"})


class ProgrammeOut(Schema):
    """A mentor programme, and how you take part."""

    id = fields.Integer(required=True)
    name = TextsOut()
    about = TextsOut()
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    skills = _IDS
    most = fields.Integer(required=True)
    open = fields.Boolean(required=True)
    version = fields.Integer(required=True)
    role = fields.String(required=True, allow_none=True, validate=validate.OneOf((*MENTORING, None)))


class PairOut(Schema):
    id = fields.Integer(required=True)
    programme_id = fields.Integer(required=True)
    mentor = fields.Nested(GuidancePersonOut, required=True)
    mentee = fields.Nested(GuidancePersonOut, required=True)
    state = fields.String(required=True, validate=validate.OneOf(("proposed", "paired", "ended")))
    guidance_id = fields.Integer(
        required=True, allow_none=True, metadata={"description": "for the two themselves"}
    )


class PairsIn(Schema):
    pairs = fields.List(fields.Nested(PairIn), required=True, validate=validate.Length(1, MANY))


class PairsOut(Schema):
    pairs = fields.List(fields.Nested(PairOut), required=True)


class WordIn(Schema):
    guidance_id = fields.Integer(required=True, validate=validate.Range(1, BIGGEST))
    meeting_id = fields.Integer(required=True, validate=validate.Range(1, BIGGEST))


class WordsIn(Schema):
    """The same word about many meetings: all of it, or none."""

    meetings = fields.List(fields.Nested(WordIn), required=True, validate=validate.Length(1, MANY))
    decision = fields.String(required=True, validate=validate.OneOf(("confirm", "decline", "take_back")))


class KeptProgrammesOut(Schema):
    programmes = fields.List(fields.Nested(ProgrammeOut), required=True)


class ProgrammesOut(Schema):
    programmes = fields.List(fields.Nested(ProgrammeOut), required=True)
    pairs = fields.List(fields.Nested(PairOut), required=True, metadata={"description": "your own"})


class SuggestionOut(Schema):
    mentor_id = fields.Integer(required=True)
    skills = _IDS
    elsewhere = fields.Boolean(required=True, metadata={"description": "works in another team"})


class PlaceOut(Schema):
    person = fields.Nested(GuidancePersonOut, required=True)
    role = fields.String(required=True, validate=validate.OneOf(MENTORING))
    skills = _IDS
    wish = fields.String(required=True)
    suggested = fields.List(fields.Nested(SuggestionOut), required=True)


class MonthOut(Schema):
    month = fields.String(required=True)
    meetings = fields.Integer(
        required=True, allow_none=True, metadata={"description": "null where fewer than five pairs met"}
    )


class ProgressOut(Schema):
    """Who takes part and is paired; of what pairs do only numbers, from five pairs on."""

    programme = fields.Nested(ProgrammeOut, required=True)
    places = fields.List(fields.Nested(PlaceOut), required=True)
    pairs = fields.List(fields.Nested(PairOut), required=True)
    formed = fields.Integer(required=True, allow_none=True, metadata={"description": "null below five"})
    months = fields.List(fields.Nested(MonthOut), required=True)
