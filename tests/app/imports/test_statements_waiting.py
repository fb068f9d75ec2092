"""A statement about somebody unknown waits, and counts when the person becomes known."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from app.db import transaction
from app.outbox import settle
from app.people import actions as people
from tests.app.imports.scene import Platform, says, voids
from tests.cast import row_of

Completions = Callable[[], list[tuple[int, datetime]]]
TODAY = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def hire(app: Flask, name: str, **more: Any) -> int:
    with app.app_context(), transaction():
        done = people.import_people([row_of(name, **more)], at=TODAY)
        settle(TODAY)
    return done.id_of(f"w-{name}")


@pytest.mark.parametrize(
    "actor",
    [
        {"mbox": "mailto:Zoe@waterveld.example"},
        {"account": {"homePage": "https://hr.example/", "name": "w-zoe"}},
        {"account": {"homePage": "https://moodle.example", "name": "12"}},
    ],
)
def test_it_counts_from_the_moment_it_happened(
    app: Flask, lms: Platform, completions: Completions, actor: dict[str, Any]
) -> None:
    gone = says(actor=actor, about="urn:voided")
    lms.post([says(actor=actor), says(actor=actor, verb="http://id.tincanapi.com/verb/viewed"), gone])
    lms.post(voids(gone["id"]))
    assert completions() == []
    zoe = hire(app, "zoe", accounts=[("https://moodle.example", "12")])
    assert completions() == [(zoe, datetime(2026, 3, 2, 9, 0, tzinfo=UTC))]
    hire(app, "zoe", accounts=[("https://moodle.example", "12")], job="Diver")
    assert len(completions()) == 1


def test_what_waited_can_be_voided_afterwards(app: Flask, lms: Platform, completions: Completions) -> None:
    statement = says("zoe")
    lms.post(statement)
    hire(app, "zoe")
    lms.post(voids(statement["id"]))
    assert completions() == []


def test_what_waited_and_comes_again_counts_once(app: Flask, lms: Platform, completions: Completions) -> None:
    statement = says("zoe")
    lms.post(statement)
    hire(app, "zoe")
    lms.post([statement, says("zoe", timestamp="2026-03-09T09:00:00Z")])
    assert len(completions()) == 1


def test_a_new_name_of_somebody_known_is_enough(
    app: Flask, lms: Platform, cast: Any, completions: Completions
) -> None:
    lms.post(says(actor={"account": {"homePage": "https://moodle.example", "name": "9"}}))
    hire(app, "anna", accounts=[("https://moodle.example", "9")])
    assert [person for person, _ in completions()] == [cast.anna]


def test_accounts_of_another_client_keep_waiting(
    app: Flask, other_lms: Platform, lms: Platform, completions: Completions
) -> None:
    """Only where a client says what its accounts are, they are personnel numbers."""
    other_lms.post(says(actor={"account": {"homePage": "https://hr.example", "name": "w-zoe"}}))
    hire(app, "zoe")
    assert completions() == []


def test_an_account_that_is_an_address_waits_without_its_capitals(
    app: Flask, cast: Any, completions: Completions
) -> None:
    from tests.cast import platform_headers

    accounts = {"account_home": "https://sso.example", "account_is": "email"}
    sso = Platform(app.test_client(), platform_headers(app, "xapi:write", **accounts))
    sso.post(says(actor={"account": {"homePage": "https://sso.example", "name": "Zoe@Waterveld.example"}}))
    zoe = hire(app, "zoe")
    assert [person for person, _ in completions()] == [zoe]
