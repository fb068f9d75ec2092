"""Pages packed with gzip where the browser takes it: a first view stays light without a proxy in front.

A page holds what its reader may see and, after a search, what somebody else may have put into the address; so the
length of the packed page must tell nothing. The form token has other letters in each answer (`access.masked`), and each
answer gets a random number of bytes more (Palacios, Fernández, Prado: Heal the BREACH, 2022), as Django does.
"""

import gzip
import io
import secrets

from flask import Flask, Response, request

FEWEST = 1000  # bytes: less is one packet either way
MOST_MORE = 100  # random bytes at most
LEVEL = 4  # half the work of 6, for 4 % more bytes


def init_app(app: Flask) -> None:
    app.after_request(_pack)


def _pack(answer: Response) -> Response:
    if answer.mimetype != "text/html" or answer.is_streamed or answer.headers.get("Content-Encoding"):
        return answer
    answer.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"] <= 0 or (answer.content_length or 0) < FEWEST:
        return answer
    packed = io.BytesIO()
    more = "x" * secrets.randbelow(MOST_MORE + 1)
    with gzip.GzipFile(more, "wb", LEVEL, packed, mtime=0) as file:
        file.write(answer.get_data())
    answer.set_data(packed.getvalue())
    answer.headers["Content-Encoding"] = "gzip"
    return answer
