"""Kudos through the doors: who sees what, with and without JavaScript, and whatever is thrown at them."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.people.models import Person
from tests.app.kudos.conftest import SAID
from tests.cast import Cast, SignedIn, hire

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
Thank = Callable[..., int]
Choose = Callable[[str, int, str], None]
SWAP = {"HX-Request": "true"}
ALL = {"anna", "ben", "clara", "dan", "eve", "mia", "leo", "cor"}


def said(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", "", page).split())


def who_sees(kudos_id: int, client_of: Browser) -> set[str]:
    """The page of the wall and the page of the one must agree."""
    found = set()
    for name in ALL:
        on_wall = f'id="kudos-{kudos_id}"' in client_of(name).get("/kudos").text
        status = client_of(name).get(f"/kudos/{kudos_id}").status_code
        assert status == (200 if on_wall else 404)
        found |= {name} if on_wall else set()
    return found


# Who sees what ----------------------------------------------------------------------------------------------


def test_kudos_are_private_until_the_receiver_decides(
    thank: Thank, choose: Choose, client_of: Browser
) -> None:
    kudos_id = thank("eve", "ben")
    assert who_sees(kudos_id, client_of) == {"eve", "ben"}
    choose("ben", kudos_id, "team")
    assert who_sees(kudos_id, client_of) == {"eve", "ben", "anna", "mia"}
    choose("ben", kudos_id, "everyone")
    assert who_sees(kudos_id, client_of) == ALL
    choose("ben", kudos_id, "private")
    assert who_sees(kudos_id, client_of) == {"eve", "ben"}


def test_others_see_it_only_as_wide_as_all_receivers_allow(
    thank: Thank, choose: Choose, client_of: Browser
) -> None:
    kudos_id = thank("leo", "ben", "dan")
    choose("ben", kudos_id, "everyone")
    assert who_sees(kudos_id, client_of) == {"leo", "ben", "dan"}
    choose("dan", kudos_id, "team")
    assert who_sees(kudos_id, client_of) == {"leo", "ben", "dan", "eve"}
    choose("ben", kudos_id, "team")
    assert who_sees(kudos_id, client_of) == {"leo", "ben", "dan"}, "nobody is in both teams"


def test_thanks_are_seen_before_they_are_given_and_nothing_is_kept(
    app: Flask, cast: Cast, client_of: Browser, skill: int
) -> None:
    anna = client_of("anna")
    sent = {"receivers": [cast.ben], "message": "<b>Calm</b>", "skill_id": skill, "lang": "en", "once": "f1"}
    part = anna.post("/kudos/preview", data=sent, headers=SWAP).text
    assert "You thank Ben" in part
    assert "&lt;b&gt;Calm&lt;/b&gt;" in part
    assert "<form" not in part
    page = anna.post("/kudos/preview", data=sent).text
    assert "You thank Ben" in page
    assert 'name="once" value="f1"' in page
    assert anna.post("/kudos/preview", data={}, headers=SWAP).text.strip() == ""
    with app.app_context():
        assert db.session.execute(text("SELECT count(*) FROM kudos")).scalar() == 0


def test_without_a_team_there_is_no_team_to_show_it_to(
    app: Flask, cast: Cast, thank: Thank, choose: Choose, client_of: Browser
) -> None:
    kudos_id = thank("leo", "dan")
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.dan).team_id = None
        db.session.get_one(Person, cast.eve).team_id = None
    choose("dan", kudos_id, "team")
    assert who_sees(kudos_id, client_of) == {"leo", "dan"}


@pytest.mark.parametrize("name", ["anna", "mia", "clara", "dan", "leo", "cor"])
def test_only_a_receiver_chooses_and_says_thanks_back(
    name: str, app: Flask, thank: Thank, client_of: Browser, token_of: Headers
) -> None:
    kudos_id = thank("eve", "ben")
    api = app.test_client()
    for path, sent in [("visibility", {"visible": "everyone"}), ("thanks", {})]:
        assert client_of(name).post(f"/kudos/{kudos_id}/{path}", data=sent).status_code == 404
        answer = api.post(f"/api/v1/kudos/{kudos_id}/{path}", json=sent, headers=token_of(name))
        assert answer.status_code == 404
    assert client_of("eve").post(f"/kudos/{kudos_id}/thanks").status_code == 404, "nor the giver"
    assert who_sees(kudos_id, client_of) == {"eve", "ben"}


def test_what_another_receiver_chose_is_theirs_to_know(
    app: Flask, thank: Thank, choose: Choose, token_of: Headers
) -> None:
    kudos_id = thank("eve", "ben", "mia")
    choose("ben", kudos_id, "everyone")
    seen = app.test_client().get(f"/api/v1/kudos/{kudos_id}", headers=token_of("mia")).get_json()
    assert seen["visible"] == "private"
    assert set(seen["receivers"][0]) == {"id", "name"}


def test_nobody_gets_in_without_signing_in(app: Flask, thank: Thank) -> None:
    kudos_id = thank("anna", "ben")
    stranger = app.test_client()
    for path in ("/kudos", f"/kudos/{kudos_id}", "/kudos/people?who=b"):
        assert stranger.get(path).status_code == 303
    for path in ("/api/v1/kudos", f"/api/v1/kudos/{kudos_id}", "/api/v1/kudos/allowance"):
        assert stranger.get(path).status_code == 401


# The form ---------------------------------------------------------------------------------------------------


def test_a_plain_form_with_a_typed_name_gives_kudos(skill: int, client_of: Browser) -> None:
    anna = client_of("anna")
    sent = {"who": "Ben (ben)", "message": SAID, "skill_id": skill, "lang": "en", "once": "f1"}
    answer = anna.post("/kudos", data=sent)
    assert answer.status_code == 303
    page = anna.get(answer.location).text
    assert SAID in page
    assert "You thanked Ben" in said(page)
    assert SAID in client_of("ben").get("/kudos?show=received").text
    assert anna.post("/kudos", data=sent).location == answer.location


def test_a_part_of_a_name_is_enough_when_it_can_only_be_one(
    cast: Cast, skill: int, client_of: Browser
) -> None:
    for typed in ("ev", "EVE", "eve@waterveld.example"):
        sent = {"who": typed, "message": SAID, "skill_id": skill, "lang": "en"}
        assert client_of("anna").post("/kudos", data=sent).status_code == 303


@pytest.mark.parametrize("swap", [True, False])
def test_of_several_with_that_name_one_is_asked(
    swap: bool, app: Flask, cast: Cast, skill: int, client_of: Browser
) -> None:
    with app.app_context():
        (other,) = hire("benjamin")
    headers = SWAP if swap else {}
    sent: dict[str, Any] = {"who": "be", "message": SAID, "skill_id": skill, "lang": "en"}
    answer = client_of("anna").post("/kudos", data=sent, headers=headers)
    assert answer.status_code == 422
    assert "Choose whom you mean" in answer.text
    for person_id in (cast.ben, other):
        assert f'name="receivers" value="{person_id}"' in answer.text
    assert SAID in answer.text
    exactly = client_of("anna").post("/kudos", data={**sent, "who": "Ben"}, headers=headers)
    assert exactly.status_code == (200 if swap else 303)


def test_an_unknown_name_comes_back_with_what_was_typed(skill: int, client_of: Browser) -> None:
    sent = {"who": "<i>Nobody</i>", "message": SAID, "skill_id": skill, "lang": "en"}
    answer = client_of("anna").post("/kudos", data=sent, headers=SWAP)
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#kudos-form"
    assert "&lt;i&gt;Nobody&lt;/i&gt;" in answer.text
    assert "<i>Nobody" not in answer.text


def test_one_after_another_is_added_before_it_is_sent(cast: Cast, skill: int, client_of: Browser) -> None:
    anna = client_of("anna")
    first = anna.post("/kudos", data={"who": "Ben (ben)", "message": "", "lang": "en", "more": "1"})
    assert first.status_code == 200
    assert f'value="{cast.ben}" checked' in first.text
    assert "No kudos here yet" in first.text, "nothing was sent"
    sent = {"receivers": [cast.ben], "who": "Mia (mia)", "message": SAID, "skill_id": skill, "lang": "en"}
    anna.post("/kudos", data=sent)
    assert "You thanked Ben and Mia" in said(anna.get("/kudos").text)


def test_a_link_can_say_for_whom_the_form_is(cast: Cast, client_of: Browser) -> None:
    page = client_of("anna").get("/kudos?to=ben").text
    assert f'value="{cast.ben}" checked' in page
    for nobody in ("anna", "nobody", "%00", "'"):
        assert " checked>" not in client_of("anna").get(f"/kudos?to={nobody}").text


def test_names_are_suggested_while_one_types_and_never_oneself(client_of: Browser) -> None:
    found = client_of("anna").get("/kudos/people?who=e", headers=SWAP).text
    assert "Ben (ben)" in found
    assert "Anna" not in client_of("anna").get("/kudos/people?who=anna", headers=SWAP).text
    assert client_of("anna").get("/kudos/people?who=%25", headers=SWAP).text.strip() == ""


def test_a_swap_gets_the_stamp_and_an_empty_form(skill: int, client_of: Browser) -> None:
    sent = {"who": "ben", "message": SAID, "skill_id": skill, "lang": "en"}
    answer = client_of("anna").post("/kudos", data=sent, headers=SWAP)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert answer.text.count("<article") == 1
    assert "hx-swap-oob" in answer.text


def test_the_form_says_how_many_are_left_and_a_refusal_when_there_are_more(
    app: Flask, cast: Cast, skill: int, client_of: Browser
) -> None:
    from tests.app.kudos.test_give_kudos import allow

    allow(app, 1)
    anna = client_of("anna")
    assert "You can thank 1 more colleague this month." in anna.get("/kudos").text
    sent = {"who": "ben", "message": SAID, "skill_id": skill, "lang": "en"}
    assert anna.post("/kudos", data=sent).status_code == 303
    answer = anna.post("/kudos", data=sent)
    assert answer.status_code == 422
    assert "as many colleagues as a month holds" in answer.text
    assert SAID in answer.text


def test_saying_thanks_back_is_one_click_and_the_giver_sees_it(thank: Thank, client_of: Browser) -> None:
    kudos_id = thank("anna", "ben")
    card = client_of("ben").post(f"/kudos/{kudos_id}/thanks", headers=SWAP)
    assert card.status_code == 200
    assert "You said thanks" in card.text
    assert client_of("ben").post(f"/kudos/{kudos_id}/thanks").status_code == 303
    assert "1 said thanks back" in client_of("anna").get("/kudos").text


def test_what_people_write_stays_text(thank: Thank, client_of: Browser) -> None:
    thank("anna", "ben", message="<script>alert(1)</script> you did well")
    page = client_of("ben").get("/kudos").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_pages_speak_dutch(app: Flask, cast: Cast, client_of: Browser) -> None:
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.anna).language = "nl"
    page = client_of("anna").get("/kudos").text
    for line in ("Wie wil je bedanken", "Je kunt deze maand nog 10", "Geef kudos"):
        assert line in page


def test_the_wall_goes_on_where_it_stopped_in_as_few_statements(
    app: Flask, thank: Thank, client_of: Browser, token_of: Headers
) -> None:
    from sqlalchemy import event

    from tests.app.kudos.test_give_kudos import allow

    allow(app, 100)
    counted: list[int] = []
    ben = client_of("ben")

    def asked() -> int:
        counted.clear()
        assert ben.get("/kudos").status_code == 200
        return len(counted)

    thank("anna", "ben")
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *_: counted.append(1))
    few = asked()
    ids = [thank("anna", "ben", "mia", message=f"You did thing number {number}.") for number in range(24)]
    assert asked() <= few
    headers = token_of("ben")
    first = app.test_client().get("/api/v1/kudos", headers=headers).get_json()
    assert [kudos["id"] for kudos in first["kudos"]] == ids[:3:-1]
    rest = app.test_client().get(f"/api/v1/kudos?before={first['next']}", headers=headers).get_json()
    assert len(rest["kudos"]) == 5
    assert rest["next"] is None


def test_the_api_gives_reads_chooses_and_thanks(
    app: Flask, cast: Cast, skill: int, token_of: Headers
) -> None:
    api, anna, ben = app.test_client(), token_of("anna"), token_of("ben")
    sent = {"receivers": [cast.ben], "message": SAID, "skill_id": skill, "lang": "en"}
    made = api.post("/api/v1/kudos", json=sent, headers=anna)
    assert made.status_code == 201
    kudos = made.get_json()
    assert (kudos["giver"]["name"], kudos["visible"]) == ("Anna", None)
    at = f"/api/v1/kudos/{kudos['id']}"
    assert api.post(f"{at}/visibility", json={"visible": "team"}, headers=ben).get_json()["visible"] == "team"
    assert api.post(f"{at}/thanks", headers=ben).get_json()["thanked_at"]
    left = api.get("/api/v1/kudos/allowance", headers=anna).get_json()
    assert (left["allowance"], left["left"]) == (10, 9)
    refused = api.post("/api/v1/kudos", json={**sent, "receivers": [cast.anna]}, headers=anna)
    assert refused.status_code == 422
    assert refused.mimetype == "application/problem+json"


# Whatever is thrown at them ---------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["9223372036854775808", "9" * 400, "9" * 5000])
def test_a_number_beyond_all_bounds_is_not_there(number: str, client_of: Browser) -> None:
    anna = client_of("anna")
    assert anna.get(f"/kudos/{number}").status_code == 404
    assert anna.post(f"/kudos/{number}/thanks").status_code == 404
    assert anna.get(f"/kudos?before={number}").status_code == 422
    sent = {"receivers": number, "message": SAID, "skill_id": number, "lang": "en"}
    assert anna.post("/kudos", data=sent).status_code == 422


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("message", "\x00 hidden in the sentence of thanks"),
        ("message", "half a character \ud800 in here"),
        ("message", {"a": "dictionary"}),
        ("message", "x" * 1_000_000),
        ("receivers", [2**63]),
        ("receivers", [True]),
        ("receivers", []),
        ("receivers", list(range(100, 2000))),
        ("receivers", "everyone"),
        ("receivers", {"1": 2}),
        ("skill_id", float("1e308")),
        ("skill_id", 2**63 - 1),
        ("skill_id", None),
        ("lang", "xx"),
        ("once", "k" * 10_000),
        ("once", 5),
    ],
)
def test_hostile_fields_are_refused(
    name: str, value: Any, app: Flask, cast: Cast, skill: int, client_of: Browser, token_of: Headers
) -> None:
    sent = {"receivers": [cast.ben], "message": SAID, "skill_id": skill, "lang": "en", name: value}
    answer = app.test_client().post("/api/v1/kudos", json=sent, headers=token_of("anna"))
    assert answer.status_code in (400, 422)
    assert answer.mimetype == "application/problem+json"
    if not isinstance(value, dict) and "\ud800" not in str(value):
        typed = {key: "" if one is None else one for key, one in sent.items()}
        answer = client_of("anna").post("/kudos", data=typed)
        assert answer.status_code == 422 or (name, value) == ("once", 5)


@pytest.mark.parametrize("visible", ["world", "", None, 3, ["team"]])
def test_a_choice_that_is_none_is_refused(visible: Any, app: Flask, thank: Thank, token_of: Headers) -> None:
    kudos_id, headers = thank("anna", "ben"), token_of("ben")
    answer = app.test_client().post(
        f"/api/v1/kudos/{kudos_id}/visibility", json={"visible": visible}, headers=headers
    )
    assert answer.status_code == 422


def test_a_choice_of_who_sees_it_is_said_to_be_kept(thank: Callable[..., int], client_of: Browser) -> None:
    kudos_id = thank("anna", "ben")
    swap = {"HX-Request": "true"}
    told = (
        client_of("ben")
        .post(f"/kudos/{kudos_id}/visibility", data={"visible": "everyone"}, headers=swap)
        .text
    )
    assert 'id="status"' in told
    assert "Saved." in told
    assert 'id="status"' not in client_of("ben").post(f"/kudos/{kudos_id}/thanks", headers=swap).text
