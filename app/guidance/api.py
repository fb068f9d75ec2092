"""Learning from each other, in JSON."""

from typing import Any

from flask_smorest import Blueprint

from app.access import asker, may, me
from app.config import settings, timezone
from app.db import transaction
from app.guidance import actions, ending, meetings, pairs, queries, rules
from app.guidance import schemas as s
from app.outbox import settle
from app.web import now

api = Blueprint(
    "guidance_api", __name__, url_prefix="/api/v1", description="Colleagues who learn from each other"
)
ONE = f"/guidance/<int(max={s.BIGGEST}):guidance_id>"
PROGRAMME = f"/mentoring/<int(max={s.BIGGEST}):programme_id>"


# Who can help -----------------------------------------------------------------------------------------------


@api.route("/guidance/offers", methods=["GET"])
@may("person")
@api.arguments(s.OffersQuery, location="query")
@api.response(200, s.OffersOut)
def offers(asked: dict[str, Any]) -> dict[str, Any]:
    """Colleagues who can help: nearest first, the others in another order every day."""
    rows, more = queries.offers(me(), now(), **asked)
    return {"offers": [_offer(row) for row in rows], "next": asked["page"] + 1 if more else None}


@api.route("/guidance/offer", methods=["GET"])
@may("person")
@api.response(200, s.OwnOfferOut)
def my_offer() -> dict[str, Any]:
    """What you said that you can help with."""
    return _own()


@api.route("/guidance/offer", methods=["PUT"])
@may("person")
@api.arguments(s.OfferIn)
@api.response(200, s.OwnOfferOut)
def help_with(form: dict[str, Any]) -> dict[str, Any]:
    """Say what you can help with, or close it."""
    with transaction():
        actions.help_with({me(): actions.Offer(**form)}, at=now())
        settle(now())
        return _own()


def _own() -> dict[str, Any]:
    row = queries.offer_of(me(), seen_by=me())
    return {"offer": _offer(row) if row is not None else None}


def _offer(row: Any) -> dict[str, Any]:
    person = {"id": row.person_id, "name": row.name}
    return {**row._mapping, "person": person, "has_room": row.open and row.taken < row.guests}


# Two who learn from each other ------------------------------------------------------------------------------


@api.route("/guidance", methods=["GET"])
@may("person")
@api.response(200, s.GuidancesOut)
def mine() -> dict[str, Any]:
    """Your own, as who learns and as who guides; and what waits for you."""
    return _mine()


def _mine() -> dict[str, Any]:
    asked, to_confirm = queries.waiting_for(me())
    return {
        "guidance": [_told(row) for row in queries.mine(me())],
        "shared": [_told(row) for row in queries.shared_with(me())],
        "asked": asked,
        "to_confirm": to_confirm,
    }


@api.route("/guidance/meetings/decisions", methods=["POST"])
@may("person")
@api.arguments(s.WordsIn)
@api.response(200, s.GuidancesOut)
@api.alt_response(404, description="one of them is not there, or not for you")
@api.alt_response(409, description="one of them was decided in the meantime")
def decide_many(form: dict[str, Any]) -> dict[str, Any]:
    """Say the same of many meetings: all of it, or none."""
    words = [meetings.Word(by=me(), **one) for one in form["meetings"]]
    with transaction():
        meetings.decide(words, decision=form["decision"], at=now())
        settle(now())
        return _mine()


@api.route("/guidance", methods=["POST"])
@may("person")
@api.arguments(s.GuidanceIn)
@api.response(201, s.GuidanceOut)
@api.alt_response(409, description="the two of you have this already")
def propose(form: dict[str, Any]) -> dict[str, Any]:
    """Ask a colleague to guide you, or offer to guide them."""
    form["skills"] = tuple(form["skills"])
    with transaction():
        (made,) = actions.propose([rules.NewGuidance(by_id=me(), **form)], at=now())
        settle(now())
        return _one(made)


@api.route(ONE, methods=["GET"])
@may("person")
@api.response(200, s.GuidanceOut)
@api.alt_response(404, description="is not there, or not for you")
def one(guidance_id: int) -> dict[str, Any]:
    """One of your own, or one that somebody of your team shares with you."""
    return _one(guidance_id)


@api.route(f"{ONE}/answer", methods=["POST"])
@may("person")
@api.arguments(s.AnswerIn)
@api.response(200, s.GuidanceOut)
@api.alt_response(404, description="is not there, or not for you")
@api.alt_response(409, description="it was answered in the meantime")
def answer(form: dict[str, Any], guidance_id: int) -> dict[str, Any]:
    """Say yes or no; or withdraw what you asked or offered."""
    with transaction():
        actions.respond([actions.Answer(guidance_id=guidance_id, by=me(), **form)], at=now())
        settle(now())
        return _one(guidance_id)


@api.route(f"{ONE}/plan", methods=["PUT"])
@may("person")
@api.arguments(s.PlanIn)
@api.response(200, s.GuidanceOut)
@api.alt_response(404, description="is not there, or not for you")
def plan(form: dict[str, Any], guidance_id: int) -> dict[str, Any]:
    """Set from when to when, and of a rotation where."""
    with transaction():
        since, until = form["planned_from"], form["planned_to"]
        told = {"since": since, "until": until, "host_id": form["host_id"]}
        actions.plan([actions.Plan(guidance_id=guidance_id, by=me(), **told)])
        settle(now())
        return _one(guidance_id)


@api.route(f"{ONE}/sharing", methods=["PUT"])
@may("person")
@api.arguments(s.ShareIn)
@api.response(200, s.GuidanceOut)
@api.alt_response(404, description="is not there, or you are not who learns")
def let_manager_see(form: dict[str, Any], guidance_id: int) -> dict[str, Any]:
    """Let your manager see that it is there, or not any more."""
    with transaction():
        actions.let_manager_see({(guidance_id, me()): form["shared"]})
        settle(now())
        return _one(guidance_id)


@api.route(f"{ONE}/end", methods=["POST"])
@may("person")
@api.arguments(s.EndIn)
@api.response(200, s.GuidanceOut)
@api.alt_response(404, description="is not there, or not for you")
@api.alt_response(409, description="it ended in the meantime")
def end(form: dict[str, Any], guidance_id: int) -> dict[str, Any]:
    """Say that it is finished, that it is not yet, or step out."""
    with transaction():
        ending.close([(guidance_id, me())], at=now(), **form)
        settle(now())
        return _one(guidance_id)


@api.route(f"{ONE}/meetings", methods=["POST"])
@may("person")
@api.arguments(s.MeetingIn)
@api.response(201, s.GuidanceOut)
@api.alt_response(404, description="is not there, or not for you")
def record(form: dict[str, Any], guidance_id: int) -> dict[str, Any]:
    """Tell that you met; the other of you confirms it. When they told the very same, that confirms it."""
    with transaction():
        meetings.record([meetings.Met(guidance_id=guidance_id, by=me(), **form)], at=now())
        settle(now())
        return _one(guidance_id)


@api.route(f"{ONE}/meetings/<int(max={s.BIGGEST}):meeting_id>/decision", methods=["POST"])
@may("person")
@api.arguments(s.DecisionIn)
@api.response(200, s.GuidanceOut)
@api.alt_response(404, description="is not there, or not for you")
@api.alt_response(409, description="it was decided in the meantime")
def decide(form: dict[str, Any], guidance_id: int, meeting_id: int) -> dict[str, Any]:
    """Confirm what the other recorded, say that it was otherwise, or take back."""
    with transaction():
        word = meetings.Word(guidance_id=guidance_id, meeting_id=meeting_id, by=me())
        meetings.decide([word], at=now(), **form)
        settle(now())
        return _one(guidance_id)


def _one(guidance_id: int) -> dict[str, Any]:
    row = queries.one(guidance_id, seen_by=me())
    told = _told(row)
    if me() in (row.guide_id, row.learner_id):
        told["meetings"] = [one._mapping for one in queries.meetings(guidance_id)]
    return told


def _told(row: Any) -> dict[str, Any]:
    inside = me() in (row.guide_id, row.learner_id)
    told = {**row._mapping, "meetings": None}
    told["guide"] = {"id": row.guide_id, "name": row.guide}
    told["learner"] = {"id": row.learner_id, "name": row.learner}
    return told if inside else {**told, "purpose": None, "words": None}


# Mentor programmes ------------------------------------------------------------------------------------------


@api.route("/mentoring", methods=["GET"])
@may("person")
@api.response(200, s.ProgrammesOut)
def programmes() -> dict[str, Any]:
    """Programmes that are open or that you take part in, and your pairs."""
    rows = queries.programmes(me(), _today())
    own = [_pair(row, own=True) for row in queries.pairs_of(me())]
    return {"programmes": [row._mapping for row in rows], "pairs": own}


@api.route(f"{PROGRAMME}/place", methods=["PUT"])
@may("person")
@api.arguments(s.PlaceIn)
@api.response(200, s.ProgrammeOut)
@api.alt_response(404, description="no such programme")
def take_part(form: dict[str, Any], programme_id: int) -> Any:
    """Take part as mentor, or to find one."""
    with transaction():
        pairs.take_part([pairs.Place(programme_id=programme_id, person_id=me(), **form)], at=now())
        settle(now())
        return queries.programme(programme_id, person_id=me())._mapping


@api.route(f"{PROGRAMME}/place", methods=["DELETE"])
@may("person")
@api.response(204)
@api.alt_response(404, description="no such programme")
def leave(programme_id: int) -> None:
    """Not take part any more."""
    with transaction():
        pairs.leave([(programme_id, me())], at=now())
        settle(now())


@api.route(f"/mentoring/pairs/<int(max={s.BIGGEST}):pair_id>/answer", methods=["POST"])
@may("person")
@api.arguments(s.PairAnswerIn)
@api.response(200, s.PairOut)
@api.alt_response(404, description="is not there, or not for you")
def say(form: dict[str, Any], pair_id: int) -> dict[str, Any]:
    """Say yes to a pair, or no and step out, without a reason."""
    with transaction():
        said = pairs.Answer(pair_id=pair_id, person_id=me(), yes=form["answer"] == "yes")
        pairs.say([said], at=now())
        settle(now())
        return _pair(queries.pair(pair_id, person_id=me()), own=True)


@api.route("/mentoring", methods=["POST"])
@may("learning")
@api.arguments(s.ProgrammeIn)
@api.response(201, s.ProgrammeOut)
def make(form: dict[str, Any]) -> Any:
    """Make a mentor programme."""
    form.pop("version")
    with transaction():
        (made,) = pairs.make([pairs.Programme(**form)], by=me(), at=now())
        settle(now())
        return queries.programme(made, person_id=me())._mapping


@api.route(PROGRAMME, methods=["GET"])
@may("learning")
@api.response(200, s.ProgressOut)
@api.alt_response(404, description="no such programme")
def progress(programme_id: int) -> dict[str, Any]:
    """Who takes part and is paired, whom to pair, and numbers from five pairs on."""
    row = queries.programme(programme_id, person_id=me())
    places = queries.places(programme_id)
    mentors = [one for one in places if one.role == "mentor"]
    return {
        "programme": row._mapping,
        "places": [_place(one, mentors, row.most) for one in places],
        "pairs": [_pair(one) for one in queries.pairs(programme_id)],
        "formed": rules.told(queries.formed(programme_id)),
        "months": queries.months(programme_id, settings().timezone),
    }


def _place(one: Any, mentors: Any, most: int) -> dict[str, Any]:
    fits = rules.suggested(one, mentors, most) if one.role == "mentee" and not one.pairs else []
    suggested = [
        {"mentor_id": fit.mentor_id, "skills": sorted(fit.skills), "elsewhere": fit.elsewhere} for fit in fits
    ]
    return {**one._mapping, "person": {"id": one.person_id, "name": one.name}, "suggested": suggested}


@api.route(PROGRAMME, methods=["PUT"])
@may("learning")
@api.arguments(s.ProgrammeIn)
@api.response(200, s.ProgrammeOut)
@api.alt_response(404, description="no such programme")
@api.alt_response(409, description="there is a newer version")
def change(form: dict[str, Any], programme_id: int) -> Any:
    """Change a programme, or close it."""
    version = form.pop("version")
    to = pairs.Programme(**form)
    with transaction():
        pairs.change([pairs.Change(programme_id=programme_id, to=to, version=version)], by=me(), at=now())
        settle(now())
        return queries.programme(programme_id, person_id=me())._mapping


@api.route(f"{PROGRAMME}/pairs/many", methods=["POST"])
@may("learning")
@api.arguments(s.PairsIn)
@api.response(201, s.PairsOut)
@api.alt_response(404, description="no such programme")
@api.alt_response(409, description="somebody is proposed or paired already")
def pair_many(form: dict[str, Any], programme_id: int) -> dict[str, Any]:
    """Propose many pairs, all of them or none; each of them is asked."""
    new = [pairs.NewPair(programme_id=programme_id, **one) for one in form["pairs"]]
    with transaction():
        made = pairs.propose(new, by=me(), at=now())
        settle(now())
        rows = queries.pairs_by_id(made)
        return {"pairs": [_pair(rows[id]) for id in made]}


@api.route("/mentoring/kept", methods=["GET"])
@may("learning")
@api.response(200, s.KeptProgrammesOut)
def kept() -> dict[str, Any]:
    """Every mentor programme, closed ones too, for who keeps them."""
    rows = queries.programmes(me(), _today(), all_of_them=True)
    return {"programmes": [row._mapping for row in rows]}


@api.route(f"{PROGRAMME}/pairs", methods=["POST"])
@may("learning")
@api.arguments(s.PairIn)
@api.response(201, s.PairOut)
@api.alt_response(404, description="no such programme")
@api.alt_response(409, description="somebody is proposed or paired already")
def pair(form: dict[str, Any], programme_id: int) -> dict[str, Any]:
    """Propose a pair; each of the two is asked."""
    with transaction():
        (made,) = pairs.propose([pairs.NewPair(programme_id=programme_id, **form)], by=me(), at=now())
        settle(now())
        return _pair(queries.pair(made))


@api.route(f"/mentoring/pairs/<int(max={s.BIGGEST}):pair_id>", methods=["DELETE"])
@may("learning")
@api.response(204)
@api.alt_response(404, description="no such pair")
@api.alt_response(409, description="it is no proposal any more")
def take_back(pair_id: int) -> None:
    """Take a proposal back."""
    with transaction():
        pairs.take_back([pair_id], by=asker().person_id, at=now())
        settle(now())


def _pair(row: Any, *, own: bool = False) -> dict[str, Any]:
    mentor, mentee = (
        {"id": row.mentor_id, "name": row.mentor},
        {"id": row.mentee_id, "name": row.mentee},
    )
    guidance_id = row.guidance_id if own else None
    return {**row._mapping, "mentor": mentor, "mentee": mentee, "guidance_id": guidance_id}


def _today() -> Any:
    return now().astimezone(timezone()).date()
