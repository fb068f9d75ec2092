"""Large boards that PostgreSQL keeps: the same answer as Redis and as counting, whatever happened before."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app import worker
from app.db import db, transaction
from app.leaderboards import actions, kept, queries, store
from app.outbox import settle
from app.people import actions as people
from leaderboards.boards import ORGANISATION, Board, Scope
from tests.app.leaderboards.scene import Scene
from tests.cast import Cast, row_of
from tests.small import START, course, fact, load, rows, state, taken_back

NOW = START + timedelta(days=9)
TEAMS = [("Water", "North"), ("Water", "South"), ("Systems", "Desk")]


@pytest.fixture(autouse=True)
def house(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(kept, "LARGE", 1)
    monkeypatch.setattr(
        kept, "VERY_LARGE", 4
    )  # the organisation and Water have histograms, others are counted
    with app.app_context():
        load([])
        actions.keep_whole(NOW)
        actions.keep_sums(NOW)
        yield


def work(now: Any = NOW) -> None:
    while worker.relay(now):
        pass


def move(who: str, department: str, team: str, at: Any = NOW, **more: Any) -> None:
    with transaction():
        people.import_people([row_of(who, department=department, team=team, **more)], at=at)
        settle(at)


def choose(person_id: int, choice: str) -> None:
    with transaction():
        people.choose(person_id=person_id, board_choice=choice)
        settle(NOW)


def everywhere(cast: Cast) -> list[Scope]:
    units = [Scope(kind, id) for kind, id in rows("SELECT kind, id FROM unit ORDER BY id")]
    skills = [Scope("skill", id) for (id,) in rows("SELECT DISTINCT skill_id FROM skill_total ORDER BY 1")]
    return [ORGANISATION, *units, *skills]


def compare(cast: Cast, now: Any = NOW, radius: int = 2) -> int:
    """Every board, with the eyes of everybody: Redis, kept, counted; says how many of them had rows."""
    seen = 0
    ids = [id for (id,) in rows("SELECT id FROM person ORDER BY id")]
    boards = store.boards()
    boards.epoch = store.epoch()
    for scope in everywhere(cast):
        for window, kind in store.kept(now).items():
            board = Board(scope, window)
            board_id = kept.find(board)
            if board_id is None:  # has become large since somebody looked
                continue
            for viewer in ids:
                told = boards.card(board, viewer, radius)
                assert kept.card(board_id, viewer, radius) == told, (board, viewer)
                assert queries._card_from_ledger(board, kind, viewer, radius, now) == told, (board, viewer)
            for offset, count in ((0, 3), (1, 2), (2, 50), (4, 1), (90, 5)):
                listed = boards.page(board, offset, count)
                assert kept.page(board_id, offset, count) == listed, (board, offset)
                assert queries._page_from_ledger(board, kind, offset, count, now) == listed, (board, offset)
            seen += bool(listed.size)
    return seen


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_redis_kept_and_counted_boards_agree_after_any_history(cast: Cast, seed: int) -> None:
    """Late, withdrawn, moved, out and in again, with kudos; projected in pieces, folded now and then."""
    dice = Random(seed)
    names = ["anna", "ben", "mia", "cor", "eve", "leo"]
    skills = [id for (id,) in rows("SELECT id FROM skill ORDER BY id")]
    stated: list[Any] = []
    for number in range(40):
        who = dice.choice(names)
        person_id, day = cast.id_of(who), dice.uniform(0, 8.9)
        match dice.randrange(8):
            case 0 if stated:
                state([taken_back(stated.pop(dice.randrange(len(stated))))], NOW)
            case 1:
                move(who, *dice.choice(TEAMS))
            case 2:
                choose(person_id, dice.choice(["named", "unnamed", "out", "named"]))
            case 3:
                move(who, *dice.choice(TEAMS), active=dice.random() < 0.7)
            case 4:
                state([fact(person_id, f"k{number}", day, "kudos_received", counterpart_id=cast.dan)], NOW)
            case _:
                made = course(person_id, f"c{number}", day, skills=tuple(dice.sample(skills, 2)))
                stated.append(made)
                state([made], NOW)
        if dice.random() < 0.4:
            worker.relay(NOW, limit=dice.choice([1, 2, 50]))
        if dice.random() < 0.2:
            actions.keep_sums(NOW)
            actions.fold(NOW)
    work()
    actions.keep_whole(NOW)
    actions.keep_large(NOW)
    state([course(cast.clara, "last", 8)], NOW)
    work()  # what this changed is not folded yet
    assert compare(cast) > 10
    assert actions.check(NOW) == []


def test_a_window_that_closes_and_one_that_begins_are_kept_too(cast: Cast) -> None:
    state([course(cast.anna, "c1", 8), course(cast.ben, "c2", 8.5), course(cast.eve, "c3", 2)], NOW)
    work()
    actions.keep_large(NOW)
    later = START + timedelta(days=31)
    actions.keep_whole(later)
    actions.keep_sums(later)
    move("anna", "Systems", "Desk", at=later)
    state([course(cast.anna, "c4", 30.5), course(cast.ben, "late", 29), course(cast.ben, "now", 30.9)], later)
    work(later)
    assert compare(cast, later) > 5
    assert actions.check(later) == []
    windows = {window for (window,) in rows('SELECT DISTINCT "window" FROM kept_board')}
    assert windows == set(store.kept(later))


def test_whether_kudos_count_holds_at_once_and_boards_follow_by_themselves(cast: Cast) -> None:
    thanks = fact(cast.anna, "k1", 8, "kudos_received", counterpart_id=cast.ben)
    state([thanks, course(cast.anna, "c1", 8)], NOW)
    work()
    actions.keep_large(NOW)
    for decided, points in ((True, 35), (False, 30)):
        with transaction():
            db.session.execute(text("UPDATE organisation SET kudos_on_boards = :it"), {"it": decided})
        window = store.current(NOW)["month"]
        view = queries.card(ORGANISATION, "month", window, cast.anna, NOW)
        assert (view.live, view.me and view.me.score) == (False, points)
        assert kept.find(view.board) is None
        actions.keep_whole(NOW)
        actions.keep_large(NOW)
        view = queries.card(ORGANISATION, "month", window, cast.anna, NOW)
        assert (view.live, view.me and view.me.score) == (True, points)
        assert compare(cast) > 2
        assert actions.check(NOW) == []


def test_with_redis_away_a_kept_board_answers_and_out_holds_at_once(cast: Cast, scene: Scene) -> None:
    state([course(cast.anna, "c1", 8), course(cast.ben, "c2", 8), course(cast.ben, "c3", 8)], NOW)
    with transaction():
        db.session.execute(text("UPDATE person SET board_choice = 'named'"))
    work()
    actions.keep_large(NOW)
    window = store.current(NOW)["month"]
    with scene.redis_away():
        asked = []
        real = kept.card
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kept, "card", lambda *told: asked.append(told) or real(*told))
            view = queries.card(ORGANISATION, "month", window, cast.anna, NOW)
        assert (len(asked), view.live, view.size) == (1, False, 2)
        assert [(row.rank, row.person_id) for row in view.rows] == [(1, cast.ben), (2, cast.anna)]
        choose(cast.ben, "out")
        view = queries.card(ORGANISATION, "month", window, cast.anna, NOW)
        assert [(row.rank, row.person_id) for row in view.rows] == [(1, cast.anna)]
        choose(cast.ben, "named")
        assert queries.card(ORGANISATION, "month", window, cast.ben, NOW).size == 2


def test_two_projectors_at_once_and_a_keeper_lose_nothing(app: Flask, cast: Cast) -> None:
    ids = [cast.id_of(name) for name in ("anna", "ben", "mia", "eve", "cor", "leo")]
    state([course(person, f"first{person}", 8) for person in ids], NOW)
    work()
    actions.keep_large(NOW)
    start = Barrier(5)

    def run(step: Any) -> None:
        with app.app_context():
            start.wait(10)
            for number in range(12):
                step(number)
            db.session.remove()

    def earn(number: int) -> None:
        state([course(person, f"c{number}-{person}", 8) for person in ids[number % 3 :: 2]], NOW)

    def project(_: int) -> None:
        worker.relay(NOW, limit=2)

    with ThreadPoolExecutor(5) as pool:
        done = [
            pool.submit(run, step)
            for step in (
                earn,
                project,
                project,
                lambda _: actions.keep_sums(NOW),
                lambda _: actions.fold(NOW),
            )
        ]
        for one in done:
            one.result(60)
    work()
    actions.keep_whole(NOW)
    assert compare(cast) > 5
    assert actions.check(NOW) == []


def test_check_names_a_row_and_a_bucket_that_were_changed_by_hand(cast: Cast) -> None:
    state([course(cast.anna, "c1", 8)], NOW)
    work()
    actions.keep_large(NOW)
    assert actions.check(NOW) == []
    for sql in (
        "UPDATE board_row SET sort_key = sort_key + (1::bigint << 31)",
        "UPDATE board_level SET people = people + 1 WHERE level = 2",
        "DELETE FROM board_row",
    ):
        with transaction():
            db.session.execute(text(sql))
        assert any("kept board o:0 2026-01" in what for what in actions.check(NOW)), sql
        actions.rebuild_all(NOW)
        assert actions.check(NOW) == []


def test_small_boards_are_not_kept_and_large_ones_that_shrink_are_dropped(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    state([course(cast.anna, "c1", 8)], NOW)
    work()
    actions.keep_large(NOW)
    assert rows("SELECT count(*) > 10 FROM kept_board") == [(True,)]
    monkeypatch.setattr(kept, "LARGE", 8)  # the organisation has eight, Water four
    actions.keep_large(NOW)
    assert {scope for (scope,) in rows("SELECT scope FROM kept_board")} == {"o", "d"}
    monkeypatch.setattr(kept, "LARGE", 500)
    actions.keep_large(NOW)
    assert rows("SELECT count(*) FROM kept_board") == rows("SELECT count(*) FROM board_row") == [(0,)]
