"""What comes in about learning files and goes out, for pages and API alike."""

from typing import Any

from marshmallow import Schema, fields, validate

from app.activities.rules import KINDS
from app.learning import rules

BIGGEST = 2**63 - 1
ROWS = 1000
FORMATS = ("", "%d-%m-%Y", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y %H:%M", "%d/%m/%Y %H:%M", "days")
ENCODINGS = ("", "utf-8", "utf-16", "cp1252", "iso8859-1", "iso8859-15")
SEPARATORS = ("", ",", ";", "tab", "|")
COLUMN = validate.Length(max=200)


class ImportsQuery(Schema):
    before = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, BIGGEST))


class ImportQuery(Schema):
    """Which kept map fills the form."""

    map = fields.String(load_default="", validate=COLUMN)


class ReadingForm(Schema):
    """How the file is to be read, where it was recognised wrongly."""

    encoding = fields.String(load_default="", validate=validate.OneOf(ENCODINGS))
    separator = fields.String(load_default="", validate=validate.OneOf(SEPARATORS))


class MapForm(Schema):
    """The map as a form: for each entry a column, for some a fixed value instead."""

    person = fields.String(load_default="", validate=COLUMN)
    known_as = fields.String(load_default="external_id", validate=validate.OneOf(rules.WAYS))
    activity = fields.String(load_default="", validate=COLUMN)
    title = fields.String(load_default="", validate=COLUMN)
    kind = fields.String(load_default="", validate=COLUMN)
    kind_is = fields.String(load_default="course", validate=validate.OneOf(KINDS))
    completed_at = fields.String(load_default="", validate=COLUMN)
    format = fields.String(load_default="", validate=validate.OneOf(FORMATS))
    days_from = fields.Date(load_default=None, allow_none=True)
    score = fields.String(load_default="", validate=COLUMN)
    external_id = fields.String(load_default="", validate=COLUMN)
    skills = fields.String(load_default="", validate=COLUMN)
    source = fields.String(load_default="", validate=validate.Length(max=rules.LONGEST["source"]))
    history = fields.Date(load_default=None, allow_none=True)
    name = fields.String(load_default="", validate=COLUMN)


def map_of(form: dict[str, Any]) -> dict[str, Any]:
    """The map that a form says."""
    found: dict[str, Any] = {
        name: {"column": form[name]}
        for name in ("person", "activity", "title", "kind", "completed_at", "score", "external_id", "skills")
        if form[name]
    }
    if "person" in found:
        found["person"]["as"] = form["known_as"]
    if "kind" not in found:
        found["kind"] = {"value": form["kind_is"]}
    if "completed_at" in found and form["format"] == "days" and form["days_from"]:
        found["completed_at"]["days_from"] = form["days_from"].isoformat()
    elif "completed_at" in found and form["format"] not in ("", "days"):
        found["completed_at"]["format"] = form["format"]
    found["source"] = {"value": form["source"].strip() or "file"}
    return found


def form_of(data: dict[str, Any]) -> dict[str, Any]:
    """A map as the form shows it."""
    form = {name: data.get(name, {}).get("column", "") for name in rules.ENTRIES}
    when = data.get("completed_at", {})
    return form | {
        "known_as": data.get("person", {}).get("as", "external_id"),
        "kind_is": data.get("kind", {}).get("value", "course"),
        "format": "days" if "days_from" in when else when.get("format", ""),
        "days_from": when.get("days_from", ""),
        "source": data.get("source", {}).get("value", ""),
    }


# The API ----------------------------------------------------------------------------------------------------


class Cell(fields.String):
    """A text as a file would have it; systems send numbers as numbers."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> Any:
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        return super()._deserialize(str(value) if plain else value, attr, data, **more)


def _cell(said: str, default: str = "") -> Cell:
    return Cell(load_default=default, metadata={"description": said, "type": ["string", "number"]})


class RowIn(Schema):
    """One completion, as a file would say it. What is wrong or missing is told with the row; the others count."""

    person = _cell("as the person is known, see `as`; needed")
    activity = _cell("an id of yours, or an IRI; needed")
    completed_at = _cell("a date or a time, ISO 8601; needed")
    title = _cell("of an activity that is new here")
    kind = _cell(", ".join(KINDS), "course")
    score = _cell("a share from 0 to 1, or up to 100 in per cent")
    external_id = _cell("names this completion, so that it counts once even when its date changes")
    skills = fields.List(
        fields.String(),
        load_default=list,
        metadata={"description": "slugs, for an activity that is new here"},
    )


class BatchIn(Schema):
    """Up to a thousand completions."""

    known_as = fields.String(
        data_key="as",
        load_default="external_id",
        validate=validate.OneOf(rules.WAYS),
        metadata={"description": "how `person` names people"},
    )
    source = fields.String(
        load_default="",
        validate=validate.Length(max=rules.LONGEST["source"]),
        metadata={"description": "where these come from; the name of the client when it is left out"},
    )
    history = fields.Date(
        load_default=None,
        allow_none=True,
        metadata={"description": "what happened before this day counts for badges only"},
    )
    dry_run = fields.Boolean(load_default=False)
    rows = fields.List(fields.Nested(RowIn), required=True, validate=validate.Length(1, ROWS))


class ResultOut(Schema):
    row = fields.Integer(required=True, metadata={"description": "its place in `rows`, from 0"})
    result = fields.String(required=True, validate=validate.OneOf(("new", "known", "waiting", "refused")))
    reason = fields.String(required=True, allow_none=True)


class BatchOut(Schema):
    """What became of the rows, each and in all."""

    new = fields.Integer(required=True)
    known = fields.Integer(required=True)
    waiting = fields.Integer(required=True, metadata={"description": "count when the person becomes known"})
    refused = fields.Integer(required=True)
    activities = fields.Integer(required=True, metadata={"description": "proposed, for nobody knew them"})
    rows = fields.List(fields.Nested(ResultOut), required=True)
