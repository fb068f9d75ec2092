"""The plan of half a year: alive, possible, and the same each time."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

import pytest

from app.activities.rules import edition_of
from app.demo.company import by_name, company
from app.demo.days import DAYS, Day, offers
from app.demo.history import history
from app.kudos.rules import ALLOWANCE, MANAGER_ALLOWANCE

ZONE = ZoneInfo("Europe/Amsterdam")
PATH = {"pressure-surges", "valves-handbook", "forty-counts", "pressure-flow-check", "outage-on-screen"}
MOMENTS = [
    datetime(2026, 11, 23, 14, tzinfo=UTC),
    datetime(2027, 1, 1, 0, 20, tzinfo=UTC),
    datetime(2027, 3, 1, 9, tzinfo=UTC),
    datetime(2027, 8, 15, 21, tzinfo=UTC),
    datetime(2028, 2, 29, 6, tzinfo=UTC),
]


@pytest.fixture(scope="module", params=MOMENTS, ids=lambda moment: f"{moment:%Y-%m-%d}")
def plan(request: pytest.FixtureRequest) -> tuple[datetime, list[Day]]:
    """Whenever the demo is made."""
    return request.param, history(company(), request.param, ZONE)


def test_the_same_moment_gives_the_same_history() -> None:
    assert history(company(), MOMENTS[0], ZONE) == history(company(), MOMENTS[0], ZONE)


def test_days_follow_each_other_up_to_today(plan: tuple[datetime, list[Day]]) -> None:
    now, days = plan
    today = now.astimezone(ZONE).date()
    assert [day.on for day in days] == [today - timedelta(days=n) for n in range(DAYS, -1, -1)]


def test_nothing_happens_after_now_or_on_another_day_than_it_says(plan: tuple[datetime, list[Day]]) -> None:
    now, days = plan
    for day in days:
        for event in (*day.done, *day.shared, *day.applied, *day.thanks):
            assert event.at <= now
            if day.on < now.astimezone(ZONE).date():
                assert event.at.astimezone(ZONE).date() == day.on
        assert all(told.on <= day.on for told in day.told)


def test_nobody_finishes_an_edition_twice(plan: tuple[datetime, list[Day]]) -> None:
    known = offers()
    seen: Counter[tuple[str, str, str]] = Counter()
    for day in plan[1]:
        for done in day.done:
            seen[done.who, done.activity, edition_of(known[done.activity], done.at, ZONE)] += 1
        for told in day.told:
            if told.activity:
                noon = datetime(told.on.year, told.on.month, told.on.day, 12, tzinfo=ZONE)
                seen[told.who, told.activity, edition_of(known[told.activity], noon, ZONE)] += 1
    assert [key for key, times in seen.items() if times > 1] == []


def test_a_word_follows_its_log_and_most_logs_get_one(plan: tuple[datetime, list[Day]]) -> None:
    logged: dict[int, int] = {}
    words = 0
    for place, day in enumerate(plan[1]):
        logged.update({told.key: place for told in day.told})
        for word in day.words:
            words += 1
            assert logged[word.key] <= place
    assert 5 <= len(logged) - words <= 60


def test_nobody_confirms_or_applies_or_thanks_the_own(plan: tuple[datetime, list[Day]]) -> None:
    authors = {share.key: share.who for day in plan[1] for share in day.shared}
    pairs: Counter[tuple[int, str]] = Counter()
    for day in plan[1]:
        assert all(told.who != told.confirmer for told in day.told)
        assert all(one.who not in one.to for one in day.thanks)
        for apply in day.applied:
            assert authors[apply.key] != apply.who
            pairs[apply.key, apply.who] += 1
    assert max(pairs.values()) == 1


def test_a_lesson_is_applied_after_it_was_shared(plan: tuple[datetime, list[Day]]) -> None:
    shared = {share.key: share.at for day in plan[1] for share in day.shared}
    assert len(shared) >= 60
    assert all(apply.at > shared[apply.key] for day in plan[1] for apply in day.applied)


def test_nobody_gives_more_thanks_than_a_month_holds(plan: tuple[datetime, list[Day]]) -> None:
    people = {person.external_id: person for person in company()}
    spent: Counter[tuple[str, str]] = Counter()
    texts: list[str] = []
    for day in plan[1]:
        for thanks in day.thanks:
            spent[thanks.who, f"{thanks.at.astimezone(ZONE):%Y-%m}"] += len(thanks.to)
            texts.append(thanks.text)
    for (who, _), number in spent.items():
        assert number <= (MANAGER_ALLOWANCE if people[who].leads else ALLOWANCE)
    assert len(texts) >= 120
    assert len(set(texts)) == len(texts)


def test_noor_has_a_story_and_the_five_of_moodle_are_still_to_come(plan: tuple[datetime, list[Day]]) -> None:
    noor = by_name(company())["Noor Hendriks"].external_id
    days = plan[1]
    had = {event.activity for day in days for event in (*day.done, *day.told) if event.who == noor}
    assert not had & PATH
    rounds = [told for day in days for told in day.told if (told.who, told.activity) == (noor, "valve-round")]
    assert len(rounds) == 3
    assert sum(share.who == noor for day in days for share in day.shared) == 3
    assert sum(noor in thanks.to for day in days for thanks in day.thanks) == 7
    mine = {share.key for day in days for share in day.shared if share.who == noor}
    assert len({a.who for day in days for a in day.applied if a.key in mine}) == 9


def test_today_is_fresh_and_logs_wait_for_her_manager(plan: tuple[datetime, list[Day]]) -> None:
    here, days = by_name(company()), plan[1]
    today = days[-1]
    assert today.done
    assert today.shared
    assert today.applied
    assert today.thanks
    decided = {word.key for day in days for word in day.words}
    waiting = [told for day in days for told in day.told if told.key not in decided]
    maaike, noor = here["Maaike Postma"].external_id, here["Noor Hendriks"].external_id
    assert sum(told.confirmer == maaike for told in waiting) >= 3
    assert any(told.confirmer == noor for told in waiting)


def test_every_department_learns_and_summer_is_quiet() -> None:
    days = history(company(), MOMENTS[0], ZONE)
    people = {person.external_id: person for person in company()}
    active = {people[event.who] for day in days for event in (*day.done, *day.told)}
    assert len(active) >= 235
    number = Counter(f"{day.on:%m}" for day in days for _ in chain(day.done, day.told))
    assert number["07"] < 0.7 * number["06"]
    assert number["09"] > 1.3 * number["08"] * 0.9


def test_a_small_company_and_a_large_one_have_a_history_too() -> None:
    for people in (40, 500):
        days = history(company(people), MOMENTS[0], ZONE)
        assert sum(len(day.done) for day in days) > 3 * people
