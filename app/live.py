"""Nudges to open pages: names of events over SSE, never content; the page fetches with its own rights."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Streams come with the hub."""
