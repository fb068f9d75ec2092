"""A goal of one's own: what proves it, what counts, what it costs to let go (nothing)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask

from app import worker
from app.activities import recording
from app.activities.rules import Report
from app.config import timezone
from app.db import lock_people, transaction
from app.errors import NotFound, Refused
from app.events import FactTakenBack
from app.goals import actions, inviting, queries
from app.goals.actions import Change, CheckIn, Setting
from app.goals.rules import A_QUARTER, NewGoal
from app.outbox import settle
from app.people import pauses
from app.verify import verify
from tests.app.goals.conftest import Act
from tests.app.leaderboards.scene import Scene, now
from tests.cast import Cast, SignedIn
from tests.small import taken_back


def counted(scene: Scene, person: int) -> list[tuple[Any, ...]]:
    """The goals that stand in somebody's log: source and weight."""
    return scene.ask(
        "SELECT source, weight FROM fact WHERE kind = 'goal_reached' AND person_id = :person"
        " AND withdrawn_at IS NULL ORDER BY id",
        person=person,
    )


def reach(act: Act, goal_id: int, person: int, **more: Any) -> None:
    act(actions.check_in, [CheckIn(goal_id=goal_id, person_id=person, far="reached")], **more)


def test_a_goal_in_own_words_counts_when_it_is_reached_and_is_worth_nothing(
    scene: Scene, cast: Cast, act: Act, aim: Act
) -> None:
    scene.load(points={"kinds": {"goal_reached": {"points": 50}}})
    goal_id = aim("anna")
    assert counted(scene, cast.anna) == []
    reach(act, goal_id, cast.anna)
    assert counted(scene, cast.anna) == [(f"goal:{goal_id}", 0.0)]
    assert scene.ask("SELECT points, reason FROM ledger_entry WHERE kind = 'goal_reached'") == [
        (0, "worthless")
    ]


def test_a_goal_with_a_proof_counts_once_the_proof_is_there(
    scene: Scene, cast: Cast, act: Act, aim: Act
) -> None:
    goal_id = aim("anna", proof="activity", of="a1")
    reach(act, goal_id, cast.anna)
    assert counted(scene, cast.anna) == [], "said, and not proven yet"
    scene.earn(cast.anna, activity_id=scene.id_of("activity", "a2"))
    assert counted(scene, cast.anna) == [], "something else"
    done = scene.fact(cast.anna, activity_id=scene.id_of("activity", "a1"))
    scene.state(done)
    assert counted(scene, cast.anna) == [(f"goal:{goal_id}", 1.0)]


def test_a_proof_alone_reaches_nothing_for_anybody(scene: Scene, cast: Cast, aim: Act) -> None:
    aim("anna", proof="activity", of="a1")
    scene.earn(cast.anna, activity_id=scene.id_of("activity", "a1"))
    assert counted(scene, cast.anna) == []


def test_what_was_there_before_proves_nothing(scene: Scene, cast: Cast, act: Act, aim: Act) -> None:
    scene.earn(cast.anna, activity_id=scene.id_of("activity", "a1"))
    scene.earn(cast.anna, 5)
    by_activity = aim("anna", proof="activity", of="a1", ago=0)
    by_badge = aim("anna", proof="badge", of="five", ago=0)
    for goal_id in (by_activity, by_badge):
        reach(act, goal_id, cast.anna)
    assert counted(scene, cast.anna) == []


def test_a_badge_proves_it_and_does_not_when_it_goes(scene: Scene, cast: Cast, act: Act, aim: Act) -> None:
    goal_id = aim("anna", proof="badge", of="five")
    reach(act, goal_id, cast.anna)
    courses = [scene.fact(cast.anna) for _ in range(2)]
    scene.state(*courses)
    assert counted(scene, cast.anna) == [(f"goal:{goal_id}", 1.0)]
    scene.state(taken_back(courses[0]))
    assert counted(scene, cast.anna) == []
    scene.earn(cast.anna)
    assert counted(scene, cast.anna) == [(f"goal:{goal_id}:2", 1.0)], "stated anew under a name of its own"


def test_a_lesson_proves_it_only_under_ones_name(scene: Scene, cast: Cast, act: Act, aim: Act) -> None:
    goal_id = aim("anna", proof="lesson")
    reach(act, goal_id, cast.anna)
    unnamed = scene.fact(cast.anna, "lesson_applied", source="unnamed:2026-47:1", in_unit=False)
    scene.state(unnamed)
    assert counted(scene, cast.anna) == [], "nobody learns from a goal that a lesson without a name was hers"
    scene.state(
        scene.fact(cast.anna, "lesson_applied", source=f"applied:7:{cast.ben}:1", counterpart_id=cast.ben)
    )
    assert counted(scene, cast.anna) == [(f"goal:{goal_id}", 1.0)]


def test_taking_it_up_again_takes_it_back_and_costs_nothing_else(
    scene: Scene, cast: Cast, act: Act, aim: Act
) -> None:
    goal_id = aim("anna")
    reach(act, goal_id, cast.anna)
    act(actions.take_up, [(goal_id, cast.anna)])
    assert counted(scene, cast.anna) == []
    assert scene.ask("SELECT state, far FROM goal") == [("open", "on_my_way")]
    act(actions.let_go, [(goal_id, cast.anna)])
    act(actions.let_go, [(goal_id, cast.anna)])
    assert scene.ask("SELECT state FROM goal") == [("let_go",)]
    act(actions.take_up, [(goal_id, cast.anna)])
    reach(act, goal_id, cast.anna)
    assert counted(scene, cast.anna) == [(f"goal:{goal_id}:2", 0.0)]


def test_three_goals_a_quarter_count_and_no_more(scene: Scene, cast: Cast, act: Act, aim: Act) -> None:
    goals = [aim("anna") for _ in range(A_QUARTER + 1)]
    for goal_id in goals:
        reach(act, goal_id, cast.anna)
    assert len(counted(scene, cast.anna)) == A_QUARTER
    assert scene.ask("SELECT count(*) FROM goal WHERE state = 'reached'") == [(A_QUARTER + 1,)]
    act(actions.take_up, [(goals[0], cast.anna)])
    assert len(counted(scene, cast.anna)) == A_QUARTER, "the next one takes the place that is free"


def test_reached_twice_at_once_is_reached_once(
    app: Flask, scene: Scene, cast: Cast, act: Act, aim: Act
) -> None:
    goal_id, gate = aim("anna"), Barrier(4)

    def run(_: int) -> None:
        gate.wait()
        reach(act, goal_id, cast.anna)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))
    assert counted(scene, cast.anna) == [(f"goal:{goal_id}", 0.0)]
    assert scene.ask("SELECT count(*) FROM goal_check_in") == [(1,)], "a second click says nothing new"


def test_the_proof_and_the_word_at_once_count_once(
    app: Flask, scene: Scene, cast: Cast, act: Act, aim: Act
) -> None:
    for number in range(3):
        goal_id, gate = aim("anna", proof="activity", of=f"a{number + 1}"), Barrier(2)
        done = scene.fact(cast.anna, activity_id=scene.id_of("activity", f"a{number + 1}"))

        def says(goal_id: int = goal_id, gate: Barrier = gate) -> None:
            gate.wait()
            reach(act, goal_id, cast.anna)

        def does(done: Any = done, gate: Barrier = gate) -> None:
            gate.wait()
            scene.state(done)

        with ThreadPoolExecutor(2) as pool:
            for waiting in [pool.submit(says), pool.submit(does)]:
                waiting.result()
        assert (f"goal:{goal_id}", 1.0) in counted(scene, cast.anna)
    assert len(counted(scene, cast.anna)) == 3


def test_what_proves_it_from_now_on_counts_from_now_on(scene: Scene, cast: Cast, act: Act, aim: Act) -> None:
    goal_id = aim("anna", ago=3)
    a1 = scene.id_of("activity", "a1")
    scene.earn(cast.anna, activity_id=a1)
    changed = NewGoal(title="Read", lang="en", proof="activity", proof_activity_id=a1)
    act(actions.change, [Change(goal_id=goal_id, person_id=cast.anna, goal=changed)])
    reach(act, goal_id, cast.anna)
    assert counted(scene, cast.anna) == []


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("title", {"title": "x"}),
        ("why", {"why": "x" * 601}),
        ("target_on", {"target_on": now().date() - timedelta(days=9)}),
        ("proof_words", {"proof_words": ""}),
        ("proof_badge", {"proof": "badge"}),
        ("viewers", {"visible": "named"}),
        ("lang", {"lang": "fr"}),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(
    scene: Scene, cast: Cast, act: Act, field: str, wrong: dict[str, Any]
) -> None:
    values: dict[str, Any] = {"title": "Read lab results", "lang": "en", "proof_words": "I do.", **wrong}
    with pytest.raises(Refused) as no:
        act(actions.set_goals, [Setting(person_id=cast.anna, goal=NewGoal(**values))])
    assert list(no.value.fields) == [field]
    assert scene.ask("SELECT id FROM goal") == []


def test_nobody_changes_the_goal_of_somebody_else(scene: Scene, cast: Cast, act: Act, aim: Act) -> None:
    goal_id = aim("anna", visible="team")
    told: Any = [CheckIn(goal_id=goal_id, person_id=cast.mia, far="reached")]
    pairs: Any = [(goal_id, cast.mia)]
    for action, items in ((actions.let_go, pairs), (actions.take_up, pairs), (actions.forget, pairs),
                          (actions.check_in, told)):  # fmt: skip
        with pytest.raises(NotFound):
            act(action, items)
    assert scene.ask("SELECT state FROM goal") == [("open",)]


def test_the_same_key_sets_it_once(scene: Scene, cast: Cast, act: Act) -> None:
    goal = NewGoal(title="Read lab results", lang="en", proof_words="I do.")
    ids = {act(actions.set_goals, [Setting(person_id=cast.anna, goal=goal, once="k")])[0] for _ in range(2)}
    assert len(ids) == 1


def test_a_goal_that_is_taken_away_takes_all_of_it_along(
    scene: Scene, cast: Cast, act: Act, aim: Act
) -> None:
    goal_id = aim("anna", visible="named", viewers=[cast.eve])
    reach(act, goal_id, cast.anna)
    act(actions.forget, [(goal_id, cast.anna)])
    assert counted(scene, cast.anna) == []
    for table in ("goal", "goal_viewer", "goal_check_in"):
        assert scene.ask(f"SELECT count(*) FROM {table}") == [(0,)]


# Invitations ------------------------------------------------------------------------------------------------


def invited(scene: Scene, at: Any) -> int:
    with scene.app.app_context(), transaction():
        number = inviting.invite(at)
        settle(at)
        return number


def test_who_left_goals_alone_for_a_month_is_invited_for_one_of_them_a_day(
    scene: Scene, cast: Cast, act: Act, aim: Act
) -> None:
    aim("anna", ago=40)
    aim("anna", ago=50)
    aim("ben", ago=40, remind=False)
    aim("eve", ago=5)
    fresh = aim("mia", ago=60)
    act(actions.check_in, [CheckIn(goal_id=fresh, person_id=cast.mia, far="nearly")])
    at = now()
    assert invited(scene, at) == 1, "Anna, for one of the two"
    assert invited(scene, at) == 0
    assert invited(scene, at + timedelta(days=29)) == 2, "Anna for the other one, and Eve meanwhile"
    assert invited(scene, at + timedelta(days=31)) == 2, "Anna again, and Mia"


def test_who_is_away_is_invited_when_they_are_back(scene: Scene, cast: Cast, aim: Act) -> None:
    aim("anna", ago=40)
    at = now()
    with scene.app.app_context(), transaction():
        away = pauses.Away(cast.anna, at.date(), at.date() + timedelta(days=6))
        assert pauses.enter([away], by=cast.anna, today=at.date(), at=at) == {}
        settle(at)
    assert invited(scene, at) == 0
    assert invited(scene, at + timedelta(days=8)) == 1


def test_days_away_do_not_count_towards_an_invitation(scene: Scene, cast: Cast, aim: Act) -> None:
    aim("anna", ago=40)
    at = now()
    with scene.app.app_context(), transaction():
        away = pauses.Away(cast.anna, at.date() - timedelta(days=25), at.date() - timedelta(days=6))
        assert pauses.enter([away], by=cast.anna, today=at.date(), at=at) == {}
        settle(at)
    assert invited(scene, at + timedelta(days=9)) == 0, "twenty days of the forty she was here"
    assert invited(scene, at + timedelta(days=11)) == 1


def test_the_worker_comes_round_for_both(scene: Scene, cast: Cast, aim: Act) -> None:
    aim("anna", ago=40)
    with scene.app.app_context():
        worker.invite_to_check_in(now())
        worker.reach_goals(now())
    assert scene.ask("SELECT count(*) FROM goal WHERE invited_at IS NOT NULL") == [(1,)]


# Days away --------------------------------------------------------------------------------------------------


def away(scene: Scene, who: int, since: int, until: int) -> None:
    at = now()
    with scene.app.app_context(), transaction():
        today = at.astimezone(timezone()).date()
        days = pauses.Away(who, today + timedelta(days=since), today + timedelta(days=until))
        assert pauses.enter([days], by=who, today=today, at=at) == {}
        settle(at)


def test_the_day_of_a_goal_moves_by_the_days_away_before_it_and_only_its_owner_sees_it(
    scene: Scene, cast: Cast, aim: Act, client_of: Callable[[str], SignedIn]
) -> None:
    with scene.app.app_context():
        today = now().astimezone(timezone()).date()
    chosen, moved = today + timedelta(days=20), today + timedelta(days=25)
    goal_id = aim("anna", ago=5, visible="team", target_on=chosen)
    away(scene, cast.anna, 3, 7)
    away(scene, cast.anna, 27, 30)  # after its day
    anna, mia = client_of("anna"), client_of("mia")
    told = anna.get(f"/api/v1/me/goals/{goal_id}").get_json()
    assert (told["target_on"], told["target_with_leave"]) == (str(chosen), str(moved))
    page = anna.get(f"/goals/{goal_id}").text
    assert f"{moved:%-d %B %Y}" in page
    assert f"You chose {chosen:%-d %B %Y}" in page
    shared = mia.get(f"/api/v1/me/goals/shared/{goal_id}").get_json()
    assert shared["target_on"] == str(chosen)
    assert "target_with_leave" not in shared
    seen = mia.get(f"/goals/{goal_id}").text
    assert f"{chosen:%-d %B %Y}" in seen
    assert f"{moved:%-d %B %Y}" not in seen
    assert "You chose" not in seen
    with scene.app.app_context():
        assert all(row.target_with_leave is None for row in queries.shared(cast.mia))


def test_another_day_counts_the_days_away_from_when_it_was_chosen(
    scene: Scene, cast: Cast, act: Act, aim: Act
) -> None:
    with scene.app.app_context():
        today = now().astimezone(timezone()).date()
    goal_id = aim("anna", ago=10, target_on=today + timedelta(days=20))
    away(scene, cast.anna, -6, -3)

    def ends() -> int:
        with scene.app.app_context():
            return int((queries.own(cast.anna, goal_id).target_with_leave - today).days)

    assert ends() == 24
    goal = NewGoal(
        title="Read more", lang="en", proof_words="I read one.", target_on=today + timedelta(days=20)
    )
    act(actions.change, [Change(goal_id=goal_id, person_id=cast.anna, goal=goal)])
    assert ends() == 24, "the same day stays chosen when it was"
    other = replace(goal, target_on=today + timedelta(days=30))
    act(actions.change, [Change(goal_id=goal_id, person_id=cast.anna, goal=other)])
    assert ends() == 30
    act(actions.let_go, [(goal_id, cast.anna)])
    assert ends() == 30


def test_days_away_are_kept_as_long_as_an_open_goal_needs_them(
    scene: Scene, cast: Cast, act: Act, aim: Act
) -> None:
    with scene.app.app_context():
        today = now().astimezone(timezone()).date()
    goal_id = aim("anna", ago=5, target_on=today + timedelta(days=800))
    away(scene, cast.anna, -3, -1)

    def left(days: int) -> int:
        with scene.app.app_context():
            worker.prune(now() + timedelta(days=days))
        return int(scene.ask("SELECT count(*) FROM pause")[0][0])

    assert left(800) == 1
    act(actions.let_go, [(goal_id, cast.anna)])
    assert left(800) == 0


# A batch ----------------------------------------------------------------------------------------------------


def test_an_import_of_many_proves_the_goals_of_all(app: Flask, scene: Scene, cast: Cast, act: Act) -> None:
    people, a1 = [*scene.hire(6), cast.anna], scene.id_of("activity", "a1")
    for person in people:
        goal = NewGoal(title="Do it", lang="en", proof="activity", proof_activity_id=a1)
        reach(act, act(actions.set_goals, [Setting(person_id=person, goal=goal)], ago=1)[0], person)
    with app.app_context(), transaction():
        lock_people(people)
        reports = [
            Report(person_id=one, activity_id=a1, source=f"import:{one}", completed_at=now(), origin="import")
            for one in people
        ]
        recording.record_completions(reports, at=now())
        settle(now())
    assert scene.ask("SELECT count(*) FROM fact WHERE kind = 'goal_reached'") == [(len(people),)]


def test_verify_knows_on_what_such_a_fact_rests(scene: Scene, cast: Cast, act: Act, aim: Act) -> None:
    goal_id = aim("anna")
    reach(act, goal_id, cast.anna)
    with scene.app.app_context():
        assert not [what for what in verify(now()).wrong if "goal:" in what]
    scene.state(FactTakenBack(person_id=cast.anna, source=f"goal:{goal_id}"))
    with scene.app.app_context():
        found = verify(now()).wrong
        assert any(f"goal:{goal_id} is no standing fact" in what for what in found), found
