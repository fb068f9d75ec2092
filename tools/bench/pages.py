"""S9: whole pages from the application, beside the same page on bare psycopg.

Bare is: the very statements of the page with the very values on one plain connection, the same calls of Redis, and the
same template with the same context, where what templates ask themselves is answered from what was answered before.
What is between is the framework, the sign-in, the session, and what we do with the rows.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from flask import Flask, template_rendered
from psycopg.rows import tuple_row
from sqlalchemy import event

from tools.bench import Row

ASKED_BY_TEMPLATES = ("organisation", "waits_for_me", "celebrates")  # and those of `factory._from_rooms`
PAGES = {"home": "/", "album": "/album", "leaderboards": "/leaderboards"}
SEEDED = 240


def run(stack: Any) -> list[Row]:
    from app.demo.seed import seed
    from app.factory import create_app
    from app.leaderboards import actions
    from app.worker import relay

    app = create_app()
    now = datetime.now(UTC)
    with app.app_context():
        seed(people=SEEDED, at=now, echo=lambda _line: None)
        actions.keep_whole(now)
        while relay(now):
            pass
        actions.keep_sums(now)
    with psycopg.connect(stack.url("superuser"), autocommit=True) as line:
        line.execute("VACUUM ANALYZE")
    browser = _signed_in(app)
    return [_measure(stack, app, browser, name, path) for name, path in PAGES.items()]


def _signed_in(app: Flask) -> Any:
    from app.access import SESSION, cookie_name
    from app.db import db, transaction
    from app.people import actions as people

    browser: Any = app.test_client()
    with app.app_context(), transaction():
        noor = db.session.scalar(db.text("SELECT id FROM person WHERE name = 'Noor Hendriks'"))
        token = people.start_session(person_id=noor, at=datetime.now(UTC))
        browser.set_cookie(cookie_name(SESSION), token)
        browser.shown = {"Cookie": f"{cookie_name(SESSION)}={token}"}
    return browser


def _measure(stack: Any, app: Flask, browser: Any, name: str, path: str) -> Row:
    for _ in range(5):
        assert browser.get(path).status_code == 200
    answers: dict[Any, Any] = {}
    asked, drawn, calls = _watched(app, browser, path, answers)
    redis = app.extensions["redis"].client()
    with psycopg.connect(stack.url("web"), autocommit=True, row_factory=tuple_row) as line:

        def bare() -> float:
            # a template needs a request of somebody who is signed in; that is no part of what is measured
            with app.test_request_context(path, headers=browser.shown), _answered(app, answers):
                app.preprocess_request()
                began = time.perf_counter()
                for sql, values in asked:
                    line.execute(sql, values, prepare=True).fetchall()
                for call in calls:
                    redis.execute_command(*call)
                for template, context in drawn:
                    template.render(context)
                return time.perf_counter() - began

        def whole() -> float:
            began = time.perf_counter()
            answer = browser.get(path)
            answer.close()
            took = time.perf_counter() - began
            assert answer.status_code == 200
            return took

        took = _in_turns({"bare": bare, "whole": whole})
    raw = f"{len(asked)} statements, {len(calls)} of Redis; bare {1e3 * took['bare']:.1f} ms"
    raw += f", application {1e3 * took['whole']:.1f} ms"
    return Row("S9", f"{name}: bare psycopg and the same template / application", took["bare"] / took["whole"], ">=",
               0.6, raw)  # fmt: skip


@contextmanager
def _answered(app: Flask, answers: dict[Any, Any], *, keep: bool = False) -> Iterator[None]:
    """What templates ask themselves is answered from `answers`, or where `keep` asked and kept there."""
    from app.factory import _from_rooms

    known = app.jinja_env.globals
    real: dict[str, Any] = {name: known[name] for name in (*ASKED_BY_TEMPLATES, *_from_rooms())}

    def other(name: str) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            key = name, repr(args), repr(more)
            if keep:
                answers[key] = real[name](*args, **more)
            return answers[key]

        return call

    known.update({name: other(name) for name in real})
    try:
        yield
    finally:
        known.update(real)


def _watched(
    app: Flask, browser: Any, path: str, answers: dict[Any, Any]
) -> tuple[list[Any], list[Any], list[Any]]:
    """What one request asks and draws: statements with their values, templates with theirs, calls of Redis; and what
    the templates were answered."""
    from app.db import db
    from leaderboards import store

    asked: list[Any] = []
    drawn: list[Any] = []
    calls: list[Any] = []
    real = store.Boards._run

    def statement(_line: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        if sql.lstrip().upper().startswith(("SELECT", "WITH")):
            asked.append((sql, values))

    def template(_app: Any, template: Any, context: dict[str, Any], **_: Any) -> None:
        drawn.append((template, dict(context)))

    def call(self: Any, script: Any, keys: Any, *args: Any) -> Any:
        calls.append(("EVALSHA", script.sha, len(keys), *keys, *args))
        return real(self, script, keys, *args)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", statement)
    store.Boards._run = call  # type: ignore[method-assign]
    try:
        with template_rendered.connected_to(template, app), _answered(app, answers, keep=True):
            assert browser.get(path).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", statement)
        store.Boards._run = real  # type: ignore[method-assign]
    return asked, drawn, calls


def _in_turns(calls: dict[str, Callable[[], float]], rounds: int = 150) -> dict[str, float]:
    took: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            took[name].append(call())
    return {name: statistics.median(times[10:]) for name, times in took.items()}
