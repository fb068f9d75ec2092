"""The ledger in JSON: one's own entries, each with its receipt; and profiles."""

from marshmallow import Schema, fields, post_load, validate

from app.badges.rules import SHOWCASE
from app.language import LANGUAGES

BIGGEST = 2**63 - 1


class LedgerQuery(Schema):
    before = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, BIGGEST),
        metadata={"description": "`next` of the page before"},
    )


class NewsQuery(Schema):
    """What came since a part of the page was made."""

    since = fields.AwareDateTime(required=True)


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
    weight = fields.Float(
        required=True,
        allow_none=True,
        metadata={
            "description": "the share of its worth that it earned: less than 1 where two keep thanking each other"
        },
    )
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


# Profiles -------------------------------------------------------------------------------------------------------

MANY = 200  # awards that a form may name; how many are chosen is a rule, which says so in words


class LanguageQuery(Schema):
    """The language of a page for everybody; one that is not spoken here is passed over."""

    lang = fields.String(load_default="")

    @post_load
    def _spoken(self, asked: dict[str, str], **_: object) -> dict[str, str]:
        return asked if asked["lang"] in LANGUAGES else {"lang": ""}


class MovedQuery(Schema):
    """What was just done, for where the focus goes and what is said."""

    moved = fields.String(load_default="")
    way = fields.String(load_default="")
    saved = fields.String(load_default="")


class PublicForm(Schema):
    public = fields.Boolean(load_default=False)
    public_job = fields.Boolean(load_default=False)


class ShowcaseForm(Schema):
    showcase = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=MANY))
    move = fields.String(load_default="", validate=validate.Length(max=50))


class MyProfileIn(Schema):
    """What is left out stays."""

    public = fields.Boolean(metadata={"description": "whether there is a page for everybody"})
    public_job = fields.Boolean(metadata={"description": "whether your job stands on it"})
    showcase = fields.List(
        fields.UUID(),
        validate=validate.Length(max=MANY),
        metadata={"description": f"awards of your own, in their order, at most {SHOWCASE}"},
    )


class MyProfileOut(Schema):
    public = fields.Boolean(required=True)
    public_job = fields.Boolean(required=True)
    showcase = fields.List(fields.UUID(), required=True)
    address = fields.String(required=True, metadata={"description": "of the page, on or off"})


class NamedOut(Schema):
    name = fields.String(required=True)
    handle = fields.String(
        required=True, allow_none=True, metadata={"description": "null of who does not work here any more"}
    )


class WornOut(Schema):
    id = fields.UUID(required=True)
    badge = fields.String(required=True, attribute="slug", metadata={"description": "its slug"})
    name = fields.Nested(Said, required=True)
    tier = fields.Integer(required=True)
    earned_at = fields.DateTime(required=True)


class ProvenOut(Schema):
    slug = fields.String(required=True)
    name = fields.Nested(Said, required=True)


class TheirLessonOut(Schema):
    id = fields.Integer(required=True)
    title = fields.String(required=True)
    lang = fields.String(required=True)
    shared_at = fields.DateTime(required=True)


class ProfileOut(Schema):
    """A colleague as you may see them."""

    handle = fields.String(required=True)
    name = fields.String(required=True)
    job = fields.String(required=True)
    department = fields.String(required=True, allow_none=True)
    team = fields.String(required=True, allow_none=True)
    manager = fields.Nested(NamedOut, required=True, allow_none=True)
    chosen = fields.Boolean(required=True, metadata={"description": "false: the newest, nothing was chosen"})
    badges = fields.List(fields.Nested(WornOut), required=True)
    skills = fields.List(fields.Nested(ProvenOut), required=True)
    lessons = fields.List(fields.Nested(TheirLessonOut), required=True)


class StandInForm(Schema):
    """Who stands in for me, from which day to which; or that it ends."""

    who = fields.String(load_default="", validate=validate.Length(max=200))
    since = fields.Date(load_default=None, allow_none=True)
    until = fields.Date(load_default=None, allow_none=True)
    end = fields.Boolean(load_default=False)


OF_WHOM = ("team", "management", "everyone")


class CardQuery(Schema):
    """Of whom the card for the meeting tells, and how far back it goes."""

    of = fields.String(load_default="team", validate=validate.OneOf(OF_WHOM))
    days = fields.Integer(load_default=30, validate=validate.OneOf((14, 30, 90)))


class MemberOut(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    handle = fields.String(required=True)
    job = fields.String(required=True)
    conversation_on = fields.Date(
        required=True, allow_none=True, metadata={"description": "the day of a conversation to come"}
    )


class NewsOut(Schema):
    """A badge (with its name), a lesson or a recognition (with its title), as any colleague may see it."""

    at = fields.DateTime(required=True)
    badge = fields.Nested(Said, required=True, allow_none=True)
    lesson_id = fields.Integer(required=True, allow_none=True)
    recognition_id = fields.Integer(required=True, allow_none=True)
    title = fields.String(required=True, allow_none=True)


class CelebratedOut(Schema):
    id = fields.Integer(required=True, attribute="person_id")
    name = fields.String(required=True)
    handle = fields.String(required=True, attribute="profile")
    news = fields.List(fields.Nested(NewsOut), required=True)


class CoveredOut(Schema):
    skill_id = fields.Integer(required=True)
    people = fields.Integer(required=True)


class StandInOut(Schema):
    id = fields.Integer(required=True, attribute="deputy_id")
    name = fields.String(required=True, attribute="deputy")
    since = fields.Date(required=True)
    until = fields.Date(required=True)


class OwnLearningOut(Schema):
    completed = fields.Integer(required=True)
    lessons_shared = fields.Integer(required=True, attribute="shared")


class TeamOut(Schema):
    """Who reports to you, in the order of names, and what there is to celebrate; nobody is counted or ranked."""

    own = fields.Nested(OwnLearningOut, required=True, metadata={"description": "of yourself, this quarter"})
    members = fields.List(fields.Nested(MemberOut), required=True)
    to_celebrate = fields.List(fields.Nested(CelebratedOut), required=True)
    learned_by = fields.List(
        fields.Nested(CoveredOut),
        required=True,
        allow_none=True,
        metadata={
            "description": "skills in which five or more learned this year; null where fewer report to you"
        },
    )
    to_confirm = fields.Integer(required=True, metadata={"description": "logs that wait for your word"})
    stand_in = fields.Nested(StandInOut, required=True, allow_none=True)


class StandInIn(Schema):
    """Who stands in for you, both days included."""

    deputy_id = fields.Integer(required=True, validate=validate.Range(1, BIGGEST))
    since = fields.Date(required=True)
    until = fields.Date(required=True)


class TalkOut(Schema):
    id = fields.Integer(required=True)
    planned_on = fields.Date(required=True)
    held_at = fields.DateTime(required=True, allow_none=True)
    cancelled_at = fields.DateTime(required=True, allow_none=True)


class TheirGoalOut(Schema):
    id = fields.Integer(required=True)
    title = fields.String(required=True)
    lang = fields.String(required=True)
    state = fields.String(required=True)
    far = fields.String(required=True)
    target_on = fields.Date(required=True, allow_none=True)


class TheirRecognitionOut(Schema):
    id = fields.Integer(required=True)
    title = fields.String(required=True)
    lang = fields.String(required=True)
    occasion = fields.String(required=True)
    day = fields.Date(required=True)


class TeamPersonOut(Schema):
    """One of your team, or yourself as your manager sees you."""

    handle = fields.String(required=True)
    name = fields.String(required=True)
    job = fields.String(required=True)
    badges = fields.List(fields.Nested(WornOut), required=True)
    skills = fields.List(fields.Nested(ProvenOut), required=True)
    lessons = fields.List(fields.Nested(TheirLessonOut), required=True)
    goals = fields.List(
        fields.Nested(TheirGoalOut),
        required=True,
        metadata={"description": "those that they let their manager see"},
    )
    recognitions = fields.List(fields.Nested(TheirRecognitionOut), required=True)
    conversations = fields.List(fields.Nested(TalkOut), required=True, metadata={"description": "with you"})


class CardLessonOut(TheirLessonOut):
    author = fields.String(required=True, allow_none=True)
    outcome = fields.String(required=True)
    happened = fields.String(required=True)
    learned = fields.String(required=True)
    from_now_on = fields.String(required=True)
    skills = fields.List(fields.Integer(), required=True)


class CardRecognitionOut(Schema):
    """A recognition, with whom it names as far as they let colleagues see it."""

    id = fields.Integer(required=True)
    title = fields.String(required=True)
    citation = fields.String(required=True)
    lang = fields.String(required=True)
    occasion = fields.String(required=True)
    day = fields.Date(required=True)
    giver = fields.String(required=True)
    team = fields.String(
        required=True, allow_none=True, metadata={"description": "where it is for all of a team"}
    )
    names = fields.List(fields.String(), required=True)
    others = fields.Boolean(
        required=True, metadata={"description": "there are some who keep it to themselves"}
    )


class CardOut(Schema):
    """The card for a meeting: the latest lessons and recognitions of your team, of who leads people, or of everyone."""

    of = fields.String(required=True, validate=validate.OneOf(OF_WHOM))
    since = fields.DateTime(required=True)
    lessons = fields.List(fields.Nested(CardLessonOut), required=True)
    recognitions = fields.List(fields.Nested(CardRecognitionOut), required=True)
