"""The inbox, how one wants to be told, and the link in a mail that stops it."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from babel.dates import get_day_names
from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app import mail
from app.access import asker, may, me
from app.config import timezone
from app.db import transaction
from app.errors import NotFound
from app.notifications import actions, mailing, queries
from app.notifications.kinds import shown_to
from app.notifications.queries import Entry
from app.notifications.rules import USUAL, WAYS
from app.notifications.schemas import BIGGEST, InboxQuery, ReadForm, SettingsForm, StopForm, settings_in
from app.outbox import settle
from app.people.queries import get_person
from app.web import body, done, now, query, render, swaps

pages = Blueprint("notifications", __name__)
NO_SUCH = _l("This is not in your inbox.")
NO_LINK = _l("This link does not work. You can choose what you get at Settings, once you are signed in.")


@pages.get("/inbox")
@may("person")
def inbox() -> ResponseReturnValue:
    asked = query(InboxQuery())
    return render("notifications/inbox.html", "notifications/_list.html", **_list(**asked))


def _list(*, show: str, page: int = 1) -> dict[str, Any]:
    entries, more = queries.page(me(), game=asker().game, unread=show == "unread", number=page)
    return {
        "days": _by_day(entries),
        "show": show,
        "number": page,
        "more": more,
        "newest": max((entry.line.id for entry in entries), default=0),
        "without_name": queries.applied_without_name(me(), now()) if page == 1 else (),
    }


def _by_day(entries: Sequence[Entry]) -> list[tuple[Any, list[Entry]]]:
    """By the day of the organisation."""
    days = groupby(entries, lambda entry: entry.line.at.astimezone(timezone()).date())
    return [(day, list(these)) for day, these in days]


@pages.get("/inbox/bell")
@may("person")
def bell() -> ResponseReturnValue:
    """For a swap; a visit of its own goes to the inbox."""
    here = "inbox" if request.args.get("here") else ""
    return done("notifications/_bells.html", url_for(".inbox"), current=here)


@pages.post("/inbox/read")
@may("person")
def read_all() -> ResponseReturnValue:
    form = body(ReadForm())
    with transaction():
        actions.read_all(me(), until=form["until"], at=now())
        settle(now())
        then = url_for(".inbox", show=form["show"] if form["show"] != "all" else None)
        return done("notifications/_list.html", then, all_read=True, **_list(show=form["show"]))


@pages.get(f"/inbox/<int(max={BIGGEST}):notification_id>")
@may("person")
def go(notification_id: int) -> ResponseReturnValue:
    """To what it is about; that it was read is only said to its own reader, so no form is needed."""
    entry = queries.one(me(), notification_id, game=asker().game)
    if entry is None:
        raise NotFound(NO_SUCH)
    if entry.unread and request.method == "GET":
        with transaction():
            actions.read(me(), [notification_id], at=now())
            settle(now())
    return redirect(entry.href or url_for(".inbox", gone=1), code=303)


# How one wants to be told -----------------------------------------------------------------------------------


@pages.get("/me/notifications")
@may("person")
def choices() -> ResponseReturnValue:
    return render("notifications/choices.html", "notifications/_choices.html", **_choices())


def _choices(**more: Any) -> dict[str, Any]:
    return {
        "kinds": shown_to(game=asker().game),
        "ways": queries.ways_of(me()),
        "when": queries.settings_of([me()])[me()],
        "usual": USUAL,
        "all_ways": WAYS,
        "mail_on": mail.is_on(),
        "address": get_person(me()).email,
        "days": get_day_names(locale=str(get_locale())).items(),
        "saved": "saved" in request.args,
        "typed": {},
        "wrong": {},
        **more,
    }


@pages.post("/me/notifications")
@may("person")
def choose() -> ResponseReturnValue:
    """By the button, or by itself at each change: then only a word comes back, and what one does is not disturbed."""
    try:
        to, ways = settings_in(body(_form()))
    except ValidationError as no:
        said = {
            "quiet_from": _("Give both times, such as 20:00 and 07:00, or neither."),
            "quiet_until": _("Give both times, such as 20:00 and 07:00, or neither."),
        }
        wrong = {name: said.get(name, _("Choose one of these.")) for name in no.messages_dict}
        typed = {name: request.form.get(name, "")[:5] for name in ("quiet_from", "quiet_until")}
        context = _choices(wrong=wrong, typed=typed)
        answer = render("notifications/choices.html", "notifications/_choices.html", **context)
        answer.status_code = 422
        if swaps():
            answer.headers.update({"HX-Retarget": "#choices", "HX-Reswap": "outerHTML"})
        return answer
    with transaction():
        if _half():
            stood = queries.settings_of([me()])[me()]
            to = replace(to, quiet_from=stood.quiet_from, quiet_until=stood.quiet_until)
        actions.choose(me(), to=to, ways=ways, at=now())
        settle(now())
        then = url_for(".choices", saved=1)
        return done("notifications/_chosen.html", then, half=_half())


def _form() -> SettingsForm:
    """While one is filling in quiet hours, the first of the two waits for the other, and the rest is kept."""
    return SettingsForm(exclude=("quiet_from", "quiet_until")) if _half() else SettingsForm()


def _half() -> bool:
    """One of the two times stands there, and the form was sent by itself."""
    sent = request.form
    return (
        swaps() and not sent.get("save") and bool(sent.get("quiet_from")) is not bool(sent.get("quiet_until"))
    )


# The link in a mail -----------------------------------------------------------------------------------------


@pages.get("/mail/stop/<token>")
@may("anybody")
def stopping(token: str) -> ResponseReturnValue:
    """Nothing is changed by looking: whoever checks mail for bad links looks too."""
    return _stop(token, stopped=False)


@pages.post("/mail/stop/<token>")
@may("anybody", by_address=True)
def stop(token: str) -> ResponseReturnValue:
    """One click, by the mail program or on the page (RFC 8058); twice is once."""
    person_id, way = _read(token)
    everything = body(StopForm())["everything"]
    with transaction():
        actions.stop(person_id, way="all" if everything else way, at=now())
        settle(now())
        return _stop(token, stopped=True)


def _stop(token: str, *, stopped: bool) -> Response:
    _person_id, way = _read(token)
    return render("notifications/stop.html", token=token, way=way, stopped=stopped)


def _read(token: str) -> tuple[int, str]:
    found = mailing.read_stop_token(token)
    if found is None:
        raise NotFound(NO_LINK)
    return found
