"""Alive, ready, measured; and what is said when PostgreSQL or Redis is away."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import db
from app.factory import create_app
from tests.cast import Cast, SignedIn, signed_in

SECRET = "only the monitor knows"
AWAY = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture
def house(database: object) -> Iterator[Callable[..., Flask]]:
    """The same application with other settings."""
    made: list[Flask] = []

    def build(**settings: object) -> Flask:
        made.append(create_app(TESTING=True, **settings))
        return made[-1]

    yield build
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def without_database(house: Callable[..., Flask]) -> Flask:
    return house(DATABASE_URL=AWAY)


@pytest.fixture
def silent() -> Iterator[str]:
    """A Redis that accepts and never answers."""
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        yield f"redis://127.0.0.1:{mute.getsockname()[1]}"


def test_alive_and_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"alive": True}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["redis"], ready.get_json()["roles_shared"]) == (
        200,
        "here",
        [],
    )


def test_without_postgresql_it_lives_but_is_not_ready(without_database: Flask) -> None:
    client = without_database.test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/login", "text/html"), ("/", "text/html"), ("/api/v1/me", "application/problem+json")],
)
def test_without_postgresql_the_answer_is_a_plain_503(without_database: Flask, path: str, kind: str) -> None:
    client = without_database.test_client()
    client.set_cookie("blijk", "somebody")
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (503, kind)
    assert int(answer.headers["Retry-After"]) > 0
    assert "psycopg" not in answer.text


def test_without_postgresql_a_key_is_not_called_wrong(without_database: Flask) -> None:
    shown = {"Authorization": "Bearer something"}
    assert without_database.test_client().get("/api/v1/me", headers=shown).status_code == 503


def test_when_all_connections_are_taken_it_says_so_soon(house: Callable[..., Flask]) -> None:
    app = house(REQUESTS_AT_ONCE=1)
    with app.app_context():
        taken = [db.engine.connect() for _ in range(6)]
    client, start = app.test_client(), time.monotonic()
    client.set_cookie("blijk", "somebody")
    answer = client.get("/api/v1/me")
    for connection in taken:
        connection.close()
    assert answer.status_code == 503
    assert time.monotonic() - start < 4
    assert client.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("away", [True, False])
def test_a_redis_that_is_away_or_silent_is_only_reported(
    house: Callable[..., Flask], silent: str, away: bool
) -> None:
    client, start = house(REDIS_URL="redis://127.0.0.1:1" if away else silent).test_client(), time.monotonic()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["redis"]) == (200, "away")
    assert time.monotonic() - start < 3


def test_pages_work_while_redis_is_silent(house: Callable[..., Flask], silent: str, cast: Cast) -> None:
    anna = signed_in(house(REDIS_URL=silent), cast.anna)
    for path in ("/", "/me/settings", "/leaderboards", "/api/v1/me"):
        start = time.monotonic()
        assert anna.get(path).status_code == 200, path
        assert time.monotonic() - start < 4, path


def test_measures_are_off_unless_asked_for(house: Callable[..., Flask], client: FlaskClient) -> None:
    assert client.get("/metrics").status_code == 404
    monitor = house(METRICS_TOKEN=SECRET).test_client()
    monitor.get("/healthz")
    assert monitor.get("/metrics").status_code == 404
    assert monitor.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    told = monitor.get("/metrics", headers={"Authorization": f"Bearer {SECRET}"})
    assert told.status_code == 200
    assert 'blijk_requests_total{endpoint="health.live",method="GET",status="200"} 1.0' in told.text
    assert "blijk_outbox_waiting 0.0" in told.text


def test_a_page_of_a_person_costs_one_query_for_who_asks(
    app: Flask, client_of: Callable[[str], SignedIn]
) -> None:
    from sqlalchemy import event

    anna = client_of("anna")
    anna.get("/api/v1/me")
    counted: list[str] = []
    with app.app_context():
        engine = db.engine
    listen = lambda *parts: counted.append(parts[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", listen)
    anna.get("/nowhere")
    event.remove(engine, "before_cursor_execute", listen)
    assert ["FROM sign_in" in statement for statement in counted][:1] == [True]
    assert len(counted) <= 3, counted  # what waits for the menu, and whether a badge is new
