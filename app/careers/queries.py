"""What can be asked of jobs: what they ask in which version, what comes next for somebody, and what they hold of it.

There are tens, at most hundreds of jobs: they are read whole, in one statement. Nothing here is counted or added up:
what somebody has stands per criterion, for their own eyes.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

from app.badges.queries import catalogue
from app.db import db
from app.errors import NotFound
from app.vision import queries as vision

NOT_THERE = _l("There is no such job.")
_ids = bindparam("ids", type_=ARRAY(BigInteger()))


# Jobs -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Job:
    """A job with the family that it belongs to."""

    id: int
    slug: str
    family_id: int
    family: str  # slug
    family_name: Mapping[str, str]
    level: int
    name: Mapping[str, str]
    known_as: Sequence[str]
    open_until: date | None
    who_may_apply: Mapping[str, str]
    retired_at: datetime | None
    version: int

    def open_on(self, today: date) -> bool:
        """Whether one can apply for it."""
        return self.retired_at is None and self.open_until is not None and self.open_until >= today


_JOBS = text("""
    SELECT j.id, j.slug, j.family_id, f.slug AS family, f.name AS family_name, j.level, j.name, j.known_as,
           j.open_until, j.who_may_apply, j.retired_at, j.version
    FROM job j JOIN job_family f ON f.id = j.family_id ORDER BY f.position, f.id, j.level, j.id
""")
_FAMILIES = text("SELECT id, slug, name, position, version FROM job_family ORDER BY position, id")
_DOES = text(
    "SELECT id, job FROM person WHERE id = ANY(:ids) AND erased_at IS NULL AND job <> ''"
).bindparams(_ids)


def jobs(*, retired: bool = False) -> list[Job]:
    """All jobs, by family and level."""
    found = [Job(*row) for row in db.session.execute(_JOBS)]
    return found if retired else [one for one in found if one.retired_at is None]


def job(slug: str) -> Job:
    """One of them, also one that is not chosen any more."""
    found = next((one for one in jobs(retired=True) if one.slug == slug), None)
    if found is None:
        raise NotFound(NOT_THERE)
    return found


def families() -> Sequence[Any]:
    """The families in their order: id, slug, name, position, version."""
    return db.session.execute(_FAMILIES).all()


def family(slug: str) -> Any:
    """One family."""
    found = next((row for row in families() if row.slug == slug), None)
    if found is None:
        raise NotFound(NOT_THERE)
    return found


def job_of(person_ids: Iterable[int]) -> dict[int, Job]:
    """What each of these people does, by the name in the HR file; who does something unknown is left out."""
    return _doing(jobs(), person_ids)


def _doing(known: Sequence[Job], person_ids: Iterable[int]) -> dict[int, Job]:
    called = {name.casefold(): one for one in known for name in one.known_as}
    rows = db.session.execute(_DOES, {"ids": sorted(set(person_ids))})
    return {row.id: called[row.job.casefold()] for row in rows if row.job.casefold() in called}


def next_jobs(person_id: int, today: date) -> tuple[list[Job], list[Job]]:
    """The jobs one level up in the family of what somebody does now, and those that are open."""
    known = jobs()
    mine = _doing(known, [person_id]).get(person_id)
    above = [one for one in known if mine and one.family_id == mine.family_id and one.level > mine.level]
    step = min((one.level for one in above), default=0)
    up = [one for one in above if one.level == step]
    return up, [one for one in known if one.open_on(today) and one not in up and one != mine]


# What they ask ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Linked:
    """A badge that HR linked to a criterion: of this tier or a higher one."""

    achievement_id: int
    tier: int
    slug: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that is asked. `key` is the same in all versions."""

    id: int
    key: uuid.UUID
    position: int
    text: Mapping[str, str]
    skill_id: int
    level: int
    level_name: Mapping[str, str] | None  # as the skill calls it
    evidence: Sequence[str]
    badges: Sequence[Linked]
    version: int


@dataclass(frozen=True, slots=True)
class Criteria:
    """One version of what a job asks; a draft has no moment of publication."""

    id: int
    job_id: int
    number: int
    consented_on: date | None
    published_at: datetime | None
    published_by: int | None
    version: int
    items: Sequence[Criterion]


_STEP = vision.STEP.format(skill="s", level="i.level")
_VERSIONS = f"""
    SELECT c.id, c.job_id, c.number, c.consented_on, c.published_at, c.published_by, c.version,
           coalesce((SELECT jsonb_agg(jsonb_build_object(
               'id', i.id, 'key', i.key, 'position', i.position, 'text', i.text, 'skill_id', i.skill_id,
               'level', i.level, 'evidence', i.evidence, 'version', i.version,
               'level_name', (SELECT {_STEP} FROM skill s WHERE s.id = i.skill_id),
               'badges', coalesce((SELECT jsonb_agg(jsonb_build_array(b.achievement_id, b.tier, a.slug)
                                                    ORDER BY a.position, a.id)
                                   FROM criterion_badge b JOIN achievement a ON a.id = b.achievement_id
                                   WHERE b.criterion_id = i.id), '[]')) ORDER BY i.position, i.id)
               FROM criterion i WHERE i.criteria_id = c.id), '[]') AS asked
    FROM job_criteria c
"""
_SOME = text(f"{_VERSIONS} WHERE c.id = ANY(:ids)").bindparams(_ids)
_CURRENT = text(f"""
    {_VERSIONS} WHERE c.id IN (SELECT DISTINCT ON (job_id) id FROM job_criteria
                               WHERE job_id = ANY(:ids) AND published_at IS NOT NULL
                               ORDER BY job_id, number DESC)
""").bindparams(_ids)
_LATEST = text(f"""
    {_VERSIONS} WHERE c.id IN (SELECT DISTINCT ON (job_id) id FROM job_criteria
                               WHERE job_id = ANY(:ids) ORDER BY job_id, number DESC)
""").bindparams(_ids)
_ALL_OF = text(f"{_VERSIONS} WHERE c.job_id = ANY(:ids) ORDER BY c.job_id, c.number DESC").bindparams(_ids)


def _criteria(row: Any) -> Criteria:
    items = [
        Criterion(**{
            **item,
            "key": uuid.UUID(item["key"]),
            "badges": tuple(Linked(*one) for one in item["badges"]),
        })
        for item in row.asked
    ]  # fmt: skip
    return Criteria(
        row.id,
        row.job_id,
        row.number,
        row.consented_on,
        row.published_at,
        row.published_by,
        row.version,
        items,
    )


def criteria(criteria_ids: Iterable[int]) -> dict[int, Criteria]:
    """These versions, by id."""
    rows = db.session.execute(_SOME, {"ids": sorted(set(criteria_ids))})
    return {row.id: _criteria(row) for row in rows}


def current_criteria(job_ids: Iterable[int]) -> dict[int, Criteria]:
    """What each of these jobs asks now: its latest published version. A job without one is left out."""
    rows = db.session.execute(_CURRENT, {"ids": sorted(set(job_ids))})
    return {row.job_id: _criteria(row) for row in rows}


def latest(job_ids: Iterable[int]) -> dict[int, Criteria]:
    """Of each of these jobs the draft, or else the latest published version; for who writes them."""
    rows = db.session.execute(_LATEST, {"ids": sorted(set(job_ids))})
    return {row.job_id: _criteria(row) for row in rows}


def versions(job_id: int, *, drafts: bool = False) -> list[Criteria]:
    """All versions of what a job asks, the latest first; a draft is for who writes it."""
    found = [_criteria(row) for row in db.session.execute(_ALL_OF, {"ids": [job_id]})]
    return found if drafts else [one for one in found if one.published_at is not None]


def all_versions(job_ids: Iterable[int]) -> dict[int, list[Criteria]]:
    """The same of many jobs, drafts too."""
    found: dict[int, list[Criteria]] = {}
    for row in db.session.execute(_ALL_OF, {"ids": sorted(set(job_ids))}):
        found.setdefault(row.job_id, []).append(_criteria(row))
    return found


def drafted(job_id: int, key: uuid.UUID, *, gone: bool = False) -> Any:
    """A criterion of the draft; `gone`: None where it is not there any more."""
    found = latest([job_id]).get(job_id)
    items = found.items if found and found.published_at is None else ()
    one = next((one for one in items if one.key == key), None)
    if one is None and not gone:
        raise NotFound(NOT_THERE)
    return one


# What somebody has ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Piece:
    """Something of somebody's own that fits a criterion. `kind`: badge, completion, lesson_applied, recognition.

    `ref` is the id of award, completion, lesson or recognition; `title` is {nl, en}, in which own words stand twice,
    and `lang` says in which language those are. `linked`: HR named its badge.
    """

    kind: str
    ref: str
    title: Mapping[str, str]
    lang: str | None
    at: datetime
    slug: str | None = None
    tier: int | None = None
    linked: bool = False


@dataclass(frozen=True, slots=True)
class Own:
    """What somebody has for one criterion, the latest first; no sum of it."""

    criterion: Criterion
    pieces: list[Piece] = field(default_factory=list)


_OWN = text("""
    WITH wanted AS (SELECT s.id AS skill, up.id AS asked FROM skill s CROSS JOIN LATERAL unnest(s.lineage) AS up(id)
                    WHERE up.id = ANY(:ids)),
         areas AS (SELECT skill, array_agg(asked) AS asked FROM wanted GROUP BY skill)
    SELECT 'badge' AS kind, w.id::text AS ref, NULL::jsonb AS title, NULL AS lang, w.earned_at AS at,
           w.achievement_id, w.version_id, w.tier, NULL::text AS slug, NULL::bigint[] AS asked
    FROM (SELECT DISTINCT ON (achievement_id, period_key) * FROM award
          WHERE person_id = :me AND revoked_at IS NULL ORDER BY achievement_id, period_key, tier DESC) AS w
    UNION ALL
    SELECT 'completion', c.id::text, a.title, NULL, c.completed_at, NULL, NULL, NULL, a.slug, fits.asked
    FROM completion c JOIN activity a ON a.id = c.activity_id
    CROSS JOIN LATERAL (SELECT array_agg(w.asked) AS asked FROM wanted w WHERE w.skill = ANY(a.skills)) AS fits
    WHERE c.person_id = :me AND c.state = 'confirmed' AND fits.asked IS NOT NULL
    UNION ALL
    SELECT 'lesson_applied', l.id::text, to_jsonb(l.title), l.lang, l.shared_at, NULL, NULL, NULL, NULL, fits.asked
    FROM lesson l
    CROSS JOIN LATERAL (SELECT array_agg(w.asked) AS asked FROM wanted w WHERE w.skill = ANY(l.skills)) AS fits
    WHERE l.author_id = :me AND l.deleted_at IS NULL AND l.hidden_at IS NULL AND fits.asked IS NOT NULL
      AND EXISTS (SELECT FROM lesson_application p WHERE p.lesson_id = l.id AND p.ended_at IS NULL)
    UNION ALL
    SELECT 'recognition', r.id::text, to_jsonb(r.title), r.lang, r.given_at, NULL, NULL, NULL, NULL, areas.asked
    FROM recognition_receiver o JOIN recognition r ON r.id = o.recognition_id JOIN areas ON areas.skill = r.skill_id
    WHERE o.person_id = :me AND r.withdrawn_at IS NULL
    ORDER BY at DESC, ref
""").bindparams(_ids)
_BELOW = text("SELECT slug, lineage FROM skill")


def what_i_have(person_id: int, criteria_id: int) -> list[Own]:
    """Per criterion what this person holds that fits it: for their own eyes only, and never counted.

    Lessons without a name are not among them: that they are this person's stands nowhere.
    """
    asked = criteria([criteria_id]).get(criteria_id)
    if asked is None:
        return []
    rows = db.session.execute(_OWN, {"me": person_id, "ids": [one.skill_id for one in asked.items]}).all()
    above = {row.slug: set(row.lineage) for row in db.session.execute(_BELOW)}
    return [
        Own(one, [piece for row in rows if row.kind in one.evidence and (piece := _fits(row, one, above))])
        for one in asked.items
    ]


def _fits(row: Any, asked: Criterion, above: Mapping[str, set[int]]) -> Piece | None:
    """The piece, if it counts for what is asked; where HR linked badges, these and no others do."""
    if row.kind != "badge":
        if asked.skill_id not in row.asked:
            return None
        title = row.title if isinstance(row.title, dict) else {"nl": row.title, "en": row.title}
        return Piece(row.kind, row.ref, title, row.lang, row.at, row.slug)
    named = next((one for one in asked.badges if one.achievement_id == row.achievement_id), None)
    definition = catalogue().definition(row.version_id)
    if named is not None:
        fits = row.tier >= named.tier
    else:
        fits = not asked.badges and asked.skill_id in above.get(definition.body["skill"] or "", ())
    if not fits:
        return None
    name = definition.body["name"]
    return Piece("badge", row.ref, name, None, row.at, definition.slug, row.tier, named is not None)


# Why we learn -----------------------------------------------------------------------------------------------------

_TEXT = text("SELECT value FROM setting WHERE key = 'vision-text'")


def vision_text() -> dict[str, Any]:
    """The organisation's own words: nl, en, version (0: nobody wrote any yet)."""
    found: dict[str, Any] = db.session.scalar(_TEXT) or {"nl": "", "en": "", "version": 0}
    return found
