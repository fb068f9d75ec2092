"""Mail about news: right away, by the day, by the week or not; quiet hours; never twice; and stopped with one click."""

import email
import email.policy
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from app import mail
from app.db import db, transaction
from app.notifications import actions, mailing, rules
from app.notifications import jobs as notification_jobs
from app.notifications.kinds import KINDS
from app.notifications.rules import Settings
from app.outbox import settle
from app.people import actions as people
from tests.app.notifications.conftest import AT, SAID, Post, Scene
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]
ZONE = ZoneInfo("Europe/Amsterdam")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LATE = AT + 3 * MINUTE
NEXT_MORNING = datetime(2026, 11, 17, 7, 0, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("post")


def choose(scene: Scene, who: str, at: datetime = AT, *, when: Settings | None = None, **ways: str) -> None:
    with scene.app.app_context(), transaction():
        actions.choose(scene.cast.id_of(who), to=when or Settings(), ways=ways, at=at)
        settle(at)


def speak(scene: Scene, who: str, language: str) -> None:
    with scene.app.app_context(), transaction():
        people.choose(person_id=scene.cast.id_of(who), language=language)
        settle(AT)


def told(post: Post) -> list[tuple[str, str]]:
    return [(one["To"].addresses[0].username, one["Subject"]) for one in post.letters]


# When it goes -----------------------------------------------------------------------------------------------


def test_right_away_is_one_mail_for_what_comes_in_one_go(scene: Scene, post: Post) -> None:
    choose(scene, "anna", kudos="now")
    scene.thank("ben", "anna")
    scene.thank("mia", "anna")
    scene.relay()
    scene.send(AT)
    assert told(post) == []
    scene.send(LATE)
    assert told(post) == [("anna", "2 things are new for you")]
    scene.send(LATE + HOUR)
    assert len(post.got) == 1
    scene.thank("eve", "anna", at=AT + HOUR)
    scene.relay(AT + HOUR)
    scene.send(LATE + HOUR)
    assert told(post)[1:] == [("anna", "Eve thanks you")]


def test_by_the_day_and_by_the_week_come_together_and_no_mail_is_none(scene: Scene, post: Post) -> None:
    choose(scene, "anna", kudos="daily", applied="weekly")
    choose(scene, "mia", kudos="none")
    lesson_id = scene.share("anna")
    scene.apply(lesson_id, "ben")
    scene.thank("ben", "anna", "mia")
    scene.thank("eve", "anna", at=AT + 5 * HOUR)
    scene.relay(AT + 5 * HOUR)
    scene.send(NEXT_MORNING - MINUTE)
    assert told(post) == []
    scene.send(NEXT_MORNING)
    assert told(post) == [("anna", "2 things are new for you")]
    scene.send(AT + 6 * DAY)
    assert len(post.got) == 1
    scene.send(datetime(2026, 11, 23, 7, 0, tzinfo=UTC))
    assert told(post)[1:] == [("anna", "Ben applies your lesson")]


def test_what_was_read_or_went_before_the_mail_is_not_in_it(
    scene: Scene, cast: Cast, post: Post, client_of: Browser
) -> None:
    lesson_id = scene.share("anna")
    scene.apply(lesson_id, "ben")
    scene.thank("ben", "anna")
    scene.relay()
    client_of("anna").post("/api/v1/me/notifications/read", json={"until": 2**62})
    scene.thank("mia", "anna")
    scene.thank("ben", "mia")
    scene.relay()
    scene.do("DELETE FROM kudos_receiver WHERE person_id = :mia", mia=cast.mia)
    scene.send(NEXT_MORNING)
    assert told(post) == [("anna", "Mia thanks you")]
    assert scene.ask("SELECT refusal FROM notification_mail WHERE person_id = :mia", mia=cast.mia) == [
        ("nothing-new",)
    ]


def test_who_has_no_address_or_left_or_wants_none_gets_none(scene: Scene, cast: Cast, post: Post) -> None:
    scene.do("UPDATE person SET email = NULL WHERE id = :ben", ben=cast.ben)
    choose(scene, "eve", when=Settings(mail=False), kudos="now")
    for name in ("anna", "mia"):
        choose(scene, name, kudos="now")
    scene.thank("leo", "anna", "ben", "eve", "mia")
    scene.relay()
    scene.do("UPDATE person SET active = false WHERE id = :mia", mia=cast.mia)
    scene.send(LATE)
    assert told(post) == [("anna", "Leo thanks you")]
    assert scene.ask("SELECT count(*) FROM notification") == [(4,)]


def test_a_new_choice_holds_for_what_waits(scene: Scene, post: Post) -> None:
    scene.thank("ben", "anna", "mia")
    scene.relay()
    choose(scene, "anna", kudos="now")
    choose(scene, "mia", kudos="none")
    scene.send(LATE)
    assert told(post) == [("anna", "Ben thanks you")]
    scene.send(NEXT_MORNING)
    assert len(post.got) == 1


# Quiet hours ------------------------------------------------------------------------------------------------

NIGHT = Settings(quiet_from=time(22), quiet_until=time(7), hour=8, weekday=1)


def local(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=ZONE, fold=fold).astimezone(UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (local(2026, 11, 16, 21, 50), local(2026, 11, 16, 21, 52)),
        (local(2026, 11, 16, 21, 59), local(2026, 11, 17, 7)),
        (local(2026, 11, 16, 23, 59), local(2026, 11, 17, 7)),
        (local(2026, 11, 17, 0, 0), local(2026, 11, 17, 7)),
        (local(2026, 11, 17, 6, 58), local(2026, 11, 17, 7)),
        (local(2026, 11, 17, 7, 0), local(2026, 11, 17, 7, 2)),
        (local(2027, 3, 27, 23, 0), local(2027, 3, 28, 7)),  # a night of seven hours less one
        (local(2026, 10, 24, 23, 0), local(2026, 10, 25, 7)),  # and of one more
    ],
)
def test_what_comes_at_night_comes_when_it_is_over(at: datetime, due: datetime) -> None:
    assert rules.due("now", at, NIGHT, ZONE)[0] == due


@pytest.mark.parametrize(
    ("until", "at", "due"),
    [
        (
            time(2, 30),
            local(2027, 3, 28, 1, 30),
            datetime(2027, 3, 28, 1, 30, tzinfo=UTC),
        ),  # 2:30 is left out
        (time(2, 30), local(2026, 10, 25, 2, 10), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (time(2, 30), local(2026, 10, 25, 2, 10, fold=1), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_quiet_hours_that_end_when_the_clock_is_changed(until: time, at: datetime, due: datetime) -> None:
    night = Settings(quiet_from=time(22), quiet_until=until)
    assert rules.due("now", at, night, ZONE)[0] == due


@pytest.mark.parametrize(
    ("way", "at", "wanted", "due"),
    [
        ("daily", local(2026, 11, 16, 7, 59), NIGHT, local(2026, 11, 16, 8)),
        ("daily", local(2026, 11, 16, 8), NIGHT, local(2026, 11, 17, 8)),
        ("daily", local(2027, 3, 27, 9), NIGHT, local(2027, 3, 28, 8)),
        ("weekly", local(2026, 11, 16, 8, 1), NIGHT, local(2026, 11, 23, 8)),
        ("weekly", local(2026, 11, 18, 8), NIGHT, local(2026, 11, 23, 8)),
        ("daily", local(2026, 11, 16, 1), Settings(hour=5), local(2026, 11, 16, 7)),  # quiet until seven
        ("daily", local(2026, 11, 16, 12), Settings(quiet_from=time(9), quiet_until=time(17)), local(2026, 11, 17, 8)),
        ("now", local(2026, 11, 16, 3), Settings(quiet_from=None, quiet_until=None), local(2026, 11, 16, 3, 2)),
    ],
)  # fmt: skip
def test_digests_come_at_their_hour_and_day(way: str, at: datetime, wanted: Settings, due: datetime) -> None:
    assert rules.due(way, at, wanted, ZONE)[0] == due


def test_a_mail_that_was_held_up_does_not_break_the_quiet_either(scene: Scene, post: Post) -> None:
    choose(scene, "anna", kudos="now")
    scene.thank("ben", "anna")
    scene.relay()
    scene.send(datetime(2026, 11, 16, 22, 0, tzinfo=UTC))
    assert told(post) == []
    scene.send(datetime(2026, 11, 17, 6, 0, tzinfo=UTC))
    assert told(post) == [("anna", "Ben thanks you")]


# Never twice ------------------------------------------------------------------------------------------------


def test_a_server_that_says_later_is_tried_later_and_no_mail_goes_twice(scene: Scene, post: Post) -> None:
    choose(scene, "anna", kudos="now")
    scene.thank("ben", "anna")
    scene.relay()
    post.says = ["451 later please"]
    scene.send(LATE)
    assert told(post) == []
    scene.send(LATE + MINUTE)
    assert told(post) == []
    for number in range(3):
        scene.send(LATE + (5 + number) * MINUTE)
    assert told(post) == [("anna", "Ben thanks you")]


def test_a_worker_that_dies_with_a_mail_in_hand_loses_it_not_and_doubles_it_not(
    scene: Scene, post: Post
) -> None:
    choose(scene, "anna", kudos="now")
    scene.thank("ben", "anna")
    scene.relay()
    with scene.app.app_context(), transaction():
        taken = mailing.claim(LATE)
    assert taken is not None
    assert taken.letter is not None
    scene.send(LATE)
    assert told(post) == []
    scene.thank("mia", "anna")
    scene.relay(LATE)
    scene.send(LATE + mailing.LEASE)
    assert sorted(told(post)) == [("anna", "Ben thanks you"), ("anna", "Mia thanks you")]
    scene.send(LATE + 2 * HOUR)
    assert len(post.got) == 2
    assert taken.letter.message_id in "".join(one["Message-ID"] for one in post.letters)


def test_one_letter_has_one_number_however_often_it_is_tried(scene: Scene, post: Post) -> None:
    choose(scene, "anna", kudos="now")
    scene.thank("ben", "anna")
    scene.relay()
    found = []
    for number in range(2):
        with scene.app.app_context(), transaction():
            taken = mailing.claim(LATE + number * HOUR)
            assert taken is not None
            assert taken.letter is not None
            found.append(mail.message_of(taken.letter)["Message-ID"])
    assert found[0] == found[1]


def test_four_senders_at_once_send_each_mail_once(scene: Scene, post: Post) -> None:
    names = ("anna", "ben", "clara", "dan", "eve", "mia")
    for name in names:
        choose(scene, name, kudos="now")
    scene.thank("leo", *names)
    scene.relay()
    start = Barrier(4)

    def send() -> None:
        start.wait()
        with scene.app.app_context():
            while True:
                with transaction():
                    claimed = mailing.claim(LATE)
                if claimed is None:
                    break
                with mail.post() as way:
                    notification_jobs._send(way, claimed)
            db.session.remove()

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(send) for _ in range(4)]:
            future.result(60)
    assert sorted(told(post)) == sorted((name, "Leo thanks you") for name in names)


def test_what_comes_while_a_mail_is_taken_goes_with_the_next_one(scene: Scene, post: Post) -> None:
    choose(scene, "anna", kudos="daily")
    scene.thank("ben", "anna")
    scene.relay()
    scene.send(NEXT_MORNING)
    scene.thank("mia", "anna", at=NEXT_MORNING - MINUTE)
    scene.relay(NEXT_MORNING - MINUTE)  # a worker whose clock is behind
    scene.send(NEXT_MORNING + MINUTE)
    assert told(post) == [("anna", "Ben thanks you")]
    scene.send(NEXT_MORNING + DAY)
    assert told(post)[1:] == [("anna", "Mia thanks you")]


def test_the_job_is_put_down_once_when_something_is_due(scene: Scene, post: Post) -> None:
    choose(scene, "anna", kudos="now")
    scene.thank("ben", "anna")
    scene.relay()
    for at in (AT, LATE, LATE + MINUTE):
        with scene.app.app_context():
            notification_jobs.post_what_is_due(at)
    assert scene.ask("SELECT task_name FROM procrastinate_jobs WHERE status = 'todo'") == [
        ("notifications.send_mail",)
    ]


def test_a_hundred_thousand_badges_of_the_past_make_no_mail(scene: Scene, cast: Cast, post: Post) -> None:
    from app.notifications.actions import News
    from app.notifications.kinds import NAMED

    news = [
        News(person_id=cast.anna, actor_id=None, thing="", object_id=str(number), source=f"p:{number}", at=AT)
        for number in range(20_000)
    ]
    with scene.app.app_context(), transaction():
        assert actions.put(NAMED["past_badges"], news, at=AT) == 20_000
        assert actions.put(NAMED["past_badges"], news, at=AT) == 0
        settle(AT)
    assert scene.ask("SELECT count(*) FROM notification_mail") == [(0,)]
    assert scene.ask("SELECT count(*) FROM outbox WHERE event = 'Notified'") == [(0,)]


# What it says -----------------------------------------------------------------------------------------------


def test_a_mail_speaks_ones_language_in_text_and_html_without_the_words_of_others(
    scene: Scene, post: Post
) -> None:
    speak(scene, "anna", "nl")
    for name in ("anna", "mia"):
        choose(scene, name, kudos="now")
    scene.thank("ben", "anna", "mia")
    scene.relay()
    scene.send(LATE)
    by_name = {one["To"].addresses[0].username: one for one in post.letters}
    assert (by_name["anna"]["Subject"], by_name["mia"]["Subject"]) == ("Ben bedankt je", "Ben thanks you")
    for one in by_name.values():
        plain, html = (one.get_body((kind,)).get_content() for kind in ("plain", "html"))
        link = re.search(r"http://localhost:8000/inbox/\d+", plain)
        assert link
        assert link[0] in html
        assert "http://localhost:8000/me/notifications" in plain
    assert SAID not in post.text()
    assert "punt" not in post.text().lower()


def test_nothing_of_a_lesson_or_of_anybody_elses_thanks_goes_by_mail(scene: Scene, post: Post) -> None:
    choose(scene, "anna", applied="now", kudos="now")
    lesson_id = scene.share("anna", audience="team")
    scene.apply(lesson_id, "ben")
    scene.thank("leo", "eve", message="The secret heron stood there all night.")
    scene.relay()
    scene.send(LATE)
    assert told(post) == [("anna", "Ben applies your lesson")]
    assert "heron" not in post.text()
    assert "Valve" not in post.text()


# Stopping it ------------------------------------------------------------------------------------------------


def stop_link(post: Post) -> str:
    letter = post.letters[-1]
    raw = post.got[-1].decode()
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "=?" not in re.search(r"List-Unsubscribe: .*?(?=\r?\n\S)", raw, re.S)[0]  # type: ignore[index]
    found = re.fullmatch(r"<http://localhost:8000(/mail/stop/[\w-]+)>", letter["List-Unsubscribe"].strip())
    assert found
    return found[1]


def test_one_click_stops_it_without_signing_in_and_looking_changes_nothing(
    app: Flask, scene: Scene, cast: Cast, post: Post, client_of: Browser
) -> None:
    choose(scene, "anna", kudos="now", confirm="now")
    scene.thank("ben", "anna")
    scene.relay()
    scene.send(LATE)
    link = stop_link(post)
    before = scene.ask("SELECT kind, way FROM notification_choice ORDER BY kind")
    scanner = app.test_client()
    for _ in range(3):
        assert scanner.get(link).status_code == 200
        assert scanner.head(link).status_code == 200
    assert scene.ask("SELECT kind, way FROM notification_choice ORDER BY kind") == before
    for _ in range(2):
        one_click = app.test_client().post(link, data={"List-Unsubscribe": "One-Click"})
        assert one_click.status_code == 200
    ways = client_of("anna").get("/api/v1/me/notifications/settings").get_json()["ways"]
    assert ways["kudos"] == ways["confirm"] == "none"
    assert ways["wish"] == "daily"
    scene.thank("mia", "anna", at=AT + HOUR)
    scene.relay(AT + HOUR)
    scene.send(AT + 3 * DAY)
    assert len(post.got) == 1
    assert "Mia thanks you" in client_of("anna").get("/inbox").text


def test_the_page_stops_all_of_it_when_asked(
    app: Flask, scene: Scene, post: Post, client_of: Browser
) -> None:
    choose(scene, "anna", kudos="now")
    scene.thank("ben", "anna")
    scene.relay()
    scene.send(LATE)
    outside = app.test_client()
    assert "Stop deze mail" in outside.get(stop_link(post) + "?lang=nl").text
    assert outside.post(stop_link(post), data={"everything": "true"}).status_code == 200
    assert client_of("anna").get("/api/v1/me/notifications/settings").get_json()["mail"] is False


def test_a_made_up_link_is_not_there_and_a_link_names_nobody(app: Flask, cast: Cast) -> None:
    with app.app_context():
        token = mailing.stop_token(cast.anna, "daily")
        assert mailing.read_stop_token(token) == (cast.anna, "daily")
    wrong = (token[:-2], token[:-1] + ("A" if token[-1] != "A" else "B"), "x", "A" * 51, token + "A" * 500)
    for made_up in wrong[:4]:
        if made_up[:-1] == token[:-1]:
            continue  # the last letter has bits that mean nothing
        assert app.test_client().get(f"/mail/stop/{made_up}").status_code == 404
        assert app.test_client().post(f"/mail/stop/{made_up}").status_code == 404
    assert "anna" not in token


# Choosing ---------------------------------------------------------------------------------------------------


def test_one_chooses_on_a_page_and_by_api_alike(scene: Scene, client_of: Browser) -> None:
    anna = client_of("anna")
    page = anna.get("/me/notifications").text
    assert 'href="/me/notifications"' in anna.get("/me/settings").text
    assert page.count("<select") == 2 + len(KINDS)
    form = {"mail": "true", "quiet_from": "21:30", "quiet_until": "06:15", "hour": "9", "weekday": "5"}
    answer = anna.post(
        "/me/notifications", data={**form, "way_kudos": "weekly"}, headers={"HX-Request": "true"}
    )
    assert "Saved." in answer.text
    found = anna.get("/api/v1/me/notifications/settings").get_json()
    assert (found["quiet_from"], found["quiet_until"], found["hour"], found["weekday"]) == (
        "21:30:00", "06:15:00", 9, 5,
    )  # fmt: skip
    assert (found["ways"]["kudos"], found["ways"]["confirm"], found["address"]) == ("weekly", "now", True)
    sent = {
        "mail": True,
        "hour": 7,
        "weekday": 2,
        "quiet_from": None,
        "quiet_until": None,
        "ways": {"kudos": "now"},
    }
    changed = anna.put("/api/v1/me/notifications/settings", json=sent).get_json()
    assert (changed["quiet_from"], changed["ways"]["kudos"]) == (None, "now")
    assert (
        anna.put("/api/v1/me/notifications/settings", json={**sent, "ways": {"x": "now"}}).status_code == 422
    )


def test_one_time_without_the_other_comes_back_into_the_form(client_of: Browser) -> None:
    sent = {"mail": "true", "quiet_from": "21:30", "quiet_until": "", "hour": "9", "weekday": "5"}
    answer = client_of("anna").post("/me/notifications", data=sent)
    assert answer.status_code == 422
    assert "or neither" in answer.text


@pytest.mark.parametrize(
    "subject",
    [
        "Sanne Bakker geeft je een bijzondere waardering: Een heel jaar hardop leren",
        "Joëlle Mbeki vraagt je feedback: Hoe ik leidinggeef aan onze ploeg, dit kwartaal en het vorige",
        pytest.param("x" * 150, id="one word"),
    ],
)
def test_a_long_subject_begins_beside_its_name_and_is_read_as_it_was_written(
    app: Flask, subject: str
) -> None:
    """Folded before its first word, a reader shows a space before it, or no subject at all."""
    letter = mail.Letter(
        to_name="Anna", to_address="anna@waterveld.example", subject=subject, text="t", html="h"
    )
    with app.app_context():
        raw = mail.message_of(letter).as_bytes()
    assert re.search(rb"^Subject: \S", raw, re.M)
    assert all(len(line) < 998 for line in raw.splitlines())
    assert email.message_from_bytes(raw, policy=email.policy.default)["Subject"] == subject
