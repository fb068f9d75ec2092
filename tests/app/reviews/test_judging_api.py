"""Panels, decisions, rounds and what follows in JSON: the actions of the pages, and the wrong person of each role."""

import hashlib
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.db import db, transaction
from app.people import actions as people
from app.people.actions import SCOPES
from app.reviews import rounds
from tests.app.reviews.conftest import AT, TODAY, WHY, Scene, apart, row_of, rows
from tests.cast import Cast, platform_headers

ALL = ("anna", "ben", "clara", "dan", "eve", "mia", "leo", "cor")
Call = Callable[..., TestResponse]
DAYS = {
    name: str(TODAY + timedelta(days=place))
    for place, name in enumerate(("evidence_due", "panel_due", "decide_due", "release_on"), 3)
}


@pytest.fixture
def ask(client: FlaskClient, token_of: Callable[[str], dict[str, str]], scene: Scene) -> Call:
    """`ask("anna", "GET", "/reviews")` is Anna's program, which keeps her token."""
    tokens = {name: token_of(name) for name in ALL}
    send = partial(apart, client.open)

    def call(name: str, method: str, path: str, **json: Any) -> TestResponse:
        told = {"json": json} if method != "GET" else {}
        return send("/api/v1" + path, method=method, headers=tokens[name], **told)

    return call


def test_a_panel_hands_in_and_a_decider_signs_by_program(scene: Scene, ask: Call) -> None:
    review = scene.review("anna")
    scene.seat(review, "member", "ben")
    scene.seat(review, "decider", "mia")
    items = [{"criterion_id": one, "verdict": "met", "words": f"typed about {one}"} for one in scene.asked]
    for name in set(ALL) - {"ben"}:
        assert ask(name, "PUT", f"/reviews/{review}/assessment", items=items).status_code == 404
    kept = ask("ben", "PUT", f"/reviews/{review}/assessment", items=items[:1])
    assert kept.get_json()["drafts"] == [
        {**items[0], "version": 1}
    ]  # his own eyes only, until the panel is complete
    assert ask("anna", "GET", f"/reviews/{review}/judged").get_json()["drafts"] == []
    missing = ask("ben", "PUT", f"/reviews/{review}/assessment", hand_in=True)
    assert missing.status_code == 422
    assert f"verdict-{scene.asked[1]}" in missing.get_json()["errors"]
    clash = ask(
        "ben", "PUT", f"/reviews/{review}/assessment", items=[{**items[0], "words": "another window"}]
    )
    assert (clash.status_code, clash.get_json()["code"]) == (409, "clash")
    assert (
        ask("ben", "PUT", f"/reviews/{review}/assessment", items=items[1:], hand_in=True).status_code == 200
    )
    told = ask("anna", "GET", f"/reviews/{review}/judged").get_json()
    assert (told["stage"], told["you"], len(told["verdicts"])) == ("deciding", ["holder"], 3)
    assert ask("ben", "PUT", f"/reviews/{review}/assessment", hand_in=True).status_code == 409


def _sign(review: uuid.UUID, ask: Call, name: str, read: int, **more: Any) -> TestResponse:
    said = {"outcome": "promote", "words": "You run shifts on your own.", "from_on": str(TODAY)}
    return ask(name, "POST", f"/reviews/{review}/decision", **{**said, "read": read, **more})


def test_a_decision_names_the_version_that_was_read_and_a_stale_one_is_refused(
    scene: Scene, ask: Call
) -> None:
    review = scene.to_decide("anna", "partly")
    read = ask("mia", "GET", f"/reviews/{review}/judged").get_json()["version"]
    for name in set(ALL) - {"mia"}:
        assert _sign(review, ask, name, read).status_code == 404
    stale = _sign(review, ask, "mia", read - 1)
    assert (stale.status_code, stale.get_json()["code"]) == (409, "stale")
    assert row_of(review).stage == "deciding"
    draft = ask("mia", "PUT", f"/reviews/{review}/decision/draft", words="not yet signed")
    assert draft.get_json() == {"draft": 1}
    assert ask("clara", "GET", f"/reviews/{review}/judged").get_json()["draft"] is None
    assert ask("mia", "GET", f"/reviews/{review}/judged").get_json()["draft"]["words"] == "not yet signed"
    signed = _sign(review, ask, "mia", read)
    assert (signed.status_code, signed.get_json()["stage"]) == (200, "released")
    assert _sign(review, ask, "mia", read).status_code == 409
    same = [ask(name, "GET", f"/reviews/{review}/judged").get_json() for name in ("anna", "clara")]
    for one in same:
        one.pop("you")
    assert same[0] == same[1]
    assert same[0]["decisions"][0]["words"] == "You run shifts on your own."


def test_the_employee_signs_answers_and_objects_and_who_handles_it_answers(scene: Scene, ask: Call) -> None:
    review = scene.released()
    read = scene.version(review)
    doors = {"seen": {"read": read}, "answer": {"words": WHY}, "objection": {"words": WHY}}
    for door, form in doors.items():
        for name in set(ALL) - {"anna"}:
            assert ask(name, "POST", f"/reviews/{review}/{door}", **form).status_code == 404
    assert ask("anna", "POST", f"/reviews/{review}/seen", read=read - 1).get_json()["code"] == "stale"
    for door, form in doors.items():
        assert ask("anna", "POST", f"/reviews/{review}/{door}", **form).status_code == 200, door
        assert ask("anna", "POST", f"/reviews/{review}/{door}", **form).status_code == 409, door
    handler = f"/reviews/{review}/objection/handler"
    assert ask("clara", "PUT", handler, person_id=scene.cast.mia).status_code == 422  # she decided it
    named = ask("clara", "PUT", handler, person_id=scene.cast.dan)
    assert named.get_json()["handler"] == {"id": scene.cast.dan, "name": "Dan"}
    answer = {"outcome": "stands", "words": "It was weighed", "read": scene.version(review)}
    for name in set(ALL) - {"dan"}:
        assert ask(name, "POST", f"/reviews/{review}/objection/answer", **answer).status_code == 404
    stale = {**answer, "read": answer["read"] - 1}
    assert ask("dan", "POST", f"/reviews/{review}/objection/answer", **stale).status_code == 409
    told = ask("dan", "POST", f"/reviews/{review}/objection/answer", **answer).get_json()
    assert told["objection"]["answer"] == "It was weighed"


def test_the_frozen_dossier_by_program_is_the_bytes_that_were_hashed(scene: Scene, ask: Call) -> None:
    review = scene.released()
    for name in ALL:
        may = 200 if name in ("anna", "clara") else 404
        assert ask(name, "GET", f"/reviews/{review}/dossier").status_code == may, name
        assert ask(name, "GET", f"/reviews/{review}/dossier.pdf?lang=nl").status_code == may, name
    told = ask("anna", "GET", f"/reviews/{review}/judged").get_json()["dossiers"]
    plain = ask("anna", "GET", f"/reviews/{review}/dossier?number={told[0]['number']}").data
    assert hashlib.sha256(plain).hexdigest() == told[0]["sha256"]
    taken = rows("SELECT actor_id FROM audit_entry WHERE action = 'dossier:taken' ORDER BY id")
    assert [one.actor_id for one in taken][-1] == scene.cast.anna
    with transaction():
        db.session.execute(text("UPDATE review SET stage = 'closed'"))
    for door in ("dossier", "dossier.pdf", "judged", "seats"):
        assert ask("clara", "GET", f"/reviews/{review}/{door}").status_code == 409
    assert (
        ask("clara", "POST", f"/reviews/{review}/reason", reason="She asked me about it").status_code == 204
    )
    for door in ("dossier", "judged", "seats"):
        assert ask("clara", "GET", f"/reviews/{review}/{door}").status_code == 200


def test_hr_keeps_a_round_by_program_and_who_is_invited_begins(scene: Scene, cast: Cast, ask: Call) -> None:
    with transaction():
        db.session.execute(text("UPDATE person SET job = 'Operator B' WHERE id = :a"), {"a": cast.anna})
    new = {"name_nl": "Najaar", "name_en": "Autumn", "jobs": [scene.senior], **DAYS, "once": "autumn"}
    wrong = ask("clara", "POST", "/review-rounds", **{**new, "panel_due": str(TODAY)})
    assert (wrong.status_code, "dates" in wrong.get_json()["errors"]) == (422, True)
    first, again = (ask("clara", "POST", "/review-rounds", **new).get_json() for _ in range(2))
    assert first == again
    assert len(rows("SELECT FROM review_round")) == len(
        rows("SELECT FROM audit_entry WHERE action = 'review_round:opened'")
    )
    one = f"/review-rounds/{first['id']}"
    for seat, who in (("member", cast.ben), ("member", cast.eve), ("decider", cast.mia)):
        for _ in range(2):
            made = ask("clara", "POST", f"{one}/seats", person_id=who, seat=seat)
    assert len(made.get_json()["seats"]) == 3
    assert len(ask("clara", "DELETE", f"{one}/seats/{cast.eve}/member").get_json()["seats"]) == 2
    listed = ask("clara", "POST", f"{one}/people", person_id=cast.eve, job_id=scene.senior).get_json()
    assert {row["person"]["id"] for row in listed["people"]} == {cast.anna, cast.eve}
    later = {name: new[name] for name in ("name_nl", "name_en", *DAYS)} | {"name_en": "Late autumn"}
    stale = ask("clara", "PUT", one, **later, version=first["version"])
    assert stale.status_code == 409  # seats were named since
    assert (
        ask("clara", "PUT", one, **later, version=listed["version"]).get_json()["name"]["en"] == "Late autumn"
    )
    assert ask("anna", "GET", f"{one}/invitation").status_code == 404
    assert ask("clara", "POST", f"{one}/invitations").get_json() == {"people": 2}
    told = ask("anna", "GET", f"{one}/invitation").get_json()
    assert (told["name"]["en"], told["jobs"][0]["id"]) == ("Late autumn", scene.senior)
    assert ask("ben", "POST", f"{one}/invitation", job_id=scene.senior).status_code == 404
    begun, again = (
        ask("anna", "POST", f"{one}/invitation", job_id=scene.senior).get_json() for _ in range(2)
    )
    assert begun == again
    found = ask("clara", "GET", f"/hr/reviews?round_id={first['id']}").get_json()["reviews"]
    assert [(row["id"], row["person"]["name"], row["members"]) for row in found] == [
        (begun["review_id"], "Anna", 1)
    ]
    assert ask("clara", "POST", "/hr/reviews/reminders", reviews=[begun["review_id"]]).get_json() == {
        "people": 1
    }


def test_a_round_is_released_on_what_was_read_and_its_decisions_are_csv(scene: Scene, ask: Call) -> None:
    made = scene.round()
    review = scene.to_decide("anna", round_id=made)
    mark = ask("clara", "GET", f"/review-rounds/{made}").get_json()["mark"]
    scene.sign(review, "mia", words="hidden until the release")
    for name in ("anna", "clara", "ben"):
        assert "hidden" not in ask(name, "GET", f"/reviews/{review}/judged").text
    assert ask("clara", "POST", f"/review-rounds/{made}/release", mark=mark).status_code == 409
    mark = ask("clara", "GET", f"/review-rounds/{made}").get_json()["mark"]
    assert ask("clara", "POST", f"/review-rounds/{made}/release", mark=mark).get_json() == {"released": 1}
    told = ask("clara", "GET", f"/review-rounds/{made}/decisions.csv").text
    assert "w-anna" in told
    acts = {row.action for row in rows("SELECT action FROM audit_entry")}
    assert {"review_round:released", "review_round:decisions_taken"} <= acts


def test_whoever_stands_on_a_list_of_hr_reads_that_hr_looked(scene: Scene, cast: Cast, ask: Call) -> None:
    made = scene.round()
    scene.review("anna", round_id=made)
    scene.review("eve")
    for path in (f"/review-rounds/{made}", "/hr/reviews"):
        assert ask("clara", "GET", path).status_code == 200
    looks = rows("SELECT viewer_id, person_id, allowed FROM look WHERE what = 'review:listed' ORDER BY id")
    assert [tuple(one) for one in looks] == [(cast.clara, cast.anna, True), (cast.clara, cast.eve, True)]
    told = ask("anna", "GET", "/me/looks").get_json()["looks"]
    assert [one["what"] for one in told] == ["review:listed"]


def test_hr_names_seats_in_one_review_and_lets_the_panel_begin(scene: Scene, cast: Cast, ask: Call) -> None:
    review = scene.review("anna", "gathering")
    seats = f"/reviews/{review}/seats"
    assert ask("clara", "POST", seats, person_id=cast.anna, seat="member").status_code == 422
    told = ask("clara", "POST", seats, person_id=cast.ben, seat="member").get_json()
    assert [(one["person"]["name"], one["seat"]) for one in told["seats"]] == [("Ben", "member")]
    assert ask("clara", "POST", f"/reviews/{review}/beginning").status_code == 422
    assert ask("anna", "POST", f"/reviews/{review}/completion").status_code == 200
    assert row_of(review).stage == "panel"
    assert ask("ben", "POST", f"/reviews/{review}/aside").status_code == 204
    assert ask("ben", "GET", f"/reviews/{review}/judged").status_code == 404
    assert ask("clara", "DELETE", f"{seats}/{cast.ben}/member").status_code == 409
    assert ask("clara", "GET", "/hr/reviews/panels").get_json() == {"criteria": []}


def test_hr_of_another_department_finds_nothing_and_leaves_a_look_that_was_refused(
    scene: Scene, cast: Cast, ask: Call
) -> None:
    made, review = scene.round(), scene.review("anna")
    with transaction():
        people.serve_departments(person_id=cast.clara, department_ids=[cast.systems], by=cast.dan, at=AT)
    for method, path, form in (
        ("GET", f"/reviews/{review}/seats", {}),
        ("POST", f"/reviews/{review}/seats", {"person_id": cast.ben, "seat": "member"}),
        ("DELETE", f"/reviews/{review}/seats/{cast.ben}/member", {}),
        ("POST", f"/reviews/{review}/beginning", {}),
        ("PUT", f"/reviews/{review}/objection/handler", {"person_id": cast.ben}),
        ("GET", f"/reviews/{review}/judged", {}),
        ("GET", f"/reviews/{review}/dossier", {}),
        ("GET", f"/review-rounds/{made}", {}),
        ("PUT", f"/review-rounds/{made}", {"name_nl": "Ander", "name_en": "Other", **DAYS, "version": 1}),
        ("POST", f"/review-rounds/{made}/seats", {"person_id": cast.ben, "seat": "member"}),
        ("DELETE", f"/review-rounds/{made}/seats/{cast.ben}/member", {}),
        ("POST", f"/review-rounds/{made}/people", {"person_id": cast.ben, "job_id": scene.senior}),
        ("POST", f"/review-rounds/{made}/invitations", {}),
        ("POST", f"/review-rounds/{made}/release", {"mark": "0" * 32}),
        ("GET", f"/review-rounds/{made}/decisions.csv", {}),
    ):
        assert ask("clara", method, path, **form).status_code == 404, path
    assert ask("clara", "GET", "/hr/reviews").get_json() == {"reviews": [], "more": False}
    assert ask("clara", "GET", "/review-rounds").get_json() == {"rounds": []}
    new = {"name_nl": "Najaar", "name_en": "Autumn", "jobs": [scene.senior], **DAYS}
    assert ask("clara", "POST", "/review-rounds", **new).status_code == 422  # everywhere is not theirs
    looks = rows("SELECT DISTINCT viewer_id, person_id, allowed FROM look WHERE what = 'review'")
    assert [tuple(one) for one in looks] == [(cast.clara, cast.anna, False)]


def test_hr_does_not_run_their_own_review_by_program(scene: Scene, ask: Call) -> None:
    review = scene.review("clara")
    assert ask("clara", "GET", f"/reviews/{review}/seats").status_code == 404
    assert ask("clara", "POST", f"/reviews/{review}/beginning").status_code == 404
    assert ask("clara", "GET", "/hr/reviews").get_json()["reviews"] == []


def test_no_system_opens_a_review_whatever_its_key_reaches(
    app: Flask, scene: Scene, client: FlaskClient
) -> None:
    review, made = scene.released(), scene.round()
    headers = platform_headers(app, *SCOPES)
    for path in (
        "/reviews", f"/reviews/{review}", f"/reviews/{review}/judged", f"/reviews/{review}/dossier",
        f"/reviews/{review}/dossier.pdf", f"/reviews/{review}/seats", "/hr/reviews", "/review-rounds",
        f"/review-rounds/{made}", f"/review-rounds/{made}/decisions.csv",
    ):  # fmt: skip
        assert client.get("/api/v1" + path, headers=headers).status_code == 403, path


def test_of_two_who_open_a_round_under_one_key_at_once_one_makes_it(
    app: Flask, scene: Scene, cast: Cast
) -> None:
    days = [TODAY + timedelta(days=days) for days in (3, 4, 5, 6)]
    said = rounds.NewRound(
        name={"nl": "Najaar", "en": "Autumn"}, jobs=[scene.senior], evidence_due=days[0], panel_due=days[1],
        decide_due=days[2], release_on=days[3],
    )  # fmt: skip
    at_once = Barrier(2)

    def try_to(_: int) -> tuple[int, bool]:
        with app.app_context():
            at_once.wait()
            with transaction():
                return rounds.open_once(said, once="autumn", by=cast.clara, reach=None, at=AT)

    with ThreadPoolExecutor(2) as both:
        (one, new), (other, again) = both.map(try_to, range(2))
    assert one == other
    assert {new, again} == {True, False}
    assert len(rows("SELECT FROM review_round_job")) == 1
