"""What HR can do with jobs and their families; what jobs ask is `criteria`, and the vision is `targets`.

One changes at a time: tens of jobs, and few who keep them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.audit.actions import write
from app.careers import queries
from app.careers.models import Job, JobFamily
from app.careers.rules import MOST_JOBS, NewFamily, NewJob
from app.db import db
from app.errors import Conflict, NotFound, Refused
from app.vision.rules import slug_of

CHANGED = _l("Somebody else changed this in the meantime. Below is what you typed beside what stands now.")
NO_SKILL = _l("Choose a skill that is there.")
NO_FAMILY = _l("Choose a family that is there.")
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7303025)")


def begin_change() -> None:
    """Jobs and targets are changed by one at a time; before any other lock."""
    db.session.execute(_ONE_AT_A_TIME)


def edit_family(
    slug: str | None, *, name: Mapping[str, str], version: int | None, by: int | None, at: datetime
) -> str:
    """Make a family (`slug` None) or rename it; return its slug."""
    begin_change()
    stand = {row.slug: row for row in queries.families()}
    if slug is not None:
        _known(stand, slug, version)
    slug = slug or slug_of(name["en"], stand)
    if write_families([NewFamily(slug, name)]):
        write("job_family:edited", at=at, actor_id=by, detail={"slug": slug})
    return slug


def write_families(families: Sequence[NewFamily]) -> set[str]:
    """The batch road of page, API and file. What does not differ keeps its version; returns the slugs that do."""
    differ: set[str] = set()
    place = db.session.scalar(select(func.coalesce(func.max(JobFamily.position), -1))) or 0
    for number, one in enumerate(families, 1):  # a handful
        row = upsert(JobFamily).values(slug=one.slug, name=dict(one.name), position=place + number)
        row = row.on_conflict_do_update(
            index_elements=["slug"],
            set_={"name": row.excluded.name, "version": JobFamily.version + 1},
            where=JobFamily.name.is_distinct_from(row.excluded.name),
        )
        differ.update(db.session.scalars(row.returning(JobFamily.slug)))
    return differ


def edit_job(slug: str | None, new: NewJob, *, version: int | None, by: int | None, at: datetime) -> str:
    """Make a job (`slug` None), or say it otherwise; return its slug."""
    begin_change()
    stand = {one.slug: one for one in queries.jobs(retired=True)}
    if slug is not None:
        _known(stand, slug, version)
    slug = slug or slug_of(new.name["en"], stand)
    if write_jobs({slug: new}):
        write("job:edited", at=at, actor_id=by, detail={"slug": slug})
    return slug


def write_jobs(jobs: Mapping[str, NewJob]) -> set[str]:
    """The batch road: refused before the first row is written when a family or a name does not fit. Returns the slugs
    of those that say something else than before."""
    families = {row.slug: row.id for row in queries.families()}
    stand = {one.slug: one for one in queries.jobs(retired=True)}
    if len({*stand, *jobs}) > MOST_JOBS:
        raise Refused(_l("That is more jobs than Blijk keeps."))
    _refuse_taken({**{slug: one.known_as for slug, one in stand.items()},
                   **{slug: one.known_as for slug, one in jobs.items()}})  # fmt: skip
    differ: set[str] = set()
    for slug, one in jobs.items():
        if one.family not in families:
            raise Refused(NO_FAMILY, fields={"family": NO_FAMILY})
        row = upsert(Job).values(
            slug=slug, family_id=families[one.family], level=one.level, name=dict(one.name),
            known_as=list(one.known_as), open_until=one.open_until, who_may_apply=dict(one.who_may_apply),
        )  # fmt: skip
        kept = ("family_id", "level", "name", "known_as", "open_until", "who_may_apply")
        fresh = {name: getattr(row.excluded, name) for name in kept}
        differs = [getattr(Job, name).is_distinct_from(value) for name, value in fresh.items()]
        row = row.on_conflict_do_update(
            index_elements=["slug"],
            set_={**fresh, "version": Job.version + 1},
            where=func.greatest(*differs),
        )
        differ.update(db.session.scalars(row.returning(Job.slug)))
    return differ


def _refuse_taken(names: Mapping[str, Iterable[str]]) -> None:
    """Whoever does something does one job: no name of an HR file may mean two."""
    seen: dict[str, str] = {}
    for slug, called in names.items():
        for name in called:
            if seen.setdefault(name.casefold(), slug) != slug:
                said = _l("Another job is known by this name already: %(name)s.", name=name)
                raise Refused(said, fields={"known_as": said})


def set_retired(slug: str, *, retired: bool, by: int | None, at: datetime) -> None:
    """Take a job off the list, or put it back; what it asked stays. The same again is no change."""
    begin_change()
    found = queries.job(slug)
    done = update(Job).where(
        Job.id == found.id, Job.retired_at.is_(None) if retired else Job.retired_at.is_not(None)
    )
    done = done.values(retired_at=at if retired else None, version=Job.version + 1)
    if db.session.scalar(done.returning(Job.id)) is not None:
        write("job:retired" if retired else "job:back", at=at, actor_id=by, detail={"slug": slug})


def _known(stand: Mapping[str, Any], slug: str, version: int | None) -> Any:
    row = stand.get(slug)
    if row is None:
        raise NotFound(queries.NOT_THERE)
    if version is not None and row.version != version:
        raise Conflict(CHANGED)
    return row
