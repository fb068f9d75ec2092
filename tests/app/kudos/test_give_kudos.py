"""Giving kudos: what counts, the allowance that cannot be overspent, and two who thank each other at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.db import db, transaction
from app.errors import Conflict, NotFound, Refused
from app.facts.models import Fact
from app.kudos import actions, allowance, queries
from app.kudos.actions import NewKudos
from app.kudos.allowance import AllowanceSpent
from app.kudos.models import Kudos, KudosAllowance
from app.outbox import settle
from app.people import actions as people
from app.people.models import Organisation, Person
from tests.app.kudos.conftest import AT, SAID
from tests.cast import Cast
from tests.racing import at_once

Thank = Callable[..., int]
Standing = Callable[[], set[str]]
Headers = Callable[[str], dict[str, str]]


def left(app: Flask, person_id: int, at: datetime = AT) -> int:
    with app.app_context():
        return allowance.left(person_id, at).left


def allow(app: Flask, each: int, manager: int = 30) -> None:
    with app.app_context(), transaction():
        organisation = db.session.scalars(select(Organisation)).one()
        organisation.kudos_allowance, organisation.manager_kudos_allowance = each, manager


def test_each_receiver_earns_and_the_fact_names_the_giver(
    app: Flask, cast: Cast, skill: int, thank: Thank, standing: Standing
) -> None:
    kudos_id = thank("anna", "ben", "mia", "ben")
    assert standing() == {f"kudos:{kudos_id}:{cast.ben}", f"kudos:{kudos_id}:{cast.mia}"}
    with app.app_context():
        fact = db.session.scalars(select(Fact).where(Fact.person_id == cast.ben)).one()
        assert (fact.kind, fact.counterpart_id, list(fact.skills)) == ("kudos_received", cast.anna, [skill])
    assert left(app, cast.anna) == 8, "one a receiver, and nobody twice"


def test_new_thanks_are_seen_as_widely_as_each_receiver_chose_beforehand(
    app: Flask, cast: Cast, thank: Thank
) -> None:
    before = thank("anna", "ben")
    with app.app_context(), transaction():
        people.choose(person_id=cast.ben, kudos_choice="everyone")
    alone, both = thank("anna", "ben"), thank("anna", "ben", "mia")

    def seen(kudos_id: int, name: str) -> bool:
        with app.app_context():
            return queries.card(cast.id_of(name), kudos_id) is not None

    assert seen(alone, "eve")
    assert not seen(before, "eve"), "what came earlier stays as it was"
    assert not seen(both, "eve"), "who did not choose keeps it to the two"
    with app.app_context(), transaction():
        people.choose(person_id=cast.mia, kudos_choice="team")
    assert [seen(thank("anna", "mia"), name) for name in ("ben", "eve")] == [True, False]


def test_the_same_key_gives_the_same_kudos_and_spends_once(app: Flask, cast: Cast, thank: Thank) -> None:
    assert thank("anna", "ben", once="form-1") == thank("anna", "ben", once="form-1")
    assert left(app, cast.anna) == 9
    assert thank("ben", "anna", once="form-1") != thank("anna", "ben", once="form-1"), (
        "a key is its sender's own"
    )


@pytest.mark.parametrize("other", [{"message": "You did something else well."}, {"skill_id": 999}])
def test_the_same_key_with_other_thanks_is_refused(other: dict[str, Any], thank: Thank) -> None:
    thank("anna", "ben", once="form-1")
    with pytest.raises(Conflict):
        thank("anna", "ben", once="form-1", **other)
    with pytest.raises(Conflict):
        thank("anna", "mia", once="form-1")


def test_fifty_equal_posts_at_once_give_one_and_fifty_equal_answers(
    app: Flask, cast: Cast, skill: int, token_of: Headers, standing: Standing
) -> None:
    headers = token_of("anna")
    sent = {"receivers": [cast.ben], "message": SAID, "skill_id": skill, "lang": "en", "once": "fifty"}

    def post(_: int) -> tuple[int, dict[str, Any]]:
        answer = app.test_client().post("/api/v1/kudos", json=sent, headers=headers)
        return answer.status_code, answer.get_json()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(post, range(50)))
    assert answers[0][0] == 201
    assert all(answer == answers[0] for answer in answers)
    assert len(standing()) == 1
    assert left(app, cast.anna, datetime.now(UTC)) == 9


# Who --------------------------------------------------------------------------------------------------------


def test_never_oneself_and_never_who_is_gone(
    app: Flask, cast: Cast, thank: Thank, standing: Standing
) -> None:
    with pytest.raises(Refused):
        thank("anna", "ben", "anna")
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.eve).active = False
    with pytest.raises(Refused) as no:
        thank("anna", "ben", "eve")
    assert "receivers" in no.value.fields
    with pytest.raises(NotFound):
        thank("eve", "anna")
    assert standing() == set()
    assert left(app, cast.anna) == 10, "a refusal leaves nothing behind"


def test_thanks_need_a_sentence_and_a_skill_that_is_there(thank: Thank) -> None:
    for name, value in [("message", "Thanks"), ("message", "x" * 501), ("skill_id", 999), ("lang", "de")]:
        with pytest.raises(Refused) as no:
            thank("anna", "ben", **{name: value})
        assert name in no.value.fields


# The allowance ----------------------------------------------------------------------------------------------


def test_a_manager_may_thank_more_and_the_month_renews_it(app: Flask, cast: Cast, thank: Thank) -> None:
    allow(app, 2, 3)
    thank("anna", "ben", "eve")
    with pytest.raises(AllowanceSpent) as no:
        thank("anna", "ben")
    assert "1 december" in str(no.value.message).lower()
    thank("mia", "ben", "anna", "eve")
    with pytest.raises(AllowanceSpent):
        thank("mia", "ben")
    thank("anna", "ben", at=datetime(2026, 11, 30, 23, 0, tzinfo=UTC))


def test_thanks_of_a_manager_give_nobody_else_what_a_manager_may(
    app: Flask, cast: Cast, thank: Thank
) -> None:
    allow(app, 2, 9)
    thank("mia", "ben")
    thank("anna", "ben")
    with pytest.raises(AllowanceSpent):
        thank("anna", "mia", "eve")
    assert left(app, cast.anna) == 1


def test_a_refusal_says_how_many_are_left(app: Flask, cast: Cast, thank: Thank) -> None:
    allow(app, 3)
    thank("anna", "ben")
    with pytest.raises(AllowanceSpent) as no:
        thank("anna", "ben", "mia", "eve")
    assert "2" in str(no.value.message)
    assert left(app, cast.anna) == 2
    thank("anna", "mia", "eve")


def test_a_first_thanks_that_is_too_wide_is_refused_as_well(app: Flask, cast: Cast, thank: Thank) -> None:
    allow(app, 1)
    with pytest.raises(AllowanceSpent):
        thank("anna", "ben", "mia")
    assert left(app, cast.anna) == 1


def test_a_batch_is_given_whole_or_not_at_all(app: Flask, cast: Cast, skill: int, standing: Standing) -> None:
    allow(app, 2)
    base: dict[str, Any] = {"message": SAID, "skill_id": skill, "lang": "en"}
    items = [
        NewKudos(giver_id=cast.ben, receivers=[cast.anna], **base),
        NewKudos(giver_id=cast.anna, receivers=[cast.ben, cast.mia], **base),
        NewKudos(giver_id=cast.anna, receivers=[cast.eve], **base),
    ]
    with app.app_context(), pytest.raises(AllowanceSpent), transaction():
        actions.give_kudos(items, at=AT)
    assert standing() == set()
    with app.app_context(), transaction():
        ids = actions.give_kudos(items[:2], at=AT)
        settle(AT)
        assert [queries.receivers_of(ids)[id][0].name for id in ids] == ["Anna", "Ben"]


def test_of_two_overspends_at_once_one_is_refused(
    app: Flask, cast: Cast, thank: Thank, standing: Standing
) -> None:
    allow(app, 3)
    raised = at_once(lambda: thank("anna", "ben", "mia"), lambda: thank("anna", "ben", "eve"))
    assert [type(fault) for fault in raised] == [AllowanceSpent]
    assert len(standing()) == 2
    assert spent(app, cast.anna) == 2


def test_ten_at_once_never_spend_more_than_there_is(
    app: Flask, cast: Cast, thank: Thank, standing: Standing
) -> None:
    allow(app, 4)
    raised = at_once(*[lambda: thank("anna", "ben")] * 10)
    assert [type(fault) for fault in raised] == [AllowanceSpent] * 6
    assert len(standing()) == spent(app, cast.anna) == 4


def test_who_thank_each_other_at_once_do_not_deadlock(
    app: Flask, cast: Cast, thank: Thank, standing: Standing
) -> None:
    allow(app, 100)
    for _ in range(6):
        raised = at_once(
            lambda: thank("anna", "ben", "mia"),
            lambda: thank("ben", "mia", "anna"),
            lambda: thank("mia", "anna", "ben"),
            lambda: thank("ben", "anna"),
        )
        assert raised == []
    assert len(standing()) == 6 * 7


def test_the_upsert_alone_holds_the_allowance_without_any_lock(app: Flask, cast: Cast, skill: int) -> None:
    """Two overspends meet in one row, also if somebody should forget to lock."""
    allow(app, 3)
    item = NewKudos(giver_id=cast.anna, receivers=[1, 2], message=SAID, skill_id=skill, lang="en", at=AT)

    def spend() -> None:
        with app.app_context(), transaction():
            allowance.spend([item])

    assert [type(fault) for fault in at_once(spend, spend)] == [AllowanceSpent]
    assert spent(app, cast.anna) == 2


def test_a_month_of_a_whole_company_is_a_few_statements(app: Flask, cast: Cast, skill: int) -> None:
    from sqlalchemy import event

    names = [cast.anna, cast.ben, cast.mia, cast.eve]
    base: dict[str, Any] = {"message": SAID, "skill_id": skill, "lang": "en"}
    items = [
        NewKudos(giver_id=giver, receivers=[other], **base)
        for giver in names
        for other in names
        if giver != other
    ]
    counted: list[int] = []
    with app.app_context(), transaction():
        event.listen(db.engine, "before_cursor_execute", lambda *_: counted.append(1))
        actions.give_kudos(items, at=AT)
        assert len(counted) <= 10
        settle(AT)
        assert db.session.scalar(select(func.count()).select_from(Kudos)) == 12


def spent(app: Flask, person_id: int) -> int:
    with app.app_context():
        statement = select(KudosAllowance.spent).where(KudosAllowance.giver_id == person_id)
        return db.session.scalars(statement).one()
