"""What Waterveld aims for: goals of some, two that are reached together, and programmes that are followed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from app.activities.queries import ids_by_slug
from app.db import db, lock_people
from app.demo.company import read
from app.goals import actions, joining, leading
from app.goals.queries import badge_ids
from app.goals.rules import NewGoal, NewTeamGoal
from app.programmes import actions as programmes
from app.programmes.rules import NewPart, Told
from app.vision import queries as vision

# Of teams of one name in several departments, as a large Waterveld has them, the first one.
_TEAMS = text("SELECT name, min(id) AS id FROM unit WHERE kind = 'team' GROUP BY name")
_SHARED = text("""
    SELECT count(*) FROM fact WHERE kind = :kind AND withdrawn_at IS NULL AND happened_at >= :since
     AND person_id = ANY(:people) AND (CAST(:team AS bigint) IS NULL AND team_id IS NOT NULL OR team_id = :team)
""")


def aim(ids: Mapping[str, int], now: datetime, zone: ZoneInfo) -> int:
    """Set, check in, join and follow, by the actions of real use. The caller has opened the transaction."""
    told = read("goals.json")
    lock_people(ids.values())
    skills = vision.ids_of(goal["skill"] for goal in told["goals"] + told["programmes"])
    goals_of_all = {row.slug: row.id for row in vision.goals()}
    for goal in told["goals"]:
        if goal["who"] in ids:
            _set(goal, ids, skills, goals_of_all, now)
    for goal in told["together"]:
        if goal["by"] in ids:
            _together(goal, ids, now, zone)
    for programme in told["programmes"]:
        _programme(programme, ids, skills, now)
    return len(told["goals"])


def _set(
    goal: Mapping[str, Any],
    ids: Mapping[str, int],
    skills: Mapping[str, int],
    aims: Mapping[str, int],
    now: datetime,
) -> None:
    proof: dict[str, Any] = {"proof": goal["proof"]}
    if goal["proof"] == "badge":
        proof["proof_badge_id"] = badge_ids()[goal["of"]]
    elif goal["proof"] == "activity":
        proof["proof_activity_id"] = ids_by_slug([goal["of"]])[goal["of"]]
    elif goal["proof"] == "words":
        proof["proof_words"] = goal["of"]
    new = NewGoal(
        title=goal["title"],
        why=goal["why"],
        lang=goal.get("lang", "nl"),
        vision_goal_id=aims[goal["vision"]],
        skill_id=skills[goal["skill"]],
        visible=goal["visible"],
        viewers=[ids[name] for name in goal.get("named", ()) if name in ids],
        target_on=now.date() + timedelta(days=goal["within"]) if "within" in goal else None,
        **proof,
    )
    owner = ids[goal["who"]]
    wanted = actions.Setting(person_id=owner, goal=new)
    (goal_id,) = actions.set_goals([wanted], at=now - timedelta(days=goal["days"]))
    for days, far, line in goal["said"]:
        told = actions.CheckIn(goal_id=goal_id, person_id=owner, far=far, line=line)
        actions.check_in([told], at=now - timedelta(days=days))


def _together(goal: Mapping[str, Any], ids: Mapping[str, int], now: datetime, zone: ZoneInfo) -> None:
    """So much that a little is left to do."""
    at = now - timedelta(days=goal["days"])
    teams: dict[str, int] = {row.name: row.id for row in db.session.execute(_TEAMS)}
    team = teams[goal["team"]] if goal["team"] else None
    named = [name for name in ids if name != "Noor Hendriks"][::3] if goal["who"] == "many" else goal["who"]
    people = [ids[name] for name in named if name in ids]
    so_far = (
        db.session.scalar(_SHARED, {"kind": goal["kind"], "since": at, "people": people, "team": team}) or 0
    )
    target = max(5, -(-(so_far + goal["more"]) // 5) * 5)
    new = NewTeamGoal(
        unit_id=team,
        title=goal["title"] % target,
        lang="nl",
        kind=goal["kind"],
        target=target,
        starts_on=at.astimezone(zone).date(),
        ends_on=(now + timedelta(days=34)).astimezone(zone).date(),
    )
    setting = leading.Setting(goal=new, by=ids[goal["by"]], keeps=team is None)
    (goal_id,) = leading.set_goals([setting], at=at)
    joining.join([(goal_id, person) for person in people], at=at)


def _programme(
    programme: Mapping[str, Any], ids: Mapping[str, int], skills: Mapping[str, int], now: datetime
) -> None:
    known = ids_by_slug(slug for _, slugs in programme["parts"] for slug in slugs)
    parts = [NewPart(need, tuple(known[slug] for slug in slugs)) for need, slugs in programme["parts"]]
    told = Told(
        title=programme["title"],
        summary=programme["summary"],
        parts=parts,
        skill_id=skills[programme["skill"]],
        badge=programme["badge"],
    )
    at = now - timedelta(days=120)
    (slug,) = programmes.make([told], by=None, at=at)
    programmes.set_state({slug: "published"}, by=None, at=at)
    for name in programme["followers"]:
        if name in ids:
            programmes.follow([(slug, ids[name])], at=now - timedelta(days=30))
