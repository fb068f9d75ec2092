"""`make check`: everything that can be said of the code without running the tests, two steps at a time."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from glob import glob
from importlib.util import find_spec
from pathlib import Path

from tools.devstack import ROOT

BIN = Path(sys.executable).parent
LOCKS = {"requirements.txt", "requirements-demo.txt", "requirements-dev.txt", "assets.txt"}
OLDEST = 15
FOREIGN = ("://", "--index", "--extra-index", "--find-links", "--trusted-host", "-i ", "-f ")


@dataclass(frozen=True)
class Step:
    """A command that must succeed, and why it is asked."""

    name: str
    command: list[str]


@dataclass(frozen=True)
class Outcome:
    step: Step
    seconds: float
    said: str
    good: bool


def steps() -> list[Step]:
    """The slow ones first."""
    python = sys.executable
    wanted = [
        Step("types", [str(BIN / "mypy")]),
        Step("migrations", [python, "-m", "tools.migrations"]),
        Step("tests are found", [python, "-m", "pytest", "--collect-only", "-qq", "-n0", "tests"]),
        Step("import contracts", [str(BIN / "lint-imports"), "--no-cache"]),
        Step("templates", [str(BIN / "djlint"), "--lint", "--quiet", "templates"]),
        Step("lint", [str(BIN / "ruff"), "check", "."]),
        Step("format", [str(BIN / "ruff"), "format", "--check", "."]),
        Step("contrast", [python, "-m", "tools.contrast"]),
        Step("locks", [python, "-m", "tools.check", "locks"]),
    ]
    if find_spec("tools.translations"):
        wanted.append(Step("translations", [python, "-m", "tools.translations"]))
    for programs in glob(f"/usr/lib/postgresql/{OLDEST}/bin"):
        wanted.insert(1, Step(f"migrations on {OLDEST}", [python, "-m", "tools.migrations", programs]))
    return wanted


def run(step: Step) -> Outcome:
    started = time.monotonic()
    done = subprocess.run(
        step.command, cwd=ROOT, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    outcome = Outcome(step, time.monotonic() - started, done.stdout.strip(), done.returncode == 0)
    print(f"{'ok  ' if outcome.good else 'FAIL'} {step.name:20} {outcome.seconds:5.1f} s", flush=True)
    return outcome


def main() -> None:
    with ThreadPoolExecutor(2) as two:
        failed = [outcome for outcome in two.map(run, steps()) if not outcome.good]
    for outcome in failed:
        print(f"\n── {outcome.step.name}\n{outcome.said}")
    if failed:
        raise SystemExit(f"\n{len(failed)} failed: " + ", ".join(outcome.step.name for outcome in failed))
    print("All good.")


def locks() -> None:
    """Each wish is locked, each lock has hashes, and none says where packages come from."""
    wrong = []
    for name in sorted(LOCKS):
        lock, wish = (ROOT / name).read_text(), (ROOT / name.replace(".txt", ".in")).read_text()
        pinned = {line.split("==")[0] for line in lock.splitlines() if "==" in line and line[0].isalnum()}
        asked = {_name(line) for line in wish.splitlines() if line[:1].isalnum()}
        wrong += [f"{name}: {missing} is not locked; run `make lock`" for missing in sorted(asked - pinned)]
        wrong += [f"{name} and its .in name a place: {word}" for word in FOREIGN if _says(lock + wish, word)]
        wrong += [f"{name}: {entry} has no hash" for entry in _without_hash(lock)]
    if wrong:
        raise SystemExit("\n".join(wrong))


def _name(line: str) -> str:
    for sign in "[<>=~!; ":
        line = line.partition(sign)[0]
    return line.lower().replace("_", "-")


def _says(text: str, word: str) -> bool:
    return any(line.startswith(word) or (word == "://" and word in line) for line in text.splitlines())


def _without_hash(lock: str) -> list[str]:
    entries = lock.replace("\\\n", " ").splitlines()
    return [entry.split()[0] for entry in entries if "==" in entry and "--hash=" not in entry]


if __name__ == "__main__":
    locks() if sys.argv[1:] == ["locks"] else main()
