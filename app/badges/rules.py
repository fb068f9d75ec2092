"""How many badges somebody shows of themselves, and when a new one is celebrated. Pure."""

from datetime import datetime, timedelta

SHOWCASE = 6  # as many as stand in one row, and few enough to be a choice
NEWEST = 3  # of who has not chosen yet, for colleagues
LATELY = timedelta(days=14)


def comes_quietly(earned_at: datetime, at: datetime, *, retroactive: bool) -> bool:
    """What was earned before the badge was published, or by what a file of history brought, or more than two weeks
    ago: nobody is at their moment any more, and an import would bring twenty of them."""
    return retroactive or at - earned_at > LATELY
