"""The ledger in JSON: one's own; nobody else's. And profiles."""

from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l
from flask_smorest import Blueprint

from app.access import asker, may, me
from app.badges import showcase
from app.db import transaction
from app.errors import NotFound
from app.home import queries
from app.home.profiles import LESSONS
from app.home.schemas import LedgerApiQuery, LedgerOut, MyProfileIn, MyProfileOut, ProfileOut
from app.lessons import queries as lessons
from app.outbox import settle
from app.people import actions as people_actions
from app.people import queries as people
from app.points import queries as points
from app.web import now

api = Blueprint("home_api", __name__, url_prefix="/api/v1", description="One's own ledger, and profiles")


@api.route("/me/ledger", methods=["GET"])
@may("person")
@api.arguments(LedgerApiQuery, location="query")
@api.response(200, LedgerOut)
@api.alt_response(404, description="you do without points")
def ledger(asked: dict[str, Any]) -> dict[str, Any]:
    """Your entries, newest first, each with its receipt."""
    if not points.with_points(game=asker().game):
        raise NotFound(_l("You do without points, so there are no receipts to show."))
    rows, more = queries.receipts(me(), **asked)
    return {"entries": rows, "next": more}


@api.route("/people/<handle>/profile", methods=["GET"])
@may("person")
@api.response(200, ProfileOut)
@api.alt_response(404, description="nobody who works here has this handle")
def profile(handle: str) -> dict[str, Any]:
    """A colleague: who they are, the badges that they show, and their newest lessons that you may read."""
    person = people.profile(handle.lower())
    display = showcase.display(person.id, "me" if person.id == me() else "colleagues")
    return {
        **person._mapping,
        "manager": {"name": person.manager, "handle": person.manager_handle} if person.manager else None,
        "chosen": display.chose,
        "badges": display.shown,
        "skills": display.skills,
        "lessons": lessons.by_author(me(), person.id, LESSONS),
    }


@api.route("/me/profile", methods=["GET"])
@may("person")
@api.response(200, MyProfileOut)
def my_profile() -> dict[str, Any]:
    """What you show of yourself."""
    return _mine()


@api.route("/me/profile", methods=["PATCH"])
@may("person")
@api.arguments(MyProfileIn)
@api.response(200, MyProfileOut)
def change_my_profile(form: dict[str, Any]) -> dict[str, Any]:
    """Choose your badges and their order, and whether there is a page for everybody: all of it, or none."""
    with transaction():
        if "showcase" in form:
            showcase.choose_showcase(person_id=me(), award_ids=form["showcase"])
        people_actions.choose_public(person_id=me(), public=form.get("public"), job=form.get("public_job"))
        settle(now())
        return _mine()


def _mine() -> dict[str, Any]:
    person = people.get_person(me())
    return {
        "public": person.public_profile,
        "public_job": person.public_job,
        "showcase": [one.id for one in showcase.in_place(showcase.display(me(), "me").all)],
        "address": url_for("profiles.public", handle=person.handle, _external=True),
    }
