"""An administrator connects a platform: key and secret shown once, a test, what was refused, a new secret, an end."""

import base64
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.db import db, transaction
from app.imports import refusals
from app.people import clients
from tests.app.imports.scene import COURSE, Platform, says
from tests.cast import Cast, SignedIn, platform_headers

ClientOf = Callable[[str], SignedIn]
PAGE = "/admin/connections"
FORM = {"name": "Moodle", "scopes": ["xapi:write"], "once": "form-of-dan-1"}


def shown(answer: TestResponse) -> tuple[str, str]:
    """Key and secret, as the page shows them."""
    found = re.findall(r'<code class="mono">([\w-]+)</code>', answer.text)
    assert len(found) == 2, answer.text
    return found[0], found[1]


def basic(key: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()}


def send(app: Flask, key: str, secret: str, **more: Any) -> int:
    platform = Platform(app.test_client(), basic(key, secret))
    return platform.post(says(**more)).status_code


def rows(app: Flask, sql: str) -> list[Any]:
    with app.app_context():
        found = [tuple(row) for row in db.session.execute(text(sql))]
        db.session.rollback()
        return found


def test_key_and_secret_are_shown_once_and_open_the_door(app: Flask, client_of: ClientOf) -> None:
    dan = client_of("dan")
    made = dan.post(PAGE, data=FORM)
    assert made.status_code == 200
    assert made.headers["Cache-Control"] == "no-store"
    key, secret = shown(made)
    assert send(app, key, secret) == 200
    again = dan.post(PAGE, data=FORM)  # the page reloaded
    assert again.status_code == 303
    one = dan.get(again.location).text
    assert secret not in one
    assert secret not in dan.get(PAGE).text
    assert key in one
    assert rows(app, "SELECT count(*) FROM api_client") == [(1,)]


def test_what_is_not_filled_in_right_comes_back_with_what_was_typed(client_of: ClientOf) -> None:
    answer = client_of("dan").post(PAGE, data={"name": "Rise", "account_home": "not an address"})
    assert answer.status_code == 422
    assert 'value="Rise"' in answer.text
    assert "Choose at least one." in answer.text
    assert "Give the whole address" in answer.text
    one_only = client_of("dan").post(PAGE, data={**FORM, "account_home": "https://lms.example"})
    assert one_only.status_code == 422
    assert "Say both" in one_only.text


def test_learning_may_look_and_not_make(client_of: ClientOf, lms: Platform) -> None:
    leo = client_of("leo")
    assert 'action="/admin/connections"' not in leo.get(PAGE).text
    assert leo.post(PAGE, data=FORM).status_code == 403


def made_one(client_of: ClientOf) -> tuple[SignedIn, str, str, str]:
    dan = client_of("dan")
    key, secret = shown(dan.post(PAGE, data=FORM))
    place = re.findall(rf"{PAGE}/\d+", dan.get(PAGE).text)[0]
    return dan, place, key, secret


def test_a_new_secret_lets_the_old_one_work_for_as_long_as_was_chosen(
    app: Flask, client_of: ClientOf
) -> None:
    dan, place, key, old = made_one(client_of)
    same, new = shown(dan.post(f"{place}/rotation", data={"hours": "24", "once": "form-of-dan-2"}))
    assert same == key
    assert (send(app, key, old), send(app, key, new)) == (200, 200)
    rows_changed = "UPDATE api_client SET old_secret_until = now() - interval '1 second'"
    with app.app_context(), transaction():
        db.session.execute(text(rows_changed))
    assert (send(app, key, old), send(app, key, new)) == (401, 200)
    _, last = shown(dan.post(f"{place}/rotation", data={"hours": "0", "once": "form-of-dan-3"}))
    assert (send(app, key, new), send(app, key, last)) == (401, 200)
    assert dan.post(f"{place}/rotation", data={"hours": "5"}).status_code == 422


def test_ended_its_key_and_tokens_open_nothing_and_what_it_sent_stays(
    app: Flask, client: FlaskClient, client_of: ClientOf
) -> None:
    dan, place, key, secret = made_one(client_of)
    assert send(app, key, secret) == 200
    form = {"grant_type": "client_credentials", "client_id": key, "client_secret": secret}
    token = client.post("/oauth/token", data=form).get_json()["access_token"]
    assert dan.post(f"{place}/end").status_code == 303
    assert send(app, key, secret) == 401
    bearer = Platform(app.test_client(), {"Authorization": f"Bearer {token}"})
    assert bearer.get().status_code == 401
    assert rows(app, "SELECT count(*) FROM statement") == [(1,)]
    assert "Ended on" in dan.get(place).text
    assert dan.post(f"{place}/rotation", data={"hours": "0"}).location == place


def test_the_test_says_whether_something_came_in_since(app: Flask, client_of: ClientOf) -> None:
    dan, place, key, secret = made_one(client_of)
    since = datetime.now(UTC).isoformat()
    assert "Nothing came in since" in dan.get(place, query_string={"since": since}).text
    send(app, key, secret)
    send(app, key, secret, verb="not an address")
    page = dan.get(place, query_string={"since": since})
    assert "1 statement came in since" in page.text
    assert "1 request was refused since" in page.text
    assert dan.get(place, query_string={"since": "yesterday"}).status_code == 422


def test_the_line_for_a_terminal_is_accepted(app: Flask, client_of: ClientOf) -> None:
    dan = client_of("dan")
    page = dan.post(PAGE, data=FORM)
    line = re.search(r"-d '(.*?)'", page.text.replace("&#34;", '"').replace("&#39;", "'"), re.S)
    assert line
    key, secret = shown(page)
    platform = Platform(app.test_client(), basic(key, secret), version="1.0.3")
    assert platform.post(json.loads(line[1])).status_code == 200


def test_what_was_refused_is_kept_with_where_and_why_and_nothing_of_a_person(
    app: Flask, client_of: ClientOf
) -> None:
    dan, place, key, secret = made_one(client_of)
    secretive = {"mbox": "anna.de.vries@private.example"}
    for _ in range(3):
        assert send(app, key, secret, actor=secretive) == 400
    assert send(app, key, "wrong") == 401
    assert send(app, key, secret, **{"anna@private.example": True}) == 400
    page = dan.get(place).text
    assert "actor.mbox" in page
    assert "3 times" in page
    assert "private.example" not in page
    assert "private.example" not in json.dumps(rows(app, "SELECT code, property, message FROM refusal"))
    assert "The secret was wrong" in page


def test_refusals_are_capped_and_let_go(app: Flask, cast: Cast) -> None:
    headers = platform_headers(app, "xapi:write")
    assert headers
    ((client_id,),) = rows(app, "SELECT id FROM api_client")
    at = datetime.now(UTC)
    with app.app_context():
        for number in range(refusals.MOST + 5):
            refusals.note(client_id, "", status=400, code="x", property=f"p{number}", message="m", at=at)
        assert rows(app, "SELECT count(*) FROM refusal") == [(refusals.MOST,)]
        refusals.prune(at + timedelta(days=31))
    assert rows(app, "SELECT count(*) FROM refusal") == [(0,)]


def test_the_same_refusal_many_times_at_once_is_one_row(app: Flask, cast: Cast) -> None:
    headers = platform_headers(app, "xapi:write")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: Platform(app.test_client(), headers).post({}).status_code, range(16)))
    assert rows(app, "SELECT sum(count), count(*) FROM refusal") == [(16, 1)]


def test_the_figures_say_what_became_of_it(app: Flask, client_of: ClientOf) -> None:
    dan, place, key, secret = made_one(client_of)
    send(app, key, secret)
    send(app, key, secret, who="nobody")
    send(app, key, secret, verb="http://example.org/looked-at")
    send(app, key, secret, verb="nothing")
    text_ = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", dan.get(place).text))
    for label, value in (
        ("Received", 3),
        ("Counted", 1),
        ("Waiting for a person", 1),
        ("Without meaning", 1),
    ):
        assert f"{label} {value}" in text_, (label, text_)
    assert "Refused 1" in text_
    assert "Today 3 1" in text_  # the table behind the picture of thirty days


def test_thirty_days_of_it_are_drawn_with_their_figures_and_an_empty_one_draws_nothing(
    app: Flask, client_of: ClientOf
) -> None:
    dan, place, key, secret = made_one(client_of)
    assert "Received per day" not in dan.get(place).text
    send(app, key, secret)
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE statement SET stored_at = stored_at - interval '3 days'"))
    send(app, key, "wrong")
    page = dan.get(place).text
    figures = page.partition('<caption class="vh">Received per day')[2].partition("</table>")[0]
    told = re.findall(r'<td class="num">(\d+)</td><td class="num">(\d+)</td>', figures)
    assert len(told) == 30
    assert told[-4:] == [("1", "0"), ("0", "0"), ("0", "0"), ("0", "1")]


def test_the_command_rotates_lists_and_revokes(app: Flask, client_of: ClientOf) -> None:
    _, _, key, old = made_one(client_of)
    run = app.test_cli_runner().invoke
    made = json.loads(run(args=["clients", "rotate", key, "--keep-old-hours", "1"]).output)
    assert (send(app, key, old), send(app, key, made["secret"])) == (200, 200)
    listed = run(args=["clients", "list"]).output
    assert key in listed
    assert made["secret"] not in listed
    assert run(args=["clients", "revoke", key]).exit_code == 0
    assert run(args=["clients", "revoke", key]).exit_code == 0
    assert send(app, key, made["secret"]) == 401
    assert "Error:" in run(args=["clients", "rotate", "nobody"]).output


def test_the_same_by_the_api(
    app: Flask, client: FlaskClient, token_of: Callable[[str], dict[str, str]]
) -> None:
    dan = token_of("dan")
    made = client.post("/api/v1/clients", json=FORM, headers=dan)
    assert made.status_code == 201
    told = made.get_json()
    assert client.post("/api/v1/clients", json=FORM, headers=dan).status_code == 409
    assert send(app, told["key"], told["secret"]) == 200
    one = client.get(f"/api/v1/clients/{told['id']}", headers=dan).get_json()
    assert (one["figures"]["received"], "secret" in one) == (1, False)
    new = client.post(f"/api/v1/clients/{told['id']}/rotation", json={"hours": 0}, headers=dan).get_json()
    assert (send(app, told["key"], told["secret"]), send(app, told["key"], new["secret"])) == (401, 200)
    assert client.delete(f"/api/v1/clients/{told['id']}", headers=dan).status_code == 204
    assert send(app, told["key"], new["secret"]) == 401
    assert client.get("/api/v1/clients", headers=token_of("leo")).status_code == 403


def test_two_who_rotate_at_once_leave_one_secret_that_works(app: Flask, client_of: ClientOf) -> None:
    _, place, key, _ = made_one(client_of)
    client_id = int(place.rsplit("/", 1)[1])

    def rotate(_: int) -> str:
        with app.app_context(), transaction():
            return clients.rotate(client_id, hours=0, at=datetime.now(UTC)).secret

    with ThreadPoolExecutor(4) as pool:
        secrets = list(pool.map(rotate, range(4)))
    assert sorted(send(app, key, secret) for secret in secrets) == [200, 401, 401, 401]


def test_a_form_sent_twice_at_once_makes_one(app: Flask, client_of: ClientOf) -> None:
    browsers = [client_of("dan") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda browser: browser.post(PAGE, data=FORM).status_code, browsers))
    assert sorted(answers) == [200, 303, 303, 303]
    assert rows(app, "SELECT count(*) FROM api_client") == [(1,)]
    place = re.findall(rf"{PAGE}/\d+", browsers[0].get(PAGE).text)[0]
    form = {"hours": "0", "once": "form-of-dan-9"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda browser: browser.post(f"{place}/rotation", data=form).status_code, browsers)
        )
    assert sorted(answers) == [200, 303, 303, 303]


def test_what_linkedin_learning_sends_counts(
    app: Flask, client: FlaskClient, client_of: ClientOf, completions: Callable[[], list[Any]], cast: Cast
) -> None:
    """OAuth with the credentials in the form, version 1.0.0, verbs in capitals, progress as text."""
    _, _, key, secret = made_one(client_of)
    form = {
        "grant_type": "client_credentials",
        "client_id": key,
        "client_secret": secret,
        "scope": "xapi:write",
    }
    token = client.post("/oauth/token", data=form).get_json()
    assert token["token_type"] == "Bearer"
    linkedin = Platform(
        app.test_client(), {"Authorization": f"Bearer {token['access_token']}"}, version="1.0.0"
    )

    def tells(verb: str, done: bool, percent: str) -> dict[str, Any]:
        return {
            "actor": {"mbox": "mailto:Anna@waterveld.example", "objectType": "Agent"},
            "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}", "display": {"en-US": verb.upper()}},
            "object": {
                "id": "urn:li:lyndaCourse:2822257",
                "objectType": "Activity",
                "definition": {
                    "type": "http://adlnet.gov/expapi/activities/course",
                    "name": {"en-US": "Learning to be promotable"},
                },
            },
            "result": {
                "completion": done,
                "duration": "PT1H2M3S",
                "extensions": {"https://w3id.org/xapi/cmi5/result/extensions/progress": percent},
            },
            "timestamp": "2026-03-02T09:00:00.000Z",
        }

    under_way = linkedin.post(tells("progressed", False, "42"))
    assert (under_way.status_code, under_way.headers["X-Experience-API-Version"]) == (200, "1.0.3")
    assert completions() == []
    assert linkedin.post(tells("completed", True, "100")).status_code == 200
    assert [person for person, _ in completions()] == [cast.anna]
    assert COURSE


def test_guides_stand_in_both_languages(client_of: ClientOf) -> None:
    leo = client_of("leo")
    for guide in ("moodle", "linkedin", "articulate", "h5p", "spreadsheet"):
        assert leo.get(f"{PAGE}/guides/{guide}").status_code == 200
    assert leo.get(f"{PAGE}/guides/none").status_code == 404
