"""The commands of `docs/operate.md`: each opens one door, and can be run twice."""

import json
import time
from datetime import UTC, date, datetime
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from app.config import settings
from app.db import db, transaction
from app.errors import Refused
from app.learning import files
from app.outbox import settle
from app.people import actions

clients = AppGroup("clients", help="Systems that may speak to us.")
admin = AppGroup("admin", help="The first administrator.")
learning = AppGroup("learning", help="Learning records from files.")


def init_app(app: Flask) -> None:
    for group in (clients, admin, learning):
        app.cli.add_command(group)


@clients.command("create")
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, required=True, help="What it may: " + ", ".join(actions.SCOPES)
)
@click.option("--account-home", help="The homePage of the accounts by which it names people.")
@click.option(
    "--account-is", type=click.Choice(["external_id", "email"]), help="What such an account's name is."
)
def create_client(
    name: str, scopes: tuple[str, ...], account_home: str | None, account_is: str | None
) -> None:
    """Make the key of a system; it is shown once."""
    wanted = [scope for given in scopes for scope in given.replace(",", " ").split()]
    try:
        with transaction():
            made = actions.make_client(
                name=name,
                scopes=wanted,
                at=datetime.now(UTC),
                account_home=account_home,
                account_is=account_is,
            )
    except Refused as no:
        raise click.ClickException(str(no.message)) from None
    click.echo(json.dumps({"key": made.key, "secret": made.secret}))


@admin.command("create")
@click.argument("email")
def create_admin(email: str) -> None:
    """Make an administrator, and print the one-time link with which they set their password."""
    at = datetime.now(UTC)
    try:
        with transaction():
            person_id = actions.make_administrator(email=email, at=at)
            settle(at)
            token = actions.invite(person_id=person_id, at=at)
    except Refused as no:
        raise click.ClickException(str(no.message)) from None
    click.echo(f"{settings().origin}/welcome/{token}")


@learning.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--map",
    "map_file",
    required=True,
    type=click.Path(path_type=Path),
    help="What the columns mean, in JSON.",
)
@click.option("--dry-run", is_flag=True, help="Say what would come of it; write nothing.")
@click.option(
    "--history",
    type=click.DateTime(["%Y-%m-%d"]),
    help="What happened before this day counts for badges, silently and without points.",
)
@click.option(
    "--refused", type=click.Path(path_type=Path), help="Where refused rows go; beside FILE when not given."
)
def import_learning(
    file: Path, map_file: Path, dry_run: bool, history: datetime | None, refused: Path | None
) -> None:
    """Bring the learning records of FILE (CSV, CSV.gz or XLSX) in."""
    day: date | None = history.date() if history else None
    began = time.perf_counter()
    with current_app.extensions["create_app"](role="worker").app_context():
        try:
            found = files.bring_in(file, files.map_of(map_file), history=day, dry_run=dry_run, told=_so_far)
        except Refused as no:
            raise click.ClickException(str(no.message)) from None
        finally:
            db.session.remove()
            db.engine.dispose()
    if found.refusals:
        where = files.write_refused(refused or file.with_name(f"{file.name}.refused.csv"), found.refusals)
        click.echo(f"Refused rows, with line and reason: {where}", err=True)
    click.echo(found.said(time.perf_counter() - began))


def _so_far(said: str) -> None:
    click.echo(said, err=True)
