"""The gallery: every part of the pages in one place, for who builds Blijk and for nobody else."""

import re
from collections import Counter

import pytest
from flask import Flask
from jinja2 import Environment, nodes

from app.db import db
from app.dev import NO_ONES
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
    "asked",
    [
        "",
        "?theme=light",
        "?theme=dark&lang=nl",
        "?show=award",
        "?show=wrong",
        "?show=file",
        "?theme=pink&lang=xx",
    ],
)
def test_the_gallery_shows_what_is_asked_for(asked: str, app: Flask) -> None:
    answer = app.test_client().get(f"/dev/gallery{asked}", headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    assert (' data-theme="light"' in answer.text) != ("theme=dark" in asked)
    assert (' data-theme="dark"' in answer.text) != ("theme=light" in asked)
    assert ("<dialog" in answer.text) == ("award" in asked)
    assert ("Staalkaart" in answer.text) == ("lang=nl" in asked)


@pytest.mark.parametrize("asked", ["", "?show=wrong", "?show=file", "?theme=dark&lang=nl&show=award"])
def test_no_two_parts_share_an_id(asked: str, app: Flask) -> None:
    """Two themes stand beside each other, and what is made to stand once on its page stands once here too."""
    ids = re.findall(r'\sid="([^"]+)"', app.test_client().get(f"/dev/gallery{asked}").text)
    assert len(ids) > 100
    assert not [one for one, times in Counter(ids).items() if times > 1]


def test_the_larger_parts_of_rooms_are_shown_in_each_state(app: Flask) -> None:
    pages = {
        show: app.test_client().get(f"/dev/gallery?lang=en&theme=light&show={show}").text
        for show in ("", "wrong", "file")
    }
    lessons = (
        "A colleague, without a name",
        "Yours, without your name",
        "hidden by the care desk",
        "You apply this",
    )
    reviews = ("Taken back since", "no evidence yet", "handed in", "Partly", "Verified", "Observed")
    thanks = ("You said thanks", "Say thanks", "Undo", "Say it in other words")
    for said in (
        *lessons,
        *reviews,
        *thanks,
        "You take part",
        "Join in",
        "Let go",
        'id="composer"',
        'id="decide"',
    ):
        assert said in pages[""], said
    for said in ('id="composer"', 'id="errors"', 'id="assess"', "Taken out:"):
        assert said in pages["wrong"], said
    for said in ('id="file-errors"', "Promote, with a growth plan", "Signed by"):
        assert said in pages["file"], said


def test_no_button_of_an_example_finds_anything(app: Flask) -> None:
    page = app.test_client().get("/dev/gallery").text
    numbers = re.findall(r"/(?:lessons|kudos|goals|team-goals|care/report)/(\d+)", page)
    assert numbers
    assert all(int(one) > NO_ONES for one in numbers)


def test_where_it_is_not_switched_on_it_is_not_there(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GALLERY")
    house = create_app(TESTING=True)
    assert house.test_client().get("/dev/gallery").status_code == 404
    with house.app_context():
        db.engine.dispose()
