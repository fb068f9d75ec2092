"""S6 to S8: what it costs to let facts earn, beside the same rows written without any rule.

`BENCH_EVENTS` (100,000) is how many facts S6 takes, in batches of 1,000 in the order of happening, by the road of
real use: `record_completions`, settle, commit.
"""

import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from app.activities.recording import record_completions
from tools.bench import Row

EVENTS = int(os.environ.get("BENCH_EVENTS", "100000"))
BATCH = 1_000
PEOPLE = 10_000
ACTIVITIES = 400
SKILLS = ("water", "lab", "pumps", "valves", "people", "data", "safety", "energy")
KINDS = ("course", "workshop", "coaching", "mentoring", "on_the_job", "rotation", "article")
START = datetime(2025, 1, 6, 8, tzinfo=UTC)
SAID = {"nl": "x", "en": "x"}
POINTS = {
    "kinds": {kind: {"points": 10 + n, "per_hour": 2} for n, kind in enumerate(KINDS)}
    | {"article": {"points": 3, "cap_day": 9, "cap_week": 30}}
}


def run(stack: Any) -> list[Row]:
    from app.factory import create_app

    app = create_app()
    with app.app_context():
        _prepare(stack, rules=50)
        took = _through_the_house(EVENTS)
        floor = _rows_alone(stack)
        rows = _tell_s6(took, floor)
        _prepare(stack, rules=500)
        more = _through_the_house(min(EVENTS, 20_000))
        few = sum(took[: len(more)])
        rows.append(Row("S7", "500 rules / 50 rules, an event touching as many", sum(more) / few, "<=", 1.5))
        _prepare(stack, rules=50)
        rows += _alone(stack)
    return rows


def _tell_s6(took: Sequence[float], floor: Sequence[float]) -> list[Row]:
    each = len(took) * BATCH
    raw = f"{each / sum(took):,.0f} events/s with rules, {each / sum(floor):,.0f} the rows alone"
    tenth = max(1, len(took) // 10)
    ratio = sum(took[:tenth]) / sum(took[-tenth:])
    return [
        Row(
            "S6",
            f"{each:,} events, 50 rules: with rules / rows alone",
            sum(floor) / sum(took),
            ">=",
            0.33,
            raw,
        ),
        Row("S6", "speed of the last tenth / of the first", ratio, ">=", 0.65),
    ]


# What is there ----------------------------------------------------------------------------------------------------


def _prepare(stack: Any, *, rules: int) -> None:
    """An organisation without history, and a catalogue of so many badges of which an event touches about ten."""
    from app.db import transaction
    from app.imports import catalogue
    from app.outbox import settle
    from app.people import actions as people
    from app.people.rules import PersonRow

    _empty(stack)
    with transaction():
        people.make_organisation(name="Bench")
        catalogue.load(_catalogue(rules), at=START)
        settle(START)
    for start in range(0, PEOPLE, BATCH):
        rows = [
            PersonRow(
                external_id=f"b{n}",
                name=f"Person {n}",
                email=None,
                department=f"D{n % 20}",
                team=f"T{n % 400}",
            )
            for n in range(start, start + BATCH)
        ]
        with transaction():
            people.import_people(rows, at=START)
            settle(START)
    with psycopg.connect(stack.url("superuser"), autocommit=True) as line:
        line.execute("ANALYZE")


def _empty(stack: Any) -> None:
    with psycopg.connect(stack.url("superuser"), autocommit=True) as line:
        tables = line.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        names = ", ".join(f'"{name}"' for (name,) in tables if name != "alembic_version")
        line.execute("SET session_replication_role = replica")
        line.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")


def _catalogue(rules: int) -> dict[str, Any]:
    skills = [{"slug": s, "name": SAID, "enamel": "water", "parent": None, "goal": None} for s in SKILLS]
    activities = [
        {
            "slug": f"a{n}", "kind": KINDS[n % 7], "title": SAID, "summary": SAID, "hours": 2.0,
            "skills": [SKILLS[n % 8]],
        }
        for n in range(ACTIVITIES)
    ]  # fmt: skip
    badges = [_badge(n, rules) for n in range(rules)]
    return {"vision": [], "skills": skills, "activities": activities, "points": POINTS, "badges": badges}


def _badge(n: int, rules: int) -> dict[str, Any]:
    """Of every ten rules two ask for a skill, two for a kind, the rest for activities of their own; five for all."""
    own = [f"a{(n * 7 + k) % ACTIVITIES}" for k in range(8 if rules <= 50 else 1)]
    forms: list[dict[str, Any]] = [
        {"count": {"kind": "completed", "skill": [SKILLS[n % 8]]}, "at_least": 5 + n % 20},
        {"count": {"kind": "completed", "activity_kind": [KINDS[n % 7]]}, "at_least": 10 + n % 9},
        {"all": [{"count": {"kind": "completed", "activity": own}, "at_least": 1}, {"points": 100 + n}]},
        {"count": {"kind": "completed", "activity": own}, "at_least": 3, "within": {"days": 60}},
        {"completed": own[:3]},
    ]
    form = forms[n % 5] if n < 50 else forms[2 + n % 3]
    tiers = [{"criteria": form, "points": 25}]
    return {
        "slug": f"r{n}", "name": SAID, "summary": SAID, "kind": "course", "glyph": "drop", "skill": None,
        "repeats": None, "tiers": tiers,
    }  # fmt: skip


# S6, S7 -----------------------------------------------------------------------------------------------------------


def _reports(number: int) -> list[Any]:
    """So many reports in the order of happening; each person does an activity once."""
    dice = random.Random(11)
    found: list[Any] = []
    seen: set[tuple[int, int]] = set()
    while len(found) < number:
        pair = dice.randrange(PEOPLE), dice.randrange(ACTIVITIES)
        if pair in seen and len(seen) < PEOPLE * ACTIVITIES // 2:
            continue
        seen.add(pair)
        at = START + timedelta(seconds=40 * len(found))
        found.append({"person": pair[0], "activity": pair[1], "at": at, "source": f"bench:{len(found)}"})
    return found


def _items(reports: Sequence[Any], people: Sequence[int], activities: Sequence[int]) -> list[Any]:
    return [
        {
            "person_id": people[one["person"]], "activity_id": activities[one["activity"]],
            "completed_at": one["at"], "source": one["source"],
        }
        for one in reports
    ]  # fmt: skip


def _ids() -> tuple[list[int], list[int]]:
    from sqlalchemy import text

    from app.db import db

    with db.engine.connect() as line:
        people = [row.id for row in line.execute(text("SELECT id FROM person ORDER BY id"))]
        return people, [row.id for row in line.execute(text("SELECT id FROM activity ORDER BY id"))]


def _through_the_house(number: int) -> list[float]:
    """Seconds per batch."""
    people, activities = _ids()
    reports, took = _reports(number), []
    for start in range(0, number, BATCH):
        items = _items(reports[start : start + BATCH], people, activities)
        began = time.perf_counter()
        _record(items, reports[start]["at"])
        took.append(time.perf_counter() - began)
    return took


def _record(items: list[Any], at: datetime) -> None:
    from app.db import transaction
    from app.outbox import settle

    with transaction():
        record_completions(items, at=at)
        settle(at)


WRITTEN = {
    "completion": "recorded_at",
    "completion_support": None,
    "fact": "recorded_at",
    "ledger_entry": "recorded_at",
    "award": "awarded_at",
    "outbox": "published_at",
}


def _rows_alone(stack: Any) -> list[float]:
    """The same rows once more, batch by batch, by plain set-based statements on a bare connection."""
    with psycopg.connect(stack.url("superuser")) as line:
        batches = _batches(line)
        totals = {row[0]: row for row in line.execute("SELECT * FROM person_total")}
        names = [column.name for column in line.execute("SELECT * FROM person_total").description or ()]
        types = {table: _types(line, table) for table in (*WRITTEN, "person_total")}
        line.execute("SET session_replication_role = replica")
        line.execute(
            "TRUNCATE completion, completion_support, fact, ledger_entry, award, outbox, skill_total, period_total"
            " CASCADE"
        )
        line.commit()
    took = []
    with psycopg.connect(stack.url("web")) as line:
        for batch in batches:
            touched = sorted({row[batch["fact_person"]] for row in batch["fact"]})
            began = time.perf_counter()
            for table in WRITTEN:
                _insert(line, table, types[table], batch[table])
            _update(line, names, types["person_total"], [totals[person] for person in touched])
            line.commit()
            took.append(time.perf_counter() - began)
    return took


def _types(line: Any, table: str) -> dict[str, str]:
    found = line.execute(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        [table],
    )
    return dict(found.fetchall())


def _batches(line: Any) -> list[dict[str, Any]]:
    moments = [at for (at,) in line.execute("SELECT DISTINCT recorded_at FROM fact ORDER BY 1")]
    kept: dict[Any, dict[str, Any]] = {at: {table: [] for table in WRITTEN} for at in moments}
    for table, stamp in WRITTEN.items():
        cursor = line.execute(
            f"SELECT t.*, {'t.' + stamp if stamp else 'c.recorded_at'} FROM {table} t"
            + ("" if stamp else " JOIN completion c ON c.id = t.completion_id")
            + " ORDER BY 1"
        )
        for row in cursor:
            kept[row[-1]][table].append(row[:-1])
    person = [column.name for column in line.execute("SELECT * FROM fact LIMIT 0").description].index(
        "person_id"
    )
    for batch in kept.values():
        batch["fact_person"] = person
    return list(kept.values())


def _unnest(types: dict[str, str], rows: Sequence[Sequence[Any]]) -> tuple[str, list[Any]]:
    """A SELECT over arrays; arrays and JSON travel as text."""
    columns, casts, names = list(zip(*rows, strict=True)), [], []
    values = []
    for (name, kind), column in zip(types.items(), columns, strict=True):
        plain = kind.endswith("[]") or kind == "jsonb"
        casts.append(f"%s::{'text' if plain else kind}[]")
        names.append(f"{name}::{kind}" if plain else name)
        values.append([_text(value, kind) for value in column] if plain else list(column))
    return f"SELECT {', '.join(names)} FROM unnest({', '.join(casts)}) AS e({', '.join(types)})", values


def _text(value: Any, kind: str) -> str | None:
    import json

    if value is None:
        return None
    return json.dumps(value) if kind == "jsonb" else "{" + ",".join(map(str, value)) + "}"


def _insert(line: Any, table: str, types: dict[str, str], rows: Sequence[Sequence[Any]]) -> None:
    if rows:
        select, values = _unnest({f'"{name}"': kind for name, kind in types.items()}, rows)
        line.execute(
            f"INSERT INTO {table} ({', '.join(f'{chr(34)}{name}{chr(34)}' for name in types)}) {select}",
            values,
        )


def _update(line: Any, names: Sequence[str], types: dict[str, str], rows: Sequence[Sequence[Any]]) -> None:
    select, values = _unnest({name: types[name] for name in names}, rows)
    sets = ", ".join(f"{name} = e.{name}" for name in names if name != "person_id")
    wanted = ", ".join(f"{name}::{types[name]} AS {name}" for name in names)
    line.execute(
        f"UPDATE person_total t SET {sets} FROM (SELECT {wanted} FROM ({select}) AS s({', '.join(names)})) AS e"
        " WHERE t.person_id = e.person_id",
        values,
    )


# S8 ---------------------------------------------------------------------------------------------------------------


def _alone(stack: Any, rounds: int = 300) -> list[Row]:
    """One event, one transaction, synchronous commit; beside one plain row on the same kind of connection."""
    people, activities = _ids()
    reports = _reports(rounds)
    items = [_items([one], people, activities) for one in reports]
    with psycopg.connect(stack.url("superuser"), autocommit=True) as line:
        line.execute(
            "CREATE TABLE IF NOT EXISTS plain_row (id bigserial PRIMARY KEY, at timestamptz, what text, n bigint)"
        )
        line.execute("GRANT ALL ON plain_row, plain_row_id_seq TO PUBLIC")
    with psycopg.connect(stack.url("web")) as line:

        def plain(_: int) -> None:
            line.execute("INSERT INTO plain_row (at, what, n) VALUES (now(), %s, %s)", ["one plain row", 1])
            line.commit()

        took = _in_turns(
            {
                "plain": plain,
                "first": lambda n: _record(items[n], reports[n]["at"]),
                "again": lambda n: _record(items[n], reports[n]["at"]),
            },
            rounds,
        )
    took["the same rows alone"] = statistics.median(_rows_alone(stack)[rounds // 10 :])
    raw = ", ".join(f"{name} {1e6 * value:,.0f} µs" for name, value in took.items())
    return [
        Row(
            "S8",
            "one event alone: its rows without any rule / event",
            took["the same rows alone"] / took["first"],
            ">=",
            None,
        ),
        Row("S8", "one event alone: plain row / event", took["plain"] / took["first"], ">=", 0.33, raw),
        Row("S8", "a duplicate: first / again", took["first"] / took["again"], ">=", 5.0),
    ]


def _in_turns(calls: dict[str, Callable[[int], None]], rounds: int) -> dict[str, float]:
    took: dict[str, list[float]] = {name: [] for name in calls}
    for n in range(rounds):
        for name, call in calls.items():
            began = time.perf_counter()
            call(n)
            took[name].append(time.perf_counter() - began)
    return {name: statistics.median(times[rounds // 10 :]) for name, times in took.items()}
