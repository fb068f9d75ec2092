"""Own words, and what colleagues saw: drafts are their writer's, and everything is sealed."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app import worker
from app.db import db, transaction
from app.errors import Conflict, Refused
from app.outbox import settle
from app.reviews import actions, rules
from tests.app.reviews.scene import AT, Browser, Stage, release, review, seat, stage, yesterday
from tests.cast import Cast
from tests.small import rows

__all__ = ["review", "stage"]
SECRET = "the heron under the pump house"


# Own words --------------------------------------------------------------------------------------------------------


def test_a_draft_is_its_writers_and_what_is_filed_everybody_reads(
    client_of: Browser, review: uuid.UUID
) -> None:
    there = f"/reviews/{review}/words"
    assert client_of("anna").post(there, data={"words": SECRET}).status_code == 303
    assert SECRET in client_of("anna").get(f"/reviews/{review}").text
    for door in (f"/reviews/{review}", f"/api/v1/reviews/{review}", f"/reviews/{review}?as=employee"):
        assert SECRET not in client_of("clara").get(door).text
    assert SECRET not in client_of("anna").get(f"/reviews/{review}?as=employee").text
    assert (
        client_of("anna").post(there, data={"words": f"{SECRET}, again", "file": "true"}).status_code == 303
    )
    assert f"{SECRET}, again" in client_of("clara").get(f"/reviews/{review}").text
    assert client_of("clara").post(there, data={"words": "Not hers"}).status_code == 404


def test_a_draft_is_kept_while_one_types(client_of: Browser, review: uuid.UUID) -> None:
    swap = {"HX-Request": "true"}
    kept = client_of("anna").post(
        f"/reviews/{review}/words", data={"words": "Be", "was": rules.mark_of("")}, headers=swap
    )
    assert kept.status_code == 200
    assert "Draft kept" in kept.text
    assert rules.mark_of("Be") in kept.text


def test_of_two_windows_the_second_is_told_and_loses_nothing(client_of: Browser, review: uuid.UUID) -> None:
    there, anna = f"/reviews/{review}/words", client_of("anna")
    began = rules.mark_of("")
    assert anna.post(there, data={"words": "From the first window", "was": began}).status_code == 303
    late = anna.post(there, data={"words": "From the second window", "was": began})
    assert late.status_code == 409
    assert "From the first window" in late.text
    assert "From the second window" in late.text
    told = anna.put(f"/api/v1{there}", json={"words": "From a program", "was": began})
    assert told.status_code == 409
    mark = anna.get(f"/api/v1/reviews/{review}/own").json["mark"]
    told = anna.put(f"/api/v1{there}", json={"words": "From a program", "was": mark})
    assert told.status_code == 200
    assert anna.get(f"/api/v1/reviews/{review}/own").json["draft"] == "From a program"


def test_of_two_that_write_at_once_one_wins(app: Flask, cast: Cast, review: uuid.UUID) -> None:
    def write(words: str) -> str:
        try:
            with app.app_context(), transaction():
                actions.write_words(review, words, file=True, by=cast.anna, at=AT, was=rules.mark_of(""))
            return "done"
        except Conflict:
            return "late"

    with ThreadPoolExecutor(2) as two:
        assert sorted(two.map(write, ["The first text", "The second text"])) == ["done", "late"]


def test_words_are_sealed_and_short_is_as_long_as_long(
    app: Flask, client_of: Browser, review: uuid.UUID
) -> None:
    lengths = set()
    for words in ("Yes", SECRET):
        client_of("anna").post(f"/reviews/{review}/words", data={"words": words, "file": "true"})
        with app.app_context():
            whole = " ".join(db.session.scalars(text("SELECT CAST(r AS text) FROM review r")))
            lengths.add(len(bytes(db.session.scalar(text("SELECT own_words FROM review")) or b"")))
            assert SECRET not in whole
            assert SECRET.encode().hex() not in whole
    assert len(lengths) == 1


# What colleagues saw ----------------------------------------------------------------------------------------------


@pytest.fixture
def asked(app: Flask, cast: Cast, client_of: Browser, review: uuid.UUID, stage: Stage) -> int:
    """Anna asks Ben about her second criterion."""
    there = f"/reviews/{review}/criteria/{stage.criteria[1]}/observations"
    sent = client_of("anna").post(there, data={"who": "Ben", "question": f"Did you see {SECRET}?"})
    assert sent.status_code == 303, sent.text
    with app.app_context():
        ((found,),) = rows("SELECT id FROM review_observation")
        return int(found)


def observed(client_of: Browser, asked: int, words: str = "Calm, and clear to everybody", **more: Any) -> int:
    sent = client_of("ben").put(f"/api/v1/reviews/observations/{asked}", json={"words": words, **more})
    return sent.status_code


def test_a_colleague_sees_the_criterion_and_the_question_and_nothing_of_the_file(
    app: Flask, cast: Cast, client_of: Browser, review: uuid.UUID, stage: Stage, asked: int
) -> None:
    with app.app_context():
        release(review, cast.anna, (stage.criteria[0], stage.things["lesson"]))
        with transaction():
            actions.write_words(review, "Words of mine", file=True, by=cast.anna, at=AT)
    page = client_of("ben").get(f"/reviews/observations/{asked}").text
    assert SECRET in page
    assert "Coaches new colleagues" in page
    assert "Anna" in page
    for hidden in ("Runs a shift alone", "Words of mine", "neighbours", "Senior operator", str(review)):
        assert hidden not in page, hidden
    told = client_of("ben").get(f"/api/v1/reviews/observations/{asked}").json
    assert set(told) == {
        "id", "person", "criterion", "question", "words", "observed_on", "filed_at", "declined_at"
    }  # fmt: skip
    assert client_of("ben").get(f"/reviews/{review}").status_code == 404
    assert "You are asked what you saw" in client_of("ben").get("/reviews").text


def test_who_guesses_the_link_finds_nothing(client_of: Browser, asked: int) -> None:
    for name in ("anna", "clara", "mia", "dan", "leo", "cor", "eve"):
        for there in (f"/reviews/observations/{asked}", f"/api/v1/reviews/observations/{asked}"):
            assert client_of(name).get(there).status_code == 404, name
        sent = client_of(name).post(
            f"/reviews/observations/{asked}", data={"words": "I was there", "file": "true"}
        )
        assert sent.status_code == 404
        assert client_of(name).post(f"/reviews/observations/{asked}/decline").status_code == 404


def test_a_draft_is_the_colleagues_what_is_filed_is_the_employees_and_only_released_it_is_in_the_file(
    client_of: Browser, review: uuid.UUID, stage: Stage, asked: int
) -> None:
    def reads(who: str) -> bool:
        doors = (f"/reviews/{review}", f"/api/v1/reviews/{review}")
        own = client_of("anna").get(f"/api/v1/reviews/{review}/own").text if who == "anna" else ""
        return "Calm, and clear" in own + "".join(client_of(who).get(door).text for door in doors)

    assert observed(client_of, asked) == 200
    assert (reads("anna"), reads("clara")) == (False, False)
    assert "Calm, and clear" in client_of("ben").get(f"/reviews/observations/{asked}").text
    assert observed(client_of, asked, file=True, observed_on=yesterday().isoformat()) == 200
    assert (reads("anna"), reads("clara")) == (True, False)
    assert observed(client_of, asked, "Something else", file=True) == 409
    other = f"/reviews/{review}/criteria/{stage.criteria[0]}/evidence"
    assert client_of("anna").post(other, data={"thing": f"observation:{asked}"}).status_code == 422
    here = f"/reviews/{review}/criteria/{stage.criteria[1]}/evidence"
    assert client_of("anna").post(here, data={"thing": f"observation:{asked}"}).status_code == 303
    page = client_of("clara").get(f"/reviews/{review}").text
    assert "What Ben saw" in page
    assert "Calm, and clear" in page
    assert "Observed" in page


def test_who_would_rather_not_say_need_not_and_only_who_asked_hears_of_it(
    client_of: Browser, review: uuid.UUID, asked: int
) -> None:
    before = client_of("clara").get(f"/api/v1/reviews/{review}").json
    assert observed(client_of, asked) == 200
    assert client_of("ben").post(f"/reviews/observations/{asked}/decline").status_code == 303
    assert "would rather not say" in client_of("anna").get(f"/reviews/{review}").text
    assert client_of("clara").get(f"/api/v1/reviews/{review}").json == before
    assert observed(client_of, asked, file=True) == 409


def test_a_question_is_taken_back_until_it_is_answered(
    client_of: Browser, review: uuid.UUID, asked: int
) -> None:
    there = f"/reviews/{review}/observations/{asked}/unask"
    assert client_of("clara").post(there).status_code == 404
    assert observed(client_of, asked, file=True) == 200
    assert client_of("anna").post(there).status_code == 404


def test_of_an_answer_and_a_refusal_at_once_one_wins(app: Flask, cast: Cast, asked: int) -> None:
    def act(file: bool) -> str:
        try:
            with app.app_context(), transaction():
                if file:
                    actions.observe(asked, "I was there", on=None, file=True, by=cast.ben, at=AT)
                else:
                    actions.decline_to_observe(asked, by=cast.ben, at=AT)
                settle(AT)
            return "done"
        except Conflict:
            return "late"

    with ThreadPoolExecutor(2) as two:
        assert sorted(two.map(act, [True, False])) == ["done", "late"]


def test_nobody_is_asked_about_themselves_nor_twice_nor_who_left(
    app: Flask, cast: Cast, review: uuid.UUID, stage: Stage, asked: int
) -> None:
    def ask(*whom: int) -> list[int]:
        with transaction():
            made = actions.ask_colleagues(review, criterion_id=stage.criteria[1], observer_ids=whom,
                                          question="What did you see?", by=cast.anna, at=AT)  # fmt: skip
            settle(AT)
            return made

    with app.app_context():
        assert ask(cast.ben) == []
        with transaction():
            db.session.execute(text("UPDATE person SET active = false WHERE id = :id"), {"id": cast.eve})
        for whom in ((cast.anna,), (cast.eve,), (), (10**9,)):
            with pytest.raises(Refused):
                ask(*whom)


def test_question_and_answer_are_sealed_with_the_key_of_whose_review_it_is(
    app: Flask, cast: Cast, client_of: Browser, review: uuid.UUID, asked: int
) -> None:
    assert observed(client_of, asked, SECRET, file=True) == 200
    with app.app_context():
        whole = " ".join(db.session.scalars(text("SELECT CAST(o AS text) FROM review_observation o")))
        assert SECRET not in whole
        assert SECRET.encode().hex() not in whole
        with transaction():
            db.session.execute(text("DELETE FROM person_key WHERE person_id = :id"), {"id": cast.anna})
    assert SECRET not in client_of("ben").get(f"/reviews/observations/{asked}").text


def test_once_the_panel_has_begun_nothing_is_asked_any_more(
    app: Flask, cast: Cast, client_of: Browser, review: uuid.UUID, asked: int
) -> None:
    with app.app_context():
        seat(review, cast.eve, by=cast.clara)
    assert client_of("anna").post(f"/reviews/{review}/complete").status_code == 303
    assert observed(client_of, asked, file=True) == 409
    assert "Nothing is asked of you any more" in client_of("ben").get(f"/reviews/observations/{asked}").text
    assert "You are asked what you saw" not in client_of("ben").get("/reviews").text


def test_who_is_asked_and_who_is_answered_hear_of_it_and_nobody_else(
    app: Flask, cast: Cast, client_of: Browser, review: uuid.UUID, asked: int
) -> None:
    def said(who: str) -> list[str]:
        with app.app_context():
            while worker.relay(AT):
                pass
        told = client_of(who).get("/api/v1/me/notifications").json["notifications"]
        return [one["said"] for one in told if "review" in (one["said"] or "")]

    assert said("ben") == ["Anna asks what you saw, for a review"]
    assert said("anna") == said("clara") == []
    assert observed(client_of, asked, file=True) == 200
    assert said("ben") == [], "it is answered"
    assert said("anna") == ["A colleague answered you, for your review: Senior operator"]
    assert said("clara") == said("mia") == []
