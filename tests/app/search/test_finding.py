"""How words are compared: accents, capitals and signs do not count, and the database says the same."""

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db
from app.finding import LONGEST_WORD, MOST_WORDS, folded, has_all, vector, wanted, words
from tests.each import each

SAID = [
    "Zoë Öztürk", "ŁUKASZ", "Straße", "Æbelø", "on-the-job", "o'Neill", "naïve “quote”", "İstanbul", "e\u0301e\u0301n",
    "ﬁlter", "１２３", "a_b/c.d", "d’Arc", "",
]  # fmt: skip


@each(
    "typed, looked_for",
    [
        ("Noor  HENDRIKS", ["noor", "hendriks"]),
        ("Zoë Łukasz ÆØ straße", ["zoe", "lukasz", "aeo", "strasse"]),
        ("on-the-job", ["on", "the", "job"]),
        ("a&b|!c:*", ["a", "b", "c"]),
        (r"|&!:*'\%_", []),
        ("noor NOOR", ["noor"]),
        ("   ", []),
    ],
)
def test_what_is_typed_becomes_plain_words(typed: str, looked_for: list[str]) -> None:
    assert words(typed) == looked_for


def test_a_page_that_was_pasted_is_cut_to_a_few_short_words() -> None:
    assert words("x" * 10_000) == ["x" * LONGEST_WORD]
    assert len(words(" ".join(map(str, range(5_000))))) == MOST_WORDS


@pytest.mark.parametrize("said", SAID)
def test_each_text_is_found_by_its_own_words_and_their_beginnings_in_both_places(
    app: Flask, said: str
) -> None:
    for whole in words(said):
        for typed in (whole, whole[:1], whole.upper()):
            assert has_all(words(typed), [said])
            with app.app_context():
                sql = f"SELECT {vector(':said')} @@ CAST(:wanted AS tsquery)"
                assert db.session.scalar(text(sql), {"said": said, "wanted": wanted(words(typed))}) is True


def test_all_words_must_be_there_and_none_in_the_middle_of_another() -> None:
    assert has_all(["no", "hen"], ["Noor", "Hendriks"])
    assert not has_all(["no", "jan"], ["Noor", "Hendriks"])
    assert not has_all(["riks"], ["Noor Hendriks"])
    assert not has_all([], ["Noor"])
    assert folded("  É  è ") == "e e"
