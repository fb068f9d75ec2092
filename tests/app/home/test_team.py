"""The team page, the page of one person in it, the meeting card, and who stands in."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import text

from app.activities import confirming, logs
from app.db import db, lock_people, transaction
from app.events import FactStated
from app.goals import actions as goals
from app.goals.rules import NewGoal
from app.home import together
from app.lessons.actions import NewLesson, share_lessons
from app.outbox import publish, settle
from app.people import standins
from app.recognitions import actions as recognitions
from app.recognitions.actions import NewRecognition
from app.worker import relay
from tests.cast import Cast, SignedIn, hire
from tests.small import load

Browser = Callable[[str], SignedIn]
AT = datetime.now(UTC)
TODAY = AT.astimezone(ZoneInfo("Europe/Amsterdam")).date()  # not always that of UTC
ALL = ("anna", "ben", "clara", "dan", "eve", "mia", "leo", "cor")


@pytest.fixture
def lesson(app: Flask, cast: Cast) -> Callable[..., int]:
    with app.app_context():
        load()

    def shared(author: str, title: str, audience: str = "team") -> int:
        with app.app_context(), transaction():
            skill = db.session.scalar(text("SELECT min(id) FROM skill")) or 0
            told = NewLesson(
                author_id=cast.id_of(author), outcome="went_wrong", title=title, happened="We left before looking.",
                learned="Look twice at each valve.", from_now_on="I walk the round again.", skills=[skill], lang="en",
                audience=audience,
            )  # fmt: skip
            (made,) = share_lessons([told], at=AT)
            settle(AT)
            return made

    return shared


def main_of(page: str) -> str:
    return page[page.index("<main") : page.index("</main>")]


def test_only_who_leads_has_a_team_page_and_it_begins_with_the_own_learning(
    lesson: Callable[..., int], client_of: Browser
) -> None:
    lesson("mia", "My own miss with the pump")
    for name in ALL:
        assert client_of(name).get("/team").status_code == (200 if name == "mia" else 403), name
    page = main_of(client_of("mia").get("/team").text)
    assert page.index("My own miss with the pump") < page.index("What to celebrate") < page.index("Ben")


def test_people_stand_in_the_order_of_their_names_whatever_they_did(
    lesson: Callable[..., int], client_of: Browser
) -> None:
    lesson("ben", "Ben shares a lot")
    page = main_of(client_of("mia").get("/team").text)
    people = page[page.index('id="people') :]
    assert people.index("Anna") < people.index("Ben")


def test_what_a_manager_sees_of_somebody_they_see_themselves(
    lesson: Callable[..., int], client_of: Browser
) -> None:
    lesson("anna", "The valve that was open")
    for name in ALL:
        status = client_of(name).get("/team/anna").status_code
        assert status == (200 if name in ("mia", "anna") else 404), name
    nobody, hidden = (client_of("mia").get(f"/team/{one}") for one in ("nobody", "eve"))
    assert (nobody.status_code, hidden.status_code) == (404, 404)
    assert all("There is nobody of that name here." in one.text for one in (nobody, hidden))
    seen, own = (main_of(client_of(name).get("/team/anna").text) for name in ("mia", "anna"))
    for words in ("The valve that was open", "Questions that open a talk"):
        assert words in seen
        assert words in own


def test_a_look_at_somebodys_page_is_written_down_once_an_hour_and_ones_own_is_not(
    app: Flask, cast: Cast, client_of: Browser
) -> None:
    for _ in range(2):
        client_of("mia").get("/team/anna")
        client_of("anna").get("/team/anna")
    with app.app_context():
        rows = db.session.execute(text("SELECT viewer_id, person_id, what FROM look")).all()
    assert [tuple(row) for row in rows] == [(cast.mia, cast.anna, "team:person")]


def test_a_badge_kept_to_oneself_and_a_lesson_of_another_team_are_nothing_to_celebrate(
    app: Flask, cast: Cast, lesson: Callable[..., int], client_of: Browser
) -> None:
    lesson("anna", "For all of us to read", "everyone")
    lesson("eve", "Of another department", "everyone")
    page = main_of(client_of("mia").get("/team").text)
    assert "For all of us to read" in page
    assert "Of another department" not in page


def test_the_card_for_the_meeting_tells_of_ones_own_team_or_of_all(
    lesson: Callable[..., int], client_of: Browser
) -> None:
    lesson("anna", "Only for team North")
    lesson("eve", "For the whole house", "everyone")
    own = client_of("ben").get("/team/card").text
    assert "Only for team North" in own
    assert "For the whole house" not in own
    everyone = client_of("ben").get("/team/card?of=everyone&days=90").text
    assert "For the whole house" in everyone
    assert "Only for team North" not in everyone
    assert "Only for team North" not in client_of("eve").get("/team/card").text


# Who stands in ----------------------------------------------------------------------------------------------


def stand_in(client: SignedIn, who: str, since: timedelta, until: timedelta) -> int:
    form = {"who": who, "since": (TODAY + since).isoformat(), "until": (TODAY + until).isoformat()}
    return client.post("/team/stand-in", data=form).status_code


def log(app: Flask, cast: Cast, who: str) -> int:
    """They did something that waits for the word of their manager."""
    with app.app_context(), transaction():
        activity_id = db.session.scalar(text("SELECT id FROM activity WHERE slug = 'a1'")) or 0
        (made,) = logs.log_completions(
            [
                {
                    "person_id": cast.id_of(who),
                    "activity_id": activity_id,
                    "completed_on": TODAY,
                    "note": "It was good.",
                }
            ],
            at=AT,
        )
        settle(AT)
        return made


def hand_over(app: Flask) -> int:
    with app.app_context(), transaction():
        number = confirming.hand_over_to_stand_ins(at=AT)
        settle(AT)
        return number


def confirmer(app: Flask, completion_id: int) -> int | None:
    with app.app_context():
        return db.session.scalar(
            text("SELECT confirmer_id FROM completion WHERE id = :id"), {"id": completion_id}
        )


def test_what_waits_for_who_is_away_goes_to_who_stands_in(
    app: Flask, cast: Cast, lesson: Callable[..., int], client_of: Browser
) -> None:
    waits = log(app, cast, "anna")
    assert stand_in(client_of("mia"), "Eve", timedelta(0), timedelta(days=5)) == 303
    assert hand_over(app) == 1
    assert hand_over(app) == 0  # a second round finds nothing
    assert confirmer(app, waits) == cast.eve
    assert client_of("eve").post(f"/confirmations/{waits}", data={"decision": "confirm"}).status_code == 303


def test_nobody_confirms_their_own_by_standing_in(
    app: Flask, cast: Cast, lesson: Callable[..., int], client_of: Browser
) -> None:
    waits = log(app, cast, "anna")
    stand_in(client_of("mia"), "Anna", timedelta(0), timedelta(days=5))
    assert hand_over(app) == 0
    assert confirmer(app, waits) == cast.mia


def test_before_and_after_nothing_is_handed_over_and_two_who_are_both_away_do_not_pass_it_round(
    app: Flask, cast: Cast, lesson: Callable[..., int], client_of: Browser
) -> None:
    log(app, cast, "anna")
    stand_in(client_of("mia"), "Eve", timedelta(days=2), timedelta(days=5))
    assert hand_over(app) == 0
    stand_in(client_of("mia"), "Eve", timedelta(0), timedelta(days=5))
    with app.app_context(), transaction():
        standins.name(
            person_id=cast.eve,
            deputy_id=cast.mia,
            since=TODAY,
            until=TODAY,
            today=TODAY,
            at=datetime.now(UTC),
        )
        settle(datetime.now(UTC))
    assert hand_over(app) == 0


def test_a_stand_in_is_somebody_else_who_works_here_and_can_be_ended(
    app: Flask, cast: Cast, client_of: Browser
) -> None:
    assert stand_in(client_of("mia"), "Zebedee", timedelta(0), timedelta(days=5)) == 422
    assert stand_in(client_of("mia"), "", timedelta(0), timedelta(days=5)) == 422
    assert stand_in(client_of("mia"), "Eve", timedelta(days=5), timedelta(days=2)) == 422
    assert stand_in(client_of("mia"), "Eve", timedelta(0), timedelta(days=2)) == 303
    assert "Eve confirms in your place" in client_of("mia").get("/team").text
    client_of("mia").post("/team/stand-in", data={"end": "true"})
    assert "Eve confirms in your place" not in client_of("mia").get("/team").text


def test_that_somebody_stands_in_and_that_it_ended_stands_in_the_audit_once_each(
    app: Flask, cast: Cast, client_of: Browser
) -> None:
    mia = client_of("mia")
    form = {"who": "Ben", "since": TODAY.isoformat(), "until": (TODAY + timedelta(days=7)).isoformat()}
    assert mia.post("/team/stand-in", data={**form, "who": "Mia"}).status_code == 422
    assert mia.post("/team/stand-in", data=form).status_code == 303
    for _ in range(2):
        assert mia.post("/team/stand-in", data={"end": "true"}).status_code == 303
    sql = """
        SELECT action, actor_id, person_id, detail ->> 'for' FROM audit_entry
        WHERE action LIKE 'stand_in:%' ORDER BY id
    """
    with app.app_context():
        rows = [tuple(row) for row in db.session.execute(text(sql))]
    assert rows == [(f"stand_in:{what}", cast.mia, cast.ben, str(cast.mia)) for what in ("named", "ended")]


def test_skills_of_the_team_are_counted_from_five_on_and_name_and_rank_nobody(
    app: Flask, cast: Cast, client_of: Browser
) -> None:
    with app.app_context():
        load()
        people = [cast.anna, cast.ben, *hire("fay", "gus", "hal", "ida")]
        with transaction():
            db.session.execute(
                text("UPDATE person SET manager_id = :mia WHERE id = ANY(:ids)"),
                {"mia": cast.mia, "ids": people},
            )
            skill = db.session.scalar(text("SELECT id FROM skill WHERE slug = 'water'")) or 0
        state(people[:4], skill)
        assert covered(people) == {}
        state(people[4:5], skill, kind="kudos_received")
        assert covered(people) == {}, "what others said is no learning"
        state(people[4:5], skill)
        assert covered(people) == {skill: 5}
        assert covered(people[:4]) is None
    page = main_of(client_of("mia").get("/team").text)
    part = page[page.index('id="skills"') : page.index('id="people"')]
    assert "5 people" in part
    assert "fewer than five" in part
    for name in ("Anna", "Ben", "Fay", "Gus", "Hal", "Ida"):
        assert name not in part
    assert client_of("anna").get("/team").status_code == 403


def covered(people: list[int]) -> dict[int, int] | None:
    return together.covered(people, AT - timedelta(days=365))


def state(people: list[int], skill: int, kind: str = "completed") -> None:
    with transaction():
        lock_people(people)
        publish(
            FactStated(person_id=one, source=f"test:{kind}:{one}", kind=kind, at=AT, skills=(skill,))
            for one in people
        )
        settle(AT)


def test_a_row_of_the_team_opens_to_what_somebody_did_last(
    client_of: Browser, lesson: Callable[..., int]
) -> None:
    lesson("ben", "The round was walked twice")
    mia, swap = client_of("mia"), {"HX-Request": "true"}
    assert 'hx-get="/team/ben/lately" hx-trigger="toggle once"' in mia.get("/team").text
    part = mia.get("/team/ben/lately", headers=swap)
    assert "The round was walked twice" in part.text
    assert "<html" not in part.text
    assert "Nothing this year" in mia.get("/team/anna/lately", headers=swap).text
    assert mia.get("/team/ben/lately").location == "/team/ben"
    for name in ("anna", "eve", "clara", "dan"):
        assert client_of(name).get("/team/ben/lately", headers=swap).status_code == 404


def test_what_waits_for_a_managers_word_comes_by_itself(client_of: Browser) -> None:
    part = client_of("mia").get("/team/waiting", headers={"HX-Request": "true"})
    assert 'hx-trigger="sse:confirmation"' in part.text
    assert client_of("mia").get("/team/waiting").location == "/team"
    assert client_of("anna").get("/team/waiting").status_code == 403


def test_who_stands_in_hears_from_when_to_when_and_whose_place_it_is(app: Flask, client_of: Browser) -> None:
    assert stand_in(client_of("mia"), "Eve", timedelta(0), timedelta(days=5)) == 303
    with app.app_context():
        relay(datetime.now(UTC))
    page = main_of(client_of("eve").get("/inbox").text)
    assert "You confirm in the place of Mia from" in page
    assert "You confirm" not in main_of(client_of("ben").get("/inbox").text)
    client_of("mia").post("/team/stand-in", data={"end": "true"})
    assert "You confirm" not in main_of(client_of("eve").get("/inbox").text), "it is over"


def test_a_stand_in_who_left_confirms_nothing_and_another_can_be_named(
    app: Flask, cast: Cast, client_of: Browser
) -> None:
    mia = client_of("mia")
    stand_in(mia, "Eve", timedelta(0), timedelta(days=5))
    assert "Eve confirms in your place" in main_of(mia.get("/team").text)
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE person SET active = false WHERE id = :id"), {"id": cast.eve})
    page = main_of(mia.get("/team").text)
    assert "Eve confirms in your place" not in page
    assert 'name="who"' in page


# What they achieved -----------------------------------------------------------------------------------------


@pytest.fixture
def recognised(app: Flask, cast: Cast) -> Callable[..., int]:
    def given(title: str, *names: str, giver: str = "clara") -> int:
        with app.app_context(), transaction():
            item = NewRecognition(
                giver_id=cast.id_of(giver), receivers=[cast.id_of(name) for name in names], title=title,
                citation="For what was done all night at the pump, and told.", lang="en", day=TODAY,
            )  # fmt: skip
            (made,) = recognitions.give_recognitions([item], at=AT)
            settle(AT)
            return made

    return given


def test_recognitions_are_celebrated_and_stand_on_the_card_with_who_lets_them_be_seen(
    app: Flask, cast: Cast, recognised: Callable[..., int], client_of: Browser
) -> None:
    both = recognised("Kept the water running", "anna", "ben")
    alone = recognised("Between the two of us", "anna")
    recognised("In another department", "eve")
    with app.app_context(), transaction():
        recognitions.choose_visibility({(both, cast.ben): "me", (alone, cast.anna): "me"})
    team = main_of(client_of("mia").get("/team").text)
    assert "Kept the water running" in team
    assert "Between the two of us" not in team
    card = main_of(client_of("ben").get("/team/card").text)
    assert "For Anna and others, from Clara" in card
    assert "Between the two of us" not in card
    assert "In another department" not in card
    assert "In another department" in main_of(client_of("ben").get("/team/card?of=everyone").text)
    api = client_of("ben").get("/api/v1/team/card").json["recognitions"]
    assert [(one["title"], one["names"], one["others"]) for one in api] == [
        ("Kept the water running", ["Anna"], True)
    ]


def test_the_card_of_the_management_tells_of_who_leads_people(
    lesson: Callable[..., int], recognised: Callable[..., int], client_of: Browser
) -> None:
    lesson("mia", "Nobody said a word, and I took it for a yes", "everyone")
    lesson("anna", "I asked what she heard", "everyone")
    recognised("Went first with a miss of her own", "mia")
    recognised("Kept the water running", "anna")
    card = main_of(client_of("eve").get("/team/card?of=management").text)
    assert "Nobody said a word, and I took it for a yes" in card
    assert "Went first with a miss of her own" in card
    assert "I asked what she heard" not in card
    assert "Kept the water running" not in card
    assert client_of("eve").get("/api/v1/team/card?of=management").json["of"] == "management"


def test_the_page_of_one_person_has_the_goals_that_their_manager_may_see_the_same_for_both(
    app: Flask, cast: Cast, recognised: Callable[..., int], client_of: Browser
) -> None:
    with app.app_context(), transaction():
        goals.set_goals([
            goals.Setting(person_id=cast.anna, goal=NewGoal(
                title=title, lang="en", proof="words", proof_words="I will hear it", visible=visible
            ))
            for title, visible in (("To hear a leak", "manager"), ("To be alone with it", "me"))
        ], at=AT)  # fmt: skip
        settle(AT)
    recognised("Kept the water running", "anna")
    for name in ("mia", "anna"):
        page = main_of(client_of(name).get("/team/anna").text)
        assert "To hear a leak" in page, name
        assert "To be alone with it" not in page, name
        assert "Kept the water running" in page, name
    api = client_of("mia").get("/api/v1/team/anna").json
    assert [one["title"] for one in api["goals"]] == ["To hear a leak"]
    assert [one["title"] for one in api["recognitions"]] == ["Kept the water running"]
    assert "Ben shows you no goals" in main_of(client_of("mia").get("/team/ben").text)
