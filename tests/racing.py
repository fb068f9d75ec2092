"""Several at one moment, as two people, two tabs or two workers are."""

import threading
from collections.abc import Callable


def at_once(*calls: Callable[[], object]) -> list[BaseException]:
    """Start all of these at one moment; what they raised."""
    gate, raised = threading.Barrier(len(calls)), []

    def run(call: Callable[[], object]) -> None:
        gate.wait()
        try:
            call()
        except BaseException as fault:
            raised.append(fault)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return raised
