"""Pictures as files: only what we named is drawn, an address holds one picture, and a PNG is that picture."""

import struct
import zlib

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.assets import picture_file
from app.badges import files
from app.badges.picture import SKILLS, TIERS, engraving_of

SEED = "award-1"


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


def address(app: Flask, suffix: str = "svg", px: int = 96, **more: object) -> str:
    with app.app_context():
        return picture_file("course", 3, "water", "drop", px, SEED, suffix=suffix, **more)  # type: ignore[arg-type]


def pixels(png: bytes) -> tuple[int, int, list[list[tuple[int, ...]]]]:
    """Width, height and rows of RGBA of a PNG of 8 bits without interlacing."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed = 8, b""
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", content)
            assert (depth, colour, interlaced) == (8, 6, 0)
        packed += content if kind == b"IDAT" else b""
        at += 12 + length
    raw, rows, before = zlib.decompress(packed), [], bytes(width * 4)
    for y in range(height):
        line = raw[y * (width * 4 + 1) : (y + 1) * (width * 4 + 1)]
        before = _unfiltered(line[0], bytearray(line[1:]), before)
        rows.append([tuple(before[x : x + 4]) for x in range(0, width * 4, 4)])
    return width, height, rows


def _unfiltered(kind: int, line: bytearray, up: bytes) -> bytes:
    for i in range(len(line)):
        left = line[i - 4] if i >= 4 else 0
        corner = up[i - 4] if i >= 4 else 0
        guess = left + up[i] - corner
        near = min((left, up[i], corner), key=lambda one: abs(guess - one))
        line[i] = (line[i] + (0, left, up[i], (left + up[i]) // 2, near)[kind]) & 255
    return bytes(line)


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return one[3] == 255 and all(abs(a - b) < 12 for a, b in zip(one[:3], other, strict=True))


@pytest.mark.parametrize("px", files.SIZES["png"][:2])
def test_a_png_is_the_picture(app: Flask, browser: FlaskClient, px: int) -> None:
    answer = browser.get(address(app, "png", px))
    assert answer.content_type == "image/png"
    width, height, rows = pixels(answer.data)
    assert (width, height) == (px, px)
    assert rows[0][0][3] == 0  # nothing beside the badge
    assert near(rows[px // 2][px // 2], (255, 255, 255))  # the drop is white
    for colour in (SKILLS["water"].deep, TIERS[3].rim, TIERS[3].edge):
        assert any(near(pixel, rgb(colour)) for row in rows for pixel in row), colour


def test_the_largest_is_for_previews_and_a_second_time_costs_nothing(
    app: Flask, browser: FlaskClient
) -> None:
    first = browser.get(address(app, "png", 1200)).data
    kept = files._raster.cache_info().hits
    assert browser.get(address(app, "png", 1200)).data == first
    assert files._raster.cache_info().hits == kept + 1
    assert struct.unpack(">II", first[16:24]) == (1200, 1200)


def test_a_file_is_kept_for_ever_and_says_nothing_of_the_award(app: Flask, browser: FlaskClient) -> None:
    where = address(app)
    answer = browser.get(where)
    assert answer.status_code == 200
    assert answer.content_type == "image/svg+xml"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert SEED not in where
    assert engraving_of(SEED).hex() in where
    assert SEED not in answer.text
    assert "Set-Cookie" not in answer.headers


def test_what_is_not_earned_has_a_colour_of_its_own_as_a_file(app: Flask, browser: FlaskClient) -> None:
    for suffix, px in (("svg", 96), ("png", 128)):
        assert browser.get(address(app, suffix, px, ghost=True)).status_code == 200
    assert f'color="{files.GHOST}"' in browser.get(address(app, ghost=True)).text
    _, _, rows = pixels(browser.get(address(app, "png", 128, ghost=True)).data)
    assert any(pixel[3] for row in rows for pixel in row)


@pytest.mark.parametrize(
    ("old", "new"),
    [("course", "lesson"), ("-3-", "-4-"), ("water", "data"), ("drop", "medal"), ("-96.", "-512."), (".svg", ".png"),
     ("/1/", "/2/"), ("-96.", "-9999.")],
)  # fmt: skip
def test_an_address_that_we_did_not_give_out_is_not_drawn(
    app: Flask, browser: FlaskClient, old: str, new: str
) -> None:
    where = address(app)
    assert browser.get(where).status_code == 200
    assert old in where
    assert browser.get(where.replace(old, new, 1)).status_code == 404
    assert browser.get(where.replace(".svg", "x.svg")).status_code == 404


def test_only_the_fixed_sizes_have_an_address(app: Flask) -> None:
    with pytest.raises(ValueError, match="no picture of 97"):
        address(app, px=97)
