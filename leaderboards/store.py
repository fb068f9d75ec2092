"""The boards in Redis. The only file that speaks to it, with the client that it is handed.

A board is one sorted set of absolute totals: writing twice is writing once. Beside the boards of a
window stands its epoch, set when the window has been loaded whole; a read that does not find the
epoch it expects raises `NotReady`, and its caller answers from the database.

One writer at a time: the owner lets nobody call `set_scores` while a window is loaded, or a total
read before a change could overwrite the one read after it.
"""

import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from json import JSONDecoder
from os import getpid
from secrets import token_hex
from time import monotonic
from typing import Any, Protocol, cast

from leaderboards import scripts
from leaderboards.boards import Board, board_of, key_of
from leaderboards.breaker import Breaker, Unavailable
from leaderboards.ranking import Card, Page, Standing, percentile, standings
from leaderboards.scripts import Script

__all__ = ["Boards", "Change", "Client", "NotReady", "Pack", "Row", "Unavailable"]

Row = tuple[Board, int, int]
Change = tuple[Board, int, int | None]
Pack = tuple[Board, Sequence[bytes]]  # score, LAST - member, score, LAST - member …: above 0, in digits

# A member's text is LAST - id: ten digits, so that Redis, which orders equal scores by descending
# bytes, gives ascending ids; and below 2^31, so that small boards keep it in five bytes.
LAST = 2_000_000_000
LARGEST_MEMBER = 1_000_000_000

ROWS_A_TRIP = 20_000
ROWS_A_COMMAND = 2_000
REST = 0.1

_JSON = JSONDecoder()


class NotReady(Exception):
    """The window is not loaded whole, or under another epoch than expected."""


class Client(Protocol):
    """What the store needs of a client; `redis.Redis` and `redis.RedisCluster` have it."""

    def execute_command(self, *args: Any, **options: Any) -> Any: ...
    def pipeline(self, *, transaction: bool) -> Any: ...
    def scan_iter(self, *, match: str, count: int) -> Any: ...


class _Line(threading.local):
    """A connection that a thread keeps while it is asking: taking one from the client's pool and
    giving it back costs a third of a view. After a moment of rest, and in a forked process, it goes
    through the pool again, which looks whether the server has hung up."""

    client: Any = None
    process = 0
    used = 0.0

    def open(self, redis: Client) -> Any:
        now, process = monotonic(), getpid()
        if self.client is None or now - self.used > REST or self.process != process:
            self.client = None  # gives the old one back
            self.client = redis.client() if hasattr(redis, "client") else redis
            self.process = process
        self.used = now
        return self.client


class _Texts(dict[int, bytes]):
    """The texts of members, each made once a call."""

    def __missing__(self, member: int) -> bytes:
        if not 0 <= member <= LARGEST_MEMBER:
            raise ValueError(f"a member is a number from 0 to {LARGEST_MEMBER}, not {member}")
        text = self[member] = b"%d" % (LAST - member)
        return text


class Boards:
    """All boards under one prefix.

    `epoch` is what the owner calls the present filling, kept in its database; it may be assigned.
    `failures` are the client's errors that mean that Redis is away. Scores are whole numbers below
    2^53; a score of 0, less, or None is no place on the board.
    """

    def __init__(
        self,
        redis: Client,
        *,
        epoch: str,
        failures: tuple[type[BaseException], ...],
        prefix: str = "b",
        pause: float = 1.0,
    ) -> None:
        self.epoch = epoch
        self.prefix = prefix
        self._redis = redis
        self._breaker = Breaker(failures, pause)
        self._line = _Line()

    # Reading: one round trip each

    def card(self, board: Board, member: int, radius: int = 12) -> Card:
        """How the member stands, with `2 * radius + 1` rows around."""
        size, *found = self._read(scripts.CARD, board, LAST - member, radius)
        if not found:
            return Card(0, None, None, size, 0, ())
        score, place, offset, above, flat = found
        rows = standings(_members(flat), flat[1::2], offset, above + 1)
        rank = rows[place - offset].rank
        return Card(score, rank, percentile(rank, size), size, offset, rows)

    def top(self, board: Board, count: int) -> Page:
        return self.page(board, 0, count)

    def page(self, board: Board, offset: int, count: int) -> Page:
        """`count` rows from a place on, counted from 0; the first rank is right within ties."""
        if offset < 0 or count < 1:
            raise ValueError("a page begins at 0 or later and has at least one row")
        size, above, flat = self._read(scripts.PAGE, board, offset, offset + count - 1)
        return Page(size, offset, standings(_members(flat), flat[1::2], offset, above + 1))

    def many(self, board: Board, members: Collection[int]) -> dict[int, Standing]:
        """The standings of those among the members who stand on the board."""
        found = self._read(scripts.MANY, board, *(LAST - member for member in members))
        scores, betters = found[::2], found[1::2]
        return {
            member: Standing(above + 1, member, score)
            for member, score, above in zip(members, scores, betters, strict=True)
            if score
        }

    def _read(self, script: Script, board: Board, *args: int) -> list[Any]:
        keys = self._key(board.window, "epoch"), key_of(board, self.prefix)
        with self._breaker:
            reply = self._run(script, keys, self.epoch, *args)
        if reply is None:
            raise NotReady(board.window)
        return _decoded(reply)

    def _run(self, script: Script, keys: tuple[str, ...], *args: str | int) -> Any:
        """One call; a server that does not know the script, as after its start, is sent the text."""
        line = self._line.open(self._redis)
        # The client takes bytes as they are, and needs twice as long for everything else.
        rest = [str(part).encode() for part in (len(keys), *keys, *args)]
        try:
            return line.execute_command("EVALSHA", script.sha, *rest)
        except Exception as error:
            if "No matching script" not in str(error):
                raise
        return line.execute_command("EVAL", script.text, *rest)

    # Writing: absolute totals

    def set_scores(self, changes: Iterable[Change]) -> int:
        """Set many totals, one command a board and one round trip for every 20,000; says how many.

        Of several totals of one member on one board the last holds.
        """
        rows, count = iter(changes), 0
        while some := list(islice(rows, ROWS_A_TRIP)):
            self._send(_commands(some, self.prefix))
            count += len(some)
        return count

    def load(self, packs: Iterable[Pack]) -> int:
        """Add rows that are packed already, to boards that are being loaded; says how many rows."""
        count, waiting, commands = 0, 0, []
        for board, pairs in packs:
            key = key_of(board, self.prefix)
            for start in range(0, len(pairs), 2 * ROWS_A_COMMAND):
                commands.append(["ZADD", key, *pairs[start : start + 2 * ROWS_A_COMMAND]])
            count, waiting = count + len(pairs) // 2, waiting + len(pairs) // 2
            if waiting >= ROWS_A_TRIP:
                self._send(commands)
                waiting, commands = 0, []
        self._send(commands)
        return count

    def remove_member(self, member: int, boards: Iterable[Board]) -> None:
        """Take somebody off these boards."""
        self.set_scores((board, member, None) for board in boards)

    def drop(self, boards: Iterable[Board]) -> None:
        """Forget whole boards. UNLINK frees them aside; DEL of a large one would stall everybody."""
        self._send([["UNLINK", key_of(board, self.prefix)] for board in boards])

    def forget(self, windows: Collection[str]) -> None:
        """Forget everything of these windows."""
        self._send([["UNLINK", self._key(window, "epoch")] for window in windows])
        self._send([["UNLINK", key] for key in self._keys() if _window(key, self.prefix) in windows])

    def _send(self, commands: Iterable[list[Any]]) -> None:
        with self._breaker:
            pipeline = self._redis.pipeline(transaction=False)
            for command in commands:
                pipeline.execute_command(*command)
            pipeline.execute()

    # Being whole: for the owner, see `rebuild`

    def unready(self, windows: Iterable[str]) -> list[str]:
        """Those windows that have to be loaded: never were, flushed since, under another epoch, or
        in a server that has started again since and may have come back from an old copy."""
        with self._breaker:
            return [window for window in windows if not self._is_whole(window)]

    def begin(self, windows: Collection[str]) -> str:
        """Empty the windows for loading; from now on reading them raises `NotReady`."""
        self.forget(windows)
        token = token_hex(8)
        self._send([["SET", self._key(window, "loading"), token] for window in windows])
        return token

    def finish(self, windows: Iterable[str], token: str) -> None:
        """Open the windows. `NotReady` if a flush or another load came between: load once more."""
        with self._breaker:
            lost = [window for window in windows if not self._is_opened(window, token)]
        if lost:
            raise NotReady(", ".join(lost))

    def _is_whole(self, window: str) -> bool:
        keys = self._key(window, "epoch"), self._key(window, "server")
        return bool(self._run(scripts.WHOLE, keys, self.epoch))

    def _is_opened(self, window: str, token: str) -> bool:
        keys = tuple(self._key(window, name) for name in ("epoch", "server", "loading"))
        return bool(self._run(scripts.FINISH, keys, self.epoch, token))

    # Looking at everything: for checks

    def boards(self) -> set[Board]:
        """Every board that holds anybody."""
        return {board for key in self._keys() if (board := board_of(key, self.prefix))}

    def scores(self, board: Board) -> dict[int, int]:
        """All scores of a board, in order."""
        found: dict[int, int] = {}
        key, start = key_of(board, self.prefix), 0
        while True:
            stop = start + ROWS_A_COMMAND - 1
            with self._breaker:
                flat = _decoded(self._run(scripts.ROWS, (key,), start, stop))
            found.update(zip(_members(flat), flat[1::2], strict=True))
            if len(found) <= stop:
                return found
            start = stop + 1

    def _keys(self) -> Iterator[str]:
        match = "".join(f"\\{sign}" if sign in "*?[]\\^" else sign for sign in self.prefix) + ":{*"
        with self._breaker:
            found = set(self._redis.scan_iter(match=match, count=1000))
        return (key.decode() if isinstance(key, bytes) else key for key in found)

    def _key(self, window: str, name: str) -> str:
        return f"{self.prefix}:{{{window}}}:{name}"


def _commands(changes: list[Change], prefix: str) -> Iterator[list[Any]]:
    """One ZADD and one ZREM a board, cut where a command would hold the server too long."""
    by_board: dict[Board, dict[int, int | None]] = {}
    for board, member, score in changes:
        rows = by_board.get(board)
        if rows is None:
            rows = by_board[board] = {}
        rows[member] = score
    texts = _Texts()
    for board, rows in by_board.items():
        key = key_of(board, prefix)
        added: list[Any] = []
        removed: list[Any] = []
        for member, score in rows.items():
            if score is not None and score > 0:
                added += (b"%d" % score, texts[member])
            else:
                removed.append(texts[member])
        for start in range(0, len(added), 2 * ROWS_A_COMMAND):
            yield ["ZADD", key, *added[start : start + 2 * ROWS_A_COMMAND]]
        for start in range(0, len(removed), ROWS_A_COMMAND):
            yield ["ZREM", key, *removed[start : start + ROWS_A_COMMAND]]


def _decoded(reply: bytes | str) -> list[Any]:
    found, _ = _JSON.raw_decode(reply if isinstance(reply, str) else reply.decode())
    return cast(list[Any], found)


def _members(flat: list[int]) -> list[int]:
    return [LAST - text for text in flat[::2]]


def _window(key: str, prefix: str) -> str:
    return key[len(prefix) + 2 : key.index("}", len(prefix))]
