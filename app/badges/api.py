"""Badges and awards in JSON: one's own."""

from typing import Any

from flask_smorest import Blueprint

from app.access import asker, may, me
from app.badges import agreeing, queries, shelf, showing
from app.badges.schemas import AwardOut, AwardsOut, BadgesOut, ShowIn, StandingIn, StandingOut
from app.db import transaction
from app.errors import NotFound
from app.language import lang
from app.outbox import settle
from app.points import queries as points
from app.web import now

api = Blueprint("badges_api", __name__, url_prefix="/api/v1", description="Badges and awards")


@api.route("/awards", methods=["GET"])
@may("person")
@api.response(200, AwardsOut)
def awards() -> dict[str, Any]:
    """Your awards, newest first, with the evidence that they rest on."""
    return {"awards": _told(shelf.held(me()))}


@api.route("/awards/<uuid:award_id>", methods=["PATCH"])
@may("person")
@api.arguments(ShowIn)
@api.response(200, AwardOut)
@api.alt_response(404, description="is not there, or not yours")
def show(form: dict[str, Any], award_id: Any) -> dict[str, Any]:
    """Say who may open the page of an award of yours, and whether it may be used in your review. It holds at once."""
    with transaction():
        agreeing.show(award_id=award_id, by=me(), **form)
        mine = [award for award in shelf.held(me()) if award.id == award_id]
        if not mine:
            raise NotFound(agreeing.NOT_THERE)
        return _told(mine)[0]


@api.route("/me/visibility", methods=["GET"])
@may("person")
@api.response(200, StandingOut)
def standing() -> Any:
    """What a new badge of yours starts with: who may open its page, and whether it may be used in your review."""
    return agreeing.standing_choice(me())


@api.route("/me/visibility", methods=["PATCH"])
@may("person")
@api.arguments(StandingIn)
@api.response(200, StandingOut)
def choose(form: dict[str, Any]) -> Any:
    """Choose what your new badges start with, or all of them from now on."""
    with transaction():
        agreeing.choose_for_new(person_id=me(), **form)
        settle(now())
        return agreeing.standing_choice(me())


def _told(mine: list[shelf.Holding]) -> list[dict[str, Any]]:
    facts = {row.id: row for row in shelf.evidence(me(), [fact for award in mine for fact in award.evidence])}
    with_points = points.with_points(game=asker().game)
    return [_award(award, facts, with_points=with_points) for award in mine]


def _award(award: shelf.Holding, facts: dict[int, Any], *, with_points: bool) -> dict[str, Any]:
    definition = queries.catalogue().definition(award.version_id)
    return {
        "id": award.id,
        "badge": definition.slug,
        "name": definition.body["name"],
        "tier": award.tier,
        "period": award.period_key or None,
        "earned_at": award.earned_at,
        "points": award.points if with_points else None,
        "version": definition.number,
        "evidence": [
            {"kind": facts[id].kind, "at": facts[id].happened_at, "title": facts[id].title}
            for id in award.evidence
            if id in facts
        ],
        "visible": award.visible,
        "in_review": award.in_review,
        "link": showing.link(award.id),
    }


@api.route("/badges", methods=["GET"])
@may("person")
@api.response(200, BadgesOut)
def badges() -> dict[str, Any]:
    """Every badge that can be earned, and how far you are."""
    with_points = points.with_points(game=asker().game)
    return {
        "badges": [
            {
                "slug": one.slug,
                "name": one.name,
                "summary": one.summary,
                "tiers": one.tiers,
                "tier": one.held.tier if one.held else None,
                "next_tier": one.next_tier,
                "steps": [_step(step, with_points=with_points) for step in one.steps],
            }
            for one in shelf.look(me(), lang(), now()).shown
        ]
    }


def _step(step: shelf.StepSaid, *, with_points: bool) -> dict[str, Any]:
    shown = with_points or step.kind != "points"
    return {
        "said": step.said,
        "done": step.done if shown else None,
        "needed": step.needed if shown else None,
        "met": step.met,
        "missing": step.missing,
    }
