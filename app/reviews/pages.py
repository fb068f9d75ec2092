"""The file of a review, which is the same page for everybody who may open it; and the list of one's own."""

import uuid
from dataclasses import replace
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.access import Asker, asker, may, me
from app.audit.actions import look
from app.errors import NotFound
from app.reviews import judging, queries
from app.reviews.touching import NOT_THERE
from app.web import now, render

pages = Blueprint("reviews", __name__)
ONE = "/reviews/<uuid:review_id>"


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


@pages.get("/reviews")
@may("person")
def mine() -> ResponseReturnValue:
    return render("reviews/listed.html", **queries.listed(me()))


@pages.get(ONE)
@may("person")
def one(review_id: uuid.UUID) -> ResponseReturnValue:
    seen = opened(review_id)
    return render("reviews/one.html", **_shown(seen))


def _shown(seen: queries.Open) -> dict[str, Any]:
    """`?as=employee` shows exactly the page that the employee gets, without what one can do in it."""
    as_employee = request.args.get("as") == "employee"
    if as_employee:
        seen = replace(seen, mine=False, assesses=False, decides=False, handles=False, runs=False)
    judged = judging.of(seen, me())
    return {"file": queries.file(seen.row), "seen": seen, "judged": judged, "as_employee": as_employee}
