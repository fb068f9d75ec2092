"""Feedback through its doors: who reads what, what it earns, and two at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from app.db import db, transaction
from app.errors import Conflict, NotFound, Refused
from app.feedback import actions, asking, receiving
from app.lessons import changing
from app.outbox import settle
from app.people import actions as people
from tests.app.feedback.conftest import AT, SAID, WORDS
from tests.cast import Cast, SignedIn, row_of

Browser = Callable[[str], SignedIn]
ALL = {"anna", "ben", "clara", "dan", "eve", "mia", "leo", "cor"}
SWAP = {"HX-Request": "true"}


def who_reads(path: str, client_of: Browser) -> set[str]:
    found = set()
    for name in ALL:
        answer = client_of(name).get(path)
        assert answer.status_code in (200, 404)
        found |= {name} if SAID.keep in answer.text else set()
    return found


# On a lesson ------------------------------------------------------------------------------------------------


def test_feedback_on_a_lesson_is_between_its_reader_and_its_author(
    lesson: Callable[..., int], client_of: Browser
) -> None:
    lesson_id = lesson("anna", "everyone")
    page = f"/lessons/{lesson_id}"
    assert client_of("eve").post(f"{page}/feedback", data=WORDS).status_code == 303
    assert who_reads(page, client_of) == {"anna", "eve"}
    assert who_reads(f"/api/v1{page}/feedback", client_of) == {"anna", "eve"}


def test_the_author_can_let_readers_see_it_and_take_that_back(
    lesson: Callable[..., int], client_of: Browser
) -> None:
    lesson_id = lesson("anna")
    page = f"/lessons/{lesson_id}"
    client_of("ben").post(f"{page}/feedback", data=WORDS)
    (one,) = client_of("anna").get(f"/api/v1{page}/feedback").json["feedback"]
    assert client_of("ben").post(f"/feedback/given/{one['id']}/share", data={"on": "true"}).status_code == 404
    client_of("anna").post(f"/feedback/given/{one['id']}/share", data={"on": "true"})
    assert who_reads(page, client_of) == {"anna", "ben", "mia"}  # who may read the lesson, and nobody else
    client_of("anna").post(f"/feedback/given/{one['id']}/share", data={"on": "false"})
    assert who_reads(page, client_of) == {"anna", "ben"}


def test_a_lesson_of_another_team_takes_no_feedback_and_tells_nothing(
    lesson: Callable[..., int], client_of: Browser
) -> None:
    hidden = client_of("eve").post(f"/lessons/{lesson('anna')}/feedback", data=WORDS)
    nowhere = client_of("eve").post("/lessons/999999/feedback", data=WORDS)
    assert hidden.status_code == nowhere.status_code == 404


def test_ones_own_lesson_takes_no_feedback_of_ones_own(
    lesson: Callable[..., int], client_of: Browser
) -> None:
    answer = client_of("anna").post(f"/lessons/{lesson('anna')}/feedback", data=WORDS)
    assert (answer.status_code, "Colleagues can give you feedback" in answer.text) == (422, True)


def test_what_was_typed_comes_back_with_what_is_wrong(lesson: Callable[..., int], client_of: Browser) -> None:
    path = f"/lessons/{lesson('anna')}/feedback"
    for headers in ({}, SWAP):
        answer = client_of("ben").post(path, data={"keep": "Good", "try": "", "lang": "en"}, headers=headers)
        assert answer.status_code == 422
        assert "Write a sentence in one of the two" in answer.text
        assert ">Good</textarea>" in answer.text


def test_said_again_it_is_put_otherwise_and_stays_one(lesson: Callable[..., int], client_of: Browser) -> None:
    path = f"/lessons/{lesson('anna')}/feedback"
    client_of("ben").post(path, data=WORDS)
    client_of("ben").post(path, data=WORDS | {"keep": "That you wrote it down at all."})
    (one,) = client_of("anna").get(f"/api/v1{path}").json["feedback"]
    assert one["keep"] == "That you wrote it down at all."


def test_helpful_feedback_earns_its_giver_without_saying_whom_it_helped(
    lesson: Callable[..., int], client_of: Browser, facts: Callable[[], list[Any]], cast: Cast, skill: int
) -> None:
    path = f"/lessons/{lesson('anna')}/feedback"
    client_of("ben").post(path, data=WORDS)
    (one,) = client_of("anna").get(f"/api/v1{path}").json["feedback"]
    for _ in range(2):
        client_of("anna").post(f"/feedback/given/{one['id']}/helpful", data={"on": "true"})
    (fact,) = facts()
    assert (fact.person_id, fact.kind, fact.counterpart_id) == (cast.ben, "feedback_helped", None)
    assert fact.skills == [skill]
    client_of("anna").post(f"/feedback/given/{one['id']}/helpful", data={"on": "false"})
    assert facts() == []


def test_taken_away_it_takes_what_it_earned_with_it(
    lesson: Callable[..., int], client_of: Browser, facts: Callable[[], list[Any]]
) -> None:
    path = f"/lessons/{lesson('anna')}/feedback"
    client_of("ben").post(path, data=WORDS)
    (one,) = client_of("anna").get(f"/api/v1{path}").json["feedback"]
    client_of("anna").post(f"/feedback/given/{one['id']}/helpful", data={"on": "true"})
    assert client_of("anna").post(f"/feedback/given/{one['id']}/delete").status_code == 404
    assert client_of("ben").post(f"/feedback/given/{one['id']}/delete").status_code == 303
    assert facts() == []
    assert client_of("anna").get(f"/api/v1{path}").json["feedback"] == []


# Asked for --------------------------------------------------------------------------------------------------


def test_an_answer_is_read_by_who_asked_and_who_gave_it(
    ask: Callable[..., int], answer: Callable[..., int], client_of: Browser
) -> None:
    request_id = ask("anna", "ben", "eve")
    answer("ben", request_id)
    path = f"/feedback/{request_id}"
    assert who_reads(path, client_of) == {"anna", "ben"}
    assert {name for name in ALL if client_of(name).get(path).status_code == 200} == {"anna", "ben", "eve"}
    client_of("anna").post(f"{path}/share", data={"on": "true"})
    assert who_reads(path, client_of) == {"anna", "ben", "eve"}


def test_who_was_not_asked_cannot_answer(ask: Callable[..., int], client_of: Browser) -> None:
    request_id = ask("anna", "ben")
    for name in ("eve", "mia", "anna"):
        assert client_of(name).post(f"/feedback/{request_id}/answer", data=WORDS).status_code == 404


def test_a_closed_request_says_so_and_keeps_what_came(
    ask: Callable[..., int], answer: Callable[..., int], client_of: Browser
) -> None:
    request_id = ask("anna", "ben", "eve")
    answer("ben", request_id)
    client_of("anna").post(f"/feedback/{request_id}/close")
    late = client_of("eve").post(f"/api/v1/feedback/requests/{request_id}/answer", json=WORDS)
    assert (late.status_code, late.json["code"]) == (409, "conflict")
    assert SAID.keep in client_of("anna").get(f"/feedback/{request_id}").text


def test_after_three_weeks_no_answer_comes(ask: Callable[..., int], answer: Callable[..., int]) -> None:
    request_id = ask("anna", "ben")
    with pytest.raises(Conflict):
        answer("ben", request_id, at=AT + timedelta(days=22))


def test_whoever_declines_can_still_answer_and_nobody_is_told_who_declined(
    ask: Callable[..., int], client_of: Browser
) -> None:
    request_id = ask("anna", "ben", "eve")
    client_of("ben").post(f"/feedback/{request_id}/decline")
    page = client_of("anna").get(f"/feedback/{request_id}").text
    assert "Ben" not in page
    assert "0 of 2 answered" in page
    assert client_of("ben").post(f"/feedback/{request_id}/answer", data=WORDS).status_code == 303


def test_the_same_form_sent_twice_asks_once(ask: Callable[..., int], client_of: Browser) -> None:
    first = ask("anna", "ben", once="k1")
    assert ask("anna", "ben", once="k1") == first
    assert len(client_of("ben").get("/api/v1/feedback/requests").json["waiting"]) == 1


def test_a_whole_team_can_be_asked_by_page_and_api(client_of: Browser, cast: Cast) -> None:
    form = {"about": "Our weekly start", "whom": "team", "lang": "en"}
    assert client_of("anna").post("/feedback", data=form).status_code == 303
    assert client_of("anna").post("/api/v1/feedback/requests", json=form).status_code == 201
    for name in ("ben", "mia"):
        assert len(client_of(name).get("/api/v1/feedback/requests").json["waiting"]) == 2
    assert client_of("eve").get("/api/v1/feedback/requests").json["waiting"] == []


def test_a_name_that_nobody_has_is_said_and_the_question_stays(client_of: Browser) -> None:
    answer = client_of("anna").post(
        "/feedback", data={"about": "Our weekly start", "whom": "people", "who": "Zebedee", "lang": "en"}
    )
    assert answer.status_code == 422
    assert "Zebedee" in answer.text
    assert "Our weekly start" in answer.text


# About leading ----------------------------------------------------------------------------------------------


@pytest.fixture
def six(app: Flask, cast: Cast) -> list[str]:
    """Four more people who report to Mia: with Anna and Ben six."""
    names = ["ada", "bob", "cas", "dirk"]
    with app.app_context(), transaction():
        rows = [row_of(name, manager_external_id="w-mia", department="Water", team="North") for name in names]
        people.import_people(rows, at=AT)
        settle(AT)
    return names


def _ids(app: Flask, names: list[str]) -> list[int]:
    with app.app_context():
        found = db.session.execute(
            text("SELECT lower(name) AS name, id FROM person WHERE lower(name) = ANY(:names)"),
            {"names": names},
        )
        by_name = {row.name: row.id for row in found}
    return [by_name[name] for name in names]


def test_about_leading_the_answers_come_together_without_names_from_five_on(
    app: Flask, six: list[str], ask: Callable[..., int], client_of: Browser
) -> None:
    request_id = ask("mia", leading=True)
    ids = _ids(app, [*six, "anna", "ben"])
    for number, person_id in enumerate(ids):
        page = client_of("mia").get(f"/feedback/{request_id}").text
        whole = client_of("mia").get(f"/api/v1/feedback/requests/{request_id}").json
        assert ("answer 0 of mine" in page) == (number >= 5)
        assert len(whole["unnamed_answers"]) == (number if number >= 5 else 0)
        assert (whole["answers"], whole["given"], whole["unnamed"]) == ([], None, True)
        words = actions.Words(keep=f"This is answer {number} of mine.", try_="", lang="en")
        with app.app_context(), transaction():
            actions.answer([actions.Answer(by=person_id, request_id=request_id, words=words)], at=AT)
            settle(AT)
    page = client_of("mia").get(f"/feedback/{request_id}").text
    main = page[page.index("<main") : page.index("</main>")]
    assert not any(name.capitalize() in main for name in [*six, "anna", "ben"])


def test_an_answer_without_a_name_cannot_be_marked_so_that_nothing_earned_tells_whose_it_is(
    app: Flask, six: list[str], ask: Callable[..., int], answer: Callable[..., int], client_of: Browser
) -> None:
    request_id = ask("mia", leading=True)
    feedback_id = answer("anna", request_id)
    for verb in ("helpful", "share"):
        answered = client_of("mia").post(f"/feedback/given/{feedback_id}/{verb}", data={"on": "true"})
        assert answered.status_code == 404


def test_of_fewer_than_five_the_answers_have_names_and_the_page_says_so(
    ask: Callable[..., int], answer: Callable[..., int], client_of: Browser
) -> None:
    request_id = ask("mia", leading=True)  # Anna and Ben
    assert "with your name" in client_of("ben").get(f"/feedback/{request_id}").text
    answer("ben", request_id)
    assert "Ben" in client_of("mia").get(f"/feedback/{request_id}").text


def test_who_leads_nobody_cannot_ask_about_leading(ask: Callable[..., int]) -> None:
    with pytest.raises(Refused):
        ask("anna", leading=True)


# Two at once, and farming -----------------------------------------------------------------------------------


def test_marked_twice_at_once_it_earns_once(
    app: Flask, cast: Cast, ask: Callable[..., int], answer: Callable[..., int], facts: Callable[[], list[Any]],
    help_of: Callable[..., None],
) -> None:  # fmt: skip
    feedback_id = answer("ben", ask("anna", "ben"))
    with ThreadPoolExecutor(4) as many:
        list(many.map(lambda _: help_of("anna", feedback_id), range(8)))
    assert len(facts()) == 1


def test_taken_away_while_it_is_marked_nothing_stands(
    app: Flask, cast: Cast, ask: Callable[..., int], answer: Callable[..., int], facts: Callable[[], list[Any]],
    help_of: Callable[..., None],
) -> None:  # fmt: skip
    for _ in range(4):
        feedback_id = answer("ben", ask("anna", "ben"))

        def away(feedback_id: int = feedback_id) -> None:
            with app.app_context(), transaction():
                actions.take_away([(feedback_id, cast.ben)])
                settle(AT)

        def mark(feedback_id: int = feedback_id) -> None:
            with suppress(NotFound):
                help_of("anna", feedback_id)

        with ThreadPoolExecutor(2) as two:
            list(two.map(lambda act: act(), (mark, away)))
        assert facts() == []


def test_two_who_keep_helping_each_other_earn_less_each_time(
    ask: Callable[..., int], answer: Callable[..., int], facts: Callable[[], list[Any]],
    help_of: Callable[..., None],
) -> None:  # fmt: skip
    for giver, asker in (("ben", "anna"), ("anna", "ben"), ("ben", "anna"), ("ben", "anna")):
        help_of(asker, answer(giver, ask(asker, giver)))
    assert [fact.weight for fact in facts()] == [1, 1, 0.5, 0.25]
    later = AT + timedelta(days=91)
    with_time = ask("anna", "ben")
    help_of("anna", answer("ben", with_time), at=later)
    assert facts()[-1].weight == 1


def test_marking_again_after_taking_it_back_does_not_make_it_more(
    ask: Callable[..., int], answer: Callable[..., int], facts: Callable[[], list[Any]],
    help_of: Callable[..., None],
) -> None:  # fmt: skip
    feedback_id = answer("ben", ask("anna", "ben"))
    for on in (True, False, True, False, True):
        help_of("anna", feedback_id, on=on)
    (fact,) = facts()
    assert fact.weight == 1


def test_somebody_who_left_cannot_be_asked(app: Flask, cast: Cast, ask: Callable[..., int]) -> None:
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE person SET active = false WHERE id = :id"), {"id": cast.ben})
    with pytest.raises(Refused):
        ask("anna", "ben")


def test_home_and_the_overview_say_who_waits_and_whoever_answered_is_not_asked_again(
    ask: Callable[..., int], answer: Callable[..., int], client_of: Browser, app: Flask
) -> None:
    request_id = ask("anna", "ben")
    with app.app_context(), transaction():  # the doors' clock is the real one
        db.session.execute(text("UPDATE feedback_request SET closes_at = now() + interval '9 days'"))
    assert "1 request for feedback waits for you." in client_of("ben").get("/").text
    assert "Somebody asks you" in client_of("ben").get("/feedback").text
    client_of("ben").post(f"/feedback/{request_id}/answer", data=WORDS)
    assert "for feedback waits" not in client_of("ben").get("/").text
    assert "Somebody asks you" not in client_of("ben").get("/feedback").text
    assert SAID.keep in client_of("anna").get("/feedback").text


def test_two_who_mark_each_others_at_once_see_one_another(
    ask: Callable[..., int], answer: Callable[..., int], facts: Callable[[], list[Any]],
    help_of: Callable[..., None],
) -> None:  # fmt: skip
    help_of("anna", answer("ben", ask("anna", "ben")))
    pairs = [("anna", answer("ben", ask("anna", "ben"))), ("ben", answer("anna", ask("ben", "anna")))]
    with ThreadPoolExecutor(2) as two:
        list(two.map(lambda pair: help_of(*pair), pairs))
    assert sorted(fact.weight for fact in facts()) == [0.5, 1, 1]


# In batches -------------------------------------------------------------------------------------------------


def test_asking_answering_and_marking_in_batches_is_all_or_nothing_and_weighs_in_order(
    app: Flask, cast: Cast, facts: Callable[[], list[Any]]
) -> None:
    def do(act: Callable[[], Any]) -> Any:
        with app.app_context(), transaction():
            made = act()
            settle(AT)
            return made

    asks = [
        asking.Ask(asker_id=cast.anna, people=[cast.ben], about=f"Meeting {n}", lang="en") for n in range(4)
    ]
    asks.append(replace(asks[0], about="With a key", once="k"))
    bad = replace(asks[0], people=[cast.anna])
    with pytest.raises(Refused):
        do(lambda: asking.ask([*asks, bad], at=AT))
    ids = do(lambda: asking.ask([*asks, asks[-1]], at=AT))
    assert len(set(ids)) == 5
    assert ids[-1] == ids[-2]
    assert do(lambda: asking.ask(asks[-1:], at=AT)) == ids[-1:]
    with pytest.raises(Conflict):
        do(lambda: asking.ask([asks[-1], replace(asks[-1], about="Another question")], at=AT))
    words = actions.Words(keep="You asked everybody by name.", try_="", lang="en")
    answers = [actions.Answer(by=cast.ben, request_id=one, words=words) for one in ids[:4]]
    with pytest.raises(NotFound):
        do(lambda: actions.answer([*answers, replace(answers[0], by=cast.eve)], at=AT))
    given = do(lambda: actions.answer([*answers, answers[0]], at=AT))
    assert given[0] == given[-1]
    marks = [receiving.Helped(by=cast.anna, feedback_id=one) for one in given[:4]]
    with pytest.raises(NotFound):
        do(lambda: receiving.mark_helpful([*marks, replace(marks[0], by=cast.eve)], at=AT))
    assert facts() == []
    do(lambda: receiving.mark_helpful(marks, at=AT))
    do(lambda: receiving.mark_helpful(marks, at=AT))
    assert sorted((fact.weight for fact in facts()), reverse=True) == [1, 1, 0.5, 0.25]
    do(lambda: receiving.mark_helpful([replace(one, on=False) for one in marks[:3]], at=AT))
    assert len(facts()) == 1


def test_feedback_on_a_lesson_that_loses_its_name_at_that_moment_is_for_nobody_and_tells_nobody(
    app: Flask, cast: Cast, lesson: Callable[..., int]
) -> None:
    """Without holding the row, it would be given under the old id, and its news would name the author."""
    lesson_id = lesson("anna")
    raised: list[BaseException] = []
    done = Event()

    def give() -> None:
        try:
            with app.app_context(), transaction():
                said = actions.OnLesson(by=cast.ben, lesson_id=lesson_id, words=SAID)
                actions.give_on_lessons([said], at=AT)
                settle(AT)
        except BaseException as fault:
            raised.append(fault)
        done.set()

    thread = Thread(target=give)
    with app.app_context(), transaction():
        changing.take_names_off([(lesson_id, cast.anna)], at=AT)
        settle(AT)
        thread.start()
        assert not done.wait(1), "it waits until the name is off"
    thread.join(20)
    assert [type(fault) for fault in raised] == [NotFound]
    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM feedback")) == 0
        assert db.session.scalar(text("SELECT count(*) FROM outbox WHERE event = 'FeedbackGiven'")) == 0


def test_closing_declining_and_sharing_in_batches_is_all_or_nothing_in_one_statement_each(
    app: Flask, cast: Cast, ask: Callable[..., int], answer: Callable[..., int], client_of: Browser
) -> None:
    first, second = ask("anna", "ben", "eve"), ask("anna", "ben")
    others = ask("ben", "anna")
    given = [answer("ben", first), answer("ben", second)]
    shared = receiving.Shared
    refused: list[Callable[[], None]] = [
        lambda: asking.close([(first, cast.anna), (others, cast.anna)], at=AT),
        lambda: actions.decline([(first, cast.eve), (second, cast.eve)], at=AT),
        lambda: receiving.share_requests(
            [shared(by=cast.anna, id=first), shared(by=cast.anna, id=others)], at=AT
        ),
        lambda: receiving.share(
            [shared(by=cast.anna, id=given[0]), shared(by=cast.ben, id=given[1])], at=AT
        ),
    ]  # fmt: skip
    with app.app_context():
        before = _state()
        for act in refused:
            with pytest.raises(NotFound), transaction():
                act()
            assert _state() == before
        with transaction():
            told: list[str] = []
            event.listen(db.engine, "before_cursor_execute", lambda *one: told.append(one[2]))
            actions.decline([(first, cast.eve), (others, cast.anna)], at=AT)
            receiving.share_requests([shared(by=cast.anna, id=one) for one in (first, second)], at=AT)
            receiving.share([shared(by=cast.anna, id=one) for one in given], at=AT)
            asking.close([(first, cast.anna), (second, cast.anna), (others, cast.ben)], at=AT)
            settle(AT)
        assert len([one for one in told if one.lstrip().startswith("UPDATE")]) == 4
        assert [row[1:] for row in _state()["requests"]] == [(True, True), (True, True), (True, False)]
        assert _state()["feedback"] == [(one, True) for one in given]
        with transaction():
            receiving.share([shared(by=cast.anna, id=given[0], on=False)], at=AT)
        assert _state()["feedback"] == [(given[0], False), (given[1], True)]
    assert client_of("ben").get(f"/feedback/{first}").status_code == 200


def _state() -> dict[str, list[Any]]:
    """Which requests are closed and shared, which answers are shared, and who declined."""
    told = {
        "requests": "SELECT id, closed_at IS NOT NULL, shared_at IS NOT NULL FROM feedback_request ORDER BY id",
        "feedback": "SELECT id, shared_at IS NOT NULL FROM feedback ORDER BY id",
        "asked": "SELECT request_id, person_id, state FROM feedback_asked ORDER BY 1, 2",
    }
    found = {name: [tuple(row) for row in db.session.execute(text(sql))] for name, sql in told.items()}
    db.session.rollback()
    return found
