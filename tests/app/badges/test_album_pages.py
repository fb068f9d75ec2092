"""The album and the page of one badge: what is held, what is in reach, why, and how many others hold it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import text

from app.badges import holders, showcase
from app.db import db, transaction
from app.events import FactTakenBack
from tests.app.leaderboards.scene import Scene, now
from tests.cast import Cast, SignedIn
from tests.small import badge, completed

Browser = Callable[[str], SignedIn]
SHARED = {"count": {"kind": "lesson_shared", "skill": ["lab"]}, "at_least": 1}
NAMED = {"nl": "Drie klaar", "en": "Three done"}
BADGES = [
    badge("three", (completed(3), 10), (completed(6), 20), (completed(9), 30))
    | {"name": NAMED, "skill": "lab"},
    badge("teller", (SHARED, 5)) | {"skill": "water"},
    badge("both", ({"all": [completed(1), SHARED]}, 0)) | {"skill": "people"},
    badge("rich", ({"points": 1000}, 0)),
    badge("monthly", (completed(1), 3), repeats="month"),
]


@pytest.fixture(autouse=True)
def house(scene: Scene) -> None:
    scene.load(BADGES)


def said(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def read(browser: SignedIn, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.text


def diamonds(page: str, name: str) -> tuple[int, int]:
    """How many are gold of how many, at this badge's tile."""
    tile = page.partition(f"<b>{name}</b>")[2].partition("</a>")[0]
    return tile.count('class="on"'), tile.count("<i")


def test_an_empty_album_shows_what_can_be_earned(client_of: Browser) -> None:
    page = said(read(client_of("anna"), "/album"))
    assert "Your first badge is waiting" in page
    assert "Three done, tier 1 Complete 3 activities 0/3 0 of 3" in page


def test_an_earned_badge_has_its_day_and_as_many_diamonds_as_tiers(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.earn(cast.anna, 6)
    page = read(client_of("anna"), "/album")
    assert diamonds(page, "Three done") == (2, 3)
    assert diamonds(page, "x") == (0, 0)  # the monthly one has no tiers
    assert "Three done, tier 3 Complete 9 activities 6/9 6 of 9" in said(page)
    assert "New" in said(page)


def test_what_is_nearest_comes_first_and_met_steps_are_only_counted(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.earn(cast.anna)
    reach = said(read(client_of("anna"), "/album?by=reach")).partition("In reach")[2]
    assert reach.index("1 step done") < reach.index("Three done")
    assert "Share a lesson on x 1 step done" in reach


def test_sets_are_made_by_the_area_of_the_skill(scene: Scene, cast: Cast, client_of: Browser) -> None:
    scene.earn(cast.anna, 3)
    page = read(client_of("anna"), "/album?by=skill")
    heads = [said(part) for part in re.findall(r'<div class="card-head">(.*?)</div>', page, re.S)]
    assert heads == ["x 1 of 2", "x 0 of 1", "Everything else 1 of 2"]
    scene.state(scene.fact(cast.anna, "lesson_shared", skills=(scene.id_of("skill", "lab"),)))
    assert "Set complete" in read(client_of("anna"), "/album?by=skill")


def test_a_set_shows_how_far_it_is_and_marks_the_nearest_of_several_badges(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    page = read(client_of("anna"), "/album?by=skill")
    of_the_lab = page.partition('id="set-1"')[2].partition("</section>")[0]
    assert of_the_lab.count("Nearest") == 1
    scene.earn(cast.anna, 3)
    page = read(client_of("anna"), "/album?by=skill")
    of_the_lab = page.partition('id="set-1"')[2].partition("</section>")[0]
    assert 'value="1" max="2"' in of_the_lab
    assert "Nearest" not in of_the_lab
    assert "set-whole" not in page


def test_what_only_points_lead_to_is_nobodys_nearest_without_points(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    more = [badge(f"rich-{number}", ({"points": number}, 0)) for number in (2000, 3000)]
    scene.load([*BADGES, *more])
    scene.earn(cast.anna)
    assert "Nearest" in read(client_of("anna"), "/album?by=skill").partition("Everything else")[2]
    scene.choose(cast.anna, game=False)
    assert "Nearest" not in read(client_of("anna"), "/album?by=skill").partition("Everything else")[2]


def test_an_album_by_day_has_a_card_for_each_month_the_newest_first(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    lab = scene.id_of("skill", "lab")
    scene.state(scene.fact(cast.anna, "lesson_shared", days_ago=70, skills=(lab,)))
    scene.earn(cast.anna, 3)
    page = read(client_of("anna"), "/album?by=day")
    heads = [said(part) for part in re.findall(r'<h2 id="month-\d+">(.*?)</h2>', page)]
    zone = ZoneInfo("Europe/Amsterdam")
    assert heads == [f"{day.astimezone(zone):%B %Y}" for day in (now(), now() - timedelta(days=70))]


def test_the_tabs_are_links_and_say_which_one_is_on(client_of: Browser) -> None:
    for by in ("earned", "reach", "skill", "day"):
        page = read(client_of("anna"), f"/album?by={by}")
        tabs = page.partition('<nav class="tabs"')[2].partition("</nav>")[0]
        assert tabs.count("href=") == tabs.count("hx-get=") == 4
        assert re.findall(r'id="tab-(\w+)"[^>]*aria-current="page"', tabs) == [by]


def test_a_swapped_tab_says_aloud_what_is_shown(client_of: Browser) -> None:
    anna = client_of("anna")
    swapped = anna.get("/album?by=reach", headers={"HX-Request": "true"}).text
    assert "You see: In reach" in swapped.partition('id="status"')[2]
    assert "You see" not in read(anna, "/album?by=reach")


def test_a_swap_brings_the_album_alone(client_of: Browser) -> None:
    fragment = client_of("anna").get("/album", headers={"HX-Request": "true"}).text
    assert "<html" not in fragment
    assert 'id="earned-h"' in fragment


def test_an_unknown_order_is_refused(client_of: Browser) -> None:
    assert client_of("anna").get("/album?by=name").status_code == 422


def test_an_album_is_its_owners_only(scene: Scene, cast: Cast, client_of: Browser) -> None:
    scene.earn(cast.anna, 3)
    for name in ("ben", "mia", "clara"):
        assert "Your first badge is waiting" in read(client_of(name), "/album")


# One badge --------------------------------------------------------------------------------------------------


def test_a_badge_says_what_it_asks_in_both_languages(scene: Scene, cast: Cast, client_of: Browser) -> None:
    english = said(read(client_of("anna"), "/badges/three"))
    assert "Tier 1 Complete 3 activities Brings 10 points Tier 2 Complete 6 activities" in english
    assert "Version 1, since" in english
    scene.choose(cast.anna, language="nl")
    dutch = said(read(client_of("anna"), "/badges/three"))
    assert "Drie klaar" in dutch
    assert "Niveau 1 Rond 3 activiteiten af Goed voor 10 punten" in dutch


def test_a_badge_says_how_far_one_is_and_since_when_a_step_is_done(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.state(scene.fact(cast.anna, days_ago=40))
    day = (now() - timedelta(days=40, seconds=30)).astimezone(ZoneInfo("Europe/Amsterdam"))
    page = said(read(client_of("anna"), "/badges/both"))
    assert f"{day.day} {day:%B}" in page
    assert "One step to go" in page
    assert 'href="/lessons#composer"' in read(client_of("anna"), "/badges/both")


def test_a_badge_that_is_held_shows_on_what_it_rests(scene: Scene, cast: Cast, client_of: Browser) -> None:
    activity = scene.id_of("activity", "a3")
    scene.state(scene.fact(cast.anna, activity_id=activity))
    scene.earn(cast.anna, 2)
    page = read(client_of("anna"), "/badges/three")
    assert "Why you have it" in page
    assert 'href="/learn/a3"' in page
    assert "See the receipt" in page
    assert "Why you have it" not in read(client_of("ben"), "/badges/three")


def test_a_badge_that_repeats_can_be_earned_anew(scene: Scene, cast: Cast, client_of: Browser) -> None:
    scene.state(scene.fact(cast.anna, days_ago=70))
    page = said(read(client_of("anna"), "/badges/monthly"))
    assert "You earned it on" in page
    assert "Your way there One step to go" in page
    scene.earn(cast.anna)
    page = said(read(client_of("anna"), "/badges/monthly"))
    assert "You earned it 2 times, last on" in page
    assert "Your way there" not in page


def test_what_was_taken_back_is_not_held(scene: Scene, cast: Cast, client_of: Browser) -> None:
    facts = [scene.fact(cast.anna) for _ in range(3)]
    scene.state(*facts)
    assert "You earned it on" in said(read(client_of("anna"), "/badges/three"))
    scene.state(FactTakenBack(person_id=cast.anna, source=facts[0].source))
    assert "You earned it on" not in said(read(client_of("anna"), "/badges/three"))


def test_a_withdrawn_badge_stays_with_who_holds_it(scene: Scene, cast: Cast, client_of: Browser) -> None:
    scene.earn(cast.anna, 3)
    with scene.app.app_context(), transaction():
        db.session.execute(text("UPDATE achievement SET version_id = NULL WHERE slug = 'three'"))
        db.session.execute(
            text("""UPDATE setting SET value = '{"stamp": "other"}' WHERE key = 'catalogue'""")
        )
    assert "Three done" in read(client_of("anna"), "/album").partition('id="reach-h"')[0]
    assert "Your way to" not in read(client_of("anna"), "/badges/three")
    assert client_of("ben").get("/badges/three").status_code == 404
    assert "Three done" not in read(client_of("ben"), "/album")


@pytest.mark.parametrize("slug", ["none", "THREE", "three'--", "%00", "x" * 500, "..", "é"])
def test_a_badge_that_is_not_there_is_not_found(client_of: Browser, slug: str) -> None:
    assert client_of("anna").get(f"/badges/{slug}").status_code in (400, 404)


# Others -----------------------------------------------------------------------------------------------------


@pytest.fixture
def counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept of an earlier count."""
    monkeypatch.setattr(holders, "KEPT_FOR", 0)


@pytest.mark.usefixtures("counted_anew")
def test_holders_are_counted_from_five_on_and_without_who_is_out(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    people = scene.hire(6)
    for person in people[:4]:
        scene.earn(person, 3)
    assert "Few colleagues have it yet" in read(client_of("anna"), "/badges/three")
    for person in people[4:]:
        scene.earn(person, 3)
    assert "6 colleagues hold it: one in two colleagues." in said(read(client_of("anna"), "/badges/three"))
    scene.choose(people[0], board_choice="out")
    assert "5 colleagues hold it: one in three colleagues." in said(read(client_of("anna"), "/badges/three"))
    scene.choose(people[1], board_choice="out")
    assert "Few colleagues have it yet" in read(client_of("anna"), "/badges/three")


def test_a_badge_says_who_can_confirm_what_is_learned_for_it_as_long_as_that_is_open(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    """Anna has a manager, Dan has none."""
    whom = "Who can confirm it : for what you log yourself, a colleague who was there"
    assert f"{whom} or your manager Mia; for what is held on a date, whoever leads it." in said(
        read(client_of("anna"), "/badges/three")
    )
    assert f"{whom}; for what is held on a date, whoever leads it." in said(
        read(client_of("dan"), "/badges/three")
    )
    for slug in ("teller", "rich"):  # a lesson and points need nobody's word
        assert "Who can confirm it" not in read(client_of("anna"), f"/badges/{slug}")
    assert whom in said(read(client_of("anna"), "/badges/both"))
    scene.earn(cast.anna)
    assert "Who can confirm it" not in read(client_of("anna"), "/badges/both")  # the lesson is what is left
    with scene.app.app_context(), transaction():
        db.session.execute(text("UPDATE person SET active = false WHERE id = :mia"), {"mia": cast.mia})
    assert f"{whom}; for what" in said(read(client_of("anna"), "/badges/three"))


@pytest.mark.usefixtures("counted_anew")
@pytest.mark.parametrize("path", ["/album", "/album?by=skill"])
def test_a_tile_says_how_rare_a_badge_is_and_never_where_fewer_than_five_hold_it(
    scene: Scene, cast: Cast, client_of: Browser, path: str
) -> None:
    people = [cast.anna, *scene.hire(4)]
    for person in people[:4]:
        scene.earn(person, 3)
    nobodys = said(read(client_of("anna"), path).partition('id="album"')[2])
    assert "one in" not in nobodys
    assert "most colleagues" not in nobodys
    scene.earn(people[4], 3)
    assert "one in two colleagues" in said(read(client_of("anna"), path))
    with scene.app.app_context(), transaction():
        db.session.execute(text("UPDATE award SET visible = 'me' WHERE person_id = :id"), {"id": people[4]})
    assert "one in two colleagues" not in said(read(client_of("anna"), path))


def test_holders_are_counted_once_in_some_minutes(scene: Scene, cast: Cast, client_of: Browser) -> None:
    assert "Few colleagues have it yet" in read(client_of("anna"), "/badges/three")
    for person in scene.hire(6):
        scene.earn(person, 3)
    assert "Few colleagues have it yet" in read(client_of("anna"), "/badges/three")


def test_who_goes_out_of_the_counts_is_gone_from_what_is_kept_at_once(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    people = scene.hire(7)
    for person in people:
        scene.earn(person, 3)
    anna = client_of("anna")
    assert "7 colleagues hold it" in said(read(anna, "/badges/three"))
    scene.choose(people[0], board_choice="out")
    assert "6 colleagues hold it" in said(read(anna, "/badges/three"))
    scene.choose(people[0], board_choice="named")
    scene.choose(people[1], board_choice="out")
    assert "6 colleagues hold it" in said(read(anna, "/badges/three")), "one for another"
    with scene.app.app_context(), transaction():
        db.session.execute(text("UPDATE award SET visible = 'me' WHERE person_id = :id"), {"id": people[2]})
    assert "5 colleagues hold it" in said(read(anna, "/badges/three"))


@pytest.mark.parametrize(
    ("one_in", "english", "dutch"),
    [
        (1, "most colleagues", "de meeste collega’s"),
        (2, "one in two colleagues", "één op de twee collega’s"),
        (12, "one in twelve colleagues", "één op de twaalf collega’s"),
        (13, "one in 13 colleagues", "één op de 13 collega’s"),
        (1833, "one in 1,833 colleagues", "één op de 1.833 collega’s"),
    ],
)
def test_how_rare_a_badge_is_stands_in_words_up_to_twelve(
    app: Flask, one_in: int, english: str, dutch: str
) -> None:
    for tongue, words in (("en", english), ("nl", dutch)):
        with app.test_request_context(headers={"Accept-Language": tongue}):
            parts = app.jinja_env.get_template("badges/_parts.html").make_module({"icon": None})
            assert parts.rarity(holders.Holders(50, one_in)) == words


# Without points ---------------------------------------------------------------------------------------------


def test_who_does_without_points_sees_badges_and_no_points(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.earn(cast.anna, 3)
    scene.choose(cast.anna, game=False)
    album = said(read(client_of("anna"), "/album"))
    assert "Three done" in album
    assert "1,000" not in album
    one = said(read(client_of("anna"), "/badges/rich"))
    assert "of 1,000" not in one
    assert "Brings" not in said(read(client_of("anna"), "/badges/three"))


def test_nobody_is_sent_to_sign_in(client: Any) -> None:
    for path in ("/album", "/badges/three"):
        assert client.get(path).status_code == 303


def test_an_activity_names_the_badges_that_ask_for_it_and_not_those_that_any_learning_leads_to(
    scene: Scene, client_of: Browser
) -> None:
    asked = badge("asked", ({"completed": ["a1", "a2"]}, 5)) | {"name": {"nl": "Gevraagd", "en": "Asked for"}}
    scene.load([*BADGES, asked])
    page = read(client_of("anna"), "/learn/a1")
    way = said(page.partition("Badges it leads to")[2].partition("Make it a goal")[0])
    assert way == "Asked for"
    assert "Badges it leads to" not in read(client_of("anna"), "/learn/a9")


def test_one_can_ask_colleagues_who_chose_to_show_it(scene: Scene, cast: Cast, client_of: Browser) -> None:
    for person in (cast.anna, cast.ben, cast.mia, cast.eve):
        scene.earn(person, 3)
    award = dict(scene.ask(
        "SELECT w.person_id, w.id FROM award w JOIN achievement a ON a.id = w.achievement_id WHERE a.slug = 'three'"
    ))  # fmt: skip
    for person in (cast.ben, cast.mia, cast.eve):
        with scene.app.app_context(), transaction():
            showcase.choose_showcase(person_id=person, award_ids=[award[person]])
    with scene.app.app_context(), transaction():
        db.session.execute(text("UPDATE award SET visible = 'me' WHERE person_id = :id"), {"id": cast.mia})
        db.session.execute(text("UPDATE person SET board_choice = 'out' WHERE id = :id"), {"id": cast.eve})
    asked = read(client_of("anna"), "/badges/three").partition("Ask someone who has it")[2]
    assert ">Ben</a>" in asked
    for name in ("Mia", "Eve", "Anna"):
        assert f">{name}</a>" not in asked, name
    assert "Ask someone" not in read(client_of("ben"), "/badges/three")
