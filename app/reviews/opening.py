"""How a file is opened, by page and API alike: who may, the trace of it, and the reason that HR gives."""

import uuid
from datetime import timedelta

from app.access import Asker, asker, me
from app.audit.actions import look
from app.errors import NotFound
from app.reviews import queries
from app.reviews.touching import NOT_THERE
from app.web import now

ONE = "/reviews/<uuid:review_id>"
REASON_FOR = timedelta(hours=1)  # so long HR need not say again why they open a review that is over
OVER = ("closed", "withdrawn")


def reach_of(who: Asker) -> set[int] | bool | None:
    """The departments whose HR somebody is: None for all of them, False for who is not HR."""
    return None if "hr" in who.roles else False


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
    return only_hr and seen.row.stage in OVER and not queries.gave_reason(me(), seen.row, now() - REASON_FOR)
