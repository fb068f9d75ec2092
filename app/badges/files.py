"""Pictures of badges as files: addresses that hold one picture for ever, and PNG for who cannot show SVG.

An address holds all that is drawn and a short signature, so that nobody can make us draw what we never named. It
names neither an award nor a person: the engraving is a digest.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import resvg_py
from flask import current_app

from app.badges import picture
from app.keys import keyed_hash

SPARE_GLYPH = "medal"
SIZES = {"svg": (32, 96, 512), "png": (128, 512, 1200)}
TYPES = {"svg": "image/svg+xml", "png": "image/png"}
GHOST = "#71898F"  # stands on light and on dark
DRAWN_AT = 512  # the picture that is made larger or smaller, with its engraving
KEPT = 48  # pictures that a process keeps at hand, some 200 kB each
SIGNED = 16  # hex digits; each guess costs a request
_NAME = re.compile(
    r"(?P<kind>[a-z]{1,20})-(?P<tier>[1-4])-(?P<skill>[a-z]{1,20})-(?P<glyph>[a-z0-9-]{1,60})"
    r"-(?P<engraving>[0-9a-f]{64}|ghost)-(?P<size>\d{2,4})\.(?P<signature>[0-9a-f]{16})"
)


@dataclass(frozen=True, slots=True)
class Picture:
    """All that a drawing depends on. Without an engraving it is the outline of what is not earned yet."""

    kind: str
    tier: int
    skill: str
    glyph: str
    engraving: bytes | None
    version: int = picture.PICTURE_VERSION

    def svg(self, px: int = DRAWN_AT) -> str:
        ghost = self.engraving is None
        return picture.draw(
            self.kind, self.tier, self.skill, glyph_paths(self.glyph), engraving=self.engraving, px=px,
            ghost=ghost, version=self.version, ink=GHOST if ghost else "",
        )  # fmt: skip

    def png(self, px: int) -> bytes:
        return _raster(self.svg(), px)

    def file(self, suffix: str, px: int) -> bytes:
        return self.png(px) if suffix == "png" else self.svg(px).encode()

    def name(self, suffix: str, px: int) -> str:
        """Its address below `/pictures/`."""
        if px not in SIZES[suffix]:
            raise ValueError(f"no picture of {px} pixels as {suffix}")
        engraved = self.engraving.hex() if self.engraving else "ghost"
        said = f"{self.kind}-{self.tier}-{self.skill}-{self.glyph}-{engraved}-{px}"
        return f"{self.version}/{said}.{_signature(self.version, said, self.glyph, suffix)}.{suffix}"


def of_award(award_id: Any, kind: str, tier: int, skill: str, glyph: str, version: int) -> Picture:
    """The picture of this award."""
    return Picture(kind, tier, skill, glyph, picture.engraving_of(str(award_id)), version)


def named(version: int, name: str, suffix: str) -> tuple[Picture, int] | None:
    """What an address stands for; None for one that we never gave out."""
    found = _NAME.fullmatch(name)
    if found is None or suffix not in SIZES:
        return None
    said = name.rpartition(".")[0]
    due = _signature(version, said, found["glyph"], suffix)
    if not hmac.compare_digest(due, found["signature"]):
        return None
    engraving = None if found["engraving"] == "ghost" else bytes.fromhex(found["engraving"])
    drawn = Picture(
        found["kind"], int(found["tier"]), found["skill"], found["glyph"], engraving, version
    )  # fmt: skip
    return drawn, int(found["size"])


def _signature(version: int, said: str, glyph: str, suffix: str) -> str:
    """Over the glyph's paths as well: should an icon change, what is kept for ever gets another address."""
    whole = f"{version}/{said}.{suffix}/{'|'.join(glyph_paths(glyph))}"
    return keyed_hash("picture", whole).hex()[:SIGNED]


def glyph_paths(name: str) -> tuple[str, ...]:
    """The paths of a glyph; a badge whose glyph went away keeps a medal."""
    glyphs: Mapping[str, tuple[str, ...]] = current_app.extensions["assets"].glyphs
    return glyphs.get(name) or glyphs.get(SPARE_GLYPH, ())


@lru_cache(maxsize=KEPT)
def _raster(svg: str, px: int) -> bytes:
    """No letters are drawn, and none are looked for: fonts differ from machine to machine."""
    made = resvg_py.svg_to_bytes(svg_string=svg, width=px, height=px, skip_system_fonts=True, font_files=[])
    return bytes(made)
