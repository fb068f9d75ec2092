"""An award's own page: who may open it, what it shows to all of them, and whose names stand there."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
import segno
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.badges import agreeing
from app.db import db, transaction
from app.events import FactTakenBack
from app.outbox import settle
from tests.app.leaderboards.scene import Scene, now
from tests.cast import Cast, SignedIn
from tests.small import badge, completed

Browser = Callable[[str], SignedIn]
NAMED = {"nl": "Kraan dicht", "en": "Valve shut"}
SHARED = {"count": {"kind": "lesson_shared"}, "at_least": 1}
APPLIED = {"count": {"kind": "lesson_applied"}, "at_least": 1}
THANKED = {"count": {"kind": "kudos_received"}, "at_least": 1}
WHOLE = {"all": [completed(2), SHARED, APPLIED, THANKED, {"points": 20}]}
NO_BADGE = "There is no badge to show here. The link may be wrong, or its holder keeps it private."
OUTSIDE = "an outsider"


def said(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


class Page:
    """Anna's award, and how others come to its page."""

    def __init__(self, scene: Scene, client_of: Browser) -> None:
        self.scene, self.client_of = scene, client_of
        self.id = str(scene.ask("SELECT id FROM award WHERE person_id = :p", p=scene.cast.anna)[0][0])

    def browser(self, who: str) -> FlaskClient:
        return self.scene.app.test_client() if who == OUTSIDE else self.client_of(who)

    def get(self, who: str, end: str = "", **more: Any) -> Any:
        return self.browser(who).get(f"/b/{self.id}{end}", headers={"Accept-Language": "en"}, **more)

    def read(self, who: str, end: str = "") -> str:
        answer = self.get(who, end)
        assert answer.status_code == 200
        return said(answer.text)

    def show(self, visible: str, who: str = "anna") -> Any:
        return self.client_of(who).post(f"/b/{self.id}/visible", data={"visible": visible})

    def ask(self, colleague: int, who: str = "anna") -> Any:
        return self.client_of(who).post(f"/b/{self.id}/asked", data={"colleague": colleague})

    def answer(self, who: str, answer: str) -> Any:
        return self.client_of(who).post(f"/me/asked/{self.id}", data={"answer": answer})

    def change(self, sql: str, **values: Any) -> None:
        with self.scene.app.app_context(), transaction():
            db.session.execute(text(sql), values)


@pytest.fixture
def page(scene: Scene, cast: Cast, client_of: Browser) -> Page:
    """Two courses (one of the catalogue, confirmed by Mia; one that she described herself), and the rest of it."""
    scene.load([badge("whole", (WHOLE, 40)) | {"name": NAMED, "skill": "water"}])
    own = "INSERT INTO activity (slug, kind, title, summary, skills, state, proposed_by, created_at) VALUES"
    own += " ('own', 'on_the_job', '{\"en\": \"MY SECRET LOG\"}', '{}', '{}', 'proposed', :anna, now())"
    with scene.app.app_context(), transaction():
        db.session.execute(text(own), {"anna": cast.anna})
    a1, own_id = scene.id_of("activity", "a1"), scene.id_of("activity", "own")
    scene.state(
        scene.fact(cast.anna, activity_id=a1, confirmed_by=cast.mia, source="first"),
        scene.fact(cast.anna, activity_id=own_id, confirmed_by=cast.leo),
        scene.fact(cast.anna, "lesson_shared"),
        scene.fact(cast.anna, "lesson_applied", counterpart_id=cast.ben),
        scene.fact(cast.anna, "kudos_received", counterpart_id=cast.eve),
    )
    return Page(scene, client_of)


@pytest.mark.parametrize(
    ("visible", "who", "sees"),
    [
        (visible, who, who == "anna" or visible == "public" or (visible == "colleagues" and who != OUTSIDE))
        for visible in ("me", "colleagues", "public")
        for who in ("anna", "ben", "mia", "dan", OUTSIDE)
    ],
)
def test_who_may_open_the_page_and_its_pictures(page: Page, visible: str, who: str, sees: bool) -> None:
    assert page.show(visible).status_code == 303
    for end in ("", ".svg", ".png"):
        answer = page.get(who, end)
        assert answer.status_code == (200 if sees else 404)
        assert answer.headers["Cache-Control"] == "no-store"
        if sees:
            assert answer.headers["X-Robots-Tag"] == "noindex"
        else:
            assert NO_BADGE in said(answer.text)


def test_what_one_may_not_see_answers_like_what_is_not_there(page: Page) -> None:
    page.show("me")
    unknown = page.browser(OUTSIDE).get(f"/b/{uuid4()}", headers={"Accept-Language": "en"})
    mine = page.get(OUTSIDE)
    assert (mine.status_code, said(mine.text)) == (unknown.status_code, said(unknown.text))


def test_the_same_is_shown_to_colleagues_and_outside_and_only_the_holder_has_controls(page: Page) -> None:
    page.show("public")
    for who in ("ben", OUTSIDE):
        assert "Who can see this page" not in page.read(who)
    assert "Now anyone with the link can see it" in page.read("anna")

    def cert(who: str) -> str:
        article = page.get(who).text.partition("<article")[2].partition("</article>")[0]
        return re.sub(r"\d\d:\d\d", "", said(article)).partition("Check again")[2]

    assert cert("ben") == cert(OUTSIDE) == cert("anna") != ""


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_no_name_no_points_no_kudos_and_nobodys_words_leak(page: Page, lang: str) -> None:
    page.show("public")
    page.ask(page.scene.cast.mia)
    html = page.get(OUTSIDE, f"?lang={lang}").text
    for secret in ("Mia", "Leo", "Ben", "Eve", "MY SECRET LOG", "punten", "points"):
        assert secret not in html
    told = said(html)
    assert ("Learning at work" if lang == "en" else "Leren op het werk") in told
    assert ("confirmed by a colleague" if lang == "en" else "bevestigd door een collega") in told
    assert ("1 colleague applies it" if lang == "en" else "1 collega past het toe") in told
    assert (
        "What only counts within Waterveld" if lang == "en" else "Wat alleen binnen Waterveld telt"
    ) in told
    assert f'<html lang="{lang}"' in html
    svg = page.get(OUTSIDE, ".svg").text
    assert not re.search(r"<text|<title|aria-label|Anna", svg)
    assert page.id not in svg


def test_others_read_what_the_holder_did_and_the_holder_what_to_do(page: Page) -> None:
    page.show("public")
    for who in ("anna", "ben", OUTSIDE):
        told = page.read(who)
        assert (
            "Has completed 2 activities Has shared a lesson Has shared a lesson that a colleague applies"
            in told
        )
        assert "lesson of yours" not in told
    dutch = said(page.get(OUTSIDE, "?lang=nl").text)
    assert "Heeft 2 activiteiten afgerond Heeft een les gedeeld" in dutch
    own = said(page.client_of("anna").get("/badges/whole", headers={"Accept-Language": "en"}).text)
    assert "A colleague applies a lesson of yours" in own


def test_what_programs_read_of_a_public_page_is_told_and_nothing_of_a_closed_one(page: Page) -> None:
    page.show("public")
    html = page.get(OUTSIDE).text
    assert '<meta name="robots" content="noindex">' in html
    assert 'property="og:title" content="Valve shut, given to Anna"' in html
    for tag in ('name="description"', 'property="og:description"'):
        assert f'<meta {tag} content="' in html
    image = re.search(r'og:image" content="(http://localhost:8000)(/pictures/[^"]+\.png)"', html)
    assert image
    assert page.browser(OUTSIDE).get(image[2]).status_code == 200
    page.show("colleagues")
    assert "og:" not in page.get("ben").text


def test_only_the_holder_changes_who_may_see_and_only_to_what_there_is(page: Page, cast: Cast) -> None:
    assert page.show("public", "ben").status_code == 404
    assert page.show("everyone").status_code == 422
    sent = page.browser(OUTSIDE).post(f"/b/{page.id}/visible", data={"visible": "public"})
    assert sent.headers["Location"].startswith("/login")
    assert page.get(OUTSIDE).status_code == 404
    fragment = page.client_of("anna").post(
        f"/b/{page.id}/visible", data={"visible": "public"}, headers={"HX-Request": "true"}
    )
    assert "<html" not in fragment.text
    assert "Now anyone with the link can see it" in said(fragment.text)


def test_programs_change_it_by_the_api(page: Page, token_of: Callable[[str], dict[str, str]]) -> None:
    client, path = page.scene.app.test_client(), f"/api/v1/awards/{page.id}"

    def patch(who: str, visible: str) -> Any:
        return client.patch(path, json={"visible": visible}, headers=token_of(who))

    assert patch("anna", "public").get_json()["visible"] == "public"
    assert patch("anna", "public").get_json()["link"] == f"http://localhost:8000/b/{page.id}"
    assert [patch("ben", "me").status_code, patch("anna", "all").status_code] == [404, 422]
    assert page.get(OUTSIDE).status_code == 200
    (award,) = client.get("/api/v1/awards", headers=token_of("anna")).get_json()["awards"]
    assert award["visible"] == "public"


def test_a_withdrawn_badge_says_so_on_its_day_and_the_reason_only_to_the_holder(page: Page) -> None:
    page.show("public")
    page.scene.state(FactTakenBack(person_id=page.scene.cast.anna, source="first"))
    for who in ("anna", "ben", OUTSIDE):
        told = page.read(who)
        assert "This badge was withdrawn Waterveld withdrew it on" in told
        assert "is valid" not in told
        assert ("Something that it rested on was taken back" in told) == (who == "anna")
        assert "What it rests on" not in told


def test_the_page_of_somebody_erased_is_gone(page: Page, cast: Cast) -> None:
    page.show("public")
    page.change("UPDATE person SET erased_at = now(), active = false WHERE id = :id", id=cast.anna)
    assert page.get(OUTSIDE).status_code == 404


def test_a_code_for_the_camera_stands_there_where_anyone_may_follow_it(page: Page) -> None:
    page.show("public")
    html = page.get(OUTSIDE).text
    assert html.count('class="cert-code"') == 1
    assert (
        segno.make(f"http://localhost:8000/b/{page.id}", error="m").svg_inline(
            border=2, omitsize=True, svgclass=None, lineclass=None
        )
        in html
    )
    page.show("colleagues")
    assert "cert-code" not in page.get("ben").text


@pytest.mark.parametrize(
    ("visible", "who", "sees"),
    [("public", OUTSIDE, True), ("public", "ben", True), ("colleagues", "ben", False), ("me", "ben", False)],
)
def test_who_leaves_keeps_what_was_open_to_anyone(
    page: Page, cast: Cast, visible: str, who: str, sees: bool
) -> None:
    page.show(visible)
    page.change("UPDATE person SET active = false WHERE id = :id", id=cast.anna)
    for end in ("", ".svg"):
        assert page.get(who, end).status_code == (200 if sees else 404)
    if sees:
        assert "This badge is valid" in page.read(who)


def test_the_album_and_the_badge_lead_there_and_say_who_sees_it(page: Page) -> None:
    anna = page.client_of("anna")
    assert f'href="/b/{page.id}"' in anna.get("/badges/whole").text
    for visible, mark in (
        ("me", "Only for me: change who may"),
        ("public", "For anyone with the link: change who may"),
    ):
        page.show(visible)
        assert mark in anna.get("/album").text


# Names ------------------------------------------------------------------------------------------------------


def test_a_colleague_is_named_once_they_agree_and_no_longer_when_they_change_their_mind(
    page: Page, cast: Cast
) -> None:
    page.show("public")
    assert page.ask(cast.mia).status_code == 303
    mia = page.client_of("mia")
    for path in ("/", "/confirmations"):
        assert "1 colleague asks whether your name may stand" in said(mia.get(path).text)
    asked = said(mia.get("/me/asked").text)
    assert "Anna asks you about the badge Valve shut" in asked
    assert "confirmed by Mia" in asked
    assert "Mia" not in page.read(OUTSIDE)
    assert page.answer("mia", "yes").status_code == 303
    assert "confirmed by Mia" in page.read(OUTSIDE)
    assert "asks whether your name" not in said(mia.get("/").text)
    page.answer("mia", "no")
    assert "Mia" not in page.read(OUTSIDE)
    assert page.ask(cast.mia).status_code == 422
    assert "Rather not" in page.read("anna")
    page.answer("mia", "yes")
    assert "confirmed by Mia" in page.read(OUTSIDE)


def test_only_the_holder_asks_and_only_who_had_a_part(page: Page, cast: Cast) -> None:
    assert page.ask(cast.mia, "ben").status_code == 404
    assert [page.ask(one).status_code for one in (cast.ben, cast.eve, cast.anna)] == [422, 422, 422]
    assert page.answer("mia", "yes").status_code == 404
    assert page.answer("mia", "perhaps").status_code == 422
    assert page.scene.ask("SELECT count(*) FROM agreement") == [(0,)]
    for who in ("ben", "dan"):
        assert "Nobody asks you anything" in said(page.client_of(who).get("/me/asked").text)


def test_who_left_is_never_named(page: Page, cast: Cast) -> None:
    page.show("public")
    page.ask(cast.mia)
    page.answer("mia", "yes")
    page.change("UPDATE person SET active = false WHERE id = :id", id=cast.mia)
    assert "Mia" not in page.read(OUTSIDE)
    assert "confirmed by a colleague" in page.read(OUTSIDE)
    assert "Mia" not in page.read("anna")


# Two at once ------------------------------------------------------------------------------------------------


def together(app: Flask, *calls: Callable[[], None]) -> list[Any]:
    gate = Barrier(len(calls))

    def one(call: Callable[[], None]) -> None:
        with app.app_context():
            gate.wait(10)
            with transaction():
                call()
                settle(datetime.now(UTC))

    with ThreadPoolExecutor(len(calls)) as pool:
        waiting = [pool.submit(one, call) for call in calls]
    return [future.exception(30) for future in waiting]


def test_two_asks_at_once_are_one(page: Page, cast: Cast) -> None:
    def ask() -> None:
        agreeing.ask(award_id=page.id, by=cast.anna, colleague_id=cast.mia, at=now())

    assert together(page.scene.app, *[ask] * 6) == [None] * 6
    assert page.scene.ask("SELECT count(*) FROM agreement") == [(1,)]


def test_yes_and_no_at_once_end_as_one_of_the_two(page: Page, cast: Cast) -> None:
    page.ask(cast.mia)

    def say(agreed: bool) -> Callable[[], None]:
        return lambda: agreeing.answer(award_id=page.id, by=cast.mia, agreed=agreed, at=now())

    assert together(page.scene.app, *(say(turn % 2 == 0) for turn in range(6))) == [None] * 6
    ((agreed, answered),) = page.scene.ask("SELECT agreed, answered_at IS NOT NULL FROM agreement")
    page.show("public")
    assert answered
    assert ("Mia" in page.read(OUTSIDE)) == agreed


def test_opening_and_closing_at_once_end_as_one_of_the_two(page: Page, cast: Cast) -> None:
    def show(visible: str) -> Callable[[], None]:
        return lambda: agreeing.show(award_id=page.id, by=cast.anna, visible=visible)

    assert together(page.scene.app, *(show(one) for one in ("me", "public") * 3)) == [None] * 6
    ((visible,),) = page.scene.ask("SELECT visible FROM award")
    assert page.get(OUTSIDE).status_code == {"me": 404, "public": 200}[visible]


def test_days_beside_a_badge_that_rolls_are_for_its_holder_alone(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    """Days that lie further apart than the rule allows would tell that somebody was away."""
    scene.load([badge("rolls", (completed(2, within={"days": 30}), 10)), badge("one", (completed(1), 10))])
    state = scene.fact(cast.anna, days_ago=90), scene.fact(cast.anna, days_ago=2, confirmed_by=cast.mia)
    scene.state(*state)
    today = now().date()
    for browser, days in ((client_of("anna"), (80, 10)),):
        since, until = (str(today - timedelta(days=one)) for one in days)
        assert browser.post("/me/pauses", data={"since": since, "until": until}).status_code == 303
    for slug, dated in (("rolls", False), ("one", True)):
        sql = "SELECT w.id FROM award w JOIN achievement a ON a.id = w.achievement_id WHERE a.slug = :slug"
        ((award_id,),) = scene.ask(sql, slug=slug)
        for who in ("anna", "ben"):
            text_of = client_of(who).get(f"/b/{award_id}").text
            assert "Learning at work" in text_of
            shown, _, own = text_of[text_of.index("What it rests on") :].partition('id="why-h"')
            assert ("<time" in shown) == dated
            assert ("<time" in own, "Only you see this" in own) == (who == "anna", who == "anna")
        assert "away" not in said(client_of("ben").get(f"/b/{award_id}").text)


def test_only_its_holder_reads_that_days_away_do_not_count(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.load([badge("rolls", (completed(3, within={"days": 30}), 10)), badge("ever", (completed(9), 10))])
    scene.state(scene.fact(cast.anna, days_ago=40), scene.fact(cast.anna, days_ago=2))
    anna, today, line = client_of("anna"), now().date(), "Days on which you are away do not count"
    assert "1 of 3" in said(anna.get("/badges/rolls").text)
    assert line not in anna.get("/badges/rolls").text
    form = {"since": str(today - timedelta(days=35)), "until": str(today - timedelta(days=10))}
    assert anna.post("/me/pauses", data=form).status_code == 303
    assert "2 of 3" in said(anna.get("/badges/rolls").text)
    assert line in anna.get("/badges/rolls").text
    assert line not in anna.get("/badges/ever").text
    assert line not in client_of("ben").get("/badges/rolls").text
