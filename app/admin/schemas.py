"""What those who keep the house fill in."""

from marshmallow import Schema, ValidationError, fields, validate

from app.people.files import KINDS
from app.people.queries import SHOWN
from app.people.rules import ROLES, is_way_out
from app.vision.schemas import Line

BIGGEST = 2**63 - 1
_id = validate.Range(1, BIGGEST)


def _way_out(link: str) -> None:
    if link and not is_way_out(link):
        raise ValidationError("is no https address or page of this house")


class OrganisationForm(Schema):
    name = Line(required=True, validate=validate.Length(1, 100))
    kudos_allowance = fields.Integer(required=True, validate=validate.Range(0, 1000))
    manager_kudos_allowance = fields.Integer(required=True, validate=validate.Range(0, 1000))
    team_kudos_allowance = fields.Integer(validate=validate.Range(0, 1000))  # left out, it stays
    kudos_on_boards = fields.Boolean(load_default=False)
    full_time_hours = fields.Float(load_default=36.0, validate=validate.Range(1, 80))
    statement_days = fields.Integer(required=True, validate=validate.Range(30, 3650))
    incident_link = Line(
        load_default="",
        validate=[validate.Length(max=500), _way_out],
        metadata={"description": "where incidents are reported: an https address, or a page here"},
    )


class OrganisationIn(OrganisationForm):
    """All that the organisation decides, as it shall be."""

    team_kudos_allowance = fields.Integer(required=True, validate=validate.Range(0, 1000))
    kudos_on_boards = fields.Boolean(required=True)
    full_time_hours = fields.Float(required=True, validate=validate.Range(1, 80))
    incident_link = Line(required=True, validate=[validate.Length(max=500), _way_out])
    points_on = fields.Boolean(required=True)
    boards_on = fields.Boolean(required=True)


class OrganisationOut(Schema):
    """What the organisation is called and decided; below `boards_on` for admins only."""

    name = fields.String(required=True)
    points_on = fields.Boolean(required=True)
    boards_on = fields.Boolean(required=True)
    kudos_allowance = fields.Integer(
        metadata={"description": "colleagues that somebody can thank in a month"}
    )
    manager_kudos_allowance = fields.Integer(metadata={"description": "the same for who manages people"})
    team_kudos_allowance = fields.Integer(
        metadata={"description": "whole teams that who manages people can thank in a month"}
    )
    kudos_on_boards = fields.Boolean()
    full_time_hours = fields.Float(metadata={"description": "hours a week of full time"})
    incident_link = fields.String(metadata={"description": "where incidents are reported, if anywhere"})
    statement_days = fields.Integer(metadata={"description": "days that reports without a meaning are kept"})


class PeopleQuery(Schema):
    q = fields.String(load_default="", validate=validate.Length(0, 100))
    department = fields.Integer(load_default=None, allow_none=True, validate=_id)
    role = fields.String(load_default="", validate=validate.OneOf(("", *ROLES, "manager")))
    show = fields.String(load_default="here", validate=validate.OneOf(tuple(SHOWN)))
    after = fields.String(load_default="", validate=validate.Length(0, 300))
    after_id = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, BIGGEST))
    invited = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, BIGGEST))


class InviteForm(Schema):
    """Whom, and how: those who are ticked, or everybody who has no way in yet."""

    ids = fields.List(fields.Integer(validate=_id), load_default=[], validate=validate.Length(0, 1000))
    how = fields.String(
        required=True, validate=validate.OneOf(("mail", "letters", "all-mail", "all-letters", "link"))
    )


class RoleForm(Schema):
    role = fields.String(required=True, validate=validate.OneOf(ROLES))


class DepartmentsForm(Schema):
    """Which departments somebody of HR serves; none means all."""

    departments = fields.List(
        fields.Integer(validate=_id), load_default=[], validate=validate.Length(0, 1000)
    )


class OfficerForm(Schema):
    officer = fields.Boolean(load_default=False)


class FileQuery(Schema):
    kind = fields.String(load_default="", validate=validate.OneOf(("", *KINDS)))
    after = fields.Integer(load_default=0, validate=validate.Range(0, BIGGEST))
