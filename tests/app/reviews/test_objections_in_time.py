"""An objection does not lie: it has a day, reminders, a stand-in, and somebody else when who handles it left."""

import json
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.db import db, transaction
from app.errors import Refused
from app.outbox import settle
from app.people import actions as people
from app.reviews import after, choosing, handling, judging, panel, queries, rules, waiting
from tests.app.reviews.conftest import AT, TODAY, WHY, Scene, counted, rows
from tests.cast import Cast

ANSWER, NAMING = rules.HANDLE_DAYS, rules.NAME_DAYS


def objected(scene: Scene, cast: Cast, handler: str | None = "dan") -> uuid.UUID:
    review = scene.released("not_yet", outcome="not_yet")
    with transaction():
        after.file_objection(review, WHY, person_id=cast.anna, at=AT)
        if handler:
            after.name_handler(review, person_id=cast.id_of(handler), by=cast.clara, at=AT)
        settle(AT)
    forget()
    return review


def forget() -> None:
    with transaction():
        db.session.execute(text("DELETE FROM outbox"))


def told_on(days: int) -> list[tuple[int, str]]:
    """Who hears of what when the worker comes round so many days later."""
    at = AT + timedelta(days=days)
    with transaction():
        waiting.keep_going(at=at)
        settle(at)
    found = rows(
        "SELECT event, body FROM outbox WHERE event IN ('ReviewWaits', 'ReviewObjected') ORDER BY id"
    )
    forget()
    told = [(row.event, one) for row in found for one in json.loads(row.body)]
    said = [(one["person_id"], one.get("what") or ("handles" if one["handles"] else "hr")) for _, one in told]
    return [one for one in said if one[1] in ("handle", "handles", "hr")]


def handler_of(review: uuid.UUID) -> int | None:
    found: int | None = rows("SELECT handler_id FROM review_objection WHERE review_id = :r", r=review)[0][0]
    return found


def away(cast: Cast, name: str, deputy: str, *, until: int = 60) -> None:
    told = {"p": cast.id_of(name), "d": cast.id_of(deputy), "s": TODAY, "u": TODAY + timedelta(days=until)}
    with transaction():
        db.session.execute(
            text("INSERT INTO stand_in (person_id, deputy_id, since, until) VALUES (:p, :d, :s, :u)"), told
        )


def test_hr_is_reminded_to_name_somebody_once_and_who_handles_it_before_the_answer_is_due(
    scene: Scene, cast: Cast
) -> None:
    review = objected(scene, cast, handler=None)
    assert told_on(NAMING - 4) == []
    assert told_on(NAMING - 3) == [(cast.clara, "hr")]
    assert told_on(NAMING - 2) == [], "once"
    with transaction():
        after.name_handler(review, person_id=cast.dan, by=cast.clara, at=AT)
        settle(AT)
    forget()
    assert told_on(ANSWER - 4) == []
    assert told_on(ANSWER - 3) == [(cast.dan, "handle")]
    assert told_on(ANSWER) == []
    assert sorted(told_on(ANSWER + 1)) == sorted([(cast.dan, "handle"), (cast.clara, "hr")]), "it is late"
    assert told_on(ANSWER + 2) == []


def test_the_employee_and_hr_read_by_when_it_is_answered(scene: Scene, cast: Cast) -> None:
    review = objected(scene, cast)
    seen = queries.opened(cast.anna, review, False)
    assert seen is not None
    objection = judging.of(seen, cast.anna).objection
    assert objection is not None
    assert objection.due == TODAY + timedelta(days=ANSWER)

    def listed(days: int, stage: str = "") -> list[tuple[object, bool]]:
        found, _ = choosing.listed(cast.clara, None, today=TODAY + timedelta(days=days), stage=stage)
        return [(one.due, one.late) for one in found if one.id == review]

    assert listed(1) == [(objection.due, False)]
    assert listed(ANSWER + 1) == [(objection.due, True)]
    assert listed(ANSWER, "late") == []
    assert listed(ANSWER + 1, "late") == [(objection.due, True)]


def test_who_stands_in_for_whoever_handles_it_takes_it_over(scene: Scene, cast: Cast) -> None:
    review = objected(scene, cast)
    away(cast, "dan", "eve")
    assert told_on(0) == [(cast.eve, "handles")]
    assert handler_of(review) == cast.eve
    assert told_on(0) == []
    seen = queries.opened(cast.eve, review, False)
    assert seen is not None
    assert seen.handles
    assert queries.opened(cast.dan, review, False) is None


@pytest.mark.parametrize("deputy", ["ben", "mia", "clara", "anna"])
def test_nobody_with_a_part_in_it_stands_in_for_it(scene: Scene, cast: Cast, deputy: str) -> None:
    """Its panel, who decided, who named the seats, and its holder."""
    review = objected(scene, cast)
    away(cast, "dan", deputy)
    assert told_on(0) == []
    assert handler_of(review) == cast.dan


def test_nor_does_whoever_its_holder_leads(scene: Scene, cast: Cast) -> None:
    review = objected(scene, cast)
    with transaction():
        db.session.execute(
            text("UPDATE person SET manager_id = :a WHERE id = :e"), {"a": cast.anna, "e": cast.eve}
        )
    away(cast, "dan", "eve")
    assert told_on(0) == []
    assert handler_of(review) == cast.dan


def test_when_whoever_handles_it_left_hr_is_told_at_once_to_name_another(scene: Scene, cast: Cast) -> None:
    review = objected(scene, cast, handler="eve")
    with transaction():
        people.let_go(person_id=cast.eve, by=cast.dan, at=AT)
        settle(AT)
    assert told_on(1) == [(cast.clara, "hr")]
    assert handler_of(review) is None
    assert told_on(1) == []
    assert told_on(NAMING) == [(cast.clara, "hr")], "and again when a week is over"


def test_hr_can_remind_whoever_handles_it(scene: Scene, cast: Cast) -> None:
    review = objected(scene, cast)
    with transaction():
        waiting.remind([review], today=TODAY)
        settle(AT)
    (row,) = rows("SELECT body FROM outbox WHERE event = 'ReviewWaits'")
    assert {(one["person_id"], one["what"]) for one in json.loads(row.body)} == {
        (cast.anna, "sign"),
        (cast.dan, "handle"),
    }


def test_of_an_objection_to_a_decision_anew_hr_hears_like_of_the_first(scene: Scene, cast: Cast) -> None:
    """Each is news of its own: an inbox takes the same source once."""
    review = scene.released()
    with transaction():
        after.file_objection(review, WHY, person_id=cast.anna, at=AT)
        settle(AT)
    (first,) = rows("SELECT body FROM outbox WHERE event = 'ReviewObjected'")
    assert json.loads(first.body)[0]["since"], "so that the next one differs"


def test_many_objections_cost_as_many_questions_as_one(scene: Scene, cast: Cast) -> None:
    objected(scene, cast)
    at = AT + timedelta(days=ANSWER + 1)

    def cost(at: datetime) -> int:
        with counted() as told, transaction():
            handling.keep_going(at=at)
            settle(at)
        return len(told)

    one = cost(at)
    with transaction():
        review = scene.released_of_ben()
    with transaction():
        after.file_objection(review, WHY, person_id=cast.ben, at=AT)
        after.name_handler(review, person_id=cast.leo, by=cast.clara, at=AT)
        db.session.execute(text("UPDATE review_objection SET reminded = NULL"))
        settle(AT)
    assert cost(at) <= one + 1


# The audit log ------------------------------------------------------------------------------------------------


def test_whom_hr_names_and_takes_off_stands_in_the_audit_log_about_the_employee(
    scene: Scene, cast: Cast
) -> None:
    review = scene.review()
    scene.seat(review, "member", "ben")
    with transaction():
        panel.step_aside(review, person_id=cast.ben, by=cast.clara, at=AT)
        settle(AT)
    found = rows(
        "SELECT action, actor_id, person_id, detail ->> 'of' AS who FROM audit_entry"
        " WHERE action LIKE 'review:%' ORDER BY id"
    )
    assert [(row.action, row.actor_id, row.person_id, int(row.who)) for row in found] == [
        ("review:seat_named", cast.clara, cast.anna, cast.ben),
        ("review:seat_left", cast.clara, cast.anna, cast.ben),
    ]


def test_so_does_who_handles_an_objection(scene: Scene, cast: Cast) -> None:
    objected(scene, cast)
    found = rows(
        "SELECT actor_id, person_id, detail ->> 'of' AS who FROM audit_entry WHERE action = 'review:handler_named'"
    )
    assert [(row.actor_id, row.person_id, int(row.who)) for row in found] == [
        (cast.clara, cast.anna, cast.dan)
    ]


def decided_anew(scene: Scene, cast: Cast) -> uuid.UUID:
    """The one objected to, after Dan had it taken anew."""
    review = objected(scene, cast)
    version = scene.version(review)
    with transaction():
        after.handle(
            review, outcome="anew", words="You are right", person_id=cast.dan, version=version, at=AT
        )
        settle(AT)
    return review


def test_when_others_decide_anew_hr_hears_that_nobody_decides_and_finds_where_to_name_somebody(
    scene: Scene, cast: Cast, browser_of: Callable[..., Any]
) -> None:
    review = decided_anew(scene, cast)
    found = rows("SELECT body FROM outbox WHERE event = 'ReviewWaits'")
    told = [one for row in found for one in json.loads(row.body)]
    assert [(one["person_id"], one["what"]) for one in told] == [(cast.clara, "seat")]
    page = browser_of("clara").get(f"/reviews/{review}").text
    assert "Others decide anew, by" in page
    assert page.count(f'href="/hr/reviews/{review}/seats"') == 2, "in the head, and where nobody decides"
    page = browser_of("anna").get(f"/reviews/{review}").text
    assert "HR still has to name who decides." in page
    assert "/seats" not in page


def test_who_had_it_decided_anew_does_not_decide_it_nor_stands_in_for_who_does(
    scene: Scene, cast: Cast
) -> None:
    review = decided_anew(scene, cast)
    with pytest.raises(Refused, match="They answered the objection"):
        scene.seat(review, "decider", "dan")
    scene.seat(review, "decider", "leo")
    away(cast, "leo", "dan")
    with transaction():
        panel.stand_in(today=TODAY, at=AT)
        settle(AT)
    seats = rows("SELECT person_id FROM review_seat WHERE seat = 'decider' AND stepped_aside_at IS NULL")
    assert [row.person_id for row in seats] == [cast.leo]


def test_hr_whose_own_decision_is_objected_to_does_not_name_who_answers_where_another_of_hr_can(
    scene: Scene, cast: Cast
) -> None:
    review = objected(scene, cast, handler=None)
    with transaction():
        db.session.execute(text("UPDATE person SET role = 'hr' WHERE id = :mia"), {"mia": cast.mia})
    with pytest.raises(Refused, match="You decided here"), transaction():
        after.name_handler(review, person_id=cast.dan, by=cast.mia, at=AT)
    with transaction():
        after.name_handler(review, person_id=cast.dan, by=cast.clara, at=AT)
        settle(AT)
    version = scene.version(review)
    with transaction():
        after.handle(
            review, outcome="anew", words="You are right", person_id=cast.dan, version=version, at=AT
        )
        settle(AT)
    with pytest.raises(Refused, match="You decided here"), transaction():
        panel.name_seat(review, person_id=cast.leo, seat="decider", by=cast.mia, at=AT)
    with transaction():
        db.session.execute(
            text("UPDATE person SET role = 'employee' WHERE id = :clara"), {"clara": cast.clara}
        )
    with transaction():
        panel.name_seat(review, person_id=cast.leo, seat="decider", by=cast.mia, at=AT)
        settle(AT)
    assert (cast.leo, "decider") in {(one.person_id, one.seat) for one in rows("SELECT * FROM review_seat")}
