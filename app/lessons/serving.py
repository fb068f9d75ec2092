"""What both doors of lessons do: answer with a picture or a document, and finish what is shared again."""

from datetime import datetime

from flask import make_response
from werkzeug.wrappers import Response

from app.db import transaction
from app.lessons import going, rules
from app.lessons.queries import AnyRow
from app.outbox import settle


def as_file(row: AnyRow) -> Response:
    """The content, as what it is and nothing else: it can run nothing and is shown in no other site."""
    answer = make_response(row.content)
    answer.mimetype = row.kind
    where = "inline" if row.kind.startswith("image/") else "attachment"
    answer.headers.set("Content-Disposition", where, filename=row.name)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def make_way(by: int, form: dict[str, str], at: datetime) -> None:
    """Whoever shares again what they have just deleted brings it back no more: the copy takes its place and its moment.

    Before it is shared, in transactions of their own as when it is deleted at once: a lesson without a name must not be
    written in one with the facts of its author.
    """
    key = rules.text_key(form["happened"], form["learned"], form["from_now_on"])
    for named in (True, False):
        with transaction():
            going.finish_text(by=by, key=key, named=named)
            settle(at)
