"""S5: a card while Redis is away, beside the card of Redis; and what it costs the projector to keep large boards.

100,000 people in 100 departments and 8,000 teams, with points of one year; all of it through the projector and the
queries of the application.
"""

import os
import random
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import psycopg

from tools.bench import Row

PEOPLE = int(os.environ.get("BENCH_PEOPLE", "100000"))
DEPARTMENTS, TEAMS, SKILLS = 100, 8_000, 60
BATCH = 1_000
RADIUS = 12


def run(stack: Any) -> list[Row]:
    from app.factory import create_app
    from app.leaderboards import actions

    app = create_app(role="worker")
    now = datetime.now(UTC)
    with app.app_context():
        fill(stack, now)
        began = time.perf_counter()
        actions.keep_whole(now)
        actions.keep_sums(now)
        filled = time.perf_counter() - began
        with psycopg.connect(stack.url("superuser"), autocommit=True) as line:
            line.execute("VACUUM ANALYZE")  # as autovacuum does it
        return [*_cards(now), *_projecting(stack, now), *_rebuilding(filled, now)]


def fill(stack: Any, now: datetime) -> None:
    """The rows that a year of use leaves, written straight into the tables; what is measured reads them."""
    from app.leaderboards import store

    keys = store.current(now)
    with psycopg.connect(stack.url("superuser"), autocommit=True) as line:
        line.execute("SET session_replication_role = replica")
        names = line.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        tables = ", ".join(f'"{name}"' for (name,) in names if name != "alembic_version")
        line.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
        line.execute("INSERT INTO organisation (id, name) VALUES (1, 'Bench')")
        line.execute(
            "INSERT INTO unit (id, kind, name, parent_id)"
            " SELECT n, 'department', 'D' || n, NULL FROM generate_series(1, %(d)s) n"
            " UNION ALL SELECT 1000 + n, 'team', 'T' || n, 1 + n %% %(d)s FROM generate_series(1, %(t)s) n",
            {"d": DEPARTMENTS, "t": TEAMS},
        )
        line.execute(
            "INSERT INTO skill (id, slug, name, enamel, lineage, position)"
            " SELECT n, 's' || n, '{}', 'water', ARRAY[n], n FROM generate_series(1, %s) n",
            [SKILLS],
        )
        _people(line, now)
        _totals(line, keys)
        line.execute("ANALYZE")


def _people(line: Any, now: datetime) -> None:
    line.execute(
        "INSERT INTO person (id, handle, name, sort_name, department_id, team_id, hours_per_week, board_choice,"
        " created_at)"
        " SELECT n, 'p' || n, 'Person ' || n, 'person ' || n, 1 + (1 + n %% %(t)s) %% %(d)s, 1001 + n %% %(t)s, 36,"
        " CASE WHEN n %% 12 = 0 THEN 'out' WHEN n %% 6 = 0 THEN 'unnamed' ELSE 'named' END, %(now)s"
        " FROM generate_series(1, %(p)s) n",
        {"t": TEAMS, "d": DEPARTMENTS, "p": PEOPLE, "now": now},
    )
    line.execute(
        "INSERT INTO membership (person_id, department_id, team_id, since)"
        " SELECT id, department_id, team_id, '2020-01-01' FROM person"
    )
    line.execute(
        "INSERT INTO board_member (person_id, department_id, team_id, taking_part)"
        " SELECT id, department_id, team_id, board_choice <> 'out' FROM person"
    )


def _totals(line: Any, keys: dict[str, str]) -> None:
    """Few have very many points; many share a score; a fifth earned something this week."""
    dice = random.Random(7)
    columns = "week_key, month_key, quarter_key, year_key, week, month, quarter, year, all_time"
    labels = [keys[kind] for kind in ("week", "month", "quarter", "year")]
    with line.cursor().copy(f"COPY person_total (person_id, {columns}) FROM STDIN") as copy:
        for person in range(1, PEOPLE + 1):
            copy.write_row((person, *labels, *_points(dice)))
    with line.cursor().copy(f"COPY skill_total (person_id, skill_id, {columns}) FROM STDIN") as copy:
        for person in range(1, PEOPLE + 1):
            for skill in (1 + person % SKILLS, 1 + (person * 7 + 3) % SKILLS):
                copy.write_row((person, skill, *labels, *_points(dice)))


def _points(dice: random.Random) -> tuple[int, ...]:
    year = min(50_000, int(dice.paretovariate(1.2) * 40))
    quarter = year // dice.choice((2, 3, 4))
    return (dice.choice((0, 0, 0, 0, quarter // 6)), quarter // 2, quarter, year, year + 10)


# S5 -------------------------------------------------------------------------------------------------------------------


def _cards(now: datetime) -> list[Row]:
    from app.db import db
    from app.leaderboards import kept, queries, store
    from leaderboards.boards import ORGANISATION, Board, Scope

    rows: list[Row] = []
    dice = random.Random(5)
    boards = store.boards()
    boards.epoch = store.epoch()
    scopes = {"organisation": ORGANISATION, "department": Scope("department", 7), "skill": Scope("skill", 7)}
    scopes["team"] = Scope("team", 1007)
    for name, scope in scopes.items():
        board = Board(scope, store.current(now)["year"])
        members = [row.member for row in boards.page(board, 0, PEOPLE).rows]
        place = kept.find(board)

        def from_redis(board: Board = board, members: list[int] = members) -> Any:
            return boards.card(board, dice.choice(members), RADIUS)

        def from_kept(place: Any = place, members: list[int] = members) -> Any:
            return kept.card(place, dice.choice(members), RADIUS)

        def counted(board: Board = board, members: list[int] = members) -> Any:
            return queries._card_from_ledger(board, "year", dice.choice(members), RADIUS, now)

        same = all(
            _same(boards, board, place, member, now) for member in members[:: max(1, len(members) // 40)]
        )
        took = _in_turns({"redis": from_redis, "away": from_kept if place else counted}, 400)
        db.session.rollback()
        raw = (
            f"{len(members):,} people: Redis {1e6 * took['redis']:,.0f} µs, away {1e6 * took['away']:,.0f} µs"
        )
        raw += ", kept" if place else ", counted"
        rows.append(
            Row("S5", f"card without Redis / with, {name}", took["away"] / took["redis"], "<=", 2.5, raw)
        )
        rows.append(Row("S5", f"cards that differ, {name}", 0 if same else 1, "<=", 0, "of some forty"))
    began = time.perf_counter()
    queries._card_from_ledger(Board(ORGANISATION, store.current(now)["year"]), "year", 1, RADIUS, now)
    slow = time.perf_counter() - began
    rows.append(Row("S5", "for comparison: counting the whole organisation, ms", 1e3 * slow, "<=", None))
    return rows


def _same(boards: Any, board: Any, place: Any, member: int, now: datetime) -> bool:
    from app.leaderboards import kept, queries

    told = boards.card(board, member, RADIUS)
    if place is not None:
        return bool(kept.card(place, member, RADIUS) == told)
    return bool(queries._card_from_ledger(board, "year", member, RADIUS, now) == told)


def _in_turns(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    took: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            took[name].append(time.perf_counter() - began)
    return {name: statistics.median(times[rounds // 10 :]) for name, times in took.items()}


# What it costs --------------------------------------------------------------------------------------------------------


def _projecting(stack: Any, now: datetime) -> list[Row]:
    """1,000 people get points and are projected: with the kept boards and team sums, and without them."""
    from app.db import transaction
    from app.leaderboards import actions, kept, teams

    dice = random.Random(3)
    took: dict[str, list[float]] = {"with": [], "without": [], "fold": []}
    with psycopg.connect(stack.url("superuser"), autocommit=True) as line:
        for turn in range(16):
            crowd = sorted(dice.sample(range(1, PEOPLE + 1), BATCH))
            for table in ("person_total", "skill_total"):
                line.execute(
                    f"UPDATE {table} SET week = week + 5, month = month + 5, quarter = quarter + 5, year = year + 5,"
                    " all_time = all_time + 5 WHERE person_id = ANY(%s)",
                    [crowd],
                )
            name = ("with", "without")[turn % 2]
            with ExitStack() as undone:
                if name == "without":
                    undone.enter_context(patch.object(kept, "set_scores"))
                    undone.enter_context(patch.object(teams, "note"))
                began = time.perf_counter()
                with transaction():
                    actions.project(dict.fromkeys(crowd, False), now)
                took[name].append(time.perf_counter() - began)
            if name == "with":
                began = time.perf_counter()
                actions.keep_sums(now)
                actions.fold(now)
                took["fold"].append(time.perf_counter() - began)
    kept_, bare, fold = (statistics.median(took[name]) for name in ("with", "without", "fold"))
    raw = f"1,000 people: {1e3 * kept_:,.0f} ms, without {1e3 * bare:,.0f} ms, and {1e3 * fold:,.0f} ms to fold and sum"
    return [Row("S5", "projector with kept boards and team sums / without", kept_ / bare, "<=", None, raw)]


def _rebuilding(filled: float, now: datetime) -> list[Row]:
    """S10: every board of Redis from PostgreSQL, beside loading the same rows by raw variadic ZADDs."""
    from flask import current_app

    from app.db import db, transaction
    from app.leaderboards import actions, store
    from leaderboards.boards import key_of
    from leaderboards.store import LAST

    client = current_app.extensions["redis"]
    commands: list[list[Any]] = []
    count, last = 0, None
    with transaction():
        for board, member, points in store.all_rows(store.kept(now).items(), now):
            if board != last or len(commands[-1]) >= 4_000:
                commands.append(["ZADD", key_of(board, "raw")])
                last = board
            commands[-1] += (points, LAST - member)
            count += 1

    def raw() -> None:
        pipeline = client.pipeline(transaction=False)
        for place, command in enumerate(commands, 1):
            pipeline.execute_command(*command)
            if place % 100 == 0:
                pipeline.execute()
        pipeline.execute()
        for start in range(0, len(commands), 1000):
            client.unlink(*{command[1] for command in commands[start : start + 1000]})

    def ours() -> None:
        store.set_epoch(f"{time.monotonic()}", now)
        db.session.commit()
        actions._fill(now)

    took = _in_turns({"raw": raw, "ours": ours}, 4)
    text = f"{count:,} rows: {count / took['ours']:,.0f} rows/s, raw {count / took['raw']:,.0f}; with what"
    text += f" PostgreSQL keeps, the first filling took {filled:.0f} s"
    return [
        Row(
            "S10",
            "raw variadic ZADD / every board from PostgreSQL",
            took["raw"] / took["ours"],
            ">=",
            0.5,
            text,
        )
    ]
