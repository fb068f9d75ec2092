"""Profiles: who sees what of whom, what one chooses to show, and what never stands there."""

import re
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.badges import showcase
from app.db import db, transaction
from app.errors import Refused
from app.events import FactTakenBack
from app.home.profiles import shifted
from app.kudos import actions as kudos
from app.lessons import actions as lessons
from app.outbox import settle
from app.people import actions as people
from tests.app.home.test_costs import asked
from tests.app.leaderboards.scene import Scene, now
from tests.cast import Cast, SignedIn, row_of
from tests.small import badge, completed, course

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
SWAP = {"HX-Request": "true"}
NAMES = ("Heron", "Otter", "Eel", "Perch", "Pike", "Roach", "Tench")
SKILLS = ("water", "lab", "pumps", "people", "data", "water", "lab")
BADGES = [
    badge(name.lower(), (completed(number), 10))
    | {"name": {"nl": f"{name} (nl)", "en": f"{name} badge"}, "skill": skill}
    for number, (name, skill) in enumerate(zip(NAMES, SKILLS, strict=True), start=1)
]


@pytest.fixture(autouse=True)
def house(scene: Scene, cast: Cast, made_once: Callable[..., None]) -> None:
    """Anna earned seven badges, one after the other; she is an operator."""
    made_once("seven badges", lambda: _earn_seven(scene, cast))


def _earn_seven(scene: Scene, cast: Cast) -> None:
    scene.load(BADGES)
    run(scene, "UPDATE skill SET name = jsonb_build_object('nl', slug, 'en', slug)")
    for number in range(len(NAMES)):
        scene.state(course(cast.anna, f"c{number}", number))
    run(scene, "UPDATE person SET job = 'Operator' WHERE name = 'Anna'")


def run(scene: Scene, sql: str, **values: Any) -> None:
    with scene.app.app_context(), transaction():
        db.session.execute(text(sql), values)


def awards(scene: Scene, who: str = "Anna") -> dict[str, uuid.UUID]:
    sql = (
        "SELECT a.slug, w.id FROM award w JOIN achievement a ON a.id = w.achievement_id"
        " JOIN person p ON p.id = w.person_id WHERE p.name = :who AND w.revoked_at IS NULL"
    )
    return {slug: id for slug, id in scene.ask(sql, who=who)}


def let_see(scene: Scene, visible: str, *slugs: str) -> None:
    ids = [str(awards(scene)[slug]) for slug in slugs]
    run(
        scene,
        "UPDATE award SET visible = :visible WHERE id = ANY(CAST(:ids AS uuid[]))",
        visible=visible,
        ids=ids,
    )


def show(scene: Scene, person_id: int, *slugs: str) -> None:
    ids = awards(scene)
    with scene.app.app_context(), transaction():
        showcase.choose_showcase(person_id=person_id, award_ids=[ids[slug] for slug in slugs])
        settle(now())


def switch(scene: Scene, person_id: int, **choices: bool) -> None:
    with scene.app.app_context(), transaction():
        people.choose_public(person_id=person_id, **choices)
        settle(now())


def shown(page: str) -> list[str]:
    """The names of the badges on a page, in their order."""
    return re.findall(r"<b>(\w+) (?:badge|\(nl\))", page)


def chosen(scene: Scene, who: str = "Anna") -> list[str]:
    sql = (
        "SELECT a.slug FROM showcase s JOIN award w ON w.id = s.award_id JOIN person p ON p.id = s.person_id"
        " JOIN achievement a ON a.id = w.achievement_id WHERE p.name = :who ORDER BY s.position"
    )
    return [slug for (slug,) in scene.ask(sql, who=who)]


# For colleagues ----------------------------------------------------------------------------------------------


def test_a_colleague_is_told_with_job_place_manager_and_what_they_chose(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    show(scene, cast.anna, "pike", "heron")
    page = client_of("eve").get("/people/anna").text
    assert shown(page) == ["Pike", "Heron"]
    assert "Operator" in page
    assert "North, Water" in page
    assert 'href="/people/mia"' in page
    assert 'href="/kudos?to=anna#kudos-form"' in page
    assert "Choose what others see" not in page
    for skill in ("water", "lab", "pumps", "people", "data"):
        assert f">{skill}" in page.lower()


def test_until_somebody_chooses_colleagues_see_the_newest_three_that_they_may_see(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    let_see(scene, "me", "tench", "pike")
    page = client_of("eve").get("/people/anna").text
    assert shown(page) == ["Roach", "Perch", "Eel"]
    assert "Anna has not chosen yet" in page


def test_who_chose_only_what_they_keep_to_themselves_shows_nothing_instead(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    show(scene, cast.anna, "pike")
    let_see(scene, "me", "pike")
    assert shown(client_of("eve").get("/people/anna").text) == []


@pytest.mark.parametrize(
    ("visible", "herself", "colleague", "world"),
    [("me", True, False, False), ("colleagues", True, True, False), ("public", True, True, True)],
)
def test_a_badge_is_seen_by_whom_its_holder_lets_see_it(
    scene: Scene, cast: Cast, client_of: Browser, visible: str, herself: bool, colleague: bool, world: bool
) -> None:
    show(scene, cast.anna, "pike", "heron")
    let_see(scene, "public", "heron")
    let_see(scene, visible, "pike")
    switch(scene, cast.anna, public=True)
    seen = ["Pike", "Heron"]
    assert shown(client_of("anna").get("/people/anna").text) == (seen if herself else seen[1:])
    assert shown(client_of("eve").get("/people/anna").text) == (seen if colleague else seen[1:])
    assert shown(scene.app.test_client().get("/u/anna").text) == (seen if world else seen[1:])
    told = "Only you" in client_of("anna").get("/people/anna").text
    assert told == (visible == "me")


def test_a_skill_is_told_only_by_badges_on_sight(scene: Scene, cast: Cast, client_of: Browser) -> None:
    let_see(scene, "me", "eel")
    assert "pumps" not in client_of("eve").get("/people/anna").text.lower()
    assert "pumps" in client_of("anna").get("/people/anna").text.lower()


def test_a_revoked_badge_is_gone_from_everywhere_by_itself(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    show(scene, cast.anna, "tench", "heron")
    let_see(scene, "public", "tench", "heron")
    switch(scene, cast.anna, public=True)
    scene.state(FactTakenBack(person_id=cast.anna, source="c6"))
    assert "tench" not in awards(scene)
    assert shown(client_of("eve").get("/people/anna").text) == ["Heron"]
    assert shown(scene.app.test_client().get("/u/anna").text) == ["Heron"]
    assert "Tench" not in client_of("anna").get("/me/profile").text
    show(scene, cast.anna, "heron", "pike")
    assert chosen(scene) == ["heron", "pike"]


def share(scene: Scene, author: int, title: str, audience: str) -> None:
    with scene.app.app_context(), transaction():
        new = lessons.NewLesson(
            author_id=author, outcome="went_wrong", title=title, happened=f"{title} happened to us",
            learned=f"{title} is learned", from_now_on=f"{title} from now on",
            skills=[scene.id_of("skill", "water")], lang="en", audience=audience,
        )  # fmt: skip
        lessons.share_lessons([new], at=now())
        settle(now())


def test_of_their_lessons_one_sees_those_that_one_may_read(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    share(scene, cast.anna, "A valve too fast", "everyone")
    share(scene, cast.anna, "A meter misread", "team")
    for name, both in (("ben", True), ("mia", True), ("anna", True), ("eve", False), ("clara", False)):
        page = client_of(name).get("/people/anna").text
        assert "A valve too fast" in page
        assert ("A meter misread" in page) == both, name


def test_of_who_leads_the_own_learning_stands_first(scene: Scene, cast: Cast, client_of: Browser) -> None:
    for person in (cast.anna, cast.mia):
        share(scene, person, "A valve too fast", "everyone")
    scene.earn(cast.mia)
    anna, mia = (client_of("eve").get(f"/people/{name}").text for name in ("anna", "mia"))
    assert mia.index("lessons-h") < mia.index("badges-h")
    assert anna.index("badges-h") < anna.index("lessons-h")


def test_who_left_was_erased_or_never_was_here_is_answered_alike(
    scene: Scene, cast: Cast, client_of: Browser, token_of: Headers
) -> None:
    for person in (cast.ben, cast.cor):
        switch(scene, person, public=True)
    run(scene, "UPDATE person SET active = false WHERE name = 'Ben'")
    run(scene, "UPDATE person SET erased_at = now() WHERE name = 'Cor'")
    eve, outside, headers = client_of("eve"), scene.app.test_client(), token_of("eve")
    for path in ("/people/{}", "/u/{}", "/api/v1/people/{}/profile"):
        asks = eve if path.startswith("/people") else outside
        told = set()
        for name in ("ben", "cor", "nobody-here", "x" * 300, "'; --", "ёж", "anna%00"):
            answer = asks.get(path.format(name), headers=headers if "api" in path else {})
            said = re.sub(r"[0-9a-f]{64}|[0-9a-f]{12}|[\w-]{43}", "*", answer.text).replace(name, "*")
            assert answer.status_code in ((404, 400) if "%" in name else (404,)), (path, name)
            told |= set() if "%" in name else {re.sub(r'value="/[^"]*"', "", said)}
        assert len(told) == 1, told


def test_a_handle_in_capitals_leads_to_the_page(client_of: Browser, app: Flask) -> None:
    answer = client_of("eve").get("/people/Anna")
    assert (answer.status_code, answer.location) == (302, "/people/anna")
    assert app.test_client().get("/u/ANNA?lang=nl").location == "/u/anna?lang=nl"
    assert app.test_client().get("/u/NoBody").location == "/u/nobody"


def test_colleagues_are_for_who_is_signed_in(app: Flask) -> None:
    answer = app.test_client().get("/people/anna")
    assert (answer.status_code, answer.location) == (303, "/login?next=/people/anna")


# Choosing ----------------------------------------------------------------------------------------------------


def test_what_is_ticked_is_shown_in_its_order(scene: Scene, client_of: Browser) -> None:
    ids, anna = awards(scene), client_of("anna")
    ticked = [str(ids[slug]) for slug in ("eel", "heron", "pike")]
    answer = anna.post("/me/profile/showcase", data={"showcase": ticked})
    assert (answer.status_code, answer.location) == (303, "/me/profile?saved=showcase#showcase")
    assert chosen(scene) == ["eel", "heron", "pike"]
    assert shown(anna.get("/me/profile").text)[:3] == ["Eel", "Heron", "Pike"]
    answer = anna.post("/me/profile/showcase", data={"showcase": ticked, "move": f"up:{ticked[2]}"})
    assert chosen(scene) == ["eel", "pike", "heron"]
    page = anna.get(answer.location).text
    assert re.search(rf'id="up-{ticked[2]}"[^>]* autofocus', page)
    assert page.count("autofocus") == 1
    anna.post("/me/profile/showcase", data={})
    assert chosen(scene) == []


def test_at_its_end_the_focus_goes_to_the_other_button_of_that_badge(
    scene: Scene, client_of: Browser
) -> None:
    ids, anna = awards(scene), client_of("anna")
    ticked = [str(ids[slug]) for slug in ("eel", "heron")]
    page = anna.post(
        "/me/profile/showcase", data={"showcase": ticked, "move": f"up:{ticked[1]}"}, headers=SWAP
    ).text
    assert re.search(rf'id="down-{ticked[1]}"[^>]* autofocus', page)
    assert re.search(rf'id="up-{ticked[1]}"[^>]* disabled', page)
    assert "It is number 1 of 2 now." in page


@pytest.mark.parametrize(
    ("way", "moved", "found"),
    [("up", 1, [1, 0, 2]), ("down", 1, [0, 2, 1]), ("up", 0, [0, 1, 2]), ("down", 2, [0, 1, 2]),
     ("sideways", 1, [0, 2, 1]), ("up", 9, [0, 1, 2])],
)  # fmt: skip
def test_a_badge_moves_one_place_and_stops_at_the_end(way: str, moved: int, found: list[int]) -> None:
    ids = [uuid.UUID(int=number) for number in range(3)]
    assert shifted([*ids, ids[0]], way, str(uuid.UUID(int=moved))) == [ids[number] for number in found]


def test_more_than_six_are_refused_and_stay_ticked(scene: Scene, cast: Cast, client_of: Browser) -> None:
    show(scene, cast.anna, "heron")
    ids = [str(id) for id in awards(scene).values()]
    anna = client_of("anna")
    for headers in ({}, SWAP):
        answer = anna.post("/me/profile/showcase", data={"showcase": ids}, headers=headers)
        assert answer.status_code == 422
        assert "Choose at most six badges" in answer.text
        assert answer.text.count(" checked") == 7
    assert chosen(scene) == ["heron"]


def test_only_ones_own_badges_that_stand_can_be_chosen(
    scene: Scene, cast: Cast, client_of: Browser, token_of: Headers
) -> None:
    show(scene, cast.anna, "heron")
    scene.earn(cast.ben)
    (bens,) = awards(scene, "Ben").values()
    gone = awards(scene)["tench"]
    scene.state(FactTakenBack(person_id=cast.anna, source="c6"))
    anna, own = client_of("anna"), awards(scene)["pike"]
    said = set()
    for wrong in (bens, gone, uuid.uuid4()):
        answer = anna.post("/me/profile/showcase", data={"showcase": [str(own), str(wrong)]}, headers=SWAP)
        assert answer.status_code == 422
        assert "is not yours, or not any more" in answer.text
        told = anna.application.test_client().patch(
            "/api/v1/me/profile",
            json={"public": True, "showcase": [str(own), str(wrong)]},
            headers=token_of("anna"),
        )
        assert told.status_code == 422
        said.add(str(told.json["errors"]))
    assert len(said) == 1
    assert chosen(scene) == ["heron"]
    assert scene.ask("SELECT public_profile FROM person WHERE name = 'Anna'") == [(False,)]
    answer = anna.post("/me/profile/showcase", data={"showcase": ["no id at all"]})
    assert answer.status_code == 422


@pytest.mark.parametrize("turn", range(4))
def test_of_two_choices_at_once_one_holds_whole(scene: Scene, cast: Cast, turn: int) -> None:
    ids = awards(scene)
    choices = [[ids[slug] for slug in ("heron", "otter", "eel")], [ids[s] for s in ("eel", "pike", "otter")]]
    gate = Barrier(2)

    def choose(wanted: list[uuid.UUID]) -> None:
        with scene.app.app_context():
            gate.wait(10)
            with transaction():
                showcase.choose_showcase(person_id=cast.anna, award_ids=wanted)
                settle(now())

    with ThreadPoolExecutor(2) as pool:
        assert [future.exception(30) for future in [pool.submit(choose, one) for one in choices]] == [
            None
        ] * 2
    assert chosen(scene) in (["heron", "otter", "eel"], ["eel", "pike", "otter"])


def test_one_chosen_above_a_hundred_is_refused_in_the_action_too(scene: Scene, cast: Cast) -> None:
    with scene.app.app_context(), pytest.raises(Refused), transaction():
        showcase.choose_showcase(person_id=cast.anna, award_ids=list(awards(scene).values()))


# For the world -----------------------------------------------------------------------------------------------


def test_the_public_page_is_off_until_its_owner_says_otherwise_and_off_again_at_once(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    anna, outside = client_of("anna"), scene.app.test_client()
    assert outside.get("/u/anna").status_code == 404
    anna.post("/me/profile", data={"public": "true"})
    answer = outside.get("/u/anna")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in answer.text
    assert '<meta property="og:title" content="Anna bij Waterveld">' in answer.text
    answer = anna.post("/me/profile", data={})
    assert answer.location == "/me/profile?saved=public#public"
    assert outside.get("/u/anna").status_code == 404


def test_the_job_stands_on_it_only_if_its_owner_says_so(scene: Scene, cast: Cast, client_of: Browser) -> None:
    switch(scene, cast.anna, public=True)
    outside = scene.app.test_client()
    assert "Operator" not in outside.get("/u/anna").text
    client_of("anna").post("/me/profile", data={"public": "true", "public_job": "true"})
    assert "Operator bij Waterveld" in outside.get("/u/anna").text


def test_the_public_page_tells_nothing_but_what_was_chosen(scene: Scene, cast: Cast) -> None:
    """Nobody else's name, no unit, no lesson, no thanks, no figure of points."""
    share(scene, cast.anna, "A valve too fast", "everyone")
    with scene.app.app_context(), transaction():
        thanks = kudos.NewKudos(
            giver_id=cast.ben, receivers=[cast.anna], message="You stayed until it was clear",
            skill_id=scene.id_of("skill", "water"), lang="en",
        )  # fmt: skip
        (kudos_id,) = kudos.give_kudos([thanks], at=now())
        kudos.choose_visibility([kudos.Choice(kudos_id=kudos_id, person_id=cast.anna, visible="everyone")])
        settle(now())
    show(scene, cast.anna, "pike", "heron", "eel")
    let_see(scene, "public", "pike", "tench")
    switch(scene, cast.anna, public=True, job=True)
    for language in ("nl", "en"):
        page = scene.app.test_client().get(f"/u/anna?lang={language}").text
        assert shown(page) == ["Pike"], "not tench, which was not chosen"
        assert f'href="/b/{awards(scene)["pike"]}"' in page
        said = " ".join(re.sub(r"<[^>]*>", " ", page).split()).lower()
        for word in ("mia", "ben", "north", "valve", "stayed until", "point", "punt", "kudos", "rank", "ranglijst",
                     "lesson", "lessen", "colleague", "collega", "lab ", "pumps", "manager", "/people/"):  # fmt: skip
            assert word not in said, word
        assert not re.search(r"\b(230|210|30)\b", said)
        assert "/people/" not in page
        assert "data" in said, "the skill that it proves"


def test_the_public_page_speaks_the_language_that_is_asked_for(scene: Scene, cast: Cast) -> None:
    switch(scene, cast.anna, public=True)
    show(scene, cast.anna, "pike")
    let_see(scene, "public", "pike")
    outside = scene.app.test_client()
    assert 'lang="en"' in outside.get("/u/anna?lang=en").text
    assert "The badges that Anna shows" in outside.get("/u/anna?lang=en").text
    page = outside.get("/u/anna?lang=nl", headers={"Accept-Language": "en"}).text
    assert "De badges die Anna laat zien" in page
    assert outside.get("/u/anna?lang=xx", headers={"Accept-Language": "en"}).status_code == 200
    assert 'href="?lang=en"' in page
    token = re.search(r'name="csrf_token" value="([0-9a-f]+)"', outside.get("/login").text)
    assert token
    answer = outside.post(
        "/me/language",
        data={"language": "en", "next": "/u/anna?lang=nl&x=1", "csrf_token": token[1]},
    )
    assert answer.location == "/u/anna?x=1", "or the choice would not hold"


def test_the_preview_shows_the_public_page_on_or_off(scene: Scene, cast: Cast, client_of: Browser) -> None:
    show(scene, cast.anna, "pike", "heron")
    let_see(scene, "public", "pike")
    anna = client_of("anna")
    page = anna.get("/me/profile/preview").text
    assert shown(page) == ["Pike"]
    assert "once your public page is on" in page
    assert "Operator" not in page
    switch(scene, cast.anna, public=True)
    assert "This is what others see of you." in anna.get("/me/profile/preview").text


def test_one_is_told_which_chosen_badges_the_public_page_leaves_out(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    show(scene, cast.anna, "pike", "heron", "eel")
    let_see(scene, "public", "pike")
    let_see(scene, "me", "eel")
    anna, ids = client_of("anna"), awards(scene)
    page = anna.get("/me/profile").text
    assert "its link is off" not in page, "there is no public page to leave it out of"
    assert page.count("Nobody but you sees this one.") == 1
    switch(scene, cast.anna, public=True)
    page = anna.get("/me/profile").text
    assert page.count("its link is off") == 1
    assert f'href="/b/{ids["heron"]}"' in page
    assert f'href="/b/{ids["pike"]}"' not in page
    assert "http://localhost/u/anna" in page or "/u/anna</a>" in page


# In JSON -----------------------------------------------------------------------------------------------------


def test_the_same_choices_in_json(scene: Scene, cast: Cast, token_of: Headers) -> None:
    ids, browser, headers = awards(scene), scene.app.test_client(), token_of("anna")
    before = browser.get("/api/v1/me/profile", headers=headers).json
    assert (before["public"], before["public_job"], before["showcase"]) == (False, False, [])
    wanted = [str(ids["eel"]), str(ids["heron"])]
    told = browser.patch(
        "/api/v1/me/profile", json={"public": True, "showcase": wanted}, headers=headers
    ).json
    assert (told["public"], told["public_job"], told["showcase"]) == (True, False, wanted)
    told = browser.patch("/api/v1/me/profile", json={"public_job": True}, headers=headers).json
    assert (told["public"], told["public_job"], told["showcase"]) == (True, True, wanted)
    assert browser.get(told["address"]).status_code == 200
    wrong = browser.patch("/api/v1/me/profile", json={"public": True, "points": 3}, headers=headers)
    assert wrong.status_code == 422


def test_a_profile_in_json_says_what_the_page_says(scene: Scene, cast: Cast, token_of: Headers) -> None:
    show(scene, cast.anna, "pike", "heron")
    let_see(scene, "me", "heron")
    share(scene, cast.anna, "A meter misread", "team")
    browser = scene.app.test_client()
    told = browser.get("/api/v1/people/anna/profile", headers=token_of("eve")).json
    assert [one["badge"] for one in told["badges"]] == ["pike"]
    assert (told["name"], told["job"], told["team"], told["lessons"]) == ("Anna", "Operator", "North", [])
    assert told["manager"] == {"name": "Mia", "handle": "mia"}
    assert told["chosen"] is True
    assert set(told) == {
        "handle", "name", "job", "department", "team", "manager", "chosen", "badges", "skills", "lessons",
    }  # fmt: skip
    assert set(told["badges"][0]) == {"id", "badge", "name", "tier", "earned_at"}
    own = browser.get("/api/v1/people/anna/profile", headers=token_of("anna")).json
    assert [one["badge"] for one in own["badges"]] == ["pike", "heron"]
    assert [one["title"] for one in own["lessons"]] == ["A meter misread"]


# Names that lead to a profile --------------------------------------------------------------------------------


def test_names_lead_to_the_profiles_of_who_works_here(scene: Scene, cast: Cast, client_of: Browser) -> None:
    share(scene, cast.anna, "A valve too fast", "everyone")
    with scene.app.app_context(), transaction():
        thanks = kudos.NewKudos(
            giver_id=cast.ben, receivers=[cast.anna, cast.mia], message="You stayed until it was clear",
            skill_id=scene.id_of("skill", "water"), lang="en",
        )  # fmt: skip
        (kudos_id,) = kudos.give_kudos([thanks], at=now())
        for person in (cast.anna, cast.mia):
            kudos.choose_visibility([kudos.Choice(kudos_id=kudos_id, person_id=person, visible="everyone")])
        settle(now())
    eve = client_of("eve")
    wall, feed = eve.get("/kudos").text, eve.get("/lessons").text
    assert {name for name in ("anna", "ben", "mia") if f'href="/people/{name}"' in wall} == {
        "anna",
        "ben",
        "mia",
    }
    assert 'href="/people/anna"' in feed
    run(scene, "UPDATE person SET active = false WHERE name IN ('Ben', 'Mia', 'Anna')")
    wall, feed = eve.get("/kudos").text, eve.get("/lessons").text
    assert "Ben" in wall
    assert "/people/" not in wall
    assert "/people/" not in feed


def test_a_board_links_those_with_a_name_and_nobody_else(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    for person in (cast.anna, cast.ben, *scene.hire(6)):
        scene.earn(person)
    scene.choose(cast.anna, board_choice="named")
    scene.choose(cast.ben, board_choice="unnamed")
    scene.project()
    page = client_of("eve").get("/leaderboards?scope=organisation&page=1").text
    assert 'href="/people/anna"' in page
    assert "unnamed" in page
    assert set(re.findall(r'href="/people/([\w-]+)"', page)) == {"anna"}


# What it costs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "most"), [("/people/anna", 10), ("/me/profile", 5), ("/u/anna", 4)])
def test_more_badges_and_lessons_are_no_more_to_ask(
    scene: Scene, cast: Cast, client_of: Browser, path: str, most: int
) -> None:
    switch(scene, cast.anna, public=True)
    show(scene, cast.anna, "pike")
    anna = client_of("anna")
    anna.get(path)
    few = asked(scene, anna, path)
    show(scene, cast.anna, "pike", "heron", "eel", "tench", "roach", "perch")
    let_see(scene, "public", *(name.lower() for name in NAMES))
    for number in range(5):
        share(scene, cast.anna, f"A valve too fast {number}", "everyone")
    assert asked(scene, anna, path) <= min(few, most)


def test_who_has_nothing_yet_is_told_kindly(scene: Scene, cast: Cast, client_of: Browser) -> None:
    assert "No badges to show yet" in client_of("eve").get("/people/cor").text
    assert "What you earn, you can show here." in client_of("cor").get("/people/cor").text
    assert "Open your album" in client_of("cor").get("/me/profile").text


def test_two_of_one_name_have_pages_of_their_own(scene: Scene, cast: Cast, client_of: Browser) -> None:
    with scene.app.app_context(), transaction():
        people.import_people([row_of("anna2", name="Anna")], at=datetime.now(UTC))
        settle(datetime.now(UTC))
    assert shown(client_of("eve").get("/people/anna").text)
    assert not shown(client_of("eve").get("/people/anna-2").text)


def test_beside_a_name_on_the_podium_stands_the_first_badge_that_colleagues_may_see(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.choose(cast.anna, board_choice="named")
    scene.project()

    def pinned() -> list[str]:
        page = client_of("ben").get("/leaderboards?period=year", headers={"Accept-Language": "en"}).text
        return re.findall(r"(\w+) badge", page.partition('class="podium"')[2].partition("</ol>")[0])

    newest = scene.ask(
        "SELECT a.slug FROM award w JOIN achievement a ON a.id = w.achievement_id"
        " WHERE w.person_id = :anna ORDER BY w.earned_at DESC, w.id LIMIT 1",
        anna=cast.anna,
    )[0][0]
    assert {name.lower() for name in pinned()} == {newest}, "who never chose shows the newest"
    show(scene, cast.anna, "otter", "eel")
    assert set(pinned()) == {"Otter"}
    let_see(scene, "me", "otter")
    assert set(pinned()) == {"Eel"}
    let_see(scene, "me", "eel")
    assert pinned() == [], "who chose only what they keep to themselves shows nothing"
    let_see(scene, "colleagues", "otter", "eel")
    scene.choose(cast.anna, board_choice="unnamed")
    assert pinned() == [], "who stands there without a name is not known by a badge"
