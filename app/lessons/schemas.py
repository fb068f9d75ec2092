"""What comes in about lessons and goes out, for pages and API alike."""

from typing import Any

from flask_smorest.fields import Upload
from marshmallow import Schema, fields, post_load, validate

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

    unnamed = fields.Boolean(
        load_default=False,
        metadata={"description": "nobody sees who wrote it, at what hour, or where you work"},
    )

    once = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 100),
        metadata={"description": "a key of your own; sent again, the answer is the same lesson"},
    )


class ApplicationIn(Schema):
    """How somebody applies a lesson, in a line."""

    how = fields.String(load_default="", validate=validate.Length(*rules.HOW))


class ReactionIn(Schema):
    """A word to a lesson, said or, with a minus, taken back: one form has a button for each word."""

    kind = fields.String(
        required=True, validate=validate.OneOf([*rules.REACTIONS, *(f"-{kind}" for kind in rules.REACTIONS)])
    )
    on = fields.Boolean(load_default=True)

    @post_load
    def taken_back(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        kind: str = data["kind"]
        return {"kind": kind.removeprefix("-"), "on": data["on"] and not kind.startswith("-")}


class FileIn(Schema):
    """What a picture shows, in words."""

    alt = fields.String(load_default="", validate=validate.Length(max=rules.ALT[1]))


class UploadIn(Schema):
    file = Upload(required=True)


class DraftIn(Schema):
    """What is written so far; nothing of it need be whole."""

    outcome = fields.String(load_default="", validate=validate.OneOf(("", *rules.OUTCOMES)))
    title = fields.String(load_default="", validate=validate.Length(max=rules.TITLE[1]))
    happened = fields.String(load_default="", validate=validate.Length(max=rules.PART[1]))
    learned = fields.String(load_default="", validate=validate.Length(max=rules.PART[1]))
    from_now_on = fields.String(load_default="", validate=validate.Length(max=rules.PART[1]))
    skills = fields.List(
        fields.Integer(validate=ID), load_default=list, validate=validate.Length(max=rules.SKILLS[1])
    )
    lang = fields.String(load_default="", validate=validate.OneOf(("", *rules.LANGUAGES)))
    audience = fields.String(load_default="", validate=validate.OneOf(("", *rules.AUDIENCES)))
    unnamed = fields.Boolean(load_default=False)


class DraftOut(DraftIn):
    saved_at = fields.DateTime(required=True)


class DraftKeptOut(Schema):
    draft = fields.Nested(
        DraftOut, required=True, allow_none=True, metadata={"description": "null when you have none"}
    )


class SaidIn(Schema):
    """What is typed, to be looked through for names."""

    happened = fields.String(load_default="", validate=validate.Length(max=rules.PART[1]))
    learned = fields.String(load_default="", validate=validate.Length(max=rules.PART[1]))
    from_now_on = fields.String(load_default="", validate=validate.Length(max=rules.PART[1]))
    title = fields.String(load_default="", validate=validate.Length(max=rules.TITLE[1]))


NAMED = 50  # names found in a text at once


class NamesOut(Schema):
    names = fields.List(fields.String(), required=True)


class SavedIn(Schema):
    on = fields.Boolean(load_default=True)


class FileOut(Schema):
    id = fields.UUID(required=True)
    kind = fields.String(required=True, metadata={"description": "image/webp or application/pdf"})
    name = fields.String(required=True)
    alt = fields.String(required=True, metadata={"description": "what it shows, in words"})
    size = fields.Integer(required=True, metadata={"description": "bytes"})


class ReactionsOut(Schema):
    recognisable = fields.Integer(required=True)
    helpful = fields.Integer(required=True)
    brave = fields.Integer(required=True)


class FeedQuery(Schema):
    """Which lessons."""

    show = fields.String(
        load_default="all", validate=validate.OneOf(("all", "team", "most", "saved", "mine"))
    )
    before = fields.Integer(load_default=None, allow_none=True, validate=ID)


class DeleteQuery(Schema):
    """How a lesson is deleted."""

    undo = fields.Boolean(
        load_default=False,
        metadata={
            "description": "nobody sees it from now on, and what it earned goes half a minute later; until then you "
            "can bring it back. Without this it is gone at once and for good"
        },
    )


LIVE = ("all", "team")  # feeds that stand newest first: what comes stands on top of them


class NewsQuery(Schema):
    """What came since a feed was made; `had` is what its button says already."""

    show = fields.String(load_default="all", validate=validate.OneOf(LIVE))
    since = fields.AwareDateTime(required=True)
    had = fields.Integer(load_default=0, validate=validate.Range(0, 1000))


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
    author = fields.Nested(
        LessonPersonOut,
        required=True,
        allow_none=True,
        metadata={"description": "null for everybody where the lesson has no name"},
    )
    unnamed = fields.Boolean(required=True)
    mine = fields.Boolean(required=True, metadata={"description": "yours; only you are told"})
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
    reactions = fields.Nested(ReactionsOut, required=True)
    my_reactions = fields.List(fields.String(validate=validate.OneOf(rules.REACTIONS)), required=True)
    files = fields.List(fields.Nested(FileOut), required=True)


class LessonWholeOut(LessonOut):
    applications = fields.List(fields.Nested(ApplicationOut), required=True)


class LessonsOut(Schema):
    lessons = fields.List(fields.Nested(LessonOut), required=True)
    next = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "`before` of the next page; null on the last"},
    )
