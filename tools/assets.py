"""Make what browsers load: `python -m tools.assets`, run by the set-up after the packages are there.

Reads var/assets/packages (htmx, fonts, icons) and app/static, writes var/assets/public under names that
carry a hash of their content, and var/assets/manifest.json: logical name -> file. Safe to run again.
"""

import gzip
import hashlib
import io
import json
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "app" / "static"
ASSETS = ROOT / "var" / "assets"
PACKAGES = ASSETS / "packages"
FONTS, ICONS, PUBLIC = ASSETS / "fonts", ASSETS / "icons", ASSETS / "public"
HTMX = PACKAGES / "django_htmx" / "static" / "django_htmx"
PHOSPHOR = PACKAGES / "py_phosphor_icons" / "svgs" / "flat"
SHRINKS = {".css", ".js", ".svg"}

# what pages of Dutch and English need at once, and what a name from elsewhere adds
LATIN = "20-7E,A0-FF,131,152-153,2C6,2DA,2DC,2000-206F,20AC,2122,2191,2193,2212"
LATIN_EXT = "100-130,132-151,154-2BA,1E00-1E9F,20A0-20AB,20AD-20C0,2113"


@dataclass(frozen=True)
class Font:
    """One web font: a cut of a packaged family. `limits` pins or narrows its axes."""

    name: str
    package: str
    file: str
    characters: str
    limits: tuple[tuple[str, float | tuple[float, float]], ...] = ()

    @property
    def source(self) -> Path:
        return PACKAGES / self.package / "files" / self.file


_DISPLAY = ("fontpkg_bricolage_grotesque", "BricolageGrotesque[opsz,wdth,wght].ttf")
# optical size 28 at 90 % width: open counters in a small heading, narrow enough for Dutch words
_AXES = (("opsz", 28.0), ("wdth", 90.0), ("wght", (400.0, 700.0)))
_TEXT = "fontpkg_atkinson_hyperlegible"
WEB_FONTS = (
    Font("display", *_DISPLAY, LATIN, _AXES),
    Font("display-ext", *_DISPLAY, LATIN_EXT, _AXES),
    Font("text", _TEXT, "AtkinsonHyperlegible-Regular.ttf", LATIN),
    Font("text-ext", _TEXT, "AtkinsonHyperlegible-Regular.ttf", LATIN_EXT),
    Font("text-bold", _TEXT, "AtkinsonHyperlegible-Bold.ttf", LATIN),
    Font("text-bold-ext", _TEXT, "AtkinsonHyperlegible-Bold.ttf", LATIN_EXT),
)


def build() -> dict[str, str]:
    """Make every asset and return the manifest."""
    if not PACKAGES.is_dir():
        raise SystemExit(f"{PACKAGES} is missing: run `python3 run.py setup` first")
    fonts = dict(web_fonts())
    ICONS.mkdir(parents=True, exist_ok=True)
    (ICONS / "sprite.svg").write_text(sprite())
    (ICONS / "glyphs.json").write_text(json.dumps(glyphs()))
    made: dict[str, bytes] = {f"{name}.woff2": path.read_bytes() for name, path in fonts.items()}
    made |= {path.name: path.read_bytes() for path in sorted((STATIC / "img").glob("*.svg"))}
    made["sprite.svg"] = (ICONS / "sprite.svg").read_bytes()
    made["htmx.js"] = b"\n".join(
        (HTMX / part).read_bytes() for part in ("htmx-2.min.js", "ext/hx-sse-2.min.js")
    )
    made["app.js"] = (STATIC / "app.js").read_bytes()
    manifest = {name: hashed(name, content) for name, content in made.items()}
    sheets = {path.name: stylesheet(path.read_text(), manifest).encode() for path in STATIC.glob("*.css")}
    manifest |= {name: hashed(name, content) for name, content in sheets.items()}
    made |= sheets
    publish({manifest[name]: content for name, content in made.items()})
    (ASSETS / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True))
    return manifest


def hashed(name: str, content: bytes) -> str:
    """`app.css` -> `app.1f2e3d4c5b.css`: a new content is a new address, so it can be cached for ever."""
    stem, _, suffix = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(content).hexdigest()[:10]}.{suffix}"


def publish(files: dict[str, bytes]) -> None:
    """Write what is new, with a compressed copy of texts, and drop what is no longer named."""
    PUBLIC.mkdir(parents=True, exist_ok=True)
    wanted = set(files) | {f"{name}.gz" for name in files if Path(name).suffix in SHRINKS}
    for old in PUBLIC.iterdir():
        if old.name not in wanted:
            old.unlink()
    for name, content in files.items():
        path = PUBLIC / name
        if not path.exists():
            path.write_bytes(content)
        if Path(name).suffix in SHRINKS and not (PUBLIC / f"{name}.gz").exists():
            (PUBLIC / f"{name}.gz").write_bytes(gzip.compress(content, 9, mtime=0))


# --- icons ----------------------------------------------------------------------------------------


def icon_names() -> list[tuple[str, str]]:
    """Name and weight of every icon that the templates may use."""
    found = []
    for line in _lines(STATIC / "icons.txt"):
        name, *weights = line.split()
        found += [(name, weight) for weight in weights]
    return found


def sprite() -> str:
    """One file with every icon as a symbol: `#i-house`, `#i-house-fill`."""
    symbols = "".join(
        f'<symbol id="i-{_key(name, weight)}" viewBox="0 0 256 256">'
        + "".join(f'<path d="{d}"/>' for d in paths(name, weight))
        + "</symbol>"
        for name, weight in icon_names()
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>'


def glyphs() -> dict[str, list[str]]:
    """The paths of every glyph that a badge can carry."""
    return {name: paths(name, "fill") for name in glyphs_listed()}


def glyphs_listed() -> list[str]:
    return list(_lines(ROOT / "app" / "badges" / "glyphs.txt"))


def paths(name: str, weight: str) -> list[str]:
    """The paths of one icon; both lists name only what the package has."""
    source = PHOSPHOR / weight / f"{_key(name, weight)}.svg"
    if not source.exists():
        raise SystemExit(f"there is no Phosphor icon {name!r} in {weight}")
    return re.findall(r'\bd="([^"]+)"', source.read_text())


def _key(name: str, weight: str) -> str:
    return name if weight == "regular" else f"{name}-{weight}"


def _lines(path: Path) -> Iterator[str]:
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()


# --- fonts ----------------------------------------------------------------------------------------


def web_fonts() -> Iterable[tuple[str, Path]]:
    """Every font as woff2; only those whose source or cut has changed are made anew."""
    FONTS.mkdir(parents=True, exist_ok=True)
    places = {font: FONTS / f"{font.name}.{_cut_id(font)}.woff2" for font in WEB_FONTS}
    missing = [font for font, path in places.items() if not path.exists()]
    if missing:
        with ProcessPoolExecutor(max_workers=2) as workers:
            for font, content in zip(missing, workers.map(cut, missing), strict=True):
                for old in FONTS.glob(f"{font.name}.*.woff2"):
                    old.unlink()
                places[font].write_bytes(content)
    return [(font.name, path) for font, path in places.items()]


def cut(font: Font) -> bytes:
    """Keep the characters and axes that pages use, as woff2."""
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    options = subset.Options()
    options.layout_features = ["tnum"] if font.characters == LATIN_EXT else ["kern", "tnum"]
    options.hinting = False
    options.name_IDs = [0, 1, 2, 13, 14]  # with its licence
    face = TTFont(font.source)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=list(_code_points(font.characters)))
    cutter.subset(face)
    if font.limits:  # after cutting: fewer glyphs to interpolate
        face = instancer.instantiateVariableFont(face, dict(font.limits), inplace=True)
    face.flavor = "woff2"
    out = io.BytesIO()
    face.save(out)
    return out.getvalue()


def _cut_id(font: Font) -> str:
    return hashlib.sha256(font.source.read_bytes() + repr(font).encode()).hexdigest()[:10]


def _code_points(ranges: str) -> Iterator[int]:
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


# --- stylesheet -----------------------------------------------------------------------------------


def stylesheet(source: str, manifest: dict[str, str]) -> str:
    """The stylesheet as served: files by their hashed names, light colours for older browsers, small."""

    def address(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in manifest:
            raise SystemExit(f"a stylesheet names {name}, which is not among the assets")
        return f'url("{manifest[name]}")'

    source = re.sub(r"/\*.*?\*/", "", source, flags=re.S)
    return squeeze(re.sub(r'url\("([^"]+)"\)', address, source) + light_only(source))


def light_only(source: str) -> str:
    """Browsers without light-dark() get the light theme instead of no colours at all."""
    pairs = re.findall(r"(--[\w-]+):\s*light-dark\(((?:[^(),]|\([^()]*\))+),", source)
    if len(pairs) != source.count("light-dark("):
        raise SystemExit("light-dark() may only stand alone as the value of a token in app.css")
    if not pairs:
        return ""
    tokens = "".join(f"{name}:{light.strip()};" for name, light in pairs)
    return f"@supports not (color: light-dark(#fff, #000)) {{ @layer tokens {{ :root {{ {tokens} }} }} }}"


def squeeze(css: str) -> str:
    """Drop needless space; nothing in quotes has any."""
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r"\s*([{};,])\s*", r"\1", css)
    return re.sub(r":\s+", ":", css).replace(";}", "}").strip()


def main() -> None:
    if "--clean" in sys.argv[1:]:
        for folder in (FONTS, ICONS, PUBLIC):
            shutil.rmtree(folder, ignore_errors=True)
    manifest = build()
    total = sum((PUBLIC / name).stat().st_size for name in manifest.values())
    sys.stdout.write(f"{len(manifest)} assets, {total // 1024} kB\n")


if __name__ == "__main__":
    main()
