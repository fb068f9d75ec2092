"""What was reported at Waterveld: a lesson on which the care desk has decided, and kudos that wait for it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.care import actions
from app.db import lock_people
from app.kudos import queries as kudos
from app.lessons import queries as lessons

REPORTER, HR = "Latifa Amrani", "Sanne Bakker"
ANSWER = "Het gaat over hoe we werken, en er staan geen naam en geen adres in. Goed dat je het vroeg."


def report(ids: Mapping[str, int], now: datetime) -> None:
    """Both by somebody who could read them. The caller has opened the transaction."""
    if REPORTER not in ids or HR not in ids:
        return
    by, hr = ids[REPORTER], ids[HR]
    lock_people([by])
    told, _ = lessons.feed(by, limit=40)
    lesson = next((one for one in told if not one.mine and one.author_id != hr and one.lang == "nl"), None)
    if lesson is not None:
        words = "Mag een storing bij een klant hier wel staan?"
        made = actions.report(by=by, kind="lesson", content_id=lesson.id, reason="secret", words=words,
                              at=now - timedelta(days=6))  # fmt: skip
        actions.decide(made, by=hr, decision="leave", answer=ANSWER, at=now - timedelta(days=5))
    for card in kudos.wall(by, limit=40)[0][4:]:
        party = {card.kudos.giver_id, *(one.id for one in card.receivers)}
        if by not in party and hr not in party and card.kudos.lang == "nl":
            words = "Ik lees hier eerder een grap in dan een bedankje. Is dat zo bedoeld?"
            actions.report(by=by, kind="kudos", content_id=card.kudos.id, reason="not_meant", words=words,
                           at=now - timedelta(hours=20))  # fmt: skip
            return
