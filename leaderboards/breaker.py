"""A circuit breaker: after a failure nobody tries again for a moment, and then only one does.

So a Redis that hangs costs a process one socket timeout per moment, not one per request.
"""

import threading
import time
from types import TracebackType


class Unavailable(Exception):
    """Redis cannot be reached now, or was not a moment ago. Its cause, if any, is the client's error."""


class Breaker:
    """`with breaker:` around every call; errors of the given types become `Unavailable`."""

    def __init__(self, failures: tuple[type[BaseException], ...], pause: float = 1.0) -> None:
        self.failures = failures
        self.pause = pause
        self._broken = False
        self._refuse_until = 0.0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        if self._broken:
            self._claim_attempt()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and isinstance(error, self.failures):
            self._refuse_until = time.monotonic() + self.pause
            self._broken = True
            raise Unavailable(str(error)) from error
        if self._broken and error is None:
            self._broken = False

    def _claim_attempt(self) -> None:
        """One caller per pause may try; the others are refused at once, also while it tries."""
        with self._lock:
            now = time.monotonic()
            if self._broken and now < self._refuse_until:
                raise Unavailable("waiting a moment after a failure")
            self._refuse_until = now + self.pause
