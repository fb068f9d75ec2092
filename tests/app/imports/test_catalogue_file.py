"""The catalogue as one file: what is saved loads again without any change, and a difference is seen beforehand."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.errors import Refused
from app.imports import catalogue
from app.outbox import settle
from app.programmes import actions as programmes
from app.programmes import queries as programme_queries
from app.vision import actions as vision
from tests.cast import Cast, SignedIn
from tests.small import START, load

Browser = Callable[[str], SignedIn]
DEMO = Path(__file__).parents[3] / "app" / "demo" / "catalogue.json"
TABLES = (
    "vision_goal",
    "skill",
    "activity",
    "activity_name",
    "point_rules",
    "achievement",
    "achievement_version",
)


def rows() -> list[Any]:
    return [
        list(db.session.execute(text(f"SELECT CAST(t AS text) FROM {table} t ORDER BY 1")))
        for table in TABLES
    ]


def put(document: object) -> Any:
    with transaction():
        done = catalogue.load(document, at=START)
        settle(START)
        return done


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_the_demo_s_catalogue_goes_out_and_in_without_any_change(app: Flask, form: str) -> None:
    with app.app_context():
        put(json.loads(DEMO.read_text()))
        before = rows()
        saved = catalogue.as_text(catalogue.written(), form)
        done = put(catalogue.read_document(saved.encode()))
        assert (done.rules_changed, done.changed) == (False, [])
        assert rows() == before
        assert catalogue.as_text(catalogue.written(), form) == saved


def test_what_was_edited_in_the_browser_goes_out_and_in_too(app: Flask, client_of: Browser) -> None:
    with app.app_context():
        load()
    leo = client_of("leo")
    leo.post("/admin/goals/new", data={"name_nl": "Ooit: “veilig”", "name_en": "Some day: - safe # really"})
    skill = {
        "name_nl": "Ja",
        "name_en": "Yes",
        "enamel": "data",
        "parent": "water",
        "goal": "some-day-safe-really",
    }
    leo.post(
        "/admin/skills/new", data={**skill, "levels_nl": "1\n2", "levels_en": "1e3\nnull", "retired": "1"}
    )
    activity = {"title_nl": "no", "title_en": "0x1F", "kind": "course", "hours": "0.25", "skills": "yes"}
    leo.post("/admin/catalogue/new", data={**activity, "known_as": "2026-01-01\n~", "place": "12:30:00"})
    leo.post("/admin/catalogue/a1/state", data={"state": "retired"})
    with app.app_context():
        before = rows()
        for form in ("yaml", "json"):
            put(catalogue.read_document(catalogue.as_text(catalogue.written(), form).encode()))
            assert rows() == before


def test_the_commands_save_and_load(app: Flask, cast: Cast, tmp_path: Path) -> None:
    run = app.test_cli_runner().invoke
    demo, saved = str(DEMO), tmp_path / "catalogue.yaml"
    assert run(args=["catalogue", "load", demo]).exit_code == 0
    told = run(args=["catalogue", "save", str(saved)])
    assert told.output == f"25 skills, 40 activities, 21 badges written to {saved}.\n"
    again = run(args=["catalogue", "load", str(saved)])
    assert again.output == "25 skills, 40 activities; badges in a new version: none.\n"
    assert run(args=["catalogue", "save", str(tmp_path / "no" / "c.json")]).exit_code == 1
    broken = tmp_path / "broken.yml"
    broken.write_text("skills: [")
    assert "neither YAML nor JSON from line" in run(args=["catalogue", "load", str(broken)]).output


LAUGHS = "a: &a [x, x]\nb: &b [*a, *a]\n"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "A catalogue has"),
        (b"- 1", "A catalogue has"),
        (b"{}}", "stops being JSON"),
        (b"skills: []\nskills: []", "Line 2: 'skills' stands there twice"),
        (b'{"skills": [], "skills": []}', "comes twice"),
        (LAUGHS.encode(), "no aliases"),
        (b"[" * 100_000, "30 deep"),
        (b"x: " + b"[" * 1000, "nesting depth"),
        (b"- " * 2000 + b"x", "deep"),
        (b"skills: !!python/object/apply:os.system ['true']", "could not determine a constructor"),
        (b"vision: 2026-01-01", "between quotes"),
        (b"no: 1", "between quotes where needed"),
        (b"? [a]\n: 1", "names as text"),
        (b"vision: .nan", "finite"),
        (b"vision: 99999999999999999999999", "whole numbers"),
        (b'vision: "\\0"', "no text"),
        (b'vision: "\\uD800"', "YAML"),
        (b"\xff\xfe", "UTF-8"),
        (b"vision: \x07", "neither YAML nor JSON"),
        (b"points: {kinds: []}", "must be objects"),
        (b"points: {kinds: {course: {points: 1.5}}}", "whole number"),
        (b"badges: {}", "must be a list"),
        (b"badges: [{slug: a, name: {nl: a, en: a}, summary: {nl: a, en: a}, kind: course, glyph: drop, skill: [],"
         b" tiers: [1]}]", "there is no skill"),
        (b"activities: [{slug: a}]", "kind is missing"),
        (b"colours: []", "nothing else"),
    ],
    ids=range(25),
)  # fmt: skip
def test_a_file_that_does_not_fit_is_refused_with_the_place_and_changes_nothing(
    app: Flask, raw: bytes, said: str
) -> None:
    with app.app_context():
        before = rows()
        with pytest.raises(Refused) as no:
            put(catalogue.read_document(raw))
        assert said in str(no.value.message), str(no.value.message)
        assert rows() == before


def test_a_huge_file_is_not_even_read(app: Flask) -> None:
    with pytest.raises(Refused, match="at most 4 MB"):
        catalogue.read_document(b"x" * (catalogue.MOST_BYTES + 1))


def send(browser: SignedIn, document: Any) -> Any:
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    data = {"file": (io.BytesIO(raw), "catalogue.json")}
    return browser.post("/admin/catalogue-file", data=data, content_type="multipart/form-data")


def digest_in(page: str) -> str:
    return page.partition('name="digest" value="')[2].partition('"')[0]


def test_the_difference_is_seen_before_anything_is_done(app: Flask, client_of: Browser) -> None:
    with app.app_context():
        load()
        before, document = rows(), catalogue.written()
    leo = client_of("leo")
    document["activities"][0]["hours"] = 7
    document["skills"].append({**document["skills"][0], "slug": "brand-new"})
    page = send(leo, document).text
    assert "<b>brand-new</b> is new" in page
    assert f"<b>{document['activities'][0]['slug']}</b> changes: hours" in page
    with app.app_context():
        assert rows() == before
    done = leo.post("/admin/catalogue-file/load", data={"digest": digest_in(page)})
    assert done.status_code == 303
    with app.app_context():
        assert catalogue.written() == {**document, "activities": catalogue.written()["activities"]}
        assert rows() != before
    gone = leo.post("/admin/catalogue-file/load", data={"digest": digest_in(page)})
    assert gone.status_code == 409
    assert "Nothing: everything is as the file says already." in send(leo, document).text


def test_a_broken_upload_says_what_to_do(client_of: Browser) -> None:
    leo = client_of("leo")
    answer = send(leo, b"skills: [")
    assert answer.status_code == 422
    assert "neither YAML nor JSON" in answer.text
    assert leo.post("/admin/catalogue-file", data={}).status_code == 422


def test_the_file_is_taken_down_in_both_forms(app: Flask, client_of: Browser) -> None:
    with app.app_context():
        load()
        document = catalogue.written()
    leo = client_of("leo")
    for form in ("yaml", "json"):
        answer = leo.get(f"/admin/catalogue-file/download?form={form}")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="catalogue.{form}"'
        assert catalogue.read_document(answer.data) == document


def test_a_file_without_points_leaves_the_rules_as_they_are(app: Flask, cast: Cast) -> None:
    with app.app_context():
        load()
        rules = catalogue.written()["points"]
        put({"skills": []})
        assert catalogue.written()["points"] == rules


# To start with ----------------------------------------------------------------------------------------------


def test_the_starter_has_twelve_badges_and_rules_that_load(app: Flask, cast: Cast) -> None:
    starter: Any = catalogue.read_document((DEMO.parents[1] / "imports" / "starter.yaml").read_bytes())
    with app.app_context():
        assert len(put(starter).changed) == 12


def test_nothing_of_the_starter_counts_until_it_is_ticked(app: Flask, client_of: Browser) -> None:
    leo = client_of("leo")
    assert "First step" in leo.get("/admin/catalogue-file/starter").text
    with app.app_context():
        assert catalogue.written()["badges"] == []
    assert leo.post("/admin/catalogue-file/starter").status_code == 422
    ticked = {"badges": ["start-first-step", "start-open-book", "unknown"]}
    assert leo.post("/admin/catalogue-file/starter", data=ticked).status_code == 303
    with app.app_context():
        assert [badge["slug"] for badge in catalogue.written()["badges"]] == [
            "start-first-step",
            "start-open-book",
        ]
        assert "points" not in catalogue.written()
    assert leo.post("/admin/catalogue-file/starter", data={"rules": "1"}).status_code == 303
    page = leo.get("/admin/catalogue-file/starter").text
    assert page.count("Is there") == 2
    with app.app_context():
        assert catalogue.written()["points"]["kinds"]["course"]["points"] == 10
    assert "First step" in client_of("anna").get("/album").text


def test_a_file_that_names_them_in_order_keeps_their_places(app: Flask, cast: Cast) -> None:
    with app.app_context():
        load()
        before = rows()
        document = catalogue.written()
        with transaction():
            vision.load([], document["skills"][2:])
        assert rows() == before


# Programmes -------------------------------------------------------------------------------------------------

BOTH = {"nl": "Van lab tot kraan", "en": "From lab to tap"}
PROGRAMME = {
    "slug": "lab-to-tap", "title": BOTH, "summary": BOTH, "skill": "water", "badge": None,
    "parts": [{"need": 1, "activities": ["a1"]}, {"need": 2, "activities": ["a2", "a3", "a4"]}],
}  # fmt: skip
OF_PROGRAMMES = ("programme", "programme_part")


def programme_rows() -> list[Any]:
    return [
        list(db.session.execute(text(f"SELECT CAST(t AS text) FROM {table} t ORDER BY 1")))
        for table in OF_PROGRAMMES
    ]


def test_programmes_come_from_the_file_and_go_into_it_without_any_change(app: Flask, cast: Cast) -> None:
    retired = {**PROGRAMME, "slug": "old-way", "state": "retired", "skill": None}
    with app.app_context():
        load()
        assert "programmes" not in catalogue.written()
        assert put({"programmes": [PROGRAMME, retired]}).programmes == ["lab-to-tap", "old-way"]
        before = programme_rows()
        for form in ("yaml", "json"):
            saved = catalogue.as_text(catalogue.written(), form)
            assert put(catalogue.read_document(saved.encode())).programmes == []
            assert programme_rows() == before
            assert catalogue.as_text(catalogue.written(), form) == saved
        found = {one["slug"]: one for one in catalogue.written()["programmes"]}
        assert found == {"lab-to-tap": PROGRAMME, "old-way": retired}
        assert put({"skills": []}).programmes == [], "what the file does not name stays"
        assert programme_rows() == before


def test_other_parts_from_the_file_are_a_new_form_by_which_followers_go_on(app: Flask, cast: Cast) -> None:
    with app.app_context():
        load()
        put({"programmes": [PROGRAMME]})
    with app.app_context():
        with transaction():
            programmes.follow([("lab-to-tap", cast.anna)], at=START)
            settle(START)
        other = {**PROGRAMME, "parts": PROGRAMME["parts"][:1]}
        assert put({"programmes": [other]}).programmes == ["lab-to-tap"]
        with transaction():
            settle(START)
        assert [tuple(row) for row in db.session.execute(text("SELECT form, state FROM programme"))] == [
            (2, "published")
        ]
        told = db.session.scalar(text("SELECT count(*) FROM outbox WHERE event = 'ProgrammeChanged'"))
        assert told, "the worker looks who is through"
        assert programme_queries.one("lab-to-tap", cast.anna).total == 1


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"parts": [{"need": 1, "activities": ["no-such"]}]}, "no activity called no-such"),
        ({"skill": "no-such"}, "no skill called no-such"),
        ({"parts": [{"need": 2, "activities": ["a1"]}]}, "asks no more than it names"),
        ({"parts": [{"need": 1, "activities": ["a1"]}] * 2}, "each activity stands once"),
        ({"parts": []}, "one to twelve parts"),
        ({"parts": [{"need": True, "activities": ["a1"]}]}, "one to twelve parts"),
        ({"parts": [{"need": 1}]}, "one to twelve parts"),
        ({"title": {"nl": "Ja"}}, "texts in nl and en"),
        ({"state": "draft"}, "published or retired"),
        ({"colour": "blue"}, "colour is not known here"),
    ],
    ids=range(10),
)
def test_a_programme_that_cannot_be_is_refused_with_its_place_and_nothing_is_loaded(
    app: Flask, cast: Cast, other: dict[str, Any], said: str
) -> None:
    with app.app_context():
        load()
        with pytest.raises(Refused) as no:
            put({"programmes": [PROGRAMME | {"slug": "first"}, {**PROGRAMME, **other}]})
        assert said in str(no.value.message)
        assert "programmes, lab-to-tap" in str(no.value.message)
        assert programme_rows() == [[], []]


def test_learning_sees_what_a_file_changes_in_programmes_before_it_is_loaded(
    app: Flask, client_of: Browser
) -> None:
    with app.app_context():
        load()
    raw = json.dumps({"programmes": [PROGRAMME]}).encode()
    for name in ("anna", "mia", "clara", "dan"):
        sent = {"file": (io.BytesIO(raw), "c.json")}
        assert client_of(name).post("/admin/catalogue-file", data=sent).status_code == 403, name
    leo = client_of("leo")
    page = leo.post("/admin/catalogue-file", data={"file": (io.BytesIO(raw), "c.json")}).text
    assert "<b>lab-to-tap</b> is new" in page
    with app.app_context():
        assert programme_rows() == [[], []]
    digest = page.split('name="digest" value="')[1][:64]
    assert leo.post("/admin/catalogue-file/load", data={"digest": digest}).status_code == 303
    assert "From lab to tap" in leo.get("/programmes").text
    assert "lab-to-tap" in leo.get("/admin/catalogue-file/download").text
