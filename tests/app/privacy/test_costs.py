"""The pages of traces ask the database a few questions, and no more of them when there is more to tell."""

from datetime import UTC, datetime, timedelta

import pytest

from app.audit.actions import look, write
from app.db import transaction
from app.outbox import settle
from app.people import actions, pauses
from tests.app.dates.test_costs import asked
from tests.cast import NAMES

NOW = datetime.now(UTC)


def fill(cast, number):
    today = NOW.date()
    for name in NAMES[: number + 2]:
        day = today + timedelta(days=10 * number)
        with transaction():
            away = pauses.Away(cast.id_of(name), day, day + timedelta(days=3))
            assert pauses.enter([away], by=None, today=today, at=NOW) == {}
            settle(NOW)
    for n in range(number):
        at = NOW - timedelta(hours=n)
        for name in NAMES:
            look(
                viewer_id=cast.id_of(name), person_id=cast.anna, what="people:one", allowed=n % 2 == 0, at=at
            )
            with transaction():
                detail = {"completion_id": n, "from": cast.anna, "to": cast.id_of(name)}
                write(
                    "completion:handed-over",
                    at=at,
                    actor_id=cast.id_of(name),
                    person_id=cast.anna,
                    detail=detail,
                )


@pytest.mark.parametrize(
    ("name", "path", "most"),
    [
        ("anna", "/me/looked", 4), ("anna", "/me/audit", 5), ("anna", "/me/export", 5), ("anna", "/me/visibility", 10),
        ("dan", "/admin/audit", 7), ("dan", "/admin/privacy/refused", 6), ("dan", "/admin/privacy/retention", 3),
        ("clara", "/admin/people", 8), ("clara", "/hr/care", 6), ("anna", "/me/pauses", 4), ("clara", "/hr/pauses", 6),
    ],
)  # fmt: skip
def test_more_to_tell_is_no_more_to_ask(app, cast, client_of, name, path, most):
    with app.app_context():
        fill(cast, 2)
        with transaction():
            actions.serve_departments(person_id=cast.clara, department_ids=[cast.water], by=cast.dan, at=NOW)
    browser = client_of(name)
    browser.get(path)
    few = asked(app, browser, path)
    with app.app_context():
        fill(cast, 6)
    many = asked(app, browser, path)
    assert many == few
    assert many <= most
