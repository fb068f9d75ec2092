"""When somebody is away: entered by them or by HR, without a reason; seen by these two; terms count other days."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.db import db, transaction
from app.outbox import settle
from app.people import actions as people
from app.people import pauses
from app.people.pauses import Away
from tests.cast import Cast, SignedIn, platform_headers

AT = datetime.now(UTC)
TODAY = AT.date()
Call = Callable[..., TestResponse]


def day(ahead: int) -> date:
    return TODAY + timedelta(days=ahead)


def enter(cast: Cast, since: int, until: int, who: str = "anna") -> dict[int, str]:
    item = Away(cast.id_of(who), day(since), day(until))
    with transaction():
        refused = pauses.enter([item], by=cast.id_of(who), today=TODAY, at=AT)
        settle(AT)
        return refused


@pytest.fixture
def ask(client: FlaskClient, token_of: Callable[[str], dict[str, str]]) -> Call:
    def call(name: str, method: str, path: str, **json: Any) -> TestResponse:
        told = {"json": json} if method != "GET" else {}
        return client.open("/api/v1" + path, method=method, headers=token_of(name), **told)

    return call


def stored(app: Flask) -> list[tuple[int, date, date]]:
    with app.app_context():
        rows = db.session.execute(text("SELECT person_id, since, until FROM pause ORDER BY person_id, since"))
        return [tuple(row) for row in rows]


def test_a_term_counts_only_the_days_on_which_somebody_is_here(app: Flask, cast: Cast) -> None:
    with app.app_context():

        def ends(days: int) -> int:
            return (pauses.term_ends(cast.anna, TODAY, days) - TODAY).days

        assert ends(14) == 14
        assert enter(cast, 3, 5) == {}
        assert (ends(2), ends(3), ends(14)) == (2, 6, 17)
        assert enter(cast, 16, 17) == {}  # which only the longer term reaches
        assert ends(14) == 19
        assert enter(cast, -4, 1) == {}  # today, and before, is no part of a term that begins tomorrow
        assert ends(14) == 20
        assert pauses.term_ends(cast.ben, TODAY, 14) == day(14)


@pytest.mark.parametrize("seed", range(20))
def test_a_term_ends_where_counting_day_by_day_ends(app: Flask, cast: Cast, seed: int) -> None:
    from random import Random

    dice, away = Random(seed), set[int]()
    with app.app_context():
        for _ in range(5):
            since = dice.randint(-10, 40)
            until = since + dice.randint(0, 9)
            if not enter(cast, since, until):
                away |= set(range(since, until + 1))
        days, counted, at = dice.randint(1, 30), 0, 0
        while counted < days:
            at += 1
            counted += at not in away
        # a term never ends on a day of absence, but it may where the last one that counts is followed by some
        assert pauses.term_ends(cast.anna, TODAY, days) == day(at)


def test_somebody_enters_their_days_by_form_and_takes_them_away_again(
    app: Flask, cast: Cast, client_of: Callable[[str], SignedIn]
) -> None:
    anna = client_of("anna")
    assert anna.get("/me/pauses").status_code == 200
    form = {"since": str(day(2)), "until": str(day(9))}
    assert anna.post("/me/pauses", data=form).status_code == 303
    assert (
        anna.post("/me/pauses", data={**form, "until": str(day(12))}).status_code == 303
    )  # another last day
    assert stored(app) == [(cast.anna, day(2), day(12))]
    for wrong in (
        {"since": str(day(5)), "until": str(day(20))},
        {"since": str(day(30)), "until": str(day(29))},
        {"since": str(day(30)), "until": str(day(30 + 740))},
        {"since": "soon", "until": "later"},
    ):
        assert anna.post("/me/pauses", data=wrong).status_code == 422
    (one,) = [row["id"] for row in _own(anna)]
    assert client_of("ben").post(f"/me/pauses/{one}/removal").status_code == 404
    assert anna.post(f"/me/pauses/{one}/removal").status_code == 303
    assert stored(app) == []


def test_who_is_away_names_who_stands_in_with_the_same_days(
    app: Flask, cast: Cast, client_of: Callable[[str], SignedIn]
) -> None:
    anna, form = client_of("anna"), {"since": str(day(2)), "until": str(day(9))}
    assert anna.post("/me/pauses", data={**form, "deputy": "Nobody Here"}).status_code == 422
    assert stored(app) == []
    assert anna.post("/me/pauses", data={**form, "deputy": "Ben"}).status_code == 303
    assert "Ben stands in for you" in anna.get("/me/pauses").text
    told = {**form, "until": str(day(12)), "deputy_id": cast.anna}
    assert anna.post("/api/v1/me/pauses", json=told).status_code == 422
    assert anna.post("/api/v1/me/pauses", json={**told, "deputy_id": cast.eve}).status_code == 200
    with app.app_context():
        row = db.session.execute(text("SELECT deputy_id, since, until FROM stand_in")).one()
        assert tuple(row) == (cast.eve, day(2), day(12))
    assert stored(app) == [(cast.anna, day(2), day(12))]


def _own(browser: SignedIn) -> Any:
    return browser.get("/api/v1/me/pauses").get_json()["pauses"]


def test_hr_enters_days_for_whom_they_serve_and_a_try_at_others_is_kept(
    app: Flask, cast: Cast, client_of: Callable[[str], SignedIn]
) -> None:
    clara, form = client_of("clara"), {"since": str(day(2)), "until": str(day(9))}
    assert clara.post("/hr/pauses", data={**form, "who": "Anna"}).status_code == 303
    assert "Anna" in clara.get("/hr/pauses").text
    told = _own(client_of("anna"))
    assert [row["by"] for row in told] == ["Clara"]
    with app.app_context(), transaction():
        people.serve_departments(person_id=cast.clara, department_ids=[cast.systems], by=cast.dan, at=AT)
    assert "Anna" not in clara.get("/hr/pauses").text
    assert clara.post("/hr/pauses", data={**form, "who": "Ben"}).status_code == 422
    assert clara.post(f"/hr/pauses/{told[0]['id']}/removal").status_code == 404
    assert clara.delete(f"/api/v1/pauses/{told[0]['id']}").status_code == 404
    assert len(stored(app)) == 1
    with app.app_context():
        looks = db.session.execute(
            text(
                "SELECT person_id, allowed FROM look WHERE what = 'pause:person' ORDER BY allowed, person_id"
            )
        )
        assert {tuple(row) for row in looks} == {(cast.anna, False), (cast.ben, False), (cast.anna, True)}
    for name in ("anna", "mia", "dan", "leo"):
        assert client_of(name).get("/hr/pauses").status_code == 403


def test_what_the_log_says_of_it_has_no_days(app: Flask, cast: Cast, ask: Call) -> None:
    rows = [{"person_id": cast.anna, "since": str(day(1)), "until": str(day(3))}]
    assert ask("clara", "PUT", "/pauses", pauses=rows).status_code == 200
    ask("ben", "POST", "/me/pauses", since=str(day(1)), until=str(day(3)))
    with app.app_context():
        acts = db.session.execute(
            text("SELECT action, person_id, detail FROM audit_entry WHERE action LIKE 'pause:%'")
        )
        assert [tuple(one) for one in acts] == [("pause:entered", cast.anna, {})]


def test_a_file_of_hr_takes_what_fits_and_says_why_not_of_the_rest(
    app: Flask, cast: Cast, client_of: Callable[[str], SignedIn]
) -> None:
    rows = [
        "external_id;since;until", f"w-anna;{day(1)};{day(4)}", f"w-ben;{day(1)};{day(4)}", f"w-ben;{day(3)};{day(6)}",
        f"w-nobody;{day(1)};{day(4)}", f"w-eve;tomorrow;{day(4)}", f"w-clara;{day(1)};{day(4)}",
    ]  # fmt: skip
    content = "\n".join(rows).encode()
    clara = client_of("clara")
    for _ in range(2):  # the same file again changes nothing
        answer = clara.post("/hr/pauses/file", data={"file": (io.BytesIO(content), "away.csv")})
        assert answer.status_code == 200
        assert stored(app) == [(cast.anna, day(1), day(4)), (cast.ben, day(1), day(4))]
        for line in (4, 5, 6, 7):
            assert f"Line {line}:" in answer.text
    for wrong in (b"", b"a;b\n1;2\n", b"\x00\xff"):
        answer = clara.post("/hr/pauses/file", data={"file": (io.BytesIO(wrong), "away.csv")})
        assert answer.status_code == 422


def test_a_file_of_hr_may_write_its_days_as_a_spreadsheet_in_dutch_does(
    app: Flask, cast: Cast, client_of: Callable[[str], SignedIn]
) -> None:
    said = [day(one).strftime("%-d-%-m-%Y") for one in (1, 4)]
    content = f"external_id;since;until\r\nw-anna;{said[0]};{said[1]}".encode()
    client_of("clara").post("/hr/pauses/file", data={"file": (io.BytesIO(content), "away.csv")})
    assert stored(app) == [(cast.anna, day(1), day(4))]


def test_an_hr_system_enters_by_number_and_reads_nothing(app: Flask, cast: Cast, client: FlaskClient) -> None:
    headers = platform_headers(app, "people:write", "people:read")
    rows = [
        {"external_id": "w-anna", "since": str(day(1)), "until": str(day(4))},
        {"external_id": "w-nobody", "since": str(day(1)), "until": str(day(4))},
        {"person_id": cast.ben, "since": str(day(4)), "until": str(day(1))},
    ]
    told = client.put("/api/v1/pauses", json={"pauses": rows}, headers=headers).get_json()["results"]
    assert [(row["row"], row["result"], row["code"]) for row in told] == [
        (1, "kept", None),
        (2, "refused", "person"),
        (3, "refused", "order"),
    ]
    assert stored(app) == [(cast.anna, day(1), day(4))]
    assert client.get("/api/v1/pauses", headers=headers).status_code == 403


def test_many_are_entered_in_as_many_statements_as_one(app: Flask, cast: Cast) -> None:
    from tests.app.reviews.conftest import counted

    ids = [cast.anna, cast.ben, cast.eve, cast.mia, cast.leo]
    with app.app_context():
        costs = []
        for many in (1, 5):
            items = [Away(one, day(10 * many), day(10 * many + 3)) for one in ids[:many]]
            with counted() as told, transaction():
                assert pauses.enter(items, by=None, today=TODAY, at=AT) == {}
                settle(AT)
            costs.append(len([one for one in told if "audit_entry" not in one]))
    assert costs[0] == costs[1]


def test_of_two_who_enter_overlapping_days_at_once_one_wins(app: Flask, cast: Cast) -> None:
    at_once = Barrier(2)

    def try_to(days: tuple[int, int]) -> dict[int, str]:
        with app.app_context():
            at_once.wait()
            return enter(cast, *days)

    with ThreadPoolExecutor(2) as both:
        told = list(both.map(try_to, ((3, 9), (5, 12))))
    assert sorted(map(len, told)) == [0, 1]
    assert len(stored(app)) == 1
