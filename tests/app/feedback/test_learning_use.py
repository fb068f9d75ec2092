"""Weeks after learning: is it used. Asked once, earned the same by each answer, shown from five on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.activities.recording import record_completions
from app.db import db, transaction
from app.errors import NotFound
from app.feedback import queries, using
from app.outbox import settle
from app.people import actions as people
from tests.app.feedback.conftest import AT
from tests.cast import Cast, SignedIn, row_of
from tests.small import load

Browser = Callable[[str], SignedIn]
Complete = Callable[..., int]


@pytest.fixture
def complete(app: Flask, cast: Cast) -> Complete:
    """`complete("anna", weeks=7)`: she completed activity a1 that long ago; returns the completion."""
    with app.app_context():
        load()

    def completed(person: str | int, activity: str = "a1", *, weeks: float = 7) -> int:
        at = AT - timedelta(weeks=weeks)
        person_id = person if isinstance(person, int) else cast.id_of(person)
        with app.app_context(), transaction():
            activity_id = db.session.scalar(
                text("SELECT id FROM activity WHERE slug = :slug"), {"slug": activity}
            )
            source = f"t:{person_id}:{activity}"
            told: Any = {
                "person_id": person_id, "activity_id": activity_id, "completed_at": at, "source": source,
                "origin": "import", "score": None, "hours": None,
            }  # fmt: skip
            found = record_completions([told], at=at)
            settle(at)
            return found[source]

    return completed


def tell(
    app: Flask, person_id: int, completion_id: int, answer: str, words: str = "", *, weeks: float = 0
) -> None:
    at = AT + timedelta(weeks=weeks)
    with app.app_context(), transaction():
        told = using.Use(completion_id=completion_id, person_id=person_id, answer=answer, words=words)
        using.tell_use([told], at=at)
        settle(at)


def due(app: Flask, person_id: int, *, weeks: float = 0) -> int | None:
    with app.app_context():
        row = queries.due(person_id, AT + timedelta(weeks=weeks))
        return row.id if row else None


def test_the_question_comes_six_weeks_after_and_one_at_a_time(
    app: Flask, cast: Cast, complete: Complete
) -> None:
    young, old = complete("anna", "a1", weeks=5), complete("anna", "a4", weeks=9)
    assert due(app, cast.anna) == old
    assert due(app, cast.anna, weeks=2) == young  # the latest first
    tell(app, cast.anna, young, "used", weeks=2)
    assert due(app, cast.anna, weeks=2.5) is None  # a week of rest
    assert due(app, cast.anna, weeks=3.1) == old


def test_after_half_a_year_nobody_asks_any_more(app: Flask, cast: Cast, complete: Complete) -> None:
    complete("anna", weeks=27)
    assert due(app, cast.anna) is None


def test_not_yet_is_asked_once_more_six_weeks_later(app: Flask, cast: Cast, complete: Complete) -> None:
    one = complete("anna")
    tell(app, cast.anna, one, "not_yet")
    assert due(app, cast.anna, weeks=5) is None
    assert due(app, cast.anna, weeks=6.1) == one
    tell(app, cast.anna, one, "not_for_my_work", weeks=6.1)
    assert due(app, cast.anna, weeks=13) is None


def test_each_answer_earns_the_same_and_only_once(
    app: Flask, cast: Cast, complete: Complete, facts: Callable[[], list[Any]]
) -> None:
    completion_id = complete("anna")
    for answer in ("not_for_my_work", "used", "not_yet", "used"):
        tell(app, cast.anna, completion_id, answer, "For the rounds.")
    (fact,) = facts()
    assert (fact.kind, fact.source, fact.person_id) == ("use_told", f"use:{completion_id}", cast.anna)


def test_an_answer_earns_by_its_own_rule_not_by_that_of_the_activity(
    app: Flask, cast: Cast, complete: Complete
) -> None:
    """An activity can have points of its own: those are for completing it."""
    with app.app_context(), transaction():
        db.session.execute(
            text("UPDATE point_rules SET rules = jsonb_set(rules, '{activities}', jsonb_build_object(a.id, 900))"
                 " FROM activity a WHERE a.slug = 'a1'")
        )  # fmt: skip
    tell(app, cast.anna, complete("anna"), "used")
    with app.app_context():
        points = db.session.scalar(text("SELECT sum(points) FROM ledger_entry WHERE kind = 'use_told'"))
    assert points == 0  # the small catalogue gives nothing for it


def test_of_others_and_of_what_was_just_completed_nobody_can_tell(
    app: Flask, cast: Cast, complete: Complete, client_of: Browser
) -> None:
    theirs, young = complete("ben"), complete("anna", "a4", weeks=1)
    for completion_id in (theirs, young):
        with pytest.raises(NotFound):
            tell(app, cast.anna, completion_id, "used")
    answer = client_of("anna").post(f"/learn/used/{theirs}", data={"answer": "used"})
    nowhere = client_of("anna").post("/learn/used/999999999", data={"answer": "used"})
    assert answer.status_code == nowhere.status_code == 404


def test_how_much_it_is_used_is_told_from_five_answers_on(
    app: Flask, cast: Cast, complete: Complete, client_of: Browser
) -> None:
    with app.app_context(), transaction():
        people.import_people([row_of(f"p{n}", name=f"P {n}") for n in range(4)], at=AT - timedelta(weeks=60))
        settle(AT)
    with app.app_context():
        ids = list(db.session.scalars(text("SELECT id FROM person WHERE name LIKE 'P %' ORDER BY id")))
    for number, person_id in enumerate([*ids, cast.anna]):
        told = client_of("ben").get("/api/v1/activities/a1/use").json
        assert told == {"answers": None, "used": None, "not_yet": None}
        assert "who answered" not in client_of("ben").get("/learn/a1").text
        tell(app, person_id, complete(person_id), "used" if number % 2 else "not_yet", "A private line.")
    told = client_of("ben").get("/api/v1/activities/a1/use").json
    assert told == {"answers": 5, "used": 2, "not_yet": 3}
    page = client_of("ben").get("/learn/a1").text
    assert "2 of 5 colleagues who answered use it at work" in page
    assert "A private line." not in page


def test_the_home_page_asks_and_thanks_in_place(
    app: Flask, cast: Cast, complete: Complete, client_of: Browser
) -> None:
    completion_id = complete("anna")
    with app.app_context(), transaction():  # the door's clock is the real one
        db.session.execute(text("UPDATE completion SET completed_at = now() - interval '50 days'"))
    assert f'id="use-{completion_id}"' in client_of("anna").get("/").text
    answer = client_of("anna").post(
        f"/learn/used/{completion_id}",
        data={"answer": "used", "words": "For the rounds."},
        headers={"HX-Request": "true"},
    )
    assert "Thank you for telling" in answer.text
    assert f'id="use-{completion_id}"' not in client_of("anna").get("/").text
    assert "For the rounds." in client_of("anna").get("/learn/used").text
    assert client_of("anna").get("/api/v1/me/learning-use").json["answered"][0]["answer"] == "used"
