"""S1 to S4 of the boards, at 100,000 and 1,000,000 members: each beside its raw floor in one run."""

import importlib
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import redis

from leaderboards.boards import ORGANISATION, Board, Scope, key_of
from leaderboards.rebuild import rebuild
from leaderboards.store import LAST, Boards
from tools.bench import Row
from tools.devstack import ROOT

PEER = ROOT / "var/bench/peer"
PREFIX = "bench"
WINDOWS = ("2026-W47", "2026-11", "2026-Q4", "2026", "all")
SIZES = {100_000: "2026", 1_000_000: "all"}
EVENTS = 1_000


def run(stack: Any) -> list[Row]:
    client = redis.Redis.from_url(stack.redis_url)
    boards = Boards(client, epoch="bench", failures=(redis.RedisError, OSError), prefix=PREFIX)
    peer = _peer()
    rows: list[Row] = []
    try:
        _reads(boards, client, peer, rows)
        _writes(boards, client, rows)
        _memory(boards, client, rows)
        _loading(boards, client, rows)
    finally:
        boards.forget(WINDOWS)
    return rows


# S1, S2: reading


def _reads(boards: Boards, client: Any, peer: Any, rows: list[Row]) -> None:
    """Both sizes in turns, so that their ratio is of one moment, too."""
    asked: dict[str, Callable[[], Any]] = {}
    for size, window in SIZES.items():
        board, dice = Board(ORGANISATION, window), random.Random(7)
        rebuild(boards, ((board, member, _points(dice)) for member in range(1, size + 1)), [window])
        theirs = peer(key_of(board, PREFIX), redis_connection=client) if peer else None
        questions = _questions(boards, client, theirs, board, size)
        asked |= {f"{name} {size}": question for name, question in questions.items()}
    took = _side_by_side(asked, rounds=60, calls=10)
    for size in SIZES:
        _tell_reads({name: took[f"{name} {size}"] for name in questions}, size, rows)
    for name in ("card", "top"):
        before, after = (took[f"{name} {size}"] for size in SIZES)
        rows.append(Row("S2", f"{name} at 1,000,000 / at 100,000", after / before, "<=", 1.3,
                        f"{_us(before)} to {_us(after)}"))  # fmt: skip


def _questions(
    boards: Boards, client: Any, theirs: Any, board: Board, size: int
) -> dict[str, Callable[[], Any]]:
    key, dice = key_of(board, PREFIX), random.Random(5)

    def anybody() -> int:
        return dice.randrange(1, size + 1)

    def raw() -> None:
        start = dice.randrange(size - 25)
        client.zrevrange(key, start, start + 24, withscores=True)

    ours: dict[str, Callable[[], Any]] = {
        "card": lambda: boards.card(board, anybody()),
        "raw": raw,
        "top": lambda: boards.top(board, 25),
        "raw top": lambda: client.zrevrange(key, 0, 24, withscores=True),
    }
    if theirs is None:
        return ours
    return ours | {
        "their card": lambda: _their_card(theirs, str(LAST - anybody())),
        "their around": lambda: theirs.around_me(str(LAST - anybody())),
        "their top": lambda: theirs.leaders(1),
    }


def _their_card(peer: Any, member: str) -> tuple[Any, ...]:
    return peer.score_and_rank_for(member), peer.percentile_for(member), peer.around_me(member)


def _tell_reads(took: dict[str, float], size: int, rows: list[Row]) -> None:
    at = f"at {size:,}"
    rows.append(Row("S1", f"card / bare ZREVRANGE of 25, {at}", took["card"] / took["raw"], "<=", 2.6,
                    f"raw {_us(took['raw'])}, card {_us(took['card'])}"))  # fmt: skip
    rows.append(Row("S2", f"top 25 / raw, {at}", took["top"] / took["raw top"], "<=", 1.5,
                    f"raw {_us(took['raw top'])}, top {_us(took['top'])}"))  # fmt: skip
    if "their card" not in took:
        return
    for id, what, theirs, ours, bar in (
        ("S1", "peer's card / card", "their card", "card", 8.0),
        ("S2", "peer's around-me / card", "their around", "card", 6.0),
        ("S2", "peer's top 25 / top", "their top", "top", 10.0),
    ):
        rows.append(Row(id, f"{what}, {at}", took[theirs] / took[ours], ">=", bar,
                        f"peer {_us(took[theirs])}"))  # fmt: skip


# S3: writing


class House:
    """100,000 people with 20 boards each: four scopes in five windows, and their totals."""

    def __init__(self, boards: Boards, large: bool) -> None:
        self.dice = random.Random(3)
        self.people = range(1, 100_001)
        self.totals = {member: _points(self.dice) for member in self.people}
        self.boards_of = self._one_for_all() if large else self._as_people_work
        every = (
            (board, member, self.totals[member]) for member in self.people for board in self.boards_of(member)
        )
        rebuild(boards, every, WINDOWS)

    def earn(self, members: list[int]) -> list[tuple[Board, int, int]]:
        """Everybody gets 5 points; the changes of the boards."""
        for member in members:
            self.totals[member] += 5
        return self.changes(members)

    def changes(self, members: list[int]) -> list[tuple[Board, int, int]]:
        return [
            (board, member, self.totals[member]) for member in members for board in self.boards_of(member)
        ]

    def _one_for_all(self) -> Callable[[int], list[Board]]:
        scopes = (ORGANISATION, Scope("department", 1), Scope("team", 1), Scope("skill", 1))
        places = [Board(scope, window) for scope in scopes for window in WINDOWS]
        return lambda member: places

    def _as_people_work(self, member: int) -> list[Board]:
        """100 departments, teams of twelve, 60 skills."""
        units = Scope("department", 1 + member % 100), Scope("team", 1 + member // 12)
        scopes = (ORGANISATION, *units, Scope("skill", 1 + member * 7 % 60))
        return [Board(scope, window) for scope in scopes for window in WINDOWS]


def _writes(boards: Boards, client: Any, rows: list[Row]) -> None:
    for large, where in ((False, "teams, departments, skills"), (True, "20 boards of 100,000")):
        boards.forget(WINDOWS)
        house = House(boards, large)
        _tell_batches(boards, client, house, where, rows)
        if not large:
            _tell_single(boards, client, house, rows)
            _tell_again(boards, client, house, rows)


def _tell_batches(boards: Boards, client: Any, house: House, where: str, rows: list[Row]) -> None:
    """Both begin each round on the same boards: what ZINCRBY added is set back in between."""
    wall: dict[str, list[float]] = {"ours": [], "raw": []}
    cpu = {"ours": 0.0, "raw": 0.0}
    for _ in range(12):
        crowd = house.dice.sample(house.people, EVENTS)
        before = house.changes(crowd)
        packed = _packed(client, [("ZINCRBY", key_of(b, PREFIX), 5, LAST - m) for b, m, _ in before])
        changes = house.earn(crowd)
        for name in ("raw", "ours"):
            boards.set_scores(before)
            used, start = _cpu(client), time.perf_counter()
            _send(client, *packed) if name == "raw" else boards.set_scores(changes)
            wall[name].append(time.perf_counter() - start)
            cpu[name] += _cpu(client) - used
    ours, raw = statistics.median(wall["ours"]), statistics.median(wall["raw"])
    per = f"{EVENTS / ours:,.0f} events/s, raw {EVENTS / raw:,.0f}"
    rows.append(Row("S3", f"1,000 events / pre-packed ZINCRBY, {where}", ours / raw, "<=", 1.2, per))
    rows.append(Row("S3", f"the same, server CPU, {where}", cpu["ours"] / cpu["raw"], "<=", 0.6,
                    f"raw {cpu['raw'] / 12 * 1e3:.0f} ms"))  # fmt: skip


def _tell_single(boards: Boards, client: Any, house: House, rows: list[Row]) -> None:
    def ours() -> None:
        boards.set_scores(house.earn([house.dice.choice(house.people)]))

    def raw() -> None:
        member = house.dice.choice(house.people)
        pipeline = client.pipeline(transaction=False)
        for board in house.boards_of(member):
            pipeline.zincrby(key_of(board, PREFIX), 5, LAST - member)
        pipeline.execute()

    keys = [key_of(board, PREFIX) for board in house.boards_of(1)]
    packed = _packed(client, [("ZINCRBY", key, 5, LAST - 1) for key in keys])
    took = _side_by_side({"ours": ours, "raw": raw, "packed": lambda: _send(client, *packed)}, 60, 10)
    rows.append(Row("S3", "one event onto 20 boards / ZINCRBY pipeline", took["ours"] / took["raw"], "<=", 1.8,
                    f"{_us(took['ours'])}, raw {_us(took['raw'])}, pre-packed {_us(took['packed'])}"))  # fmt: skip


def _tell_again(boards: Boards, client: Any, house: House, rows: list[Row]) -> None:
    """The same changes twice: no board may differ by a byte after the second."""
    changes = house.earn(house.dice.sample(house.people, EVENTS))
    keys = sorted({key_of(board, PREFIX) for board, _, _ in changes})
    boards.set_scores(changes)
    once = [client.dump(key) for key in keys]
    boards.set_scores(changes)
    changed = sum(client.dump(key) != dump for key, dump in zip(keys, once, strict=True))
    rows.append(Row("S3", "boards changed by doing it again", changed, "<=", 0, f"of {len(keys)}"))


# S4: memory; and loading, the boards' share of S10


def _memory(boards: Boards, client: Any, rows: list[Row]) -> None:
    for size in SIZES:
        boards.forget(WINDOWS)
        per = _bytes_a_member(boards, client, [(Board(ORGANISATION, "all"), size)])
        rows.append(Row("S4", f"bytes a member, board of {size:,}", per, "<=", 110, "integer members"))
    for size in (128, 30):
        boards.forget(WINDOWS)
        teams = [(Board(Scope("team", team), "all"), size) for team in range(1, 401)]
        per = _bytes_a_member(boards, client, teams)
        limit = 16.0 if size == 128 else None
        rows.append(Row("S4", f"bytes a member, teams of {size}", per, "<=", limit, "listpack"))


def _bytes_a_member(boards: Boards, client: Any, sizes: list[tuple[Board, int]]) -> float:
    dice = random.Random(11)
    changes = [(board, place, _points(dice)) for board, size in sizes for place in range(1, size + 1)]
    boards.set_scores(changes)
    keys = [key_of(board, PREFIX) for board, _ in sizes]
    return float(sum(client.memory_usage(key, samples=0) for key in keys)) / len(changes)


def _loading(boards: Boards, client: Any, rows: list[Row]) -> None:
    dice = random.Random(13)
    board = Board(ORGANISATION, "2026")
    data = [(board, member, _points(dice)) for member in range(1, 200_001)]
    commands = _zadds(key_of(board, PREFIX), data)

    def ours() -> None:
        rebuild(boards, data, ["2026"])

    def raw() -> None:
        client.unlink(key_of(board, PREFIX))
        pipeline = client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        pipeline.execute()

    took = _side_by_side({"ours": ours, "raw": raw}, rounds=3, calls=1)
    rows.append(Row("S10", "loading, raw variadic ZADD / rebuild (without PostgreSQL)", took["raw"] / took["ours"],
                    ">=", 0.5, f"{len(data) / took['ours']:,.0f} rows/s"))  # fmt: skip


def _zadds(key: str, data: list[tuple[Board, int, int]]) -> list[list[Any]]:
    commands = []
    for start in range(0, len(data), 2_000):
        command: list[Any] = ["ZADD", key]
        for _, member, score in data[start : start + 2_000]:
            command += (score, LAST - member)
        commands.append(command)
    return commands


# Tools


def _points(dice: random.Random) -> int:
    """Few have very many; many share a score."""
    return min(50_000, int(dice.paretovariate(1.2) * 40))


def _side_by_side(asked: dict[str, Callable[[], Any]], rounds: int, calls: int) -> dict[str, float]:
    """Median seconds a call, in turns, so that a busy moment hits all alike."""
    took: dict[str, list[float]] = {name: [] for name in asked}
    for ask in asked.values():
        ask()
    for _ in range(rounds):
        for name, ask in asked.items():
            start = time.perf_counter()
            for _ in range(calls):
                ask()
            took[name].append((time.perf_counter() - start) / calls)
    return {name: statistics.median(times) for name, times in took.items()}


def _packed(client: Any, commands: list[tuple[Any, ...]]) -> tuple[Any, int]:
    connection = client.connection_pool.get_connection()
    try:
        return connection.pack_commands(commands), len(commands)
    finally:
        client.connection_pool.release(connection)


def _send(client: Any, packed: Any, replies: int) -> None:
    """The floor: bytes made beforehand, answers read and dropped."""
    connection = client.connection_pool.get_connection()
    try:
        connection.send_packed_command(packed)
        for _ in range(replies):
            connection.read_response()
    finally:
        client.connection_pool.release(connection)


def _cpu(client: Any) -> float:
    info = client.info("cpu")
    return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])


def _us(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} µs"


def _peer() -> Any:
    """The peer's class, from an environment of its own; None where it cannot be installed."""
    if not (PEER / "leaderboard").is_dir() and subprocess.run(_install(), check=False).returncode:
        return None
    sys.path.insert(0, str(PEER))
    try:
        module = importlib.import_module("leaderboard.competition_ranking_leaderboard")
    finally:
        sys.path.remove(str(PEER))
    return module.CompetitionRankingLeaderboard


def _install() -> list[str]:
    what = [
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--target",
        str(PEER),
        "-r",
        str(ROOT / "tools/bench/peer.txt"),
    ]
    uv = shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--python", sys.executable, *what]
    return [sys.executable, "-m", "pip", "install", *what]
