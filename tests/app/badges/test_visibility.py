"""Two questions for each badge: who may open its page, and whether it may be used in a review of its holder."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from app.badges import agreeing
from app.db import db, lock_people, transaction
from app.events import FactStated
from app.outbox import publish, settle
from app.people.models import Person
from tests.small import LATER, badge, completed, course, load, rows, state

USABLE = "SELECT id FROM award WHERE person_id = %s AND in_review AND revoked_at IS NULL"
AWARDS = "SELECT visible, in_review FROM award WHERE person_id = %s ORDER BY earned_at, tier"


def seen(person_id):
    return rows(AWARDS % person_id)


def usable(person_id):
    return [one for (one,) in rows(USABLE % person_id)]


def choose(person_id, **choice):
    with transaction():
        agreeing.choose_for_new(person_id=person_id, **choice)


@pytest.fixture
def badges(app, cast):
    """Anna has the first of two; the second comes with two courses more."""
    with app.app_context():
        load([badge("one", (completed(1), 0)), badge("three", (completed(3), 0))])
        state([course(cast.anna, "c1", 1)])


def test_a_new_badge_is_for_colleagues_and_for_no_review_until_its_holder_says_so(app, cast, badges):
    with app.app_context():
        assert seen(cast.anna) == [("colleagues", False)]
        assert usable(cast.anna) == []


@pytest.mark.parametrize("visible", ["me", "colleagues", "public"])
def test_the_standing_choice_holds_for_what_comes_and_leaves_what_is(app, cast, badges, visible):
    with app.app_context():
        choose(cast.anna, visible=visible, in_review=True)
        state([course(cast.anna, "c2", 2), course(cast.anna, "c3", 3)])
        assert seen(cast.anna) == [("colleagues", False), (visible, True)]
        choose(cast.anna, also_now=True)
        assert seen(cast.anna) == [(visible, True)] * 2


def test_what_may_be_used_in_a_review_is_asked_apart_from_who_may_open_the_page(app, cast, badges):
    with app.app_context():
        (award_id,) = rows(f"SELECT id FROM award WHERE person_id = {cast.anna}")[0]
        with transaction():
            agreeing.show(award_id=award_id, by=cast.anna, visible="me", in_review=True)
        assert usable(cast.anna) == [award_id]
        with transaction():
            agreeing.show(award_id=award_id, by=cast.anna, visible="public")
        assert seen(cast.anna) == [("public", True)]
        taken = "UPDATE award SET revoked_at = now() RETURNING id"
        with transaction():
            assert rows(taken)
        assert usable(cast.anna) == []


def test_a_badge_on_lessons_without_a_name_stays_private_and_unused_whatever_the_standing_choice(app, cast):
    with app.app_context():
        load([badge("shared", ({"count": {"kind": "lesson_shared"}, "at_least": 1}, 0))])
        choose(cast.anna, visible="public", in_review=True)
        with transaction():
            lock_people([cast.anna])
            fact = {"source": "unnamed:1", "kind": "lesson_shared", "at": LATER, "in_unit": False}
            publish([FactStated(person_id=cast.anna, **fact)])
            settle(LATER)
        assert seen(cast.anna) == [("me", False)]
        choose(cast.anna, also_now=True)
        assert seen(cast.anna) == [("me", False)]


def test_closing_all_closes_all(app, cast, badges):
    with app.app_context():
        choose(cast.anna, visible="public", in_review=True, also_now=True)
        choose(cast.anna, visible="me", in_review=False, also_now=True)
        assert seen(cast.anna) == [("me", False)]


@pytest.mark.parametrize("turn", range(4))
def test_a_badge_that_comes_while_its_holder_closes_all_is_closed_too(app, cast, badges, turn):
    gate = Barrier(2)

    def at_once(work):
        with app.app_context():
            gate.wait(10)
            work()

    with app.app_context():
        state([course(cast.anna, "c2", 2)])
    with ThreadPoolExecutor(2) as pool:
        closing = pool.submit(at_once, lambda: choose(cast.anna, visible="me", also_now=True))
        coming = pool.submit(at_once, lambda: state([course(cast.anna, "c3", 3)]))
        closing.result(30), coming.result(30)
    with app.app_context():
        assert seen(cast.anna) == [("me", False)] * 2


def test_the_page_and_the_api_say_and_keep_the_same(app, cast, badges, client_of, token_of, client):
    anna, headers = client_of("anna"), token_of("anna")
    page = anna.get("/me/visibility").text
    assert "Who sees your badges" in page
    sent = {"visible": "me", "in_review": "true", "also_now": "true"}
    assert anna.post("/me/visibility", data=sent).status_code == 303
    assert client.get("/api/v1/me/visibility", headers=headers).json == {"visible": "me", "in_review": True}
    (award,) = client.get("/api/v1/awards", headers=headers).json["awards"]
    assert (award["visible"], award["in_review"]) == ("me", True)
    where = f"/b/{award['id']}"
    assert (
        anna.post(f"{where}/visible", data={"visible": "public"}).status_code == 303
    )  # the box is not ticked
    with app.app_context():
        assert seen(cast.anna) == [("public", False)]
    changed = client.patch(f"/api/v1/awards/{award['id']}", json={"in_review": True}, headers=headers)
    assert (changed.json["visible"], changed.json["in_review"]) == ("public", True)
    assert client.patch(f"/api/v1/awards/{award['id']}", json={}, headers=headers).status_code == 422
    assert "It may be used in your review." in anna.get(where).text
    assert "review" not in client.get(where, headers={"Accept-Language": "en"}).text  # nobody else's business
    told = client.patch("/api/v1/me/visibility", json={"visible": "colleagues"}, headers=headers).json
    assert told == {"visible": "colleagues", "in_review": True}
    with app.app_context():
        assert db.session.get_one(Person, cast.anna).award_visible == "colleagues"
        assert seen(cast.anna) == [("public", True)]
