"""A job to grow into with three things that it asks, and reviews in every stage."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import event, text

from app.db import db, transaction
from app.outbox import settle
from app.reviews import deciding, panel, rounds
from app.reviews.deciding import Decision
from app.reviews.panel import Said
from tests.cast import Cast
from tests.small import load

AT = datetime.now(UTC)
TODAY = AT.astimezone(ZoneInfo("Europe/Amsterdam")).date()  # not always that of UTC
WHY = "because of the night shifts, which went well"

_FAMILY = text("""
    INSERT INTO job_family (slug, name, position) VALUES ('process', '{"nl": "Proces", "en": "Process"}', 1)
    RETURNING id
""")
_JOB = text("""
    INSERT INTO job (slug, family_id, level, name, known_as, who_may_apply)
    VALUES (:slug, :family, :level, CAST(:name AS jsonb), CAST(:known AS text[]), '{}') RETURNING id
""")
_DRAFT = text("INSERT INTO job_criteria (job_id, number) VALUES (:job, 1) RETURNING id")
_CRITERION = text("""
    INSERT INTO criterion (criteria_id, key, position, text, skill_id, level, evidence)
    SELECT :criteria, gen_random_uuid(), :place, jsonb_build_object('nl', 'Kan ' || :says, 'en', 'Can do ' || :says),
           (SELECT id FROM skill ORDER BY id LIMIT 1), 2, '{badge,completion,observation,document}' RETURNING id
""")
_PUBLISH = text("UPDATE job_criteria SET published_at = :at, consented_on = :on WHERE id = :criteria")


class Scene:
    """Jobs, criteria and the reviews that a test makes of them."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        load(at=AT - timedelta(days=300))
        with transaction():
            family = db.session.scalar(_FAMILY)
            self.junior, self.senior = (
                self._job(family, name, level)
                for level, name in enumerate(("Operator B", "Senior operator"), 1)
            )
            self.criteria = int(db.session.scalar(_DRAFT, {"job": self.senior}) or 0)
            told = [
                {"criteria": self.criteria, "place": place, "says": f"thing {place}"} for place in (1, 2, 3)
            ]
            self.asked = [int(db.session.scalar(_CRITERION, one) or 0) for one in told]
            db.session.execute(_PUBLISH, {"criteria": self.criteria, "at": AT, "on": TODAY})

    def _job(self, family: int, name: str, level: int) -> int:
        slug = name.lower().replace(" ", "-")
        told = {"slug": slug, "family": family, "level": level, "known": "{" + f'"{name}"' + "}"}
        return int(db.session.scalar(_JOB, {**told, "name": f'{{"nl": "{name}", "en": "{name}"}}'}) or 0)

    def review(
        self, holder: str = "anna", stage: str = "panel", *, round_id: int | None = None, **more: Any
    ) -> uuid.UUID:
        """A review as it stands before anybody judged it."""
        values = {
            "job_id": self.senior,
            "criteria_id": self.criteria,
            "stage": stage,
            "round_id": round_id,
            **more,
        }
        return make_review(self.cast.id_of(holder), self.cast.water, values)

    def seat(self, review: uuid.UUID, seat: str, *names: str) -> None:
        with transaction():
            for name in names:
                panel.name_seat(review, person_id=self.cast.id_of(name), seat=seat, by=self.cast.clara, at=AT)
            settle(AT)

    def hand_in(self, review: uuid.UUID, name: str, *verdicts: str) -> None:
        """All criteria at once: met, unless said otherwise for the first ones."""
        given = [*verdicts, *(["met"] * (len(self.asked) - len(verdicts)))]
        said = [
            Said(criterion_id=one, verdict=verdict, words=f"{WHY} {name}")
            for one, verdict in zip(self.asked, given, strict=True)
        ]
        with transaction():
            panel.assess(review, said, person_id=self.cast.id_of(name), hand_in=True, at=AT)
            settle(AT)

    def hand_in_again(self, review: uuid.UUID, name: str) -> None:
        """What is in a draft is written over, whatever its version."""
        had = panel.drafts(review, row_of(review).person_id, self.cast.id_of(name))
        said = [
            Said(
                criterion_id=one,
                verdict="met",
                words=f"{WHY} {name}",
                version=had[one].version if one in had else 0,
            )
            for one in self.asked
        ]
        with transaction():
            panel.assess(review, said, person_id=self.cast.id_of(name), hand_in=True, at=AT)
            settle(AT)

    def review_of_five(self, holder: str, member: str = "eve") -> uuid.UUID:
        """A review that one colleague alone assessed."""
        review = self.review(holder)
        self.seat(review, "member", member)
        self.hand_in(review, member, "partly")
        with transaction():  # one panel after the other
            later = text("UPDATE review SET assessed_at = clock_timestamp() WHERE id = :id")
            db.session.execute(later, {"id": review})
        return review

    def version(self, review: uuid.UUID) -> int:
        return int(row_of(review).version)

    def sign(
        self, review: uuid.UUID, name: str, outcome: str = "promote", *, at: datetime = AT, **more: Any
    ) -> str:
        said = Decision(
            outcome=outcome, words=more.pop("words", f"{WHY} says {name}"), from_on=more.pop("from_on", TODAY)
        )
        with transaction():
            done = deciding.sign(
                review,
                said,
                person_id=self.cast.id_of(name),
                version=more.pop("version", self.version(review)),
                at=at,
            )
            settle(at)
            return done

    def to_decide(self, holder: str = "anna", *verdicts: str, **more: Any) -> uuid.UUID:
        """A review of which the panel (ben) is complete, and that mia decides."""
        review = self.review(holder, **more)
        self.seat(review, "member", "ben" if holder != "ben" else "eve")
        self.seat(review, "decider", "mia" if holder != "mia" else "dan")
        self.hand_in(review, "ben" if holder != "ben" else "eve", *verdicts)
        return review

    def released(self, *verdicts: str, outcome: str = "promote", at: datetime = AT, **more: Any) -> uuid.UUID:
        """A single review of anna that mia decided."""
        from_on = more.pop("from_on", TODAY)
        review = self.to_decide("anna", *verdicts, **more)
        self.sign(review, "mia", outcome, at=at, from_on=from_on)
        return review

    def released_of_ben(self) -> uuid.UUID:
        """One more, of ben."""
        review = self.to_decide("ben")
        self.sign(review, "mia")
        return review

    def round(self, *, at: datetime = AT, **more: Any) -> int:
        days = [TODAY + timedelta(days=days) for days in (10, 20, 30, 40)]
        names = ("evidence_due", "panel_due", "decide_due", "release_on")
        said = {
            "name": {"nl": "Ronde", "en": "Round"},
            "jobs": [self.senior],
            **dict(zip(names, days, strict=True)),
            **more,
        }
        with transaction():
            made = rounds.open_round(rounds.NewRound(**said), by=self.cast.clara, reach=None, at=at)
            settle(at)
            return made


_REVIEW = text("""
    INSERT INTO review (round_id, person_id, job_id, criteria_id, department_id, asked_by, asked_at, stage, deciders,
                        evidence_due, panel_due, decide_due, seen_days, object_days)
    VALUES (:round_id, :person, :job_id, :criteria_id, :department, :person, :at, :stage, :deciders, :due, :due, :due,
            :seen_days, :object_days) RETURNING id
""")


def make_review(person: int, department: int, values: dict[str, Any]) -> uuid.UUID:
    told = {
        "deciders": 1,
        "seen_days": 14,
        "object_days": 42,
        "due": TODAY + timedelta(days=20),
        "at": AT,
        **values,
    }
    with transaction():
        found: uuid.UUID = db.session.scalar(_REVIEW, {**told, "person": person, "department": department})
        return found


def row_of(review: uuid.UUID) -> Any:
    with db.session.no_autoflush:
        row = db.session.execute(text("SELECT * FROM review WHERE id = :id"), {"id": review}).one()
    db.session.rollback()
    return row


def rows(statement: str, **told: Any) -> Sequence[Any]:
    found = db.session.execute(text(statement), told).all()
    db.session.rollback()
    return found


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that go to the database meanwhile."""
    told: list[str] = []

    def note(_line: Any, _cursor: Any, statement: str, *_: Any) -> None:
        told.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield told
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def scene(app: Flask, cast: Cast) -> Iterator[Scene]:
    with app.app_context():
        yield Scene(cast)


@pytest.fixture
def browser_of(client_of: Callable[..., Any]) -> Callable[..., Any]:
    """As `client_of`, whose requests know nothing of the context in which a test itself asks."""

    def browser(name: str) -> Any:
        client = client_of(name)
        client.open = partial(apart, client.open)
        return client

    return browser


def apart(call: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """Call it where nothing is known of the context of the test."""
    return Context().run(call, *args, **more)
