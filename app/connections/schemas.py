"""What comes in about connections and goes out, for pages and API alike."""

from marshmallow import Schema, fields, validate

from app.connections.rules import HOME, MOST, NAME
from app.imports.xapi import MEANS
from app.people.actions import SCOPES
from app.people.clients import HOURS

BIGGEST = 2**63 - 1
IDENTITIES = ("external_id", "email")
YES_NO = ("any", "yes", "no")


class ClientIn(Schema):
    """A system that may speak to us. `once` makes sending it again safe."""

    name = fields.String(required=True, validate=[validate.Length(1, NAME), validate.Regexp(r"\s*\S")])
    scopes = fields.List(
        fields.String(validate=validate.OneOf(SCOPES)),
        required=True,
        validate=validate.Length(1, len(SCOPES)),
    )
    account_home = fields.Url(
        load_default=None,
        allow_none=True,
        require_tld=False,
        schemes={"http", "https"},
        validate=validate.Length(max=HOME),
        metadata={"description": "home page of the accounts by which it names people"},
    )
    account_is = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(IDENTITIES),
        metadata={"description": "what the name of such an account is"},
    )
    once = fields.String(load_default=None, allow_none=True, validate=validate.Length(10, 100))


class RotationIn(Schema):
    """A new secret; the one before may hold for a while."""

    hours = fields.Integer(
        required=True,
        validate=validate.OneOf(HOURS),
        metadata={"description": "how long the secret before still holds; 0 ends it at once"},
    )
    once = fields.String(load_default=None, allow_none=True, validate=validate.Length(10, 100))


class DetailQuery(Schema):
    """`since` is the moment from which a test waits for something."""

    since = fields.AwareDateTime(load_default=None, allow_none=True)


class RuleForm(Schema):
    """One rule, as a form tells it; `place` is where it stands in the list, if it does."""

    verb = fields.String(load_default="", validate=validate.Length(max=500))
    activity_type = fields.String(load_default="", validate=validate.Length(max=500))
    completion = fields.String(load_default="any", validate=validate.OneOf(("", *YES_NO)))
    success = fields.String(load_default="any", validate=validate.OneOf(("", *YES_NO)))
    means = fields.String(load_default="", validate=validate.OneOf(("", *MEANS)))
    place = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, MOST))
    remove = fields.Boolean(load_default=False)
    preview = fields.Boolean(load_default=False)
    seen = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=64))


class ClientOut(Schema):
    """A client, without its secret."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    key = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)
    account_home = fields.String(required=True, allow_none=True)
    account_is = fields.String(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    used_at = fields.DateTime(required=True, allow_none=True)
    received_at = fields.DateTime(required=True, allow_none=True)
    revoked_at = fields.DateTime(required=True, allow_none=True)
    old_secret_until = fields.DateTime(required=True, allow_none=True)


class ClientsOut(Schema):
    clients = fields.List(fields.Nested(ClientOut), required=True)


class SecretOut(Schema):
    """The only time that the secret is told."""

    id = fields.Integer(required=True)
    key = fields.String(required=True)
    secret = fields.String(required=True)
    endpoint = fields.String(required=True)
    token_endpoint = fields.String(required=True)


class FiguresOut(Schema):
    """Of the last thirty days."""

    received = fields.Integer(required=True)
    counted = fields.Integer(required=True)
    waiting = fields.Integer(required=True)
    without_meaning = fields.Integer(required=True)
    refused = fields.Integer(required=True)


class RefusalOut(Schema):
    """What was refused and why, once a day and reason."""

    status = fields.Integer(required=True)
    code = fields.String(required=True)
    property = fields.String(required=True, metadata={"description": "where in the statement"})
    message = fields.String(required=True)
    count = fields.Integer(required=True)
    last_at = fields.DateTime(required=True)


class DetailOut(ClientOut):
    figures = fields.Nested(FiguresOut, required=True)
    refusals = fields.List(fields.Nested(RefusalOut), required=True)


class RulesIn(Schema):
    """The organisation's own rules, all of them; `seen` is the `print` of the list that they replace."""

    rules = fields.List(fields.Dict(), required=True, validate=validate.Length(max=MOST))
    seen = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=64))
    dry_run = fields.Boolean(load_default=False)


class ChangeOut(Schema):
    """What the last thirty days would have meant."""

    client_id = fields.Integer(required=True)
    verb = fields.String(required=True)
    activity_type = fields.String(required=True, allow_none=True)
    more = fields.Integer(required=True)
    fewer = fields.Integer(required=True)
    same = fields.Integer(required=True)
    statements = fields.Integer(required=True)


class UnknownOut(Schema):
    """A verb that was seen lately, of which no rule speaks."""

    verb = fields.String(required=True)
    activity_type = fields.String(required=True, allow_none=True)
    clients = fields.List(fields.Integer(), required=True)
    statements = fields.Integer(required=True)
    last_at = fields.DateTime(required=True)


class RulesOut(Schema):
    rules = fields.List(fields.Dict(), required=True)
    print = fields.String(required=True)
    without_meaning = fields.List(fields.Nested(UnknownOut), required=True)


class SavedOut(Schema):
    saved = fields.Boolean(required=True)
    print = fields.String(required=True)
    changes = fields.List(fields.Nested(ChangeOut), required=True)
