"""What somebody does, what comes next, and what they have for it: for their own eyes, never added up."""

from dataclasses import fields
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from app.careers import actions, queries
from app.careers.rules import NewJob
from app.db import db, transaction
from app.errors import Refused
from tests.app.careers.conftest import TODAY, Act, asked
from tests.app.leaderboards.scene import Scene
from tests.cast import Cast


def employ(scene: Scene, person_id: int, job: str) -> None:
    with scene.app.app_context(), transaction():
        db.session.execute(text("UPDATE person SET job = :job WHERE id = :id"), {"job": job, "id": person_id})


def nexts(app: Flask, person_id: int) -> tuple[list[str], list[str]]:
    with app.app_context():
        up, open_now = queries.next_jobs(person_id, TODAY)
        return [one.slug for one in up], [one.slug for one in open_now]


def test_a_job_is_known_by_its_names_in_hr_files_whatever_their_case(
    app: Flask, scene: Scene, cast: Cast
) -> None:
    employ(scene, cast.anna, "operator x")
    employ(scene, cast.ben, "something else")
    with app.app_context():
        found = queries.job_of([cast.anna, cast.ben, cast.eve])
    assert {person: job.slug for person, job in found.items()} == {cast.anna: "operator"}


def test_next_is_one_level_up_in_the_same_family_and_what_is_open(
    app: Flask, scene: Scene, cast: Cast
) -> None:
    employ(scene, cast.anna, "Operator X")
    assert nexts(app, cast.anna) == (["senior"], ["leader"])
    employ(scene, cast.anna, "Senior X")
    assert nexts(app, cast.anna) == (["leader"], []), "said once"
    employ(scene, cast.anna, "Leader X")
    assert nexts(app, cast.anna) == ([], []), "nobody applies for what they do"
    assert nexts(app, cast.eve) == ([], ["leader"])


def test_a_job_is_open_up_to_and_with_its_last_day(app: Flask, scene: Scene) -> None:
    with app.app_context():
        leader = queries.job("leader")
    assert leader.open_on(TODAY + timedelta(days=20))
    assert not leader.open_on(TODAY + timedelta(days=21))


def test_a_retired_job_comes_next_for_nobody_and_is_nobodys(
    app: Flask, scene: Scene, cast: Cast, act: Act
) -> None:
    employ(scene, cast.anna, "Operator X")
    for slug in ("senior", "leader"):
        act(actions.set_retired, slug, retired=True, by=cast.clara)
    assert nexts(app, cast.anna) == ([], [])


def test_no_name_of_an_hr_file_means_two_jobs(scene: Scene, cast: Cast, act: Act) -> None:
    new = NewJob("", "operators", 1, {"nl": "x", "en": "x"}, ["senior X"])
    with pytest.raises(Refused, match="known by this name"):
        act(actions.edit_job, None, new, version=None, by=cast.clara)


# What somebody has ------------------------------------------------------------------------------------------------


def have(app: Flask, person_id: int, slug: str = "senior") -> list[list[tuple[str, bool]]]:
    with app.app_context():
        job = queries.job(slug)
        found = queries.what_i_have(person_id, queries.current_criteria([job.id])[job.id].id)
        return [[(one.kind, one.linked) for one in own.pieces] for own in found]


def test_a_linked_badge_counts_in_its_tier_or_a_higher_one(
    app: Flask, scene: Scene, cast: Cast, publish: Act
) -> None:
    publish("senior", asked("One", badges={"five": 1}), asked("Two", badges={"five": 2}))
    scene.earn(cast.anna, 2)
    assert have(app, cast.anna) == [[("badge", True)], []]
    scene.earn(cast.anna, 3)
    assert have(app, cast.anna) == [[("badge", True)], [("badge", True)]], "once, in its highest tier"
    assert have(app, cast.ben) == [[], []], "what is somebody else's is nobody else's"


def test_without_a_link_each_badge_for_the_skill_or_one_under_it_counts(
    app: Flask, scene: Scene, cast: Cast, publish: Act
) -> None:
    publish("senior", asked("Water"), asked("Data", "data"), asked("No badge", evidence=["observation"]))
    scene.earn(cast.anna, 2)
    assert have(app, cast.anna) == [[("badge", False)], [], []]


_DONE = text("""
    INSERT INTO completion (person_id, activity_id, completed_at, recorded_at, state, origin)
    SELECT :person, id, now(), now(), :state, 'log' FROM activity WHERE slug = :slug
""")
_LESSON = text("""
    WITH made AS (INSERT INTO lesson (author_id, outcome, title, happened, learned, from_now_on, skills, lang,
                                      audience, shared_at)
                  SELECT :author, 'went_well', :title, 'x', 'x', 'x', ARRAY[id], 'en', 'everyone', now()
                  FROM skill WHERE slug = 'pumps' RETURNING id)
    INSERT INTO lesson_application (lesson_id, person_id, at) SELECT id, :reader, now() FROM made WHERE :applied
""")
_RECOGNISED = text("""
    WITH made AS (INSERT INTO recognition (giver_id, given_as, title, citation, lang, day, skill_id, given_at)
                  SELECT :giver, 'manager', 'Calm', 'x', 'en', now(), id, now() FROM skill WHERE slug = 'lab'
                  RETURNING id)
    INSERT INTO recognition_receiver (recognition_id, person_id) SELECT id, :receiver FROM made
""")


def test_learning_lessons_that_are_applied_and_recognitions_count_by_their_skill(
    app: Flask, scene: Scene, cast: Cast, publish: Act
) -> None:
    kinds = ["completion", "lesson_applied", "recognition"]
    publish("senior", asked("Water", evidence=kinds), asked("Data", "data", evidence=kinds), asked("Else"))
    with app.app_context(), transaction():
        run = db.session.execute
        run(
            text(
                "UPDATE activity SET skills = (SELECT ARRAY[id] FROM skill WHERE slug = 'lab') WHERE slug = 'a1'"
            )
        )
        run(_DONE, {"person": cast.anna, "slug": "a1", "state": "confirmed"})
        run(_DONE, {"person": cast.ben, "slug": "a1", "state": "waiting"})
        for title, applied in (("Applied", True), ("Only read", False)):
            run(_LESSON, {"author": cast.anna, "reader": cast.ben, "title": title, "applied": applied})
        run(_RECOGNISED, {"giver": cast.mia, "receiver": cast.anna})
    found = have(app, cast.anna)
    assert sorted(found[0]) == [("completion", False), ("lesson_applied", False), ("recognition", False)]
    assert found[1:] == [[], []]
    assert have(app, cast.ben) == [[], [], []]


def test_what_somebody_has_holds_no_sum_score_or_rank() -> None:
    names = {one.name for of in (queries.Own, queries.Piece, queries.Criterion) for one in fields(of)}
    for word in ("score", "total", "count", "percent", "points", "rank", "met", "done", "share"):
        assert not any(word in name for name in names), word


def test_what_is_asked_for_many_jobs_takes_one_statement(app: Flask, scene: Scene, publish: Act) -> None:
    for slug in ("operator", "senior", "leader"):
        publish(slug, asked(slug, badges={"five": 1}), asked("More"))
    with app.app_context():
        ids = [one.id for one in queries.jobs()]
        found = queries.current_criteria(ids)
        assert sorted(found) == sorted(ids)
        again = queries.criteria(one.id for one in found.values())
        assert {one.job_id: one for one in again.values()} == found
