"""One list of commands, and locks that anybody can install from."""

import re
import subprocess
import sys
from pathlib import Path

from tools import check
from tools.devstack import ROOT


def test_make_and_run_know_the_same_words() -> None:
    said = subprocess.run(
        [sys.executable, ROOT / "run.py", "help"], capture_output=True, text=True, check=True
    )
    words = re.findall(r"^  make (\S+)", said.stdout, re.MULTILINE)
    (targets,) = re.findall(r"^([a-z][a-z -]+):$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert targets.split() == words


def test_an_unknown_word_is_answered_with_the_list() -> None:
    said = subprocess.run(
        [sys.executable, ROOT / "run.py", "dance"], capture_output=True, text=True, check=False
    )
    assert said.returncode == 1
    assert "There is no 'dance'" in said.stderr
    assert "make demo" in said.stderr


def test_the_runner_needs_nothing_but_python() -> None:
    imported = re.findall(r"^(?:import|from) (\w+)", Path(ROOT / "run.py").read_text(), re.MULTILINE)
    assert set(imported) <= sys.stdlib_module_names


def test_every_wish_is_locked_with_hashes_and_no_lock_names_a_place() -> None:
    check.locks()
