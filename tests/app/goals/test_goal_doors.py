"""Goals through the doors: who sees one, with and without JavaScript, and what comes back when it cannot be."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.goals import actions
from app.outbox import settle
from app.people import actions as people
from tests.app.goals.conftest import Act
from tests.app.home.test_costs import asked
from tests.app.leaderboards.scene import Scene, now
from tests.cast import Cast, SignedIn, platform_headers
from tests.small import BADGES, badge

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
SWAP = {"HX-Request": "true"}
ALL = ("anna", "ben", "clara", "dan", "eve", "mia", "leo", "cor")
SECRET = "heron under the old pump house"
FORM = {
    "title": "Read lab results",
    "lang": "en",
    "proof": "words",
    "proof_words": "I read one.",
    "visible": "me",
}


def who_sees(goal_id: int, app: Flask, client_of: Browser, token_of: Headers) -> set[str]:
    """Page, list and API must agree, and nobody else may be told anything."""
    found = set()
    for name in ALL:
        page = client_of(name).get(f"/goals/{goal_id}")
        api = app.test_client().get(f"/api/v1/me/goals/shared/{goal_id}", headers=token_of(name))
        listed = SECRET in client_of(name).get("/goals").text
        assert page.status_code == api.status_code == (200 if listed else 404), name
        assert (SECRET in page.text) is listed
        found |= {name} if listed else set()
    return found


@pytest.mark.parametrize(
    ("visible", "seen"),
    [
        ("me", {"anna"}),
        ("manager", {"anna", "mia"}),
        ("team", {"anna", "ben", "mia"}),
        ("named", {"anna", "eve"}),
    ],
)
def test_a_goal_is_seen_by_whom_its_owner_chose_and_by_no_role(
    app: Flask,
    scene: Scene,
    cast: Cast,
    aim: Act,
    client_of: Browser,
    token_of: Headers,
    visible: str,
    seen: set[str],
) -> None:
    goal_id = aim("anna", title=SECRET, visible=visible, viewers=[cast.eve] if visible == "named" else ())
    assert who_sees(goal_id, app, client_of, token_of) == seen


def test_a_choice_that_changes_holds_at_once(
    app: Flask, scene: Scene, cast: Cast, aim: Act, client_of: Browser, token_of: Headers
) -> None:
    goal_id = aim("anna", title=SECRET, visible="team")
    client_of("anna").post(f"/goals/{goal_id}", data={**FORM, "title": SECRET, "visible": "me"})
    assert who_sees(goal_id, app, client_of, token_of) == {"anna"}


def test_of_who_left_nobody_sees_a_goal_and_who_left_sees_none(
    app: Flask, scene: Scene, cast: Cast, aim: Act, client_of: Browser
) -> None:
    goal_id = aim("anna", title=SECRET, visible="team")
    ben = client_of("ben")
    assert ben.get(f"/goals/{goal_id}").status_code == 200
    assert client_of("dan").post(f"/admin/people/{cast.anna}/leave").status_code == 303
    assert ben.get(f"/goals/{goal_id}").status_code == 404
    assert SECRET not in ben.get("/goals").text


def test_no_client_of_a_system_gets_in(app: Flask, scene: Scene, aim: Act) -> None:
    goal_id = aim("anna", title=SECRET, visible="team")
    headers = platform_headers(app, "people:read", "xapi:write")
    for path in ("/me/goals", f"/me/goals/{goal_id}", "/me/goals/shared", "/team-goals", "/programmes"):
        assert app.test_client().get(f"/api/v1{path}", headers=headers).status_code == 403


def test_how_far_a_badge_is_stays_with_its_owner(
    app: Flask, scene: Scene, cast: Cast, aim: Act, token_of: Headers, client_of: Browser
) -> None:
    goal_id = aim("anna", proof="badge", of="five", visible="team")
    scene.earn(cast.anna)
    own = app.test_client().get(f"/api/v1/me/goals/{goal_id}", headers=token_of("anna")).get_json()["proof"]
    assert (own["badge"], own["done"], own["needed"], own["holds"]) == ("five", 1, 2, False)
    scene.earn(cast.anna)
    path = f"/api/v1/me/goals/shared/{goal_id}"
    theirs = app.test_client().get(path, headers=token_of("ben")).get_json()
    assert {theirs["proof"][name] for name in ("done", "needed", "holds")} == {None}
    assert not {"visible", "viewers", "counts", "version"} & set(theirs)
    assert "1 of 2" not in client_of("ben").get(f"/goals/{goal_id}").text


# The form ---------------------------------------------------------------------------------------------------


def test_a_goal_is_set_without_javascript_and_the_same_form_sets_it_once(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    anna = client_of("anna")
    assert anna.get("/goals/new").status_code == 200
    answers = [anna.post("/goals", data={**FORM, "once": "k"}) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert "Read lab results" in anna.get(answers[0].location).text
    assert scene.ask("SELECT remind FROM goal") == [(False,)], "the box was not ticked"


def test_an_activity_and_a_colleague_are_named_by_name(scene: Scene, cast: Cast, client_of: Browser) -> None:
    form = {**FORM, "proof": "activity", "proof_activity": "a3", "visible": "named", "who": "Ben"}
    assert client_of("anna").post("/goals", data=form).status_code == 303
    assert scene.ask("SELECT person_id FROM goal_viewer") == [(cast.ben,)]
    assert scene.ask("SELECT proof_activity_id FROM goal") == [(scene.id_of("activity", "a3"),)]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"title": ""}, "title"),
        ({"proof": "activity", "proof_activity": "nothing of that name"}, "proof_activity"),
        ({"proof": "badge", "proof_badge": "nothing"}, "proof_badge"),
        ({"visible": "named", "who": "Nebukadnezar"}, "viewers"),
        ({"target_on": "2020-01-01"}, "target_on"),
        ({"target_on": "soon"}, "target_on"),
    ],
)
def test_what_is_wrong_comes_back_with_what_was_typed(
    scene: Scene, client_of: Browser, sent: dict[str, str], field: str
) -> None:
    answer = client_of("anna").post("/goals", data={**FORM, "why": SECRET, **sent})
    assert answer.status_code == 422
    assert SECRET in answer.text
    assert f'id="f-{field}-wrong"' in answer.text
    assert scene.ask("SELECT id FROM goal") == []


def test_two_windows_do_not_write_over_each_other(scene: Scene, aim: Act, client_of: Browser) -> None:
    goal_id, anna = aim("anna"), client_of("anna")
    first = anna.post(f"/goals/{goal_id}", data={**FORM, "title": "One", "version": 1})
    second = anna.post(f"/goals/{goal_id}", data={**FORM, "title": "Other", "version": 1})
    assert (first.status_code, second.status_code) == (422 if len("One") < 3 else 303, 409)
    assert "Other" in second.text
    assert scene.ask("SELECT title FROM goal") == [("One",)]


def test_a_check_in_swaps_the_goal_and_says_what_became_of_it(
    scene: Scene, aim: Act, client_of: Browser
) -> None:
    goal_id, anna = aim("anna"), client_of("anna")
    form = {"far": "nearly", "line": "One more night."}
    plain = anna.post(f"/goals/{goal_id}/check-in", data=form)
    assert (plain.status_code, plain.location) == (303, f"/goals/{goal_id}")
    swapped = anna.post(f"/goals/{goal_id}/check-in", data={"far": "reached", "line": ""}, headers=SWAP)
    assert "<html" not in swapped.text
    assert "One more night." in swapped.text
    assert 'id="status"' in swapped.text
    assert "Well done" in swapped.text
    wrong = anna.post(f"/goals/{goal_id}/check-in", data={"line": SECRET}, headers=SWAP)
    assert wrong.status_code == 422
    assert SECRET in wrong.text


def test_how_it_goes_is_said_in_the_list_and_swaps_one_line(aim: Act, client_of: Browser) -> None:
    goal_id, anna = aim("anna"), client_of("anna")
    asks = f"/goals/{goal_id}/line?asks=1"
    assert f'hx-get="{asks}"' in anna.get("/goals").text
    assert anna.get(asks).location == f"/goals/{goal_id}#check-in", "its address leads to the goal"
    form = anna.get(asks, headers=SWAP).text
    here = f"/goals/{goal_id}/check-in?list=1"
    assert f'hx-post="{here}"' in form
    wrong = anna.post(here, data={"line": SECRET}, headers=SWAP)
    assert wrong.status_code == 422
    assert SECRET in wrong.text
    assert "Choose how far you are." in wrong.text
    kept = anna.post(here, data={"far": "nearly", "line": ""}, headers=SWAP).text
    assert "Nearly there" in kept
    assert "<form" not in kept
    assert 'id="status"' in kept
    assert anna.post(here, data={"far": "nearly", "line": ""}).location == "/goals"
    assert client_of("ben").get(asks, headers=SWAP).status_code == 404


def test_who_begins_is_offered_three_to_begin_with(scene: Scene, client_of: Browser) -> None:
    page = client_of("eve").get("/goals").text
    assert "Pick your first goal" in page
    assert "The badge that is nearest to you" in page
    assert "Pick your first goal" in client_of("eve").get("/").text


def test_what_a_small_team_learns_is_no_suggestion(scene: Scene, cast: Cast, client_of: Browser) -> None:
    lab = scene.id_of("skill", "lab")
    mates = [cast.ben, *scene.hire(3)]
    for person in mates:
        scene.state(scene.fact(person, skills=(lab,), days_ago=-0.0001))
    assert "Colleagues in your team" not in client_of("anna").get("/goals").text
    scene.state(scene.fact(scene.hire(5)[4], skills=(lab,), days_ago=-0.0001))
    assert "Colleagues in your team" in client_of("anna").get("/goals").text


def test_pages_of_goals_ask_a_few_questions_however_many_there_are(
    scene: Scene, cast: Cast, aim: Act, gather: Act, client_of: Browser
) -> None:
    anna = client_of("anna")
    goal_id = aim("anna", proof="badge", of="five")
    gather(unit=cast.north)
    for path, most in (("/goals", 13), (f"/goals/{goal_id}", 12), ("/programmes", 5)):
        anna.get(path)
        few = asked(scene, anna, path)
        for number in range(4):
            aim("anna", proof="activity", of=f"a{number + 1}")
            aim("ben", visible="team")
            gather(unit=cast.north)
        assert asked(scene, anna, path) <= min(few + 1, most), path


def test_json_and_form_do_the_same(app: Flask, scene: Scene, cast: Cast, token_of: Headers) -> None:
    api, headers = app.test_client(), token_of("anna")
    made = api.post("/api/v1/me/goals", json={**FORM, "visible": "manager"}, headers=headers)
    assert made.status_code == 201, made.text
    goal_id = made.get_json()["id"]
    said = api.post(
        f"/api/v1/me/goals/{goal_id}/check-ins", json={"far": "reached"}, headers=headers
    ).get_json()
    assert (said["state"], said["counts"], len(said["check_ins"])) == ("reached", True, 1)
    back = api.post(f"/api/v1/me/goals/{goal_id}/state", json={"state": "open"}, headers=headers).get_json()
    assert (back["state"], back["counts"]) == ("open", False)
    listed = api.get("/api/v1/me/goals/shared", headers=token_of("mia")).get_json()["goals"]
    assert [one["id"] for one in listed] == [goal_id]
    assert api.delete(f"/api/v1/me/goals/{goal_id}", headers=headers).status_code == 204
    assert scene.ask("SELECT count(*) FROM goal") == [(0,)]


def test_a_team_goal_is_set_by_form(scene: Scene, cast: Cast, client_of: Browser) -> None:
    mia = client_of("mia")
    form: dict[str, Any] = {
        "unit_id": cast.north, "title": "Share ten", "lang": "en", "kind": "lesson_shared", "target": 10,
        "ends_on": (now().date() + timedelta(days=1)).isoformat(),
    }  # fmt: skip
    wrong = mia.post("/team-goals", data={**form, "target": 1, "title": SECRET})
    assert (wrong.status_code, SECRET in wrong.text) == (422, True)
    done = mia.post("/team-goals", data=form)
    assert done.status_code == 303
    card = client_of("ben").post(f"{done.location}/join", headers=SWAP)
    assert "You take part" in card.text
    assert "<html" not in card.text
    assert "Share ten" in client_of("anna").get("/").text
    assert "Share ten" not in client_of("eve").get("/").text


def test_a_reached_team_goal_colours_the_next_step_for_a_day(
    scene: Scene, cast: Cast, act: Act, gather: Act, client_of: Browser
) -> None:
    goal_id = gather(unit=cast.north)
    assert "hero-together" not in client_of("anna").get("/").text
    with scene.app.app_context(), transaction():
        db.session.execute(
            text("UPDATE team_goal SET reached_at = :at WHERE id = :id"), {"id": goal_id, "at": now()}
        )
    assert "hero-together" in client_of("anna").get("/").text
    assert "hero-together" not in client_of("eve").get("/").text


def test_goals_are_there_without_points(scene: Scene, cast: Cast, aim: Act, client_of: Browser) -> None:
    scene.choose(cast.anna, game=False)
    goal_id = aim("anna", proof="badge", of="pointy")
    anna = client_of("anna")
    for path in ("/goals", f"/goals/{goal_id}"):
        said = anna.get(path).text.split("<main")[1].split("</main>")[0]
        assert "points" not in said.lower(), path


def test_checking_in_is_the_owners_alone(
    scene: Scene, cast: Cast, act: Act, aim: Act, client_of: Browser
) -> None:
    goal_id = aim("anna", visible="team")
    told = actions.CheckIn(goal_id=goal_id, person_id=cast.anna, far="nearly", line="So close")
    act(actions.check_in, [told])
    page = client_of("ben").get(f"/goals/{goal_id}").text
    assert "So close" in page
    assert "How is it going?" not in page
    assert client_of("ben").get(f"/goals/{goal_id}/line?asks=1", headers=SWAP).status_code == 404
    for path in ("check-in", "state", "forget"):
        assert (
            client_of("ben")
            .post(f"/goals/{goal_id}/{path}", data={"far": "reached", "state": "open"})
            .status_code
            == 404
        )


# In the catalogue -------------------------------------------------------------------------------------------


def offered(client: SignedIn, asked: str = "?goals=1") -> set[str]:
    rows = client.get(f"/api/v1/activities{asked}").get_json()["activities"]
    return {row["slug"] for row in rows}


BOTH_ASKED = {"kind": "completed", "activity_kind": ["course"], "skill": ["water"]}


def learned_in(scene: Scene, told: dict[str, tuple[str, str]]) -> None:
    """Of what kind these activities are, and in which skill; all others are in none."""
    with scene.app.app_context(), transaction():
        db.session.execute(text("UPDATE activity SET skills = '{}'"))
        for slug, (kind, skill) in told.items():
            row = {"slug": slug, "kind": kind, "skill": scene.id_of("skill", skill)}
            sets = "kind = :kind, skills = ARRAY[CAST(:skill AS bigint)]"
            db.session.execute(text(f"UPDATE activity SET {sets} WHERE slug = :slug"), row)


def test_a_badge_that_asks_for_a_kind_in_a_skill_counts_only_what_is_both(
    scene: Scene, cast: Cast, aim: Act, client_of: Browser
) -> None:
    scene.load([*BADGES, badge("both", ({"count": BOTH_ASKED, "at_least": 2}, 3))])
    learned_in(scene, {"a1": ("course", "lab"), "a2": ("coaching", "lab"), "a3": ("course", "data"),
                       "a4": ("course", "water")})  # fmt: skip
    aim("anna", proof="badge", of="both")
    anna = client_of("anna")
    assert offered(anna) == {"a1", "a4"}, "a course, and in the skill or below it"
    assert offered(anna, "?goals=1&kind=coaching") == set()


def test_towards_my_goals_and_of_a_kind_and_in_a_skill_is_all_three_on_page_and_in_the_api(
    scene: Scene, cast: Cast, aim: Act, client_of: Browser
) -> None:
    learned_in(scene, {"a1": ("course", "lab"), "a2": ("coaching", "lab"), "a3": ("course", "data"),
                       "a4": ("course", "people"), "a5": ("course", "pumps")})  # fmt: skip
    aim("anna", skill_id=scene.id_of("skill", "lab"))
    aim("anna", proof="activity", of="a3")
    anna = client_of("anna")
    for asked_, there in {
        "": {"a1", "a2", "a3"},
        "&kind=course": {"a1", "a3"},
        "&skill=water": {"a1", "a2"},
        "&kind=course&skill=water": {"a1"},
        "&kind=course&skill=data": {"a3"},
        "&kind=coaching&skill=data": set(),
        "&kind=course&skill=people": set(),
    }.items():
        assert offered(anna, f"?goals=1{asked_}") == there, asked_
        page = anna.get(f"/learn?goals=1{asked_}").text
        assert {slug for slug in ("a1", "a2", "a3", "a4", "a5") if f'"/learn/{slug}"' in page} == there, (
            asked_
        )


def test_the_catalogue_shows_what_counts_towards_my_open_goals_and_never_those_of_others(
    scene: Scene, cast: Cast, act: Act, aim: Act, client_of: Browser
) -> None:
    with scene.app.app_context(), transaction():
        skills = {"a2": "lab", "a3": "data"}
        for slug, skill in skills.items():
            told = {"skill": scene.id_of("skill", skill), "slug": slug}
            db.session.execute(
                text("UPDATE activity SET skills = ARRAY[CAST(:skill AS bigint)] WHERE slug = :slug"), told
            )
    proof = aim("anna", proof="activity", of="a1")
    aim("anna", skill_id=scene.id_of("skill", "water"))
    aim("ben", skill_id=scene.id_of("skill", "data"))
    anna, ben = client_of("anna"), client_of("ben")
    assert offered(anna) == {"a1", "a2"}, "what proves it, and the skill with those below it"
    assert offered(ben) == {"a3"}
    assert offered(client_of("mia")) == set()
    assert offered(anna, "") >= {"a1", "a2", "a3"}
    assert offered(anna, "?goals=1&kind=course") <= {"a1", "a2"}
    act(actions.let_go, [(proof, cast.anna)])
    assert offered(anna) == {"a2"}
    of_badge = aim("anna", proof="badge", of="set")
    assert offered(anna) == {"a1", "a2", "a3"}, "each activity that the badge asks for"
    act(actions.let_go, [(of_badge, cast.anna)])
    thanked = aim("anna", proof="badge", of="thanked")
    assert offered(anna) == {"a2"}, "a badge for thanks asks for no activity"
    act(actions.let_go, [(thanked, cast.anna)])
    after = aim("anna", proof="badge", of="after")
    assert offered(anna) == offered(anna, ""), "a badge that asks for one that counts every completion"
    act(actions.let_go, [(after, cast.anna)])
    page = anna.get("/learn?goals=1").text
    assert "Counts towards my goals" in page
    assert "/learn/a2" in page
    assert "/learn/a3" not in page
    assert 'name="goals" value="1" checked' in " ".join(page.split())
    with scene.app.app_context(), transaction():
        people.choose(person_id=cast.anna, language="nl")
        settle(now())
    assert "Telt mee voor mijn doelen" in anna.get("/learn").text


# What a box tells, and where a team goal is found ------------------------------------------------------------


def test_a_part_of_a_name_finds_the_activity_and_where_there_are_more_the_form_asks_which(
    scene: Scene, client_of: Browser
) -> None:
    with scene.app.app_context(), transaction():
        for slug, en in (
            ("a1", "Calm at the telephone"),
            ("a2", "Calm in the night"),
            ("a3", "Read a gauge"),
        ):
            db.session.execute(
                text("UPDATE activity SET title = jsonb_build_object('en', CAST(:en AS text), 'nl', 'Op z''n '||:slug) "
                     "WHERE slug = :slug"), {"en": en, "slug": slug},
            )  # fmt: skip
    anna = client_of("anna")
    found = anna.get("/goals/activities?proof_activity=calm", headers=SWAP).text
    assert [name in found for name in ("Calm at the telephone", "Calm in the night", "Read a gauge")] == [
        True, True, False
    ]  # fmt: skip
    form = {**FORM, "proof": "activity", "proof_activity": "calm"}
    which = anna.post("/goals", data=form)
    assert which.status_code == 422
    assert "Which of these do you mean: “Calm at the telephone”, “Calm in the night”?" in which.text
    assert 'value="calm"' in which.text
    assert anna.post("/goals", data={**form, "proof_activity": "gauge"}).status_code == 303
    assert scene.ask("SELECT proof_activity_id FROM goal") == [(scene.id_of("activity", "a3"),)]


def test_team_goals_are_found_beside_ones_own(client_of: Browser) -> None:
    answer = client_of("anna").get("/team-goals")
    assert (answer.status_code, answer.location) == (303, "/goals#together")
