"""PostgreSQL is away: said at once and in the language of the door, and all goes on when it is back, nothing half."""

import http.client
import itertools
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from app.verify import verify
from tests.faults.service import Answer, Caller, Crowd, Service, say, send, statement

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

PAGES = ("/", "/leaderboards", "/lessons", "/login", "/receipts")
API = ("/api/v1/me", "/api/v1/boards", "/api/v1/me/ledger", "/api/v1/kudos")
Ask = Callable[..., Answer]


@pytest.fixture
def caller(service: Service) -> Iterator[Caller]:
    """The browser of somebody who is signed in."""
    service.until(service.answers, 30, "the service")
    made = Caller(service.port, service.cookie_of(service.people[40]))
    yield made
    made.close()


@pytest.fixture
def platform(service: Service) -> Iterator[Caller]:
    made = Caller(service.port, service.platform)
    yield made
    made.close()


@pytest.fixture
def away(service: Service) -> Iterator[Callable[[int], None]]:
    """`away(how)` ends PostgreSQL; it comes back at the end of the test at the latest."""
    yield lambda how: service.stack.hold("postgres", how)
    come_back(service)


def come_back(service: Service) -> None:
    service.stack.release("postgres")
    service.forget_connections()


def nothing_is_wrong(service: Service) -> None:
    service.until(service.drained, 30, "the worker")
    found = service.within(lambda: verify(datetime.now(UTC)).wrong)
    assert found == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["stopped", "killed"])
def test_while_it_is_away_each_door_says_so_and_is_open_again_afterwards(
    service: Service, caller: Caller, platform: Caller, away: Callable[[int], None], how: int
) -> None:
    assert {caller.ask("GET", path).status for path in (*PAGES[:3], *API)} == {200}
    away(how)
    for path in (*PAGES, *API):
        answer = caller.ask("GET", path)
        if path == "/login":
            assert answer.status in (200, 303, 503), path
            continue
        assert answer.status == 503, path
        assert 1 <= int(answer.headers["Retry-After"]) <= 30, path
        assert answer.seconds < 4, path
        assert "psycopg" not in answer.text, path
        kind = "application/problem+json" if path in API else "text/html; charset=utf-8"
        assert answer.headers["Content-Type"] == kind, path
    new = statement(7, 7_000_000 + how, 5)
    refused = send(platform, [new])
    assert (refused.status, "Retry-After" in refused.headers) == (503, True)
    assert caller.ask("GET", "/healthz").status == 200
    ready = caller.ask("GET", "/readyz")
    assert (ready.status, json.loads(ready.text)["database"]) == (503, "away")
    come_back(service)
    seconds = service.until(lambda: caller.ask("GET", "/").status == 200, 10, "pages")
    say(f"pages answer {seconds:.1f} s after PostgreSQL does")
    assert {caller.ask("GET", path).status for path in (*PAGES[:3], *API)} == {200}, "nobody was signed out"
    assert send(platform, [new]).status == 200
    nothing_is_wrong(service)


def test_what_was_asked_for_while_it_died_is_done_once_or_not_at_all(
    service: Service, away: Callable[[int], None]
) -> None:
    """Colleagues thank each other, each with a key of the form, and send again until they have been heard."""
    thanking, crowd = Thanking(service), Crowd()
    for number in range(4):
        crowd.begin(lambda number=number: thanking.thank(crowd, number))
    for _ in range(3):
        heard = len(thanking.heard)
        service.until(lambda heard=heard: len(thanking.heard) > heard + 5, 30, "kudos")
        away(signal.SIGKILL)
        time.sleep(0.2)
        come_back(service)
    crowd.stop()
    assert thanking.refused > 0, "nothing was interrupted"
    assert thanking.wrong == []
    given = service.rows("SELECT id, once FROM kudos WHERE message LIKE 'You stayed%'")
    assert sorted(row.id for row in given) == sorted(thanking.heard.values())
    nothing_is_wrong(service)


class Thanking:
    """Givers with an allowance of ten each; what each key was answered."""

    def __init__(self, service: Service) -> None:
        self.service, self.numbers, self.lock = service, itertools.count(), threading.Lock()
        self.heard: dict[str, int] = {}
        self.refused = 0
        self.wrong: list[str] = []
        (self.skill,) = service.rows("SELECT min(id) FROM skill")[0]

    def thank(self, crowd: Crowd, number: int) -> None:
        for giver in range(number * 12, number * 12 + 12):
            caller = Caller(self.service.port, self.service.cookie_of_again(self.service.people[giver]))
            for n in range(9):
                if crowd.stopping.is_set():
                    break
                self._until_heard(caller, f"{giver}-{n}", self.service.people[(giver + n + 1) % 60])
                time.sleep(0.02)
            caller.close()

    def _until_heard(self, caller: Caller, once: str, receiver: int) -> None:
        asked = {
            "receivers": [receiver], "message": f"You stayed until it was done, {once}.", "skill_id": self.skill,
            "lang": "en", "once": once,
        }  # fmt: skip
        for _ in range(200):
            try:
                answer = caller.ask(
                    "POST", "/api/v1/kudos", json.dumps(asked), **{"Content-Type": "application/json"}
                )
            except (OSError, http.client.HTTPException):
                answer = None
            if answer is not None and answer.status == 201:
                with self.lock:
                    self.heard[once] = json.loads(answer.text)["id"]
                return
            if answer is not None and answer.status != 503:
                self.wrong.append(f"{answer.status} {answer.text[:300]}")
                return
            self.refused += 1
            time.sleep(0.05)
        self.wrong.append("never heard")
