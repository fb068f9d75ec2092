"""`learning import`: rows become completions, once; what cannot be is told; what is unknown waits."""

import gzip
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from app import worker
from app.db import transaction
from app.leaderboards import actions as boards
from app.outbox import settle
from app.people import actions as people
from app.verify import verify
from tests.app.learning.conftest import HEADER, MAP
from tests.cast import Cast, hire, row_of
from tests.small import awards, rows

Run = Callable[..., Result]
FILE = HEADER + (
    "w-anna,excel,Excel for beginners,2026-01-10,85\n"
    "w-anna,word,Word,2026-02-10,\n"
    "w-ben,excel,Excel for beginners,2026-03-01T09:30:00+01:00,0.5\n"
)


def counts() -> dict[str, int]:
    return {
        table: rows(f"SELECT count(*) FROM {table}")[0][0]
        for table in (
            "completion",
            "completion_support",
            "fact",
            "ledger_entry",
            "award",
            "learning_row",
            "activity",
        )
    }


def whole() -> None:
    """Nothing is amiss, once the news is handed on."""
    boards.keep_whole(datetime.now(UTC))
    while worker.relay(datetime.now(UTC)):
        pass
    assert verify(datetime.now(UTC)).wrong == []


def test_rows_become_completions_with_points_and_badges(run: Run, cast: Cast) -> None:
    done = run(FILE)
    assert done.exit_code == 0, done.output
    assert (
        "3 rows: 3 new, 0 known, 0 waiting for their person, 0 refused; 2 activities proposed" in done.stdout
    )
    found = rows(
        "SELECT c.person_id, a.title ->> 'nl', a.state, c.origin, c.score FROM completion c"
        " JOIN activity a ON a.id = c.activity_id ORDER BY c.completed_at"
    )
    assert found == [
        (cast.anna, "Excel for beginners", "proposed", "import", 0.85),
        (cast.anna, "Word", "proposed", "import", None),
        (cast.ben, "Excel for beginners", "proposed", "import", 0.5),
    ]
    assert ("five", 1, "") in awards(cast.anna)
    assert rows("SELECT all_time > 0 FROM person_total WHERE person_id = :id", id=cast.anna) == [(True,)]
    whole()


def test_the_same_file_again_changes_nothing(run: Run) -> None:
    run(FILE)
    before = counts()
    done = run(FILE)
    assert "3 rows: 0 new, 3 known" in done.stdout
    assert counts() == before


def test_a_dry_run_says_it_and_writes_nothing(run: Run) -> None:
    before = counts()
    done = run(FILE + "w-nobody,excel,,2026-01-01,\n" + "w-anna,excel,,soon,\n", "--dry-run")
    assert "5 rows: 3 would be new, 0 known, 1 would be waiting" in done.stdout
    assert "1 refused; 2 activities would be proposed" in done.stdout
    assert counts() == before
    assert rows("SELECT count(*) FROM learning_import") == [(0,)]


def test_refused_rows_are_told_with_line_and_reason_in_a_file(run: Run, tmp_path: Path) -> None:
    done = run(FILE + ",excel,,2026-01-01,\n" + "w-ben,excel,,01-02-2026,\n" + "w-ben,excel\n")
    assert done.exit_code == 0
    told = (tmp_path / "learning.csv.refused.csv").read_text("utf-8-sig").splitlines()
    assert told == [
        "line,reason",
        "5,There is no person here.",
        "6,01-02-2026 is no date that is read here.",
        '7,"Here are 2 cells, and the header has 5 columns."',
    ]


def test_packed_files_and_other_separators_are_read(run: Run) -> None:
    done = run(gzip.compress(FILE.replace(",", ";").encode("utf-16")), name="learning.csv.gz")
    assert "3 rows: 3 new" in done.stdout


def test_rows_of_unknown_people_wait_and_count_when_they_become_known(run: Run) -> None:
    run(FILE + "w-zoe,excel,Excel,2026-01-01,\nw-zoe,word,Word,2026-01-02,\n")
    assert counts()["learning_row"] == 2
    again = run(FILE + "w-zoe,excel,Excel,2026-01-01,\nw-zoe,word,Word,2026-01-02,\n")
    assert "0 new, 5 known, 0 waiting" in again.stdout
    (zoe,) = hire_new("zoe")
    assert rows("SELECT count(*) FROM completion WHERE person_id = :id", id=zoe) == [(2,)]
    assert ("five", 1, "") in awards(zoe)
    before = counts()
    assert (
        "0 new, 5 known" in run(FILE + "w-zoe,excel,Excel,2026-01-01,\nw-zoe,word,Word,2026-01-02,\n").stdout
    )
    assert counts() == before
    whole()


def hire_new(*names: str) -> list[int]:
    with transaction():
        done = people.import_people(
            [row_of(name, department="Water") for name in names], at=datetime.now(UTC)
        )
        settle(datetime.now(UTC))
    assert not done.refused
    return [done.id_of(f"w-{name}") for name in names]


def test_people_are_known_by_mail_or_account_as_well(run: Run, cast: Cast) -> None:
    mail = {**MAP, "person": {"column": "who", "as": "email"}}
    done = run(HEADER + "ANNA@Waterveld.example,excel,,2026-01-10,\nnobody,excel,,2026-01-10,\n", map=mail)
    assert "1 new" in done.stdout
    assert "1 refused" in done.stdout
    with transaction():
        people.import_people([row_of("ben", accounts=[("https://lms.example", "b1")])], at=datetime.now(UTC))
        settle(datetime.now(UTC))
    account = {**MAP, "person": {"column": "who", "as": "account"}}
    done = run(HEADER + "HTTPS://LMS.example:443/ b1,excel,,2026-01-10,\n", map=account)
    assert "1 new" in done.stdout, done.output


@pytest.mark.parametrize(
    ("entry", "cell", "moment"),
    [
        ({}, "2026-01-10", "2026-01-10T11:00:00"),
        ({}, "2026-01-10 08:00", "2026-01-10T07:00:00"),
        ({}, "2026-01-10T08:00:00Z", "2026-01-10T08:00:00"),
        ({"format": "%d-%m-%Y"}, "10-01-2026", "2026-01-10T11:00:00"),
        ({"format": "%d-%m-%Y"}, "2026-01-10", "2026-01-10T11:00:00"),
        ({"format": "%d/%m/%y %H:%M"}, "10/01/26 08:00", "2026-01-10T07:00:00"),
        ({"days_from": "2026-01-01"}, "9", "2026-01-10T11:00:00"),
        ({"days_from": "2026-02-01"}, "-22", "2026-01-10T11:00:00"),
    ],
)
def test_moments_are_dates_times_or_days_from_a_date(
    run: Run, entry: dict[str, str], cell: str, moment: str
) -> None:
    done = run(HEADER + f"w-anna,excel,,{cell},\n", map={**MAP, "completed_at": {"column": "when", **entry}})
    assert "1 new" in done.stdout, done.output
    ((at,),) = rows("SELECT completed_at FROM completion")
    assert at.astimezone(UTC).replace(tzinfo=None).isoformat() == moment


@pytest.mark.parametrize(
    ("map", "said"),
    [
        ("[]", "one JSON object"),
        ("{", "cannot be read"),
        ({**MAP, "wat": {"value": 1}}, "no entry wat"),
        ({k: v for k, v in MAP.items() if k != "person"}, "where person stands"),
        ({**MAP, "title": {"column": "a", "value": "b"}}, "either a column or a value"),
        ({**MAP, "person": {"column": "who", "as": "name"}}, "person is known as"),
        ({**MAP, "kind": {"value": "cursus"}}, "no kind cursus"),
        ({**MAP, "completed_at": {"column": "when", "days_from": "soon"}}, "days_from is a date"),
        ({**MAP, "completed_at": {"column": "nope"}}, "wants the column nope"),
    ],
)
def test_a_map_that_cannot_be_is_refused_with_what_to_do(run: Run, map: Any, said: str) -> None:
    done = run(FILE, map=map)
    assert done.exit_code == 1
    assert said in done.output


def test_history_counts_and_awards_in_silence_and_stands_on_no_board(run: Run, cast: Cast) -> None:
    for number in range(2, 6):
        assert (
            run(HEADER + f"w-anna,c{number},,2026-01-{number:02},\n", "--history", "2026-06-01").exit_code
            == 0
        )
    done = run(HEADER + "w-anna,c1,,2026-01-01,\nw-anna,c9,,2026-07-01,\n", "--history", "2026-06-01")
    assert "2 new" in done.stdout
    held = awards(cast.anna)
    assert held[("five", 2, "")][1] == 0
    receipts = rows("SELECT points, reason FROM ledger_entry WHERE fact_id IS NOT NULL ORDER BY earned_at")
    assert receipts == [(0, "history")] * 5 + [(20, "earned")]
    assert rows("SELECT all_time FROM person_total WHERE person_id = :id", id=cast.anna) == [(20,)]
    assert rows("SELECT count(*) FROM period_total WHERE points <> 0") == [(0,)]
    told = rows("SELECT event, body FROM outbox WHERE event IN ('PointsChanged', 'BadgeAwarded')")
    assert all('"retroactive": true' in body for event, body in told if event == "BadgeAwarded")
    assert [event for event, _ in told].count("PointsChanged") == 1  # of July
    whole()


def test_history_that_only_comes_late_for_a_platform_stays_without_points(run: Run, cast: Cast) -> None:
    run(HEADER + "w-anna,c1,,2026-01-05,\n", "--history", "2026-06-01")
    run(HEADER + "w-anna,c1,,2026-01-03,\n")  # the same course, from an earlier moment, not as history
    assert rows("SELECT reason FROM ledger_entry WHERE reverses_id IS NULL ORDER BY id") == [
        ("history",),
        ("history",),
    ]
    whole()


def test_two_imports_at_once_count_each_row_once(app: Flask, run: Run, tmp_path: Path) -> None:
    names = ["anna", "ben", "clara", "dan", "eve", "mia", "leo", "cor"]
    lines = [f"w-{name},c{n},C,2026-01-{n % 28 + 1:02},\n" for n in range(40) for name in names]
    from app.learning import files

    first, second = tmp_path / "one.csv", tmp_path / "two.csv"
    first.write_text(HEADER + "".join(lines))
    second.write_text(HEADER + "".join(reversed(lines)))
    faults: list[BaseException] = []

    def bring(file: Path) -> None:
        with app.app_context():
            try:
                files.bring_in(file, MAP, history=None, dry_run=False, told=lambda _: None)
            except BaseException as fault:
                faults.append(fault)

    threads = [threading.Thread(target=bring, args=(file,)) for file in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not faults
    assert counts()["completion"] == counts()["completion_support"] == 320
    whole()


def test_an_empty_file_and_one_that_is_not_there_are_refused(run: Run, tmp_path: Path, app: Flask) -> None:
    assert "is empty" in run("").output
    assert "no rows under the header" in run(HEADER).output
    words = ["learning", "import", str(tmp_path / "no.csv"), "--map", str(tmp_path / "map.json")]
    assert "no file called" in app.test_cli_runner().invoke(args=words).output


def test_people_who_join_while_rows_about_them_come_in_have_them_all(app: Flask, run: Run) -> None:
    text_ = HEADER + "".join(f"w-zoe,c{n},C,2026-01-{n % 28 + 1:02},\n" for n in range(60))
    thread = threading.Thread(target=lambda: _in(app, lambda: hire("zoe")))
    thread.start()
    assert run(text_).exit_code == 0
    thread.join(30)
    assert counts()["completion"] == 60
    assert rows("SELECT count(*) FROM learning_row WHERE person_id IS NULL") == [(0,)]
    whole()


def _in(app: Flask, act: Callable[[], object]) -> None:
    with app.app_context():
        act()
