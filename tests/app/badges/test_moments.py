"""The moment of a new badge: once, only one's own, and nothing of the past."""

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import text

from app.badges import actions, moments
from app.badges.rules import comes_quietly
from app.db import db, lock_people, transaction
from app.events import FactStated
from app.outbox import publish, settle
from app.people import actions as people
from tests.cast import Cast, SignedIn
from tests.small import badge, completed, load

Browser = Callable[[str], SignedIn]
SWAP = {"HX-Request": "true"}
ONE = [
    badge("five", (completed(2), 10), (completed(5), 50)),
    badge("first", (completed(1), 5)),
    badge("pointy", ({"points": 1}, 20)),
]


def learn(cast: Cast, number: int = 2, *, at: datetime | None = None, **more: Any) -> None:
    """Anna completes so many courses, just now."""
    load(ONE, at=datetime(2025, 1, 6, tzinfo=UTC))
    at = at or datetime.now(UTC) - timedelta(hours=1)
    with transaction():
        lock_people([cast.anna])
        publish(
            FactStated(
                person_id=cast.anna,
                source=f"told:{at.isoformat()}:{n}",
                kind="completed",
                at=at + timedelta(seconds=n),
                activity_kind="course",
                **more,
            )
            for n in range(number)
        )
        settle(datetime.now(UTC))


def shown(browser: SignedIn) -> str:
    return browser.get("/moment", headers=SWAP).text.strip()


def ids_in(html: str) -> list[str]:
    return re.findall(r'name="award" value="([\w-]+)"', html)


def test_all_that_is_new_is_one_dialog_and_of_tiers_the_highest(
    app: Flask, cast: Cast, client_of: Browser
) -> None:
    with app.app_context():
        learn(cast, 5)
    html = shown(client_of("anna"))
    assert html.count("<dialog") == 1
    assert len(ids_in(html)) == 4  # both tiers of one of them are seen together
    assert "x, tier 2" in html
    assert html.count("<li>") == 2
    assert 'hx-trigger="load, sse:award"' in client_of("anna").get("/album").text


def test_it_is_shown_until_it_was_seen_and_never_again_in_any_tab(
    app: Flask, cast: Cast, client_of: Browser
) -> None:
    with app.app_context():
        learn(cast)
    here, there = client_of("anna"), client_of("anna")
    ids = ids_in(shown(here))
    assert ids_in(shown(there)) == ids
    assert shown(here), "looking changes nothing"
    assert '<img class="badge" src="/pictures/' in shown(here), (
        "a picture drawn in the page has forty elements"
    )
    answer = here.post("/moment", data={"award": ids}, headers=SWAP)
    assert (answer.status_code, answer.text.strip()) == (200, "")
    assert shown(there) == ""
    assert there.post("/moment", data={"award": ids}).headers["Location"] == "/"
    assert 'hx-trigger="sse:award"' in there.get("/album").text


def test_two_tabs_that_close_it_at_once_see_it_once(app: Flask, cast: Cast) -> None:
    with app.app_context():
        learn(cast)
        ids = list(db.session.scalars(text("SELECT id FROM award")))
    moment, start = datetime.now(UTC), threading.Barrier(4)

    def close(number: int) -> None:
        with app.app_context():
            start.wait()
            with transaction():
                actions.see(cast.anna, ids, at=moment + timedelta(seconds=number))

    threads = [threading.Thread(target=close, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert len(set(db.session.scalars(text("SELECT seen_at FROM award")))) == 1
        assert moments.news(cast.anna, "en", with_points=True) is None


def test_what_came_while_it_was_open_comes_after_it(app: Flask, cast: Cast, client_of: Browser) -> None:
    with app.app_context():
        learn(cast, 1)
    anna = client_of("anna")
    ids = ids_in(shown(anna))
    with app.app_context():
        learn(cast, 1, at=datetime.now(UTC) - timedelta(minutes=1))
    after = anna.post("/moment", data={"award": ids}, headers=SWAP).text
    assert after.count("<dialog") == 1
    assert not set(ids_in(after)) & set(ids)


def test_nobody_sees_for_somebody_else(app: Flask, cast: Cast, client_of: Browser) -> None:
    with app.app_context():
        learn(cast)
    ids = ids_in(shown(client_of("anna")))
    assert shown(client_of("ben")) == ""
    for then in ("", "badge", "thanks"):
        answer = client_of("ben").post("/moment", data={"award": ids, "then": then})
        assert answer.headers["Location"] == "/"
    assert ids_in(shown(client_of("anna"))) == ids
    assert client_of("ben").post("/moment", data={"award": "no id"}).status_code == 422


def test_it_leads_to_the_badge_and_to_thanks_for_who_confirmed_it(
    app: Flask, cast: Cast, client_of: Browser
) -> None:
    with app.app_context():
        learn(cast, confirmed_by=cast.ben)
    anna = client_of("anna")
    html = shown(anna)
    assert "Thank Ben" in html
    form = {"award": ids_in(html)}
    assert anna.post("/moment", data={**form, "then": "badge"}).headers["Location"].startswith("/badges/")
    onward = anna.post("/moment", data={**form, "then": "thanks"}).headers["Location"]
    assert onward == "/kudos?to=ben#kudos-form"
    assert f'name="receivers" value="{cast.ben}" checked' in anna.get(onward).text


def test_the_manager_is_thanked_where_nobody_else_helped_and_nobody_who_left(
    app: Flask, cast: Cast, client_of: Browser
) -> None:
    with app.app_context():
        learn(cast, confirmed_by=cast.anna)
        assert moments.coach(cast.anna, newest(cast)).handle == "mia"
        with transaction():
            db.session.execute(text("UPDATE person SET active = false WHERE id = :mia"), {"mia": cast.mia})
        assert moments.coach(cast.anna, newest(cast)) is None
    html = shown(client_of("anna"))
    assert "See the badge" in html
    assert 'value="thanks"' not in html


def newest(cast: Cast) -> moments.Fresh:
    found = moments.news(cast.anna, "en", with_points=True)
    assert found is not None
    return found.newest


def test_who_does_without_points_or_wants_it_calm_gets_a_note_on_home(
    app: Flask, cast: Cast, client_of: Browser
) -> None:
    with app.app_context():
        learn(cast)
    anna = client_of("anna")
    assert "news-spare" in anna.get("/").text
    for choice in ({"game": False}, {"game": True, "moments": False}):
        with app.app_context(), transaction():
            people.choose(person_id=cast.anna, **choice)
            settle(datetime.now(UTC))
        home = anna.get("/").text
        assert 'id="moment"' not in home
        assert shown(anna) == ""
        assert "New in your album" in home
        assert "news-spare" not in home
    anna.post("/moment", data={"award": ids_in(home)})
    assert "New in your album" not in anna.get("/").text


def test_an_organisation_without_points_has_no_dialogs(app: Flask, cast: Cast, client_of: Browser) -> None:
    with app.app_context():
        learn(cast)
        with transaction():
            db.session.execute(text("UPDATE organisation SET points_on = false"))
    assert shown(client_of("anna")) == ""


def test_what_comes_from_the_past_comes_quietly(app: Flask, cast: Cast, client_of: Browser) -> None:
    with app.app_context():
        learn(cast, at=datetime.now(UTC) - timedelta(days=60))
        assert db.session.scalar(text("SELECT count(*) FROM award"))
        assert moments.news(cast.anna, "en", with_points=True) is None
    assert shown(client_of("anna")) == ""
    at = datetime.now(UTC)
    assert comes_quietly(at, at, retroactive=True)
    assert not comes_quietly(at - timedelta(days=13), at, retroactive=False)


def test_a_badge_that_was_taken_away_is_not_shown(app: Flask, cast: Cast, client_of: Browser) -> None:
    with app.app_context():
        learn(cast)
        with transaction():
            db.session.execute(text("UPDATE award SET revoked_at = now()"))
    assert shown(client_of("anna")) == ""
