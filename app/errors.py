"""What the house refuses. Raised by actions, turned into answers by `web.py`.

A message is a lazy translation, so that it is said in the language of whoever reads it.
"""

from collections.abc import Mapping


class Refused(Exception):
    """The request is understood, and the rules say no.

    `message` says what to do; `fields` names what is wrong with which field of the form.
    """

    status = 422
    code = "refused"

    def __init__(self, message: object, *, fields: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields = dict(fields or {})


class Unreadable(Refused):
    """The body cannot be read at all."""

    status = 400
    code = "unreadable"


class NotSignedIn(Refused):
    """Nobody is asking, or the key is wrong."""

    status = 401
    code = "not-signed-in"


class NotAllowed(Refused):
    """May not, and may know that it exists."""

    status = 403
    code = "not-allowed"


class NotFound(Refused):
    """Is not there, or may not be known to be there."""

    status = 404
    code = "not-found"


class Conflict(Refused):
    """Somebody else was first, or the same name holds something else."""

    status = 409
    code = "conflict"


class TooMany(Refused):
    """Too many tries; `retry_after` is in seconds."""

    status = 429
    code = "too-many"

    def __init__(self, message: object, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Busy(Refused):
    """The service cannot answer now; `retry_after` is in seconds."""

    status = 503
    code = "busy"
    retry_after = 2
