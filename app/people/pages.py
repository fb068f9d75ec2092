"""Signing in and out, the language, and one's own settings."""

from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Blueprint, redirect, request, url_for
from flask import Response as Answer
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app import access, mail
from app.access import asker, may, me, set_cookie
from app.config import settings
from app.db import transaction
from app.errors import NotFound, NotSignedIn, Refused, TooMany
from app.jobs import do_later
from app.keys import new_token
from app.language import COOKIE, LANGUAGES, remember
from app.outbox import settle
from app.people import actions, invitations, jobs, queries
from app.people import sign_in as letting_in
from app.people.rules import START, secret_of, start_steps, weakness_of
from app.people.schemas import (
    ChoicesForm,
    CodeForm,
    LanguageForm,
    LoginForm,
    PasswordForm,
    SessionForm,
    SignInForm,
    StartForm,
    StartQuery,
)
from app.web import body, done, now, query, render

pages = Blueprint("people", __name__)
BROWSER = "blijk_browser"
THEME = "blijk_theme"
NO_PAGE = _l("There is no such page.")
WEAK = {
    "short": _l("Take at least ten characters; a sentence is fine."),
    "simple": _l("This one is guessed at once. Take a sentence that you remember."),
    "differs": _l("The two are not the same."),
}


def inside(address: str | None) -> str:
    """Only ever go on to a page of ours."""
    wanted = address or "/"
    fine = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
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
        token = actions.start_session(person_id=person_id, at=now(), shared=form["shared"])
    answer = redirect(onward(person_id, form["next"]), code=303)
    let_in(answer, token, form["login"], shared=form["shared"])
    return answer


def onward(person_id: int, wanted: str = "") -> str:
    """Where a sign-in leads, by whichever road: once past the first questions, then to where one wanted to go."""
    if queries.has_started(person_id):
        return inside(wanted)
    kept = inside(wanted)
    return url_for("people.start", next=kept if kept != "/" else None)


def let_in(answer: Response, token: str, login: str, *, shared: bool) -> None:
    """On a shared device nothing stays: no cookie after the browser closes, and no mark of who was here."""
    set_cookie(answer, access.SESSION, token, days=None if shared else settings().session_days)
    if shared:
        access.drop_cookie(answer, BROWSER)
    else:
        remember_browser(answer, login)


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


@pages.get("/welcome/<token>")
@may("anybody")
def welcome(token: str) -> ResponseReturnValue:
    """The one-time link: set a password, and be in."""
    person = letting_in.invited(token, now())
    return render("people/welcome.html", person=person, token=token)


@pages.post("/welcome/<token>")
@may("anybody")
def set_first_password(token: str) -> ResponseReturnValue:
    person = letting_in.invited(token, now())
    form = body(PasswordForm())
    try:
        check_new(form["new"], form["again"])
    except Refused as no:
        answer = render("people/welcome.html", person=person, token=token, wrong=no.fields)
        answer.status_code = no.status
        return answer
    hashed = letting_in.hash_password(form["new"])
    with transaction():
        actions.use_invitation(token=token, password_hash=hashed, at=now())
        session = actions.start_session(person_id=person.id, at=now(), shared=form["shared"])
    let_through = redirect(onward(person.id), code=303)
    let_in(let_through, session, person.email or person.external_id or "", shared=form["shared"])
    return let_through


@pages.get("/welcome")
@may("anybody")
def welcome_code() -> ResponseReturnValue:
    """Who got a letter types its code here."""
    return render("people/code.html")


@pages.post("/welcome")
@may("anybody")
def enter_code() -> ResponseReturnValue:
    form = body(CodeForm())
    code = secret_of(form["code"])
    try:
        letting_in.invited(code, now())
    except (NotFound, TooMany) as no:
        said = no.message if isinstance(no, TooMany) else letting_in.WRONG_CODE
        answer = render("people/code.html", refusal=said, code=form["code"])
        answer.status_code = no.status if isinstance(no, TooMany) else 422
        return answer
    return redirect(url_for(".welcome", token=code), code=303)


@pages.get("/login/forgot")
@may("anybody")
def forgot() -> ResponseReturnValue:
    return render("people/forgot.html", mail=mail.is_on(), asked="asked" in request.args)


@pages.post("/login/forgot")
@may("anybody")
def ask_reset() -> ResponseReturnValue:
    """The same answer whoever is asked for."""
    login = letting_in.login_of(body(LoginForm())["login"])
    try:
        letting_in.count_try([f"forgot {login}", f"forgot from {letting_in.address()}"], now())
    except TooMany as no:
        answer = render("people/forgot.html", mail=mail.is_on(), refusal=no.message)
        answer.status_code = no.status
        answer.headers["Retry-After"] = str(no.retry_after)
        return answer
    if mail.is_on():
        with transaction():
            invitations.ask_reset(login, at=now())
            do_later(jobs.send_mail)
    return redirect(url_for(".forgot", asked=1), code=303)


@pages.post("/logout")
@may("anybody")
def sign_out() -> ResponseReturnValue:
    who = asker()
    if who.person_id is not None and who.sign_in_id is not None:
        with transaction():
            actions.end_session(sign_in_id=who.sign_in_id, by=who.person_id, at=now())
    answer = redirect(url_for(".sign_in"), code=303)
    access.drop_cookie(answer, access.SESSION)
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
    answer = redirect(without_language(inside(form["next"])), code=303)
    remember(answer, form["language"])
    return answer


def without_language(address: str) -> str:
    """A public page may have been asked for in one language; who chooses another one means it."""
    parts = urlsplit(address)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "lang"]
    return urlunsplit(parts._replace(query=urlencode(kept))) if "lang=" in parts.query else address


# The first questions: one a page, each can be skipped -------------------------------------------------------


@pages.get("/me/start")
@may("person")
def start() -> ResponseReturnValue:
    return redirect(_step_url(_steps()[0], query(StartQuery())["next"]))


@pages.get("/me/start/<step>")
@may("person")
def start_step(step: str) -> ResponseReturnValue:
    steps, wanted = _steps(), query(StartQuery())["next"]
    if step not in START:
        raise NotFound(NO_PAGE)
    if step not in steps:  # what was chosen meanwhile leaves it out
        return redirect(_step_url(steps[-1], wanted))
    at = steps.index(step)
    with _as_the_browser_speaks(step):
        return render(
            "people/start.html",
            person=queries.get_person(me()),
            next=inside(wanted),
            step=step,
            number=at + 1,
            all=len(steps),
            back=_step_url(steps[at - 1], wanted) if at else None,
        )


@pages.post("/me/start/<step>")
@may("person")
def answer_step(step: str) -> ResponseReturnValue:
    """What was chosen holds; without a choice the question is skipped."""
    form = body(StartForm())
    if step not in START:
        raise NotFound(NO_PAGE)
    chosen = {name: form[name] for name in (START[step],) if name in form}
    with transaction():
        if chosen:
            actions.choose(person_id=me(), **chosen)
        actions.begin(person_id=me(), at=now())
        settle(now())
    steps = _steps(game=chosen.get("game"))
    after = [one for one in list(START)[list(START).index(step) + 1 :] if one in steps]
    answer = redirect(_step_url(after[0], form["next"]) if after else _begun(form["next"]), code=303)
    if "language" in chosen:
        remember(answer, chosen["language"])
    return answer


def _steps(*, game: bool | None = None) -> tuple[str, ...]:
    org = queries.organisation()
    return start_steps(
        points=org.points_on, boards=org.boards_on, game=asker().game if game is None else game
    )


def _step_url(step: str, wanted: str) -> str:
    kept = inside(wanted)
    return url_for(".start_step", step=step, next=kept if kept != "/" else None)


def _begun(wanted: str) -> str:
    """On to where one wanted to go; an administrator's first steps stand at the desk."""
    kept = inside(wanted)
    return "/admin" if kept == "/" and "admin" in asker().roles else kept


@contextmanager
def _as_the_browser_speaks(step: str) -> Generator[None]:
    """Until somebody has chosen, the question of the language is asked in that of their browser."""
    spoken = request.accept_languages.best_match(LANGUAGES)
    if step != "language" or spoken is None or request.cookies.get(COOKIE):
        yield
    else:
        with force_locale(spoken):
            yield


# One's own settings -----------------------------------------------------------------------------------------


@pages.get("/me/settings", endpoint="settings")
@may("person")
def shown() -> ResponseReturnValue:
    saved_just_now = "saved" in request.args
    return render("people/settings.html", "people/_settings.html", saved=saved_just_now, **what_i_chose())


def saved() -> Answer:
    return done("people/_settings.html", then=url_for(".settings", saved=1), saved=True, **what_i_chose())


def what_i_chose() -> dict[str, object]:
    """What the settings page shows."""
    return {
        "person": queries.get_person(me()),
        "sessions": queries.sessions_of(me(), now()),
        "here": asker().sign_in_id,
        "theme": request.cookies.get(THEME),
    }


@pages.post("/me/settings")
@may("person")
def choose() -> ResponseReturnValue:
    form = body(ChoicesForm())
    theme = form.pop("theme", None)
    with transaction():
        actions.choose(person_id=me(), **form)
        settle(now())
        answer = saved()
    if "language" in form:
        remember(answer, form["language"])
    if theme is not None:
        _paint(answer, theme)
    return answer


def _paint(answer: Answer, theme: str) -> None:
    """The cookie that the button in the header writes too, hence readable; the layout puts it into the page."""
    if theme == "system":
        answer.delete_cookie(THEME, path="/", samesite="Lax")
    else:
        answer.set_cookie(THEME, theme, max_age=365 * 86400, path="/", samesite="Lax")


@pages.post("/me/password")
@may("person")
def change_password() -> ResponseReturnValue:
    form = body(PasswordForm())
    try:
        check_new(form["new"], form["again"])
        letting_in.check_own_password(me(), form["old"], now())
    except (Refused, TooMany) as no:
        said = {"wrong": no.fields, "refusal": None if no.fields else no.message}
        answer = render("people/settings.html", "people/_settings.html", **said, **what_i_chose())
        answer.status_code = no.status
        return answer
    hashed = letting_in.hash_password(form["new"])
    with transaction():
        actions.set_password(person_id=me(), password_hash=hashed, at=now(), keep=asker().sign_in_id)
        return saved()


@pages.post("/me/sessions/end")
@may("person")
def end_sessions() -> ResponseReturnValue:
    """Sign out one other browser, all others, or everywhere."""
    form = body(SessionForm())
    if form["everywhere"]:
        with transaction():
            actions.end_sessions(of=me(), at=now())
        answer = redirect(url_for(".sign_in"), code=303)
        access.drop_cookie(answer, access.SESSION)
        return answer
    with transaction():
        if form["session_id"] is not None:
            actions.end_session(sign_in_id=form["session_id"], by=me(), at=now())
        else:
            actions.end_sessions(of=me(), at=now(), but=asker().sign_in_id)
        return saved()


def check_new(new: str, again: str) -> None:
    """Long enough, not the first that everybody tries, and typed twice alike."""
    weakness = weakness_of(new, again)
    if weakness:
        raise Refused(WEAK[weakness], fields={"again" if weakness == "differs" else "new": WEAK[weakness]})
