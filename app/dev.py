"""Pages for who builds Blijk, where GALLERY is on: the demo, the tests, a developer's own. Elsewhere nothing is here.

The gallery shows every part of `templates/_ui.html` in every state, light and dark, in both languages.
"""

from datetime import timedelta

from flask import Blueprint, Flask, Response, request
from flask_babel import force_locale

from app.access import may
from app.language import LANGUAGES, lang
from app.web import now, render

THEMES = ("light", "dark")

pages = Blueprint("dev", __name__, url_prefix="/dev")


@pages.get("/gallery")
@may("anybody")
def gallery() -> Response:
    """`?theme=light` shows one theme, `?lang=nl` speaks Dutch, `?show=award` opens the dialog."""
    theme, spoken = request.args.get("theme"), request.args.get("lang")
    with force_locale(spoken if spoken in LANGUAGES else lang()):
        return render(
            "dev/gallery.html",
            themes=(theme,) if theme in THEMES else THEMES,
            chosen=theme if theme in THEMES else "both",
            award=request.args.get("show") == "award",
            long_ago=now() - timedelta(days=400),
        )


def init_app(app: Flask) -> None:
    if app.extensions["settings"].gallery:
        app.register_blueprint(pages)
