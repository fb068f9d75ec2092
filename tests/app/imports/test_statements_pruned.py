"""Retention: what means nothing to us is emptied in time, what supports a completion never."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.db import db
from app.imports import actions
from tests.app.imports.scene import Platform, says, voids

LATER = datetime.now(UTC) + timedelta(days=401)


@pytest.mark.usefixtures("inside")
def test_what_means_nothing_is_emptied_and_still_known(
    lms: Platform, completions: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "PRUNE_AT_ONCE", 2)
    verbs = [
        "http://id.tincanapi.com/verb/viewed",
        "http://adlnet.gov/expapi/verbs/progressed",
        "urn:a",
        "urn:b",
        "urn:c",
    ]
    passing = [says("eve" if n else "nobody", verb=verb) for n, verb in enumerate(verbs)]
    staying = [says(), says("nobody"), gone := says("ben")]
    lms.post([*passing, *staying])
    lms.post(voiding := voids(gone["id"]))
    assert actions.prune(datetime.now(UTC) + timedelta(days=399)) == 0
    assert actions.prune(LATER) == 6
    assert actions.prune(LATER) == 0
    assert set(lms.ids()) == {staying[0]["id"], staying[1]["id"]}
    rows = db.session.execute(text("SELECT * FROM statement WHERE body IS NULL")).mappings().all()
    assert {row["actor"] for row in rows} == {None}
    for one in (*passing, voiding, *staying):
        assert lms.post(one).get_json() == [one["id"]]
        assert lms.post({**one, "result": {"success": True}}).status_code == 409
    assert lms.get(statementId=passing[0]["id"]).status_code == 404
    assert len(completions()) == 1
