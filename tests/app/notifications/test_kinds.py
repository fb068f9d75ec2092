"""Every kind of news: it can be read, it leads somewhere, and it is for whom it is meant."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.conversations import actions as conversations
from app.db import transaction
from app.feedback import actions as feedback
from app.feedback import asking
from app.flow import LATER
from app.notifications import handlers, things
from app.notifications.kinds import KINDS, Kind
from app.notifications.things import Found, Line
from app.outbox import claim, hand_on, settle
from tests.cast import Cast, SignedIn

AT = datetime.now(UTC)
SOON = AT + timedelta(minutes=1)
Browser = Callable[[str], SignedIn]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_is_told_read_and_leads_somewhere(app: Flask, cast: Cast, kind: Kind) -> None:
    assert handlers.tell in LATER[kind.event]
    random = kind.name in ("badge", "past_badges", "agreement") or kind.look == things.reviews
    number = "00000000-0000-4000-8000-000000000001" if random else "7"
    line = Line(1, kind.name, number, (number,), (cast.ben,), AT, None)
    with app.test_request_context():
        found = kind.look(cast.anna, [line])
        assert found == {} or kind.name in ("reported", "decided", "erasure_answered")
        told = Found(
            key="/feedback/7" if kind.name == "feedback" else number,
            names=("Ben",),
            title="A valve",
            lang="en",
            at=AT,
            state="made",
        )
        assert str(kind.say(told))
        assert kind.href(told).startswith("/")


def relay(app: Flask) -> None:
    with app.app_context(), transaction():
        hand_on(claim(SOON, limit=500), SOON)
        settle(SOON)


def test_who_is_asked_for_feedback_and_who_gets_it_are_told_each_once(
    app: Flask, cast: Cast, client_of: Browser
) -> None:
    with app.app_context(), transaction():
        told = asking.Ask(asker_id=cast.anna, people=[cast.ben], about="Our weekly start", lang="en")
        (request_id,) = asking.ask([told], at=AT)
        settle(AT)
    relay(app)
    assert "Anna asks for your feedback: Our weekly start" in client_of("ben").get("/inbox").text
    words = feedback.Words(keep="You asked everybody by name.", try_="", lang="en")
    with app.app_context(), transaction():
        feedback.answer([feedback.Answer(by=cast.ben, request_id=request_id, words=words)], at=AT)
        settle(AT)
    relay(app)
    relay(app)
    assert client_of("anna").get("/inbox").text.count("Ben gives you feedback: Our weekly start") == 1
    assert "gives you feedback" not in client_of("mia").get("/inbox").text


def test_a_planned_conversation_is_told_and_a_draft_in_it_is_not(
    app: Flask, cast: Cast, client_of: Browser
) -> None:
    with app.app_context(), transaction():
        day = (AT + timedelta(days=3)).date()
        told = conversations.Plan(by=cast.mia, person_id=cast.anna, manager_id=cast.mia, on=day)
        (made,) = conversations.plan([told], at=AT)
        note = conversations.NewNote(by=cast.mia, conversation_id=made, kind="note", words="A secret draft")
        conversations.write([note], at=AT)
        settle(AT)
    relay(app)
    page = client_of("anna").get("/inbox").text
    assert "Mia planned a conversation with you" in page
    assert "filed something" not in page
