"""The inbox: one line per thing, said with the rights of who reads it, once, and read when one says so."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from redis import RedisError
from sqlalchemy import text

from app import live, worker
from app.activities import actions as activities
from app.activities.logs import log_completions
from app.db import db, lock_people, transaction
from app.events import BadgeAwarded, Event, KudosGiven, LessonApplied, LessonUnnamed
from app.notifications import actions, kinds, queries
from app.outbox import publish, settle
from app.people import actions as people
from tests.app.activities.scene import counting
from tests.app.notifications.conftest import AT, LESSON, SAID, Scene
from tests.cast import Cast, SignedIn, row_of

Browser = Callable[[str], SignedIn]
HOUR = timedelta(hours=1)


def tell(scene: Scene, *happened: Event, at: datetime = AT) -> None:
    with scene.app.app_context(), transaction():
        lock_people(event.person_id for event in happened)
        publish(happened)
        settle(at)
    scene.relay(at)


def lines(client: SignedIn, **asked: str) -> list[str]:
    """What the inbox says, newest first."""
    found = client.get("/api/v1/me/notifications", query_string=asked).get_json()["notifications"]
    return [one["said"] for one in found]


def unread(client: SignedIn) -> int:
    number: int = client.get("/api/v1/me/notifications").get_json()["unread"]
    return number


# What is told -----------------------------------------------------------------------------------------------


def test_thanks_stand_in_the_inbox_of_who_got_them_and_of_nobody_else(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    kudos_id = scene.thank("ben", "anna", "mia")
    scene.relay()
    for name in ("anna", "mia"):
        browser = client_of(name)
        assert lines(browser) == ["Ben thanks you"]
        page = browser.get("/inbox").text
        assert "Ben thanks you" in page
        assert SAID in page
    for name in ("ben", "eve", "clara", "dan", "leo"):
        assert lines(client_of(name)) == []
        assert SAID not in client_of(name).get("/inbox").text
    anna = client_of("anna")
    line = anna.get("/api/v1/me/notifications").get_json()["notifications"][0]
    assert line["link"] == f"/kudos/{kudos_id}"
    assert line["unread"]


def test_several_who_apply_one_lesson_are_one_line(scene: Scene, cast: Cast, client_of: Browser) -> None:
    lesson_id = scene.share("anna")
    scene.apply(lesson_id, "ben")
    scene.relay()
    anna = client_of("anna")
    assert lines(anna) == ["Ben applies your lesson"]
    scene.apply(lesson_id, "mia", at=AT + HOUR)
    scene.relay()
    assert lines(anna) == ["Mia and Ben apply your lesson"]
    scene.apply(lesson_id, "eve", at=AT + 2 * HOUR)
    scene.relay()
    assert lines(anna) == ["Eve and 2 others apply your lesson"]
    assert unread(anna) == 1
    assert LESSON["title"] in anna.get("/inbox").text


def test_what_is_applied_again_is_told_once_and_what_ended_is_not_said(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    lesson_id = scene.share("anna")
    scene.apply(lesson_id, "ben", "mia")
    scene.relay()
    client_of("ben").post(f"/lessons/{lesson_id}/application/end")
    assert lines(client_of("anna")) == ["Mia applies your lesson"]
    scene.apply(lesson_id, "ben", at=AT + HOUR)
    scene.relay()
    assert scene.ask("SELECT count(*) FROM notification WHERE kind = 'applied'") == [(2,)]


def test_what_is_deleted_is_no_longer_there(scene: Scene, cast: Cast, client_of: Browser) -> None:
    lesson_id = scene.share("anna")
    scene.apply(lesson_id, "ben")
    scene.relay()
    anna = client_of("anna")
    anna.post(f"/lessons/{lesson_id}/delete")
    page = anna.get("/inbox").text
    assert "This is no longer there." in page
    assert LESSON["title"] not in page
    assert "Ben" not in page
    (line,) = anna.get("/api/v1/me/notifications").get_json()["notifications"]
    assert line["said"] is None
    assert line["link"] is None
    gone = anna.get(f"/inbox/{line['id']}")
    assert gone.status_code == 303
    assert gone.location == "/inbox?gone=1"
    assert "no longer there, or not for you" in anna.get("/inbox?gone=1").text
    assert unread(anna) == 0


def test_a_lesson_that_loses_its_name_leaves_no_trace_in_an_inbox(scene: Scene, cast: Cast) -> None:
    lesson_id, other = scene.share("anna"), scene.share("anna", title="Another one", happened="Other words.")
    scene.apply(lesson_id, "ben")
    scene.apply(other, "ben")
    scene.relay()
    tell(scene, LessonUnnamed(person_id=cast.anna, lesson_id=lesson_id))
    assert scene.ask("SELECT object_id FROM notification WHERE kind = 'applied'") == [(str(other),)]


def test_a_badge_is_told_and_many_of_the_past_are_one_quiet_line(
    scene: Scene, cast: Cast, client_of: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[int] = []
    monkeypatch.setattr(live, "nudge", lambda ids, name: heard.extend(ids) if name == "inbox" else None)
    many = [
        BadgeAwarded(
            person_id=cast.anna, award_id=uuid4(), achievement_id=number, tier=1, points=0,
            at=AT, retroactive=True,
        )
        for number in range(2500)
    ]  # fmt: skip
    tell(scene, *many)
    assert scene.ask("SELECT count(*), count(DISTINCT thing) FROM notification") == [(2500, 1)]
    assert unread(client_of("anna")) == 1
    assert heard == []


def test_the_road_of_a_log_is_told_to_both(scene: Scene, cast: Cast, client_of: Browser) -> None:
    anna, mia = client_of("anna"), client_of("mia")
    log = {
        "kind": "course",
        "skill_id": scene.skill,
        "completed_on": "2026-11-16",
        "hours": 1,
        "note": "With the crew",
    }
    for title in ("Welding under water", "Reading a pump"):
        assert anna.post("/log", data={**log, "title": title, "confirmer_id": cast.mia}).status_code == 303
    scene.relay()
    assert set(lines(mia)) == {
        "Anna asks for your word: Reading a pump",
        "Anna asks for your word: Welding under water",
    }
    first, second = (row[0] for row in scene.ask("SELECT id FROM completion ORDER BY id"))
    mia.post(f"/confirmations/{first}", data={"decision": "confirm"})
    mia.post(f"/confirmations/{second}", data={"decision": "decline", "note": "Which pump was it?"})
    assert unread(mia) == 2
    scene.relay()
    assert unread(mia) == 0  # what is decided needs no look any more
    assert set(lines(anna)) == {
        "Mia confirmed: Welding under water",
        "Mia asks something about it: Reading a pump",
    }
    assert "Which pump was it?" not in anna.get("/inbox").text
    opened = anna.get(f"/inbox/{_id_of(scene, 'declined')}")
    assert opened.location == f"/log?again={second}"


def _id_of(scene: Scene, kind: str) -> int:
    ((found,),) = scene.ask("SELECT max(id) FROM notification WHERE kind = :kind", kind=kind)
    return int(found)


def test_an_answer_to_a_wish_reaches_all_who_asked(scene: Scene, cast: Cast, client_of: Browser) -> None:
    for name in ("anna", "ben"):
        client_of(name).post("/wishes", data={"words": "Diving for beginners"})
    with scene.app.app_context(), transaction():
        activities.answer_wishes(
            "diving for beginners", slug=None, answer="Not this year.", by=cast.leo, at=AT
        )
        settle(AT)
    scene.relay()
    for name in ("anna", "ben"):
        assert lines(client_of(name)) == ["There is an answer to what you asked for"]
    assert lines(client_of("eve")) == []


# Never twice ------------------------------------------------------------------------------------------------


def test_the_same_row_handed_on_again_adds_nothing(scene: Scene, cast: Cast, client_of: Browser) -> None:
    scene.thank("ben", "anna", "mia")
    scene.relay()
    for _ in range(3):
        scene.do("UPDATE outbox SET handed_on_at = NULL")
        scene.relay()
    assert scene.ask("SELECT count(*) FROM notification") == [(2,)]
    anna = client_of("anna")
    anna.get(f"/inbox/{scene.ask('SELECT id FROM notification ORDER BY id')[0][0]}")
    scene.do("UPDATE outbox SET handed_on_at = NULL")
    scene.relay()
    assert unread(anna) == 0


def test_a_worker_that_dies_before_its_commit_leaves_nothing_and_the_next_one_does_it(
    scene: Scene, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.thank("ben", "anna")
    with monkeypatch.context() as patch:
        patch.setattr(worker.outbox, "settle", lambda at: (_ for _ in ()).throw(KeyboardInterrupt))
        with scene.app.app_context(), pytest.raises(KeyboardInterrupt):
            worker.relay(AT)
    assert scene.ask("SELECT count(*) FROM notification") == [(0,)]
    scene.relay()
    assert scene.ask("SELECT count(*) FROM notification") == [(1,)]


def test_four_workers_at_once_tell_it_once(scene: Scene, cast: Cast) -> None:
    for number in range(8):
        scene.thank("ben", "anna", "mia", message=f"You held on, and that is number {number}.")
    scene.do("UPDATE outbox SET tries = 0")
    start = Barrier(4)

    def work() -> None:
        with scene.app.app_context():
            start.wait()
            while worker.relay(AT, limit=3):
                pass
            db.session.remove()

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(work) for _ in range(4)]:
            future.result(60)
    assert scene.ask("SELECT count(*), count(DISTINCT source) FROM notification") == [(16, 16)]
    assert scene.ask("SELECT count(*) FROM outbox WHERE handed_on_at IS NULL") == [(0,)]


def test_all_is_told_when_redis_is_away(
    scene: Scene, client_of: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise RedisError

    monkeypatch.setattr(scene.app.extensions["redis"], "publish", away)
    scene.thank("ben", "anna")
    scene.relay()
    assert lines(client_of("anna")) == ["Ben thanks you"]


def test_open_pages_are_nudged_by_name_only_after_it_stands_there(
    scene: Scene, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[list[int], int]] = []

    def nudge(ids: list[int], name: str) -> None:
        if name == "inbox":
            heard.append((sorted(ids), scene.ask("SELECT count(*) FROM notification")[0][0]))

    monkeypatch.setattr(live, "nudge", lambda ids, name: nudge(list(ids), name))
    scene.thank("ben", "anna", "mia")
    with scene.app.app_context():
        while worker.relay(AT):
            pass
    assert heard == [(sorted([cast.anna, cast.mia]), 2)]


# Old news, and who is not there -----------------------------------------------------------------------------


def test_what_is_long_past_comes_as_read(scene: Scene, client_of: Browser) -> None:
    scene.thank("ben", "anna", at=AT - timedelta(days=45))
    scene.thank("mia", "anna", at=AT - timedelta(days=3))
    scene.relay(AT)
    anna = client_of("anna")
    assert lines(anna) == ["Mia thanks you", "Ben thanks you"]
    assert lines(anna, show="unread") == ["Mia thanks you"]


def test_nothing_is_told_to_who_left_nor_of_what_one_did_oneself(scene: Scene, cast: Cast) -> None:
    with scene.app.app_context(), transaction():
        people.import_people([row_of("ben", active=False)], at=AT)
        settle(AT)
    tell(
        scene,
        KudosGiven(person_id=cast.ben, kudos_id=1),
        LessonApplied(person_id=cast.anna, lesson_id=1, by=cast.anna),
    )
    assert scene.ask("SELECT count(*) FROM notification") == [(0,)]


def test_who_does_without_points_gets_nothing_that_is_about_points(
    scene: Scene, cast: Cast, client_of: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    kudos = kinds.NAMED["kudos"]
    monkeypatch.setitem(kinds.NAMED, "kudos", replace(kudos, points=True))
    with scene.app.app_context(), transaction():
        people.choose(person_id=cast.mia, game=False)
        settle(AT)
    scene.thank("ben", "anna", "mia")
    scene.relay()
    assert lines(client_of("anna")) == ["Ben thanks you"]
    assert scene.ask("SELECT count(*) FROM notification WHERE person_id = :mia", mia=cast.mia) == [(0,)]
    with scene.app.app_context(), transaction():
        people.choose(person_id=cast.anna, game=False)
        settle(AT)
    anna = client_of("anna")
    assert (lines(anna), unread(anna)) == ([], 0)
    assert "f-way_kudos" not in anna.get("/me/notifications").text


# Reading ----------------------------------------------------------------------------------------------------


def test_opening_a_line_leads_to_its_page_and_reads_it(scene: Scene, client_of: Browser) -> None:
    kudos_id = scene.thank("ben", "anna")
    scene.thank("mia", "anna")
    scene.relay()
    anna = client_of("anna")
    number = scene.ask("SELECT id FROM notification WHERE object_id = :id", id=str(kudos_id))[0][0]
    assert anna.head(f"/inbox/{number}").status_code == 303
    assert unread(anna) == 2
    assert anna.get(f"/inbox/{number}").location == f"/kudos/{kudos_id}"
    assert unread(anna) == 1
    assert anna.get(f"/inbox/{number}").location == f"/kudos/{kudos_id}"
    for name in ("ben", "mia", "eve"):
        other = client_of(name)
        assert other.get(f"/inbox/{number}").status_code == 404
        other.post("/api/v1/me/notifications/read", json={"ids": [number], "until": 2**62})
    assert unread(anna) == 1


def test_what_comes_after_a_line_was_shown_stays_unread(scene: Scene, client_of: Browser) -> None:
    lesson_id = scene.share("anna")
    scene.apply(lesson_id, "ben")
    scene.relay()
    anna = client_of("anna")
    (line,) = anna.get("/api/v1/me/notifications").get_json()["notifications"]
    scene.apply(lesson_id, "eve")
    scene.relay()
    anna.get(f"/inbox/{line['id']}")
    assert lines(anna, show="unread") == ["Eve applies your lesson"]
    assert lines(anna) == ["Eve applies your lesson", "Ben applies your lesson"]


def test_mark_all_read_spares_what_came_meanwhile(scene: Scene, client_of: Browser) -> None:
    scene.thank("ben", "anna")
    scene.thank("mia", "anna")
    scene.relay()
    anna = client_of("anna")
    page = anna.get("/inbox").text
    until = page.split('name="until" value="')[1].split('"')[0]
    scene.thank("eve", "anna")
    scene.relay()
    answer = anna.post("/inbox/read", data={"until": until, "show": "all"}, headers={"HX-Request": "true"})
    assert "All is marked as read." in answer.text
    assert 'id="bell"' in answer.text
    assert lines(anna, show="unread") == ["Eve thanks you"]
    assert anna.post("/inbox/read", data={"until": 2**62}).status_code == 303
    assert "All caught up" in anna.get("/inbox?show=unread").text


def test_mark_all_read_while_new_things_arrive_loses_nothing(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    for number in range(12):
        scene.thank("ben", "anna", message=f"You held on, and that is number {number}.")
    start = Barrier(3)

    def hand_on() -> None:
        with scene.app.app_context():
            start.wait()
            while worker.relay(AT, limit=1):
                pass
            db.session.remove()

    def mark() -> None:
        with scene.app.app_context():
            start.wait()
            for _ in range(30):
                with transaction():
                    newest = queries.page(cast.anna, game=True, unread=True)[0]
                    actions.read_all(cast.anna, until=max((one.line.id for one in newest), default=0), at=AT)
            db.session.remove()

    with ThreadPoolExecutor(3) as pool:
        for future in [pool.submit(job) for job in (hand_on, mark, mark)]:
            future.result(60)
    assert scene.ask("SELECT count(*) FROM notification") == [(12,)]
    scene.relay()
    anna = client_of("anna")
    assert len(lines(anna)) == 12


def test_the_bell_says_how_many_in_words_and_is_swapped(scene: Scene, client_of: Browser) -> None:
    scene.thank("ben", "anna")
    scene.relay()
    anna = client_of("anna")
    home = anna.get("/").text
    assert 'aria-label="Inbox, 1 unread"' in home
    assert 'hx-trigger="sse:inbox"' in home
    assert '<span id="menu-count"><span class="count" aria-hidden="true">1</span>' in home
    bells = anna.get("/inbox/bell?here=1", headers={"HX-Request": "true"}).text
    assert bells.count('aria-current="page"') == 2
    assert '<span id="menu-count" hx-swap-oob="true"><span class="count" aria-hidden="true">1</span>' in bells
    assert 'hx-swap-oob="true"' in bells
    assert "<html" not in bells


def test_the_number_at_the_menu_is_what_waits_in_it_and_costs_no_statement_more(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    """Unread news and words that are asked, in the one statement that asks for the bell."""
    anna = client_of("anna")
    swap = {"HX-Request": "true"}
    with scene.app.app_context(), counting() as none:
        anna.get("/inbox/bell", headers=swap)
    assert '<span id="menu-count" hx-swap-oob="true"></span>' in anna.get("/inbox/bell", headers=swap).text
    scene.thank("ben", "anna")
    scene.relay()
    with scene.app.app_context(), transaction():
        skill = db.session.scalar(text("SELECT min(id) FROM skill"))
        log_completions(
            [{"person_id": cast.ben, "completed_on": AT.date(), "title": "A night along", "kind": "on_the_job",
              "note": "We drove.", "skill_id": skill, "confirmer_id": cast.anna}], at=AT,
        )  # fmt: skip
        settle(AT)
    bells = anna.get("/inbox/bell", headers=swap).text
    assert 'aria-hidden="true">2</span><span class="vh">, 2 wait</span>' in bells
    with scene.app.app_context(), counting() as some:
        anna.get("/inbox/bell", headers=swap)
    assert len(some) == len(none)


def test_the_inbox_is_paged_and_asks_as_much_for_many_as_for_one(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    anna = client_of("anna")
    scene.thank("ben", "anna")
    scene.relay()
    anna.get("/inbox")
    with scene.app.app_context(), counting() as few:
        anna.get("/inbox")
    for number in range(queries.PAGE + 4):
        scene.thank(
            ("ben", "mia", "eve", "leo")[number % 4], "anna", message=f"You held on, number {number}."
        )
    scene.relay()
    with scene.app.app_context(), counting() as many:
        page = anna.get("/inbox").text
    assert page.count("thanks you") == queries.PAGE
    assert "page=2" in page
    assert anna.get("/inbox?page=2").text.count("thanks you") == 5
    assert len(many) == len(few) <= 8


def test_what_was_read_half_a_year_ago_goes(scene: Scene, cast: Cast, client_of: Browser) -> None:
    scene.thank("ben", "anna")
    scene.thank("mia", "anna")
    scene.relay()
    first = scene.ask("SELECT min(id) FROM notification")[0][0]
    with scene.app.app_context(), transaction():
        actions.read(cast.anna, [first], at=AT)
    with scene.app.app_context(), transaction():
        actions.prune(at=AT + timedelta(days=182))
    assert scene.ask("SELECT count(*) FROM notification") == [(2,)]
    with scene.app.app_context(), transaction():
        actions.prune(at=AT + timedelta(days=184))
    assert scene.ask("SELECT id FROM notification") != [(first,)]
    assert scene.ask("SELECT count(*) FROM notification") == [(1,)]


# The registry -----------------------------------------------------------------------------------------------


def test_every_kind_is_handed_on_and_has_its_own_name() -> None:
    from app import flow
    from app.notifications import handlers

    assert len(kinds.NAMED) == len(kinds.KINDS)
    for kind in kinds.KINDS:
        assert handlers.tell in flow.LATER[kind.event], kind.name


def test_the_inbox_speaks_dutch(scene: Scene, cast: Cast, client_of: Browser) -> None:
    with scene.app.app_context(), transaction():
        people.choose(person_id=cast.anna, language="nl")
        settle(AT)
    lesson_id = scene.share("anna")
    scene.apply(lesson_id, "ben", "mia", "eve")
    scene.relay()
    anna = client_of("anna")
    assert lines(anna) == ["Mia en 2 anderen passen je les toe"]
    assert 'aria-label="Postvak, 1 ongelezen"' in anna.get("/inbox").text


# How one wants to be told -----------------------------------------------------------------------------------


CHOSEN = {"mail": "true", "hour": "9", "weekday": "1", "quiet_from": "20:00", "quiet_until": "07:00"}


def test_a_choice_is_kept_by_itself_and_nothing_of_the_form_is_disturbed(
    scene: Scene, client_of: Browser
) -> None:
    anna = client_of("anna")
    page = anna.get("/me/notifications").text
    assert 'hx-trigger="change, submit"' in page
    assert 'name="save" value="true"' in page, "the button stays"
    answer = anna.post(
        "/me/notifications", data={**CHOSEN, "way_kudos": "weekly"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert "Saved." in answer.text
    assert "<form" not in answer.text
    assert "<select" not in answer.text
    assert scene.ask("SELECT way FROM notification_choice WHERE kind = 'kudos'") == [("weekly",)]


def test_the_first_of_two_quiet_hours_waits_for_the_other_and_the_rest_is_kept(
    scene: Scene, client_of: Browser
) -> None:
    anna, swap = client_of("anna"), {"HX-Request": "true"}
    half = {**CHOSEN, "quiet_from": "21:30", "quiet_until": "", "hour": "11"}
    answer = anna.post("/me/notifications", data=half, headers=swap)
    assert answer.status_code == 200
    assert "once both times are filled in" in answer.text
    stands = "SELECT to_char(quiet_from, 'HH24:MI'), to_char(quiet_until, 'HH24:MI'), hour FROM notification_settings"
    assert scene.ask(stands) == [("20:00", "07:00", 11)]
    for headers in (swap, {}):
        no = anna.post("/me/notifications", data={**half, "save": "true"}, headers=headers)
        assert no.status_code == 422, "by the button both are needed"
        assert 'value="21:30"' in no.text, "what was typed is still there"
        assert "Give both times" in no.text
    assert (
        anna.post("/me/notifications", data={**CHOSEN, "save": "true"}).location
        == "/me/notifications?saved=1"
    )
