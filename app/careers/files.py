"""Jobs as one file: families, jobs and what they ask, a row each; read with what is wrong with which row.

A file never publishes: what it asks becomes the draft of the next version. What it does not name stays. Versions and
the days of consent are written for whoever keeps or compares them, and not read.
"""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.audit.actions import Act, write_all
from app.badges.queries import catalogue
from app.careers import actions, queries
from app.careers.criteria import replace_draft
from app.careers.rules import (
    EVIDENCE,
    MOST_BADGES,
    MOST_CRITERIA,
    MOST_NAMES,
    NAME,
    TEXT,
    WHO,
    Change,
    NewCriterion,
    NewFamily,
    NewJob,
    differences,
    names_of,
    tidy,
)
from app.db import db
from app.errors import Refused
from app.language import lang
from app.people.models import Setting
from app.tables import csv_text, day_of, open_table
from app.vision import queries as vision
from app.vision.rules import is_slug

COLUMNS = (
    "what", "id", "under", "nl", "en", "level", "known_as", "open_until", "who_nl", "who_en", "skill", "evidence",
    "badges",
)  # fmt: skip
# What a level is called, of which version a row is, and its consent: written, never read back.
READ_ONLY = ("level_nl", "level_en", "version", "consented_on")
NEEDED = ("what", "id", "under", "nl", "en")
MOST_ROWS, MOST_BYTES = 5000, 2 * 1024 * 1024
WHAT = ("family", "job", "criterion")
EARLIER = "earlier"  # what is a criterion of an earlier version: only to read
ALSO = {"wat": "what", "onder": "under", "niveau": "level", "bewijs": "evidence", "vaardigheid": "skill"}

UNKNOWN_WHAT = _l("The first column is not one of family, job, criterion.")
NO_SLUG = _l("The id is lower-case letters, digits and single hyphens.")
NO_KEY = _l("The id of a criterion is what an earlier file gave it, or empty.")
TWICE = _l("This stands in the file before.")
NO_DAY = _l("The day is not written like 2027-03-31 or 31-3-2027.")
NO_EVIDENCE = _l("Evidence is some of badge, completion, lesson_applied, recognition, observation, document.")
TOO_MANY = _l("That is more than one job asks or is called.")


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row that is refused, and why."""

    line: int
    what: str
    reason: object


class _No(Exception):
    def __init__(self, reason: object) -> None:
        self.reason = reason


@dataclass(slots=True)
class Jobs:
    """A file that was read; nothing of it is done where a row is wrong."""

    families: dict[str, NewFamily] = field(default_factory=dict)
    jobs: dict[str, NewJob] = field(default_factory=dict)
    criteria: dict[str, list[NewCriterion]] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)  # columns that nothing is taken from
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What rows may name."""

    families: frozenset[str]
    jobs: frozenset[str]
    skills: frozenset[str]
    tiers: Mapping[str, int]


# Reading ----------------------------------------------------------------------------------------------------


def read(content: bytes) -> Jobs:
    """The file with what is wrong in it; refused as a whole when it is no table of jobs."""
    if len(content) > MOST_BYTES:
        raise Refused(_l("This file is too large for a list of jobs."))
    found = Jobs()
    with open_table(BytesIO(content)) as table:
        names = [ALSO.get(name.casefold(), name.casefold()) for name in table.header]
        missing = [name for name in NEEDED if name not in names]
        if missing:
            raise Refused(_l("There is no column called %(name)s.", name=missing[0]))
        found.unread = [
            said[:80]
            for said, name in zip(table.header, names, strict=True)
            if name and name not in (*COLUMNS, *READ_ONLY)
        ]
        rows: list[tuple[int, dict[str, str], object]] = []
        for row in table.rows():
            if len(rows) >= MOST_ROWS:
                raise Refused(_l("There are more than %(most)s rows.", most=MOST_ROWS))
            rows.append((row.line, dict(zip(names, map(_plain, row.cells), strict=False)), row.trouble))
    found.rows = len(rows)
    _take(found, rows)
    return found


def _plain(cell: str) -> str:
    """Without the mark that keeps a spreadsheet from running a cell, with which our own files are written."""
    return cell[1:] if re.match(r"'[=+\-@\t\r]", cell) else cell


def _take(found: Jobs, rows: Sequence[tuple[int, dict[str, str], object]]) -> None:
    """Families first, then jobs, then criteria, wherever they stand in the file."""
    known = _known()
    takes = {"family": _family, "job": _job, "criterion": _criterion}
    for what in (*WHAT, ""):
        for line, cells, trouble in rows:
            kind = cells.get("what", "").casefold() if trouble is None else ""
            if kind == EARLIER:
                continue
            if (kind if kind in WHAT else "") != what:
                continue
            try:
                if trouble is not None:
                    raise _No(trouble)
                if kind not in takes:
                    raise _No(UNKNOWN_WHAT)
                takes[kind](found, cells, known)
            except _No as no:
                found.wrong.append(Wrong(line, _called(cells), no.reason))
    found.wrong.sort(key=lambda one: one.line)


def _called(cells: Mapping[str, str]) -> str:
    """What a row is about, in the language of who reads it where the row has it."""
    names = (lang(), "nl", "en", "id")
    return next((said for name in names if (said := tidy(cells.get(name, "")))), "")[:80]


def _known() -> Known:
    tiers = {one.slug: len(one.badge.criteria) for one in catalogue().in_force.values()}
    return Known(
        frozenset(row.slug for row in queries.families()),
        frozenset(one.slug for one in queries.jobs(retired=True)),
        frozenset(row.slug for row in vision.tree()),
        tiers,
    )


def _texts(
    cells: Mapping[str, str], names: tuple[str, str], most: int, *, empty: bool = False
) -> dict[str, str]:
    said = {key: tidy(cells.get(name, "")) for key, name in zip(("nl", "en"), names, strict=True)}
    if any(len(one) > most for one in said.values()) or (not empty and not all(said.values())):
        raise _No(_l("Say it in Dutch and in English, in %(most)s characters or fewer.", most=most))
    return said


def _slug(cells: Mapping[str, str], taken: Mapping[str, object]) -> str:
    slug = cells.get("id", "")
    if not is_slug(slug):
        raise _No(NO_SLUG)
    if slug in taken:
        raise _No(TWICE)
    return slug


def _number(cells: Mapping[str, str], most: int) -> int:
    said = cells.get("level", "")
    if not re.fullmatch(r"\d{1,2}", said) or not 1 <= int(said) <= most:
        raise _No(_l("The level is no number from 1 to %(most)s.", most=most))
    return int(said)


def _family(found: Jobs, cells: Mapping[str, str], known: Known) -> None:
    slug = _slug(cells, found.families)
    found.families[slug] = NewFamily(slug, _texts(cells, ("nl", "en"), NAME))


def _job(found: Jobs, cells: Mapping[str, str], known: Known) -> None:
    slug, family = _slug(cells, found.jobs), cells.get("under", "")
    if family not in known.families and family not in found.families:
        raise _No(_l("There is no family called %(name)s, here or in Blijk.", name=family[:80]))
    called = names_of(cells.get("known_as", ""))
    if len(called) > MOST_NAMES or any(len(name) > NAME for name in called):
        raise _No(TOO_MANY)
    until = cells.get("open_until", "")
    day = day_of(until) if until else None
    if until and day is None:
        raise _No(NO_DAY)
    found.jobs[slug] = NewJob(
        slug, family, _number(cells, 20), _texts(cells, ("nl", "en"), NAME), called, day,
        _texts(cells, ("who_nl", "who_en"), WHO, empty=True),
    )  # fmt: skip


def _criterion(found: Jobs, cells: Mapping[str, str], known: Known) -> None:
    job, skill = cells.get("under", ""), cells.get("skill", "")
    if job not in known.jobs and job not in found.jobs:
        raise _No(_l("There is no job called %(name)s, here or in Blijk.", name=job[:80]))
    if skill not in known.skills:
        raise _No(_l("There is no skill called %(name)s.", name=skill[:80]))
    evidence = _parts(cells.get("evidence", ""))
    if not evidence or not set(evidence) <= set(EVIDENCE):
        raise _No(NO_EVIDENCE)
    items = found.criteria.setdefault(job, [])
    if len(items) >= MOST_CRITERIA:
        raise _No(TOO_MANY)
    key = _key(cells.get("id", ""))
    if key is not None and any(one.key == key for one in items):
        raise _No(TWICE)
    said = _texts(cells, ("nl", "en"), TEXT)
    badges = _badges(cells.get("badges", ""), known)
    items.append(NewCriterion(said, skill, _number(cells, 4), evidence, badges, key))


def _parts(cell: str) -> list[str]:
    return [part for part in re.split(r"[\s,|;]+", cell) if part]


def _key(cell: str) -> UUID | None:
    try:
        return UUID(cell) if cell else None
    except ValueError:
        raise _No(NO_KEY) from None


def _badges(cell: str, known: Known) -> dict[str, int]:
    """Slugs, each with its tier behind a colon where it is not the first."""
    found: dict[str, int] = {}
    for part in _parts(cell):
        slug, _, tier = part.partition(":")
        if not re.fullmatch(r"[1-9]?", tier) or int(tier or 1) > known.tiers.get(slug, 0):
            raise _No(
                _l(
                    "There is no badge called %(name)s that can be earned, or not in this tier.",
                    name=part[:80],
                )
            )
        found[slug] = int(tier or 1)
    if len(found) > MOST_BADGES:
        raise _No(TOO_MANY)
    return found


# Bringing in ------------------------------------------------------------------------------------------------


def load(found: Jobs, *, by: int | None, at: datetime) -> list[Change]:
    """Bring jobs to what the file says, all of it or nothing; what it asks is a draft until HR publishes it. Returns
    what changed; families and jobs stand in the audit log as if they were changed by hand."""
    if found.wrong:
        raise Refused(_l("Some rows are refused. Mend them, and choose the file again."))
    actions.begin_change()
    before = _told()
    actions.write_families(list(found.families.values()))
    actions.write_jobs(found.jobs)
    for job, items in found.criteria.items():
        replace_draft(job, items, version=None, by=by, at=at)
    changed = differences(before, _told())
    rows = [one.after for one in changed if one.after]
    acts = [Act("job_family:edited", None, {"slug": row["id"]}) for row in rows if row["what"] == "family"]
    acts += [Act("job:edited", None, {"slug": row["id"]}) for row in rows if row["what"] == "job"]
    write_all(acts, at=at, actor_id=by)
    return changed


def _told() -> dict[str, dict[str, Any]]:
    return {f"{row['what']}:{row['id']}": {name: row[name] for name in COLUMNS} for row in written()}


# Writing ----------------------------------------------------------------------------------------------------


def written(*, every: bool = False) -> Iterator[dict[str, str]]:
    """The rows of the file as things stand: of each job its draft, or else its latest version; `every`: and then the
    versions before."""
    for family in queries.families():
        yield _row("family", family.slug, "", family.name)
    known = queries.jobs()
    skills = {row.id: row.slug for row in vision.tree()}
    earned = {one.achievement_id for one in catalogue().in_force.values()}
    told = queries.all_versions(one.id for one in known)
    for job in known:
        yield _row(
            "job", job.slug, job.family, job.name, level=str(job.level), known_as="|".join(job.known_as),
            open_until=job.open_until.isoformat() if job.open_until else "",
            who_nl=job.who_may_apply.get("nl", ""), who_en=job.who_may_apply.get("en", ""),
        )  # fmt: skip
        for place, version in enumerate(told.get(job.id, ())[: None if every else 1]):
            what = EARLIER if place else "criterion"
            yield from (_asked(what, job.slug, version, one, skills, earned) for one in version.items)


def _asked(
    what: str, job: str, version: queries.Criteria, one: queries.Criterion, skills: Mapping[int, str],
    earned: Collection[int],
) -> dict[str, str]:  # fmt: skip
    """A criterion; badges that cannot be earned any more are named where a version only is read."""
    badges = [
        badge.slug + (f":{badge.tier}" if badge.tier > 1 else "")
        for badge in one.badges
        if what == EARLIER or badge.achievement_id in earned
    ]
    return _row(
        what, str(one.key), job, one.text, level=str(one.level), skill=skills[one.skill_id],
        evidence="|".join(one.evidence), badges="|".join(badges), version=str(version.number),
        level_nl=(one.level_name or {}).get("nl", ""), level_en=(one.level_name or {}).get("en", ""),
        consented_on=version.consented_on.isoformat() if version.consented_on else "",
    )  # fmt: skip


def _row(what: str, id_: str, under: str, name: Mapping[str, str], **more: str) -> dict[str, str]:
    told = {"what": what, "id": id_, "under": under, "nl": name["nl"], "en": name["en"], **more}
    return {column: told.get(column, "") for column in (*COLUMNS, *READ_ONLY)}


def as_csv(separator: str = ",", *, every: bool = False) -> str:
    """The file with a comma or a semicolon; `every`: all versions of what jobs ask."""
    names = (*COLUMNS, *READ_ONLY)
    return csv_text(
        names, ([row[name] for name in names] for row in written(every=every)), separator=separator
    )


# Between the look and the yes -------------------------------------------------------------------------------

_KEPT = "careers-upload"


def keep_upload(content: bytes, *, by: int, at: datetime) -> str:
    """Keep the file whose difference is shown until somebody says yes; one at a time. Returns its digest."""
    digest = hashlib.sha256(content).hexdigest()
    fresh = {"value": {"content": content.hex(), "digest": digest, "by": by}, "changed_at": at}
    row = insert(Setting).values(key=_KEPT, **fresh)
    db.session.execute(row.on_conflict_do_update(index_elements=["key"], set_=fresh))
    return digest


def kept_upload(digest: str, *, by: int) -> bytes | None:
    """The file that this person looked at, taken out; None when another one came since."""
    value = db.session.scalar(select(Setting.value).where(Setting.key == _KEPT).with_for_update())
    if value is None or (value["digest"], value["by"]) != (digest, by):
        return None
    db.session.execute(delete(Setting).where(Setting.key == _KEPT))
    return bytes.fromhex(value["content"])
