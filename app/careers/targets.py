"""What HR and L&D can do with the vision: why we learn, and how many shall hold which skill by when."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.audit.actions import write
from app.careers import queries
from app.careers.actions import CHANGED, NO_SKILL, begin_change
from app.careers.models import VisionTarget
from app.careers.rules import fits_period
from app.db import db
from app.errors import Conflict, NotFound, Refused
from app.people.models import Setting, Unit
from app.vision import queries as vision

TARGET_THERE = _l("There is a target for this skill, team, level and period already.")

NO_TARGET = _l("This target is not there any more.")

TEXT_KEY = "vision-text"


def write_vision_text(said: Mapping[str, str], *, version: int, by: int | None, at: datetime) -> None:
    """Why we learn, in the organisation's own words."""
    begin_change()
    if queries.vision_text()["version"] != version:
        raise Conflict(CHANGED)
    fresh = {"value": {"nl": said["nl"], "en": said["en"], "version": version + 1}, "changed_at": at}
    row = upsert(Setting).values(key=TEXT_KEY, **fresh)
    db.session.execute(row.on_conflict_do_update(index_elements=["key"], set_=fresh))
    write("vision:text", at=at, actor_id=by)


def set_target(
    target_id: int | None, values: Mapping[str, Any], *, version: int | None, by: int | None, at: datetime
) -> int:
    """So many people with a skill at a level, by when and where; `values`: skill_id, unit_id, level, people, period."""
    begin_change()
    _refuse_strange(values)
    what = ("skill_id", "unit_id", "level", "period")
    same = select(VisionTarget.id).where(
        *(getattr(VisionTarget, name).is_not_distinct_from(values[name]) for name in what)
    )
    there = db.session.scalar(same)
    if there is not None and there != target_id:
        raise Refused(TARGET_THERE, fields={"skill_id": TARGET_THERE})
    if target_id is None:
        target_id = int(
            db.session.scalar(insert(VisionTarget).values(**values).returning(VisionTarget.id)) or 0
        )
    else:
        row = _target(target_id, version)
        done = update(VisionTarget).where(VisionTarget.id == row.id)
        db.session.execute(done.values(**values, version=VisionTarget.version + 1))
    write("vision:target", at=at, actor_id=by, detail={"target": target_id, **values})
    return target_id


def _refuse_strange(values: Mapping[str, Any]) -> None:
    wrong: dict[str, object] = {}
    if values["skill_id"] not in vision.names([values["skill_id"]]):
        wrong["skill_id"] = NO_SKILL
    if values["unit_id"] is not None and db.session.get(Unit, values["unit_id"]) is None:
        wrong["unit_id"] = _l("Choose a team or department that is there.")
    if not fits_period(values["period"]):
        wrong["period"] = _l("Choose a year or a quarter.")
    if wrong:
        raise Refused(next(iter(wrong.values())), fields=wrong)


def remove_target(target_id: int, *, version: int | None, by: int | None, at: datetime) -> None:
    begin_change()
    row = _target(target_id, version)
    db.session.execute(delete(VisionTarget).where(VisionTarget.id == row.id))
    write("vision:target_removed", at=at, actor_id=by, detail={"target": target_id})


def _target(target_id: int, version: int | None) -> Any:
    row = db.session.execute(
        select(VisionTarget.id, VisionTarget.version).where(VisionTarget.id == target_id)
    ).first()
    if row is None:
        raise NotFound(NO_TARGET)
    if version is not None and row.version != version:
        raise Conflict(CHANGED)
    return row
