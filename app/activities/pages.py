"""The catalogue, one activity, and asking for what is not there."""

from typing import Any

from flask import Blueprint, current_app, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from app.access import may, me
from app.activities import actions, queries, records
from app.activities.rules import KINDS, edition_of
from app.activities.schemas import CatalogueQuery, WishIn
from app.config import timezone
from app.db import transaction
from app.errors import NotFound
from app.outbox import settle
from app.vision import queries as vision
from app.web import body, done, now, query, render

pages = Blueprint("activities", __name__)  # log_pages and confirmation_pages add theirs to it
FOLDED = ("skill", "kind", "hours", "language", "goals")


@pages.get("/learn")
@may("person")
def catalogue() -> ResponseReturnValue:
    asked = query(CatalogueQuery())
    rows, more = queries.catalogue(locale=str(get_locale()), **_meant(asked))
    context = {"rows": rows, "more": more, "asked": asked, "mine": _mine(rows), **choices()}
    context["on"] = _on(asked)
    context["wishes"] = queries.wishes_of(me(), now()) if asked["page"] == 1 else []
    if asked["page"] > 1:
        return render("activities/catalogue.html", "activities/_offers.html", **context)
    return render("activities/catalogue.html", "activities/_results.html", **context)


def _on(asked: dict[str, Any]) -> dict[str, str]:
    """Which filters are on, beside the words, and the page without each."""
    said = {name: asked[name] for name in FOLDED if asked[name] is not None and asked[name] is not False}
    told = said | {
        name: f"{said[name]:g}" if name == "hours" else 1 for name in ("hours", "goals") if name in said
    }
    left = {one: {name: value for name, value in told.items() if name != one} for one in told}
    return {one: url_for(".catalogue", q=asked["text"], **others) for one, others in left.items()}


def _meant(asked: dict[str, Any]) -> dict[str, Any]:
    """The question, with what my goals are about where that is asked."""
    told = {name: value for name, value in asked.items() if name != "goals"}
    return told | {"aims": _aims() if asked["goals"] else None}


def _aims() -> queries.Aims:
    """What my open goals are about; goals lie above this room, so the factory hands in who knows them."""
    found: queries.Aims = current_app.extensions["aims_of"](me())
    return found


@pages.post("/wishes")
@may("person")
def ask_for() -> ResponseReturnValue:
    """Ask for what is not there; L&D sees what is asked, and how often."""
    with transaction():
        actions.wish(body(WishIn())["words"], by=me(), at=now())
        settle(now())
        wishes = queries.wishes_of(me(), now())
        return done(
            "activities/_asked.html", url_for(".catalogue") + "#wishes", wishes=wishes, asked_now=True
        )


@pages.get("/learn/<slug>")
@may("person")
def activity(slug: str) -> ResponseReturnValue:
    try:
        row = queries.activity(slug, person_id=me())
    except NotFound:
        into = queries.went_into(slug, person_id=me())
        if into is None:
            raise
        return redirect(url_for(".activity", slug=into))  # not for ever: a merge can be undone
    skills = vision.names()
    above = {up for skill in row.skills for up in skills[skill].lineage}
    led = {skills[skill].goal_id for skill in above}
    return render(
        "activities/activity.html",
        activity=row,
        mine=_mine([row]).get(row.id),
        skill_of=skills,
        goals=[goal for goal in vision.goals() if goal.id in led],
    )


def _mine(rows: Any) -> dict[int, dict[str, Any]]:
    """How I stand with each: waiting, done, or done in an earlier year or month and open again."""
    found = {}
    states = records.states_of(me(), [row.id for row in rows])
    tz = timezone()
    for row in rows:
        if state := states.get(row.id):
            now_ = edition_of(row, now(), tz)
            found[row.id] = {"state": state, "open": state.state == "confirmed" and state.edition != now_}
    return found


def choices() -> dict[str, Any]:
    """The skills and kinds that a filter or a form lets one choose from."""
    skills = vision.told()
    choice = [skill for skill in skills if not skill["retired"]]
    return {"skills": choice, "skill_of": {skill["id"]: skill for skill in skills}, "kinds": KINDS}
