"""What comes in when panels assess, people decide, and HR keeps rounds."""

from typing import Any

from marshmallow import Schema, fields, validate

from app.reviews import rules

BIGGEST = 2**63 - 1
ID = validate.Range(1, BIGGEST)
WORDS = validate.Length(max=4 * rules.TEXT[1])  # the action says how long is too long
VERSION = validate.Range(0, BIGGEST)
WHO = validate.Length(1, 200)


class CsvQuery(Schema):
    """What stands between columns: a spreadsheet set to Dutch reads the semicolon."""

    separator = fields.String(load_default=",", validate=validate.OneOf((",", ";")))


class SaidIn(Schema):
    """What a member says of one criterion."""

    verdict = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(rules.VERDICTS))
    words = fields.String(load_default="", validate=WORDS)
    version = fields.Integer(load_default=0, validate=VERSION)


class AssessIn(Schema):
    """`hand_in` files all of it at once; without it, it is kept as a draft."""

    hand_in = fields.Boolean(load_default=False)


class SeatIn(Schema):
    seat = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(rules.SEATS))


class DecideIn(Schema):
    """`step`: keep a draft, look at what will be signed, or sign it. `read` is the version of the file."""

    step = fields.String(load_default="draft", validate=validate.OneOf(("draft", "look", "sign")))
    outcome = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(rules.OUTCOMES))
    words = fields.String(load_default="", validate=WORDS)
    from_on = fields.Date(load_default=None, allow_none=True)
    plan_on = fields.Date(load_default=None, allow_none=True)
    draft = fields.Integer(load_default=0, validate=VERSION)
    read = fields.Integer(load_default=0, validate=VERSION)


class SeenIn(Schema):
    read = fields.Integer(required=True, validate=VERSION)


class AnswerIn(Schema):
    words = fields.String(required=True, validate=WORDS)


class HandleIn(Schema):
    """Answer an objection: it stands, or is decided anew by others."""

    outcome = fields.String(required=True, validate=validate.OneOf(("stands", "anew")))
    words = fields.String(required=True, validate=WORDS)
    read = fields.Integer(required=True, validate=VERSION)


class DossierQuery(Schema):
    number = fields.Integer(load_default=0, validate=VERSION)
    lang = fields.String(load_default="", validate=validate.OneOf(("", "nl", "en")))


class PersonIn(Schema):
    """A colleague, by name or handle."""

    person = fields.String(required=True, validate=WHO)


class NameSeatIn(PersonIn):
    seat = fields.String(required=True, validate=validate.OneOf(rules.SEATS))


class DropSeatIn(Schema):
    person_id = fields.Integer(required=True, validate=ID)
    seat = fields.String(required=True, validate=validate.OneOf(rules.SEATS))


class ListPersonIn(PersonIn):
    job_id = fields.Integer(required=True, validate=ID)


class AcceptIn(Schema):
    job_id = fields.Integer(required=True, validate=ID)


class RoundIn(Schema):
    """A round. Without departments it is everywhere."""

    name_nl = fields.String(required=True, validate=validate.Length(*rules.NAME))
    name_en = fields.String(required=True, validate=validate.Length(*rules.NAME))
    jobs = fields.List(fields.Integer(validate=ID), load_default=list, validate=validate.Length(max=200))
    units = fields.List(fields.Integer(validate=ID), load_default=list, validate=validate.Length(max=500))
    evidence_due = fields.Date(required=True)
    panel_due = fields.Date(required=True)
    decide_due = fields.Date(required=True)
    release_on = fields.Date(required=True)
    deciders = fields.Integer(load_default=1, validate=validate.OneOf((1, 2)))
    seen_days = fields.Integer(load_default=rules.SEEN_DAYS, validate=validate.Range(7, 90))
    object_days = fields.Integer(load_default=rules.OBJECT_DAYS, validate=validate.Range(7, 90))
    version = fields.Integer(load_default=0, validate=VERSION)


class ReleaseIn(Schema):
    """`mark` is what was on the page that one confirms."""

    mark = fields.String(required=True, validate=validate.Length(1, 64))


class DeskQuery(Schema):
    stage = fields.String(load_default="", validate=validate.OneOf(("", "late", "objection", *rules.STAGES)))
    round_id = fields.Integer(load_default=None, allow_none=True, validate=ID, data_key="round")
    department_id = fields.Integer(load_default=None, allow_none=True, validate=ID, data_key="department")
    q = fields.String(load_default="", validate=validate.Length(max=80))
    page = fields.Integer(load_default=1, validate=validate.Range(1, 10_000))
    ticked = fields.Boolean(load_default=False, data_key="all")
    reminded = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, 100_000))


class ViewIn(DeskQuery):
    """The list as it is now, under a name."""

    name = fields.String(
        required=True, validate=validate.And(validate.Length(1, 60), validate.Regexp(r".*\S"))
    )


class RemindIn(DeskQuery):
    """The reviews that are ticked, and the list to come back to."""

    review = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=500))


def said_of(form: Any, criteria: list[int]) -> dict[int, dict[str, Any]]:
    """What a form says of each criterion, from fields that carry its id."""
    found = {}
    for one in criteria:
        names = {name: form.get(f"{name}-{one}") for name in ("verdict", "words", "version")}
        if any(value is not None for value in names.values()):
            given = {name: value for name, value in names.items() if value not in (None, "")}
            given["words"] = str(given.get("words", "")).replace("\r\n", "\n").replace("\x00", "")
            found[one] = SaidIn().load(given)
    return found
