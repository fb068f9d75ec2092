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


class ChoicesForm(Choices):
    next = fields.String(load_default="")


class UnitOut(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)


class MeOut(Schema):
    """A person (`person_id`) or a client (`client_id`)."""

    person_id = fields.Integer(allow_none=True, dump_default=None)
    client_id = fields.Integer(allow_none=True, dump_default=None)
    name = fields.String(required=True)
    handle = fields.String(allow_none=True, dump_default=None)
    job = fields.String(allow_none=True, dump_default=None)
    language = fields.String(allow_none=True, dump_default=None)
    board_choice = fields.String(
        allow_none=True, dump_default=None, metadata={"description": "null until chosen"}
    )
    game = fields.Boolean(
        allow_none=True, dump_default=None, metadata={"description": "with points and boards, or without"}
    )
    roles = fields.List(fields.String(), dump_default=[])
    scopes = fields.List(fields.String(), dump_default=[])
    department = fields.Nested(UnitOut, allow_none=True, dump_default=None)
    team = fields.Nested(UnitOut, allow_none=True, dump_default=None)
    manager_id = fields.Integer(allow_none=True, dump_default=None)


class PasswordForm(Schema):
    old = fields.String(load_default="", validate=validate.Length(0, 1000))
    new = fields.String(required=True, validate=validate.Length(1, 1000))
    again = fields.String(required=True, validate=validate.Length(1, 1000))


class SessionForm(Schema):
    session_id = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 2**63 - 1))


class LanguageForm(Schema):
    language = fields.String(required=True, validate=validate.OneOf(("nl", "en")))
    next = fields.String(load_default="/")
