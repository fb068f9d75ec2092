"""The goals of the vision and the skills under them, kept by L&D."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import may, me
from app.db import transaction
from app.errors import Conflict, NotFound, Refused
from app.outbox import settle
from app.vision import actions, queries
from app.vision.rules import ENAMELS, MOST_LEVELS, is_link
from app.vision.schemas import GoalForm, GoalStep, SkillForm
from app.web import body, now, render, status_of, wrong_with

pages = Blueprint("skills", __name__)
SKILL = ("name_nl", "name_en", "enamel", "parent", "goal", "levels_nl", "levels_en", "framework", "retired")


@pages.get("/admin/skills")
@may("learning")
def overview() -> ResponseReturnValue:
    goals, rows = queries.goals(), queries.tree()
    by_id = {row.id: row for row in rows}
    under: dict[int | None, list[Any]] = {goal.id: [] for goal in goals} | {None: []}
    for row in rows:  # a branch stands under the goal of its root; what serves another goal says so
        under.setdefault(by_id[row.lineage[-1]].goal_id, []).append(row)
    return render(
        "vision/skills.html",
        goals=goals,
        under=under,
        root_goal={row.id: by_id[row.lineage[-1]].goal_id for row in rows},
        goal_of={goal.id: goal for goal in goals},
        saved=request.args.get("saved"),
    )


# Skills ---------------------------------------------------------------------------------------------------


@pages.get("/admin/skills/new")
@may("learning")
def new() -> ResponseReturnValue:
    return _skill(None)


@pages.post("/admin/skills/new")
@may("learning")
def make() -> ResponseReturnValue:
    return _save(None)


@pages.get("/admin/skills/<slug>")
@may("learning")
def edit(slug: str) -> ResponseReturnValue:
    return _skill(queries.skill(slug))


@pages.post("/admin/skills/<slug>")
@may("learning")
def save(slug: str) -> ResponseReturnValue:
    queries.skill(slug)
    return _save(slug)


def _save(slug: str | None) -> ResponseReturnValue:
    try:
        form = body(SkillForm())
        entry = _entry(form)
        with transaction():
            actions.edit_skill(slug, entry, version=form["version"], by=me(), at=now())
            settle(now())
        return redirect(url_for(".overview", saved="skill"), code=303)
    except (ValidationError, Refused) as no:
        if isinstance(no, NotFound):
            raise
        row = queries.skill(slug) if slug else None
        typed = {name: request.form.get(name, "")[:2500] for name in SKILL}
        theirs = _theirs(_skill_typed(row), typed) if isinstance(no, Conflict) else None
        answer = _skill(row, typed=typed, theirs=theirs, **_wrong(no))
        answer.status_code = status_of(no)
        return answer


def _entry(form: dict[str, Any]) -> dict[str, Any]:
    """The form as an entry of the catalogue file."""
    lines = {
        language: [line.strip() for line in form[f"levels_{language}"].splitlines() if line.strip()]
        for language in ("nl", "en")
    }
    if len(lines["nl"]) != len(lines["en"]) or len(lines["nl"]) > MOST_LEVELS:
        said = _("Give as many levels in Dutch as in English, one a line, 8 at most.")
        raise Refused(said, fields={"levels_nl": said})
    if any(len(line) > 200 for line in (*lines["nl"], *lines["en"])):
        said = _("Name a level in 200 characters or fewer.")
        raise Refused(said, fields={"levels_nl": said})
    link = form["framework"].strip()
    if link and not is_link(link):
        said = _("Give an address that begins with http:// or https://.")
        raise Refused(said, fields={"framework": said})
    return {
        "name": _name(form),
        "enamel": form["enamel"],
        "parent": form["parent"] or None,
        "goal": form["goal"] or None,
        "levels": [{"nl": nl, "en": en} for nl, en in zip(lines["nl"], lines["en"], strict=True)],
        "framework": link,
        "retired": form["retired"],
    }


def _name(form: dict[str, Any]) -> dict[str, str]:
    name = {language: " ".join(form[f"name_{language}"].split()) for language in ("nl", "en")}
    if not all(name.values()):
        said = _("Say it in Dutch and in English.")
        raise Refused(said, fields={"name_nl" if not name["nl"] else "name_en": said})
    return name


def _skill_typed(row: Any) -> dict[str, Any]:
    if row is None:
        return dict.fromkeys(SKILL, "") | {
            "enamel": ENAMELS[0],
            "parent": request.args.get("under", "")[:80],
            "goal": request.args.get("goal", "")[:80],
        }
    names = queries.names([row.parent_id] if row.parent_id else [])
    goals = {goal.id: goal.slug for goal in queries.goals()}
    return {
        "name_nl": row.name.get("nl", ""), "name_en": row.name.get("en", ""), "enamel": row.enamel,
        "parent": names[row.parent_id].slug if row.parent_id else "", "goal": goals.get(row.goal_id, ""),
        "levels_nl": "\n".join(level["nl"] for level in row.levels),
        "levels_en": "\n".join(level["en"] for level in row.levels),
        "framework": row.framework, "retired": "1" if row.retired_at else "",
    }  # fmt: skip


def _skill(row: Any, **more: Any) -> Response:
    above = [one for one in queries.tree() if row is None or row.id not in one.lineage]
    context = {"typed": _skill_typed(row), "theirs": None, "refusal": None, "wrong": {}, **more}
    return render(
        "vision/skill.html", row=row, above=above, goals=queries.goals(), enamels=ENAMELS, **context
    )


def _theirs(stands: dict[str, Any], typed: dict[str, str]) -> dict[str, Any]:
    """What stands now where it is not what was typed."""
    return {
        name: value
        for name, value in stands.items()
        if str(value).strip() != typed[name].replace("\r\n", "\n").strip()
    }


def _wrong(no: ValidationError | Refused) -> dict[str, Any]:
    said = {
        "name_nl": _("Say it in Dutch and in English, in 200 characters or fewer."),
        "name_en": _("Say it in Dutch and in English, in 200 characters or fewer."),
        "enamel": _("Choose a colour."),
    }
    return wrong_with(no, said)


# Goals ----------------------------------------------------------------------------------------------------


@pages.get("/admin/goals/new")
@may("learning")
def new_goal() -> ResponseReturnValue:
    return _goal(None)


@pages.post("/admin/goals/new")
@may("learning")
def make_goal() -> ResponseReturnValue:
    return _save_goal(None)


@pages.get("/admin/goals/<slug>")
@may("learning")
def goal(slug: str) -> ResponseReturnValue:
    return _goal(queries.goal(slug))


@pages.post("/admin/goals/<slug>")
@may("learning")
def save_goal(slug: str) -> ResponseReturnValue:
    queries.goal(slug)
    return _save_goal(slug)


@pages.post("/admin/goals/<slug>/step")
@may("learning")
def step_goal(slug: str) -> ResponseReturnValue:
    """Up, down, or away."""
    row = queries.goal(slug)
    step = body(GoalStep())["step"]
    try:
        with transaction():
            if step == "remove":
                actions.remove_goal(slug, by=me(), at=now())
            else:
                actions.move_goal(slug, up=step == "up", by=me(), at=now())
            settle(now())
        return redirect(url_for(".overview", saved="goal"), code=303)
    except Refused as no:
        if isinstance(no, NotFound):
            raise
        answer = _goal(row, **_wrong(no))
        answer.status_code = no.status
        return answer


def _save_goal(slug: str | None) -> ResponseReturnValue:
    try:
        form = body(GoalForm())
        name = _name(form)
        with transaction():
            actions.edit_goal(slug, name=name, version=form["version"], by=me(), at=now())
            settle(now())
        return redirect(url_for(".overview", saved="goal"), code=303)
    except (ValidationError, Refused) as no:
        if isinstance(no, NotFound):
            raise
        row = queries.goal(slug) if slug else None
        typed = {name: request.form.get(name, "")[:500] for name in ("name_nl", "name_en")}
        theirs = _theirs(_goal_typed(row), typed) if isinstance(no, Conflict) else None
        answer = _goal(row, typed=typed, theirs=theirs, **_wrong(no))
        answer.status_code = status_of(no)
        return answer


def _goal_typed(row: Any) -> dict[str, str]:
    name = row.name if row else {}
    return {"name_nl": name.get("nl", ""), "name_en": name.get("en", "")}


def _goal(row: Any, **more: Any) -> Response:
    context = {"typed": _goal_typed(row), "theirs": None, "refusal": None, "wrong": {}, **more}
    return render("vision/goal.html", row=row, **context)
