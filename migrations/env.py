"""Where migrations run: as the owner of the tables, one run at a time, and never waiting long for a lock.

Afterwards the roles of web and worker are given what they may (grants.py).
"""

import pkgutil
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

sys.path.insert(0, str(Path(__file__).parent))

from grants import give

import app
from app.config import settings
from app.db import Base

ONE_AT_A_TIME = 5_118_211


def models() -> Any:
    """The tables of every room."""
    for room in pkgutil.iter_modules(app.__path__):
        folder = Path(app.__path__[0], room.name)
        if (folder / "models.py").exists():
            import_module(f"app.{room.name}.models")
    return Base.metadata


def ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Tables of the job queue come with its own SQL and are nobody's model; nor are indexes on expressions, which
    PostgreSQL writes in words of its own."""
    return not (
        (kind == "table" and (name or "").startswith("procrastinate_"))
        or (kind == "index" and (name or "").endswith("_words"))
    )


def run() -> None:
    engine = create_engine(settings().url_of("owner"), poolclass=NullPool)
    with engine.connect() as line:
        while not line.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": ONE_AT_A_TIME}):
            line.rollback()  # who waits within a statement holds a snapshot, for which an index made beside would wait
            time.sleep(0.2)
        line.execute(text("SET lock_timeout = '2s'"))
        line.commit()
        context.configure(
            connection=line,
            target_metadata=models(),
            include_name=ours,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    with engine.begin() as line:
        give(line, settings())


run()
