"""Thanks back, what became of a nomination, the week of a team, goals at their own pace, and lessons without a name."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app import worker
from app.db import db, transaction
from app.errors import NotFound
from app.goals import actions as goals
from app.goals import inviting
from app.goals.rules import NewGoal
from app.kudos import actions as kudos
from app.notifications import actions, jobs
from app.notifications.rules import USUAL
from app.outbox import settle
from app.people import actions as people
from app.recognitions import actions as recognitions
from app.recognitions import nominating
from app.recognitions.actions import NewRecognition
from app.recognitions.nominating import NewNomination, NewOccasion
from tests.app.kudos.test_give_kudos import at_once
from tests.app.notifications.conftest import AT, LESSON, SAID, Post, Scene
from tests.app.notifications.test_inbox import lines
from tests.cast import NAMES, Cast, SignedIn

Browser = Callable[[str], SignedIn]
DAY = timedelta(days=1)
MONDAY = AT + 7 * DAY


def do(scene: Scene, act: Callable[[], Any], at: datetime = AT) -> Any:
    with scene.app.app_context(), transaction():
        made = act()
        settle(at)
        return made


def dutch(scene: Scene, *people_ids: int) -> None:
    do(scene, lambda: [people.choose(person_id=one, language="nl") for one in people_ids])


# Thanks back ------------------------------------------------------------------------------------------------


def test_one_click_of_thanks_back_stands_once_in_the_inbox_of_who_gave_them_first(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    kudos_id = scene.thank("ben", "anna", "mia")
    for name in ("anna", "anna", "mia"):
        assert client_of(name).post(f"/kudos/{kudos_id}/thanks").status_code in (200, 303)
        scene.relay(datetime.now(AT.tzinfo) + DAY)
    assert lines(client_of("ben")) == ["Mia and Anna say thanks back"]
    assert SAID in client_of("ben").get("/inbox").text
    for name in set(NAMES) - {"ben"}:
        assert not any("thanks back" in one for one in lines(client_of(name))), name
    dutch(scene, cast.ben)
    assert lines(client_of("ben")) == ["Mia en Anna bedanken je terug"]


def test_five_clicks_at_once_are_one_line_and_who_got_none_says_no_thanks(scene: Scene, cast: Cast) -> None:
    kudos_id = scene.thank("ben", "anna")
    thanks = lambda who: do(scene, lambda: kudos.thank_back([(kudos_id, who)], at=AT))  # noqa: E731
    assert at_once(*[lambda: thanks(cast.anna)] * 5) == []
    scene.relay()
    assert scene.ask("SELECT count(*) FROM notification WHERE kind = 'thanked'") == [(1,)]
    with pytest.raises(NotFound):
        thanks(cast.mia)
    assert scene.ask("SELECT count(*) FROM outbox WHERE event = 'KudosThanked'") == [(1,)]


# What became of a nomination ----------------------------------------------------------------------------------


@pytest.fixture
def nominated(scene: Scene, cast: Cast) -> tuple[int, int]:
    """Ben nominates Anna, and Eve nominates Dan; Mia sits in the jury. Nominations are closed."""
    new = NewOccasion(
        opened_by=cast.clara, name="Day of learning", lang="en", opens_on=AT.date(), closes_on=AT.date() + DAY,
        jury=[cast.mia],
    )  # fmt: skip
    occasion = do(scene, lambda: nominating.open_occasions([new], at=AT)[0])
    ids = []
    for by, whom in ((cast.ben, cast.anna), (cast.eve, cast.dan)):
        one = NewNomination(
            nominator_id=by,
            nominee_id=whom,
            occasion_id=occasion,
            reason="Always asks who else helped.",
            lang="en",
        )
        ids.append(do(scene, lambda one=one: nominating.nominate([one], at=AT)[0]))
    do(scene, lambda: nominating.close_nominations([occasion], by=cast.clara, at=AT))
    return occasion, ids[0]


def test_who_nominated_hears_what_was_decided_and_the_nominee_only_of_what_is_given(
    scene: Scene, cast: Cast, client_of: Browser, nominated: tuple[int, int]
) -> None:
    occasion, nomination = nominated
    new = NewRecognition(
        giver_id=cast.mia, title="Lantern", citation="For asking each time who else helped, and naming them.",
        lang="en", day=date(2026, 11, 16), receivers=[cast.anna], occasion_id=occasion, nomination_id=nomination,
    )  # fmt: skip
    do(scene, lambda: recognitions.give_recognitions([new], at=AT))
    decision = nominating.Decision(occasion_id=occasion)
    do(scene, lambda: nominating.decide_occasions([decision], by=cast.mia, at=AT))
    scene.relay()
    scene.relay(AT + DAY)
    assert lines(client_of("ben")) == ["Anna, whom you nominated, receives a special recognition"]
    assert lines(client_of("eve")) == ["Your nomination of Dan was read; this time it led to no recognition"]
    put_forward = "You were nominated, and can read why: Day of learning"
    assert lines(client_of("anna")) == ["Mia recognises you: Lantern", put_forward]
    assert lines(client_of("dan")) == [put_forward], "that it led to nothing is told where they read it"
    assert lines(client_of("mia"))[-1] == "You sit in the jury of: Day of learning"
    for name in ("clara", "leo", "cor"):
        assert lines(client_of(name)) == [], name
    dutch(scene, cast.eve)
    assert lines(client_of("eve")) == ["Je voordracht van Dan is gelezen; deze keer werd het geen waardering"]


# The week of a team -----------------------------------------------------------------------------------------


def ask_for(scene: Scene, *names: str, way: str = "weekly") -> None:
    for name in names:
        do(scene, lambda name=name: actions.choose(
            scene.cast.id_of(name), to=USUAL, ways={"team_lessons": way}, at=AT
        ))  # fmt: skip


def digest(scene: Scene, at: datetime = MONDAY) -> int:
    told: int = do(scene, lambda: actions.tell_of_team_lessons(at=at), at)
    scene.relay(at)
    return told


def test_only_who_asked_for_it_reads_once_a_week_what_their_team_shared(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    ask_for(scene, "anna", "mia", "eve")
    ask_for(scene, "ben", way="none")
    scene.share("ben", audience="team")
    scene.share("ben", AT + DAY, title="Call before you dig", learned="We called and it was quick.")
    scene.share("anna", AT + 2 * DAY, title="Of her own", learned="One reads it back aloud.")
    scene.share("ben", AT - 8 * DAY, title="Older than a week", learned="A week is a week.")
    assert digest(scene) == 2, "Eve's team shared nothing"
    assert digest(scene, MONDAY + DAY) == 0
    assert lines(client_of("mia")) == ["Your team shared 3 lessons in a week"]
    assert lines(client_of("anna")) == ["Your team shared 2 lessons in a week"]
    for name in ("ben", "eve", "leo", "clara"):
        assert not any("Your team" in one for one in lines(client_of(name))), name
    assert "Older than a week" not in client_of("anna").get("/inbox").text
    line = client_of("anna").get("/api/v1/me/notifications").get_json()["notifications"][0]
    assert line["link"] == "/lessons?show=team"
    dutch(scene, cast.anna)
    assert lines(client_of("anna")) == ["Je team deelde in een week 2 lessen"]


def test_two_workers_tell_of_one_week_once_and_a_week_without_lessons_is_no_news(
    scene: Scene, cast: Cast
) -> None:
    ask_for(scene, "anna")
    scene.share("ben")
    assert at_once(*[lambda: do(scene, lambda: actions.tell_of_team_lessons(at=MONDAY), MONDAY)] * 4) == []
    scene.relay(MONDAY)
    assert scene.ask("SELECT count(*) FROM notification WHERE kind = 'team_lessons'") == [(1,)]
    assert digest(scene, MONDAY + 7 * DAY) == 0


def test_what_is_deleted_or_hidden_or_of_another_team_is_not_in_it_when_one_looks(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    ask_for(scene, "anna")
    gone = scene.share("ben", audience="team")
    hidden = scene.share("mia", learned="Hidden later on, at the desk.")
    digest(scene)
    assert lines(client_of("anna")) == ["Your team shared 2 lessons in a week"]
    scene.do("UPDATE lesson SET deleted_at = now() WHERE id = :id", id=gone)
    assert lines(client_of("anna")) == ["Your team shared 1 lesson in a week"]
    scene.do("UPDATE lesson SET hidden_at = now() WHERE id = :id", id=hidden)
    assert lines(client_of("anna")) == [""] or lines(client_of("anna")) == [None]
    scene.do("UPDATE person SET team_id = :desk WHERE id = :id", desk=cast.desk, id=cast.anna)
    assert LESSON["title"] not in client_of("anna").get("/inbox").text


def test_the_week_goes_by_the_weekly_mail_of_who_asked(scene: Scene, cast: Cast, post: Post) -> None:
    ask_for(scene, "anna")
    scene.share("ben")
    digest(scene)
    scene.send(MONDAY + 8 * DAY)
    assert len(post.letters) == 1
    assert "Your team shared 1 lesson in a week" in post.text()


# Goals at their own pace --------------------------------------------------------------------------------------


def set_goal(scene: Scene, person_id: int, at: datetime = AT, **other: Any) -> int:
    new = NewGoal(title=other.pop("title", "Explain the pump"), lang="en", proof_words="They say so", **other)
    wanted = goals.Setting(person_id=person_id, goal=new)
    made: list[int] = do(scene, lambda: goals.set_goals([wanted], at=at))
    return made[0]


def invited(scene: Scene, at: datetime) -> None:
    do(scene, lambda: inviting.invite(at), at)
    scene.relay(at)


def test_a_goal_asks_again_and_again_at_its_own_pace_until_somebody_looks_at_it(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    weekly = set_goal(scene, cast.anna, pace=7)
    set_goal(scene, cast.ben, pace=90, title="Read the map")
    told: list[int] = []
    for day in range(1, 31):
        invited(scene, AT + day * DAY)
        told.append(scene.ask("SELECT count(*) FROM notification WHERE kind = 'goal_due'")[0][0])
    assert [told[day - 1] for day in (7, 8, 15, 16, 24)] == [0, 1, 1, 2, 3]
    do(
        scene,
        lambda: goals.check_in(
            [goals.CheckIn(goal_id=weekly, person_id=cast.anna, far="nearly", line="")], at=AT + 30 * DAY
        ),
    )
    invited(scene, AT + 36 * DAY)
    assert scene.ask("SELECT count(*) FROM notification WHERE kind = 'goal_due'") == [(3,)]
    invited(scene, AT + 38 * DAY)
    assert scene.ask("SELECT count(*) FROM notification WHERE kind = 'goal_due'") == [(4,)]
    assert lines(client_of("anna")) == ["How is it going with Explain the pump?"]
    assert lines(client_of("ben")) == []


def test_several_goals_ask_on_several_days_and_two_workers_ask_once(scene: Scene, cast: Cast) -> None:
    for number in range(3):
        set_goal(scene, cast.anna, pace=14, title=f"Goal {number}")
    at = AT + 20 * DAY
    assert at_once(*[lambda: do(scene, lambda: inviting.invite(at), at)] * 3) == []
    scene.relay(at)
    assert scene.ask("SELECT count(*) FROM notification WHERE kind = 'goal_due'") == [(1,)]
    for more in (1, 2, 3, 4):
        invited(scene, at + more * DAY)
    assert scene.ask("SELECT count(DISTINCT thing) FROM notification WHERE kind = 'goal_due'") == [(3,)]


def test_who_wants_no_invitation_gets_none_and_the_form_keeps_the_pace(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    set_goal(scene, cast.anna, remind=False, pace=7)
    invited(scene, AT + 100 * DAY)
    assert scene.ask("SELECT count(*) FROM notification") == [(0,)]
    ben = client_of("ben")
    form = {"title": "Know each valve", "lang": "en", "proof": "words", "proof_words": "I name them all",
            "visible": "me", "remind": "1", "pace": "14"}  # fmt: skip
    made = ben.post("/goals", data=form)
    assert made.status_code == 303
    assert "Every two weeks" in ben.get(made.location).text
    assert ben.post("/goals", data=form | {"pace": "3"}).status_code == 422
    assert scene.ask("SELECT pace FROM goal WHERE person_id = :ben", ben=cast.ben) == [(14,)]


# Lessons without a name ---------------------------------------------------------------------------------------


def test_who_shared_without_a_name_reads_in_the_inbox_that_it_is_applied_and_no_row_says_so(
    scene: Scene, cast: Cast, client_of: Browser, token_of: Callable[[str], dict[str, str]]
) -> None:
    now = datetime.now(AT.tzinfo)
    lesson_id = scene.share("anna", now, unnamed=True)
    tables = "notification", "outbox", "audit_entry", "procrastinate_jobs"
    before = {name: scene.ask(f"SELECT count(*) FROM {name}") for name in tables}
    scene.apply(lesson_id, "ben", "mia", at=now)
    scene.relay(now)
    page = client_of("anna").get("/inbox").text
    assert "What you shared without your name" in page
    assert "applied by 2 colleagues" in page
    assert {name: scene.ask(f"SELECT count(*) FROM {name}") for name in tables} == before
    api = scene.app.test_client()
    for name in NAMES:
        found = api.get("/api/v1/me/notifications", headers=token_of(name)).get_json()["without_name"]
        assert [one["number"] for one in found] == ([2] if name == "anna" else []), name
        if name != "anna":
            assert "without your name" not in client_of(name).get("/inbox").text
    dutch(scene, cast.anna)
    assert "toegepast door 2 collega" in client_of("anna").get("/inbox").text
    scene.do("UPDATE lesson_application SET at = at - interval '20 days'")
    assert "zonder je naam deelde" not in client_of("anna").get("/inbox").text


def test_the_worker_comes_round_for_the_week_of_teams(scene: Scene) -> None:
    with scene.app.app_context():
        jobs.tell_of_team_lessons(MONDAY)
        db.session.remove()
        told = db.session.scalar(text("SELECT value ->> 'week' FROM setting WHERE key = 'team_lessons'"))
        assert told == "2026-11-16"
    assert worker.notifications is jobs
