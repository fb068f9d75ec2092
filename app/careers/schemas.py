"""What comes in about jobs, what they ask, and targets, and what goes out; for pages and API alike."""

from marshmallow import Schema, fields, validate

from app.careers.rules import EVIDENCE, LEVELS, MOST_BADGES, MOST_CRITERIA, MOST_NAMES, NAME, TEXT, WHO

VERSION = validate.Range(1, 2**63 - 1)
_ID = validate.Range(1, 2**63 - 1)
_NAME, _TEXT, _WHO = validate.Length(1, NAME), validate.Length(1, TEXT), validate.Length(max=WHO)
_LEVEL = validate.OneOf(LEVELS)
_OF_SKILL = {"description": "1 to 4, of that skill: each has its own names for them, `/skills` says which"}
_CALLED = {
    "description": "what the skill, or the nearest one above it, calls that level; null where it has no names"
}
_KIND = validate.OneOf(EVIDENCE)
LONG = 4000
_SEEN = {"description": "the version that you changed; 409 when there is a newer one. Null: whatever stands"}


class Line(fields.String):
    """One line of text, without blanks around it or in rows."""

    def _deserialize(self, value, attr, data, **kwargs):  # type: ignore[no-untyped-def]
        return " ".join(super()._deserialize(value, attr, data, **kwargs).split())


def _version() -> fields.Integer:
    return fields.Integer(load_default=None, allow_none=True, validate=VERSION, metadata=_SEEN)


# Forms ----------------------------------------------------------------------------------------------------


class FamilyForm(Schema):
    """Jobs that follow one another."""

    name_nl = Line(required=True, validate=_NAME)
    name_en = Line(required=True, validate=_NAME)
    version = _version()


class JobForm(Schema):
    """A job; `known_as` has a name a line."""

    family = fields.String(required=True, validate=validate.Length(1, 80))
    level = fields.Integer(required=True, validate=validate.Range(1, 20))
    name_nl = Line(required=True, validate=_NAME)
    name_en = Line(required=True, validate=_NAME)
    known_as = fields.String(load_default="", validate=validate.Length(max=4000))
    open_until = fields.Date(load_default=None, allow_none=True)
    who_nl = Line(load_default="", validate=_WHO)
    who_en = Line(load_default="", validate=_WHO)
    retired = fields.Boolean(load_default=False)
    version = _version()


class CriterionForm(Schema):
    """One thing that a job asks; `badges` are slugs with the tier from which on: ready-for-outage:2."""

    text_nl = Line(required=True, validate=_TEXT)
    text_en = Line(required=True, validate=_TEXT)
    skill = fields.String(required=True, validate=validate.Length(1, 80))
    level = fields.Integer(required=True, validate=_LEVEL, metadata=_OF_SKILL)
    evidence = fields.List(fields.String(validate=_KIND), required=True, validate=validate.Length(min=1))
    badges = fields.List(
        fields.String(validate=validate.Regexp(r"[a-z0-9-]{1,80}:[1-9]\Z")),
        load_default=list,
        validate=validate.Length(max=MOST_BADGES),
    )
    version = _version()


class CriterionStep(Schema):
    """What to do with the criterion that stands."""

    step = fields.String(required=True, validate=validate.OneOf(("up", "down", "remove")))
    version = _version()


class PublishForm(Schema):
    """From now on this is asked."""

    consented_on = fields.Date(required=True)
    version = _version()


class VersionOnly(Schema):
    version = _version()


class Confirm(Schema):
    """Which upload it was that somebody looked at."""

    digest = fields.String(required=True, validate=validate.Length(64, 64))


class FileQuery(Schema):
    """`versions=all`: what jobs asked before, too."""

    separator = fields.String(load_default=",", validate=validate.OneOf((",", ";")))
    versions = fields.String(load_default="", validate=validate.OneOf(("", "all")))


class TextForm(Schema):
    """Why we learn, in the organisation's own words; paragraphs stay."""

    nl = fields.String(required=True, validate=validate.Length(1, LONG))
    en = fields.String(required=True, validate=validate.Length(1, LONG))
    version = fields.Integer(required=True, validate=validate.Range(0, 2**31))


class TargetForm(Schema):
    """So many people with a skill at a level, by when and where."""

    skill_id = fields.Integer(required=True, validate=_ID)
    unit_id = fields.Integer(load_default=None, allow_none=True, validate=_ID)
    level = fields.Integer(required=True, validate=_LEVEL, metadata=_OF_SKILL)
    people = fields.Integer(required=True, validate=validate.Range(1, 1_000_000))
    period = fields.String(required=True, validate=validate.Length(4, 7))
    version = _version()


class PlanQuery(Schema):
    year = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(2000, 2099))


# The API --------------------------------------------------------------------------------------------------


class TextsIn(Schema):
    """The same in Dutch and in English."""

    nl = Line(required=True, validate=_NAME)
    en = Line(required=True, validate=_NAME)


class LongIn(Schema):
    nl = Line(required=True, validate=_TEXT)
    en = Line(required=True, validate=_TEXT)


class WhoIn(Schema):
    nl = Line(load_default="", validate=_WHO)
    en = Line(load_default="", validate=_WHO)


class FamilyMake(Schema):
    """A new family of jobs; its slug is made from its English name."""

    name = fields.Nested(TextsIn, required=True)


class FamilyWrite(FamilyMake):
    version = _version()


class JobMake(Schema):
    """A new job; its slug is made from its English name."""

    family = fields.String(
        required=True, validate=validate.Length(1, 80), metadata={"description": "its slug"}
    )
    level = fields.Integer(required=True, validate=validate.Range(1, 20))
    name = fields.Nested(TextsIn, required=True)
    known_as = fields.List(
        Line(validate=_NAME), load_default=list, validate=validate.Length(max=MOST_NAMES),
        metadata={"description": "names of this job in HR files"},
    )  # fmt: skip
    open_until = fields.Date(load_default=None, allow_none=True)
    who_may_apply = fields.Nested(WhoIn, load_default=lambda: {"nl": "", "en": ""})


class JobWrite(JobMake):
    """A job as it shall be."""

    retired = fields.Boolean(load_default=False)
    version = _version()


class BadgeIn(Schema):
    slug = fields.String(required=True, validate=validate.Length(1, 80))
    tier = fields.Integer(load_default=1, validate=validate.Range(1, 9))


class CriterionIn(Schema):
    """`key` is the same in all versions; leave it out for something new."""

    key = fields.UUID(load_default=None, allow_none=True)
    text = fields.Nested(LongIn, required=True)
    skill = fields.String(required=True, validate=validate.Length(1, 80))
    level = fields.Integer(required=True, validate=_LEVEL, metadata=_OF_SKILL)
    evidence = fields.List(fields.String(validate=_KIND), required=True, validate=validate.Length(min=1))
    badges = fields.List(fields.Nested(BadgeIn), load_default=list, validate=validate.Length(max=MOST_BADGES))


class DraftWrite(Schema):
    """All that a job shall ask. `version` is that of the draft that you changed, 0 where there was none."""

    criteria = fields.List(
        fields.Nested(CriterionIn), required=True, validate=validate.Length(1, MOST_CRITERIA)
    )
    version = fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(0, 2**63 - 1), metadata=_SEEN
    )


class TextsOut(Schema):
    nl = fields.String(required=True)
    en = fields.String(required=True)


class FamilyOut(Schema):
    slug = fields.String(required=True)
    name = fields.Nested(TextsOut, required=True)
    version = fields.Integer(required=True)


class JobOut(Schema):
    """A job; `open` says whether one can apply for it today. Rounds of reviews name it by its `id`."""

    id = fields.Integer(required=True)
    slug = fields.String(required=True)
    family = fields.String(required=True)
    level = fields.Integer(required=True)
    name = fields.Nested(TextsOut, required=True)
    open = fields.Boolean(required=True)
    open_until = fields.Date(required=True, allow_none=True)
    who_may_apply = fields.Nested(TextsOut, required=True)
    retired = fields.Boolean(required=True)
    version = fields.Integer(required=True)


class JobsOut(Schema):
    families = fields.List(fields.Nested(FamilyOut), required=True)
    jobs = fields.List(fields.Nested(JobOut), required=True)
    next = fields.List(
        fields.String(), required=True, metadata={"description": "slugs of the jobs one level above your own"}
    )


class LinkedOut(Schema):
    slug = fields.String(required=True)
    tier = fields.Integer(required=True)


class CriterionOut(Schema):
    key = fields.UUID(required=True)
    text = fields.Nested(TextsOut, required=True)
    skill = fields.String(required=True)
    level = fields.Integer(required=True, metadata=_OF_SKILL)
    level_name = fields.Nested(TextsOut, required=True, allow_none=True, metadata=_CALLED)
    evidence = fields.List(fields.String(), required=True)
    badges = fields.List(fields.Nested(LinkedOut), required=True)


class CriteriaOut(Schema):
    """One version of what a job asks."""

    number = fields.Integer(required=True)
    consented_on = fields.Date(
        required=True, allow_none=True, metadata={"description": "when the works council consented"}
    )
    published_at = fields.DateTime(required=True, allow_none=True, metadata={"description": "null: a draft"})
    version = fields.Integer(required=True)
    criteria = fields.List(fields.Nested(CriterionOut), required=True)


class JobWhole(JobOut):
    """With what it asks now; null where nothing is published."""

    asks = fields.Nested(CriteriaOut, required=True, allow_none=True)


class VersionsOut(Schema):
    versions = fields.List(fields.Nested(CriteriaOut), required=True)


class PieceOut(Schema):
    """Something of your own; `ref` is the id of award, completion, lesson or recognition."""

    kind = fields.String(required=True)
    ref = fields.String(required=True)
    title = fields.Nested(TextsOut, required=True)
    lang = fields.String(required=True, allow_none=True)
    at = fields.DateTime(required=True)
    linked = fields.Boolean(required=True, metadata={"description": "HR linked its badge to the criterion"})


class OwnOut(Schema):
    key = fields.UUID(required=True)
    pieces = fields.List(fields.Nested(PieceOut), required=True)


class MineOut(Schema):
    """What you have for each criterion; for nobody else, and not added up."""

    number = fields.Integer(required=True, allow_none=True)
    criteria = fields.List(fields.Nested(OwnOut), required=True)


class TextWrite(TextForm):
    """Why we learn; `version` is the one you changed, 0 where nobody wrote any yet."""


class WhyOut(Schema):
    nl = fields.String(required=True)
    en = fields.String(required=True)
    version = fields.Integer(required=True)


class TargetOut(Schema):
    """`far` is null for fewer than five people, and for a team of fewer than five."""

    id = fields.Integer(required=True)
    skill = fields.String(required=True)
    unit = fields.String(required=True, allow_none=True)
    level = fields.Integer(required=True, metadata=_OF_SKILL)
    level_name = fields.Nested(TextsOut, required=True, allow_none=True, metadata=_CALLED)
    people = fields.Integer(required=True)
    period = fields.String(required=True)
    far = fields.Integer(required=True, allow_none=True)
    version = fields.Integer(required=True)


class AskedOut(Schema):
    job = fields.String(required=True)
    level = fields.Integer(required=True, metadata=_OF_SKILL)
    level_name = fields.Nested(TextsOut, required=True, allow_none=True, metadata=_CALLED)


class OfSkillOut(Schema):
    """`holders` is null for fewer than five."""

    skill = fields.String(required=True)
    badges = fields.List(fields.String(), required=True)
    activities = fields.Integer(required=True)
    jobs = fields.List(fields.Nested(AskedOut), required=True)
    holders = fields.Integer(required=True, allow_none=True)


class OfGoalOut(Schema):
    """`goal` is null for what stands under none; `personal_goals` is null for fewer than five people."""

    goal = fields.String(required=True, allow_none=True)
    skills = fields.List(fields.Nested(OfSkillOut), required=True)
    targets = fields.List(fields.Nested(TargetOut), required=True)
    personal_goals = fields.Integer(required=True, allow_none=True)


class HolesOut(Schema):
    """`nobody` and `one` are for learning, hr and managers; null for others."""

    goals_without_badge = fields.List(fields.String(), required=True)
    badges_without_goal = fields.List(fields.String(), required=True)
    nobody = fields.List(fields.String(), required=True, allow_none=True)
    one = fields.List(fields.String(), required=True, allow_none=True)


class VisionOut(Schema):
    why = fields.Nested(WhyOut, required=True)
    goals = fields.List(fields.Nested(OfGoalOut), required=True)
    holes = fields.Nested(HolesOut, required=True)
