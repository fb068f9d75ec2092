"""Is the process alive, is it ready, and what does it measure."""

import hmac
import time
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from redis import Redis, RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.config import settings
from app.db import db
from app.errors import NotFound

health = Blueprint("health", __name__)
_waiting = text(
    "SELECT count(*), coalesce(extract(epoch FROM now() - min(published_at)), 0) FROM outbox"
    " WHERE handed_on_at IS NULL"
)


class Measures:
    """What one process counts; off unless somebody may read it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        named = ("method", "endpoint", "status")
        self.requests = Counter("blijk_requests", "Answers given.", named, registry=self.registry)
        self.seconds = Histogram(
            "blijk_request_seconds",
            "How long an answer took.",
            ("endpoint",),
            registry=self.registry,
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
        )
        self.streams = Gauge("blijk_streams", "Open event streams.", registry=self.registry)
        self.outbox = Gauge("blijk_outbox_waiting", "News that waits for the worker.", registry=self.registry)
        self.oldest = Gauge("blijk_outbox_oldest_seconds", "How long it waits.", registry=self.registry)

    def start(self) -> None:
        g.started = time.perf_counter()

    def end(self, answer: Response) -> Response:
        endpoint = request.endpoint or "none"
        self.requests.labels(request.method, endpoint, str(answer.status_code)).inc()
        if "started" in g:
            self.seconds.labels(endpoint).observe(time.perf_counter() - g.started)
        return answer


def init_app(app: Flask, metrics_token: str) -> None:
    app.register_blueprint(health)
    if metrics_token:
        measures = app.extensions["measures"] = Measures()
        app.before_request(measures.start)
        app.after_request(measures.end)


@health.get("/healthz")
def live() -> Response:
    """The process lives; asks nobody else."""
    return jsonify(alive=True)


@health.get("/readyz")
def ready() -> tuple[Response, int]:
    """PostgreSQL is needed; Redis is only reported: pages do without it. Asked for often, it answers once."""
    kept: tuple[float, dict[str, Any]] | None = current_app.extensions.get("ready")
    if kept is None or time.monotonic() - kept[0] > 1:
        kept = current_app.extensions["ready"] = (time.monotonic(), _state())
    return jsonify(kept[1]), 200 if kept[1]["ready"] else 503


def _state() -> dict[str, Any]:
    try:
        db.session.execute(text("SELECT 1"))
        database = "here"
    except SQLAlchemyError:
        database = "away"
    client: Redis = current_app.extensions["redis"]
    try:
        redis = "here" if client.ping() else "away"
    except (RedisError, OSError):
        redis = "away"
    shown = current_app.extensions.get("may_be_shown")  # False on a backup older than the last erasure
    here = database == "here" and (shown is None or shown())
    return {"ready": here, "database": database, "redis": redis, "roles_shared": settings().roles_shared}


@health.get("/metrics")
def metrics() -> Response:
    measures: Measures | None = current_app.extensions.get("measures")
    shown = request.authorization.token if request.authorization is not None else None
    if measures is None or not hmac.compare_digest((shown or "").encode(), settings().metrics_token.encode()):
        raise NotFound("")
    waiting, oldest = db.session.execute(_waiting).one()
    measures.outbox.set(waiting)
    measures.oldest.set(float(oldest))
    measures.streams.set(len(current_app.extensions["hub"].seats))
    return Response(generate_latest(measures.registry), mimetype=CONTENT_TYPE_LATEST)
