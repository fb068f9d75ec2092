"""Colours that can be told apart: what the tool sees, and that it sees what is wrong."""

from tools.contrast import STATIC, contrast, pairs, stray

CSS = "\n".join(sheet.read_text() for sheet in sorted(STATIC.glob("*.css")))


def test_every_pair_of_colours_can_be_told_apart_in_light_and_dark() -> None:
    found = pairs(CSS)
    assert len(found) > 120
    assert [str(pair) for pair in found if not pair.good] == []


def test_no_colour_is_written_out_where_a_token_belongs() -> None:
    assert stray(CSS) == []


def test_a_rule_that_names_a_pale_ink_is_seen() -> None:
    pale = (
        CSS
        + "@layer pages { .pale { color: var(--line); background: var(--surface); } .red { color: #f00; } }"
    )
    assert {pair.theme for pair in pairs(pale) if not pair.good} == {"light", "dark"}
    assert len(stray(pale)) == 1


def test_contrast_is_reckoned_as_wcag_does() -> None:
    assert round(contrast("#000000", "#FFFFFF"), 1) == 21
    assert round(contrast("#777777", "#FFFFFF"), 2) == 4.48
