"""A file with a log, for who may open it; a look of somebody else at it is written down."""

import uuid

from werkzeug.wrappers import Response

from app.access import me
from app.activities import files
from app.audit.actions import look
from app.serving import as_file
from app.web import now


def answer(file_id: uuid.UUID) -> Response:
    """Whoever may not open it gets what they get for a file that there is not."""
    found = files.opened(file_id, by=me())
    look(viewer_id=me(), person_id=found.person_id, what="log:file", allowed=True, at=now())
    return as_file(found, found.content)
