"""The desk of HR: families, jobs, what they ask, and the file of all of it. The works council reads it, drafts too."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import may, me
from app.badges import names as badge_names
from app.badges.queries import catalogue
from app.careers import actions, criteria, files, pages, queries
from app.careers.meant import keeps_jobs, today
from app.careers.rules import EVIDENCE, MOST_NAMES, NAME, NewCriterion, NewJob, names_of
from app.careers.schemas import (
    Confirm,
    CriterionForm,
    CriterionStep,
    FamilyForm,
    FileQuery,
    JobForm,
    PublishForm,
    VersionOnly,
)
from app.db import transaction
from app.errors import Conflict, NotFound, Refused
from app.language import lang
from app.outbox import settle
from app.vision import queries as vision
from app.web import body, now, query, render, wrong_with

desk = Blueprint("job_desk", __name__)
FAMILY = ("name_nl", "name_en")
JOB = ("family", "level", "name_nl", "name_en", "known_as", "open_until", "who_nl", "who_en", "retired")
CRITERION = ("text_nl", "text_en", "skill", "level", "evidence", "badges")
LISTS = ("evidence", "badges")
BROUGHT = _l("The file is brought in. What a job asks anew stands in its draft, until you publish it.")
SAID = {
    "name_nl": _l("Say it in Dutch and in English, in 120 characters or fewer."),
    "name_en": _l("Say it in Dutch and in English, in 120 characters or fewer."),
    "text_nl": _l("Say it in Dutch and in English, in 400 characters or fewer."),
    "text_en": _l("Say it in Dutch and in English, in 400 characters or fewer."),
    "who_nl": _l("Say it in 400 characters or fewer."),
    "who_en": _l("Say it in 400 characters or fewer."),
    "level": _l("Choose a level."),
    "family": actions.NO_FAMILY,
    "skill": actions.NO_SKILL,
    "evidence": criteria.NO_EVIDENCE,
    "badges": _l("Link 12 badges at most."),
    "open_until": _l("Give a day."),
    "consented_on": _l("Give the day on which the works council consented."),
}


@desk.get("/admin/jobs")
@may("hr", "council")
def overview() -> ResponseReturnValue:
    known = queries.jobs(retired=True)
    brought = [("ok", BROUGHT)] if "brought" in request.args else []
    return render(
        "careers/desk.html",
        flashes=brought,
        families=[
            (family, [one for one in known if one.family_id == family.id]) for family in queries.families()
        ],
        latest=queries.latest(one.id for one in known),
        keeps=keeps_jobs(),
        today=today(),
    )


# Families -----------------------------------------------------------------------------------------------------


@desk.get("/admin/jobs/families/new")
@may("hr")
def new_family() -> ResponseReturnValue:
    return _family(None)


@desk.post("/admin/jobs/families/new")
@may("hr")
def make_family() -> ResponseReturnValue:
    return _save_family(None)


@desk.get("/admin/jobs/families/<slug>")
@may("hr")
def family(slug: str) -> ResponseReturnValue:
    return _family(queries.family(slug))


@desk.post("/admin/jobs/families/<slug>")
@may("hr")
def save_family(slug: str) -> ResponseReturnValue:
    queries.family(slug)
    return _save_family(slug)


def _save_family(slug: str | None) -> ResponseReturnValue:
    try:
        form = body(FamilyForm())
        with transaction():
            actions.edit_family(slug, name=_both(form, "name"), version=form["version"], by=me(), at=now())
            settle(now())
        return redirect(url_for(".overview"), code=303)
    except (ValidationError, Refused) as no:
        return _back(no, lambda **more: _family(queries.family(slug) if slug else None, **more), FAMILY)


def _family(row: Any, **more: Any) -> Response:
    typed = {f"name_{key}": row.name.get(key, "") if row else "" for key in ("nl", "en")}
    return _form("careers/family.html", typed, more, row=row)


# Jobs ---------------------------------------------------------------------------------------------------------


@desk.get("/admin/jobs/new")
@may("hr")
def new() -> ResponseReturnValue:
    return _job(None)


@desk.post("/admin/jobs/new")
@may("hr")
def make() -> ResponseReturnValue:
    return _save(None)


@desk.get("/admin/jobs/<slug>")
@may("hr", "council")
def job(slug: str) -> ResponseReturnValue:
    """What it asks in all versions, the draft too, and what changes from one to the next."""
    return _one(queries.job(slug))


def _one(found: queries.Job, **more: Any) -> Response:
    versions = queries.versions(found.id, drafts=True)
    context = pages.compared(versions, versions[0].number) if versions else {"asks": None, "versions": []}
    return render(
        "careers/desk_job.html",
        **{"typed": {"consented_on": ""}, "refusal": None, "wrong": {}, **context, **more},
        job=found,
        keeps=keeps_jobs(),
        today=today(),
    )


@desk.get("/admin/jobs/<slug>/edit")
@may("hr")
def edit(slug: str) -> ResponseReturnValue:
    return _job(queries.job(slug))


@desk.post("/admin/jobs/<slug>/edit")
@may("hr")
def save(slug: str) -> ResponseReturnValue:
    queries.job(slug)
    return _save(slug)


def _save(slug: str | None) -> ResponseReturnValue:
    try:
        form = body(JobForm())
        new = NewJob(
            slug or "", form["family"], form["level"], _both(form, "name"), _called(form["known_as"]),
            form["open_until"], _both(form, "who"),
        )  # fmt: skip
        with transaction():
            kept = actions.edit_job(slug, new, version=form["version"], by=me(), at=now())
            if (queries.job(kept).retired_at is not None) != form["retired"]:
                actions.set_retired(kept, retired=form["retired"], by=me(), at=now())
            settle(now())
        return redirect(url_for(".job", slug=kept), code=303)
    except (ValidationError, Refused) as no:
        return _back(no, lambda **more: _job(queries.job(slug) if slug else None, **more), JOB)


def _called(lines: str) -> list[str]:
    names = names_of(lines)
    if len(names) > MOST_NAMES or any(len(name) > NAME for name in names):
        said = _("Give 30 names at most, each of 120 characters or fewer.")
        raise Refused(said, fields={"known_as": said})
    return names


def _job(row: queries.Job | None, **more: Any) -> Response:
    if row is None:
        typed = dict.fromkeys(JOB, "") | {"family": request.args.get("family", "")[:80], "level": "1"}
    else:
        typed = {
            "family": row.family, "level": str(row.level), "name_nl": row.name["nl"], "name_en": row.name["en"],
            "known_as": "\n".join(row.known_as), "open_until": row.open_until.isoformat() if row.open_until else "",
            "who_nl": row.who_may_apply.get("nl", ""), "who_en": row.who_may_apply.get("en", ""),
            "retired": "1" if row.retired_at else "",
        }  # fmt: skip
    return _form("careers/edit.html", typed, more, row=row, families=queries.families())


# What a job asks ------------------------------------------------------------------------------------------------


@desk.post("/admin/jobs/<slug>/draft")
@may("hr")
def begin(slug: str) -> ResponseReturnValue:
    queries.job(slug)
    with transaction():
        criteria.begin_draft(slug, by=me(), at=now())
        settle(now())
    return redirect(url_for(".job", slug=slug), code=303)


@desk.post("/admin/jobs/<slug>/draft/discard")
@may("hr")
def discard(slug: str) -> ResponseReturnValue:
    found = queries.job(slug)
    form = body(VersionOnly())
    return _to_job(found, lambda: criteria.discard_draft(slug, version=form["version"], by=me(), at=now()))


@desk.post("/admin/jobs/<slug>/publish")
@may("hr")
def publish(slug: str) -> ResponseReturnValue:
    """With the day of the works council's consent; from now on nothing of it changes."""
    found = queries.job(slug)

    def do() -> object:
        form = body(PublishForm())
        return criteria.publish_draft(slug, **form, today=today(), by=me(), at=now())

    return _to_job(found, do)


def _to_job(found: queries.Job, do: Callable[[], object]) -> ResponseReturnValue:
    """Do it, and back to the job; or the job with why not."""
    try:
        with transaction():
            do()
            settle(now())
        return redirect(url_for(".job", slug=found.slug), code=303)
    except (ValidationError, Refused) as no:
        return _refused_at(found, no)


def _refused_at(found: queries.Job, no: ValidationError | Refused) -> ResponseReturnValue:
    if isinstance(no, NotFound):
        raise no
    typed = {"consented_on": request.form.get("consented_on", "")[:40]}
    answer = _one(found, typed=typed, **wrong_with(no, SAID))
    answer.status_code = no.status if isinstance(no, Refused) else 422
    return answer


@desk.get("/admin/jobs/<slug>/criteria/new")
@may("hr")
def new_criterion(slug: str) -> ResponseReturnValue:
    return _criterion(queries.job(slug), None)


@desk.post("/admin/jobs/<slug>/criteria/new")
@may("hr")
def make_criterion(slug: str) -> ResponseReturnValue:
    return _save_criterion(queries.job(slug), None)


@desk.get("/admin/jobs/<slug>/criteria/<uuid:key>")
@may("hr")
def criterion(slug: str, key: UUID) -> ResponseReturnValue:
    found = queries.job(slug)
    return _criterion(found, queries.drafted(found.id, key))


@desk.post("/admin/jobs/<slug>/criteria/<uuid:key>")
@may("hr")
def save_criterion(slug: str, key: UUID) -> ResponseReturnValue:
    return _save_criterion(queries.job(slug), key)


@desk.post("/admin/jobs/<slug>/criteria/<uuid:key>/step")
@may("hr")
def step(slug: str, key: UUID) -> ResponseReturnValue:
    """Up, down, or away."""
    found = queries.job(slug)
    form = body(CriterionStep())
    return _to_job(found, lambda: criteria.step_criterion(slug, key, **form, by=me(), at=now()))


def _save_criterion(found: queries.Job, key: UUID | None) -> ResponseReturnValue:
    try:
        form = body(CriterionForm())
        new = NewCriterion(
            _both(form, "text"), form["skill"], form["level"], form["evidence"],
            {slug: int(tier) for slug, _, tier in (one.partition(":") for one in form["badges"])},
        )  # fmt: skip
        with transaction():
            criteria.write_criterion(found.slug, key, new, version=form["version"], by=me(), at=now())
            settle(now())
        return redirect(url_for(".job", slug=found.slug), code=303)
    except (ValidationError, Refused) as no:
        stands = queries.drafted(found.id, key, gone=True) if key else None
        if key and stands is None and isinstance(no, Conflict):  # the draft went: nothing to put it into
            return _refused_at(found, no)
        return _back(no, lambda **more: _criterion(found, stands, **more), CRITERION)


def _criterion(found: queries.Job, one: queries.Criterion | None, **more: Any) -> Response:
    typed: dict[str, Any] = dict.fromkeys(CRITERION, "") | {"level": "2", "evidence": [], "badges": []}
    if one is not None:
        typed = {
            "text_nl": one.text["nl"], "text_en": one.text["en"], "level": str(one.level),
            "skill": vision.names([one.skill_id])[one.skill_id].slug, "evidence": list(one.evidence),
            "badges": [f"{badge.slug}:{badge.tier}" for badge in one.badges],
        }  # fmt: skip
    return _form(
        "careers/criterion.html", typed, more, job=found, row=one, skills=vision.options(), kinds=EVIDENCE,
        choice=_choice(),
    )  # fmt: skip


def _choice() -> list[tuple[badge_names.Leading, int]]:
    """The badges that can be linked, by name, each with its number of tiers."""
    known = [
        (badge_names.leading(one.slug), len(one.badge.criteria)) for one in catalogue().in_force.values()
    ]
    found = [(badge, tiers) for badge, tiers in known if badge is not None]
    return sorted(found, key=lambda one: one[0].name[lang()].casefold())


# The file -------------------------------------------------------------------------------------------------------


class _OnlyLooked(Exception):
    """A difference is shown; nothing of it is kept."""


@desk.get("/admin/jobs/export.csv")
@may("hr", "council")
def export() -> ResponseReturnValue:
    asked = query(FileQuery())
    every = bool(asked["versions"])
    answer = Response(files.as_csv(asked["separator"], every=every), content_type="text/csv; charset=utf-8")
    name = "blijk-jobs-versions" if every else "blijk-jobs"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


@desk.get("/admin/jobs/import")
@may("hr")
def choose() -> ResponseReturnValue:
    return _choose()


def _choose(**more: Any) -> Response:
    context = {"refusal": None, "read": None, "changes": [], "digest": None, **more}
    return render("careers/import.html", columns=files.COLUMNS, **context)


@desk.post("/admin/jobs/import")
@may("hr")
def look() -> ResponseReturnValue:
    """Show what the file would change, or which rows are wrong; keep the file, and nothing else."""
    sent = request.files.get("file")
    try:
        content = sent.read(files.MOST_BYTES + 1) if sent is not None else b""
        if not content:
            raise Refused(_l("Choose a file first."))
        read = files.read(content)
        if read.wrong:
            answer = _choose(read=read)
            answer.status_code = 422
            return answer
        changes = _changes(read)
        with transaction():
            digest = files.keep_upload(content, by=me(), at=now())
        return _choose(read=read, changes=changes, digest=digest)
    except Refused as no:
        answer = _choose(refusal=str(no.message))
        answer.status_code = no.status
        return answer


def _changes(read: files.Jobs) -> list[Any]:
    """What loading does, found by loading it and letting it go."""
    found: list[Any] = []
    try:
        with transaction():
            found = files.load(read, by=me(), at=now())
            raise _OnlyLooked
    except _OnlyLooked:
        pass
    return found


@desk.post("/admin/jobs/import/confirm")
@may("hr")
def load() -> ResponseReturnValue:
    form = body(Confirm())
    try:
        with transaction():
            content = files.kept_upload(form["digest"], by=me())
            if content is None:
                raise Conflict(
                    _l("This file is not here any more. Choose it again and look at the difference.")
                )
            files.load(files.read(content), by=me(), at=now())
            settle(now())
        return redirect(url_for(".overview", brought=1), code=303)
    except Refused as no:
        answer = _choose(refusal=str(no.message))
        answer.status_code = no.status
        return answer


# Forms that come back ---------------------------------------------------------------------------------------------


def _both(form: Mapping[str, Any], name: str) -> dict[str, str]:
    return {key: form[f"{name}_{key}"] for key in ("nl", "en")}


def _form(template: str, typed: Mapping[str, Any], more: Mapping[str, Any], **context: Any) -> Response:
    """A form with what stands, or with what was typed; after two edits at once with what stands now beside it."""
    wrote = more.get("typed")
    theirs = None
    if wrote is not None and more.get("clash"):
        theirs = {name: value for name, value in typed.items() if _said(value) != _said(wrote[name])}
    filled = {"typed": wrote if wrote is not None else typed, "theirs": theirs, "refusal": None, "wrong": {}}
    said = {name: value for name, value in more.items() if name in ("refusal", "wrong")}
    return render(template, **{**filled, **said, **context})


def _said(value: Any) -> Any:
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else sorted(value)


def _back(
    no: ValidationError | Refused, form: Callable[..., Response], names: tuple[str, ...]
) -> ResponseReturnValue:
    if isinstance(no, NotFound):
        raise no
    sent = request.form
    typed = {
        name: [one[:100] for one in sent.getlist(name) if one] if name in LISTS else sent.get(name, "")[:5000]
        for name in names
    }
    answer = form(typed=typed, clash=isinstance(no, Conflict), **wrong_with(no, SAID))
    answer.status_code = no.status if isinstance(no, Refused) else 422
    return answer
