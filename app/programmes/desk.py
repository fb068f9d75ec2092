"""The desk of who keeps programmes: make one, change it, publish it, retire it."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import may, me
from app.activities import queries as activities
from app.db import transaction
from app.errors import NotFound, Refused
from app.language import lang
from app.outbox import settle
from app.programmes import actions, queries
from app.programmes.rules import NewPart, Shown, Told
from app.programmes.schemas import FORM_PARTS, ProgrammeForm, ProgrammeStateForm
from app.vision import queries as vision
from app.web import body, now, render, status_of, wrong_with

desk = Blueprint("programme_desk", __name__)
PARTS = {f"{name}{n}" for name in ("part", "need") for n in range(1, FORM_PARTS + 1)}
TEXTS = ("title_nl", "title_en", "summary_nl", "summary_en", "skill", "badge")


@desk.get("/admin/programmes")
@may("learning")
def overview() -> ResponseReturnValue:
    return render("programmes/desk.html", programmes=queries.desk(me()), counts=queries.counts())


@desk.get("/admin/programmes/new")
@may("learning")
def new() -> ResponseReturnValue:
    return _form(None)


@desk.post("/admin/programmes/new")
@may("learning")
def make() -> ResponseReturnValue:
    return _save(None)


@desk.get("/admin/programmes/<slug>")
@may("learning")
def edit(slug: str) -> ResponseReturnValue:
    return _form(queries.edited(slug, me()))


@desk.post("/admin/programmes/<slug>")
@may("learning")
def save(slug: str) -> ResponseReturnValue:
    queries.edited(slug, me())
    return _save(slug)


@desk.post("/admin/programmes/<slug>/state")
@may("learning")
def set_state(slug: str) -> ResponseReturnValue:
    queries.edited(slug, me())
    form = body(ProgrammeStateForm())
    with transaction():
        actions.set_state({slug: form["state"]}, by=me(), at=now())
        settle(now())
        return redirect(url_for(".edit", slug=slug, saved=form["state"]), code=303)


def _save(slug: str | None) -> ResponseReturnValue:
    try:
        form = body(ProgrammeForm())
        with transaction():
            told = _meant(form)
            if slug is None:
                (slug,) = actions.make([told], by=me(), at=now())
            else:
                to = actions.Change(slug=slug, to=told, version=form["version"])
                actions.change([to], by=me(), at=now())
            settle(now())
        return redirect(url_for(".edit", slug=slug, saved="saved"), code=303)
    except (ValidationError, Refused) as no:
        if isinstance(no, NotFound):
            raise
        return _again(slug, no)


def _meant(form: dict[str, Any]) -> Told:
    """The form as a programme; an activity is named by its title in either language, or its slug."""
    lines = {n: _lines(form[f"part{n}"]) for n in range(1, FORM_PARTS + 1)}
    named = {line for of in lines.values() for line in of}
    known: dict[str, int] = {}
    for row in activities.by_title(line.casefold() for line in named):
        known |= {title.casefold(): row.id for title in row.title.values()}
    known |= activities.ids_by_slug(named)
    if strange := [line for line in sorted(named) if line not in known and line.casefold() not in known]:
        said = _("We know no activity called “%(name)s”.", name=strange[0][:120])
        raise Refused(said, fields={"parts": said})
    parts = [
        NewPart(form[f"need{n}"] or len(of), tuple(known.get(line) or known[line.casefold()] for line in of))
        for n, of in lines.items()
        if of
    ]
    skill = vision.ids_of([form["skill"]]).get(form["skill"]) if form["skill"] else None
    return Told(
        title={"nl": form["title_nl"], "en": form["title_en"]},
        summary={"nl": form["summary_nl"], "en": form["summary_en"]},
        parts=parts, skill_id=skill, badge=form["badge"],
    )  # fmt: skip


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _typed(one: Shown | None) -> dict[str, Any]:
    if one is None:
        return dict.fromkeys(TEXTS, "") | {"parts": [("", "")]}
    row, names = one.row, vision.names([one.row.skill_id] if one.row.skill_id else [])
    return {
        **{f"title_{code}": row.title.get(code, "") for code in ("nl", "en")},
        **{f"summary_{code}": row.summary.get(code, "") for code in ("nl", "en")},
        "skill": names[row.skill_id].slug if row.skill_id in names else "",
        "badge": row.badge,
        "parts": [
            (
                "" if part.required else str(part.need),
                "\n".join(doing.title[lang()] for doing in part.activities),
            )
            for part in one.parts
        ],
    }


def _form(one: Shown | None, **more: Any) -> Response:
    context = {"typed": _typed(one), "refusal": None, "wrong": {}, **more}
    return render(
        "programmes/edit.html", one=one, skills=vision.options(), saved=request.args.get("saved", ""),
        most=FORM_PARTS, **context,
    )  # fmt: skip


def _again(slug: str | None, no: ValidationError | Refused) -> Response:
    """The form comes back with what was typed and what is wrong with it."""
    one, sent = queries.edited(slug, me()) if slug else None, request.form
    typed: dict[str, Any] = {name: sent.get(name, "")[:1000] for name in TEXTS}
    parts = [
        (sent.get(f"need{n}", "")[:3], sent.get(f"part{n}", "")[:3000]) for n in range(1, FORM_PARTS + 1)
    ]
    typed["parts"] = [part for part in parts if any(part)] or [("", "")]
    told = wrong_with(no, actions.WRONG | dict.fromkeys(PARTS, actions.WRONG["parts"]))
    told["wrong"] = {"parts" if name in PARTS else name: said for name, said in told["wrong"].items()}
    answer = _form(one, typed=typed, **told)
    answer.status_code = status_of(no)
    return answer
