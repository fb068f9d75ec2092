"""What follows from a decision of the organisation and takes its time."""

from datetime import UTC, datetime

from app.jobs import job
from app.leaderboards import actions as leaderboards


@job("admin.rebuild_boards", queue="boards")
def rebuild_boards() -> None:
    """Points from kudos count on boards from now on, or no more."""
    leaderboards.rebuild_all(datetime.now(UTC))
