"""How a file is opened, by page and API alike: who may, the trace of it, and the reason that HR gives."""

import uuid
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from app.access import Asker, asker, me
from app.audit.actions import look, look_at_all
from app.config import timezone
from app.errors import Conflict, NotFound
from app.people.queries import hr_reach
from app.reviews import choosing, queries, rounds
from app.reviews.actions import SAY_WHY
from app.reviews.touching import NOT_THERE
from app.web import now

ONE = "/reviews/<uuid:review_id>"
REASON_FOR = timedelta(hours=1)  # so long HR need not say again why they open a review that is over
OVER = ("closed", "withdrawn")


def reach_of(who: Asker) -> set[int] | bool | None:
    """The departments whose HR somebody is: None for all of them, False for who is not HR."""
    if "hr" not in who.roles or who.person_id is None:
        return False
    return hr_reach(who.person_id)


def opened(review_id: uuid.UUID) -> queries.Open:
    """The review, if whoever asks may open it. Every look of somebody else is kept, a refused one too."""
    found = queries.opened(me(), review_id, reach_of(asker()))
    holder = found.row.person_id if found else queries.holder_of(review_id)
    if holder is not None:
        look(viewer_id=me(), person_id=holder, what="review", allowed=found is not None, at=now())
    if found is None:
        raise NotFound(NOT_THERE)
    return found


def needs_reason(seen: queries.Open) -> bool:
    """HR opens a review that is over only with a reason, which the person reads."""
    only_hr = seen.runs and not (seen.assesses or seen.decides or seen.handles)
    return only_hr and _unsaid(seen.row)


def _unsaid(row: Any) -> bool:
    return row.stage in OVER and not queries.gave_reason(me(), row, now() - REASON_FOR)


# What HR keeps -----------------------------------------------------------------------------------------------


def today() -> date:
    return now().astimezone(timezone()).date()


def reach() -> choosing.Reach:
    """Departments of this HR, None for all; whoever is not HR did not come this far."""
    found = reach_of(asker())
    return set() if isinstance(found, bool) else found


def part(round_id: int) -> choosing.Round:
    """What of a round lies within reach; who sees all of it does something in it (see `must`)."""
    found = choosing.part_of_round(me(), reach(), round_id)
    if found is None:
        raise NotFound(rounds.NOT_THERE)
    return found


def must(round_id: int) -> choosing.Round:
    """A round that lies within reach as a whole."""
    found = choosing.one_round(me(), reach(), round_id)
    if found is None:
        raise NotFound(rounds.NOT_THERE)
    return found


def listed(person_ids: Iterable[int]) -> None:
    """These stand on a list of HR's, as in a review or invited to one: each of them can read that HR looked."""
    look_at_all(viewer_id=me(), person_ids=person_ids, what="review:listed", at=now())


def of_round(found: choosing.Round) -> set[int]:
    """Who may take part in a round, or does."""
    return {row.person_id for row in (*found.people, *found.reviews)}


def run(review_id: uuid.UUID) -> Any:
    """A review within reach, never one's own; the look is kept, whatever the answer. Of one that is over, who judged
    it is part of the dossier: HR says first why they open it."""
    row = choosing.within(me(), reach(), review_id)
    holder = row.person_id if row else queries.holder_of(review_id)
    if holder is not None:
        look(viewer_id=me(), person_id=holder, what="review", allowed=row is not None, at=now())
    if row is None:
        raise NotFound(NOT_THERE)
    if _unsaid(row):
        raise Conflict(SAY_WHY)
    return row
