"""How fast an HR file comes in by `people import`: 50,000 rows the first time, and again when nothing has changed.

`BENCH_PEOPLE` (50,000) is how many rows. Beside it stands COPY of the same file into a bare table.
"""

import csv
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from tools.bench import Row
from tools.devstack import ROOT

ROWS = int(os.environ.get("BENCH_PEOPLE", "50000"))
HEADER = "external_id name email manager_external_id department team job role hours_per_week language active".split()


def run(stack: Any) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "people.csv"
        _write(file)
        floor = _copy(stack, file)
        first, again = _import(file), _import(file)
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        dry = _import(file, "--dry-run")
    raw = f"{ROWS / first:,.0f} rows/s, COPY {ROWS / floor:,.0f}; peak memory {memory:,.0f} MB"
    return [
        Row("", f"people import of {ROWS:,} rows / COPY of them", first / floor, "<=", None, raw),
        Row(
            "",
            "the same file again / the first time",
            again / first,
            "<=",
            1.0,
            f"{ROWS / again:,.0f} rows/s",
        ),
        Row("", "--dry-run / the first time", dry / first, "<=", 1.0, f"{ROWS / dry:,.0f} rows/s"),
    ]


def _write(file: Path) -> None:
    dice = random.Random(11)
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        for number in range(ROWS):
            name = f"{dice.choice('Noor Sanne Joost Ahmed Łukasz Zoë'.split())} {dice.choice('Jansen Öz Vis'.split())}"
            place = dice.randrange(40)
            boss = f"p{number // 12:06}" if number else ""
            address = f"p{number}@example.org" if number % 3 else ""
            values = [f"p{number:06}", f"{name} {number}", address, boss, f"Department {place}"]
            values += [f"Team {place}-{dice.randrange(9)}", "Operator", "employee", "36", "nl", "true"]
            writer.writerow(values)


def _copy(stack: Any, file: Path) -> float:
    with psycopg.connect(stack.url("owner")) as line:
        line.execute("CREATE TABLE bench_people (" + ", ".join(f"{name} text" for name in HEADER) + ")")
        started = time.perf_counter()
        with line.cursor().copy("COPY bench_people FROM STDIN (FORMAT csv, HEADER)") as copy:
            copy.write(file.read_bytes())
        line.commit()
        return time.perf_counter() - started


def _import(file: Path, *more: str) -> float:
    """The command itself, with its start."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "people", "import", str(file), *more]
    started = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - started
