"""Who was there has completed it, on the word of who led it: ticked on a list, or by a code for that hour."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.activities.records import completions_of
from app.dates import actions, queries
from app.db import db, transaction
from app.errors import NotFound, Refused
from app.facts.models import Fact
from app.outbox import settle
from tests.app.activities.scene import Catalogue
from tests.app.activities.test_races import at_once, facts
from tests.app.dates.test_places import HOUR, NOW, plan
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]


@pytest.fixture
def date_id(app: Flask, cast: Cast, catalogue: Catalogue) -> int:
    """First aid, going on now, led by Mia."""
    return plan(app, catalogue, starts_at=NOW - HOUR, ends_at=NOW + HOUR, leader_id=cast.mia, places=10)


def stand(app: Flask) -> dict[int, Any]:
    """The facts that stand, by person."""
    with app.app_context():
        return {fact.person_id: fact for fact in db.session.query(Fact).where(Fact.withdrawn_at.is_(None))}


def tick(client: SignedIn, date_id: int, *present: int, was: tuple[int, ...] = (), who: str = "") -> int:
    data = {"present": list(present), "was": list(was), "who": who}
    return client.post(f"/dates/{date_id}/attendance", data=data).status_code


def test_the_leader_ticks_and_it_counts_once_on_their_word(
    app: Flask, cast: Cast, client_of: Browser, date_id: int, catalogue: Catalogue
) -> None:
    mia = client_of("mia")
    assert tick(mia, date_id, cast.anna, cast.ben) == 303
    assert tick(mia, date_id, cast.anna, cast.ben) == 303
    found = stand(app)
    assert set(found) == {cast.anna, cast.ben}
    assert (found[cast.anna].confirmed_by, found[cast.anna].activity_id) == (cast.mia, catalogue.first_aid)
    assert found[cast.anna].edition == str(NOW.year)
    with app.app_context():
        (row,) = completions_of(cast.anna)[0]
    assert (row.state, row.origin, row.confirmer) == ("confirmed", "attendance", "Mia")
    assert "Done on" in client_of("anna").get("/learn/first-aid").text


def test_a_tick_taken_away_counts_no_more_and_ticked_again_it_counts_again(
    app: Flask, cast: Cast, client_of: Browser, date_id: int
) -> None:
    mia = client_of("mia")
    for _ in range(2):
        tick(mia, date_id, cast.anna, cast.ben)
    tick(mia, date_id, cast.ben, was=(cast.anna, cast.ben))
    assert set(stand(app)) == {cast.ben}
    tick(mia, date_id, cast.anna, cast.ben, was=(cast.ben,))
    assert set(stand(app)) == {cast.anna, cast.ben}


def test_who_came_by_the_code_while_the_list_was_open_stays(
    app: Flask, cast: Cast, client_of: Browser, date_id: int
) -> None:
    tick(client_of("mia"), date_id, cast.anna)
    tick(client_of("mia"), date_id, cast.ben)  # a page made before Anna was there
    assert set(stand(app)) == {cast.anna, cast.ben}


def test_who_came_without_a_place_is_added_by_name(
    app: Flask, cast: Cast, client_of: Browser, date_id: int
) -> None:
    mia = client_of("mia")
    assert tick(mia, date_id, who="Eve") == 303
    assert set(stand(app)) == {cast.eve}
    assert "Came along" in mia.get(f"/dates/{date_id}/attendance").text
    assert tick(mia, date_id, who="Nobody") == 422


def test_nobody_ticks_themselves_and_others_find_no_list(
    app: Flask, cast: Cast, client_of: Browser, date_id: int
) -> None:
    assert tick(client_of("mia"), date_id, cast.mia) == 422
    assert tick(client_of("ben"), date_id, cast.anna) == 404
    assert client_of("ben").get(f"/dates/{date_id}/attendance").status_code == 404
    assert stand(app) == {}
    answer = client_of("leo").post(f"/admin/dates/{date_id}/attendance", data={"present": [cast.mia]})
    assert answer.status_code == 303
    assert stand(app)[cast.mia].confirmed_by == cast.leo


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("at", [NOW - 2 * HOUR, NOW + timedelta(days=90)])
def test_there_are_hours_for_it(app: Flask, cast: Cast, date_id: int, at: Any) -> None:
    with pytest.raises(Refused, match="half an hour before"), transaction():
        actions.tick(date_id, present=[cast.anna], by=cast.mia, at=at)


def test_hostile_ticks_are_refused(app: Flask, cast: Cast, client_of: Browser, date_id: int) -> None:
    mia = client_of("mia")
    for present in ("x", "9" * 30, "-1"):
        data = {"present": [present]}
        assert mia.post(f"/dates/{date_id}/attendance", data=data).status_code == 422
    assert tick(mia, date_id, 8_000_000_000) in (404, 422)
    assert stand(app) == {}


@pytest.mark.usefixtures("inside")
def test_five_ticks_at_once_count_once(app: Flask, cast: Cast, date_id: int) -> None:
    answers = at_once(
        app, *[lambda: actions.tick(date_id, present=[cast.anna, cast.ben], by=cast.mia, at=NOW)] * 5
    )
    assert len(stand(app)) == 2
    assert not [answer for answer in answers if isinstance(answer, Refused)]
    assert facts(answers) is not None


# By the code ------------------------------------------------------------------------------------------------


def code_of(app: Flask, cast: Cast, date_id: int, at: Any = NOW) -> str:
    with app.app_context():
        made = actions.make_code(date_id, by=cast.mia, at=at)
    assert made
    return made[0]


def test_the_leader_shows_a_code_that_a_phone_can_read(
    app: Flask, cast: Cast, client_of: Browser, date_id: int
) -> None:
    mia = client_of("mia")
    page = mia.get(f"/dates/{date_id}/code").text
    assert "Valid until" in page
    assert "/attend/" in page
    picture = mia.get(f"/dates/{date_id}/code.svg")
    assert (picture.mimetype, picture.headers["Cache-Control"]) == ("image/svg+xml", "no-store")
    assert b"<path" in picture.data
    assert client_of("ben").get(f"/dates/{date_id}/code").status_code == 404
    assert client_of("leo").get(f"/dates/{date_id}/code.svg").status_code == 404


def test_who_opens_the_code_is_present_once_on_the_leader_s_word(
    app: Flask, cast: Cast, client_of: Browser, date_id: int
) -> None:
    anna, code = client_of("anna"), code_of(app, cast, date_id)
    assert "Are you here?" in anna.get(f"/attend/{code}").text
    assert stand(app) == {}, "looking alone records nothing"
    for _ in range(2):
        assert anna.post(f"/attend/{code}").status_code == 303
    assert "You are present" in anna.get(f"/attend/{code}").text
    assert stand(app)[cast.anna].confirmed_by == cast.mia
    assert "By the code" in client_of("mia").get(f"/dates/{date_id}/attendance").text


def test_the_leader_s_own_code_is_not_for_the_leader(
    app: Flask, cast: Cast, client_of: Browser, date_id: int
) -> None:
    assert client_of("mia").post(f"/attend/{code_of(app, cast, date_id)}").status_code == 422
    assert stand(app) == {}


def test_a_stranger_signs_in_first(app: Flask, cast: Cast, client: Any, date_id: int) -> None:
    answer = client.get(f"/attend/{code_of(app, cast, date_id)}")
    assert answer.location.startswith("/login?next=/attend/")


@pytest.mark.usefixtures("inside")
def test_a_code_is_valid_for_an_hour_and_within_the_hours_of_the_date(
    app: Flask, cast: Cast, date_id: int
) -> None:
    assert actions.make_code(date_id, by=cast.mia, at=NOW - 2 * HOUR) is None
    assert actions.make_code(date_id, by=cast.mia, at=NOW + 2 * HOUR) is None
    code = code_of(app, cast, date_id, NOW - HOUR)
    assert actions.read_code(code, NOW - HOUR / 2)[0] == date_id
    with pytest.raises(Refused, match="not valid any more"):
        actions.read_code(code, NOW + HOUR)
    with transaction():
        actions.cancel_date(date_id, by=None, at=NOW)
        settle(NOW)
    with pytest.raises(Refused), transaction():
        actions.attend(code, person_id=cast.anna, at=NOW - HOUR / 2)


@pytest.mark.parametrize(
    "wrong", ["x", "1.2.3", "1.2.3.", "....", "%00", "a" * 5000, "1.1.9999999999999.AAAA", "é.ü.ß.ñ"]
)
def test_a_made_up_code_is_not_known(client_of: Browser, date_id: int, wrong: str) -> None:
    anna = client_of("anna")
    assert anna.get(f"/attend/{wrong}").status_code in (400, 404, 414)
    assert anna.post(f"/attend/{wrong}").status_code in (400, 404, 414)


@pytest.mark.usefixtures("inside")
def test_a_changed_code_is_not_known(app: Flask, cast: Cast, date_id: int) -> None:
    date, by, until, signature = code_of(app, cast, date_id).split(".")
    for said in (
        f"{date}.{cast.ben}.{until}",
        f"{date}.{by}.{int(until) + 1}",
        f"{int(date) + 1}.{by}.{until}",
    ):
        with pytest.raises(NotFound):
            actions.read_code(f"{said}.{signature}", NOW)


@pytest.mark.usefixtures("inside")
def test_a_tick_and_a_code_at_once_count_once(app: Flask, cast: Cast, date_id: int) -> None:
    code = code_of(app, cast, date_id)
    at_once(
        app,
        lambda: actions.attend(code, person_id=cast.anna, at=NOW),
        lambda: actions.tick(date_id, present=[cast.anna, cast.ben], by=cast.mia, at=NOW),
        lambda: actions.attend(code, person_id=cast.ben, at=NOW),
    )
    assert set(stand(app)) == {cast.anna, cast.ben}
    with app.app_context():
        assert {row.id for row in queries.listed(date_id) if row.present} == {cast.anna, cast.ben}
