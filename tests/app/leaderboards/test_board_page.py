"""The page of the leaderboards: around you, the top, the teams, and how you want to be seen."""

import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from app import live
from app.db import db
from app.leaderboards import store
from leaderboards.periods import bounds
from tests.app.activities.scene import counting
from tests.app.leaderboards.scene import Scene, now
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]
SWAP = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def house(scene: Scene, cast: Cast) -> None:
    scene.load()
    for name in ("anna", "ben", "mia", "eve"):
        scene.choose(cast.id_of(name), board_choice="named")


def said(page: str) -> str:
    """What can be read of it."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def teams(page: str) -> list[tuple[str, str, str, str]]:
    """Rank, name, size and points of each team."""
    part = page.partition('class="teams"')[2].partition("</ol>")[0]
    found = re.findall(
        r'class="num">(\d+)</span>.*?<b>(.*?)</b><small>(\d+) .*?<span class="num">([\d,.]+)<', part, re.S
    )
    return [tuple(row) for row in found]


def test_it_shows_the_top_those_around_me_and_how_i_stand(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.earn(cast.anna, 3)
    scene.earn(cast.ben, 2)
    scene.earn(cast.mia, 1)
    scene.project()
    page = said(client_of("ben").get("/leaderboards").text)
    assert "Ben (you)" in page
    assert "30 points to place 1" in page
    assert "66% of the people here stand beside or below you." in page
    assert "3 people" in page
    assert "Nobody stands above you." in said(client_of("anna").get("/leaderboards").text)


def test_ones_own_row_says_what_its_score_is_made_of_and_nobody_elses_does(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.earn(cast.anna, 3)
    scene.earn(cast.ben, 2)
    scene.project()
    page = client_of("ben").get("/leaderboards").text
    mine = page.partition('class="rank rank-me"')[2].partition("</li>")[0]
    score = re.search(r'class="pts">(\d+)', mine)
    assert score
    assert f"Learning {score[1]}, lessons 0, kudos 0" in mine
    assert page.count('class="mix"') == 1


def test_a_score_that_its_sources_do_not_add_up_to_is_not_split(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.earn(cast.ben, 2)
    scene.project()
    scene.earn(cast.ben, 2)  # the board has not heard of it
    page = client_of("ben").get("/leaderboards").text
    assert "Ben (you)" in page
    assert 'class="mix"' not in page


def test_it_speaks_dutch_too(scene: Scene, cast: Cast, client_of: Browser) -> None:
    scene.earn(cast.anna, 2)
    scene.earn(cast.ben)
    scene.choose(cast.ben, language="nl")
    page = said(client_of("ben").get("/leaderboards").text)
    assert "Nog 30 punten tot plek 1" in page
    assert "Ben (jij)" in page
    assert "Vorige maand" in page


def test_a_swap_brings_the_board_the_teams_and_what_is_said_aloud(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.earn(cast.anna)
    answer = client_of("anna").get("/leaderboards?period=week", headers=SWAP)
    assert "<html" not in answer.text
    assert 'id="teams" hx-swap-oob="true"' in answer.text
    assert re.search(
        r'id="status" role="status" hx-swap-oob="true">Week \d+, Waterveld. You stand at place 1 of 1.',
        answer.text,
    )
    assert "hx-swap-oob" not in client_of("anna").get("/leaderboards").text


def test_the_rows_between_the_top_and_me_can_be_asked_for(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    for number, person in enumerate(scene.hire(12), start=2):
        scene.earn(person, number)
        scene.choose(person, board_choice="named")
    scene.earn(cast.anna)
    scene.project()
    page = client_of("anna").get("/leaderboards").text
    assert "Show places 4 to 4" in page
    link = re.search(r'href="(/leaderboards/rows[^"]*)"', page)
    assert link
    address = link[1].replace("&amp;", "&")
    rows = client_of("anna").get(address, headers=SWAP).text
    assert rows.count('class="rank"') == 1
    assert 'id="gap"' in rows
    whole = client_of("anna").get(address)
    assert (whole.status_code, whole.location.endswith("page=1#whole")) == (303, True)


def test_where_no_row_was_left_out_there_is_none_to_ask_for(client_of: Browser) -> None:
    assert client_of("anna").get("/leaderboards/rows?until=3", headers=SWAP).status_code == 404
    assert client_of("anna").get("/leaderboards/rows").status_code == 303
    assert client_of("anna").get("/leaderboards/rows?until=-1").status_code == 422


def test_the_whole_list_is_read_page_by_page(scene: Scene, cast: Cast, client_of: Browser) -> None:
    for number, person in enumerate(scene.hire(30), start=1):
        scene.earn(person, number)
        scene.choose(person, board_choice="named")
    first = client_of("anna").get("/leaderboards?page=1").text
    second = client_of("anna").get("/leaderboards?page=2").text
    assert 'rel="next"' in first
    assert 'rel="prev"' not in first
    assert 'rel="prev"' in second
    assert 'rel="next"' not in second
    assert client_of("anna").get("/leaderboards?page=99").status_code == 200


def test_an_empty_board_says_that_it_has_just_begun_only_when_it_has(
    client_of: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the day on which this runs: a window begins, and has gone on for a while."""
    anna = client_of("anna")
    for begun in (True, False):
        monkeypatch.setattr("app.leaderboards.pages.just_begun", lambda *_told, begun=begun: begun)
        page = anna.get("/leaderboards?period=month").text
        assert ("This period has just begun" in page) == begun
        assert ("Nobody has points in this period yet" in page) != begun
        assert "Previous month" in page
    monkeypatch.undo()
    assert "Nobody has points here yet" in anna.get("/leaderboards?period=all").text


def test_a_period_in_which_nobody_stands_yet_points_to_the_one_before(client_of: Browser) -> None:
    page = client_of("anna").get("/leaderboards?period=quarter").text
    assert "Whoever learns or shares something stands here first." in page
    assert "Previous quarter" in page
    before = said(client_of("anna").get("/leaderboards?period=quarter&before=1").text)
    assert "Nobody stood here then" in before
    assert "This quarter" in before


def test_a_skill_has_a_board_of_its_own(scene: Scene, cast: Cast, client_of: Browser) -> None:
    scene.earn(cast.anna, skills=(scene.id_of("skill", "lab"),))
    page = client_of("anna").get(f"/leaderboards?scope=skill:{scene.id_of('skill', 'water')}").text
    assert "Anna (you)" in said(page)
    assert 'class="teams"' not in page


# Teams ------------------------------------------------------------------------------------------------------


def test_teams_stand_by_points_per_full_time_colleague_from_five_on(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    part_time = scene.hire(5, team="Half", hours_per_week=18.0)
    full_time = scene.hire(6, team="Whole", hours_per_week=36.0)
    few = scene.hire(4, team="Few")
    for person in (*part_time[:3], *full_time, *few):
        scene.earn(person)
    assert teams(client_of("anna").get("/leaderboards").text) == [
        ("1", "Half", "5", "36"),  # 90 points for 2.5 full-time colleagues
        ("2", "Whole", "6", "30"),
    ]


def test_who_is_out_counts_in_no_team(scene: Scene, cast: Cast, client_of: Browser) -> None:
    people = scene.hire(6, team="Whole")
    for person in people:
        scene.earn(person)
    scene.choose(people[0], board_choice="out")
    assert teams(client_of("anna").get("/leaderboards").text) == [("1", "Whole", "5", "30")]
    scene.choose(people[1], board_choice="out")
    assert teams(client_of("anna").get("/leaderboards").text) == []


def test_a_department_shows_its_own_teams(scene: Scene, cast: Cast, client_of: Browser) -> None:
    for person in (*scene.hire(5, team="Near"), *scene.hire(5, team="Far", department="Systems")):
        scene.earn(person)
    near = client_of("anna").get(f"/leaderboards?scope=department:{cast.water}").text
    assert [team[1] for team in teams(near)] == ["Near"]
    assert len(teams(client_of("anna").get("/leaderboards").text)) == 2
    assert teams(client_of("anna").get(f"/leaderboards?scope=team:{cast.north}").text) == []


# Who and what not -------------------------------------------------------------------------------------------


def test_who_is_out_reads_that_only_they_see_their_points(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.earn(cast.anna)
    scene.earn(cast.ben)
    scene.choose(cast.anna, board_choice="out")
    page = client_of("anna").get("/leaderboards").text
    assert "You do not take part. Only you see your points." in page
    assert 'class="rank rank-me"' not in page


def test_who_does_without_has_no_board_and_no_link_to_one(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.choose(cast.anna, game=False)
    anna = client_of("anna")
    for path in ("/leaderboards", "/leaderboards/rows?until=9", f"/leaderboards?scope=team:{cast.north}"):
        assert anna.get(path).status_code == 404
    assert "/leaderboards" not in anna.get("/").text


@pytest.mark.parametrize("switch", ["points_on", "boards_on"])
def test_an_organisation_without_has_no_board_and_no_link(
    scene: Scene, client_of: Browser, switch: str
) -> None:
    scene.decide(**{switch: False})
    assert client_of("anna").get("/leaderboards").status_code == 404
    assert "/leaderboards" not in client_of("anna").get("/").text


@pytest.mark.parametrize("scope", ["team:0", "team:99999999999999999999", "skill:x", "nothing", "skill:999"])
def test_a_scope_that_is_not_there_is_not_found(client_of: Browser, scope: str) -> None:
    assert client_of("anna").get("/leaderboards", query_string={"scope": scope}).status_code == 404
    rows = client_of("anna").get(
        "/leaderboards/rows", query_string={"scope": scope, "until": 9}, headers=SWAP
    )
    assert rows.status_code == 404


@pytest.mark.parametrize("query", ["period=day", "page=-1", "page=x", "before=maybe", "page=" + "9" * 40])
def test_what_cannot_be_asked_is_refused_in_words(client_of: Browser, query: str) -> None:
    assert client_of("anna").get(f"/leaderboards?{query}").status_code == 422


def test_an_address_with_a_nul_is_no_address(client_of: Browser) -> None:
    assert client_of("anna").get("/leaderboards?scope=a%00b").status_code == 400


def test_nobody_is_sent_to_sign_in(client: Any) -> None:
    answer = client.get("/leaderboards?period=week")
    assert (answer.status_code, answer.location) == (303, "/login?next=/leaderboards?period%3Dweek")


def test_with_redis_away_the_page_stands_and_says_so(
    scene: Scene, app: Flask, cast: Cast, client_of: Browser
) -> None:
    scene.earn(cast.anna)
    scene.project()
    live = client_of("anna").get("/leaderboards").text
    with scene.redis_away():
        page = client_of("anna").get("/leaderboards").text
    assert "Standings are being updated." not in live
    assert "Standings are being updated." in page
    assert "Anna (you)" in said(page)


# A board that moves -------------------------------------------------------------------------------------------


@pytest.fixture
def nudged(monkeypatch: pytest.MonkeyPatch) -> Callable[[], set[str]]:
    """What the worker said to open boards."""
    heard: set[str] = set()
    monkeypatch.setattr(live, "nudge", lambda _ids, *names: heard.update(names))

    def since() -> set[str]:
        found = {name for name in heard if name.startswith("board")}
        heard.clear()
        return found

    return since


def test_the_boards_on_which_a_named_colleague_moved_hear_it(
    scene: Scene, cast: Cast, nudged: Callable[[], set[str]]
) -> None:
    scene.project()
    nudged()
    scene.earn(cast.anna)
    scene.project()
    assert nudged() == {"board:organisation", f"board:department:{cast.water}", f"board:team:{cast.north}"}


@pytest.mark.parametrize("choice", ["unnamed", "out"])
def test_of_who_has_no_name_there_no_board_tells_when_they_earned(
    scene: Scene, cast: Cast, nudged: Callable[[], set[str]], choice: str
) -> None:
    scene.choose(cast.anna, board_choice=choice)
    scene.project()
    nudged()
    scene.earn(cast.anna)
    scene.project()
    assert nudged() == set()


def test_a_board_listens_for_its_own_scope_and_offers_to_be_read_anew(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.earn(cast.anna)
    scene.project()
    ben = client_of("ben")
    page = ben.get(f"/leaderboards?scope=team:{cast.north}&period=week").text
    assert 'sse-connect="/events?hear=board"' in page
    assert f"sse:board:team:{cast.north}, sse:board" in page
    news = ben.get(f"/leaderboards/news?scope=team:{cast.north}&period=week", headers=SWAP).text
    assert "Refresh" in news
    assert f'hx-get="/leaderboards?scope=team:{cast.north}&amp;period=week"' in news
    assert ben.get("/leaderboards/news").location.endswith("/leaderboards?scope=organisation&period=month")


def test_a_period_that_is_over_listens_to_nothing(scene: Scene, cast: Cast, client_of: Browser) -> None:
    scene.earn(cast.anna)
    scene.project()
    assert "sse:board" not in client_of("ben").get("/leaderboards?before=1").text


def test_who_does_without_points_is_offered_nothing(scene: Scene, cast: Cast, client_of: Browser) -> None:
    scene.choose(cast.ben, game=False)
    assert client_of("ben").get("/leaderboards/news", headers=SWAP).status_code == 404


def test_offering_it_reads_no_board(app: Flask, scene: Scene, client_of: Browser) -> None:
    ben = client_of("ben")
    ben.get("/leaderboards/news", headers=SWAP)
    with app.app_context(), counting() as statements:
        assert ben.get("/leaderboards/news", headers=SWAP).status_code == 200
        db.session.remove()
    assert len([one for one in statements if not one.startswith(("BEGIN", "COMMIT", "ROLLBACK"))]) <= 3


def test_a_period_that_just_began_shows_who_led_the_one_before(
    scene: Scene, cast: Cast, client_of: Browser
) -> None:
    with scene.app.app_context():
        before = bounds("month", store.before(now())["month"], ZoneInfo("Europe/Amsterdam"))[0]
    scene.earn(cast.anna, days_ago=(now() - before).days - 3)
    scene.project()
    page = said(client_of("ben").get("/leaderboards").text)
    assert "Whoever learns or shares something stands here first." in page
    assert page.index("Previous month") < page.index("Anna")
