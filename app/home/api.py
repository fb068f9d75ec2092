"""The ledger in JSON: one's own; nobody else's."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_smorest import Blueprint

from app.access import asker, may, me
from app.errors import NotFound
from app.home import queries
from app.home.schemas import LedgerApiQuery, LedgerOut
from app.points import queries as points

api = Blueprint("home_api", __name__, url_prefix="/api/v1", description="One's own ledger")


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
