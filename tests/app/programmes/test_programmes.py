"""Programmes: required parts and a choice, at one's own pace; completed once, and taken back when it does not hold."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from app import worker
from app.activities import recording
from app.db import db, lock_people, transaction
from app.errors import Conflict, NotFound, Refused
from app.outbox import settle
from app.programmes import actions, queries
from app.programmes.rules import NewPart, Told
from tests.app.leaderboards.scene import Scene, now
from tests.app.programmes.conftest import BOTH, Act, told_of
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
TWO_OF_THREE = ((1, "a1"), (2, "a2 a3 a4"))


def standing(scene: Scene) -> list[tuple[Any, ...]]:
    """The completions of programmes that stand in the log: source and share of their worth."""
    return scene.ask(
        "SELECT source, weight FROM fact WHERE kind = 'programme_completed' AND withdrawn_at IS NULL ORDER BY source"
    )


def source(scene: Scene, person: int, round_: int = 1) -> str:
    (number,) = scene.ask("SELECT id FROM programme")[0]
    return f"programme:{number}:{person}" + (f":{round_}" if round_ > 1 else "")


def way(scene: Scene, slug: str, person: int) -> tuple[int, int, str | None]:
    """Done, of how many, and what is next."""
    with scene.app.app_context():
        one = queries.one(slug, person)
        return one.done, one.total, one.next.slug if one.next else None


def test_steps_are_what_the_parts_ask_and_more_is_welcome(
    scene: Scene, cast: Cast, publish: Act, learn: Act
) -> None:
    slug = publish(*TWO_OF_THREE)
    assert way(scene, slug, cast.anna) == (0, 3, "a1")
    learn(cast.anna, "a2", "a3", "a4")
    assert way(scene, slug, cast.anna) == (2, 3, "a1")
    learn(cast.anna, "a1")
    assert way(scene, slug, cast.anna) == (3, 3, None)
    assert standing(scene) == [], "she does not follow it"


def test_who_follows_it_completes_it_by_what_they_learn(
    scene: Scene, cast: Cast, act: Act, publish: Act, learn: Act
) -> None:
    slug = publish(*TWO_OF_THREE)
    learn(cast.anna, "a2", ago=30)  # before she followed it
    act(actions.follow, [(slug, cast.anna)])
    act(actions.follow, [(slug, cast.anna)])
    learn(cast.anna, "a1")
    assert standing(scene) == []
    learn(cast.anna, "a4")
    assert standing(scene) == [(source(scene, cast.anna), 1.0)]
    assert scene.ask("SELECT points FROM ledger_entry WHERE kind = 'programme_completed'") == [(50,)]
    learn(cast.anna, "a3")
    assert len(standing(scene)) == 1


def test_all_of_it_may_have_been_done_before(
    scene: Scene, cast: Cast, act: Act, publish: Act, learn: Act
) -> None:
    slug = publish(*TWO_OF_THREE, ago=50)
    learn(cast.anna, "a1", "a2", "a3", ago=20)
    act(actions.follow, [(slug, cast.anna)])
    assert standing(scene) == [(source(scene, cast.anna), 1.0)]


def test_what_was_whole_before_the_programme_was_there_is_worth_no_points(
    scene: Scene, cast: Cast, act: Act, publish: Act, learn: Act
) -> None:
    learn(cast.anna, "a1", "a2", "a3", ago=20)
    slug = publish(*TWO_OF_THREE, ago=5)
    act(actions.follow, [(slug, cast.anna)])
    assert standing(scene) == [(source(scene, cast.anna), 0.0)]
    assert scene.ask("SELECT points FROM ledger_entry WHERE kind = 'programme_completed'") == [(0,)]


def test_stopping_and_following_again_pays_nothing_twice(
    scene: Scene, cast: Cast, act: Act, publish: Act, learn: Act
) -> None:
    slug = publish((1, "a1"))
    act(actions.follow, [(slug, cast.anna)])
    act(actions.stop, [(slug, cast.anna)])
    learn(cast.anna, "a1")
    assert standing(scene) == []
    for _ in range(2):
        act(actions.follow, [(slug, cast.anna)])
        act(actions.stop, [(slug, cast.anna)])
    assert standing(scene) == [(source(scene, cast.anna), 1.0)]


def test_a_completion_that_is_voided_takes_it_back_and_a_later_one_states_it_anew(
    scene: Scene, cast: Cast, act: Act, publish: Act, learn: Act, void: Act
) -> None:
    slug = publish(*TWO_OF_THREE)
    act(actions.follow, [(slug, cast.anna)])
    learn(cast.anna, "a1", "a2", "a3", "a4")
    void(cast.anna, "a4")
    assert len(standing(scene)) == 1, "two of the three are left"
    void(cast.anna, "a3")
    assert standing(scene) == []
    assert way(scene, slug, cast.anna) == (2, 3, "a3")
    learn(cast.anna, "a4", run=2)
    assert standing(scene) == [(source(scene, cast.anna, 2), 1.0)]


# Other parts ------------------------------------------------------------------------------------------------


def test_who_completed_it_keeps_that_and_who_is_on_the_way_sees_the_new_parts(
    scene: Scene, cast: Cast, act: Act, publish: Act, learn: Act, void: Act, client_of: Browser
) -> None:
    slug = publish((1, "a1"), (1, "a2"))
    for person in (cast.anna, cast.ben):
        act(actions.follow, [(slug, person)], ago=2)
    learn(cast.anna, "a1", "a2")
    learn(cast.ben, "a1")
    act(
        actions.change,
        [actions.Change(slug=slug, to=told_of(scene, (1, "a1"), (1, "a5"), (1, "a6")), version=None)],
        by=cast.leo,
    )
    assert standing(scene) == [(source(scene, cast.anna), 1.0)]
    assert way(scene, slug, cast.ben) == (1, 3, "a5")
    assert "Its parts changed on" in client_of("ben").get(f"/programmes/{slug}").text
    assert "what you completed stays yours" in client_of("anna").get(f"/programmes/{slug}").text
    void(cast.anna, "a2")
    assert standing(scene) == [], "by the parts of then it does not hold any more"


def test_who_is_through_by_the_new_parts_completes_it_when_the_worker_looks(
    scene: Scene, cast: Cast, act: Act, publish: Act, learn: Act
) -> None:
    slug = publish((1, "a1"), (1, "a2"))
    act(actions.follow, [(slug, cast.anna)])
    learn(cast.anna, "a1")
    act(actions.change, [actions.Change(slug=slug, to=told_of(scene, (1, "a1")), version=None)], by=cast.leo)
    assert standing(scene) == []
    with scene.app.app_context():
        while worker.relay(now()):
            pass
    assert standing(scene) == [(source(scene, cast.anna), 1.0)]


def test_other_words_are_no_new_form_and_two_edits_at_once_are_told(
    scene: Scene, cast: Cast, act: Act, publish: Act
) -> None:
    slug = publish((1, "a1"))
    other = told_of(scene, (1, "a1"))
    to = Told(title=BOTH, summary={"nl": "y", "en": "y"}, parts=other.parts)
    act(actions.change, [actions.Change(slug=slug, to=to, version=2)], by=cast.leo)
    assert scene.ask("SELECT form, version FROM programme") == [(1, 3)]
    with pytest.raises(Conflict):
        act(actions.change, [actions.Change(slug=slug, to=other, version=2)], by=cast.leo)


def test_a_retired_programme_is_there_for_who_completed_it_alone(
    scene: Scene, cast: Cast, act: Act, publish: Act, learn: Act, client_of: Browser
) -> None:
    slug = publish((1, "a1"))
    for person in (cast.anna, cast.ben):
        act(actions.follow, [(slug, person)])
    learn(cast.anna, "a1")
    act(actions.set_state, {slug: "retired"}, by=cast.leo)
    learn(cast.ben, "a1")
    assert standing(scene) == [(source(scene, cast.anna), 1.0)]
    assert client_of("anna").get(f"/programmes/{slug}").status_code == 200
    assert client_of("ben").get(f"/programmes/{slug}").status_code == 404
    with pytest.raises(NotFound):
        act(actions.follow, [(slug, cast.eve)])


def test_a_draft_is_there_for_its_keepers_alone(
    scene: Scene, cast: Cast, act: Act, app: Flask, client_of: Browser, token_of: Headers
) -> None:
    (slug,) = act(actions.make, [told_of(scene, (1, "a1"))], by=cast.leo)
    for name in ("anna", "mia", "clara", "cor", "dan", "leo"):
        assert client_of(name).get(f"/programmes/{slug}").status_code == 404
        assert app.test_client().get(f"/api/v1/programmes/{slug}", headers=token_of(name)).status_code == 404
        seen = client_of(name).get(f"/admin/programmes/{slug}").status_code
        assert seen == (200 if name == "leo" else 403)


@pytest.mark.parametrize(
    "parts",
    [(), (NewPart(2, (1,)),), (NewPart(0, (1,)),), (NewPart(1, (1,)), NewPart(1, (1,))), (NewPart(1, ()),)],
)
def test_parts_that_cannot_be_are_refused(
    scene: Scene, cast: Cast, act: Act, parts: tuple[NewPart, ...]
) -> None:
    with pytest.raises(Refused) as no:
        act(actions.make, [Told(title=BOTH, summary=BOTH, parts=parts)], by=cast.leo)
    assert list(no.value.fields) == ["parts"]
    assert scene.ask("SELECT id FROM programme") == []


# At once ----------------------------------------------------------------------------------------------------


def together(*calls: Callable[[], object]) -> None:
    gate = Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        gate.wait()
        call()

    with ThreadPoolExecutor(len(calls)) as pool:
        list(pool.map(run, calls))


def test_of_two_who_change_it_at_once_one_wins_and_two_of_one_name_get_slugs_of_their_own(
    scene: Scene, cast: Cast, act: Act, publish: Act
) -> None:
    slug, said = publish((1, "a1")), list[str]()

    def change(summary: str) -> None:
        to = Told(title=BOTH, summary={"nl": summary, "en": summary}, parts=told_of(scene, (1, "a1")).parts)
        try:
            act(actions.change, [actions.Change(slug=slug, to=to, version=2)], by=cast.leo)
        except Conflict:
            said.append(summary)

    together(lambda: change("x"), lambda: change("y"))
    assert len(said) == 1
    told = told_of(scene, (1, "a1"))
    together(*[lambda: act(actions.make, [told] * 3, by=cast.leo)] * 3)
    assert scene.ask("SELECT count(DISTINCT slug) FROM programme") == [(10,)]


def test_two_completions_that_finish_it_at_once_are_one_fact(
    scene: Scene, cast: Cast, act: Act, publish: Act, learn: Act
) -> None:
    slug = publish((1, "a1"), (1, "a2"))
    act(actions.follow, [(slug, cast.anna)])
    together(lambda: learn(cast.anna, "a1"), lambda: learn(cast.anna, "a2"))
    assert standing(scene) == [(source(scene, cast.anna), 1.0)]


def test_voiding_while_the_last_step_is_done_leaves_what_is_true(
    scene: Scene, cast: Cast, act: Act, publish: Act, learn: Act, void: Act
) -> None:
    slug = publish((1, "a1"), (1, "a2"))
    act(actions.follow, [(slug, cast.anna)])
    learn(cast.anna, "a1")
    together(lambda: void(cast.anna, "a1"), lambda: learn(cast.anna, "a2"))
    assert standing(scene) == []
    assert scene.ask("SELECT completed_at FROM programme_follower") == [(None,)]


def test_following_while_the_last_step_is_done_completes_it(
    scene: Scene, cast: Cast, act: Act, publish: Act, learn: Act
) -> None:
    slug = publish((1, "a1"))
    together(lambda: act(actions.follow, [(slug, cast.anna)]), lambda: learn(cast.anna, "a1"))
    assert standing(scene) == [(source(scene, cast.anna), 1.0)]


def test_following_it_twice_at_once_after_all_was_done_is_one_fact(
    scene: Scene, cast: Cast, act: Act, publish: Act, learn: Act
) -> None:
    slug = publish((1, "a1"))
    learn(cast.anna, "a1")
    together(*(lambda: act(actions.follow, [(slug, cast.anna)]) for _ in range(4)))
    assert standing(scene) == [(source(scene, cast.anna), 1.0)]
    assert scene.ask("SELECT round FROM programme_follower") == [(1,)]


def test_a_batch_of_many_takes_no_more_statements_than_one(
    app: Flask, scene: Scene, cast: Cast, act: Act, publish: Act, learn: Act
) -> None:
    slug, people = publish((1, "a1")), scene.hire(8)
    for person in (cast.anna, *people):
        act(actions.follow, [(slug, person)])
    said: list[str] = []

    def note(*about: Any) -> None:
        if "programme" in str(about[2]):
            said.append(str(about[2]))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        learn(cast.anna, "a1")
        one = len(said)
        said.clear()
        learn(people, "a1")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(said) == one <= 3
    assert len(standing(scene)) == 9


def test_who_begins_to_follow_while_the_last_part_is_being_recorded_completes_it(
    scene: Scene, cast: Cast, act: Act, publish: Act
) -> None:
    """Without the lock on the person neither would see the other: the one no follower, the other no completion."""
    slug = publish((1, "a1"))
    done = Event()

    def follow() -> None:
        act(actions.follow, [(slug, cast.anna)])
        done.set()

    thread = Thread(target=follow)
    report = {"person_id": cast.anna, "activity_id": scene.id_of("activity", "a1"), "source": "import:race",
              "completed_at": now() - timedelta(minutes=1), "origin": "platform"}  # fmt: skip
    with scene.app.app_context(), transaction():
        lock_people([cast.anna])
        recording.record_completions([report], at=now())
        settle(now())
        thread.start()
        assert not done.wait(1), "it waits for what is being recorded"
    thread.join(20)
    assert standing(scene) == [(source(scene, cast.anna), 1.0)]
