"""Who sees a recognition and a nomination: every viewer, through the doors."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from app.audit import queries as audit
from app.db import db, transaction
from app.people.models import Person
from tests.app.recognitions.conftest import CITATION, REASON, TITLE
from tests.cast import NAMES, Cast, SignedIn, platform_headers

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
Give = Callable[..., int]
Occasion = Callable[..., int]
Nominate = Callable[..., int]
Close = Callable[..., None]
ALL = set(NAMES)
NOW = datetime.now(UTC)


def who_sees(recognition_id: int, client_of: Browser) -> set[str]:
    return {
        name for name in NAMES if client_of(name).get(f"/recognitions/{recognition_id}").status_code == 200
    }


def on_list(recognition_id: int, client_of: Browser, path: str = "/recognitions") -> set[str]:
    mark = f'/recognitions/{recognition_id}"'
    return {name for name in NAMES if mark in client_of(name).get(path).text}


def test_a_recognition_is_seen_by_all_until_its_receiver_keeps_it(
    app: Flask, cast: Cast, give: Give, client_of: Browser
) -> None:
    given = give("mia", "anna", at=NOW)
    assert who_sees(given, client_of) == ALL == on_list(given, client_of)
    assert (
        client_of("anna").post(f"/recognitions/{given}/visibility", data={"visible": "me"}).status_code == 303
    )
    assert who_sees(given, client_of) == {"anna", "mia", "clara"}
    assert on_list(given, client_of) == {"anna", "mia"}
    with app.app_context():
        looks = audit.looks_at(cast.anna)
        assert [(one.viewer_id, one.what) for one in looks if one.allowed] == [
            (cast.clara, "recognition:one")
        ]
        assert {one.viewer_id for one in looks if not one.allowed} == {
            cast.id_of(name) for name in ALL - {"anna", "mia", "clara"}
        }


def test_who_keeps_it_is_not_named_to_others(
    app: Flask, give: Give, client_of: Browser, token_of: Headers
) -> None:
    given = give("clara", "anna", "eve", at=NOW)
    client_of("eve").post(f"/recognitions/{given}/visibility", data={"visible": "me"})
    api = app.test_client()

    def named(viewer: str) -> list[str]:
        answer = api.get(f"/api/v1/recognitions/{given}", headers=token_of(viewer)).get_json()
        return [one["name"] for one in answer["receivers"]]

    assert named("dan") == named("mia") == ["Anna"]
    assert "Eve" not in client_of("ben").get(f"/recognitions/{given}").text
    assert "Eve" not in client_of("ben").get("/").text
    assert named("anna") == named("eve") == named("clara") == ["Anna", "Eve"]


def test_it_stands_on_the_home_page_of_the_team_for_two_weeks(give: Give, client_of: Browser) -> None:
    given = give("mia", "anna", at=NOW)
    assert on_list(given, client_of, "/") == {"anna", "ben", "mia"}


def test_it_stands_on_the_own_page_inside_and_never_outside(
    app: Flask, cast: Cast, give: Give, client_of: Browser
) -> None:
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.anna).public_profile = True
    given = give("mia", "anna", at=NOW)
    assert on_list(given, client_of, "/people/anna") == ALL
    assert TITLE not in app.test_client().get("/u/anna").text
    client_of("anna").post(f"/recognitions/{given}/visibility", data={"visible": "me"})
    assert on_list(given, client_of, "/people/anna") == {"anna"}


@pytest.mark.parametrize("name", ["ben", "mia", "clara", "dan"])
def test_only_its_receiver_chooses(name: str, give: Give, client_of: Browser) -> None:
    given = give("mia", "anna", at=NOW)
    answer = client_of(name).post(f"/recognitions/{given}/visibility", data={"visible": "me"})
    assert answer.status_code == 404


def test_nobody_outside_and_no_system_sees_one(
    app: Flask, cast: Cast, give: Give, client_of: Browser
) -> None:
    given = give("mia", "anna", at=NOW)
    stranger = app.test_client()
    assert stranger.get(f"/recognitions/{given}").status_code == 303
    client = platform_headers(app, "people:read")
    assert stranger.get(f"/api/v1/recognitions/{given}", headers=client).status_code == 403
    gone = client_of("ben")
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.ben).active = False
    assert gone.get(f"/recognitions/{given}").status_code == 303


# Nominations -------------------------------------------------------------------------------------------------


def readers(occasion_id: int, client_of: Browser) -> set[str]:
    """Who can read the reason, on whichever page."""
    pages = ("/recognitions/nominate", f"/recognitions/occasions/{occasion_id}")
    return {name for name in NAMES if any(REASON in client_of(name).get(page).text for page in pages)}


def test_a_nomination_is_sealed_until_the_jury_and_who_it_is_about_read_it_together(
    app: Flask, occasion: Occasion, nominate: Nominate, close: Close, client_of: Browser, token_of: Headers
) -> None:
    made = occasion("leo", at=NOW)
    nominate(made, "anna", "ben", at=NOW)
    assert readers(made, client_of) == {"anna"}
    close(made, NOW)
    assert readers(made, client_of) == {"anna", "ben", "leo", "clara"}
    seen = app.test_client().get(f"/api/v1/recognitions/occasions/{made}", headers=token_of("leo")).get_json()
    about = app.test_client().get("/api/v1/recognitions/nominations", headers=token_of("ben")).get_json()
    assert seen["nominations"] == about["of_me"], "what the jury sees of you, you see"


def test_an_occasion_is_seen_by_its_jury_and_hr_only(occasion: Occasion, client_of: Browser) -> None:
    made = occasion("leo", at=NOW)
    status = {name: client_of(name).get(f"/recognitions/occasions/{made}").status_code for name in NAMES}
    assert {name for name, code in status.items() if code == 200} == {"leo", "clara"}
    assert set(status.values()) == {200, 404}


def test_nobody_is_nominated_twice_by_one_or_by_themselves(
    occasion: Occasion, client_of: Browser, cast: Cast
) -> None:
    made = occasion("leo", at=NOW)
    anna = client_of("anna")
    form: dict[str, Any] = {"occasion_id": made, "who": "ben", "reason": REASON, "lang": "en"}
    assert anna.post("/recognitions/nominate", data=form).status_code == 303
    assert anna.post("/recognitions/nominate", data=form).status_code == 409
    own = anna.post("/recognitions/nominate", data={**form, "who": "", "nominee_id": cast.anna})
    assert own.status_code == 422
    assert REASON in own.text, "what was typed comes back"


def test_a_nomination_is_taken_back_as_long_as_it_is_sealed(
    occasion: Occasion, nominate: Nominate, close: Close, client_of: Browser
) -> None:
    made = occasion("leo", at=NOW)
    first, second = nominate(made, "anna", "ben", at=NOW), nominate(made, "anna", "eve", at=NOW)
    assert client_of("ben").post(f"/recognitions/nominations/{first}/end").status_code == 404
    assert client_of("anna").post(f"/recognitions/nominations/{first}/end").status_code == 303
    close(made, NOW)
    assert client_of("anna").post(f"/recognitions/nominations/{second}/end").status_code == 422


def test_all_who_were_not_chosen_hear_it_at_once_with_kind_words(
    occasion: Occasion, nominate: Nominate, close: Close, client_of: Browser
) -> None:
    made = occasion("leo", at=NOW)
    nominate(made, "anna", "ben", at=NOW)
    end = f"/recognitions/occasions/{made}/decision"
    words = {"words": "We read each line with pleasure."}
    assert client_of("leo").post(end, data=words).status_code == 422, "still open"
    close(made, NOW)
    assert client_of("mia").post(end, data=words).status_code == 404
    assert client_of("leo").post(end, data=words).status_code == 303
    for name in ("anna", "ben"):
        assert words["words"] in client_of(name).get("/recognitions/nominate").text
    assert client_of("clara").post(end, data=words).status_code == 409


# The forms ---------------------------------------------------------------------------------------------------


def test_a_plain_form_gives_one_and_comes_back_when_something_is_wrong(
    cast: Cast, client_of: Browser
) -> None:
    mia = client_of("mia")
    form = {"receivers": [cast.anna], "title": TITLE, "citation": "Short", "lang": "en",
            "day": NOW.date().isoformat()}  # fmt: skip
    wrong = mia.post("/recognitions", data=form)
    assert wrong.status_code == 422
    assert TITLE in wrong.text
    assert f'value="{cast.anna}" checked' in wrong.text
    right = mia.post("/recognitions", data={**form, "citation": CITATION})
    assert right.status_code == 303
    assert CITATION in client_of("anna").get(right.location).text


def test_hr_types_names_and_whoever_gives_none_finds_no_form(cast: Cast, client_of: Browser) -> None:
    more = client_of("clara").post("/recognitions", data={"who": "eve", "more": "1", "title": TITLE})
    assert more.status_code == 200
    assert f'value="{cast.eve}" checked' in more.text
    assert client_of("anna").get("/recognitions/new").status_code == 404


def test_the_reason_stands_beside_the_form_and_not_in_it(
    occasion: Occasion, nominate: Nominate, close: Close, client_of: Browser
) -> None:
    made = occasion("leo", at=NOW)
    put = nominate(made, "anna", "ben", at=NOW)
    assert client_of("leo").get(f"/recognitions/new?nomination={put}").status_code == 404, "sealed"
    close(made, NOW)
    page = client_of("leo").get(f"/recognitions/new?nomination={put}").text
    before, form = page.split('<form class="card stack-4"')
    assert REASON in before, "whoever writes on a phone reads it first"
    assert REASON not in form


def test_the_certificate_speaks_the_language_of_its_citation(give: Give, client_of: Browser) -> None:
    given = give("mia", "anna", at=NOW, lang="nl")
    page = client_of("anna").get(f"/recognitions/{given}").text
    assert "Bijzondere waardering" in page
    assert "Print this page" in page


def test_several_are_put_forward_in_one_request_or_none(
    cast: Cast, occasion: Occasion, client_of: Browser
) -> None:
    made = occasion("leo", at=NOW)
    told = {"occasion_id": made, "reason": REASON, "lang": "en"}
    anna, many = client_of("anna"), "/api/v1/recognitions/nominations/many"
    items = [{**told, "nominee_id": one} for one in (cast.ben, cast.eve)]
    assert anna.post(many, json={"nominations": [*items, items[0]]}).status_code == 409
    answer = anna.post(many, json={"nominations": items})
    assert [one["nominee"]["id"] for one in answer.get_json()["nominations"]] == [cast.ben, cast.eve]
    assert len(anna.get("/api/v1/recognitions/nominations").get_json()["made"]) == 2


def test_the_teams_that_one_may_recognise_are_those_that_report_to_one(client_of: Browser) -> None:
    path = "/api/v1/recognitions/teams"
    assert [one["name"] for one in client_of("mia").get(path).get_json()["teams"]] == ["North"]
    assert client_of("anna").get(path).get_json()["teams"] == []
    assert len(client_of("clara").get(path).get_json()["teams"]) > 1
