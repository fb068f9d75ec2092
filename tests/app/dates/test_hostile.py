"""No input makes an error page on the pages that keep catalogue, skills, rules and dates."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.app.activities.scene import Catalogue
from tests.app.dates.test_places import HOUR, NOW, plan
from tests.cast import Cast, SignedIn

BAD = (
    "\x00",
    "\ud800",
    "9" * 400,
    "-1",
    "1e999",
    "NaN",
    "' OR 1=1 --",
    "<script>",
    "%s{}",
    "\u202e",
    "a" * 30_000,
    "١",
)
FIELDS = {
    "/admin/catalogue/new": ("title_nl", "title_en", "summary_nl", "kind", "hours", "language", "place", "url",
                             "mandatory", "repeats", "skills", "known_as", "version"),
    "/admin/catalogue/gas": ("title_nl", "kind", "hours", "skills", "known_as", "version"),
    "/admin/catalogue/gas/state": ("state", "version"),
    "/admin/wishes": ("same", "activity", "answer"),
    "/admin/catalogue-file/load": ("digest",),
    "/admin/catalogue-file/starter": ("badges", "rules"),
    "/admin/skills/new": ("name_nl", "name_en", "enamel", "parent", "goal", "levels_nl", "framework", "version"),
    "/admin/goals/new": ("name_nl", "name_en", "version"),
    "/admin/rules": ("course-points", "course-per_hour", "own", "own-points", "seen", "step", "looked", "mandatory"),
    "/admin/rules/switches": ("points_on", "boards_on"),
    "/admin/catalogue/gas/dates": ("starts_at", "ends_at", "place", "link", "places", "who", "once", "version"),
    "/admin/dates/{date}": ("starts_at", "places", "who", "version"),
    "/dates/{date}/attendance": ("was", "present", "who"),
    "/wishes": ("words",),
}  # fmt: skip
GOOD = {
    "title_nl": "x", "title_en": "x", "kind": "course", "name_nl": "x", "name_en": "x", "enamel": "water",
    "starts_at": "2090-01-01T09:00", "ends_at": "2090-01-01T10:00", "words": "xyz", "state": "published",
    "own": "gas", "own-points": "1", "same": "x", "answer": "x",
}  # fmt: skip
ASKED = (
    "/admin/catalogue?q=",
    "/admin/catalogue?page=",
    "/admin/catalogue-file/download?form=",
    "/admin/skills/new?under=",
)


MORE = [pytest.param(path, marks=pytest.mark.slow if at % 3 else ()) for at, path in enumerate(FIELDS)]


@pytest.mark.parametrize("path", MORE)
def test_no_form_makes_an_error_page(
    app: Flask, cast: Cast, catalogue: Catalogue, client_of: Callable[[str], SignedIn], path: str
) -> None:
    date = plan(app, catalogue, starts_at=NOW - HOUR, ends_at=NOW + HOUR, leader_id=cast.leo)
    leo, wrong = client_of("leo"), []
    for field in FIELDS[path]:
        for bad in BAD:
            good: dict[str, Any] = {name: GOOD[name] for name in FIELDS[path] if name in GOOD}
            data = {**good, field: bad.encode("utf-8", "surrogatepass")}
            status = leo.post(path.format(date=date), data=data).status_code
            if status >= 500:
                wrong.append((field, bad[:20], status))
    assert wrong == []


def test_no_question_makes_an_error_page(catalogue: Catalogue, client_of: Callable[[str], SignedIn]) -> None:
    leo = client_of("leo")
    for path in ASKED:
        for bad in ("%00", "%ED%A0%80", "9" * 400, "%3Cscript%3E", "%25"):
            assert leo.get(path + bad).status_code < 500, (path, bad)
