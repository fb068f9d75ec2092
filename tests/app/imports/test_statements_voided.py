"""Voiding takes back what a statement earned, in whichever order the two come."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.app.imports.scene import VOIDED, Platform, says, voids
from tests.cast import Cast

Completions = Callable[[], list[tuple[int, datetime]]]
Counted = Callable[[], tuple[int, int]]


def test_voiding_takes_back_what_was_earned(
    lms: Platform, completions: Completions, counted: Counted
) -> None:
    statement, voiding = says(), voids("00000000-0000-4000-8000-000000000000")
    lms.post(statement)
    voiding["object"]["id"] = statement["id"]
    assert lms.post(voiding).status_code == 200
    assert completions() == []
    assert counted() == (0, 0)
    assert lms.get(statementId=statement["id"]).status_code == 404
    assert lms.get(voidedStatementId=statement["id"]).get_json()["id"] == statement["id"]
    assert lms.get(voidedStatementId=voiding["id"]).status_code == 404
    assert lms.ids() == [voiding["id"]]
    assert lms.post(statement).status_code == 200
    assert lms.post(voiding).status_code == 200
    assert completions() == []


def test_what_was_voided_before_it_came_earns_nothing(
    lms: Platform, completions: Completions, counted: Counted
) -> None:
    statement = says()
    assert lms.post(voids(statement["id"])).status_code == 200
    assert lms.post(statement).get_json() == [statement["id"]]
    assert (completions(), counted()) == ([], (0, 0))
    assert lms.get(statementId=statement["id"]).status_code == 404
    assert lms.get(voidedStatementId=statement["id"]).status_code == 200


@pytest.mark.parametrize("order", [1, -1])
def test_in_one_batch_in_either_order(
    lms: Platform, cast: Cast, completions: Completions, order: int
) -> None:
    statement = says()
    assert lms.post([statement, voids(statement["id"]), says("ben")][::order]).status_code == 200
    assert [person for person, _ in completions()] == [cast.ben]


def test_a_completion_stays_while_another_statement_supports_it(
    lms: Platform, cast: Cast, completions: Completions
) -> None:
    first, second = says(), says(timestamp="2026-03-05T09:00:00Z")
    lms.post([first, second])
    lms.post(voids(first["id"]))
    assert completions() == [(cast.anna, datetime(2026, 3, 5, 9, 0, tzinfo=UTC))]
    lms.post(voids(second["id"]))
    assert completions() == []
    lms.post(says())
    assert len(completions()) == 1


def test_voiding_twice_is_voiding(lms: Platform, completions: Completions) -> None:
    statement = says()
    lms.post(statement)
    lms.post(voids(statement["id"]))
    assert lms.post([voids(statement["id"]), voids(statement["id"])]).status_code == 200
    assert completions() == []


@pytest.mark.parametrize("together", [True, False])
def test_a_statement_that_voids_cannot_be_voided(
    lms: Platform, completions: Completions, kept: Callable[[], int], together: bool
) -> None:
    statement = says()
    voiding = voids(statement["id"])
    lms.post(statement)
    batches = (
        [[voiding, voids(voiding["id"])]] if together else [[voiding], [says("ben"), voids(voiding["id"])]]
    )
    answers = [lms.post(batch) for batch in batches]
    assert answers[-1].status_code == 400
    assert list(answers[-1].get_json()["errors"]) == ["object.id"]
    assert (kept(), len(completions())) == ((1, 1) if together else (2, 0))
    own = str(uuid.uuid4())
    assert lms.post(voids(own, id=own)).status_code == 400


def test_a_statement_that_voids_stays_when_it_was_aimed_at_before_it_came(
    lms: Platform, completions: Completions
) -> None:
    statement = says()
    lms.post(statement)
    voiding = voids(statement["id"])
    assert lms.post(voids(voiding["id"])).status_code == 200
    assert lms.post(voiding).status_code == 200
    assert lms.get(statementId=voiding["id"]).status_code == 200
    assert completions() == []


def test_only_a_reference_to_a_statement_can_be_voided(lms: Platform) -> None:
    answer = lms.post(says("mia", VOIDED))
    assert list(answer.get_json()["errors"]) == ["object.objectType"]


def test_one_client_cannot_void_what_another_sent(
    lms: Platform, other_lms: Platform, completions: Completions
) -> None:
    statement = says()
    lms.post(statement)
    assert other_lms.post(voids(statement["id"])).status_code == 200
    assert len(completions()) == 1
    assert lms.get(statementId=statement["id"]).status_code == 200


def test_uncompleted_counts_where_the_organisation_says_so(
    app: Any, lms: Platform, completions: Completions
) -> None:
    from app.db import db, transaction
    from app.people.models import Setting

    undone = "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/uncompleted"
    lms.post([says(), says("ben")])
    lms.post(says(verb=undone, timestamp="2026-03-03T09:00:00Z"))
    assert len(completions()) == 2
    with app.app_context(), transaction():
        rules = {"rules": [{"verb": undone, "means": "uncompleted"}]}
        db.session.merge(Setting(key="meanings", value=rules, changed_at=datetime.now(UTC)))
        db.session.merge(Setting(key="catalogue", value={}, changed_at=datetime.now(UTC)))
    lms.post(says(verb=undone, timestamp="2026-03-01T09:00:00Z"))
    assert len(completions()) == 2
    lms.post(says(verb=undone, timestamp="2026-03-04T09:00:00Z"))
    assert len(completions()) == 1
    lms.post(says(timestamp="2026-03-01T09:00:00Z"))
    assert len(completions()) == 1
    lms.post(says(timestamp="2026-03-05T09:00:00Z"))
    assert len(completions()) == 2
    lms.post([says("eve", verb=undone, timestamp="2026-03-04T09:00:00Z"), says("eve")])
    assert len(completions()) == 2
