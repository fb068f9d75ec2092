"""An administrator brings in a file that the worker reads: the page follows by itself, with and without a phone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect

from app import jobs
from app.db import db, transaction
from app.people import actions
from app.people import jobs as people_jobs
from tests.cast import Cast
from tests.journeys.browsing import Eye, Visit
from tests.small import rows


@pytest.fixture
def worker(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Does the one job that waits for the latest file."""
    monkeypatch.setattr(jobs, "_house", app)
    jobs.stopping.clear()  # a worker of an earlier test may have ended in this process

    def work() -> None:
        with app.app_context():
            ((file_id, state),) = rows("SELECT id, state FROM people_file ORDER BY id DESC LIMIT 1")
            job = people_jobs.read_file if state == "sent" else people_jobs.import_file
            job.func.__wrapped__(file_id=file_id)
            db.session.remove()

    return work


@pytest.mark.parametrize("width", [390, pytest.param(1280, marks=pytest.mark.slow)])
def test_the_page_of_a_file_follows_what_the_worker_does(
    app: Flask, cast: Cast, visit: Visit, worker: Callable[[], None], tmp_path: Path, width: int
) -> None:
    with app.app_context(), transaction():
        actions.choose(person_id=cast.dan, language="en")
    lines = [f"p-{number:05},Person with a long name {number},Water" for number in range(2500)]
    file = tmp_path / "people.csv"
    file.write_text("\n".join(["external_id,name,department", *lines]))
    page = visit("dan", "/admin/people", width=width)
    page.get_by_role("link", name="Bring in a file").click()
    page.get_by_label("File of HR").set_input_files(file)
    page.get_by_role("button", name="See what it would change").click()
    expect(page.get_by_text("The file is being read.")).to_be_visible()
    eye = Eye(page, app)
    worker()
    expect(page.get_by_role("button", name="Do it")).to_be_visible()
    eye.look("a file that was read", of="admin_files.one")
    expect(page.locator(".stat", has_text="New").locator("dd").first).to_have_text("2,500")
    page.get_by_role("link", name="Next").or_(page.get_by_role("link", name="Older")).first.click()
    expect(page.get_by_text("p-00050", exact=True)).to_be_visible()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("progressbar", name="Being brought in")).to_be_visible()
    worker()
    expect(page.get_by_text("The file is in.")).to_be_visible()
    page.get_by_role("link", name="Invite who cannot sign in yet").click()
    expect(page.get_by_role("heading", name="2500 people cannot sign in")).to_be_visible()
    assert eye.wrong == []
