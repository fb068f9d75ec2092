"""What all tests share: real servers, an empty database of one's own, the application, a browser.

Nothing starts before a test asks for it. Each process of pytest joins the servers of var/test and clones the
migrated template; runs next to each other do not meet. Every test finds its database and Redis empty.
"""

import fcntl
import gc
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tools.devstack import REDIS_DATABASES, TESTS, Stack

ROOT = Path(__file__).resolve().parent.parent
KEYS = {
    "SECRET_KEY": "not a secret: only for tests, and long enough",
    "MASTER_KEYS": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "GALLERY": "1",
}
# the shell is the same engine without its windows, for two thirds of the work
SHELL = "chromium-headless-shell"
WHOLE = ("chromium", "chromium-browser", "google-chrome")
BROWSERS = (SHELL, *WHOLE)
CLOSING = 30.0  # seconds
QUIET = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
QUIET += ("--disable-component-update", "--disable-sync")

if find_spec("app") and (ROOT / "tests" / "cast.py").exists():
    pytest_plugins = ["tests.cast"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits for servers of its own goes first, then journeys and what goes by every route: as the last one each
    would keep one process of two alone."""
    long = [ROOT / "tests" / "tools", ROOT / "tests" / "journeys", ROOT / "tests" / "test_policies.py"]

    def place(item: pytest.Item) -> int:
        within = {item.path, *item.path.parents}
        return next((number for number, path in enumerate(long) if path in within), len(long))

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """What is loaded by now stays until the end: to look through it for what can go, again and again, takes a tenth of
    the time of all tests. What tests leave behind is looked through less often; it is little."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Raw bytes name no test: packed ones hold the second they were packed at, and two processes differ."""
    return argname if isinstance(val, bytes) else None


@dataclass
class Database:
    """A database and a Redis number of this process; `empty` makes both as the migrations left them."""

    stack: Stack
    name: str
    redis_number: int
    line: Any  # the superuser's connection to it, as a replica
    emptying: str = field(default="", init=False)
    redis: Any = field(default=None, init=False)

    @property
    def env(self) -> dict[str, str]:
        urls = {"DATABASE_URL": "web", "WORKER_DATABASE_URL": "worker", "OWNER_DATABASE_URL": "owner"}
        made = {name: self.url(role) for name, role in urls.items()}
        return {**made, "REDIS_URL": self.redis_url, **KEYS}

    def url(self, role: str = "web") -> str:
        """Roles: web, worker, owner, superuser."""
        return self.stack.url(role, self.name)

    @property
    def redis_url(self) -> str:
        return self.stack.redis_url_of(self.redis_number)

    def empty(self) -> None:
        self.line.execute(self.emptying)
        self.redis.flushdb()

    def keep(self, schema: str) -> str:
        """SQL that puts all rows of now into the emptied database again: a tenth of the work of making them."""
        return _as_function(self.line, schema, _put_back(self.line, schema, anew=True))


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The shared servers of all test runs. To end one, use `tools.devstack.private()`, not this."""
    with Stack(TESTS, durable=False) as shared:
        yield shared


@pytest.fixture(scope="session")
def database(stack: Stack) -> Iterator[Database]:
    """This process's own database, a clone of the migrated template; the environment names it."""
    import psycopg
    import redis

    name = f"t_{os.getpid()}"
    with psycopg.connect(stack.url("superuser", "postgres"), autocommit=True) as admin:
        number = _own_number(admin)
        with _alone():
            template = _template(stack, admin)
            _drop_left_behind(admin)
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            admin.execute(
                f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy OWNER blijk_owner'
            )
        # a replica: triggers that refuse to change a trace do not fire, nor do foreign keys
        replica = "-c session_replication_role=replica -c lock_timeout=10s"
        with psycopg.connect(stack.url("superuser", name), autocommit=True, options=replica) as line:
            mine = Database(stack, name, number, line)
            mine.emptying = _emptying(line)
            with redis.Redis.from_url(mine.redis_url) as mine.redis, pytest.MonkeyPatch.context() as patch:
                mine.empty()
                for key, value in mine.env.items():
                    patch.setenv(key, value)
                _share_templates(patch)
                yield mine
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def made_once(database: Database) -> Callable[[str, Callable[[], Any]], Any]:
    """`made_once("a name", make)` is what `make()` returns. The first test makes the rows; later ones get them back,
    for a tenth of the work and less. For scenes in the database alone that are the same at whatever moment."""
    made: dict[str, tuple[Any, str]] = {}

    def get(name: str, make: Callable[[], Any]) -> Any:
        if name in made:
            value, rows = made[name]
            database.line.execute(rows)
        else:
            value = make()
            assert not database.redis.dbsize(), "what stands in Redis is not kept"
            made[name] = value, database.keep(f"made_once_{len(made)}")
        return deepcopy(value)

    return get


def _share_templates(patch: pytest.MonkeyPatch) -> None:
    """What Jinja makes of the templates is kept for all houses and processes: each alone would take ten seconds.
    A file of it goes with its template; all go with the code that says how they are made."""
    from jinja2 import FileSystemBytecodeCache

    from app.factory import House

    code = [*sorted((ROOT / "app").glob("*.py")), ROOT / "requirements.txt"]
    made = hashlib.sha256(b"".join(path.read_bytes() for path in code)).hexdigest()[:16]
    folder = TESTS / "templates" / made
    for old in folder.parent.glob("*"):
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    kept = FileSystemBytecodeCache(str(folder))
    patch.setattr(House, "jinja_options", {**House.jinja_options, "bytecode_cache": kept})


def _alone() -> Any:
    """Templates and clones are made by one process at a time: a template in use cannot be copied."""
    door = (TESTS / "template.lock").open("w")
    fcntl.flock(door, fcntl.LOCK_EX)
    return door


def _own_number(admin: Any) -> int:
    """A Redis number that no other process has, for as long as the connection lasts."""
    for number in range(1, REDIS_DATABASES):
        if admin.execute("SELECT pg_try_advisory_lock(77, %s)", [number]).fetchone()[0]:
            return number
    raise RuntimeError("no Redis database is free")


def _template(stack: Stack, admin: Any) -> str:
    """The database as `db upgrade` makes it, kept under a hash of the migrations."""
    files = sorted(p for p in (ROOT / "migrations").rglob("*") if p.suffix in {".py", ".sql"})
    name = "tpl_" + hashlib.sha256(b"".join(p.read_bytes() for p in files)).hexdigest()[:16]
    found = admin.execute("SELECT datistemplate FROM pg_database WHERE datname = %s", [name]).fetchone()
    if found != (True,):
        _drop_old_templates(admin)
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{name}" OWNER blijk_owner')
        if (ROOT / "app" / "factory.py").exists():
            _upgrade(Database(stack, name, 0, None).env)
        admin.execute(f'ALTER DATABASE "{name}" IS_TEMPLATE true')
    return name


def _drop_old_templates(admin: Any) -> None:
    """Those of earlier migrations; who works on those at this moment makes them again."""
    old = "SELECT datname FROM pg_database WHERE datistemplate AND starts_with(datname, 'tpl_')"
    for (name,) in admin.execute(old).fetchall():
        admin.execute(f'ALTER DATABASE "{name}" IS_TEMPLATE false')
        admin.execute(f'DROP DATABASE "{name}"')


def _upgrade(env: dict[str, str]) -> None:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.exit(f"db upgrade failed:\n{done.stdout}{done.stderr}", returncode=1)


def _drop_left_behind(admin: Any) -> None:
    """Databases of runs that were killed."""
    for (name,) in admin.execute("SELECT datname FROM pg_database WHERE datname ~ '^t_[0-9]+$'").fetchall():
        try:
            os.kill(int(name[2:]), 0)
        except ProcessLookupError:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        except PermissionError:
            pass


def _emptying(line: Any) -> str:
    """SQL that deletes all rows, and puts back those that the migrations made. To look whether a table has rows costs
    a tenth of deleting none, and most have none."""
    steps = [f"IF EXISTS (SELECT FROM {name}) THEN DELETE FROM {name}; END IF" for name in _tables(line)]
    return _as_function(line, "pristine", [*steps, *_put_back(line, "pristine")])


def _as_function(line: Any, schema: str, steps: list[str]) -> str:
    """One call that does them all or none, planned once for all tests of this process."""
    line.execute(
        f"CREATE FUNCTION {schema}.back() RETURNS void LANGUAGE plpgsql"
        f" AS $$ BEGIN {' '.join(step + ';' for step in steps)} END $$"
    )
    return f"SELECT {schema}.back()"


def _put_back(line: Any, schema: str, *, anew: bool = False) -> list[str]:
    """Copy all rows into a schema; returns the steps that bring them back, in place of others where `anew`."""
    steps = []
    line.execute(f"CREATE SCHEMA {schema}")
    for name in _tables(line):
        if line.execute(f"SELECT EXISTS (SELECT FROM {name})").fetchone()[0]:
            line.execute(f"CREATE TABLE {schema}.{name} AS TABLE {name}")
            columns = _columns(line, name)
            kept = f"SELECT {columns} FROM {schema}.{name}"
            steps += [f"DELETE FROM {name}"] if anew else []
            steps.append(f"INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE {kept}")
    return steps


def _tables(line: Any) -> list[str]:
    rows = line.execute(
        "SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    )
    return [name for (name,) in rows if name != "alembic_version"]


def _columns(line: Any, table: str) -> str:
    rows = line.execute(
        "SELECT format('%%I', attname) FROM pg_attribute WHERE attrelid = %s::regclass"
        " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
        [table],
    )
    return ", ".join(name for (name,) in rows)


@pytest.fixture(autouse=True)
def _empty_again(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test that can have written, so that the next one finds nothing."""
    yield
    if "database" in request.fixturenames:
        if "app" in request.fixturenames:
            _let_go(request.getfixturevalue("app"))
        request.getfixturevalue("database").empty()


def _let_go(app: Any) -> None:
    """An open transaction of the test itself would keep the rows locked; what sealing noted was of rows that go; a
    worker that ended in this process said so to all jobs."""
    from app import jobs
    from app.audit import seals
    from app.db import db

    jobs.stopping.clear()
    seals._noted.clear()

    with app.app_context():
        db.session.remove()


@pytest.fixture(scope="session")
def app(database: Database) -> Iterator[Any]:
    """The application, in the web's role."""
    from app.db import db
    from app.factory import create_app

    made = create_app(TESTING=True)
    made.extensions["create_app"] = cache(
        create_app
    )  # commands take half a second to make a house of their own
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Any) -> Any:
    """A browser without JavaScript that nobody signed in with; see tests/cast.py for `client_of`."""
    return app.test_client()


@pytest.fixture(scope="session")
def server(app: Any) -> Iterator[str]:
    """The origin of a real threaded server on a free port."""
    from werkzeug.serving import make_server

    served = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    thread.join(10)
    served.server_close()


@dataclass
class Browsers:
    """Chromium of this machine, driven by Playwright: one for all tests, and a new one where that has ended."""

    player: Any
    program: str
    running: Any = field(default=None, init=False)
    mark: str = field(default="", init=False)

    def one(self) -> Any:
        if self.running is None or not self.mark or not self.running.is_connected():
            self.mark = f"--blijk-tests={uuid.uuid4().hex}"
            self.running = self.player.chromium.launch(
                executable_path=self.program,
                args=[*QUIET, self.mark],
                chromium_sandbox=os.geteuid() != 0,  # root needs it without
            )
        return self.running

    def end(self) -> None:
        """From any thread, also when it does not answer; whoever waits for it is told that it is gone."""
        mark, self.mark = self.mark, ""
        for told in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if mark and mark.encode() in told.read_bytes():
                    os.kill(int(told.parent.name), signal.SIGKILL)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """End it when it takes longer. A signal would not do: it breaks the loop that Playwright waits in."""
        watch = threading.Timer(seconds, self.end)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()


@pytest.fixture(scope="session")
def player() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browsers(player: Any) -> Iterator[Browsers]:
    with found(player, *BROWSERS) as made:
        yield made


@contextmanager
def found(player: Any, *names: str) -> Iterator[Browsers]:
    """The first of these programs that is at hand, unless CHROMIUM names one."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not program:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("REQUIRE_BROWSER is set, and there is no Chromium on PATH and none in CHROMIUM")
        pytest.skip("no Chromium on PATH: install one, or name it in CHROMIUM")
    made = Browsers(player, program)
    yield made
    with made.within(CLOSING):
        if made.running and made.running.is_connected():
            made.running.close()
