"""What the jobs of Waterveld ask, in the versions that its works council agreed to, and what it aims for."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import text

from app.careers import actions
from app.careers.criteria import publish_draft, replace_draft
from app.careers.rules import NewCriterion, NewFamily, NewJob
from app.careers.targets import set_target, write_vision_text
from app.db import db
from app.demo.company import read
from app.vision import queries as vision

KEEPER = "Sanne Bakker"  # of HR
_UNITS = text("SELECT name, id FROM unit")


def describe(ids: Mapping[str, int], now: datetime) -> int:
    """Families, jobs and what they ask, by the actions of real use; the caller has opened the transaction."""
    told, by = read("careers.json"), ids.get(KEEPER) or next(iter(ids.values()))
    actions.begin_change()
    families = told["families"]
    actions.write_families([NewFamily(one["slug"], {"nl": one["nl"], "en": one["en"]}) for one in families])
    jobs = {
        job["slug"]: _job(job, family["slug"], now.date()) for family in families for job in family["jobs"]
    }
    actions.write_jobs(jobs)
    for job in (job for family in families for job in family["jobs"]):
        for version in job["versions"]:
            _publish(job["slug"], version, by)
        if "draft" in job:
            replace_draft(job["slug"], _asked(job["draft"]), version=None, by=by, at=now)
    write_vision_text(told["text"], version=0, by=by, at=now)
    _aim(told["targets"], by, now)
    return len(jobs)


def _job(job: Mapping[str, Any], family: str, today: date) -> NewJob:
    until = today + timedelta(days=job["open_days"]) if "open_days" in job else None
    names = {"nl": job["nl"], "en": job["en"]}
    who = job.get("who", {"nl": "", "en": ""})
    return NewJob(job["slug"], family, job["level"], names, job["known_as"], until, who)


def _publish(slug: str, version: Mapping[str, Any], by: int) -> None:
    consented = date.fromisoformat(version["consented"])
    at = datetime.combine(consented + timedelta(days=7), time(9), UTC)
    replace_draft(slug, _asked(version["criteria"]), version=None, by=by, at=at)
    publish_draft(slug, consented_on=consented, version=None, today=at.date(), by=by, at=at)


def _asked(criteria: Iterable[Mapping[str, Any]]) -> list[NewCriterion]:
    return [
        NewCriterion(
            {"nl": one["nl"], "en": one["en"]}, one["skill"], one["level"], one["evidence"], one["badges"]
        )
        for one in criteria
    ]


def _aim(targets: Iterable[Mapping[str, Any]], by: int, now: datetime) -> None:
    units = {row.name: row.id for row in db.session.execute(_UNITS)}
    skills = vision.ids_of(one["skill"] for one in targets)
    for one in targets:
        if one["unit"] is not None and one["unit"] not in units:
            continue
        period = f"{now.year + one['year']}" + (f"-Q{one['quarter']}" if one["quarter"] else "")
        values = {"skill_id": skills[one["skill"]], "unit_id": units.get(one["unit"]), "period": period}
        set_target(
            None, {**values, "level": one["level"], "people": one["people"]}, version=None, by=by, at=now
        )
