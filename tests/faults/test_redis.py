"""Redis may be flushed, killed, or accept and never answer: pages go on, nobody is signed out, boards come back."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from app.leaderboards import actions as leaderboards
from tests.faults.service import Answer, Caller, Crowd, Service, say, send, statement

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

PATHS = ("/", "/leaderboards", "/api/v1/boards?around=me", "/leaderboards?period=week&page=1", "/api/v1/me")
READERS, SENDERS = 4, 2
SLOWEST = 3.0  # for 99 of 100; 1 s on a machine that does nothing else
BACK_WITHIN = 15.0  # 5 s on a machine that does nothing else
NUMBERS = count()  # of what is sent: never the same twice


class Using:
    """People who look at pages and boards, and platforms that send statements; all that they were answered."""

    def __init__(self, service: Service) -> None:
        self.service, self.crowd = service, Crowd()
        self.answers: list[tuple[str, Answer]] = []

    def begin(self) -> None:
        for number in range(READERS):
            caller = Caller(self.service.port, self.service.cookie_of(self.service.people[20 + number]))
            self.crowd.begin(lambda caller=caller: self._look(caller))
        for _ in range(SENDERS):
            self.crowd.begin(self._send)

    def _look(self, caller: Caller) -> None:
        for number in count():
            if self.crowd.stopping.wait(0.03):
                return caller.close()
            path = PATHS[number % len(PATHS)]
            self.answers.append((path, caller.ask("GET", path)))

    def _send(self) -> None:
        caller = Caller(self.service.port, self.service.platform)
        while not self.crowd.stopping.wait(0.1):
            number = next(NUMBERS)
            batch = [statement(n % 60, 500 + n // 60, n % 50) for n in range(number * 3, number * 3 + 3)]
            self.answers.append(("/xapi/statements", send(caller, batch)))
        caller.close()


class Ear:
    """The open page of somebody: the events that it hears, for as long as the stream lives."""

    def __init__(self, service: Service, person_id: int) -> None:
        self.heard: list[tuple[float, str]] = []
        self.over = False
        self.line = socket.create_connection(("127.0.0.1", service.port), timeout=40)
        head = "".join(f"{name}: {value}\r\n" for name, value in service.cookie_of(person_id).items())
        self.line.sendall(f"GET /events HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode())
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self) -> None:
        try:
            while data := self.line.recv(65536):
                for line in data.decode().splitlines():
                    if line.startswith(("event:", "HTTP/1.1")):
                        self.heard.append((time.monotonic(), line))
        except OSError:
            pass
        self.over = True

    def heard_since(self, moment: float, line: str) -> bool:
        return any(when > moment and said == line for when, said in self.heard)

    def close(self) -> None:
        self.line.shutdown(socket.SHUT_RDWR)
        self.thread.join(5)
        self.line.close()


@pytest.fixture
def using(service: Service) -> Iterator[Using]:
    made = Using(service)
    made.begin()
    yield made
    os.kill(service.stack.pid("valkey"), signal.SIGCONT)
    made.crowd.stopping.set()


def check(service: Service) -> list[str]:
    """What `boards check` says."""
    found: list[str] = service.within(lambda: leaderboards.check(datetime.now(UTC)))
    return found


def boards_are_right(service: Service) -> bool:
    return check(service) == []


def flushed(service: Service) -> None:
    service.house.extensions["redis"].flushall()


def killed(service: Service) -> None:
    service.stack.hold("valkey", signal.SIGKILL)
    time.sleep(1.5)
    service.stack.release("valkey")


def mute(service: Service) -> None:
    """It takes connections, and everything that it is sent, and never answers."""
    pid = service.stack.pid("valkey")
    os.kill(pid, signal.SIGSTOP)
    time.sleep(3)
    os.kill(pid, signal.SIGCONT)


def again_and_again(service: Service) -> None:
    for _ in range(5):
        service.stack.hold("valkey", signal.SIGKILL)
        service.stack.release("valkey")
        flushed(service)


@pytest.mark.parametrize(
    "fault", [flushed, killed, mute, again_and_again], ids=lambda fault: str(fault.__name__)
)
def test_whatever_happens_to_redis_pages_go_on_and_boards_come_back(
    service: Service, using: Using, fault: Callable[[Service], None]
) -> None:
    service.until(lambda: len(using.answers) > 20, 30, "answers")
    service.until(lambda: boards_are_right(service), 30, "the boards")
    using.answers.clear()
    time.sleep(0.5)
    fault(service)
    seconds = service.until(lambda: boards_are_right(service), BACK_WITHIN, "the boards to come back")
    using.crowd.stop()
    times = sorted(answer.seconds for _, answer in using.answers)
    p99 = times[int(len(times) * 0.99)]
    say(f"{fault.__name__}: {len(times)} answers, p50 {times[len(times) // 2] * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms,"
        f" slowest {times[-1] * 1000:.0f} ms; boards right again after {seconds:.1f} s")  # fmt: skip
    wrong = {(path, answer.status) for path, answer in using.answers if answer.status != 200}
    assert wrong == set(), service.log("web")[-3000:]
    assert {path for path, _ in using.answers} == {*PATHS, "/xapi/statements"}
    assert p99 < SLOWEST
    service.until(service.drained, 30, "the worker")
    assert boards_are_right(service)


def test_open_pages_hear_news_again_when_redis_is_back(service: Service) -> None:
    ear = Ear(service, service.people[30])
    try:
        service.until(lambda: ear.heard, 20, "the stream")
        assert ear.heard[0][1] == "HTTP/1.1 200 OK"
        _news(service, ear, "before")
        for number, fault in enumerate((flushed, killed, mute)):
            fault(service)
            _news(service, ear, str(number))
    finally:
        ear.close()


def _news(service: Service, ear: Ear, name: str) -> None:
    """Something happens to the person of the open page, until it hears of it."""
    started, caller = time.monotonic(), Caller(service.port, service.platform)
    for number in count():
        moment = time.monotonic()
        about = int.from_bytes(name.encode(), "big") * 1000 + number
        assert send(caller, [statement(30, about, 3)]).status == 200
        try:
            service.until(lambda moment=moment: ear.heard_since(moment, "event: points"), 2, "a nudge")
        except TimeoutError:
            assert not ear.over, "the stream has ended"
            assert time.monotonic() - started < 30, "nothing is heard any more"
        else:
            break
    caller.close()
    say(f"news heard {time.monotonic() - started:.1f} s after {name}")


def test_a_board_that_redis_lost_is_answered_by_the_database_meanwhile(service: Service) -> None:
    """The same rank and points, with Redis and without."""
    caller = Caller(service.port, service.cookie_of(service.people[25]))
    path = "/api/v1/boards?around=me&period=year"
    with closing(Caller(service.port, service.platform)) as platform:
        assert send(platform, [statement(25, 9_000_001, 3)]).status == 200
    service.until(lambda: service.drained() and boards_are_right(service), 30, "the boards")
    told = _standing(caller.ask("GET", path))
    service.stack.hold("valkey", signal.SIGKILL)
    try:
        assert _standing(caller.ask("GET", path)) == told
        assert told["me"]["score"] > 0
    finally:
        service.stack.release("valkey")
        caller.close()


def _standing(answer: Answer) -> Any:
    assert answer.status == 200, answer.text
    told = json.loads(answer.text)
    return {name: told[name] for name in ("size", "me", "rows")}
