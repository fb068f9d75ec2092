"""Jobs through their doors: what everybody reads, what HR writes, what the works council sees, and who does not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from app.careers import criteria, queries, targets
from app.db import db, transaction
from tests.app.careers.conftest import TODAY, Act, asked
from tests.app.leaderboards.scene import Scene
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]
Tokens = Callable[[str], dict[str, str]]
Versions = Callable[[str], list[queries.Criteria]]
CRITERION: dict[str, Any] = {
    "text_nl": "Draait", "text_en": "Runs", "skill": "water", "level": "3", "evidence": ["badge", "document"],
    "badges": ["five:2", ""],
}  # fmt: skip
JOB: dict[str, Any] = {
    "family": "operators",
    "level": "2",
    "name_nl": "Baas",
    "name_en": "Boss",
    "known_as": "Boss\nboss",
}


def employ(app: Flask, person_id: int, job: str) -> None:
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE person SET job = :job WHERE id = :id"), {"job": job, "id": person_id})


def test_everybody_reads_what_a_job_asks_its_badges_and_who_may_apply(
    app: Flask, scene: Scene, cast: Cast, client_of: Browser, publish: Act
) -> None:
    publish("senior", asked("Runs a shift", badges={"five": 2}), consented_on=TODAY.replace(day=1))
    employ(app, cast.anna, "operator x")
    anna = client_of("anna")
    page = anna.get("/jobs").text
    assert "What comes next for you" in page
    assert page.index("What comes next for you") < page.index(
        'href="/jobs/senior"', page.index("What comes next")
    )
    page = anna.get("/jobs/senior").text
    assert "Runs a shift" in page
    assert f"Version 1, agreed with the works council on 1 {TODAY:%B %Y}" in page
    assert 'href="/badges/five"' in page
    assert f"/goals/new?skill={scene.id_of('skill', 'water')}&amp;badge=five" in page
    assert "Open until" in anna.get("/jobs").text
    assert "This job is open until" in anna.get("/jobs/leader").text


def test_what_one_has_stands_on_ones_own_page_only(
    scene: Scene, cast: Cast, client_of: Browser, token_of: Tokens, publish: Act
) -> None:
    publish("senior", asked("Runs a shift", badges={"five": 1}))
    scene.earn(cast.anna, 2)
    assert "/b/" in client_of("anna").get("/jobs/senior").text
    for other in ("ben", "mia", "clara", "dan"):
        assert "/b/" not in client_of(other).get("/jobs/senior").text, other
    told = scene.app.test_client().get("/api/v1/jobs/senior/mine", headers=token_of("anna")).json
    assert [piece["kind"] for one in told["criteria"] for piece in one["pieces"]] == ["badge"]
    told = scene.app.test_client().get("/api/v1/jobs/senior/mine", headers=token_of("mia")).json
    assert [one["pieces"] for one in told["criteria"]] == [[]]


def test_no_page_of_a_job_speaks_of_points_ranks_or_a_tally(
    scene: Scene, cast: Cast, client_of: Browser, publish: Act
) -> None:
    publish("senior", asked("Runs a shift", badges={"five": 1}), asked("More"))
    scene.earn(cast.anna, 2)
    main = client_of("anna").get("/jobs/senior").text.split("<main")[1].split("</main>")[0].lower()
    for word in ("point", "rank", "score", "%", " of 2", "<progress"):
        assert word not in main, word


def test_a_draft_is_for_hr_and_the_works_council(
    app: Flask, scene: Scene, cast: Cast, client_of: Browser, token_of: Tokens, act: Act, publish: Act
) -> None:
    publish("senior", asked("Runs a shift"))
    act(criteria.replace_draft, "senior", [asked("A secret so far")], version=None, by=cast.clara)
    for who in ("clara", "cor"):
        page = client_of(who).get("/admin/jobs/senior").text
        assert ("A secret so far" in page, "What changed since version 1" in page) == (True, True), who
    for who in ("anna", "mia", "leo", "dan"):
        client = client_of(who)
        assert client.get("/admin/jobs/senior").status_code == 403
        assert "A secret" not in client.get("/jobs/senior").text
        assert client.get("/jobs/senior/versions/2").status_code == 404
        told = app.test_client().get("/api/v1/jobs/senior/versions", headers=token_of(who)).json
        assert [one["number"] for one in told["versions"]] == [1]
    assert (
        client_of("cor").post("/admin/jobs/senior/publish", data={"consented_on": TODAY}).status_code == 403
    )
    told = app.test_client().get("/api/v1/jobs/senior/versions", headers=token_of("cor")).json
    assert [(one["number"], one["published_at"] is None) for one in told["versions"]] == [
        (2, True),
        (1, False),
    ]


def test_hr_writes_and_publishes_in_the_browser(scene: Scene, client_of: Browser, versions: Versions) -> None:
    clara = client_of("clara")
    assert clara.post("/admin/jobs/senior/draft").status_code == 303
    assert clara.post("/admin/jobs/senior/criteria/new", data=CRITERION).status_code == 303
    assert "Runs" not in client_of("anna").get("/jobs/senior").text
    (draft,) = versions("senior")
    form = {"consented_on": TODAY.isoformat(), "version": draft.version}
    assert clara.post("/admin/jobs/senior/publish", data=form).status_code == 303
    (one,) = versions("senior")[0].items
    assert (one.level, one.evidence, [(badge.slug, badge.tier) for badge in one.badges]) == (
        3, ["badge", "document"], [("five", 2)],
    )  # fmt: skip
    assert "Runs" in client_of("anna").get("/jobs/senior").text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"text_nl": " "}, "in 400 characters or fewer"),
        ({"skill": "nothing"}, "Choose a skill that is there"),
        ({"evidence": []}, "Say what counts as evidence"),
        ({"badges": ["five:9"]}, "Choose badges that can be earned"),
        ({"level": "5"}, "Choose a level"),
    ],
)
def test_a_criterion_that_does_not_fit_comes_back_as_it_was_typed(
    scene: Scene, client_of: Browser, versions: Versions, wrong: dict[str, Any], said: str
) -> None:
    clara = client_of("clara")
    clara.post("/admin/jobs/senior/draft")
    answer = clara.post("/admin/jobs/senior/criteria/new", data={**CRITERION, "text_en": "Typed", **wrong})
    assert answer.status_code == 422
    assert said in answer.text
    assert ">Typed</textarea>" in answer.text
    assert versions("senior")[0].items == []


def test_two_edits_of_one_criterion_show_both(
    scene: Scene, cast: Cast, client_of: Browser, act: Act, versions: Versions
) -> None:
    act(
        criteria.replace_draft,
        "senior",
        [asked("Runs a shift", badges={"five": 1})],
        version=None,
        by=cast.clara,
    )
    (one,) = versions("senior")[0].items
    path, clara = f"/admin/jobs/senior/criteria/{one.key}", client_of("clara")
    theirs = {**CRITERION, "text_en": "Theirs", "version": one.version}
    assert clara.post(path, data=theirs).status_code == 303
    answer = clara.post(path, data={**CRITERION, "text_en": "Mine", "version": one.version})
    assert answer.status_code == 409
    assert "<dd>Theirs</dd>" in answer.text
    assert ">Mine</textarea>" in answer.text
    assert f'name="version" value="{one.version + 1}"' in answer.text, "sent again, mine stands"
    now = {**CRITERION, "evidence": ["document"], "badges": [], "version": one.version}
    told = clara.post(path, data=now).text
    told = told.split('id="theirs-h"')[1].split("</dl>")[0]
    assert "<dd>A badge, A document</dd>" in told, "in words, not as the codes that a form sends"
    assert "five:2" not in told


def test_a_criterion_and_a_draft_are_thrown_away_with_a_second_word(
    scene: Scene, cast: Cast, client_of: Browser, act: Act
) -> None:
    act(criteria.replace_draft, "senior", [asked("Runs a shift")], version=None, by=cast.clara)
    page = client_of("clara").get("/admin/jobs/senior").text
    for word, button in (("Remove<", "Remove it"), ("Let the draft go<", "Let it go for good")):
        fold = page[page.index(f'<summary class="link">{word}') :]
        assert button in fold[: fold.index("</details>")]


def test_an_edit_of_a_draft_that_is_gone_is_told_on_the_job(
    scene: Scene, cast: Cast, client_of: Browser, act: Act, versions: Versions
) -> None:
    act(criteria.replace_draft, "senior", [asked("Runs a shift")], version=None, by=cast.clara)
    (one,) = versions("senior")[0].items
    act(criteria.discard_draft, "senior", version=None, by=cast.clara)
    answer = client_of("clara").post(f"/admin/jobs/senior/criteria/{one.key}", data=CRITERION)
    assert (answer.status_code, "There is no draft any more" in answer.text) == (409, True)


def test_two_edits_of_a_job_show_both(scene: Scene, client_of: Browser, app: Flask) -> None:
    clara = client_of("clara")
    assert clara.post("/admin/jobs/senior/edit", data={**JOB, "version": 1}).status_code == 303
    answer = clara.post("/admin/jobs/senior/edit", data={**JOB, "name_en": "Mine", "version": 1})
    assert (answer.status_code, "<dd>Boss</dd>" in answer.text, 'value="Mine"' in answer.text) == (
        409,
        True,
        True,
    )
    with app.app_context():
        assert queries.job("senior").known_as == ["Boss"]


def test_a_job_is_made_retired_and_put_back(scene: Scene, client_of: Browser) -> None:
    clara, anna = client_of("clara"), client_of("anna")
    assert clara.post("/admin/jobs/new", data=JOB).headers["Location"].endswith("/admin/jobs/boss")
    assert "Boss" in anna.get("/jobs").text
    clara.post("/admin/jobs/boss/edit", data={**JOB, "retired": "1"})
    assert "Boss" not in anna.get("/jobs").text
    assert "not on the list any more" in anna.get("/jobs/boss").text
    clara.post("/admin/jobs/boss/edit", data=JOB)
    assert "Boss" in anna.get("/jobs").text


def test_two_edits_of_a_family_show_both(scene: Scene, client_of: Browser) -> None:
    clara = client_of("clara")
    form = {"name_nl": "Zij", "name_en": "They", "version": 1}
    assert clara.post("/admin/jobs/families/operators", data=form).status_code == 303
    answer = clara.post("/admin/jobs/families/operators", data={**form, "name_en": "Mine"})
    assert (answer.status_code, "<dd>They</dd>" in answer.text) == (409, True)


def test_what_is_not_there_is_not_found(scene: Scene, client_of: Browser, publish: Act) -> None:
    publish("senior", asked("Runs"))
    for path in ("/jobs/nothing", "/jobs/nothing/versions/1", "/jobs/senior/versions/9"):
        assert client_of("anna").get(path).status_code == 404
    key = "11111111-2222-4333-8444-555555555555"
    clara = client_of("clara")
    for path in ("/admin/jobs/nothing", "/admin/jobs/families/nothing", f"/admin/jobs/senior/criteria/{key}"):
        assert clara.get(path).status_code == 404


def test_programs_write_and_publish_a_job(scene: Scene, app: Flask, token_of: Tokens) -> None:
    door, clara = app.test_client(), token_of("clara")
    made = door.post(
        "/api/v1/jobs",
        headers=clara,
        json={"family": "operators", "level": 4, "name": {"nl": "Chef", "en": "Chief"}, "known_as": ["Chef"]},
    )
    assert (made.status_code, made.json["slug"], made.json["open"]) == (201, "chief", False)
    one = {"text": {"nl": "x", "en": "y"}, "skill": "lab", "level": 1, "evidence": ["document"],
           "badges": [{"slug": "five", "tier": 2}]}  # fmt: skip
    draft = door.put("/api/v1/jobs/chief/draft", headers=clara, json={"criteria": [one], "version": 0})
    assert draft.status_code == 200
    stale = door.put("/api/v1/jobs/chief/draft", headers=clara, json={"criteria": [one], "version": 0})
    assert stale.status_code == 409
    day = {
        "consented_on": (TODAY - timedelta(days=1)).isoformat(),
        "version": draft.json["versions"][0]["version"],
    }
    assert door.post("/api/v1/jobs/chief/publication", headers=clara, json=day).status_code == 200
    assert door.post("/api/v1/jobs/chief/publication", headers=clara, json=day).status_code == 409
    told = door.get("/api/v1/jobs/chief", headers=token_of("anna")).json
    assert told["asks"]["criteria"][0]["badges"] == [{"slug": "five", "tier": 2}]
    assert "known_as" not in told
    family = door.post("/api/v1/job-families", headers=clara, json={"name": {"nl": "Lab", "en": "Lab"}}).json
    wrote = {"name": {"nl": "L", "en": "L"}, "version": family["version"]}
    assert door.put("/api/v1/job-families/lab", headers=clara, json=wrote).json["version"] == 2
    assert door.put("/api/v1/job-families/lab", headers=clara, json=wrote).status_code == 409


@pytest.mark.parametrize(
    "path", ["/jobs", "/jobs/senior", "/vision", "/vision/plan", "/jobs/senior/versions/1"]
)
def test_a_page_asks_the_database_no_more_for_more_of_it(
    app: Flask, scene: Scene, cast: Cast, client_of: Browser, publish: Act, act: Act, path: str
) -> None:
    publish("senior", asked("One", badges={"five": 1}))
    anna = client_of("anna")
    anna.get(path)
    few = statements(app, anna, path)
    for slug in ("operator", "leader"):
        publish(slug, *(asked(f"{slug} {n}", badges={"five": 1, "week": 1}) for n in range(6)))
    publish("senior", *(asked(f"New {n}", badges={"five": 1, "week": 1}) for n in range(9)))
    for level in (1, 2, 3):
        values = {
            "skill_id": scene.id_of("skill", "water"),
            "unit_id": cast.water,
            "level": level,
            "people": 5,
        }
        act(targets.set_target, None, {**values, "period": str(TODAY.year)}, version=None, by=cast.leo)
    scene.earn(cast.anna, 5)
    anna.get(path)
    many = statements(app, anna, path)
    assert many <= few + 1, f"{few}, then {many}"
    assert many <= 24


def statements(app: Flask, client: SignedIn, path: str) -> int:
    seen: list[str] = []
    with app.app_context():
        engine = db.engine

    def count(_line: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", count)
    return len(seen)
