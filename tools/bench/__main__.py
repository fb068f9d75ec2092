"""`make bench`: every benchmark of this folder, or those that are named, on durable servers of its own.

Exits with 1 when a bar is missed and `--strict` is given; a missed bar is otherwise only said.
"""

import os
import pkgutil
import platform
import subprocess
import sys
import time
from importlib import import_module

from tools import bench, devstack
from tools.bench import Row
from tools.devstack import ROOT, Stack


def main() -> None:
    found = [
        module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_")
    ]
    wanted = [word for word in sys.argv[1:] if not word.startswith("-")] or found
    if "--list" in sys.argv or not set(wanted) <= set(found):
        raise SystemExit("Benchmarks: " + ", ".join(found))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; fsync on")
    rows = [row for name in wanted for row in measured(name)]
    missed = [row for row in rows if not row.met]
    print(f"\n{len(rows)} measured, {len(missed)} missed" + "".join(f"\n  {row.said()}" for row in missed))
    if missed and "--strict" in sys.argv:
        raise SystemExit(1)


def measured(name: str) -> list[Row]:
    """One benchmark on servers that nobody used before it."""
    started = time.monotonic()
    print(f"\n{name} …", flush=True)
    with devstack.private(durable=True) as stack:
        prepare(stack)
        rows: list[Row] = import_module(f"tools.bench.{name}").run(stack)
    for row in rows:
        print(row.said())
    print(f"{time.monotonic() - started:.0f} s", flush=True)
    return rows


def prepare(stack: Stack) -> None:
    """The tables of the application, and the environment in which it is made."""
    os.environ.update({**stack.env(), **devstack.secrets(stack.state)})
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
