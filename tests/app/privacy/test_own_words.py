"""What somebody wrote about colleagues stands in the file of all their data; what a colleague's file holds does not."""

import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.conversations import actions as conversations
from app.db import db, transaction
from app.language import spoken
from app.outbox import settle
from app.privacy import actions as export
from app.privacy import jobs
from app.privacy.content import Words
from app.reviews import actions, after, panel
from tests.app.reviews.conftest import AT, TODAY, WHY, Scene, counted, rows
from tests.cast import Cast

Told = Callable[[str], tuple[zipfile.ZipFile, list[dict[str, Any]]]]


@pytest.fixture
def scene(app: Flask, cast: Cast) -> Iterator[Scene]:
    with app.app_context():
        yield Scene(cast)


@pytest.fixture
def told(app: Flask, cast: Cast, tmp_path: Path) -> Told:
    """The file of somebody, and the rows about reviews in it."""

    def told(name: str, lang: str = "en") -> tuple[zipfile.ZipFile, list[dict[str, Any]]]:
        with transaction():
            with spoken(lang):
                words = Words.of(lang, jobs.TITLE, jobs.TOLD, jobs.EMPTY, jobs.YES, jobs.NO)
            export.write_file(cast.id_of(name), tmp_path / f"{name}.zip", words, AT)
        file = zipfile.ZipFile(tmp_path / f"{name}.zip")
        return file, json.loads(file.read("reviews.json"))

    return told


def whole(file: zipfile.ZipFile) -> str:
    return "\n".join(file.read(name).decode(errors="replace") for name in file.namelist())


def written(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["said"]: row for row in found if row["table"] == "review_written"}


def test_why_somebody_judged_and_decided_as_they_did_is_in_their_file_with_whose_it_was(
    scene: Scene, told: Told
) -> None:
    review = scene.released("partly")
    _, (*of_ben,) = told("ben")
    said = written(of_ben)["assessed"]
    assert (said["text"], said["holder"], said["review"]) == (f"{WHY} ben", "Anna", str(review))
    assert said["verdict"] in ("met", "partly")
    assert "Can do thing" in said["criterion"]["en"]
    file, of_mia = told("mia")
    said = written(of_mia)["decided"]
    assert (said["text"], said["holder"], said["outcome"]) == (f"{WHY} says mia", "Anna", "promote")
    page = file.read("reviews.html").decode()
    assert "What you wrote in reviews of colleagues" in page
    assert "Why you decided as you did" in page


def test_what_the_file_of_a_colleague_holds_beside_ones_own_words_is_not_in_it(
    scene: Scene, cast: Cast, told: Told
) -> None:
    review = scene.review("anna", "gathering")
    with transaction():
        actions.write_words(review, "the OTTER of Anna", file=True, by=cast.anna, at=AT)
        settle(AT)
    with transaction():
        db.session.execute(text("UPDATE review SET stage = 'panel'"))
    scene.seat(review, "member", "ben", "eve")
    scene.seat(review, "decider", "mia")
    scene.hand_in(review, "ben")
    scene.hand_in(review, "eve")
    scene.sign(review, "mia", "not_yet")
    for name, others in (("ben", ("eve", "says mia")), ("eve", ("ben", "says mia")), ("mia", ("ben", "eve"))):
        said = whole(told(name)[0])
        assert WHY in said
        assert "OTTER" not in said, name
        for other in others:
            assert f"{WHY} {other}" not in said, (name, other)


def test_who_left_their_seat_gets_their_words_without_whose_file_they_stood_in(
    scene: Scene, cast: Cast, told: Told
) -> None:
    review = scene.review("anna")
    scene.seat(review, "member", "ben", "eve")
    draft = panel.Said(criterion_id=scene.asked[0], verdict="partly", words="my HERON draft")
    with transaction():
        panel.assess(review, [draft], person_id=cast.ben, hand_in=False, at=AT)
        settle(AT)
    with transaction():
        panel.step_aside(review, person_id=cast.ben, by=cast.ben, at=AT)
        settle(AT)
    file, found = told("ben")
    said = written(found)["assessed"]
    assert said["text"] == "my HERON draft"
    assert set(said) == {"table", "said", "text", "written_at"}
    room = file.read("reviews.json").decode() + file.read("reviews.html").decode()
    assert "Anna" not in room
    assert str(review) not in room
    assert {row["table"] for row in found} >= {"review_seat"}


def test_a_verdict_that_was_never_handed_in_is_in_nobodys_file_but_its_writers(
    scene: Scene, cast: Cast, told: Told
) -> None:
    review = scene.review("anna")
    scene.seat(review, "member", "ben", "eve")
    draft = panel.Said(criterion_id=scene.asked[0], verdict="not_yet", words="my HERON draft")
    with transaction():
        panel.assess(review, [draft], person_id=cast.ben, hand_in=False, at=AT)
        settle(AT)
    with transaction():
        panel.step_aside(review, person_id=cast.ben, by=cast.ben, at=AT)
        settle(AT)
    scene.hand_in(review, "eve")
    assert [row.assessed_at is not None for row in rows("SELECT assessed_at FROM review")] == [True]
    file, found = told("anna")
    judged = [row for row in found if row["table"] == "review_assessment"]
    assert {row["person_id"] for row in judged} == {cast.eve}
    assert "HERON" not in whole(file)


def test_the_day_of_an_observation_that_is_still_a_draft_is_its_writers(
    scene: Scene, cast: Cast, told: Told
) -> None:
    review = scene.review("anna", "gathering")
    with transaction():
        (asked,) = actions.ask_colleagues(
            review, criterion_id=scene.asked[0], observer_ids=[cast.ben], question="What did you see",
            by=cast.anna, at=AT,
        )  # fmt: skip
        actions.observe(asked, "She stayed HERON calm", on=TODAY, file=False, by=cast.ben, at=AT)
        settle(AT)
    (mine,) = [row for row in told("anna")[1] if row["table"] == "review_observation"]
    assert "observed_on" not in mine
    said = written(told("ben")[1])["observed"]
    assert (said["text"], said["holder"]) == ("She stayed HERON calm", "Anna")
    with transaction():
        actions.observe(asked, "She stayed HERON calm", on=TODAY, file=True, by=cast.ben, at=AT)
        settle(AT)
    (mine,) = [row for row in told("anna")[1] if row["table"] == "review_observation"]
    assert mine["observed_on"] == TODAY.isoformat()


def _decided_anew(scene: Scene, cast: Cast, objection: str, answer: str) -> None:
    """Anna's "not yet", to which she objects and which Leo has taken anew."""
    review = scene.released("not_yet", outcome="not_yet")
    with transaction():
        after.file_objection(review, objection, person_id=cast.anna, at=AT)
        after.name_handler(review, person_id=cast.leo, by=cast.clara, at=AT)
        settle(AT)
    with transaction():
        after.handle(
            review, outcome="anew", words=answer, person_id=cast.leo, version=scene.version(review), at=AT
        )
        settle(AT)


def test_an_answer_to_an_objection_is_in_the_file_of_who_wrote_it(
    scene: Scene, cast: Cast, told: Told
) -> None:
    _decided_anew(scene, cast, "I do not agree, OTTER", "You are right, HERON")
    file, found = told("leo")
    said = written(found)["handled"]
    assert (said["text"], said["outcome"], said["holder"]) == ("You are right, HERON", "anew", "Anna")
    assert "OTTER" not in whole(file)


def test_what_was_decided_before_it_was_decided_anew_is_in_the_holders_file_byte_for_byte(
    scene: Scene, cast: Cast, told: Told
) -> None:
    _decided_anew(scene, cast, "I do not agree", "You are right")
    file, found = told("anna")
    kept = {row["number"]: row["digest"] for row in found if row["table"] == "dossier"}
    files = {row["number"]: row["content"] for row in found if row["table"] == "dossier_file"}
    assert sorted(kept) == sorted(files) == [1, 2]
    for number, name in files.items():
        assert hashlib.sha256(file.read(name)).hexdigest() == kept[number]
    assert f"{WHY} says mia" in file.read(files[1]).decode()
    assert not [one for one in told("mia")[0].namelist() if "dossier" in one], "they are Anna's"


def test_words_go_with_the_key_of_whom_they_are_about(scene: Scene, cast: Cast, told: Told) -> None:
    scene.released()
    with transaction():
        db.session.execute(text("DELETE FROM person_key WHERE person_id = :me"), {"me": cast.anna})
    assert WHY not in whole(told("ben")[0])


def test_why_hr_opened_a_review_that_was_over_is_in_their_own_file_without_whose(
    scene: Scene, cast: Cast, told: Told
) -> None:
    review = scene.review("anna", "closed")
    with transaction():
        actions.give_reason(review, by=cast.clara, person_id=cast.anna, reason="A HERON asked", at=AT)
        settle(AT)
    file, found = told("clara")
    assert written(found)["opened"]["text"] == "A HERON asked"
    assert "Anna" not in file.read("reviews.html").decode()


def test_who_leads_somebody_no_more_keeps_their_own_notes_without_with_whom_they_talked(
    scene: Scene, cast: Cast, told: Told
) -> None:
    with transaction():
        plan = conversations.Plan(by=cast.mia, person_id=cast.anna, manager_id=cast.mia, on=TODAY)
        (talk,) = conversations.plan([plan], at=AT)
        settle(AT)
    for by, words in ((cast.mia, "my HERON note"), (cast.anna, "her OTTER note")):
        with transaction():
            new = conversations.NewNote(conversation_id=talk, by=by, kind="note", words=words)
            (note,) = conversations.write([new], at=AT)
            conversations.file([conversations.Draft(conversation_id=talk, note_id=note, by=by)], at=AT)
            settle(AT)

    def notes() -> list[dict[str, Any]]:
        found = json.loads(told("mia")[0].read("conversations.json"))
        return [row for row in found if row["table"] == "conversation_note"]

    assert [row["text"] for row in notes()] == ["my HERON note", "her OTTER note"]
    with transaction():
        db.session.execute(text("UPDATE person SET manager_id = NULL WHERE id = :me"), {"me": cast.anna})
    (mine,) = notes()
    assert mine["text"] == "my HERON note"
    assert set(mine) == {"table", "kind", "writer", "text", "written_at", "filed_at"}
    assert "Anna" not in told("mia")[0].read("conversations.html").decode()


def test_what_somebody_wrote_stands_in_words_in_both_languages(scene: Scene, told: Told) -> None:
    scene.released("partly")
    page = told("ben", "nl")[0].read("reviews.html").decode()
    assert "Wat je schreef in beoordelingen van collega’s" in page
    assert "Wat je van een criterium vond" in page
    values = re.findall(r"<dd>(.*?)</dd>", page)
    assert "Deels" in values
    assert not {"assessed", "partly"} & set(values)


def test_how_many_statements_it_takes_does_not_grow_with_what_somebody_wrote(
    scene: Scene, told: Told, cast: Cast
) -> None:
    scene.released()
    told("ben")
    with counted() as few:
        told("ben")
    for holder in ("eve", "leo"):
        review = scene.review(holder)
        scene.seat(review, "member", "ben")
        scene.hand_in(review, "ben")
    with counted() as many:
        told("ben")
    assert len(many) == len(few)
