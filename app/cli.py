"""The commands of `docs/operate.md`: each opens one door, and can be run twice."""

import click
from flask import Flask
from flask.cli import AppGroup

people = AppGroup("people", help="People: import, invite.")
clients = AppGroup("clients", help="Systems that may speak to us.")
admin = AppGroup("admin", help="The first administrator.")


def init_app(app: Flask) -> None:
    for group in (people, clients, admin):
        app.cli.add_command(group)


def say(text: str) -> None:
    """One line to whoever runs the command."""
    click.echo(text)
