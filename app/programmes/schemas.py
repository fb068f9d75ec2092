"""What comes in about programmes and goes out, for pages and API alike."""

from typing import Any

from marshmallow import Schema, fields, validate

from app.programmes import rules

BIGGEST = 2**63 - 1
VERSION = validate.Range(1, BIGGEST)
SLUG = validate.Length(max=80)
FORM_PARTS = 12


def _both(most: int) -> Any:
    return {lang: fields.String(required=True, validate=validate.Length(1, most)) for lang in ("nl", "en")}


TitleIn = Schema.from_dict(_both(rules.TITLE), name="ProgrammeTitle")
SummaryIn = Schema.from_dict(_both(rules.SUMMARY), name="ProgrammeSummary")


class _Form(Schema):
    """A programme in a form; what each part names stands below it, an activity a line."""

    title_nl = fields.String(required=True, validate=validate.Length(1, rules.TITLE))
    title_en = fields.String(required=True, validate=validate.Length(1, rules.TITLE))
    summary_nl = fields.String(required=True, validate=validate.Length(1, rules.SUMMARY))
    summary_en = fields.String(required=True, validate=validate.Length(1, rules.SUMMARY))
    skill = fields.String(load_default="", validate=SLUG)
    badge = fields.String(load_default="", validate=SLUG)
    version = fields.Integer(load_default=None, allow_none=True, validate=VERSION)


_PARTS: dict[str, Any] = {
    **{
        f"part{n}": fields.String(load_default="", validate=validate.Length(max=3000))
        for n in range(1, FORM_PARTS + 1)
    },
    **{
        f"need{n}": fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, rules.CHOICE))
        for n in range(1, FORM_PARTS + 1)
    },
}  # fmt: skip
ProgrammeForm = type("ProgrammeForm", (_Form,), _PARTS)


class ProgrammeStateForm(Schema):
    state = fields.String(required=True, validate=validate.OneOf(("published", "retired")))


class PartIn(Schema):
    need = fields.Integer(
        required=True,
        validate=validate.Range(1, rules.CHOICE),
        metadata={"description": "how many of its activities; as many as it names: all are required"},
    )
    activities = fields.List(
        fields.String(validate=SLUG), required=True, validate=validate.Length(1, rules.CHOICE)
    )


class ProgrammeIn(Schema):
    """A programme as L&D says it."""

    title = fields.Nested(TitleIn, required=True)
    summary = fields.Nested(SummaryIn, required=True)
    skill = fields.String(
        load_default=None, allow_none=True, validate=SLUG, metadata={"description": "its slug"}
    )
    badge = fields.String(
        load_default="", validate=SLUG, metadata={"description": "slug of the badge beside it"}
    )
    parts = fields.List(fields.Nested(PartIn), required=True, validate=validate.Length(*rules.PARTS))


class ProgrammeWrite(ProgrammeIn):
    version = fields.Integer(required=True, validate=VERSION)


class Both(Schema):
    nl = fields.String()
    en = fields.String()


class DoingOut(Schema):
    slug = fields.String(required=True)
    title = fields.Nested(Both, required=True)
    done_at = fields.DateTime(required=True, allow_none=True)


class PartOut(Schema):
    need = fields.Integer(required=True)
    done = fields.Integer(required=True)
    activities = fields.List(fields.Nested(DoingOut), required=True)


class ProgrammeOut(Schema):
    """A programme, and how far you are."""

    slug = fields.String(required=True)
    title = fields.Nested(Both, required=True)
    summary = fields.Nested(Both, required=True)
    skill_id = fields.Integer(required=True, allow_none=True)
    badge = fields.String(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(rules.STATES))
    version = fields.Integer(required=True)
    following = fields.Boolean(required=True)
    changed = fields.Boolean(
        required=True, metadata={"description": "its parts changed since you began to follow it"}
    )
    done = fields.Integer(required=True, metadata={"description": "steps that you did"})
    steps = fields.Integer(required=True, metadata={"description": "how many it takes"})
    next = fields.String(required=True, allow_none=True, metadata={"description": "slug of what can be next"})
    completed_at = fields.DateTime(required=True, allow_none=True)
    parts = fields.List(fields.Nested(PartOut), required=True)


class KeptOut(ProgrammeOut):
    """One as its keepers see it, in every state; how many follow and completed it, from five on."""

    followers = fields.Integer(required=True, allow_none=True)
    completed_by = fields.Integer(required=True, allow_none=True)


class KeptProgrammesOut(Schema):
    programmes = fields.List(fields.Nested(KeptOut), required=True)


class ProgrammesOut(Schema):
    programmes = fields.List(fields.Nested(ProgrammeOut), required=True)
