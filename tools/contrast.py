"""Can every pair of colours be told apart, in light and in dark? Part of `make check`; `-v` prints all of them.

Pairs that a rule of a stylesheet names, an ink with its ground, are found; those that meet by inheritance are listed.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.badges import picture

STATIC = Path(__file__).resolve().parent.parent / "app" / "static"
THEMES = ("light", "dark")
TEXT, SHAPE = 4.5, 3.0
SKILLS = tuple(picture.SKILLS)
LISTED = [
    *((ink, ground, TEXT) for ink in ("text", "text-2", "text-3", "brand") for ground in ("bg", "surface")),
    *((f"{tone}-ink", f"{tone}-soft", TEXT) for tone in ("brand", "sun", "coral", "lilac", "ok", "danger")),
    *((f"sk-{skill}", ground, TEXT) for skill in SKILLS for ground in ("surface", f"sk-{skill}-soft")),
    *((f"av-{n}-ink", f"av-{n}", TEXT) for n in range(1, 9)),
    *((ink, "hero", TEXT) for ink in ("on-hero", "on-hero-2", "sun")),
    *((ink, "hero-together", TEXT) for ink in ("on-hero", "on-hero-2", "sun")),
    *((shape, ground, SHAPE) for shape in ("line-strong", "focus") for ground in ("bg", "surface")),
    *((shape, "surface", SHAPE) for shape in ("coral", "lilac", "gold", "ok", "danger")),
    ("text-3", "inset", TEXT),
    ("text-2", "sunken", TEXT),
    ("text-2", "lilac-soft", TEXT),
    ("text", "sun-soft", TEXT),
    ("on-brand", "brand-hover", TEXT),
    ("brand", "sunken", SHAPE),
]


@dataclass(frozen=True)
class Pair:
    """Two colours of one theme, and how far apart they must be."""

    ink: str
    ground: str
    theme: str
    ratio: float
    needed: float

    @property
    def good(self) -> bool:
        return self.ratio >= self.needed

    def __str__(self) -> str:
        return f"{self.ink} on {self.ground}, {self.theme}: {self.ratio:.2f}, needs {self.needed}"


def tokens(css: str) -> dict[str, tuple[str, str]]:
    """Each colour token in light and in dark."""
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", css)
    alike = re.findall(r"--([\w-]+): (#\w{6});", css)
    return {name: (light, dark) for name, light, dark in pairs} | {name: (one, one) for name, one in alike}


def said_by_rules(css: str) -> Iterator[tuple[str, str]]:
    """Ink and ground of each rule that sets both. A variable of the rule's own stands for a token that is listed."""
    known = tokens(css)
    for block in re.findall(r"\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", css, flags=re.S)):
        ink = re.search(r"(?<![\w-])color:\s*var\(--([\w-]+)\)", block)
        ground = re.search(r"(?<![\w-])background(?:-color)?:\s*var\(--([\w-]+)\)", block)
        if ink and ground and {ink[1], ground[1]} <= known.keys():
            yield ink[1], ground[1]


def pairs(css: str) -> list[Pair]:
    """Every pair in both themes, and white on the enamel of every badge."""
    known = tokens(css)
    wanted = {(ink, ground): needed for ink, ground, needed in LISTED}
    for ink, ground in said_by_rules(css):
        wanted.setdefault((ink, ground), TEXT)
    found = [
        Pair(ink, ground, theme, contrast(known[ink][number], known[ground][number]), needed)
        for (ink, ground), needed in wanted.items()
        for number, theme in enumerate(THEMES)
    ]
    for name, enamel in picture.SKILLS.items():
        for part in ("base", "deep"):
            ratio = contrast("#FFFFFF", getattr(enamel, part))
            found.append(Pair("white", f"the {part} of {name}", "badge", ratio, TEXT))
    return found


def contrast(one: str, other: str) -> float:
    """As WCAG 2 reckons it, from 1 to 21."""
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def stray(css: str) -> list[str]:
    """Colours that are written out where a token belongs. A mask knows only black and nothing: no colours."""
    css = re.sub(r"/\*.*?\*/|#000\b|#0000\b", "", css, flags=re.S)
    rest = re.sub(r"@layer tokens \{.*?\n\}", "", css, flags=re.S)
    return re.findall(r"[^\n]*#[0-9A-Fa-f]{3,8}\b[^\n]*", rest)


def main() -> None:
    css = "\n".join(sheet.read_text() for sheet in sorted(STATIC.glob("*.css")))
    found = pairs(css)
    if "-v" in sys.argv[1:]:
        print("\n".join(map(str, found)))
    wrong = [str(pair) for pair in found if not pair.good]
    wrong += [f"a colour outside of the tokens: {line.strip()[:100]}" for line in stray(css)]
    if wrong:
        raise SystemExit("\n".join(wrong))
    print(f"{len(found)} pairs of colours can be told apart")


if __name__ == "__main__":
    main()
