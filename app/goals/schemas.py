"""What comes in about goals and goes out, for pages and API alike."""

from marshmallow import Schema, fields, validate

from app.goals import rules

BIGGEST = 2**63 - 1
ID = validate.Range(1, BIGGEST)
ONCE = {"description": "a key of your own; sent again, the answer is the same goal"}


class _Goal(Schema):
    title = fields.String(required=True, validate=validate.Length(3, rules.TITLE))
    why = fields.String(load_default="", validate=validate.Length(max=rules.WHY))
    lang = fields.String(required=True, validate=validate.OneOf(rules.LANGUAGES))
    vision_goal_id = fields.Integer(load_default=None, allow_none=True, validate=ID)
    skill_id = fields.Integer(load_default=None, allow_none=True, validate=ID)
    target_on = fields.Date(load_default=None, allow_none=True)
    proof = fields.String(load_default="words", validate=validate.OneOf(rules.PROOFS))
    proof_badge = fields.String(
        load_default="", validate=validate.Length(max=80), metadata={"description": "slug of the badge"}
    )
    proof_activity = fields.String(
        load_default="",
        validate=validate.Length(max=300),
        metadata={"description": "slug of the activity, or its title"},
    )
    proof_words = fields.String(load_default="", validate=validate.Length(max=rules.WORDS))
    visible = fields.String(load_default="me", validate=validate.OneOf(rules.VISIBLE))
    pace = fields.Integer(
        load_default=30,
        validate=validate.OneOf(rules.PACES),
        metadata={
            "description": "with `remind`: days without a sign of life after which you are invited to check in"
        },
    )
    viewers = fields.List(
        fields.Integer(validate=ID),
        load_default=list,
        validate=validate.Length(max=rules.VIEWERS),
        metadata={"description": "with `named`: ids of the colleagues who may see it"},
    )


class GoalIn(_Goal):
    """A goal of your own."""

    remind = fields.Boolean(
        load_default=True, metadata={"description": "invite me to check in, as often as `pace` says"}
    )
    once = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 100), metadata=ONCE)


class GoalWrite(_Goal):
    """The whole goal anew."""

    remind = fields.Boolean(load_default=True)
    version = fields.Integer(required=True, validate=ID)


class GoalForm(_Goal):
    """The same in a form: a name may be typed, and a box that is not ticked is not sent."""

    remind = fields.Boolean(load_default=False)
    who = fields.String(load_default="", validate=validate.Length(max=200))
    once = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 100))
    version = fields.Integer(load_default=None, allow_none=True, validate=ID)


class NewGoalQuery(Schema):
    """What a suggestion fills in."""

    badge = fields.String(load_default="", validate=validate.Length(max=80))
    activity = fields.String(load_default="", validate=validate.Length(max=80))
    skill = fields.Integer(load_default=None, allow_none=True, validate=ID)
    vision = fields.Integer(load_default=None, allow_none=True, validate=ID)


class CheckInIn(Schema):
    """How far, and a line about it."""

    far = fields.String(required=True, validate=validate.OneOf(rules.FAR))
    line = fields.String(load_default="", validate=validate.Length(max=rules.LINE))


class AloneQuery(Schema):
    """Whether a team goal stands on its own page, where its name is the heading."""

    alone = fields.Boolean(load_default=False)


class LineQuery(Schema):
    """Whether how it goes is asked in the list, and whether an answer leads back there."""

    asks = fields.Boolean(load_default=False)
    list = fields.Boolean(load_default=False)


class GoalStateIn(Schema):
    state = fields.String(required=True, validate=validate.OneOf(("open", "let_go")))


class CheckInOut(Schema):
    far = fields.String(required=True)
    line = fields.String(required=True)
    at = fields.DateTime(required=True)


class Both(Schema):
    nl = fields.String()
    en = fields.String()


class GoalSuggestionOut(Schema):
    """A goal to begin with, and what it is because of."""

    because = fields.String(required=True, validate=validate.OneOf(("badge", "team", "vision")))
    name = fields.Nested(Both, required=True, metadata={"description": "of the badge or the skill"})
    badge = fields.String(
        required=True, metadata={"description": "slug of the badge that would prove it, if any"}
    )
    skill_id = fields.Integer(required=True, allow_none=True)
    vision_goal_id = fields.Integer(required=True, allow_none=True)


class SuggestionsOut(Schema):
    suggestions = fields.List(fields.Nested(GoalSuggestionOut), required=True)


class ProofOut(Schema):
    kind = fields.String(required=True, validate=validate.OneOf(rules.PROOFS))
    badge = fields.String(required=True, allow_none=True)
    activity = fields.String(required=True, allow_none=True)
    words = fields.String(required=True, allow_none=True)
    done = fields.Integer(
        required=True, allow_none=True, metadata={"description": "of the steps to a badge; only on your own"}
    )
    needed = fields.Integer(required=True, allow_none=True)
    holds = fields.Boolean(required=True, allow_none=True, metadata={"description": "only on your own"})


class SharedGoalOut(Schema):
    """A goal that you may see."""

    id = fields.Integer(required=True)
    owner = fields.String(required=True)
    title = fields.String(required=True)
    why = fields.String(required=True)
    lang = fields.String(required=True)
    vision_goal = fields.Nested(Both, required=True, allow_none=True)
    skill_id = fields.Integer(required=True, allow_none=True)
    target_on = fields.Date(required=True, allow_none=True)
    proof = fields.Nested(ProofOut, required=True)
    state = fields.String(required=True, validate=validate.OneOf(rules.STATES))
    far = fields.String(required=True, validate=validate.OneOf(rules.FAR))
    reached_at = fields.DateTime(required=True, allow_none=True)


class GoalOut(SharedGoalOut):
    """A goal of your own."""

    target_with_leave = fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "`target_on` and as many days as you are away before it; only you see it"},
    )
    vision_goal_id = fields.Integer(required=True, allow_none=True)
    visible = fields.String(required=True, validate=validate.OneOf(rules.VISIBLE))
    viewers = fields.List(fields.Integer(), required=True)
    remind = fields.Boolean(required=True)
    pace = fields.Integer(required=True)
    counts = fields.Boolean(required=True, metadata={"description": "whether it stands in your log"})
    version = fields.Integer(required=True)
    check_ins = fields.List(fields.Nested(CheckInOut), required=True)


class GoalsOut(Schema):
    goals = fields.List(fields.Nested(SharedGoalOut), required=True)


class SharedOneOut(SharedGoalOut):
    check_ins = fields.List(fields.Nested(CheckInOut), required=True)


# Goals of a team --------------------------------------------------------------------------------------------


class TeamGoalIn(Schema):
    """A goal to reach together."""

    unit_id = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=ID,
        metadata={"description": "none: all of the organisation"},
    )
    title = fields.String(required=True, validate=validate.Length(3, rules.TITLE))
    lang = fields.String(required=True, validate=validate.OneOf(rules.LANGUAGES))
    kind = fields.String(
        required=True,
        validate=validate.OneOf(rules.KINDS),
        metadata={"description": "the kind of fact that counts"},
    )
    skill_id = fields.Integer(load_default=None, allow_none=True, validate=ID)
    target = fields.Integer(required=True, validate=validate.Range(*rules.TARGET))
    starts_on = fields.Date(load_default=None, allow_none=True, metadata={"description": "left out: today"})
    ends_on = fields.Date(required=True)
    once = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 100), metadata=ONCE)


class TeamGoalWrite(TeamGoalIn):
    """The whole of it anew; the unit stays, and once somebody joined, what is counted and from when."""

    class Meta:
        exclude = ("once", "unit_id")

    version = fields.Integer(required=True, validate=ID)


class TeamGoalForm(TeamGoalWrite):
    """The same in a form."""


class TeamGoalOut(Schema):
    id = fields.Integer(required=True)
    version = fields.Integer(required=True)
    unit_id = fields.Integer(required=True, allow_none=True)
    unit = fields.String(required=True, allow_none=True)
    title = fields.String(required=True)
    lang = fields.String(required=True)
    kind = fields.String(required=True)
    skill_id = fields.Integer(required=True, allow_none=True)
    target = fields.Integer(required=True)
    so_far = fields.Integer(
        required=True,
        allow_none=True,
        attribute="total",
        metadata={"description": "null while fewer than five take part"},
    )
    participants = fields.Integer(required=True, attribute="number")
    joined = fields.Boolean(required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    reached_at = fields.DateTime(required=True, allow_none=True)


class TeamGoalsOut(Schema):
    team_goals = fields.List(fields.Nested(TeamGoalOut), required=True)
