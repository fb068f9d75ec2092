"""Wishes by the API: asked, counted without names, answered to all."""

from collections.abc import Callable

from flask.testing import FlaskClient

from tests.app.activities.scene import Catalogue

Headers = Callable[[str], dict[str, str]]
ANSWER = {"same": "welding for beginners", "activity": "gas", "answer": "Near enough?"}


def ask(client: FlaskClient, token_of: Headers, *names: str, words: str = "Welding  for beginners") -> None:
    for name in names:
        asked = client.post("/api/v1/wishes", json={"words": words}, headers=token_of(name))
        assert asked.status_code == 201, asked.text


def test_what_is_asked_is_counted_without_names_and_answered_to_all(
    client: FlaskClient, token_of: Headers, catalogue: Catalogue
) -> None:
    ask(client, token_of, "anna", "anna", "ben")
    ask(client, token_of, "eve", words="welding for BEGINNERS")
    leo = token_of("leo")
    told = client.get("/api/v1/wishes/open", headers=leo)
    (line,) = told.get_json()["wishes"]
    assert (line["same"], line["number"]) == ("welding for beginners", 3)
    assert line.keys() == {"same", "words", "number", "since"}
    answered = client.post("/api/v1/wishes/answers", json=ANSWER, headers=leo)
    assert (answered.status_code, answered.get_json()) == (200, {"answered": 3})
    assert client.post("/api/v1/wishes/answers", json=ANSWER, headers=leo).status_code == 409
    for name in ("anna", "ben"):
        (mine,) = client.get("/api/v1/wishes", headers=token_of(name)).get_json()["wishes"]
        assert (mine["state"], mine["activity"], mine["answer"]) == ("made", "gas", "Near enough?")
    assert client.get("/api/v1/wishes", headers=token_of("mia")).get_json() == {"wishes": []}


def test_what_does_not_fit_is_refused(client: FlaskClient, token_of: Headers, catalogue: Catalogue) -> None:
    ask(client, token_of, "anna")
    leo = token_of("leo")
    for words in ("x", "x" * 201, "  ", 5, None):
        refused = client.post("/api/v1/wishes", json={"words": words}, headers=leo)
        assert (refused.status_code, refused.get_json()["errors"].keys()) == (422, {"words"})
    silent = client.post("/api/v1/wishes/answers", json={"same": ANSWER["same"]}, headers=leo)
    assert (silent.status_code, silent.get_json()["errors"].keys()) == (422, {"answer"})
    gone = client.post("/api/v1/wishes/answers", json={**ANSWER, "activity": "nothing"}, headers=leo)
    assert gone.status_code == 404
    assert len(client.get("/api/v1/wishes/open", headers=leo).get_json()["wishes"]) == 1


def test_only_who_keeps_the_catalogue_sees_and_answers_what_is_asked(
    client: FlaskClient, token_of: Headers, catalogue: Catalogue
) -> None:
    ask(client, token_of, "ben")
    for name in ("anna", "mia", "clara", "cor", "dan"):
        who = token_of(name)
        assert client.get("/api/v1/wishes/open", headers=who).status_code == 403
        assert client.post("/api/v1/wishes/answers", json=ANSWER, headers=who).status_code == 403
