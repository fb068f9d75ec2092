"""The answer that is a picture or a document of a lesson."""

from flask import make_response
from werkzeug.wrappers import Response

from app.lessons.queries import AnyRow


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
