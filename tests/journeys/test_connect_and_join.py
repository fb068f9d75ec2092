"""An administrator connects a platform, learning finds who and what it spoke of; with script and without.

And their pages, as they are then, are sound: axe finds nothing, nothing sticks out.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.db import transaction
from app.people import actions as people
from tests.app.imports.scene import COURSE, Platform, says
from tests.app.intake.test_join_names import rows
from tests.cast import Cast
from tests.journeys.browsing import LOCALES, Eye, Visit
from tests.journeys.test_every_page import LANGUAGES, look_at, look_at_all

PAGES = {
    "dan": ["/admin/connections", "/admin/connections/{client}?since=2026-01-01T00:00:00Z"],
    "leo": [
        "/admin/connections",
        "/admin/connections/meanings?verb=http://example.org/verbs/read-it-all&means=completed&preview=true",
        "/admin/connections/meanings?verb=none&means=completed&preview=true",
        "/admin/connections/guides/linkedin",
        "/admin/intake",
        "/admin/intake?show=joined",
        "/admin/intake?show=ignored",
        "/admin/intake/name?name=email+anna%40old.example&q=b",
        "/admin/intake/activities",
        "/admin/intake/activities/{activity}",
    ],
}


def send(app: Flask, key: str, secret: str) -> None:
    """What the platform sends: about Anna under an old address, about two ids of one course, and something odd."""
    import base64

    pair = base64.b64encode(f"{key}:{secret}".encode()).decode()
    platform = Platform(app.test_client(), {"Authorization": f"Basic {pair}"})
    now = datetime.now(UTC).isoformat()
    old: dict[str, Any] = {"mbox": "mailto:anna@old.example", "name": "Anna"}
    other = "https://other.example/a/rather/long/address/course/view.php?id=20190412&section=4&module=water"
    statements = [
        says(actor=old, timestamp=now),
        says("ben", timestamp=now),
        says("ben", about=other, timestamp=now),
        says("eve", "http://example.org/verbs/read-it-all", timestamp=now),
        says(actor={"mbox": "mailto:visitor.with.a.long.name@subsidiary.elsewhere.example"}, timestamp=now),
    ]
    assert platform.post(statements).status_code == 200
    assert platform.post({"actor": 5}).status_code == 400


def connect(page: Page) -> tuple[str, str]:
    """Make a connection on the page; returns key and secret."""
    page.get_by_label("Name", exact=True).fill("Moodle")
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_role("heading", name="Key and secret")).to_be_visible()
    shown = page.locator("#secret code").all_inner_texts()
    return shown[1], shown[2]


@pytest.mark.parametrize(
    "script", [pytest.param(True, marks=pytest.mark.slow), False], ids=["with script", "without"]
)
def test_from_a_key_to_one_course_of_two(
    app: Flask, cast: Cast, catalogue: None, visit: Visit, script: bool
) -> None:
    dan = visit("dan", "/admin/connections", script=script)
    key, secret = connect(dan)
    dan.get_by_role("link", name="I copied it").click()
    expect(dan.get_by_text("Nothing came in since")).to_be_visible()
    eye = Eye(dan, app)
    send(app, key, secret)
    if not script:
        dan.get_by_role("link", name="Look again").click()
    expect(dan.get_by_text("5 statements came in since")).to_be_visible()
    if script:
        eye.look("statements that came in", of="connections.one")
    assert eye.wrong == []
    leo = visit("leo", "/admin/intake", script=script)
    leo.get_by_role("button", name="Is Anna").click()
    expect(leo.get_by_text("is Anna")).to_be_visible()
    leo.goto("/admin/intake/activities")
    leo.get_by_role("button", name="Is Pumps").first.click()
    expect(leo.get_by_role("heading", name="Merged")).to_be_visible()
    done = "SELECT person_id, count(*) FROM completion WHERE state = 'confirmed' GROUP BY 1 ORDER BY 1"
    assert rows(app, done) == sorted([(cast.anna, 1), (cast.ben, 1)])
    leo.get_by_role("button", name="Undo").click()
    leo.goto("/admin/intake?show=joined")
    leo.get_by_role("button", name="Undo").click()
    assert rows(app, done) == [(cast.ben, 2)]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_is_wrong_with_the_pages_of_the_desk(
    app: Flask, cast: Cast, catalogue: None, visit: Visit, lang: str, consoles: Any
) -> None:
    consoles.expected = ["GET .*verb=none.*: 422"]
    page = visit("dan", "/admin/connections")
    send(app, *connect(page))
    with app.app_context(), transaction():
        for name in PAGES:
            people.choose(person_id=cast.id_of(name), language=lang)
    ids = {
        "client": rows(app, "SELECT min(id) FROM api_client")[0][0],
        "activity": rows(app, f"SELECT activity_id FROM activity_name WHERE iri = '{COURSE}'")[0][0],
    }
    wrong: list[str] = []
    for name, paths in PAGES.items():
        page = visit(name, locale=LOCALES[lang])
        wrong += look_at_all(page, lang, name, [path.format(**ids) for path in paths])
    page = visit("dan", "/admin/connections", locale=LOCALES[lang])
    page.locator("#f-name").fill("Rise")
    page.locator("#new button[type=submit]").click()
    page.locator("#secret").wait_for()
    wrong += look_at(page, lang, "key and secret")
    assert wrong == []
