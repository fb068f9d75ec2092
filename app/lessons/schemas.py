"""What comes in about lessons and goes out, for pages and API alike."""

from marshmallow import Schema, fields, validate

from app.lessons import rules

BIGGEST = 2**63 - 1
ID = validate.Range(1, BIGGEST)


class LessonIn(Schema):
    """A lesson to share."""

    outcome = fields.String(required=True, validate=validate.OneOf(rules.OUTCOMES))
    title = fields.String(required=True, validate=validate.Length(*rules.TITLE))
    happened = fields.String(required=True, validate=validate.Length(*rules.PART))
    learned = fields.String(required=True, validate=validate.Length(*rules.PART))
    from_now_on = fields.String(required=True, validate=validate.Length(*rules.PART))
    skills = fields.List(
        fields.Integer(validate=ID),
        required=True,
        validate=validate.Length(*rules.SKILLS),
        metadata={"description": "ids of the skills that it is about"},
    )
    lang = fields.String(required=True, validate=validate.OneOf(rules.LANGUAGES))
    audience = fields.String(required=True, validate=validate.OneOf(rules.AUDIENCES))


class NewLessonIn(LessonIn):
    """`once` makes sending it again safe: the same key gives the same lesson."""

    once = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 100),
        metadata={"description": "a key of your own; sent again, the answer is the same lesson"},
    )


class ApplicationIn(Schema):
    """How somebody applies a lesson, in a line."""

    how = fields.String(load_default="", validate=validate.Length(*rules.HOW))


class FeedQuery(Schema):
    """Which lessons."""

    show = fields.String(load_default="all", validate=validate.OneOf(("all", "team", "mine")))
    before = fields.Integer(load_default=None, allow_none=True, validate=ID)


class FeedApiQuery(FeedQuery):
    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100))


class LessonPersonOut(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)


class ApplicationOut(Schema):
    person = fields.Nested(LessonPersonOut, required=True)
    how = fields.String(required=True)
    at = fields.DateTime(required=True)


class LessonOut(Schema):
    """A lesson as the asker may see it."""

    id = fields.Integer(required=True)
    author = fields.Nested(LessonPersonOut, required=True)
    outcome = fields.String(required=True, validate=validate.OneOf(rules.OUTCOMES))
    title = fields.String(required=True)
    happened = fields.String(required=True)
    learned = fields.String(required=True)
    from_now_on = fields.String(required=True)
    skills = fields.List(fields.Integer(), required=True)
    lang = fields.String(required=True, validate=validate.OneOf(rules.LANGUAGES))
    audience = fields.String(required=True, validate=validate.OneOf(rules.AUDIENCES))
    shared_at = fields.DateTime(required=True)
    edited_at = fields.DateTime(required=True, allow_none=True)
    applied_by = fields.Integer(required=True, metadata={"description": "how many colleagues apply it now"})
    i_apply = fields.Boolean(required=True)


class LessonWholeOut(LessonOut):
    applications = fields.List(fields.Nested(ApplicationOut), required=True)


class LessonsOut(Schema):
    lessons = fields.List(fields.Nested(LessonOut), required=True)
    next = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "`before` of the next page; null on the last"},
    )
