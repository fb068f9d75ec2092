"""When two lessons are one."""

from datetime import UTC, datetime, timedelta

from app.lessons.rules import Earlier, counted_at, quarter_began, text_key, wrong_with

AT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
KEY = text_key("The valve broke.", "Slow is fast.", "Count to forty.")


def earlier(days: int, *, stands: bool = True, key: str = KEY) -> Earlier:
    return Earlier(frozenset([key]), AT - timedelta(days=days), stands)


def test_case_spaces_and_signs_make_no_other_text() -> None:
    assert text_key("THE valve... broke!", "Slow, is fast", "count to  forty") == KEY
    assert text_key("The valve held.", "Slow is fast.", "Count to forty.") != KEY


def test_a_text_that_stands_counts_once_within_thirty_days() -> None:
    assert counted_at({KEY}, AT, []) == AT
    assert counted_at({KEY}, AT, [earlier(30)]) is None
    assert counted_at({KEY}, AT, [earlier(31)]) == AT
    assert counted_at({KEY}, AT, [earlier(-3)]) is None, "also when the earlier one arrives later"


def test_a_copy_takes_the_place_and_the_moment_of_the_one_that_was_deleted() -> None:
    assert counted_at({KEY}, AT, [earlier(9, stands=False)]) == AT - timedelta(days=9)
    assert counted_at({KEY}, AT, [earlier(9, stands=False), earlier(2)]) is None


def test_every_text_that_a_lesson_ever_had_is_known() -> None:
    both = Earlier(frozenset([KEY, "another"]), AT, True)
    assert counted_at({"another"}, AT, [both]) is None


def test_the_first_field_that_cannot_be_is_named() -> None:
    parts = ("Long enough to read", "Long enough to read", "Long enough to read")
    assert wrong_with("A title", parts, "nearly", "nl", "team") is None
    assert wrong_with("    ", parts, "nearly", "nl", "team") == "title"
    assert wrong_with("A title", (parts[0], " " * 20, parts[2]), "nearly", "nl", "team") == "learned"
    assert wrong_with("A title", parts, "nearly", "nl", "world") == "audience"


def test_a_quarter_begins_on_its_first_day() -> None:
    assert quarter_began(AT) == datetime(2026, 10, 1, tzinfo=UTC)
