"""Open pages hear that there is news: its name, and nothing of it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import text

from app import live
from app.db import db, transaction
from app.live import NAMES, Ear, Hub
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]


def asked_once(**where: Any) -> Redis:
    """A client as the house has it: it would rather fail than wait."""
    return Redis(host="127.0.0.1", socket_connect_timeout=0.2, retry=Retry(NoBackoff(), 0), **where)


class Stream:
    """A page that listens, over a real connection."""

    def __init__(self, origin: str, cookie: str) -> None:
        where = urlsplit(origin)
        self.line = socket.create_connection((where.hostname or "", where.port or 80), timeout=5)
        self.line.sendall(f"GET /events HTTP/1.1\r\nHost: x\r\nCookie: blijk={cookie}\r\n\r\n".encode())
        self.text = ""

    def hears(self, wanted: str, within: float = 5.0) -> bool:
        end = time.monotonic() + within
        while wanted not in self.text:
            self.line.settimeout(max(0.05, end - time.monotonic()))
            try:
                got = self.line.recv(4096).decode()
            except TimeoutError:
                return False
            if not got or time.monotonic() > end:
                return wanted in self.text + got
            self.text += got
        return True

    def close(self) -> None:
        self.line.close()


@pytest.fixture
def listen(server: str, client_of: Browser) -> Iterator[Callable[[str], Stream]]:
    opened: list[Stream] = []

    def start(name: str) -> Stream:
        cookie = client_of(name).get_cookie("blijk")
        assert cookie
        stream = Stream(server, cookie.value)
        opened.append(stream)
        assert stream.hears(": here")
        return stream

    yield start
    for stream in opened:
        stream.close()


def subscribed(app: Flask) -> None:
    """Wait until the hub hears Redis."""
    client: Redis = app.extensions["redis"]
    for _ in range(600):
        channel = live.channel_of(client)
        if dict(client.pubsub_numsub(channel)).get(channel.encode()):
            return
        time.sleep(0.05)
    pytest.fail("the hub never subscribed")


def test_whom_it_concerns_hears_the_name_at_once_and_nobody_else(
    app: Flask, cast: Cast, listen: Callable[[str], Stream]
) -> None:
    anna, ben = listen("anna"), listen("ben")
    subscribed(app)
    with app.app_context():
        live.nudge([cast.anna], "points")
    assert anna.hears("event: points\ndata:\n\n", within=20)
    assert not ben.hears("event: points", within=0.3)
    with app.app_context():
        live.nudge(None, "lesson")
    assert anna.hears("event: lesson", within=20)
    assert ben.hears("event: lesson", within=20)


@pytest.mark.parametrize("who", ["person", "organisation"])
def test_who_does_without_points_does_not_even_hear_the_word(
    app: Flask, cast: Cast, listen: Callable[[str], Stream], who: str
) -> None:
    off = {
        "person": f"UPDATE person SET game = false WHERE id = {cast.anna}",
        "organisation": "UPDATE organisation SET points_on = false",
    }
    with app.app_context(), transaction():
        db.session.execute(text(off[who]))
    anna = listen("anna")
    subscribed(app)
    with app.app_context():
        live.nudge([cast.anna], "board")
        live.nudge([cast.anna], "points")
        live.nudge([cast.anna], "kudos")
    assert anna.hears("event: kudos", within=20)
    assert anna.hears("event: progress\ndata:\n\n", within=20)
    assert "points" not in anna.text
    assert "board" not in anna.text


def test_nobody_listens_without_signing_in(client: object, app: Flask) -> None:
    answer = app.test_client().get("/events")
    assert answer.status_code == 303


def test_beyond_the_seats_a_page_is_told_to_ask_by_itself(app: Flask) -> None:
    full = Hub(app, app.extensions["redis"], 1, lambda ids: set(ids))
    full.thread = threading.current_thread()  # no listening in this test
    seat = full.join(1, None)
    with pytest.raises(live.Full) as no:
        full.join(2, None)
    assert (no.value.status, no.value.retry_after) == (503, 15)
    seat.close()
    full.join(2, None)


def test_many_nudges_to_a_slow_page_are_one(app: Flask) -> None:
    hub = Hub(app, app.extensions["redis"], 9, lambda ids: set(ids))
    hub.thread = threading.current_thread()
    seat = hub.join(1, 1)
    next(seat)
    for _ in range(10_000):
        hub.tell([1], ["points"])
    hub.tell(None, ["lesson"])
    assert next(seat) == "event: lesson\ndata:\n\nevent: points\ndata:\n\n"


def test_who_signed_out_hears_nothing_more(app: Flask) -> None:
    hub = Hub(app, app.extensions["redis"], 9, lambda _: {2})
    hub.thread = threading.current_thread()
    gone, here = hub.join(1, 1), hub.join(2, 2)
    next(gone), next(here)
    hub.end_revoked()
    hub.tell(None, ["points"])
    assert list(gone) == []
    assert "points" in next(here)


@pytest.mark.parametrize("said", [b"[", b"[]", b'{"name": "points"}', b'{"person_ids": [1], "name": "evil"}'])
def test_what_is_no_nudge_is_passed_over(app: Flask, said: bytes) -> None:
    hub = Hub(app, app.extensions["redis"], 9, lambda ids: set(ids))
    hub.thread = threading.current_thread()
    seat = hub.join(1, 1)
    hub.pass_on(said)
    assert not seat.waiting


def test_a_redis_that_is_silent_is_noticed_and_one_that_comes_back_is_heard(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SILENCE", 0.4)
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        ear = Ear(asked_once(port=mute.getsockname()[1], socket_timeout=0.2))
        end = time.monotonic() + 5
        while ear.hears and time.monotonic() < end:
            assert ear.hear() == []
        assert not ear.hears
    ear.client, ear.retry_at = app.extensions["redis"], 0.0
    end = time.monotonic() + 5
    while not ear.hears and time.monotonic() < end:
        ear.hear()
    assert ear.came_back


def test_a_nudge_into_nothing_harms_nobody(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    away = asked_once(port=1)
    monkeypatch.setitem(app.extensions, "redis", away)
    with app.app_context():
        for name in NAMES:
            live.nudge([1], name)
