"""Terms and reminders of a review while somebody is away: nobody is hurried, and nothing ends meanwhile."""

import json
import uuid
from datetime import datetime, timedelta

from sqlalchemy import text

from app.db import db, transaction
from app.outbox import settle
from app.people import pauses
from app.people.pauses import Away
from app.reviews import after, panel, queries, waiting
from app.reviews.rules import SEEN_DAYS
from tests.app.reviews.conftest import AT, TODAY, Scene, row_of, rows
from tests.cast import Cast


def away(cast: Cast, name: str, since: int, until: int) -> None:
    item = Away(cast.id_of(name), TODAY + timedelta(days=since), TODAY + timedelta(days=until))
    with transaction():
        assert pauses.enter([item], by=item.person_id, today=TODAY, at=AT) == {}
        settle(AT)


def later(days: int) -> datetime:
    return AT + timedelta(days=days)


def reminded(days: int) -> list[tuple[int, str]]:
    """Who is reminded of what, so many days later."""
    with transaction():
        waiting.remind_in_time(at=later(days))
        settle(later(days))
    found = rows("SELECT body FROM outbox WHERE event = 'ReviewWaits' ORDER BY id")
    told = [one for row in found for one in json.loads(row.body)]
    _forget()
    return [(one["person_id"], one["what"]) for one in told]


def _forget() -> None:
    with transaction():
        db.session.execute(text("DELETE FROM outbox"))


def test_gathering_ends_as_many_days_later_as_its_employee_is_away(scene: Scene, cast: Cast) -> None:
    review = scene.review("anna", "gathering")  # due in 20 days
    scene.seat(review, "member", "ben")
    away(cast, "anna", 5, 9)
    seen = queries.opened(cast.clara, review, None)
    assert seen is not None
    assert [(getattr(seen.row, one) - TODAY).days for one in ("evidence_due", "panel_due", "decide_due")] == [
        25
    ] * 3
    for days, stage in ((21, "gathering"), (25, "gathering"), (26, "panel")):
        with transaction():
            panel.begin(today=TODAY + timedelta(days=days), at=later(days))
            settle(later(days))
        assert row_of(review).stage == stage, days


def test_nobody_is_reminded_while_they_are_away_and_is_when_they_are_back(scene: Scene, cast: Cast) -> None:
    scene.review("anna", "gathering")
    away(cast, "anna", 18, 23)  # so due on day 26
    assert reminded(17) == []
    assert reminded(23) == []
    assert reminded(24) == [(cast.anna, "evidence")]
    assert reminded(25) == []


def test_a_member_and_a_decider_who_are_away_are_reminded_afterwards(scene: Scene, cast: Cast) -> None:
    sits = scene.review("anna")
    scene.seat(sits, "member", "ben", "eve")
    decides = scene.to_decide("leo")
    away(cast, "ben", 15, 19)
    away(cast, "mia", 15, 19)
    _forget()
    assert reminded(18) == [(cast.eve, "panel")]
    with transaction():
        assert waiting.remind([sits, decides], today=TODAY + timedelta(days=18)) == 1  # HR asks: eve alone
        settle(AT)
    _forget()
    assert sorted(reminded(20)) == sorted([(cast.ben, "panel"), (cast.mia, "decide")])


def _goes_on(days: int) -> None:
    with transaction():
        after.go_on(at=later(days))
        settle(later(days))


def test_signing_and_objecting_have_their_whole_terms_without_the_days_away(scene: Scene, cast: Cast) -> None:
    review = scene.released()
    away(cast, "anna", 3, 12)  # ten days
    seen = queries.opened(cast.anna, review, False)
    assert seen is not None
    assert ((seen.row.sign_until - TODAY).days, (seen.row.object_until - TODAY).days) == (
        SEEN_DAYS + 10,
        42 + 10,
    )
    _goes_on(SEEN_DAYS + 5)
    assert row_of(review).unseen_at is None
    _goes_on(SEEN_DAYS + 12)
    assert row_of(review).unseen_at is not None
    _goes_on(42 + 8)
    assert row_of(review).stage == "released"
    _object(review, cast, 42 + 10)
    _goes_on(42 + 12)
    assert row_of(review).stage == "released"  # it waits for its answer


def _object(review: uuid.UUID, cast: Cast, days: int) -> None:
    with transaction():
        after.file_objection(review, "I was away until lately", person_id=cast.anna, at=later(days))
        settle(later(days))


def test_a_pause_of_somebody_else_moves_nothing(scene: Scene, cast: Cast) -> None:
    review = scene.released()
    away(cast, "ben", 3, 12)
    _goes_on(SEEN_DAYS + 2)
    assert row_of(review).unseen_at is not None
    _goes_on(42 + 2)
    assert row_of(review).stage == "closed"
