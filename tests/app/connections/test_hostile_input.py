"""What nobody should send to these pages is refused in words, and leaves nothing behind."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.app.imports.scene import Platform
from tests.cast import SignedIn

ClientOf = Callable[[str], SignedIn]
WORDS = [
    "\x00",
    "\ud800",
    "a" * 5000,
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "%s%n{0}{{7*7}}",
    "-1",
    "1e400",
]
WORDS += ["9" * 40, "true", "[]", "\u202e", "https://[", "http://a b/"]
PAGES = [
    ("dan", "/admin/connections", ("name", "scopes", "account_home", "account_is", "once")),
    ("dan", "/admin/connections/1/rotation", ("hours", "once")),
    (
        "leo",
        "/admin/connections/meanings",
        ("verb", "activity_type", "means", "place", "seen", "remove", "success"),
    ),
    ("leo", "/admin/intake/joins", ("name", "person_id")),
    ("leo", "/admin/intake/ignored", ("name", "ignored")),
    ("leo", "/admin/intake/merges", ("from_id", "into_id")),
    ("leo", "/admin/intake/activities/1/acceptance", ("title_nl", "title_en", "kind", "hours", "skills")),
]
LOOKS = [
    ("dan", "/admin/connections/{id}", ("since",)),
    (
        "leo",
        "/admin/connections/meanings",
        ("verb", "activity_type", "means", "place", "preview", "completion"),
    ),
    ("leo", "/admin/intake", ("show", "client", "page")),
    ("leo", "/admin/intake/name", ("name", "q")),
]
JSON: list[Any] = [None, [], {}, 5, "x", True, 10**40, {"a": {"a": []}}, ["x" * 3000]]
DOORS = [
    ("dan", "POST", "/api/v1/clients", ("name", "scopes", "account_home", "once")),
    ("leo", "PUT", "/api/v1/meanings", ("rules", "seen", "dry_run")),
    ("leo", "POST", "/api/v1/intake/joins", ("name", "person_id")),
    ("leo", "PUT", "/api/v1/intake/ignored", ("name", "ignored")),
    ("leo", "POST", "/api/v1/intake/merges", ("from_id", "into_id")),
    ("leo", "POST", "/api/v1/intake/activities/1/acceptance", ("title_en", "kind", "hours", "skills")),
]
RULES: list[Any] = [
    {"verb": "http://a.example/b", "means": "completed", "when": {"category": 5}},
    {"verb": "http://a.example/b", "means": "completed", "when": []},
    {"verb": {"a": 1}, "means": "completed"},
    {"verb": ["http://a.example/b"] * 9000, "means": "completed"},
    {"verb": "http://a.example/b", "means": ["completed"]},
    {"verb": "http://a.example/b", "means": "completed", "why": "x" * 90_000},
    {"verb": "http://a.example/b", "means": "completed", "more": 1},
]


def some(cases: list[tuple[Any, ...]]) -> list[Any]:
    """Every other one is slow: it says nearly the same of another page."""
    return [pytest.param(*case, marks=pytest.mark.slow if at % 2 else ()) for at, case in enumerate(cases)]


@pytest.mark.parametrize(("who", "path", "names"), some(PAGES))
def test_forms(client_of: ClientOf, lms: Platform, who: str, path: str, names: tuple[str, ...]) -> None:
    browser = client_of(who)
    for name in names:
        for word in WORDS:
            form = dict.fromkeys(names, "1") | {name: word.encode("utf-8", "surrogatepass")}
            answer = browser.post(path, data=form)
            assert answer.status_code < 500, (path, name, word)


@pytest.mark.parametrize(("who", "path", "names"), some(LOOKS))
def test_looks(
    app: Any, client_of: ClientOf, lms: Platform, who: str, path: str, names: tuple[str, ...]
) -> None:
    from tests.app.intake.test_join_names import rows

    browser, id = client_of(who), rows(app, "SELECT min(id) FROM api_client")[0][0]
    moments = ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", "now"]
    for name in names:
        for word in [*WORDS, *(moments if name == "since" else [])]:
            asked = {
                name: word.encode("utf-8", "surrogatepass"),
                **({"preview": "true"} if name != "preview" else {}),
            }
            answer = browser.get(path.format(id=id), query_string=asked)
            assert answer.status_code < 500, (path, name, word)
            assert "<script>alert(1)" not in answer.text


@pytest.mark.parametrize(("who", "method", "path", "names"), DOORS)
def test_json(
    client: FlaskClient,
    token_of: Callable[[str], dict[str, str]],
    who: str,
    method: str,
    path: str,
    names: Any,
) -> None:
    shown = token_of(who)
    for name in names:
        for value in [*JSON, *WORDS]:
            body = dict.fromkeys(names, "1") | {name: value}
            assert client.open(path, method=method, json=body, headers=shown).status_code < 500, (
                path,
                name,
                value,
            )
    for body in JSON:
        assert client.open(path, method=method, json=body, headers=shown).status_code in (400, 422), body


def test_rules_that_are_none(client: FlaskClient, token_of: Callable[[str], dict[str, str]]) -> None:
    leo = token_of("leo")
    for rule in RULES:
        answer = client.put("/api/v1/meanings", json={"rules": [rule]}, headers=leo)
        assert answer.status_code == 422, rule
    assert client.get("/api/v1/meanings", headers=leo).get_json()["rules"] == []
