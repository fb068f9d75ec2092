"""Who looked, in plain words and for whom it is about; refused looks too. What was done, searched and read."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.audit.actions import look, write
from app.db import transaction
from app.people import actions as people
from app.privacy import words
from tests.small import rows

AT = datetime(2026, 11, 16, 9, 40, tzinfo=UTC)
LOOKS = "SELECT viewer_id, person_id, what, allowed FROM look ORDER BY id"


def officer(app, cast, name="leo"):
    with app.app_context(), transaction():
        people.make_privacy_officer(person_id=cast.id_of(name), on=True, by=cast.dan, at=AT)


def test_a_look_is_told_by_day_and_hour_with_who_and_what(app, cast, client_of, token_of, client):
    with app.app_context():
        for minutes in (0, 10, 90):
            at = AT + timedelta(minutes=minutes)
            look(viewer_id=cast.clara, person_id=cast.anna, what="people:one", allowed=True, at=at)
    page = client_of("anna").get("/me/looked").text
    assert "Clara" in page
    assert "Monday 16 November 2026" in page
    assert str(words.LOOKS["people:one"]) in page
    assert page.count("between 10:00 and 11:00") == 1
    assert "between 12:00 and 13:00" in page
    told = client.get("/api/v1/me/looks", headers=token_of("anna")).json
    assert [(one["who"]["name"], one["what"], one["allowed"]) for one in told["looks"]] == [
        ("Clara", "people:one", True),
        ("Clara", "people:one", True),
    ]
    assert told["next"] is None
    assert "Nobody looked" in client_of("ben").get("/me/looked").text


def test_who_is_refused_at_the_door_leaves_a_look_and_gets_the_same_answer(
    app, cast, client_of, token_of, client
):
    known, unknown = (client_of("ben").get(f"/admin/people/{one}") for one in (cast.anna, 9_000_000))
    assert known.status_code == unknown.status_code == 403
    client_of("ben").get(f"/admin/people/{cast.ben}")  # at oneself there is none
    client_of("ben").get("/team/anna")
    client_of("leo").get(f"/admin/people/{cast.anna}")
    with app.app_context():
        assert rows(LOOKS) == [
            (cast.ben, cast.anna, "people:one", False),
            (cast.ben, cast.anna, "team:person", False),
            (cast.leo, cast.anna, "people:one", False),
        ]
    assert client_of("anna").get("/me/looked").text.count("refused") >= 3
    officer(app, cast)
    for name in ("leo", "dan"):
        page = client_of(name).get("/admin/privacy/refused").text
        assert "Ben" in page
        assert "Anna" in page
        told = client.get("/api/v1/looks/refused", headers=token_of(name)).json["looks"]
        assert {(one["who"]["name"], one["whom"]["name"]) for one in told} == {
            ("Ben", "Anna"),
            ("Leo", "Anna"),
        }
    for name in ("anna", "mia", "clara", "cor"):
        assert client_of(name).get("/admin/privacy/refused").status_code == 403
    assert "Dan" in client_of("anna").get("/me/looked").text  # who reads the list is seen as well


def test_what_a_manager_and_hr_opened_is_there_for_whom_it_is_about_once(app, cast, client_of):
    for _ in range(2):
        assert client_of("mia").get("/team/anna").status_code == 200
        assert client_of("clara").get(f"/admin/people/{cast.anna}").status_code == 200
    with app.app_context():
        assert rows(LOOKS) == [
            (cast.mia, cast.anna, "team:person", True),
            (cast.clara, cast.anna, "people:one", True),
        ]


def test_long_lists_come_page_by_page_and_no_line_twice(app, cast, token_of, client):
    with app.app_context():
        for hour in range(120):
            look(
                viewer_id=cast.clara,
                person_id=cast.anna,
                what="people:one",
                allowed=True,
                at=AT - timedelta(hours=hour),
            )
            with transaction():
                write("person:role", at=AT - timedelta(hours=hour), actor_id=cast.dan, person_id=cast.anna)
    for where, name in (("looks", "looks"), ("acts", "acts")):
        found, asked = [], {}
        while asked is not None:
            told = client.get(f"/api/v1/me/{where}", headers=token_of("anna"), query_string=asked).json
            found += told[name]
            asked = told["next"]
        assert len(found) == 120
        moments = [one.get("hour") or one["at"] for one in found]
        assert moments == sorted(moments, reverse=True)
        assert len(set(moments)) == 120


@pytest.fixture
def acts(app, cast):
    with app.app_context():
        for number, (action, by, about) in enumerate(
            [
                ("person:role", cast.dan, cast.anna),
                ("person:left", cast.dan, cast.eve),
                ("recognition:given", cast.mia, cast.anna),
                ("rules:changed", cast.leo, None),
                ("people:imported", None, None),
            ]
        ):
            with transaction():
                write(
                    action, at=AT + timedelta(days=number), actor_id=by, person_id=about, detail={"to": "x"}
                )


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["people:imported", "rules:changed", "recognition:given", "person:left", "person:role"]),
        ({"action": "person:role"}, ["person:role"]),
        ({"by": "dan"}, ["person:left", "person:role"]),
        ({"about": "anna"}, ["recognition:given", "person:role"]),
        ({"by": "mia", "about": "anna"}, ["recognition:given"]),
        ({"since": "2026-11-17", "until": "2026-11-18"}, ["recognition:given", "person:left"]),
        ({"until": "9999-12-31", "since": "2026-11-20"}, ["people:imported"]),
        ({"action": "nothing:known"}, []),
    ],
)
def test_acts_are_found_by_kind_who_whom_and_when(app, cast, acts, client_of, token_of, client, asked, found):
    people_asked = ("by", "about")
    numbers = {f"{name}_id": cast.id_of(who) for name, who in asked.items() if name in people_asked}
    numbers |= {name: value for name, value in asked.items() if name not in people_asked}
    told = client.get("/api/v1/audit", headers=token_of("dan"), query_string=numbers)
    assert [one["action"] for one in told.json["acts"]] == found
    page = client_of("dan").get("/admin/audit", query_string=asked)
    assert page.status_code == 200
    list_of_acts = page.text[page.text.index('id="acts"') :]
    shown = [code for code, said in words.ACTS.items() if str(said) in list_of_acts]
    assert sorted(shown) == sorted(code for code in found)


def test_only_administrators_and_privacy_officers_search_and_it_is_seen_of_them(
    app, cast, acts, client_of, token_of, client
):
    for name in ("anna", "mia", "clara", "leo", "cor"):
        assert client_of(name).get("/admin/audit").status_code == 403
        assert client.get("/api/v1/audit", headers=token_of(name)).status_code == 403
    officer(app, cast)
    assert client_of("leo").get("/admin/audit").status_code == 200
    with app.app_context():
        seen = {row for row in rows(LOOKS) if row[2] == "audit:person"}
    assert seen == {(cast.leo, one, "audit:person", True) for one in (cast.anna, cast.eve)}


def test_a_name_that_means_several_or_nobody_is_asked_again(app, cast, acts, client_of):
    dan = client_of("dan")
    nobody = dan.get("/admin/audit", query_string={"by": "zzz"})
    assert nobody.status_code == 200
    assert "zzz" in nobody.text
    several = dan.get("/admin/audit", query_string={"by": "a"})
    assert several.status_code == 200
    assert "by_id=" in several.text


def test_i_read_what_was_done_about_me_and_nothing_about_others(app, cast, acts, client_of, token_of, client):
    page = client_of("anna").get("/me/audit").text
    assert "by Dan" in page
    assert "by Mia" in page
    assert str(words.ACTS["person:left"]) not in page
    told = client.get("/api/v1/me/acts", headers=token_of("anna")).json["acts"]
    assert [one["action"] for one in told] == ["recognition:given", "person:role"]
    assert all("detail" not in one for one in told)


def test_why_hr_opened_ones_review_is_read_by_whom_it_is_about_and_not_by_who_keeps_the_house(
    app, cast, client_of, token_of, client
):
    why, number = "She asked me about it", "0b1d6c6e-0000-4000-8000-000000000000"
    with app.app_context(), transaction():
        for action in ("review:opened", "dossier:taken", "dossier:frozen"):
            detail = {"review": number, "reason": why}
            write(action, at=AT, actor_id=cast.clara, person_id=cast.anna, detail=detail)
    assert client_of("anna").get("/me/audit").text.count(why) == 1
    told = client.get("/api/v1/me/acts", headers=token_of("anna")).json["acts"]
    assert [one["reason"] for one in told] == [None, None, why]
    page = client_of("dan").get("/admin/audit").text
    assert str(words.ACTS["review:opened"]) in page
    house = client.get("/api/v1/audit", headers=token_of("dan")).json["acts"]
    for said in (page, str(house)):
        assert why not in said
        assert number not in said


def test_every_look_and_act_in_the_code_is_said_in_words():
    app_folder = Path(words.__file__).parents[1]
    code = "".join(path.read_text() for path in app_folder.rglob("*.py"))
    looks = set(re.findall(r'(?:what|looks)="([a-z_]+:[a-z_-]+)"', code))
    acts = set(re.findall(r'(?:audit\.|(?<![\w.]))write\(\s*"([a-z_]+:[a-z_-]+)"', code))
    acts |= set(re.findall(r'"action": "([a-z_]+:[a-z_-]+)"', code))
    assert looks <= words.LOOKS.keys(), looks - words.LOOKS.keys()
    assert acts <= words.ACTS.keys(), acts - words.ACTS.keys()
