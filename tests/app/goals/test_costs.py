"""A goal that very many share: its sum is what the worker counted moments ago, and who takes part is counted anew."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from app import worker
from app.db import db, transaction
from app.goals import store, together
from tests.app.goals.conftest import Act
from tests.app.leaderboards.scene import Scene, now
from tests.app.test_batches import counting
from tests.cast import Cast

_JOIN = """
    INSERT INTO team_goal_member (team_goal_id, person_id, joined_at)
    SELECT :goal, unnest(CAST(:people AS bigint[])), :at
"""


def many(scene: Scene, cast: Cast, gather: Act) -> tuple[int, list[int]]:
    """A goal of all that Anna, Ben and Mia share with a hundred others."""
    goal_id, people = gather("leo", target=10), [cast.anna, cast.ben, cast.mia, *scene.hire(store.MANY)]
    with scene.app.app_context(), transaction():
        told = {"goal": goal_id, "people": people, "at": now() - timedelta(days=5)}
        db.session.execute(text(_JOIN), told)
    return goal_id, people


def total(scene: Scene, goal_id: int, me: int, later: timedelta = timedelta()) -> Any:
    with scene.app.app_context():
        return together.one(goal_id, me, now() + later).total


def come_round(scene: Scene) -> None:
    with scene.app.app_context():
        worker.reach_goals(now())


def test_the_sum_of_many_is_what_the_worker_counted(scene: Scene, cast: Cast, gather: Act) -> None:
    goal_id, people = many(scene, cast, gather)
    scene.earn(people[0], 2)
    assert total(scene, goal_id, cast.anna) == 2, "nobody counted it yet: it is counted here"
    come_round(scene)
    scene.earn(people[1])
    assert total(scene, goal_id, cast.anna) == 2
    come_round(scene)
    assert total(scene, goal_id, cast.anna) == 3
    scene.earn(people[2])
    assert total(scene, goal_id, cast.anna, store.FRESH + timedelta(seconds=5)) == 4, "no worker comes round"


def test_of_many_who_leave_until_fewer_than_five_are_left_nothing_is_said(
    scene: Scene, cast: Cast, act: Act, gather: Act
) -> None:
    goal_id, people = many(scene, cast, gather)
    scene.earn(people[0], 2)
    come_round(scene)
    with scene.app.app_context(), transaction():
        gone = "UPDATE team_goal_member SET left_at = now() WHERE person_id = ANY(:people)"
        db.session.execute(text(gone), {"people": people[4:]})
    assert total(scene, goal_id, cast.anna) is None


def test_a_goal_of_many_is_reached_like_any_other(scene: Scene, cast: Cast, gather: Act) -> None:
    goal_id, people = many(scene, cast, gather)
    scene.earn(people[0], 2)
    come_round(scene)
    assert scene.ask("SELECT id FROM team_goal WHERE reached_at IS NOT NULL") == []
    for person in people[1:3]:
        scene.earn(person, 4)
    come_round(scene)
    assert [row[0] for row in scene.ask("SELECT id FROM team_goal WHERE reached_at IS NOT NULL")] == [goal_id]


def test_the_worker_sends_as_many_statements_for_many_goals_as_for_one(
    scene: Scene, cast: Cast, gather: Act
) -> None:
    def sent() -> int:
        with scene.app.app_context(), counting() as statements:
            worker.reach_goals(now())
        return len(statements)

    many(scene, cast, gather)
    few = sent()
    for _ in range(2):
        gather("leo", target=10)
    assert sent() == few
