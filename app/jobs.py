"""Single pieces of work that come after a commit: mail, imports, exports; on procrastinate, with retries.

`do_later` puts a job down in the transaction of what it belongs to: both are kept, or neither. The worker does it at
least once, in transactions of its own: a job must bear a second call. Its arguments are ids, never what people wrote.
News for boards and open pages does not come this way; see `app/outbox.py`.
"""

import asyncio
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from flask import Flask
from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy, SyncPsycopgConnector
from procrastinate.tasks import Task

from app.db import db

log = structlog.get_logger("blijk.jobs")

AT_ONCE = 4  # with one at a time a wake-up can be lost
LOOK_EVERY, STALLED_EVERY, REST = 1.0, 15.0, 1.0
STALLED_AFTER = 30.0  # seconds without a sign of life of the worker that has it

jobs = App(connector=SyncPsycopgConnector())  # never opened: jobs go through the transaction's own connection
stopping = threading.Event()  # a long job looks at it between two steps, and puts the rest down again
_house: Flask | None = None


def job(name: str, *, queue: str, tries: int = 8) -> Callable[[Callable[..., None]], "Task[Any, Any, Any]"]:
    """A function that the worker calls, in the house; what it raises makes it be tried again, later and later.

    After `tries` it stays as failed, and `verify` says so.
    """
    retry = RetryStrategy(max_attempts=tries - 1, exponential_wait=3)

    def mark(function: Callable[..., None]) -> "Task[Any, Any, Any]":
        @wraps(function)
        def run(context: JobContext, /, **told: Any) -> None:
            if _house is None:
                raise RuntimeError("jobs are done by the worker")
            with _house.app_context():
                try:
                    function(**told)
                except Exception as trouble:
                    log.error("job", job=name, number=context.job.id, kind=type(trouble).__name__)
                    raise

        return jobs.task(name=name, queue=queue, retry=retry, pass_context=True)(run)

    return mark


def do_later(task: "Task[Any, Any, Any]", *, one_at_a_time: str | None = None, **told: Any) -> int:
    """Put a job down in this transaction; return its number. Jobs of one `one_at_a_time` never run side by side."""
    line = db.session.connection().connection.driver_connection
    return task.configure(connection=line, lock=one_at_a_time).defer(**told)


# The worker's side ------------------------------------------------------------------------------------------


def begin(app: Flask, stop: threading.Event) -> threading.Thread:
    """Do jobs in a thread of their own until told to stop."""
    global _house
    _house = app
    url = app.extensions["settings"].url_of("worker").replace("+psycopg", "", 1)
    thread = threading.Thread(target=_go_on, args=(url, stop), name="jobs")
    thread.start()
    return thread


def _go_on(url: str, stop: threading.Event) -> None:
    """Again and again, also after the database was away."""
    while not stop.is_set():
        try:
            asyncio.run(_work(url, stop))
        except Exception as trouble:
            log.error("jobs", kind=type(trouble).__name__)
            stop.wait(REST)


async def _work(url: str, stop: threading.Event) -> None:
    stopping.clear()  # the round before may have ended because the database was away
    connector = PsycopgConnector(conninfo=url, min_size=1, max_size=AT_ONCE + 1, timeout=5)
    desk = jobs.with_connector(connector)
    async with desk.open_async():
        worker = asyncio.create_task(
            desk.run_worker_async(
                concurrency=AT_ONCE,
                fetch_job_polling_interval=LOOK_EVERY,
                install_signal_handlers=False,
                delete_jobs="successful",
            )
        )
        waited = STALLED_EVERY
        while not stop.is_set() and not worker.done():
            await asyncio.sleep(0.1)
            waited += 0.1
            if waited >= STALLED_EVERY:
                waited = 0.0
                await _take_up_stalled(desk)
        stopping.set()
        worker.cancel()  # lets those under way end
        await asyncio.gather(worker, return_exceptions=True)
        if not worker.cancelled() and worker.exception():
            raise RuntimeError(type(worker.exception()).__name__)


async def _take_up_stalled(desk: App) -> None:
    """Jobs of a worker that died go back into the queue."""
    for found in await desk.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
        await desk.job_manager.retry_job(found)
