"""Assets are served from the manifest and from nothing else."""

import gzip
import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import assets
from app.errors import NotFound

CSS = b"body{color:#123}" * 50


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "public").mkdir()
    (tmp_path / "icons").mkdir()
    names = {"app.css": "app.0a1b.css", "sprite.svg": "sprite.2c3d.svg", "text.woff2": "text.4e5f.woff2"}
    (tmp_path / "manifest.json").write_text(json.dumps(names))
    (tmp_path / "public" / "app.0a1b.css").write_bytes(CSS)
    (tmp_path / "public" / "app.0a1b.css.gz").write_bytes(gzip.compress(CSS))
    (tmp_path / "public" / "sprite.2c3d.svg").write_bytes(b"<svg/>")
    (tmp_path / "public" / "text.4e5f.woff2").write_bytes(b"wOF2")
    (tmp_path / "public" / "secret.txt").write_bytes(b"not for you")
    (tmp_path / "icons" / "glyphs.json").write_text(json.dumps({"medal": ["M0 0Z"], "drop": ["M1 1Z"]}))
    return tmp_path


@pytest.fixture
def app(folder: Path) -> Flask:
    app = Flask("assets")
    app.testing = True
    app.register_error_handler(NotFound, lambda no: ("", no.status))
    assets.init_app(app, folder)
    return app


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


def test_a_file_is_kept_for_a_year_under_its_hashed_name(app: Flask, browser: FlaskClient) -> None:
    with app.test_request_context():
        address = assets.asset_url("app.css")
    answer = browser.get(address)
    assert address == "/assets/app.0a1b.css"
    assert answer.data == CSS
    assert answer.content_type == "text/css; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.vary.as_set() == {"accept-encoding"}


def test_a_text_is_sent_compressed_to_whoever_can_read_that(browser: FlaskClient) -> None:
    answer = browser.get("/assets/app.0a1b.css", headers={"Accept-Encoding": "br, gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.data) == CSS


def test_compression_that_is_declined_is_not_used(browser: FlaskClient) -> None:
    answer = browser.get("/assets/app.0a1b.css", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in answer.headers


def test_a_font_is_sent_as_it_is(browser: FlaskClient) -> None:
    answer = browser.get("/assets/text.4e5f.woff2", headers={"Accept-Encoding": "gzip"})
    assert answer.content_type == "font/woff2"
    assert answer.data == b"wOF2"


def test_a_browser_that_has_it_is_told_so(browser: FlaskClient) -> None:
    tag = browser.get("/assets/app.0a1b.css").headers["ETag"]
    assert browser.get("/assets/app.0a1b.css", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("name", ["secret.txt", "app.css", "app.0a1b.css.gz", "..%2Fmanifest.json"])
def test_what_is_not_in_the_manifest_is_not_there(browser: FlaskClient, name: str) -> None:
    assert browser.get(f"/assets/{name}").status_code == 404


def test_an_icon_is_decoration_unless_it_has_a_label(app: Flask) -> None:
    with app.test_request_context():
        assert 'aria-hidden="true"' in assets.icon("house")
        assert 'href="/assets/sprite.2c3d.svg#i-house-fill"' in assets.icon("house", "fill")
        assert 'aria-label="&lt;Done&gt;"' in assets.icon("check", label="<Done>")


def test_a_badge_whose_glyph_went_away_keeps_a_medal(app: Flask) -> None:
    with app.test_request_context():
        assert "M1 1Z" in assets.badge("course", 1, "water", "drop")
        assert "M0 0Z" in assets.badge("course", 1, "water", "gone")


def test_an_asset_that_was_never_made_says_what_to_do(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(assets.AssetsMissing, match=r"run\.py"):
        assets.asset_url("nothing.css")
