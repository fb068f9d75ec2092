"""`python -m tools.oulad FOLDER OUT`: the Open University Learning Analytics Dataset as files that Blijk reads.

Kuzilek, Hlosta, Zdrahal, Scientific Data 4:170171, 2017, CC BY 4.0; its tables are in FOLDER as *.csv.gz. Writes
people.csv (a region is a department, a first presentation a team, no e-mail), learning.csv.gz (a submission is the
completion of an assessment, in the order of happening) and map.json. With `--people` it brings the people in as well.
"""

import csv
import gzip
import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

MONTHS = {"B": 2, "J": 10}
PEOPLE = (
    "external_id,name,email,manager_external_id,department,team,job,role,hours_per_week,language,active"
).split(",")
LEARNING = ["who", "assessment", "title", "kind", "day", "record"]
MAP = {
    "person": {"column": "who", "as": "external_id"},
    "activity": {"column": "assessment"},
    "title": {"column": "title"},
    "kind": {"column": "kind"},
    "completed_at": {"column": "day"},
    "external_id": {"column": "record"},
    "source": {"value": "oulad"},
}
KINDS = {"TMA": "course", "CMA": "article", "Exam": "workshop"}
CHUNK = 1000


class Assessment(NamedTuple):
    module: str
    presentation: str
    type: str


def main() -> None:
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    if len(words) != 2:
        raise SystemExit(__doc__)
    folder, out = Path(words[0]), Path(words[1])
    if not (folder / "studentAssessment.csv.gz").exists():
        print(f"{folder} has no studentAssessment.csv.gz: nothing to do.")
        return
    people, submissions = write(folder, out)
    print(f"{people} people and {submissions} submissions written to {out}")
    if "--people" in sys.argv:
        from app.factory import create_app

        with create_app(role="worker").app_context():
            print(f"{import_people(out / 'people.csv')} people are known")


def write(folder: Path, out: Path) -> tuple[int, int]:
    """Make the three files; return how many people and submissions there are."""
    out.mkdir(parents=True, exist_ok=True)
    people = _people(folder)
    with (out / "people.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(PEOPLE)
        writer.writerows(people)
    rows = sorted(_submissions(folder), key=lambda row: (row[4], row[5]))
    with gzip.open(out / "learning.csv.gz", "wt", encoding="utf-8", newline="", compresslevel=5) as packed:
        writer = csv.writer(packed)
        writer.writerow(LEARNING)
        writer.writerows(rows)
    (out / "map.json").write_text(json.dumps(MAP, indent=2))
    return len(people), len(rows)


def _table(folder: Path, name: str) -> Iterator[dict[str, str]]:
    with gzip.open(folder / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _people(folder: Path) -> list[list[str]]:
    first: dict[str, dict[str, str]] = {}
    for row in _table(folder, "studentInfo"):
        known = first.get(row["id_student"])
        if known is None or _start(row["code_presentation"]) < _start(known["code_presentation"]):
            first[row["id_student"]] = row
    return [
        [
            f"ou-{who}", f"Student {who}", "", "", row["region"],
            f"{row['code_module']} {row['code_presentation']}, {row['region']}", "", "employee", "36", "en", "true",
        ]
        for who, row in first.items()
    ]  # fmt: skip


def _submissions(folder: Path) -> Iterator[list[str]]:
    assessments = {
        row["id_assessment"]: Assessment(row["code_module"], row["code_presentation"], row["assessment_type"])
        for row in _table(folder, "assessments")
    }
    for row in _table(folder, "studentAssessment"):
        number, who = row["id_assessment"], row["id_student"]
        what = assessments[number]
        day = ""
        if row["date_submitted"]:
            day = (_start(what.presentation) + timedelta(days=int(float(row["date_submitted"])))).isoformat()
        name = f"{what.module}/{what.presentation}/{number}"
        title = f"{what.module} {what.presentation}: {what.type} {number}"
        yield [f"ou-{who}", name, title, KINDS[what.type], day, f"{number}-{who}"]


def _start(presentation: str) -> date:
    """2013B began in February 2013, 2013J in October."""
    return date(int(presentation[:4]), MONTHS[presentation[4]], 1)


def import_people(file: Path) -> int:
    """Bring the people in, by the action of real use; within an application context."""
    from app.db import transaction
    from app.outbox import settle
    from app.people import actions
    from app.people.rules import PersonRow

    with file.open(encoding="utf-8", newline="") as lines:
        rows = [
            PersonRow(
                external_id=row["external_id"],
                name=row["name"],
                email=None,
                department=row["department"],
                team=row["team"],
                language=row["language"],
                hours_per_week=36.0,
            )
            for row in csv.DictReader(lines)
        ]
    at = datetime(2013, 1, 1, tzinfo=UTC)
    for start in range(0, len(rows), CHUNK):
        with transaction():
            done = actions.import_people(rows[start : start + CHUNK], at=at)
            settle(at)
        if done.refused:
            raise SystemExit(str(done.refused))
    return len(rows)


if __name__ == "__main__":
    main()
