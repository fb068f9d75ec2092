"""What is frozen of a piece of evidence is what the file shows of it, of whatever kind, also when it was taken back."""

import json
import re
import uuid
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.lessons import actions as lessons
from app.lessons import applying
from app.outbox import settle
from app.recognitions import actions as recognitions
from app.reviews import actions, dossier
from tests.app.reviews.scene import AT, Browser, Stage, a_lesson, review, stage
from tests.app.reviews.test_gathering import file_of
from tests.cast import Cast
from tests.small import ids

__all__ = ["review", "stage"]
GONE = {
    "badge": "UPDATE award SET revoked_at = now(), revoked_because = '{{}}'",
    "completion": "UPDATE completion SET state = 'withdrawn'",
    "lesson": "UPDATE lesson SET author_id = NULL, mark = '\\x01' WHERE author_id = {anna}",
    "applied": "UPDATE lesson_application SET ended_at = now()",
    "kudos": "UPDATE kudos SET undone_at = now()",
    "recognition": "UPDATE recognition SET withdrawn_at = now(), withdrawn_by = {clara}, withdrawn_because = 'x'",
    "hidden": "UPDATE kudos SET hidden_at = now()",
}


@pytest.fixture
def whole(app: Flask, cast: Cast, stage: Stage, review: uuid.UUID) -> uuid.UUID:
    """One of each kind in the file: what Anna holds, what a colleague saw, and a document."""
    with app.app_context():
        things = [*stage.things.values(), *_more(cast, stage, review)]
        with transaction():
            new = [actions.NewEvidence(criterion_id=stage.criteria[0], thing=one) for one in things]
            paper = actions.NewEvidence(
                criterion_id=stage.criteria[0],
                title="The plan",
                text="As it hangs there",
                link="https://plan.example/",
            )
            actions.release(review, [*new, paper], by=cast.anna, at=AT)
            settle(AT)
    return review


def _more(cast: Cast, stage: Stage, review: uuid.UUID) -> list[str]:
    skill = ids("skill")["water"]
    with transaction():
        (other,) = lessons.share_lessons([a_lesson(cast.ben, skill, title="Keep the list short")], at=AT)
        settle(AT)
    with transaction():
        applying.apply_lessons(
            [applying.Applying(lesson_id=other, person_id=cast.anna, how="We cut ours in half")], at=AT
        )
        settle(AT)
    with transaction():
        (given,) = recognitions.give_recognitions(
            [recognitions.NewRecognition(giver_id=cast.clara, receivers=(cast.anna,), title="For the long nights",
                                         citation="She stayed until all had water", skill_id=skill, lang="en",
                                         day=AT.date())], at=AT,
        )  # fmt: skip
        (asked,) = actions.ask_colleagues(
            review, criterion_id=stage.criteria[0], observer_ids=[cast.ben], question="What did you see?",
            by=cast.anna, at=AT,
        )  # fmt: skip
        settle(AT)
    with transaction():
        day = (AT - timedelta(days=9)).date()
        actions.observe(asked, "She kept calm", on=day, file=True, by=cast.ben, at=AT)
        settle(AT)
    return [f"lesson_applied:{other}", f"recognition:{given}", f"observation:{asked}"]


def frozen(app: Flask, review: uuid.UUID) -> list[dict[str, Any]]:
    with app.app_context():
        with transaction():
            (number,) = dossier.freeze([review], by=None, at=AT).values()
        found = dossier.opened(review, number)
        assert found is not None
        content = json.loads(found[1])
        evidence: list[dict[str, Any]] = content["criteria"][0]["evidence"]
        return evidence


def compare(app: Flask, client_of: Browser, review: uuid.UUID) -> list[dict[str, Any]]:
    pieces = frozen(app, review)
    shown = file_of(client_of, "anna", review)["criteria"][0]["evidence"]
    page = client_of("clara").get(f"/reviews/{review}").text
    lines = re.findall(r'<li class="ev-.*?</li>', page, re.DOTALL)
    assert len(pieces) == len(shown) == len(lines) == 8
    for cold, warm, line in zip(pieces, shown, lines, strict=True):
        said = " ".join(unescape(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", line, flags=re.DOTALL)).split())
        assert cold["kind"] == warm["kind"]
        assert cold["gone"] == warm["taken_back"] == ("Taken back since" in said)
        assert cold["tier"] == warm["tier"]
        assert cold["by"] == (warm["by"] or "")
        title = cold["title"] if isinstance(cold["title"], str) else cold["title"].get("en", "")
        assert title == warm["title"].get("en", "")
        assert cold["note"] == "\n".join(one for one in (warm["words"], warm["link"]) if one)
        parts = [title if not cold["gone"] or cold["kind"] != "document" else "", warm["words"], cold["by"]]
        assert all(part in said for part in parts), (parts, said)
        assert bool(cold["picture"]) == ('<svg class="badge' in line)
    return pieces


def test_what_is_frozen_is_what_was_shown(
    app: Flask, client_of: Browser, whole: uuid.UUID, stage: Stage
) -> None:
    pieces = compare(app, client_of, whole)
    assert {one["kind"] for one in pieces} == {
        "badge", "completion", "lesson_applied", "kudos", "recognition", "observation", "document",
    }  # fmt: skip
    assert not any(one["gone"] for one in pieces)
    told = json.dumps(pieces)
    for words in (
        "Calm on the radio",
        "We cut ours in half",
        "She stayed",
        "She kept calm",
        "As it hangs there",
    ):
        assert words in told
    assert next(one["at"] for one in pieces if one["kind"] == "observation") == str(
        (AT - timedelta(days=9)).date()
    )


@pytest.mark.parametrize("kind", sorted(GONE))
def test_so_it_is_when_it_was_taken_back_before_it_was_frozen(
    app: Flask, client_of: Browser, cast: Cast, whole: uuid.UUID, kind: str
) -> None:
    with app.app_context(), transaction():
        db.session.execute(text(GONE[kind].format(anna=cast.anna, clara=cast.clara)))
    pieces = compare(app, client_of, whole)
    assert [one["note"] for one in pieces if one["gone"]] == [""]


def test_a_file_whose_key_is_gone_is_frozen_without_its_words(
    app: Flask, client_of: Browser, cast: Cast, whole: uuid.UUID
) -> None:
    with app.app_context(), transaction():
        db.session.execute(text("DELETE FROM person_key WHERE person_id = :id"), {"id": cast.anna})
    told = {one["kind"]: one for one in frozen(app, whole)}
    assert (told["document"]["gone"], told["document"]["title"], told["observation"]["note"]) == (
        True,
        "",
        "",
    )
