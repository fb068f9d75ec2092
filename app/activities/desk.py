"""The desk of who keeps the catalogue: edit one activity at a time, and answer what colleagues ask for."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import may, me
from app.activities import actions, queries
from app.activities.rules import KINDS, slug_meant
from app.activities.schemas import STATES, ActivityForm, DeskQuery, StateForm, WishAnswer
from app.db import transaction
from app.errors import Conflict, NotFound, Refused
from app.outbox import settle
from app.vision import queries as vision
from app.web import body, now, query, render, status_of, wrong_with

desk = Blueprint("catalogue", __name__)
TYPED = (
    "title_nl", "title_en", "summary_nl", "summary_en", "kind", "hours", "language", "place", "url", "mandatory",
    "repeats", "known_as",
)  # fmt: skip


@desk.get("/admin/catalogue")
@may("learning")
def overview() -> ResponseReturnValue:
    asked = query(DeskQuery())
    rows, more = queries.desk(locale=str(get_locale()), **asked)
    context = {"rows": rows, "more": more, "asked": asked, "kinds": KINDS, "states": STATES}
    counts = queries.count_by_state()
    fragment = "activities/_desk.html"
    return render("activities/desk.html", fragment, **context, counts=counts, wishes=len(queries.wishes()))


@desk.get("/admin/catalogue/new")
@may("learning")
def new() -> ResponseReturnValue:
    return _form(None)


@desk.post("/admin/catalogue/new")
@may("learning")
def make() -> ResponseReturnValue:
    return _save(None)


@desk.get("/admin/catalogue/<slug>")
@may("learning")
def edit(slug: str) -> ResponseReturnValue:
    return _form(queries.edited(slug))


@desk.post("/admin/catalogue/<slug>")
@may("learning")
def save(slug: str) -> ResponseReturnValue:
    return _save(slug)


@desk.post("/admin/catalogue/<slug>/state")
@may("learning")
def set_state(slug: str) -> ResponseReturnValue:
    form = body(StateForm())
    with transaction():
        actions.set_state(slug, form["state"], version=form["version"], by=me(), at=now())
        settle(now())
        return redirect(url_for(".edit", slug=slug, saved=form["state"]), code=303)


def _save(slug: str | None) -> ResponseReturnValue:
    try:
        form = body(ActivityForm())
        with transaction():
            state = queries.edited(slug).state if slug else "published"
            entry = {**_entry(form), "state": "retired" if state == "retired" else "published"}
            slug = actions.edit(slug, entry, version=form["version"], by=me(), at=now())
            settle(now())
            return redirect(url_for(".edit", slug=slug, saved="saved"), code=303)
    except (ValidationError, Refused) as no:
        if isinstance(no, NotFound):
            raise
        return _again(slug, no)


def _entry(form: dict[str, Any]) -> dict[str, Any]:
    """The form as an entry of the catalogue file."""
    summary = {"nl": form["summary_nl"], "en": form["summary_en"]}
    if any(summary.values()) and not all(summary.values()):
        said = _("Say it in both languages, or in neither.")
        raise Refused(said, fields={"summary_nl" if not summary["nl"] else "summary_en": said})
    entry: dict[str, Any] = {"title": {"nl": form["title_nl"], "en": form["title_en"]}}
    entry |= {"summary": summary} if all(summary.values()) else {}
    entry |= {name: form[name] for name in ("kind", "hours", "place", "url", "mandatory")}
    entry |= {"language": form["language"] or None, "repeats": form["repeats"] or None}
    lines = [line.strip() for line in form["known_as"].splitlines() if line.strip()]
    if len(lines) > 50 or any(len(line) > 2000 for line in lines):
        said = _("Give at most 50 ids, each on a line of its own.")
        raise Refused(said, fields={"known_as": said})
    return {**entry, "skills": list(dict.fromkeys(form["skills"])), "known_as": list(dict.fromkeys(lines))}


def _typed(row: Any) -> dict[str, Any]:
    """What the form shows of an activity that stands."""
    if row is None:
        return dict.fromkeys(TYPED, "") | {"kind": "course", "skills": []}
    names = vision.names(row.skills)
    return {
        "title_nl": row.title.get("nl", ""), "title_en": row.title.get("en", ""),
        "summary_nl": row.summary.get("nl", ""), "summary_en": row.summary.get("en", ""),
        "kind": row.kind, "hours": "" if row.hours is None else f"{row.hours:g}", "language": row.language or "",
        "place": row.place, "url": row.url, "mandatory": "1" if row.mandatory else "", "repeats": row.repeats or "",
        "skills": [names[skill].slug for skill in row.skills if skill in names],
        "known_as": "\n".join(queries.ids_known([row.id]).get(row.id, [])),
    }  # fmt: skip


def _form(row: Any, **more: Any) -> Response:
    context: dict[str, Any] = {
        "row": row,
        "typed": _typed(row),
        "theirs": None,
        "refusal": None,
        "wrong": {},
        "kinds": KINDS,
        "skills": vision.told(),
        "saved": request.args.get("saved"),
        **more,
    }
    return render("activities/edit.html", **context)


def _again(slug: str | None, no: ValidationError | Refused) -> Response:
    """The form comes back with what was typed; after a conflict beside what stands now, and for its version."""
    row = queries.edited(slug) if slug else None
    typed: dict[str, Any] = {name: request.form.get(name, "")[:25_000] for name in TYPED}
    typed["skills"] = request.form.getlist("skills")[:50]
    theirs = None
    if isinstance(no, Conflict) and row is not None:
        stands = _typed(row)
        theirs = {name: stands[name] for name in stands if _plain(stands[name]) != _plain(typed[name])}
    answer = _form(row, typed=typed, theirs=theirs, saved=None, **_wrong(no))
    answer.status_code = status_of(no)
    return answer


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else str(value).replace("\r\n", "\n").strip()


def _wrong(no: ValidationError | Refused) -> dict[str, Any]:
    said = {
        "title_nl": _("Say it in 200 characters or fewer."),
        "title_en": _("Say it in 200 characters or fewer."),
        "summary_nl": _("Say it in 2,000 characters or fewer."),
        "summary_en": _("Say it in 2,000 characters or fewer."),
        "kind": _("Choose what kind of learning it was."),
        "hours": _("Give the hours as a number, such as 1.5, and 2,000 at most."),
        "url": _("Give an address that begins with http:// or https://."),
        "skills": _("Choose skills from the list."),
    }
    for name in ("title_nl", "title_en"):
        if not request.form.get(name, "").strip():
            said[name] = _("Say it in Dutch and in English.")
    return wrong_with(no, said)


# What is asked for ----------------------------------------------------------------------------------------


@desk.get("/admin/wishes")
@may("learning")
def wishes() -> ResponseReturnValue:
    return _wishes()


@desk.post("/admin/wishes")
@may("learning")
def answer() -> ResponseReturnValue:
    try:
        form = body(WishAnswer())
        with transaction():
            slug = slug_meant(form["activity"])
            actions.answer_wishes(form["same"], slug=slug or None, answer=form["answer"], by=me(), at=now())
            settle(now())
            return redirect(url_for(".wishes", said=1), code=303)
    except (ValidationError, Refused) as no:
        wrong = no.fields if isinstance(no, Refused) else {}
        said = no.message if isinstance(no, Refused) else _("Look at this again.")
        given = _wishes(
            refused=request.form.get("same", ""), refusal=str(said), wrong=wrong, typed=request.form
        )
        given.status_code = status_of(no)
        return given


def _asked(**more: Any) -> dict[str, Any]:
    rows, _more = queries.catalogue(locale=str(get_locale()))
    empty: dict[str, Any] = {
        "answered": bool(request.args.get("said")),
        "refused": None,
        "refusal": None,
        "wrong": {},
        "typed": {},
    }
    return {"rows": queries.wishes(), "offers": rows, **empty, **more}


def _wishes(**more: Any) -> Response:
    return render("activities/wishes.html", **_asked(**more))
