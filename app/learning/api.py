"""Completions in JSON, by the batch: for systems that have records and no xAPI."""

from datetime import datetime
from typing import Any

from flask_smorest import Blueprint

from app.access import asker, may
from app.config import timezone
from app.db import transaction
from app.learning import actions, queries
from app.learning.rules import BadRow, Entry, Reader, read_map, told
from app.learning.schemas import BatchIn, BatchOut
from app.outbox import settle
from app.vision.queries import tree
from app.web import now

api = Blueprint("learning_api", __name__, url_prefix="/api/v1", description="Learning records by the batch")
COLUMNS = ("person", "activity", "title", "kind", "completed_at", "score", "external_id", "skills")


@api.route("/completions/import", methods=["POST"])
@may("client", "learning", "admin", scope="learning:write")
@api.arguments(BatchIn)
@api.response(200, BatchOut)
def bring_in(form: dict[str, Any]) -> dict[str, Any]:
    """Record completions. Sent again, they count nothing twice; rows about people who are unknown here wait."""
    with transaction():
        entries, places, refused = _read(form, now())
        taken = actions.preview(entries) if form["dry_run"] else actions.take_in(entries, at=now())
        settle(now())
        results = [{"row": row, "result": "refused", "reason": reason} for row, reason in refused.items()]
        results += [
            {"row": row, "result": result, "reason": None}
            for row, result in zip(places, taken.results, strict=True)
        ]
        told_of = sorted(results, key=lambda one: int(str(one["row"])))
        return {**taken.figures(), "refused": len(refused), "rows": told_of}


def _read(form: dict[str, Any], at: datetime) -> tuple[list[Entry], list[int], dict[int, str]]:
    """The rows that are understood with their places, and why the others are not."""
    plan: dict[str, Any] = {name: {"column": name} for name in COLUMNS}
    plan["person"]["as"] = form["known_as"]
    plan["source"] = {"value": form["source"].strip() or (asker().name or "api")[:60]}
    skills = {row.slug for row in tree()}
    reader = Reader(read_map(plan), COLUMNS, at=at, zone=timezone(), skills=skills, history=form["history"])
    entries: list[Entry] = []
    places: list[int] = []
    refused: dict[int, str] = {}
    for place, row in enumerate(form["rows"]):
        cells = [row[name] if name != "skills" else "|".join(row[name]) for name in COLUMNS]
        try:
            entries.append(reader.entry([cell.strip() for cell in cells], place))
            places.append(place)
        except BadRow as no:
            refused[place] = queries.said(told(no.reason))
    return entries, places, refused
