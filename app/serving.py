"""Files on their way in and out: one that a form sent, and the answer that is a picture or a document."""

from typing import Any

from flask import make_response, request
from werkzeug.wrappers import Response

from app import uploads


def sent_file(box: str = "file") -> tuple[str, bytes] | None:
    """Name and content of the file of a form, if there is one; a byte more than may be is read, and no further."""
    sent = request.files.getlist(box)
    try:
        named = [one for one in sent if one.filename]
        if len(named) > 1:
            raise uploads.refusal("one")
        return (named[0].filename or "", named[0].stream.read(uploads.MOST_BYTES + 1)) if named else None
    finally:
        for one in sent:
            one.close()


def as_file(kept: Any, content: bytes) -> Response:
    """`kept` says kind and name. As what it is and nothing else: it can run nothing and is shown in no other site."""
    answer = make_response(content)
    answer.mimetype = kept.kind
    where = "inline" if kept.kind.startswith("image/") else "attachment"
    answer.headers.set("Content-Disposition", where, filename=kept.name)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
