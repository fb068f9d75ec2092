"""Activities that platforms proposed: accepted, merged with one that is there, apart again; also in a stream."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.activities import actions as activities
from app.activities import recording
from app.db import db, transaction
from app.errors import Conflict
from app.intake import actions
from app.outbox import settle
from app.people import actions as people
from app.people.rules import PersonRow
from tests.app.activities.scene import counting
from tests.app.imports.scene import COURSE, Platform, says
from tests.app.intake.test_join_names import rows, well
from tests.cast import Cast, SignedIn
from tests.small import load

ClientOf = Callable[[str], SignedIn]
DESK = "/admin/intake"
OTHER = "https://other.example/course/9"


@pytest.fixture
def both(app: Flask, lms: Platform, other_lms: Platform) -> tuple[int, int]:
    """The same course of two platforms, done by Anna on both and by Ben on the second; their two activities."""
    with app.app_context():
        load()
    lms.post(says("anna"))
    other_lms.post([says("anna", about=OTHER, timestamp="2026-03-01T09:00:00Z"), says("ben", about=OTHER)])
    return named(app, COURSE), named(app, OTHER)


def named(app: Flask, iri: str) -> int:
    ((found,),) = rows(app, f"SELECT activity_id FROM activity_name WHERE iri = '{iri}'")
    return int(found)


def picture(app: Flask) -> list[Any]:
    return [
        rows(
            app,
            "SELECT person_id, sum(points) FROM ledger_entry GROUP BY 1 HAVING sum(points) <> 0 ORDER BY 1",
        ),
        rows(
            app,
            "SELECT person_id, activity_id, happened_at FROM fact WHERE withdrawn_at IS NULL ORDER BY 1, 2",
        ),
        rows(
            app, "SELECT achievement_id, person_id, tier FROM award WHERE revoked_at IS NULL ORDER BY 1, 2, 3"
        ),
        rows(app, "SELECT * FROM activity_name ORDER BY 1"),
    ]


def test_what_platforms_proposed_is_listed_with_its_like(client_of: ClientOf, both: tuple[int, int]) -> None:
    page = client_of("leo").get(f"{DESK}/activities").text
    assert OTHER in page
    assert "2 completions" in page
    assert "the same title" in page


def test_merged_past_and_future_are_one_and_undone_two_again(
    app: Flask,
    client_of: ClientOf,
    lms: Platform,
    other_lms: Platform,
    both: tuple[int, int],
    completions: Callable[[], list[Any]],
    cast: Cast,
) -> None:
    leo, (one, other) = client_of("leo"), both
    before = picture(app)
    assert leo.post(f"{DESK}/merges", data={"from_id": other, "into_id": one}).status_code == 303
    assert [person for person, _ in completions()] == [cast.anna, cast.ben]
    well(app)
    other_lms.post([says("ben", about=OTHER), says("mia", about=OTHER)])
    assert [person for person, _ in completions()] == [cast.anna, cast.ben, cast.mia]
    ((merge_id,),) = rows(app, "SELECT id FROM activity_merge")
    assert leo.post(f"{DESK}/merges/{merge_id}/undo").status_code == 303
    standing = rows(
        app, "SELECT person_id, activity_id FROM completion WHERE state = 'confirmed' ORDER BY 1, 2"
    )
    assert standing == sorted([(cast.anna, one), (cast.anna, other), (cast.ben, other), (cast.mia, other)])
    well(app)
    with app.app_context(), transaction():
        sources = db.session.scalars(
            text("SELECT 'statement:' || client_id || ':' || id FROM statement WHERE person_id = :p"),
            {"p": cast.mia},
        ).all()
        recording.withdraw_supports(sources, at=datetime.now(UTC))
        settle(datetime.now(UTC))
    assert picture(app) == before
    assert leo.post(f"{DESK}/merges/{merge_id}/undo").status_code == 404


def test_who_becomes_known_later_completes_the_one_that_stays(
    app: Flask,
    client_of: ClientOf,
    other_lms: Platform,
    both: tuple[int, int],
    completions: Callable[[], list[Any]],
) -> None:
    other_lms.post(says("newcomer", about=OTHER))
    client_of("leo").post(f"{DESK}/merges", data={"from_id": both[1], "into_id": both[0]})
    with app.app_context(), transaction():
        row = PersonRow(external_id="w-new", name="New Comer", email="newcomer@waterveld.example")
        done = people.import_people([row], at=datetime.now(UTC))
        settle(datetime.now(UTC))
        newcomer = done.id_of("w-new")
    assert rows(app, f"SELECT activity_id FROM completion WHERE person_id = {newcomer}") == [(both[0],)]
    ((merge_id,),) = rows(app, "SELECT id FROM activity_merge")
    client_of("leo").post(f"{DESK}/merges/{merge_id}/undo")
    query = f"SELECT activity_id FROM completion WHERE person_id = {newcomer} AND state = 'confirmed'"
    assert rows(app, query) == [(both[1],)]
    well(app)


def test_accepted_it_stands_in_the_catalogue(app: Flask, client_of: ClientOf, both: tuple[int, int]) -> None:
    leo, place = client_of("leo"), f"{DESK}/activities/{both[1]}"
    assert "Take into the catalogue" in leo.get(place).text
    bad = leo.post(
        f"{place}/acceptance", data={"kind": "course", "title_nl": " ", "title_en": "", "hours": "many"}
    )
    assert bad.status_code == 422
    form = {"title_nl": "Pompen", "title_en": "Pumps for all", "kind": "workshop", "hours": "3.5"}
    assert leo.post(f"{place}/acceptance", data={**form, "skills": ["999999"]}).status_code == 422
    assert leo.post(f"{place}/acceptance", data=form).status_code == 303
    assert "Pumps for all" in leo.get("/learn").text
    assert leo.post(f"{place}/acceptance", data=form).status_code == 409
    assert OTHER not in leo.get(f"{DESK}/activities").text


def test_what_a_person_logged_is_not_at_the_desk(
    app: Flask, client_of: ClientOf, both: tuple[int, int], cast: Cast
) -> None:
    anna = client_of("anna")
    skill = rows(app, "SELECT min(id) FROM skill")[0][0]
    form = {"title": "My own secret way", "kind": "article", "skill_id": skill, "completed_on": "2026-11-01"}
    anna.post("/log", data={**form, "note": "Read it all", "who": "mia"})
    ((own,),) = rows(app, "SELECT id FROM activity WHERE proposed_by IS NOT NULL")
    leo = client_of("leo")
    assert "My own secret way" not in leo.get(f"{DESK}/activities").text
    assert leo.get(f"{DESK}/activities/{own}").status_code == 404
    assert leo.post(f"{DESK}/merges", data={"from_id": own, "into_id": both[0]}).status_code == 404


def test_a_merge_while_statements_about_both_arrive_loses_none_and_doubles_none(
    app: Flask, lms: Platform, other_lms: Platform, both: tuple[int, int], cast: Cast
) -> None:
    """Four streams of statements about both, one merge and its undoing and another merge, all let go together."""
    one, other = both
    start, names = Barrier(5), ("ben", "clara", "eve", "mia")

    def stream(who: str) -> list[int]:
        start.wait()
        sent = []
        for number in range(12):
            platform, about = ((lms, COURSE), (other_lms, OTHER))[number % 2]
            line = Platform(app.test_client(), platform.headers)
            sent.append(line.post(says(who, about=about)).status_code)
        return sent

    def desk() -> None:
        start.wait()
        for step in ("merge", "undo", "merge"):
            with app.app_context():
                with transaction():
                    at = datetime.now(UTC)
                    if step == "merge":
                        actions.merge(from_id=other, into_id=one, by=cast.leo, at=at)
                    else:
                        merge_id = db.session.scalar(text("SELECT max(id) FROM activity_merge"))
                        actions.undo_merge(merge_id, by=cast.leo, at=at)
                    settle(at)
                db.session.remove()

    with ThreadPoolExecutor(5) as pool:
        streams = [pool.submit(stream, who) for who in names]
        pool.submit(desk).result()
        assert [status for one_ in streams for status in one_.result()] == [200] * 48
    standing = rows(app, "SELECT person_id, activity_id FROM completion WHERE state = 'confirmed' ORDER BY 1")
    assert standing == [
        (person, one) for person in sorted([cast.anna, *(cast.id_of(name) for name in names)])
    ]
    assert rows(app, "SELECT count(*) FROM completion_support WHERE withdrawn_at IS NULL") == [(51,)]
    well(app)


def test_a_merge_waits_for_who_is_recording_at_that_moment(
    app: Flask, both: tuple[int, int], cast: Cast
) -> None:
    """Eve's completion of the one that goes is written and not committed yet: it must not stay behind."""
    one, other = both
    written, go_on = Event(), Event()

    def record() -> None:
        with app.app_context():
            with transaction():
                at = datetime.now(UTC)
                found = activities.propose([{"iri": OTHER, "title": {"en": "x"}, "kind": "course"}], at=at)
                report = {
                    "person_id": cast.eve,
                    "activity_id": found[OTHER],
                    "completed_at": at,
                    "source": "slow",
                }
                recording.record_completions([report], at=at)  # type: ignore[list-item]
                settle(at)
                written.set()
                assert go_on.wait(20)
            db.session.remove()

    def merge() -> None:
        with app.app_context():
            with transaction():
                actions.merge(from_id=other, into_id=one, by=cast.leo, at=datetime.now(UTC))
                settle(datetime.now(UTC))
            db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        recorded = pool.submit(record)
        assert written.wait(20)
        merged = pool.submit(merge)
        with pytest.raises(TimeoutError):
            merged.result(timeout=0.5)
        go_on.set()
        recorded.result()
        merged.result()
    query = f"SELECT activity_id FROM completion WHERE person_id = {cast.eve} AND state = 'confirmed'"
    assert rows(app, query) == [(one,)]
    well(app)


def test_two_who_merge_the_same_at_once_merge_it_once(app: Flask, both: tuple[int, int], cast: Cast) -> None:
    start = Barrier(2)

    def merge(pair: tuple[int, int]) -> bool:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    actions.merge(from_id=pair[0], into_id=pair[1], by=cast.leo, at=datetime.now(UTC))
                    settle(datetime.now(UTC))
                return True
            except Conflict:
                return False
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(merge, (both, both[::-1]))) == [False, True]
    well(app)


@pytest.mark.parametrize("many", [20, 200])
def test_a_merge_takes_as_many_statements_for_many_completions_as_for_few(
    app: Flask, cast: Cast, many: int
) -> None:
    with app.app_context():
        load()
        at = datetime(2026, 11, 20, 10, tzinfo=UTC)
        with transaction():
            people.import_people([PersonRow(external_id=f"x{n}", name=f"X {n}") for n in range(many)], at=at)
            settle(at)
        ids = list(db.session.scalars(text("SELECT id FROM person WHERE external_id LIKE 'x%'")))
        with transaction():
            found = activities.propose(
                [{"iri": iri, "title": {"nl": "X", "en": "X"}, "kind": "course"} for iri in (COURSE, OTHER)],
                at=at,
            )
            reports = [
                {
                    "person_id": id,
                    "activity_id": found[iri],
                    "completed_at": at - timedelta(days=n),
                    "source": f"{iri}{id}",
                }
                for id in ids
                for n, iri in enumerate((COURSE, OTHER))
            ]
            recording.record_completions(reports, at=at)  # type: ignore[arg-type]
            settle(at)
        with counting() as asked, transaction():
            merge_id = actions.merge(from_id=found[OTHER], into_id=found[COURSE], by=cast.leo, at=at)
            settle(at)
        assert len(asked) < 70
        with counting() as asked, transaction():
            actions.undo_merge(merge_id, by=cast.leo, at=at)
            settle(at)
        assert len(asked) < 70
    well(app)


def test_what_badges_and_rules_name_stays(app: Flask, client_of: ClientOf, both: tuple[int, int]) -> None:
    """The badge `set` asks for a1; whoever has it would lose it."""
    ((named_one,),) = rows(app, "SELECT id FROM activity WHERE slug = 'a1'")
    leo = client_of("leo")
    answer = leo.post(f"{DESK}/merges", data={"from_id": named_one, "into_id": both[0]})
    assert answer.status_code == 422
    assert "Let it stay" in answer.text
    assert leo.post(f"{DESK}/merges", data={"from_id": both[0], "into_id": named_one}).status_code == 303
    well(app)


def test_a_report_of_an_activity_that_was_merged_is_of_the_one_that_stays(
    app: Flask, both: tuple[int, int], cast: Cast
) -> None:
    """A leader of a workshop, or a job, that found the activity before it was merged."""
    one, other = both
    at = datetime.now(UTC)
    with app.app_context():
        with transaction():
            actions.merge(from_id=other, into_id=one, by=cast.leo, at=at)
            settle(at)
        with transaction():
            report = {"person_id": cast.eve, "activity_id": other, "completed_at": at, "source": "late"}
            recording.record_completions([report], at=at)  # type: ignore[list-item]
            settle(at)
    assert rows(app, f"SELECT activity_id FROM completion WHERE person_id = {cast.eve}") == [(one,)]
    well(app)


def test_the_same_by_the_api(
    app: Flask, client: FlaskClient, token_of: Callable[[str], dict[str, str]], both: tuple[int, int]
) -> None:
    leo, (one, other) = token_of("leo"), both
    listed = client.get("/api/v1/intake/activities", headers=leo).get_json()["activities"]
    assert {row["id"]: row["alike"] for row in listed} == {one: [other], other: [one]}
    form = {"from_id": other, "into_id": one}
    made = client.post("/api/v1/intake/merges", json=form, headers=leo)
    assert (made.status_code, made.get_json()["completions"]) == (201, 2)
    assert client.post("/api/v1/intake/merges", json=form, headers=leo).status_code == 409
    merge_id = made.get_json()["id"]
    assert client.delete(f"/api/v1/intake/merges/{merge_id}", headers=leo).status_code == 204
    assert client.get("/api/v1/intake/merges", headers=leo).get_json() == {"merges": []}
    form = {"title_en": "Pumps", "kind": "course"}
    place = f"/api/v1/intake/activities/{one}/acceptance"
    assert client.post(place, json=form, headers=leo).status_code == 204
    acts = rows(app, "SELECT action FROM audit_entry WHERE action LIKE 'activity:%' ORDER BY id")
    assert acts == [("activity:merged",), ("activity:merge-undone",), ("activity:accepted",)]
