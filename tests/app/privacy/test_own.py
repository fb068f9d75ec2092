"""The file of somebody's data follows the models: nothing that is about them is forgotten, and no secret is in it."""

from importlib import import_module
from pathlib import Path

import app as app_package
from app.db import Base
from app.privacy import own
from tests.each import each

for _room in sorted(Path(app_package.__path__[0]).glob("*/models.py")):
    import_module(f"app.{_room.parent.name}.models")
import_module("app.outbox")

GIVEN = {f"{part.table}.{column.name}" for part in own.PARTS for column in part.columns}
COLUMNS = {
    f"{table}.{column.name}": column for table in Base.metadata.sorted_tables for column in table.columns
}


def test_each_column_about_a_person_is_in_it_or_is_left_out_with_a_reason():
    wanted = {name for name, column in COLUMNS.items() if column.info["export"]}
    missing = wanted - GIVEN - own.LEFT_OUT.keys()
    assert not missing, f"say in app/privacy/own.py whose rows these are: {sorted(missing)}"


def test_what_is_left_out_is_there_to_be_left_out_and_says_why():
    for name, why in own.LEFT_OUT.items():
        assert COLUMNS[name].info["export"], name
        assert name not in GIVEN, name
        assert len(why) > 20


def test_no_secret_and_nothing_that_passes_is_in_it():
    for name in GIVEN:
        info = COLUMNS[name].info
        assert info["class"] != "secret", name
        assert info["export"] or info["class"] == "none", name


@each("part", own.PARTS, ids=lambda part: f"{part.table}: {part.where[:30]}")
def test_a_part_names_columns_that_there_are(part):
    names = {column.name for column in part.source.columns}
    assert {*part.only, *part.but} <= names
    assert ":me" in part.where or ":marks" in part.where
