"""What feedback must be."""

from app.feedback import rules


def test_one_of_the_two_fields_is_enough() -> None:
    assert rules.wrong_with("You asked everybody.", "", "en") is None
    assert rules.wrong_with("", "Begin with the plan.", "nl") is None


def test_an_empty_word_a_novel_and_an_unknown_language_are_refused() -> None:
    assert rules.wrong_with("  fine ", " ", "en") == "keep"
    assert rules.wrong_with("You asked everybody.", "x" * 1001, "en") == "try"
    assert rules.wrong_with("You asked everybody.", "", "de") == "lang"
