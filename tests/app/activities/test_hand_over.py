"""A log whose confirmer does not come: somebody else is asked, or its person withdraws it."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask

from app import worker
from app.activities import confirming, logs, records
from app.activities.rules import Log
from app.db import db, transaction
from app.errors import Conflict
from app.outbox import settle
from app.people import actions as people
from tests.app.activities.scene import NOW, Catalogue, tell
from tests.app.activities.test_races import at_once, facts
from tests.cast import Cast, SignedIn, row_of

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
DAY = date(2026, 11, 16)


@pytest.fixture
def waiting(app: Flask, cast: Cast, catalogue: Catalogue) -> int:
    """Anna's log, which waits for Ben; Mia manages both."""
    item: Log = {
        "person_id": cast.anna, "activity_id": catalogue.gas, "completed_on": DAY,
        "note": "With the crew", "confirmer_id": cast.ben,
    }  # fmt: skip
    with app.app_context():
        (completion_id,) = tell(lambda: logs.log_completions([item], at=NOW)).result
    found: int = completion_id
    return found


def change(app: Flask, *rows: object) -> None:
    with app.app_context(), transaction():
        done = people.import_people(rows, at=NOW)  # type: ignore[arg-type]
        settle(NOW)
        assert not done.refused


def waits_for(app: Flask, completion_id: int) -> tuple[str, int | None]:
    with app.app_context():
        (row,) = records.completions([completion_id])
        assert list(records.astray()) == []
        return row.state, row.confirmer_id


@pytest.mark.parametrize("name", ["anna", "ben", "mia"])
def test_its_person_its_confirmer_and_their_manager_can_ask_somebody_else(
    app: Flask, cast: Cast, client_of: Browser, waiting: int, name: str
) -> None:
    who = client_of(name)
    page = who.get(f"/log/{waiting}")
    assert (page.status_code, "It waits for Ben." in page.text) == (200, True)
    assert ("Then nobody is asked any more" in page.text) == (name == "anna")
    answer = who.post(f"/log/{waiting}/hand-over", data={"who": "Eve (eve)"})
    assert (answer.status_code, answer.location) == (303, "/log" if name == "anna" else "/confirmations")
    assert waits_for(app, waiting) == ("waiting", cast.eve)
    assert f'id="waiting-{waiting}"' in client_of("eve").get("/confirmations").text
    assert f'id="waiting-{waiting}"' not in client_of("ben").get("/confirmations").text


@pytest.mark.parametrize("name", ["clara", "dan", "eve", "leo", "cor"])
def test_for_anybody_else_it_is_not_there(
    app: Flask, cast: Cast, client_of: Browser, token_of: Headers, waiting: int, name: str
) -> None:
    who = client_of(name)
    assert who.get(f"/log/{waiting}").status_code == 404
    assert who.post(f"/log/{waiting}/hand-over", data={"who": "Eve (eve)"}).status_code == 404
    assert who.post(f"/log/{waiting}/withdraw").status_code == 404
    api = app.test_client()
    asked = api.post(
        f"/api/v1/completions/{waiting}/hand-over", json={"confirmer_id": cast.eve}, headers=token_of(name)
    )
    assert asked.status_code == 404
    assert waits_for(app, waiting) == ("waiting", cast.ben)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Anna (anna)", "Nobody confirms their own learning."),
        ("Ben (ben)", "It waits for this colleague already."),
        ("", "Choose a colleague who can confirm this."),
        ("Nobody Here", "We know no colleague called Nobody Here."),
    ],
)
def test_who_cannot_confirm_it_is_refused_in_words(
    app: Flask, cast: Cast, client_of: Browser, waiting: int, typed: str, said: str
) -> None:
    answer = client_of("mia").post(f"/log/{waiting}/hand-over", data={"who": typed})
    assert answer.status_code == 422
    assert said in answer.text
    assert waits_for(app, waiting) == ("waiting", cast.ben)


def test_its_person_withdraws_it_and_can_log_it_again(
    app: Flask, cast: Cast, catalogue: Catalogue, client_of: Browser, waiting: int
) -> None:
    for other in ("ben", "mia"):
        assert client_of(other).post(f"/log/{waiting}/withdraw").status_code == 404
    anna = client_of("anna")
    assert anna.post(f"/log/{waiting}/withdraw").location == "/log"
    assert waits_for(app, waiting)[0] == "withdrawn"
    assert "withdrawn by you" in anna.get("/log").text
    assert anna.post(f"/log/{waiting}/withdraw").status_code == 409
    assert anna.get(f"/log/{waiting}").status_code == 404
    assert client_of("ben").post(f"/confirmations/{waiting}", data={"decision": "confirm"}).status_code == 409
    form = {"activity_id": catalogue.gas, "completed_on": "2026-11-16", "note": "Again"}
    assert anna.post("/log", data=form).status_code == 303
    with app.app_context():
        assert len(records.waiting_for(cast.mia)) == 1


def test_programs_hand_over_and_withdraw_too(app: Flask, cast: Cast, token_of: Headers, waiting: int) -> None:
    api, path = app.test_client(), f"/api/v1/completions/{waiting}"
    answer = api.post(f"{path}/hand-over", json={"confirmer_id": cast.eve}, headers=token_of("ben"))
    assert (answer.status_code, answer.get_json()["confirmer"]["name"]) == (200, "Eve")
    for wrong in (cast.anna, cast.eve, 987654321):
        refused = api.post(f"{path}/hand-over", json={"confirmer_id": wrong}, headers=token_of("anna"))
        assert refused.status_code == 422
    assert api.post(f"{path}/withdrawal", headers=token_of("ben")).status_code == 404
    assert api.post(f"{path}/withdrawal", headers=token_of("anna")).get_json()["state"] == "withdrawn"
    assert api.post(f"{path}/withdrawal", headers=token_of("anna")).status_code == 409


def test_managers_see_what_waits_for_their_people_and_not_what_was_written(
    client_of: Browser, waiting: int
) -> None:
    page = client_of("mia").get("/confirmations").text
    assert "Waits for people in your team" in page
    assert f'href="/log/{waiting}"' in page
    assert "With the crew" not in page
    assert "With the crew" not in client_of("mia").get(f"/log/{waiting}").text
    assert "Waits for people in your team" not in client_of("ben").get("/confirmations").text


def test_what_waits_for_somebody_who_left_goes_to_the_present_manager(
    app: Flask, cast: Cast, waiting: int
) -> None:
    change(app, row_of("ben", active=False))
    with app.app_context():
        worker.hand_over(NOW)
        worker.hand_over(NOW)
    assert waits_for(app, waiting) == ("waiting", cast.mia)
    counted = "SELECT count(*) FROM audit_entry WHERE action = 'completion:handed-over'"
    with app.app_context():
        assert db.session.scalar(db.text(counted)) == 1


def test_without_a_manager_its_person_is_asked_to_choose(
    app: Flask, cast: Cast, client_of: Browser, waiting: int
) -> None:
    change(app, row_of("ben", active=False), row_of("mia", active=False))
    with app.app_context():
        worker.hand_over(NOW)
    assert waits_for(app, waiting) == ("waiting", cast.ben)
    anna = client_of("anna")
    assert "Ben is not here any more: choose somebody else" in anna.get("/log").text
    assert "Ben does not work here any more." in anna.get(f"/log/{waiting}").text
    assert anna.post(f"/log/{waiting}/hand-over", data={"who": "Mia (mia)"}).status_code == 422
    assert anna.post(f"/log/{waiting}/hand-over", data={"who": "Eve (eve)"}).status_code == 303
    change(app, row_of("mia"))
    assert waits_for(app, waiting) == ("waiting", cast.eve)


def test_of_a_withdrawal_and_a_word_at_once_one_holds(app: Flask, cast: Cast, waiting: int) -> None:
    with app.app_context():
        answers = at_once(
            app,
            lambda: logs.withdraw_log(waiting, by=cast.anna, at=NOW),
            lambda: confirming.decide([waiting], by=cast.ben, confirm=True, at=NOW),
        )
        assert [type(answer) for answer in answers if not isinstance(answer, tuple)] == [Conflict]
        confirmed = isinstance(answers[1], tuple)
        assert len(facts(answers)) == confirmed
    assert waits_for(app, waiting)[0] == ("confirmed" if confirmed else "withdrawn")


def test_of_two_who_hand_over_and_one_who_decides_at_once_one_is_first(
    app: Flask, cast: Cast, waiting: int
) -> None:
    with app.app_context():
        answers = at_once(
            app,
            lambda: confirming.hand_over(waiting, by=cast.ben, to=cast.eve, at=NOW),
            lambda: confirming.hand_over(waiting, by=cast.anna, to=cast.cor, at=NOW),
            lambda: confirming.decide([waiting], by=cast.ben, confirm=True, at=NOW + timedelta(seconds=1)),
        )
        done = [place for place, answer in enumerate(answers) if isinstance(answer, tuple)]
        assert done
        assert len(facts(answers)) == (2 in done)
    state, confirmer = waits_for(app, waiting)
    if 2 in done:
        assert (state, confirmer) == ("confirmed", cast.ben)
        assert done == [2]
    else:
        assert (state, confirmer in (cast.eve, cast.cor)) == ("waiting", True)
