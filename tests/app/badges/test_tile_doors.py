"""At the tile of an earned badge its holder chooses who may open it; that tile alone comes anew."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, text

from app.db import db, transaction
from tests.app.leaderboards.scene import Scene
from tests.cast import Cast, SignedIn
from tests.small import badge, completed

Browser = Callable[[str], SignedIn]
SWAP = {"HX-Request": "true"}
SHARED = {"count": {"kind": "lesson_shared"}, "at_least": 1}
NAMED = {"nl": "Eentje klaar", "en": "One done"}


def said(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


class Tile:
    """Anna's award of one tier, and how she and others come to its tile."""

    def __init__(self, scene: Scene, client_of: Browser) -> None:
        self.scene, self.client_of = scene, client_of
        self.id = str(scene.ask("SELECT id FROM award WHERE person_id = :p", p=scene.cast.anna)[0][0])

    def get(self, who: str = "anna", more: str = "", headers: dict[str, str] | None = None) -> Any:
        return self.client_of(who).get(f"/album?open={self.id}{more}", headers=headers)

    def choose(self, visible: str, who: str = "anna", **more: Any) -> Any:
        headers = more.pop("headers", None)
        sent = {"visible": visible, **more}
        return self.client_of(who).post(f"/album/{self.id}", data=sent, headers=headers)

    @property
    def now(self) -> tuple[str, bool]:
        found: tuple[str, bool] = self.scene.ask(
            "SELECT visible, in_review FROM award WHERE id = :id", id=self.id
        )[0]
        return found

    def change(self, sql: str) -> None:
        with self.scene.app.app_context(), transaction():
            db.session.execute(text(sql), {"id": self.id})


@pytest.fixture
def tile(scene: Scene, cast: Cast, client_of: Browser) -> Tile:
    scene.load([badge("one", (completed(1), 0)) | {"name": NAMED, "skill": "water"}])
    scene.earn(cast.anna)
    return Tile(scene, client_of)


@contextmanager
def counted(scene: Scene) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(*told: Any) -> None:
        asked.append(told[2])

    with scene.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_tile_says_who_may_open_its_badge_and_leads_to_the_choice(tile: Tile) -> None:
    page = tile.client_of("anna").get("/album").text
    assert f'href="/album?open={tile.id}"' in page
    assert "For my colleagues: change who may open “One done”" in page
    assert "<form" not in page.partition('id="album"')[2].partition("</main>")[0]


@pytest.mark.parametrize("by", ["earned", "skill", "day"])
def test_without_a_script_the_album_comes_with_that_tile_open_and_comes_back_to_it(
    tile: Tile, by: str
) -> None:
    page = tile.get(more=f"&by={by}").text
    assert page.count('name="visible"') == 3
    assert f'action="/album/{tile.id}"' in page
    assert re.search(r'value="colleagues" checked[^>]* autofocus', page)  # so that a browser goes there
    shut = tile.client_of("anna").get(f"/album?by={by}&shut={tile.id}").text
    assert re.search(rf'id="seen-{tile.id}"[^>]* autofocus', shut)
    assert 'name="visible"' not in shut
    answer = tile.choose("me", by=by)
    back = "/album" if by == "earned" else f"/album?by={by}"
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{back}#tile-{tile.id}")
    assert tile.now == ("me", False)
    page = tile.client_of("anna").get(back).text
    assert f'id="tile-{tile.id}"' in page
    assert "Only for me: change who" in page


def test_a_swap_brings_one_tile_open_as_it_was_or_as_it_is_now(tile: Tile) -> None:
    there = tile.get(headers=SWAP).text
    assert there.count("<li") == 1
    assert "Also outside. Search engines are asked to leave it out." in there
    shut = tile.client_of("anna").get(f"/album?shut={tile.id}", headers=SWAP).text
    assert shut.count("<li") == 1
    assert "<form" not in shut
    assert re.search(r'id="seen-[^>]* autofocus', shut)
    changed = tile.choose("public", headers=SWAP)
    assert changed.status_code == 200
    assert changed.text.count("<li") == 1
    assert re.search(r'id="seen-[^>]* autofocus', changed.text)
    assert 'id="status"' in changed.text
    assert "Now anyone with the link can see it." in said(changed.text)


@pytest.mark.parametrize("visible", ["me", "colleagues", "public"])
def test_what_is_chosen_at_the_tile_holds_on_the_awards_own_page_and_leaves_the_review_as_it_was(
    tile: Tile, visible: str
) -> None:
    tile.change("UPDATE award SET in_review = true WHERE id = :id")
    assert tile.choose(visible).status_code == 303
    assert tile.now == (visible, True)
    ben = tile.client_of("ben").get(f"/b/{tile.id}").status_code
    outside = tile.scene.app.test_client().get(f"/b/{tile.id}").status_code
    assert (ben, outside) == {"me": (404, 404), "colleagues": (200, 404), "public": (200, 200)}[visible]


@pytest.mark.parametrize("who", ["ben", "mia", "dan"])
def test_a_tile_of_somebody_else_answers_like_none(tile: Tile, who: str) -> None:
    tile.change("UPDATE award SET visible = 'public' WHERE id = :id")
    mine, none = tile.id, str(uuid4())
    found = []
    for tile.id in (mine, none):
        plain = tile.get(who)
        found.append(
            (
                tile.get(who, headers=SWAP).status_code,
                tile.choose("me", who).status_code,
                plain.status_code,
                'name="visible"' in plain.text,
            )
        )
    assert found == [(404, 404, 200, False)] * 2
    tile.id = mine
    assert tile.now == ("public", False)


def test_an_outsider_is_asked_to_sign_in(tile: Tile) -> None:
    outside = tile.scene.app.test_client()
    answer = outside.post(f"/album/{tile.id}", data={"visible": "public"})
    assert answer.status_code in (303, 401)
    assert tile.now == ("colleagues", False)


@pytest.mark.parametrize("visible", ["", "everybody"])
def test_only_the_three_choices_are_taken(tile: Tile, visible: str) -> None:
    assert tile.choose(visible).status_code == 422
    assert tile.client_of("anna").get("/album?open=x").status_code == 422
    assert tile.now == ("colleagues", False)


def test_an_award_that_was_withdrawn_has_no_tile_to_choose_at(tile: Tile) -> None:
    tile.change("UPDATE award SET revoked_at = now() WHERE id = :id")
    assert tile.get(headers=SWAP).status_code == 404
    assert tile.choose("public").status_code == 404
    assert tile.now == ("colleagues", False)


def test_a_badge_on_lessons_without_a_name_starts_private_and_is_opened_by_itself(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.load([badge("shared", (SHARED, 0))])
    scene.state(scene.fact(cast.anna, "lesson_shared", source="unnamed:1", in_unit=False))
    tile = Tile(scene, client_of)
    assert "Only for me: change who" in tile.client_of("anna").get("/album").text
    assert tile.now == ("me", False)
    assert tile.choose("colleagues").status_code == 303
    assert tile.now == ("colleagues", False)


@pytest.mark.parametrize("by", ["earned", "skill", "day"])
def test_many_tiles_stay_light_and_one_costs_no_more_than_the_album(
    scene: Scene, cast: Cast, client_of: Browser, by: str
) -> None:
    scene.load([badge(f"b{n}", (completed(1), 0), (completed(2), 0)) for n in range(24)])
    scene.earn(cast.anna)
    anna = client_of("anna")
    (award,) = scene.ask("SELECT id FROM award WHERE person_id = :p LIMIT 1", p=cast.anna)[0]
    anna.get("/album")  # what is kept is read
    with counted(scene) as whole:
        page = anna.get(f"/album?by={by}").text
    with counted(scene) as alone:
        tile = anna.get(f"/album?by={by}&open={award}", headers=SWAP)
    assert tile.status_code == 200
    assert len(alone) <= len(whole) <= 7
    assert page.count('class="tile-seen"') == 24
    assert len(re.findall(r"<[a-z]", page)) < 800


@pytest.mark.parametrize("by", ["earned", "skill", "day"])
def test_an_album_of_many_takes_its_pictures_as_files_and_stays_light(
    scene: Scene, cast: Cast, client_of: Browser, by: str
) -> None:
    scene.load([badge(f"b{n:02}", (completed(1), 0), (completed(2), 0)) for n in range(45)])
    scene.earn(cast.anna)
    page = client_of("anna").get(f"/album?by={by}").text
    pictures = re.findall(r'<img class="badge" src="(/pictures/[^"]+)" alt=""', page)
    assert len(pictures) == page.count('class="tile-seen"') == 45
    assert len(set(pictures)) == 45, "each award has its own engraving"
    assert len(re.findall(r"<[a-z]", page)) < 800
    answer = client_of("anna").get(pictures[0])
    assert answer.mimetype == "image/svg+xml"
    assert "immutable" in answer.headers["Cache-Control"]
