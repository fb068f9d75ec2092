"""Why we learn: the map with its holes, its targets, and a year's plan; of fewer than five nothing is said."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.careers import counted, targets
from app.careers import map as vision_map
from app.careers.rules import last_day, periods
from app.db import db, transaction
from app.errors import Conflict, Refused
from app.goals import actions as goals
from app.goals.actions import Setting
from app.goals.rules import NewGoal
from tests.app.careers.conftest import TODAY, Act, asked
from tests.app.leaderboards.scene import Scene, now
from tests.app.test_batches import counting
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]
Tokens = Callable[[str], dict[str, str]]
pytestmark = pytest.mark.usefixtures("counted_anew")
WHY = {"nl": "Omdat het water wacht.", "en": "Because the water waits."}


def the_map(app: Flask, *, whole: bool = False) -> vision_map.Map:
    with app.app_context():
        return vision_map.the_map(whole=whole, today=TODAY)


def of(found: vision_map.Map, goal: str, skill: str) -> vision_map.OfSkill:
    (one,) = [one for one in found.goals if one.row is not None and one.row.slug == goal]
    return next(item for item in one.skills if item.row.slug == skill)


def target(scene: Scene, cast: Cast, act: Act, **more: Any) -> int:
    values = {"skill_id": scene.id_of("skill", "water"), "unit_id": None, "level": 1, "people": 9,
              "period": str(TODAY.year), **more}  # fmt: skip
    target_id: int = act(targets.set_target, None, values, version=None, by=cast.leo)
    return target_id


def test_goals_lead_to_skills_badges_learning_and_jobs(app: Flask, scene: Scene, publish: Act) -> None:
    publish("senior", asked("Water", level=2), asked("Water too", level=3), asked("Lab", "lab", level=1))
    with app.app_context(), transaction():
        db.session.execute(
            text("UPDATE activity SET skills = (SELECT ARRAY[id] FROM skill WHERE slug = 'lab')")
        )
    found = the_map(app)
    water, lab = of(found, "trust", "water"), of(found, "trust", "lab")
    assert [badge.slug for badge in water.badges] == ["five"]
    assert [(job.slug, job.level) for job in water.jobs] == [("senior", 3)], "the highest level that is asked"
    assert [(job.slug, job.level) for job in lab.jobs] == [("senior", 1)]
    assert (water.activities, lab.activities) == (0, 9)


def test_the_holes_are_goals_without_a_badge_and_badges_without_a_goal(app: Flask, scene: Scene) -> None:
    holes = the_map(app).holes
    assert [row.slug for row in holes.goals] == ["safe"]
    assert "five" not in [badge.slug for badge in holes.badges]
    assert "week" in [badge.slug for badge in holes.badges]
    assert (holes.nobody, holes.one) == (None, None)


def test_skills_that_nobody_or_one_shows_are_for_those_who_can_do_something_about_it(
    app: Flask, scene: Scene, cast: Cast, client_of: Browser, token_of: Tokens
) -> None:
    scene.earn(cast.anna, 2)
    holes = the_map(app, whole=True).holes
    assert [row.slug for row in holes.one or ()] == ["water"]
    assert {row.slug for row in holes.nobody or ()} == {"lab", "pumps", "people", "data"}
    for who, sees in {
        "leo": True,
        "clara": True,
        "mia": True,
        "anna": False,
        "dan": False,
        "cor": False,
    }.items():
        assert ("Skills that only one colleague shows" in client_of(who).get("/vision").text) == sees, who
        told = app.test_client().get("/api/v1/vision", headers=token_of(who)).json["holes"]
        assert (told["one"] == ["water"], told["nobody"] is None) == (sees, not sees), who
    assert "Anna" not in client_of("mia").get("/vision").text.split("<main")[1], "nobody is named"


def test_of_fewer_than_five_nothing_is_said(app: Flask, scene: Scene, cast: Cast, client_of: Browser) -> None:
    people = scene.hire(5)
    for person in people[:4]:
        scene.earn(person, 2)
    assert of(the_map(app), "trust", "water").holders is None
    assert "Fewer than five colleagues show it" in client_of("anna").get("/vision").text
    scene.earn(people[4], 2)
    assert of(the_map(app), "trust", "water").holders == 5
    assert "5 colleagues show it" in client_of("anna").get("/vision").text


@pytest.mark.parametrize(
    "gone",
    [
        "UPDATE person SET board_choice = 'out' WHERE id = :id",
        "UPDATE person SET active = false WHERE id = :id",
        "UPDATE award SET visible = 'me' WHERE person_id = :id",
    ],
)
def test_who_is_out_of_counts_is_in_none(app: Flask, scene: Scene, cast: Cast, act: Act, gone: str) -> None:
    people = scene.hire(5)
    for person in people:
        scene.earn(person, 2)
    target(scene, cast, act)
    assert the_map(app).goals[0].targets[0].far == 5
    with app.app_context(), transaction():
        db.session.execute(text(gone), {"id": people[0]})
    found = the_map(app)
    assert (of(found, "trust", "water").holders, found.goals[0].targets[0].far) == (None, None)


def test_people_are_counted_once_in_some_minutes_and_who_goes_is_gone_at_once(
    app: Flask, scene: Scene, cast: Cast, act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = scene.hire(6)
    for person in people[:5]:
        scene.earn(person, 2)
    target(scene, cast, act, unit_id=cast.north)
    assert (of(the_map(app), "trust", "water").holders, the_map(app).goals[0].targets[0].far) == (5, 5)
    monkeypatch.setattr(counted, "KEPT_FOR", 300)
    scene.earn(people[5], 2)
    assert of(the_map(app), "trust", "water").holders == 5, "as it was counted"
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE award SET visible = 'me' WHERE person_id = :id"), {"id": people[0]})
    assert of(the_map(app), "trust", "water").holders == 5, "counted anew, without who hid it"
    target(scene, cast, act, level=3)
    assert {one.level: one.far for one in the_map(app).goals[0].targets} == {1: 5, 3: None}, (
        "a target is there at once"
    )
    with app.app_context(), transaction():
        db.session.execute(
            text("UPDATE person SET team_id = :desk WHERE id = :id"), {"id": people[1], "desk": cast.desk}
        )
        db.session.execute(
            text("INSERT INTO membership (person_id, team_id, since) VALUES (:id, :desk, now())"),
            {"id": people[1], "desk": cast.desk},
        )
    assert the_map(app).goals[0].targets[0].far is None, "who went to another team is not of this one"


def test_the_map_takes_as_many_statements_for_many_people_and_targets_as_for_few(
    app: Flask, scene: Scene, cast: Cast, act: Act
) -> None:
    def sent() -> int:
        with app.app_context(), counting() as statements:
            vision_map.the_map(whole=True, today=TODAY)
        return len(statements)

    target(scene, cast, act)
    sent()  # what each process reads once
    few = sent()
    for person in scene.hire(40):
        scene.earn(person, 2)
    for level in (2, 3):
        target(scene, cast, act, level=level, unit_id=cast.north)
    assert sent() == few


def test_personal_goals_are_counted_from_five_people_on(
    app: Flask, scene: Scene, cast: Cast, act: Act
) -> None:
    water, trust = scene.id_of("skill", "water"), scene.id_of("vision_goal", "trust")
    people = [*scene.hire(4), cast.anna]
    for number, person in enumerate(people):
        aim = {"skill_id": water} if number % 2 else {"vision_goal_id": trust}
        new = NewGoal(title="Read lab results", lang="en", proof_words="I did.", **aim)
        act(goals.set_goals, [Setting(person_id=person, goal=new)])
        assert the_map(app).goals[0].aims == (5 if number == 4 else None)
    more = NewGoal(title="One more", lang="en", proof_words="I did.", skill_id=water)
    act(goals.set_goals, [Setting(person_id=cast.anna, goal=more)])
    assert the_map(app).goals[0].aims == 5, "people, not goals"


def test_how_far_a_target_is_is_said_per_unit_and_level(
    app: Flask, scene: Scene, cast: Cast, act: Act
) -> None:
    people = scene.hire(6)
    for person in people:
        scene.earn(person, 5)
    for level, unit in ((1, cast.north), (2, cast.water), (3, cast.water), (1, cast.desk)):
        target(scene, cast, act, level=level, unit_id=unit)
    found = {(one.unit, one.level): (one.far, one.small) for one in the_map(app).goals[0].targets}
    assert found[("North", 1)] == (6, False)
    assert found[("Water", 2)] == (6, False)
    assert found[("Water", 3)] == (None, False)
    assert found[("Desk", 1)] == (None, True), "a team of fewer than five"


def test_a_target_that_is_past_is_not_on_the_map(app: Flask, scene: Scene, cast: Cast, act: Act) -> None:
    target(scene, cast, act, period=str(TODAY.year - 1))
    assert the_map(app).goals[0].targets == []
    with app.app_context():
        assert len(vision_map.targets(TODAY, past=True)) == 1


@pytest.mark.parametrize(("period", "day"), [("2027", (12, 31)), ("2027-Q1", (3, 31)), ("2027-Q2", (6, 30))])
def test_a_period_runs_until_its_last_day(period: str, day: tuple[int, int]) -> None:
    assert last_day(period) == date(2027, *day)
    assert period in periods(2027)


@pytest.mark.parametrize(
    "wrong", [{"skill_id": 9_000_000}, {"unit_id": 9_000_000}, {"period": "2027-Q5"}, {"period": "soon"}]
)
def test_a_target_that_does_not_fit_is_refused(
    scene: Scene, cast: Cast, act: Act, wrong: dict[str, Any]
) -> None:
    with pytest.raises(Refused):
        target(scene, cast, act, **wrong)


def test_one_target_per_skill_unit_level_and_period(scene: Scene, cast: Cast, act: Act) -> None:
    target(scene, cast, act)
    with pytest.raises(Refused, match="already"):
        target(scene, cast, act, people=12)


def test_learning_and_hr_set_change_and_remove_targets(
    app: Flask, scene: Scene, client_of: Browser, token_of: Tokens
) -> None:
    form = {"skill_id": scene.id_of("skill", "water"), "level": 2, "people": 7, "period": str(TODAY.year)}
    assert client_of("leo").post("/admin/vision/targets/new", data=form).status_code == 303
    (found,) = the_map(app).goals[0].targets
    path = f"/admin/vision/targets/{found.id}"
    clara = client_of("clara")
    assert clara.post(path, data={**form, "people": 8, "version": 1}).status_code == 303
    late = clara.post(path, data={**form, "people": 9, "version": 1})
    assert (late.status_code, "<dd>8</dd>" in late.text, 'value="9"' in late.text) == (409, True, True)
    assert clara.post(f"{path}/remove", data={"version": 1}).status_code == 409
    assert clara.post(f"{path}/remove", data={"version": 2}).status_code == 303
    assert the_map(app).goals[0].targets == []
    for who in ("anna", "mia", "dan", "cor"):
        assert client_of(who).post("/admin/vision/targets/new", data=form).status_code == 403
    door, leo = app.test_client(), token_of("leo")
    made = door.post("/api/v1/vision/targets", headers=leo, json=form).json
    path = f"/api/v1/vision/targets/{made['id']}"
    assert door.put(path, headers=leo, json={**form, "people": 3, "version": 1}).json["people"] == 3
    assert door.put(path, headers=leo, json={**form, "version": 1}).status_code == 409
    assert door.delete(path, headers=leo).status_code == 204
    assert door.delete(path, headers=leo).status_code == 404


def test_why_we_learn_is_written_by_learning_or_hr_and_two_at_once_see_both(
    app: Flask, scene: Scene, cast: Cast, client_of: Browser, act: Act
) -> None:
    assert client_of("leo").post("/admin/vision/text", data={**WHY, "version": 0}).status_code == 303
    assert WHY["en"] in client_of("anna").get("/vision").text
    late = client_of("clara").post("/admin/vision/text", data={**WHY, "en": "Mine", "version": 0})
    assert (late.status_code, f"<dd>{WHY['en']}</dd>" in late.text, ">Mine</textarea>" in late.text) == (
        409,
        True,
        True,
    )
    assert client_of("anna").post("/admin/vision/text", data={**WHY, "version": 1}).status_code == 403
    with pytest.raises(Conflict):
        act(targets.write_vision_text, WHY, version=0, by=cast.leo)
    assert (
        client_of("leo").post("/admin/vision/text", data={"nl": " ", "en": "x", "version": 1}).status_code
        == 422
    )


def test_the_plan_of_a_year_has_its_targets_dates_and_programmes(
    app: Flask, scene: Scene, cast: Cast, client_of: Browser, act: Act
) -> None:
    year = TODAY.year + 1
    target(scene, cast, act, period=f"{year}-Q2", people=41)
    target(scene, cast, act, period=str(TODAY.year), people=77)
    with app.app_context(), transaction():
        run = db.session.execute
        run(
            text(
                "UPDATE activity SET skills = (SELECT ARRAY[id] FROM skill WHERE slug = 'lab') WHERE slug = 'a1'"
            )
        )
        for slug, month, cancelled in (("a1", 3, False), ("a1", 4, True), ("a2", 5, False)):
            at = now().replace(year=year, month=month, day=12, hour=9)
            run(
                text("INSERT INTO activity_date (activity_id, starts_at, ends_at, created_at, cancelled_at)"
                     " SELECT id, :at, :at, :at, CASE WHEN :gone THEN :at END FROM activity WHERE slug = :slug"),
                {"slug": slug, "at": at, "gone": cancelled},
            )  # fmt: skip
    page = client_of("anna").get(f"/vision/plan?year={year}").text.split("<main")[1]
    assert ("41 colleagues" in page, "77 colleagues" in page) == (True, False)
    assert ("12 March" in page, "12 April" in page) == (True, False)
    assert page.index("Besides our goals") < page.index("12 May"), "it serves no goal"
    assert client_of("anna").get("/vision/plan?year=99").status_code == 422


def test_an_empty_house_has_an_empty_map(app: Flask, cast: Cast, client_of: Browser) -> None:
    for path in ("/vision", "/vision/plan", "/jobs"):
        assert client_of("anna").get(path).status_code == 200
    assert "Write it" in client_of("leo").get("/vision").text


def test_what_most_skills_share_is_said_once(app: Flask, scene: Scene, client_of: Browser) -> None:
    """Levels and small numbers of holders once stood at each skill: 846 elements in the demo, now about 700."""
    levels = '[{"nl": "Kent het", "en": "Knows it"}, {"nl": "Doet het", "en": "Does it"}]'
    own = '[{"nl": "Ziet het", "en": "Sees it"}]'
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE skill SET levels = CAST(:levels AS jsonb)"), {"levels": levels})
        one = "UPDATE skill SET levels = CAST(:own AS jsonb) WHERE id = (SELECT max(id) FROM skill)"
        db.session.execute(text(one), {"own": own})
    page = client_of("anna").get("/vision").text
    assert page.count("Knows it") == 1
    assert "The levels of most skills:" in page
    assert page.count("Sees it") == 1
    assert page.count("Fewer than five colleagues show it") == 1
