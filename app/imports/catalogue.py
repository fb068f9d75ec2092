"""The catalogue as one document: vision, skills, activities, points, badges and programmes, in YAML or JSON.

Loading the same document again changes nothing, and what `written` says loads again without any change. What is
refused names the place and the reason, and nothing of it is loaded.
"""

import json
import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.activities import actions as activities
from app.activities import queries as activity_queries
from app.badges import publishing
from app.badges import queries as badge_queries
from app.db import db
from app.errors import Refused
from app.people.models import Setting
from app.points import actions as points
from app.points import queries as point_queries
from app.points import rules
from app.programmes import actions as programmes
from app.programmes import queries as programme_queries
from app.reading import MAX_INTEGER, Unreadable, read_json
from app.vision import actions as vision
from app.vision import queries as vision_queries
from badges.catalogue import read_all
from badges.criteria import BadCriteria

PARTS = ("vision", "skills", "activities", "points", "badges", "programmes")
MOST_BYTES = 4 * 2**20
MOST_DEPTH = 30


@dataclass(frozen=True)
class Loaded:
    """How much a catalogue brought; `changed` are the badges of which there is a new version,
    `programmes` those that are others now."""

    skills: int
    activities: int
    rules_changed: bool
    changed: list[str]
    programmes: list[str]


def load(data: object, *, at: datetime) -> Loaded:
    """Bring everything to what the catalogue says; rules and badges are in force from `at` on."""
    if not isinstance(data, dict) or set(data) - set(PARTS):
        raise Refused(f"A catalogue has {', '.join(PARTS)}, and nothing else.")
    vision.begin_change(at)
    skills = vision.load(data.get("vision", []), data.get("skills", []), at=at)
    loaded = activities.load(data.get("activities", []), at=at)
    try:
        found = _badges(data, at)
    except (BadCriteria, rules.BadRules) as why:
        raise Refused(str(why)) from why
    return Loaded(len(skills), len(loaded), *found, programmes.load(data.get("programmes", []), at=at))


def _badges(data: Mapping[str, Any], at: datetime) -> tuple[bool, list[str]]:
    names = badge_queries.names()
    checked = rules.check(data["points"], names.activities) if "points" in data else None
    read = read_all(data.get("badges", []), names)
    return checked is not None and points.load_rules(checked, at=at), publishing.load(read, at=at)


# The document as text -------------------------------------------------------------------------------------


def read_document(raw: bytes) -> object:
    """What stands in a file, YAML or JSON; refused with the line where it stops being either."""
    if len(raw) > MOST_BYTES:
        raise Refused(f"A catalogue is at most {MOST_BYTES // 2**20} MB.")
    try:
        if raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
            return read_json(raw, max_bytes=MOST_BYTES, max_depth=MOST_DEPTH)
        return _read_yaml(raw.decode("utf-8-sig"))
    except Unreadable as no:
        raise Refused(no.message) from None
    except UnicodeDecodeError as no:
        raise Refused(f"Save the file as UTF-8; byte {no.start} is not.") from None


class _Reader(yaml.CSafeLoader):
    """The safe one, that refuses a key that comes twice: it would silently lose a value."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                raise Refused(
                    f"Line {key.start_mark.line + 1}: write names as text, between quotes where needed."
                )
            if key.value in seen:
                raise Refused(f"Line {key.start_mark.line + 1}: {key.value[:100]!r} stands there twice.")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _read_yaml(text: str) -> object:
    try:
        _check_shape(text)
        value: object = yaml.load(text, Loader=_Reader)  # noqa: S506 -- a SafeLoader
    except yaml.MarkedYAMLError as no:
        line = f"line {no.problem_mark.line + 1}" if no.problem_mark else "the start"
        raise Refused(f"This is neither YAML nor JSON from {line} on: {no.problem or no}.") from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as no:
        raise Refused(f"This is neither YAML nor JSON: {str(no)[:200]}.") from None
    _check_values(value)
    return value


def _check_shape(text: str) -> None:
    """Before anything is built: no aliases, with which ten lines can mean a billion, and no endless nesting."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise Refused(f"Line {line}: write it out; a catalogue has no aliases.")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            raise Refused(f"Line {line}: nested more than {MOST_DEPTH} deep.")


def _check_values(value: object) -> None:
    """Only what JSON has, and what the database keeps."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting.extend([*part, *part.values()])
        elif isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, str):
            if "\x00" in part or any("\ud800" <= character <= "\udfff" for character in part):
                raise Refused("There are characters in the file that are no text.")
        elif isinstance(part, float) and not math.isfinite(part):
            raise Refused("Write numbers that are finite.")
        elif isinstance(part, int) and abs(part) > MAX_INTEGER:
            raise Refused("Write whole numbers up to 2^63-1.")
        elif part is not None and not isinstance(part, int | float):
            raise Refused(f"Write {str(part)[:60]} between quotes: it was read as a {type(part).__name__}.")


class _Writer(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_text(document: Mapping[str, Any], form: str) -> str:
    """The document as `yaml` or `json`, one thing after the other, so that a difference in git is small."""
    if form == "json":
        return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    made: str = yaml.dump(document, Dumper=_Writer, allow_unicode=True, sort_keys=False, width=110)
    return made


def written() -> dict[str, Any]:
    """The whole catalogue as it stands."""
    goals, skills = vision_queries.written()
    found: dict[str, Any] = {"vision": goals, "skills": skills, "activities": activity_queries.written()}
    if versions := point_queries.stored(limit=1):
        (found["points"],) = point_queries.as_written([versions[0].rules])
    in_force = sorted(badge_queries.catalogue().in_force.values(), key=lambda one: (one.position, one.slug))
    found["badges"] = [dict(one.body) for one in in_force]
    told = programme_queries.written()
    return found | ({"programmes": told} if told else {})


# What loading would change --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """Of one part: what comes, what changes (and which fields), and how much stays as it is."""

    part: str
    new: list[str]
    changed: dict[str, list[str]]
    same: int


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What two documents of the catalogue differ in, by slug."""
    found = []
    for part in PARTS:
        old, new = _by_slug(before.get(part)), _by_slug(after.get(part))
        fresh = [slug for slug in new if slug not in old]
        changed = {
            slug: [
                key for key in sorted({*old[slug], *new[slug]}) if old[slug].get(key) != new[slug].get(key)
            ]
            for slug in new
            if slug in old and old[slug] != new[slug]
        }
        found.append(Difference(part, fresh, changed, len(new) - len(fresh) - len(changed)))
    return found


def _by_slug(part: Any) -> dict[str, Any]:
    if isinstance(part, Mapping):  # the points: each kind is a thing of its own
        kinds = {kind: dict(worth) for kind, worth in part.get("kinds", {}).items()}
        rest = {key: {"value": part[key]} for key in ("activities", "mandatory") if key in part}
        return {**kinds, **rest}
    return {entry["slug"]: entry for entry in part or []}


# Between the look and the yes -----------------------------------------------------------------------------

_KEPT = "catalogue-upload"


def keep_upload(document: object, digest: str, *, by: int, at: datetime) -> None:
    """Keep the file whose difference is shown until somebody says yes; one at a time."""
    fresh = {"value": {"document": document, "digest": digest, "by": by}, "changed_at": at}
    row = insert(Setting).values(key=_KEPT, **fresh)
    db.session.execute(row.on_conflict_do_update(index_elements=["key"], set_=fresh))


def kept_upload(digest: str, *, by: int) -> object | None:
    """The file that this person looked at, taken out; None when another one came since."""
    value = db.session.scalar(select(Setting.value).where(Setting.key == _KEPT).with_for_update())
    if value is None or (value["digest"], value["by"]) != (digest, by):
        return None
    db.session.execute(delete(Setting).where(Setting.key == _KEPT))
    document: object = value["document"]
    return document
