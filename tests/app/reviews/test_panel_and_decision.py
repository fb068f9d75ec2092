"""Seats, assessments and decisions: who may, what stays hidden until when, and two who do one thing at once."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.db import db, transaction
from app.errors import Conflict, NotFound, Refused
from app.outbox import settle
from app.people import standins
from app.reviews import deciding, panel
from app.reviews.deciding import Decision
from app.reviews.panel import Said
from app.reviews.touching import Stale
from tests.app.reviews.conftest import AT, TODAY, WHY, Scene, row_of, rows
from tests.cast import Cast


def both(app: Flask, first: Callable[[], object], second: Callable[[], object]) -> list[object]:
    """Two at the same moment; what each got, or why it was refused."""
    gate = Barrier(2)

    def run(call: Callable[[], object]) -> object:
        with app.app_context():
            gate.wait()
            try:
                return call()
            except Refused as no:
                return type(no)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, (first, second)))


def test_nobody_sits_on_their_own_review_and_the_database_refuses_it_too(scene: Scene, cast: Cast) -> None:
    review = scene.review("anna")
    for seat in ("member", "decider"):
        with pytest.raises(Refused), transaction():
            panel.name_seat(review, person_id=cast.anna, seat=seat, by=cast.clara, at=AT)
        told = {"review": review, "anna": cast.anna, "seat": seat, "at": AT}
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(
                text("INSERT INTO review_seat (review_id, person_id, seat, holder_id, named_by, named_at)"
                     " VALUES (:review, :anna, :seat, :anna, :anna, :at)"), told,
            )  # fmt: skip


def test_whoever_is_led_by_the_holder_takes_no_seat(scene: Scene, cast: Cast) -> None:
    review = scene.review("mia")
    for seat in ("member", "decider"):
        with pytest.raises(Refused), transaction():
            panel.name_seat(review, person_id=cast.ben, seat=seat, by=cast.clara, at=AT)
    assert not rows("SELECT FROM review_seat")


def test_who_came_to_be_led_by_the_holder_meanwhile_cannot_sign(scene: Scene, cast: Cast) -> None:
    review = scene.to_decide("anna")
    with transaction():
        db.session.execute(
            text("UPDATE person SET manager_id = :a WHERE id = :m"), {"a": cast.anna, "m": cast.mia}
        )
    with pytest.raises(NotFound):
        scene.sign(review, "mia")
    assert row_of(review).stage == "deciding"


def test_a_manager_who_changed_team_in_the_middle_keeps_the_seat_and_one_who_left_does_not_count(
    scene: Scene, cast: Cast
) -> None:
    review = scene.review("anna")
    scene.seat(review, "member", "ben", "mia")
    scene.seat(review, "decider", "dan")
    with transaction():
        db.session.execute(
            text("UPDATE person SET department_id = :d, job = 'else' WHERE id = :m"),
            {"d": cast.systems, "m": cast.mia},
        )
    scene.hand_in(review, "mia")
    assert row_of(review).stage == "panel"
    with transaction():
        db.session.execute(text("UPDATE person SET active = false WHERE id = :b"), {"b": cast.ben})
    with pytest.raises(NotFound):
        scene.hand_in(review, "ben")
    with transaction():
        panel.complete([review], at=AT)
        settle(AT)
    assert row_of(review).stage == "deciding"


def test_one_click_leaves_a_seat_and_completes_a_panel_that_waited_for_it(scene: Scene, cast: Cast) -> None:
    review = scene.review("anna")
    scene.seat(review, "member", "ben", "eve")
    scene.hand_in(review, "ben")
    with transaction():
        panel.step_aside(review, person_id=cast.eve, by=cast.eve, at=AT)
        settle(AT)
    assert row_of(review).stage == "deciding"
    with pytest.raises((Refused, Conflict)), transaction():
        panel.step_aside(review, person_id=cast.eve, by=cast.eve, at=AT)


def test_who_stepped_aside_does_not_come_back(scene: Scene, cast: Cast) -> None:
    review = scene.review("anna")
    scene.seat(review, "member", "ben", "eve")
    with transaction():
        panel.step_aside(review, person_id=cast.eve, by=cast.eve, at=AT)
        settle(AT)
    with pytest.raises(Refused):
        scene.seat(review, "member", "eve")


def test_a_panel_hands_in_all_or_nothing_and_each_verdict_with_its_reason(scene: Scene, cast: Cast) -> None:
    review = scene.review("anna")
    scene.seat(review, "member", "ben")
    said = [
        Said(criterion_id=scene.asked[0], verdict="met", words=WHY),
        Said(criterion_id=scene.asked[1], verdict="met"),
    ]
    with pytest.raises(Refused) as no, transaction():
        panel.assess(review, said, person_id=cast.ben, hand_in=True, at=AT)
    assert set(no.value.fields) == {
        f"words-{scene.asked[1]}", f"words-{scene.asked[2]}", f"verdict-{scene.asked[2]}"
    }  # fmt: skip
    assert not rows("SELECT FROM review_assessment")


def test_what_was_handed_in_is_not_changed_any_more(scene: Scene, cast: Cast) -> None:
    review = scene.review("anna")
    scene.seat(review, "member", "ben", "eve")
    scene.hand_in(review, "ben")
    with pytest.raises(Conflict):
        scene.hand_in(review, "ben", "not_yet")


def test_two_windows_that_write_about_one_criterion_get_both_texts(
    app: Flask, scene: Scene, cast: Cast
) -> None:
    review = scene.review("anna")
    scene.seat(review, "member", "ben")

    def write(words: str, version: int) -> None:
        with transaction():
            one = Said(criterion_id=scene.asked[0], verdict="met", words=words, version=version)
            panel.assess(review, [one], person_id=cast.ben, at=AT)

    write("the first draft", 0)
    answers = both(app, lambda: write("mine from here", 1), lambda: write("mine from there", 1))
    assert sorted(map(str, answers)) == sorted(map(str, [None, panel.Clash]))
    with pytest.raises(panel.Clash) as no:
        write("a third", 1)
    assert no.value.both[0].words.startswith("mine from")
    assert no.value.both[0].sent.words == "a third"
    write("the one that is meant", no.value.both[0].version)
    assert panel.drafts(review, cast.anna, cast.ben)[scene.asked[0]].words == "the one that is meant"


def test_a_draft_of_another_is_not_even_counted_and_only_members_write(scene: Scene, cast: Cast) -> None:
    review = scene.review("anna")
    scene.seat(review, "member", "ben")
    scene.seat(review, "decider", "mia")
    one = [Said(criterion_id=scene.asked[0], verdict="met", words=WHY)]
    for other in (cast.anna, cast.mia, cast.clara, cast.eve, cast.dan, cast.leo):
        with pytest.raises(NotFound), transaction():
            panel.assess(review, one, person_id=other, at=AT)


def test_a_decision_names_the_version_that_was_read_and_says_what_changed(scene: Scene, cast: Cast) -> None:
    review = scene.to_decide("anna")
    read = scene.version(review)
    with transaction():
        panel.name_seat(review, person_id=cast.dan, seat="decider", by=cast.clara, at=AT)
        settle(AT)
    with pytest.raises(Stale) as no:
        scene.sign(review, "mia", version=read)
    assert [(one.what, one.name) for one in no.value.changed] == [("named_decider", "Dan")]
    assert scene.sign(review, "mia") == "released"


def test_only_deciders_decide_and_nobody_on_their_own_or_before_the_panel_is_complete(
    scene: Scene, cast: Cast
) -> None:
    review = scene.to_decide("anna")
    for name in ("anna", "ben", "clara", "dan", "eve", "leo"):
        with pytest.raises(NotFound):
            scene.sign(review, name)
    early = scene.review("ben")
    scene.seat(early, "decider", "mia")
    with pytest.raises(Conflict):
        scene.sign(early, "mia")


def test_two_decisions_at_once_and_one_wins(app: Flask, scene: Scene, cast: Cast) -> None:
    review = scene.to_decide("anna")
    scene.seat(review, "decider", "dan")
    read = scene.version(review)
    answers = both(
        app,
        lambda: scene.sign(review, "mia", "promote", version=read),
        lambda: scene.sign(review, "dan", "not_yet", version=read),
    )
    assert sum(one == "released" for one in answers) == 1
    assert {one for one in answers if one != "released"} <= {Conflict, Stale}
    assert len(rows("SELECT FROM review_decision WHERE signed_at IS NOT NULL")) == 1
    assert len(rows("SELECT FROM dossier")) == 1


def test_where_two_are_asked_for_both_sign_the_same_or_it_stays_open_and_that_is_said(
    scene: Scene, cast: Cast
) -> None:
    review = scene.to_decide("anna", deciders=2)
    scene.seat(review, "decider", "dan")
    assert scene.sign(review, "mia", "promote") == "deciding"
    assert scene.sign(review, "dan", "not_yet") == deciding.DIFFERENT
    assert row_of(review).stage == "deciding"
    assert rows("SELECT FROM review_step WHERE what = 'not_the_same'")
    assert scene.sign(review, "mia", "not_yet") == "released"


def test_two_signatures_at_once_of_two_that_are_asked_for(app: Flask, scene: Scene, cast: Cast) -> None:
    review = scene.to_decide("anna", deciders=2)
    scene.seat(review, "decider", "dan")
    read = scene.version(review)
    answers = both(
        app,
        lambda: scene.sign(review, "mia", version=read),
        lambda: scene.sign(review, "dan", version=read),
    )
    assert "deciding" in answers
    assert Stale in answers  # the second reads first that the other signed
    assert row_of(review).stage == "deciding"


def test_a_colleague_who_stands_in_for_a_decider_has_one_voice_with_them(scene: Scene, cast: Cast) -> None:
    review = scene.to_decide("anna", deciders=2)
    with transaction():
        standins.name(
            person_id=cast.mia,
            deputy_id=cast.dan,
            since=TODAY,
            until=TODAY + timedelta(days=3),
            today=TODAY,
            at=AT,
        )
        panel.stand_in(today=TODAY, at=AT)
        panel.stand_in(today=TODAY, at=AT)
        settle(AT)
    assert scene.sign(review, "dan") == "deciding"
    with pytest.raises(Conflict):
        scene.sign(review, "mia")
    assert row_of(review).stage == "deciding"


def test_who_stands_in_leaves_the_seat_when_the_decider_is_back_and_never_decides_on_oneself(
    scene: Scene, cast: Cast
) -> None:
    review = scene.to_decide("anna")
    with transaction():
        for deputy in (cast.dan, cast.anna):
            standins.name(
                person_id=cast.mia,
                deputy_id=deputy,
                since=TODAY,
                until=TODAY + timedelta(days=3),
                today=TODAY,
                at=AT,
            )
            panel.stand_in(today=TODAY, at=AT)
        settle(AT)
    with pytest.raises(NotFound):
        scene.sign(review, "dan")  # the choice fell on somebody else meanwhile
    assert not rows("SELECT FROM review_seat WHERE person_id = :a", a=cast.anna)


def test_a_decision_without_a_reason_or_a_day_is_none(scene: Scene) -> None:
    review = scene.to_decide("anna")
    for wrong, more in (
        ("words", {"words": "  "}),
        ("from_on", {"from_on": None}),
        ("outcome", {"outcome": "maybe"}),
    ):
        with pytest.raises(Refused) as no:
            scene.sign(review, "mia", **more)
        assert wrong in no.value.fields


def test_a_draft_of_a_decision_is_its_writers_and_two_windows_get_both_texts(
    scene: Scene, cast: Cast
) -> None:
    review = scene.to_decide("anna")

    def write(words: str, version: int) -> int:
        with transaction():
            said = Decision(outcome="promote", words=words)
            return deciding.draft(review, said, person_id=cast.mia, version=version, at=AT)

    first = write("one", 0)
    write("two", first)
    with pytest.raises(panel.Clash) as no:
        write("three", first)
    assert (no.value.both[0].words, no.value.both[0].sent.words) == ("two", "three")
    assert row_of(review).version == scene.version(review)
    assert isinstance(review, uuid.UUID)
