"""The file itself: the same for everybody who may open it, and for nobody else; each look is kept."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.access import Asker
from app.db import db, transaction
from app.outbox import settle
from app.people import actions as people
from app.reviews import actions, queries
from app.reviews.opening import reach_of
from tests.app.reviews.scene import AT, Browser, Stage, release, review, seat, stage
from tests.cast import Cast, platform_headers, row_of
from tests.small import rows

__all__ = ["review", "stage"]
ALL = ("anna", "ben", "clara", "dan", "eve", "mia", "leo", "cor")


@pytest.fixture
def full(app: Flask, cast: Cast, review: uuid.UUID, stage: Stage) -> uuid.UUID:
    """With evidence and words in it; Eve sits on the panel."""
    with app.app_context():
        release(review, cast.anna, *[(stage.criteria[0], one) for one in stage.things.values()])
        with transaction():
            actions.write_words(review, "Most of it I learned at night", file=True, by=cast.anna, at=AT)
        seat(review, cast.eve, by=cast.clara)
    return review


def who_opens(client_of: Browser, review: uuid.UUID) -> set[str]:
    found = set()
    for name in ALL:
        page, told = (
            client_of(name).get(f"/reviews/{review}"),
            client_of(name).get(f"/api/v1/reviews/{review}"),
        )
        assert page.status_code == told.status_code, name
        if page.status_code == 200:
            assert "learned at night" in page.text
            assert "learned at night" in told.text
            found.add(name)
        else:
            assert page.status_code == 404
            assert "learned at night" not in page.text + told.text
    return found


def test_its_holder_hr_and_who_sits_in_it_open_a_file_and_nobody_else(
    client_of: Browser, full: uuid.UUID
) -> None:
    """Not the manager as such, not L&D, not the works council, not an administrator, not a colleague with the link."""
    assert who_opens(client_of, full) == {"anna", "clara", "eve"}


def test_for_who_may_not_it_answers_like_what_is_not_there(client_of: Browser, full: uuid.UUID) -> None:
    for name in ("ben", "mia", "leo", "dan", "cor"):
        for door in ("/reviews/", "/api/v1/reviews/"):
            real, none = client_of(name).get(f"{door}{full}"), client_of(name).get(f"{door}{uuid.uuid4()}")
            assert (real.status_code, none.status_code) == (404, 404)
            assert _plain(real.text) == _plain(none.text)


def _plain(said: str) -> str:
    return re.sub(r"\b[0-9a-f]{12}\b|\b[0-9a-f]{64}\b|[0-9a-f-]{36}|[\w-]{22}(?=\")", "*", said)


def test_a_client_of_the_api_opens_no_file(app: Flask, client_of: Browser, full: uuid.UUID) -> None:
    for scopes in (("xapi:write",), ("people:read", "people:write", "learning:write", "catalogue:write")):
        answer = app.test_client().get(f"/api/v1/reviews/{full}", headers=platform_headers(app, *scopes))
        assert answer.status_code == 403


def test_a_panel_member_who_stepped_aside_opens_it_no_more(
    app: Flask, client_of: Browser, full: uuid.UUID
) -> None:
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE review_seat SET stepped_aside_at = now()"))
    assert who_opens(client_of, full) == {"anna", "clara"}


def test_a_panel_member_who_left_opens_it_no_more(
    app: Flask, cast: Cast, client_of: Browser, full: uuid.UUID
) -> None:
    eve = client_of("eve")
    assert eve.get(f"/reviews/{full}").status_code == 200
    with app.app_context(), transaction():
        people.let_go(person_id=cast.eve, by=cast.dan, at=AT)
        settle(AT)
    assert eve.get(f"/reviews/{full}").status_code == 303, "to sign in"


def test_a_manager_who_comes_in_the_middle_and_one_who_goes_see_nothing_of_it(
    app: Flask, client_of: Browser, full: uuid.UUID
) -> None:
    with app.app_context(), transaction():
        people.import_people(
            [row_of("anna", manager_external_id="w-leo", department="Systems", team="Desk")], at=AT
        )
        settle(AT)
    assert who_opens(client_of, full) == {"anna", "clara", "eve"}
    assert client_of("leo").post(f"/reviews/{full}/withdraw").status_code == 404


def test_hr_opens_what_is_within_its_reach_and_what_began_there(
    app: Flask, cast: Cast, full: uuid.UUID
) -> None:
    with app.app_context():
        inside = queries.opened(cast.clara, full, {cast.water})
        assert inside is not None
        assert inside.runs
        assert queries.opened(cast.clara, full, {cast.systems}) is None, "HR of another department"
        assert queries.opened(cast.clara, full, set()) is None
        assert queries.opened(cast.clara, full, False) is None
        assert queries.opened(cast.anna, full, None).runs is False, "HR runs no review of their own"
    assert (
        reach_of(Asker(person_id=1, roles=frozenset({"employee", "learning", "admin", "manager"}))) is False
    )


# The same at every moment -----------------------------------------------------------------------------------------


def test_everybody_reads_the_same_file(
    app: Flask, cast: Cast, client_of: Browser, full: uuid.UUID, stage: Stage
) -> None:
    """P7: after each thing that happens, page and answer are the same for employee, HR and panel."""

    def the_same() -> Any:
        told = [client_of(who).get(f"/api/v1/reviews/{full}").json for who in ("anna", "clara", "eve")]
        assert told[0] == told[1] == told[2]
        pages = [
            _main(client_of(who).get(f"/reviews/{full}?as=employee").text) for who in ("anna", "clara", "eve")
        ]
        assert pages[0] == pages[1] == pages[2]
        return told[0]

    first = the_same()
    with app.app_context():
        with transaction():
            actions.write_words(full, "A draft of mine", file=False, by=cast.anna, at=AT)
        assert the_same() == first
        with transaction():
            actions.ask_colleagues(full, criterion_id=stage.criteria[1], observer_ids=[cast.ben],
                                   question="What did you see?", by=cast.anna, at=AT)  # fmt: skip
            settle(AT)
        assert the_same() == first, "whom one asks nobody else sees"
        release(full, cast.anna, (stage.criteria[1], stage.things["kudos"]))
    assert the_same()["version"] == first["version"] + 1
    assert client_of("anna").post(f"/reviews/{full}/complete").status_code == 303
    assert the_same()["stage"] == "panel"


def _main(page: str) -> str:
    found = re.search(r'<div id="file">(.*)</main>', page, re.S)
    assert found is not None
    return re.sub(r'-[0-9a-f]+(?=["\)])', "", found[1])


def test_as_the_employee_there_is_nothing_to_do_and_nothing_is_missing(
    client_of: Browser, full: uuid.UUID
) -> None:
    own, shown = (
        client_of("anna").get(f"/reviews/{full}").text,
        client_of("clara").get(f"/reviews/{full}?as=employee").text,
    )
    assert "as Anna sees it" in shown
    assert "<form" not in _main(shown)
    for words in re.findall(r"<b[^>]*>([^<]+)</b>", _main(shown)):
        assert words in own, words


def test_nothing_in_a_file_counts_or_ranks(client_of: Browser, full: uuid.UUID) -> None:
    page = _main(client_of("clara").get(f"/reviews/{full}").text)
    assert "Points, streaks and rankings are not in this file" in page
    rest = page.replace("Points, streaks and rankings are not in this file", "")
    assert not re.search(r"\bpoints?\b|\brank|\bstreak|\d+ items?\b|\d+ met\b|\d+ of \d+", rest, re.I)


def test_without_points_the_file_is_the_same(
    app: Flask, cast: Cast, client_of: Browser, full: uuid.UUID
) -> None:
    with_points = _main(client_of("anna").get(f"/reviews/{full}?as=employee").text)
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE person SET game = false"))
    assert _main(client_of("anna").get(f"/reviews/{full}?as=employee").text) == with_points


# Who looked -------------------------------------------------------------------------------------------------------


def test_each_look_of_somebody_else_is_kept_a_refused_one_too(
    app: Flask, cast: Cast, client_of: Browser, full: uuid.UUID
) -> None:
    for name in ("anna", "clara", "mia", "ben"):
        client_of(name).get(f"/reviews/{full}")
    with app.app_context():
        found = set(rows("SELECT viewer_id, person_id, allowed FROM look WHERE what = 'review'"))
    assert found == {
        (cast.clara, cast.anna, True),
        (cast.mia, cast.anna, False),
        (cast.ben, cast.anna, False),
    }


def test_hr_says_why_they_open_a_review_that_is_over_and_its_holder_reads_it(
    app: Flask, cast: Cast, client_of: Browser, full: uuid.UUID
) -> None:
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE review SET stage = 'closed'"))
    asked = client_of("clara").get(f"/reviews/{full}")
    assert "Why do you open this review?" in asked.text
    assert "learned at night" not in asked.text
    assert client_of("clara").get(f"/api/v1/reviews/{full}").status_code == 409
    assert client_of("clara").post(f"/reviews/{full}/reason", data={"reason": ""}).status_code == 422
    for name in ("anna", "ben", "mia"):
        assert (
            client_of(name).post(f"/reviews/{full}/reason", data={"reason": "I want to"}).status_code == 403
        )
    assert client_of("anna").get(f"/reviews/{full}").status_code == 200
    said = client_of("clara").post(f"/reviews/{full}/reason", data={"reason": "She asked me about it"})
    assert said.status_code == 303
    assert "learned at night" in client_of("clara").get(f"/reviews/{full}").text
    with app.app_context():
        ((person, actor, detail),) = rows(
            "SELECT person_id, actor_id, detail FROM audit_entry WHERE action = 'review:opened'"
        )
        assert (person, actor, detail["reason"]) == (cast.anna, cast.clara, "She asked me about it")
        row = queries.opened(cast.clara, full, None)
        assert row is not None
        assert not queries.gave_reason(cast.clara, row.row, AT + timedelta(days=1))


def test_the_list_shows_ones_own_and_where_one_sits(client_of: Browser, full: uuid.UUID) -> None:
    told = {
        name: client_of(name).get("/api/v1/reviews").json for name in ("anna", "eve", "clara", "mia", "ben")
    }
    assert [one["id"] for one in told["anna"]["mine"]] == [str(full)]
    assert [one["id"] for one in told["eve"]["sits"]] == [str(full)]
    for name in ("clara", "mia", "ben"):
        assert told[name] == {"mine": [], "sits": [], "asked": []}, name
    assert f"/reviews/{full}" in client_of("eve").get("/reviews").text
