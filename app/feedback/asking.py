"""Asking for feedback: of colleagues, of a team, or of who reports to the asker; and having enough."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import insert, text

from app import once
from app.db import array, db, lock_people
from app.errors import Conflict, NotFound, Refused
from app.events import FeedbackAsked
from app.feedback import queries, rules
from app.feedback.actions import NOT_THERE, cannot_be
from app.feedback.models import FeedbackAsked as Asked
from app.feedback.models import FeedbackRequest
from app.outbox import publish

_CLOSE = text("""
    UPDATE feedback_request r SET closed_at = coalesce(closed_at, :at)
    FROM unnest(CAST(:ids AS bigint[]), CAST(:people AS bigint[])) AS w(id, asker_id)
    WHERE r.id = w.id AND r.asker_id = w.asker_id RETURNING r.id
""")
_INSERT = (
    insert(FeedbackRequest)
    .returning(FeedbackRequest.id, sort_by_parameter_order=True)
    .execution_options(render_nulls=True)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A wish for feedback: of these people, of a whole team, or (`leading`) of everybody who reports to the asker,
    about how they lead."""

    asker_id: int
    about: str
    lang: str
    people: Sequence[int] = ()
    team_id: int | None = None
    leading: bool = False
    once: str | None = None

    @property
    def known_as(self) -> str | None:
        return f"{self.asker_id}:{self.once}" if self.once else None


def ask(items: Sequence[Ask], *, at: datetime) -> list[int]:
    """Ask colleagues what to keep and what to try. The same key again gives the same request.

    All of the batch or nothing. Returns the id of each, in the order of the items.
    """
    items = [replace(item, about=item.about.strip()) for item in items]
    for item in items:
        if not rules.ABOUT[0] <= len(item.about) <= rules.ABOUT[1]:
            cannot_be("about")
        if item.lang not in rules.LANGUAGES:
            cannot_be("lang")
    lock_people(item.asker_id for item in items)
    ids = _known(items)
    fresh = once.new(items, ids)
    people = _whom(list(fresh.values()))
    rows = [_request(item, len(asked), at) for item, asked in zip(fresh.values(), people, strict=True)]
    made = list(db.session.scalars(_INSERT, rows)) if rows else []
    asked_now = [(id, person) for id, asked in zip(made, people, strict=True) for person in asked]
    if asked_now:
        waiting = [{"request_id": id, "person_id": person, "state": "waiting"} for id, person in asked_now]
        db.session.execute(insert(Asked), waiting)
    publish(FeedbackAsked(person_id=person, request_id=id) for id, person in asked_now)
    return once.ids_of(items, ids | dict(zip(fresh, made, strict=True)))


def _known(items: Sequence[Ask]) -> dict[object, int]:
    """What was asked with the same keys before. The same key with another question is refused."""
    found = queries.known({item.known_as for item in items if item.known_as})
    said = {key: row.about for key, row in found.items()}
    for item in items:
        if item.known_as and said.setdefault(item.known_as, item.about) != item.about:
            raise Conflict(_l("This form was sent before, with another question. Open an empty form."))
    return {key: row.id for key, row in found.items()}


def _request(item: Ask, asked: int, at: datetime) -> dict[str, Any]:
    return {
        "asker_id": item.asker_id, "about": item.about, "lang": item.lang,
        "unnamed": item.leading and asked >= rules.FEWEST, "asked_at": at, "closes_at": at + rules.OPEN_FOR,
        "once": item.known_as,
    }  # fmt: skip


def _whom(items: Sequence[Ask]) -> list[list[int]]:
    """Who is asked in each of these, none of whom is gone."""
    led = queries.reports({item.asker_id for item in items if item.leading})
    teams = queries.teams({item.team_id for item in items if item.team_id is not None and not item.leading})
    found = []
    for item in items:
        meant = (
            led[item.asker_id]
            if item.leading
            else item.people
            if item.team_id is None
            else teams[item.team_id]
        )
        people = [person for person in dict.fromkeys(meant) if person != item.asker_id]
        if not rules.ASKED[0] <= len(people) <= rules.ASKED[1]:
            cannot_be("people")
        found.append(people)
    asked = {person for people in found for person in people}
    if queries.active(asked) != asked:
        gone = _l("Somebody you chose does not work here any more. Choose again.")
        raise Refused(gone, fields={"people": gone})
    return found


def close(pairs: Iterable[tuple[int, int]], *, at: datetime) -> None:
    """Who asked has enough; no answers come after this: (request, asker). All of the batch or nothing."""
    wanted = sorted(set(pairs))
    told = {"ids": array(id for id, _ in wanted), "people": array(by for _, by in wanted), "at": at}
    if len(db.session.execute(_CLOSE, told).all()) < len(wanted):
        raise NotFound(NOT_THERE)
