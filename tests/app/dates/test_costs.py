"""The pages of catalogue, dates and rules ask a few questions, and no more of them when there is more to show."""

from collections.abc import Callable

import pytest
from flask import Flask

from app.activities import actions as activities
from app.db import db, transaction
from app.outbox import settle
from tests.app.activities.scene import NOW as THEN
from tests.app.activities.scene import Catalogue, counting, entry
from tests.app.dates.test_places import HOUR, NOW, plan
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]


@pytest.mark.parametrize(
    ("name", "path", "most"),
    [
        ("anna", "/learn", 8), ("anna", "/learn/first-aid", 17), ("leo", "/admin/catalogue", 6),
        ("leo", "/admin/catalogue/first-aid", 7), ("leo", "/admin/catalogue/first-aid/dates", 5),
        ("leo", "/admin/skills", 5), ("leo", "/admin/rules", 7), ("mia", "/dates/{date}/attendance", 5),
    ],
)  # fmt: skip
def test_more_to_show_is_no_more_to_ask(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue, name: str, path: str, most: int
) -> None:
    date = plan(app, catalogue, starts_at=NOW - HOUR, ends_at=NOW + HOUR, leader_id=cast.mia)
    browser = client_of(name)
    path = path.format(date=date)
    asked(app, browser, path)
    few = asked(app, browser, path)
    for _ in range(3):
        plan(app, catalogue, leader_id=cast.mia)
    with app.app_context(), transaction():
        activities.load([entry(f"more-{n}", f"More {n}") for n in range(10)], at=THEN)
        for number in range(3):
            activities.wish(f"Something {number}", by=cast.anna, at=NOW)
        settle(THEN)
    for other in ("anna", "ben", "eve"):
        client_of(other).post(f"/dates/{date + 1}/reservation")
    assert asked(app, browser, path) <= max(few, most)
    assert few <= most


def asked(app: Flask, browser: SignedIn, path: str) -> int:
    with app.app_context(), counting() as statements:
        assert browser.get(path).status_code == 200
        db.session.remove()
    return len([one for one in statements if not one.startswith(("BEGIN", "COMMIT", "ROLLBACK"))])
