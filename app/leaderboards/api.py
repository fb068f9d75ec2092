"""Leaderboards in JSON, with the eyes of whoever asks."""

from typing import Any

from flask_smorest import Blueprint

from app.access import asker, may, me
from app.errors import NotFound
from app.leaderboards import queries, store
from app.leaderboards.schemas import BoardApiQuery, BoardOut
from app.web import now

api = Blueprint("leaderboards_api", __name__, url_prefix="/api/v1", description="Leaderboards")


@api.route("/boards", methods=["GET"])
@may("person")
@api.arguments(BoardApiQuery, location="query")
@api.response(200, BoardOut)
@api.alt_response(404, description="there is no such board, or you do without boards")
def board(asked: dict[str, Any]) -> dict[str, Any]:
    """A board: around you, or page by page. `name` and `person_id` are null where somebody stays unnamed."""
    queries.must_be_on(game=asker().game)
    scope, _ = queries.scope_of(asked["scope"])
    at, kind = now(), asked["period"]
    windows = store.before(at) if asked["before"] else store.current(at)
    if kind not in windows:
        raise NotFound(queries.NO_BOARD)
    window = windows[kind]
    if asked["around"] == "me":
        view = queries.card(scope, kind, window, me(), at)
    else:
        offset = (asked["page"] - 1) * asked["per_page"]
        view = queries.page(scope, kind, window, me(), at, offset, asked["per_page"])
    return {"board": str(view.board), "size": view.size, "updated_at": at, "me": view.me, "rows": view.rows}
