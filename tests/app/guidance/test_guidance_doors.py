"""Pages and API, and who sees what two do together: they alone, and a manager with whom the learner shares it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app import worker
from app.db import db, transaction
from app.guidance import actions
from tests.app.activities.scene import Catalogue, counting
from tests.app.guidance.scene import NOW, do, record, running
from tests.cast import Cast, SignedIn
from tests.each import each

Browser = Callable[[str], SignedIn]
Headers = Callable[[str], dict[str, str]]
SECRET = "To stay calm"
START = (datetime.now(UTC) - timedelta(days=2)).replace(microsecond=0, second=0)


@pytest.fixture
def made(app: Flask, cast: Cast, catalogue: Catalogue) -> int:
    with app.app_context():
        return running(cast.anna, cast.ben, catalogue)


def test_asked_answered_met_confirmed_and_finished_by_forms_alone(
    client_of: Browser, catalogue: Catalogue
) -> None:
    anna, ben = client_of("anna"), client_of("ben")
    form = {"who": "Ben (ben)", "kind": "coaching", "side": "learner", "purpose": SECRET}
    assert anna.post("/guidance/new", data=form).status_code == 422
    there = anna.post("/guidance/new", data={**form, "skills": [catalogue.safety]}).location
    assert "asks you to guide them" in ben.get(there).text
    ben.post(f"{there}/answer", data={"answer": "yes", "words": "Gladly"})
    sent = {"starts_at": f"{START:%Y-%m-%dT%H:%M}", "minutes": 90, "subject": "Feedback"}
    assert anna.post(f"{there}/meetings", data=sent).status_code == 303
    assert "meeting with a colleague waits for you" in ben.get("/confirmations").text
    (meeting,) = _numbers(ben.get(there).text, f"{there}/meetings/")
    assert anna.post(f"{there}/meetings/{meeting}", data={"decision": "confirm"}).status_code == 422
    assert ben.post(f"{there}/meetings/{meeting}", data={"decision": "confirm"}).status_code == 303
    for one in (anna, ben):
        assert one.post(f"{there}/end", data={"how": "finish"}).status_code == 303
    assert "It stands among what you learned" in anna.get(there).text
    assert "Coaching: Safety" in anna.get("/log").text


def _numbers(page: str, before: str) -> list[str]:
    return sorted({part.split('"')[0] for part in page.split(f'"{before}')[1:]})


@each("name", ["mia", "eve", "leo", "clara", "cor", "dan"])
def test_nobody_else_sees_it_by_page_api_search_or_profile(
    client_of: Browser, token_of: Headers, app: Flask, made: int, name: str
) -> None:
    other = client_of(name)
    assert other.get(f"/guidance/{made}").status_code == 404
    for path in (
        "/guidance",
        "/guidance/mine",
        "/people/anna",
        "/people/ben",
        "/search?q=calm",
        "/confirmations",
    ):
        text = other.get(path).text
        assert SECRET not in text, path
        assert f"/guidance/{made}" not in text, path
    program: FlaskClient = app.test_client()
    assert program.get(f"/api/v1/guidance/{made}", headers=token_of(name)).status_code == 404
    assert program.get("/api/v1/guidance", headers=token_of(name)).json == {
        "guidance": [], "shared": [], "asked": 0, "to_confirm": 0,
    }  # fmt: skip


def test_a_manager_sees_that_it_is_there_when_the_learner_shares_it_and_no_more(
    client_of: Browser, token_of: Headers, app: Flask, made: int
) -> None:
    mia = client_of("mia")
    assert client_of("ben").post(f"/guidance/{made}/sharing", data={"shared": 1}).status_code == 404
    client_of("anna").post(f"/guidance/{made}/sharing", data={"shared": 1})
    page = mia.get(f"/guidance/{made}").text
    assert "Ben" in page
    assert SECRET not in page
    assert f"/guidance/{made}" in mia.get("/guidance/mine").text
    told = app.test_client().get(f"/api/v1/guidance/{made}", headers=token_of("mia")).json
    assert told is not None
    assert (told["purpose"], told["meetings"], told["words"]) == (None, None, None)
    for path, form in (
        ("end", {"how": "stop"}),
        ("plan", {}),
        ("meetings", {"minutes": 60, "starts_at": "2026-11-20T10:00"}),
    ):
        assert mia.post(f"/guidance/{made}/{path}", data=form).status_code == 404
    for name in ("eve", "leo", "clara", "dan"):
        assert client_of(name).get(f"/guidance/{made}").status_code == 404
    client_of("anna").post(f"/guidance/{made}/sharing", data={"shared": 0})
    assert mia.get(f"/guidance/{made}").status_code == 404


def test_a_program_records_and_confirms_as_its_person(
    app: Flask, token_of: Headers, made: int, cast: Cast
) -> None:
    program, path = app.test_client(), f"/api/v1/guidance/{made}"
    sent = {"starts_at": START.isoformat(), "minutes": 60}
    told = program.post(f"{path}/meetings", json=sent, headers=token_of("ben")).json
    assert told is not None
    (meeting,) = told["meetings"]
    assert (meeting["state"], meeting["recorded_by"]) == ("waiting", cast.ben)
    decide = f"{path}/meetings/{meeting['id']}/decision"
    assert program.post(decide, json={"decision": "confirm"}, headers=token_of("ben")).status_code == 422
    done = program.post(decide, json={"decision": "confirm"}, headers=token_of("anna")).json
    assert done is not None
    assert (done["meetings"][0]["counted"], done["minutes"]) == (60, 60)
    again = program.post(decide, json={"decision": "confirm"}, headers=token_of("anna"))
    assert again.status_code == 409


def test_who_can_help_stands_on_profile_activity_and_page(
    app: Flask, client_of: Browser, cast: Cast, catalogue: Catalogue
) -> None:
    form = {"kinds": ["coaching"], "skills": [catalogue.safety], "line": "Ask me", "guests": 1, "open": "1"}
    ben, anna = client_of("ben"), client_of("anna")
    assert ben.post("/guidance/offer", data={**form, "skills": []}).status_code == 422
    assert ben.post("/guidance/offer", data=form).status_code == 303
    for path in ("/people/ben", "/guidance?skill=safety&q=ask", "/learn/gas"):
        assert "/guidance/new?with=ben" in anna.get(path).text, path
    ben.post("/guidance/offer", data={**form, "open": ""})
    for path in ("/guidance", "/learn/gas"):
        assert "/guidance/new?with=ben" not in anna.get(path).text, path
    assert "Ask me" not in anna.get("/people/ben").text
    assert "Closed: only you see it" in ben.get("/people/ben").text


def test_ld_brings_a_pair_together_by_forms(client_of: Browser, catalogue: Catalogue, cast: Cast) -> None:
    leo, anna, eve = client_of("leo"), client_of("anna"), client_of("eve")
    form = {"name_nl": "Kijk", "name_en": "Look again", "starts_on": "2026-01-01", "ends_on": "2099-01-01",
            "most": 2, "open": "1"}  # fmt: skip
    there = leo.post("/admin/mentoring/new", data=form).location
    path = there.removeprefix("/admin")
    for who, role in ((anna, "mentee"), (eve, "mentor")):
        told = {"role": role, "skills": [catalogue.safety], "wish": "To look"}
        assert who.post(f"{path}/place", data=told).status_code == 303
    assert "Propose Eve" in leo.get(there).text
    leo.post(f"{there}/pairs", data={"mentor_id": cast.eve, "mentee_id": cast.anna})
    (pair,) = _numbers(anna.get("/mentoring").text, "/mentoring/pairs/")
    assert client_of("ben").post(f"/mentoring/pairs/{pair}", data={"answer": "yes"}).status_code == 404
    anna.post(f"/mentoring/pairs/{pair}", data={"answer": "yes"})
    begun = eve.post(f"/mentoring/pairs/{pair}", data={"answer": "yes"}).location
    assert "Look again" in anna.get(begun).text
    assert leo.get(begun).status_code == 404
    assert "From five pairs on" in leo.get(there).text


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/guidance", 7),
        ("/guidance/mine", 8),
        ("/guidance/{made}", 9),
        ("/mentoring", 6),
        ("/guidance/new", 6),
    ],
)
def test_more_to_show_is_no_more_to_ask(
    app: Flask, client_of: Browser, cast: Cast, catalogue: Catalogue, made: int, path: str, most: int
) -> None:
    browser = client_of("anna")
    path = path.format(made=made)
    few = asked(app, browser, path)
    with app.app_context():
        offer = actions.Offer(kinds=["coaching"], skills=[catalogue.safety])
        do(lambda: actions.help_with(dict.fromkeys((cast.ben, cast.eve, cast.mia), offer), at=START))
        for who in (cast.eve, cast.mia):
            running(cast.anna, who, catalogue)
    assert asked(app, browser, path) <= few <= most


def asked(app: Flask, browser: SignedIn, path: str) -> int:
    browser.get(path)
    with app.app_context(), counting() as statements:
        assert browser.get(path).status_code == 200
        db.session.remove()
    return len([one for one in statements if not one.startswith(("BEGIN", "COMMIT", "ROLLBACK"))])


def test_who_left_is_nowhere_and_their_relation_says_so(
    app: Flask, client_of: Browser, cast: Cast, made: int
) -> None:
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE person SET active = false WHERE id = :id"), {"id": cast.ben})
    assert "does not work here any more" in client_of("anna").get(f"/guidance/{made}").text


def test_many_meetings_are_confirmed_and_many_pairs_proposed_in_one_request_or_none(
    app: Flask, client_of: Browser, cast: Cast, catalogue: Catalogue, made: int
) -> None:
    with app.app_context():
        told = [do(lambda n=n: record(made, cast.ben, NOW - timedelta(days=n))) for n in (1, 2, 3)]
    anna, leo = client_of("anna"), client_of("leo")
    assert anna.get("/api/v1/guidance").get_json()["to_confirm"] == 3
    words = [{"guidance_id": made, "meeting_id": one} for one in told]
    sent = {"meetings": [*words, {"guidance_id": made, "meeting_id": 10**9}], "decision": "confirm"}
    assert anna.post("/api/v1/guidance/meetings/decisions", json=sent).status_code == 404
    assert (
        client_of("ben")
        .post("/api/v1/guidance/meetings/decisions", json={**sent, "meetings": words})
        .status_code
        == 422
    )
    answer = anna.post("/api/v1/guidance/meetings/decisions", json={**sent, "meetings": words})
    assert (answer.status_code, answer.get_json()["to_confirm"]) == (200, 0)
    told_ = {"nl": "Kijk", "en": "Look"}
    form = {
        "name": told_,
        "about": told_,
        "starts_on": f"{START:%Y-%m-%d}",
        "ends_on": "2099-01-01",
        "most": 1,
    }
    programme = leo.post("/api/v1/mentoring", json={**form, "skills": [], "open": False}).get_json()["id"]
    assert programme in {one["id"] for one in leo.get("/api/v1/mentoring/kept").get_json()["programmes"]}
    assert anna.get("/api/v1/mentoring/kept").status_code == 403
    form |= {"skills": [], "open": True, "version": 1}
    assert leo.put(f"/api/v1/mentoring/{programme}", json=form).status_code == 200
    roles = {"eve": "mentor", "mia": "mentor", "anna": "mentee", "ben": "mentee"}
    for name, role in roles.items():
        place = {"role": role, "skills": [catalogue.safety], "wish": "Fresh eyes"}
        assert client_of(name).put(f"/api/v1/mentoring/{programme}/place", json=place).status_code == 200
    two = [{"mentor_id": cast.eve, "mentee_id": cast.anna}, {"mentor_id": cast.mia, "mentee_id": cast.ben}]
    twice = [*two, {"mentor_id": cast.mia, "mentee_id": cast.anna}]
    many = f"/api/v1/mentoring/{programme}/pairs/many"
    assert leo.post(many, json={"pairs": twice}).status_code == 409
    answer = leo.post(many, json={"pairs": two})
    assert (answer.status_code, len(answer.get_json()["pairs"])) == (201, 2)


def test_what_somebody_shares_with_their_manager_stands_in_the_managers_list(
    client_of: Browser, cast: Cast, made: int
) -> None:
    assert client_of("mia").get("/api/v1/guidance").get_json()["shared"] == []
    client_of("anna").put(f"/api/v1/guidance/{made}/sharing", json={"shared": True})
    (row,) = client_of("mia").get("/api/v1/guidance").get_json()["shared"]
    assert (row["id"], row["purpose"]) == (made, None)


def test_each_of_the_two_hears_what_the_other_changed_or_says_of_it(
    app: Flask, made: int, cast: Cast, client_of: Browser
) -> None:
    anna, ben = client_of("anna"), client_of("ben")
    days = {"planned_from": f"{START:%Y-%m-%d}", "planned_to": f"{START + timedelta(days=20):%Y-%m-%d}"}
    for same in ({"planned_from": "", "planned_to": ""}, days, days):
        assert anna.post(f"/guidance/{made}/plan", data=same).status_code == 303
    sent = {"starts_at": f"{START:%Y-%m-%dT%H:%M}", "minutes": 90}
    anna.post(f"/guidance/{made}/meetings", data=sent)
    (meeting,) = _numbers(anna.get(f"/guidance/{made}").text, "meeting-")
    ben.post(f"/guidance/{made}/meetings/{meeting}", data={"decision": "decline"})
    ben.post(f"/guidance/{made}/end", data={"how": "finish"})
    for _ in range(9):
        with app.app_context():
            worker.relay(datetime.now(UTC) + timedelta(minutes=1))
    told = {name: client_of(name).get("/inbox").text for name in ("anna", "ben", "mia")}
    assert "Anna changed the plan of what you do together" in told["ben"]
    with app.app_context():
        number = db.session.scalar(text("SELECT count(*) FROM notification WHERE kind = 'guidance_planned'"))
    assert number == 1, "the same days are no news"
    assert "Anna recorded a meeting: was it so?" in told["ben"]
    assert "Ben says that a meeting was otherwise; record it anew" in told["anna"]
    assert "Ben says that you are finished; it counts when you say so too" in told["anna"]
    assert "recorded a meeting" not in told["anna"]
    assert "Ben" not in told["mia"].split("<main")[-1]


def test_a_plan_that_cannot_be_comes_back_as_it_was_typed(made: int, client_of: Browser) -> None:
    days = {"planned_from": "2026-12-24", "planned_to": "2026-12-02"}
    wrong = client_of("anna").post(f"/guidance/{made}/plan", data=days)
    assert wrong.status_code == 422
    for day in days.values():
        assert f'value="{day}"' in wrong.text
