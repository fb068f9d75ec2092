"""What enters a file: by its holder's hand only, what HR proposes, and what was taken back since."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from app.db import db, transaction
from app.errors import Conflict, NotFound, Refused
from app.lessons import actions as lessons
from app.lessons import applying
from app.outbox import settle
from app.reviews import actions
from tests.app.reviews.scene import AT, Browser, Stage, a_lesson, release, review, seat, stage
from tests.cast import Cast
from tests.small import ids, rows

__all__ = ["review", "stage"]


def file_of(client_of: Browser, who: str, review: uuid.UUID) -> Any:
    answer = client_of(who).get(f"/api/v1/reviews/{review}")
    assert answer.status_code == 200, answer.text
    return answer.json


def pieces(file: Any) -> list[tuple[int, str, bool]]:
    return [(c["id"], e["thing"], e["taken_back"]) for c in file["criteria"] for e in c["evidence"]]


def test_its_holder_releases_what_they_hold_in_one_go_and_takes_it_back(
    client_of: Browser, review: uuid.UUID, stage: Stage
) -> None:
    here = f"/reviews/{review}/criteria/{stage.criteria[0]}"
    picker = client_of("anna").get(here)
    assert "May fit this criterion" in picker.text
    assert stage.things["badge"] in picker.text
    sent = client_of("anna").post(f"{here}/evidence", data={"thing": list(stage.things.values())})
    assert (sent.status_code, sent.location.endswith(f"#criterion-{stage.criteria[0]}")) == (303, True)
    file = file_of(client_of, "clara", review)
    assert {one[1] for one in pieces(file)} == set(stage.things.values())
    page = client_of("anna").get(f"/reviews/{review}").text
    for words in ("Calm on the radio", "neighbours too late", "Verified", "Added by Anna", "Badge, tier 2"):
        assert words in page
    evidence = file["criteria"][0]["evidence"][0]["id"]
    assert client_of("clara").post(f"/reviews/{review}/evidence/{evidence}/back").status_code == 404
    assert client_of("anna").post(f"/reviews/{review}/evidence/{evidence}/back").status_code == 303
    assert len(pieces(file_of(client_of, "clara", review))) == 3


def test_a_swap_brings_the_row_of_the_criterion(client_of: Browser, review: uuid.UUID, stage: Stage) -> None:
    here, swap = f"/reviews/{review}/criteria/{stage.criteria[0]}", {"HX-Request": "true"}
    assert "<html" not in client_of("anna").get(here, headers=swap).text
    sent = client_of("anna").post(f"{here}/evidence", data={"thing": stage.things["badge"]}, headers=swap)
    assert sent.status_code == 200
    assert f'id="criterion-{stage.criteria[0]}" open' in sent.text
    assert "Added." in sent.text


def test_nobody_else_puts_anything_into_a_file(
    app: Flask, cast: Cast, client_of: Browser, review: uuid.UUID, stage: Stage
) -> None:
    """Not HR, not the manager, not the panel, not L&D, not an administrator, not the giver of the thanks."""
    with app.app_context():
        seat(review, cast.eve, by=cast.clara)
    told = {"items": [{"criterion_id": stage.criteria[0], "thing": stage.things["lesson"]}]}
    for who in ("ben", "clara", "mia", "leo", "dan", "cor", "eve"):
        for answer in (
            client_of(who).post(f"/api/v1/reviews/{review}/evidence", json=told),
            client_of(who).post(
                f"/reviews/{review}/criteria/{stage.criteria[0]}/evidence",
                data={"thing": stage.things["lesson"]},
            ),
        ):
            assert answer.status_code == 404, who
    with app.app_context():
        assert rows("SELECT count(*) FROM review_evidence") == [(0,)]


def test_what_others_hold_is_no_evidence_of_mine(
    app: Flask, cast: Cast, review: uuid.UUID, stage: Stage
) -> None:
    with app.app_context():
        skill = ids("skill")["water"]
        with transaction():
            (theirs,) = lessons.share_lessons([a_lesson(cast.ben, skill, title="Of somebody else")], at=AT)
            settle(AT)
        for thing in (
            f"lesson_applied:{theirs}",
            f"badge:{uuid.uuid4()}",
            "kudos:999",
            "document:x",
            "nothing",
        ):
            with pytest.raises(Refused):
                release(review, cast.anna, (stage.criteria[0], thing))
        with transaction():
            applying.apply_lessons(
                [applying.Applying(lesson_id=theirs, person_id=cast.anna, how="At the pump")], at=AT
            )
            settle(AT)
        assert release(review, cast.anna, (stage.criteria[0], f"lesson_applied:{theirs}"))


def test_what_a_criterion_does_not_count_is_refused(
    app: Flask, cast: Cast, review: uuid.UUID, stage: Stage
) -> None:
    with app.app_context():
        for kind in ("completion", "lesson", "kudos"):
            with pytest.raises(Refused):
                release(review, cast.anna, (stage.criteria[2], stage.things[kind]))
        assert release(review, cast.anna, (stage.criteria[2], stage.things["badge"]))
        with pytest.raises(NotFound):
            release(review, cast.anna, (stage.criteria[0] + 999, stage.things["badge"]))


def test_all_of_a_batch_or_nothing(app: Flask, cast: Cast, review: uuid.UUID, stage: Stage) -> None:
    with app.app_context():
        with pytest.raises(Refused):
            release(
                review, cast.anna, (stage.criteria[0], stage.things["badge"]), (stage.criteria[0], "kudos:0")
            )
        assert rows("SELECT count(*) FROM review_evidence") == [(0,)]


def test_the_same_thing_stands_once_under_a_criterion_whoever_is_quick(
    app: Flask, cast: Cast, review: uuid.UUID, stage: Stage
) -> None:
    def add(_: int) -> int:
        with app.app_context():
            return len(release(review, cast.anna, (stage.criteria[0], stage.things["badge"])))

    with ThreadPoolExecutor(4) as many:
        assert sorted(many.map(add, range(4))) == [0, 0, 0, 1]
    with app.app_context():
        assert rows("SELECT version FROM review") == [(3,)], "asked, and released once"


def test_a_file_holds_sixty_pieces_and_not_one_more_even_at_once(
    app: Flask, cast: Cast, review: uuid.UUID, stage: Stage
) -> None:
    def documents(number: int) -> str:
        new = [
            actions.NewEvidence(criterion_id=stage.criteria[0], title=f"Report {n}", text="What I did")
            for n in range(number)
        ]
        try:
            with app.app_context(), transaction():
                actions.release(review, new, by=cast.anna, at=AT)
            return "done"
        except Refused:
            return "full"

    assert documents(50) == "done"
    with ThreadPoolExecutor(2) as two:
        assert sorted(two.map(documents, [8, 8])) == ["done", "full"]
    with app.app_context():
        assert rows("SELECT count(*) FROM review_evidence") == [(58,)]


def test_a_document_is_sealed_and_its_link_is_safe(
    app: Flask, client_of: Browser, review: uuid.UUID, stage: Stage
) -> None:
    here = f"/reviews/{review}/criteria/{stage.criteria[0]}/evidence?kind=document"
    for link in ("http://plain.example", "javascript:alert(1)", "https://", "https://me:word@x.example/a"):
        answer = client_of("anna").post(here, data={"title": "My report", "link": link})
        assert answer.status_code == 422, link
    assert client_of("anna").post(here, data={"title": "My report"}).status_code == 422
    sent = {"title": "My night report", "text": "Of the heron", "link": "https://wiki.example/night"}
    assert client_of("anna").post(here, data=sent).status_code == 303
    page = client_of("clara").get(f"/reviews/{review}").text
    assert "My night report" in page
    assert "Of the heron" in page
    assert 'href="https://wiki.example/night"' in page
    with app.app_context():
        whole = " ".join(db.session.scalars(text("SELECT CAST(e AS text) FROM review_evidence e")))
        sealed = bytes(db.session.scalar(text("SELECT sealed FROM review_evidence")) or b"")
    assert "heron" not in whole
    assert b"heron" not in sealed


def test_once_the_panel_has_begun_the_file_stays_as_it_is(
    app: Flask, cast: Cast, client_of: Browser, review: uuid.UUID, stage: Stage
) -> None:
    with app.app_context():
        (one,) = release(review, cast.anna, (stage.criteria[0], stage.things["badge"]))
        seat(review, cast.ben, by=cast.clara)
    assert client_of("anna").post(f"/reviews/{review}/complete").status_code == 303
    with app.app_context():
        assert rows("SELECT stage, gathered_at IS NOT NULL FROM review") == [("panel", True)]
        for late in (
            lambda: actions.take_back(review, [one], by=cast.anna, at=AT),
            lambda: actions.write_words(review, "Too late", file=True, by=cast.anna, at=AT),
            lambda: actions.complete(review, by=cast.anna, at=AT),
            lambda: actions.release(review, [], by=cast.anna, at=AT),
        ):
            with pytest.raises(Conflict), transaction():
                late()
    assert client_of("anna").get(f"/reviews/{review}/criteria/{stage.criteria[0]}").status_code == 404


def test_without_a_panel_it_waits_and_can_still_be_changed(
    app: Flask, cast: Cast, client_of: Browser, review: uuid.UUID, stage: Stage
) -> None:
    assert client_of("anna").post(f"/reviews/{review}/complete").status_code == 303
    assert client_of("anna").post(f"/reviews/{review}/complete").status_code == 409
    with app.app_context():
        assert rows("SELECT stage FROM review") == [("gathering",)]
        assert release(review, cast.anna, (stage.criteria[0], stage.things["badge"]))


# What goes since --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "gone", "left"),
    [
        ("badge", "UPDATE award SET revoked_at = now()", True),
        ("completion", "UPDATE completion SET state = 'withdrawn'", True),
        ("lesson", "UPDATE lesson SET deleted_at = now()", False),
        ("lesson", "UPDATE lesson SET author_id = NULL, mark = '\\x01'", False),
        ("kudos", "UPDATE kudos SET undone_at = now()", False),
    ],
)
def test_what_was_taken_back_since_says_so_and_keeps_no_words_of_others(
    app: Flask,
    cast: Cast,
    client_of: Browser,
    review: uuid.UUID,
    stage: Stage,
    kind: str,
    gone: str,
    left: bool,
) -> None:
    with app.app_context():
        release(review, cast.anna, (stage.criteria[0], stage.things[kind]))
        with transaction():
            db.session.execute(text(gone))
    told = {who: file_of(client_of, who, review) for who in ("anna", "clara")}
    assert told["anna"] == told["clara"]
    (piece,) = told["anna"]["criteria"][0]["evidence"]
    assert piece["taken_back"]
    assert piece["words"] == ""
    page = client_of("clara").get(f"/reviews/{review}").text
    assert "Taken back since" in page
    assert "Calm on the radio" not in page
    assert "neighbours" not in page
    assert bool(piece["title"].get("en")) == left


# What HR proposes -------------------------------------------------------------------------------------------------


def proposed(client_of: Browser, review: uuid.UUID, criterion: int, *things: str) -> Any:
    return client_of("clara").post(
        f"/reviews/{review}/criteria/{criterion}/proposals", data={"thing": list(things)}
    )


def what_hr_sees(app: Flask, client_of: Browser, review: uuid.UUID, stage: Stage) -> list[str]:
    """Every page and answer about this review that HR can get, without form tokens."""
    client = client_of("clara")
    client.csrf = "x"
    found = []
    for path in (
        f"/reviews/{review}", f"/reviews/{review}?as=employee", f"/api/v1/reviews/{review}", "/reviews",
        "/api/v1/reviews", *(f"/reviews/{review}/criteria/{one}" for one in stage.criteria),
    ):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 200, path
        found.append(_still(answer.text))
    return found


def _still(page: str) -> str:
    return re.sub(r'name="csrf_token" value="\w+"|/events\?\S+|-[0-9a-f]+(?=[")])', "", page)


def test_a_no_and_silence_look_the_same_to_hr(
    app: Flask, client_of: Browser, review: uuid.UUID, stage: Stage
) -> None:
    before = what_hr_sees(app, client_of, review, stage)
    assert proposed(client_of, review, stage.criteria[0], "badge:five").status_code == 303
    assert what_hr_sees(app, client_of, review, stage) == before, "a proposal changes nothing that HR sees"
    own = client_of("anna").get(f"/api/v1/reviews/{review}/own").json["proposals"]
    assert [one["thing"]["thing"] for one in own] == [stage.things["badge"]]
    assert "Clara of HR proposes" in client_of("anna").get(f"/reviews/{review}").text
    no = client_of("anna").post(f"/reviews/{review}/proposals/{own[0]['id']}", data={"accept": "false"})
    assert no.status_code == 303
    assert what_hr_sees(app, client_of, review, stage) == before
    with app.app_context():
        assert rows("SELECT count(*) FROM review_proposal") == [(0,)]
        assert rows("SELECT count(*) FROM review_step WHERE what <> 'asked'") == [(0,)]
        assert rows("SELECT version FROM review") == [(2,)]
    again = proposed(client_of, review, stage.criteria[0], "badge:five")
    twice = proposed(client_of, review, stage.criteria[0], "badge:five")
    nobodys = proposed(client_of, review, stage.criteria[1], "badge:thanked", "completion:a2")
    assert {one.status_code for one in (again, twice, nobodys)} == {303}
    assert what_hr_sees(app, client_of, review, stage) == before, "nor whether somebody has it"


def test_a_badge_that_may_not_be_used_in_the_review_is_not_brought_up_and_its_holder_still_adds_it(
    app: Flask, cast: Cast, client_of: Browser, review: uuid.UUID, stage: Stage
) -> None:
    """That colleagues may open it, or all the world, is another question."""
    before = what_hr_sees(app, client_of, review, stage)
    for visible in ("me", "colleagues", "public"):
        with app.app_context(), transaction():
            db.session.execute(text("UPDATE award SET visible = :v, in_review = false"), {"v": visible})
        assert proposed(client_of, review, stage.criteria[0], "badge:five").status_code == 303
        with app.app_context():
            assert rows("SELECT count(*) FROM review_proposal") == [(0,)]
    assert what_hr_sees(app, client_of, review, stage) == before
    items = {"items": [{"criterion_id": stage.criteria[0], "thing": stage.things["badge"]}]}
    assert client_of("anna").post(f"/api/v1/reviews/{review}/evidence", json=items).status_code == 200


def test_a_proposal_goes_out_of_sight_when_its_holder_says_that_the_badge_may_not_be_used(
    app: Flask, client_of: Browser, review: uuid.UUID, stage: Stage
) -> None:
    proposed(client_of, review, stage.criteria[0], "badge:five", "completion:a1")
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE award SET in_review = false"))
    own = client_of("anna").get(f"/api/v1/reviews/{review}/own").json["proposals"]
    assert [one["thing"]["kind"] for one in own] == ["completion"]


def test_accepted_it_looks_as_if_its_holder_had_thought_of_it(
    app: Flask, cast: Cast, client_of: Browser, review: uuid.UUID, stage: Stage
) -> None:
    proposed(client_of, review, stage.criteria[0], "badge:five", "completion:a1")
    own = client_of("anna").get(f"/api/v1/reviews/{review}/own").json["proposals"]
    for one in own:
        yes = client_of("anna").post(f"/api/v1/reviews/{review}/proposals/{one['id']}", json={"accept": True})
        assert yes.status_code == 200
    with app.app_context():
        assert rows("SELECT kind, holder_id = released_by, sealed FROM review_evidence ORDER BY kind") == [
            ("badge", True, None), ("completion", True, None)
        ]  # fmt: skip
        assert rows("SELECT count(*) FROM review_proposal") == [(0,)]
        assert rows("SELECT count(*) FROM review_step WHERE what <> 'asked'") == [(0,)]


def test_what_waits_for_an_answer_stands_open_and_hr_reads_that_it_was_proposed(
    client_of: Browser, review: uuid.UUID, stage: Stage
) -> None:
    second = stage.criteria[1]

    def opens(who: str, path: str) -> bool:
        return f'id="criterion-{second}" open' in client_of(who).get(path).text

    file = f"/reviews/{review}"
    assert not opens("anna", file)
    sent = proposed(client_of, review, second, "completion:a1")
    assert opens("anna", file)
    assert not opens("clara", f"{file}?as=employee")
    assert opens("clara", sent.location)
    said = "Proposed. Whether it is added is up to them."
    assert said in client_of("clara").get(sent.location).text
    assert said not in client_of("anna").get(sent.location).text
    (one,) = client_of("anna").get(f"/api/v1/reviews/{review}/own").json["proposals"]
    client_of("anna").post(f"{file}/proposals/{one['id']}", data={"accept": "false"})
    assert not opens("anna", file)


def test_hr_proposes_no_lesson_kudos_or_recognition(
    app: Flask, cast: Cast, client_of: Browser, review: uuid.UUID, stage: Stage
) -> None:
    assert proposed(client_of, review, stage.criteria[0], stage.things["lesson"]).status_code == 422
    told = {"items": [{"criterion_id": stage.criteria[0], "kind": "lesson_applied", "slug": "1"}]}
    assert client_of("clara").post(f"/api/v1/reviews/{review}/proposals", json=told).status_code == 422
    for who in ("ben", "mia", "leo", "dan", "cor", "anna"):
        told = {"items": [{"criterion_id": stage.criteria[0], "kind": "badge", "slug": "five"}]}
        assert client_of(who).post(f"/api/v1/reviews/{review}/proposals", json=told).status_code == 403, who


def test_of_a_yes_and_a_no_at_once_one_wins(
    app: Flask, cast: Cast, client_of: Browser, review: uuid.UUID, stage: Stage
) -> None:
    proposed(client_of, review, stage.criteria[0], "badge:five")
    with app.app_context():
        ((one,),) = rows("SELECT id FROM review_proposal")

    def answer(accept: bool) -> str:
        try:
            with app.app_context(), transaction():
                actions.answer_proposal(review, one, accept=accept, by=cast.anna, at=AT)
            return "done"
        except NotFound:
            return "gone"

    with ThreadPoolExecutor(2) as two:
        assert sorted(two.map(answer, [True, False])) == ["done", "gone"]


# What the database refuses by itself ------------------------------------------------------------------------------

_EVIDENCE = """
    INSERT INTO review_evidence (review_id, criterion_id, kind, thing, holder_id, released_by, released_at)
    VALUES (:review, :criterion, :kind, :thing, :holder, :by, now())
"""


def test_the_database_refuses_what_its_holder_did_not_release(
    app: Flask, cast: Cast, review: uuid.UUID, stage: Stage
) -> None:
    told = {
        "review": review,
        "criterion": stage.criteria[0],
        "kind": "lesson_applied",
        "thing": stage.things["lesson"],
    }
    with app.app_context():
        for holder, by in ((cast.anna, cast.clara), (cast.anna, cast.mia), (cast.clara, cast.clara)):
            with pytest.raises(IntegrityError), transaction():
                db.session.execute(text(_EVIDENCE), {**told, "holder": holder, "by": by})
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(
                text(_EVIDENCE), {**told, "kind": "points", "holder": cast.anna, "by": cast.anna}
            )


def test_the_database_refuses_a_proposal_of_words_and_a_seat_on_ones_own_review(
    app: Flask, cast: Cast, review: uuid.UUID, stage: Stage
) -> None:
    with app.app_context():
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(
                text("INSERT INTO review_proposal (review_id, criterion_id, kind, thing, proposed_by, proposed_at)"
                     " VALUES (:review, :criterion, 'kudos', 'kudos:1', :by, now())"),
                {"review": review, "criterion": stage.criteria[0], "by": cast.clara},
            )  # fmt: skip
        with pytest.raises(IntegrityError):
            seat(review, cast.anna, by=cast.clara)


def test_no_column_holds_points_ranks_streaks_sums_or_advice(app: Flask) -> None:
    with app.app_context():
        found = rows("SELECT table_name, column_name FROM information_schema.columns"
                     " WHERE table_name LIKE 'review%' OR table_name = 'dossier'")  # fmt: skip
    for word in ("point", "rank", "streak", "score", "total", "sum", "tally", "advice", "weight"):
        assert not [one for one in found if word in one[1]], word


def test_what_may_fit_is_a_list_without_a_count(
    app: Flask, cast: Cast, client_of: Browser, review: uuid.UUID, stage: Stage
) -> None:
    there = f"/api/v1/reviews/{review}/criteria/{stage.criteria[0]}/choices?kind=kudos"
    told = client_of("anna").get(there).json
    assert stage.things["badge"] in [one["thing"] for one in told["fitting"]]
    assert [one["thing"] for one in told["others"]] == [stage.things["kudos"]]
    assert set(told) == {"kinds", "fitting", "others"}
    for who in ("clara", "mia", "ben"):
        assert client_of(who).get(there).status_code == 404


def test_a_file_costs_as_many_questions_with_one_piece_as_with_many(
    app: Flask, cast: Cast, client_of: Browser, review: uuid.UUID, stage: Stage
) -> None:
    def asked() -> int:
        number = []
        with app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", lambda *_: number.append(1))
        assert client_of("anna").get(f"/reviews/{review}").status_code == 200
        return len(number)

    with app.app_context():
        release(review, cast.anna, (stage.criteria[0], stage.things["badge"]))
    first = asked()
    with app.app_context():
        release(
            review, cast.anna, *[(stage.criteria[n], one) for n in (0, 1) for one in stage.things.values()]
        )
    assert asked() <= first * 2 + 2, "two listeners count twice"


def test_saying_that_it_is_complete_takes_a_second_word_which_tells_what_is_empty(
    app: Flask, cast: Cast, client_of: Browser, review: uuid.UUID, stage: Stage
) -> None:
    with app.app_context():
        release(review, cast.anna, (stage.criteria[0], stage.things["badge"]))
    page = client_of("anna").get(f"/reviews/{review}").text
    fold = page[page.index("My evidence is complete</summary>") :]
    fold = fold[: fold.index("</details>")]
    assert "For 2 criteria there is nothing in your file yet" in fold
    assert fold.index("it begins at once") < fold.index("Yes, it is complete")
    assert "My evidence is complete" not in client_of("clara").get(f"/reviews/{review}").text
