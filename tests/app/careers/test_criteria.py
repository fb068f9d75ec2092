"""What a job asks: a draft that HR writes, versions that never change, and two who do something at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.careers import criteria, queries
from app.careers.pages import compared
from app.db import db, transaction
from app.errors import Conflict, NotFound, Refused
from tests.app.careers.conftest import TODAY, Act, asked
from tests.app.leaderboards.scene import Scene, now
from tests.cast import Cast

Versions = Callable[[str], list[queries.Criteria]]


def test_a_version_is_a_copy_of_the_one_before_and_each_criterion_keeps_its_key(
    cast: Cast, act: Act, publish: Act, versions: Versions
) -> None:
    publish("senior", asked("Runs a shift", badges={"five": 2}), asked("Guides others"))
    act(criteria.begin_draft, "senior", by=cast.clara)
    draft, first = versions("senior")
    assert (draft.number, draft.published_at) == (2, None)
    assert [(one.key, one.text, one.badges) for one in draft.items] == [
        (one.key, one.text, one.badges) for one in first.items
    ]
    assert not {one.id for one in draft.items} & {one.id for one in first.items}


def test_a_published_version_carries_the_day_of_consent_and_who_published_it(
    cast: Cast, publish: Act, versions: Versions
) -> None:
    assert publish("senior", asked("Runs a shift"), consented_on=TODAY - timedelta(days=3)) == 1
    (one,) = versions("senior")
    assert (one.consented_on, one.published_by) == (TODAY - timedelta(days=3), cast.clara)


CHANGES = [
    "UPDATE job_criteria SET consented_on = '2020-01-01'",
    "UPDATE job_criteria SET published_at = NULL",
    "DELETE FROM job_criteria",
    "UPDATE criterion SET level = 1",
    "UPDATE criterion SET text = '{}'",
    "DELETE FROM criterion",
    "INSERT INTO criterion (criteria_id, key, position, text, skill_id, level, evidence) SELECT criteria_id,"
    " gen_random_uuid(), 9, text, skill_id, level, evidence FROM criterion",
    "DELETE FROM criterion_badge",
    "UPDATE criterion_badge SET tier = 1",
    "INSERT INTO criterion_badge (criterion_id, achievement_id) SELECT c.id, a.id FROM criterion c, achievement a"
    " WHERE a.slug = 'week'",
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_database_refuses_every_change_of_what_is_published(
    app: Flask, publish: Act, versions: Versions, change: str
) -> None:
    publish("senior", asked("Runs a shift", badges={"five": 2}))
    before = versions("senior")
    with app.app_context(), pytest.raises(DBAPIError, match="never change"), transaction():
        db.session.execute(text(change))
    assert versions("senior") == before


def test_a_criterion_cannot_slip_into_a_version_that_is_being_published(
    app: Flask, cast: Cast, scene: Scene, act: Act, versions: Versions
) -> None:
    """Past the actions' own lock: the trigger waits for who publishes."""
    act(criteria.replace_draft, "senior", [asked("Runs a shift")], version=None, by=cast.clara)
    both = Barrier(2)

    def publish() -> None:
        with app.app_context(), transaction():
            db.session.execute(text("UPDATE job_criteria SET published_at = now(), consented_on = now()"))
            both.wait()

    def slip() -> object:
        with app.app_context():
            try:
                with transaction():
                    both.wait()
                    db.session.execute(text("UPDATE criterion SET level = 4"))
            except DBAPIError as no:
                return no
        return None

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(publish), pool.submit(slip)
        first.result()
        outcome = second.result()
    level = versions("senior")[0].items[0].level
    assert (outcome is None) == (level == 4), "either before the publication, or not at all"
    assert outcome is not None


def test_of_two_publications_at_once_one_wins(
    app: Flask, cast: Cast, scene: Scene, act: Act, versions: Versions
) -> None:
    act(criteria.replace_draft, "senior", [asked("Runs a shift")], version=None, by=cast.clara)
    both = Barrier(2)

    def publish(_n: int) -> int | None:
        with app.app_context():
            try:
                both.wait()
                with transaction():
                    return criteria.publish_draft(
                        "senior", consented_on=TODAY, version=1, today=TODAY, by=cast.clara, at=now()
                    )
            except Conflict:
                return None

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(publish, range(2)))
    assert sorted(done, key=str) == [1, None]
    assert len(versions("senior")) == 1


def test_of_two_edits_of_one_criterion_the_second_is_told(
    app: Flask, cast: Cast, scene: Scene, act: Act, versions: Versions
) -> None:
    act(
        criteria.replace_draft,
        "senior",
        [asked("Runs a shift"), asked("Guides")],
        version=None,
        by=cast.clara,
    )
    one, other = versions("senior")[0].items
    both = Barrier(2)

    def edit(text: str) -> bool:
        with app.app_context():
            try:
                both.wait()
                with transaction():
                    criteria.write_criterion(
                        "senior", one.key, asked(text), version=one.version, by=cast.clara, at=now()
                    )
                    return True
            except Conflict:
                return False

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(edit, ("This way", "That way")))
    assert sorted(done) == [False, True]
    act(
        criteria.write_criterion,
        "senior",
        other.key,
        asked("Guides two"),
        version=other.version,
        by=cast.clara,
    )
    assert versions("senior")[0].items[1].text["en"] == "Guides two", "another criterion is nobody's clash"


def test_who_publishes_has_seen_the_draft_as_it_stands(
    cast: Cast, scene: Scene, act: Act, versions: Versions
) -> None:
    act(criteria.replace_draft, "senior", [asked("Runs a shift")], version=None, by=cast.clara)
    seen = versions("senior")[0].version
    act(criteria.write_criterion, "senior", None, asked("One more"), version=None, by=cast.clara)
    with pytest.raises(Conflict):
        act(criteria.publish_draft, "senior", consented_on=TODAY, version=seen, today=TODAY, by=cast.clara)


@pytest.mark.parametrize(
    ("items", "day", "said"),
    [
        ([], TODAY, "no criterion yet"),
        ([asked("Runs a shift")], TODAY + timedelta(days=1), "still to come"),
    ],
)
def test_what_cannot_be_published_is_refused(
    cast: Cast, scene: Scene, act: Act, items: list[Any], day: Any, said: str
) -> None:
    act(criteria.begin_draft, "senior", by=cast.clara)
    for one in items:
        act(criteria.write_criterion, "senior", None, one, version=None, by=cast.clara)
    with pytest.raises(Refused, match=said):
        act(criteria.publish_draft, "senior", consented_on=day, version=None, today=TODAY, by=cast.clara)


@pytest.mark.parametrize(
    "wrong",
    [
        {"skill": "nothing"}, {"level": 5}, {"level": 0}, {"evidence": []}, {"evidence": ["points"]},
        {"badges": {"nothing": 1}}, {"badges": {"five": 3}}, {"badges": {"five": 0}},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_nothing_is_kept(
    cast: Cast, scene: Scene, act: Act, versions: Versions, wrong: dict[str, Any]
) -> None:
    act(criteria.begin_draft, "senior", by=cast.clara)
    with pytest.raises(Refused):
        act(
            criteria.write_criterion,
            "senior",
            None,
            asked("Runs a shift", **wrong),
            version=None,
            by=cast.clara,
        )
    assert versions("senior")[0].items == []


def test_up_down_and_away(cast: Cast, scene: Scene, act: Act, versions: Versions) -> None:
    act(criteria.replace_draft, "senior", [asked("A"), asked("B"), asked("C")], version=None, by=cast.clara)
    a, b, c = versions("senior")[0].items
    for key, step in ((c.key, "up"), (a.key, "up"), (b.key, "remove")):
        act(criteria.step_criterion, "senior", key, step, version=None, by=cast.clara)
    assert [one.text["en"] for one in versions("senior")[0].items] == ["A", "C"]


def test_a_draft_that_is_let_go_leaves_what_is_published(
    cast: Cast, act: Act, publish: Act, versions: Versions
) -> None:
    publish("senior", asked("Runs a shift", badges={"five": 1}))
    act(criteria.begin_draft, "senior", by=cast.clara)
    act(criteria.discard_draft, "senior", version=None, by=cast.clara)
    assert [one.number for one in versions("senior")] == [1]
    with pytest.raises(Conflict):
        act(criteria.discard_draft, "senior", version=None, by=cast.clara)


def test_writing_what_stands_already_begins_no_draft(
    cast: Cast, act: Act, publish: Act, versions: Versions
) -> None:
    items = [
        asked("Runs a shift", badges={"week": 1, "five": 2}, evidence=["observation", "badge"]),
        asked("B"),
    ]
    publish("senior", *items)
    act(criteria.replace_draft, "senior", items, version=None, by=cast.clara)
    assert len(versions("senior")) == 1
    act(criteria.replace_draft, "senior", items[::-1], version=None, by=cast.clara)
    assert len(versions("senior")) == 2, "another order is another version"


def test_what_changed_between_two_versions_is_told(
    app: Flask, cast: Cast, act: Act, publish: Act, versions: Versions
) -> None:
    publish("senior", asked("Runs a shift"), asked("Goes"))
    act(criteria.begin_draft, "senior", by=cast.clara)
    stays, goes = versions("senior")[0].items
    changed = asked("Runs a shift alone", level=3, badges={"five": 2})
    act(criteria.write_criterion, "senior", stays.key, changed, version=None, by=cast.clara)
    act(criteria.step_criterion, "senior", goes.key, "remove", version=None, by=cast.clara)
    act(criteria.write_criterion, "senior", None, asked("Comes"), version=None, by=cast.clara)
    with app.app_context():
        found = compared(versions("senior"), 2)
    told = [(one.kind, (one.after or one.before)["text"]["en"]) for one in found["changes"]]
    assert told == [("changed", "Runs a shift alone"), ("added", "Comes"), ("gone", "Goes")]
    assert [name for name, *_ in found["changes"][0].fields] == ["text", "level", "badges"]
    assert not found["moved"]


def test_a_criterion_of_another_job_is_not_there(
    cast: Cast, scene: Scene, act: Act, versions: Versions
) -> None:
    for slug in ("senior", "leader"):
        act(criteria.replace_draft, slug, [asked(slug)], version=None, by=cast.clara)
    (of_leader,) = versions("leader")[0].items
    with pytest.raises(NotFound):
        act(criteria.write_criterion, "senior", of_leader.key, asked("Mine"), version=None, by=cast.clara)
