"""What comes in about people and goes out, for pages and API alike."""

from marshmallow import Schema, fields, validate

from app.people.rules import BOARD_CHOICES, KUDOS_CHOICES


class SignInForm(Schema):
    login = fields.String(required=True, validate=validate.Length(1, 200))
    password = fields.String(required=True, validate=validate.Length(1, 1000))
    shared = fields.Boolean(load_default=False)
    next = fields.String(load_default="")


class LoginForm(Schema):
    login = fields.String(required=True, validate=validate.Length(1, 200))


class CodeForm(Schema):
    code = fields.String(required=True, validate=validate.Length(1, 200))


class Choices(Schema):
    """What a person chooses for themselves."""

    language = fields.String(validate=validate.OneOf(("nl", "en")))
    board_choice = fields.String(validate=validate.OneOf(BOARD_CHOICES))
    game = fields.Boolean()
    kudos_choice = fields.String(
        validate=validate.OneOf(KUDOS_CHOICES),
        metadata={"description": "who else may see the thanks you get from now on"},
    )
    moments = fields.Boolean(
        metadata={"description": "whether a new badge comes as a dialog, or as a quiet note on the home page"}
    )


class ChoicesForm(Choices):
    """The theme stays in the browser: it may differ from one screen to the next."""

    theme = fields.String(validate=validate.OneOf(("system", "light", "dark")))


class StartQuery(Schema):
    """Where somebody wanted to go before the first questions came."""

    next = fields.String(load_default="", validate=validate.Length(max=2000))


class StartForm(Choices, StartQuery):
    pass


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
    kudos_choice = fields.String(
        allow_none=True,
        dump_default=None,
        metadata={"description": "null until chosen: only you two see them"},
    )
    moments = fields.Boolean(allow_none=True, dump_default=None)
    roles = fields.List(fields.String(), dump_default=[])
    scopes = fields.List(fields.String(), dump_default=[])
    department = fields.Nested(UnitOut, allow_none=True, dump_default=None)
    team = fields.Nested(UnitOut, allow_none=True, dump_default=None)
    manager_id = fields.Integer(allow_none=True, dump_default=None)


class PasswordForm(Schema):
    old = fields.String(load_default="", validate=validate.Length(0, 1000))
    new = fields.String(required=True, validate=validate.Length(1, 1000))
    again = fields.String(required=True, validate=validate.Length(1, 1000))
    shared = fields.Boolean(load_default=False)


class SessionForm(Schema):
    everywhere = fields.Boolean(load_default=False)
    session_id = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 2**63 - 1))


class LanguageForm(Schema):
    language = fields.String(required=True, validate=validate.OneOf(("nl", "en")))
    next = fields.String(load_default="/")


# People as systems see and send them ------------------------------------------------------------------------

MOST = 1000


class PeopleQuery(Schema):
    after = fields.Integer(load_default=0, validate=validate.Range(0, 2**63 - 1))
    limit = fields.Integer(load_default=200, validate=validate.Range(1, MOST))


class AccountIn(Schema):
    home_page = fields.String(required=True, validate=validate.Length(1, 500))
    name = fields.String(required=True, validate=validate.Length(1, 500))


class PersonIn(Schema):
    """A row of the HR file; what is left out says nothing, and null or an empty text empties it."""

    external_id = fields.String(allow_none=True)
    name = fields.String(required=True)
    email = fields.String(allow_none=True)
    manager_external_id = fields.String(allow_none=True)
    department = fields.String(allow_none=True)
    team = fields.String(allow_none=True)
    job = fields.String()
    role = fields.String(metadata={"description": "employee, learning, hr, council or admin"})
    hours_per_week = fields.Float(allow_none=True, allow_nan=False)
    language = fields.String(
        metadata={"description": "nl or en; of who is here already it is theirs to choose"}
    )
    active = fields.Boolean(metadata={"description": "false ends sessions and tokens at once"})
    accounts = fields.List(fields.Nested(AccountIn), validate=validate.Length(0, 50))


class PeopleIn(Schema):
    people = fields.List(fields.Nested(PersonIn), required=True, validate=validate.Length(1, MOST))


class RowOut(Schema):
    row = fields.Integer(required=True, metadata={"description": "which of the rows that were sent, from 1"})
    result = fields.String(required=True, metadata={"description": "made, changed, same or refused"})
    person_id = fields.Integer(allow_none=True, dump_default=None)
    code = fields.String(allow_none=True, dump_default=None)
    detail = fields.String(allow_none=True, dump_default=None)


class RowsOut(Schema):
    results = fields.List(fields.Nested(RowOut), required=True)


class PersonOut(Schema):
    person_id = fields.Integer(required=True)
    external_id = fields.String(allow_none=True)
    name = fields.String(required=True)
    email = fields.String(allow_none=True)
    manager_external_id = fields.String(allow_none=True)
    department = fields.String(allow_none=True)
    team = fields.String(allow_none=True)
    job = fields.String()
    role = fields.String()
    hours_per_week = fields.Float(allow_none=True)
    language = fields.String()
    active = fields.Boolean()
    can_sign_in = fields.Boolean()


class PeopleOut(Schema):
    people = fields.List(fields.Nested(PersonOut), required=True)
    next = fields.Integer(
        allow_none=True, metadata={"description": "the `after` of the next page; null at the end"}
    )


# When somebody is away, and whom HR reaches -----------------------------------------------------------------

BIGGEST = 2**63 - 1
_id = validate.Range(1, BIGGEST)


class PageQuery(Schema):
    page = fields.Integer(load_default=1, validate=validate.Range(1, 10_000))


class AwayForm(Schema):
    """The first and the last day; no reason."""

    since = fields.Date(required=True)
    until = fields.Date(required=True)


class AwayOwnForm(AwayForm):
    """`deputy` is the name of who stands in meanwhile, if somebody does."""

    deputy = fields.String(load_default="", validate=validate.Length(0, 200))


class AwayOwnIn(AwayForm):
    deputy_id = fields.Integer(
        load_default=None, allow_none=True, validate=_id,
        metadata={"description": "who confirms and decides in your place meanwhile, if somebody does"},
    )  # fmt: skip


class AwayOfForm(AwayForm):
    who = fields.String(required=True, validate=validate.Length(1, 200))


class AwayOfIn(AwayForm):
    """Who, by `person_id` or `external_id`, and from when until when."""

    person_id = fields.Integer(load_default=None, allow_none=True, validate=_id)
    external_id = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 500))


class AwaysIn(Schema):
    """The same first day of the same person again gives it another last day."""

    pauses = fields.List(fields.Nested(AwayOfIn), required=True, validate=validate.Length(1, MOST))


class AwayOut(Schema):
    id = fields.Integer(required=True)
    person_id = fields.Integer(required=True)
    since = fields.Date(required=True)
    until = fields.Date(required=True)


class OwnAwayOut(AwayOut):
    by = fields.String(
        required=True, allow_none=True, metadata={"description": "who entered it; null: a system of HR"}
    )


class OwnAwaysOut(Schema):
    pauses = fields.List(fields.Nested(OwnAwayOut), required=True)


class AwayOfOut(AwayOut):
    name = fields.String(required=True)


class AwaysOut(Schema):
    pauses = fields.List(fields.Nested(AwayOfOut), required=True)
    more = fields.Boolean(required=True)


class AwayResultOut(Schema):
    row = fields.Integer(required=True, metadata={"description": "which of those that were sent, from 1"})
    result = fields.String(required=True, validate=validate.OneOf(("kept", "refused")))
    code = fields.String(allow_none=True, dump_default=None)
    detail = fields.String(allow_none=True, dump_default=None)


class AwayResultsOut(Schema):
    results = fields.List(fields.Nested(AwayResultOut), required=True)


class DepartmentsIn(Schema):
    departments = fields.List(
        fields.Integer(validate=_id), required=True, validate=validate.Length(max=500),
        metadata={"description": "ids of departments; none at all: everybody"},
    )  # fmt: skip


class OfficerIn(Schema):
    officer = fields.Boolean(required=True)


class HrOut(Schema):
    person_id = fields.Integer(required=True)
    name = fields.String(required=True)
    departments = fields.List(
        fields.Nested(UnitOut), required=True, metadata={"description": "empty: serves everybody"}
    )


class OfficerOut(Schema):
    person_id = fields.Integer(required=True)
    name = fields.String(required=True)


class ReachOut(Schema):
    """Whom HR serves, and who reads which looks were refused."""

    hr = fields.List(fields.Nested(HrOut), required=True)
    privacy_officers = fields.List(fields.Nested(OfficerOut), required=True)
    departments = fields.List(fields.Nested(UnitOut), required=True)
