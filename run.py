#!/usr/bin/env python3
"""Set up everything that is needed, then do it: python3 run.py help. Standard library only."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - whoever starts this may have an older one
    raise SystemExit("Blijk needs Python 3.11 or newer; this is " + sys.version.split()[0])

ROOT = Path(__file__).resolve().parent
VENV, ASSETS = ROOT / ".venv", ROOT / "var" / "assets"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".stamp"
RUN, DEMO, DEV = "requirements.txt", "requirements-demo.txt", "requirements-dev.txt"

COMMANDS = {
    "help": "this list",
    "demo": "fill the demo organisation once and serve it on http://127.0.0.1:8000 (PORT=… for another port)",
    "demo-clean": "empty the demo",
    "test": "the tests but the slow ones; ARGS=… goes to pytest, such as ARGS='-n0 tests/badges', and leaves none out",
    "check": "lint, format, types, import contracts, templates, translations, migrations",
    "bench": "measure, beside the raw floor; ARGS=… names benchmarks, ARGS=--list lists them",
    "screenshots": "every page of the running demo into var/screenshots; ARGS='--as olaf --lang nl' narrows it",
    "lighthouse": "Lighthouse on the running demo, where Node is at hand; ARGS=… names pages",
    "setup": "only make .venv and the front-end assets, with the tools for developers",
    "lock": "make the hashed locks anew from requirements*.in and assets.in (needs uv)",
}


def main() -> None:
    what, *rest = sys.argv[1:] or ["help"]
    if what not in COMMANDS:
        raise SystemExit(f"There is no '{what}'.\n\n{listing()}")
    if what == "help":
        print(listing())
    elif what == "lock":
        lock()
    else:
        keep_what_is_compiled()
        prepare(*((RUN, DEMO) if what.startswith("demo") else (RUN, DEMO, DEV)))
        go(what, rest)


def listing() -> str:
    lines = (f"  make {name:12}{said}" for name, said in COMMANDS.items())
    return "\n".join(("Blijk. Without make: python3 run.py <the same word>.", "", *lines))


def go(what: str, rest: list[str]) -> None:
    """Become the real command, so that Ctrl-C and the exit code are its own."""
    modules = {"demo": ["tools.demo"], "demo-clean": ["tools.demo", "clean"], "test": ["pytest"]}
    modules |= {"check": ["tools.check"], "bench": ["tools.bench"]}
    modules |= {name: [f"tools.{name}"] for name in ("screenshots", "lighthouse")}
    if what == "test" and not rest and "MATRIX" not in os.environ:
        rest = ["-m", "not slow"]  # with MATRIX, as .ci/run has it, all go
    if what in modules:
        os.chdir(ROOT)
        sys.stdout.flush()
        os.execv(PYTHON, [str(PYTHON), "-m", *modules[what], *rest])  # noqa: S606


def keep_what_is_compiled() -> None:
    """Where Python may not write beside its sources, it writes into var: else each process of the tests and the demo
    compiles everything anew, for several seconds."""
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / "var" / "pycache"))


def prepare(*locks: str) -> None:
    """Make .venv and the assets agree with the locks; a moment when they do already."""
    if os.name == "nt":
        raise SystemExit("The servers of the demo and the tests do not run on Windows itself: use WSL.")
    (ROOT / "var").mkdir(exist_ok=True)
    with open(ROOT / "var" / "setup.lock", "w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        done = stamped()
        wanted = {name: digest(ROOT / name) for name in locks}
        missing = [name for name in wanted if done.get(name) != wanted[name]]
        if missing:
            say(f"Setting up .venv with {', '.join(missing)}; the first time takes a minute")
            install("--require-hashes", *(part for name in locks for part in ("-r", name)))
            done |= wanted
            stamp(done)
        assets(done)


def assets(done: dict[str, str]) -> None:
    """htmx, fonts and icons out of their packages, made into what browsers load."""
    maker = ROOT / "tools" / "assets.py"
    sources = [ROOT / "assets.txt", maker, ROOT / "app" / "static", ROOT / "app" / "badges" / "glyphs.txt"]
    packages, made = digest(ROOT / "assets.txt"), digest(*sources)
    if done.get("packages") != packages or not (ASSETS / "packages").is_dir():
        say("Fetching htmx, fonts and icons")
        shutil.rmtree(ASSETS, ignore_errors=True)
        target = str(ASSETS / "packages")
        install("--require-hashes", "--no-deps", "--target", target, "-r", "assets.txt")
        done.pop("assets", None)
    if maker.exists() and (done.get("assets") != made or not (ASSETS / "manifest.json").exists()):
        sh(PYTHON, "-m", "tools.assets")
    stamp({**done, "packages": packages, "assets": made})


def install(*what: str) -> None:
    """uv if there is one, else pip; both read the same hashed locks."""
    uv = shutil.which("uv")
    if not fits():
        make_venv(uv)
    if uv:
        sh(uv, "pip", "install", "-q", "--python", PYTHON, *what)
    else:
        sh(PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", *what)


def make_venv(uv: str | None) -> None:
    base = getattr(sys, "_base_executable", sys.executable)  # also when called from within a .venv
    shutil.rmtree(VENV, ignore_errors=True)
    if uv:
        sh(uv, "venv", "-q", "--python", base, VENV)
    elif subprocess.run([base, "-m", "venv", VENV], cwd=ROOT, capture_output=True).returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise SystemExit(
            "This Python cannot make a virtual environment, and there is no uv.\n"
            "On Debian and Ubuntu: apt-get install python3-venv. Then start again."
        )
    stamp({})


def fits() -> bool:
    """A .venv that was made here, by this Python, and can install."""
    if not PYTHON.exists() or stamped().get("python") != identity():
        return False
    return bool(shutil.which("uv")) or (VENV / "bin" / "pip").exists()


def identity() -> str:
    return f"{sys.version.split()[0]} {sys.base_prefix} {ROOT}"


def stamped() -> dict[str, str]:
    """What .venv was made of; nothing, when it was made by another Python or in another place."""
    if not STAMP.exists() or not PYTHON.exists():
        return {}
    known = dict(line.split("\t", 1) for line in STAMP.read_text().splitlines() if "\t" in line)
    return known if known.get("python") == identity() else {}


def stamp(done: dict[str, str]) -> None:
    text = "".join(f"{key}\t{value}\n" for key, value in {**done, "python": identity()}.items())
    if not STAMP.exists() or STAMP.read_text() != text:
        STAMP.write_text(text)


def digest(*paths: Path) -> str:
    files = [f for path in paths for f in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    return hashlib.sha256(b"\0".join(f.read_bytes() for f in files if f.is_file())).hexdigest()


def lock() -> None:
    """Versions with hashes, for every system from Python 3.11 on; without a word of where they come from."""
    uv = shutil.which("uv")
    if not uv:
        raise SystemExit("Locks are made with uv: pip install uv.")
    common = [uv, "pip", "compile", "-q", "--upgrade", "--universal", "--python-version", "3.11"]
    common += [
        "--generate-hashes",
        "--no-header",
        "--no-annotate",
        "--no-emit-index-url",
        "--no-emit-find-links",
    ]
    for name in (RUN, DEMO, DEV):
        sh(*common, name.replace(".txt", ".in"), "-o", name)
    sh(*common, "--no-deps", "assets.in", "-o", "assets.txt")


def sh(*command: object) -> None:
    if subprocess.run([str(part) for part in command], cwd=ROOT).returncode:
        raise SystemExit("Setting up stopped: see the lines above. Start again to go on.")


def say(text: str) -> None:
    print(f"{text} …", flush=True)


if __name__ == "__main__":
    main()
