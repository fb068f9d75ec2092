"""What browsers load: files under hashed names with a year's cache, and the icons and badges of templates.

The allow-list is the manifest that `tools/assets.py` writes; nothing else under var/ can be asked for.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request, url_for
from markupsafe import Markup

from app.access import may
from app.badges import files, picture
from app.badges.files import glyph_paths
from app.errors import NotFound
from app.web import NOT_THERE

ROOT = Path(__file__).parent.parent
FOREVER = "public, max-age=31536000, immutable"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}

pages = Blueprint("assets", __name__)


class AssetsMissing(RuntimeError):
    """The set-up has not made them yet."""


@dataclass(frozen=True, slots=True)
class File:
    """One asset as it is sent; held in memory, all of them are a few hundred kB."""

    content: bytes
    packed: bytes | None
    mimetype: str


@dataclass(frozen=True, slots=True)
class Assets:
    """Logical names, the files behind them, and the paths of every glyph."""

    names: Mapping[str, str]
    files: Mapping[str, File]
    glyphs: Mapping[str, tuple[str, ...]]

    def name(self, logical: str) -> str:
        if logical not in self.names:
            raise AssetsMissing(f"There is no asset {logical!r}: run `python run.py setup`.")
        return self.names[logical]


@lru_cache(maxsize=4)
def load(folder: Path) -> Assets:
    """Read what the set-up made. Without it pages say what is missing; the API does not need it."""
    manifest = folder / "manifest.json"
    names = json.loads(manifest.read_text()) if manifest.exists() else {}
    files = {name: _file(folder / "public" / name) for name in names.values()}
    drawn = folder / "icons" / "glyphs.json"
    glyphs = json.loads(drawn.read_text()) if drawn.exists() else {}
    return Assets(names, files, {name: tuple(paths) for name, paths in glyphs.items()})


def _file(path: Path) -> File:
    packed = path.with_name(f"{path.name}.gz")
    return File(path.read_bytes(), packed.read_bytes() if packed.exists() else None, TYPES[path.suffix])


@pages.get("/assets/<name>")
@may("anybody")
def file(name: str) -> Response:
    """A name holds one content for ever, so it is never asked for twice."""
    found = _assets().files.get(name)
    if found is None:
        raise NotFound(NOT_THERE)
    packs = found.packed is not None and request.accept_encodings["gzip"] > 0
    answer = Response(found.packed if packs else found.content, content_type=found.mimetype)
    answer.headers["Cache-Control"] = FOREVER
    if found.packed is not None:
        answer.vary.add("Accept-Encoding")
    if packs:
        answer.headers["Content-Encoding"] = "gzip"
    answer.set_etag(f"{name}{'.gz' if packs else ''}")
    answer.make_conditional(request)
    return answer


def _assets() -> Assets:
    found: Assets = current_app.extensions["assets"]
    return found


# In templates -----------------------------------------------------------------------------------------------


def asset_url(name: str) -> str:
    """`asset_url("app.css")`: where the newest content of it is."""
    return url_for("assets.file", name=_assets().name(name))


def icon(name: str, weight: str = "regular", cls: str = "", label: str = "") -> Markup:
    """One icon of the sprite. Without a label it is decoration, and the text beside it speaks."""
    key = name if weight == "regular" else f"{name}-{weight}"
    said = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    classes = f"i {cls}".strip()
    return Markup('<svg class="{}" viewBox="0 0 256 256" {}><use href="{}#i-{}"/></svg>').format(
        classes, said, asset_url("sprite.svg"), key
    )


def badge(
    kind: str,
    tier: int,
    skill: str,
    glyph: str,
    px: int = 64,
    seed: Any = "",
    title: str = "",
    ghost: bool = False,
    cls: str = "",
    version: int | None = None,
) -> Markup:
    """The picture of a badge, inline. A text name always stands beside it or in `title`."""
    drawn = picture.draw(
        kind,
        tier,
        skill,
        glyph_paths(glyph),
        seed=str(seed),
        px=px,
        title=str(title),
        ghost=ghost,
        cls=cls,
        mark=f"-{next(_counter())}",
        version=version or picture.PICTURE_VERSION,
    )
    return Markup(drawn)  # noqa: S704 - drawn by us; every text in it is escaped there


def picture_file(
    kind: str,
    tier: int,
    skill: str,
    glyph: str,
    px: int = 96,
    seed: Any = "",
    ghost: bool = False,
    version: int = picture.PICTURE_VERSION,
    suffix: str = "svg",
) -> str:
    """The address of the same picture as a file, which is kept for ever: for long lists and for other sites."""
    drawn = files.Picture(
        kind, tier, skill, glyph, None if ghost else picture.engraving_of(str(seed)), version
    )
    return f"/pictures/{drawn.name(suffix, px)}"


def _counter() -> "count[int]":
    """Ids inside pictures must differ within one answer."""
    if "badges_drawn" not in g:
        g.badges_drawn = count()
    counter: count[int] = g.badges_drawn
    return counter


def init_app(app: Flask, folder: Path | None = None) -> None:
    app.extensions["assets"] = load(folder or ROOT / "var" / "assets")
    app.register_blueprint(pages)
    app.jinja_env.globals.update(
        asset_url=asset_url, icon=icon, badge=badge, badge_picture=badge, picture_file=picture_file
    )
