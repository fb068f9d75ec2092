"""What thanks count for between two who keep thanking each other: the formula, its bound, who sees it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import combinations, permutations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from app.damping import weight
from app.db import db, transaction
from app.kudos import actions
from app.kudos.actions import NewKudos
from app.kudos.rules import REMEMBERED, earlier_of
from app.outbox import settle
from app.people import actions as people
from app.people.models import Identity
from tests.app.kudos.conftest import AT, SAID
from tests.app.kudos.test_give_kudos import allow, at_once
from tests.cast import Cast, SignedIn
from tests.small import load

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
Thank = Callable[..., int]
RULES = {"kinds": {"kudos_received": {"points": 10}}}


def weights(app: Flask) -> list[float]:
    with app.app_context():
        return list(db.session.scalars(text("SELECT weight FROM fact ORDER BY id")))


def earned(app: Flask, *people: int) -> int:
    with app.app_context():
        sql = "SELECT coalesce(sum(points), 0) FROM ledger_entry WHERE person_id = ANY(:ids)"
        return int(db.session.scalar(text(sql), {"ids": list(people)}) or 0)


@pytest.fixture
def paid(app: Flask, cast: Cast) -> int:
    """Ten points a kudos, an allowance that hinders nobody; returns a skill."""
    allow(app, 1000, 1000)
    with app.app_context():
        load([], RULES, at=AT - timedelta(days=365))
        return int(db.session.scalar(text("SELECT min(id) FROM skill")) or 0)


# The formula ------------------------------------------------------------------------------------------------


def test_the_first_two_count_in_full_and_each_further_one_for_half_of_the_one_before() -> None:
    assert [weight(number) for number in range(6)] == [1, 1, 0.5, 0.25, 0.125, 0.0625]


@given(worth=st.integers(0, 10_000), times=st.integers(0, 60))
def test_in_whole_points_too_two_people_never_get_more_than_three_times_the_worth(
    worth: int, times: int
) -> None:
    assert sum(int(worth * weight(number) + 0.5) for number in range(times)) <= 3 * worth


@given(st.lists(st.integers(0, 400), max_size=60))
def test_in_any_ninety_days_the_weights_of_a_pair_come_to_three_at_most(days: list[int]) -> None:
    """Whatever the order in which they are kept: two servers' clocks differ."""
    moments: list[datetime] = []
    kept = []
    for day in days:
        at = AT + timedelta(days=day)
        kept.append((at, weight(earlier_of(moments, at))))
        moments.append(at)
    for start, _ in kept:
        within = [share for at, share in kept if start <= at < start + REMEMBERED]
        assert sum(within) <= 3


# In the log and the ledger ----------------------------------------------------------------------------------


def test_either_direction_counts_and_others_do_not(app: Flask, cast: Cast, thank: Thank) -> None:
    thank("anna", "ben")
    thank("ben", "anna")
    thank("anna", "mia")
    thank("anna", "ben", "mia")
    thank("ben", "anna")
    assert weights(app) == [1, 1, 1, 0.5, 1, 0.25]


def test_after_ninety_days_it_is_forgotten_and_what_was_fixed_stays(app: Flask, thank: Thank) -> None:
    for _ in range(3):
        thank("anna", "ben")
    thank("anna", "ben", at=AT + REMEMBERED)
    assert weights(app) == [1, 1, 0.5, 1]


def test_within_a_batch_the_order_of_happening_decides(app: Flask, cast: Cast, skill: int) -> None:
    allow(app, 100)
    items = [
        NewKudos(giver_id=cast.anna, receivers=[cast.ben], message=SAID, skill_id=skill, lang="en",
                 at=AT + timedelta(hours=hour))
        for hour in (3, 1, 2)
    ]  # fmt: skip
    with app.app_context(), transaction():
        actions.give_kudos(items, at=AT + timedelta(hours=4))
        settle(AT)
    with app.app_context():
        rows = db.session.execute(text("SELECT weight FROM fact ORDER BY happened_at"))
        assert [row.weight for row in rows] == [1, 1, 0.5]


def test_what_was_undone_does_not_weigh(app: Flask, cast: Cast, thank: Thank) -> None:
    thank("anna", "ben")
    with app.app_context(), transaction():
        actions.undo([(thank("anna", "ben"), cast.anna)], at=AT)
        settle(AT)
    thank("anna", "ben")
    assert weights(app) == [1, 1, 1]


def test_two_who_thank_each_other_at_once_cannot_both_come_first(
    app: Flask, cast: Cast, thank: Thank, paid: int
) -> None:
    calls = [
        lambda giver=giver, to=to: thank(giver, to) for giver, to in [("anna", "ben"), ("ben", "anna")] * 4
    ]
    assert at_once(*calls) == []
    assert sorted(weights(app), reverse=True) == [weight(number) for number in range(8)]


def test_a_pair_gets_three_times_the_worth_in_ninety_days_however_often(
    app: Flask, cast: Cast, paid: int
) -> None:
    play(app, [(cast.anna, cast.ben), (cast.ben, cast.anna)], paid, days=89)
    assert earned(app, cast.anna, cast.ben) == 30


def test_a_ring_of_five_farms_no_more_than_is_published(app: Flask, cast: Cast, paid: int) -> None:
    """Each thanks the next, and then each all others, every day for a quarter: decision 19."""
    five = [cast.anna, cast.ben, cast.eve, cast.leo, cast.dan]
    ring = list(zip(five, [*five[1:], five[0]], strict=True))
    play(app, ring, paid, days=45)
    assert earned(app, *five) == 15 * 10
    play(app, list(permutations(five, 2)), paid, days=44, start=45)
    assert earned(app, *five) == 3 * 10 * len(list(combinations(five, 2))) == 300
    assert max(earned(app, one) for one in five) <= 3 * 10 * 4


def play(app: Flask, pairs: list[tuple[int, int]], skill: int, *, days: int, start: int = 0) -> None:
    for day in range(start, start + days, 4):
        at = AT + timedelta(days=day)
        items = [
            NewKudos(giver_id=giver, receivers=[to], message=SAID, skill_id=skill, lang="en")
            for giver, to in pairs
        ]
        with app.app_context(), transaction():
            actions.give_kudos(items, at=at)
            settle(at)


# Who sees it ------------------------------------------------------------------------------------------------


def said(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def test_the_giver_reads_in_the_form_what_thanks_count_for_now(
    app: Flask, cast: Cast, paid: int, thank: Thank, client_of: Browser, token_of: Headers
) -> None:
    at = datetime.now(UTC)
    for _ in range(3):
        thank("ben", "anna", at=at)
    page = said(client_of("anna").get("/kudos?to=ben").text)
    assert "Between you and Ben thanks count for a quarter now. The words always count in full." in page
    assert "Between you and" not in client_of("anna").get("/kudos?to=mia").text
    asked = f"/api/v1/kudos/weights?person={cast.ben}&person={cast.mia}"
    told = app.test_client().get(asked, headers=token_of("anna")).get_json()
    assert told == [
        {"id": cast.ben, "earlier": 3, "weight": 0.25},
        {"id": cast.mia, "earlier": 0, "weight": 1.0},
    ]


def test_the_receiver_reads_it_on_the_receipt(
    app: Flask, cast: Cast, paid: int, thank: Thank, client_of: Browser, token_of: Headers
) -> None:
    for _ in range(3):
        thank("anna", "ben", at=datetime.now(UTC))
    page = said(client_of("ben").get("/receipts").text)
    assert "Counts for half" in page
    assert "You and Anna had thanked each other 2 times in the 90 days before" in page
    entries = app.test_client().get("/api/v1/me/ledger", headers=token_of("ben")).get_json()["entries"]
    assert [(one["points"], one["weight"]) for one in entries] == [(5, 0.5), (10, 1.0), (10, 1.0)]


def test_where_nothing_is_left_of_it_the_receipt_says_why(
    app: Flask, cast: Cast, paid: int, thank: Thank, client_of: Browser
) -> None:
    for _ in range(8):
        thank("anna", "ben", at=datetime.now(UTC))
    page = said(client_of("ben").get("/receipts").text)
    assert "had thanked each other 7 times in the 90 days before" in page
    assert "There is no rule that gives points for this." not in page


def test_who_does_without_points_sees_no_weight(
    app: Flask, cast: Cast, paid: int, thank: Thank, client_of: Browser, token_of: Headers
) -> None:
    for _ in range(4):
        thank("ben", "anna", at=datetime.now(UTC))
    with app.app_context(), transaction():
        people.choose(person_id=cast.anna, game=False)
        settle(AT)
    page = client_of("anna").get("/kudos?to=ben").text
    for word in ("Between you and", "90 days", "points", "half"):
        assert word not in page
    told = (
        app.test_client().get(f"/api/v1/kudos/weights?person={cast.ben}", headers=token_of("anna")).get_json()
    )
    assert told == [{"id": cast.ben, "earlier": None, "weight": None}]


def test_the_words_are_never_touched(app: Flask, cast: Cast, thank: Thank, client_of: Browser) -> None:
    allow(app, 100)
    ids = [thank("anna", "ben", message=f"This was the time number {n}.") for n in range(8)]
    page = client_of("ben").get("/kudos?show=received").text
    assert all(f'id="kudos-{one}"' in page and f"time number {n}." in page for n, one in enumerate(ids))


# One person, two identities ---------------------------------------------------------------------------------


def test_two_identities_of_one_person_are_one_who_cannot_thank_themselves(
    app: Flask, cast: Cast, skill: int, client_of: Browser, token_of: Headers
) -> None:
    with app.app_context(), transaction():
        for value in ("anna.other@waterveld.example", "anna@home.example"):
            db.session.add(Identity(person_id=cast.anna, kind="email", value=value))
    form = {"message": SAID, "skill_id": skill, "lang": "en"}
    for typed in (
        "anna",
        "Anna (anna)",
        "anna@waterveld.example",
        "anna.other@waterveld.example",
        "anna@home.example",
    ):
        answer = client_of("anna").post("/kudos", data={**form, "who": typed})
        assert answer.status_code == 422, typed
    assert client_of("anna").post("/kudos", data={**form, "receivers": [cast.anna]}).status_code == 422
    api = app.test_client()
    for _ in range(2):  # each program of hers is she
        sent = {**form, "receivers": [cast.anna]}
        assert api.post("/api/v1/kudos", json=sent, headers=token_of("anna")).status_code == 422
        both = {**form, "receivers": [cast.ben, cast.anna]}
        assert api.post("/api/v1/kudos", json=both, headers=token_of("anna")).status_code == 422
    assert weights(app) == []


def test_no_system_brings_thanks_in(app: Flask, platform: dict[str, str], cast: Cast, skill: int) -> None:
    """Thanks are no statement that a platform could send about two names of one person."""
    sent = {"receivers": [cast.ben], "message": SAID, "skill_id": skill, "lang": "en"}
    assert app.test_client().post("/api/v1/kudos", json=sent, headers=platform).status_code == 403
