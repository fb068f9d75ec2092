"""Giving a recognition: who may, to whom, what follows, and what is taken back with it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.audit import queries as audit
from app.badges.models import Award
from app.db import db, transaction
from app.errors import Conflict, NotAllowed, NotFound, Refused
from app.facts.models import Fact
from app.outbox import settle
from app.people.models import Person
from app.recognitions import actions, queries
from app.recognitions.models import Recognition
from tests.app.recognitions.conftest import AT, CITATION, TITLE
from tests.cast import Cast

Give = Callable[..., int]
Occasion = Callable[..., int]
Nominate = Callable[..., int]
Close = Callable[[int], None]
Standing = Callable[[], set[str]]


def number(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Recognition)) or 0


def take_back(app: Flask, cast: Cast, recognition_id: int, by: str) -> None:
    with app.app_context(), transaction():
        told = actions.Withdrawal(recognition_id=recognition_id, because="It was somebody else.")
        actions.withdraw([told], by=cast.id_of(by), at=AT)
        settle(AT)


# Who may -----------------------------------------------------------------------------------------------------


def test_each_receiver_has_a_fact_that_names_the_giver_and_an_entry_in_the_log(
    app: Flask, cast: Cast, give: Give, standing: Standing
) -> None:
    given = give("mia", "anna", "ben")
    assert standing() == {f"recognition:{given}:{cast.anna}", f"recognition:{given}:{cast.ben}"}
    with app.app_context():
        fact = db.session.scalars(select(Fact).where(Fact.person_id == cast.ben)).one()
        assert (fact.kind, fact.counterpart_id) == ("recognised", cast.mia)
        assert [entry.action for entry in audit.acts_on(cast.ben)] == ["recognition:given"]


def test_nobody_recognises_themselves(cast: Cast, give: Give, standing: Standing) -> None:
    for giver in ("mia", "clara"):
        with pytest.raises(Refused, match="for others"):
            give(giver, giver, "anna")
    assert standing() == set()


@pytest.mark.parametrize("other", ["eve", "cor", "clara"])
def test_a_manager_recognises_their_own_reports_only(other: str, give: Give, standing: Standing) -> None:
    with pytest.raises(Refused, match="report"):
        give("mia", "anna", other)
    assert standing() == set()


@pytest.mark.parametrize("nobody", ["anna", "leo", "dan", "cor"])
def test_who_has_no_reports_and_no_jury_gives_none(nobody: str, give: Give) -> None:
    with pytest.raises(NotAllowed):
        give(nobody, "ben")


def test_hr_recognises_anybody(give: Give) -> None:
    assert give("clara", "anna", "eve", "dan")


def test_a_whole_team_is_who_is_in_it_without_the_giver(app: Flask, cast: Cast, give: Give) -> None:
    given = give("mia", unit_id=cast.north)
    with app.app_context():
        assert {one.id for one in queries.receivers_of([given])[given]} == {cast.anna, cast.ben}
    with pytest.raises(Refused):
        give("mia", unit_id=cast.desk)
    with pytest.raises(Refused, match="not both"):
        give("mia", "anna", unit_id=cast.north)


def test_who_left_is_not_recognised(app: Flask, cast: Cast, give: Give) -> None:
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.eve).active = False
    with pytest.raises(Refused, match="not work here"):
        give("clara", "eve")


@pytest.mark.parametrize(
    ("field", "value"), [("title", "x"), ("citation", "Too short."), ("lang", "de"), ("occasion", "o" * 101)]
)
def test_what_cannot_be_is_refused_with_its_field(field: str, value: str, give: Give) -> None:
    with pytest.raises(Refused) as no:
        give("mia", "anna", **{field: value})
    assert set(no.value.fields) == {field}


def test_the_same_key_gives_the_same_recognition_once(app: Flask, give: Give) -> None:
    first = give("mia", "anna", once="k")
    assert give("mia", "anna", once="k") == first
    assert give("clara", "anna", once="k") != first, "a key is its giver's own"
    with pytest.raises(Conflict):
        give("mia", "ben", once="k")
    assert number(app) == 2


# A jury ------------------------------------------------------------------------------------------------------


def test_a_jury_gives_within_its_own_occasion_and_only_when_nominations_are_closed(
    cast: Cast, give: Give, occasion: Occasion, close: Close
) -> None:
    own, other = occasion("leo"), occasion("dan")
    with pytest.raises(Refused):
        give("leo", "eve", occasion_id=own)
    close(own), close(other)
    assert give("leo", "eve", occasion_id=own)
    for no in ({"occasion_id": other}, {}):
        with pytest.raises(Refused):
            give("leo", "eve", **no)
    with pytest.raises(Refused, match="for others"):
        give("leo", "leo", occasion_id=own)


def test_who_nominated_does_not_decide(
    give: Give, occasion: Occasion, nominate: Nominate, close: Close, standing: Standing
) -> None:
    made = occasion("leo", "dan")
    put = nominate(made, "leo", "ben")
    close(made)
    with pytest.raises(Refused, match="yourself"):
        give("leo", "ben", occasion_id=made, nomination_id=put)
    assert standing() == set()
    assert give("dan", "ben", occasion_id=made, nomination_id=put)


def test_all_that_was_said_of_somebody_led_to_it(
    app: Flask, give: Give, occasion: Occasion, nominate: Nominate, close: Close
) -> None:
    made = occasion("leo")
    puts = [nominate(made, name, "ben") for name in ("anna", "mia")]
    other = nominate(made, "ben", "anna")
    close(made)
    given = give("leo", "ben", occasion_id=made, nomination_id=puts[0])
    with app.app_context():
        assert [queries.nomination(one).recognition_id for one in puts] == [given, given]  # type: ignore[union-attr]
        assert queries.nomination(other).recognition_id is None  # type: ignore[union-attr]
    with pytest.raises(NotFound):
        give("leo", "eve", occasion_id=made, nomination_id=other)


def test_of_two_of_a_jury_who_decide_at_once_one_wins(
    app: Flask,
    cast: Cast,
    give: Give,
    occasion: Occasion,
    nominate: Nominate,
    close: Close,
    standing: Standing,
) -> None:
    made = occasion("leo", "dan")
    put = nominate(made, "anna", "ben")
    close(made)
    together = threading.Barrier(2)

    def decide(name: str) -> str:
        together.wait()
        try:
            give(name, "ben", occasion_id=made, nomination_id=put)
        except Conflict:
            return "late"
        return "given"

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(decide, ("leo", "dan"))) == ["given", "late"]
    assert number(app) == 1
    assert len(standing()) == 1


def test_sent_twice_at_once_it_is_given_once(app: Flask, give: Give) -> None:
    together = threading.Barrier(2)

    def send(_: int) -> int:
        together.wait()
        return give("mia", "anna", once="k")

    with ThreadPoolExecutor(2) as both:
        assert len(set(both.map(send, range(2)))) == 1
    assert number(app) == 1


# The badge that it carries -----------------------------------------------------------------------------------


def holders(app: Flask) -> set[int]:
    with app.app_context():
        return set(db.session.scalars(select(Award.person_id).where(Award.revoked_at.is_(None))))


@pytest.mark.usefixtures("badges")
def test_the_badge_comes_with_it_and_goes_with_it(app: Flask, cast: Cast, give: Give) -> None:
    give("mia", "anna")
    assert holders(app) == set(), "without a badge there is none"
    given = give("mia", "ben", badge="learning-day")
    assert holders(app) == {cast.ben}
    take_back(app, cast, given, "mia")
    assert holders(app) == set()


@pytest.mark.usefixtures("badges")
@pytest.mark.parametrize("slug", ["any", "nothing"])
def test_a_badge_that_is_not_for_it_is_refused(app: Flask, slug: str, give: Give) -> None:
    with pytest.raises(Refused) as no:
        give("mia", "ben", badge=slug)
    assert set(no.value.fields) == {"badge"}
    assert number(app) == 0


# Taken back --------------------------------------------------------------------------------------------------


def test_giver_or_hr_takes_it_back_once_with_a_reason(
    app: Flask, cast: Cast, give: Give, standing: Standing
) -> None:
    first, second = give("mia", "anna"), give("mia", "ben")
    for name in ("anna", "dan", "leo"):
        with pytest.raises(NotAllowed):
            take_back(app, cast, first, name)
    take_back(app, cast, first, "mia")
    take_back(app, cast, second, "clara")
    assert standing() == set()
    with pytest.raises(Conflict):
        take_back(app, cast, first, "mia")
    with app.app_context():
        seen = queries.card(cast.anna, first)
        assert seen is not None
        assert seen.recognition.withdrawn_because == "It was somebody else."
        assert queries.card(cast.ben, first) is None, "colleagues do not see it any more"
        assert next(iter(audit.acts_on(cast.anna))).action == "recognition:withdrawn"


def test_what_stands_can_be_used_in_a_review(app: Flask, cast: Cast, give: Give) -> None:
    kept, gone = give("mia", "anna"), give("mia", "anna", at=AT + timedelta(minutes=1))
    take_back(app, cast, gone, "mia")
    with app.app_context():
        found: Any = queries.of(cast.anna)
        assert [(one.id, one.title, one.citation) for one in found] == [(kept, TITLE, CITATION)]
