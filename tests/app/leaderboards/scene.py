"""A day at work: points for people by name, what they choose, what the organisation decides, Redis at hand or away."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import redis
from flask import Flask
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import text

from app import worker
from app.db import db, transaction
from app.events import Event, FactStated
from app.leaderboards import actions
from app.outbox import settle
from app.people import actions as people
from tests.cast import Cast, row_of
from tests.small import load, rows, state


def now() -> datetime:
    return datetime.now(UTC)


def away() -> "redis.Redis":
    """A Redis that is not there, asked as the house asks: once."""
    return redis.Redis(unix_socket_path="/nowhere/at/all", socket_timeout=0.1, retry=Retry(NoBackoff(), 0))


class Scene:
    """Each step has an application of its own, as requests have: nobody is signed in between them."""

    def __init__(self, app: Flask, cast: Cast) -> None:
        self.app, self.cast = app, cast
        self.number = 0

    def load(self, badges: Sequence[dict[str, Any]] = (), **more: Any) -> None:
        """The small catalogue, in force since long."""
        with self.app.app_context():
            load(badges, at=now() - timedelta(days=400), **more)

    def fact(
        self, person_id: int, kind: str = "completed", *, days_ago: float = 0, **other: Any
    ) -> FactStated:
        """Something that happened; of a completion 30 points."""
        self.number += 1
        if kind == "completed":
            other = {"activity_kind": "course", "hours": 2, **other}
        at = now() - timedelta(days=days_ago, seconds=30)
        source = other.pop("source", f"{kind}-{self.number}")
        return FactStated(person_id=person_id, source=source, kind=kind, at=at, **other)

    def state(self, *happened: Event) -> None:
        with self.app.app_context():
            state(happened, now())

    def earn(self, person_id: int, courses: int = 1, **other: Any) -> None:
        """Courses of 30 points, just now."""
        self.state(*(self.fact(person_id, **other) for _ in range(courses)))

    def choose(self, person_id: int, **choices: Any) -> None:
        with self.app.app_context(), transaction():
            people.choose(person_id=person_id, **choices)
            settle(now())

    def hire(self, number: int, **where: Any) -> list[int]:
        """Colleagues beside the cast."""
        where = {"department": "Water", "team": "North", **where}
        names = [f"{where['team']} {n}" for n in range(number)]
        with self.app.app_context(), transaction():
            made = people.import_people([row_of(name, **where) for name in names], at=now())
            settle(now())
        assert not made.refused
        return [made.id_of(f"w-{name}") for name in names]

    def decide(self, **choices: bool) -> None:
        """What the organisation decides."""
        with self.app.app_context(), transaction():
            for name, value in choices.items():
                db.session.execute(text(f"UPDATE organisation SET {name} = :value"), {"value": value})

    def ask(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        with self.app.app_context():
            return rows(sql, **values)

    def id_of(self, table: str, slug: str) -> int:
        found: int = self.ask(f"SELECT id FROM {table} WHERE slug = :slug", slug=slug)[0][0]
        return found

    def project(self) -> None:
        """What the worker does."""
        with self.app.app_context():
            actions.keep_whole(now())
            while worker.relay(now()):
                pass
            actions.keep_sums(now())

    @contextmanager
    def redis_away(self) -> Iterator[None]:
        kept = self.app.extensions.pop("boards", None), self.app.extensions["redis"]
        self.app.extensions["redis"] = away()
        try:
            yield
        finally:
            self.app.extensions.pop("boards", None)
            self.app.extensions["redis"] = kept[1]
            if kept[0] is not None:
                self.app.extensions["boards"] = kept[0]
