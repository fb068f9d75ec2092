"""How much the pages of the desk and of connections ask of the database does not grow with what they show."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.app.activities.scene import counting
from tests.app.imports.scene import Platform, says
from tests.app.intake.test_join_names import by_mail
from tests.cast import SignedIn, platform_headers
from tests.small import load

PAGES = [
    ("leo", "/admin/intake"),
    ("leo", "/admin/intake?show=joined"),
    ("leo", "/admin/intake/activities"),
    ("leo", "/admin/connections/meanings"),
    ("leo", "/admin/connections"),
    ("dan", "/admin/connections"),
]


def more(app: Flask, lms: Platform, start: int, many: int) -> None:
    for number in range(start, start + many):
        platform_headers(app, "xapi:write")
        address = f"visitor-{number}@elsewhere.example"
        lms.post(
            [
                by_mail(address, name=f"Visitor {number}"),
                says("anna", about=f"https://learn.example/{number}"),
                says("anna", f"http://example.org/verb/{number}"),
            ]
        )


@pytest.mark.parametrize(("who", "path"), PAGES)
def test_the_number_of_statements_is_the_same(
    app: Flask, client_of: Callable[[str], SignedIn], lms: Platform, who: str, path: str
) -> None:
    with app.app_context():
        load()
    browser = client_of(who)
    asked: list[int] = []
    for start, many in ((0, 2), (2, 15)):
        more(app, lms, start, many)
        browser.get(path)
        with app.app_context(), counting() as seen:
            assert browser.get(path).status_code == 200
        asked.append(len(seen))
    assert asked[0] == asked[1]
