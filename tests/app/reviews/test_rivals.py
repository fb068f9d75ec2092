"""Rivals for one job in a round do not judge each other: at naming, at taking part, in time, and at one moment."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.db import db, transaction
from app.errors import NotFound, Refused
from app.outbox import settle
from app.people import actions as people
from app.people import standins
from app.reviews import after, panel, rounds
from app.worker import go_on_with_reviews, relay
from tests.app.reviews.conftest import AT, TODAY, Scene, apart, row_of, rows
from tests.app.reviews.test_judging_api import Call
from tests.app.reviews.test_judging_doors import Browser
from tests.app.reviews.test_panel_and_decision import both
from tests.app.reviews.test_rounds_and_after import work_as
from tests.cast import Cast

DAY = timedelta(days=1)
NO = "Whoever is a candidate for this job in this round"
JUDGED = "You assessed or decided about a colleague for this job in this round"


@pytest.fixture
def ask(client: FlaskClient, token_of: Callable[[str], dict[str, str]], scene: Scene) -> Call:
    """`ask("clara", "POST", "/reviews/…", …)` is Clara's program."""
    tokens = {name: token_of(name) for name in ("ben", "clara")}
    send = partial(apart, client.open)

    def call(name: str, method: str, path: str, **json: Any) -> TestResponse:
        return send("/api/v1" + path, method=method, headers=tokens[name], json=json)

    return call


def a_round(scene: Scene, cast: Cast, *names: str, takes_part: tuple[str, ...] = ()) -> int:
    """A round to which these are invited; some of them take part."""
    work_as("Operator B", *(cast.id_of(name) for name in names))
    made = scene.round()
    with transaction():
        rounds.invite(made, at=AT)
        rounds.start(made, [(cast.id_of(name), scene.senior) for name in takes_part], at=AT)
        settle(AT)
    return made


def of(name: str, cast: Cast) -> uuid.UUID:
    found: uuid.UUID = rows("SELECT id FROM review WHERE person_id = :p", p=cast.id_of(name))[0].id
    return found


def sits(name: str, cast: Cast) -> bool:
    return bool(rows(
        "SELECT FROM review_seat WHERE person_id = :p AND stepped_aside_at IS NULL", p=cast.id_of(name)
    ))  # fmt: skip


def let_begin(review: uuid.UUID) -> None:
    with transaction():
        db.session.execute(text("UPDATE review SET stage = 'panel' WHERE id = :id"), {"id": review})


@pytest.mark.parametrize("seat", ["member", "decider"])
def test_a_rival_is_named_by_no_door(
    scene: Scene,
    cast: Cast,
    browser_of: Browser,
    ask: Call,
    seat: str,
) -> None:
    made = a_round(scene, cast, "anna", "ben", takes_part=("anna", "ben"))
    anna = of("anna", cast)
    for path in (f"/hr/reviews/{anna}/seats", f"/hr/reviews/rounds/{made}/seats"):
        answer = browser_of("clara").post(path, data={"person": "Ben", "seat": seat})
        assert answer.status_code == 422
        assert NO in answer.text
    for path in (f"/reviews/{anna}/seats", f"/review-rounds/{made}/seats"):
        answer = ask("clara", "POST", path, person_id=cast.ben, seat=seat)
        assert answer.status_code == 422
        assert NO in answer.text
    assert not rows("SELECT FROM review_seat")
    assert not rows("SELECT FROM review_round_panel")


def test_hr_of_another_department_does_not_learn_that_somebody_is_a_candidate(
    scene: Scene,
    cast: Cast,
    browser_of: Browser,
) -> None:
    a_round(scene, cast, "anna", "eve", takes_part=("anna", "eve"))
    with transaction():
        people.serve_departments(person_id=cast.clara, department_ids=[cast.water], by=cast.dan, at=AT)
    answer = browser_of("clara").post(
        f"/hr/reviews/{of('anna', cast)}/seats", data={"person": "Eve", "seat": "member"}
    )
    assert answer.status_code == 422
    assert NO not in answer.text
    assert "conflict of interest" in answer.text
    assert not sits("eve", cast)


def test_somebody_who_withdrew_or_is_reviewed_apart_is_no_rival(scene: Scene, cast: Cast) -> None:
    a_round(scene, cast, "anna", "ben", takes_part=("anna", "ben"))
    scene.review("eve")
    with transaction():
        db.session.execute(
            text("UPDATE review SET stage = 'withdrawn' WHERE person_id = :b"), {"b": cast.ben}
        )
    scene.seat(of("anna", cast), "member", "ben", "eve")
    assert sits("ben", cast)
    assert sits("eve", cast)


def test_who_takes_part_leaves_the_seats_about_others_and_hr_is_told(
    app: Flask,
    scene: Scene,
    cast: Cast,
    browser_of: Browser,
) -> None:
    made = a_round(scene, cast, "anna", "ben", takes_part=("anna",))
    anna = of("anna", cast)
    for name, seat in (("ben", "member"), ("ben", "decider"), ("eve", "member")):
        scene.seat(anna, seat, name)
    let_begin(anna)
    scene.hand_in(anna, "eve")
    page = browser_of("ben").get(f"/reviews/rounds/{made}").text
    assert "you leave your seats about others for it" in page
    answer = browser_of("ben").post(f"/reviews/rounds/{made}/acceptance", data={"job_id": scene.senior})
    assert answer.status_code == 303
    assert not sits("ben", cast)
    assert browser_of("ben").get(f"/reviews/{anna}").status_code == 404
    assert row_of(anna).stage == "deciding"  # the panel waited for nobody but him
    relay(AT)
    assert "Somebody left a seat in the review of Anna" in browser_of("clara").get("/inbox").text
    file = browser_of("anna").get(f"/reviews/{anna}").text
    assert "stepped aside" in file
    assert "candidate" not in file  # whose rival she is, is not hers to read
    assert "takes part for it" not in file


def test_who_sat_on_the_panels_of_a_round_sits_no_more_where_they_take_part(
    scene: Scene,
    cast: Cast,
    browser_of: Browser,
) -> None:
    made = a_round(scene, cast, "anna", "ben", "eve", takes_part=("anna",))
    with transaction():
        rounds.name_seat(made, person_id=cast.ben, seat="member", at=AT)
        settle(AT)
    assert sits("ben", cast)
    with transaction():
        rounds.start(made, [(cast.ben, scene.senior)], at=AT)
        rounds.start(made, [(cast.eve, scene.senior)], at=AT)
        settle(AT)
    assert not sits("ben", cast)
    assert "not for Senior operator: takes part for it" in browser_of("clara").get(
        f"/hr/reviews/rounds/{made}"
    ).text.replace("&#39;", "'")


@pytest.mark.parametrize("how", ["handed in", "signed"])
def test_who_judged_already_does_not_take_part_and_nothing_of_it_is_lost(
    scene: Scene,
    cast: Cast,
    browser_of: Browser,
    ask: Call,
    how: str,
) -> None:
    made = a_round(scene, cast, "anna", "ben", takes_part=("anna",))
    anna = of("anna", cast)
    scene.seat(anna, "member", "ben" if how == "handed in" else "eve")
    if how == "signed":
        scene.seat(anna, "decider", "ben")
    let_begin(anna)
    scene.hand_in(anna, "ben" if how == "handed in" else "eve")
    if how == "signed":
        scene.sign(anna, "ben")
    answer = browser_of("ben").post(f"/reviews/rounds/{made}/acceptance", data={"job_id": scene.senior})
    assert answer.status_code == 409
    assert JUDGED in answer.text
    answer = ask("ben", "POST", f"/review-rounds/{made}/invitation", job_id=scene.senior)
    assert answer.status_code == 409
    assert sits("ben", cast)
    assert len(rows("SELECT FROM review")) == 1


def test_a_rival_handles_no_objection_and_stands_in_for_nobody_who_decides(scene: Scene, cast: Cast) -> None:
    a_round(scene, cast, "anna", "ben", takes_part=("anna", "ben"))
    anna = of("anna", cast)
    scene.seat(anna, "member", "eve")
    scene.seat(anna, "decider", "mia")
    let_begin(anna)
    scene.hand_in(anna, "eve")
    with transaction():
        standins.name(
            person_id=cast.mia, deputy_id=cast.ben, since=TODAY, until=TODAY + DAY, today=TODAY, at=AT
        )
        panel.stand_in(today=TODAY, at=AT)
        settle(AT)
    assert not sits("ben", cast)
    scene.sign(anna, "mia")
    with transaction():
        rounds.release(row_of(anna).round_id, by=None, mark=None, at=AT)
        settle(AT)
    with transaction():
        after.file_objection(anna, "this was not read well", person_id=cast.anna, at=AT)
        settle(AT)
    with pytest.raises(Refused), transaction():
        after.name_handler(anna, person_id=cast.ben, by=cast.clara, at=AT)


def test_a_seat_that_is_there_all_the_same_says_nothing_and_falls_as_the_worker_comes_round(
    scene: Scene, cast: Cast
) -> None:
    a_round(scene, cast, "anna", "ben", takes_part=("anna", "ben"))
    anna = of("anna", cast)
    scene.seat(anna, "member", "eve")
    let_begin(anna)
    with transaction():
        db.session.execute(
            text("INSERT INTO review_seat (review_id, person_id, seat, holder_id, named_by, named_at)"
                 " SELECT :r, :b, s, :a, :a, :at FROM unnest(CAST('{member,decider}' AS text[])) s"),
            {"r": anna, "b": cast.ben, "a": cast.anna, "at": AT},
        )  # fmt: skip
    with pytest.raises(NotFound):
        scene.hand_in(anna, "ben")
    scene.hand_in(anna, "eve")
    assert row_of(anna).stage == "panel"
    with transaction():
        db.session.execute(text("UPDATE review SET stage = 'deciding' WHERE id = :id"), {"id": anna})
    with pytest.raises(NotFound):
        scene.sign(anna, "ben")
    with transaction():
        db.session.execute(text("UPDATE review SET stage = 'panel' WHERE id = :id"), {"id": anna})
    go_on_with_reviews(AT)
    assert not sits("ben", cast)
    with transaction():
        panel.complete([anna], at=AT)
        settle(AT)
    assert row_of(anna).stage == "deciding"


# HR that takes part -----------------------------------------------------------------------------------------------


def also_hr(name: str, cast: Cast) -> None:
    with transaction():
        db.session.execute(text("UPDATE person SET role = 'hr' WHERE id = :p"), {"p": cast.id_of(name)})


@pytest.fixture
def as_hr(client: FlaskClient, token_of: Callable[[str], dict[str, str]], scene: Scene, cast: Cast) -> Call:
    """Ben's program, who is of HR too; and Clara's."""
    also_hr("ben", cast)
    tokens = {name: token_of(name) for name in ("ben", "clara")}
    send = partial(apart, client.open)

    def call(name: str, method: str, path: str, **json: Any) -> TestResponse:
        return send("/api/v1" + path, method=method, headers=tokens[name], json=json or None)

    return call


@pytest.mark.parametrize("stage", ["gathering", "deciding", "released", "closed"])
def test_hr_that_takes_part_opens_nothing_of_rivals_by_any_door(
    scene: Scene, cast: Cast, browser_of: Browser, as_hr: Call, stage: str
) -> None:
    a_round(scene, cast, "anna", "ben", takes_part=("anna", "ben"))
    anna = of("anna", cast)
    with transaction():
        db.session.execute(text("UPDATE review SET stage = :s WHERE id = :id"), {"s": stage, "id": anna})
    for name, there in (("ben", False), ("clara", True)):
        browser = browser_of(name)
        listed = browser.get(f"/hr/reviews?stage={stage}").text
        assert ("Anna" in listed) == there
        # Of one that is over HR says first why they open it; a dossier there is none.
        fine = {200, 409, 404} if there else {404}
        for path in (
            f"/reviews/{anna}",
            f"/hr/reviews/{anna}/seats",
            f"/reviews/{anna}/dossier.json?number=1",
        ):
            assert browser.get(path).status_code in fine, path
        for path in (f"/reviews/{anna}", f"/reviews/{anna}/seats"):
            assert (as_hr(name, "GET", path).status_code != 404) == there, path
        named = as_hr(name, "POST", f"/reviews/{anna}/seats", person_id=cast.eve, seat="member")
        assert (named.status_code != 404) == there
        assert as_hr(name, "POST", "/hr/reviews/reminders", reviews=[str(anna)]).get_json()["people"] <= there
    looks = rows("SELECT allowed FROM look WHERE viewer_id = :b AND person_id = :a AND what = 'review'",
                 b=cast.ben, a=cast.anna)  # fmt: skip
    assert {one.allowed for one in looks} == {False}, "Anna reads that it was tried"


def test_hr_that_takes_part_keeps_nothing_of_the_round_and_finds_no_rival_in_it(
    scene: Scene, cast: Cast, browser_of: Browser, as_hr: Call
) -> None:
    made = a_round(scene, cast, "anna", "ben", "eve", takes_part=("anna", "ben"))
    page = browser_of("ben").get(f"/hr/reviews/rounds/{made}").text
    assert "You take part in this round yourself" in page
    assert "Anna" not in page
    assert "Eve" not in page, "who may take part is a rival to be"
    told = as_hr("ben", "GET", f"/review-rounds/{made}").text
    assert "Anna" not in told
    for path in ("edit", "release"):
        assert browser_of("ben").get(f"/hr/reviews/rounds/{made}/{path}").status_code == 404
    for path, form in (
        ("seats", {"person": "Mia", "seat": "decider"}),
        ("invitations", {}),
        ("release", {"mark": "x" * 32}),
    ):
        assert browser_of("ben").post(f"/hr/reviews/rounds/{made}/{path}", data=form).status_code == 404, path
    assert (
        as_hr("ben", "POST", f"/review-rounds/{made}/seats", person_id=cast.mia, seat="decider").status_code
        == 404
    )
    with pytest.raises(NotFound), transaction():  # taking part came between the door and the release
        rounds.release(made, by=cast.ben, mark=None, at=AT)
    csv = browser_of("ben").get(f"/hr/reviews/rounds/{made}/decisions.csv").text
    assert "Anna" not in csv
    assert "You take part" not in (kept := browser_of("clara").get(f"/hr/reviews/rounds/{made}").text)
    assert "Anna" in kept


def test_news_of_a_rivals_file_goes_to_who_keeps_it_and_not_to_hr_that_takes_part(
    app: Flask, scene: Scene, cast: Cast, browser_of: Browser
) -> None:
    also_hr("ben", cast)
    a_round(scene, cast, "anna", "ben", takes_part=("anna", "ben"))
    anna = of("anna", cast)
    scene.seat(anna, "member", "eve")
    with transaction():
        panel.step_aside(anna, person_id=cast.eve, seat="member", by=cast.eve, at=AT)
        settle(AT)
    relay(AT)
    line = "Somebody left a seat in the review of Anna"
    assert line in browser_of("clara").get("/inbox").text
    assert line not in browser_of("ben").get("/inbox").text


def test_hr_whose_review_was_withdrawn_keeps_the_round_again(
    scene: Scene, cast: Cast, browser_of: Browser
) -> None:
    also_hr("ben", cast)
    made = a_round(scene, cast, "anna", "ben", takes_part=("anna", "ben"))
    with transaction():
        db.session.execute(
            text("UPDATE review SET stage = 'withdrawn' WHERE person_id = :b"), {"b": cast.ben}
        )
    assert browser_of("ben").get(f"/reviews/{of('anna', cast)}").status_code == 200
    assert "Anna" in browser_of("ben").get(f"/hr/reviews/rounds/{made}").text


def test_the_last_of_hr_is_told_that_nobody_could_keep_the_round(
    scene: Scene, cast: Cast, browser_of: Browser, as_hr: Call
) -> None:
    with transaction():
        db.session.execute(text("UPDATE person SET role = 'employee' WHERE id = :c"), {"c": cast.clara})
    made = a_round(scene, cast, "anna", "ben", takes_part=("anna",))
    page = browser_of("ben").get(f"/reviews/rounds/{made}").text
    assert "a colleague of HR keeps this round" in page
    answer = browser_of("ben").post(f"/reviews/rounds/{made}/acceptance", data={"job_id": scene.senior})
    assert answer.status_code == 409
    assert "nobody of HR is left who can keep this round" in answer.text
    answer = as_hr("ben", "POST", f"/review-rounds/{made}/invitation", job_id=scene.senior)
    assert answer.status_code == 409
    with transaction():  # somebody who reaches another department only is no help
        db.session.execute(text("UPDATE person SET role = 'hr' WHERE id = :c"), {"c": cast.clara})
        people.serve_departments(person_id=cast.clara, department_ids=[cast.systems], by=cast.dan, at=AT)
    assert as_hr("ben", "POST", f"/review-rounds/{made}/invitation", job_id=scene.senior).status_code == 409
    with transaction():
        people.serve_departments(person_id=cast.clara, department_ids=[cast.water], by=cast.dan, at=AT)
    assert as_hr("ben", "POST", f"/review-rounds/{made}/invitation", job_id=scene.senior).status_code == 200


@pytest.mark.parametrize("go", range(3))
@pytest.mark.parametrize("whole", [False, True])
def test_taking_part_and_being_named_at_one_moment_never_leaves_a_rival_on_a_seat(
    app: Flask, scene: Scene, cast: Cast, whole: bool, go: int
) -> None:
    made = a_round(scene, cast, "anna", "ben", takes_part=("anna",))
    anna = of("anna", cast)

    def take_part() -> None:
        with transaction():
            rounds.start(made, [(cast.ben, scene.senior)], at=AT)
            settle(AT)

    def name() -> None:
        with transaction():
            if whole:
                rounds.name_seat(made, person_id=cast.ben, seat="member", at=AT)
            else:
                panel.name_seat(anna, person_id=cast.ben, seat="member", by=cast.clara, at=AT)
            settle(AT)

    calls: tuple[Callable[[], None], Callable[[], None]] = (take_part, name) if go % 2 else (name, take_part)
    both(app, *calls)
    assert len(rows("SELECT FROM review")) == 2
    assert not sits("ben", cast)
