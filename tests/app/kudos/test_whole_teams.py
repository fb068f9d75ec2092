"""A whole team is thanked: who gets it, what it costs, who pays from the pool."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.db import db, transaction
from app.errors import Conflict, Refused
from app.kudos import actions, allowance, queries
from app.kudos.actions import NewKudos
from app.kudos.allowance import AllowanceSpent
from app.outbox import settle
from app.people.models import Organisation, Person
from tests.app.kudos.conftest import AT, SAID
from tests.app.kudos.test_give_kudos import allow, at_once, left
from tests.cast import Cast, SignedIn, hire

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
Standing = Callable[[], set[str]]
Team = Callable[..., int]
SWAP = {"HX-Request": "true"}


@pytest.fixture
def thank_team(app: Flask, cast: Cast, skill: int) -> Team:
    """`thank_team("mia", cast.north)`: Mia thanks whoever works in North."""

    def thanked(giver: str, team_id: int, **other: Any) -> int:
        values = {"message": SAID, "skill_id": skill, "lang": "en", **other}
        with app.app_context(), transaction():
            new = NewKudos(giver_id=cast.id_of(giver), team_id=team_id, **values)
            (kudos_id,) = actions.give_kudos([new], at=AT)
            settle(AT)
            return kudos_id

    return thanked


def pool(app: Flask, number: int) -> None:
    with app.app_context(), transaction():
        db.session.query(Organisation).one().team_kudos_allowance = number


def teams_left(app: Flask, person_id: int) -> int:
    with app.app_context():
        return allowance.left(person_id, AT).teams_left


def test_a_team_is_whoever_works_in_it_now_without_the_giver(
    app: Flask, cast: Cast, thank_team: Team, standing: Standing, client_of: Browser
) -> None:
    with app.app_context():
        (zoe,) = hire("zoe")
        with transaction():
            db.session.get_one(Person, zoe).team_id = cast.north
            db.session.get_one(Person, zoe).active = False
    kudos_id = thank_team("mia", cast.north)
    assert standing() == {f"kudos:{kudos_id}:{cast.anna}", f"kudos:{kudos_id}:{cast.ben}"}
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.eve).team_id = cast.north
    assert client_of("eve").get(f"/kudos/{kudos_id}").status_code == 404, "who comes later was not thanked"
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", client_of("ben").get(f"/kudos/{kudos_id}").text))
    assert "Mia thanked North" in page
    assert "2 colleagues of this team" in page
    assert "Anna and you" in page


def test_each_of_a_team_decides_and_the_narrowest_choice_holds(
    app: Flask, cast: Cast, thank_team: Team, choose: Callable[[str, int, str], None], client_of: Browser
) -> None:
    kudos_id = thank_team("mia", cast.north)
    choose("anna", kudos_id, "everyone")
    assert client_of("eve").get(f"/kudos/{kudos_id}").status_code == 404
    choose("ben", kudos_id, "everyone")
    assert client_of("eve").get(f"/kudos/{kudos_id}").status_code == 200


def test_who_manages_people_pays_from_the_pool_and_others_by_the_head(
    app: Flask, cast: Cast, thank_team: Team
) -> None:
    thank_team("mia", cast.north)
    assert (left(app, cast.mia), teams_left(app, cast.mia)) == (30, 3)
    thank_team("eve", cast.north)
    assert (left(app, cast.eve), teams_left(app, cast.eve)) == (7, 0)


def test_an_empty_pool_refuses_and_says_when_there_is_more(
    app: Flask, cast: Cast, thank_team: Team, standing: Standing
) -> None:
    pool(app, 1)
    thank_team("mia", cast.desk)
    with pytest.raises(AllowanceSpent) as no:
        thank_team("mia", cast.north)
    assert "1 december" in str(no.value.message).lower()
    assert "team" in no.value.fields
    assert len(standing()) == 2


def test_of_two_who_spend_the_last_of_the_pool_at_once_one_is_refused(
    app: Flask, cast: Cast, thank_team: Team, standing: Standing
) -> None:
    pool(app, 1)
    raised = at_once(lambda: thank_team("mia", cast.north), lambda: thank_team("mia", cast.desk))
    assert [type(fault) for fault in raised] == [AllowanceSpent]
    assert teams_left(app, cast.mia) == 0
    assert len(standing()) == 2


def test_who_pays_by_the_head_cannot_overspend_with_a_team(
    app: Flask, cast: Cast, thank_team: Team, standing: Standing
) -> None:
    allow(app, 5)
    raised = at_once(*[lambda: thank_team("eve", cast.north)] * 3)
    assert [type(fault) for fault in raised] == [AllowanceSpent] * 2
    assert left(app, cast.eve) == 2
    assert len(standing()) == 3


def test_the_same_key_is_the_same_kudos_whoever_has_come_or_gone_meanwhile(
    app: Flask, cast: Cast, thank_team: Team
) -> None:
    first = thank_team("mia", cast.north, once="t1")
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.eve).team_id = cast.north
    assert thank_team("mia", cast.north, once="t1") == first
    with pytest.raises(Conflict):
        thank_team("mia", cast.desk, once="t1")


def test_a_team_of_nobody_else_of_too_many_or_that_is_none_is_refused(
    app: Flask, cast: Cast, thank_team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.dan).active = False
    for giver, team_id in (("eve", cast.desk), ("eve", cast.water), ("eve", 9_000_000)):
        with pytest.raises(Refused) as no:
            thank_team(giver, team_id)
        assert "team" in no.value.fields
    monkeypatch.setattr("app.kudos.rules.TEAM", 2)
    with pytest.raises(Refused):
        thank_team("eve", cast.north)


# Through the doors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["North", "north", "North (Water)", "nor"])
def test_a_plain_form_thanks_a_team_by_its_name(typed: str, skill: int, client_of: Browser) -> None:
    sent = {"team": typed, "message": SAID, "skill_id": skill, "lang": "en"}
    answer = client_of("mia").post("/kudos", data=sent)
    assert answer.status_code == 303
    assert SAID in client_of("ben").get("/kudos?show=received").text


def test_a_team_is_shown_with_its_people_before_it_is_sent(
    cast: Cast, skill: int, client_of: Browser
) -> None:
    mia = client_of("mia")
    sent = {"team": "North", "message": SAID, "skill_id": skill, "lang": "en", "more": "team"}
    page = mia.post("/kudos", data=sent, headers=SWAP)
    assert page.status_code == 200
    assert f'name="team_id" value="{cast.north}" checked' in page.text
    assert "2 colleagues: Anna, Ben" in page.text
    assert "You can thank 4 more whole teams this month." in page.text
    assert SAID in page.text
    back = mia.post("/kudos", data={**sent, "team": "", "team_id": cast.north, "more": "names"})
    assert 'name="team_id"' not in back.text
    given = mia.post("/kudos", data={**sent, "team": "", "team_id": cast.north, "more": None}, headers=SWAP)
    assert "North" in given.text


def test_an_unknown_team_comes_back_and_of_several_one_is_asked(
    app: Flask, cast: Cast, skill: int, client_of: Browser
) -> None:
    sent = {"message": SAID, "skill_id": skill, "lang": "en"}
    answer = client_of("mia").post("/kudos", data={**sent, "team": "<b>Ghosts</b>"}, headers=SWAP)
    assert answer.status_code == 422
    assert "We know no team called that." in answer.text
    assert "<b>Ghosts" not in answer.text
    several = client_of("mia").post("/kudos", data={**sent, "team": "r"}, headers=SWAP)
    assert several.status_code == 422
    assert several.text.count('name="team_id"') > 1


def test_a_team_and_names_at_once_are_refused(cast: Cast, skill: int, client_of: Browser, app: Flask,
                                              token_of: Headers) -> None:  # fmt: skip
    sent: dict[str, Any] = {"message": SAID, "skill_id": skill, "lang": "en"}
    form = client_of("mia").post("/kudos", data={**sent, "team": "North", "who": "Eve"})
    assert form.status_code == 422
    assert "Thank a team, or colleagues by name." in form.text
    both = {**sent, "team_id": cast.north, "receivers": [cast.eve]}
    assert app.test_client().post("/api/v1/kudos", json=both, headers=token_of("mia")).status_code == 422


def test_the_api_finds_teams_thanks_one_and_tells_the_pool(
    app: Flask, cast: Cast, skill: int, token_of: Headers
) -> None:
    api, mia = app.test_client(), token_of("mia")
    names = [one["name"] for one in api.get("/api/v1/kudos/teams", headers=mia).get_json()]
    assert names[0] == "North", "one's own comes first"
    assert [one["id"] for one in api.get("/api/v1/kudos/teams?team=des", headers=mia).get_json()] == [
        cast.desk
    ]
    assert api.get("/api/v1/kudos/teams?team=%25", headers=mia).get_json() == []
    sent = {"team_id": cast.desk, "message": SAID, "skill_id": skill, "lang": "en"}
    made = api.post("/api/v1/kudos", json=sent, headers=mia)
    assert made.status_code == 201
    assert made.get_json()["team"] == "Desk"
    assert {one["name"] for one in made.get_json()["receivers"]} == {"Dan", "Eve"}
    told = api.get("/api/v1/kudos/allowance", headers=mia).get_json()
    assert (told["left"], told["teams"], told["teams_left"]) == (30, 4, 3)
    assert api.get("/api/v1/kudos/allowance", headers=token_of("eve")).get_json()["teams"] == 0


# Walls ------------------------------------------------------------------------------------------------------


def test_the_wall_of_somebody_and_of_a_team_shows_what_the_viewer_may_see(
    cast: Cast, thank_team: Team, thank: Callable[..., int], choose: Callable[[str, int, str], None],
    client_of: Browser, app: Flask, token_of: Headers,
) -> None:  # fmt: skip
    open_, secret = thank("eve", "ben", message="For everyone to read here."), thank("eve", "ben")
    choose("ben", open_, "everyone")
    other = thank("leo", "dan", message="Somebody else was helped.")
    choose("dan", other, "everyone")
    leo = client_of("leo")
    for path in ("/kudos?of=ben", f"/kudos?team={cast.north}"):
        page = leo.get(path).text
        assert f'id="kudos-{open_}"' in page
        assert f'id="kudos-{secret}"' not in page
        assert f'id="kudos-{other}"' not in page
        assert "kudos-form" not in page
        found = app.test_client().get("/api/v1" + path, headers=token_of("leo")).get_json()
        assert [one["id"] for one in found["kudos"]] == [open_]
    assert f'id="kudos-{secret}"' in client_of("ben").get("/kudos?of=ben").text
    assert "For everyone to read here." in leo.get("/people/ben").text
    assert SAID not in leo.get("/people/ben").text


@pytest.mark.parametrize("path", ["/kudos?of=nobody", "/kudos?team=999999", "/kudos?of=%00"])
def test_a_wall_of_nobody_is_not_there(path: str, client_of: Browser) -> None:
    assert client_of("anna").get(path).status_code in (400, 404)


def test_a_wall_goes_on_where_it_stopped(app: Flask, thank: Callable[..., int], client_of: Browser) -> None:
    allow(app, 100)
    for number in range(14):
        thank("anna", "ben", message=f"You did thing number {number}.")
    page = client_of("ben").get("/kudos?of=ben").text
    more = re.search(r'href="(/kudos\?[^"]*before=\d+[^"]*)"', page)
    assert more
    assert "of=ben" in more[1]
    rest = client_of("ben").get(more[1].replace("&amp;", "&"), headers=SWAP).text
    assert rest.count("<article") == 2


# Whom a manager has not thanked -----------------------------------------------------------------------------


def test_a_manager_sees_whom_they_have_not_thanked_for_long_and_nobody_else_sees_it(
    app: Flask, cast: Cast, thank: Callable[..., int], client_of: Browser, token_of: Headers
) -> None:
    mia = client_of("mia")
    assert "Not thanked by you for a while" in mia.get("/kudos").text
    thank("eve", "anna")
    with app.app_context():
        assert [row.name for row in queries.not_thanked(cast.mia, AT)] == ["Anna", "Ben"], (
            "by others is no matter"
        )
    thank("mia", "ben")
    with app.app_context():
        assert [row.name for row in queries.not_thanked(cast.mia, AT)] == ["Anna"]
        later = AT.replace(year=2027)
        assert [(row.name, row.last_at) for row in queries.not_thanked(cast.mia, later)] == [
            ("Anna", None),
            ("Ben", AT),
        ]
    for name in ("anna", "clara", "leo"):
        assert "Not thanked by you" not in client_of(name).get("/kudos").text
        answer = app.test_client().get("/api/v1/kudos/not-thanked", headers=token_of(name))
        assert answer.get_json() == []
