"""Who may open the page of an award, whether it may be used in a review, and whose names may stand on it: all at once,
and all can be undone.

Each is one statement on one row, so two at once end as one of the two.
"""

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import text

from app.badges import showing
from app.badges.queries import UNNAMED
from app.db import db, lock_people
from app.errors import NotFound, Refused
from app.events import AgreementAsked
from app.outbox import publish

NOT_THERE = _l("There is no badge to show here. The link may be wrong, or its holder keeps it private.")
SAID_NO = _l("This colleague said no. You cannot ask again for this badge.")
NOT_ASKED = _l("Nobody asks you this, or not any more.")
NOT_CONCERNED = _l("You can ask only colleagues who had a part in this badge.")


_SHOW = text("""
    UPDATE award SET visible = coalesce(CAST(:visible AS text), visible),
                     in_review = coalesce(CAST(:in_review AS boolean), in_review)
    WHERE id = :award AND person_id = :by RETURNING id
""")


def show(*, award_id: Any, by: int, visible: str | None = None, in_review: bool | None = None) -> None:
    """The holder decides who may open the page (me, colleagues or public), and whether the badge may be used in their
    review. It holds from now on."""
    told = {"award": award_id, "by": by, "visible": visible, "in_review": in_review}
    if not db.session.execute(_SHOW, told).all():
        raise NotFound(NOT_THERE)


_STANDING = text(
    "SELECT award_visible AS visible, award_in_review AS in_review FROM person WHERE id = :person"
)
_CHOOSE = text("""
    UPDATE person SET award_visible = coalesce(CAST(:visible AS text), award_visible),
                      award_in_review = coalesce(CAST(:in_review AS boolean), award_in_review)
    WHERE id = :person RETURNING award_visible AS visible, award_in_review AS in_review
""")
# Wider only what stands and gives nothing away: a badge that rests on lessons without a name is opened one by one.
_ALSO_NOW = text(f"""
    UPDATE award SET visible = :visible, in_review = :in_review
    WHERE person_id = :person AND (visible, in_review) IS DISTINCT FROM (:visible, :in_review)
      AND ((:visible = 'me' AND NOT :in_review) OR revoked_at IS NULL AND NOT {UNNAMED.format(award="award")})
""")


def standing_choice(person_id: int) -> Any:
    """What a new badge of theirs starts with."""
    return db.session.execute(_STANDING, {"person": person_id}).one()


def choose_for_new(
    *, person_id: int, visible: str | None = None, in_review: bool | None = None, also_now: bool = False
) -> None:
    """What their new badges start with; with `also_now` the badges that they have follow it too.

    Under the lock that giving a badge takes: one that comes at the same moment is either among these or new.
    """
    lock_people([person_id])
    told = {"person": person_id, "visible": visible, "in_review": in_review}
    chosen = db.session.execute(_CHOOSE, told).one()
    if also_now:
        db.session.execute(_ALSO_NOW, {"person": person_id, **chosen._mapping})


_ASK = text("""
    INSERT INTO agreement (award_id, colleague_id, asked_at) VALUES (:award, :colleague, :at)
    ON CONFLICT (award_id, colleague_id) DO NOTHING RETURNING colleague_id
""")


def ask(*, award_id: Any, by: int, colleague_id: int, at: datetime) -> None:
    """The holder asks a colleague. Twice is once; who said no is left in peace."""
    shown = showing.award(award_id, by)
    if shown is None or shown.person_id != by or shown.revoked_at is not None:
        raise NotFound(NOT_THERE)
    found = next((one for one in showing.colleagues(shown) if one.id == colleague_id), None)
    if found is None:
        raise Refused(NOT_CONCERNED)
    if found.agreed is False:
        raise Refused(SAID_NO)
    if db.session.execute(_ASK, {"award": award_id, "colleague": colleague_id, "at": at}).all():
        publish([AgreementAsked(person_id=colleague_id, award_id=award_id, by=by)])


_ANSWER = text("""
    UPDATE agreement SET agreed = :agreed, answered_at = :at
    WHERE award_id = :award AND colleague_id = :by RETURNING award_id
""")


def answer(*, award_id: Any, by: int, agreed: bool, at: datetime) -> None:
    """The colleague says yes or no, and can say otherwise at any time."""
    if not db.session.execute(_ANSWER, {"award": award_id, "by": by, "agreed": agreed, "at": at}).all():
        raise NotFound(NOT_ASKED)
