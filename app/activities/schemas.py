"""What comes in about activities and completions and goes out, for pages and API alike."""

from collections.abc import Mapping
from typing import Any

from flask_smorest.fields import Upload
from marshmallow import Schema, ValidationError, fields, validate

from app.activities import rules
from app.vision.rules import LANGUAGES
from app.vision.schemas import Line, opens

BIGGEST = 2**63 - 1
ID = validate.Range(1, BIGGEST)
LAST_PAGE = 100
PAGE = fields.Integer(
    load_default=1,
    validate=validate.Range(1, LAST_PAGE),
    metadata={"description": "1 for the first; `next` of an answer is the one after it"},
)


class Words(fields.String):
    """Text of any number of lines, without blanks around it."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        return super()._deserialize(value, attr, data, **kwargs).strip()


class CatalogueQuery(Schema):
    """Which activities; all that is asked must hold."""

    text = Line(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=200),
        data_key="q",
        metadata={"description": "words that stand in title, summary or place"},
    )
    kind = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(rules.KINDS))
    skill = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=80),
        metadata={"description": "slug of a skill; brings the skills below it"},
    )
    language = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(LANGUAGES))
    goals = fields.Boolean(
        load_default=False, metadata={"description": "counts towards an open goal of yours"}
    )
    hours = fields.Float(
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, rules.MOST_HOURS),
        metadata={"description": "takes at most so many hours"},
    )
    page = PAGE


class LogIn(Schema):
    """Own learning: `activity_id` of the catalogue, or `title`, `kind` and `skill_id` of something else."""

    activity_id = fields.Integer(load_default=None, allow_none=True, validate=ID)
    title = Line(load_default="", validate=validate.Length(max=rules.TITLE))
    kind = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(rules.KINDS))
    skill_id = fields.Integer(load_default=None, allow_none=True, validate=ID)
    completed_on = fields.Date(required=True)
    hours = fields.Float(
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, rules.LOG_HOURS, min_inclusive=False),
        metadata={"description": "counts where the catalogue names no hours"},
    )
    note = Words(
        load_default="",
        validate=validate.Length(max=rules.NOTE),
        metadata={"description": "what you did; this, a link or a file is needed"},
    )
    link = Words(load_default="", validate=[validate.Length(max=rules.LINK), opens])
    confirmer_id = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=ID,
        metadata={"description": "who can confirm it; your manager when left out"},
    )
    file_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"description": "a file that shows it, sent before to `/completions/files`"},
    )


class UploadIn(Schema):
    """A JPEG, PNG, WebP or GIF, or a PDF; 5 MB at most."""

    file = Upload(required=True)


class LogForm(LogIn):
    """The same with a box in which the confirmer is named."""

    who = Line(load_default="", validate=validate.Length(max=200))


class LogDraftIn(Schema):
    """What is filled in so far; nothing of it need be right."""

    activity_id = fields.String(load_default="", validate=validate.Length(max=18))
    title = fields.String(load_default="", validate=validate.Length(max=200))
    kind = fields.String(load_default="", validate=validate.Length(max=40))
    skill_id = fields.String(load_default="", validate=validate.Length(max=18))
    completed_on = fields.String(load_default="", validate=validate.Length(max=10))
    hours = fields.String(load_default="", validate=validate.Length(max=20))
    note = fields.String(load_default="", validate=validate.Length(max=1000))
    link = fields.String(load_default="", validate=validate.Length(max=2000))
    who = fields.String(load_default="", validate=validate.Length(max=200))
    file_id = fields.String(load_default="", validate=validate.Length(max=36))


class LogQuery(Schema):
    """Which activity the form is for, which declined log it takes up again, and what was sent a moment ago."""

    again = fields.Integer(load_default=None, allow_none=True, validate=ID)
    activity = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=80))
    sent = fields.Integer(load_default=None, allow_none=True, validate=ID)
    page = PAGE


class WhoQuery(Schema):
    who = Line(load_default="", validate=validate.Length(max=200))


class TitleQuery(Schema):
    title = Line(load_default="", validate=validate.Length(max=rules.TITLE))


class CompletionsQuery(Schema):
    page = PAGE


class NewsQuery(Schema):
    """What came after the newest that is on the page."""

    after = fields.Integer(load_default=0, validate=validate.Range(0, BIGGEST))


MOST_AT_ONCE = 100  # that one word confirms; a page shows fewer


class ManyIn(Schema):
    """Logs that wait for your word, to be confirmed at once."""

    completions = fields.List(
        fields.Integer(validate=validate.Range(1, BIGGEST)),
        required=True,
        validate=validate.Length(min=1, max=MOST_AT_ONCE),
    )


class ManyOut(Schema):
    confirmed = fields.List(fields.Integer(), required=True)
    changed = fields.List(
        fields.Integer(),
        required=True,
        metadata={
            "description": "what did not wait for your word any more: decided, withdrawn or handed over"
        },
    )


class ConfirmationsQuery(Schema):
    """Whether all is ticked, and what the last word on many did."""

    all = fields.Boolean(load_default=False)
    confirmed = fields.Integer(load_default=0, validate=validate.Range(0, MOST_AT_ONCE))
    changed = fields.Integer(load_default=0, validate=validate.Range(0, MOST_AT_ONCE))
    undone = fields.Integer(load_default=0, validate=validate.Range(0, MOST_AT_ONCE))
    undoable = fields.List(
        fields.Integer(validate=validate.Range(1, BIGGEST)),
        data_key="undo", load_default=list, validate=validate.Length(max=MOST_AT_ONCE),
    )  # fmt: skip


class UndoneOut(Schema):
    """What waits again."""

    undone = fields.List(fields.Integer(), required=True)


class DecisionIn(Schema):
    """The confirmer's word; `note` is needed to decline."""

    decision = fields.String(required=True, validate=validate.OneOf(("confirm", "decline")))
    note = Words(load_default="", validate=validate.Length(max=rules.NOTE))


# Keeping the catalogue ------------------------------------------------------------------------------------

STATES = ("published", "proposed", "retired")


def _languages(texts: Mapping[str, str]) -> None:
    if set(texts) != set(LANGUAGES) or not all(
        isinstance(text, str) and text.strip() for text in texts.values()
    ):
        raise ValidationError("Say it in Dutch (nl) and in English (en).")


class DeskQuery(Schema):
    """Which activities, in any state."""

    text = Line(load_default=None, allow_none=True, validate=validate.Length(max=200), data_key="q")
    kind = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(rules.KINDS))
    state = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(STATES))
    page = PAGE


class ActivityForm(Schema):
    """An activity as the form sends it; `skills` are slugs, `known_as` has an id a line."""

    version = fields.Integer(load_default=None, allow_none=True, validate=ID)
    title_nl = Line(required=True, validate=validate.Length(1, rules.TITLE))
    title_en = Line(required=True, validate=validate.Length(1, rules.TITLE))
    summary_nl = Words(load_default="", validate=validate.Length(max=2000))
    summary_en = Words(load_default="", validate=validate.Length(max=2000))
    kind = fields.String(required=True, validate=validate.OneOf(rules.KINDS))
    hours = fields.Float(load_default=None, allow_none=True, validate=validate.Range(0, rules.MOST_HOURS))
    language = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(("", *LANGUAGES)))
    place = Line(load_default="", validate=validate.Length(max=200))
    url = Words(load_default="", validate=[validate.Length(max=2000), opens])
    mandatory = fields.Boolean(load_default=False)
    repeats = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(("", "year", "quarter", "month"))
    )
    skills = fields.List(
        fields.String(validate=validate.Length(1, 80)), load_default=list, validate=validate.Length(max=50)
    )
    known_as = Words(load_default="", validate=validate.Length(max=20_000))


class StateForm(Schema):
    """Publish or retire what stands."""

    state = fields.String(required=True, validate=validate.OneOf(("published", "retired")))
    version = fields.Integer(load_default=None, allow_none=True, validate=ID)


class WishIn(Schema):
    words = Line(required=True, validate=validate.Length(2, 200))


class WishAnswer(Schema):
    """An answer to all who asked the same: `activity` is the slug of what is there now; without it, not for now."""

    same = fields.String(required=True, validate=validate.Length(1, 200))
    activity = Words(load_default="", validate=validate.Length(max=300))
    answer = Words(load_default="", validate=validate.Length(max=500))


class WishAnswerIn(Schema):
    """An answer to all who asked the same."""

    same = fields.String(
        required=True, validate=validate.Length(1, 200), metadata={"description": "as `/wishes/open` told it"}
    )
    activity = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 80),
        metadata={"description": "slug of what is there now; without it, not for now"},
    )
    answer = Words(
        load_default="",
        validate=validate.Length(max=500),
        metadata={"description": "a word for who asked; needed without an activity"},
    )


class ActivityWrite(Schema):
    """An activity as it shall be. Texts are {nl, en}; what is left out is empty."""

    title = fields.Dict(
        keys=fields.String(),
        values=fields.String(validate=validate.Length(1, 200)),
        required=True,
        validate=_languages,
    )
    summary = fields.Dict(
        keys=fields.String(), values=fields.String(validate=validate.Length(max=2000)), load_default=None,
        allow_none=True, validate=lambda texts: _languages(texts) if texts else None,
    )  # fmt: skip
    kind = fields.String(required=True, validate=validate.OneOf(rules.KINDS))
    hours = fields.Float(load_default=None, allow_none=True, validate=validate.Range(0, rules.MOST_HOURS))
    language = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(LANGUAGES))
    place = Line(load_default="", validate=validate.Length(max=200))
    url = Words(load_default="", validate=[validate.Length(max=2000), opens])
    mandatory = fields.Boolean(load_default=False)
    repeats = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(("year", "quarter", "month"))
    )
    skills = fields.List(
        fields.String(validate=validate.Length(1, 80)), load_default=list, validate=validate.Length(max=50),
        metadata={"description": "slugs of skills"},
    )  # fmt: skip
    known_as = fields.List(
        fields.String(validate=validate.Length(1, 2000)), load_default=list, validate=validate.Length(max=50),
        metadata={"description": "ids by which sources know it"},
    )  # fmt: skip
    state = fields.String(load_default="published", validate=validate.OneOf(("published", "retired")))
    version = fields.Integer(
        load_default=None, allow_none=True, validate=ID,
        metadata={"description": "the version that you changed; 409 when there is a newer one. Null: whatever stands"},
    )  # fmt: skip


class HandOverIn(Schema):
    """Who is asked to confirm it instead."""

    confirmer_id = fields.Integer(required=True, validate=ID)


class HandOverForm(Schema):
    """The same with a box in which a colleague is named."""

    confirmer_id = fields.Integer(load_default=None, allow_none=True, validate=ID)
    who = Line(load_default="", validate=validate.Length(max=200))


# What goes out --------------------------------------------------------------------------------------------

_TEXTS = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
_NEXT = fields.Integer(
    required=True, allow_none=True, metadata={"description": "`page` of the next answer; null on the last"}
)


class ActivityOut(Schema):
    """Something one can do to learn. Texts of the organisation are {nl, en}."""

    id = fields.Integer(required=True)
    slug = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(rules.KINDS))
    title = _TEXTS
    summary = _TEXTS
    hours = fields.Float(required=True, allow_none=True)
    language = fields.String(
        required=True, allow_none=True, metadata={"description": "nl, en, or null for both"}
    )
    place = fields.String(required=True)
    url = fields.String(required=True)
    mandatory = fields.Boolean(required=True)
    repeats = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "year, quarter or month: counts once in each"},
    )
    skills = fields.List(fields.Integer(), required=True)


class EditedActivityOut(ActivityOut):
    """An activity of the catalogue as it is kept."""

    state = fields.String(required=True, validate=validate.OneOf(STATES))
    version = fields.Integer(required=True)


class ActivitiesOut(Schema):
    activities = fields.List(fields.Nested(ActivityOut), required=True)
    next = _NEXT


class CompletedActivityOut(Schema):
    id = fields.Integer(required=True)
    slug = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(rules.KINDS))
    title = _TEXTS


class ColleagueOut(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)


class LogFileOut(Schema):
    """A file that shows what was learned; `/completions/files/{id}` gives it."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True, metadata={"description": "image/webp or application/pdf"})
    name = fields.String(required=True)
    size = fields.Integer(required=True, metadata={"description": "bytes"})


class LogFileKeptOut(LogFileOut):
    """One that waits for its log."""

    kept_until = fields.DateTime(required=True, metadata={"description": "without a log it goes then"})


class CompletionOut(Schema):
    """That somebody finished one edition of an activity, and how that stands."""

    id = fields.Integer(required=True)
    person_id = fields.Integer(required=True)
    activity = fields.Nested(CompletedActivityOut, required=True)
    edition = fields.String(required=True, metadata={"description": "such as 2026; empty if it counts once"})
    completed_at = fields.DateTime(required=True)
    recorded_at = fields.DateTime(required=True)
    state = fields.String(required=True, validate=validate.OneOf(rules.STATES))
    origin = fields.String(
        required=True, metadata={"description": "platform, import, history, log, attendance or guidance"}
    )
    score = fields.Float(required=True, allow_none=True)
    hours = fields.Float(required=True, allow_none=True)
    note = fields.String(required=True)
    link = fields.String(required=True)
    file = fields.Nested(
        LogFileOut,
        required=True,
        allow_none=True,
        metadata={"description": "for its person and whoever confirms it"},
    )
    confirmer = fields.Nested(ColleagueOut, required=True, allow_none=True)
    decided_at = fields.DateTime(required=True, allow_none=True)
    decision_note = fields.String(required=True)


class CompletionsOut(Schema):
    completions = fields.List(fields.Nested(CompletionOut), required=True)
    next = _NEXT


class WaitingOut(Schema):
    completions = fields.List(fields.Nested(CompletionOut), required=True)
    waiting = fields.Integer(required=True, metadata={"description": "how many there are in all"})


class WishOut(Schema):
    """What you asked for, and the answer."""

    id = fields.Integer(required=True)
    words = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(("open", "made", "declined")))
    asked_at = fields.DateTime(required=True)
    answered_at = fields.DateTime(required=True, allow_none=True)
    answer = fields.String(required=True)
    activity = fields.String(
        required=True,
        allow_none=True,
        attribute="slug",
        metadata={"description": "slug of what is there now"},
    )


class WishesOut(Schema):
    wishes = fields.List(fields.Nested(WishOut), required=True)


class AskedOut(Schema):
    """What is asked for and not answered; nobody is named."""

    same = fields.String(required=True, metadata={"description": "what equal wishes have in common"})
    words = fields.String(required=True)
    number = fields.Integer(required=True, metadata={"description": "so many colleagues asked"})
    since = fields.DateTime(required=True)


class AskedForOut(Schema):
    wishes = fields.List(fields.Nested(AskedOut), required=True)


class AnsweredOut(Schema):
    answered = fields.Integer(required=True, metadata={"description": "so many colleagues have their answer"})
