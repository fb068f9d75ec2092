"""Anna learns from Ben."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.db import db, transaction
from app.guidance import actions, ending, meetings
from app.guidance.rules import NewGuidance
from app.outbox import settle
from tests.app.activities.scene import Catalogue

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def ask(learner: int, guide: int, skill: int, kind: str = "coaching", **more: Any) -> int:
    item = NewGuidance(
        kind=kind,
        by_id=learner,
        with_id=guide,
        side="learner",
        skills=(skill,),
        purpose="To stay calm",
        **more,
    )
    return do(lambda: actions.propose([item], at=NOW - 90 * DAY))[0]  # type: ignore[no-any-return]


def running(learner: int, guide: int, catalogue: Catalogue, kind: str = "coaching") -> int:
    made = ask(learner, guide, catalogue.safety, kind)
    answer(made, guide, "yes", NOW - 90 * DAY)
    return made


def answer(made: int, by: int, said: str, at: datetime = NOW) -> None:
    do(lambda: actions.respond([actions.Answer(guidance_id=made, by=by, answer=said)], at=at))


def record(made: int, by: int, starts_at: datetime, minutes: int = 60) -> int:
    """As within a transaction: one of the two tells that they met."""
    met = meetings.Met(guidance_id=made, by=by, starts_at=starts_at, minutes=minutes)
    return meetings.record([met], at=NOW)[0]


def say(decision: str, made: int, meeting: int, by: int) -> None:
    """As within a transaction: confirm, decline, take_back."""
    word = meetings.Word(guidance_id=made, meeting_id=meeting, by=by)
    meetings.decide([word], decision=decision, at=NOW)


def end(how: str, made: int, by: int) -> None:
    """As within a transaction: finish, not_yet, stop."""
    ending.close([(made, by)], how=how, at=NOW)


def do(step: Any, at: datetime = NOW) -> Any:
    with transaction():
        found = step()
        settle(at)
    return found


def met(made: int, by: int, other: int, days: float = 1, minutes: int = 60) -> int:
    """Recorded by one and confirmed by the other."""
    meeting: int = do(lambda: record(made, by, NOW - days * DAY, minutes))
    do(lambda: say("confirm", made, meeting, other))
    return meeting


def facts(person_id: int) -> list[Any]:
    """What stands in the log of a person: kind, hours, weight, counterpart, who confirmed."""
    return list(
        db.session.execute(
            text("""SELECT kind, activity_kind, hours, weight, counterpart_id, confirmed_by, source FROM fact
                    WHERE person_id = :person AND withdrawn_at IS NULL ORDER BY happened_at, id"""),
            {"person": person_id},
        )
    )


def states(made: int) -> list[str]:
    rows = db.session.scalars(
        text("SELECT state FROM guidance_meeting WHERE guidance_id = :id ORDER BY id"), {"id": made}
    )
    return list(rows)


def state(made: int) -> str:
    found: str = db.session.scalar(text("SELECT state FROM guidance WHERE id = :id"), {"id": made})
    return found
