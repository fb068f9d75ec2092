"""An occasion put otherwise: by whoever opened it, once, as long as colleagues can nominate; the jury hears of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import text

from app import worker
from app.db import db, transaction
from app.errors import Conflict, NotFound, Refused
from app.outbox import settle
from app.people.models import Person
from app.recognitions import actions, nominating, queries
from app.recognitions.nominating import OccasionChange
from tests.app.kudos.test_give_kudos import at_once
from tests.cast import Cast, SignedIn

AT = datetime.now(UTC)
TODAY = AT.astimezone(ZoneInfo("Europe/Amsterdam")).date()  # not always that of UTC
Browser = Callable[[str], SignedIn]


@pytest.fixture
def change(app: Flask, cast: Cast) -> Callable[..., None]:
    """Clara puts it otherwise."""

    def changed(
        occasion_id: int, by: str = "clara", version: int = 1, at: datetime = AT, **other: Any
    ) -> None:
        with app.app_context(), transaction():
            row = queries.occasion(cast.clara, occasion_id)
            assert row is not None
            jury = [one.id for one in queries.juries([occasion_id])[occasion_id]]
            told = OccasionChange(
                occasion_id=occasion_id, by=cast.id_of(by), version=version, name=row.name, lang=row.lang,
                opens_on=row.opens_on, closes_on=row.closes_on, jury=jury,
            )  # fmt: skip
            nominating.change_occasions([replace(told, **other)], at=at)
            settle(at)

    return changed


def told(app: Flask) -> list[int]:
    with app.app_context():
        while worker.relay(AT + timedelta(minutes=1)):
            pass
        db.session.remove()
        return list(
            db.session.scalars(text("SELECT person_id FROM notification WHERE kind = 'jury' ORDER BY id"))
        )


def test_the_jury_hears_of_a_day_that_changed_and_who_is_appointed_of_that(
    app: Flask, cast: Cast, occasion: Callable[..., int], change: Callable[..., None], client_of: Browser
) -> None:
    made = occasion("eve", "leo", at=AT)
    change(made, closes_on=TODAY + timedelta(days=20))
    assert sorted(told(app)) == sorted([cast.eve, cast.leo])
    change(made, version=2, jury=[cast.eve, cast.mia])
    assert sorted(told(app)) == sorted([cast.eve, cast.leo])
    assert "You sit in the jury of: Learning day 2026" in client_of("mia").get("/inbox").text
    assert "You sit in the jury, and it is changed: Learning day 2026" in client_of("eve").get("/inbox").text
    assert "You sit in the jury" not in client_of("leo").get("/inbox").text, "Leo does not sit in it any more"
    assert client_of("leo").get(f"/recognitions/occasions/{made}").status_code == 404


def test_only_who_opened_it_changes_it_and_another_of_hr_when_they_are_not_of_hr_any_more(
    app: Flask, cast: Cast, occasion: Callable[..., int], change: Callable[..., None], client_of: Browser
) -> None:
    made = occasion("eve", at=AT)
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.leo).role = "hr"
    path = f"/recognitions/occasions/{made}/edit"
    form = {
        "name": "Learning week", "lang": "en", "opens_on": TODAY.isoformat(), "version": "1",
        "closes_on": (TODAY + timedelta(days=9)).isoformat(), "jury": [str(cast.eve)],
    }  # fmt: skip
    for name in ("anna", "ben", "mia", "eve", "dan", "cor", "leo"):
        wanted = 404 if name == "leo" else 403
        assert client_of(name).get(path).status_code == wanted, name
        assert client_of(name).post(path, data=form).status_code == wanted, name
    with pytest.raises(NotFound):
        change(made, by="leo", name="Another name")
    clara = client_of("clara")
    assert path in clara.get(f"/recognitions/occasions/{made}").text
    assert "Edit this occasion" in clara.get(path).text
    more = clara.post(path, data={**form, "more": "1", "who": "Mia"})
    assert "Mia" in more.text
    assert clara.post(path, data=form).status_code == 303
    late = clara.post(path, data={**form, "name": "Too late"})
    assert late.status_code == 409
    assert "changed in another window" in late.text
    assert clara.post(path, data={**form, "version": "2", "closes_on": "2020-01-01"}).status_code == 422
    api = clara.put(f"/api/v1/recognitions/occasions/{made}", json={**form, "version": 2, "jury": [cast.eve]})
    assert (api.status_code, api.get_json()["version"]) == (200, 3)
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.clara).role = "employee"
    assert client_of("leo").get(path).status_code == 200


def test_of_two_who_change_it_at_once_one_wins_and_what_is_closed_stays(
    app: Flask,
    cast: Cast,
    occasion: Callable[..., int],
    close: Callable[..., None],
    change: Callable[..., None],
) -> None:
    made = occasion("eve", at=AT)
    raised = at_once(*[lambda n=n: change(made, name=f"Name {n}") for n in range(3)])
    assert [type(fault) for fault in raised] == [Conflict] * 2
    with pytest.raises(Refused):
        change(made, version=2, opens_on=TODAY + timedelta(days=1))
    close(made, at=AT)
    with pytest.raises(Refused):
        change(made, version=2, name="Too late now")


# Who hears of it --------------------------------------------------------------------------------------------


def news_of(client: SignedIn) -> str:
    return client.get("/inbox").text


def test_a_jury_hears_that_it_is_one_and_at_the_end_it_and_who_was_nominated_hear_that_they_can_read(
    app: Flask, occasion: Callable[..., int], nominate: Callable[..., int], close: Callable[..., None],
    client_of: Browser,
) -> None:  # fmt: skip
    made = occasion("eve", at=AT)
    nominate(made, "anna", "ben", at=AT)
    told(app)
    assert "You sit in the jury of: Learning day 2026" in news_of(client_of("eve"))
    assert "You were nominated" not in news_of(client_of("ben")), "it is sealed"
    close(made, AT)
    told(app)
    assert "Nominations are closed, and wait to be read: Learning day 2026" in news_of(client_of("eve"))
    assert "You were nominated, and can read why: Learning day 2026" in news_of(client_of("ben"))
    for name in ("anna", "leo", "mia"):
        assert "nominat" not in news_of(client_of(name)).lower().split("<main")[-1], name


def test_when_the_last_day_is_past_the_worker_says_so_once_and_without_a_jury_to_whoever_opened_it(
    app: Flask, cast: Cast, occasion: Callable[..., int], nominate: Callable[..., int], client_of: Browser
) -> None:
    made = occasion(at=AT)
    nominate(made, "anna", "ben", at=AT)
    last = AT + timedelta(days=14)
    for at, number in ((last, 0), (last + timedelta(days=1), 1), (last + timedelta(days=2), 0)):
        with app.app_context(), transaction():
            assert nominating.close_what_is_over(at=at) == number
            settle(at)
    told(app)
    with app.app_context():
        rows = db.session.execute(
            text(
                "SELECT person_id, kind FROM notification WHERE kind IN ('to_decide', 'nominated') ORDER BY kind"
            )
        ).all()
    assert [tuple(row) for row in rows] == [(cast.ben, "nominated"), (cast.clara, "to_decide")]
    assert "and wait to be read: Learning day 2026" in news_of(client_of("clara"))


def test_who_was_recognised_hears_that_it_is_taken_back(
    app: Flask, cast: Cast, give: Callable[..., int], client_of: Browser
) -> None:
    made = give("mia", "anna", at=AT)
    with app.app_context(), transaction():
        actions.withdraw(
            [actions.Withdrawal(recognition_id=made, because="It was somebody else all along.")],
            by=cast.mia,
            at=AT,
        )
        settle(AT)
    told(app)
    assert "A recognition of yours was taken back, with a reason" in news_of(client_of("anna"))
    assert "taken back" not in news_of(client_of("mia")).split("<main")[-1]
