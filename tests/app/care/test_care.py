"""Reports: filed once, decided once, by nobody who is part of it; both sides are told, and never who reported."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.care import queries
from app.care.rules import MOST
from app.db import db, transaction
from app.errors import Conflict, NotFound, Refused, TooMany
from app.outbox import settle
from app.people import actions as people
from tests.app.kudos.conftest import AT, SAID
from tests.app.kudos.test_give_kudos import at_once
from tests.cast import NAMES, Cast, SignedIn

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
Report, Decide, Thank = Callable[..., int], Callable[..., None], Callable[..., int]
Choose = Callable[[str, int, str], None]
SECRET = "heron under the old pump house"


def rows(app: Flask, sql: str, **asked: Any) -> list[tuple[Any, ...]]:
    with app.app_context():
        return [tuple(row) for row in db.session.execute(text(sql), asked)]


# Reporting --------------------------------------------------------------------------------------------------


def test_only_who_may_see_it_reports_it_and_nobody_their_own(
    thank: Thank, lesson: int, report: Report, app: Flask
) -> None:
    kudos_id = thank("eve", "ben")
    for name in ("anna", "mia", "clara", "dan", "leo", "cor"):
        with pytest.raises(NotFound):
            report(name, "kudos", kudos_id)
    for name, kind, one in (("eve", "kudos", kudos_id), ("anna", "lesson", lesson)):
        with pytest.raises(Refused) as no:
            report(name, kind, one)
        assert not isinstance(no.value, NotFound)
    with pytest.raises(NotFound):
        report("ben", "lesson", 9_000_000)
    assert report("ben", "kudos", kudos_id)
    assert rows(app, "SELECT count(*) FROM care_report") == [(1,)]


def test_twice_by_one_person_is_once_and_by_two_is_one_case(
    app: Flask, cast: Cast, lesson: int, report: Report
) -> None:
    first = report("ben", "lesson", lesson)
    assert report("ben", "lesson", lesson, reason="untrue") == first
    other = report("eve", "lesson", lesson)
    with app.app_context():
        cases, others = queries.desk(cast.clara)
        assert [(one.id, len(one.reports)) for one in cases] == [(other, 2)]
        assert others == 0


def test_ten_equal_reports_at_once_are_one(app: Flask, lesson: int, report: Report) -> None:
    assert at_once(*[lambda: report("ben", "lesson", lesson)] * 10) == []
    assert rows(app, "SELECT count(*) FROM care_report") == [(1,)]
    told = rows(app, "SELECT count(*) FROM audit_entry WHERE action LIKE 'report:%'")
    assert told == [(0,)], "who reported stands in no trace"


def test_a_flood_of_reports_ends_after_ten_a_day_also_at_once(
    app: Flask, cast: Cast, thank: Thank, choose: Choose, report: Report
) -> None:
    from tests.app.kudos.test_give_kudos import allow

    allow(app, 100)
    ids = [thank("eve", "ben", message=f"You did thing number {n}.") for n in range(MOST + 4)]
    for one in ids[:8]:
        report("ben", "kudos", one)
    raised = at_once(*[lambda one=one: report("ben", "kudos", one) for one in ids[8:]])
    assert [type(fault) for fault in raised] == [TooMany] * 4
    assert rows(app, "SELECT count(*) FROM care_report") == [(MOST,)]
    with pytest.raises(TooMany):
        report("ben", "kudos", thank("eve", "ben"))
    assert report("ben", "kudos", thank("eve", "ben"), at=AT + timedelta(days=1, seconds=1))


@pytest.mark.parametrize(
    ("reason", "words"), [("because", ""), ("other", ""), ("other", "  x "), ("hurts", "w" * 1001)]
)
def test_a_report_needs_a_reason_that_can_be_read(
    reason: str, words: str, lesson: int, report: Report
) -> None:
    with pytest.raises(Refused):
        report("ben", "lesson", lesson, reason=reason, words=words)


# Deciding ---------------------------------------------------------------------------------------------------


def test_what_is_hidden_its_author_alone_still_sees(
    app: Flask, cast: Cast, thank: Thank, choose: Choose, lesson: int, report: Report, decide: Decide,
    client_of: Browser, token_of: Headers, standing: Callable[[], set[str]],
) -> None:  # fmt: skip
    kudos_id = thank("eve", "ben", "mia")
    for name in ("ben", "mia"):
        choose(name, kudos_id, "everyone")
    facts = standing()
    decide("clara", report("anna", "kudos", kudos_id), "hide")
    decide("clara", report("ben", "lesson", lesson), "hide")
    api = app.test_client()
    for name in NAMES:
        seen = client_of(name).get(f"/kudos/{kudos_id}").status_code
        assert seen == (200 if name == "eve" else 404), name
        assert api.get(f"/api/v1/kudos/{kudos_id}", headers=token_of(name)).status_code == seen
        assert (f'id="kudos-{kudos_id}"' in client_of(name).get("/kudos").text) is (name == "eve")
        assert SAID not in client_of(name).get("/").text
        read = client_of(name).get(f"/lessons/{lesson}").status_code
        assert read == (200 if name == "anna" else 404), name
        assert ("Ben closed the wrong valve" in client_of(name).get("/search?q=valve").text) is (
            name == "anna"
        )
    assert client_of("ben").post(f"/lessons/{lesson}/application", data={"how": "so"}).status_code == 404
    assert standing() == facts, "no points are taken for words"


def test_left_as_it_is_it_stays_and_reported_again_it_is_a_new_case(
    app: Flask, cast: Cast, lesson: int, report: Report, decide: Decide, client_of: Browser
) -> None:
    first = report("ben", "lesson", lesson)
    decide("clara", first, "leave", "")
    assert client_of("eve").get(f"/lessons/{lesson}").status_code == 200
    again = report("ben", "lesson", lesson)
    assert again != first
    with app.app_context():
        assert [one.id for one in queries.desk(cast.clara)[0]] == [again]
        assert [one.id for one in queries.desk(cast.clara, decided=True)[0]] == [first]


def test_who_is_asked_for_other_words_finds_them_once(
    thank: Thank, report: Report, decide: Decide, client_of: Browser, app: Flask, token_of: Headers
) -> None:
    kudos_id = thank("eve", "ben")
    eve = client_of("eve")
    words = {"message": "You stayed calm, and that helped us all."}
    assert eve.post(f"/kudos/{kudos_id}/words", data=words).status_code == 404, "nobody asked"
    decide("clara", report("ben", "kudos", kudos_id), "change", "Leave the name of the customer out.")
    page = eve.get(f"/kudos/{kudos_id}").text
    assert "The care desk asks you to find other words." in page
    assert "Leave the name of the customer out." in page
    assert eve.post(f"/kudos/{kudos_id}/words", data={"message": "short"}).status_code == 422
    for name in ("ben", "clara", "mia"):
        assert client_of(name).post(f"/kudos/{kudos_id}/words", data=words).status_code == 404
    assert eve.post(f"/kudos/{kudos_id}/words", data=words).status_code == 303
    page = client_of("ben").get(f"/kudos/{kudos_id}").text
    assert words["message"] in page
    assert "in other words" in page
    answer = app.test_client().post(f"/api/v1/kudos/{kudos_id}/words", json=words, headers=token_of("eve"))
    assert answer.status_code == 404, "once"


@pytest.mark.usefixtures("two_at_the_desk")
def test_of_two_who_decide_at_once_one_wins(app: Flask, lesson: int, report: Report, decide: Decide) -> None:
    one = report("ben", "lesson", lesson)
    report("eve", "lesson", lesson)
    raised = at_once(lambda: decide("clara", one, "hide"), lambda: decide("leo", one, "leave"))
    assert [type(fault) for fault in raised] == [Conflict]
    (decision,) = {row[0] for row in rows(app, "SELECT decision FROM care_report WHERE state = 'decided'")}
    hidden = rows(app, "SELECT hidden_at IS NOT NULL FROM lesson")[0][0]
    assert hidden is (decision == "hide")
    assert rows(app, "SELECT count(*) FROM audit_entry WHERE action = 'report:decided'") == [(1,)]
    with pytest.raises(Conflict):
        decide("clara", one, "hide")


def test_what_came_in_after_it_was_read_stays_open(
    app: Flask, cast: Cast, lesson: int, report: Report, decide: Decide
) -> None:
    first = report("ben", "lesson", lesson)
    later = report("eve", "lesson", lesson, reason="private")
    decide("clara", first, "leave", "")
    assert rows(app, "SELECT id, state FROM care_report ORDER BY id") == [(first, "decided"), (later, "open")]


@pytest.mark.usefixtures("two_at_the_desk")
def test_nobody_decides_on_what_they_wrote_got_or_reported(
    app: Flask, cast: Cast, thank: Thank, choose: Choose, lesson: int, report: Report, decide: Decide,
    client_of: Browser, token_of: Headers,
) -> None:  # fmt: skip
    wrote, got = thank("clara", "ben"), thank("eve", "clara")
    cases = [report("ben", "kudos", wrote), report("clara", "kudos", got), report("clara", "lesson", lesson)]
    page = client_of("clara").get("/hr/care").text
    assert "3 more are for a colleague at this desk" in page
    for one in cases:
        assert f"/hr/care/{one}" not in page
        assert client_of("clara").get(f"/hr/care/{one}").status_code == 404
        sent = {"decision": "leave", "answer": ""}
        assert client_of("clara").post(f"/hr/care/{one}", data=sent).status_code == 404
        for path in (f"/api/v1/care/{one}/decision", f"/api/v1/care/{one}"):
            method = "post" if "decision" in path else "get"
            answer = getattr(app.test_client(), method)(path, json=sent, headers=token_of("clara"))
            assert answer.status_code == 404
    for one in cases:
        decide("leo", one, "leave", "")


def test_hiding_and_asking_for_other_words_need_a_reason(lesson: int, report: Report, decide: Decide) -> None:
    one = report("ben", "lesson", lesson)
    for decision, answer in (("hide", ""), ("change", " "), ("burn", "because"), ("leave", "w" * 501)):
        with pytest.raises(Refused):
            decide("clara", one, decision, answer)


# Who is told what -------------------------------------------------------------------------------------------


def test_the_author_reads_that_why_and_what_and_the_reporter_what_became_of_it(
    cast: Cast, lesson: int, thank: Thank, report: Report, decide: Decide, client_of: Browser
) -> None:
    kudos_id = thank("anna", "ben")
    cases = [report("ben", "kudos", kudos_id, words=SECRET), report("ben", "lesson", lesson, words=SECRET)]
    for path in (f"/kudos/{kudos_id}", "/kudos", f"/lessons/{lesson}"):
        page = client_of("anna").get(path).text
        assert "This was reported: it hurts or belittles somebody." in page
        assert SECRET not in page
        assert "This was reported" not in client_of("ben").get(path).text
    assert "Waits for the care desk" in client_of("ben").get("/reports").text
    for one in cases:
        decide("clara", one, "leave", "It is about the work.")
    for path in (f"/kudos/{kudos_id}", f"/lessons/{lesson}"):
        page = client_of("anna").get(path).text
        assert "The care desk left it as it is." in page
        assert "It is about the work." in page
        assert "Clara" not in page
    mine = client_of("ben").get("/reports").text
    assert "Left as it is" in mine
    assert "The care desk says: It is about the work." in mine
    for name in ("anna", "clara", "mia", "dan"):
        assert SECRET not in client_of(name).get("/reports").text


def test_who_reported_is_nowhere_but_with_them(
    app: Flask, cast: Cast, lesson: int, thank: Thank, choose: Choose, report: Report, decide: Decide,
    client_of: Browser, token_of: Headers,
) -> None:  # fmt: skip
    kudos_id = thank("anna", "mia")
    choose("mia", kudos_id, "everyone")
    one, other = report("eve", "kudos", kudos_id), report("eve", "lesson", lesson)
    clara, api = client_of("clara"), app.test_client()
    for path in ("/hr/care", f"/hr/care/{one}", f"/hr/care/{other}"):
        assert "Eve" not in clara.get(path).text
    for path in ("/api/v1/care", f"/api/v1/care/{one}", f"/api/v1/care/{other}"):
        found = api.get(path, headers=token_of("clara"))
        assert found.status_code == 200
        assert "eve" not in found.text.lower()
        assert f": {cast.eve}," not in found.text
    decide("clara", one, "leave", "")
    decide("clara", other, "hide")
    told = rows(
        app, "SELECT person_id, CAST(detail AS text) FROM audit_entry WHERE action = 'report:decided'"
    )
    assert {row[0] for row in told} == {cast.anna}
    assert all(str(cast.eve) not in row[1].split('"reports"')[0] for row in told)
    assert "Eve" not in client_of("anna").get(f"/kudos/{kudos_id}").text


def test_a_lesson_names_nobody_at_the_desk(
    app: Flask, lesson: int, report: Report, client_of: Browser, token_of: Headers
) -> None:
    one = report("ben", "lesson", lesson, words="Look at this.")
    page = client_of("clara").get(f"/hr/care/{one}").text
    assert "A valve was closed that should not." in page
    assert "Anna" not in page
    assert "/people/" not in page.split("<main")[1]
    found = app.test_client().get(f"/api/v1/care/{one}", headers=token_of("clara")).get_json()
    assert (found["giver"], found["receivers"]) == (None, [])
    assert rows(app, "SELECT count(*) FROM look") == [(0,)]


def test_the_desk_leaves_a_trace_with_those_whom_it_reads_of(
    app: Flask, cast: Cast, thank: Thank, report: Report, client_of: Browser, token_of: Headers
) -> None:
    one = report("ben", "kudos", thank("eve", "ben"))
    client_of("clara").get("/hr/care")
    assert rows(app, "SELECT count(*) FROM look") == [(0,)], "the list tells no words"
    client_of("clara").get(f"/hr/care/{one}")
    app.test_client().get(f"/api/v1/care/{one}", headers=token_of("clara"))
    sql = "SELECT viewer_id, person_id, what FROM look ORDER BY person_id"
    assert rows(app, sql) == [(cast.clara, cast.ben, "care:kudos"), (cast.clara, cast.eve, "care:kudos")]


def test_what_was_undone_or_deleted_meanwhile_can_still_be_decided(
    app: Flask, cast: Cast, thank: Thank, lesson: int, report: Report, decide: Decide, client_of: Browser
) -> None:
    from app.kudos import actions as kudos
    from app.lessons import changing

    kudos_id = thank("eve", "ben")
    cases = [report("ben", "kudos", kudos_id), report("ben", "lesson", lesson)]
    with app.app_context(), transaction():
        kudos.undo([(kudos_id, cast.eve)], at=AT)
        settle(AT)
    with app.app_context(), transaction():
        changing.delete_lessons([(lesson, cast.anna)], at=AT)
        settle(AT)
    pages = [client_of("clara").get(f"/hr/care/{one}").text for one in cases]
    assert all("Its author has taken it away since." in page for page in pages)
    assert SAID in pages[0], "a word that was read before it was taken back can be judged"
    assert "valve" not in pages[1], "a lesson that is deleted is gone"
    for one in cases:
        decide("clara", one, "hide")
    assert "What you reported" in client_of("ben").get("/reports").text


@pytest.mark.parametrize("name", ["anna", "ben", "mia", "leo", "cor", "eve"])
def test_the_desk_is_for_hr_alone(name: str, lesson: int, report: Report, client_of: Browser) -> None:
    one = report("ben", "lesson", lesson)
    for path in ("/hr/care", f"/hr/care/{one}"):
        assert client_of(name).get(path).status_code == 403
    assert client_of(name).post(f"/hr/care/{one}", data={"decision": "leave"}).status_code == 403


# Through the doors ------------------------------------------------------------------------------------------


def test_from_the_card_to_the_desk_and_back_without_script(
    app: Flask, cast: Cast, thank: Thank, client_of: Browser
) -> None:
    kudos_id = thank("eve", "ben")
    ben, clara = client_of("ben"), client_of("clara")
    way = f"/reports/new?kind=kudos&amp;content_id={kudos_id}"
    assert way in ben.get("/kudos").text
    assert SAID in ben.get(way.replace("&amp;", "&")).text
    sent = {"kind": "kudos", "content_id": kudos_id, "reason": "other", "words": ""}
    again = ben.post("/reports", data=sent)
    assert again.status_code == 422
    assert "Say in a few words what is wrong" in again.text
    answer = ben.post("/reports", data={**sent, "words": "<b>Not nice</b>"})
    assert answer.status_code == 303
    assert "Waits for the care desk" in ben.get(answer.location).text
    desk = clara.get("/hr/care").text
    (one,) = rows(app, "SELECT id FROM care_report")[0]
    assert f"/hr/care/{one}" in desk
    case = clara.get(f"/hr/care/{one}").text
    assert "Eve to Ben" in case
    assert "&lt;b&gt;Not nice" in case
    refused = clara.post(f"/hr/care/{one}", data={"decision": "hide", "answer": ""})
    assert refused.status_code == 422
    assert "Both sides read it." in refused.text
    done = clara.post(f"/hr/care/{one}", data={"decision": "hide", "answer": "This hurts."})
    assert done.status_code == 303
    assert clara.post(f"/hr/care/{one}", data={"decision": "leave"}).status_code == 409
    assert "Hidden from everyone but its author" in ben.get("/reports").text
    assert "Hidden from everyone but its author" in clara.get(f"/hr/care/{one}").text


def test_the_api_reports_lists_and_decides(app: Flask, lesson: int, token_of: Headers) -> None:
    api, ben, clara = app.test_client(), token_of("ben"), token_of("clara")
    sent = {"kind": "lesson", "content_id": lesson, "reason": "private"}
    made = api.post("/api/v1/reports", json=sent, headers=ben)
    assert made.status_code == 201
    assert (made.get_json()["state"], made.get_json()["decision"]) == ("open", None)
    assert [one["id"] for one in api.get("/api/v1/reports", headers=ben).get_json()] == [
        made.get_json()["id"]
    ]
    assert api.get("/api/v1/reports", headers=token_of("anna")).get_json() == []
    listed = api.get("/api/v1/care", headers=clara).get_json()
    assert [one["id"] for one in listed["cases"]] == [made.get_json()["id"]]
    at = f"/api/v1/care/{made.get_json()['id']}"
    decided = api.post(f"{at}/decision", json={"decision": "hide", "answer": "It names Ben."}, headers=clara)
    assert decided.status_code == 200
    assert (decided.get_json()["decision"], decided.get_json()["hidden"]) == ("hide", True)
    assert api.post(f"{at}/decision", json={"decision": "leave"}, headers=clara).status_code == 409
    assert api.get(at, headers=ben).status_code == 403


@pytest.mark.parametrize(
    ("name", "value"),
    [("kind", "person"), ("content_id", 2**63), ("content_id", "x"), ("reason", ["hurts"]), ("words", "\x00"),
     ("words", "w" * 100_000)],
)  # fmt: skip
def test_hostile_reports_are_refused(
    name: str, value: Any, app: Flask, lesson: int, token_of: Headers, client_of: Browser
) -> None:
    sent = {"kind": "lesson", "content_id": lesson, "reason": "hurts", "words": "", name: value}
    answer = app.test_client().post("/api/v1/reports", json=sent, headers=token_of("ben"))
    assert answer.status_code in (400, 422)
    typed = client_of("ben").post("/reports", data=sent)
    assert typed.status_code in (400, 422) or name == "reason"


def test_the_pages_speak_dutch(
    app: Flask, cast: Cast, lesson: int, report: Report, client_of: Browser
) -> None:
    one = report("ben", "lesson", lesson)
    with app.app_context(), transaction():
        for person in (cast.ben, cast.clara):
            people.choose(person_id=person, language="nl")
        settle(AT)
    assert "Wacht op het meldpunt" in client_of("ben").get("/reports").text
    assert "Wat moet er gebeuren?" in client_of("clara").get(f"/hr/care/{one}").text
    assert "Meldpunt" in client_of("clara").get("/").text


def test_the_desk_and_a_list_of_reports_cost_as_much_for_many_as_for_one(
    app: Flask, thank: Thank, lesson: int, report: Report, client_of: Browser
) -> None:
    from sqlalchemy import event

    from tests.app.kudos.test_give_kudos import allow

    allow(app, 100)
    counted: list[int] = []
    clara, ben = client_of("clara"), client_of("ben")

    def asked() -> list[int]:
        found = []
        for browser, path in (
            (clara, "/hr/care"),
            (ben, "/reports"),
            (ben, "/kudos"),
            (clara, "/people/ben"),
        ):
            counted.clear()
            assert browser.get(path).status_code == 200
            found.append(len(counted))
        return found

    report("ben", "lesson", lesson)
    report("ben", "kudos", thank("eve", "ben"))
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *_: counted.append(1))
    few = asked()
    for number in range(6):
        report("ben", "kudos", thank("eve", "ben", "mia", message=f"You did thing number {number}."))
    assert asked() == few
    assert max(few) <= 32  # while there is no catalogue it is read anew each time
