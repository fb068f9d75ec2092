"""Open pages hear that there is news: its name, and nothing of it."""

import json
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

    def __init__(self, origin: str, cookie: str, shows: str = "") -> None:
        where = urlsplit(origin)
        self.line = socket.create_connection((where.hostname or "", where.port or 80), timeout=5)
        self.line.sendall(
            f"GET /events?hear={shows} HTTP/1.1\r\nHost: x\r\nCookie: blijk={cookie}\r\n\r\n".encode()
        )
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


Listen = Callable[..., Stream]


@pytest.fixture
def listen(server: str, client_of: Browser) -> Iterator[Listen]:
    opened: list[Stream] = []

    def start(name: str, shows: str = "") -> Stream:
        cookie = client_of(name).get_cookie("blijk")
        assert cookie
        stream = Stream(server, cookie.value, shows)
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
    app: Flask, cast: Cast, listen: Listen
) -> None:
    anna, ben = listen("anna", "lesson"), listen("ben", "lesson")
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
    app: Flask, cast: Cast, listen: Listen, who: str
) -> None:
    off = {
        "person": f"UPDATE person SET game = false WHERE id = {cast.anna}",
        "organisation": "UPDATE organisation SET points_on = false",
    }
    with app.app_context(), transaction():
        db.session.execute(text(off[who]))
    anna = listen("anna", "board")
    subscribed(app)
    with app.app_context():
        live.nudge([cast.anna], "board:organisation")
        live.nudge([cast.anna], "points")
        live.nudge([cast.anna], "kudos")
    assert anna.hears("event: kudos", within=20)
    assert anna.hears("event: progress\ndata:\n\n", within=20)
    assert "points" not in anna.text
    assert "board" not in anna.text


def test_nobody_listens_without_signing_in(client: object, app: Flask) -> None:
    """Told on the stream, which their page then closes: any other answer it would take for a fault, and ask again."""
    answer = app.test_client().get("/events", headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
    assert answer.text.endswith("event: over\ndata:\n\n")
    wrong = app.test_client().get("/events", headers={"Authorization": "Bearer x"})
    assert (wrong.status_code, wrong.text) == (401, answer.text)
    assert app.test_client().get("/events").headers["Location"] == "/login?next=/events"


def test_beyond_the_seats_a_page_is_told_to_ask_by_itself(app: Flask) -> None:
    full = Hub(app, app.extensions["redis"], 1, lambda ids: set(ids))
    full.thread = threading.current_thread()  # no listening in this test
    seat = full.join(1, None)
    with pytest.raises(live.Full) as no:
        full.join(2, None)
    assert (no.value.status, no.value.retry_after) == (503, 15)
    seat.close()
    full.join(2, None)


def test_nobody_takes_the_seats_of_all_and_the_page_that_was_opened_last_hears(app: Flask) -> None:
    hub = Hub(app, app.extensions["redis"], 6, lambda ids: set(ids))
    hub.thread = threading.current_thread()  # no listening in this test
    mine = [hub.join(1, None) for _ in range(4)]
    for seat in mine:
        next(seat)
    with pytest.raises(StopIteration):
        next(mine[0])
    for _ in range(3):
        hub.join(2, None)
    assert hub.seats >= set(mine[1:])
    with pytest.raises(live.Full):
        hub.join(3, None)


def test_many_nudges_to_a_slow_page_are_one(app: Flask) -> None:
    hub = Hub(app, app.extensions["redis"], 9, lambda ids: set(ids))
    hub.thread = threading.current_thread()
    seat = hub.join(1, 1)
    next(seat)
    for _ in range(10_000):
        hub.tell([1], ["points"])
    hub.tell(None, ["inbox"])
    assert next(seat) == "event: inbox\ndata:\n\nevent: points\ndata:\n\n"


def test_who_signed_out_hears_nothing_more(app: Flask) -> None:
    hub = Hub(app, app.extensions["redis"], 9, lambda _: {2})
    hub.thread = threading.current_thread()
    gone, here = hub.join(1, 1), hub.join(2, 2)
    next(gone), next(here)
    hub.end_revoked()
    hub.tell(None, ["points"])
    assert list(gone) == [live.FAREWELL], "signed out is for good"
    assert "points" in next(here)


@pytest.mark.parametrize(
    "said",
    [
        b"[",
        b"[]",
        b'{"names": ["points"]}',
        b'{"person_ids": [1], "names": ["evil", "evil:points"]}',
        b'{"person_ids": [1], "names": 7}',
        b'{"person_ids": [1], "names": [7]}',
    ],
)
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


# What is for everybody goes to who shows it, and not too often ------------------------------------------------


def quiet(app: Flask) -> Hub:
    """A hub that hears nothing by itself."""
    hub = Hub(app, app.extensions["redis"], 9, lambda ids: set(ids))
    hub.thread = threading.current_thread()
    return hub


def said(person_ids: list[int] | None, *names: str) -> bytes:
    return json.dumps({"person_ids": person_ids, "names": names}).encode()


@pytest.mark.parametrize(
    ("shows", "hears"),
    [
        ((), []),
        (("places:12",), ["places:12"]),
        (("places:1",), []),
        (("board",), ["board:organisation", "board:team:33"]),
        (("board:team",), ["board:team:33"]),
        (("lesson", "places:13"), ["lesson"]),
        (("", ":", "bo"), []),
    ],
)
def test_a_page_hears_of_what_it_shows(app: Flask, shows: tuple[str, ...], hears: list[str]) -> None:
    hub = quiet(app)
    seat = hub.join(1, 1, hear=shows)
    hub.pass_on(said(None, "places:12", "board:organisation", "board:team:33", "lesson"))
    assert sorted(seat.waiting) == hears


def test_what_was_missed_concerns_every_page_that_shows_such_a_thing(app: Flask) -> None:
    hub = quiet(app)
    places, boards, neither = (
        hub.join(1, 1, hear=["places:12"]),
        hub.join(2, 2, hear=["board"]),
        hub.join(3, 3),
    )
    hub.tell(None, NAMES)
    always = set(NAMES) - live.ASKED_FOR
    assert places.waiting == always | {"places"}
    assert boards.waiting == always | {"board"}
    assert neither.waiting == always
    assert "board" not in live.BLIND


def test_a_board_is_told_at_once_then_once_a_minute_and_the_last_is_never_lost(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [1000.0]
    monkeypatch.setattr(live.time, "monotonic", lambda: moment[0])
    hub = quiet(app)
    seat = hub.join(1, 1, hear=["board"])

    def heard() -> set[str]:
        hub.tell_held()
        names, seat.waiting = seat.waiting, set()
        return names

    hub.pass_on(said(None, "board:organisation"))
    assert heard() == {"board:organisation"}
    for _ in range(100):
        hub.pass_on(said(None, "board:organisation"))
    hub.pass_on(said(None, "board:team:7"))
    assert heard() == {"board:team:7"}
    moment[0] += 59
    assert heard() == set()
    moment[0] += 1
    assert heard() == {"board:organisation"}
    moment[0] += 120
    assert heard() == set()


def test_names_told_long_ago_are_forgotten(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_TOLD", 10)
    monkeypatch.setitem(live.PACE, "places", 0.0)
    hub = quiet(app)
    hub.pass_on(said(None, *(f"places:{number}" for number in range(50))))
    hub.tell_held()
    assert hub.told == {}


def test_a_page_asks_for_a_few_things_at_most(app: Flask, client_of: Browser) -> None:
    with closing(
        client_of("anna").get("/events?" + "&".join(f"hear=places:{n}" for n in range(99)))
    ) as answer:
        assert answer.status_code == 200
        seats = app.extensions["hub"].seats
        assert [len(one.shows) for one in seats if "places:0" in one.shows] == [live.MOST_ASKED]
