"""What the organisation decides about itself, by page or API: kept at once, boards made anew where they follow."""

from collections.abc import Mapping
from datetime import datetime

from app.admin.jobs import rebuild_boards
from app.jobs import do_later
from app.people import actions


def decide(values: Mapping[str, object], *, by: int, at: datetime) -> None:
    if actions.change_organisation(values=values, by=by, at=at):
        do_later(rebuild_boards)
