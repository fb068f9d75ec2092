"""A job above what Anna does, with what it asks; and things that she holds."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.activities import recording
from app.activities.rules import Report
from app.careers import actions as careers
from app.careers import queries as asked
from app.careers.criteria import publish_draft, replace_draft
from app.careers.rules import NewCriterion, NewFamily, NewJob
from app.db import db, transaction
from app.kudos import actions as kudos
from app.lessons import actions as lessons
from app.outbox import settle
from app.reviews import actions
from tests.cast import Cast, SignedIn
from tests.small import course, ids, load, state

AT = datetime.now(UTC)
EVERY = ("badge", "completion", "lesson_applied", "recognition", "observation", "document")
Browser = Callable[[str], SignedIn]


def said(words: str) -> dict[str, str]:
    return {"nl": f"{words} (nl)", "en": words}


@dataclass(frozen=True)
class Stage:
    """Ids of the job and its criteria, and Anna's things by their names."""

    job: int
    criteria: list[int]
    things: dict[str, str]


@pytest.fixture
def stage(app: Flask, cast: Cast, made_once: Callable[..., Stage]) -> Stage:
    """`senior` asks for three things; the badge `five` is linked to the first. Anna holds one of each kind."""
    return made_once("a stage for reviews", lambda: _stage(app, cast))


def _stage(app: Flask, cast: Cast) -> Stage:
    with app.app_context():
        load()
        with transaction():
            careers.write_families([NewFamily("plant", said("Plant"))])
            careers.write_jobs({
                "operator": NewJob("operator", "plant", 1, said("Operator"), known_as=["Operator"]),
                "senior": NewJob("senior", "plant", 2, said("Senior operator")),
            })  # fmt: skip
            db.session.execute(text("UPDATE person SET job = 'Operator' WHERE id = :id"), {"id": cast.anna})
            publish_criteria(cast)
        items = asked.current_criteria([job := ids("job")["senior"]])[job].items
        return Stage(job, [one.id for one in items], _holds(cast))


def publish_criteria(cast: Cast, first: str = "Runs a shift alone") -> None:
    wanted = [
        NewCriterion(said(first), "water", 3, EVERY, {"five": 1}),
        NewCriterion(said("Coaches new colleagues"), "people", 2, EVERY),
        NewCriterion(said("Reads data"), "data", 2, ("badge", "observation")),
    ]
    replace_draft("senior", wanted, version=None, by=cast.clara, at=AT)
    publish_draft(
        "senior", consented_on=date(2026, 1, 5), version=None, today=AT.date(), by=cast.clara, at=AT
    )


def _holds(cast: Cast) -> dict[str, str]:
    state([course(cast.anna, f"s:{n}", n) for n in range(6)], AT)
    with transaction():
        skill = ids("skill")["water"]
        (lesson,) = lessons.share_lessons([a_lesson(cast.anna, skill)], at=AT)
        settle(AT)
    with transaction():
        (thanks,) = kudos.give_kudos(
            [kudos.NewKudos(giver_id=cast.ben, receivers=[cast.anna], message="Calm on the radio, thank you",
                            skill_id=skill, lang="en")], at=AT,
        )  # fmt: skip
        settle(AT)
    award = db.session.scalar(
        text(
            "SELECT w.id FROM award w JOIN achievement a ON a.id = w.achievement_id"
            " WHERE w.person_id = :p AND a.slug = 'five' AND w.tier = 2"
        ),
        {"p": cast.anna},
    )
    with transaction():
        db.session.execute(text("UPDATE award SET in_review = true"))  # as Anna said of all of them
        done = Report(
            person_id=cast.anna, activity_id=ids("activity")["a1"], completed_at=AT, source="i:1", origin="import"
        )  # fmt: skip
        recording.record_completions([done], at=AT)
        settle(AT)
    completion = db.session.scalar(
        text("SELECT max(id) FROM completion WHERE person_id = :p"), {"p": cast.anna}
    )
    return {
        "badge": f"badge:{award}", "completion": f"completion:{completion}",
        "lesson": f"lesson_applied:{lesson}", "kudos": f"kudos:{thanks}",
    }  # fmt: skip


def a_lesson(author: int, skill: int, **more: Any) -> lessons.NewLesson:
    words = {
        "title": "We called the neighbours too late",
        "happened": "A pipe burst at night.",
        "learned": "Call the street first, then the office.",
        "from_now_on": "The list hangs at the door.",
    }
    said = {"outcome": "nearly", "lang": "en", "audience": "everyone", "skills": [skill]}
    return lessons.NewLesson(author_id=author, **{**said, **words, **more})


@pytest.fixture
def review(app: Flask, cast: Cast, stage: Stage) -> uuid.UUID:
    """Anna asked for it herself."""
    with app.app_context():
        return begin(cast.anna, stage.job)


def begin(person: int, job: int, by: int | None = None) -> uuid.UUID:
    with transaction():
        (made,) = actions.start(
            [actions.NewReview(person_id=person, job_id=job, asked_by=by or person)], at=AT
        )
        settle(AT)
        return made


def release(review: uuid.UUID, by: int, *items: tuple[int, str]) -> list[int]:
    with transaction():
        new = [actions.NewEvidence(criterion_id=criterion, thing=thing) for criterion, thing in items]
        return actions.release(review, new, by=by, at=AT)


def seat(review: uuid.UUID, person: int, seat: str = "member", *, by: int) -> None:
    """Name somebody, as a desk does it."""
    with transaction():
        db.session.execute(
            text("INSERT INTO review_seat (review_id, person_id, seat, holder_id, named_by, named_at)"
                 " SELECT id, :person, :seat, person_id, :by, :at FROM review WHERE id = :review"),
            {"person": person, "seat": seat, "by": by, "at": AT, "review": review},
        )  # fmt: skip


def yesterday() -> date:
    return (AT - timedelta(days=1)).date()
