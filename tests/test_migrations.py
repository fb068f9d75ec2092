"""The migrations make what the models say, and go down and up again on filled data."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

import app as app_package
from app.config import sqlalchemy_url
from app.db import Base
from tests.small import course, load, state


def ours(name, kind, _parents):
    """As in migrations/env.py."""
    return not (
        (kind == "table" and (name or "").startswith("procrastinate_"))
        or (kind == "index" and (name or "").endswith("_words"))
    )


def models():
    """The tables of every room, whichever the application has asked for so far."""
    for room in sorted(Path(app_package.__path__[0]).glob("*/models.py")):
        import_module(f"app.{room.parent.name}.models")
    return Base.metadata


def test_the_migrated_tables_are_those_of_the_models(app, database):
    engine = create_engine(sqlalchemy_url(database.url("owner")))
    with engine.connect() as line:
        options = {"compare_type": True, "compare_server_default": False, "include_name": ours}
        context = MigrationContext.configure(line, opts=options)
        assert compare_metadata(context, models()) == []
    engine.dispose()


@pytest.mark.slow
def test_migrations_go_down_and_up_again_on_filled_data(app, cast, database, stack):
    with app.app_context():
        load()
        state([course(cast.anna, "c1", 1), course(cast.anna, "c2", 2)])
    name = f"{database.name}_filled"
    copied = {"DATABASE_URL": "web", "WORKER_DATABASE_URL": "worker", "OWNER_DATABASE_URL": "owner"}
    env = {**os.environ, **{key: stack.url(role, name) for key, role in copied.items()}}
    with psycopg.connect(stack.url("superuser", "postgres"), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" OWNER blijk_owner')
        try:
            for step in (["upgrade"], ["downgrade", "base"], ["upgrade"]):
                command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", *step]
                done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
                assert done.returncode == 0, done.stderr
        finally:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
