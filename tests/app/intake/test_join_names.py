"""Names that wait are joined with a person, ignored, and each of it undone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier, Event
from time import sleep
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.db import db, transaction
from app.errors import Busy, Refused
from app.imports import actions as imports
from app.imports.queries import client
from app.intake import actions
from app.outbox import settle
from app.verify import checks
from tests.app.imports.scene import Platform, says
from tests.cast import Cast, SignedIn
from tests.small import load

ClientOf = Callable[[str], SignedIn]
DESK = "/admin/intake"
UNKNOWN = "email anna@old.example"


def rows(app: Flask, sql: str) -> list[Any]:
    with app.app_context():
        found = [tuple(row) for row in db.session.execute(text(sql))]
        db.session.rollback()
        return found


def well(app: Flask) -> None:
    with app.app_context():
        now = datetime.now(UTC)
        wrong = [
            f"{name}: {what}" for name, check in checks(now) if name != "the outbox moves" for what in check()
        ]
        db.session.rollback()
    assert wrong == []


def by_mail(address: str, **more: Any) -> dict[str, Any]:
    return says(actor={"mbox": f"mailto:{address}", "name": more.pop("name", "A. Nother")}, **more)


@pytest.fixture
def waits(app: Flask, lms: Platform) -> None:
    """Two statements about somebody who may be Anna, one about nobody of ours."""
    with app.app_context():
        load()
    lms.post([by_mail("anna@old.example"), by_mail("anna@old.example", about="https://learn.example/2")])
    lms.post(by_mail("visitor@elsewhere.example", name="V. Isitor"))


def joined(app: Flask) -> list[Any]:
    return rows(app, "SELECT id FROM identity_join WHERE undone_at IS NULL")


def test_a_name_waits_with_whom_it_may_be_and_why(client_of: ClientOf, waits: None) -> None:
    page = client_of("leo").get(DESK).text
    assert "anna@old.example" in page
    assert "the same name before the @" in page
    assert "2 statements" in page
    assert "visitor@elsewhere.example" in page


def test_joined_all_that_waited_counts_at_once_and_what_comes_later_too(
    app: Flask,
    client_of: ClientOf,
    lms: Platform,
    waits: None,
    completions: Callable[[], list[Any]],
    cast: Cast,
) -> None:
    leo = client_of("leo")
    form = {"name": UNKNOWN, "person_id": cast.anna}
    assert leo.post(f"{DESK}/joins", data=form).status_code == 303
    assert [person for person, _ in completions()] == [cast.anna] * 2
    assert leo.post(f"{DESK}/joins", data=form).status_code == 303  # sent twice
    assert len(joined(app)) == 1
    lms.post(by_mail("Anna@Old.example", about="https://learn.example/3"))
    assert len(completions()) == 3
    assert "anna@old.example" not in leo.get(DESK).text
    assert "anna@old.example" in leo.get(f"{DESK}?show=joined").text
    well(app)


def test_undone_it_waits_again_and_can_be_joined_with_whom_was_meant(
    app: Flask,
    client_of: ClientOf,
    lms: Platform,
    waits: None,
    completions: Callable[[], list[Any]],
    cast: Cast,
) -> None:
    leo = client_of("leo")
    lms.post(says("anna", about="https://learn.example/2"))
    before = rows(app, "SELECT person_id, sum(points) FROM ledger_entry GROUP BY 1")
    leo.post(f"{DESK}/joins", data={"name": UNKNOWN, "person_id": cast.anna})
    lms.post(by_mail("anna@old.example", about="https://learn.example/3"))
    assert len(completions()) == 3
    well(app)
    ((join_id,),) = joined(app)
    assert leo.post(f"{DESK}/joins/{join_id}/undo").status_code == 303
    assert [person for person, _ in completions()] == [cast.anna]
    assert rows(app, "SELECT person_id, sum(points) FROM ledger_entry GROUP BY 1") == before
    well(app)
    leo.post(f"{DESK}/joins", data={"name": UNKNOWN, "person_id": cast.ben})
    assert [person for person, _ in completions()] == [cast.anna, cast.ben, cast.ben, cast.ben]
    assert leo.post(f"{DESK}/joins/{join_id}/undo").status_code == 404
    well(app)


def test_an_account_of_a_platform_is_joined_under_its_home_page(
    client_of: ClientOf, lms: Platform, other_lms: Platform, completions: Callable[[], list[Any]], cast: Cast
) -> None:
    actor = {"account": {"homePage": "https://Moodle.example/", "name": "w-ben"}}
    other_lms.post(says(actor=actor))
    leo = client_of("leo")
    page = leo.get(DESK).text
    assert "the same personnel number" in page
    leo.post(f"{DESK}/joins", data={"name": "account https://moodle.example w-ben", "person_id": cast.ben})
    assert [person for person, _ in completions()] == [cast.ben]


def test_ignored_it_is_kept_hidden_and_shown_again(
    app: Flask, client_of: ClientOf, waits: None, kept: Callable[[], int]
) -> None:
    leo, name = client_of("leo"), "email visitor@elsewhere.example"
    assert leo.post(f"{DESK}/ignored", data={"name": name, "ignored": "true"}).status_code == 303
    assert leo.post(f"{DESK}/ignored", data={"name": name, "ignored": "true"}).status_code == 303
    assert "visitor@" not in leo.get(DESK).text
    assert "visitor@" in leo.get(f"{DESK}?show=ignored").text
    assert kept() == 3
    leo.post(f"{DESK}/ignored", data={"name": name, "ignored": "false"})
    assert "visitor@" in leo.get(DESK).text
    assert "visitor@" not in leo.get(f"{DESK}?show=ignored").text


def test_a_colleague_is_found_by_name(client_of: ClientOf, waits: None, cast: Cast) -> None:
    leo = client_of("leo")
    page = leo.get(f"{DESK}/name", query_string={"name": UNKNOWN, "q": "cla"}).text
    assert f'name="person_id" value="{cast.clara}"' in page
    assert "We know no colleague" in leo.get(f"{DESK}/name", query_string={"name": UNKNOWN, "q": "zz"}).text
    assert leo.get(f"{DESK}/name", query_string={"name": "email nobody@x.example"}).status_code == 404


def test_what_does_not_wait_or_is_nobody_is_refused(
    app: Flask, client_of: ClientOf, waits: None, cast: Cast
) -> None:
    leo = client_of("leo")
    for form, status in (
        ({"name": "email eve@waterveld.example", "person_id": cast.anna}, 404),
        ({"name": UNKNOWN, "person_id": 10**15}, 404),
        ({"name": UNKNOWN, "person_id": "x"}, 422),
        ({"name": "nothing", "person_id": cast.anna}, 404),
        ({"name": "a\x00b", "person_id": cast.anna}, 422),
        ({"person_id": cast.anna}, 422),
    ):
        assert leo.post(f"{DESK}/joins", data=form).status_code == status, form
    assert joined(app) == []


def test_a_name_that_two_join_with_different_people_at_once_is_one_persons(
    app: Flask, waits: None, completions: Callable[[], list[Any]], cast: Cast
) -> None:
    start = Barrier(2)

    def join(person_id: int) -> object:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    actions.join(UNKNOWN, person_id=person_id, by=cast.leo, at=datetime.now(UTC))
                    settle(datetime.now(UTC))
                return None
            except Refused as no:
                return no
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(join, (cast.anna, cast.ben)))
    assert sorted(answer is None for answer in answers) == [False, True]
    assert len({person for person, _ in completions()}) == 1
    well(app)


def test_a_statement_that_comes_while_its_name_is_joined_counts(
    app: Flask, lms: Platform, waits: None, completions: Callable[[], list[Any]], cast: Cast
) -> None:
    start = Barrier(5)

    def send(number: int) -> int:
        start.wait()
        return Platform(app.test_client(), lms.headers).post(
            by_mail("anna@old.example", about=f"https://learn.example/race-{number}")
        ).status_code  # fmt: skip

    def join() -> None:
        with app.app_context():
            start.wait()
            with transaction():
                actions.join(UNKNOWN, person_id=cast.anna, by=cast.leo, at=datetime.now(UTC))
                settle(datetime.now(UTC))
            db.session.remove()

    with ThreadPoolExecutor(5) as pool:
        answers = [pool.submit(send, number) for number in range(4)]
        pool.submit(join).result()
        assert [one.result() for one in answers] == [200] * 4
    assert len(completions()) == 6
    well(app)


def test_the_same_by_the_api(
    app: Flask,
    client: FlaskClient,
    token_of: Callable[[str], dict[str, str]],
    waits: None,
    completions: Callable[[], list[Any]],
    cast: Cast,
) -> None:
    leo = token_of("leo")
    listed = client.get("/api/v1/intake/names", headers=leo).get_json()["names"]
    assert (listed[0]["name"], listed[0]["completions"]) == (UNKNOWN, 2)
    assert listed[0]["guesses"] == [{"person_id": cast.anna, "name": "Anna", "why": "mailbox"}]
    form = {"name": UNKNOWN, "person_id": cast.anna}
    assert client.post("/api/v1/intake/joins", json=form, headers=leo).status_code == 204
    (join,) = client.get("/api/v1/intake/joins", headers=leo).get_json()["joins"]
    assert (join["name"], join["person_id"]) == (UNKNOWN, cast.anna)
    assert client.delete(f"/api/v1/intake/joins/{join['id']}", headers=leo).status_code == 204
    assert completions() == []
    hide = {"name": UNKNOWN, "ignored": True}
    assert client.put("/api/v1/intake/ignored", json=hide, headers=leo).status_code == 204
    assert len(client.get("/api/v1/intake/names", headers=leo).get_json()["names"]) == 1
    assert client.get("/api/v1/intake/names", headers=token_of("dan")).status_code == 403
    acts = rows(app, "SELECT action FROM audit_entry WHERE action LIKE 'name:%' ORDER BY id")
    assert acts == [("name:joined",), ("name:join-undone",), ("name:ignored",)]


@pytest.fixture
def old_name(
    app: Flask, lms: Platform, waits: None, cast: Cast
) -> tuple[Callable[[], None], Callable[[], None]]:
    """Anna's old name, joined: a statement comes in under it, and it is let go."""
    with app.app_context():
        with transaction():
            actions.join(UNKNOWN, person_id=cast.anna, by=cast.leo, at=datetime.now(UTC))
            settle(datetime.now(UTC))
        with transaction():
            platform = client(db.session.scalar(text("SELECT id FROM api_client ORDER BY id LIMIT 1")) or 0)
    ((join_id,),) = joined(app)

    def comes() -> None:
        one = by_mail("anna@old.example", about="https://learn.example/late")
        imports.receive(platform, [one], version="1.0.3", at=datetime.now(UTC))

    return comes, lambda: actions.undo_join(join_id, by=cast.leo, at=datetime.now(UTC))


def one_within_the_other(app: Flask, first: Callable[[], None], second: Callable[[], None]) -> str:
    """The second begins when the first is done and not to be seen yet; what became of the second."""
    done = Event()

    def act(call: Callable[[], None], *, lasts: float = 0) -> str:
        with app.app_context():
            try:
                with transaction():
                    call()
                    settle(datetime.now(UTC))
                    done.set()
                    sleep(lasts)
            except Busy as no:
                return no.code
            finally:
                db.session.remove()
        return "done"

    def after() -> str:
        assert done.wait(10)
        return act(second)

    with ThreadPoolExecutor(2) as pool:
        both = pool.submit(act, first, lasts=0.7), pool.submit(after)
        assert both[0].result(20) == "done"
        return both[1].result(20)


def test_a_statement_under_way_while_its_name_is_let_go_supports_nothing_afterwards(
    app: Flask, cast: Cast, old_name: tuple[Callable[[], None], ...], completions: Callable[[], list[Any]]
) -> None:
    """It came in just before, and is not to be seen yet: letting go waits for it, and looks again."""
    comes, let_go = old_name
    assert one_within_the_other(app, comes, let_go) == "done"
    assert completions() == []
    assert rows(app, f"SELECT count(*) FROM statement WHERE person_id = {cast.anna}") == [(0,)]
    well(app)


def test_a_statement_that_waits_while_its_name_is_let_go_is_to_be_sent_again(
    app: Flask, cast: Cast, old_name: tuple[Callable[[], None], ...], completions: Callable[[], list[Any]]
) -> None:
    """It had read whose name it is, and waits for its person until the name is nobody's."""
    comes, let_go = old_name
    assert one_within_the_other(app, let_go, comes) == "busy"
    assert completions() == []
    assert rows(app, f"SELECT count(*) FROM statement WHERE person_id = {cast.anna}") == [(0,)]
    well(app)
