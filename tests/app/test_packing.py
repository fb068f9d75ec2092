"""Pages are packed where the browser takes it, and neither the form token nor the length tells a secret."""

import gzip
import re
from collections.abc import Callable

from tests.cast import SignedIn

Browser = Callable[[str], SignedIn]
PACKED = {"Accept-Encoding": "gzip, br"}


def test_a_page_comes_packed_to_who_takes_it_and_plain_to_who_does_not(client_of: Browser) -> None:
    anna = client_of("anna")
    packed, plain = anna.get("/lessons", headers=PACKED), anna.get("/lessons")
    refused = anna.get("/lessons", headers={"Accept-Encoding": "gzip;q=0"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert "Content-Encoding" not in refused.headers
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert "HX-Request" in packed.headers["Vary"]
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 3
    told = gzip.decompress(packed.data).decode().strip()
    assert told.startswith("<!doctype html>")
    assert told.endswith("</html>")


def test_small_answers_and_files_are_left_as_they_are(client_of: Browser) -> None:
    anna = client_of("anna")
    for path in ("/inbox/bell", "/api/v1/openapi.json", "/healthz"):
        assert (
            anna.get(path, headers=PACKED | {"HX-Request": "true"}).headers.get("Content-Encoding") is None
        ), path


def test_the_length_of_the_same_page_differs(client_of: Browser) -> None:
    anna = client_of("anna")
    lengths = {len(anna.get("/goals", headers=PACKED).data) for _ in range(12)}
    assert len(lengths) > 3


def test_the_form_token_is_written_anew_each_time_and_each_writing_holds(client_of: Browser) -> None:
    anna = client_of("anna")
    told = [anna.get("/me/settings").text for _ in range(2)]
    tokens = [set(re.findall(r'name="csrf_token" value="(\w+)"', page)) for page in told]
    assert [len(one) for one in tokens] == [1, 1], "one writing a page, so that it packs"
    assert tokens[0] != tokens[1]
    for token in (*tokens[0], *tokens[1]):
        assert (
            anna.post("/me/language", data={"csrf_token": token, "language": "en", "next": "/"}).status_code
            == 303
        )
    ben = client_of("ben")
    ben.csrf = ""
    for token in (*tokens[0], "", "00" * 32, "00" * 31, "zz", "é" * 64, "00" * 16 + "ff" * 16):
        answer = ben.post("/me/language", data={"csrf_token": token, "language": "en", "next": "/"})
        assert answer.status_code == 403, token
