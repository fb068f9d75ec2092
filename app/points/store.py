"""The set-based statements of the ledger and its totals; arrays in, one statement each."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from app.db import array, db
from app.points.models import PointRules
from app.points.rules import WINDOWS

_NUMBERS = [*WINDOWS, "all_time", *(f"{window}_kudos" for window in WINDOWS), "all_time_kudos"]
_KEYS = [f"{window}_key" for window in WINDOWS]
_TYPES = dict.fromkeys(_NUMBERS, "bigint") | dict.fromkeys(_KEYS, "text")


def _unnest(columns: Mapping[str, str]) -> str:
    return ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in columns.items())


_ENTRY = {
    "source": "text", "person_id": "bigint", "fact_id": "bigint", "award_id": "uuid", "rules_id": "bigint",
    "kind": "text", "points": "bigint", "reason": "text", "earned_at": "timestamptz", "day": "date",
    "skills": "text", "reverses_id": "bigint",
}  # fmt: skip
_INSERT = text(f"""
    INSERT INTO ledger_entry (recorded_at, {", ".join(_ENTRY)})
    SELECT :now, {", ".join("CAST(e.skills AS bigint[])" if name == "skills" else f"e.{name}" for name in _ENTRY)}
    FROM unnest({_unnest(_ENTRY)}) AS e({", ".join(_ENTRY)})
""")


def insert_entries(entries: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Insert entries; a source that is there already is a fault and refused by the database."""
    columns = {name: array(entry[name] for entry in entries) for name in _ENTRY if name != "skills"}
    columns["skills"] = array(array(entry["skills"]) for entry in entries)
    db.session.execute(_INSERT, {**columns, "now": now})


_TOTAL = _TYPES | {"counts": "text", "caps": "text", "last_at": "timestamptz"}
_JSON = ("counts", "caps")
_UPDATE_TOTAL = text(f"""
    UPDATE person_total AS t
    SET {", ".join(f"{n} = CAST(e.{n} AS jsonb)" if n in _JSON else f"{n} = e.{n}" for n in _TOTAL)}
    FROM unnest(CAST(:person_id AS bigint[]), {_unnest(_TOTAL)}) AS e(person_id, {", ".join(_TOTAL)})
    WHERE t.person_id = e.person_id
""")


def update_totals(rows: Sequence[Mapping[str, Any]]) -> None:
    """Write totals rows as they are now."""
    columns = {name: array(row[name] for row in rows) for name in ("person_id", *_TOTAL) if name not in _JSON}
    columns |= {name: array(json.dumps(row[name]) for row in rows) for name in _JSON}
    db.session.execute(_UPDATE_TOTAL, columns)


_SKILL_TOTALS = text("""
    SELECT s.* FROM unnest(CAST(:people AS bigint[]), CAST(:skills AS bigint[])) AS e(person_id, skill_id)
    CROSS JOIN LATERAL (SELECT * FROM skill_total t
                        WHERE t.person_id = e.person_id AND t.skill_id = e.skill_id LIMIT 1) AS s
""")
_FRESH: dict[str, Any] = dict.fromkeys(_NUMBERS, 0) | dict.fromkeys(_KEYS, "")


def skill_totals(touched: Sequence[tuple[int, int]]) -> dict[tuple[int, int], dict[str, Any]]:
    """The totals rows of these (person, skill), fresh ones where there is none. The people are locked."""
    pairs = sorted(set(touched))
    rows = {pair: {"person_id": pair[0], "skill_id": pair[1], **_FRESH} for pair in pairs}
    found = db.session.execute(
        _SKILL_TOTALS, {"people": array(p for p, _ in pairs), "skills": array(s for _, s in pairs)}
    )
    for row in found.mappings():
        rows[(row["person_id"], row["skill_id"])] = dict(row)
    return rows


_UPSERT_SKILL = text(f"""
    INSERT INTO skill_total (person_id, skill_id, {", ".join(_TYPES)})
    SELECT * FROM unnest(CAST(:person_id AS bigint[]), CAST(:skill_id AS bigint[]), {_unnest(_TYPES)})
    ON CONFLICT (person_id, skill_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _TYPES)}
""")


def upsert_skill_totals(rows: Sequence[Mapping[str, Any]]) -> None:
    """Write totals rows per skill as they are now."""
    names = ("person_id", "skill_id", *_TYPES)
    db.session.execute(_UPSERT_SKILL, {name: array(row[name] for row in rows) for name in names})


_CLOSED = text("""
    INSERT INTO period_total (person_id, skill_id, "window", points, kudos, corrected_at)
    SELECT e.person_id, e.skill_id, e.win, e.points, e.kudos, CASE WHEN e.late THEN CAST(:now AS timestamptz) END
    FROM unnest(CAST(:person_id AS bigint[]), CAST(:skill_id AS bigint[]), CAST(:win AS text[]),
                CAST(:points AS bigint[]), CAST(:kudos AS bigint[]), CAST(:late AS boolean[]))
         AS e(person_id, skill_id, win, points, kudos, late)
    ON CONFLICT (person_id, skill_id, "window") DO UPDATE
    SET points = period_total.points + excluded.points, kudos = period_total.kudos + excluded.kudos,
        corrected_at = COALESCE(excluded.corrected_at, period_total.corrected_at)
""")


def add_to_closed(sums: Mapping[tuple[int, int, str], tuple[int, int, bool]], now: datetime) -> None:
    """Add to closed windows. The people are locked, so that adding is safe."""
    if sums:
        names = ("person_id", "skill_id", "win", "points", "kudos", "late")
        columns = zip(*((*key, *value) for key, value in sums.items()), strict=True)
        db.session.execute(_CLOSED, {**dict(zip(names, map(array, columns), strict=True)), "now": now})


def standing_entry(fact: Any) -> Any:
    """The standing entry of a row of `queries.standing`, in the form in which entries are reversed."""
    return SimpleNamespace(
        id=fact.entry_id, person_id=fact.person_id, fact_id=fact.id, award_id=None, rules_id=fact.rules_id,
        kind=fact.activity_kind if fact.kind == "completed" and fact.activity_kind else fact.kind,
        points=fact.points, earned_at=fact.happened_at, skills=fact.lineage,
    )  # fmt: skip


def nth(source: str) -> int:
    """Which entry of its kind a source is: `award:…` the first, `award:…/2` the second."""
    return int(source.rpartition("/")[2]) if "/" in source else 1


def insert_rules(data: dict[str, Any], content: bytes, at: datetime) -> bool:
    """Insert a version of the rules unless the latest one says the same."""
    digest = hashlib.sha256(content).digest()
    latest = db.session.scalar(
        select(PointRules.content_hash).order_by(PointRules.valid_from.desc()).limit(1)
    )
    if latest == digest:
        return False
    db.session.execute(insert(PointRules).values(valid_from=at, rules=data, content_hash=digest))
    return True
