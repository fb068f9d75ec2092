"""Views of the list of reviews that somebody of HR keeps: named filters, for oneself; and a reminder of all of them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from sqlalchemy import text

from app.db import db
from tests.app.reviews.conftest import Scene
from tests.cast import Cast

KEPT = text("SELECT person_id, name, stage, round_id, department_id FROM review_view ORDER BY id")


def kept() -> list[tuple[Any, ...]]:
    found = [tuple(row) for row in db.session.execute(KEPT)]
    db.session.rollback()
    return found


def test_a_view_is_kept_under_its_name_opened_and_removed(
    scene: Scene, cast: Cast, browser_of: Callable[..., Any]
) -> None:
    scene.review("anna", "panel")
    clara = browser_of("clara")
    answer = clara.post(
        "/hr/reviews/views", data={"name": " Who gathers ", "stage": "gathering", "q": "anna"}
    )
    assert answer.status_code == 303
    assert answer.location.endswith("/hr/reviews?stage=gathering")
    assert kept() == [(cast.clara, "Who gathers", "gathering", None, None)]
    page = clara.get("/hr/reviews?stage=gathering").text
    assert "Who gathers" in page
    assert "Remove this view" in page
    assert "Nothing is in this view now." in page
    elsewhere = clara.get("/hr/reviews?stage=panel").text
    assert "Keep this view" in elsewhere
    assert "Nothing is in this view now." not in elsewhere
    (view_id,) = db.session.scalars(text("SELECT id FROM review_view")).all()
    db.session.rollback()
    assert clara.post(f"/hr/reviews/views/{view_id}/drop").status_code == 303
    assert kept() == []


def test_a_view_of_the_same_name_takes_its_place_and_there_are_so_many(
    scene: Scene, cast: Cast, browser_of: Callable[..., Any]
) -> None:
    clara = browser_of("clara")
    for stage in ("late", "panel"):
        clara.post("/hr/reviews/views", data={"name": "Mine", "stage": stage})
    assert kept() == [(cast.clara, "Mine", "panel", None, None)]
    for number in range(19):
        clara.post("/hr/reviews/views", data={"name": f"View {number}", "stage": "late"})
    full = clara.post("/hr/reviews/views", data={"name": "One more", "stage": "late"})
    assert full.status_code == 409
    assert "You keep 20 views already" in full.text
    assert clara.post("/hr/reviews/views", data={"name": "Mine", "stage": "late"}).status_code == 303


def test_two_at_once_keep_one_view_of_a_name(scene: Scene, browser_of: Callable[..., Any]) -> None:
    at_once = Barrier(2)
    clients = {stage: browser_of("clara") for stage in ("late", "panel")}

    def keep(stage: str) -> int:
        at_once.wait(timeout=10)
        data = {"name": "Mine", "stage": stage}
        return int(clients[stage].post("/hr/reviews/views", data=data).status_code)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(keep, clients)) == [303, 303]
    assert len(kept()) == 1


def test_a_view_needs_a_name_and_a_place_that_one_may_see(
    scene: Scene, browser_of: Callable[..., Any]
) -> None:
    clara = browser_of("clara")
    without = clara.post("/hr/reviews/views", data={"name": "  ", "stage": "late"})
    assert without.status_code == 422
    assert "Give the view a name" in without.text
    assert 'value="late" selected' in without.text
    for field in ("round", "department"):
        assert clara.post("/hr/reviews/views", data={"name": "There", field: "999999"}).status_code == 404
    assert kept() == []


def test_nobody_sees_or_removes_the_view_of_somebody_else(
    scene: Scene, cast: Cast, browser_of: Callable[..., Any]
) -> None:
    browser_of("clara").post("/hr/reviews/views", data={"name": "Only mine", "stage": "late"})
    (view_id,) = db.session.scalars(text("SELECT id FROM review_view")).all()
    with db.session.begin_nested():
        db.session.execute(text("UPDATE person SET role = 'hr' WHERE id = :id"), {"id": cast.eve})
    db.session.commit()
    eve = browser_of("eve")
    assert "Only mine" not in eve.get("/hr/reviews").text
    assert eve.post(f"/hr/reviews/views/{view_id}/drop").status_code == 303
    assert [row[1] for row in kept()] == ["Only mine"]


def test_a_department_narrows_the_list(scene: Scene, cast: Cast, browser_of: Callable[..., Any]) -> None:
    review = scene.review("anna")
    unit = db.session.scalar(text("SELECT department_id FROM review WHERE id = :id"), {"id": review})
    db.session.rollback()
    clara = browser_of("clara")
    assert str(review) in clara.get(f"/hr/reviews?department={unit}").text
    assert str(review) not in clara.get("/hr/reviews?department=999999").text


def test_all_are_ticked_at_once_and_how_many_were_reminded_is_said(
    scene: Scene, browser_of: Callable[..., Any]
) -> None:
    review = scene.review("anna")
    scene.seat(review, "member", "ben")
    clara = browser_of("clara")
    assert 'autocomplete="off" checked' not in clara.get("/hr/reviews").text
    assert 'autocomplete="off" checked' in clara.get("/hr/reviews?all=true").text
    told = clara.post("/hr/reviews/reminders", data={"review": [str(review)], "stage": "panel"})
    assert told.location.endswith("/hr/reviews?stage=panel&reminded=1")
    assert "One person is reminded" in clara.get(told.location).text
    nobody = clara.post("/hr/reviews/reminders", data={"stage": "gathering"})
    assert "Nobody was reminded" in clara.get(nobody.location).text
