"""Badges and awards in JSON: one's own."""

from typing import Any

from flask_smorest import Blueprint

from app.access import asker, may, me
from app.badges import queries, shelf
from app.badges.schemas import AwardsOut, BadgesOut
from app.language import lang
from app.web import now

api = Blueprint("badges_api", __name__, url_prefix="/api/v1", description="Badges and awards")


@api.route("/awards", methods=["GET"])
@may("person")
@api.response(200, AwardsOut)
def awards() -> dict[str, Any]:
    """Your awards, newest first, with the evidence that they rest on."""
    mine = shelf.held(me())
    rows = {row.id: row for row in shelf.evidence(me(), [fact for award in mine for fact in award.evidence])}
    catalogue = queries.catalogue()
    return {"awards": [_award(award, catalogue.definition(award.version_id), rows) for award in mine]}


def _award(award: shelf.Holding, definition: queries.Definition, rows: dict[int, Any]) -> dict[str, Any]:
    return {
        "id": award.id,
        "badge": definition.slug,
        "name": definition.body["name"],
        "tier": award.tier,
        "period": award.period_key or None,
        "earned_at": award.earned_at,
        "points": award.points if asker().game else None,
        "version": definition.number,
        "evidence": [
            {"kind": rows[fact].kind, "at": rows[fact].happened_at, "title": rows[fact].title}
            for fact in award.evidence
            if fact in rows
        ],
    }


@api.route("/badges", methods=["GET"])
@may("person")
@api.response(200, BadgesOut)
def badges() -> dict[str, Any]:
    """Every badge that can be earned, and how far you are."""
    return {
        "badges": [
            {
                "slug": one.slug,
                "name": one.name,
                "summary": one.summary,
                "tiers": one.tiers,
                "tier": one.held.tier if one.held else None,
                "next_tier": one.next_tier,
                "steps": one.steps,
            }
            for one in shelf.album(me(), lang(), now())
        ]
    }
