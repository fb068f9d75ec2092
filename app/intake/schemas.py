"""What comes in at the desk and goes out, for pages and API alike."""

from marshmallow import Schema, fields, validate

from app.activities.rules import KINDS, MOST_HOURS
from app.intake.rules import LONGEST

BIGGEST = 2**63 - 1
ID = validate.Range(1, BIGGEST)
NAME = validate.Length(1, LONGEST)
PAGES = validate.Range(1, 1000)


class NamesQuery(Schema):
    """Which names: those that wait, those that are ignored, or joins that hold."""

    show = fields.String(load_default="waiting", validate=validate.OneOf(("waiting", "ignored", "joined")))
    client = fields.Integer(load_default=None, allow_none=True, validate=ID)
    page = fields.Integer(load_default=1, validate=PAGES)


class NamesApiQuery(Schema):
    ignored = fields.Boolean(load_default=False)
    client = fields.Integer(load_default=None, allow_none=True, validate=ID)
    page = fields.Integer(load_default=1, validate=PAGES)


class NameQuery(Schema):
    """One name, and whom one looks for."""

    name = fields.String(load_default="", validate=validate.Length(max=LONGEST))
    q = fields.String(load_default="", validate=validate.Length(max=200))


class NameIn(Schema):
    name = fields.String(
        required=True, validate=NAME, metadata={"description": "as the list of names gives it"}
    )


class JoinIn(NameIn):
    """This name is that person."""

    person_id = fields.Integer(required=True, validate=ID)


class IgnoreIn(NameIn):
    """`ignored` false shows it again."""

    ignored = fields.Boolean(required=True)


class MergeIn(Schema):
    """Two ids of one activity: `from_id` becomes `into_id`."""

    from_id = fields.Integer(required=True, validate=ID)
    into_id = fields.Integer(required=True, validate=ID)


class AcceptIn(Schema):
    """What a proposed activity is called in the catalogue."""

    title_nl = fields.String(load_default="", validate=validate.Length(max=300))
    title_en = fields.String(load_default="", validate=validate.Length(max=300))
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    hours = fields.Float(load_default=None, allow_none=True, validate=validate.Range(0, MOST_HOURS))
    skills = fields.List(fields.Integer(validate=ID), load_default=list, validate=validate.Length(max=50))


class GuessOut(Schema):
    """Somebody whom the name may mean: the number, the e-mail, the part before the @, or the name is the same."""

    person_id = fields.Integer(required=True)
    name = fields.String(required=True)
    why = fields.String(required=True, validate=validate.OneOf(("number", "email", "mailbox", "name")))


class WaitingOut(Schema):
    """A name under which statements wait."""

    name = fields.String(required=True)
    said = fields.String(
        required=True, allow_none=True, metadata={"description": "what the source calls them"}
    )
    statements = fields.Integer(required=True)
    completions = fields.Integer(required=True, metadata={"description": "statements that would count"})
    clients = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    first_at = fields.DateTime(required=True)
    last_at = fields.DateTime(required=True)
    guesses = fields.List(fields.Nested(GuessOut), required=True)


class NamesOut(Schema):
    names = fields.List(fields.Nested(WaitingOut), required=True)
    next = fields.Integer(required=True, allow_none=True)


class JoinOut(Schema):
    """A join that holds."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    person_id = fields.Integer(required=True)
    person = fields.String(required=True)
    at = fields.DateTime(required=True)


class JoinsOut(Schema):
    joins = fields.List(fields.Nested(JoinOut), required=True)
    next = fields.Integer(required=True, allow_none=True)


class ProposedOut(Schema):
    """An activity that sources named, and which others have its title."""

    id = fields.Integer(required=True)
    kind = fields.String(required=True)
    title = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    known_as = fields.List(fields.String(), required=True)
    completions = fields.Integer(required=True)
    sources = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    alike = fields.List(fields.Integer(), required=True)


class ProposalsOut(Schema):
    activities = fields.List(fields.Nested(ProposedOut), required=True)


class MergeOut(Schema):
    """A merge that holds."""

    id = fields.Integer(required=True)
    from_id = fields.Integer(required=True)
    into_id = fields.Integer(required=True)
    completions = fields.Integer(required=True)
    at = fields.DateTime(required=True)


class MergesOut(Schema):
    merges = fields.List(fields.Nested(MergeOut), required=True)
