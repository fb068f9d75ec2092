"""Logging own learning, in a browser with and without JavaScript."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.activities import queries, records
from tests.app.activities.scene import Catalogue, record, report
from tests.cast import Cast, SignedIn, hire

HTMX = {"HX-Request": "true"}
Browser = Callable[[str], SignedIn]


def today() -> datetime:
    return datetime.now(UTC)


def form(catalogue: Catalogue, **more: Any) -> dict[str, Any]:
    plain = {
        "title": "A morning with the night crew",
        "kind": "on_the_job",
        "skill_id": catalogue.safety,
        "completed_on": (today() - timedelta(days=2)).date().isoformat(),
        "hours": "3.5",
        "note": "I held the lamp.\r\nAnd the map.",
        "link": "",
        "who": "",
    }
    return plain | more


def test_a_log_goes_to_the_manager_and_stands_in_my_list(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue
) -> None:
    anna = client_of("anna")
    answer = anna.post("/log", data=form(catalogue))
    assert answer.status_code == 303
    page = anna.get(answer.location).text
    assert "Sent. Mia is asked to confirm “A morning with the night crew”." in page
    assert "waits for Mia" in page
    with app.app_context():
        (row,) = records.waiting_for(cast.mia)
        assert (row.hours, row.note, row.skills) == (
            3.5,
            "I held the lamp.\nAnd the map.",
            [catalogue.safety],
        )


def test_a_swap_gets_an_empty_form_and_the_list(client_of: Browser, catalogue: Catalogue) -> None:
    answer = client_of("anna").post("/log", data=form(catalogue), headers=HTMX).text
    assert "<!doctype html>" not in answer
    assert 'id="log-form"' in answer
    assert 'id="mine" hx-swap-oob="true"' in answer
    assert 'value="A morning with the night crew"' not in answer


def test_what_is_wrong_comes_back_at_its_field_with_what_was_typed(
    client_of: Browser, catalogue: Catalogue
) -> None:
    anna = client_of("anna")
    wrong = form(catalogue, completed_on="2999-01-01", note="Kept <b>text</b>", hours="-1", who="x" * 300)
    for headers in (HTMX, {}):
        answer = anna.post("/log", data=wrong, headers=headers)
        assert answer.status_code == 422
        assert "Kept &lt;b&gt;text&lt;/b&gt;" in answer.text
        assert "Give the hours as a number" in answer.text
        assert ("<!doctype html>" in answer.text) == (not headers)
    late = anna.post("/log", data=form(catalogue, completed_on="2999-01-01"), headers=HTMX)
    assert "This day is still to come" in late.text
    assert anna.get("/log").text.count('id="mine-') == 0


def test_everything_that_is_missing_is_named(client_of: Browser, catalogue: Catalogue) -> None:
    answer = client_of("anna").post("/log", data={"completed_on": today().date().isoformat()}, headers=HTMX)
    assert answer.status_code == 422
    for said in (
        "Say what you did.",
        "Choose what kind",
        "Choose the skill",
        "Say in a sentence what you did",
    ):
        assert said in answer.text
    assert "Choose the day." in client_of("anna").post("/log", data={}, headers=HTMX).text


def test_the_catalogue_s_own_page_leads_to_a_form_for_it(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue
) -> None:
    anna = client_of("anna")
    page = anna.get("/log?activity=gas").text
    assert f'name="activity_id" value="{catalogue.gas}"' in page
    assert 'name="title"' not in page
    assert anna.get("/log?activity=nothing").status_code == 404
    sent = {"activity_id": catalogue.gas, "completed_on": today().date().isoformat(), "note": "At the depot"}
    assert anna.post("/log", data=sent).status_code == 303
    with app.app_context():
        assert records.waiting_for(cast.mia)[0].activity_id == catalogue.gas


def test_what_stands_already_is_refused_with_the_form_kept(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue
) -> None:
    with app.app_context():
        record(report(cast.anna, catalogue.gas, today(), "a"))
    answer = client_of("anna").post("/log", data=form(catalogue, title="working with gas"), headers=HTMX)
    assert answer.status_code == 422
    assert "This is among your completions already" in answer.text
    assert "I held the lamp." in answer.text


def test_sent_twice_it_is_there_once(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue
) -> None:
    anna = client_of("anna")
    first, second = (anna.post("/log", data=form(catalogue)) for _ in range(2))
    assert first.location == second.location
    with app.app_context():
        assert records.count_waiting_for(cast.mia) == 1


@pytest.mark.parametrize(
    ("who", "asked"), [("Eve (eve)", "eve"), ("eve", "eve"), ("EV", "eve"), ("Mia", "mia")]
)
def test_a_name_or_part_of_it_says_who_confirms(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue, who: str, asked: str
) -> None:
    assert client_of("anna").post("/log", data=form(catalogue, who=who)).status_code == 303
    with app.app_context():
        assert records.count_waiting_for(cast.id_of(asked)) == 1


def test_a_name_that_says_nobody_or_several_comes_back_with_who_it_can_be(
    app: Flask, client_of: Browser, catalogue: Catalogue
) -> None:
    with app.app_context():
        hire("benno", "benedict")
    anna = client_of("anna")
    nobody = anna.post("/log", data=form(catalogue, who="Zzz"), headers=HTMX)
    assert (nobody.status_code, "We know no colleague called Zzz" in nobody.text) == (422, True)
    several = anna.post("/log", data=form(catalogue, who="bene"), headers=HTMX)
    assert several.status_code == 303 or several.status_code == 200
    several = anna.post("/log", data=form(catalogue, title="Another", who="be"), headers=HTMX)
    assert several.status_code == 422
    assert several.text.count('name="confirmer_id"') >= 3
    exact = anna.post("/log", data=form(catalogue, title="A third", who="ben"), headers=HTMX)
    assert exact.status_code == 200


def test_nobody_confirms_for_themselves(client_of: Browser, cast: Cast, catalogue: Catalogue) -> None:
    anna = client_of("anna")
    for sent in ({"who": "Anna (anna)"}, {"confirmer_id": cast.anna}):
        answer = anna.post("/log", data=form(catalogue, **sent), headers=HTMX)
        assert answer.status_code == 422
        assert "You cannot confirm your own learning" in answer.text


def test_names_are_suggested_while_one_types(client_of: Browser, catalogue: Catalogue) -> None:
    answer = client_of("anna").get("/log/people?who=mi", headers=HTMX).text
    assert 'value="Mia (' in answer
    assert "Anna (" not in client_of("anna").get("/log/people?who=an", headers=HTMX).text


def test_titles_of_the_catalogue_are_suggested_too(client_of: Browser, catalogue: Catalogue) -> None:
    answer = client_of("anna").get("/log/titles?title=gas", headers=HTMX).text
    assert answer.strip() == '<option value="Working with gas">Course</option>'


def test_my_list_is_mine_alone(client_of: Browser, catalogue: Catalogue) -> None:
    client_of("anna").post("/log", data=form(catalogue))
    assert "night crew" not in client_of("ben").get("/log").text.replace(
        "A morning along with the night crew", ""
    )


def test_my_list_comes_in_pages(app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue) -> None:
    with app.app_context():
        record(
            *[
                report(cast.anna, catalogue.first_aid, datetime(1990 + n, 5, 1, tzinfo=UTC), f"s{n}")
                for n in range(30)
            ]
        )
    anna = client_of("anna")
    assert "/log?page=2" in anna.get("/log").text
    rest = anna.get("/log?page=2", headers=HTMX).text
    assert rest.count('id="mine-') == 30 - queries.PAGE


@pytest.mark.parametrize(
    "sent",
    [
        {"note": "a\x00b"},
        {"title": "\x00"},
        {"title": "x" * 201},
        {"note": "x" * 1001},
        {"link": "javascript:alert(1)"},
        {"link": "http://"},
        {"link": "https://[::1"},
        {"link": "https://example.org/" + "x" * 2000},
        {"skill_id": "9" * 40},
        {"skill_id": "١"},
        {"activity_id": "9223372036854775807"},
        {"activity_id": "-1"},
        {"confirmer_id": "1e9"},
        {"hours": "nan"},
        {"hours": "1e400"},
        {"hours": "Infinity"},
        {"completed_on": "0000-00-00"},
        {"completed_on": "0001-01-01"},
        {"completed_on": "9999-12-31"},
        {"kind": "course'; --"},
        {"who": "%"},
        {"who": "(("},
        {"who": "nobody (nothing)"},
    ],
)
def test_hostile_input_is_refused_and_leaves_nothing(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue, sent: dict[str, str]
) -> None:
    for headers in (HTMX, {}):
        answer = client_of("anna").post("/log", data=form(catalogue, **sent), headers=headers)
        assert answer.status_code in (400, 404, 422)
    with app.app_context():
        assert records.completions_of(cast.anna) == ([], False)


def test_what_came_back_with_a_question_is_taken_up_with_all_that_was_typed(
    client_of: Browser, catalogue: Catalogue
) -> None:
    anna, mia = client_of("anna"), client_of("mia")
    sent = anna.post("/log", data=form(catalogue, who="Mia", link="https://example.org/photo"))
    completion_id = sent.location.rpartition("=")[2]
    assert "https://example.org/photo" not in anna.get(f"/log?again={completion_id}").text
    mia.post(f"/confirmations/{completion_id}", data={"decision": "decline", "note": "Which crew?"})
    assert f"/log?again={completion_id}" in anna.get("/log").text
    page = anna.get(f"/log?again={completion_id}").text
    for typed in (
        "A morning with the night crew",
        "I held the lamp.",
        "https://example.org/photo",
        "Mia (",
        "3.5",
    ):
        assert typed in page
    assert "I held the lamp." not in client_of("ben").get(f"/log?again={completion_id}").text
