"""Two at once: one nomination, one decision, and nothing put forward or taken back once others can read."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy import text

from app.db import db
from app.errors import Conflict, Refused
from app.recognitions import actions, nominating
from app.recognitions.actions import NewRecognition
from app.recognitions.nominating import Decision, NewNomination
from tests.app.activities.test_races import at_once, one_after_the_other
from tests.app.recognitions.conftest import AT, CITATION, REASON, TITLE
from tests.cast import Cast

Occasion = Callable[..., int]
Nominate = Callable[..., int]
Close = Callable[..., None]


def count(app: Flask, what: str) -> int:
    with app.app_context():
        return db.session.scalar(text(f"SELECT count(*) FROM {what}")) or 0


def put_forward(cast: Cast, occasion: int, once: str | None = None) -> list[int]:
    item = NewNomination(
        nominator_id=cast.anna, nominee_id=cast.ben, occasion_id=occasion, reason=REASON, lang="en", once=once
    )
    return nominating.nominate([item], at=AT)


def test_put_forward_twice_at_once_it_is_one_nomination(app: Flask, cast: Cast, occasion: Occasion) -> None:
    made = occasion("leo")
    answers = at_once(app, *[partial(put_forward, cast, made)] * 3)
    assert sum(isinstance(answer, Conflict) for answer in answers) == 2
    assert count(app, "nomination") == 1


def test_sent_twice_at_once_with_one_key_it_is_the_same_nomination(
    app: Flask, cast: Cast, occasion: Occasion
) -> None:
    made = occasion("leo")
    answers = at_once(app, *[partial(put_forward, cast, made, "key")] * 3)
    assert len({answer[0][0] for answer in answers}) == 1
    assert count(app, "nomination") == 1


def test_put_forward_or_taken_back_while_nominations_close_others_read_all_or_nothing_of_it(
    app: Flask, cast: Cast, occasion: Occasion, nominate: Nominate
) -> None:
    """Whatever comes first: what is refused leaves what is read as it is."""
    for _ in range(4):
        made = occasion("leo")
        mine = nominate(made, "eve", "ben")
        answers = at_once(
            app,
            partial(put_forward, cast, made),
            partial(nominating.take_back_nominations, [(mine, cast.eve)], at=AT),
            partial(nominating.close_nominations, [made], by=cast.clara, at=AT),
        )
        new, gone = (not isinstance(answer, Refused) for answer in answers[:2])
        assert count(app, f"nomination WHERE occasion_id = {made}") == 1 + new - gone


def test_a_jury_decides_an_occasion_once(app: Flask, cast: Cast, occasion: Occasion, nominate: Nominate,
                                         close: Close) -> None:  # fmt: skip
    made = occasion("leo", "eve")
    nominate(made, "anna", "ben")
    close(made)
    ends = [Decision(occasion_id=made, words="Thank you.")]
    answers = at_once(
        app, *[partial(nominating.decide_occasions, ends, by=by, at=AT) for by in (cast.leo, cast.eve)]
    )
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1
    assert count(app, "audit_entry WHERE action = 'occasion:decided'") == 1


def test_given_while_the_occasion_is_decided_each_nomination_has_one_outcome(
    app: Flask, cast: Cast, occasion: Occasion, nominate: Nominate, close: Close
) -> None:
    for _ in range(4):
        made = occasion("leo", "eve")
        put = nominate(made, "anna", "ben")
        close(made)
        told: dict[str, Any] = {"title": TITLE, "citation": CITATION, "lang": "en", "day": AT.date()}
        given = NewRecognition(
            giver_id=cast.leo, receivers=[cast.ben], occasion_id=made, nomination_id=put, **told
        )
        answers = at_once(
            app,
            partial(actions.give_recognitions, [given], at=AT),
            partial(nominating.decide_occasions, [Decision(occasion_id=made)], by=cast.eve, at=AT),
        )
        got = not isinstance(answers[0], Refused)
        assert not isinstance(answers[1], Refused)
        assert count(app, f"recognition WHERE occasion_id = {made}") == got
        assert count(app, f"nomination WHERE id = {put} AND recognition_id IS NOT NULL") == got


def test_what_is_put_forward_and_not_through_is_waited_for_before_nominations_close(
    app: Flask, cast: Cast, occasion: Occasion
) -> None:
    made = occasion("leo")
    closing = partial(nominating.close_nominations, [made], by=cast.clara, at=AT)
    assert not isinstance(one_after_the_other(app, partial(put_forward, cast, made), closing), Refused)
    assert count(app, "nomination") == 1
    again = occasion("leo")
    closing = partial(nominating.close_nominations, [again], by=cast.clara, at=AT)
    assert isinstance(one_after_the_other(app, closing, partial(put_forward, cast, again)), Refused)
