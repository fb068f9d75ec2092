"""For everybody: jobs and what they ask, what one has of it, why we learn, and a year's plan."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.access import asker, may, me
from app.badges import names
from app.careers import map as vision_map
from app.careers import queries
from app.careers.meant import keeps_vision, today
from app.careers.rules import differences, told
from app.careers.schemas import PlanQuery
from app.errors import NotFound
from app.vision import queries as vision
from app.web import query, render

pages = Blueprint("careers", __name__)
VERSION = "<int(max=1000000):number>"


@pages.get("/jobs")
@may("person")
def jobs() -> ResponseReturnValue:
    known = queries.jobs()
    mine = queries.job_of([me()]).get(me())
    up, open_now = queries.next_jobs(me(), today())
    return render(
        "careers/jobs.html",
        families=[
            (family, [one for one in known if one.family_id == family.id]) for family in queries.families()
        ],
        mine=mine,
        up=up,
        open_now=open_now,
        today=today(),
    )


@pages.get("/jobs/<slug>")
@may("person")
def job(slug: str) -> ResponseReturnValue:
    """What it asks, and what one has of it: for one's own eyes."""
    found = queries.job(slug)
    versions = queries.versions(found.id)
    asks = versions[0] if versions else None
    return render(
        "careers/job.html",
        job=found,
        asks=asks,
        mine=queries.job_of([me()]).get(me()),
        own={one.criterion.id: one.pieces for one in queries.what_i_have(me(), asks.id)} if asks else {},
        versions=versions,
        today=today(),
        **shown(asks.items if asks else ()),
    )


@pages.get(f"/jobs/<slug>/versions/{VERSION}")
@may("person")
def version(slug: str, number: int) -> ResponseReturnValue:
    """An earlier version, with what changed since the one before it."""
    found = queries.job(slug)
    return render("careers/version.html", job=found, **compared(queries.versions(found.id), number))


def compared(versions: Sequence[queries.Criteria], number: int) -> dict[str, Any]:
    """One version, beside the one before it."""
    asks = next((one for one in versions if one.number == number), None)
    if asks is None:
        raise NotFound(queries.NOT_THERE)
    before = next((one for one in versions if one.number < number), None)
    found = differences(told(before.items), told(asks.items)) if before else []
    return {
        "asks": asks,
        "before": before,
        "versions": versions,
        "changes": found,
        "moved": _moved(before, asks),
        **shown([*asks.items, *(before.items if before else ())]),
    }


def _moved(before: queries.Criteria | None, asks: queries.Criteria) -> bool:
    """Whether those that stayed stand in another order."""
    if before is None:
        return False
    old, new = [one.key for one in before.items], [one.key for one in asks.items]
    return [key for key in old if key in new] != [key for key in new if key in old]


def shown(items: Sequence[queries.Criterion]) -> dict[str, Any]:
    """What criteria name: skills, and badges with what their picture takes."""
    badges = {linked.slug: names.leading(linked.slug) for one in items for linked in one.badges}
    return {"skill_of": vision.names({one.skill_id for one in items}), "badge_of": badges}


# Why we learn -----------------------------------------------------------------------------------------------


@pages.get("/vision")
@may("person")
def why() -> ResponseReturnValue:
    found = vision_map.the_map(whole=bool(asker().roles & vision_map.SEE_HOLES), today=today())
    return render(
        "careers/vision.html", map=found, usual=_usual_levels(found), keeps=keeps_vision(), year=today().year
    )


def _usual_levels(found: vision_map.Map) -> Sequence[Any]:
    """The levels that most skills share: the page says them once, and of a skill only those of its own."""
    told = [one.row.levels for goal in (*found.goals, found.loose) for one in goal.skills if one.row.levels]
    usual: Sequence[Any] = max(told, key=told.count, default=())
    return usual if told.count(usual) > 1 else ()


@pages.get("/vision/plan")
@may("person")
def plan() -> ResponseReturnValue:
    """What is planned in a year, to print."""
    year = query(PlanQuery())["year"] or today().year
    return render(
        "careers/plan.html",
        year=year,
        this_year=today().year,
        text=queries.vision_text(),
        planned=vision_map.plan(year, today=today()),
        keeps=keeps_vision(),
        today=today(),
    )
