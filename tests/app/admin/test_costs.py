"""The desks ask the database a few questions, and no more of them when the organisation grows."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask

from app.activities import actions as activities
from app.db import transaction
from app.learning import actions as learning
from app.learning.rules import Entry
from app.outbox import settle
from app.people import actions as people
from app.people.rules import PersonRow
from tests.app.dates.test_costs import asked
from tests.cast import Cast, SignedIn
from tests.small import load

Browser = Callable[[str], SignedIn]
NOW = datetime.now(UTC)


def grow(number: int) -> None:
    """So many more of everything: people, platforms, proposed activities, names that wait."""
    which = [f"{number}-{n}" for n in range(number)]
    with transaction():
        rows = [PersonRow(external_id=f"g{one}", name=f"G {one}", department=f"D {one}") for one in which]
        people.import_people(rows, at=NOW)
        settle(NOW)
    with transaction():
        for one in which:
            people.make_client(name=one, scopes=["xapi:write"], at=NOW)
        titles = {one: {"nl": f"Les {one}", "en": f"Lesson {one}"} for one in which}
        activities.propose(
            [{"iri": f"https://x.example/{one}", "title": titles[one], "kind": "course"} for one in which],
            at=NOW,
        )
        waits = [
            Entry(n, "email", f"{one}@old.example", f"https://x.example/{one}", "X", "course", NOW, None, (), "old",
                  f"import:old:{one}", False)
            for n, one in enumerate(which)
        ]  # fmt: skip
        learning.take_in(waits, at=NOW)
        settle(NOW)


@pytest.mark.parametrize(
    ("name", "path", "most"),
    [
        ("dan", "/admin", 4), ("dan", "/admin/people", 6), ("dan", "/admin/people?show=not-asked", 6),
        ("dan", "/admin/people/import", 4), ("dan", "/admin/connections", 5),
        ("leo", "/admin/connections/meanings", 6),
        ("leo", "/admin/intake", 8), ("leo", "/admin/intake/activities", 7), ("leo", "/admin/learning", 4),
    ],
)  # fmt: skip
def test_a_larger_organisation_is_no_more_to_ask(
    app: Flask, cast: Cast, client_of: Browser, name: str, path: str, most: int
) -> None:
    with app.app_context():
        load()
        grow(2)
    browser = client_of(name)
    asked(app, browser, path)
    few = asked(app, browser, path)
    with app.app_context():
        grow(15)
    assert asked(app, browser, path) == few <= most


def test_a_page_of_people_stays_below_eight_hundred_elements(
    app: Flask, cast: Cast, client_of: Browser
) -> None:
    rows = [
        PersonRow(
            external_id=f"p{n}", name=f"Person {n:03}", email=f"p{n}@water.example", department="Water", team="North",
            job="Operator", role="learning",
        )
        for n in range(60)
    ]  # fmt: skip
    with app.app_context(), transaction():
        people.import_people(rows, at=NOW)
        settle(NOW)
    page = client_of("dan").get("/admin/people").text
    assert 'rel="next"' in page
    assert page.count("@water.example") >= 20
    assert len(re.findall(r"<[a-z]", page)) < 800
