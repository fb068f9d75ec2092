"""When a new badge is celebrated, and when it just stands in the album. Pure."""

from datetime import datetime, timedelta

LATELY = timedelta(days=14)


def comes_quietly(earned_at: datetime, at: datetime, *, retroactive: bool) -> bool:
    """What was earned before the badge was published, or by what a file of history brought, or more than two weeks
    ago: nobody is at their moment any more, and an import would bring twenty of them."""
    return retroactive or at - earned_at > LATELY
