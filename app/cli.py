"""The commands of `docs/operate.md`: each opens one door, and can be run twice."""

import csv
import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from app import mail
from app.config import settings
from app.db import db, transaction
from app.errors import Refused
from app.jobs import do_later
from app.learning import files as learning_files
from app.outbox import settle
from app.people import actions, files, invitations, naming
from app.people import clients as made
from app.people.jobs import send_mail
from app.privacy import erasing, replaying

clients = AppGroup("clients", help="Systems that may speak to us.")
admin = AppGroup("admin", help="The first administrator.")
people = AppGroup("people", help="People: import, invite.")
learning = AppGroup("learning", help="Learning records from files.")


def init_app(app: Flask) -> None:
    for group in (clients, admin, people, learning):
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
            new = actions.make_client(
                name=name,
                scopes=wanted,
                at=datetime.now(UTC),
                account_home=account_home,
                account_is=account_is,
            )
    except Refused as no:
        raise click.ClickException(str(no.message)) from None
    click.echo(json.dumps({"key": new.key, "secret": new.secret}))


@clients.command("list")
def list_clients() -> None:
    """Each client in a line of JSON, without its secret."""
    for one in made.all_of_them():
        click.echo(json.dumps(asdict(one), default=str))


@clients.command("rotate")
@click.argument("key")
@click.option(
    "--keep-old-hours",
    "hours",
    type=click.Choice([str(hours) for hours in made.HOURS]),
    default="0",
    show_default=True,
    help="How long the old secret still works.",
)
def rotate_client(key: str, hours: str) -> None:
    """Give a system a new secret; it is shown once."""
    try:
        with transaction():
            new = made.rotate(made.id_of(key), hours=int(hours), at=datetime.now(UTC))
    except Refused as no:
        raise click.ClickException(str(no.message)) from None
    click.echo(json.dumps({"key": new.key, "secret": new.secret}))


@clients.command("revoke")
@click.argument("key")
def revoke_client(key: str) -> None:
    """End a system's key and tokens; what it sent stays."""
    try:
        with transaction():
            made.revoke(made.id_of(key), at=datetime.now(UTC))
    except Refused as no:
        raise click.ClickException(str(no.message)) from None
    click.echo(f"{key} opens nothing any more.")


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


# People -----------------------------------------------------------------------------------------------------


@people.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
def import_people(file: Path, dry_run: bool) -> None:
    """Make known who works here, from FILE: .csv, .csv.gz or .xlsx."""
    started = time.perf_counter()
    try:
        found = files.read(file)
    except Refused as no:
        raise click.ClickException(str(no.message)) from None
    for name in found.unknown:
        click.echo(f"note: the column {name} is not used", err=True)
    if dry_run:
        _tell_differences(found)
        return
    with files.turn() as mine:
        if not mine:
            raise click.ClickException(str(files.NOT_NOW))
        figures, refused = _bring_in(found)
    refused += found.refused
    _tell_refused(refused)
    took = time.perf_counter() - started
    rows = len(found.rows) + len(found.refused)
    click.echo(
        f"{rows} rows: {figures['new']} people new, {figures['changed']} changed ({figures['moved']} moved,"
        f" {figures['left']} left, {figures['back']} back), {len(refused)} refused; {took:.1f} s."
    )
    if figures["again"]:
        click.echo(
            f"note: {figures['again']} of the new people were erased before, and begin anew here.", err=True
        )


def _bring_in(found: files.People) -> tuple[dict[str, int], list[files.Told]]:
    figures = dict.fromkeys(("new", "changed", "moved", "left", "back", "again"), 0)
    refused: list[files.Told] = []
    done = 0
    for part in files.parts(found.rows):
        at = datetime.now(UTC)
        with transaction():
            these, more = files.import_part(part, at=at)
            settle(at)
        figures = {name: number + these[name] for name, number in figures.items()}
        refused += more
        done += len(part)
        click.echo(f"{done} of {len(found.rows)} rows", err=True)
    for part in files.parts(found.rows, files.MANAGERS):
        with transaction():
            files.import_managers(part)
    with transaction():
        files.trace(figures, at=datetime.now(UTC))
    return figures, refused


def _tell_differences(found: files.People) -> None:
    """One line a difference, then how many of each."""
    told, counts = files.compare(found)
    for one in told:
        click.echo(f"line {one.line}: {one.external_id} {files.in_words(one)}")
    kinds = ", ".join(f"{counts[kind]} {kind}" for kind in files.KINDS if kind != "note")
    click.echo(
        f"{counts['rows']} rows: {kinds}, {counts['same']} as they are. {counts['missing']} people here are not in"
        " the file; they stay. Nothing was changed."
    )


def _tell_refused(refused: Sequence[files.Told]) -> None:
    for one in sorted(refused, key=lambda told: told.line):
        click.echo(f"line {one.line}: {one.external_id} {files.in_words(one)}", err=True)


@people.command("erase")
@click.argument("who", nargs=-1)
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Names in the first column of this CSV: addresses, personnel numbers, handles, or #numbers.",
)
@click.option("--yes", is_flag=True, help="Erase; without it, only say who it would be.")
def erase(who: tuple[str, ...], file: Path | None, yes: bool) -> None:
    """Erase people; nobody can undo it. WHO is an address, a personnel number, a handle, or #NUMBER."""
    named = [*who, *(_first_column(file) if file else [])]
    ids, unknown = naming.meant_exactly(named)
    for name in unknown:
        click.echo(f"nobody here is called {name}", err=True)
    if unknown or not ids:
        raise click.ClickException("Nobody was erased.")
    if not yes:
        click.echo(
            f"{len(ids)} people would be erased: {', '.join(f'#{one}' for one in ids)}. Say --yes to do it."
        )
        return
    number = 0
    for start in range(0, len(ids), erasing.AT_ONCE):
        at = datetime.now(UTC)
        try:
            with transaction():
                number += len(erasing.erase(ids[start : start + erasing.AT_ONCE], by=None, at=at))
                settle(at)
        except Refused as no:
            raise click.ClickException(f"{no.message} {number} people were erased.") from None
    click.echo(f"{number} people erased.")


def _first_column(file: Path) -> list[str]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = [row[0].strip() for row in csv.reader(lines) if row and row[0].strip()]
    return [name for name in rows if name not in ("external_id", "email", "handle", "id")]


@people.command("erasures")
def erasures() -> None:
    """Print the list of erasures: numbers, when, and a mark; keep it beside the backups."""
    for line in replaying.done():
        click.echo(str(line), nl=False)


@people.command("replay-erasures")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def replay_erasures(file: Path) -> None:
    """Erase anew whom the list in FILE names: after an older backup was restored, before it serves."""
    try:
        lines = replaying.read(file)
    except replaying.NotAList as no:
        raise click.ClickException(str(no)) from None
    number = replaying.replay(lines, at=datetime.now(UTC))
    click.echo(f"{len(lines)} erasures in the list: {number} people erased anew.")


@people.command("invite")
@click.argument("who", nargs=-1)
@click.option(
    "--letters",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page with a code for each to this PDF, instead of mail.",
)
def invite(who: tuple[str, ...], letters: Path | None) -> None:
    """Let people in: WHO (addresses or personnel numbers), or everybody who cannot sign in yet.

    By mail; who has no address needs a letter. Without MAIL_URL the links are printed.
    """
    at = datetime.now(UTC)
    ids, unknown = invitations.named(who) if who else (invitations.without_way(at), [])
    for word in unknown:
        click.echo(f"nobody here is called {word}", err=True)
    if letters is not None:
        _write_letters(letters, ids, at)
    elif mail.is_on():
        _send_mail(ids, at)
    else:
        _print_links(ids, at)
    if unknown:
        raise click.ClickException(f"{len(unknown)} of them are not known, or do not work here any more.")


def _write_letters(file: Path, ids: Sequence[int], at: datetime) -> None:
    """The codes hold only when the file is there; it is readable by its owner only."""
    if not ids:
        click.echo("Everybody can sign in already, or has a link or code; no letter is made.")
        return
    new = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        with transaction():
            made = invitations.letters(ids, by=None, at=at)
            new.touch(mode=0o600)
            new.write_bytes(made)
            new.replace(file)
    except OSError:
        raise click.ClickException(f"{file} cannot be written; no code was made.") from None
    click.echo(f"{len(ids)} letters in {file}; each code works once, for {actions.LETTER.days} days.")


def _send_mail(ids: Sequence[int], at: datetime) -> None:
    with transaction():
        number = invitations.ask_invitations(ids, by=None, at=at)
        if number:
            do_later(send_mail)
    without = len(invitations.ids_here(ids, by_mail=False))
    click.echo(f"{number} invitations are on their way by mail (the worker sends them).")
    if without:
        click.echo(
            f"{without} people have no e-mail address: print letters for them with --letters FILE.pdf."
        )


def _print_links(ids: Sequence[int], at: datetime) -> None:
    with transaction():
        secrets = actions.invite_people(ids, at=at)
    names = invitations.logins(secrets)
    for person_id, secret in secrets.items():
        click.echo(f"{names[person_id]}\t{settings().origin}/welcome/{secret}")
    click.echo(
        f"{len(secrets)} links, each for one person and once; MAIL_URL is not set, so nothing was sent.",
        err=True,
    )


# Learning records -------------------------------------------------------------------------------------------


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
            found = learning_files.bring_in(
                file, learning_files.map_of(map_file), history=day, dry_run=dry_run, told=_so_far
            )
        except Refused as no:
            raise click.ClickException(str(no.message)) from None
        finally:
            db.session.remove()
            db.engine.dispose()
    if found.refusals:
        where = learning_files.write_refused(
            refused or file.with_name(f"{file.name}.refused.csv"), found.refusals
        )
        click.echo(f"Refused rows, with line and reason: {where}", err=True)
    click.echo(found.said(time.perf_counter() - began))


def _so_far(said: str) -> None:
    click.echo(said, err=True)
