"""When somebody is away: entered by themselves, or by HR for whom they serve, one by one or as a file."""

from datetime import date
from io import BytesIO
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from app.access import may, me
from app.audit.actions import look, look_at_all
from app.config import timezone
from app.db import transaction
from app.errors import NotFound, Refused
from app.outbox import settle
from app.people import pauses, standins
from app.people.meant import meant
from app.people.pauses import WRONG, Away
from app.people.schemas import AwayOfForm, AwayOwnForm, PageQuery
from app.tables import day_of, open_table
from app.web import body, done, now, query, render, wrong_with

pages = Blueprint("pauses", __name__)
BIGGEST = 2**63 - 1
WHAT = "pause:person"
ALSO = {"personeelsnummer": "external_id", "van": "since", "tot_en_met": "until"}
NO_FILE = WRONG["file"]


def today() -> date:
    return now().astimezone(timezone()).date()


@pages.get("/me/pauses")
@may("person")
def mine() -> ResponseReturnValue:
    return _mine()


def _mine(no: ValidationError | Refused | None = None) -> Response:
    context: dict[str, Any] = {
        "rows": pauses.of(me(), today()),
        "stand_in": standins.of(me(), today()),
        "today": today(),
        "typed": request.form if no else {},
    }
    answer = render("people/away.html", **context, **wrong_with(no, WRONG))
    return _status(answer, no)


@pages.post("/me/pauses")
@may("person")
def enter() -> ResponseReturnValue:
    try:
        form = body(AwayOwnForm())
        deputy = meant(form["deputy"], field="deputy", but=me())
        with transaction():
            enter_own(form["since"], form["until"], deputy.id if deputy else None)
            settle(now())
        return done("people/_away_kept.html", url_for(".mine", kept=1))
    except (ValidationError, Refused) as no:
        return _mine(no)


def enter_own(since: date, until: date, deputy_id: int | None) -> None:
    """One's own days, and who stands in meanwhile, if somebody does."""
    pauses.enter_one(Away(me(), since, until), by=me(), today=today(), at=now())
    if deputy_id is not None:
        standins.name(person_id=me(), deputy_id=deputy_id, since=since, until=until, today=today(), at=now())


@pages.post(f"/me/pauses/<int(max={BIGGEST}):pause_id>/removal")
@may("person")
def remove(pause_id: int) -> ResponseReturnValue:
    with transaction():
        pauses.remove(pause_id, person_id=me(), by=me(), at=now())
        settle(now())
    return done("people/_away_kept.html", url_for(".mine", kept=1))


# HR, for whom they serve ----------------------------------------------------------------------------------------


@pages.get("/hr/pauses")
@may("hr")
def everybody() -> ResponseReturnValue:
    return _everybody()


def _everybody(no: ValidationError | Refused | None = None, **more: Any) -> Response:
    asked = query(PageQuery())
    rows, further = pauses.for_hr(me(), today(), page=asked["page"])
    look_at_all(viewer_id=me(), person_ids={row.person_id for row in rows}, what=WHAT, at=now())
    answer = render(
        "people/away_all.html", rows=rows, further=further, number=asked["page"], today=today(),
        typed=request.form if no else {}, **more, **wrong_with(no, WRONG),
    )  # fmt: skip
    return _status(answer, no)


@pages.post("/hr/pauses")
@may("hr")
def enter_for() -> ResponseReturnValue:
    try:
        form = body(AwayOfForm())
        found = meant(form["who"], field="who", but=me())
        if found is None or not within([found.id]):
            raise Refused(WRONG["person"], fields={"who": WRONG["person"]})
        with transaction():
            item = Away(found.id, form["since"], form["until"])
            pauses.enter_one(item, by=me(), today=today(), at=now())
            settle(now())
        return done("people/_away_kept.html", url_for(".everybody", kept=1))
    except (ValidationError, Refused) as no:
        return _everybody(no)


def within(person_ids: list[int]) -> set[int]:
    """Those whom this HR serves, never themselves; a try at others leaves a look that was refused."""
    served = pauses.served(me(), person_ids) - {me()}
    refused = pauses.here(person_ids) - served - {me()}
    look_at_all(viewer_id=me(), person_ids=refused, what=WHAT, allowed=False, at=now())
    return served


@pages.post(f"/hr/pauses/<int(max={BIGGEST}):pause_id>/removal")
@may("hr")
def remove_for(pause_id: int) -> ResponseReturnValue:
    remove_of(pause_id)
    return done("people/_away_kept.html", url_for(".everybody", kept=1))


def remove_of(pause_id: int) -> None:
    holder = pauses.holder_for_hr(me(), pause_id)
    if holder is None:
        other = pauses.holder(pause_id)
        if other is not None:
            look(viewer_id=me(), person_id=other, what=WHAT, allowed=False, at=now())
        raise NotFound(pauses.NOT_THERE)
    with transaction():
        pauses.remove(pause_id, person_id=holder, by=me(), at=now())
        settle(now())


@pages.post("/hr/pauses/file")
@may("hr")
def bring_in() -> ResponseReturnValue:
    """CSV or Excel: external_id, since, until. What fits is taken; each other row is told with its reason."""
    sent = request.files.get("file")
    content = sent.read() if sent is not None else b""
    try:
        if not content:
            raise Refused(NO_FILE, fields={"file": NO_FILE})
        lines, refused = _read(content)
        with transaction():
            told = pauses.enter([one for _line, one in lines], by=me(), today=today(), at=now())
            settle(now())
        refused += [(lines[place][0], WRONG[code]) for place, code in told.items()]
        return _everybody(taken=len(lines) - len(told), refused=sorted(refused, key=lambda one: one[0]))
    except Refused as no:
        return _everybody(no)


def _read(content: bytes) -> tuple[list[tuple[int, Away]], list[tuple[int, object]]]:
    """The rows that say somebody within reach and two days, and why the others do not."""
    found: list[tuple[int, str, str, str]] = []
    refused: list[tuple[int, object]] = []
    with open_table(BytesIO(content)) as table:
        names = [ALSO.get(one.strip().lower().replace(" ", "_"), one.strip().lower()) for one in table.header]
        if {"external_id", "since", "until"} - set(names):
            raise Refused(WRONG["columns"], fields={"file": WRONG["columns"]})
        at = [names.index(one) for one in ("external_id", "since", "until")]
        for line, cells, trouble in table.rows():
            if len(found) + len(refused) >= pauses.MOST:
                raise Refused(_("That is more than %(most)s rows. Send them in parts.", most=pauses.MOST))
            if trouble is not None or max(at) >= len(cells):
                refused.append((line, trouble or WRONG["day"]))
                continue
            number, since, until = (cells[one].strip() for one in at)
            found.append((line, number, since, until))
    known = pauses.by_number([number for _line, number, _since, _until in found])
    served = within(list(known.values()))
    lines = []
    for line, number, since, until in found:
        days = day_of(since), day_of(until)
        person = known.get(number)
        if person not in served:
            refused.append((line, WRONG["person"]))
        elif days[0] is None or days[1] is None:
            refused.append((line, WRONG["day"]))
        else:
            lines.append((line, Away(person or 0, days[0], days[1])))
    return lines, refused


def _status(answer: Response, no: ValidationError | Refused | None) -> Response:
    if no is not None:
        answer.status_code = no.status if isinstance(no, Refused) else 422
    return answer
