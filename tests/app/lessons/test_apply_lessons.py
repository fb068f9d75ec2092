"""A colleague applies a lesson: the author earns, once at a time, whatever happens at the same moment."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import db, transaction
from app.errors import NotFound, Refused
from app.facts.models import Fact
from app.lessons import applying, changing, queries
from app.lessons.actions import LessonText
from app.lessons.applying import Applying
from app.lessons.models import Application
from app.outbox import settle
from tests.app.lessons.conftest import AT, TEXT
from tests.cast import Cast
from tests.racing import at_once

Share = Callable[..., int]
Standing = Callable[[], dict[str, datetime]]


def apply(app: Flask, person: int, lesson_id: int, how: str = "", at: datetime = AT) -> None:
    with app.app_context(), transaction():
        applying.apply_lessons([Applying(lesson_id=lesson_id, person_id=person, how=how)], at=at)
        settle(at)


def stop(app: Flask, person: int, lesson_id: int) -> None:
    with app.app_context(), transaction():
        applying.stop_applying([(lesson_id, person)], at=AT)
        settle(AT)


def delete(app: Flask, person: int, lesson_id: int) -> None:
    with app.app_context(), transaction():
        changing.delete_lessons([(lesson_id, person)], at=AT)
        settle(AT)


def test_the_author_earns_when_a_colleague_applies_it(
    app: Flask, cast: Cast, share: Share, standing: Standing
) -> None:
    lesson_id = share("anna")
    apply(app, cast.ben, lesson_id, "I count in the van first")
    assert f"applied:{lesson_id}:{cast.ben}:1" in standing()
    with app.app_context():
        fact = db.session.scalars(select(Fact).where(Fact.kind == "lesson_applied")).one()
        assert (fact.person_id, fact.counterpart_id) == (cast.anna, cast.ben)
        (one,) = queries.appliers(lesson_id)
        assert (one.name, one.how) == ("Ben", "I count in the van first")


def test_saying_it_again_changes_how_and_counts_once(
    app: Flask, cast: Cast, share: Share, standing: Standing
) -> None:
    lesson_id = share("anna")
    apply(app, cast.ben, lesson_id, "so")
    apply(app, cast.ben, lesson_id, "and so")
    assert len(standing()) == 2
    with app.app_context():
        assert [one.how for one in queries.appliers(lesson_id)] == ["and so"]


def test_stopping_takes_it_back_and_beginning_again_is_a_new_round(
    app: Flask, cast: Cast, share: Share, standing: Standing
) -> None:
    lesson_id = share("anna")
    for _ in range(2):
        apply(app, cast.ben, lesson_id)
        stop(app, cast.ben, lesson_id)
        stop(app, cast.ben, lesson_id)
    assert set(standing()) == {f"lesson:{lesson_id}"}
    apply(app, cast.ben, lesson_id)
    assert set(standing()) == {f"lesson:{lesson_id}", f"applied:{lesson_id}:{cast.ben}:3"}


def test_nobody_applies_an_own_lesson(app: Flask, cast: Cast, share: Share) -> None:
    with pytest.raises(Refused):
        apply(app, cast.anna, share("anna"))


def test_what_may_not_be_read_cannot_be_applied(
    app: Flask, cast: Cast, share: Share, standing: Standing
) -> None:
    lesson_id = share("anna")
    for stranger in (cast.eve, cast.dan, cast.clara, cast.leo, cast.cor):
        with pytest.raises(NotFound):
            apply(app, stranger, lesson_id)
        with pytest.raises(NotFound):
            stop(app, stranger, lesson_id)
    with pytest.raises(NotFound):
        apply(app, cast.ben, lesson_id + 999)
    assert set(standing()) == {f"lesson:{lesson_id}"}


def test_a_copy_earns_nothing_by_being_applied(
    app: Flask, cast: Cast, share: Share, standing: Standing
) -> None:
    first, copy = share("anna"), share("anna", title="The same once more")
    apply(app, cast.ben, first)
    apply(app, cast.ben, copy)
    assert set(standing()) == {f"lesson:{first}", f"applied:{first}:{cast.ben}:1"}
    stop(app, cast.ben, copy)


def test_deleting_a_lesson_takes_back_all_it_earned(
    app: Flask, cast: Cast, share: Share, standing: Standing
) -> None:
    lesson_id = share("anna")
    apply(app, cast.ben, lesson_id)
    apply(app, cast.mia, lesson_id)
    delete(app, cast.anna, lesson_id)
    assert standing() == {}
    with pytest.raises(NotFound):
        apply(app, cast.ben, lesson_id)
    stop(app, cast.ben, lesson_id)


def test_who_applies_it_can_stop_although_it_is_no_longer_for_them(
    app: Flask, cast: Cast, skill: int, share: Share, standing: Standing
) -> None:
    lesson_id = share("anna", audience="everyone")
    apply(app, cast.eve, lesson_id)
    with app.app_context(), transaction():
        narrower = LessonText(**{**TEXT, "skills": [skill]})
        changing.edit_lessons([changing.Edit(lesson_id=lesson_id, by=cast.anna, to=narrower)], at=AT)
        settle(AT)
    stop(app, cast.eve, lesson_id)
    assert set(standing()) == {f"lesson:{lesson_id}"}
    with pytest.raises(NotFound):
        apply(app, cast.eve, lesson_id)


def test_a_batch_takes_many_and_the_last_word_of_each(
    app: Flask, cast: Cast, share: Share, standing: Standing
) -> None:
    lessons = [share("anna"), share("ben", happened="Something else happened here.")]
    items = [
        Applying(lesson_id=lessons[0], person_id=cast.ben, how="first"),
        Applying(lesson_id=lessons[0], person_id=cast.ben, how="last", at=AT + timedelta(hours=1)),
        Applying(lesson_id=lessons[1], person_id=cast.mia),
    ]
    with app.app_context(), transaction():
        applying.apply_lessons(items, at=AT)
        settle(AT)
    assert standing()[f"applied:{lessons[0]}:{cast.ben}:1"] == AT + timedelta(hours=1)
    with app.app_context():
        assert [one.how for one in queries.appliers(lessons[0])] == ["last"]


def test_apply_and_stop_at_once_leave_one_consistent_result(
    app: Flask, cast: Cast, share: Share, standing: Standing
) -> None:
    lesson_id = share("anna")
    for _ in range(8):
        raised = at_once(
            lambda: apply(app, cast.ben, lesson_id),
            lambda: stop(app, cast.ben, lesson_id),
            lambda: apply(app, cast.mia, lesson_id),
            lambda: stop(app, cast.mia, lesson_id),
        )
        assert raised == []
        assert said(app, lesson_id) == {source for source in standing() if source.startswith("applied:")}


def test_apply_and_delete_at_once_leave_nothing_standing(
    app: Flask, cast: Cast, share: Share, standing: Standing
) -> None:
    for number in range(5):
        lesson_id = share("anna", happened=f"Story number {number} of this week.")
        raised = at_once(
            lambda lesson_id=lesson_id: apply(app, cast.ben, lesson_id),  # type: ignore[misc]
            lambda lesson_id=lesson_id: delete(app, cast.anna, lesson_id),  # type: ignore[misc]
        )
        assert all(isinstance(fault, NotFound) for fault in raised)
        assert standing() == {}
        assert said(app, lesson_id) == set()


def test_two_who_apply_each_others_lessons_do_not_deadlock(app: Flask, cast: Cast, share: Share) -> None:
    of_anna, of_ben = share("anna"), share("ben")
    for _ in range(5):
        assert at_once(lambda: apply(app, cast.ben, of_anna), lambda: apply(app, cast.anna, of_ben)) == []
        assert at_once(lambda: stop(app, cast.ben, of_anna), lambda: stop(app, cast.anna, of_ben)) == []


@pytest.mark.parametrize("does", ["apply", "stop"])
def test_a_name_comes_before_or_after_a_colleagues_word_and_never_in_between(
    app: Flask, cast: Cast, share: Share, standing: Standing, does: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who says a word to a lesson without a name locks no author: the row of the lesson alone holds these two apart."""
    lesson_id = share("anna", audience="everyone", unnamed=True)
    if does == "stop":
        apply(app, cast.ben, lesson_id)
    looked, go_on = threading.Event(), threading.Event()
    step = {"apply": "refuse_own", "stop": "_must_know"}[
        does
    ]  # what comes after it looked whose lesson it is
    whole = getattr(applying, step)

    def held_up(*of: object) -> None:
        whole(*of)
        looked.set()
        go_on.wait(20)

    monkeypatch.setattr(applying, step, held_up)
    word = threading.Thread(target={"apply": apply, "stop": stop}[does], args=(app, cast.ben, lesson_id))
    word.start()
    assert looked.wait(20)

    def puts_it_on() -> None:
        with app.app_context(), transaction():
            changing.put_names_on([(lesson_id, cast.anna)], at=AT)
            settle(AT)

    name = threading.Thread(target=puts_it_on)
    name.start()
    name.join(0.7)
    between = not name.is_alive()
    go_on.set()
    word.join(20)
    name.join(20)
    assert not between, "the name came while a colleague's word was under way"
    applied = {f"applied:{lesson_id}:{cast.ben}:1"} if does == "apply" else set()
    assert set(standing()) == {f"lesson:{lesson_id}"} | applied


def said(app: Flask, lesson_id: int) -> set[str]:
    """The sources that ought to stand, by who says to apply it."""
    with app.app_context():
        rows = db.session.execute(
            select(Application.person_id, Application.round)
            .where(Application.lesson_id == lesson_id)
            .where(Application.ended_at.is_(None))
        )
        return {f"applied:{lesson_id}:{row.person_id}:{row.round}" for row in rows}
