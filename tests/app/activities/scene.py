"""A small catalogue, and ways to see what was told."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from app.activities import actions, recording
from app.activities.rules import Report
from app.db import db, transaction
from app.events import Event, FactStated, FactTakenBack
from app.outbox import settle
from app.vision import actions as vision

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
SKILLS = [
    {
        "slug": "safety",
        "name": {"nl": "Veiligheid", "en": "Safety"},
        "enamel": "safety",
        "parent": None,
        "goal": None,
    },
    {
        "slug": "lifting",
        "name": {"nl": "Tillen", "en": "Lifting"},
        "enamel": "safety",
        "parent": "safety",
        "goal": None,
    },
    {
        "slug": "water",
        "name": {"nl": "Water", "en": "Water"},
        "enamel": "water",
        "parent": None,
        "goal": None,
    },
]


def entry(slug: str, name: str, **more: Any) -> dict[str, Any]:
    """One activity as the catalogue file has it."""
    plain: dict[str, Any] = {
        "slug": slug,
        "kind": "course",
        "title": {"nl": f"{name} (nl)", "en": name},
        "summary": {"nl": "Kort", "en": "In short"},
        "hours": 2,
        "language": None,
        "place": "",
        "url": "",
        "mandatory": False,
        "repeats": None,
        "skills": ["safety"],
        "known_as": [],
    }
    return plain | more


@pytest.fixture
def inside(app: Flask) -> Iterator[None]:
    """For tests that call actions and queries themselves."""
    with app.app_context():
        yield


@dataclass(frozen=True)
class Catalogue:
    """Ids of its activities and skills."""

    gas: int
    lifting: int
    sampling: int
    first_aid: int
    safety: int
    water: int


@pytest.fixture
def catalogue(app: Flask) -> Catalogue:
    """Four activities; first aid comes every year, lifting is mandatory, sampling names no hours."""
    with app.app_context(), transaction():
        skills = vision.load([], SKILLS)
        ids = actions.load(
            [
                entry("gas", "Working with gas", known_as=["https://lms.example/gas"]),
                entry(
                    "lifting",
                    "Lifting safely",
                    kind="workshop",
                    mandatory=True,
                    skills=["lifting"],
                    hours=1.5,
                ),
                entry(
                    "sampling",
                    "Taking samples",
                    kind="on_the_job",
                    hours=None,
                    skills=["water"],
                    language="nl",
                ),
                entry("first-aid", "First aid", repeats="year", hours=8, place="Utrecht"),
            ],
            at=NOW,
        )
    return Catalogue(
        ids["gas"], ids["lifting"], ids["sampling"], ids["first-aid"], skills["safety"], skills["water"]
    )


class Told:
    """What one step told: the facts it stated and took back, and the rest."""

    def __init__(self, result: Any, news: Sequence[Event]) -> None:
        self.result = result
        self.news = list(news)
        self.stated = [news_ for news_ in news if isinstance(news_, FactStated)]
        self.taken_back = [news_.source for news_ in news if isinstance(news_, FactTakenBack)]


def tell(step: Callable[[], Any], at: datetime = NOW) -> Told:
    """Do it as a door does: one transaction, settled; and see what was told."""
    with transaction():
        result = step()
        news = list(db.session.info.get("news", ()))
        settle(at)
    return Told(result, news)


def report(person_id: int, activity_id: int, at: datetime, source: str, **more: Any) -> Report:
    found: Report = {
        "person_id": person_id,
        "activity_id": activity_id,
        "completed_at": at,
        "source": source,
        **more,
    }  # type: ignore[typeddict-item]
    return found


def record(*items: Report) -> Told:
    return tell(lambda: recording.record_completions(items, at=NOW))


def withdraw(*sources: str) -> Told:
    return tell(lambda: recording.withdraw_supports(sources, at=NOW))


@contextmanager
def counting() -> Iterator[list[str]]:
    """The statements that the database is asked."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
