"""The door: `gunicorn wsgi:app` serves, `flask --app wsgi COMMAND` commands."""

import os
import sys

from flask_migrate import Migrate

if os.environ.get("FLASK_RUN_FROM_CLI") and not os.environ.get("DATABASE_URL"):
    from tools import devstack

    devstack.connect()  # a command without a database of its own works on that of the demo

from app.config import Role
from app.db import db
from app.factory import ROOT, create_app

role: Role = "worker" if "worker" in sys.argv[1:] else "web"
app = create_app(role=role)
Migrate(app, db, directory=str(ROOT / "migrations"))
