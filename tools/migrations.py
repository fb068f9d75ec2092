"""Try the migrations on an empty PostgreSQL: up, no drift from the models, down, and up again.

`python -m tools.migrations [FOLDER_OF_PROGRAMS]`, such as that of an older PostgreSQL.
"""

import os
import sys
from pathlib import Path

from tools import devstack
from tools.devstack import ROOT


def main() -> None:
    binaries = Path(sys.argv[1]) if sys.argv[1:] else None
    with devstack.private(binaries=binaries) as stack:
        os.environ.update({**stack.env(), **devstack.secrets(stack.state)})
        _up_and_down()


def _up_and_down() -> None:
    import flask_migrate

    from app.db import db
    from app.factory import create_app

    app = create_app()
    flask_migrate.Migrate(app, db, directory=str(ROOT / "migrations"))
    with app.app_context():
        flask_migrate.upgrade()
        flask_migrate.check()
        flask_migrate.downgrade(revision="base")
        flask_migrate.upgrade()


if __name__ == "__main__":
    main()
