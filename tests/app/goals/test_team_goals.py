"""Goals that a team reaches together: who may set one, what counts, and that nobody sees whose it was."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app import events, flow, worker
from app.db import db, transaction
from app.errors import Conflict, NotFound, Refused
from app.goals import joining, leading, reaching, together
from app.goals.rules import NewTeamGoal
from app.outbox import connect, settle
from tests.app.goals.conftest import Act
from tests.app.leaderboards.scene import Scene, now
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]


def shown(scene: Scene, goal_id: int, me: int) -> Any:
    with scene.app.app_context():
        return together.one(goal_id, me, now())


def join_all(scene: Scene, cast: Cast, act: Act, goal_id: int, ago: float = 5) -> list[int]:
    """Anna, Ben, Mia and three more of the team take part."""
    people = [cast.anna, cast.ben, cast.mia, *scene.hire(3)]
    for person in people:
        act(joining.join, [(goal_id, person)], ago=ago)
    return people


def test_what_those_who_joined_do_in_the_team_after_joining_counts(
    scene: Scene, cast: Cast, act: Act, gather: Act
) -> None:
    goal_id = gather(unit=cast.north)
    scene.earn(cast.anna, days_ago=7)
    people = join_all(scene, cast, act, goal_id)
    other = scene.hire(1)[0]
    scene.earn(cast.anna, 2)
    scene.earn(people[1])
    scene.earn(other)  # of the team, and not in it
    scene.earn(cast.eve)  # of another team
    scene.state(scene.fact(cast.ben, "lesson_shared"))  # of another kind
    scene.state(scene.fact(cast.ben, in_unit=False))  # carries no unit
    assert shown(scene, goal_id, cast.ben).total == 3


def test_a_goal_of_all_counts_no_fact_without_a_unit_either(
    scene: Scene, cast: Cast, act: Act, gather: Act
) -> None:
    goal_id = gather("leo")
    join_all(scene, cast, act, goal_id)
    scene.state(scene.fact(cast.anna, in_unit=False), scene.fact(cast.anna))
    assert shown(scene, goal_id, cast.eve).total == 1


def test_a_skill_counts_with_those_below_it(scene: Scene, cast: Cast, act: Act, gather: Act) -> None:
    goal_id = gather(unit=cast.north, skill_id=scene.id_of("skill", "water"))
    join_all(scene, cast, act, goal_id)
    scene.earn(cast.anna, skills=(scene.id_of("skill", "lab"),))
    scene.earn(cast.anna, skills=(scene.id_of("skill", "data"),))
    assert shown(scene, goal_id, cast.anna).total == 1


def test_under_five_the_sum_is_hidden(scene: Scene, cast: Cast, act: Act, gather: Act) -> None:
    goal_id = gather(unit=cast.north)
    for person in (cast.anna, cast.ben, cast.mia, *scene.hire(1)):
        act(joining.join, [(goal_id, person)])
    scene.earn(cast.anna, 5)
    assert shown(scene, goal_id, cast.anna).total is None
    assert shown(scene, goal_id, cast.anna).number == 4
    with scene.app.app_context():
        worker.reach_goals(now())
    assert shown(scene, goal_id, cast.anna).reached_at is None, "that it is reached would say the sum"


def test_leaving_takes_nothing_away_and_adds_nothing_more(
    scene: Scene, cast: Cast, act: Act, gather: Act
) -> None:
    goal_id = gather(unit=cast.north, target=50)
    join_all(scene, cast, act, goal_id)
    scene.earn(cast.anna, 2, days_ago=2)
    act(joining.leave, [(goal_id, cast.anna)], ago=1)
    assert (shown(scene, goal_id, cast.ben).total, shown(scene, goal_id, cast.ben).number) == (2, 5)
    scene.earn(cast.anna)
    assert shown(scene, goal_id, cast.ben).total == 2
    act(joining.join, [(goal_id, cast.anna)])
    assert shown(scene, goal_id, cast.ben).total == 2, "nor what was done in between"


@pytest.mark.parametrize("who", ["anna", "eve", "leo", "clara", "dan", "cor"])
def test_only_who_leads_a_team_sets_its_goal(scene: Scene, cast: Cast, gather: Act, who: str) -> None:
    with pytest.raises(Refused):
        gather(who, cast.north)
    assert scene.ask("SELECT id FROM team_goal") == []


@pytest.mark.parametrize("who", ["mia", "anna", "dan"])
def test_only_learning_and_hr_set_one_for_all(scene: Scene, gather: Act, who: str) -> None:
    with pytest.raises(Refused):
        gather(who, None)


def test_who_sees_it_and_who_ends_it(
    scene: Scene, cast: Cast, act: Act, gather: Act, client_of: Browser, app: Flask, token_of: Headers
) -> None:
    goal_id = gather(unit=cast.north)
    seen = {name for name in ("anna", "ben", "mia", "eve", "leo", "clara", "dan", "cor")
            if client_of(name).get(f"/team-goals/{goal_id}").status_code == 200}  # fmt: skip
    assert seen == {"anna", "ben", "mia"}
    api = app.test_client()
    assert api.get(f"/api/v1/team-goals/{goal_id}", headers=token_of("eve")).status_code == 404
    assert client_of("eve").post(f"/team-goals/{goal_id}/join").status_code == 404
    for name in ("anna", "leo", "clara", "dan"):
        assert client_of(name).post(f"/team-goals/{goal_id}/end").status_code == 404
    assert client_of("mia").post(f"/team-goals/{goal_id}/end").status_code == 303
    with pytest.raises(Refused):
        act(joining.join, [(goal_id, cast.anna)])


def test_no_page_and_no_answer_says_who_did_what(
    scene: Scene, cast: Cast, act: Act, gather: Act, app: Flask, token_of: Headers
) -> None:
    goal_id = gather(unit=cast.north)
    join_all(scene, cast, act, goal_id)
    scene.earn(cast.anna, 2)
    told = app.test_client().get(f"/api/v1/team-goals/{goal_id}", headers=token_of("ben")).get_json()
    assert set(told) == {"id", "unit_id", "unit", "title", "lang", "kind", "skill_id", "target", "so_far",
                         "participants", "joined", "starts_on", "ends_on", "reached_at", "version"}  # fmt: skip
    assert (told["so_far"], told["participants"]) == (2, 6)


# Reached ----------------------------------------------------------------------------------------------------


def reached_by(scene: Scene) -> list[int]:
    """Whom the news of it told, whenever the worker came round until now."""
    heard: list[int] = []
    with scene.app.app_context():
        more = {
            **flow.NOW,
            events.TeamGoalReached: [lambda happened, _: heard.extend(e.person_id for e in happened)],
        }
        connect(more, flow.LATER)
        try:
            for _ in range(3):
                worker.reach_goals(now())
        finally:
            connect(flow.NOW, flow.LATER)
    return sorted(heard)


def test_reached_it_is_told_once_to_each_who_takes_part(
    scene: Scene, cast: Cast, act: Act, gather: Act
) -> None:
    goal_id = gather(unit=cast.north)
    people = join_all(scene, cast, act, goal_id)
    scene.earn(cast.anna, 2)
    assert reached_by(scene) == []
    act(joining.leave, [(goal_id, people[-1])])
    scene.earn(cast.ben)
    assert reached_by(scene) == sorted(people[:-1])
    assert reached_by(scene) == []
    with pytest.raises(Refused):
        act(joining.join, [(goal_id, people[-1])])


def test_two_workers_at_once_tell_it_once(scene: Scene, cast: Cast, act: Act, gather: Act) -> None:
    goal_id = gather(unit=cast.north)
    join_all(scene, cast, act, goal_id)
    scene.earn(cast.anna, 3)
    gate, told = Barrier(3), []

    def run(_: int) -> None:
        with scene.app.app_context(), transaction():
            gate.wait()
            told.append(reaching.reach(now()))
            settle(now())

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(run, range(3)))
    assert sorted(told) == [0, 0, 1]


def test_joining_while_it_is_reached_either_is_in_time_or_is_told(
    scene: Scene, cast: Cast, act: Act, gather: Act
) -> None:
    goal_id = gather(unit=cast.north)
    join_all(scene, cast, act, goal_id)
    late = cast.mia
    act(joining.leave, [(goal_id, late)])
    scene.earn(cast.anna, 3)
    gate, outcome = Barrier(2), []

    def joins() -> None:
        gate.wait()
        try:
            act(joining.join, [(goal_id, late)])
            outcome.append("in")
        except Refused:
            outcome.append("late")

    def ends() -> None:
        with scene.app.app_context(), transaction():
            gate.wait()
            reaching.reach(now())
            settle(now())

    with ThreadPoolExecutor(2) as pool:
        for waiting in [pool.submit(joins), pool.submit(ends)]:
            waiting.result()
    inside = scene.ask(
        "SELECT count(*) FROM team_goal_member WHERE person_id = :me AND left_at IS NULL", me=late
    )
    assert inside == [(1 if outcome == ["in"] else 0,)]


def test_joining_twice_at_once_is_joining_once(scene: Scene, cast: Cast, act: Act, gather: Act) -> None:
    goal_id, gate = gather(unit=cast.north), Barrier(4)

    def run(_: int) -> None:
        gate.wait()
        act(joining.join, [(goal_id, cast.anna)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))
    assert scene.ask("SELECT count(*) FROM team_goal_member") == [(1,)]


def test_what_is_not_there_is_not_there(scene: Scene, cast: Cast, act: Act) -> None:
    for action in (joining.join, joining.leave):
        with pytest.raises(NotFound):
            act(action, [(9_000_000, cast.anna)])


# Put otherwise ----------------------------------------------------------------------------------------------


def as_is(scene: Scene, goal_id: int, **other: Any) -> NewTeamGoal:
    with scene.app.app_context():
        row = together.one(goal_id, scene.cast.mia, now())
        told = {name: getattr(row, name) for name in NewTeamGoal.__slots__}
    return NewTeamGoal(**{**told, **other})


def change(scene: Scene, act: Act, goal_id: int, by: int, version: int = 1, **other: Any) -> None:
    to = as_is(scene, goal_id, **other)
    act(leading.change, [leading.Change(goal_id=goal_id, to=to, version=version, by=by)])


def told_of(scene: Scene) -> list[tuple[Any, ...]]:
    with scene.app.app_context():
        while worker.relay(now()):
            pass
    return scene.ask("SELECT person_id FROM notification WHERE kind = 'team_goal_changed' ORDER BY id")


def test_only_who_set_it_changes_it_and_others_take_over_when_they_lead_no_more(
    scene: Scene, cast: Cast, act: Act, gather: Act, client_of: Browser
) -> None:
    goal_id = gather(unit=cast.north)
    edit, form = (
        f"/team-goals/{goal_id}/edit",
        {"title": "Share five", "lang": "en", "kind": "completed", "target": "5"},
    )
    form |= {"ends_on": as_is(scene, goal_id).ends_on.isoformat(), "starts_on": "", "version": "1"}
    for name in ("anna", "ben", "clara", "dan", "eve", "leo", "cor"):
        assert client_of(name).get(edit).status_code == 404, name
        assert client_of(name).post(f"/team-goals/{goal_id}", data=form).status_code == 404, name
        with pytest.raises(NotFound):
            change(scene, act, goal_id, cast.id_of(name), target=9)
    mia = client_of("mia")
    assert edit in mia.get(f"/team-goals/{goal_id}").text
    assert "Edit this team goal" in mia.get(edit).text
    assert mia.post(f"/team-goals/{goal_id}", data=form).status_code == 303
    assert (as_is(scene, goal_id).target, as_is(scene, goal_id).title) == (5, "Share five")
    late = mia.post(f"/team-goals/{goal_id}", data=form)
    assert late.status_code == 409
    assert "changed in another window" in late.text
    assert mia.post(f"/team-goals/{goal_id}", data={**form, "version": "2", "target": "1"}).status_code == 422
    api = mia.put(
        f"/api/v1/team-goals/{goal_id}", json={**form, "starts_on": None, "version": 2, "target": 6}
    )
    assert (api.status_code, api.get_json()["version"]) == (200, 3)
    with scene.app.app_context(), transaction():
        two = {"eve": cast.eve, "ids": [cast.anna, cast.ben]}
        db.session.execute(text("UPDATE person SET manager_id = :eve WHERE id = ANY(:ids)"), two)
    change(scene, act, goal_id, cast.eve, version=3, target=7)
    with pytest.raises(NotFound):
        change(scene, act, goal_id, cast.mia, version=4, target=8)


def test_who_takes_part_hears_of_what_matters_once_and_not_of_other_words(
    scene: Scene, cast: Cast, act: Act, gather: Act, client_of: Browser
) -> None:
    goal_id = gather(unit=cast.north)
    for person in (cast.anna, cast.mia):
        act(joining.join, [(goal_id, person)])
    change(scene, act, goal_id, cast.mia, title="In other words")
    assert told_of(scene) == []
    change(scene, act, goal_id, cast.mia, version=2, target=12)
    assert told_of(scene) == told_of(scene) == [(cast.anna,)]
    assert "A goal that you take part in is changed: In other words" in client_of("anna").get("/inbox").text
    for wrong in ({"kind": "lesson_shared"}, {"skill_id": scene.id_of("skill", "water")}):
        with pytest.raises(Refused):
            change(scene, act, goal_id, cast.mia, version=3, **wrong)


def test_of_two_who_change_it_at_once_one_wins_and_what_is_over_stays(
    scene: Scene, cast: Cast, act: Act, gather: Act
) -> None:
    goal_id = gather(unit=cast.north)
    gate = Barrier(2)

    def both(target: int) -> str:
        gate.wait()
        try:
            change(scene, act, goal_id, cast.mia, target=target)
        except Conflict:
            return "late"
        return "done"

    with ThreadPoolExecutor(2) as two:
        assert sorted(two.map(both, (8, 9))) == ["done", "late"]
    act(leading.end, [goal_id], by=cast.mia, keeps=False)
    with pytest.raises(Refused):
        change(scene, act, goal_id, cast.mia, version=2, target=4)
