"""Signing in, and how slow guessing is."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cast import PASSWORD, Cast, SignedIn

Browser = Callable[[str], SignedIn]


def attempt(client: FlaskClient, login: str, password: str, **more: str) -> TestResponse:
    page = client.get("/login").text
    found = re.search(r'name="csrf_token" value="(\w+)"', page)
    assert found
    form = {"csrf_token": found[1], "login": login, "password": password, **more}
    return client.post("/login", data=form, environ_base={"REMOTE_ADDR": more.pop("address", "192.0.2.1")})


@pytest.mark.parametrize("login", ["anna@waterveld.example", " Anna@Waterveld.example ", "w-anna"])
def test_one_signs_in_with_address_or_personnel_number(app: Flask, cast: Cast, login: str) -> None:
    browser = app.test_client()
    answer = attempt(browser, login, PASSWORD, next="/me/settings")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me/settings")
    assert browser.get("/api/v1/me").get_json()["name"] == "Anna"


def test_wrong_unknown_and_gone_are_told_the_same(app: Flask, cast: Cast) -> None:
    answers = [
        attempt(app.test_client(), "anna@waterveld.example", "something else"),
        attempt(app.test_client(), "nobody@waterveld.example", "something else"),
        attempt(app.test_client(), "w-nobody", PASSWORD),
        attempt(app.test_client(), "'; DROP TABLE person; --", PASSWORD),
    ]
    said = {re.search(r'role="alert"[^>]*>([^<]+)', answer.text)[1] for answer in answers}  # type: ignore[index]
    assert {answer.status_code for answer in answers} == {422}
    assert len(said) == 1


def test_the_eleventh_try_is_refused_even_when_right(app: Flask, cast: Cast) -> None:
    stranger = app.test_client()
    wrong = [attempt(stranger, "w-anna", "guess").status_code for _ in range(10)]
    right = attempt(stranger, "w-anna", PASSWORD)
    assert wrong == [422] * 10
    assert right.status_code == 429
    assert 0 < int(right.headers["Retry-After"]) <= 300


def test_an_address_runs_out_whatever_accounts_it_tries(app: Flask, cast: Cast) -> None:
    stranger = app.test_client()
    for number in range(10):
        attempt(stranger, f"w-{number}", "guess")
    assert attempt(stranger, "w-ben", PASSWORD).status_code == 429


def test_fifty_tries_at_once_get_ten(app: Flask, cast: Cast) -> None:
    def guess(_: int) -> int:
        return attempt(app.test_client(), "w-anna", "guess").status_code

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(guess, range(25)))
    assert answers.count(422) + answers.count(503) <= 10
    assert set(answers) <= {422, 429, 503}


def test_strangers_cannot_lock_out_a_browser_that_was_in_before(app: Flask, cast: Cast) -> None:
    own = app.test_client()
    assert attempt(own, "w-anna", PASSWORD).status_code == 303
    out = SignedIn(app, app.response_class)
    del out
    own.delete_cookie("blijk")
    for _ in range(12):
        attempt(app.test_client(), "w-anna", "guess")
    assert attempt(own, "w-anna", PASSWORD).status_code == 303


def test_a_browser_known_to_one_has_no_budget_for_another(app: Flask, cast: Cast) -> None:
    own = app.test_client()
    assert attempt(own, "w-ben", PASSWORD).status_code == 303
    own.delete_cookie("blijk")
    for _ in range(12):
        attempt(app.test_client(), "w-anna", "guess")
    assert attempt(own, "w-anna", PASSWORD).status_code == 429


def test_right_tries_use_nothing_up(app: Flask, cast: Cast) -> None:
    for _ in range(12):
        assert attempt(app.test_client(), "w-anna", PASSWORD).status_code == 303


@pytest.mark.parametrize(
    "then",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "//[", "/\t/evil.example"],
)
def test_one_only_ever_goes_on_to_a_page_of_ours(app: Flask, cast: Cast, then: str) -> None:
    browser = app.test_client()
    assert browser.get("/login", query_string={"next": then}).status_code == 200
    assert attempt(browser, "w-anna", PASSWORD, next=then).headers["Location"] == "/"


def test_who_left_cannot_come_in(app: Flask, cast: Cast, client_of: Browser) -> None:
    from datetime import UTC, datetime

    from app.db import transaction
    from app.outbox import settle
    from app.people.actions import import_people
    from tests.cast import row_of

    inside = client_of("anna")
    with app.app_context(), transaction():
        import_people([row_of("anna", active=False)], at=datetime.now(UTC))
        settle(datetime.now(UTC))
    assert attempt(app.test_client(), "w-anna", PASSWORD).status_code == 422
    assert inside.get("/me/settings").status_code == 303


def test_a_form_without_its_token_does_nothing(app: Flask, cast: Cast) -> None:
    answer = app.test_client().post("/login", data={"login": "w-anna", "password": PASSWORD})
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers or "blijk=" not in answer.headers["Set-Cookie"]


def test_signing_out_ends_the_session_for_good(client_of: Browser) -> None:
    browser = client_of("anna")
    cookie = browser.get_cookie("blijk")
    assert cookie
    assert browser.post("/logout").status_code == 303
    browser.set_cookie("blijk", cookie.value)
    assert browser.get("/me/settings").headers["Location"] == "/login?next=/me/settings"
