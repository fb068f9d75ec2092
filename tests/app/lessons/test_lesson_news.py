"""A feed says how many lessons came since it was made: of those that one may read, and of none without a name."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app import flow, live, worker
from app.db import db, transaction
from app.events import LessonShared
from app.lessons import changing, handlers, queries
from app.outbox import settle
from tests.app.activities.scene import counting
from tests.app.lessons.conftest import AT
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]
Share = Callable[..., int]
SWAP = {"HX-Request": "true"}
LATER = AT + timedelta(hours=1)


def news(client: SignedIn, **asked: Any) -> str:
    """What stands over the feed; "" when there is nothing to say again."""
    answer = client.get("/lessons/news", query_string={"since": AT.isoformat(), **asked}, headers=SWAP)
    assert answer.status_code in (200, 204), answer.text
    return answer.text


@pytest.mark.parametrize(
    ("audience", "readers"), [("team", {"ben", "mia"}), ("everyone", {"ben", "mia", "eve", "clara", "dan"})]
)
def test_only_who_may_read_it_is_told_and_its_author_is_not(
    audience: str, readers: set[str], share: Share, client_of: Browser
) -> None:
    share("anna", at=LATER, audience=audience)
    told = {
        name
        for name in ("anna", "ben", "mia", "eve", "clara", "dan")
        if "1 new lesson" in news(client_of(name))
    }
    assert told == readers


def test_the_team_tab_counts_what_stands_there(share: Share, client_of: Browser) -> None:
    share("anna", at=LATER, audience="everyone")
    share("eve", at=LATER, audience="everyone", title="From another team")
    assert "2 new lessons" in news(client_of("ben"))
    assert "1 new lesson" in news(client_of("ben"), show="team")


def test_one_without_a_name_is_no_news_whenever_one_asks(share: Share, client_of: Browser) -> None:
    share("anna", at=LATER, audience="everyone", unnamed=True)
    long_ago = (AT - timedelta(days=30)).isoformat()
    assert news(client_of("ben"), since=long_ago) == ""
    share("mia", at=LATER, audience="everyone", title="A valve that stayed open")
    told = news(client_of("ben"), since=long_ago)
    assert "1 new lesson" in told
    cards = client_of("ben").get("/lessons/new", query_string={"since": long_ago}, headers=SWAP).text
    assert cards.count("<article") == 1
    assert "without a name" not in cards


def test_a_name_that_was_taken_off_takes_the_news_away(
    app: Flask, cast: Cast, share: Share, client_of: Browser
) -> None:
    lesson_id = share("anna", at=LATER, audience="everyone")
    assert "1 new lesson" in news(client_of("ben"))
    with app.app_context(), transaction():
        changing.take_names_off([(lesson_id, cast.anna)], at=LATER)
        settle(LATER)
    assert "1 new lesson" not in news(client_of("ben"), had=1)


def test_the_same_number_is_not_said_again_and_another_one_is(share: Share, client_of: Browser) -> None:
    share("anna", at=LATER)
    assert news(client_of("ben"), had=1) == ""
    share("mia", at=LATER, title="A second one of today", audience="everyone")
    told = news(client_of("ben"), had=1)
    assert "2 new lessons" in told
    assert 'role="status"' in told


def test_more_than_a_page_is_read_by_opening_the_feed(share: Share, client_of: Browser) -> None:
    for number in range(8):
        share("anna", at=LATER + timedelta(minutes=number), title=f"Lesson number {number}")
    told = news(client_of("ben"))
    assert "More than 6 new lessons" in told
    assert 'hx-target="#feed"' not in told


def test_a_click_brings_the_new_ones_and_an_empty_place_from_the_newest_on(
    share: Share, client_of: Browser
) -> None:
    share("anna", title="It stood there already")
    newest = LATER + timedelta(minutes=1)
    share("anna", at=LATER, title="The first of the new ones")
    share("mia", at=newest, title="The second of the new ones", audience="everyone")
    page = client_of("ben").get("/lessons/new", query_string={"since": AT.isoformat()}, headers=SWAP).text
    assert page.index("The second of the new ones") < page.index("The first of the new ones")
    assert "It stood there already" not in page
    assert page.count("autofocus") == 1
    assert 'id="feed-news"' in page
    assert f"since={newest.isoformat().replace('+', '%2B').replace(':', ':')}" in page
    assert "1 new lesson" not in page


def test_only_feeds_that_stand_newest_first_listen(share: Share, client_of: Browser) -> None:
    share("anna")
    for show, listens in (("all", True), ("team", True), ("most", False), ("saved", False), ("mine", False)):
        page = client_of("ben").get(f"/lessons?show={show}").text
        assert ('id="feed-news"' in page) is listens, show
        assert ('sse-connect="/events?hear=lesson"' in page) is listens, show


@pytest.mark.parametrize(
    "asked", ["since=yesterday", "since=2026-11-01", "show=mine&since=2026-11-01T00:00:00Z", ""]
)
def test_what_makes_no_sense_is_refused(asked: str, skill: int, client_of: Browser) -> None:
    for path in ("/lessons/news", "/lessons/new"):
        assert client_of("ben").get(f"{path}?{asked}", headers=SWAP).status_code == 422


def test_asking_costs_the_same_however_many_came(app: Flask, share: Share, client_of: Browser) -> None:
    ben = client_of("ben")

    def asked() -> int:
        with app.app_context(), counting() as statements:
            news(ben)
            db.session.remove()
        return len([one for one in statements if not one.startswith(("BEGIN", "COMMIT", "ROLLBACK"))])

    share("anna", at=LATER)
    asked()
    few = asked()
    for number in range(5):
        share("anna", at=LATER, title=f"Lesson number {number}")
    assert asked() <= few <= 3


# Whose open pages hear of it ----------------------------------------------------------------------------------


@pytest.fixture
def nudged(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the worker said to open pages."""
    heard: list[tuple[Any, ...]] = []
    monkeypatch.setattr(
        live, "nudge", lambda ids, *names: heard.append((None if ids is None else sorted(ids), *names))
    )
    return heard


def relay(app: Flask) -> None:
    with app.app_context():
        while worker.relay(datetime.now(UTC)):
            pass


def test_a_lesson_for_the_team_rings_with_the_team_and_its_manager(
    app: Flask, cast: Cast, share: Share, nudged: list[Any]
) -> None:
    share("anna", at=LATER)
    relay(app)
    assert [one for one in nudged if "lesson" in one] == [(sorted([cast.anna, cast.ben, cast.mia]), "lesson")]


def test_one_for_everyone_rings_everywhere_and_one_without_a_name_nowhere(
    app: Flask, share: Share, nudged: list[Any]
) -> None:
    share("anna", at=LATER, audience="everyone")
    relay(app)
    assert [one for one in nudged if "lesson" in one] == [(None, "lesson")]
    nudged.clear()
    share("anna", at=LATER, audience="everyone", title="A thing I would rather not sign", unnamed=True)
    share("ben", at=LATER, title="Nor I this one", unnamed=True)
    relay(app)
    assert [one for one in nudged if "lesson" in one] == []


def test_a_lesson_that_went_before_the_worker_came_rings_with_nobody(
    app: Flask, cast: Cast, share: Share, nudged: list[Any]
) -> None:
    lesson_id = share("anna", at=LATER)
    with app.app_context(), transaction():
        changing.delete_lessons([(lesson_id, cast.anna)], at=LATER)
        settle(LATER)
    relay(app)
    assert [one for one in nudged if "lesson" in one] == [([], "lesson")]
    assert flow.LATER[LessonShared] == [handlers.nudge]


# On the page of an activity -----------------------------------------------------------------------------------


def test_lessons_about_the_same_are_those_that_one_may_read(
    app: Flask, cast: Cast, skill: int, share: Share, client_of: Browser
) -> None:
    share("anna", title="Only for the team of Anna")
    share("eve", title="For everybody who turns valves", audience="everyone", unnamed=True)
    with app.app_context():
        told = {
            name: [row.title for row in queries.about(cast.id_of(name), [skill])] for name in ("ben", "eve")
        }
        assert queries.about(cast.ben, []) == []
        assert queries.about(cast.ben, [skill + 999]) == []
    assert set(told["ben"]) == {"Only for the team of Anna", "For everybody who turns valves"}
    assert told["eve"] == ["For everybody who turns valves"]
