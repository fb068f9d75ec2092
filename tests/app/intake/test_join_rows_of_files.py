"""Rows of files wait at the desk beside statements, and are joined and let go with them."""

from datetime import UTC, datetime

from app.db import transaction
from app.learning import actions as learning
from app.learning.rules import Entry
from app.outbox import settle
from tests.app.intake.test_join_names import DESK, UNKNOWN, by_mail, joined, well
from tests.small import load


def row(line, who="anna@old.example", activity="https://learn.example/file"):
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    return Entry(
        line,
        "email",
        who,
        activity,
        "Valves",
        "course",
        at,
        None,
        (),
        "planner",
        f"import:planner:{line}",
        False,
    )


def take_in(app, *entries):
    with app.app_context(), transaction():
        learning.take_in(entries, at=datetime.now(UTC))
        settle(datetime.now(UTC))


def test_rows_and_statements_of_one_name_are_joined_and_let_go_together(
    app, client_of, lms, completions, cast
):
    with app.app_context():
        load()
    take_in(app, row(1), row(2, activity="https://learn.example/other"))
    lms.post(by_mail("anna@old.example"))
    leo = client_of("leo")
    page = leo.get(DESK).text
    assert "planner (2)" in page
    assert "3 statements" in page
    leo.post(f"{DESK}/joins", data={"name": UNKNOWN, "person_id": cast.anna})
    assert [person for person, _ in completions()] == [cast.anna] * 3
    well(app)
    ((join_id,),) = joined(app)
    leo.post(f"{DESK}/joins/{join_id}/undo")
    assert completions() == []
    well(app)
    leo.post(f"{DESK}/joins", data={"name": UNKNOWN, "person_id": cast.ben})
    assert [person for person, _ in completions()] == [cast.ben] * 3
    well(app)


def test_a_name_that_only_files_know_waits_too(app, client_of, completions, cast):
    with app.app_context():
        load()
    take_in(app, row(1, "x-77"))
    leo = client_of("leo")
    assert "x-77" in leo.get(DESK).text
    leo.post(f"{DESK}/joins", data={"name": "email x-77", "person_id": cast.eve})
    assert [person for person, _ in completions()] == [cast.eve]
