"""What HR can do with jobs and what they ask, and HR and L&D with the targets of the vision.

One changes at a time: tens of jobs, and few who keep them. What is published never changes; the next version begins
as a copy of it, and nobody but HR and the works council sees it before it is published.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.audit.actions import write
from app.badges.queries import catalogue
from app.careers import queries
from app.careers.models import Criterion, CriterionBadge, Job, JobCriteria, JobFamily, VisionTarget
from app.careers.rules import (
    EVIDENCE,
    LEVELS,
    MOST_CRITERIA,
    MOST_JOBS,
    NewCriterion,
    NewFamily,
    NewJob,
    fits_period,
    told,
)
from app.db import db
from app.errors import Conflict, NotFound, Refused
from app.people.models import Setting, Unit
from app.vision import queries as vision
from app.vision.rules import slug_of

CHANGED = _l("Somebody else changed this in the meantime. Below is what you typed beside what stands now.")
NO_DRAFT = _l("There is no draft any more: somebody published or removed it. Look at what stands now.")
NO_SKILL = _l("Choose a skill that is there.")
NO_BADGE = _l("Choose badges that can be earned, in a tier that they have.")
NO_EVIDENCE = _l("Say what counts as evidence.")
NO_FAMILY = _l("Choose a family that is there.")
TOO_MANY = _l("A job asks 30 things at most. Remove one first.")
NOTHING_ASKED = _l("Say first what the job asks: there is no criterion yet.")
NOT_YET = _l("The works council cannot have consented on a day that is still to come.")
LEVEL = _l("Choose a level from 1 to 4.")
TARGET_THERE = _l("There is a target for this skill, team, level and period already.")
NO_TARGET = _l("This target is not there any more.")
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7303025)")
TEXT_KEY = "vision-text"


def begin_change() -> None:
    """Jobs and targets are changed by one at a time; before any other lock."""
    db.session.execute(_ONE_AT_A_TIME)


# Families and jobs ----------------------------------------------------------------------------------------------


def edit_family(
    slug: str | None, *, name: Mapping[str, str], version: int | None, by: int | None, at: datetime
) -> str:
    """Make a family (`slug` None) or rename it; return its slug."""
    begin_change()
    stand = {row.slug: row for row in queries.families()}
    if slug is not None:
        _known(stand, slug, version)
    slug = slug or slug_of(name["en"], stand)
    write_families([NewFamily(slug, name)])
    write("job_family:edited", at=at, actor_id=by, detail={"slug": slug})
    return slug


def write_families(families: Sequence[NewFamily]) -> None:
    """The batch road of page, API and file. What does not differ keeps its version."""
    place = db.session.scalar(select(func.coalesce(func.max(JobFamily.position), -1))) or 0
    for number, one in enumerate(families, 1):  # a handful
        row = upsert(JobFamily).values(slug=one.slug, name=dict(one.name), position=place + number)
        db.session.execute(
            row.on_conflict_do_update(
                index_elements=["slug"],
                set_={"name": row.excluded.name, "version": JobFamily.version + 1},
                where=JobFamily.name.is_distinct_from(row.excluded.name),
            )
        )


def edit_job(slug: str | None, new: NewJob, *, version: int | None, by: int | None, at: datetime) -> str:
    """Make a job (`slug` None), or say it otherwise; return its slug."""
    begin_change()
    stand = {one.slug: one for one in queries.jobs(retired=True)}
    if slug is not None:
        _known(stand, slug, version)
    slug = slug or slug_of(new.name["en"], stand)
    write_jobs({slug: new})
    write("job:edited", at=at, actor_id=by, detail={"slug": slug})
    return slug


def write_jobs(jobs: Mapping[str, NewJob]) -> None:
    """The batch road: refused before the first row is written when a family or a name does not fit."""
    families = {row.slug: row.id for row in queries.families()}
    stand = {one.slug: one for one in queries.jobs(retired=True)}
    if len({*stand, *jobs}) > MOST_JOBS:
        raise Refused(_l("That is more jobs than Blijk keeps."))
    _refuse_taken({**{slug: one.known_as for slug, one in stand.items()},
                   **{slug: one.known_as for slug, one in jobs.items()}})  # fmt: skip
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
        db.session.execute(
            row.on_conflict_do_update(
                index_elements=["slug"],
                set_={**fresh, "version": Job.version + 1},
                where=func.greatest(*differs),
            )
        )


def _refuse_taken(names: Mapping[str, Iterable[str]]) -> None:
    """Whoever does something does one job: no name of an HR file may mean two."""
    seen: dict[str, str] = {}
    for slug, called in names.items():
        for name in called:
            if seen.setdefault(name.casefold(), slug) != slug:
                said = _l("Another job is known by this name already: %(name)s.", name=name)
                raise Refused(said, fields={"known_as": said})


def set_retired(slug: str, *, retired: bool, by: int | None, at: datetime) -> None:
    """Take a job off the list, or put it back; what it asked stays."""
    begin_change()
    found = queries.job(slug)
    done = update(Job).where(
        Job.id == found.id, Job.retired_at.is_(None) if retired else Job.retired_at.is_not(None)
    )
    db.session.execute(done.values(retired_at=at if retired else None, version=Job.version + 1))
    write("job:retired" if retired else "job:back", at=at, actor_id=by, detail={"slug": slug})


# What a job asks --------------------------------------------------------------------------------------------------


def begin_draft(slug: str, *, by: int | None, at: datetime) -> int:
    """The next version, as a copy of what stands; a draft that is there already is gone on with."""
    begin_change()
    job = queries.job(slug)
    found = queries.versions(job.id, drafts=True)
    if found and found[0].published_at is None:
        return found[0].id
    draft_id = _new_draft(job.id, found[0].number + 1 if found else 1)
    if found:
        _insert(draft_id, _copied(found[0].items))
    write("criteria:begun", at=at, actor_id=by, detail={"slug": slug})
    return draft_id


def _new_draft(job_id: int, number: int) -> int:
    row = insert(JobCriteria).values(job_id=job_id, number=number).returning(JobCriteria.id)
    return int(db.session.scalar(row) or 0)


def _copied(items: Sequence[queries.Criterion]) -> list[tuple[NewCriterion, uuid.UUID]]:
    skills = vision.names(one.skill_id for one in items)
    return [
        (
            NewCriterion(
                one.text, skills[one.skill_id].slug, one.level, one.evidence,
                {badge.slug: badge.tier for badge in one.badges},
            ),
            one.key,
        )
        for one in items
    ]  # fmt: skip


def discard_draft(slug: str, *, version: int | None, by: int | None, at: datetime) -> None:
    """Let the draft go; what is published stands."""
    begin_change()
    draft = _draft(queries.job(slug), version)
    db.session.execute(delete(JobCriteria).where(JobCriteria.id == draft.id))
    write("criteria:discarded", at=at, actor_id=by, detail={"slug": slug, "number": draft.number})


def publish_draft(
    slug: str, *, consented_on: date, version: int | None, today: date, by: int, at: datetime
) -> int:
    """From now on this is what the job asks, with the day on which the works council consented; return its number."""
    begin_change()
    draft = _draft(queries.job(slug), version)
    if not draft.items:
        raise Refused(NOTHING_ASKED)
    if consented_on > today:
        raise Refused(NOT_YET, fields={"consented_on": NOT_YET})
    done = update(JobCriteria).where(JobCriteria.id == draft.id, JobCriteria.published_at.is_(None))
    db.session.execute(done.values(consented_on=consented_on, published_at=at, published_by=by))
    detail = {"slug": slug, "number": draft.number, "consented_on": consented_on.isoformat()}
    write("criteria:published", at=at, actor_id=by, detail=detail)
    return draft.number


def write_criterion(
    slug: str, key: uuid.UUID | None, new: NewCriterion, *, version: int | None, by: int | None, at: datetime
) -> uuid.UUID:
    """Add a criterion to the draft (`key` None), or say one otherwise; return its key."""
    begin_change()
    draft = _draft(queries.job(slug), None)
    checked = _checked([new])
    if key is None:
        if len(draft.items) >= MOST_CRITERIA:
            raise Refused(TOO_MANY)
        key = uuid.uuid4()
        _insert(draft.id, [(new, key)], after=max((one.position for one in draft.items), default=-1))
    else:
        stands = _criterion(draft, key, version)
        _say(stands.id, new, checked)
    _touch(draft.id)
    write("criterion:edited", at=at, actor_id=by, detail={"slug": slug, "key": str(key)})
    return key


def _say(criterion_id: int, new: NewCriterion, skills: Mapping[str, int]) -> None:
    row = update(Criterion).where(Criterion.id == criterion_id)
    db.session.execute(
        row.values(
            text=dict(new.text), skill_id=skills[new.skill], level=new.level, evidence=_in_order(new.evidence),
            version=Criterion.version + 1,
        )
    )  # fmt: skip
    db.session.execute(delete(CriterionBadge).where(CriterionBadge.criterion_id == criterion_id))
    _link({criterion_id: new.badges})


def step_criterion(
    slug: str, key: uuid.UUID, step: str, *, version: int | None, by: int | None, at: datetime
) -> None:
    """Up, down, or away with it."""
    begin_change()
    draft = _draft(queries.job(slug), None)
    one = _criterion(draft, key, version if step == "remove" else None)
    order = [item.id for item in draft.items]
    if step == "remove":
        db.session.execute(delete(Criterion).where(Criterion.id == one.id))
        order.remove(one.id)
    else:
        here = order.index(one.id)
        there = here - 1 if step == "up" else here + 1
        if 0 <= there < len(order):
            order[here], order[there] = order[there], order[here]
    for place, criterion_id in enumerate(order):  # 30 at most
        moved = update(Criterion).where(Criterion.id == criterion_id, Criterion.position != place)
        db.session.execute(moved.values(position=place))
    _touch(draft.id)
    write(f"criterion:{step}", at=at, actor_id=by, detail={"slug": slug, "key": str(key)})


def replace_draft(
    slug: str, items: Sequence[NewCriterion], *, version: int | None, by: int | None, at: datetime
) -> None:
    """All that a job shall ask, at once: the road of file and API. Without a difference no draft is begun."""
    begin_change()
    job = queries.job(slug)
    found = queries.versions(job.id, drafts=True)
    stands = found[0] if found else None
    draft = stands if stands and stands.published_at is None else None
    if version is not None and version != (draft.version if draft else 0):
        raise Conflict(CHANGED)
    if len(items) > MOST_CRITERIA:
        raise Refused(TOO_MANY)
    _checked(items)
    keyed = _keyed(items, found)
    if stands and _wanted(keyed) == list(told(stands.items).items()):
        return
    if draft:
        db.session.execute(delete(Criterion).where(Criterion.criteria_id == draft.id))
        _touch(draft.id)
    draft_id = draft.id if draft else _new_draft(job.id, stands.number + 1 if stands else 1)
    _insert(draft_id, keyed)
    write("criteria:written", at=at, actor_id=by, detail={"slug": slug, "criteria": len(keyed)})


def _keyed(
    items: Sequence[NewCriterion], found: Sequence[queries.Criteria]
) -> list[tuple[NewCriterion, uuid.UUID]]:
    """Each with the key that it has: the one said, or that of the same words before, or a new one."""
    known = {one.key for version in found for one in version.items}
    worded = {one.text["en"]: one.key for version in reversed(found) for one in version.items}
    used: set[uuid.UUID] = {one.key for one in items if one.key in known and one.key}
    keyed = []
    for one in items:
        key = one.key if one.key in known else worded.get(one.text["en"])
        if key is None or (key in used and key != one.key):
            key = uuid.uuid4()
        used.add(key)
        keyed.append((one, key))
    if len({key for _, key in keyed}) != len(keyed):
        raise Refused(_l("Two criteria have the same id. Leave the id of a new one empty."))
    return keyed


def _wanted(keyed: Iterable[tuple[NewCriterion, uuid.UUID]]) -> list[tuple[str, dict[str, Any]]]:
    """As `told` says what stands, so that the two can be compared, order and all."""
    keyed = list(keyed)
    skills = vision.ids_of(one.skill for one, _ in keyed)
    places = {one.slug: (one.position, one.achievement_id) for one in catalogue().in_force.values()}
    return [
        (
            str(key),
            {
                "text": dict(one.text),
                "skill": skills[one.skill],
                "level": one.level,
                "evidence": _in_order(one.evidence),
                "badges": sorted(one.badges.items(), key=lambda badge: places[badge[0]]),
            },
        )
        for one, key in keyed
    ]


def _insert(criteria_id: int, items: Sequence[tuple[NewCriterion, uuid.UUID]], *, after: int = -1) -> None:
    if not items:
        return
    skills = vision.ids_of(one.skill for one, _ in items)
    rows = [
        {
            "criteria_id": criteria_id, "key": key, "position": after + number, "text": dict(one.text),
            "skill_id": skills[one.skill], "level": one.level, "evidence": _in_order(one.evidence),
        }
        for number, (one, key) in enumerate(items, 1)
    ]  # fmt: skip
    made = db.session.execute(insert(Criterion).returning(Criterion.key, Criterion.id), rows)
    ids = {row.key: row.id for row in made}
    _link({ids[key]: one.badges for one, key in items})


def _link(badges: Mapping[int, Mapping[str, int]]) -> None:
    """By the slug of what can be earned; what was withdrawn since the last version is linked no longer."""
    known = {one.slug: one.achievement_id for one in catalogue().in_force.values()}
    rows = [
        {"criterion_id": criterion_id, "achievement_id": known[slug], "tier": tier}
        for criterion_id, linked in badges.items()
        for slug, tier in linked.items()
        if slug in known
    ]
    if rows:
        db.session.execute(insert(CriterionBadge), rows)


def _in_order(evidence: Iterable[str]) -> list[str]:
    named = set(evidence)
    return [one for one in EVIDENCE if one in named]


def _checked(items: Sequence[NewCriterion]) -> dict[str, int]:
    """The ids of the skills by slug; refused with the field that does not fit."""
    skills = vision.ids_of(one.skill for one in items)
    tiers = {one.slug: len(one.badge.criteria) for one in catalogue().in_force.values()}
    for one in items:
        wrong: dict[str, object] = {}
        if one.skill not in skills:
            wrong["skill"] = NO_SKILL
        if one.level not in LEVELS:
            wrong["level"] = LEVEL
        if not one.evidence or not set(one.evidence) <= set(EVIDENCE):
            wrong["evidence"] = NO_EVIDENCE
        if any(not 1 <= tier <= tiers.get(slug, 0) for slug, tier in one.badges.items()):
            wrong["badges"] = NO_BADGE
        if wrong:
            raise Refused(next(iter(wrong.values())), fields=wrong)
    return skills


def _draft(job: queries.Job, version: int | None) -> queries.Criteria:
    found = queries.versions(job.id, drafts=True)
    if not found or found[0].published_at is not None:
        raise Conflict(NO_DRAFT)
    if version is not None and found[0].version != version:
        raise Conflict(CHANGED)
    return found[0]


def _criterion(draft: queries.Criteria, key: uuid.UUID, version: int | None) -> queries.Criterion:
    found = next((one for one in draft.items if one.key == key), None)
    if found is None:
        raise NotFound(queries.NOT_THERE)
    if version is not None and found.version != version:
        raise Conflict(CHANGED)
    return found


def _touch(draft_id: int) -> None:
    """Whoever publishes says which state of the draft they saw."""
    db.session.execute(
        update(JobCriteria).where(JobCriteria.id == draft_id).values(version=JobCriteria.version + 1)
    )


def _known(stand: Mapping[str, Any], slug: str, version: int | None) -> Any:
    row = stand.get(slug)
    if row is None:
        raise NotFound(queries.NOT_THERE)
    if version is not None and row.version != version:
        raise Conflict(CHANGED)
    return row


# The vision -------------------------------------------------------------------------------------------------------


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
