"""What was hidden can be shown again, its author keeps sight of it, and admins decide where HR is too few."""

import itertools
from collections.abc import Callable

import pytest
from flask import Flask

from app.care import actions, queries
from app.care.rules import admins_too
from app.db import db, transaction
from app.errors import Conflict, NotFound, Refused
from app.events import ReportDecided
from app.lessons import actions as lessons
from app.lessons import changing
from app.lessons.actions import NewLesson
from app.notifications.kinds import NAMED
from app.outbox import settle
from app.people.models import Person
from tests.app.care.test_care import Browser, Choose, Decide, Headers, Report, Thank, rows
from tests.app.kudos.conftest import AT, SAID
from tests.app.kudos.test_give_kudos import at_once
from tests.cast import NAMES, Cast

Show = Callable[..., None]
WHY = "It was about the work after all."


@pytest.fixture
def show(app: Flask, cast: Cast) -> Show:
    def shown(by: str, report_id: int, answer: str = WHY) -> None:
        with app.app_context(), transaction():
            actions.show_again(report_id, by=cast.id_of(by), answer=answer, at=AT)
            settle(AT)

    return shown


def share_unnamed(app: Flask, author: int, skill: int, title: str = "The valve that nobody checked") -> int:
    new = NewLesson(
        author_id=author, outcome="went_wrong", title=title, happened="A valve was not checked at all.",
        learned="We check before we leave.", from_now_on="We check it in pairs.", skills=[skill], lang="en",
        audience="everyone", unnamed=True,
    )  # fmt: skip
    with app.app_context(), transaction():
        (lesson_id,) = lessons.share_lessons([new], at=AT)
        settle(AT)
        return lesson_id


def role(app: Flask, person_id: int, name: str) -> None:
    with app.app_context(), transaction():
        db.session.get_one(Person, person_id).role = name


# Shown again ------------------------------------------------------------------------------------------------


def test_what_is_shown_again_is_there_for_all_who_saw_it_with_its_facts_and_both_sides_hear(
    app: Flask, cast: Cast, thank: Thank, choose: Choose, lesson: int, report: Report, decide: Decide, show: Show,
    client_of: Browser, standing: Callable[[], set[str]],
) -> None:  # fmt: skip
    kudos_id = thank("eve", "ben", "mia")
    for name in ("ben", "mia"):
        choose(name, kudos_id, "everyone")
    facts = standing()
    thanks, told = report("anna", "kudos", kudos_id), report("ben", "lesson", lesson)
    for one in (thanks, told):
        decide("clara", one, "hide")
    assert client_of("ben").get(f"/kudos/{kudos_id}").status_code == 404
    for one in (thanks, told):
        show("clara", one)
    for name in NAMES:
        assert SAID in client_of(name).get(f"/kudos/{kudos_id}").text
        assert client_of(name).get(f"/lessons/{lesson}").status_code == 200
    assert standing() == facts
    for name, path in (("eve", f"/kudos/{kudos_id}"), ("anna", f"/lessons/{lesson}")):
        page = client_of(name).get(path).text
        assert "The care desk hid it and shows it again." in page
        assert WHY in page
    assert "Was hidden, and is shown again" in client_of("ben").get("/reports").text
    assert rows(app, "SELECT count(*) FROM audit_entry WHERE action = 'report:decided'") == [(4,)]


def test_hidden_shown_and_hidden_again_is_told_each_time(
    app: Flask, cast: Cast, lesson: int, report: Report, decide: Decide, show: Show
) -> None:
    first = report("ben", "lesson", lesson)
    decide("clara", first, "hide")
    show("clara", first)
    again = report("ben", "lesson", lesson)
    decide("clara", again, "hide")
    with app.app_context():
        told = [
            NAMED["decided"].source_of(
                ReportDecided(
                    person_id=cast.anna,
                    kind="lesson",
                    content_id=lesson,
                    reason="hurts",
                    decision=decision,
                    as_author=True,
                    report_id=report_id,
                )
            )
            for report_id, decision in ((first, "hide"), (first, "show"), (again, "hide"))
        ]
    assert len(set(told)) == 3


def test_only_what_is_hidden_is_shown_again_once_with_a_reason_and_not_by_who_is_part_of_it(
    app: Flask, cast: Cast, lesson: int, report: Report, decide: Decide, show: Show, two_at_the_desk: None,
    client_of: Browser, token_of: Headers,
) -> None:  # fmt: skip
    one = report("clara", "lesson", lesson)
    with pytest.raises(Conflict):
        show("leo", one)
    decide("leo", one, "hide")
    for answer in ("", "  x ", "w" * 501):
        with pytest.raises(Refused):
            show("leo", one, answer)
    for name in ("clara", "anna", "ben", "dan"):
        with pytest.raises(NotFound):
            show(name, one)
    api = app.test_client()
    for name in NAMES:
        sent = {"answer": WHY}
        wanted = 404 if name in ("clara", "dan") else 403
        if name != "leo":
            assert client_of(name).post(f"/hr/care/{one}/show", data=sent).status_code == wanted, name
            answer = api.post(f"/api/v1/care/{one}/show", json=sent, headers=token_of(name))
            assert answer.status_code == wanted, name
    page = client_of("leo").get(f"/hr/care/{one}").text
    assert "Show it again?" in page
    refused = client_of("leo").post(f"/hr/care/{one}/show", data={"answer": ""})
    assert refused.status_code == 422
    raised = at_once(*[lambda: show("leo", one)] * 3)
    assert [type(fault) for fault in raised] == [Conflict] * 2
    assert rows(app, "SELECT hidden_at FROM lesson") == [(None,)]
    assert client_of("leo").post(f"/hr/care/{one}/show", data={"answer": WHY}).status_code == 409


def test_what_its_author_took_away_is_not_shown_again(
    app: Flask, cast: Cast, lesson: int, report: Report, decide: Decide, show: Show, client_of: Browser
) -> None:
    one = report("ben", "lesson", lesson)
    decide("clara", one, "hide")
    with app.app_context(), transaction():
        changing.delete_lessons([(lesson, cast.anna)], at=AT)
        settle(AT)
    assert "Show it again?" not in client_of("clara").get(f"/hr/care/{one}").text
    with pytest.raises(Conflict):
        show("clara", one)


# Its author keeps sight of it ---------------------------------------------------------------------------------


def test_authors_keep_sight_of_what_of_theirs_is_hidden_also_without_a_name(
    app: Flask, cast: Cast, skill: int, thank: Thank, lesson: int, report: Report, decide: Decide,
    client_of: Browser, token_of: Headers,
) -> None:  # fmt: skip
    unnamed, kudos_id = share_unnamed(app, cast.anna, skill), thank("anna", "ben")
    cases = [
        report("ben", "lesson", unnamed),
        report("ben", "lesson", lesson),
        report("ben", "kudos", kudos_id),
    ]
    for one in cases:
        decide("clara", one, "hide", "It names a customer.")
    anna = client_of("anna")
    own = anna.get("/reports").text
    for said in ("The valve that nobody checked", "Ben closed the wrong valve", SAID):
        assert said in own
    assert own.count("It names a customer.") == 3
    page = anna.get(f"/lessons/{unnamed}").text
    assert "The care desk hid it: you alone still see it." in page
    assert "It names a customer." in page
    assert "hidden by the care desk" in anna.get("/lessons?show=mine").text
    api = app.test_client()
    for name in NAMES:
        found = api.get("/api/v1/reports/about-mine", headers=token_of(name)).get_json()
        assert len(found) == (3 if name == "anna" else 0), name
        if name != "anna":
            assert "The valve that nobody checked" not in client_of(name).get("/reports").text
            assert client_of(name).get(f"/lessons/{unnamed}").status_code == 404, name
    assert api.get("/api/v1/reports/about-mine").status_code == 401


def test_a_hidden_lesson_that_loses_its_name_still_says_to_its_author_that_it_is_hidden(
    app: Flask, cast: Cast, lesson: int, report: Report, decide: Decide, client_of: Browser
) -> None:
    decide("clara", report("ben", "lesson", lesson), "hide")
    with app.app_context(), transaction():
        (new,) = changing.take_names_off([(lesson, cast.anna)], at=AT)
        settle(AT)
    page = client_of("anna").get(f"/lessons/{new}").text
    assert "The care desk hid it: you alone still see it." in page
    assert "This was reported:" in page
    assert "Please mind the tone." in page
    for name in ("ben", "mia", "clara", "dan"):
        assert client_of(name).get(f"/lessons/{new}").status_code == 404, name
    (row,) = rows(app, "SELECT l::text, hidden_at = shared_at, octet_length(hidden_why) > 256 FROM lesson l")
    assert "mind the tone" not in row[0]
    assert row[1], "its moment would say which report it was, and that of whom"
    assert row[2], "nor does the length tell the answer"


# Who decides where HR is too few --------------------------------------------------------------------------------


def test_a_case_about_the_only_one_of_hr_is_decided_by_an_admin_and_never_by_the_accused_or_the_reporter(
    app: Flask,
    cast: Cast,
    thank: Thank,
    report: Report,
    decide: Decide,
    client_of: Browser,
    token_of: Headers,
) -> None:
    one = report("ben", "kudos", thank("clara", "ben", message="You are quick for somebody of your age."))
    api = app.test_client()
    for name in NAMES:
        wanted = 200 if name == "dan" else 404 if name == "clara" else 403
        assert client_of(name).get(f"/hr/care/{one}").status_code == wanted, name
        assert api.get(f"/api/v1/care/{one}", headers=token_of(name)).status_code == wanted, name
    assert f"/hr/care/{one}" in client_of("dan").get("/hr/care").text
    assert "/hr/care" in client_of("dan").get("/").text
    role(app, cast.ben, "admin")
    assert client_of("ben").get(f"/hr/care/{one}").status_code == 404, "who reported it"
    decide("dan", one, "hide", "This is not how we speak.")
    looked = rows(
        app,
        "SELECT viewer_id, person_id FROM look WHERE what = 'care:kudos' AND viewer_id = :dan",
        dan=cast.dan,
    )
    assert (cast.dan, cast.clara) in looked


def test_while_one_stands_at_the_desk_admins_meet_every_case_so_that_none_says_who_reported_it(
    app: Flask, cast: Cast, thank: Thank, report: Report
) -> None:
    thanks = [thank("eve", "ben", message=f"You did thing number {n}.") for n in (1, 2)]
    by_ben, by_hr = report("ben", "kudos", thanks[0]), report("ben", "kudos", thanks[1])
    with app.app_context():
        assert {one.id for one in queries.desk(cast.dan)[0]} == {by_ben, by_hr}
        assert queries.desk(cast.dan)[1] == 0
    role(app, cast.leo, "hr")
    with app.app_context():
        assert queries.desk(cast.dan) == ([], 0)
        assert queries.case(cast.dan, by_ben) is None


def test_who_wrote_a_lesson_without_a_name_does_not_decide_on_it_and_nobody_can_tell_that_it_is_theirs(
    app: Flask, cast: Cast, skill: int, lesson: int, report: Report, decide: Decide, client_of: Browser
) -> None:
    own, others = (
        share_unnamed(app, cast.clara, skill),
        share_unnamed(app, cast.eve, skill, "A pump too many"),
    )
    mine, theirs = report("ben", "lesson", own), report("ben", "lesson", others)
    with pytest.raises(NotFound):
        decide("clara", mine, "leave", "")
    assert client_of("clara").get(f"/hr/care/{mine}").status_code == 404
    assert client_of("clara").get(f"/hr/care/{theirs}").status_code == 200
    with app.app_context():
        assert {one.id for one in queries.desk(cast.dan)[0]} == {mine, theirs}, "both alike"
    role(app, cast.leo, "hr")
    with app.app_context():
        assert {one.id for one in queries.desk(cast.dan)[0]} == {mine, theirs}, (
            "one of two may have written it"
        )
    role(app, cast.mia, "hr")
    with app.app_context():
        assert queries.desk(cast.dan) == ([], 0)
    decide("leo", mine, "leave", "")


def test_an_admin_is_met_exactly_where_fewer_than_two_are_no_part_or_all_of_those_reported_it() -> None:
    desks: list[set[int]] = [set(range(number)) for number in range(4)]
    for desk in desks:
        for size in range(len(desk) + 1):
            for party in itertools.combinations(sorted(desk), size):
                left = desk - set(party)
                assert admins_too(desk, party, [9], unnamed=False) is (len(left) < 2)
                assert admins_too(desk, party, left, unnamed=False)
    assert admins_too({1, 2}, (), [9], unnamed=True)
    assert not admins_too({1, 2, 3}, (), [9], unnamed=True)


def test_an_unknown_case_and_one_for_others_answer_alike(
    app: Flask, cast: Cast, lesson: int, report: Report, two_at_the_desk: None, client_of: Browser
) -> None:
    one = report("ben", "lesson", lesson)
    dan = client_of("dan")
    assert dan.get(f"/hr/care/{one}").status_code == dan.get("/hr/care/987654").status_code == 404
    assert "fewer than two of them are free" in dan.get("/hr/care").text
