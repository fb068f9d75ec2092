"""Whatever is sent to the pages for people: a sentence, never a fault, and nothing half done."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from tests.app.admin.test_admin_pages import send
from tests.cast import Cast, SignedIn
from tests.small import rows

NAUGHTY = ["", " ", "\x00", "a\x00b", "\ud800", "9" * 30, "-1", "0", "1e999", "NaN", "true", "[]", "{}", "%00",
           "../..",           "<script>alert(1)</script>", "' OR 1=1 --", "=1+1", "\u202e",
           "x" * 40_000, "é" * 300, "\r\nX: y"]  # fmt: skip
FIELDS = ["ids", "how", "role", "name", "kudos_allowance", "statement_days", "login", "code", "password", "new",
          "again", "everywhere", "session_id", "shared", "kudos_on_boards", "manager_kudos_allowance"]  # fmt: skip


@pytest.mark.parametrize("value", NAUGHTY, ids=range(len(NAUGHTY)))
def test_no_form_makes_a_fault(
    app: Flask, cast: Cast, client_of: Callable[[str], SignedIn], value: str
) -> None:
    dan = client_of("dan")
    sent: dict[str, Any] = {
        name: value.encode("utf-8", "surrogatepass").decode("utf-8", "replace") for name in FIELDS
    }
    paths = [
        "/admin/people/invite",
        "/admin/organisation",
        "/login/forgot",
        "/welcome",
        "/login",
        "/admin/people/import",
    ]
    paths += [f"/admin/people/{cast.ben}/{what}" for what in ("role", "invite")]
    answers = {path: dan.post(path, data=sent).status_code for path in paths}
    assert {path: status for path, status in answers.items() if status >= 500} == {}
    for name in ("q", "department", "role", "show", "after", "after_id", "invited"):
        assert dan.get("/admin/people", query_string={name: sent["name"]}).status_code in (200, 400, 422), (
            name
        )
    assert dan.get(f"/welcome/{value[:50].encode('utf-8', 'replace').hex()}").status_code in (404, 429)
    with app.app_context():
        assert rows("SELECT role FROM person WHERE name = 'Ben'") == [("employee",)]
        assert rows("SELECT name FROM organisation") in (
            [("Waterveld",)],
            [(value,)],
            [(" ".join(value.split()),)],
        )


@pytest.mark.parametrize("value", NAUGHTY, ids=range(len(NAUGHTY)))
def test_no_cell_makes_a_fault(dan: SignedIn, value: str) -> None:
    cells = value.encode("utf-8", "surrogatepass").decode("utf-8", "replace").replace('"', '""')
    line = ",".join([f'"{cells}"'] * 11)
    page = dan.get(send(dan, line, name=f"{value[:30]!r}.csv"))
    assert page.status_code == 200
    assert "<script>alert" not in page.text


@pytest.fixture
def dan(client_of: Callable[[str], SignedIn]) -> SignedIn:
    return client_of("dan")


def test_a_file_of_anything_is_answered(dan: SignedIn) -> None:
    for content in (
        bytes(range(256)) * 8,
        b"\n" * 5000,
        b'"' * 999,
        b"name,email\n" + b",\n" * 3000,
        b"name;email\r" * 50,
    ):
        answer = dan.post("/admin/people/import", data={"file": (BytesIO(content), "x.csv")})
        assert answer.status_code in (303, 422)
        if answer.status_code == 303:
            assert dan.get(answer.headers["Location"]).status_code == 200
