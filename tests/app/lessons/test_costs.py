"""What the week's count of lessons without a name costs: each mark is made once, whoever and how many wrote them."""

from datetime import timedelta

from flask import Flask

from app.db import db, transaction
from app.lessons import rules, unnamed
from app.outbox import settle
from tests.app.lessons.conftest import AT
from tests.app.test_batches import counting, same, shared, skill  # noqa: F401 - a fixture
from tests.cast import Cast, hire


def _counted(week: int) -> tuple[int, list[str]]:
    at = AT + timedelta(days=7 * week)
    with transaction(), counting() as sent:
        authors = unnamed.count(at=at)
        settle(at)
        return authors, list(sent)


def test_all_marks_of_a_key_are_those_that_are_made_one_by_one() -> None:
    for key in (b"\x00" * 32, bytes(range(32)), b"\xff" * 32):
        assert unnamed.marks(key) == [unnamed.mark(key, f"lesson/{n}") for n in range(rules.MOST_UNNAMED)]


def test_a_hundred_authors_are_counted_in_as_many_statements_as_five(
    app: Flask,
    cast: Cast,
    skill: int,  # noqa: F811
) -> None:
    with app.app_context():
        several = hire(*(f"n{one}" for one in range(100)))
        for author in several[:5]:
            shared(author, 1, skill, hidden=True)
        few = _counted(1)
        db.session.remove()
        for author in several:
            shared(author, 2, skill, hidden=True)
        many = _counted(2)
        assert (few[0], many[0]) == (5, 100)
        same(few[1], many[1])
