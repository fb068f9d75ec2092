"""Sharing lessons: what counts, what is refused, and that sending twice is sending once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.db import db, transaction
from app.errors import Conflict, NotFound, Refused
from app.lessons import actions, changing
from app.lessons.actions import LessonText, NewLesson
from app.lessons.models import Lesson
from app.outbox import settle
from tests.app.lessons.conftest import AT, TEXT
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]
Share = Callable[..., int]
Standing = Callable[[], dict[str, datetime]]
Headers = Callable[[str], dict[str, str]]


def test_a_shared_lesson_counts_for_its_author(share: Share, standing: Standing) -> None:
    lesson_id = share("anna")
    assert standing() == {f"lesson:{lesson_id}": AT}


def test_a_batch_comes_back_in_the_order_in_which_it_was_given(app: Flask, cast: Cast, skill: int) -> None:
    items = [
        NewLesson(
            author_id=person,
            **{**TEXT, "skills": [skill], "title": f"Lesson {number % 4}"},
            once=f"k{number % 4}",
        )
        for number, person in enumerate([cast.ben, cast.anna] * 3)
    ]
    with app.app_context(), transaction():
        ids = actions.share_lessons(items, at=AT)
        settle(AT)
        titles = {row.id: row.title for row in db.session.execute(select(Lesson.id, Lesson.title))}
    assert [titles[id] for id in ids] == [f"Lesson {number}" for number in (0, 1, 2, 3, 0, 1)]
    assert len(titles) == 4


def test_the_same_key_gives_the_same_lesson_and_counts_once(share: Share, standing: Standing) -> None:
    assert share("anna", once="form-1") == share("anna", once="form-1")
    assert len(standing()) == 1


def test_the_same_key_with_another_text_is_refused(share: Share) -> None:
    share("anna", once="form-1")
    with pytest.raises(Conflict):
        share("anna", once="form-1", learned="Something else altogether.")


def test_the_same_key_twice_in_a_batch_with_another_text_is_refused(
    app: Flask, cast: Cast, skill: int
) -> None:
    one = NewLesson(author_id=cast.anna, **{**TEXT, "skills": [skill]}, once="form-1")
    other = NewLesson(
        author_id=cast.anna, **{**TEXT, "skills": [skill], "title": "Another title"}, once="form-1"
    )
    with app.app_context(), pytest.raises(Conflict), transaction():
        actions.share_lessons([one, other], at=AT)


def test_a_key_is_its_senders_own(share: Share) -> None:
    assert share("anna", once="form-1") != share("ben", once="form-1")


def test_a_deleted_lesson_is_not_brought_back_by_its_key(app: Flask, cast: Cast, share: Share) -> None:
    delete(app, cast.anna, share("anna", once="form-1"))
    with pytest.raises(Conflict):
        share("anna", once="form-1")


def test_fifty_equal_posts_at_once_give_one_lesson_and_fifty_equal_answers(
    app: Flask, cast: Cast, skill: int, token_of: Headers, standing: Standing
) -> None:
    headers = token_of("anna")
    sent = {**TEXT, "skills": [skill], "once": "fifty"}

    def post(_: int) -> tuple[int, dict[str, Any]]:
        answer = app.test_client().post("/api/v1/lessons", json=sent, headers=headers)
        return answer.status_code, answer.get_json()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(post, range(50)))
    assert answers[0][0] == 201
    assert all(answer == answers[0] for answer in answers)
    assert len(standing()) == 1
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Lesson)) == 1


# The same text counts once ----------------------------------------------------------------------------------


def test_the_same_text_again_is_shared_but_earns_nothing(
    share: Share, standing: Standing, later: Callable[[int], datetime]
) -> None:
    first = share("anna")
    assert share("anna", title="Under another title", at=later(20)) != first
    assert set(standing()) == {f"lesson:{first}"}


def test_the_same_text_of_somebody_else_is_their_own_lesson(share: Share, standing: Standing) -> None:
    share("anna")
    share("ben")
    assert len(standing()) == 2


def test_what_is_deleted_and_shared_again_keeps_its_place(
    app: Flask, cast: Cast, share: Share, standing: Standing, later: Callable[[int], datetime]
) -> None:
    delete(app, cast.anna, share("anna"))
    again = share("anna", at=later(9))
    assert standing() == {f"lesson:{again}": AT}, "no new week, no new room under the cap"


def test_editing_makes_no_room_for_the_old_text(
    app: Flask, cast: Cast, skill: int, share: Share, standing: Standing, later: Callable[[int], datetime]
) -> None:
    first = share("anna")
    edit(app, cast.anna, first, skill, happened="Something that is quite another story.")
    share("anna", at=later(1))
    share("anna", at=later(2), happened="Something that is quite another story.")
    assert set(standing()) == {f"lesson:{first}"}


# What is refused --------------------------------------------------------------------------------------------


def test_a_lesson_says_what_is_missing(app: Flask, cast: Cast, skill: int, share: Share) -> None:
    for name, value in [("title", "x"), ("happened", " " * 40), ("learned", "y" * 2001), ("skills", []),
                        ("skills", [skill + 999]), ("outcome", "blamed"), ("lang", "de")]:  # fmt: skip
        with pytest.raises(Refused) as no:
            share("anna", **{name: value})
        assert name in no.value.fields


def test_whoever_is_in_no_team_cannot_share_with_one(app: Flask, cast: Cast, skill: int) -> None:
    from app.people.models import Person

    with app.app_context(), transaction():
        db.session.get_one(Person, cast.anna).team_id = None
    lesson = NewLesson(author_id=cast.anna, **{**TEXT, "skills": [skill]})
    with app.app_context(), pytest.raises(Refused) as no, transaction():
        actions.share_lessons([lesson], at=AT)
    assert "audience" in no.value.fields


def test_the_team_of_a_lesson_is_the_one_in_which_it_was_shared(
    app: Flask, cast: Cast, skill: int, share: Share, client_of: Browser
) -> None:
    from app.people.models import Person

    lesson_id = share("anna", audience="everyone")
    with app.app_context(), transaction():
        db.session.get_one(Person, cast.anna).team_id = None
    assert ">North</option>" in client_of("anna").get(f"/lessons/{lesson_id}/edit").text
    edit(app, cast.anna, lesson_id, skill, audience="team")
    assert client_of("ben").get(f"/lessons/{lesson_id}").status_code == 200
    assert client_of("eve").get(f"/lessons/{lesson_id}").status_code == 404


def test_only_the_author_edits_and_deletes(
    app: Flask, cast: Cast, skill: int, share: Share, standing: Standing
) -> None:
    lesson_id = share("anna", audience="everyone")
    for other in (cast.ben, cast.mia, cast.dan, cast.clara):
        with pytest.raises(NotFound):
            edit(app, other, lesson_id, skill, title="Mine now, I think")
        with pytest.raises(NotFound):
            delete(app, other, lesson_id)
    assert len(standing()) == 1
    delete(app, cast.anna, lesson_id)
    assert standing() == {}
    with pytest.raises(NotFound):
        delete(app, cast.anna, lesson_id)


def edit(app: Flask, by: int, lesson_id: int, skill: int, **other: Any) -> None:
    with app.app_context(), transaction():
        text = LessonText(**{**TEXT, "skills": [skill], **other})
        changing.edit_lessons([changing.Edit(lesson_id=lesson_id, by=by, to=text)], at=AT)


def delete(app: Flask, by: int, lesson_id: int) -> None:
    with app.app_context(), transaction():
        changing.delete_lessons([(lesson_id, by)], at=AT)
        settle(AT)
