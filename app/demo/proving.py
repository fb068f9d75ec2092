"""Two logs that show something: a certificate that waits for its confirmer, and a photo that was confirmed."""

import io
from collections.abc import Mapping
from datetime import datetime, timedelta

import typst
from PIL import Image, ImageDraw
from sqlalchemy import text

from app.activities import confirming, files
from app.activities.logs import log_completions
from app.activities.rules import Log
from app.config import timezone
from app.db import db, transaction
from app.outbox import settle

WHO, PHOTOGRAPHER, CONFIRMER = "Noor Hendriks", "Joost van der Meer", "Maaike Postma"
_SKILL = text("SELECT id FROM skill WHERE slug = :slug")
CERTIFICATE = """
#set document(title: "Bewijs van deelname")
#set page(width: 210mm, height: 148mm, margin: 20mm)
#set text(lang: "nl", size: 12pt)
#text(size: 22pt, weight: "bold")[Bewijs van deelname]

#v(8mm)
#text(size: 16pt)[Noor Hendriks]

was erbij op de dag *Waterslag in beeld*: meten aan een leiding die opeens dichtgaat.

#v(1fr)
Vereniging van drinkwatervaklui
"""


def prove(ids: Mapping[str, int], now: datetime) -> None:
    """Of who works in this Waterveld; each in a transaction of its own, as by their own hands."""
    if not {WHO, PHOTOGRAPHER, CONFIRMER} <= ids.keys():
        return
    when = now - timedelta(days=12)
    done = _log(
        ids[PHOTOGRAPHER], "opstelling.png", _photo(), when, title="Proefopstelling nagebouwd",
        note="De klep zelf uit elkaar gehaald en weer dicht gekregen.", skill="pipes-valves", hours=4.0,
    )  # fmt: skip
    with transaction():
        confirming.decide([done], by=ids[CONFIRMER], confirm=True, note="", at=when + timedelta(days=1))
        settle(when + timedelta(days=1))
    pdf = bytes(typst.compile(CERTIFICATE.encode(), format="pdf"))
    _log(ids[WHO], "bewijs-van-deelname.pdf", pdf, now - timedelta(hours=5), title="Waterslag in beeld",
         note="Het bewijs zit erbij. De proef met de doorzichtige buis vergeet ik niet meer.",
         skill="pressure-flow", hours=6.0)  # fmt: skip


def _log(
    who: int, name: str, content: bytes, at: datetime, *, title: str, note: str, skill: str, hours: float
) -> int:
    day = (at - timedelta(days=1)).astimezone(timezone()).date()
    with transaction():
        kept = files.keep(by=who, name=name, content=content, at=at)
        new = Log(
            person_id=who, completed_on=day, title=title, kind="on_the_job", note=note, hours=hours, file_id=kept,
            skill_id=db.session.scalar(_SKILL, {"slug": skill}),
        )  # fmt: skip
        (made,) = log_completions([new], at=at)
        settle(at)
        return made


def _photo() -> bytes:
    """A pipe with a valve in it, drawn."""
    picture = Image.new("RGB", (960, 640), "#dfe8ea")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 470, 960, 640), fill="#b9a58c")
    draw.rectangle((60, 300, 900, 390), fill="#5f7f8c", outline="#30474f", width=6)
    draw.rectangle((420, 250, 540, 440), fill="#30474f")
    draw.rectangle((468, 150, 492, 250), fill="#30474f")
    draw.ellipse((380, 100, 580, 170), outline="#b3261e", width=16)
    made = io.BytesIO()
    picture.save(made, "PNG")
    return made.getvalue()
