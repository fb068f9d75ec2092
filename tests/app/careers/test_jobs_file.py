"""All jobs as one file: what it changes is seen before, and it is all of it or nothing."""

import io
from collections.abc import Callable
from csv import DictReader
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.audit.queries import found as acts_of
from app.careers import actions, criteria, files, queries
from app.careers.rules import NewJob
from app.db import transaction
from tests.app.careers.conftest import TODAY, Act, asked
from tests.app.leaderboards.scene import Scene
from tests.cast import Cast, SignedIn

Browser = Callable[[str], SignedIn]
HEADER = ",".join(files.COLUMNS)
FAMILY = "family,lab,,Lab (nl),Lab,,,,,,,,"
JOB = "job,analyst,lab,Analist,Analyst,2,Analist|Lab analyst,2027-03-31,Iedereen,Everybody,,,"
CRITERION = "criterion,,analyst,Meet,Measures,3,,,,,lab,badge|document,five:2|week"


def csv(*rows: str, separator: str = ",") -> bytes:
    return "\n".join((HEADER, *rows)).replace(",", separator).encode()


def send(client: SignedIn, content: bytes) -> TestResponse:
    return client.post("/admin/jobs/import", data={"file": (io.BytesIO(content), "jobs.csv")})


def digest(answer: TestResponse) -> str:
    return answer.text.split('name="digest" value="')[1].split('"')[0]


def bring_in(client: SignedIn, content: bytes) -> TestResponse:
    looked = send(client, content)
    assert looked.status_code == 200, looked.text
    return client.post("/admin/jobs/import/confirm", data={"digest": digest(looked)})


def stands(app: Flask) -> list[dict[str, str]]:
    with app.app_context():
        return list(files.written())


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_file_brings_in_families_jobs_and_a_draft_of_what_they_ask(
    app: Flask, scene: Scene, client_of: Browser, separator: str
) -> None:
    clara, content = client_of("clara"), csv(FAMILY, JOB, CRITERION, separator=separator)
    before = stands(app)
    looked = send(clara, content)
    assert "3 differences" in looked.text
    assert stands(app) == before, "looking changes nothing"
    assert bring_in(clara, content).status_code == 303
    with app.app_context():
        job = queries.job("analyst")
        draft = queries.latest([job.id])[job.id]
    assert (job.level, job.known_as, str(job.open_until)) == (2, ["Analist", "Lab analyst"], "2027-03-31")
    assert draft.published_at is None, "a file publishes nothing"
    (one,) = draft.items
    assert (one.text["en"], one.level, one.evidence) == ("Measures", 3, ["badge", "document"])
    assert [(badge.slug, badge.tier) for badge in one.badges] == [("five", 2), ("week", 1)]


@pytest.mark.parametrize("separator", [",", ";"])
def test_what_was_exported_changes_nothing_when_it_comes_back(
    app: Flask, cast: Cast, scene: Scene, client_of: Browser, publish: Act, act: Act, separator: str
) -> None:
    publish("senior", asked("Runs, alone; a shift", badges={"five": 2}), asked('Says "stop"'))
    act(criteria.replace_draft, "leader", [asked("=1+1"), asked("-minus")], version=None, by=cast.clara)
    who = {"nl": "+31 bellen", "en": "@everybody"}
    leader = NewJob("", "operators", 3, {"nl": "=x", "en": "L"}, ["L1", "L2"], TODAY + timedelta(days=1), who)
    act(actions.edit_job, "leader", leader, version=None, by=cast.clara)
    clara, before = client_of("clara"), stands(app)
    sent = clara.get("/admin/jobs/export.csv", query_string={"separator": separator})
    assert "'=1+1" in sent.text, "no spreadsheet runs it"
    looked = send(clara, sent.data)
    assert looked.status_code == 200
    assert "Nothing would change" in looked.text
    assert stands(app) == before


WRONG = [
    ("thing,x,,x,x,,,,,,,,", "not one of family"),
    ("family,No Good,,x,x,,,,,,,,", "lower-case letters"),
    ("family,ok,,,x,,,,,,,,", "in Dutch and in English"),
    ("job,ok,nowhere,x,x,1,,,,,,,", "no family called nowhere"),
    ("job,ok,operators,x,x,0,,,,,,,", "no number from 1 to 20"),
    ("job,ok,operators,x,x,1,,03/31/2027,,,,,", "not written like"),
    ("criterion,,nowhere,x,x,1,,,,,water,badge,", "no job called nowhere"),
    ("criterion,,senior,x,x,5,,,,,water,badge,", "no number from 1 to 4"),
    ("criterion,,senior,x,x,1,,,,,nothing,badge,", "no skill called nothing"),
    ("criterion,,senior,x,x,1,,,,,water,points,", "Evidence is some of"),
    ("criterion,,senior,x,x,1,,,,,water,,", "Evidence is some of"),
    ("criterion,,senior,x,x,1,,,,,water,badge,nothing", "no badge called nothing"),
    ("criterion,,senior,x,x,1,,,,,water,badge,five:3", "no badge called five:3"),
    ("criterion,not-a-key,senior,x,x,1,,,,,water,badge,", "what an earlier file gave it"),
    ("criterion,,senior,x", "cells"),
]


@pytest.mark.parametrize(("row", "said"), WRONG)
def test_a_wrong_row_is_told_with_its_line_and_nothing_is_kept(
    app: Flask, scene: Scene, client_of: Browser, row: str, said: str
) -> None:
    before = stands(app)
    answer = send(client_of("clara"), csv(FAMILY, JOB, row))
    assert answer.status_code == 422
    assert said in answer.text
    assert '<td class="num">4</td>' in answer.text
    assert "digest" not in answer.text, "there is nothing to say yes to"
    assert stands(app) == before


@pytest.mark.parametrize("day", ["31-3-2027", "31-03-2027", "31.3.2027"])
def test_a_file_that_excel_in_dutch_saved_again_is_read(
    app: Flask, scene: Scene, client_of: Browser, day: str
) -> None:
    """With semicolons, in Windows-1252, and with days as they are written in Dutch."""
    job = "job;analyst;lab;Analiste, coördinatrice – “één”;Analyst;2;;" + day + ";;;;;"
    content = "\r\n".join((HEADER.replace(",", ";"), FAMILY.replace(",", ";"), job)).encode("cp1252")
    assert bring_in(client_of("clara"), content).status_code == 303
    with app.app_context():
        found = queries.job("analyst")
    assert str(found.open_until) == "2027-03-31"
    assert found.name["nl"] == "Analiste, coördinatrice – “één”"


def test_what_a_file_changes_stands_in_the_audit_log_and_what_it_leaves_does_not(
    app: Flask, cast: Cast, scene: Scene, client_of: Browser
) -> None:
    clara = client_of("clara")
    bring_in(clara, csv(FAMILY, JOB, CRITERION))
    bring_in(clara, csv(FAMILY, JOB.replace("Everybody", "Who works here"), CRITERION))
    with app.app_context():
        acts = [(one.action, one.actor_id, one.detail.get("slug")) for one in acts_of(actor_id=cast.clara)]
    assert acts.count(("job:edited", cast.clara, "analyst")) == 2
    assert acts.count(("job_family:edited", cast.clara, "lab")) == 1


def test_hr_reads_that_a_file_was_brought_in(scene: Scene, client_of: Browser) -> None:
    clara = client_of("clara")
    then = bring_in(clara, csv(FAMILY, JOB)).location
    assert "The file is brought in" in clara.get(then).text
    assert "The file is brought in" not in clara.get("/admin/jobs").text


def test_a_wrong_row_is_named_in_the_language_of_who_reads_it(scene: Scene, client_of: Browser) -> None:
    clara = client_of("clara")
    content = csv(
        FAMILY, "job,ok,nowhere,Teamleider,Team leader,1,,,,,,,", "job,no,nowhere,Planner,,1,,,,,,,"
    )
    assert "<td>Team leader</td>" in (said := send(clara, content).text)
    assert "<td>Planner</td>" in said, "in the other language where this one is missing"
    clara.post("/me/language", data={"language": "nl"})
    assert "<td>Teamleider</td>" in send(clara, content).text


def test_a_column_that_is_not_known_is_said(scene: Scene, client_of: Browser) -> None:
    head = HEADER.replace("badges", "bagdes")
    looked = send(client_of("clara"), "\n".join((head, FAMILY, JOB)).encode())
    assert "nothing is read from it: bagdes." in looked.text
    assert "not known here" not in send(client_of("clara"), csv(FAMILY, JOB)).text


def test_what_stands_in_the_file_twice_is_refused(app: Flask, scene: Scene, client_of: Browser) -> None:
    answer = send(client_of("clara"), csv(FAMILY, FAMILY, JOB, JOB))
    assert answer.text.count("This stands in the file before") == 2


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\x89PNG\r\n"])
def test_what_is_no_table_of_jobs_is_refused_as_a_whole(
    scene: Scene, client_of: Browser, content: bytes
) -> None:
    assert send(client_of("clara"), content).status_code == 422


def test_a_name_that_means_two_jobs_is_refused_before_anything_is_kept(
    app: Flask, scene: Scene, client_of: Browser
) -> None:
    before = stands(app)
    answer = send(client_of("clara"), csv(FAMILY, JOB.replace("Analist|", "Senior x|")))
    assert (answer.status_code, "known by this name" in answer.text) == (422, True)
    assert stands(app) == before


def test_only_the_file_that_was_looked_at_is_brought_in(
    app: Flask, scene: Scene, cast: Cast, client_of: Browser
) -> None:
    clara = client_of("clara")
    first = digest(send(clara, csv(FAMILY)))
    send(clara, csv(FAMILY, JOB))
    assert clara.post("/admin/jobs/import/confirm", data={"digest": first}).status_code == 409
    with app.app_context(), transaction():
        assert files.kept_upload(first, by=cast.clara) is None


def test_a_file_begins_no_draft_for_what_it_asks_already(
    app: Flask, scene: Scene, client_of: Browser, publish: Act
) -> None:
    publish("senior", asked("Runs a shift", badges={"five": 2}))
    clara = client_of("clara")
    content = csv(
        FAMILY, "criterion,,senior,Runs a shift (nl),Runs a shift,2,,,,,water,badge|observation,five:2"
    )
    assert bring_in(clara, content).status_code == 303
    with app.app_context():
        assert len(queries.versions(queries.job("senior").id, drafts=True)) == 1


def test_words_that_stay_keep_their_key(app: Flask, scene: Scene, client_of: Browser, publish: Act) -> None:
    publish("senior", asked("Runs a shift"))
    content = csv(
        "criterion,,senior,Draait,Runs a shift,4,,,,,water,badge,",
        "criterion,,senior,N,New,1,,,,,water,badge,",
    )
    bring_in(client_of("clara"), content)
    with app.app_context():
        draft, first = queries.versions(queries.job("senior").id, drafts=True)
    assert draft.items[0].key == first.items[0].key
    assert draft.items[1].key != first.items[0].key


def test_the_file_has_the_columns_that_the_page_names(scene: Scene, client_of: Browser) -> None:
    page: Any = client_of("clara").get("/admin/jobs/import").text
    assert all(column in page for column in files.COLUMNS)


def test_an_export_says_of_which_version_a_row_is_and_all_versions_can_be_kept(
    app: Flask, cast: Cast, scene: Scene, client_of: Browser, publish: Act, act: Act
) -> None:
    publish("senior", asked("Runs a shift"))
    publish("senior", asked("Runs two shifts"))
    act(criteria.begin_draft, "senior", by=cast.clara)
    clara = client_of("clara")

    def rows(**more: str) -> list[tuple[str, str, str]]:
        text = clara.get("/admin/jobs/export.csv", query_string=more).text.lstrip("\ufeff")
        return [
            (row["en"], row["version"], row["consented_on"])
            for row in DictReader(io.StringIO(text))
            if row["what"] in ("criterion", "earlier") and row["under"] == "senior"
        ]

    now, every = rows(), rows(versions="all")
    assert now == [("Runs two shifts", "3", "")]
    assert [one[:2] for one in every] == [
        ("Runs two shifts", "3"), ("Runs two shifts", "2"), ("Runs a shift", "1"),
    ]  # fmt: skip
    assert all(day for _, _, day in every[1:])
    before = stands(app)
    sent = clara.get("/admin/jobs/export.csv?versions=all").data
    assert "Nothing would change" in send(clara, sent).text
    assert stands(app) == before
    assert client_of("cor").get("/admin/jobs/export.csv?versions=all").data == sent
