"""Asking for a review, withdrawing it, and what is left when somebody is erased."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.errors import Conflict, NotFound, Refused
from app.reviews import actions
from tests.app.reviews.scene import AT, Browser, Stage, begin, publish_criteria, release, review, seat, stage
from tests.cast import Cast
from tests.small import ids, rows

__all__ = ["review", "stage"]


def test_somebody_asks_from_their_page_and_gets_their_file(client_of: Browser, stage: Stage) -> None:
    page = client_of("anna").get("/reviews")
    assert "Start a review" in page.text
    assert "Runs a shift alone" in page.text
    made = client_of("anna").post("/reviews", data={"job": "senior"})
    assert made.status_code == 303
    file = client_of("anna").get(made.location)
    assert (file.status_code, "Senior operator" in file.text) == (200, True)
    again = client_of("anna").post("/reviews", data={"job": "senior"})
    assert (again.status_code, "underway already" in again.text) == (409, True)


def test_a_manager_asks_for_who_reports_to_them_and_learns_nothing_of_the_file(
    app: Flask, client_of: Browser, cast: Cast, stage: Stage
) -> None:
    asked = client_of("mia").post("/reviews", data={"job": "senior", "person": "anna"})
    assert (asked.status_code, asked.location) == (303, "/reviews?asked=1")
    assert "may withdraw" in client_of("mia").get(asked.location).text
    with app.app_context():
        ((made, by),) = rows("SELECT id, asked_by FROM review")
    assert by == cast.mia
    assert client_of("mia").get(f"/reviews/{made}").status_code == 404
    assert client_of("anna").post(f"/reviews/{made}/withdraw").status_code == 303


@pytest.mark.parametrize("who", ["ben", "clara", "leo", "dan", "cor", "eve"])
def test_nobody_else_asks_for_somebody(client_of: Browser, cast: Cast, stage: Stage, who: str) -> None:
    for answer in (
        client_of(who).post("/reviews", data={"job": "senior", "person": "anna"}),
        client_of(who).post("/api/v1/reviews", json={"job": "senior", "person_id": cast.anna}),
    ):
        assert answer.status_code == 404


def test_what_one_does_now_and_what_asks_nothing_cannot_be_asked_for(
    app: Flask, cast: Cast, stage: Stage
) -> None:
    with app.app_context():
        with pytest.raises(Refused):
            begin(cast.anna, ids("job")["operator"])
        with pytest.raises(NotFound):
            begin(cast.anna, stage.job, by=cast.ben)
        assert rows("SELECT count(*) FROM review") == [(0,)]


def test_of_many_that_ask_at_once_one_review_is_underway(app: Flask, cast: Cast, stage: Stage) -> None:
    def ask(by: int) -> str:
        try:
            with app.app_context():
                begin(cast.anna, stage.job, by=by)
                return "asked"
        except Conflict:
            return "late"

    with ThreadPoolExecutor(6) as many:
        found = list(many.map(ask, [cast.anna, cast.mia] * 3))
    assert sorted(found) == ["asked", *["late"] * 5]
    with app.app_context():
        assert rows("SELECT count(*) FROM review_step WHERE what = 'asked'") == [(1,)]


def test_a_review_keeps_the_criteria_that_were_published_when_it_was_asked_for(
    app: Flask, cast: Cast, client_of: Browser, review: uuid.UUID
) -> None:
    with app.app_context(), transaction():
        publish_criteria(cast, first="Something quite different")
    assert "Something quite different" not in client_of("anna").get(f"/reviews/{review}").text


def test_withdrawn_it_holds_nothing_and_says_only_that_it_was_asked_for(
    app: Flask, cast: Cast, client_of: Browser, review: uuid.UUID, stage: Stage
) -> None:
    with app.app_context():
        release(review, cast.anna, (stage.criteria[0], stage.things["badge"]))
        seat(review, cast.ben, by=cast.clara)
        with transaction():
            actions.write_words(review, "All of my words", file=True, by=cast.anna, at=AT)
    assert client_of("ben").get(f"/reviews/{review}").status_code == 200
    assert client_of("clara").post(f"/reviews/{review}/withdraw").status_code == 404
    assert client_of("anna").post(f"/reviews/{review}/withdraw").status_code == 303
    assert client_of("anna").post(f"/reviews/{review}/withdraw").status_code == 409
    with app.app_context():
        for table in ("evidence", "proposal", "observation", "seat", "assessment", "decision"):
            assert rows(f"SELECT count(*) FROM review_{table}") == [(0,)], table
        assert rows("SELECT what FROM review_step ORDER BY id") == [("asked",), ("withdrawn",)]
        assert rows("SELECT stage, own_words, own_words_draft FROM review") == [("withdrawn", None, None)]
    assert client_of("ben").get(f"/reviews/{review}").status_code == 404
    assert "was withdrawn" in client_of("anna").get(f"/reviews/{review}").text
    assert client_of("anna").post("/reviews", data={"job": "senior"}).status_code == 303


def test_what_was_decided_is_not_withdrawn(app: Flask, cast: Cast, review: uuid.UUID) -> None:
    for stage_now in ("decided", "released", "closed"):
        with app.app_context(), transaction():
            db.session.execute(text("UPDATE review SET stage = :stage"), {"stage": stage_now})
        with app.app_context(), pytest.raises(Conflict), transaction():
            actions.withdraw(review, by=cast.anna, at=AT)


def test_who_is_erased_during_a_review_leaves_no_word_and_it_ends_as_withdrawn(
    app: Flask, cast: Cast, client_of: Browser, review: uuid.UUID, stage: Stage
) -> None:
    with app.app_context():
        seat(review, cast.ben, by=cast.clara)
        with transaction():
            actions.release(
                review,
                [actions.NewEvidence(criterion_id=stage.criteria[0], title="Night report", text="A secret of hers")],
                by=cast.anna, at=AT,
            )  # fmt: skip
            actions.write_words(review, "Words of her own", file=True, by=cast.anna, at=AT)
        with transaction():
            db.session.execute(text("DELETE FROM person_key WHERE person_id = :id"), {"id": cast.anna})
    read = client_of("ben").get(f"/reviews/{review}")
    assert read.status_code == 200
    assert "A secret of hers" not in read.text
    assert "Words of her own" not in read.text
    with app.app_context():
        with transaction():
            actions.forget([cast.anna], at=AT)
            db.session.info.pop("news", None)
        assert rows("SELECT stage FROM review") == [("withdrawn",)]
        assert rows("SELECT count(*) FROM review_evidence") == [(0,)]
    assert client_of("ben").get(f"/reviews/{review}").status_code == 404
