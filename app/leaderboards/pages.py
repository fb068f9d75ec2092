"""The leaderboard: around you first, then the top, and how you want to be seen on it."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.access import asker, may, me
from app.config import timezone
from app.errors import NotFound
from app.leaderboards import queries, store
from app.leaderboards.schemas import BoardQuery
from app.people import queries as people
from app.vision import queries as vision
from app.web import now, query, render
from leaderboards.periods import bounds

pages = Blueprint("leaderboards", __name__)

PER_PAGE = 25


@pages.get("/leaderboards")
@may("person")
def board() -> ResponseReturnValue:
    queries.must_be_on(game=asker().game)
    asked = query(BoardQuery())
    scope, name = queries.scope_of(asked["scope"])
    at, kind = now(), asked["period"]
    windows = store.before(at) if asked["before"] else store.current(at)
    if kind not in windows:
        raise NotFound(queries.NO_BOARD)
    window = windows[kind]
    around = queries.card(scope, kind, window, me(), at)
    top = queries.page(scope, kind, window, me(), at, 0, 3)
    whole = None
    if asked["page"]:
        whole = queries.page(scope, kind, window, me(), at, (asked["page"] - 1) * PER_PAGE, PER_PAGE)
    return render(
        "leaderboards/board.html",
        "leaderboards/_board.html",
        around=around,
        top=top,
        whole=whole,
        asked=asked,
        name=name,
        since=bounds(kind, window, timezone())[0],
        choice=asker().board_choice,
        scopes=_scopes(),
        skills=vision.options(),
        updated_at=at,
        per_page=PER_PAGE,
    )


def _scopes() -> list[tuple[str, str]]:
    """The boards that are near: the organisation, one's own department and team."""
    who = asker()
    found = [("organisation", people.organisation().name)]
    own = people.units([id for id in (who.department_id, who.team_id) if id is not None])
    found += [
        (f"{kind}:{id}", own[id].name)
        for kind, id in (("department", who.department_id), ("team", who.team_id))
        if id in own
    ]
    return found
