"""The pages of the file of all data are read by people: names for numbers, words for codes, what programs need left
out; and what was written in a review is there whole, a draft too."""

import json
import re
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.language import spoken
from app.notifications.kinds import KINDS
from app.outbox import settle
from app.privacy import actions as export
from app.privacy import jobs, labels, own
from app.privacy.content import Words
from app.reviews import actions
from tests.app.reviews.scene import AT, Stage, release, review, stage
from tests.cast import Cast

__all__ = ["review", "stage"]

Unpack = Callable[[int, str], zipfile.ZipFile]


@pytest.fixture
def unpack(app: Flask, tmp_path: Path) -> Unpack:
    def unpack(person_id: int, lang: str) -> zipfile.ZipFile:
        with app.app_context(), transaction():
            with spoken(lang):
                words = Words.of(lang, jobs.TITLE, jobs.TOLD, jobs.EMPTY, jobs.YES, jobs.NO)
            export.write_file(person_id, tmp_path / "me.zip", words, AT)
        return zipfile.ZipFile(tmp_path / "me.zip")

    return unpack


def page(file: zipfile.ZipFile, room: str) -> str:
    return file.read(f"{room}.html").decode()


def test_each_column_has_words_or_is_left_to_programs():
    named = {f"{part.table}.{column.name}" for part in own.PARTS for column in part.columns}
    wordless = {
        one
        for one in named
        if not {one, one.partition(".")[2]} & labels.QUIET and one.partition(".")[2] not in labels.COLUMNS
    }
    assert not wordless, "say in app/privacy/labels.py what these are called, or that only programs need them"
    assert not labels.QUIET & labels.COLUMNS.keys() - {"sort_name"}


def test_what_one_was_told_is_said_as_the_choice_of_it_is(app: Flask):
    with app.app_context(), spoken("nl"):
        assert {name: str(said) for name, said in labels.TOLD.items()} == {
            kind.name: str(kind.title) for kind in KINDS
        }


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", ["Senior operator", "Runs a shift alone", "Evidence", "evidence by"]),
        ("nl", ["Senior operator (nl)", "Runs a shift alone (nl)", "Bewijs", "bewijs uiterlijk"]),
    ],
)
def test_a_review_stands_there_by_name_and_in_words(
    app: Flask, cast: Cast, review: uuid.UUID, stage: Stage, unpack: Unpack, lang: str, said: list[str]
) -> None:
    with app.app_context():
        release(review, cast.anna, (stage.criteria[0], stage.things["badge"]))
        award = stage.things["badge"].partition(":")[2]
        names = db.session.scalar(
            text("SELECT v.body -> 'name' FROM award w JOIN achievement_version v ON v.id = w.version_id"
                 " WHERE w.id = :id"), {"id": award},
        )  # fmt: skip
    told = page(file := unpack(cast.anna, lang), "reviews")
    for one in (*said, names[lang]):
        assert one in told, one
    values = re.findall(r"<dd>(.*?)</dd>", told)
    assert not {"gathering", "completion", stage.things["badge"]} & set(values)
    rows = json.loads(file.read("reviews.json"))
    assert {row["stage"] for row in rows if row["table"] == "review"} == {"gathering"}, (
        "a program gets the code"
    )
    assert [row["thing"] for row in rows if row["table"] == "review_evidence"] == [stage.things["badge"]]
    assert told.count("<dl>") == len(rows), "page and JSON tell of the same"


def test_a_draft_a_question_and_what_a_colleague_answered_are_in_it(
    app: Flask, cast: Cast, review: uuid.UUID, stage: Stage, unpack: Unpack
) -> None:
    with app.app_context():
        with transaction():
            actions.write_words(review, "a DRAFT of mine", file=False, by=cast.anna, at=AT)
            (asked,) = actions.ask_colleagues(
                review, criterion_id=stage.criteria[0], observer_ids=[cast.ben], question="What did YOU SEE",
                by=cast.anna, at=AT,
            )  # fmt: skip
            settle(AT)
        with transaction():
            actions.observe(asked, "She STAYED CALM", on=AT.date(), file=False, by=cast.ben, at=AT)
            settle(AT)
    mine, theirs = page(unpack(cast.anna, "en"), "reviews"), page(unpack(cast.ben, "en"), "reviews")
    assert "a DRAFT of mine" in mine
    assert "What did YOU SEE" in mine
    assert "STAYED CALM" not in mine, "it is Ben's until he sends it"
    assert "She STAYED CALM" in theirs
    assert "a DRAFT of mine" not in theirs
    with app.app_context(), transaction():
        actions.observe(asked, "She STAYED CALM", on=AT.date(), file=True, by=cast.ben, at=AT)
        settle(AT)
    assert "She STAYED CALM" in page(unpack(cast.anna, "en"), "reviews")


WITHDRAWN = (
    "UPDATE award SET revoked_at = now(), revoked_by = :clara,"
    " revoked_because = '{\"nl\": \"REIGER\", \"en\": \"HERON\"}'",
    "INSERT INTO recognition (giver_id, given_as, title, citation, lang, day, given_at, withdrawn_at, withdrawn_by,"
    " withdrawn_because) VALUES (:mia, 'manager', 'For Anna', 'OTTER', 'en', now(), now(), now(), :clara, 'a BITTERN')",
    "INSERT INTO erasure_refusal (person_id, asked_at, refused_at, refused_by, because)"
    " VALUES (:anna, now(), now(), :clara, 'a KINGFISHER')",
)  # fmt: skip


def test_why_somebody_withdrew_what_others_have_or_refused_their_wish_is_in_their_file_without_whose(
    app: Flask, cast: Cast, stage: Stage, unpack: Unpack
) -> None:
    with app.app_context(), transaction():
        for statement in WITHDRAWN:
            names = {name: cast.id_of(name) for name in ("clara", "mia", "anna") if f":{name}" in statement}
            db.session.execute(text(statement), names)
    file = unpack(cast.clara, "en")
    for room, word in (("badges", "HERON"), ("recognitions", "BITTERN"), ("traces", "KINGFISHER")):
        assert word in page(file, room), room
        mine = [row for row in json.loads(file.read(f"{room}.json")) if word in json.dumps(row)]
        assert mine, room
        assert all({"person_id", "giver_id", "id", "citation"}.isdisjoint(row) for row in mine), room
        assert "Anna" not in page(file, room), room
    assert "KINGFISHER" in page(unpack(cast.anna, "en"), "traces"), "and in that of whom it is about"
