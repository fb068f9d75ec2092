"""The feedback of Waterveld and what it says of learning some weeks later: by the actions of real use."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import cycle
from random import Random
from typing import Any

from sqlalchemy import text

from app.db import db, transaction
from app.demo.company import SEED, read
from app.feedback import actions, asking, receiving, using
from app.feedback.rules import ASKS, DUE_AFTER
from app.outbox import settle
from app.people.queries import reports_of

LESSONS = 45  # the latest ones
HELPED = 0.6
TOLD = 0.45  # of what was completed six weeks ago and more
SHARES = (("used", "not_yet", "not_for_my_work"), (62, 26, 12))

# Who applies a lesson may have more to say on it; one reader each.
_READERS = text("""
    SELECT DISTINCT ON (l.id) l.id, l.author_id, a.person_id, l.lang, a.at FROM lesson l
    JOIN lesson_application a ON a.lesson_id = l.id AND a.ended_at IS NULL
    WHERE l.deleted_at IS NULL AND l.author_id IS NOT NULL AND l.id IN (
        SELECT id FROM lesson WHERE deleted_at IS NULL AND author_id IS NOT NULL ORDER BY shared_at DESC LIMIT :most)
    ORDER BY l.id, a.at
""")
_OLD = text("""
    SELECT c.id, c.person_id, c.completed_at, p.language FROM completion c JOIN person p ON p.id = c.person_id
    JOIN activity a ON a.id = c.activity_id
    WHERE c.state = 'confirmed' AND c.completed_at < :until AND a.kind = ANY(CAST(:kinds AS text[])) AND p.active
    ORDER BY c.id
""")


def reply(ids: Mapping[str, int], now: datetime) -> None:
    """All of it; `ids` has people by name. Opens its own transactions."""
    written = read("replies.json")
    _on_lessons(written["lesson"], now)
    _requests(written, ids, now)
    _use(written["use"], now)


def _on_lessons(texts: list[dict[str, str]], now: datetime) -> None:
    with transaction():
        readers = db.session.execute(_READERS, {"most": LESSONS}).all()
    for row in readers:
        dice = Random(f"{SEED} feedback {row.id}")
        told = dice.choice([one for one in texts if one["lang"] == row.lang])
        at = min(now, row.at + timedelta(hours=dice.uniform(1, 20)))
        words = actions.Words(keep=told["keep"], try_=told["try"], lang=row.lang)
        with transaction():
            said = actions.OnLesson(by=row.person_id, lesson_id=row.id, words=words)
            (made,) = actions.give_on_lessons([said], at=at)
            settle(at)
        if dice.random() < HELPED:
            then = min(now, at + timedelta(hours=dice.uniform(1, 30)))
            _helped(row.author_id, made, then)


def _helped(by: int, feedback_id: int, at: datetime) -> None:
    with transaction():
        receiving.mark_helpful([receiving.Helped(by=by, feedback_id=feedback_id)], at=at)
        settle(at)


def _requests(written: Any, ids: Mapping[str, int], now: datetime) -> None:
    """The first request of each asker is answered by some; what is asked of Noor last still waits."""
    answers = cycle(written["answers"])
    asked = [*written["requests"], {**written["leading"], "of": []}]
    for nth, one in enumerate(asked):
        people = [ids[name] for name in one["of"] if name in ids]
        at = now - timedelta(days=float(one["days_ago"]))
        if one["by"] not in ids or (one["of"] and not people):
            continue
        told = asking.Ask(
            asker_id=ids[one["by"]],
            about=one["about"],
            lang=one["lang"],
            people=people,
            leading=not one["of"],
            once=f"demo-{nth}",
        )
        with transaction():
            (request_id,) = asking.ask([told], at=at)
            settle(at)
        chosen = people[1:] if people else [card.id for card in reports_of(ids[one["by"]])][1:7]
        for number, person in enumerate(chosen):
            said = written["answers"][number] if not people else next(answers)
            words = actions.Words(keep=said["keep"], try_=said["try"], lang=said["lang"])
            then = at + timedelta(hours=5 + 9 * number)
            with transaction():
                (made,) = actions.answer(
                    [actions.Answer(by=person, request_id=request_id, words=words)], at=then
                )
                settle(then)
            if people:
                _helped(ids[one["by"]], made, min(now, then + timedelta(hours=3)))


def _use(texts: dict[str, dict[str, list[str]]], now: datetime) -> None:
    """Answers week by week, so that each is dated when it was given."""
    with transaction():
        rows = db.session.execute(
            _OLD, {"until": now - DUE_AFTER - timedelta(hours=3), "kinds": list(ASKS)}
        ).all()
    weeks: dict[int, list[using.Use]] = {}
    for row in rows:
        dice = Random(f"{SEED} use {row.id}")
        if dice.random() < TOLD:
            answer = dice.choices(*SHARES)[0]
            words = dice.choice(texts[answer]["en" if row.language == "en" else "nl"])
            week = (now - timedelta(hours=2) - (row.completed_at + DUE_AFTER)).days // 7
            told = using.Use(completion_id=row.id, person_id=row.person_id, answer=answer, words=words)
            weeks.setdefault(week, []).append(told)
    for week in sorted(weeks, reverse=True):
        at = now - timedelta(days=7 * week, hours=1)
        with transaction():
            using.tell_use(weeks[week], at=at)
            settle(at)
