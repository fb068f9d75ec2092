"""Two at once, on real connections: one of them wins, and nothing counts twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from flask import Flask

from app.activities import actions, confirming, logs, recording, records
from app.activities.rules import Log, Proposal
from app.db import db, transaction
from app.errors import Conflict, Refused
from app.events import FactStated, FactTakenBack
from app.outbox import settle
from tests.app.activities.scene import NOW, Catalogue, report, tell
from tests.cast import Cast

MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("inside")


def at_once(app: Flask, *steps: Callable[[], Any]) -> list[Any]:
    """Each step in its own thread and connection, all let go together; what came out or was refused."""
    start = Barrier(len(steps))

    def run(step: Callable[[], Any]) -> Any:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    result = step()
                    news = list(db.session.info.get("news", ()))
                    settle(NOW)
                return result, news
            except Refused as no:
                return no
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(run, steps))


def one_after_the_other(app: Flask, first: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """The second begins while the first has done its work and is not through; what came out of it, or was refused."""
    done = Event()

    def run() -> Any:
        try:
            return at_once(app, second)[0]
        finally:
            done.set()

    with ThreadPoolExecutor(1) as pool:
        with app.app_context(), transaction():
            first()
            settle(NOW)
            later = pool.submit(run)
            assert not done.wait(0.7), "it waits until the first is through"
        return later.result(20)


def facts(answers: list[Any]) -> list[Any]:
    told = [event for answer in answers if isinstance(answer, tuple) for event in answer[1]]
    return [event for event in told if isinstance(event, FactStated | FactTakenBack)]


def own_log(cast: Cast, catalogue: Catalogue) -> Log:
    return {
        "person_id": cast.anna,
        "activity_id": catalogue.gas,
        "completed_on": date(2026, 11, 16),
        "note": "With the crew",
    }


def test_the_same_report_eight_times_at_once_is_one_completion(
    app: Flask, cast: Cast, catalogue: Catalogue
) -> None:
    item = report(cast.anna, catalogue.gas, MONDAY, "a")
    answers = at_once(app, *[lambda: recording.record_completions([item], at=NOW)] * 8)
    assert len(facts(answers)) == 1
    assert len({answer[0]["a"] for answer in answers}) == 1


def test_two_systems_at_once_give_one_completion_from_the_earlier_moment(
    app: Flask, cast: Cast, catalogue: Catalogue
) -> None:
    answers = at_once(
        app,
        lambda: recording.record_completions([report(cast.anna, catalogue.gas, MONDAY, "a")], at=NOW),
        lambda: recording.record_completions(
            [report(cast.anna, catalogue.gas, MONDAY + timedelta(days=1), "b")], at=NOW
        ),
    )
    told = facts(answers)
    assert len([event for event in told if isinstance(event, FactStated)]) - (len(told) // 2) in (0, 1)
    (row,) = records.completions_of(cast.anna)[0]
    assert (row.completed_at, row.state) == (MONDAY, "confirmed")


def test_a_log_and_a_report_at_once_are_one_completion(app: Flask, cast: Cast, catalogue: Catalogue) -> None:
    answers = at_once(
        app,
        lambda: logs.log_completions([own_log(cast, catalogue)], at=NOW),
        lambda: recording.record_completions([report(cast.anna, catalogue.gas, MONDAY, "a")], at=NOW),
    )
    assert len(facts(answers)) == 1
    (row,) = records.completions_of(cast.anna)[0]
    assert row.state == "confirmed"


def test_the_same_log_five_times_at_once_is_one_with_five_equal_answers(
    app: Flask, cast: Cast, catalogue: Catalogue
) -> None:
    free: Log = {
        "person_id": cast.anna,
        "title": "A night shift",
        "kind": "on_the_job",
        "skill_id": catalogue.safety,
        "completed_on": date(2026, 11, 16),
        "note": "With the crew",
    }
    for item in (own_log(cast, catalogue), free):
        answers = at_once(app, *[lambda item=item: logs.log_completions([item], at=NOW)] * 5)
        assert len({answer[0][0] for answer in answers}) == 1
    assert records.count_waiting_for(cast.mia) == 2


def test_of_two_decisions_at_once_one_holds_and_the_other_is_told(
    app: Flask, cast: Cast, catalogue: Catalogue
) -> None:
    (completion_id,) = tell(lambda: logs.log_completions([own_log(cast, catalogue)], at=NOW)).result
    answers = at_once(
        app,
        lambda: confirming.decide([completion_id], by=cast.mia, confirm=True, at=NOW),
        lambda: confirming.decide([completion_id], by=cast.mia, confirm=False, note="Which crew?", at=NOW),
    )
    assert sorted(type(answer) for answer in answers if isinstance(answer, Refused)) == [Conflict]
    (row,) = records.completions([completion_id])
    assert len(facts(answers)) == (row.state == "confirmed")


def test_two_who_confirm_many_at_once_confirm_each_once(app: Flask, cast: Cast, catalogue: Catalogue) -> None:
    """The same confirmer in two windows, in another order, and one log withdrawn in between."""
    both: list[Log] = [
        own_log(cast, catalogue),
        {**own_log(cast, catalogue), "activity_id": catalogue.sampling},
        {**own_log(cast, catalogue), "person_id": cast.ben},
    ]
    ids = tell(lambda: logs.log_completions(both, at=NOW)).result
    answers = at_once(
        app,
        lambda: confirming.confirm_what_waits(ids, by=cast.mia, at=NOW),
        lambda: confirming.confirm_what_waits(ids[::-1], by=cast.mia, at=NOW),
        lambda: logs.withdraw_log(ids[0], by=cast.anna, at=NOW),
    )
    states = {row.id: row.state for row in records.completions(ids)}
    assert [states[one] for one in ids[1:]] == ["confirmed", "confirmed"]
    confirmed = [one for answer in answers[:2] if isinstance(answer, tuple) for one in answer[0]]
    assert sorted(confirmed) == sorted(one for one in ids if states[one] == "confirmed")
    assert len(facts(answers)) == len(confirmed)


def test_what_is_handed_over_while_many_are_confirmed_is_confirmed_by_one(
    app: Flask, cast: Cast, catalogue: Catalogue
) -> None:
    ids = tell(
        lambda: logs.log_completions(
            [own_log(cast, catalogue), {**own_log(cast, catalogue), "activity_id": catalogue.sampling}],
            at=NOW,
        )
    ).result
    answers = at_once(
        app,
        lambda: confirming.confirm_what_waits(ids, by=cast.mia, at=NOW),
        lambda: confirming.hand_over(ids[0], by=cast.anna, to=cast.clara, at=NOW),
    )
    rows = {row.id: row for row in records.completions(ids)}
    assert rows[ids[1]].state == "confirmed"
    moved = not isinstance(answers[1], Refused)
    assert (rows[ids[0]].state, rows[ids[0]].confirmer_id) == (
        ("waiting", cast.clara) if moved else ("confirmed", cast.mia)
    )


def test_a_decision_and_a_report_at_once_count_once(app: Flask, cast: Cast, catalogue: Catalogue) -> None:
    (completion_id,) = tell(lambda: logs.log_completions([own_log(cast, catalogue)], at=NOW)).result
    answers = at_once(
        app,
        lambda: confirming.decide([completion_id], by=cast.mia, confirm=True, at=NOW),
        lambda: recording.record_completions([report(cast.anna, catalogue.gas, MONDAY, "a")], at=NOW),
    )
    told = facts(answers)
    stated = [event.source for event in told if isinstance(event, FactStated)]
    back = [event.source for event in told if isinstance(event, FactTakenBack)]
    assert len(set(stated) - set(back)) == 1
    assert records.completions([completion_id])[0].state == "confirmed"


def test_two_withdrawals_at_once_take_back_once(app: Flask, cast: Cast, catalogue: Catalogue) -> None:
    items = [report(cast.anna, catalogue.gas, MONDAY, source) for source in ("a", "b")]
    tell(lambda: recording.record_completions(items, at=NOW))
    answers = at_once(
        app,
        lambda: recording.withdraw_supports(["a"], at=NOW),
        lambda: recording.withdraw_supports(["b"], at=NOW),
    )
    assert len(facts(answers)) == 1
    assert records.completions_of(cast.anna)[0][0].state == "withdrawn"


def test_a_word_taken_back_twice_at_once_takes_back_once(
    app: Flask, cast: Cast, catalogue: Catalogue
) -> None:
    (completion_id,) = tell(lambda: logs.log_completions([own_log(cast, catalogue)], at=NOW)).result
    tell(lambda: confirming.decide([completion_id], by=cast.mia, confirm=True, at=NOW))
    answers = at_once(app, *[lambda: confirming.undo([completion_id], by=cast.mia, at=NOW)] * 4)
    assert len(facts(answers)) == 1
    assert records.completions([completion_id])[0].state == "waiting"


def test_batches_that_cross_do_not_wait_for_each_other_for_ever(
    app: Flask, cast: Cast, catalogue: Catalogue
) -> None:
    people = [cast.anna, cast.ben, cast.eve, cast.mia]

    def batch(name: str, order: list[int]) -> Callable[[], Any]:
        items = [
            report(person, activity, MONDAY, f"{name}{person}-{activity}")
            for person in order
            for activity in (catalogue.gas, catalogue.sampling)
        ]
        return lambda: recording.record_completions(items, at=NOW)

    answers = at_once(app, batch("a", people), batch("b", people[::-1]), batch("c", people))
    assert len([event for event in facts(answers) if isinstance(event, FactStated)]) == 8


def test_one_new_activity_is_proposed_once(app: Flask, catalogue: Catalogue) -> None:
    proposals: list[Proposal] = [
        {"iri": f"https://lms.example/{number}", "title": {"en": "New", "nl": "Nieuw"}, "kind": "course"}
        for number in range(5)
    ]
    answers = at_once(
        app,
        lambda: actions.propose(proposals, at=NOW),
        lambda: actions.propose(proposals[::-1], at=NOW),
        lambda: actions.propose(proposals, at=NOW),
    )
    assert answers[0][0] == answers[1][0] == answers[2][0]
