"""HR that serves some departments sees who works there; who works elsewhere is for them as if not there."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.care import queries as care
from app.db import db, transaction
from app.errors import NotFound, Refused
from app.people import actions, queries
from app.recognitions import actions as recognitions
from tests.app.kudos.conftest import AT
from tests.small import rows


def serve(app, cast, *departments, who="clara"):
    with app.app_context(), transaction():
        actions.serve_departments(person_id=cast.id_of(who), department_ids=departments, by=cast.dan, at=AT)


def reach(app, cast):
    with app.app_context():
        return queries.hr_reach(cast.clara)


def test_from_the_start_hr_serves_all_and_an_administrator_says_otherwise(app, cast, client_of):
    assert reach(app, cast) is None
    where = f"/admin/people/{cast.clara}/departments"
    assert client_of("dan").post(where, data={"departments": [cast.water]}).status_code == 303
    assert reach(app, cast) == {cast.water}
    page = client_of("dan").get(f"/admin/people/{cast.clara}").text
    assert "Who works elsewhere" in page
    assert client_of("dan").post(where, data={}).status_code == 303
    assert reach(app, cast) is None
    for name in ("clara", "anna", "mia"):
        assert client_of(name).post(where, data={}).status_code == 403
    with app.app_context():
        acts = rows(
            "SELECT actor_id, detail FROM audit_entry WHERE action = 'person:departments' ORDER BY id"
        )
    assert acts == [
        (cast.dan, {"from": [], "to": [cast.water]}),
        (cast.dan, {"from": [cast.water], "to": []}),
    ]


def test_only_hr_serves_departments_and_only_departments_that_there_are(app, cast):
    for who, department in (("leo", "water"), ("clara", "north")):
        with pytest.raises(Refused):
            serve(app, cast, cast.id_of(department), who=who)
    with pytest.raises(NotFound), app.app_context(), transaction():
        actions.serve_departments(person_id=9_000_000, department_ids=[], by=cast.dan, at=AT)
    assert reach(app, cast) is None


def test_a_department_that_somebody_serves_cannot_be_removed(app, cast):
    made = "INSERT INTO unit (kind, name) VALUES ('department', 'Empty') RETURNING id"
    with app.app_context():
        with transaction():
            empty = db.session.scalar(text(made))
        serve(app, cast, empty)
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(text("DELETE FROM unit WHERE id = :id"), {"id": empty})


def test_list_person_and_api_show_whom_they_serve_and_themselves(app, cast, client_of, token_of, client):
    serve(app, cast, cast.water)
    clara = client_of("clara")
    page = clara.get("/admin/people").text
    for name, shown in {
        "Anna": True,
        "Cor": True,
        "Eve": False,
        "Leo": False,
        "Dan": False,
        "Clara": True,
    }.items():
        assert (f">{name}</a>" in page) is shown, name
    assert "Systems" not in page
    told = client.get("/api/v1/people", headers=token_of("clara")).json["people"]
    assert {one["name"] for one in told} == {"Anna", "Ben", "Mia", "Cor", "Clara"}
    assert clara.get(f"/admin/people/{cast.anna}").status_code == 200
    far, nobody = clara.get(f"/admin/people/{cast.eve}"), clara.get("/admin/people/9000000")
    assert far.status_code == nobody.status_code == 404
    with app.app_context():
        looks = rows("SELECT person_id, allowed FROM look ORDER BY id")
    assert looks == [(cast.anna, True), (cast.eve, False)]
    assert {one["name"] for one in client.get("/api/v1/people", headers=token_of("dan")).json["people"]} >= {
        "Eve"
    }


def test_who_moves_away_is_out_of_reach_at_once(app, cast, client_of):
    serve(app, cast, cast.water)
    with app.app_context(), transaction():
        db.session.execute(
            text("UPDATE person SET department_id = :d WHERE id = :p"), {"d": cast.systems, "p": cast.ben}
        )
    assert client_of("clara").get(f"/admin/people/{cast.ben}").status_code == 404


def test_a_case_at_the_desk_is_of_hr_of_who_wrote_it_and_names_nobody_elsewhere(
    app, cast, thank, report, client_of
):
    near, far = thank("anna", "eve"), thank("eve", "anna", "ben")
    first, second = report("eve", "kudos", near), report("ben", "kudos", far)
    serve(app, cast, cast.water)
    with app.app_context():
        cases, others = care.desk(cast.clara)
        assert [(one.content_id, others) for one in cases] == [(near, 0)]
        assert care.case(cast.clara, first).content.receivers == []
        assert care.case(cast.clara, second) is None
    assert client_of("clara").get(f"/hr/care/{second}").status_code == 404
    sent = {"decision": "hide", "answer": "Not like this."}
    assert client_of("clara").post(f"/hr/care/{second}", data=sent).status_code == 404
    serve(app, cast)
    with app.app_context():
        assert len(care.desk(cast.clara)[0]) == 2
        assert care.case(cast.clara, second).content.receivers == ["Anna", "Ben"]


def test_a_hidden_recognition_is_there_for_hr_of_whom_it_is_about(app, cast, give, client_of):
    one = give("mia", "anna")
    with app.app_context(), transaction():
        recognitions.choose_visibility({(one, cast.anna): "me"})
    clara = client_of("clara")
    assert clara.get(f"/recognitions/{one}").status_code == 200
    serve(app, cast, cast.systems)
    assert clara.get(f"/recognitions/{one}").status_code == 404
    assert (
        clara.post(f"/recognitions/{one}/withdrawal", data={"because": "A good reason, said."}).status_code
        == 404
    )
    with app.app_context(), transaction():
        recognitions.choose_visibility({(one, cast.anna): "colleagues"})
    assert clara.get(f"/recognitions/{one}").status_code == 200  # as any colleague
    assert (
        clara.post(f"/recognitions/{one}/withdrawal", data={"because": "A good reason, said."}).status_code
        == 403
    )
    serve(app, cast, cast.water)
    assert (
        clara.post(f"/recognitions/{one}/withdrawal", data={"because": "A good reason, said."}).status_code
        == 303
    )


def test_of_two_choices_at_once_one_whole_one_holds(app, cast):
    gate = Barrier(2)

    def choose_at_once(*departments):
        gate.wait(10)
        serve(app, cast, *departments)

    for _ in range(5):
        with ThreadPoolExecutor(2) as pool:
            done = [pool.submit(choose_at_once, *some) for some in ((cast.water,), (cast.systems,))]
            assert [one.exception(30) for one in done] == [None, None]
        assert reach(app, cast) in ({cast.water}, {cast.systems})
