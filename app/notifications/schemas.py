"""What comes in about notifications and goes out, for pages and API alike."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from app.notifications.kinds import NAMED
from app.notifications.rules import WAYS, Settings

BIGGEST = 2**63 - 1
ID = validate.Range(1, BIGGEST)
SHOW = ("all", "unread")
WAY = validate.OneOf(WAYS)


class InboxQuery(Schema):
    show = fields.String(load_default="all", validate=validate.OneOf(SHOW))
    page = fields.Integer(load_default=1, validate=validate.Range(1, 10_000))


class ReadForm(Schema):
    """`until` is the newest of what was shown: what came after it stays unread."""

    until = fields.Integer(load_default=0, validate=validate.Range(0, BIGGEST))
    show = fields.String(load_default="all", validate=validate.OneOf(SHOW))


class ReadIn(Schema):
    """Which lines were read: these, or all up to one."""

    ids = fields.List(fields.Integer(validate=ID), load_default=list, validate=validate.Length(max=100))
    until = fields.Integer(load_default=0, validate=validate.Range(0, BIGGEST))


class ReadOut(Schema):
    unread = fields.Integer(required=True)


class NotificationOut(Schema):
    """One line of an inbox, as the asker may see it now."""

    id = fields.Integer(required=True)
    kind = fields.String(required=True)
    said = fields.String(
        required=True, allow_none=True, metadata={"description": "null when it is not there any more"}
    )
    link = fields.String(required=True, allow_none=True)
    count = fields.Integer(required=True, metadata={"description": "how many happenings this line holds"})
    at = fields.DateTime(required=True)
    unread = fields.Boolean(required=True)


class WithoutNameOut(Schema):
    """A lesson of yours without a name that colleagues began to apply in the past two weeks; this is kept nowhere."""

    id = fields.Integer(required=True)
    title = fields.String(required=True)
    lang = fields.String(required=True)
    number = fields.Integer(required=True)


class InboxOut(Schema):
    without_name = fields.List(fields.Nested(WithoutNameOut), required=True)
    notifications = fields.List(fields.Nested(NotificationOut), required=True)
    unread = fields.Integer(required=True, metadata={"description": "lines that are unread, in all"})
    next = fields.Integer(required=True, allow_none=True, metadata={"description": "the next page, if any"})


class WhenIn(Schema):
    """Whether and when somebody wants mail. Without quiet hours it comes at any time."""

    mail = fields.Boolean(load_default=False)
    quiet_from = fields.Time(load_default=None, allow_none=True)
    quiet_until = fields.Time(load_default=None, allow_none=True)
    hour = fields.Integer(required=True, validate=validate.Range(0, 23))
    weekday = fields.Integer(
        required=True, validate=validate.Range(1, 7), metadata={"description": "1: Monday"}
    )

    @validates_schema
    def both_or_neither(self, found: dict[str, Any], **_: Any) -> None:
        if (found.get("quiet_from") is None) is not (found.get("quiet_until") is None):
            raise ValidationError("both, or neither", "quiet_from")


class SettingsIn(WhenIn):
    """All of it, with how one is told of each kind: now, daily, weekly, none. Kinds left out stay."""

    ways = fields.Dict(
        keys=fields.String(validate=validate.OneOf([*NAMED])),
        values=fields.String(validate=WAY),
        load_default=dict,
    )


class SettingsOut(SettingsIn):
    address = fields.Boolean(
        required=True, metadata={"description": "false: without an e-mail address no mail goes"}
    )


_Ways: type[Schema] = Schema.from_dict(
    {f"way_{name}": fields.String(validate=WAY) for name in NAMED}, name="WaysForm"
)


class SettingsForm(_Ways, WhenIn):  # type: ignore[misc, valid-type]
    """The same as a form: a box per kind. Without `save` it was not sent by its button, but by itself."""

    save = fields.Boolean(load_default=False)

    @post_load
    def gather(self, found: dict[str, Any], **_: Any) -> dict[str, Any]:
        ways = {name: found.pop(f"way_{name}") for name in NAMED if f"way_{name}" in found}
        return {**found, "ways": ways}


def settings_in(found: dict[str, Any]) -> tuple[Settings, dict[str, str]]:
    """What was loaded, as the actions take it."""
    ways = found.pop("ways")
    found.pop("save", None)
    return Settings(**found), ways


class StopForm(Schema):
    everything = fields.Boolean(load_default=False)
