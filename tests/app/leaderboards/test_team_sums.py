"""Team sums count what happened while somebody was in the team, also after they moved, late, or taken back."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

import pytest
from flask import Flask
from sqlalchemy import text

from app import worker
from app.db import db, transaction
from app.leaderboards import actions, queries, store, teams
from app.outbox import settle
from app.people import actions as people
from leaderboards.boards import ORGANISATION, Scope
from tests.cast import HIRED, Cast, row_of
from tests.small import START, badge, completed, course, fact, load, rows, state, taken_back

NOW = START + timedelta(days=3)
NORTH, SOUTH = ("Water", "North"), ("Water", "South")


@pytest.fixture(autouse=True)
def house(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(queries, "FEWEST", 1)
    with app.app_context():
        load([])
        work()
        yield


def work(now: datetime = NOW) -> None:
    while worker.relay(now):
        pass
    actions.keep_whole(now)
    actions.keep_sums(now)


def move(who: str, place: tuple[str, str], at: datetime, **more: object) -> None:
    with transaction():
        done = people.import_people([row_of(who, department=place[0], team=place[1], **more)], at=at)
        settle(at)
        assert not done.refused


def sums(window: str) -> dict[str, int]:
    found = rows(
        'SELECT u.name, points FROM team_sum s JOIN unit u ON u.id = s.team_id WHERE "window" = :w AND points <> 0',
        w=window,
    )
    return {name: points for name, points in found}


def written() -> list[tuple[object, ...]]:
    """All that is kept of teams."""
    found = rows("SELECT * FROM team_sum WHERE points <> 0 ORDER BY 1, 2")
    return found + rows("SELECT * FROM team_share ORDER BY 1, 2, 3")


def shown(now: datetime = NOW, kind: str = "month") -> dict[str, tuple[int, int]]:
    listed = queries.teams(ORGANISATION, kind, store.current(now)[kind], None, now)
    return {row.name: (row.size, row.points) for row in listed}


def test_who_moves_leaves_what_they_did_with_the_team_where_they_did_it(cast: Cast) -> None:
    state([course(cast.anna, "c1", 1), course(cast.ben, "c2", 1)], NOW)
    work()
    assert sums("2026-01") == {"North": 60}
    move("anna", SOUTH, NOW)
    later = NOW + timedelta(days=1)
    state([course(cast.anna, "c3", 3.5), course(cast.anna, "c4", 3.6)], later)
    work(later)
    assert sums("2026-01") == {"North": 60, "South": 60}
    assert sums("all") == {"North": 60, "South": 60}
    team = queries.page(Scope("team", cast.north), "month", "2026-01", cast.ben, later, 0, 9)
    assert team.size == 1  # the board of the unit shows who is in it now
    assert actions.check(later) == []


def test_what_comes_late_or_is_taken_back_counts_for_the_team_of_its_moment(cast: Cast) -> None:
    first = course(cast.anna, "c1", 1)
    state([first], NOW)
    move("anna", SOUTH, NOW)
    later = NOW + timedelta(days=1)
    state([course(cast.anna, "late", 2), course(cast.anna, "after", 3.2)], later)
    work(later)
    assert sums("2026-W02") == {"North": 60, "South": 30}
    state([taken_back(first)], later)
    work(later)
    assert sums("2026-W02") == {"North": 30, "South": 30}
    assert actions.check(later) == []


def test_the_points_of_a_badge_count_for_the_team_of_the_moment_it_was_earned(cast: Cast) -> None:
    load([badge("two", (completed(2), 50))])
    state([course(cast.anna, "c1", 1), course(cast.anna, "c2", 2)], NOW)
    move("anna", SOUTH, NOW)
    work()
    assert sums("2026-01") == {"North": 110}
    assert actions.check(NOW) == []


def test_there_and_back_again_adds_up(cast: Cast) -> None:
    state([course(cast.anna, "c1", 1)], NOW)
    move("anna", SOUTH, NOW)
    state([course(cast.anna, "c2", 3.5)], NOW + timedelta(days=1))
    move("anna", NORTH, NOW + timedelta(days=1))
    later = NOW + timedelta(days=2)
    state([course(cast.anna, "c3", 4.5)], later)
    work(later)
    assert sums("2026-01") == {"North": 60, "South": 30}
    next_month = START + timedelta(days=40)
    state([course(cast.anna, "c4", 39)], next_month)
    work(next_month)
    assert sums("2026-02") == {"North": 30}
    assert sums("2026-01") == {"North": 60, "South": 30}
    assert sums("all") == {"North": 90, "South": 30}
    assert actions.check(next_month) == []


def test_a_closed_window_keeps_its_team_when_somebody_moves_later(cast: Cast) -> None:
    state([course(cast.anna, "c1", 1)], NOW)
    work()
    later = START + timedelta(days=33)
    move("anna", SOUTH, later)
    state([course(cast.anna, "late", 2), course(cast.anna, "new", 32.99)], later)
    work(later)
    assert sums("2026-01") == {"North": 60}
    assert sums("2026-02") == {"North": 30}
    assert sums("all") == {"North": 90}
    before = queries.teams(ORGANISATION, "month", "2026-01", None, later)
    assert [(row.name, row.size, row.points) for row in before] == [("North", 3, 20)]
    assert actions.check(later) == []


def test_out_holds_at_once_in_every_team_and_in_again_too(cast: Cast) -> None:
    state([course(cast.anna, "c1", 1), course(cast.ben, "c2", 1)], NOW)
    move("anna", SOUTH, NOW)
    state([course(cast.anna, "c3", 3.1)], NOW + timedelta(hours=4))
    work()
    assert shown() == {"North": (2, 30), "South": (2, 15)}
    for choice, expected in (("out", {"North": (2, 15)}), ("unnamed", {"North": (2, 30), "South": (2, 15)})):
        with transaction():
            people.choose(person_id=cast.anna, board_choice=choice)
            settle(NOW)
        assert shown() == expected  # the worker knows nothing yet
        while worker.relay(NOW):
            pass
        assert shown() == expected  # it knows, and has not summed yet
        work()
        assert shown() == expected
        assert actions.check(NOW) == []


def test_what_people_did_stays_with_their_team_when_they_leave(cast: Cast) -> None:
    state([course(cast.anna, "c1", 1), course(cast.ben, "c2", 1)], NOW)
    move("anna", NORTH, NOW, active=False)
    work()
    assert sums("2026-01") == {"North": 60}
    assert shown() == {"North": (2, 30)}


def test_full_time_is_what_the_organisation_says(cast: Cast) -> None:
    move("ben", NORTH, NOW, hours_per_week=20.0)
    move("mia", NORTH, NOW, hours_per_week=None)
    state([course(cast.anna, "c1", 1), course(cast.ben, "c2", 1)], NOW)
    work()
    assert shown() == {"North": (3, 23)}  # 60 points, and 36 + 20 + 36 hours of 36
    with transaction():
        db.session.execute(text("UPDATE organisation SET full_time_hours = 40"))
    assert shown() == {"North": (3, 25)}  # 36 + 20 + 40 hours of 40


def test_kudos_count_in_a_team_only_where_the_organisation_decides_so(cast: Cast) -> None:
    state([fact(cast.anna, "k1", 1, "kudos_received", counterpart_id=cast.ben)], NOW)
    state([course(cast.anna, "c1", 1)], NOW)
    work()
    assert shown() == {"North": (3, 10)}
    with transaction():
        db.session.execute(text("UPDATE organisation SET kudos_on_boards = true"))
    assert shown() == {"North": (3, 12)}


@pytest.mark.parametrize("seed", range(3))
def test_any_history_gives_what_the_facts_say_and_a_rebuild_the_same(cast: Cast, seed: int) -> None:
    """Against plain counting of facts with the team of their moment, over all of a month in which people move."""
    dice = Random(seed)
    now, stated = START + timedelta(days=20), []
    places = [NORTH, SOUTH, ("Systems", "Desk")]
    for number in range(30):
        name = dice.choice(["anna", "ben", "eve", "cor"])
        at = START + timedelta(days=number * 0.6)
        match dice.randrange(5):
            case 0:
                move(name, dice.choice(places), at)
            case 1 if stated:
                state([taken_back(stated.pop(dice.randrange(len(stated))))], at)
            case _:
                made = course(cast.id_of(name), f"c{number}", dice.uniform(0, number * 0.6))
                stated.append(made)
                state([made], at)
        if dice.random() < 0.3:
            work(at)
    work(now)
    told = dict(
        rows(
            "SELECT u.name, CAST(sum(30) AS bigint) FROM fact f JOIN unit u ON u.id = f.team_id"
            " WHERE withdrawn_at IS NULL GROUP BY 1"
        )
    )
    assert sums("2026-01") == told
    assert sums("all") == told
    assert actions.check(now) == []
    kept = (
        rows("SELECT * FROM team_sum WHERE points <> 0 ORDER BY 1, 2"),
        rows("SELECT * FROM team_share ORDER BY 1, 2, 3"),
    )
    actions.rebuild_all(now)
    again = (
        rows("SELECT * FROM team_sum WHERE points <> 0 ORDER BY 1, 2"),
        rows("SELECT * FROM team_share ORDER BY 1, 2, 3"),
    )
    assert again == kept


def test_check_names_a_sum_and_a_share_that_were_changed_by_hand(cast: Cast) -> None:
    state([course(cast.anna, "c1", 1)], NOW)
    move("anna", SOUTH, NOW)
    work()
    for table in ("team_sum", "team_share"):
        with transaction():
            db.session.execute(text(f"UPDATE {table} SET points = points + 5"))
        assert any(what.startswith("team ") for what in actions.check(NOW)), table
        actions.rebuild_all(NOW)
        assert actions.check(NOW) == []


def test_the_hired_of_long_ago_have_no_shares(cast: Cast) -> None:
    assert HIRED < START
    state([course(cast.anna, "c1", 1)], NOW)
    work()
    assert rows("SELECT count(*) FROM team_share") == [(0,)]
    assert teams.make_due(NOW) == 0
