"""The ledger in JSON: one's own; nobody else's. Profiles, and the team of who manages people."""

from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l
from flask_smorest import Blueprint

from app.access import asker, may, me
from app.activities.records import count_waiting_for
from app.badges import showcase
from app.config import timezone
from app.conversations import queries as conversations
from app.db import transaction
from app.errors import NotFound
from app.home import queries, team, together
from app.home.profiles import LESSONS
from app.home.schemas import (
    CardOut,
    CardQuery,
    LedgerApiQuery,
    LedgerOut,
    MyProfileIn,
    MyProfileOut,
    ProfileOut,
    StandInIn,
    TeamOut,
    TeamPersonOut,
)
from app.lessons import queries as lessons
from app.outbox import settle
from app.people import actions as people_actions
from app.people import queries as people
from app.people import standins
from app.points import queries as points
from app.recognitions import queries as recognitions
from app.web import now

api = Blueprint(
    "home_api", __name__, url_prefix="/api/v1", description="One's own ledger, profiles, and one's team"
)


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


# The team of who manages people -----------------------------------------------------------------------------


@api.route("/team", methods=["GET"])
@may("manager")
@api.response(200, TeamOut)
def my_team() -> dict[str, Any]:
    """Who reports to you, what there is to celebrate, and who stands in for you."""
    return _team()


def _team() -> dict[str, Any]:
    reports = people.reports_of(me())
    ids = [one.id for one in reports]
    planned = {row.person_id: row.planned_on for row in conversations.coming(me())}
    covered = together.covered(ids, now() - team.YEAR)
    return {
        "own": together.own_learning(me(), now()),
        "members": [
            {"id": one.id, "name": one.name, "handle": one.handle, "job": one.job,
             "conversation_on": planned.get(one.id)}
            for one in reports
        ],
        "to_celebrate": together.to_celebrate(ids, now() - team.LATELY),
        "learned_by": None if covered is None else [
            {"skill_id": skill, "people": number} for skill, number in sorted(covered.items())
        ],
        "to_confirm": count_waiting_for(me()),
        "stand_in": standins.of(me(), _today()),
    }  # fmt: skip


def _today() -> Any:
    return now().astimezone(timezone()).date()


@api.route("/team/stand-in", methods=["PUT"])
@may("manager")
@api.arguments(StandInIn)
@api.response(200, TeamOut)
def stand_in(form: dict[str, Any]) -> dict[str, Any]:
    """Let a colleague stand in for you; another choice takes its place."""
    with transaction():
        standins.name(person_id=me(), today=_today(), at=now(), **form)
        settle(now())
        return _team()


@api.route("/team/stand-in", methods=["DELETE"])
@may("manager")
@api.response(204)
def back_again() -> None:
    """Nobody stands in for you any more."""
    with transaction():
        standins.end(person_id=me(), at=now())
        settle(now())


@api.route("/team/card", methods=["GET"])
@may("person")
@api.arguments(CardQuery, location="query")
@api.response(200, CardOut)
def card(asked: dict[str, Any]) -> together.Meeting:
    """What stands on the card for a meeting: of your own team, of who leads people, or of everyone."""
    return team.on_card(asked)


@api.route("/team/<handle>", methods=["GET"])
@may("person")
@api.response(200, TeamPersonOut)
@api.alt_response(404, description="does not report to you")
def team_person(handle: str) -> dict[str, Any]:
    """One of your team, or yourself as your manager sees you; who looked is kept."""
    found = team.mine_to_see(handle.lower())
    display = showcase.display(found.id, "colleagues")
    return {
        **found._mapping,
        "badges": display.shown,
        "skills": display.skills,
        "lessons": lessons.by_author(me(), found.id, team.LESSONS),
        "goals": team.goals_shown(found.id),
        "recognitions": recognitions.of(found.id, shown_only=True, limit=team.LATEST),
        "conversations": conversations.of(me(), found.id),
    }
