"""What HR can do with what a job asks.

What is published never changes; the next version begins as a copy of it, and nobody but HR and the works council sees
it before it is published.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, insert, update

from app.audit.actions import write
from app.badges.queries import catalogue
from app.careers import queries
from app.careers.actions import CHANGED, NO_SKILL, begin_change
from app.careers.models import Criterion, CriterionBadge, JobCriteria
from app.careers.rules import EVIDENCE, LEVELS, MOST_CRITERIA, NewCriterion, told
from app.db import db
from app.errors import Conflict, NotFound, Refused
from app.vision import queries as vision

NO_DRAFT = _l("There is no draft any more: somebody published or removed it. Look at what stands now.")

NO_BADGE = _l("Choose badges that can be earned, in a tier that they have.")

NO_EVIDENCE = _l("Say what counts as evidence.")

TOO_MANY = _l("A job asks 30 things at most. Remove one first.")

NOTHING_ASKED = _l("Say first what the job asks: there is no criterion yet.")

NOT_YET = _l("The works council cannot have consented on a day that is still to come.")

LEVEL = _l("Choose a level from 1 to 4.")


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
        if _wanted([(new, key)]) == list(told([stands]).items()):
            return key
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
        if not 0 <= there < len(order):
            return
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
