"""The commands that run the house: worker, boards, badges, catalogue, verify, the demo. All can be run twice."""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import func, select

from app import worker
from app.badges import actions as badge_actions
from app.badges.models import Award
from app.db import db, transaction
from app.demo.seed import seed as seed_demo
from app.errors import Refused
from app.imports import catalogue
from app.leaderboards import actions as board_actions
from app.outbox import settle
from app.people.models import Person
from app.verify import verify as verify_all
from leaderboards.store import Unavailable

P = ParamSpec("P")
CHUNK = 500

boards = AppGroup("boards", help="Leaderboards: rebuild, check.")
badges = AppGroup("badges", help="Badges: backfill.")
catalogues = AppGroup("catalogue", help="The catalogue: load, save.")
seeds = AppGroup("seed", help="Fill an empty installation.")


def init_app(app: Flask) -> None:
    for group in (boards, badges, catalogues, seeds):
        app.cli.add_command(group)
    app.cli.add_command(run_worker)
    app.cli.add_command(verify)
    app.cli.add_command(bench)


def in_worker_role(command: Callable[P, None]) -> Callable[P, None]:
    """Let a command speak to the database in the worker's role."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with current_app.extensions["create_app"](role="worker").app_context():
            command(*args, **kwargs)

    return run


@click.command("worker")
@in_worker_role
def run_worker() -> None:
    """Hand on the outbox, keep the boards whole, seal the traces; until told to stop."""
    worker.run(current_app._get_current_object())  # type: ignore[attr-defined]


@boards.command("rebuild")
@in_worker_role
def rebuild_boards() -> None:
    """Make every board in Redis anew from the ledger."""
    started = time.perf_counter()
    try:
        windows = board_actions.rebuild_all(datetime.now(UTC))
    except Unavailable:
        raise click.ClickException(
            "Redis does not answer; the boards come back by themselves when it does."
        ) from None
    click.echo(f"Boards of {windows} windows made anew in {time.perf_counter() - started:.1f} s.")


@boards.command("check")
@in_worker_role
def check_boards() -> None:
    """Compare every board in Redis with the ledger; exit 1 where they differ."""
    wrong = board_actions.check(datetime.now(UTC))
    for what in wrong:
        click.echo(what)
    if wrong:
        sys.exit(1)
    click.echo("Every board is what the ledger says.")


@badges.command("backfill")
@click.argument("slug", required=False)
@click.option("--dry-run", is_flag=True, help="Count only; write nothing.")
def backfill(slug: str | None, dry_run: bool) -> None:
    """Give people the badges that they had earned before these were published; such badges carry no points."""
    at = datetime.now(UTC)
    ids = list(db.session.scalars(select(Person.id).where(Person.erased_at.is_(None)).order_by(Person.id)))
    before = _awards()
    for start in range(0, len(ids), CHUNK):
        try:
            with transaction():
                badge_actions.backfill(ids[start : start + CHUNK], slug, at)
                settle(at)
                if dry_run:
                    given = _awards() - before
                    before -= given
                    raise _NotKept
        except _NotKept:
            pass
        except Refused as no:
            raise click.ClickException(str(no.message)) from None
        click.echo(f"{min(start + CHUNK, len(ids))} of {len(ids)} people", err=True)
    word = "would be given" if dry_run else "given"
    click.echo(f"{_awards() - before} badges {word} to {len(ids)} people.")


class _NotKept(Exception):
    """A dry run ends here."""


def _awards() -> int:
    return db.session.scalar(select(func.count()).select_from(Award)) or 0


@catalogues.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def load_catalogue(file: Path) -> None:
    """Bring vision, skills, activities, points and badges to what FILE (YAML or JSON) says."""
    at = datetime.now(UTC)
    try:
        with transaction():
            loaded = catalogue.load(catalogue.read_document(file.read_bytes()), at=at)
            settle(at)
    except Refused as no:
        raise click.ClickException(str(no.message)) from None
    changed = ", ".join(loaded.changed) or "none"
    click.echo(f"{loaded.skills} skills, {loaded.activities} activities; badges in a new version: {changed}.")


@catalogues.command("save")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def save_catalogue(file: Path) -> None:
    """Write the whole catalogue to FILE, as JSON where its name ends so, else as YAML; it loads again as it is."""
    document = catalogue.written()
    form = "json" if file.suffix.lower() == ".json" else "yaml"
    try:
        file.write_text(catalogue.as_text(document, form), encoding="utf-8")
    except OSError as no:
        raise click.ClickException(f"{file} cannot be written: {no.strerror}.") from None
    told = ", ".join(f"{len(document.get(part, ()))} {part}" for part in ("skills", "activities", "badges"))
    click.echo(f"{told} written to {file}.")


@click.command("verify")
@in_worker_role
def verify() -> None:
    """Check every invariant of the data and of the boards; exit 1 where one does not hold."""
    started = time.perf_counter()
    found = verify_all(datetime.now(UTC))
    for note in found.notes:
        click.echo(f"note: {note}")
    for what in found.wrong:
        click.echo(what)
    if found.wrong:
        click.echo(f"{len(found.wrong)} findings.")
        sys.exit(1)
    checked = ", ".join(f"{number} {name}" for name, number in found.checked.items())
    click.echo(f"All is well: {checked} checked in {time.perf_counter() - started:.1f} s.")


@seeds.command("demo")
@click.option("--people", type=int, default=240, show_default=True, help="How many people Waterveld has.")
@click.option(
    "--tokens", type=click.Path(dir_okay=False, path_type=Path), help="Write bearer tokens to this file."
)
@click.option(
    "--people-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write whom one can sign in as, and the key of its learning platform, to this file.",
)
def seed(people: int, tokens: Path | None, people_file: Path | None) -> None:
    """Make the demo organisation Waterveld, once."""
    try:
        found = seed_demo(people=people, tokens_file=tokens, people_file=people_file, echo=click.echo)
    except Refused as no:
        raise click.ClickException(str(no.message)) from None
    for person in found:
        click.echo(f"{person.role:10} {person.login:40} {person.about}")


@click.command("bench", context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1)
def bench(words: tuple[str, ...]) -> None:
    """Measure, on servers of its own: `make bench`."""
    folder = Path(current_app.root_path).parent
    sys.exit(
        subprocess.run([sys.executable, "-m", "tools.bench", *words], cwd=folder, check=False).returncode
    )
