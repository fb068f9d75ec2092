"""Home: what I was to others, one next step, what I have, what is for me; nothing of points for who does without."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.db import transaction
from app.kudos import actions as kudos
from app.kudos.actions import NewKudos
from app.lessons import actions as lessons
from app.lessons import applying
from app.lessons.actions import NewLesson
from app.outbox import settle
from tests.app.leaderboards.scene import Scene, now
from tests.cast import Cast, SignedIn
from tests.small import badge, completed

Browser = Callable[[str], SignedIn]
SWAP = {"HX-Request": "true"}
PARTS = ("next", "stats", "around", "foryou", "album")
TITLE = "Valve shut in four seconds"


@pytest.fixture(autouse=True)
def house(scene: Scene) -> None:
    named = {"nl": "Drie klaar", "en": "Three done"}
    three = badge("three", (completed(3), 10), (completed(6), 20)) | {"name": named}
    shared = {"count": {"kind": "lesson_shared"}, "at_least": 1}
    scene.load([three, badge("teller", (shared, 5)), badge("rich", ({"points": 1000}, 0))])


def said(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def home(browser: SignedIn) -> str:
    answer = browser.get("/")
    assert answer.status_code == 200
    return answer.text


def share(scene: Scene, author: int, title: str = TITLE) -> int:
    lesson = NewLesson(
        author_id=author, outcome="went_wrong", title=title, happened="A joint broke two streets away.",
        learned="Haste on site costs more time than it saves.", from_now_on="We count out loud to forty.",
        lang="en", audience="everyone", skills=[scene.id_of("skill", "water")],
    )  # fmt: skip
    with scene.app.app_context(), transaction():
        (lesson_id,) = lessons.share_lessons([lesson], at=now())
        settle(now())
        return lesson_id


def apply(scene: Scene, lesson_id: int, *people: int) -> None:
    for person in people:
        with scene.app.app_context(), transaction():
            applying.apply_lessons([applying.Applying(lesson_id=lesson_id, person_id=person)], at=now())
            settle(now())


def thank(scene: Scene, giver: int, receiver: int) -> None:
    given = NewKudos(
        giver_id=giver, receivers=[receiver], message="You stayed on the phone until the water ran clear.",
        skill_id=scene.id_of("skill", "water"), lang="en",
    )  # fmt: skip
    with scene.app.app_context(), transaction():
        kudos.give_kudos([given], at=now())
        settle(now())


# The first sentence -----------------------------------------------------------------------------------------


def test_it_begins_with_whom_a_lesson_helped(scene: Scene, cast: Cast, client_of: Browser) -> None:
    lesson = share(scene, cast.anna)
    apply(scene, lesson, cast.ben, cast.eve)
    page = home(client_of("anna"))
    assert f"Your lesson “ {TITLE} ” helped 2 colleagues this week." in said(page)
    assert f'href="/lessons/{lesson}" lang="en"' in page
    second = share(scene, cast.anna, "Another valve, another lesson")
    apply(scene, second, cast.mia)
    assert "Your lessons helped 3 colleagues this week." in said(home(client_of("anna")))


def test_a_title_in_the_first_sentence_is_text(scene: Scene, cast: Cast, client_of: Browser) -> None:
    apply(scene, share(scene, cast.anna, "<script>alert(1)</script> & %(title)s"), cast.ben)
    page = home(client_of("anna"))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; %(title)s" in page


def test_thanks_come_next_and_a_question_where_there_is_nothing(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    assert "What did you learn this week that a colleague could use?" in home(client_of("anna"))
    thank(scene, cast.eve, cast.anna)
    assert "1 colleague thanked you this week." in said(home(client_of("anna")))


def test_the_rhythm_has_its_figures_in_a_table_and_the_running_week_is_marked(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.earn(cast.anna, 2)
    scene.earn(cast.anna, 5, days_ago=14)
    rhythm = home(client_of("anna")).partition('id="rhythm-h"')[2].partition("</section>")[0]
    drawn = re.findall(r"<title>(.*?): (\d+)</title>", rhythm)
    assert drawn == re.findall(r'<th scope="row">(.*?)</th><td class="num">(\d+)</td>', rhythm)
    assert len(drawn) == 13
    assert drawn[-3][1] == "5"
    assert drawn[-1] == ("This week", "2")
    picture, _, words = rhythm.partition("</svg>")
    assert picture.count('class="now"') == 1
    assert [picture.count(f'class="on s{n}"') for n in (1, 2, 3)] == [0, 0, 1]  # the most is the darkest
    legend = re.sub(r"<[^>]+>", " ", words.partition("</ul>")[0]).split()
    assert " ".join(legend[-6:]).endswith("1 2–3 4–5 This week")
    assert 'aria-label="Learning rhythm. 2 of the last 13 weeks"' in rhythm


# The next step ----------------------------------------------------------------------------------------------


def test_a_newcomer_is_told_where_to_begin(client_of: Browser) -> None:
    page = said(home(client_of("anna")))
    assert "Where would you like to begin?" in page
    assert "Three done, tier 1 Complete 3 activities" in page
    assert "Share a lesson" in page
    assert "Points this quarter" not in page
    assert "Learning rhythm" not in page
    assert "Earn 1,000 points" not in page


def test_the_nearest_badge_says_what_is_missing(scene: Scene, cast: Cast, client_of: Browser) -> None:
    scene.earn(cast.anna, 2)
    page = home(client_of("anna"))
    assert "One step to go" in said(page)
    assert "Three done, tier 1" in said(page)
    assert "2 of 3" in said(page)
    scene.earn(cast.anna)
    again = said(home(client_of("anna")))
    assert "Three done, tier 2" in again
    assert "Badges 1 1 new this month" in again


def test_it_speaks_the_language_of_the_reader(scene: Scene, cast: Cast, client_of: Browser) -> None:
    scene.earn(cast.anna, 2)
    scene.choose(cast.anna, language="nl")
    page = home(client_of("anna"))
    assert '<html lang="nl"' in page
    assert "Nog één stap" in said(page)
    assert "Drie klaar, niveau 1 Rond 3 activiteiten af 2 van 3" in said(page)
    assert re.search("Goede(morgen|middag|navond), Anna", page)


# Figures and company ----------------------------------------------------------------------------------------


def test_the_figures_are_those_of_this_quarter(scene: Scene, cast: Cast, client_of: Browser) -> None:
    scene.earn(cast.anna, 2)
    share(scene, cast.anna)
    thank(scene, cast.anna, cast.ben)
    page = said(home(client_of("anna")))
    assert "Points this quarter 65 +65 this week" in page  # two courses, and the badge of the lesson
    assert "Lessons shared 1 Applied 0 times" in page
    assert "You gave 1" in page
    assert "1 of the last 13 weeks" in page


def test_others_around_me_are_of_my_department(scene: Scene, cast: Cast, client_of: Browser) -> None:
    for name in ("anna", "ben", "eve"):
        scene.choose(cast.id_of(name), board_choice="named")
        scene.earn(cast.id_of(name))
    page = home(client_of("anna"))
    around = page.partition('id="around"')[2].partition("</section>")[0]
    assert "Ben" in around
    assert "Eve" not in around


def test_kudos_and_the_lessons_of_my_team_are_for_me(scene: Scene, cast: Cast, client_of: Browser) -> None:
    share(scene, cast.ben)
    share(scene, cast.eve, "A lesson of another department")
    thank(scene, cast.eve, cast.anna)
    page = said(home(client_of("anna")))
    assert "You stayed on the phone until the water ran clear." in page
    assert TITLE in page
    assert "A lesson of another department" not in page
    assert "You stayed on the phone" not in said(home(client_of("ben")))


# Without points and boards ----------------------------------------------------------------------------------


def test_who_does_without_reads_nothing_of_points_or_places(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.earn(cast.anna, 2)
    scene.choose(cast.anna, board_choice="named", game=False)
    page = home(client_of("anna"))
    assert "Three done" in page
    for word in ("/leaderboards", "/receipts", 'id="around"', ">60<"):
        assert word not in page, word
    for word in ("Points", "points", "Receipts", "Leaderboards", "60"):
        assert word not in said(page), word
    around = client_of("anna").get("/home/around", headers=SWAP).text
    assert "60" not in around
    assert "Anna" not in around


@pytest.mark.parametrize(
    ("switch", "gone"), [("points_on", "Points this quarter"), ("boards_on", 'id="around"')]
)
def test_an_organisation_can_do_without(
    scene: Scene, cast: Cast, client_of: Browser, switch: str, gone: str
) -> None:
    scene.earn(cast.anna)
    assert gone in home(client_of("anna"))
    scene.decide(**{switch: False})
    assert gone not in home(client_of("anna"))


# Parts of it ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", PARTS)
def test_each_part_can_be_fetched_anew_and_stands_on_the_page(
    scene: Scene, cast: Cast, client_of: Browser, part: str
) -> None:
    scene.earn(cast.anna)
    anna = client_of("anna")
    assert part == "foryou" or f'hx-get="/home/{part}"' in home(anna)  # that one comes when one asks for it
    fragment = anna.get(f"/home/{part}", headers=SWAP)
    assert fragment.status_code == 200
    assert "<html" not in fragment.text
    alone = anna.get(f"/home/{part}")
    assert (alone.status_code, alone.location) == (303, "/")


def test_there_are_no_other_parts(client_of: Browser) -> None:
    for part in ("page", "../_ui", "None", "x" * 400):
        assert client_of("anna").get(f"/home/{part}", headers=SWAP).status_code == 404


def test_nobody_gets_no_part(client: Any) -> None:
    assert client.get("/").location == "/login"
    swapped = client.get("/home/stats", headers=SWAP)
    assert (swapped.status_code, swapped.headers["HX-Redirect"]) == (401, "/login")
    shown = {**SWAP, "HX-Current-URL": "https://blijk.example/lessons?page=2#l7"}
    swapped = client.get("/home/stats", headers=shown)
    assert swapped.headers["HX-Redirect"] == "/login?next=/lessons?page%3D2", (
        "back to the page, not to a part of it"
    )


def test_with_redis_away_home_is_whole(scene: Scene, cast: Cast, client_of: Browser) -> None:
    scene.choose(cast.anna, board_choice="named")
    scene.earn(cast.anna)
    scene.project()
    with scene.redis_away():
        page = home(client_of("anna"))
    assert "Anna (you)" in page


def test_a_badge_that_is_met_and_not_given_yet_is_no_next_step(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    """Published after it was met, and nobody has given it to those people yet."""
    scene.earn(cast.anna)
    late = badge("late", (completed(1), 5)) | {"name": {"nl": "Laat", "en": "Late"}}
    scene.load([late])
    page = said(home(client_of("anna")))
    assert "One step to go" in page or "steps to go" in page
    assert "Late" not in page
    for path in ("/album", "/badges/late"):
        assert client_of("anna").get(path).status_code == 200


@pytest.mark.parametrize("path", ["/help", "/privacy"])
def test_help_and_privacy_are_there_before_one_signs_in_too(
    app: Flask, client_of: Browser, path: str
) -> None:
    outside = app.test_client().get("/login").text
    inside = client_of("anna").get("/").text
    assert f'href="{path}"' in outside
    assert f'href="{path}"' in inside
    answer = app.test_client().get(path)
    assert answer.status_code == 200
    assert "/me/" not in answer.text.replace('action="/me/language"', "")


def test_thanks_that_come_wait_beside_what_is_read(scene: Scene, cast: Cast, client_of: Browser) -> None:
    thank(scene, cast.eve, cast.anna)
    anna = client_of("anna")
    asks = re.search(r'hx-get="(/home/new[^"]*)" hx-trigger="sse:kudos"', home(anna))
    assert asks
    assert said(anna.get(asks[1], headers=SWAP).text) == ""
    thank(scene, cast.ben, cast.anna)
    thank(scene, cast.anna, cast.ben)
    new = anna.get(asks[1], headers=SWAP).text
    assert "1 new" in said(new)
    assert 'hx-target="#foryou"' in new
    assert anna.get(asks[1]).location == "/"
    assert said(client_of("eve").get(asks[1], headers=SWAP).text) == ""
