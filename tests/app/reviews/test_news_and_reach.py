"""Who hears that a file changed, what fell since, and rounds of which HR of some departments sees a part."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app import live
from app.db import db, lock_people, transaction
from app.errors import NotFound
from app.events import BadgeRevoked, ReviewChanged
from app.outbox import publish, settle
from app.people import actions as people
from app.people.queries import hr_reach
from app.reviews import after, choosing, dossier, handlers, queries, rounds
from app.reviews.touching import Stale
from tests.app.reviews.conftest import AT, TODAY, WHY, Scene, counted, row_of, rows
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]
EVERYBODY = ("anna", "ben", "clara", "dan", "eve", "mia", "leo", "cor")


def limited(cast: Cast, name: str, *departments: int) -> int:
    """Of HR, for these departments only."""
    who = cast.id_of(name)
    with transaction():
        db.session.execute(text("UPDATE person SET role = 'hr' WHERE id = :id"), {"id": who})
        people.serve_departments(person_id=who, department_ids=departments, by=cast.dan, at=AT)
        settle(AT)
    return who


# That a file changed --------------------------------------------------------------------------------------------


def test_exactly_those_who_may_open_a_file_hear_that_it_changed(
    scene: Scene, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(cast, "cor", cast.water)
    limited(cast, "leo", cast.systems)
    review = scene.review()
    scene.seat(review, "member", "ben", "eve")
    scene.seat(review, "decider", "mia")
    with transaction():
        db.session.execute(
            text("UPDATE review_seat SET stepped_aside_at = now() WHERE person_id = :e"), {"e": cast.eve}
        )
    may = {
        cast.id_of(name)
        for name in EVERYBODY
        if queries.opened(
            cast.id_of(name), review, hr_reach(cast.id_of(name)) if name in ("clara", "cor", "leo") else False
        )
    }
    heard: list[tuple[Any, str]] = []
    monkeypatch.setattr(live, "nudge", lambda who, name: heard.append((who, name)))
    handlers.nudge([ReviewChanged(person_id=cast.anna, review_id=review)], AT)
    assert heard == [(may, "review")]
    assert may == {cast.anna, cast.ben, cast.mia, cast.clara, cast.cor}


def test_each_change_of_a_file_is_told_to_the_worker_and_no_word_of_it(scene: Scene, cast: Cast) -> None:
    review = scene.released()
    told = rows("SELECT body FROM outbox WHERE event = 'ReviewChanged'")
    assert len(told) >= 5  # seats, handed in, complete, signed, released
    assert all(set(row.body) <= set('[]{}", :0123456789abcdefghijklmnopqrstuvwxyz_-') for row in told)
    with transaction():
        after.sign_seen(review, person_id=cast.anna, version=scene.version(review), at=AT)
    assert len(rows("SELECT body FROM outbox WHERE event = 'ReviewChanged'")) == len(told) + 1


def test_an_open_page_learns_that_there_is_news_and_nothing_of_it(
    scene: Scene, cast: Cast, browser_of: Browser
) -> None:
    review = scene.review()
    scene.seat(review, "member", "ben")
    read = scene.version(review)
    anna, swap = browser_of("anna"), {"HX-Request": "true"}
    address = f"/reviews/{review}/news?read={read}"
    assert f"/reviews/{review}/news?read={read}" in anna.get(f"/reviews/{review}").text
    assert (anna.get(address, headers=swap).status_code, anna.get(address).status_code) == (204, 204)
    scene.hand_in(review, "ben", "not_yet")
    for name in ("anna", "ben", "clara"):
        told = browser_of(name).get(address, headers=swap)
        assert told.status_code == 200
        assert "This file has changed" in told.text
        assert not any(word in told.text for word in (WHY, "Ben", "Not yet", "Anna"))
    plain = anna.get(address)
    assert (plain.status_code, plain.headers["Location"]) == (303, f"/reviews/{review}")
    assert "as=employee" in browser_of("clara").get(f"{address}&as=employee").headers["Location"]


def test_asking_for_news_is_no_look_but_a_guess_is(scene: Scene, cast: Cast, browser_of: Browser) -> None:
    review = scene.review()
    address = f"/reviews/{review}/news?read=1"
    browser_of("clara").get(address)
    assert not rows("SELECT FROM look WHERE what = 'review'")
    strange, nowhere = browser_of("leo").get(address), browser_of("leo").get(f"/reviews/{uuid.uuid4()}/news")
    assert (strange.status_code, strange.status_code) == (404, nowhere.status_code)
    assert [row.viewer_id for row in rows("SELECT * FROM look WHERE what = 'review' AND NOT allowed")] == [
        cast.leo
    ]


def test_hr_hears_nothing_of_a_review_that_is_over_before_they_say_why(
    scene: Scene, browser_of: Browser
) -> None:
    review = scene.released()
    with transaction():
        db.session.execute(text("UPDATE review SET stage = 'closed'"))
    swap = {"HX-Request": "true"}
    assert browser_of("clara").get(f"/reviews/{review}/news?read=1", headers=swap).status_code == 204
    assert browser_of("anna").get(f"/reviews/{review}/news?read=1", headers=swap).status_code == 200


# What fell since ------------------------------------------------------------------------------------------------

_PUT = text("""
    INSERT INTO review_evidence (review_id, criterion_id, kind, thing, holder_id, released_by, released_at)
    VALUES (:review, :criterion, 'completion', 'completion:' || :completion, :anna, :anna, :at)
""")


def put(scene: Scene, cast: Cast, review: uuid.UUID) -> int:
    """Something that Anna completed, in her file."""
    with transaction():
        made = int(db.session.scalar(text("""
            INSERT INTO completion (person_id, activity_id, completed_at, recorded_at, state, edition, origin)
            SELECT :anna, id, :at, :at, 'confirmed', '', 'import' FROM activity ORDER BY id LIMIT 1 RETURNING id
        """), {"anna": cast.anna, "at": AT}) or 0)  # fmt: skip
        told = {"review": review, "criterion": scene.asked[0], "completion": str(made), "anna": cast.anna}
        db.session.execute(_PUT, {**told, "at": AT})
    return made


def fall(cast: Cast, completion: int) -> None:
    with transaction():
        lock_people([cast.anna])
        db.session.execute(
            text("UPDATE completion SET state = 'withdrawn' WHERE id = :id"), {"id": completion}
        )
        publish([BadgeRevoked(person_id=cast.anna, award_id=uuid.uuid4())])
        settle(AT)


def test_who_decides_on_what_fell_since_reads_it_again_first(scene: Scene, cast: Cast) -> None:
    review = scene.review()
    completion = put(scene, cast, review)
    scene.seat(review, "member", "ben")
    scene.seat(review, "decider", "mia")
    scene.hand_in(review, "ben")
    read = scene.version(review)
    fall(cast, completion)
    with pytest.raises(Stale) as no:
        scene.sign(review, "mia", version=read)
    assert [one.what for one in no.value.changed] == ["fell"]
    fall(cast, completion)  # a second time is said once
    assert len(rows("SELECT FROM review_step WHERE what = 'fell'")) == 1
    assert scene.sign(review, "mia") == "released"


def test_what_falls_after_the_release_is_said_before_it_is_signed_and_stays_in_the_dossier(
    scene: Scene, cast: Cast
) -> None:
    review = scene.review()
    completion = put(scene, cast, review)
    scene.seat(review, "member", "ben")
    scene.seat(review, "decider", "mia")
    scene.hand_in(review, "ben")
    scene.sign(review, "mia")
    read = scene.version(review)
    fall(cast, completion)
    with pytest.raises(Stale), transaction():
        after.sign_seen(review, person_id=cast.anna, version=read, at=AT)
    with transaction():
        after.go_on(at=AT + timedelta(days=15))
        after.go_on(at=AT + timedelta(days=50))
        settle(AT)
    told = [json.loads(dossier.opened(review, number)[1]) for number in (1, 2)]  # type: ignore[index]
    assert [one["criteria"][0]["evidence"][0]["gone"] for one in told] == [False, True]
    assert row_of(review).stage == "closed"
    version = row_of(review).version
    fall(cast, completion)
    assert row_of(review).version == version


# A round of which HR sees a part -----------------------------------------------------------------------------------


def round_of_water(scene: Scene, cast: Cast) -> int:
    made = scene.round(units=[cast.water])
    with transaction():
        for person in (cast.anna, cast.leo):  # leo works elsewhere: HR of all added him
            rounds.list_person(made, person_id=person, job_id=scene.senior, reach=None, jobs=[scene.senior])
        settle(AT)
    return made


def test_hr_of_some_departments_sees_their_part_of_a_round_and_neither_changes_nor_releases_it(
    scene: Scene, cast: Cast, browser_of: Browser
) -> None:
    limited(cast, "cor", cast.water)
    made = round_of_water(scene, cast)
    with transaction():
        rounds.invite(made, at=AT)
        rounds.start(made, [(cast.anna, scene.senior), (cast.leo, scene.senior)], at=AT)
        settle(AT)
    cor = browser_of("cor")
    page = cor.get(f"/hr/reviews/rounds/{made}")
    assert page.status_code == 200
    assert "Anna" in page.text
    assert "Leo" not in page.text
    assert "HR of all departments" in page.text
    assert f"/hr/reviews/rounds/{made}/release" not in page.text
    (mark,) = rows("SELECT version FROM review_round")
    for door in ("edit", "release"):
        assert cor.get(f"/hr/reviews/rounds/{made}/{door}").status_code == 404
    for door, sent in (
        ("edit", {}), ("release", {"mark": "x"}), ("invitations", {}), ("seats", {"person": "Ben", "seat": "member"}),
        ("seats/drop", {"person_id": cast.ben, "seat": "member"}), ("people", {"person": "Ben", "job_id": 1}),
    ):  # fmt: skip
        assert cor.post(f"/hr/reviews/rounds/{made}/{door}", data=sent).status_code == 404, door
    assert rows("SELECT version FROM review_round") == [mark]
    assert "Leo" in browser_of("clara").get(f"/hr/reviews/rounds/{made}").text
    assert browser_of("clara").get(f"/hr/reviews/rounds/{made}/release").status_code == 200


def test_whoever_is_added_from_elsewhere_while_hr_of_some_departments_releases_it_stops_that(
    scene: Scene, cast: Cast
) -> None:
    cor = limited(cast, "cor", cast.water)
    made = round_of_water(scene, cast)
    dates = {
        name: TODAY + timedelta(days=9) for name in ("evidence_due", "panel_due", "decide_due", "release_on")
    }
    said = rounds.NewRound(
        name={"nl": "Ronde", "en": "Round"}, jobs=[scene.senior], units=[cast.water], **dates
    )
    with pytest.raises(NotFound), transaction():
        rounds.release(made, by=cor, mark=None, at=AT)
    with pytest.raises(NotFound), transaction():
        rounds.change(made, said, version=row_of_round(made).version, reach={cast.water}, at=AT)
    assert choosing.one_round(cor, {cast.water}, made) is None
    with transaction():
        db.session.execute(text("DELETE FROM review_round_person WHERE person_id = :leo"), {"leo": cast.leo})
    assert choosing.one_round(cor, {cast.water}, made) is not None
    with transaction():
        rounds.change(made, said, version=row_of_round(made).version, reach={cast.water}, at=AT)
        rounds.release(made, by=cor, mark=None, at=AT)
        settle(AT)


def row_of_round(made: int) -> Any:
    return db.session.execute(text("SELECT * FROM review_round WHERE id = :id"), {"id": made}).one()


def test_hr_of_another_department_finds_no_trace_of_a_round(
    scene: Scene, cast: Cast, browser_of: Browser
) -> None:
    limited(cast, "cor", cast.systems)
    made = round_of_water(scene, cast)
    cor = browser_of("cor")
    for path in ("", "/edit", "/release", "/decisions.csv"):
        assert cor.get(f"/hr/reviews/rounds/{made}{path}").status_code == 404
    assert "Round" not in cor.get("/hr/reviews").text.replace("Rounds", "").replace("New round", "")


def test_the_desk_costs_as_many_questions_for_many_reviews_as_for_one(
    app: Flask, scene: Scene, browser_of: Browser
) -> None:
    clara = browser_of("clara")
    told = []
    scene.review("anna")
    for more in ((), ("ben", "mia", "leo", "dan", "cor", "eve")):
        for name in more:
            scene.review(name)
            scene.round()
        clara.get("/hr/reviews")
        with counted() as statements:
            assert clara.get("/hr/reviews").status_code == 200
        told.append(len(statements))
    assert told[0] == told[1]
    assert told[1] <= 20
