"""How what people open grows with the house: Waterveld with thousands of people beside Waterveld of the demo.

`BENCH_TOWN` (5,000) is how many people the large one has, with some years of use behind it (`_town.py`). Each house is
a process and servers of its own; pages are asked of both in turns, and what counts is the time on a processor, of the
application and of its database together, so that what else runs on the machine matters little.
"""

import json
import os
import statistics
import subprocess
import sys
from typing import Any

from tools import devstack
from tools.bench import Row
from tools.devstack import ROOT

PEOPLE = int(os.environ.get("BENCH_TOWN", "5000"))
SMALL = 240
ROUNDS, TIMES = 5, 4
# Who opens what, and how many times as much it may cost where the house is twenty times as large.
PAGES: dict[str, dict[str, float]] = {
    "Noor Hendriks": {
        "/": 2.5,
        "/learn": 1.5,
        "/learn?goals=1": 1.5,
        "/vision": 1.5,
        "/vision/plan": 1.5,
        "/jobs": 1.5,
        "/lessons": 1.5,
        "/lessons?show=mine": 1.5,
        "/kudos": 2.0,
        "/goals": 2.5,
        "/album": 1.5,
        "/leaderboards": 2.5,
        "/search?q=water": 2.5,
        "/search/glance?q=mo": 2.5,
        "/inbox": 1.5,
        "/me/audit": 2.0,
        "/me/looked": 2.0,
    },
    "Maaike Postma": {"/team": 1.5},
    "Femke Dijkstra": {"/admin/vision": 1.5},
    "Olaf Berg": {"/admin/people": 2.0, "/admin/audit": 2.0},
    "Sanne Bakker": {"/hr/reviews": 1.5, "/hr/care": 1.5},
}


class House:
    """A process with its own servers, which fills them and then opens pages when it is asked."""

    def __init__(self, stack: Any, people: int) -> None:
        command = [sys.executable, "-m", "tools.bench._town", str(stack.state), str(people)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, **asked: Any) -> dict[str, Any]:
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(asked) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise SystemExit(f"The house ended ({self.process.wait()}): see above.")
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait(60)


def run(stack: Any) -> list[Row]:
    with devstack.private(durable=True) as other:
        small, large = House(other, SMALL), House(stack, PEOPLE)
        try:
            for house in (small, large):
                house.ask(fill=True)
            rows = [
                _page(small, large, who, path, limit)
                for who, pages in PAGES.items()
                for path, limit in pages.items()
            ]
            return [*rows, _week(large.ask(week=True))]
        finally:
            for house in (small, large):
                house.close()


def _page(small: House, large: House, who: str, path: str, limit: float) -> Row:
    asked = {"who": who, "path": path, "times": TIMES}
    told = [(small.ask(**asked), large.ask(**asked)) for _ in range(ROUNDS)]
    few, many = (statistics.median(pair[side]["cpu"] for pair in told) for side in (0, 1))
    base = statistics.median(pair[1]["database"] for pair in told)
    raw = f"{1e3 * many:.1f} ms of a processor, {1e3 * base:.1f} of them the database's; {1e3 * few:.1f} of {SMALL}"
    raw += f"; {told[0][1]['statements']} statements, {told[0][0]['statements']}"
    return Row("T1", f"{path}: {PEOPLE:,} people / {SMALL}", many / few, "<=", limit, raw)


def _week(told: dict[str, Any]) -> Row:
    """Finding whose lessons without a name are due, beside recording what they earned."""
    raw = f"{told['authors']:,} authors: {told['count']:.1f} s to find them, {told['settle']:.1f} s for what follows"
    raw += f"; {told['statements']} statements"
    return Row(
        "T2",
        "the week without a name: finding / what it earns",
        told["count"] / told["settle"],
        "<=",
        None,
        raw,
    )
