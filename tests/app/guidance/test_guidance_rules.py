"""The published rules: what a meeting counts for, and what an hour is worth between two who guide each other."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from app.guidance import rules
from app.guidance.rules import Counted, Used

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("back", "share"), [(0, 1.0), (4, 1.0), (8, 0.5), (12, 0.25), (-1, 1.0)])
def test_an_hour_is_worth_half_with_each_four_hours_more_the_other_way_round(
    back: float, share: float
) -> None:
    assert rules.share(back) == share


@pytest.mark.parametrize(
    ("kind", "minutes", "used", "counts"),
    [
        ("coaching", 60, Used(), Counted(60, 60)),
        ("coaching", 180, Used(), Counted(120, 120, "day")),
        ("coaching", 60, Used(day=15, learned_day=15), Counted(0, 60, "again")),
        ("coaching", 60, Used(week=450, learned_week=450), Counted(30, 30, "week")),
        ("coaching", 60, Used(week=480, learned_week=480), Counted(0, 0, "week")),
        ("shadowing", 480, Used(), Counted(120, 480, "day")),
        ("rotation", 480, Used(week=480, learned_week=2400), Counted(0, 0, "week")),
    ],
)
def test_one_meeting_a_day_two_hours_and_eight_a_week(
    kind: str, minutes: int, used: Used, counts: Counted
) -> None:
    assert rules.counted(kind, minutes, used) == counts


def test_what_is_to_come_too_old_too_short_or_too_long_is_no_meeting() -> None:
    assert rules.wrong_meeting(NOW - HOUR, 60, NOW) is None
    assert rules.wrong_meeting(NOW - HOUR, 61, NOW) == "future"
    assert rules.wrong_meeting(NOW - timedelta(days=91), 60, NOW) == "old"
    assert rules.wrong_meeting(NOW - 20 * HOUR, 14, NOW) == "minutes"
    assert rules.wrong_meeting(NOW - 20 * HOUR, 601, NOW) == "minutes"


def test_suggested_are_mentors_who_are_free_by_skills_and_from_another_team_never_the_own_manager() -> None:
    def place(who: int, skills: list[int], team: int, pairs: int = 0, manager: int = 0) -> SimpleNamespace:
        return SimpleNamespace(person_id=who, skills=skills, team_id=team, pairs=pairs, manager_id=manager)

    mentee = place(1, [7, 8], 10, manager=5)
    mentors = [place(2, [7], 10), place(3, [7], 11), place(4, [7, 8], 10), place(5, [7, 8], 11)]
    mentors += [place(6, [7, 8], 11, pairs=2)]
    assert [fit.mentor_id for fit in rules.suggested(mentee, mentors, 2)] == [4, 3, 2]


def test_small_numbers_are_not_told_but_none_is() -> None:
    assert [rules.told(number) for number in (0, 1, 4, 5)] == [0, None, None, 5]


def test_what_is_kept_as_learning_is_called_by_kind_and_skill_alone() -> None:
    assert rules.title_of("coaching", [{"nl": "Water", "en": "Water"}]) == {
        "nl": "Coaching: Water",
        "en": "Coaching: Water",
    }
