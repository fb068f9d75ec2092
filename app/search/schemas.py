"""What is looked for, and what is found in JSON."""

from typing import Any

from marshmallow import Schema, fields, validate

from app.finding import LONGEST
from app.search.rules import KINDS, LAST_PAGE


class Typed(fields.String):
    """What stands in the box; of a whole page that somebody pasted its beginning."""

    def _deserialize(self, value: Any, *about: Any, **more: Any) -> str:
        typed: str = super()._deserialize(value, *about, **more)
        return " ".join(typed.replace("\x00", " ")[: 4 * LONGEST].split())[:LONGEST]


class SearchQuery(Schema):
    q = Typed(
        load_default="", metadata={"description": "words, each the beginning of a word; all must match"}
    )
    kind = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(KINDS))
    page = fields.Integer(load_default=1, validate=validate.Range(1, LAST_PAGE))


class PersonFoundOut(Schema):
    id = fields.Integer(required=True)
    handle = fields.String(required=True)
    name = fields.String(required=True)
    job = fields.String(required=True)
    department = fields.String(allow_none=True)
    team = fields.String(allow_none=True)


class ActivityFoundOut(Schema):
    slug = fields.String(required=True)
    kind = fields.String(required=True)
    title = fields.Dict(required=True, metadata={"description": "nl, en"})


class BadgeFoundOut(Schema):
    slug = fields.String(required=True)
    name = fields.Dict(required=True, metadata={"description": "nl, en"})
    tier = fields.Integer(allow_none=True, metadata={"description": "that you hold"})


class LessonFoundOut(Schema):
    id = fields.Integer(required=True)
    title = fields.String(required=True)
    lang = fields.String(required=True)
    shared_at = fields.DateTime(required=True)


class NumbersOut(Schema):
    people = fields.Integer()
    activities = fields.Integer()
    badges = fields.Integer()
    lessons = fields.Integer()


class FoundOut(Schema):
    """Of each kind that was asked for a page; numbers go no further than a hundred."""

    numbers = fields.Nested(NumbersOut, required=True)
    people = fields.List(fields.Nested(PersonFoundOut))
    activities = fields.List(fields.Nested(ActivityFoundOut))
    badges = fields.List(fields.Nested(BadgeFoundOut))
    lessons = fields.List(fields.Nested(LessonFoundOut))
