"""Guards that stand behind others: each is tried alone, so that taking one away is seen."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from threading import Event

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.errors import Conflict, NotFound, Refused
from app.events import ContentJudged
from app.lessons import actions as lessons
from app.lessons import applying, changing
from app.lessons.actions import LessonText
from app.outbox import publish, settle
from app.people import actions as people
from app.reviews import after, deciding, judging, panel, queries, rounds
from tests.app.reviews.conftest import AT, WHY, Scene, row_of, rows
from tests.app.reviews.scene import Stage, a_lesson, release, review, stage
from tests.app.reviews.test_objections_in_time import objected
from tests.app.reviews.test_rounds_and_after import started
from tests.cast import Cast
from tests.small import ids

__all__ = ["review", "stage"]


def test_a_decider_who_left_does_not_sign(scene: Scene, cast: Cast) -> None:
    review = scene.to_decide()
    with transaction():
        people.let_go(person_id=cast.mia, by=cast.dan, at=AT)
        settle(AT)
    with pytest.raises(NotFound):
        scene.sign(review, "mia")
    assert row_of(review).stage == "deciding"


def test_a_round_gives_no_seat_to_whoever_is_led_by_the_holder_at_whatever_remove(
    scene: Scene, cast: Cast
) -> None:
    """Anna leads Ben, who leads Eve, who sits on the panels of the round."""
    with transaction():
        for leader, led in ((cast.anna, cast.ben), (cast.ben, cast.eve)):
            told = {"m": leader, "p": led}
            db.session.execute(text("UPDATE person SET manager_id = :m WHERE id = :p"), told)
    _, found = started(scene, cast, "anna", "leo")
    seated = rows("SELECT review_id FROM review_seat WHERE person_id = :eve", eve=cast.eve)
    assert [row.review_id for row in seated] == [found[cast.leo]]


def test_no_decision_of_a_round_slips_in_while_it_is_released(app: Flask, scene: Scene, cast: Cast) -> None:
    """Who releases holds the round: a signature that is under way meanwhile waits, and is read as it is signed."""
    made, found = started(scene, cast, "anna")
    review = found[cast.anna]
    scene.hand_in(review, "eve")
    read = scene.version(review)
    released, signing = Event(), Event()

    def release() -> None:
        with app.app_context(), transaction():
            rounds.release(made, by=cast.clara, mark=None, at=AT)
            settle(AT)
            released.set()
            signing.wait(0.5)

    def sign() -> str:
        with app.app_context():
            released.wait(10)
            try:
                return scene.sign(review, "mia", version=read)
            finally:
                signing.set()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(release), pool.submit(sign)
        first.result()
        assert second.result() == "released"
    assert row_of(review).stage == "released"


def test_a_release_waits_for_a_signature_that_is_under_way_and_takes_it_along(
    app: Flask, scene: Scene, cast: Cast
) -> None:
    made, found = started(scene, cast, "anna")
    review = found[cast.anna]
    scene.hand_in(review, "eve")
    said = deciding.Decision(outcome="promote", words=WHY, from_on=AT.date())
    read, signed, go_on = scene.version(review), Event(), Event()

    def sign() -> str:
        with app.app_context(), transaction():
            done = deciding.sign(review, said, person_id=cast.mia, version=read, at=AT)
            signed.set()
            go_on.wait(0.5)
            settle(AT)
            return done

    def release() -> int:
        with app.app_context():
            signed.wait(10)
            with transaction():
                done = rounds.release(made, by=cast.clara, mark=None, at=AT)
                settle(AT)
            return done

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(sign), pool.submit(release)
        assert first.result() == "decided"
        assert second.result() == 1, "it is released with the others"
    assert row_of(review).stage == "released"


@pytest.mark.parametrize("how", ["took a seat", "named a seat", "asked for it"])
def test_who_got_a_part_in_a_review_meanwhile_does_not_answer_its_objection(
    scene: Scene, cast: Cast, how: str
) -> None:
    review = objected(scene, cast)
    with transaction():
        if how == "asked for it":
            db.session.execute(
                text("UPDATE review SET asked_by = :dan WHERE id = :r"), {"dan": cast.dan, "r": review}
            )
        elif how == "named a seat":
            db.session.execute(
                text("UPDATE review_seat SET named_by = :dan WHERE review_id = :r"),
                {"dan": cast.dan, "r": review},
            )
        else:
            seat = text("""INSERT INTO review_seat (review_id, person_id, seat, holder_id, named_by, named_at)
                           VALUES (:r, :dan, 'decider', :anna, :clara, now())""")
            told = {"r": review, "dan": cast.dan, "anna": cast.anna, "clara": cast.clara}
            db.session.execute(seat, told)
    with pytest.raises(Refused), transaction():
        answer(review, scene, cast)
    assert rows("SELECT outcome FROM review_objection") == [(None,)]


def answer(review: uuid.UUID, scene: Scene, cast: Cast) -> None:
    read = scene.version(review)
    after.handle(review, outcome="stands", words=WHY, person_id=cast.dan, version=read, at=AT)


def test_an_answered_objection_is_given_to_nobody_else_and_answered_no_second_time(
    scene: Scene, cast: Cast
) -> None:
    review = objected(scene, cast)
    with transaction():
        answer(review, scene, cast)
        settle(AT)
    with pytest.raises(Conflict), transaction():
        answer(review, scene, cast)
    with pytest.raises(Conflict), transaction():
        after.name_handler(review, person_id=cast.eve, by=cast.clara, at=AT)


def test_what_waits_for_its_release_is_told_by_no_door_but_to_who_decides(scene: Scene, cast: Cast) -> None:
    """What pages and API are made of, for everybody who may open the file."""
    review = scene.to_decide("anna", round_id=scene.round())
    scene.sign(review, "mia", words="this stays hidden until the release")
    for name, reach in (("anna", False), ("ben", False), ("clara", None), ("mia", False)):
        seen = queries.opened(cast.id_of(name), review, reach)
        assert seen is not None
        told = judging.of(seen, cast.id_of(name))
        assert bool(told.decisions) == (name == "mia"), name
        assert (told.draft is not None) == (name == "mia"), name


def test_a_member_who_left_is_not_waited_for_and_what_they_wrote_is_nobodys(scene: Scene, cast: Cast) -> None:
    review = scene.review()
    scene.seat(review, "member", "ben", "eve")
    with transaction():
        said = [panel.Said(criterion_id=scene.asked[0], verdict="met", words=f"{WHY} a draft of eve")]
        panel.assess(review, said, person_id=cast.eve, at=AT)
        people.let_go(person_id=cast.eve, by=cast.dan, at=AT)
        settle(AT)
    scene.hand_in(review, "ben")
    assert row_of(review).stage == "deciding"
    seen = queries.opened(cast.anna, review, False)
    assert seen is not None
    told = [one.words for verdicts in judging.of(seen, cast.anna).verdicts.values() for one in verdicts]
    assert not any("a draft of eve" in words for words in told)


@pytest.mark.parametrize("how", ["deleted", "hidden", "for a team"])
def test_a_lesson_of_a_colleague_that_goes_is_noted_in_the_file_of_who_applied_it(
    app: Flask, cast: Cast, review: uuid.UUID, stage: Stage, how: str
) -> None:
    """Of one's own lesson the facts fall; of applying another's there is no fact, so it is told apart."""
    with app.app_context():
        with transaction():
            (lesson,) = lessons.share_lessons([a_lesson(cast.ben, ids("skill")["water"])], at=AT)
            settle(AT)
        with transaction():
            applying.apply_lessons([applying.Applying(lesson_id=lesson, person_id=cast.anna)], at=AT)
            settle(AT)
        release(review, cast.anna, (stage.criteria[0], f"lesson_applied:{lesson}"))
        read = row_of(review).version
        with transaction():
            if how == "deleted":
                changing.delete_lessons([(lesson, cast.ben)], at=AT)
            elif how == "hidden":
                judged = ContentJudged(
                    person_id=cast.ben,
                    kind="lesson",
                    content_id=lesson,
                    decision="hide",
                    reason="other",
                    answer="",
                )
                publish([judged])
            else:
                said = a_lesson(cast.ben, ids("skill")["water"], audience="team")
                names = (field.name for field in fields(LessonText))
                to = LessonText(**{name: getattr(said, name) for name in names})
                changing.edit_lessons([changing.Edit(lesson_id=lesson, by=cast.ben, to=to)], at=AT)
            settle(AT)
        assert [row.what for row in rows("SELECT what FROM review_step ORDER BY id DESC LIMIT 1")] == ["fell"]
        assert row_of(review).version > read, "whoever signs reads it again first"
