"""The OULAD tables become files that the house reads."""

import csv
import gzip
import json
from pathlib import Path

from app.learning.rules import read_map
from tools import oulad

TABLES = {
    "assessments": "code_module,code_presentation,id_assessment,assessment_type,date,weight\nAAA,2013J,1752,TMA,19,10\n"
    "BBB,2014B,1800,Exam,100,100\n",
    "studentInfo": "code_module,code_presentation,id_student,region\nBBB,2014B,7,Wales\nAAA,2013J,7,Scotland\n"
    "AAA,2013J,8,Wales\n",
    "studentAssessment": "id_assessment,id_student,date_submitted,is_banked\n1800,7,-3,0\n1752,7,18,0\n1752,8,,0\n",
}


def test_submissions_become_rows_in_the_order_of_happening(tmp_path: Path) -> None:
    for name, content in TABLES.items():
        with gzip.open(tmp_path / f"{name}.csv.gz", "wt") as file:
            file.write(content)
    assert oulad.write(tmp_path, tmp_path / "out") == (2, 3)
    people = list(csv.DictReader((tmp_path / "out" / "people.csv").read_text().splitlines()))
    assert [(row["external_id"], row["department"], row["email"]) for row in people] == [
        ("ou-7", "Scotland", ""),
        ("ou-8", "Wales", ""),
    ]
    with gzip.open(tmp_path / "out" / "learning.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    assert [(row["who"], row["assessment"], row["day"]) for row in rows] == [
        ("ou-8", "AAA/2013J/1752", ""),
        ("ou-7", "AAA/2013J/1752", "2013-10-19"),
        ("ou-7", "BBB/2014B/1800", "2014-01-29"),
    ]
    read_map(json.loads((tmp_path / "out" / "map.json").read_text()))
