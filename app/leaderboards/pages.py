"""The leaderboard: the top, around you, the teams, and how you want to be seen on it."""

from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from app.access import asker, may, me
from app.badges import showcase
from app.config import timezone
from app.errors import NotFound
from app.goals import together
from app.leaderboards import queries, store
from app.leaderboards.schemas import BoardQuery, RowsQuery
from app.people import queries as people
from app.points import queries as points
from app.vision import queries as vision
from app.web import done, now, query, render, swaps
from leaderboards.boards import Scope
from leaderboards.periods import bounds, just_begun

pages = Blueprint("leaderboards", __name__)

TOP = 3
AROUND = 4
GAP = 25
PER_PAGE = 25


@pages.get("/leaderboards")
@may("person")
def board() -> ResponseReturnValue:
    queries.must_be_on(game=asker().game)
    asked = query(BoardQuery())
    near, skills = _near(), vision.options()
    scope, name = _scope(asked["scope"], near, skills)
    kind, window = asked["period"], _window(asked)
    parts = [(0, TOP)] + ([((asked["page"] - 1) * PER_PAGE, PER_PAGE)] if asked["page"] else [])
    around, top, *whole = queries.sheet(scope, kind, window, me(), now(), radius=AROUND, parts=parts)
    young = not (around.size or asked["before"]) and kind != "all"
    since, until = bounds(kind, window, timezone())
    before = queries.page(scope, kind, store.before(now())[kind], me(), now(), 0, TOP) if young else None
    return render(
        "leaderboards/board.html",
        "leaderboards/_board.html",
        around=around,
        top=top,
        before=before,
        worn=_worn([*top.rows, *(before.rows if before else ())]),
        whole=whole[0] if whole else None,
        teams=queries.teams(scope, kind, window, asker().team_id, now()),
        asked=asked,
        name=name,
        window=window,
        begun=just_begun(kind, window, now(), timezone()),
        since=since,
        mix=_mix(scope, since, until, around.me.score) if around.me else None,
        choice=asker().board_choice,
        goal=_goal(scope),
        near=near,
        skills=skills,
        updated_at=now(),
        gap=_gap(around.offset),
        per_page=PER_PAGE,
    )


@pages.get("/leaderboards/news")
@may("person")
def news() -> ResponseReturnValue:
    """It moved since: a way to read it anew. What the page shows stays as it is until one takes it."""
    queries.must_be_on(game=asker().game)
    asked = query(BoardQuery())
    where = {"scope": asked["scope"], "period": asked["period"]}
    return done("leaderboards/_news.html", url_for(".board", **where), where=where)


@pages.get("/leaderboards/rows")
@may("person")
def rows() -> ResponseReturnValue:
    """The rows that were left out above those around me; without htmx the page that holds them."""
    queries.must_be_on(game=asker().game)
    asked = query(RowsQuery())
    scope, _ = queries.scope_of(asked["scope"])
    gap = _gap(asked["until"])
    if not swaps():
        first = (gap[0] if gap else 0) // PER_PAGE + 1
        where = {"scope": asked["scope"], "period": asked["period"], "before": int(asked["before"]) or None}
        return redirect(url_for(".board", **where, page=first, _anchor="whole"), code=303)
    if gap is None:
        raise NotFound(queries.NO_BOARD)
    first, until = gap
    part = queries.page(scope, asked["period"], _window(asked), me(), now(), first, until - first)
    return render("leaderboards/_rows.html", part=part, asked=asked, gap=_gap(first))


def _worn(rows: list[Any]) -> dict[int, showcase.Worn]:
    """The badge beside each name; who stands here without a name shows none."""
    return showcase.pinned({row.person_id for row in rows if row.name and row.person_id})


def _near() -> dict[str, str]:
    """The boards that are near: the organisation, one's own department and team."""
    who = asker()
    own = people.units([id for id in (who.department_id, who.team_id) if id is not None])
    units = (("department", who.department_id), ("team", who.team_id))
    found = {f"{kind}:{id}": own[id].name for kind, id in units if id in own}
    return {"organisation": people.organisation().name or "Blijk", **found}


def _scope(told: str, near: dict[str, str], skills: list[dict[str, Any]]) -> tuple[Scope, Any]:
    """The scope and its name; what the page has read already is not asked again."""
    known: dict[str, Any] = near | {f"skill:{skill['id']}": skill["name"] for skill in skills}
    return (Scope.parse(told), known[told]) if told in known else queries.scope_of(told)


def _mix(scope: Scope, since: datetime, until: datetime, score: int) -> tuple[int, ...] | None:
    """What one's own score is made of; none where it does not add up, as just after something came in."""
    mine = points.by_source(me(), since, until, scope.id if scope.kind == "skill" else None)
    return next((part for part in (mine, (*mine[:2], 0)) if sum(part) == score and min(part) >= 0), None)


def _goal(scope: Scope) -> Any:
    """What those on this board reach together, if they set a goal."""
    if scope.kind not in ("organisation", "department", "team"):
        return None
    return together.of_unit(scope.id or None, me(), now())


def _window(asked: dict[str, Any]) -> str:
    """The current window, or the one before it; of all time there is only one."""
    windows = store.before(now()) if asked["before"] else store.current(now())
    if asked["period"] not in windows:
        raise NotFound(queries.NO_BOARD)
    return windows[asked["period"]]


def _gap(until: int) -> tuple[int, int] | None:
    """The places (from 0) to show next above a place: below the top, and not too many at once."""
    return (max(TOP, until - GAP), until) if until > TOP else None
