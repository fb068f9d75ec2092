"""The badge picture is pure: what it shows follows from what it is given."""

import hashlib
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from app.badges.picture import KINDS, PICTURE_VERSION, SKILLS, TIERS, draw
from tests.each import each

DROP = ["M128 16c40 56 72 84 72 128a72 72 0 0 1-144 0c0-44 32-72 72-128Z"]
SIZES = (24, 96, 340)
GOLDEN = Path(__file__).with_name("picture_1.txt")


def picture(kind: str = "course", tier: int = 3, skill: str = "water", px: int = 340, **more: object) -> str:
    return draw(kind, tier, skill, DROP, px=px, **{"seed": "award-1", **more})  # type: ignore[arg-type]


def inside(svg: str) -> str:
    return svg.partition(">")[2]


def test_the_same_award_always_looks_the_same() -> None:
    assert picture() == picture()


def test_another_award_of_the_same_badge_is_engraved_differently() -> None:
    assert len({inside(picture(seed=f"award-{n}")) for n in range(40)}) == 40


def test_the_drawing_of_version_one_stays_as_it_was() -> None:
    drawn = "".join(picture(kind, tier, px=px) for kind in KINDS for tier in TIERS for px in SIZES)
    assert PICTURE_VERSION == 1
    assert hashlib.sha256(drawn.encode()).hexdigest()[:16] == "7d039f263d93ce16"


def test_no_single_drawing_of_version_one_may_change() -> None:
    """Each kind, tier, level of detail and ghost on its own, so that it shows which one somebody touched."""
    drawn = {
        f"{kind} {tier} {px}{' ghost' if ghost else ''}": picture(kind, tier, px=px, ghost=ghost, version=1)
        for kind in KINDS
        for tier in TIERS
        for px in SIZES
        for ghost in (False, True)
    }
    found = {name: hashlib.sha256(svg.encode()).hexdigest()[:8] for name, svg in drawn.items()}
    assert found == dict(line.rsplit(" ", 1) for line in GOLDEN.read_text().splitlines())


def test_a_version_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="no picture version"):
        picture(version=99)


@each("px", SIZES)
@each("kind", KINDS)
def test_each_kind_tier_and_skill_is_well_formed_and_looks_its_own(kind: str, px: int) -> None:
    drawn = {picture(kind, tier, skill, px) for tier in TIERS for skill in SKILLS}
    assert len(drawn) == len(TIERS) * len(SKILLS) or (px == 24 and len(drawn) > len(SKILLS) * 2)
    for svg in drawn:
        ElementTree.fromstring(svg)  # noqa: S314 - our own text


@each("px", SIZES)
@each("ghost", [False, True])
def test_a_picture_keeps_to_attributes_that_a_strict_policy_allows(px: int, ghost: bool) -> None:
    for kind in KINDS:
        svg = picture(kind, 4, px=px, ghost=ghost)
        assert not re.search(r"\sstyle=|<style|<script|\son\w+=|https?://(?!www\.w3\.org)", svg)


def test_what_is_not_earned_takes_no_colour_of_its_own() -> None:
    assert not re.search(r'"#\w{3,6}"', picture(ghost=True))


def test_a_title_is_spoken_and_cannot_break_out() -> None:
    svg = picture(title='Water "& <b>life</b>')
    assert 'role="img"' in svg
    assert "<b>" not in svg
    assert ElementTree.fromstring(svg).get("aria-label") == 'Water "& <b>life</b>'  # noqa: S314


def test_without_a_title_it_is_decoration() -> None:
    assert 'aria-hidden="true"' in picture()


def test_one_badge_twice_on_a_page_shares_no_ids() -> None:
    first, second = (set(re.findall(r' id="([^"]+)"', picture(mark=mark))) for mark in ("-1", "-2"))
    assert first
    assert not first & second


@each("px, limit", [(24, 5_000), (96, 13_000), (340, 22_000)])
def test_small_pictures_carry_less_detail(px: int, limit: int) -> None:
    assert max(len(picture(kind, tier, px=px)) for kind in KINDS for tier in TIERS) < limit
