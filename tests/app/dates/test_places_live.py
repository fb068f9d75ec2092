"""A page with dates hears when a place is taken or given back, and gets numbers for the dates that it shows."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from app import live, worker
from app.activities import merging
from app.dates import actions
from app.dates.rules import NewDate
from app.db import db, transaction
from app.outbox import settle
from tests.app.activities.scene import Catalogue, counting
from tests.app.dates.test_places import HOUR, NOW, plan, state_of
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]
SWAP = {"HX-Request": "true"}
BEGINS_AND_ENDS = {"starts_at": NOW + 48 * HOUR, "ends_at": NOW + 51 * HOUR}


@pytest.fixture
def nudged(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What the worker says to open pages, of places."""
    heard: list[str] = []
    monkeypatch.setattr(live, "nudge", lambda _ids, *names: heard.extend(names))

    def since() -> list[str]:
        with app.app_context():
            while worker.relay(datetime.now(UTC)):
                pass
        found, heard[:] = [name for name in heard if name.startswith("places:")], []
        return found

    return since


def spans(page: str) -> dict[str, str]:
    """The numbers that came, by the place in which they go."""
    return dict(re.findall(r'<span id="([\w-]+)" hx-swap-oob="true">(.*?)</span>', page))


def ask(client: SignedIn, **asked: Any) -> dict[str, str]:
    answer = client.get("/learn/first-aid/places", query_string=asked, headers=SWAP)
    assert answer.status_code == 200
    return spans(answer.text)


def test_each_change_of_places_is_told_once(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue, nudged: Callable[[], list[str]]
) -> None:
    date_id, told = plan(app, catalogue, places=1), [f"places:{catalogue.first_aid}"]
    nudged()
    anna = client_of("anna")
    for path, hears in (
        (f"/dates/{date_id}/reservation", told),
        (f"/dates/{date_id}/reservation", []),
        (f"/dates/{date_id}/reservation/end", told),
        (f"/dates/{date_id}/reservation/end", []),
    ):
        anna.post(path)
        assert nudged() == hears, path
    with app.app_context(), transaction():
        actions.change(date_id, NewDate(**BEGINS_AND_ENDS, places=9), version=None, by=cast.leo, at=NOW)
        settle(NOW)
    assert nudged() == told
    with app.app_context(), transaction():
        actions.cancel_date(date_id, by=cast.leo, at=NOW)
        settle(NOW)
    assert nudged() == told


def test_who_is_erased_gives_places_back_and_open_pages_hear_it(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue, nudged: Callable[[], list[str]]
) -> None:
    date_id = plan(app, catalogue, places=1)
    client_of("anna").post(f"/dates/{date_id}/reservation")
    nudged()
    with app.app_context(), transaction():
        actions.give_back_all([cast.anna], at=NOW)
        settle(NOW)
    assert nudged() == [f"places:{catalogue.first_aid}"]


def test_the_page_says_which_dates_it_shows_and_gets_their_numbers(
    app: Flask, client_of: Browser, catalogue: Catalogue
) -> None:
    date_id, other = plan(app, catalogue, places=2), plan(app, catalogue, places=None)
    eve = client_of("eve")
    page = eve.get("/learn/first-aid").text
    assert f'sse-connect="/events?hear=places:{catalogue.first_aid}"' in page
    assert f"sse:places:{catalogue.first_aid}" in page
    (url,) = re.findall(r'<div hidden hx-get="(/learn/[^"]*)"', page)
    found = spans(eve.get(url.replace("&amp;", "&"), headers=SWAP).text)
    assert found == {
        f"room-{date_id}": "2 places left",
        f"take-{date_id}": "Reserve a place",
        f"room-{other}": "Everybody is welcome",
        f"take-{other}": "Reserve a place",
    }
    assert all(f'<span id="{place}">' in page for place in found)
    client_of("anna").post(f"/dates/{date_id}/reservation")
    assert ask(eve, room=[date_id]) == {f"room-{date_id}": "1 place left"}
    client_of("ben").post(f"/dates/{date_id}/reservation")
    assert ask(eve, room=[date_id], take=[date_id]) == {
        f"room-{date_id}": "Full",
        f"take-{date_id}": "Join the waiting list",
    }


def test_who_waits_sees_their_number_and_then_their_place(
    app: Flask, client_of: Browser, catalogue: Catalogue
) -> None:
    date_id = plan(app, catalogue, places=1)
    for name in ("anna", "ben", "eve"):
        client_of(name).post(f"/dates/{date_id}/reservation")
    assert ask(client_of("eve"), line=[date_id]) == {f"line-{date_id}": "Waiting list, number 2"}
    client_of("ben").post(f"/dates/{date_id}/reservation/end")
    assert ask(client_of("eve"), line=[date_id]) == {f"line-{date_id}": "Waiting list, number 1"}
    client_of("anna").post(f"/dates/{date_id}/reservation/end")
    assert ask(client_of("eve"), line=[date_id]) == {f"line-{date_id}": "You have a place"}


def test_a_date_that_was_cancelled_says_so_and_one_of_another_activity_says_nothing(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue
) -> None:
    date_id = plan(app, catalogue)
    with app.app_context(), transaction():
        elsewhere = actions.plan(catalogue.gas, NewDate(**BEGINS_AND_ENDS), by=None, at=NOW)
        actions.cancel_date(date_id, by=cast.leo, at=NOW)
        settle(NOW)
    assert ask(client_of("anna"), room=[date_id, elsewhere, 999]) == {f"room-{date_id}": "Does not go on"}


def test_of_an_activity_that_was_merged_the_other_one_gives_the_places(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue, nudged: Callable[[], list[str]]
) -> None:
    date_id = plan(app, catalogue, places=3)
    with app.app_context(), transaction():
        merging.merge(from_id=catalogue.first_aid, into_id=catalogue.gas, by=cast.leo, at=NOW)
        settle(NOW)
    nudged()
    page = client_of("anna").get("/learn/first-aid", follow_redirects=True)
    assert f"/dates/{date_id}/reservation" in page.text
    assert client_of("anna").post(f"/dates/{date_id}/reservation").status_code == 303
    assert state_of(app, date_id, cast.anna) == "reserved"
    assert nudged() == [f"places:{catalogue.gas}"]


def test_many_dates_cost_one_question(app: Flask, client_of: Browser, catalogue: Catalogue) -> None:
    dates = [plan(app, catalogue) for _ in range(6)]
    anna = client_of("anna")

    def asked(*ids: int) -> int:
        with app.app_context(), counting() as statements:
            ask(anna, room=ids, take=ids)
            db.session.remove()
        return len([one for one in statements if not one.startswith(("BEGIN", "COMMIT", "ROLLBACK"))])

    asked(*dates)
    assert asked(*dates) == asked(dates[0]) <= 4
