"""How far an installation is, asked of all rooms in one statement."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, or_, select

from app.activities.models import Activity
from app.audit.models import AuditEntry
from app.badges.models import Achievement, Award
from app.db import db
from app.people.models import ApiClient, Person
from app.people.queries import HERE, NOT_ASKED
from app.vision.models import Skill


@dataclass(frozen=True, slots=True)
class SoFar:
    """Figures of the first steps."""

    people: int
    can_sign_in: int
    not_asked: int
    administrators: int
    learning: int
    platforms: int
    platforms_used: int
    skills: int
    activities: int
    badges: int
    earned: bool
    invited: bool


def so_far(at: datetime) -> SoFar:
    def people(*where: Any) -> Any:
        return select(func.count()).select_from(Person).where(*where).scalar_subquery()

    sends = (ApiClient.scopes.overlap(["xapi:write", "learning:write"]), ApiClient.revoked_at.is_(None))
    platforms = select(func.count()).select_from(ApiClient).where(*sends)
    invited = or_(AuditEntry.action == "people:invited", AuditEntry.action == "person:password-set")
    in_force = Achievement.version_id.is_not(None)
    asked: list[Any] = [
        people(HERE),
        people(HERE, Person.password_hash.is_not(None)),
        people(NOT_ASKED),
        people(HERE, Person.role == "admin"),
        people(HERE, Person.role == "learning"),
        platforms.scalar_subquery(),
        platforms.where(ApiClient.used_at.is_not(None)).scalar_subquery(),
        select(func.count()).select_from(Skill).where(Skill.retired_at.is_(None)).scalar_subquery(),
        select(func.count()).select_from(Activity).where(Activity.state == "published").scalar_subquery(),
        select(func.count()).select_from(Achievement).where(in_force).scalar_subquery(),
        exists().where(Award.revoked_at.is_(None)),
        exists().where(invited),
    ]
    return SoFar(*db.session.execute(select(*asked), {"at": at}).one())
