"""What both doors of lessons do before they share one: finish what its author has just deleted and shares again."""

from datetime import datetime

from app.db import transaction
from app.lessons import going, rules
from app.outbox import settle


def make_way(by: int, form: dict[str, str], at: datetime) -> None:
    """Whoever shares again what they have just deleted brings it back no more: the copy takes its place and its moment.

    Before it is shared, in transactions of their own as when it is deleted at once: a lesson without a name must not be
    written in one with the facts of its author.
    """
    key = rules.text_key(form["happened"], form["learned"], form["from_now_on"])
    for named in (True, False):
        with transaction():
            going.finish_text(by=by, key=key, named=named)
            settle(at)
