"""Places on a date: the last one goes once, who waits moves up, and calendars know it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import icalendar
import pytest
from flask import Flask

from app.activities import merging
from app.dates import actions, queries
from app.dates.rules import NewDate
from app.db import transaction
from app.errors import Conflict
from app.outbox import settle
from tests.app.activities.scene import Catalogue
from tests.app.activities.test_races import at_once
from tests.cast import Cast, SignedIn, platform_headers

Browser = Callable[[str], SignedIn]
NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
HTMX = {"HX-Request": "true"}


def plan(app: Flask, catalogue: Catalogue, **more: Any) -> int:
    told: dict[str, Any] = {
        "starts_at": NOW + 48 * HOUR,
        "ends_at": NOW + 51 * HOUR,
        "place": "Utrecht",
        "places": 2,
    }
    with app.app_context(), transaction():
        made = actions.plan(catalogue.first_aid, NewDate(**{**told, **more}), by=None, at=NOW)
        settle(NOW)
        return made


def state_of(app: Flask, date_id: int, person_id: int) -> str | None:
    with app.app_context():
        found: str | None = queries.one(date_id, person_id=person_id).mine
        return found


def test_the_page_shows_the_next_dates_and_a_place_is_taken(
    app: Flask, client_of: Browser, catalogue: Catalogue
) -> None:
    date_id = plan(app, catalogue)
    plan(app, catalogue, starts_at=NOW - 9 * HOUR, ends_at=NOW - 8 * HOUR)
    anna = client_of("anna")
    page = anna.get("/learn/first-aid").text
    assert page.count("places left") == 1
    answer = anna.post(f"/dates/{date_id}/reservation")
    assert answer.location == "/learn/first-aid#reserve"
    page = anna.get("/learn/first-aid").text
    assert "You have a place" in page
    assert "1 place left" in page
    assert "You have a place" in anna.get("/learn").text
    assert "You have a place" in anna.get("/").text
    for path in ("/", "/learn"):
        assert "Coming up" not in client_of("ben").get(path).text


def test_with_javascript_the_answer_takes_the_place_of_the_dates(
    app: Flask, client_of: Browser, catalogue: Catalogue
) -> None:
    date_id = plan(app, catalogue)
    anna = client_of("anna")
    text = anna.post(f"/dates/{date_id}/reservation", headers=HTMX).text
    assert text.lstrip().startswith('<section class="card" id="reserve"')
    assert "You have a place on" in text
    assert "free for somebody else" in anna.post(f"/dates/{date_id}/reservation/end", headers=HTMX).text


def test_when_it_is_full_one_waits_and_moves_up_in_the_order_of_asking(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue
) -> None:
    date_id = plan(app, catalogue, places=1)
    for name in ("anna", "ben", "eve"):
        client_of(name).post(f"/dates/{date_id}/reservation")
    assert [state_of(app, date_id, cast.id_of(name)) for name in ("anna", "ben", "eve")] == [
        "reserved", "waiting", "waiting",
    ]  # fmt: skip
    assert "Waiting list, number 2" in client_of("eve").get("/learn/first-aid").text
    client_of("anna").post(f"/dates/{date_id}/reservation/end")
    assert [state_of(app, date_id, cast.id_of(name)) for name in ("anna", "ben", "eve")] == [
        None, "reserved", "waiting",
    ]  # fmt: skip
    client_of("anna").post(f"/dates/{date_id}/reservation")
    assert "Waiting list, number 2" in client_of("anna").get("/learn/first-aid").text


@pytest.mark.usefixtures("inside")
def test_of_two_at_once_for_the_last_place_one_gets_it_and_the_other_waits(
    app: Flask, cast: Cast, catalogue: Catalogue
) -> None:
    for _ in range(5):
        date_id = plan(app, catalogue, places=1)
        people = (cast.anna, cast.ben, cast.eve, cast.mia)
        at_once(app, *[partial(actions.reserve, date_id, person_id=one, at=NOW) for one in people])
        states = sorted(str(state_of(app, date_id, one)) for one in people)
        assert states == ["reserved", "waiting", "waiting", "waiting"]


@pytest.mark.usefixtures("inside")
def test_the_same_person_five_times_at_once_has_one_place(
    app: Flask, cast: Cast, catalogue: Catalogue
) -> None:
    date_id = plan(app, catalogue)
    at_once(app, *[lambda: actions.reserve(date_id, person_id=cast.anna, at=NOW)] * 5)
    assert queries.one(date_id, person_id=cast.anna).taken == 1


@pytest.mark.usefixtures("inside")
def test_a_place_given_back_while_somebody_asks_is_never_lost(
    app: Flask, cast: Cast, catalogue: Catalogue
) -> None:
    for _ in range(5):
        date_id = plan(app, catalogue, places=1)
        with transaction():
            actions.reserve(date_id, person_id=cast.anna, at=NOW)
        at_once(
            app,
            partial(actions.give_back, date_id, person_id=cast.anna, at=NOW),
            partial(actions.reserve, date_id, person_id=cast.ben, at=NOW),
        )
        assert queries.one(date_id, person_id=cast.ben).mine == "reserved"


def test_with_more_places_who_waits_moves_up_and_with_fewer_nobody_loses_theirs(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue
) -> None:
    date_id = plan(app, catalogue, places=1)
    for name in ("anna", "ben", "eve"):
        client_of(name).post(f"/dates/{date_id}/reservation")
    form = {"starts_at": "2090-03-01T09:00", "ends_at": "2090-03-01T12:00", "places": "2", "version": "1"}
    leo = client_of("leo")
    assert leo.post(f"/admin/dates/{date_id}", data=form).status_code == 303
    assert state_of(app, date_id, cast.ben) == "reserved"
    assert leo.post(f"/admin/dates/{date_id}", data=form).status_code == 409
    fewer = {**form, "places": "1", "version": "2"}
    assert leo.post(f"/admin/dates/{date_id}", data=fewer).status_code == 303
    assert (state_of(app, date_id, cast.ben), state_of(app, date_id, cast.eve)) == ("reserved", "waiting")


def test_what_has_begun_or_does_not_go_on_takes_no_reservations(
    app: Flask, client_of: Browser, catalogue: Catalogue
) -> None:
    begun = plan(app, catalogue, starts_at=NOW - HOUR)
    off = plan(app, catalogue)
    leo, anna = client_of("leo"), client_of("anna")
    anna.post(f"/dates/{off}/reservation")
    assert leo.post(f"/admin/dates/{off}/cancel").status_code == 303
    for date_id in (begun, off):
        answer = client_of("ben").post(f"/dates/{date_id}/reservation")
        assert answer.status_code == 422
        assert "Choose another one" in answer.text
    assert "Does not go on" in anna.get("/learn/first-aid").text
    assert "Does not go on" not in client_of("ben").get("/learn/first-aid").text
    assert anna.post("/dates/9000000000/reservation").status_code == 404


# Planning ---------------------------------------------------------------------------------------------------


FORM = {
    "starts_at": "2090-03-01T09:00",
    "ends_at": "2090-03-01T12:00",
    "place": "Utrecht",
    "places": "12",
    "who": "Mia",
}


def test_a_date_is_planned_in_the_organisation_s_own_time_and_once(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue
) -> None:
    leo = client_of("leo")
    for _ in range(2):
        answer = leo.post("/admin/catalogue/first-aid/dates", data={**FORM, "once": "a key of its own"})
        assert answer.status_code == 303
    with app.app_context():
        (row,) = queries.all_of(catalogue.first_aid)
    assert row.starts_at == datetime(2090, 3, 1, 8, tzinfo=UTC)
    assert (row.leader, row.places, row.place) == ("Mia", 12, "Utrecht")
    page = leo.get(f"/admin/dates/{row.id}").text
    assert 'value="2090-03-01T09:00"' in page
    assert "Mia (" in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"starts_at": ""}, "Choose the day and the time"),
        ({"ends_at": "2090-03-01T09:00"}, "It ends after it starts"),
        ({"ends_at": "2090-05-01T09:00"}, "within a month"),
        ({"starts_at": "1066-10-14T09:00", "ends_at": "1066-10-14T10:00"}, "between 2000 and 2100"),
        ({"starts_at": "9999-12-31T23:59", "ends_at": "9999-12-31T23:59"}, "between 2000 and 2100"),
        ({"starts_at": "0001-01-01T00:00", "ends_at": "0001-01-01T00:01"}, "between 2000 and 2100"),
        ({"places": "0"}, "whole number from 1"),
        ({"places": "many"}, "whole number from 1"),
        ({"link": "javascript:alert(1)"}, "begins with http"),
        ({"who": "Nobody at all"}, "We know no colleague called Nobody at all."),
    ],
)
def test_a_date_that_cannot_be_comes_back_with_what_was_typed(
    app: Flask, client_of: Browser, catalogue: Catalogue, wrong: dict[str, str], said: str
) -> None:
    answer = client_of("leo").post("/admin/catalogue/first-aid/dates", data={**FORM, **wrong})
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="Utrecht"' in answer.text
    with app.app_context():
        assert queries.all_of(catalogue.first_aid) == []


@pytest.mark.usefixtures("inside")
def test_of_two_changes_at_once_one_is_told(app: Flask, catalogue: Catalogue) -> None:
    date_id = plan(app, catalogue)
    later = NewDate(starts_at=NOW + 50 * HOUR, ends_at=NOW + 51 * HOUR)
    answers = at_once(app, *[lambda: actions.change(date_id, later, version=1, by=None, at=NOW)] * 2)
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1


# Calendars --------------------------------------------------------------------------------------------------


def event_of(answer: Any) -> Any:
    assert answer.mimetype == "text/calendar"
    calendar = icalendar.Calendar.from_ical(answer.data)
    assert {str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")} == {"Europe/Amsterdam"}
    (event,) = calendar.walk("VEVENT")
    return event


def test_a_calendar_knows_the_date_again_after_a_change(
    app: Flask, client_of: Browser, catalogue: Catalogue
) -> None:
    leo, anna = client_of("leo"), client_of("anna")
    leo.post("/admin/catalogue/first-aid/dates", data={**FORM, "link": "https://meet.example/x"})
    with app.app_context():
        (row,) = queries.all_of(catalogue.first_aid)
    event = event_of(anna.get(f"/dates/{row.id}.ics"))
    assert (str(event["UID"]), event["SEQUENCE"], str(event["LOCATION"])) == (
        f"date-{row.id}@localhost",
        0,
        "Utrecht",
    )
    assert event["DTSTART"].dt == datetime(2090, 3, 1, 8, tzinfo=UTC)
    assert event["DTSTART"].params["TZID"] == "Europe/Amsterdam"
    assert "meet.example" not in str(event["DESCRIPTION"])
    anna.post(f"/dates/{row.id}/reservation")
    leo.post(
        f"/admin/dates/{row.id}",
        data={**FORM, "starts_at": "2090-07-01T09:00", "ends_at": "2090-07-01T10:00"},
    )
    again = event_of(anna.get(f"/dates/{row.id}.ics"))
    assert (again["UID"], again["SEQUENCE"]) == (event["UID"], 1)
    assert again["DTSTART"].dt == datetime(2090, 7, 1, 7, tzinfo=UTC)


def test_ones_own_reservation_is_a_file_and_nobody_else_s(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue
) -> None:
    date_id = plan(app, catalogue, places=1, link="https://meet.example/x")
    for name in ("anna", "ben"):
        client_of(name).post(f"/dates/{date_id}/reservation")
    with app.app_context():
        held = queries.one(date_id, person_id=cast.anna).reservation_id
        waits = queries.one(date_id, person_id=cast.ben).reservation_id
    event = event_of(client_of("anna").get(f"/reservations/{held}.ics"))
    assert (str(event["UID"]), str(event["STATUS"])) == (f"reservation-{held}@localhost", "CONFIRMED")
    assert "meet.example" in str(event["DESCRIPTION"])
    assert str(event_of(client_of("ben").get(f"/reservations/{waits}.ics"))["STATUS"]) == "TENTATIVE"
    assert client_of("ben").get(f"/reservations/{held}.ics").status_code == 404
    client_of("leo").post(f"/admin/dates/{date_id}/cancel")
    assert str(event_of(client_of("anna").get(f"/reservations/{held}.ics"))["STATUS"]) == "CANCELLED"


# The API ----------------------------------------------------------------------------------------------------


def test_a_program_plans_a_date_and_a_person_takes_a_place(
    app: Flask, client: Any, cast: Cast, catalogue: Catalogue, token_of: Callable[[str], dict[str, str]]
) -> None:
    system = platform_headers(app, "catalogue:write")
    new = {"starts_at": "2090-03-01T09:00:00+01:00", "ends_at": "2090-03-01T10:00:00+01:00", "places": 1}
    made = client.post("/api/v1/activities/first-aid/dates", json=new, headers=system)
    assert (made.status_code, made.json["version"], made.json["mine"]) == (201, 1, None)
    path = f"/api/v1/dates/{made.json['id']}"
    anna, ben = token_of("anna"), token_of("ben")
    assert client.put(f"{path}/reservation", headers=anna).json["mine"] == "reserved"
    assert client.put(f"{path}/reservation", headers=ben).json["mine"] == "waiting"
    assert client.delete(f"{path}/reservation", headers=anna).status_code == 204
    (held,) = client.get("/api/v1/reservations", headers=ben).json["reservations"]
    assert (held["state"], held["activity"]) == ("reserved", "first-aid")
    (date,) = client.get("/api/v1/dates?activity=first-aid", headers=ben).json["dates"]
    assert (date["taken"], date["mine"]) == (1, "reserved")
    assert client.put(path, json={**new, "version": 7}, headers=system).status_code == 409
    assert client.put(path, json={**new, "places": 2, "version": 1}, headers=system).json["places"] == 2
    assert client.delete(path, headers=system).status_code == 204
    naive = {**new, "starts_at": "2090-03-01T09:00:00"}
    assert client.post("/api/v1/activities/first-aid/dates", json=naive, headers=system).status_code == 422


def test_dates_go_along_when_their_activity_is_merged_and_come_back(
    app: Flask, client_of: Browser, catalogue: Catalogue, cast: Cast
) -> None:
    plan(app, catalogue)
    told = {"from_id": catalogue.first_aid, "into_id": catalogue.gas, "by": cast.leo, "at": NOW}
    with app.app_context(), transaction():
        merge_id = merging.merge(**told)
        settle(NOW)
    assert "places left" in client_of("anna").get("/learn/gas").text
    with app.app_context(), transaction():
        merging.undo(merge_id, since=[], by=cast.leo, at=NOW)
        settle(NOW)
    assert "places left" not in client_of("anna").get("/learn/gas").text
    assert "places left" in client_of("anna").get("/learn/first-aid").text
