"""Nudges to open pages over SSE: names of events, never content; the page fetches with its own rights.

One thread per process listens to Redis for all its streams. Names wait in a set per stream, so a slow browser
costs nothing and holds nobody up. With Redis away every open page is nudged every 15 seconds instead.

A name can say of which one it is: `places:12`, `board:team:33`. What is for everybody goes only to the pages that show
it and said so in the address of their stream (`?hear=board`), and never more often than `PACE` allows: so a busy
morning does not make every open page ask at once, again and again.
"""

import json
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, current_app, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from redis import Redis, RedisError

from app.db import db
from app.errors import Busy, NotSignedIn, Refused
from app.events import CompletionLogged, Event, PlacesChanged

CHANNEL = "nudge"
NAMES = ("points", "award", "kudos", "lesson", "board", "places", "confirmation", "inbox", "review")
ASKED_FOR = {"lesson", "board", "places"}  # heard by pages that show it
PACE = {"lesson": 10.0, "board": 60.0, "places": 2.0}  # seconds from one to the next of the same name
MOST_ASKED, MOST_TOLD = 4, 5000
BLIND = tuple(
    name for name in NAMES if name != "board"
)  # while nothing is heard; that boards moved cannot be guessed
WITHOUT_GAME = {
    "points": "progress",
    "board": "",
}  # who does without points and boards does not hear of them either
PING = 15.0
SILENCE = 8.0
LIFE = 3600.0
# Whoever is signed out elsewhere, or comes without a session, is told so on the stream itself: the page closes it
# (`sse-close`) and asks no more. Any other answer, also 204, its library would take for a fault and try again; a
# browser's own EventSource waits a day.
OVER = "over"
FAREWELL = f"retry: 86400000\nevent: {OVER}\ndata:\n\n"
FULL = _l("Too many pages are open here; this one looks for news by itself.")
log = structlog.get_logger("blijk.live")

Who = Callable[[], tuple[int, int | None, bool]]
Alive = Callable[[Collection[int]], set[int]]
Answer = Callable[[Refused], ResponseReturnValue]


# What the worker says ---------------------------------------------------------------------------------------


def channel_of(client: Redis) -> str:
    """Channels are shared by all databases of a server: ours has the number of our database in its name."""
    return f"{CHANNEL}:{client.get_connection_kwargs().get('db', 0)}"


def nudge(person_ids: Iterable[int] | None, *names: str) -> None:
    """Tell the open pages of these people (or all) that there is something new to fetch."""
    client: Redis = current_app.extensions["redis"]
    ids = None if person_ids is None else sorted(set(person_ids))
    parts = [None] if ids is None else [ids[start : start + 1000] for start in range(0, len(ids), 1000)]
    try:
        for part in parts if names else ():
            client.publish(channel_of(client), json.dumps({"person_ids": part, "names": names}))
    except RedisError as fault:  # pages ask by themselves while Redis is away
        log.info("nudge lost", names=names, fault=type(fault).__name__)


def nudge_points(happened: Sequence[Event], now: datetime) -> None:
    nudge((event.person_id for event in happened), "points")


def nudge_award(happened: Sequence[Event], now: datetime) -> None:
    nudge((event.person_id for event in happened if not getattr(event, "retroactive", False)), "award")


def nudge_kudos(happened: Sequence[Event], now: datetime) -> None:
    nudge((event.person_id for event in happened), "kudos")


def nudge_places(happened: Sequence[PlacesChanged], now: datetime) -> None:
    nudge(None, *sorted({f"places:{event.activity_id}" for event in happened}))


def nudge_confirmation(happened: Sequence[CompletionLogged], now: datetime) -> None:
    nudge((event.confirmer_id for event in happened), "confirmation")


def nudge_inbox(happened: Sequence[Event], now: datetime) -> None:
    nudge((event.person_id for event in happened), "inbox")


# What pages hear --------------------------------------------------------------------------------------------


def kind_of(name: str) -> str:
    """`board` of `board:team:33`."""
    return name.partition(":")[0]


class Seat:
    """One open stream: the names that wait for it, what its page shows, and whether it is over."""

    def __init__(
        self, hub: "Hub", person_id: int, sign_in_id: int | None, *, game: bool, hear: Collection[str] = ()
    ) -> None:
        self.hub, self.person_id, self.sign_in_id = hub, person_id, sign_in_id
        self.instead = {} if game else WITHOUT_GAME
        self.shows = frozenset(hear)
        self.ends = time.monotonic() + (LIFE if sign_in_id else LIFE / 6)
        self.waiting: set[str] = set()
        self.bell = threading.Event()
        self.over = self.signed_out = False
        self.greeted = False

    def hear(self, names: Iterable[str]) -> None:
        heard = {self.instead.get(kind_of(name), name) for name in names if self.listens_to(name)} - {""}
        if not heard:
            return
        with self.hub.lock:
            self.waiting.update(heard)
        self.bell.set()

    def listens_to(self, name: str) -> bool:
        """Whether its page shows that: it asked for this one, or for all of the kind; `places` concerns each one."""
        if kind_of(name) not in ASKED_FOR:
            return True
        return any(f"{name}:".startswith(f"{one}:") or kind_of(one) == name for one in self.shows)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """What to send next; a comment at once and every 15 seconds, so that a dead browser is noticed."""
        if not self.greeted:
            self.greeted = True
            return "retry: 5000\n\n: here\n\n"
        if not self.over:
            self.bell.wait(PING)
        with self.hub.lock:
            self.bell.clear()
            names, self.waiting = sorted(self.waiting), set()
        if self.signed_out and not self.over:
            self.over = True
            return FAREWELL
        if self.over or time.monotonic() > self.ends:
            raise StopIteration
        return "".join(f"event: {name}\ndata:\n\n" for name in names) or ": \n\n"

    def close(self) -> None:
        """Called by the server, whatever ended the stream."""
        self.hub.leave(self)


class Hub:
    """All open streams of this process, and the one thread that listens for them."""

    def __init__(self, app: Flask, client: Redis, most: int, alive: Alive) -> None:
        self.app, self.client, self.most, self.alive = app, client, most, alive
        self.lock = threading.Lock()
        self.seats: set[Seat] = set()
        self.thread: threading.Thread | None = None
        self.told: dict[str, float] = {}  # when a name that has a pace was told last,
        self.held: set[str] = set()  # and which came since

    def join(
        self, person_id: int, sign_in_id: int | None, *, game: bool = True, hear: Collection[str] = ()
    ) -> Seat:
        seat = Seat(self, person_id, sign_in_id, game=game, hear=hear)
        with self.lock:
            # Half are for others: one person's tabs, or a program gone wild, take the seats of nobody else. The oldest
            # gives way: most often its page was left, and that is noticed at a ping only.
            own = [one for one in self.seats if one.person_id == person_id]
            if len(own) >= (self.most + 1) // 2:
                self.end(min(own, key=lambda one: one.ends))
            if len(self.seats) >= self.most:
                raise Full(FULL)
            self.seats.add(seat)
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self.listen, name="hub", daemon=True)
                self.thread.start()
        return seat

    def leave(self, seat: Seat) -> None:
        with self.lock:
            self.seats.discard(seat)

    def end(self, seat: Seat, *, signed_out: bool = False) -> None:
        """Whoever holds the lock ends a stream, now; who is signed out is told that it is for good."""
        seat.signed_out, seat.over = signed_out, not signed_out
        seat.bell.set()
        self.seats.discard(seat)

    def tell(self, person_ids: Collection[int] | None, names: Iterable[str]) -> None:
        with self.lock:
            found = [seat for seat in self.seats if person_ids is None or seat.person_id in person_ids]
        for seat in found:
            seat.hear(names)

    def listen(self) -> None:
        """For ever: hear Redis, or else nudge everybody now and then; end the streams of who signed out."""
        ear = Ear(self.client)
        next_round = time.monotonic() + PING
        while True:
            try:
                for message in ear.hear():
                    self.pass_on(message)
                if ear.came_back:  # what was said meanwhile is lost
                    ear.came_back = False
                    self.tell(None, NAMES)
                self.tell_held()
                if time.monotonic() >= next_round:
                    next_round = time.monotonic() + PING
                    if not ear.hears:
                        self.tell(None, BLIND)
                    self.end_revoked()
            except Exception as fault:  # the hub outlives everything
                log.warning("hub stumbled", fault=type(fault).__name__)
                time.sleep(1)

    def pass_on(self, message: bytes | str) -> None:
        try:
            said = json.loads(message)
            person_ids = said["person_ids"]
            names = [name for name in said["names"] if kind_of(name) in NAMES]
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        if person_ids is None:
            names = [name for name in names if self.may_go(name)]
        if names:
            self.tell(None if person_ids is None else set(person_ids), names)

    def may_go(self, name: str) -> bool:
        """Whether it is told now: else it waits for its time, and is told once, however often it was said."""
        pace, moment = PACE.get(kind_of(name)), time.monotonic()
        if pace is None:
            return True
        if moment - self.told.get(name, -pace) < pace:
            self.held.add(name)
            return False
        self.told[name] = moment
        return True

    def tell_held(self) -> None:
        """What waited for its time, and had it; names long told are forgotten."""
        waiting, self.held = self.held, set()
        due = [name for name in sorted(waiting) if self.may_go(name)]
        if due:
            self.tell(None, due)
        if len(self.told) > MOST_TOLD:
            moment = time.monotonic()
            self.told = {name: at for name, at in self.told.items() if moment - at < PACE[kind_of(name)]}

    def end_revoked(self) -> None:
        """A session that was revoked hears nothing more."""
        with self.lock:
            seats = [seat for seat in self.seats if seat.sign_in_id is not None]
        if not seats:
            return
        with self.app.app_context():
            alive = self.alive({seat.sign_in_id for seat in seats if seat.sign_in_id is not None})
        with self.lock:
            for seat in seats:
                if seat.sign_in_id not in alive:
                    self.end(seat, signed_out=True)


class Ear:
    """A subscription that notices when Redis is gone, or there but silent, and tries again."""

    def __init__(self, client: Redis) -> None:
        self.client = client
        self.subscription: Any = None
        self.heard = self.asked = self.retry_at = 0.0
        self.pause = 0.5
        self.hears = True
        self.came_back = False

    def hear(self) -> list[bytes]:
        """Messages of up to a second."""
        moment = time.monotonic()
        try:
            if self.subscription is None:
                if moment < self.retry_at:
                    time.sleep(min(1.0, self.retry_at - moment))
                    return []
                self.subscribe(moment)
            return self.read()
        except (RedisError, OSError):
            self.lose()
            return []

    def subscribe(self, moment: float) -> None:
        subscription = self.client.pubsub()  # type: ignore[no-untyped-call]
        subscription.subscribe(channel_of(self.client))
        self.subscription, self.heard, self.asked = subscription, moment, 0.0

    def read(self) -> list[bytes]:
        moment = time.monotonic()
        if moment - self.asked > SILENCE / 2:
            self.subscription.ping()
            self.asked = moment
        found = self.subscription.get_message(timeout=1.0)
        if found is None:
            if time.monotonic() - self.heard > SILENCE:
                self.lose()
            return []
        self.heard, self.pause = time.monotonic(), 0.5
        if not self.hears:
            self.hears = self.came_back = True
        return [found["data"]] if found["type"] == "message" else []

    def lose(self) -> None:
        self.hears = False
        self.retry_at = time.monotonic() + self.pause
        self.pause = min(self.pause * 2, 10.0)
        old, self.subscription = self.subscription, None
        if old is not None:
            try:
                old.close()
            except (RedisError, OSError):
                return


class Full(Busy):
    """No seat left; the page asks by itself every 15 seconds."""

    retry_after = 15


def init_app(app: Flask, *, most: int, who: Who, alive: Alive, refused: Answer) -> None:
    """`who` is the person and session that ask, and whether with points, `alive` which of these sessions still hold,
    `refused` the house's answer to a refusal."""
    hub = Hub(app, app.extensions["redis"], most, alive)
    app.extensions["hub"] = hub

    door = Blueprint("live", __name__)

    @door.get("/events")
    def events() -> Response:
        person_id, sign_in_id, game = who()
        db.session.remove()  # a stream holds no connection
        seat = hub.join(person_id, sign_in_id, game=game, hear=request.args.getlist("hear")[:MOST_ASKED])
        answer = Response(seat, mimetype="text/event-stream")
        answer.headers["X-Accel-Buffering"] = "no"
        return answer

    @door.errorhandler(NotSignedIn)
    def nobody(no: NotSignedIn) -> ResponseReturnValue:
        """Only a page's own stream is told so on it; whoever else asks is refused as at any door."""
        if "Authorization" in request.headers:
            return Response(FAREWELL, no.status, mimetype="text/event-stream")
        if "text/event-stream" not in request.headers.get("Accept", ""):
            return refused(no)
        return Response(FAREWELL, mimetype="text/event-stream")

    app.register_blueprint(door)
