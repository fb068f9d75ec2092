"""The rules page: seen beforehand what other rules would have done, in force from then on, nobody named."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from app.audit.queries import acts
from app.errors import Conflict
from app.points import actions, queries, rules
from app.points.handlers import when
from leaderboards.periods import bounds, windows_at
from tests.app.activities.test_races import at_once
from tests.app.leaderboards.scene import Scene
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]
FORM: dict[str, Any] = {"course-points": "10", "course-per_hour": "10", "mandatory": "1"}


@pytest.fixture
def scene(app: Flask, cast: Cast) -> Scene:
    made = Scene(app, cast)
    made.load(points={"kinds": {"course": {"points": 10, "per_hour": 10}}, "activities": {"a2": 7}})
    return made


def last_month() -> datetime:
    """A Wednesday noon in the middle of it."""
    zone = ZoneInfo("Europe/Amsterdam")
    first, _ = bounds("month", windows_at(datetime.now(UTC), zone).month, zone)
    middle = first - timedelta(days=15)
    return middle - timedelta(days=middle.weekday() - 2)


def happen(scene: Scene, person_id: int, number: int, at: datetime, **other: Any) -> None:
    ago = (datetime.now(UTC) - at).total_seconds() / 86400
    scene.state(*(scene.fact(person_id, days_ago=ago + n / 1000, **other) for n in range(number)))


def current(app: Flask) -> Any:
    with app.app_context():
        return queries.stored()[0].rules


def seen(app: Flask) -> int:
    with app.app_context():
        found: int = queries.stored()[0].id
        return found


def looked_in(page: str) -> str:
    return page.partition('name="looked" value="')[2].partition('"')[0]


def save(client: SignedIn, form: dict[str, Any]) -> Any:
    """Look first, as the page asks."""
    page = client.post("/admin/rules", data=form).text
    return client.post("/admin/rules", data={**form, "step": "save", "looked": looked_in(page)})


def test_a_change_is_looked_at_first_and_then_counts_forward_only(
    app: Flask, scene: Scene, cast: Cast, client_of: Browser
) -> None:
    scene.earn(cast.anna)
    leo = client_of("leo")
    form = {**FORM, "course-points": "100", "course-cap_day": "", "seen": seen(app)}
    before = current(app)
    unseen = leo.post("/admin/rules", data={**form, "step": "save"})
    assert (unseen.status_code, current(app)) == (200, before), "nobody saves what nobody looked at"
    assert save(leo, form).status_code == 303
    assert current(app) == {
        "kinds": {"course": {"points": 100, "per_hour": 10}}, "activities": {}, "mandatory": True,
    }  # fmt: skip
    scene.state(scene.fact(cast.ben, days_ago=-1 / 1000))
    points = dict(scene.ask("SELECT person_id, all_time FROM person_total WHERE all_time > 0"))
    assert points == {cast.anna: 30, cast.ben: 120}


def test_the_preview_says_totals_and_how_many_people_and_hides_small_groups(
    app: Flask, scene: Scene, cast: Cast, client_of: Browser
) -> None:
    at = last_month()
    for person in [*scene.hire(5), cast.anna]:
        happen(scene, person, 2, at)
    happen(scene, cast.ben, 1, at, kind="kudos_received", counterpart_id=cast.eve)
    happen(scene, cast.eve, 9, datetime.now(UTC) - timedelta(days=70))
    page = (
        client_of("leo").post("/admin/rules", data={**FORM, "course-cap_day": "50", "seen": seen(app)}).text
    )
    preview = page.partition('id="preview"')[2].partition("</section>")[0]
    assert "More points: 0 people. Fewer: 6. The same: fewer than 5." in preview
    assert ">360<" in preview
    assert ">300 <" in preview
    assert "of fewer than 5 people: not shown" in preview
    for name in ("Anna", "Ben", "Eve", "North"):
        assert name not in preview


def test_what_happened_earlier_in_the_week_fills_the_cap_and_counts_for_nothing_else(app: Flask) -> None:
    since = datetime(2026, 9, 30, 22, tzinfo=UTC)  # Thursday 1 October in Amsterdam
    told = rules.read(
        1, since, {"kinds": {"course": {"points": 10, "cap_week": 30}}, "activities": {}, "mandatory": False}
    )
    days = [
        (
            7,
            rules.Thing(
                since + timedelta(days=day), f"s{day}", day, "completed", None, "course", False, None, ()
            ),
        )
        for day in (-2, -1, 0, 1, 5)
    ]
    with app.app_context():
        found = rules.preview(days, None, told, when, since)
    assert (found.before, found.after, found.kinds["course"].people) == (0, 20, 1)
    assert (found.more, found.less, found.same) == (1, 0, 0)


def test_the_preview_is_what_the_ledger_would_have(app: Flask, scene: Scene, cast: Cast) -> None:
    """Counted for real, caps and all, and counted by the preview under the same rules: the same."""
    points = {
        "kinds": {"course": {"points": 7, "per_hour": 1.5, "cap_day": 20, "cap_week": 45}},
        "mandatory": False,
    }
    scene.load(points=points)
    at = last_month()
    for number, person in enumerate((cast.anna, cast.ben, cast.eve), 1):
        for day in range(number * 2):
            happen(scene, person, number, at - timedelta(days=day), hours=number)
    (total,) = scene.ask("SELECT sum(points) FROM ledger_entry")
    with app.app_context():
        version, since = queries.versions()[-1], at - timedelta(days=60)
        found = rules.preview(queries.happened(since, at + timedelta(days=60)), version, version, when, since)
    assert (found.before, found.after) == (total[0], total[0])
    assert (found.more, found.less, found.same) == (0, 0, 3)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"course-points": "1.5"}, "from 0 to 10000"),
        ({"course-points": "-1"}, "from 0 to 10000"),
        ({"course-points": "10001"}, "from 0 to 10000"),
        ({"course-per_hour": "nan"}, "from 0 to 1000"),
        ({"course-per_hour": "1e400"}, "from 0 to 1000"),
        ({"course-cap_day": "٣"}, "from 0 to 100000"),
        ({"course-cap_week": "9" * 500}, "from 0 to 100000"),
        ({"own": "nothing", "own-points": "5"}, "no activity called nothing"),
        ({"own": "a1", "own-points": ""}, "from 0 to 10000"),
    ],
)
def test_a_number_that_cannot_be_is_marked(
    app: Flask, scene: Scene, client_of: Browser, wrong: dict[str, str], said: str
) -> None:
    answer = client_of("leo").post("/admin/rules", data={**FORM, **wrong})
    assert answer.status_code == 422
    assert said in answer.text


def test_strange_requests_are_refused(scene: Scene, client_of: Browser) -> None:
    leo = client_of("leo")
    for form in ({"seen": "x"}, {"step": "jump"}, {"looked": "x" * 100}):
        assert leo.post("/admin/rules", data={**FORM, **form}).status_code == 422


def test_an_activity_has_points_of_its_own(app: Flask, scene: Scene, client_of: Browser) -> None:
    leo = client_of("leo")
    assert '(a2)"' in leo.get("/admin/rules").text
    form = {**FORM, "seen": seen(app), "own": ["a2", "The third (a3)", ""], "own-points": ["9", "40", ""]}
    assert save(leo, form).status_code == 303
    assert sorted(current(app)["activities"].values()) == [9, 40]


def test_of_two_changes_the_second_is_told(app: Flask, scene: Scene, client_of: Browser) -> None:
    leo, form = client_of("leo"), {**FORM, "seen": seen(app)}
    assert save(leo, {**form, "course-points": "11"}).status_code == 303
    answer = save(client_of("dan"), {**form, "course-points": "12"})
    assert answer.status_code == 409
    assert "Look at theirs first" in answer.text
    assert 'value="12"' in answer.text
    assert current(app)["kinds"]["course"]["points"] == 11


def test_of_two_changes_at_once_one_holds(app: Flask, scene: Scene, cast: Cast) -> None:
    version = seen(app)
    wanted = [{"kinds": {"course": {"points": n}}, "activities": {}, "mandatory": False} for n in range(4)]
    answers = at_once(
        app,
        *[
            lambda one=one: actions.change_rules(one, seen=version, by=cast.leo, at=datetime.now(UTC))
            for one in wanted
        ],
    )
    assert sum(isinstance(answer, Conflict) for answer in answers) == 3


def test_the_works_council_reads_the_rules_and_who_changed_them_by_role(
    app: Flask, scene: Scene, client_of: Browser
) -> None:
    save(client_of("leo"), {**FORM, "course-points": "11", "seen": seen(app)})
    page = client_of("cor").get("/admin/rules").text
    assert "L&D" in page
    assert "Leo" not in page
    assert "With the catalogue file" in page
    assert "Save" not in page
    assert "Leo" in client_of("dan").get("/admin/rules").text
    assert client_of("cor").post("/admin/rules", data=FORM).status_code == 403
    with app.app_context():
        assert len(acts("rules:changed")) == 1


@pytest.mark.parametrize("switch", ["points_on", "boards_on"])
def test_points_or_boards_go_for_the_whole_organisation_and_come_back_right(
    app: Flask, scene: Scene, cast: Cast, client_of: Browser, switch: str
) -> None:
    scene.choose(cast.anna, board_choice="named")
    scene.earn(cast.anna)
    dan, anna = client_of("dan"), client_of("anna")
    on = {"points_on": "1", "boards_on": "1"}
    off = {name: value for name, value in on.items() if name != switch}
    assert dan.post("/admin/rules/switches", data=off).status_code == 303
    assert anna.get("/leaderboards").status_code == 404
    assert (anna.get("/receipts").status_code == 200) == (switch == "boards_on")
    scene.earn(cast.anna)
    assert dan.post("/admin/rules/switches", data=on).status_code == 303
    scene.project()
    board = anna.get("/leaderboards")
    assert board.status_code == 200
    assert ">60" in board.text
    with app.app_context():
        told = [entry.detail for entry in acts("organisation:switched")]
    assert told == [{"points_on": True, "boards_on": True}, {name: name != switch for name in on}]


def test_without_rules_the_page_says_so(cast: Cast, client_of: Browser) -> None:
    assert "nothing earns points" in client_of("leo").get("/admin/rules").text
