"""The team in JSON: for who manages it, what stands on its pages."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db
from tests.cast import Cast

Browser = Callable[..., object]


def test_who_manages_people_reads_what_stands_on_the_page_of_the_team(cast: Cast, client_of: Browser) -> None:
    mia = client_of("mia")
    told = mia.get("/api/v1/team").get_json()
    assert [one["handle"] for one in told["members"]] == ["anna", "ben"]
    assert told["learned_by"] is None, "of fewer than five no number is told"
    assert client_of("anna").get("/api/v1/team").status_code == 403


def test_somebody_stands_in_and_is_back_again(cast: Cast, client_of: Browser) -> None:
    mia, today = client_of("mia"), datetime.now(UTC).date()
    days = {"since": f"{today:%Y-%m-%d}", "until": f"{today + timedelta(days=7):%Y-%m-%d}"}
    said = mia.put("/api/v1/team/stand-in", json={"deputy_id": cast.eve, **days})
    assert said.get_json()["stand_in"] == {"id": cast.eve, "name": "Eve", **days}
    assert mia.put("/api/v1/team/stand-in", json={"deputy_id": cast.mia, **days}).status_code == 422
    assert mia.delete("/api/v1/team/stand-in").status_code == 204
    assert mia.get("/api/v1/team").get_json()["stand_in"] is None


@pytest.mark.parametrize(
    ("name", "status"), [("mia", 200), ("anna", 200), ("ben", 404), ("leo", 404), ("clara", 404)]
)
def test_a_person_of_the_team_is_seen_by_their_manager_and_themselves_and_each_look_is_kept(
    app: Flask, cast: Cast, client_of: Browser, name: str, status: int
) -> None:
    answer = client_of(name).get("/api/v1/team/anna")
    assert answer.status_code == status
    if status == 200:
        assert answer.get_json()["name"] == "Anna"
    with app.app_context():
        looks = db.session.execute(
            text("SELECT viewer_id, allowed FROM look WHERE what = 'team:person'")
        ).all()
    assert [tuple(one) for one in looks] == ([] if name == "anna" else [(cast.id_of(name), status == 200)])


def test_the_card_for_the_meeting_is_of_ones_own_team_or_of_everyone(cast: Cast, client_of: Browser) -> None:
    anna = client_of("anna")
    assert anna.get("/api/v1/team/card").get_json()["of"] == "team"
    assert anna.get("/api/v1/team/card?of=everyone&days=90").get_json()["of"] == "everyone"
    assert anna.get("/api/v1/team/card?days=7").status_code == 422
