"""What holds at every door: who may, hostile input, headers, languages, refusals."""

import re
import threading
from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask, Response, url_for
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.routing import UUIDConverter

from app import guard
from app.access import POLICIES, WHO, RouteWithoutPolicy, collect_policies
from app.config import Settings
from app.db import db
from app.factory import create_app
from app.guard import Wall
from tests.cast import PASSWORD, Cast, SignedIn
from tests.conftest import Database

Browser = Callable[[str], SignedIn]
HTTPS = "https://blijk.example.org"
NAUGHTY = [
    "\x00",
    "a\x00b",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "%s%s%n",
    "../../etc/passwd",
    "\u202e\u2066x",
    "👩\u200d🔬" * 50,
    "Ω≈ç√∫˜µ≤≥÷",
    "9" * 5000,
    "-1",
    "1e400",
    "NaN",
    "\ufeff",
    "\r\nSet-Cookie: x=y",
    "a" * 100_000,
]
BODIES = [
    b"",
    b"[]",
    b"null",
    b"1",
    b'"text"',
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"game": NaN}',
    b'{"game": 1e999}',
    b'{"game": true, "game": false}',
    b'{"language": "\\u0000"}',
    b'{"language": "\\ud800"}',
    b'{"language": "nl\x00"}',
    b'{"board_choice": 99999999999999999999999}',
    b'{"board_choice": {}}',
    b'{"unknown": 1}',
    b"\xff\xfe{}",
    b"\xed\xa0\x80",
]


def test_every_route_says_who_may(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} <= set(POLICIES)
    assert all(set(policy.who) <= WHO and policy.who for policy in POLICIES.values())


def test_a_route_without_a_rule_does_not_start(database: object) -> None:
    bare = Flask(__name__)
    bare.add_url_rule("/secret", "secret", lambda: "")
    with pytest.raises(RouteWithoutPolicy, match="/secret"):
        collect_policies(bare)


def test_nobody_gets_into_any_page_that_is_not_for_anybody(app: Flask, client: FlaskClient) -> None:
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "anybody" in POLICIES[rule.endpoint].who or "GET" not in (rule.methods or ()):
                continue
            ids = [one for one in rule._converters if isinstance(rule._converters[one], UUIDConverter)]
            path = url_for(
                rule.endpoint, **dict.fromkeys(rule.arguments, 1) | dict.fromkeys(ids, UUID(int=1))
            )
            answer = client.get(path)
            assert answer.status_code == 401 or answer.headers["Location"].startswith("/login"), path


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_no_json_breaks_the_api(client_of: Browser, body: bytes) -> None:
    answer = client_of("anna").patch("/api/v1/me", data=body, content_type="application/json")
    assert answer.status_code in (400, 413, 422)
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["detail"]


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
def test_no_text_breaks_a_form(client_of: Browser, text: str) -> None:
    anna = client_of("anna")
    forms = {
        "/me/settings": {"language": text, "game": text, "board_choice": text},
        "/me/password": {"old": text, "new": text, "again": text},
        "/me/sessions/end": {"session_id": text},
        "/me/language": {"language": text, "next": text},
        "/login": {"login": text, "password": text, "next": text},
        "/welcome/x": {"new": text, "again": text},
        "/oauth/token": {"grant_type": text, "client_id": text, "client_secret": text, "scope": text},
    }
    for path, form in forms.items():
        assert anna.post(path, data=form).status_code < 500, path
        assert anna.post(path, data=form, headers={"HX-Request": "true"}).status_code < 500, path


def test_what_nobody_can_see_is_no_text_in_forms_and_in_the_api(
    client_of: Browser, client: FlaskClient, token_of: Callable[[str], dict[str, str]]
) -> None:
    unseen, turned = "\u200b" * 20, "Explain the pump \u202ebefore it stops"
    sent = {"words": unseen}
    assert client.post("/api/v1/wishes", json=sent, headers=token_of("anna")).status_code == 422
    assert client_of("anna").post("/wishes", data=sent).status_code == 422
    wishes = client.post("/api/v1/wishes", json={"words": turned}, headers=token_of("anna")).get_json()
    assert wishes["wishes"][0]["words"] == "Explain the pump before it stops"
    assert client_of("anna").post("/wishes", data={"words": turned}).status_code < 400
    assert "\u202e" not in client_of("leo").get("/admin/wishes").text


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
def test_no_text_breaks_an_address(client_of: Browser, text: str) -> None:
    from urllib.parse import quote

    anna = client_of("anna")
    said = quote(text[:5000], safe="")
    for path in (f"/{said}", f"/login?next={said}", f"/welcome/{said}", f"/me/settings?saved={said}"):
        assert anna.get(path).status_code < 500, path
    for raw in ("/%00", "/%ff%fe", "/login?next=%ED%A0%80", "/login?%00=%00", "/api/v1/%C3%28"):
        assert anna.get(raw).status_code < 500, raw


@pytest.mark.parametrize(
    "shown",
    [
        "Bearer",
        "Bearer \x7f",
        "Basic",
        "Basic !!!",
        "Basic AAAA",
        "Basic gICAgA==",
        "Basic ADpi",
        "Nonsense x",
        "x",
    ],
)
def test_no_key_breaks_a_door(client: FlaskClient, cast: Cast, shown: str) -> None:
    answer = client.get("/api/v1/me", headers={"Authorization": shown})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def _end_connections(database: Database) -> int:
    asked = "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = %s"
    (ended,) = database.line.execute(asked + " AND usename = 'blijk_web'", [database.name]).fetchone()
    return int(ended)


def test_an_answer_stands_when_the_connection_that_it_needed_dies_before_it_is_sent(
    app: Flask, database: Database, client_of: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = client_of("anna")

    def end_connections(answer: Response) -> Response:
        assert _end_connections(database) > 0
        return answer

    with monkeypatch.context() as patch:
        patch.setitem(app.after_request_funcs, None, [end_connections, *app.after_request_funcs[None]])
        assert anna.get("/me/settings").status_code == 200
    assert {anna.get("/me/settings").status_code for _ in range(3)} == {200}


def test_a_connection_that_the_server_ended_while_it_lay_idle_costs_no_request(
    app: Flask, database: Database, client_of: Browser
) -> None:
    anna = client_of("anna")
    with app.app_context():
        several = [db.engine.connect() for _ in range(3)]
        for line in several:
            line.execute(text("SELECT 1"))
            line.close()
    assert _end_connections(database) >= 3
    assert {anna.get("/me/settings").status_code for _ in range(3)} == {200}
    with app.app_context():
        again = [db.engine.connect() for _ in range(3)]
        assert [line.execute(text("SELECT 1")).scalar() for line in again] == [1, 1, 1]
        for line in again:
            line.close()


def test_links_never_follow_a_prefix_that_somebody_sends(client: FlaskClient, app: Flask) -> None:
    prefixed = {"SCRIPT_NAME": "//evil.example"}
    assert "evil.example" not in client.get("/login", environ_overrides=prefixed).text
    assert client.get("/learn", environ_overrides=prefixed).headers["Location"] == "/login?next=/learn"
    assert "evil.example" not in client.get("/login").text


@pytest.mark.parametrize(
    "value", ["", "\xff\xfe", "a" * 8000, "*;q=abc,,;;=", "bytes=-", 'W/"', "%00", "nl;q=9e999"]
)
def test_no_header_breaks_a_door(client_of: Browser, value: str) -> None:
    anna = client_of("anna")
    names = ["Accept-Language", "Accept", "Accept-Encoding", "Content-Type", "If-None-Match", "Range", "Host"]
    names += ["X-Forwarded-For", "X-CSRF-Token", "HX-Request", "HX-Current-URL", "Origin", "Cookie"]
    for name in names:
        for path in ("/login", "/me/settings", "/api/v1/me"):
            assert anna.get(path, headers={name: value}).status_code < 500, (name, path)
        assert anna.post("/me/settings", data=b"game=false", headers={name: value}).status_code < 500, name
        assert anna.patch("/api/v1/me", data=b"{}", headers={name: value}).status_code < 500, name


def test_wrong_keys_are_slowed_down_and_right_ones_are_not(
    client: FlaskClient, token_of: Callable[[str], dict[str, str]]
) -> None:
    wrong = {"Authorization": "Bearer nonsense"}
    assert [client.get("/api/v1/me", headers=wrong).status_code for _ in range(11)] == [401] * 10 + [429]
    assert client.get("/api/v1/me", headers=token_of("anna")).status_code == 200


def test_links_never_follow_the_host_header(client: FlaskClient, app: Flask) -> None:
    for headers in ({"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}):
        answer = client.get("/login", headers=headers)
        assert "evil.example" not in answer.text
        assert client.get("/me/settings", headers=headers).headers["Location"] == "/login?next=/me/settings"


def test_the_policy_of_content_is_strict_on_every_answer(client: FlaskClient) -> None:
    for path in ("/login", "/nowhere", "/api/v1/me", "/healthz"):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert client.get(path).headers["X-Content-Type-Options"] == "nosniff"


def test_personal_pages_are_not_kept_by_the_browser(client_of: Browser) -> None:
    assert client_of("anna").get("/me/settings").headers["Cache-Control"] == "no-store"


def test_an_answer_says_that_it_differs_for_swaps(client_of: Browser) -> None:
    anna = client_of("anna")
    page, fragment = anna.get("/me/settings"), anna.get("/me/settings", headers={"HX-Request": "true"})
    boosted = anna.get("/me/settings", headers={"HX-Request": "true", "HX-Boosted": "true"})
    back = anna.get("/me/settings", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in page.text
    assert "<html" not in fragment.text
    assert "<html" in boosted.text
    assert "<html" in back.text
    assert {"HX-Request", "HX-Boosted", "HX-History-Restore-Request"} <= set(page.vary)


@pytest.mark.parametrize("headers", [{"X-CSRF-Token": "0" * 64}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": "é"}])
def test_a_change_without_the_token_of_the_session_is_refused(
    client_of: Browser, headers: dict[str, str]
) -> None:
    anna = client_of("anna")
    for path in ("/me/settings", "/logout", "/me/language"):
        assert anna.post(path, data={"game": "false", "language": "nl"}, headers=headers).status_code == 403
    assert anna.patch("/api/v1/me", json={"game": False}, headers=headers).status_code == 403
    assert anna.get("/api/v1/me").get_json()["game"] is True


def test_the_token_of_another_session_is_refused(client_of: Browser) -> None:
    anna, ben = client_of("anna"), client_of("ben")
    answer = anna.post("/me/settings", data={"game": "false"}, headers={"X-CSRF-Token": ben.csrf})
    assert answer.status_code == 403


def test_another_site_changes_nothing_even_with_the_token(client_of: Browser) -> None:
    answer = client_of("anna").post(
        "/me/settings", data={"game": "false"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403


def test_refusals_speak_the_language_of_who_reads(client: FlaskClient, client_of: Browser) -> None:
    dutch = client.get("/nowhere", headers={"Accept-Language": "nl"}).text
    english = client.get("/nowhere", headers={"Accept-Language": "en"}).text
    assert 'lang="nl"' in dutch
    assert 'lang="en"' in english
    assert "Dit is er niet" in dutch
    anna = client_of("anna")
    anna.post("/me/language", data={"language": "nl"})
    assert 'lang="nl"' in anna.get("/me/settings", headers={"Accept-Language": "en"}).text


def test_what_is_not_there_and_not_allowed_by_method_are_problems_in_the_api(client: FlaskClient) -> None:
    missing, wrong = client.get("/api/v1/nothing"), client.delete("/api/v1/me")
    assert (missing.status_code, missing.mimetype) == (404, "application/problem+json")
    assert (wrong.status_code, wrong.mimetype) == (405, "application/problem+json")
    assert "GET" in wrong.headers["Allow"]


def test_a_body_beyond_all_bounds_is_turned_away(client_of: Browser) -> None:
    anna = client_of("anna")
    answer = anna.patch("/api/v1/me", data=b"x" * (9 * 2**20), content_type="application/json")
    assert answer.status_code == 413


def test_over_https_cookies_are_locked_to_this_host(database: object, cast: Cast) -> None:
    app = create_app(TESTING=True, PUBLIC_URL="https://blijk.example.org")
    browser = app.test_client()
    found = re.search(r'name="csrf_token" value="(\w+)"', browser.get("/login", base_url=HTTPS).text)
    assert found
    form = {"csrf_token": found[1], "login": "w-anna", "password": PASSWORD, "language": "nl"}
    answer = browser.post("/login", data=form, base_url=HTTPS)
    cookies = answer.headers.getlist("Set-Cookie")
    assert answer.status_code == 303
    assert {cookie.split("=")[0] for cookie in cookies} == {"__Host-blijk", "__Host-blijk_browser"}
    for cookie in cookies:
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert browser.get("/api/v1/me", base_url=HTTPS).get_json()["name"] == "Anna"
    with app.app_context():
        db.engine.dispose()


def test_a_choice_of_language_holds_for_who_is_not_signed_in(client: FlaskClient) -> None:
    found = re.search(r'name="csrf_token" value="(\w+)"', client.get("/login").text)
    assert found
    for language in ("nl", "en"):
        form = {"csrf_token": found[1], "language": language, "next": "/login"}
        assert client.post("/me/language", data=form).headers["Location"] == "/login"
        assert f'lang="{language}"' in client.get("/login").text


def test_a_burst_waits_for_its_turn(app: Flask) -> None:
    answers: list[str] = []

    def slow(_: object, start: Callable[..., object]) -> list[bytes]:
        threading.Event().wait(0.02)
        start("200 OK", [])
        return [b""]

    wall = Wall(slow, Settings(requests_at_once=2))  # type: ignore[arg-type]
    calls = [
        threading.Thread(target=lambda: wall({"PATH_INFO": "/"}, lambda status, _: answers.append(status)))  # type: ignore[arg-type]
        for _ in range(6)
    ]
    for call in calls:
        call.start()
    for call in calls:
        call.join(5)
    assert answers == ["200 OK"] * 6


def test_beyond_its_measure_the_house_says_so_and_works_on(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "WAIT", 0.05)
    inside, go, answers = threading.Event(), threading.Event(), []

    def slow(_: object, start: Callable[..., object]) -> list[bytes]:
        inside.set()
        go.wait(5)
        start("200 OK", [])
        return [b""]

    def keep(status: str, headers: list[tuple[str, str]]) -> None:
        answers.append((status, dict(headers).get("Retry-After")))

    wall = Wall(slow, Settings(requests_at_once=1))  # type: ignore[arg-type]
    first = threading.Thread(target=lambda: wall({"PATH_INFO": "/"}, keep))  # type: ignore[arg-type]
    first.start()
    inside.wait(5)
    wall({"PATH_INFO": "/api/v1/me"}, keep)  # type: ignore[arg-type]
    go.set()
    first.join(5)
    wall({"PATH_INFO": "/"}, keep)  # type: ignore[arg-type]
    assert answers == [("503 Service Unavailable", "2"), ("200 OK", None), ("200 OK", None)]


FRAGMENTS = {
    "/goals/people?who=e": "/goals/new",
    "/kudos/people?who=e": "/kudos",
    "/kudos/teams?team=n": "/kudos",
    "/log/people?who=e": "/log",
    "/log/titles?title=a": "/log",
    "/confirmations/new": "/confirmations",
    "/inbox/bell": "/inbox",
    "/home/stats": "/",
    "/moment": "/",
    "/search/glance?q=a": "/search",
}


@pytest.mark.parametrize("path", FRAGMENTS)
def test_a_part_of_a_page_opened_by_its_address_leads_to_the_page(
    path: str, client_of: Browser, cast: Cast
) -> None:
    answer = client_of("anna").get(path)
    assert answer.status_code == 303
    assert answer.headers["Location"].split("?")[0] == FRAGMENTS[path]
    part = client_of("anna").get(path, headers={"HX-Request": "true"})
    assert part.status_code in (200, 204)
    assert "<html" not in part.text
