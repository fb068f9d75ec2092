"""What people choose for themselves, with and without JavaScript, and by the API."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app.db import transaction
from app.people import actions
from tests.cast import PASSWORD, Cast, SignedIn

Browser = Callable[[str], SignedIn]
NEW = "the tide comes in twice a day"


def test_a_choice_holds_and_the_page_says_so(client_of: Browser) -> None:
    anna = client_of("anna")
    answer = anna.post("/me/settings", data={"board_choice": "named"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me/settings?saved=1")
    assert "Saved." in anna.get("/me/settings?saved=1").text
    assert anna.get("/api/v1/me").get_json()["board_choice"] == "named"


def test_a_swap_gets_the_part_only(client_of: Browser) -> None:
    answer = client_of("anna").post("/me/settings", data={"game": "false"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert 'id="settings"' in answer.text
    assert "<html" not in answer.text


def test_the_api_changes_the_same(client_of: Browser, token_of: Callable[[str], dict[str, str]]) -> None:
    program = client_of("ben")
    answer = program.patch("/api/v1/me", json={"game": False, "language": "nl"}, headers=token_of("anna"))
    assert (answer.get_json()["name"], answer.get_json()["game"]) == ("Anna", False)
    assert 'lang="nl"' in client_of("anna").get("/me/settings").text


def test_what_cannot_be_chosen_is_refused_and_nothing_changes(client_of: Browser) -> None:
    anna = client_of("anna")
    answer = anna.patch("/api/v1/me", json={"game": False, "board_choice": "first"})
    assert answer.status_code == 422
    assert "board_choice" in answer.get_json()["errors"]
    assert anna.get("/api/v1/me").get_json()["game"] is True


def test_nothing_is_ticked_before_somebody_chose_how_to_appear(client_of: Browser) -> None:
    anna = client_of("anna")
    ticked = re.compile(r'name="(\w+)" value="(\w+)" checked')
    assert not {"board_choice", "kudos_choice"} & dict(ticked.findall(anna.get("/me/settings").text)).keys()
    anna.post("/me/settings", data={"board_choice": "unnamed"})
    anna.post("/me/settings", data={"kudos_choice": "team", "moments": "false"})
    chosen = dict(ticked.findall(anna.get("/me/settings").text))
    assert (chosen["board_choice"], chosen["kudos_choice"], chosen["moments"]) == ("unnamed", "team", "false")
    told = anna.get("/api/v1/me").get_json()
    assert (told["kudos_choice"], told["moments"]) == ("team", False)
    assert anna.patch("/api/v1/me", json={"kudos_choice": "some"}).status_code == 422


def test_the_theme_is_chosen_without_script_and_stays_in_the_browser(client_of: Browser) -> None:
    anna = client_of("anna")
    assert "data-theme" not in anna.get("/me/settings").text.split("<body")[0]
    anna.post("/me/settings", data={"theme": "dark"})
    assert 'data-theme="dark"' in anna.get("/me/settings").text
    anna.post("/me/settings", data={"theme": "system"})
    assert "data-theme" not in anna.get("/me/settings").text.split("<body")[0]
    assert anna.post("/me/settings", data={"theme": "pink"}).status_code == 422


def test_a_new_password_signs_out_the_other_browsers(app: Flask, client_of: Browser) -> None:
    here, there = client_of("anna"), client_of("anna")
    answer = here.post("/me/password", data={"old": PASSWORD, "new": NEW, "again": NEW})
    assert answer.status_code == 303
    assert here.get("/me/settings").status_code == 200
    assert there.get("/me/settings").status_code == 303


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"old": "not this", "new": NEW, "again": NEW}, "old"),
        ({"old": PASSWORD, "new": "short", "again": "short"}, "new"),
        ({"old": PASSWORD, "new": "1234567890", "again": "1234567890"}, "new"),
        ({"old": PASSWORD, "new": NEW, "again": "else"}, "again"),
    ],
)
def test_a_password_that_will_not_do_is_said_at_its_field(
    client_of: Browser, form: dict[str, str], field: str
) -> None:
    answer = client_of("anna").post("/me/password", data=form)
    assert answer.status_code == 422
    assert f'id="{field}-wrong"' in answer.text
    assert NEW not in answer.text


def test_an_open_browser_does_not_help_to_guess_the_password(client_of: Browser) -> None:
    anna = client_of("anna")
    form = {"old": "guess", "new": NEW, "again": NEW}
    assert [anna.post("/me/password", data=form).status_code for _ in range(11)] == [422] * 10 + [429]


def test_one_signs_out_elsewhere(client_of: Browser, cast: Cast) -> None:
    here, there, third = client_of("anna"), client_of("anna"), client_of("anna")
    other = re.findall(r'name="session_id" value="(\d+)"', here.get("/me/settings").text)
    assert len(other) == 2
    here.post("/me/sessions/end", data={"session_id": other[0]})
    here.post("/me/sessions/end", data={})
    assert [browser.get("/me/settings").status_code for browser in (here, there, third)] == [200, 303, 303]


def test_nobody_ends_the_session_of_somebody_else(client_of: Browser) -> None:
    anna, ben = client_of("anna"), client_of("ben")
    for number in range(1, 5):
        ben.post("/me/sessions/end", data={"session_id": str(number)})
    assert anna.get("/me/settings").status_code == 200


def test_a_session_ends_after_a_week_away_and_after_a_month_anyhow(client_of: Browser) -> None:
    anna = client_of("anna")
    start = datetime.now(UTC)
    for days in (3, 9, 15, 21, 27):
        with time_machine.travel(start + timedelta(days=days)):
            assert anna.get("/api/v1/me").status_code == 200
    with time_machine.travel(start + timedelta(days=31)):
        assert anna.get("/api/v1/me").status_code == 401
    with time_machine.travel(start + timedelta(days=8)):
        assert client_of("ben").get("/api/v1/me").status_code == 200
    ben = client_of("ben")
    with time_machine.travel(start + timedelta(days=8)):
        assert ben.get("/api/v1/me").status_code == 401


def test_a_one_time_link_works_once(app: Flask, client: FlaskClient, cast: Cast) -> None:
    with app.app_context(), transaction():
        token = actions.invite(person_id=cast.cor, at=datetime.now(UTC))
    found = re.search(r'name="csrf_token" value="(\w+)"', client.get(f"/welcome/{token}").text)
    assert found
    form = {"csrf_token": found[1], "new": NEW, "again": NEW}
    assert client.post(f"/welcome/{token}", data=form).headers["Location"] == "/me/start"
    assert client.get("/api/v1/me").get_json()["name"] == "Cor"
    assert app.test_client().get(f"/welcome/{token}").status_code == 404


def test_the_first_administrator_gets_a_link(app: Flask, client: FlaskClient, database: object) -> None:
    runner = app.test_cli_runner()
    first = runner.invoke(args=["admin", "create", "Jan.de-Wit@waterveld.example"]).output.strip()
    second = runner.invoke(args=["admin", "create", "jan.de-wit@waterveld.example"]).output.strip()
    assert first.startswith("http://localhost:8000/welcome/")
    assert client.get(first.removeprefix("http://localhost:8000")).status_code == 404
    assert "Jan De Wit" in client.get(second.removeprefix("http://localhost:8000")).text
    assert runner.invoke(args=["admin", "create", "nonsense"]).exit_code == 1
