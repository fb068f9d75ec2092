"""What comes in about people and goes out, for pages and API alike."""

from marshmallow import Schema, fields, validate

from app.people.rules import BOARD_CHOICES


class SignInForm(Schema):
    login = fields.String(required=True, validate=validate.Length(1, 200))
    password = fields.String(required=True, validate=validate.Length(1, 1000))
    next = fields.String(load_default="")


class Choices(Schema):
    """What a person chooses for themselves."""

    language = fields.String(validate=validate.OneOf(("nl", "en")))
    board_choice = fields.String(validate=validate.OneOf(BOARD_CHOICES))
    game = fields.Boolean()


class LanguageForm(Schema):
    language = fields.String(required=True, validate=validate.OneOf(("nl", "en")))
    next = fields.String(load_default="/")
