"""A dossier on paper: sixty pieces of evidence, in both languages, tagged; what people wrote becomes no markup."""

import hashlib
import io
import re
from typing import Any

import pypdf
import pytest
from flask import Flask

from app.reviews import dossier, printing

KINDS = ("badge", "completion", "lesson_applied", "kudos", "recognition", "observation", "document")
AT = "2026-10-08T08:12:00Z"
NAUGHTY = (
    '#import "x" = <b>*not bold*</b> $x^2$ @nobody `raw` \\ // gone /* gone */ [link](x) "quoted" \u202etfel'
)
LONG = (
    "Samir stayed calm on the radio when the main burst at night, called the neighbours, and handed the shift over "
    "with a drawing of what was closed. He asked for help before he needed it."
)
PICTURE = {
    "kind": "workshop",
    "tier": 2,
    "skill": "safety",
    "glyph": "first-aid-kit",
    "engraving": "ab" * 32,
    "version": 1,
}


def piece(place: int) -> dict[str, Any]:
    kind = KINDS[place % len(KINDS)]
    return {
        "kind": kind,
        "title": {"nl": f"Bewijsstuk {place}", "en": f"Piece {place}"} if place % 2 else f"Own title {place}",
        "note": LONG if place % 3 else "",
        "lang": "en",
        "by": "Fatma Yıldız" if kind in ("kudos", "observation", "recognition") else "",
        "at": AT,
        "tier": 2 if kind == "badge" else None,
        "times": place % 3 if kind == "lesson_applied" else 0,
        "released_at": AT,
        "gone": place == 13,
        "picture": PICTURE if kind == "badge" else None,
    }


def content(pieces: int = 60, note: str = LONG) -> dict[str, Any]:
    asked = [
        {
            "key": str(place),
            "text": {
                "nl": f"Leidt de aanpak van een storing, deel {place}",
                "en": f"Leads the response, part {place}",
            },
            "skill": {"nl": "Veiligheid", "en": "Safety"},
            "level": 3,
            "evidence": [piece(one) for one in range(pieces) if one % 6 == place],
            "assessments": [
                {"by": "Maaike Postma", "verdict": "met", "reason": note},
                {"by": "Fatma Yıldız", "verdict": "partly", "reason": LONG},
            ],
        }
        for place in range(6)
    ]
    return {
        "format": dossier.FORMAT,
        "review": "0b3c1c9e-6f0a-4f0e-9a52-0d8c2f7d8a11",
        "number": 2,
        "frozen_at": AT,
        "organisation": "Waterveld",
        "employee": {"name": "Samir El Amrani", "job": "Process operator B", "department": "Water", "team": "Zuid"},
        "job": {
            "slug": "senior", "level": 3,
            "name": {"nl": "Senior procesoperator", "en": "Senior process operator"},
            "family": {"nl": "Proces", "en": "Process"},
        },
        "criteria_version": {"number": 3, "consented_on": "2025-11-03"},
        "round": {"nl": "Najaar 2026", "en": "Autumn 2026"},
        "asked": {"by": "Samir El Amrani", "at": AT},
        "own_words": {"text": note + "\n\n" + LONG, "at": AT},
        "criteria": asked,
        "panel": [
            {"name": "Maaike Postma", "seat": "member", "for": None, "handed_in_at": AT, "stepped_aside_at": None},
            {"name": "Daan", "seat": "decider", "for": "Sanne Bakker", "handed_in_at": None, "stepped_aside_at": None},
        ],
        "decisions": [
            {
                "by": "Sanne Bakker", "outcome": "promote_with_plan", "from": "2026-11-01",
                "open_criteria_until": "2027-05-01", "reason": LONG + "\n" + note, "signed_at": AT,
            }
        ],
        "released_at": AT,
        "object_days": 42,
        "seen_at": AT,
        "not_signed_at": None,
        "answer": {"text": LONG, "at": AT},
        "objection": {
            "text": LONG, "filed_at": AT, "handled_by": "Tom", "outcome": "stands", "answer": LONG, "handled_at": AT,
        },
        "earlier_objections": [
            {
                "text": LONG, "filed_at": AT, "handled_by": "Joke", "outcome": "anew", "answer": LONG, "handled_at": AT,
            }
        ],
        "closed_at": None,
        "steps": [{"at": AT, "by": "Samir El Amrani", "what": what} for what in ("asked", "gathered", "seen")],
    }  # fmt: skip


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_sixty_pieces_of_evidence_make_a_tagged_pdf_in_each_language(app: Flask, lang: str) -> None:
    plain = dossier.canonical(content())
    with app.test_request_context():
        made = printing.pdf(plain, hashlib.sha256(plain).hexdigest(), lang)
    assert made.startswith(b"%PDF-1.7")
    for sign in (b"/StructTreeRoot", b"/MarkInfo", b"pdfuaid", b"/Lang", f"({lang})".encode()):
        assert sign in made
    assert len(io.BytesIO(made).read()) < 1_500_000


def test_what_people_write_never_becomes_markup(app: Flask) -> None:
    plain = dossier.canonical(content(12, NAUGHTY))
    with app.test_request_context():
        assert printing.pdf(plain, "0" * 64, "en").startswith(b"%PDF")


def test_texts_whose_key_is_gone_are_said_to_be_gone(app: Flask) -> None:
    whole = content(6)
    whole["decisions"][0]["reason"] = whole["own_words"]["text"] = None
    whole["criteria"][0]["assessments"][0]["reason"] = None
    with app.test_request_context():
        assert printing.pdf(dossier.canonical(whole), "0" * 64, "nl").startswith(b"%PDF")


def _pages(plain: bytes) -> list[list[str]]:
    """The lines of each page, without what stands at its head and foot."""
    made = pypdf.PdfReader(io.BytesIO(printing.pdf(plain, hashlib.sha256(plain).hexdigest(), "en")))
    lines = [
        [line.strip() for line in page.extract_text().splitlines() if line.strip()] for page in made.pages
    ]
    furniture = re.compile(
        r"Samir El Amrani, Senior process operator.*|Waterveld|Dossier 2 of .*|[0-9a-f]{64}|page \d+ of \d+"
    )
    return [[line for line in page if not furniture.fullmatch(line)] for page in lines]


def test_no_page_begins_with_what_somebody_says_of_a_piece_whose_title_is_on_the_page_before(
    app: Flask,
) -> None:
    with app.test_request_context():
        pages = _pages(dossier.canonical(content()))
    assert len(pages) > 5
    for number, lines in enumerate(pages[1:], 2):
        assert not lines[0].startswith(LONG[:20]), f"page {number}"


def test_the_name_of_a_file_breaks_behind_a_sign_and_stays_within_the_page(app: Flask) -> None:
    name = "Werkinstructie_spuien_hoofdleiding_Zuidwest_definitief_versie_12_met_opmerkingen_van_de_ploeg.pdf"
    whole = content(6)
    whole["criteria"][0]["evidence"][0]["title"] = name
    with app.test_request_context():
        lines = [line for page in _pages(dossier.canonical(whole)) for line in page]
    assert name not in lines
    (at,) = [place for place, line in enumerate(lines) if line.startswith("Werkinstructie_")]
    assert lines[at].endswith("_")
    assert lines[at] + lines[at + 1] == name


def test_a_level_stands_there_with_its_word_and_one_of_an_older_dossier_without(app: Flask) -> None:
    whole = content(6)
    whole["criteria"][0]["level_name"] = {"nl": "Helpt anderen", "en": "Helps others"}
    with app.test_request_context():
        lines = [line for page in _pages(dossier.canonical(whole)) for line in page]
    assert "Safety, level 3: Helps others" in lines
    assert "Safety, level 3" in lines
