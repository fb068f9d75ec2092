"""Who waits for a place, or has one, hears what happens with it; and who is asked for their name hears that."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask import Flask

from app import worker
from app.dates import actions
from app.dates.rules import NewDate
from app.db import db, transaction
from app.outbox import settle
from tests.app.activities.scene import NOW, Catalogue, catalogue
from tests.cast import Cast, SignedIn

__all__ = ["catalogue"]
Browser = Callable[[str], SignedIn]
HOUR = timedelta(hours=1)


def relay(app: Flask) -> None:
    with app.app_context():
        while worker.relay(datetime.now(UTC)):
            pass
        db.session.remove()


def said(client: SignedIn) -> list[str]:
    found = client.get("/api/v1/me/notifications").get_json()["notifications"]
    return [one["said"] for one in found]


def test_who_waited_moves_up_and_all_hear_of_changes(
    app: Flask, cast: Cast, client_of: Browser, catalogue: Catalogue
) -> None:
    start = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + 72 * HOUR
    date = NewDate(starts_at=start, ends_at=start + 3 * HOUR, place="Utrecht", places=1)

    def do(act: Callable[[], object]) -> None:
        with app.app_context():
            with transaction():
                act()
                settle(NOW)
            db.session.remove()
        relay(app)

    with app.app_context(), transaction():
        date_id = actions.plan(catalogue.first_aid, date, by=None, at=NOW)
        settle(NOW)
    anna, ben, eve = (client_of(name) for name in ("anna", "ben", "eve"))
    for browser in (anna, ben, eve):
        browser.post(f"/dates/{date_id}/reservation")
    relay(app)
    assert said(ben) == []
    anna.post(f"/dates/{date_id}/reservation/end")
    relay(app)
    assert [line.split(":")[0] for line in said(ben)] == ["You have a place now"]
    assert said(anna) == said(eve) == []
    moved = NewDate(starts_at=start + HOUR, ends_at=start + 4 * HOUR, place="Utrecht", places=1)
    do(lambda: actions.change(date_id, moved, version=None, by=None, at=NOW))
    do(lambda: actions.change(date_id, moved, version=None, by=None, at=NOW))  # nothing that matters
    assert said(eve)[0].startswith("A date has changed")
    assert len(said(eve)) == 1
    assert said(anna) == []
    do(lambda: actions.cancel_date(date_id, by=None, at=NOW))
    do(lambda: actions.cancel_date(date_id, by=None, at=NOW))
    assert said(eve)[0].endswith("does not go on")
    assert said(eve)[1:] == [None]  # what it was moved to matters no more
    assert len(said(ben)) == 3
