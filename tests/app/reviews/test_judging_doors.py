"""Panel, decision and what comes after through their doors: who reads what, when, and the wrong person of each role."""

import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.notifications.models import Notification
from app.outbox import settle
from app.people import actions as people
from app.reviews import after, rounds
from app.worker import go_on_with_reviews, relay
from tests.app.reviews.conftest import AT, TODAY, WHY, Scene, row_of, rows
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]


ALL = ("anna", "ben", "clara", "dan", "eve", "mia", "leo", "cor")


def who_reads(review: uuid.UUID, words: str, browser_of: Browser) -> set[str]:
    found = set()
    for name in ALL:
        answer = browser_of(name).get(f"/reviews/{review}")
        assert answer.status_code in (200, 404), (name, answer.status_code)
        found |= {name} if words in answer.text else set()
    return found


def test_what_the_panel_says_becomes_everybodys_at_the_moment_the_last_hands_in(
    scene: Scene, browser_of: Browser
) -> None:
    review = scene.review("anna")
    scene.seat(review, "member", "ben", "eve")
    scene.seat(review, "decider", "mia")
    scene.hand_in(review, "ben")
    assert who_reads(review, f"{WHY} ben", browser_of) == set()  # not even its writer's: it is filed
    first = {f"verdict-{scene.asked[0]}": "partly", f"words-{scene.asked[0]}": "only eve reads this draft"}
    assert browser_of("eve").post(f"/reviews/{review}/assessment", data=first).status_code == 303
    assert who_reads(review, "only eve reads this draft", browser_of) == {"eve"}
    scene.hand_in_again(review, "eve")
    assert who_reads(review, f"{WHY} ben", browser_of) == {"anna", "ben", "eve", "mia", "clara"}


def test_a_panel_hands_in_by_a_plain_form_and_what_is_missing_comes_back_with_what_was_typed(
    scene: Scene, browser_of: Browser
) -> None:
    review = scene.review("anna")
    scene.seat(review, "member", "ben")
    form: dict[str, Any] = {f"verdict-{one}": "met" for one in scene.asked}
    form |= {f"words-{one}": f"typed about {one}" for one in scene.asked[:2]}
    answer = browser_of("ben").post(f"/reviews/{review}/assessment", data={**form, "hand_in": "true"})
    assert answer.status_code == 422
    assert f"typed about {scene.asked[0]}" in answer.text
    missing = re.findall(r'<li><a href="#f-(?:verdict|words)-(\d+)">(\d)\. Can do thing \d</a>', answer.text)
    assert {int(one) for one, _ in missing} == {scene.asked[2]}, "which criterion it is about is said"
    form[f"words-{scene.asked[2]}"] = "and the third"
    answer = browser_of("ben").post(f"/reviews/{review}/assessment", data={**form, "hand_in": "true"})
    assert answer.status_code == 303
    assert row_of(review).stage == "deciding"


def test_the_reason_of_a_decision_is_kept_while_it_is_written(scene: Scene, browser_of: Browser) -> None:
    review = scene.to_decide("anna", "partly")
    mia, at, swap = browser_of("mia"), f"/reviews/{review}/decision", {"HX-Request": "true"}
    kept = mia.post(at, data={"words": "Calm on the", "draft": "0"}, headers=swap)
    assert kept.status_code == 200
    assert 'name="draft" value="1" hx-swap-oob="true"' in kept.text
    assert "<html" not in kept.text
    late = mia.post(at, data={"words": "From another window", "draft": "0"}, headers=swap)
    assert late.status_code == 409
    assert "Calm on the" in late.text
    assert "From another window" in late.text
    assert 'id="decide-draft" name="draft" value="1"' in mia.get(f"/reviews/{review}").text


def test_two_windows_of_one_member_get_both_texts_by_form_and_by_swap(
    scene: Scene, browser_of: Browser
) -> None:
    review = scene.review("anna")
    scene.seat(review, "member", "ben")
    one, ben, at = scene.asked[0], browser_of("ben"), f"/reviews/{review}/assessment"
    ben.post(at, data={f"words-{one}": "the text of this window", f"version-{one}": "0"})
    late = {f"words-{one}": "the text of that window", f"version-{one}": "0"}
    for headers in ({}, {"HX-Request": "true"}):
        answer = ben.post(at, data=late, headers=headers)
        assert answer.status_code == 409
        assert "the text of this window" in answer.text
        assert "the text of that window" in answer.text
    kept = ben.post(at, data={**late, f"version-{one}": "1"}, headers={"HX-Request": "true"})
    assert kept.status_code == 200
    assert f'name="version-{one}" value="2"' in kept.text


def test_a_decision_is_looked_at_again_and_signed_under_what_was_read(
    scene: Scene, browser_of: Browser
) -> None:
    review = scene.to_decide("anna", "partly")
    read = scene.version(review)
    said = {
        "outcome": "promote",
        "words": "You run shifts on your own.",
        "from_on": str(TODAY),
        "read": read,
        "draft": 0,
    }
    mia, at = browser_of("mia"), f"/reviews/{review}/decision"
    look = mia.post(at, data={**said, "step": "look"})
    assert look.status_code == 200
    assert "You run shifts on your own." in look.text
    assert row_of(review).stage == "deciding"
    for name in ("anna", "ben", "clara", "dan", "eve", "leo"):
        assert browser_of(name).post(at, data={**said, "step": "sign"}).status_code == 404
    stale = mia.post(at, data={**said, "step": "sign", "read": read - 1})
    assert stale.status_code == 409
    assert "You run shifts on your own." in stale.text
    assert mia.post(at, data={**said, "step": "sign"}).status_code == 303
    assert who_reads(review, "You run shifts on your own.", browser_of) == {"anna", "ben", "mia", "clara"}


def test_a_decision_of_a_round_is_read_by_nobody_but_its_deciders_until_it_is_released(
    app: Flask, scene: Scene, cast: Cast, browser_of: Browser
) -> None:
    made = scene.round()
    review = scene.to_decide("anna", round_id=made)
    scene.sign(review, "mia", words="this stays hidden until the release")
    assert who_reads(review, "this stays hidden until the release", browser_of) == {"mia"}
    assert browser_of("anna").get(f"/reviews/{review}/dossier.json").status_code == 404
    clara = browser_of("clara")
    page = clara.get(f"/hr/reviews/rounds/{made}/release")
    assert "Anna" in page.text
    mark = re.search(r'name="mark" value="(\w+)"', page.text)
    assert mark
    assert clara.post(f"/hr/reviews/rounds/{made}/release", data={"mark": "0" * 32}).status_code == 409
    assert clara.post(f"/hr/reviews/rounds/{made}/release", data={"mark": mark[1]}).status_code == 303
    assert who_reads(review, "this stays hidden until the release", browser_of) == {
        "anna",
        "ben",
        "mia",
        "clara",
    }


def test_the_worker_releases_a_round_on_its_day(app: Flask, scene: Scene) -> None:
    made = scene.round()
    review = scene.to_decide("anna", round_id=made)
    scene.sign(review, "mia")
    go_on_with_reviews(AT + timedelta(days=39))
    assert row_of(review).stage == "decided"
    go_on_with_reviews(AT + timedelta(days=41))
    assert row_of(review).stage == "released"
    go_on_with_reviews(AT + timedelta(days=41))
    assert len(rows("SELECT FROM dossier")) == 1


def test_hr_sees_exactly_what_the_employee_sees_at_every_stage(
    scene: Scene, cast: Cast, browser_of: Browser
) -> None:
    review = scene.review("anna")
    scene.seat(review, "member", "ben")
    scene.seat(review, "decider", "mia")
    _same(review, browser_of)
    scene.hand_in(review, "ben", "partly")
    _same(review, browser_of)
    scene.sign(review, "mia", "not_yet")
    _same(review, browser_of)
    with transaction():
        after.sign_seen(review, person_id=cast.anna, version=scene.version(review), at=AT)
        after.answer(review, "my answer to all of it", person_id=cast.anna, at=AT)
        after.file_objection(review, "I object to this", person_id=cast.anna, at=AT)
        settle(AT)
    _same(review, browser_of)


def _same(review: uuid.UUID, browser_of: Browser) -> None:
    """What is said in the file, without forms and buttons, is the same for the employee, HR, and HR as the employee."""
    seen = {
        name: _said(browser_of(name).get(f"/reviews/{review}{query}").text)
        for name, query in (("anna", ""), ("clara", ""), ("clara", "?as=employee"))
    }
    assert seen["anna"] == seen["clara"]


CONTROLS = (
    r"<form.*?</form>",
    r"<details class=\"fold.*?</details>",
    r'<a class="btn.*?</a>',
    r'<section class="card" aria-labelledby="do-h">.*?</section>',
)


def _said(page: str) -> str:
    file = page.split('<div id="file">', 1)[1].split("</aside>", 1)[0]
    for gone in (
        r"<form.*?</form>",
        r"<details class=\"fold.*?</details>",
        r'<a class="btn.*?</a>',
        r'<section class="card" aria-labelledby="do-h">.*?</section>',
        r'<div class="row-2 wrap-row[^>]*>\s*</div>',
    ):
        file = re.sub(gone, "", file, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", file).split())


def test_the_employee_signs_seen_answers_and_objects_by_form_and_nobody_else_does(
    scene: Scene, browser_of: Browser
) -> None:
    review = scene.released()
    read = scene.version(review)
    for door, form in (("seen", {"read": read}), ("answer", {"words": WHY}), ("objection", {"words": WHY})):
        for name in ("ben", "mia", "clara", "eve", "dan", "leo"):
            assert browser_of(name).post(f"/reviews/{review}/{door}", data=form).status_code == 404
    anna = browser_of("anna")
    assert anna.post(f"/reviews/{review}/seen", data={"read": read - 1}).status_code == 409
    assert anna.post(f"/reviews/{review}/seen", data={"read": read}).status_code == 303
    assert anna.post(f"/reviews/{review}/answer", data={"words": "x"}).status_code == 422
    assert anna.post(f"/reviews/{review}/answer", data={"words": WHY}).status_code == 303
    assert (
        anna.post(f"/reviews/{review}/objection", data={"words": "I do not agree with it"}).status_code == 303
    )
    clara = browser_of("clara")
    assert clara.post(f"/hr/reviews/{review}/handler", data={"person": "Mia"}).status_code == 422
    assert clara.post(f"/hr/reviews/{review}/handler", data={"person": "Dan"}).status_code == 303
    answer = {"outcome": "stands", "words": "It was weighed", "read": scene.version(review)}
    assert browser_of("mia").post(f"/reviews/{review}/objection/answer", data=answer).status_code == 404
    assert browser_of("dan").post(f"/reviews/{review}/objection/answer", data=answer).status_code == 303
    assert "It was weighed" in anna.get(f"/reviews/{review}").text


def test_the_frozen_dossier_is_for_the_employee_and_for_hr(scene: Scene, browser_of: Browser) -> None:
    review = scene.released()
    for name in ALL:
        for suffix in ("json", "pdf"):
            answer = browser_of(name).get(f"/reviews/{review}/dossier.{suffix}")
            assert answer.status_code == (200 if name in ("anna", "clara") else 404), name
    plain = browser_of("anna").get(f"/reviews/{review}/dossier.json").data
    assert plain == browser_of("clara").get(f"/reviews/{review}/dossier.json").data
    assert json.loads(plain)["decisions"][0]["outcome"] == "promote"
    assert browser_of("anna").get(f"/reviews/{review}/dossier.pdf?lang=nl").data.startswith(b"%PDF")


def test_hr_gives_a_reason_before_the_dossier_of_a_review_that_is_over(
    scene: Scene, browser_of: Browser
) -> None:
    review = scene.released()
    with transaction():
        db.session.execute(text("UPDATE review SET stage = 'closed'"))
    for suffix in ("json", "pdf"):
        assert browser_of("clara").get(f"/reviews/{review}/dossier.{suffix}").status_code == 409
        assert browser_of("anna").get(f"/reviews/{review}/dossier.{suffix}").status_code == 200
    browser_of("clara").post(f"/reviews/{review}/reason", data={"reason": "She asked me about it"})
    assert browser_of("clara").get(f"/reviews/{review}/dossier.json").status_code == 200


def test_the_desk_keeps_a_look_that_it_refuses(scene: Scene, cast: Cast, browser_of: Browser) -> None:
    review = scene.review("anna")
    with transaction():
        people.serve_departments(person_id=cast.clara, department_ids=[cast.systems], by=cast.dan, at=AT)
    assert browser_of("clara").get(f"/hr/reviews/{review}/seats").status_code == 404
    looks = rows("SELECT viewer_id, person_id, allowed FROM look WHERE what = 'review'")
    assert [tuple(one) for one in looks] == [(cast.clara, cast.anna, False)]


def test_the_decisions_of_a_round_as_csv_run_nothing_in_a_spreadsheet(
    scene: Scene, cast: Cast, browser_of: Browser
) -> None:
    made = scene.round()
    review = scene.to_decide("anna", round_id=made)
    scene.sign(review, "mia")
    with transaction():
        db.session.execute(text("UPDATE person SET name = '=cmd|x' WHERE id = :a"), {"a": cast.anna})
    at = f"/hr/reviews/rounds/{made}/decisions.csv"
    assert "w-anna" not in browser_of("clara").get(at).text
    with transaction():
        rounds.release(made, by=cast.clara, mark=None, at=AT)
        settle(AT)
    told = browser_of("clara").get(at).text
    assert "w-anna,'=cmd|x,senior-operator" in told
    assert told.startswith("\ufeffexternal_id,")
    clara = browser_of("clara")
    clara.post("/me/language", data={"language": "nl"})
    link = clara.get(f"/hr/reviews/rounds/{made}").text.split("decisions.csv")[1].split('"')[0]
    dutch = clara.get(at + link.replace("%3B", ";")).text
    assert dutch.startswith("\ufeffexternal_id;")
    assert "w-anna;'=cmd|x;senior-operator;Senior operator;promote;Bevorderen;" in dutch
    assert clara.get(f"{at}?separator=x").status_code == 422
    assert "promote" in told
    for name in ("anna", "mia", "leo", "dan"):
        assert browser_of(name).get(at).status_code == 403


def test_hr_keeps_a_round_by_plain_forms_and_who_is_invited_begins(
    scene: Scene, cast: Cast, browser_of: Browser
) -> None:
    with transaction():
        db.session.execute(text("UPDATE person SET job = 'Operator B' WHERE id = :a"), {"a": cast.anna})
    clara = browser_of("clara")
    days = {
        name: str(TODAY + timedelta(days=place))
        for place, name in enumerate(("evidence_due", "panel_due", "decide_due", "release_on"), 3)
    }
    form = {"name_nl": "Najaar", "name_en": "Autumn", "jobs": scene.senior, **days}
    assert clara.get("/hr/reviews/rounds/new").status_code == 200
    wrong = clara.post("/hr/reviews/rounds", data={**form, "panel_due": str(TODAY)})
    assert wrong.status_code == 422
    assert "Autumn" in wrong.text
    made = clara.post("/hr/reviews/rounds", data=form).headers["Location"]
    for seat, name in (("member", "Ben"), ("decider", "Mia")):
        assert clara.post(f"{made}/seats", data={"person": name, "seat": seat}).status_code == 303
    assert clara.post(f"{made}/seats", data={"person": "Nobody", "seat": "member"}).status_code == 422
    assert clara.post(f"{made}/people", data={"person": "Eve", "job_id": scene.senior}).status_code == 303
    assert clara.get(made).status_code == 200
    number = made.rsplit("/", 1)[1]
    assert browser_of("anna").get(f"/reviews/rounds/{number}").status_code == 404
    assert clara.post(f"{made}/invitations").status_code == 303
    assert browser_of("ben").get(f"/reviews/rounds/{number}").status_code == 404
    assert "Autumn" in browser_of("anna").get(f"/reviews/rounds/{number}").text
    begun = browser_of("anna").post(f"/reviews/rounds/{number}/acceptance", data={"job_id": scene.senior})
    assert begun.status_code == 303
    assert browser_of("ben").get(begun.headers["Location"]).status_code == 200
    page = clara.get("/hr/reviews")
    assert "Anna" in page.text
    assert clara.get("/hr/reviews?stage=late").status_code == 200
    assert "Anna" not in clara.get("/hr/reviews?stage=late").text


def test_a_review_outside_of_a_round_is_not_taken_for_one_in_it(
    scene: Scene, cast: Cast, browser_of: Browser
) -> None:
    made = scene.round()
    with transaction():
        rounds.list_person(made, person_id=cast.anna, job_id=scene.senior, reach=None, jobs=[scene.senior])
        rounds.invite(made, at=AT)
        settle(AT)
    scene.review("anna", "gathering")
    asked = browser_of("anna").post(f"/reviews/rounds/{made}/acceptance", data={"job_id": scene.senior})
    assert asked.status_code == 409
    assert "You have a review for this job already" in asked.text


@pytest.fixture
def inbox(app: Flask) -> Callable[[], list[tuple[int, str]]]:
    def read() -> list[tuple[int, str]]:
        while relay(AT):
            pass
        found = [
            (row.person_id, row.kind) for row in rows("SELECT person_id, kind FROM notification ORDER BY id")
        ]
        assert Notification
        return found

    return read


def test_each_hears_once_of_what_waits_and_no_mail_says_what_was_decided(
    app: Flask, scene: Scene, cast: Cast, browser_of: Browser, inbox: Callable[[], list[tuple[int, str]]]
) -> None:
    review = scene.review("anna", due=TODAY + timedelta(days=2))
    scene.seat(review, "member", "ben")
    scene.seat(review, "decider", "mia")
    for _ in range(2):
        go_on_with_reviews(AT)
        browser_of("clara").post("/hr/reviews/reminders", data={"review": [str(review)]})
    told = inbox()
    assert told.count((cast.ben, "review_seat")) == 1
    assert told.count((cast.ben, "review_panel")) == 2  # before its day, and because HR asked today
    scene.hand_in(review, "ben", "not_yet")
    scene.sign(review, "mia", "not_yet")
    told = inbox()
    assert (cast.mia, "review_decide") in told
    assert told.count((cast.anna, "review_released")) == 1
    page = browser_of("anna").get("/inbox").text
    assert "There is a decision in your review" in page
    assert "Not yet" not in page


def test_how_panels_judged_a_criterion_appears_from_five_judged_by_five_and_goes_on_in_steps_of_five(
    scene: Scene, browser_of: Browser
) -> None:
    def page() -> str:
        return browser_of("clara").get("/hr/reviews/panels").text

    for name in ("anna", "mia", "leo", "dan", "cor"):
        scene.review_of_five(name)
    assert "Can do thing 1" not in page()  # five reviews, and the word of one
    with transaction():
        db.session.execute(text("UPDATE review SET stage = 'closed'"))
    pairs = [("anna", "ben"), ("mia", "clara"), ("leo", "dan"), ("dan", "cor"), ("cor", "dan")]
    for holder, member in pairs[:4]:
        scene.review_of_five(holder, member)
    assert "Can do thing 1" not in page()
    scene.review_of_five(*pairs[4])
    told = page()
    assert "Can do thing 1" in told
    assert not any(name in told for name in ("Eve", "Ben", "Dan", "Cor"))
    scene.review_of_five("ben")
    assert (
        page().count('<td class="num">10</td>') == told.count('<td class="num">10</td>') == len(scene.asked)
    )
    assert browser_of("mia").get("/hr/reviews/panels").status_code == 403


def test_hr_does_not_run_their_own_review(scene: Scene, browser_of: Browser) -> None:
    review = scene.review("clara")
    clara = browser_of("clara")
    for door in ("seats", "seats/drop", "begin", "handler"):
        assert (
            clara.post(f"/hr/reviews/{review}/{door}", data={"person": "Ben", "seat": "member"}).status_code
            == 404
        )
    assert "Clara" not in clara.get("/hr/reviews").text.split('id="reviews"')[1]


def test_what_comes_too_late_says_so_and_brings_back_what_was_written(
    scene: Scene, cast: Cast, browser_of: Browser
) -> None:
    review = scene.to_decide("anna")
    scene.seat(review, "decider", "dan")
    form = {"outcome": "not_yet", "words": "written while mia signed", "step": "sign", "draft": "0"}
    scene.sign(review, "mia")
    late = browser_of("dan").post(
        f"/reviews/{review}/decision", data={**form, "read": str(scene.version(review))}
    )
    assert late.status_code == 409
    assert "This review has moved on" in late.text
    assert "written while mia signed" in late.text
    here = f"/reviews/{review}/criteria/{scene.asked[0]}"
    document = {"title": "A plan", "text": "written while the panel began"}
    for headers in ({}, {"HX-Request": "true"}):
        late = browser_of("anna").post(f"{here}/evidence", data=document, headers=headers)
        assert late.status_code == 409
        assert "This review has moved on" in late.text
        assert ("<html" in late.text) is not bool(headers)
    assert "written while the panel began" in browser_of("anna").post(f"{here}/evidence", data=document).text
    assert browser_of("anna").get(here).status_code == 404
