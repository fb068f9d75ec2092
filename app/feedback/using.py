"""Whether what was learned is used, said weeks after it was completed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from app.db import db, lock_people
from app.errors import NotFound
from app.events import Event, FactStated
from app.feedback import queries, rules
from app.feedback.actions import NOT_THERE, cannot_be
from app.outbox import publish

_USE = text("""
    INSERT INTO learning_use (completion_id, person_id, activity_id, answer, words, answered_at)
    SELECT * FROM unnest(CAST(:completions AS bigint[]), CAST(:people AS bigint[]), CAST(:activities AS bigint[]),
                         CAST(:answers AS text[]), CAST(:words AS text[])), CAST(:at AS timestamptz)
    ON CONFLICT (completion_id) DO UPDATE
        SET answer = excluded.answer, words = excluded.words, answered_at = excluded.answered_at
""").bindparams(
    *(bindparam(name, type_=ARRAY(BigInteger())) for name in ("completions", "people", "activities")),
    *(bindparam(name, type_=ARRAY(Text())) for name in ("answers", "words")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Whether something learned is used."""

    completion_id: int
    person_id: int
    answer: str
    words: str = ""


def tell_use(items: Sequence[Use], *, at: datetime) -> None:
    """Say of what one completed whether it is used. Each answer earns the same, once; another answer changes only the
    answer."""
    for item in items:
        if item.answer not in rules.ANSWERS:
            cannot_be("answer")
        if len(item.words.strip()) > rules.WORDS[1]:
            cannot_be("words")
    lock_people(item.person_id for item in items)
    last = {item.completion_id: item for item in items}
    found = queries.askable(last, at)
    if any(id not in found or found[id].person_id != item.person_id for id, item in last.items()):
        raise NotFound(NOT_THERE)
    told = {
        "completions": list(last),
        "people": [item.person_id for item in last.values()],
        "activities": [found[id].activity_id for id in last],
        "answers": [item.answer for item in last.values()],
        "words": [item.words.strip() for item in last.values()],
        "at": at,
    }
    db.session.execute(_USE, told)
    news: list[Event] = [
        FactStated(
            person_id=item.person_id,
            source=f"use:{id}",
            kind="use_told",
            at=at,
            activity_id=found[id].activity_id,
            skills=tuple(found[id].skills),
        )
        for id, item in last.items()
        if found[id].answer is None
    ]
    publish(news)
