"""Signing in and out, the language, and one's own settings."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app import access
from app.access import asker, may, set_cookie
from app.config import settings
from app.db import transaction
from app.errors import NotSignedIn, TooMany
from app.keys import new_token
from app.language import COOKIE
from app.outbox import settle
from app.people import actions
from app.people import sign_in as letting_in
from app.people.schemas import LanguageForm, SignInForm
from app.web import body, now, render

pages = Blueprint("people", __name__)
BROWSER = "blijk_browser"


def inside(address: str | None) -> str:
    """Only ever go on to a page of ours."""
    wanted = address or "/"
    parts = urlsplit(wanted)
    fine = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc
    return wanted if fine and wanted.isprintable() else "/"


@pages.get("/login")
@may("anybody")
def sign_in() -> ResponseReturnValue:
    if asker().person_id is not None:
        return redirect(inside(request.args.get("next")))
    return render("people/sign_in.html", next=inside(request.args.get("next")))


@pages.post("/login")
@may("anybody")
def enter() -> ResponseReturnValue:
    form = body(SignInForm())
    browser = request.cookies.get(access.cookie_name(BROWSER))
    try:
        person_id = letting_in.check_password(form["login"], form["password"], browser, now())
    except (NotSignedIn, TooMany) as no:
        return _again(no, form["login"], form["next"])
    with transaction():
        token = actions.start_session(person_id=person_id, at=now())
    answer = redirect(inside(form["next"]), code=303)
    set_cookie(answer, access.SESSION, token, days=settings().session_days)
    remember_browser(answer, form["login"])
    return answer


def _again(no: NotSignedIn | TooMany, login: str, then: str) -> ResponseReturnValue:
    """The form again, with what was typed but for the password."""
    answer = render("people/sign_in.html", refusal=no.message, login=login, next=inside(then))
    answer.status_code = 422 if isinstance(no, NotSignedIn) else no.status
    if isinstance(no, TooMany):
        answer.headers["Retry-After"] = str(no.retry_after)
    return answer


def remember_browser(answer: Response, typed: str) -> None:
    """This browser has its own budget of tries from now on."""
    name = new_token()
    proof = letting_in.browser_proof(name, letting_in.login_of(typed))
    set_cookie(answer, BROWSER, f"{name}.{proof}", days=400)


@pages.post("/logout")
@may("anybody")
def sign_out() -> ResponseReturnValue:
    who = asker()
    if who.person_id is not None and who.sign_in_id is not None:
        with transaction():
            actions.end_session(sign_in_id=who.sign_in_id, by=who.person_id, at=now())
    answer = redirect(url_for(".sign_in"), code=303)
    access.drop_cookie(answer, access.SESSION)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@pages.post("/me/language")
@may("anybody")
def language() -> ResponseReturnValue:
    form = body(LanguageForm())
    who = asker()
    if who.person_id is not None:
        with transaction():
            actions.choose(person_id=who.person_id, language=form["language"])
            settle(now())
    answer = redirect(inside(form["next"]), code=303)
    set_cookie(answer, COOKIE, form["language"], days=400)
    return answer
