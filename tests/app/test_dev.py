"""The gallery: every part of the pages in one place, for who builds Blijk and for nobody else."""

import pytest
from flask import Flask
from jinja2 import Environment, nodes

from app.db import db
from app.factory import ROOT, create_app

PARTS, SHOWN = ROOT / "templates" / "_ui.html", sorted((ROOT / "templates" / "dev").glob("*.html"))
UNSEEN = {"status"}  # said aloud, and there is one of it in every page already
reader = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)


def called(tree: nodes.Node) -> set[str]:
    """Macros that are called: ui.chip(…) from outside, chip(…) among themselves."""
    found = set()
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name):
            found.add(call.node.name)
        elif isinstance(call.node, nodes.Getattr) and isinstance(call.node.node, nodes.Name):
            found |= {call.node.attr} if call.node.node.name == "ui" else set()
    return found


def missing(source: str) -> set[str]:
    """The macros of this source that the gallery does not show, itself or in another one."""
    macros = {one.name: called(one) for one in reader.parse(source).find_all(nodes.Macro)}
    seen = set().union(*(called(reader.parse(path.read_text())) for path in SHOWN)) & macros.keys()
    while more := set().union(*(macros[name] for name in seen)) & macros.keys() - seen:
        seen |= more
    return macros.keys() - seen - UNSEEN


def test_every_part_of_the_pages_is_in_the_gallery() -> None:
    assert missing(PARTS.read_text()) == set()


def test_a_new_part_is_missed_until_it_is_shown() -> None:
    assert missing(PARTS.read_text() + "{% macro brand_new() %}{% endmacro %}") == {"brand_new"}


@pytest.mark.parametrize(
    "asked", ["", "?theme=light", "?theme=dark&lang=nl", "?show=award", "?theme=pink&lang=xx"]
)
def test_the_gallery_shows_what_is_asked_for(asked: str, app: Flask) -> None:
    answer = app.test_client().get(f"/dev/gallery{asked}", headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    assert (' data-theme="light"' in answer.text) != ("theme=dark" in asked)
    assert (' data-theme="dark"' in answer.text) != ("theme=light" in asked)
    assert ("<dialog" in answer.text) == ("award" in asked)
    assert ("Staalkaart" in answer.text) == ("lang=nl" in asked)


def test_where_it_is_not_switched_on_it_is_not_there(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GALLERY")
    house = create_app(TESTING=True)
    assert house.test_client().get("/dev/gallery").status_code == 404
    with house.app_context():
        db.engine.dispose()
