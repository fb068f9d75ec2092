"""Who may open the page of an award, and whose names may stand on it: both at once, and both can be undone.

Each is one statement on one row, so two at once end as one of the two.
"""

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import text

from app.badges import showing
from app.db import db
from app.errors import NotFound, Refused
from app.events import AgreementAsked
from app.outbox import publish

NOT_THERE = _l("There is no badge to show here. The link may be wrong, or its holder keeps it private.")
SAID_NO = _l("This colleague said no. You cannot ask again for this badge.")
NOT_ASKED = _l("Nobody asks you this, or not any more.")
NOT_CONCERNED = _l("You can ask only colleagues who had a part in this badge.")


def show(*, award_id: Any, by: int, visible: str) -> None:
    """The holder decides who may open the page: me, colleagues or public. It holds from now on."""
    changed = db.session.execute(
        text("UPDATE award SET visible = :visible WHERE id = :award AND person_id = :by RETURNING id"),
        {"award": award_id, "by": by, "visible": visible},
    ).all()
    if not changed:
        raise NotFound(NOT_THERE)


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
