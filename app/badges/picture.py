"""The badge picture: shape = kind, ring = tier, enamel = skill, glyph = topic, engraving = this award.

Pure and deterministic: the same award gives the same bytes. Glyph paths are handed in, so that
nothing here reads a file. Only presentation attributes: it stands inline under a strict policy.
"""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

PICTURE_VERSION = 1

Point = tuple[float, float]


@dataclass(frozen=True)
class Enamel:
    """White on `base` and on `deep` reads at 4.5:1 or better; `tint` is the engraving."""

    base: str
    deep: str
    tint: str


@dataclass(frozen=True)
class Metal:
    """The rim of a tier: its face, its shadow, its beads."""

    rim: str
    edge: str
    bead: str


SKILLS = {
    "water": Enamel("#1668B8", "#0F4F91", "#9CCBF5"),
    "data": Enamel("#6647C4", "#4E33A0", "#C9BCF7"),
    "safety": Enamel("#C0411A", "#97300F", "#F8B89E"),
    "craft": Enamel("#85590A", "#664304", "#EBC886"),
    "people": Enamel("#AD2A6D", "#871D53", "#F3AFD0"),
    "customer": Enamel("#0A7571", "#065754", "#8EDAD3"),
    "sustain": Enamel("#2F7A34", "#1F5B24", "#A9DBA6"),
    "improve": Enamel("#46535F", "#323D47", "#BFCAD3"),
}
_GOLD_RIM = Metal("#F5BC2F", "#A67200", "#FFF3CF")
TIERS = {
    1: Metal("#C98A55", "#8A5527", "#F6DCC2"),
    2: Metal("#B9C7CD", "#6F838B", "#FFFFFF"),
    3: _GOLD_RIM,
    4: _GOLD_RIM,
}
GOLD = "#FFD568"
# radius at which shapes of different outline look equally large
KINDS = {
    "course": 57.0,
    "workshop": 57.0,
    "coaching": 55.0,
    "job": 57.0,
    "rotation": 57.0,
    "lesson": 57.0,
    "kudos": 56.0,
    "milestone": 55.0,
}
RIM = 9.0
SMALL, MIDDLE = 32, 120

# kintsugi: one impact point, its branches mended with gold
_SEAM = (
    "M-27 -24L-25 -35L-30 -43L-27 -56",
    "M-27 -24L-38 -21L-45 -25L-60 -21",
    "M-27 -24L-15 -31L-2 -30L9 -39L24 -41L34 -52",
    "M9 -39L13 -48L11 -58",
    "M-27 -24L-31 -10L-40 2L-41 16L-51 28",
    "M-40 2L-58 6",
    "M-27 -24L-19 -17",
)
_SEAM_MIDDLE = (_SEAM[0], _SEAM[1], _SEAM[2], _SEAM[4])
_SEAM_SMALL = "M-26 -25L-30 -46M-26 -25L-48 -16M-26 -25L-8 -34L8 -46"


def draw(
    kind: str,
    tier: int,
    skill: str,
    glyph: Sequence[str],
    *,
    seed: str = "",
    px: int = 96,
    title: str = "",
    ghost: bool = False,
    cls: str = "",
    mark: str = "",
    version: int = PICTURE_VERSION,
    engraving: bytes | None = None,
    ink: str = "",
) -> str:
    """Draw one badge as SVG.

    `seed` is the award's id: it decides the engraving and the ticks; who has only their digest hands in that as
    `engraving`. `ghost` is the outline of what is not earned yet. `mark` keeps element ids apart where one badge
    stands twice on a page. `version` is the one stored with the award: an old award keeps its own drawing when the
    renderer moves on. `ink` is the colour of a ghost that stands alone, in a file.
    """
    if version not in VERSIONS:
        raise ValueError(f"no picture version {version}")
    digest = engraving or engraving_of(seed or f"{kind}{tier}{skill}")
    badge = _Badge(kind, tier, SKILLS[skill], TIERS[tier], tuple(glyph), KINDS[kind], digest)
    body = VERSIONS[version](badge, px, mark, ghost)
    said = f'role="img" aria-label="{escape(title)}"' if title else 'aria-hidden="true" focusable="false"'
    colour = f' color="{escape(ink)}"' if ink else ""
    return (
        f'<svg class="{escape(" ".join(("badge", *cls.split())))}" xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="-64 -64 128 128" width="{px}" height="{px}"{colour} {said}>{body}</svg>'
    )


def engraving_of(seed: str) -> bytes:
    """What is engraved in an award: it says which award it is to who knows the award, and nothing to others."""
    return hashlib.sha256(seed.encode()).digest()


@dataclass(frozen=True)
class _Badge:
    kind: str
    tier: int
    enamel: Enamel
    metal: Metal
    paths: tuple[str, ...]
    radius: float
    digest: bytes

    def outline(self, inset: float = 0.0, radius: float | None = None) -> str:
        return _outline(self.kind, (self.radius if radius is None else radius) - inset)

    def glyph(self, size: float, fill: str = "#fff") -> str:
        lift = -2 if self.kind == "milestone" else 0
        paths = "".join(f'<path d="{escape(d)}"/>' for d in self.paths)
        moved = f"translate({_n(-size / 2)} {_n(-size / 2 + lift)}) scale({size / 256:.4f})"
        return f'<g fill="{fill}" transform="{moved}">{paths}</g>'


def _first(badge: _Badge, px: int, mark: str, ghost: bool) -> str:
    """Version 1, in three levels of detail."""
    if ghost:
        return _ghost(badge, px)
    if px <= SMALL:
        return _small(badge)
    return _enamelled(badge, f"b{badge.digest.hex()[:6]}{px}{mark}", engraved=px > MIDDLE)


def _ghost(badge: _Badge, px: int) -> str:
    """Perforated outline, no claim of colour: it takes the colour of the text around it."""
    width, dashes = ("6", "8 8") if px <= SMALL else ("2.4", "1 5.2")
    return (
        f'<path d="{badge.outline()}" fill="currentColor" fill-opacity=".07" stroke="currentColor" '
        f'stroke-opacity=".55" stroke-width="{width}" stroke-dasharray="{dashes}" stroke-linecap="round"/>'
        f'<g opacity=".55">{badge.glyph(58, "currentColor")}</g>'
    )


def _small(badge: _Badge) -> str:
    """Flat enamel, thick rim and a large glyph: what a thumbnail can still say."""
    out: list[str] = []
    radius = badge.radius
    if badge.tier == 4:
        out.append(f'<path d="{_star(10, 63, 46, 2)}" fill="{badge.metal.rim}"/>')
        radius -= 6
    out.append(f'<path d="{badge.outline(radius=radius)}" fill="{badge.metal.edge}"/>')
    if badge.tier > 1:
        out.append(f'<path d="{badge.outline(5, radius)}" fill="{badge.metal.rim}"/>')
    inset = 11 if badge.tier > 1 else 7
    out.append(f'<path d="{badge.outline(inset, radius)}" fill="{badge.enamel.base}"/>')
    if badge.kind == "lesson":
        out.append(
            f'<path d="{_SEAM_SMALL}" fill="none" stroke="{GOLD}" stroke-width="6" '
            f'stroke-linejoin="round" stroke-linecap="round"/>'
            f'<g transform="translate(5 8)">{badge.glyph(62)}</g>'
        )
    else:
        out.append(badge.glyph(62 if badge.kind in ("kudos", "milestone") else 68))
    return "".join(out)


def _enamelled(badge: _Badge, uid: str, *, engraved: bool) -> str:
    """Rim, two-tone enamel and the ring of the tier; engraved where there is room for it."""
    radius = badge.radius - (7 if badge.tier == 4 else 0)
    out = [_rim(badge, radius), _field(badge, radius, uid, engraved=engraved), _ring(badge, radius)]
    if engraved:
        line = GOLD if badge.tier >= 3 else badge.enamel.tint
        out.append(
            f'<g transform="scale({(radius - RIM) / 48:.3f})"><circle r="29.5" fill="{badge.enamel.deep}"/>'
            f'<circle r="29.5" fill="none" stroke="{line}" stroke-width="1"/>'
            f"{_ticks(badge.digest, 28, badge.enamel.tint)}{badge.glyph(35)}</g>"
        )
    else:
        out.append(badge.glyph(46 if badge.kind in ("kudos", "milestone") else 50))
    return "".join(out)


def _rim(badge: _Badge, radius: float) -> str:
    metal = badge.metal
    rays = ""
    if badge.tier == 4:  # a guide shows others the way
        rays = f'<path d="{_star(24, 63.5, 56, 1.6)}" fill="{GOLD}" stroke="{metal.edge}" stroke-width="1"/>'
    return (
        f'{rays}<path d="{badge.outline(radius=radius)}" fill="{metal.edge}"/>'
        f'<path d="{badge.outline(1.1, radius)}" fill="{metal.rim}" transform="translate(0 -.7)"/>'
        f'<path d="{badge.outline(2.6, radius)}" fill="none" stroke="{metal.bead}" stroke-width="1" '
        f'opacity=".75"/><path d="{badge.outline(RIM - 1.3, radius)}" fill="{metal.edge}"/>'
    )


def _field(badge: _Badge, radius: float, uid: str, *, engraved: bool) -> str:
    enamel = badge.enamel
    inner = badge.outline(RIM, radius)
    out = [
        f'<clipPath id="{uid}c"><path d="{inner}"/></clipPath><path d="{inner}" fill="{enamel.base}"/>',
        f'<g clip-path="url(#{uid}c)"><path d="M-64 64L64 -64V64Z" fill="{enamel.deep}" opacity=".62"/>',
    ]
    if engraved:
        out.append(_guilloche(badge.digest, uid, (radius - RIM) * 0.93, enamel.tint))
    if badge.kind == "lesson":
        seam = "".join(_SEAM if engraved else _SEAM_MIDDLE)
        width = 2.1 if engraved else 2.8
        out.append(
            f'<g fill="none" stroke-linejoin="round" stroke-linecap="round">'
            f'<path d="{seam}" stroke="{enamel.deep}" stroke-width="{_n(width + 1.6)}" opacity=".55"/>'
            f'<path d="{seam}" stroke="{GOLD}" stroke-width="{width}"/></g>'
        )
    return "".join(out) + "</g>"


def _ring(badge: _Badge, radius: float) -> str:
    """The tier as structure, so that it does not rest on colour alone."""
    out = ""
    if badge.tier >= 2:
        out += (
            f'<path d="{badge.outline(RIM + 3.2, radius)}" fill="none" stroke="{badge.metal.bead}" '
            f'stroke-width="1.3" opacity=".9"/>'
        )
    if badge.tier >= 3:  # beads: dashes of no length with round ends
        out += (
            f'<path d="{badge.outline(4.9, radius)}" fill="none" stroke="{badge.metal.edge}" '
            f'stroke-width="3" stroke-dasharray="0 6.1" stroke-linecap="round" opacity=".75"/>'
        )
    return out


def _guilloche(digest: bytes, uid: str, edge: float, tint: str) -> str:
    """Engrave between the centre plate and the enamel's edge, in one of four families, by the digest."""
    out = [f'<g fill="none" stroke="{tint}" stroke-width=".5">']
    for i, (radius, swing, lobes, strands, opacity) in enumerate(_layers(digest, edge)):
        wave = _wave(radius, swing, lobes, digest[5 + i] / 255 * math.pi / lobes)
        out.append(f'<g opacity="{opacity}"><path id="{uid}{i}" d="{wave}"/>')
        out += [
            f'<use href="#{uid}{i}" transform="rotate({_n(360 / lobes * j / strands)})"/>'
            for j in range(1, strands)
        ]
        out.append("</g>")
    return "".join(out) + "</g>"


def _layers(digest: bytes, edge: float) -> list[tuple[float, float, int, int, float]]:
    """Radius, swing, lobes, strands and opacity of each band."""
    low = 30.0
    middle, swing = (low + edge) / 2, (edge - low) / 2

    def pick(i: int, n: int) -> int:
        return digest[i] % n

    family = pick(4, 4)
    if family == 0:  # rope
        wide = (middle, swing * 1.55, 6 + pick(0, 5), 8, 0.85)
        return [wide, (middle, swing * 0.95, 16 + pick(1, 9), 5, 0.6)]
    if family == 1:  # petals
        full = (middle, swing * 1.75, 3 + pick(0, 3), 12 + pick(1, 5), 0.8)
        return [full, (middle, swing * 0.5, 24 + pick(2, 9), 3, 0.55)]
    if family == 2:  # braid
        band = swing * 2 / 3
        return [(low + band * (i + 0.5), band * 0.95, 14 + 4 * i + pick(i, 5), 4, 0.8) for i in range(3)]
    return [  # lattice
        (middle, swing * 1.6, 9 + pick(0, 4), 4, 0.85),
        (middle, swing * 1.6, 13 + pick(1, 6), 3, 0.7),
        (middle, swing * 0.3, 32 + pick(2, 8), 2, 0.6),
    ]


def _ticks(digest: bytes, radius: float, tint: str) -> str:
    """One tick per hex digit of the digest: the award's printed fingerprint."""
    d = ""
    for i, digit in enumerate(digest.hex()):
        angle = 2 * math.pi * i / 64
        x, y = math.sin(angle), -math.cos(angle)
        end = radius - (0.8 + int(digit, 16) * 0.24)
        d += f"M{radius * x:.2f} {radius * y:.2f}L{end * x:.2f} {end * y:.2f}"
    return f'<path d="{d}" stroke="{tint}" stroke-width=".75" stroke-linecap="round"/>'


# --- outlines -------------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _outline(kind: str, r: float) -> str:
    """The kind's path round the middle, of optical radius `r`."""
    return _OUTLINES[kind](r)


def _course(r: float) -> str:
    """A hexagon: a building block."""
    return _rounded([_at(r * 1.06, 2 * math.pi * i / 6) for i in range(6)], 13 * r / 60)


def _workshop(r: float) -> str:
    """A squircle: the top of a workbench."""
    s = r * 0.92
    return _rounded([(-s, -s), (s, -s), (s, s), (-s, s)], 34 * r / 60)


def _coaching(r: float) -> str:
    """A drop of speech."""
    return (
        f"M{_n(-r)} 0A{_n(r)} {_n(r)} 0 1 1 0 {_n(r)}H{_n(-r * 0.82)}"
        f"A{_n(r * 0.18)} {_n(r * 0.18)} 0 0 1 {_n(-r)} {_n(r * 0.82)}Z"
    )


def _job(r: float) -> str:
    """A cog: learned at work."""
    tooth = math.pi / 10
    points = []
    for i in range(10):
        for turn, at in ((-0.94, 0.93), (-0.46, 1.05), (0.46, 1.05), (0.94, 0.93)):
            points.append(_at(r * at, 2 * math.pi * i / 10 + tooth * turn))
    return _rounded(points, 5 * r / 60)


def _rotation(r: float) -> str:
    """A windmill: four sails turning clockwise."""
    points = []
    for i in range(4):
        for j in range(7):
            angle = math.pi / 2 * i + math.pi / 5 + math.pi / 2 * j / 6 * 0.995
            points.append(_at(r * (0.87 + 0.19 * (j / 6) ** 1.2), angle))
    return _rounded(points, 5.5 * r / 60)


def _lesson(r: float) -> str:
    """A bowl from above; its gold seam is drawn on top."""
    return f"M{_n(-r)} 0A{_n(r)} {_n(r)} 0 1 1 {_n(r)} 0A{_n(r)} {_n(r)} 0 1 1 {_n(-r)} 0Z"


def _kudos(r: float) -> str:
    """A flower: a small thank-you."""
    valleys = [_at(r * 0.8, 2 * math.pi * i / 6) for i in range(6)]
    d = f"M{_n(valleys[0][0])} {_n(valleys[0][1])}"
    for i in range(6):
        x, y = valleys[(i + 1) % 6]
        d += f"A{_n(r * 0.42)} {_n(r * 0.42)} 0 0 1 {_n(x)} {_n(y)}"
    return d + "Z"


def _milestone(r: float) -> str:
    """A shield: something the organisation stands for."""
    return (
        f"M0 {_n(-r * 1.05)}C{_n(r * 0.3)} {_n(-r * 0.86)} {_n(r * 0.62)} {_n(-r * 0.8)} {_n(r * 0.95)} "
        f"{_n(-r * 0.8)}V{_n(-r * 0.02)}C{_n(r * 0.95)} {_n(r * 0.58)} {_n(r * 0.52)} {_n(r * 0.92)} 0 "
        f"{_n(r * 1.1)}C{_n(-r * 0.52)} {_n(r * 0.92)} {_n(-r * 0.95)} {_n(r * 0.58)} {_n(-r * 0.95)} "
        f"{_n(-r * 0.02)}V{_n(-r * 0.8)}C{_n(-r * 0.62)} {_n(-r * 0.8)} {_n(-r * 0.3)} {_n(-r * 0.86)} 0 "
        f"{_n(-r * 1.05)}Z"
    )


_OUTLINES = {
    "course": _course,
    "workshop": _workshop,
    "coaching": _coaching,
    "job": _job,
    "rotation": _rotation,
    "lesson": _lesson,
    "kudos": _kudos,
    "milestone": _milestone,
}


def _at(radius: float, angle: float) -> Point:
    """A point on a circle, clockwise from the top."""
    return radius * math.sin(angle), -radius * math.cos(angle)


def _star(rays: int, outer: float, inner: float, corner: float) -> str:
    points = [_at(outer if i % 2 == 0 else inner, math.pi * i / rays) for i in range(rays * 2)]
    return _rounded(points, corner)


def _rounded(points: list[Point], corner: float) -> str:
    """A polygon with rounded corners."""
    out = ""
    for i, p in enumerate(points):
        start = _toward(p, points[i - 1], corner)
        end = _toward(p, points[(i + 1) % len(points)], corner)
        out += f"{'L' if i else 'M'}{_n(start[0])} {_n(start[1])}"
        out += f"Q{_n(p[0])} {_n(p[1])} {_n(end[0])} {_n(end[1])}"
    return out + "Z"


def _toward(p: Point, q: Point, distance: float) -> Point:
    dx, dy = q[0] - p[0], q[1] - p[1]
    length = math.hypot(dx, dy)
    k = min(distance, length / 2) / length
    return p[0] + dx * k, p[1] + dy * k


def _wave(radius: float, swing: float, lobes: int, phase: float) -> str:
    """A wave round a circle, in quadratic arcs."""
    points = [
        _at(radius + (swing if i % 2 == 0 else -swing), math.pi * i / lobes + phase) for i in range(2 * lobes)
    ]
    x, y = _middle(points[-1], points[0])
    d = f"M{_n(x)} {_n(y)}"
    for i, p in enumerate(points):
        x, y = _middle(p, points[(i + 1) % len(points)])
        d += f"Q{_n(p[0])} {_n(p[1])} {_n(x)} {_n(y)}"
    return d + "Z"


def _middle(p: Point, q: Point) -> Point:
    return (p[0] + q[0]) / 2, (p[1] + q[1]) / 2


def _n(x: float) -> str:
    """A number as short as SVG allows, and the same on every machine (no `-0`)."""
    text = f"{x:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


# Each renderer that ever drew an award. A new one is added, and becomes PICTURE_VERSION; none is changed.
VERSIONS: Mapping[int, Callable[[_Badge, int, str, bool], str]] = {1: _first}
