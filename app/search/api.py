"""Search in JSON."""

from typing import Any

from flask_smorest import Blueprint

from app.access import may, me
from app.language import lang
from app.search import queries
from app.search.rules import KINDS
from app.search.schemas import FoundOut, SearchQuery

api = Blueprint("search_api", __name__, url_prefix="/api/v1", description="Finding by words")


@api.route("/search", methods=["GET"])
@may("person")
@api.arguments(SearchQuery, location="query")
@api.response(200, FoundOut)
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """People, activities, badges and lessons that you may see, with all these words."""
    one = asked["kind"]
    found = queries.found(
        asked["q"],
        me=me(),
        lang=lang(),
        kinds=(one,) if one else KINDS,
        limit=queries.PAGE,
        skip=(asked["page"] - 1) * queries.PAGE,
    )
    told: dict[str, Any] = {section.kind: list(section.rows) for section in found.sections}
    if "badges" in told:
        told["badges"] = [
            {"slug": one.slug, "name": one.name, "tier": one.held.tier if one.held else None}
            for one in told["badges"]
        ]
    return {"numbers": {section.kind: section.number for section in found.sections}, **told}
