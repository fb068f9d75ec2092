"""Servers are shared while anybody uses them, end with the last one, and keep apart what is apart."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from tools import devstack
from tools.devstack import ROOT, Place, Stack

OWNER = """
import sys, time
from pathlib import Path
from tools.devstack import Stack
with Stack(Path(sys.argv[1]), durable=False):
    print("up", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "state"
    yield folder
    if folder.exists():
        devstack.clean(folder)


def soon(true: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return true()


def ended(pid: int) -> bool:
    """Gone, or waiting for a slow parent to take note."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def ask(stack: Stack, sql: str, role: str = "web", database: str = devstack.DATABASE) -> object:
    with psycopg.connect(stack.url(role, database)) as line:
        row = line.execute(sql).fetchone()
        return row[0] if row else None


def test_the_second_user_joins_and_the_last_one_out_stops_the_servers(state: Path) -> None:
    first, second = Stack(state, durable=False).start(), Stack(state, durable=False).start()
    assert first.redis_url == second.redis_url
    first.stop()
    assert ask(second, "SELECT current_user") == "blijk_web"
    second.stop()
    assert not second.running
    assert not second.place.run.exists()


@pytest.mark.slow
def test_after_kill_9_of_the_only_user_both_servers_end_by_themselves(state: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(state)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "up\n"
        watched = Stack(state, durable=False)
        pids = [watched.pid("postgres"), watched.pid("valkey")]
        owner.kill()
    assert soon(lambda: not watched.running)
    assert all(map(ended, pids))
    assert not watched.place.run.exists()


@pytest.mark.slow
def test_a_server_that_was_killed_is_started_again_unless_it_is_held_down(state: Path) -> None:
    with Stack(state, durable=False) as stack, redis.Redis.from_url(stack.redis_url) as client:
        old = stack.pid("valkey")
        os.kill(old, signal.SIGKILL)
        assert soon(lambda: stack.pid("valkey") != old)
        stack.release("valkey")
        assert client.ping()
        stack.hold("valkey")
        time.sleep(0.8)
        with pytest.raises(redis.ConnectionError):
            client.ping()
        stack.release("valkey")
        assert client.ping()


def test_data_stay_between_starts(state: Path) -> None:
    with Stack(state) as stack, psycopg.connect(stack.url("owner")) as line:
        line.execute("CREATE TABLE kept AS SELECT 42 AS answer; GRANT SELECT ON kept TO blijk_web")
    with Stack(state) as stack:
        assert ask(stack, "SELECT answer FROM kept") == 42


def test_the_roles_of_web_and_worker_make_no_tables(state: Path) -> None:
    with Stack(state, durable=False) as stack:
        for role in ("web", "worker"):
            with (
                psycopg.connect(stack.url(role)) as line,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                line.execute("CREATE TABLE mine (id int)")


@pytest.mark.slow
def test_servers_of_a_keeper_that_was_killed_are_ended_before_new_ones_start(state: Path) -> None:
    stack = Stack(state, durable=False).start()
    old = stack.pid("postgres")
    keeper = int(Path(f"/proc/{old}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(keeper, signal.SIGKILL)
    assert soon(lambda: not stack.running)
    with Stack(state, durable=False) as again:
        assert again.pid("postgres") != old
        assert ask(again, "SELECT 1") == 1
    stack.stop()
    assert ended(old)


def test_a_new_clone_at_an_old_path_is_somebody_else(state: Path) -> None:
    before = Place.of(state)
    shutil.rmtree(state)
    assert Place.of(state).run != before.run


def test_a_moved_clone_is_still_itself_and_a_copied_one_is_not(state: Path, tmp_path: Path) -> None:
    original = Place.of(state)
    shutil.copytree(state, tmp_path / "copy")
    assert Place.of(tmp_path / "copy").ident != original.ident
    assert Place.of(state.rename(tmp_path / "moved")).ident == original.ident


def test_cleaning_removes_what_root_put_elsewhere_and_refuses_while_in_use(state: Path) -> None:
    with Stack(state, durable=False) as stack:
        elsewhere = stack.place.elsewhere
        if os.geteuid() == 0:
            assert elsewhere.exists()  # pytest's folders are closed to the account that PostgreSQL runs as
        with pytest.raises(SystemExit, match="stop it first"):
            devstack.clean(state)
    devstack.clean(state)
    assert not state.exists()
    assert not elsewhere.exists()


def test_the_keys_of_the_demo_are_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    made = devstack.secrets(tmp_path)
    assert devstack.secrets(tmp_path) == made
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o600
    assert len(made["SECRET_KEY"]) >= 32


def test_a_folder_that_cannot_be_had_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(SystemExit, match="belongs to another account"):
        devstack._make_ours(tmp_path / "link")
