"""A file of learning records through `learning import`, beside the same without rules, and beside COPY of its rows.

The rows are those of the Open University Learning Analytics Dataset when `BENCH_OULAD` names its folder (see
`tools/oulad.py`), else as many as `BENCH_ROWS` (20,000) generated ones of the same shape. The import runs in a process
of its own, whose greatest memory is told; afterwards the same file comes in again, and `verify` looks.
"""

import csv
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from tools import oulad
from tools.bench import Row
from tools.bench.engine import _empty as empty
from tools.devstack import ROOT

ROWS = int(os.environ.get("BENCH_ROWS", "20000"))
MEMORY = 512  # megabytes
START = datetime(2012, 1, 2, tzinfo=UTC)
SAID = {"nl": "x", "en": "x"}
_CHILD = """
import json, sys, time
from pathlib import Path
from app.factory import create_app
from app.learning import files

def megabytes(name):  # the kernel's own figures: what getrusage tells is at least what the parent had
    told = Path("/proc/self/status").read_text().split(name + ":")[1]
    return int(told.split()[0]) / 1024

with create_app(role="worker").app_context():
    folder = Path(sys.argv[1])
    idle = megabytes("VmHWM")
    began = time.perf_counter()
    found = files.bring_in(folder / "learning.csv.gz", files.map_of(folder / "map.json"), history=None, dry_run=False,
                           told=lambda said: None)
    took = time.perf_counter() - began
    print(json.dumps({"took": took, "rows": found.rows, "new": found.new, "known": found.known,
                      "waiting": found.waiting, "refused": found.refused,
                      "idle": idle, "memory": megabytes("VmHWM")}))
"""


def run(stack: Any) -> list[Row]:
    from app.factory import create_app

    app = create_app(role="worker")
    with tempfile.TemporaryDirectory() as made, app.app_context():
        folder = Path(made)
        given = Path(os.environ.get("BENCH_OULAD", "/nowhere"))
        if (given / "studentAssessment.csv.gz").exists():
            oulad.write(given, folder)
        else:
            generate(folder)
        _prepare(stack, folder, rules=False)
        plain = _import(folder)
        _prepare(stack, folder, rules=True)
        first = _import(folder)
        again = _import(folder)
        wrong = _verified(app)
        copied = _copy(stack, folder)
        return _told(plain, first, again, copied, wrong)


def _told(
    plain: dict[str, float], first: dict[str, float], again: dict[str, float], copied: float, wrong: int
) -> list[Row]:
    rows, raw = first["rows"], f"COPY {first['rows'] / copied:,.0f} rows/s"
    each = f"{rows / first['took']:,.0f} rows/s with rules, {rows / plain['took']:,.0f} without"
    figures = f"{first['new']:.0f} new, {first['refused']:.0f} refused; again {again['new']:.0f} new"
    memory = f"{first['memory']:.0f} MB, {first['idle']:.0f} before it began"
    return [
        Row("I1", f"{rows:,.0f} rows: with rules / without", plain["took"] / first["took"], ">=", None, each),
        Row("I1", "the same / COPY of the raw rows", copied / first["took"], ">=", None, raw),
        Row("I2", "the same file again / the first time", again["took"] / first["took"], "<=", 0.5, figures),
        Row("I2", "rows that count a second time, and findings of verify", again["new"] + wrong, "<=", 0),
        Row("I3", "MB of memory of the importing process", first["memory"], "<=", MEMORY, memory),
    ]  # fmt: skip


def _import(folder: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    found: dict[str, float] = json.loads(done.stdout)
    print("  " + ", ".join(f"{name} {value:,.0f}" for name, value in found.items()), flush=True)
    return found


def _verified(app: Any) -> int:
    """How much `verify` finds; boards and outbox are the worker's, which does not run here."""
    from app.verify import checks

    began, found = time.perf_counter(), 0
    for name, check in checks(datetime.now(UTC)):
        if "outbox" in name or "boards" in name:
            continue
        for what in check():
            found += 1
            print(f"  {name}: {what}")
            if found > 20:
                return found
    print(f"  verified in {time.perf_counter() - began:.0f} s", flush=True)
    return found


def _copy(stack: Any, folder: Path) -> float:
    """The raw rows into a bare table with a key, from the same file."""
    with psycopg.connect(stack.url("superuser")) as line:
        names = ", ".join(f"{name} text" for name in oulad.LEARNING)
        line.execute(f"CREATE TABLE bench_rows ({names}, PRIMARY KEY (record))")
        line.commit()
        began = time.perf_counter()
        with (
            gzip.open(folder / "learning.csv.gz", "rb") as file,
            line.cursor() as cursor,
            cursor.copy("COPY bench_rows FROM STDIN (FORMAT csv, HEADER)") as copy,
        ):
            while piece := file.read(256 * 1024):
                copy.write(piece)
        line.commit()
        took = time.perf_counter() - began
        line.execute("DROP TABLE bench_rows")
    return took


def _prepare(stack: Any, folder: Path, *, rules: bool) -> None:
    """The people of the file, and with `rules` points and a dozen badges that fit any organisation."""
    from app.db import db, transaction
    from app.imports import catalogue
    from app.outbox import settle
    from app.people import actions as people

    db.session.remove()
    empty(stack)
    nothing: dict[str, Any] = {"vision": [], "skills": [], "activities": [], "points": {}, "badges": []}
    with transaction():
        people.make_organisation(name="Bench")
        catalogue.load({**nothing, **(_rules() if rules else {})}, at=START)
        settle(START)
    oulad.import_people(folder / "people.csv")
    with psycopg.connect(stack.url("superuser"), autocommit=True) as line:
        line.execute("ANALYZE")


def _rules() -> dict[str, Any]:
    done = {"count": {"kind": "completed"}}
    courses = {"count": {"kind": "completed", "activity_kind": ["course"]}}
    criteria: list[dict[str, Any]] = [{**done, "at_least": number} for number in (1, 5, 10, 25, 50)]
    criteria += [{**courses, "at_least": number} for number in (3, 6, 12)]
    criteria += [
        {**done, "at_least": 3, "within": {"days": 30}},
        {**done, "at_least": 5, "within": {"calendar": "quarter"}},
        {"points": 200},
        {"all": [{"points": 100}, {**courses, "at_least": 4}]},
    ]
    badges = [
        {
            "slug": f"i{n}", "name": SAID, "summary": SAID, "kind": "course", "glyph": "drop", "skill": None,
            "repeats": None, "tiers": [{"criteria": one, "points": 10}],
        }
        for n, one in enumerate(criteria)
    ]  # fmt: skip
    kinds = {"course": {"points": 20}, "article": {"points": 5, "cap_day": 15}, "workshop": {"points": 30}}
    return {"points": {"kinds": kinds}, "badges": badges}


# When the data set is not there -------------------------------------------------------------------------------------


def generate(folder: Path) -> None:
    """Rows of the same shape: six or so a person, over two years, in the order of happening."""
    dice = random.Random(7)
    many = max(10, ROWS // 6)
    with (folder / "people.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(oulad.PEOPLE)
        writer.writerows(_person(n) for n in range(many))
    with gzip.open(folder / "learning.csv.gz", "wt", newline="", compresslevel=5) as packed:
        writer = csv.writer(packed)
        writer.writerow(oulad.LEARNING)
        writer.writerows(_submissions(dice, many))
    (folder / "map.json").write_text(json.dumps(oulad.MAP))


def _person(n: int) -> list[str]:
    return [
        f"g-{n}",
        f"Student {n}",
        "",
        "",
        f"Region {n % 13}",
        f"Team {n % 200}",
        "",
        "employee",
        "36",
        "en",
        "true",
    ]


def _submissions(dice: random.Random, many: int) -> Iterator[list[str]]:
    pairs = dice.sample(range(many * 206), ROWS)
    for place, pair in enumerate(pairs):
        who, number = divmod(pair, 206)
        day = date(2013, 2, 1) + timedelta(days=600 * place // ROWS)
        kind = ("course", "article", "workshop")[number % 3]
        yield [f"g-{who}", f"M/{number}", f"Assessment {number}", kind, day.isoformat(), f"{number}-{who}"]
