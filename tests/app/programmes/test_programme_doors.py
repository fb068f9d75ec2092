"""Programmes through the doors: following, the desk, and where they show."""

from collections.abc import Callable

from flask import Flask

from app.programmes import actions
from tests.app.leaderboards.scene import Scene
from tests.app.programmes.conftest import BOTH, Act, told_of
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
SWAP = {"HX-Request": "true"}
FORM = {
    "title_nl": "Van lab tot kraan", "title_en": "From lab to tap", "summary_nl": "Kort.", "summary_en": "Short.",
    "part1": "a1", "need2": "1", "part2": "a2\na3\n",
}  # fmt: skip


def test_a_programme_is_made_published_and_followed_without_javascript(
    scene: Scene, cast: Cast, learn: Act, client_of: Browser
) -> None:
    leo, anna = client_of("leo"), client_of("anna")
    made = leo.post("/admin/programmes/new", data=FORM)
    assert made.status_code == 303
    assert scene.ask("SELECT need, cardinality(activities) FROM programme_part ORDER BY position") == [
        (1, 1),
        (1, 2),
    ]
    assert "From lab to tap" not in anna.get("/programmes").text
    slug = "from-lab-to-tap"
    assert leo.post(f"/admin/programmes/{slug}/state", data={"state": "published"}).status_code == 303
    assert "From lab to tap" in anna.get("/programmes").text
    assert anna.post(f"/programmes/{slug}/follow").status_code == 303
    learn(cast.anna, "a1")
    assert "Step 2 of 2" in anna.get(f"/programmes/{slug}").text
    assert "Step 2 of 2" in anna.get("/").text
    swapped = anna.post(f"/programmes/{slug}/stop", headers=SWAP)
    assert "<html" not in swapped.text
    assert "Follow it" in swapped.text
    assert "Step 2 of 2" not in anna.get("/").text


def test_an_activity_says_of_which_programmes_it_is_a_part(
    scene: Scene, publish: Act, client_of: Browser
) -> None:
    publish((1, "a1"))
    assert BOTH["en"] in client_of("anna").get("/learn/a1").text
    assert BOTH["en"] not in client_of("anna").get("/learn/a2").text


def test_what_is_wrong_comes_back_with_what_was_typed(scene: Scene, client_of: Browser) -> None:
    leo = client_of("leo")
    for sent, said in (
        ({"part2": "nothing called this"}, "nothing called this"),
        ({"title_en": ""}, "name in English"),
        ({"need2": "5"}, "ask no more of a part"),
        ({"need2": "x"}, "ask no more of a part"),
    ):
        answer = leo.post("/admin/programmes/new", data={**FORM, **sent})
        assert answer.status_code == 422, sent
        assert said in answer.text
        assert "Van lab tot kraan" in answer.text
    assert scene.ask("SELECT id FROM programme") == []


def test_an_edit_shows_what_stands_and_saving_it_again_changes_no_part(
    scene: Scene, client_of: Browser, publish: Act
) -> None:
    slug, leo = publish((1, "a1"), (1, "a2 a3")), client_of("leo")
    page = leo.get(f"/admin/programmes/{slug}").text
    assert "Part 2" in page
    form = {**FORM, "version": 2}
    assert leo.post(f"/admin/programmes/{slug}", data=form).status_code == 303
    assert scene.ask("SELECT form, version FROM programme") == [(1, 3)]
    assert leo.post(f"/admin/programmes/{slug}", data=form).status_code == 409


def test_the_desk_counts_nobody_under_five(
    scene: Scene, cast: Cast, act: Act, client_of: Browser, publish: Act
) -> None:
    slug = publish((1, "a1"))
    for name in ("anna", "ben", "mia", "eve"):
        client_of(name).post(f"/programmes/{slug}/follow")
    assert "follow it" not in client_of("leo").get("/admin/programmes").text
    client_of("dan").post(f"/programmes/{slug}/follow")
    assert "5 follow it" in client_of("leo").get("/admin/programmes").text


def test_json_does_the_same(app: Flask, scene: Scene, cast: Cast, learn: Act, token_of: Headers) -> None:
    api, leo, anna = app.test_client(), token_of("leo"), token_of("anna")
    told = {"title": BOTH, "summary": BOTH, "skill": "water",
            "parts": [{"need": 1, "activities": ["a1"]}, {"need": 1, "activities": ["a2", "a3"]}]}  # fmt: skip
    assert api.post("/api/v1/programmes", json=told, headers=anna).status_code == 403
    made = api.post("/api/v1/programmes", json=told, headers=leo)
    assert made.status_code == 201, made.text
    slug = made.get_json()["slug"]
    api.post(f"/api/v1/programmes/{slug}/state", json={"state": "published"}, headers=leo)
    followed = api.put(f"/api/v1/programmes/{slug}/following", headers=anna).get_json()
    assert (followed["following"], followed["done"], followed["steps"], followed["next"]) == (
        True,
        0,
        2,
        "a1",
    )
    learn(cast.anna, "a1", "a3")
    (mine,) = api.get("/api/v1/programmes", headers=anna).get_json()["programmes"]
    assert (mine["done"], mine["next"], mine["completed_at"] is None) == (2, None, False)
    changed = {**told, "version": 2, "parts": [{"need": 1, "activities": ["nothing"]}]}
    assert api.put(f"/api/v1/programmes/{slug}", json=changed, headers=leo).status_code == 422


def test_who_keeps_programmes_reads_drafts_and_counts_in_the_api(
    scene: Scene, cast: Cast, act: Act, client_of: Callable[[str], SignedIn]
) -> None:
    (slug,) = act(actions.make, [told_of(scene, (1, "a1"))], by=cast.leo)
    leo = client_of("leo")
    (row,) = leo.get("/api/v1/programmes/kept").get_json()["programmes"]
    assert (row["slug"], row["state"], row["version"]) == (slug, "draft", 1)
    assert leo.get(f"/api/v1/programmes/kept/{slug}").get_json() == row
    for name in ("anna", "mia", "clara", "dan", "cor"):
        assert client_of(name).get("/api/v1/programmes/kept").status_code == 403
        assert client_of(name).get(f"/api/v1/programmes/kept/{slug}").status_code == 403


def test_a_part_of_which_more_are_needed_is_as_many_steps_as_are_counted(
    scene: Scene, publish: Act, client_of: Browser
) -> None:
    slug = publish((1, "a1"), (2, "a2 a3 a4"), (1, "a5"))
    page = client_of("anna").get(f"/programmes/{slug}").text
    for words in ("Step 1<", "Steps 2 and 3: choose 2", "Step 4<", "0 of 4 done"):
        assert words in page, words
