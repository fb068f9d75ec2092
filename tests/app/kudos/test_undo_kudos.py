"""Kudos taken back within the short while: nothing of them remains; and whatever happens at the same moment."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.errors import Conflict, NotFound
from app.kudos import actions, queries
from app.kudos.actions import Choice, TooLate
from app.kudos.rules import UNDO
from app.outbox import claim, hand_on, settle
from tests.app.kudos.conftest import AT, SAID
from tests.app.kudos.test_give_kudos import at_once, left
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
Thank = Callable[..., int]
Standing = Callable[[], set[str]]
Undo = Callable[..., None]
SWAP = {"HX-Request": "true"}
SOON = AT + timedelta(minutes=5)


@pytest.fixture
def undo(app: Flask, cast: Cast) -> Undo:
    def undone(kudos_id: int, by: str = "anna", at: datetime = SOON) -> None:
        with app.app_context(), transaction():
            actions.undo([(kudos_id, cast.id_of(by))], at=at)
            settle(at)

    return undone


def seen(app: Flask, cast: Cast, kudos_id: int, name: str) -> bool:
    with app.app_context():
        return queries.card(cast.id_of(name), kudos_id) is not None


def test_nothing_remains_of_what_was_undone(
    app: Flask, cast: Cast, thank: Thank, undo: Undo, standing: Standing
) -> None:
    kudos_id = thank("anna", "ben", "mia")
    undo(kudos_id)
    assert standing() == set()
    assert left(app, cast.anna) == 10
    assert not any(seen(app, cast, kudos_id, name) for name in ("anna", "ben", "mia", "eve"))
    with app.app_context():
        assert tuple(queries.counts(cast.ben)) == (0, 0)
        assert tuple(queries.counts(cast.anna)) == (0, 0)
        assert queries.wall(cast.ben)[0] == []
        assert db.session.scalar(text("SELECT coalesce(sum(points), 0) FROM ledger_entry")) == 0


def test_the_house_still_adds_up_after_an_undo(
    app: Flask, cast: Cast, thank: Thank, undo: Undo, skill: int
) -> None:
    from app.verify import _ALLOWANCE, _GROUNDS

    thank("anna", "ben")
    undo(thank("anna", "mia"))
    with app.app_context(), transaction():
        team = actions.NewKudos(
            giver_id=cast.mia, team_id=cast.north, message=SAID, skill_id=skill, lang="en"
        )
        actions.give_kudos([team], at=AT)
        settle(AT)
    with app.app_context():
        assert db.session.execute(text(_GROUNDS)).all() == []
        assert db.session.execute(text(_ALLOWANCE), {"zone": "Europe/Amsterdam"}).all() == []


def test_it_can_be_undone_for_ten_minutes_and_not_after_a_word_of_thanks(
    app: Flask, cast: Cast, thank: Thank, undo: Undo, standing: Standing
) -> None:
    first, second = thank("anna", "ben"), thank("anna", "ben", "mia")
    with pytest.raises(TooLate):
        undo(first, at=AT + UNDO)
    undo(first, at=AT + UNDO - timedelta(seconds=1))
    with app.app_context(), transaction():
        actions.thank_back([(second, cast.mia)], at=SOON)
        settle(SOON)
    with pytest.raises(TooLate):
        undo(second)
    assert len(standing()) == 2


def test_again_is_no_fault_and_only_the_giver_can(thank: Thank, undo: Undo, standing: Standing) -> None:
    kudos_id = thank("anna", "ben")
    for name in ("ben", "mia", "clara", "dan"):
        with pytest.raises(NotFound):
            undo(kudos_id, by=name)
    assert len(standing()) == 1
    undo(kudos_id)
    undo(kudos_id)
    undo(kudos_id, at=AT + timedelta(days=1))
    with pytest.raises(NotFound):
        undo(9_000_000)


def test_a_form_that_was_undone_is_not_sent_again_by_its_key(
    app: Flask, cast: Cast, thank: Thank, undo: Undo
) -> None:
    undo(thank("anna", "ben", once="form-1"))
    with pytest.raises(Conflict):
        thank("anna", "ben", once="form-1")
    assert left(app, cast.anna) == 10


def test_receivers_can_do_nothing_with_what_was_undone(
    app: Flask, cast: Cast, thank: Thank, undo: Undo, client_of: Browser
) -> None:
    kudos_id = thank("anna", "ben")
    undo(kudos_id)
    ben = client_of("ben")
    assert ben.get(f"/kudos/{kudos_id}").status_code == 404
    assert ben.post(f"/kudos/{kudos_id}/thanks").status_code == 404
    assert ben.post(f"/kudos/{kudos_id}/visibility", data={"visible": "team"}).status_code == 404
    assert ben.get(f"/reports/new?kind=kudos&content_id={kudos_id}").status_code == 404


def test_the_news_of_it_harms_nobody_when_it_comes_after(
    app: Flask, cast: Cast, thank: Thank, undo: Undo, client_of: Browser
) -> None:
    undo(thank("anna", "ben"))
    with app.app_context(), transaction():
        hand_on(claim(SOON), SOON)
        settle(SOON)
    assert client_of("ben").get("/home/foryou", headers=SWAP).status_code == 200


def test_an_undo_and_a_word_of_thanks_at_once_cannot_both_come_about(
    app: Flask, cast: Cast, thank: Thank, undo: Undo, standing: Standing
) -> None:
    for _ in range(8):
        kudos_id = thank("anna", "ben")
        before = len(standing())

        def say_thanks(kudos_id: int = kudos_id) -> None:
            with app.app_context(), transaction():
                actions.thank_back([(kudos_id, cast.ben)], at=SOON)
                settle(SOON)

        raised = at_once(lambda kudos_id=kudos_id: undo(kudos_id), say_thanks)
        assert len(raised) == 1, raised
        gone = isinstance(raised[0], NotFound)
        assert gone or isinstance(raised[0], TooLate)
        assert len(standing()) == before - gone
        assert seen(app, cast, kudos_id, "ben") is not gone


def test_an_undo_and_a_choice_of_who_sees_it_at_once_leave_nothing(
    app: Flask, cast: Cast, thank: Thank, undo: Undo, standing: Standing
) -> None:
    for _ in range(5):
        kudos_id = thank("anna", "ben")

        def show(kudos_id: int = kudos_id) -> None:
            with app.app_context(), transaction():
                choice = Choice(kudos_id=kudos_id, person_id=cast.ben, visible="everyone")
                actions.choose_visibility([choice])

        raised = at_once(lambda kudos_id=kudos_id: undo(kudos_id), show)
        assert all(isinstance(fault, NotFound) for fault in raised), raised
        assert standing() == set()
        assert not seen(app, cast, kudos_id, "eve")


def test_of_ten_undos_at_once_one_gives_the_allowance_back(
    app: Flask, cast: Cast, thank: Thank, undo: Undo
) -> None:
    thank("anna", "eve")
    kudos_id = thank("anna", "ben", "mia")
    assert at_once(*[lambda: undo(kudos_id)] * 10) == []
    assert left(app, cast.anna) == 9


def test_while_it_is_undone_a_reader_sees_it_whole_or_not_at_all(
    app: Flask, cast: Cast, thank: Thank, undo: Undo, client_of: Browser
) -> None:
    ben = [client_of("ben") for _ in range(4)]
    kudos_id = thank("anna", "ben")
    answers: list[tuple[int, bool]] = []

    def read(number: int) -> None:
        for _ in range(4):
            page = ben[number].get(f"/kudos/{kudos_id}")
            answers.append((page.status_code, SAID in page.text))

    assert at_once(lambda: undo(kudos_id), *[lambda n=n: read(n) for n in range(4)]) == []
    assert set(answers) <= {(200, True), (404, False)}


# Through the doors ------------------------------------------------------------------------------------------


def test_the_button_is_there_for_the_giver_for_a_while_and_takes_it_back(
    app: Flask, cast: Cast, skill: int, thank: Thank, client_of: Browser, token_of: Headers
) -> None:
    anna = client_of("anna")
    kudos_id = thank("anna", "ben", at=datetime.now(UTC))
    old = thank("anna", "ben", at=datetime.now(UTC) - timedelta(minutes=11))
    page = anna.get("/kudos").text
    assert f"/kudos/{kudos_id}/undo" in page
    assert f"/kudos/{old}/undo" not in page
    assert "/undo" not in client_of("ben").get("/kudos").text
    told = app.test_client().get(f"/api/v1/kudos/{kudos_id}", headers=token_of("anna")).get_json()
    assert told["undo_until"] is not None
    told = app.test_client().get(f"/api/v1/kudos/{kudos_id}", headers=token_of("ben")).get_json()
    assert told["undo_until"] is None
    swapped = anna.post(f"/kudos/{kudos_id}/undo", headers=SWAP)
    assert swapped.status_code == 200
    assert "Taken back" in swapped.text
    plain = anna.post(f"/kudos/{old}/undo")
    assert plain.status_code == 422
    assert "ten minutes" in plain.text


def test_without_script_and_by_the_api_it_goes_as_well(
    app: Flask, thank: Thank, client_of: Browser, token_of: Headers
) -> None:
    anna = client_of("anna")
    answer = anna.post(f"/kudos/{thank('anna', 'ben', at=datetime.now(UTC))}/undo")
    assert answer.status_code == 303
    assert "Taken back" in anna.get(answer.location).text
    kudos_id = thank("anna", "ben", at=datetime.now(UTC))
    api = app.test_client()
    assert api.post(f"/api/v1/kudos/{kudos_id}/undo", headers=token_of("anna")).status_code == 204
    assert api.get(f"/api/v1/kudos/{kudos_id}", headers=token_of("ben")).status_code == 404


def test_who_else_helped_begins_with_the_words_of_before(
    thank: Thank, client_of: Browser, skill: int
) -> None:
    kudos_id = thank("anna", "ben")
    for name in ("anna", "ben"):
        page = client_of(name).get(f"/kudos?like={kudos_id}").text
        assert "Who else helped?</h2>" in page
        assert f">{SAID}</textarea>" in page
        assert f'<option value="{skill}" selected' in page
    assert f">{SAID}</textarea>" not in client_of("eve").get(f"/kudos?like={kudos_id}").text


def test_a_word_of_thanks_goes_from_home_the_wall_and_without_script(
    thank: Thank, client_of: Browser
) -> None:
    kudos_id = thank("anna", "ben")
    ben = client_of("ben")
    for path in ("/", "/kudos"):
        assert f'action="/kudos/{kudos_id}/thanks"' in ben.get(path).text
    answer = ben.post(f"/kudos/{kudos_id}/thanks")
    assert "You said thanks" in ben.get(answer.location).text
    assert f'action="/kudos/{kudos_id}/thanks"' not in ben.get("/").text
