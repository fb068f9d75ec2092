"""Rounds at once, what comes after a decision, and the frozen dossier that nobody changes unnoticed."""

import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from psycopg.errors import InsufficientPrivilege, RestrictViolation
from sqlalchemy import text

from app.audit.queries import acts
from app.db import db, transaction
from app.errors import Conflict, NotFound, Refused
from app.outbox import settle
from app.people import actions as people
from app.people.queries import hr_reach
from app.reviews import after, dossier, judging, panel, queries, rounds
from app.reviews.touching import Stale
from tests.app.reviews.conftest import AT, TODAY, WHY, Scene, counted, row_of, rows
from tests.app.reviews.test_panel_and_decision import both
from tests.cast import Cast
from tests.cast import row_of as hr_row

DAY = timedelta(days=1)


def work_as(job: str, *people_ids: int) -> None:
    with transaction():
        db.session.execute(
            text("UPDATE person SET job = :job WHERE id = ANY(:ids)"), {"job": job, "ids": [*people_ids]}
        )


def go_on(at: Any) -> None:
    with transaction():
        after.go_on(at=at)
        settle(at)


def started(scene: Scene, cast: Cast, *names: str, **more: Any) -> tuple[int, dict[int, uuid.UUID]]:
    """A round with ben and eve on the panel, mia deciding, in which these people take part."""
    work_as("Operator B", *(cast.id_of(name) for name in names))
    made = scene.round(**more)
    with transaction():
        for name, seat in (("eve", "member"), ("mia", "decider"), ("dan", "decider")):
            rounds.name_seat(made, person_id=cast.id_of(name), seat=seat, at=AT)
        rounds.invite(made, at=AT)
        found = rounds.start(made, [(cast.id_of(name), scene.senior) for name in names], at=AT)
        db.session.execute(text("UPDATE review SET stage = 'panel' WHERE round_id = :r"), {"r": made})
        settle(AT)
    return made, found


# Rounds ---------------------------------------------------------------------------------------------------------


def test_who_does_the_job_one_step_below_or_is_listed_may_take_part(scene: Scene, cast: Cast) -> None:
    work_as("operator b", cast.anna)
    work_as("Senior operator", cast.ben)
    made = scene.round()
    with transaction():
        rounds.list_person(made, person_id=cast.eve, job_id=scene.senior, reach=None, jobs=[scene.senior])
        settle(AT)
    assert {row.person_id for row in rows("SELECT person_id FROM review_round_person")} == {
        cast.anna,
        cast.eve,
    }
    with transaction():
        assert rounds.invite(made, at=AT) == 2
        assert rounds.invite(made, at=AT) == 0
        settle(AT)


def test_only_who_was_invited_starts_a_review_and_twice_makes_one(scene: Scene, cast: Cast) -> None:
    work_as("Operator B", cast.anna)
    made = scene.round()
    wanted = [(cast.anna, scene.senior), (cast.ben, scene.senior), (cast.anna, scene.junior)]
    with transaction():
        assert rounds.start(made, wanted, at=AT) == {}
        rounds.invite(made, at=AT)
        assert set(rounds.start(made, wanted, at=AT)) == {cast.anna}
        assert rounds.start(made, wanted, at=AT) == {}
        settle(AT)
    assert len(rows("SELECT FROM review")) == 1


def test_the_panel_of_a_round_sits_everywhere_but_on_its_own_reviews_and_those_of_rivals(
    scene: Scene, cast: Cast
) -> None:
    _, found = started(scene, cast, "anna", "ben", "mia")
    seats = {(row.person_id, row.seat, row.review_id) for row in rows("SELECT * FROM review_seat")}
    assert (cast.eve, "member", found[cast.anna]) in seats
    assert (cast.dan, "decider", found[cast.ben]) in seats
    assert not {one for one in seats if one[0] == cast.mia}


def test_hr_of_some_departments_opens_no_round_beyond_them(scene: Scene, cast: Cast) -> None:
    days = {
        name: TODAY + timedelta(days=9) for name in ("evidence_due", "panel_due", "decide_due", "release_on")
    }
    said: dict[str, Any] = {"name": {"nl": "Ronde", "en": "Round"}, "jobs": [scene.senior], **days}
    for units in ([], [cast.systems], [cast.water, cast.systems]):
        with pytest.raises(Refused), transaction():
            rounds.open_round(rounds.NewRound(**said, units=units), by=cast.clara, reach={cast.water}, at=AT)
    with transaction():
        assert rounds.open_round(
            rounds.NewRound(**said, units=[cast.water]), by=cast.clara, reach={cast.water}, at=AT
        )
        settle(AT)


def test_a_decision_of_a_round_waits_for_its_release_and_all_come_at_one_moment(
    scene: Scene, cast: Cast
) -> None:
    made, found = started(scene, cast, "anna", "ben")
    for review in found.values():
        scene.hand_in(review, "eve")
    assert scene.sign(found[cast.anna], "mia") == "decided"
    mark = rounds.mark_of(rows("SELECT id, stage FROM review"))
    assert scene.sign(found[cast.ben], "mia") == "decided"
    assert not rows("SELECT FROM dossier")
    with pytest.raises(Conflict), transaction():
        rounds.release(made, by=cast.clara, mark=mark, at=AT)
    with transaction():
        assert rounds.release(made, by=cast.clara, mark=None, at=AT) == 2
        settle(AT)
    assert len({row.released_at for row in rows("SELECT released_at FROM review")}) == 1
    with pytest.raises(Conflict), transaction():
        rounds.release(made, by=cast.clara, mark=None, at=AT)


def test_what_was_undecided_at_the_release_is_released_as_it_is_signed(scene: Scene, cast: Cast) -> None:
    made, found = started(scene, cast, "anna", "ben")
    with transaction():
        assert rounds.release(made, by=None, mark=None, at=AT) == 0
        settle(AT)
    scene.hand_in(found[cast.ben], "eve")
    assert scene.sign(found[cast.ben], "mia") == "released"
    assert row_of(found[cast.anna]).stage == "panel"


def test_a_release_and_a_decision_at_once_leave_nothing_decided_and_hidden(
    app: Flask, scene: Scene, cast: Cast
) -> None:
    made, found = started(scene, cast, "anna")
    review = found[cast.anna]
    scene.hand_in(review, "eve")
    read = scene.version(review)

    def release() -> int:
        with transaction():
            done = rounds.release(made, by=cast.clara, mark=None, at=AT)
            settle(AT)
            return done

    both(app, release, lambda: scene.sign(review, "mia", version=read))
    assert row_of(review).stage == "released"


def test_a_round_of_three_hundred_is_opened_invited_started_and_released_in_as_many_statements_as_one_of_three(
    scene: Scene, cast: Cast
) -> None:
    few, many = _whole_round(scene, cast, "few", 3), _whole_round(scene, cast, "many", 300)
    assert few == many
    assert sum(many.values()) < 95
    assert len(rows("SELECT FROM dossier")) == 303
    assert (
        len({row.released_at for row in rows("SELECT released_at FROM review WHERE stage = 'released'")}) == 2
    )


def _whole_round(scene: Scene, cast: Cast, name: str, size: int) -> dict[str, int]:
    with transaction():
        known = people.import_people(
            [hr_row(f"{name}-{place}", password_hash=None, job="Operator B") for place in range(size)], at=AT
        )
        settle(AT)
    ids = [known.id_of(f"w-{name}-{place}") for place in range(size)]
    told: dict[str, int] = {}
    with counted() as statements:
        made = scene.round()
        told["opened"] = len(statements)
        with transaction():
            rounds.name_seat(made, person_id=cast.eve, seat="member", at=AT)
            rounds.name_seat(made, person_id=cast.mia, seat="decider", at=AT)
            settle(AT)
        told["seated"] = len(statements)
        with transaction():
            assert rounds.invite(made, at=AT) >= size
            settle(AT)
        told["invited"] = len(statements)
        with transaction():
            found = rounds.start(made, [(one, scene.senior) for one in ids], at=AT)
            settle(AT)
        told["started"] = len(statements)
    assert len(found) == size
    _decide_all(scene, cast, made)
    with counted() as statements:
        with transaction():
            assert rounds.release(made, by=cast.clara, mark=None, at=AT + timedelta(seconds=size)) == size
            settle(AT)
        told["released"] = len(statements)
    work_as("", *ids)
    return told


def _decide_all(scene: Scene, cast: Cast, made: int) -> None:
    """As if panel and decider had been at work for some weeks."""
    with transaction():
        for statement in (
            "UPDATE review SET stage = 'decided', decided_at = now() WHERE round_id = :r",
            "UPDATE review_seat SET handed_in_at = now() WHERE seat = 'member'",
            "INSERT INTO review_assessment (review_id, criterion_id, person_id, verdict, written_at)"
            " SELECT r.id, c.id, :eve, 'partly', now() FROM review r JOIN criterion c ON c.criteria_id = r.criteria_id"
            " WHERE r.round_id = :r",
            "INSERT INTO review_decision (review_id, person_id, outcome, plan_on, written_at, signed_at)"
            " SELECT id, :mia, 'not_yet', current_date + 90, now(), now() FROM review WHERE round_id = :r",
        ):
            wanted = {"r": made, "eve": cast.eve, "mia": cast.mia}
            db.session.execute(
                text(statement), {key: value for key, value in wanted.items() if f":{key}" in statement}
            )


# After the decision -------------------------------------------------------------------------------------------


def test_signing_as_seen_names_the_version_and_is_the_employees_own(scene: Scene, cast: Cast) -> None:
    review = scene.released()
    read = scene.version(review)
    for name in ("mia", "clara", "ben", "eve"):
        with pytest.raises(NotFound), transaction():
            after.sign_seen(review, person_id=cast.id_of(name), version=read, at=AT)
    with transaction():
        after.answer(review, "I see it another way, and this is why", person_id=cast.anna, at=AT)
    with pytest.raises(Stale), transaction():
        after.sign_seen(review, person_id=cast.anna, version=read, at=AT)
    with transaction():
        after.sign_seen(review, person_id=cast.anna, version=scene.version(review), at=AT)
    with pytest.raises(Conflict), transaction():
        after.answer(review, "And one thing more", person_id=cast.anna, at=AT)


def test_a_file_that_is_not_signed_goes_on_after_its_term_and_closes_after_the_last_day_to_object(
    scene: Scene,
) -> None:
    review = scene.released()
    go_on(AT + 14 * DAY)
    assert row_of(review).unseen_at is None
    go_on(AT + 15 * DAY)
    assert row_of(review).unseen_at is not None
    go_on(AT + 42 * DAY)
    assert row_of(review).stage == "released"
    go_on(AT + 43 * DAY)
    assert row_of(review).stage == "closed"
    assert [row.number for row in dossier.of(review)] == [1, 2]


def test_one_objects_within_the_term_and_once(scene: Scene, cast: Cast) -> None:
    review = scene.released()
    with pytest.raises(NotFound), transaction():
        after.file_objection(review, WHY, person_id=cast.mia, at=AT)
    with pytest.raises(Conflict), transaction():
        after.file_objection(review, WHY, person_id=cast.anna, at=AT + 43 * DAY)
    with transaction():
        after.file_objection(review, WHY, person_id=cast.anna, at=AT + 42 * DAY)
        settle(AT)
    with pytest.raises(Conflict), transaction():
        after.file_objection(review, WHY, person_id=cast.anna, at=AT)
    go_on(AT + 60 * DAY)
    assert row_of(review).stage == "released"  # an objection that waits keeps it open


def test_hr_hears_of_objections_in_the_departments_that_they_serve(scene: Scene, cast: Cast) -> None:
    """eve is of HR for her own department, which is not that of anna."""
    with transaction():
        db.session.execute(text("UPDATE person SET role = 'hr' WHERE id = :eve"), {"eve": cast.eve})
        (own,) = db.session.scalars(
            text("SELECT department_id FROM person WHERE id = :eve"), {"eve": cast.eve}
        ).all()
        people.serve_departments(person_id=cast.eve, department_ids=[own], by=cast.dan, at=AT)
    review = scene.released()
    assert queries.opened(cast.eve, review, hr_reach(cast.eve)) is None
    assert queries.opened(cast.clara, review, hr_reach(cast.clara)) is not None
    with transaction():
        after.file_objection(review, WHY, person_id=cast.anna, at=AT)
        settle(AT)
    (told,) = rows("SELECT body FROM outbox WHERE event = 'ReviewObjected'")
    assert [one["person_id"] for one in json.loads(told.body)] == [cast.clara]


def objected(scene: Scene, cast: Cast, **more: Any) -> uuid.UUID:
    review = scene.released("not_yet", outcome="not_yet", **more)
    with transaction():
        after.file_objection(review, WHY, person_id=cast.anna, at=AT)
        settle(AT)
    return review


def test_only_somebody_without_a_part_in_it_handles_an_objection(scene: Scene, cast: Cast) -> None:
    review = objected(scene, cast)
    for name in ("anna", "ben", "mia", "clara"):  # its holder, its panel, its decider, who named the seats
        with pytest.raises(Refused), transaction():
            after.name_handler(review, person_id=cast.id_of(name), by=cast.clara, at=AT)
    for _ in range(2):
        with transaction():
            after.name_handler(review, person_id=cast.dan, by=cast.clara, at=AT)
            settle(AT)
    assert len(acts("review:handler_named")) == 1, "the same again is no change"
    for name in ("anna", "ben", "mia", "clara", "eve"):
        with pytest.raises(NotFound), transaction():
            after.handle(
                review,
                outcome="stands",
                words=WHY,
                person_id=cast.id_of(name),
                version=scene.version(review),
                at=AT,
            )


def test_a_decision_that_stands_is_answered_once_also_by_two_at_once(
    app: Flask, scene: Scene, cast: Cast
) -> None:
    review = objected(scene, cast)
    with transaction():
        after.name_handler(review, person_id=cast.dan, by=cast.clara, at=AT)
        settle(AT)
    read = scene.version(review)

    def handle(outcome: str) -> str:
        with transaction():
            after.handle(review, outcome=outcome, words=WHY, person_id=cast.dan, version=read, at=AT)
            settle(AT)
            return outcome

    answers = both(app, lambda: handle("stands"), lambda: handle("anew"))
    assert sum(isinstance(one, str) for one in answers) == 1
    assert len(rows("SELECT FROM review_step WHERE what = 'objection_answered'")) == 1


def handled_anew(scene: Scene, cast: Cast, review: uuid.UUID, by: int) -> None:
    with transaction():
        after.name_handler(review, person_id=by, by=cast.clara, at=AT)
        settle(AT)
    with transaction():
        after.handle(review, outcome="anew", words=WHY, person_id=by, version=scene.version(review), at=AT)
        settle(AT)


def of_dossier(review: uuid.UUID, number: int) -> Any:
    found = dossier.opened(review, number)
    assert found is not None
    return json.loads(found[1])


def test_anew_is_decided_by_others_and_what_was_decided_is_frozen_with_its_objection(
    scene: Scene, cast: Cast
) -> None:
    review = objected(scene, cast)
    with transaction():
        after.answer(review, "I see it another way", person_id=cast.anna, at=AT)
        settle(AT)
    handled_anew(scene, cast, review, cast.dan)
    assert row_of(review).stage == "deciding"
    with pytest.raises(NotFound):
        scene.sign(review, "mia")
    with pytest.raises(Refused):
        scene.seat(review, "decider", "mia")
    scene.seat(review, "decider", "eve")
    assert scene.sign(review, "eve") == "released"
    assert [row.number for row in dossier.of(review)] == [1, 2, 3]
    first, before, second = (of_dossier(review, number) for number in (1, 2, 3))
    assert [one["decisions"][0]["by"] for one in (first, before, second)] == ["Mia", "Mia", "Eve"]
    assert (first["objection"], before["objection"]["outcome"]) == (None, "anew")
    assert before["answer"]["text"] == "I see it another way"
    assert (second["answer"], second["objection"]) == (None, None)
    assert [one["outcome"] for one in second["earlier_objections"]] == ["anew"]


def test_what_was_decided_anew_is_read_signed_answered_and_objected_to_like_the_first(
    scene: Scene, cast: Cast
) -> None:
    review = objected(scene, cast)
    with transaction():
        after.sign_seen(review, person_id=cast.anna, version=scene.version(review), at=AT)
        after.answer(review, "I see it another way", person_id=cast.anna, at=AT)
        settle(AT)
    handled_anew(scene, cast, review, cast.dan)
    with pytest.raises(Conflict), transaction():  # there is nothing to object to while nothing is decided
        after.file_objection(review, WHY, person_id=cast.anna, at=AT)
    scene.seat(review, "decider", "eve")
    later = AT + 50 * DAY  # the term of the first decision is over, that of the second begins
    scene.sign(review, "eve", "not_yet", at=later)
    with transaction():
        after.sign_seen(review, person_id=cast.anna, version=scene.version(review), at=later)
        after.answer(review, "And now too", person_id=cast.anna, at=later)
        after.file_objection(review, "Against the second one", person_id=cast.anna, at=later + 42 * DAY)
        settle(later)
    with pytest.raises(Conflict), transaction():
        after.file_objection(review, "And once more", person_id=cast.anna, at=later)
    go_on(later + 60 * DAY)
    assert row_of(review).stage == "released"
    with pytest.raises(Refused), transaction():  # who had it decided anew has a part in it now
        after.name_handler(review, person_id=cast.dan, by=cast.clara, at=later)
    seen = queries.opened(cast.anna, review, False)
    assert seen is not None
    told = judging.of(seen, cast.anna)
    assert told.objection is not None
    assert (told.objection.words, told.objection.outcome) == ("Against the second one", None)
    assert [one.outcome for one in told.earlier] == ["anew"]
    with transaction():
        after.name_handler(review, person_id=cast.leo, by=cast.clara, at=later)
        settle(later)
    read = scene.version(review)
    with transaction():
        after.handle(review, outcome="stands", words=WHY, person_id=cast.leo, version=read, at=later)
        settle(later)
    go_on(later + 60 * DAY)
    last = of_dossier(review, 4)
    assert (last["objection"]["outcome"], last["answer"]["text"]) == ("stands", "And now too")
    assert [one["outcome"] for one in last["earlier_objections"]] == ["anew"]


def test_of_two_objections_to_a_decision_anew_at_once_one_wins(app: Flask, scene: Scene, cast: Cast) -> None:
    review = objected(scene, cast)
    handled_anew(scene, cast, review, cast.dan)
    scene.seat(review, "decider", "eve")
    scene.sign(review, "eve", "not_yet")

    def object_() -> bool:
        with transaction():
            after.file_objection(review, WHY, person_id=cast.anna, at=AT)
            settle(AT)
            return True

    answers = both(app, object_, object_)
    assert answers.count(True) == 1
    assert len(rows("SELECT FROM review_objection")) == 2


def test_what_is_left_open_becomes_goals_of_the_employees_own_with_a_day(scene: Scene, cast: Cast) -> None:
    scene.released("partly", "not_yet", outcome="promote_with_plan")
    goals = rows("SELECT * FROM goal ORDER BY id")
    assert [goal.title for goal in goals] == ["Can do thing 1", "Can do thing 2"]
    assert {(goal.person_id, goal.visible, goal.state) for goal in goals} == {(cast.anna, "me", "open")}
    assert all(goal.target_on > TODAY for goal in goals)


def test_a_promotion_leaves_no_goals(scene: Scene) -> None:
    scene.released("partly", outcome="promote")
    assert not rows("SELECT FROM goal")


# The frozen dossier -------------------------------------------------------------------------------------------


def test_a_dossier_is_canonical_json_and_its_hash_is_of_its_bytes(scene: Scene) -> None:
    review = scene.released("partly")
    found = dossier.opened(review)
    assert found is not None
    row, plain = found
    assert hashlib.sha256(plain).digest() == bytes(row.digest)
    content = json.loads(plain)
    assert dossier.canonical(content) == plain
    assert plain.decode().startswith('{"answer":null,"asked":')
    assert content["decisions"][0]["reason"] == f"{WHY} says mia"
    assert [one["verdict"] for one in content["criteria"][0]["assessments"]] == ["partly"]
    told = plain.decode().lower()
    assert not any(
        f'"{word}"' in told for word in ("points", "rank", "streak", "total", "score", "advice", "met_count")
    )


def refused(statement: str, line: Any, *told: Any) -> type:
    with pytest.raises(psycopg.Error) as no:
        line.execute(statement, told)
    return no.type


@pytest.mark.parametrize("role", ["web", "worker"])
def test_neither_web_nor_worker_changes_or_removes_a_dossier(database: Any, scene: Scene, role: str) -> None:
    review = scene.released()
    with psycopg.connect(database.url(role).replace("+psycopg", ""), autocommit=True) as line:
        _refuses(line, review)


def _refuses(line: Any, review: uuid.UUID) -> None:
    for statement in (
        "UPDATE dossier SET digest = '' WHERE review_id = %s",
        "UPDATE dossier SET frozen_at = now() WHERE review_id = %s",
        "UPDATE dossier SET keep_until = current_date - 9 WHERE review_id = %s",
        "DELETE FROM dossier WHERE review_id = %s",
        "TRUNCATE dossier",
    ):
        assert refused(statement, line, *([review] if "%s" in statement else [])) is InsufficientPrivilege
    for statement in (
        "UPDATE dossier SET sealed = '' WHERE review_id = %s",
        "UPDATE dossier SET sealed = NULL, wrapped = NULL, destroyed_at = now() WHERE review_id = %s",
    ):
        assert refused(statement, line, review) is RestrictViolation


def test_verify_finds_a_dossier_that_a_superuser_changed(database: Any, scene: Scene) -> None:
    review, whole = scene.released(), scene.released_of_ben()
    assert [one for one in dossier.check() if isinstance(one, str)] == []
    database.line.execute(
        "UPDATE dossier SET sealed = (SELECT sealed FROM dossier WHERE review_id = %s) WHERE review_id = %s",
        [whole, review],
    )
    db.session.rollback()
    assert [one.split(" cannot")[0] for one in dossier.check() if isinstance(one, str)] == [
        f"dossier {review} 1"
    ]
    database.line.execute("DELETE FROM dossier WHERE review_id = %s", [review])
    db.session.rollback()
    assert any("has no dossier" in str(one) for one in dossier.check())


def test_a_dossier_outlives_the_key_of_its_person_and_is_destroyed_at_its_term(
    scene: Scene, cast: Cast
) -> None:
    old = AT - timedelta(days=800)
    review = scene.released(at=old, from_on=old.date())
    with transaction():
        db.session.execute(text("DELETE FROM person_key WHERE person_id = :a"), {"a": cast.anna})
    found = dossier.opened(review)
    assert found is not None
    assert WHY.encode() in found[1]
    with transaction():
        assert dossier.destroy_at_term(at=old + timedelta(days=700)) == 0
        assert dossier.destroy_at_term(at=AT) == 1
    assert dossier.opened(review) is None
    assert [one for one in dossier.check() if isinstance(one, str)] == []
    assert panel.drafts(review, cast.anna, cast.ben)[scene.asked[0]].words == ""


def test_before_a_release_hr_reads_by_name_who_is_not_decided_yet(
    scene: Scene, cast: Cast, browser_of: Callable[..., Any]
) -> None:
    made = scene.round()
    scene.review("anna", "panel", round_id=made)
    page = browser_of("clara").get(f"/hr/reviews/rounds/{made}/release").text
    told = page[page.index("1 review is not decided yet") :]
    assert "Anna" in told[: told.index("</section>")]
