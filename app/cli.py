"""The commands of `docs/operate.md`: each opens one door, and can be run twice."""

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click
from flask import Flask
from flask.cli import AppGroup

from app.config import settings
from app.db import transaction
from app.errors import Refused
from app.outbox import settle
from app.people import actions
from app.people import clients as made

clients = AppGroup("clients", help="Systems that may speak to us.")
admin = AppGroup("admin", help="The first administrator.")


def init_app(app: Flask) -> None:
    for group in (clients, admin):
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
