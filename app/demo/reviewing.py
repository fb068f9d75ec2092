"""Reviews at Waterveld in four stages: gathering, with the panel, being decided, decided."""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import text

from app.careers import queries as careers
from app.config import timezone
from app.db import db, transaction
from app.demo.company import read
from app.outbox import settle
from app.reviews import actions, after, deciding, panel, rounds
from app.reviews.actions import NewEvidence
from app.reviews.rules import counts

# In reviews.json, `of` is the place of a criterion; `pieces` of what fits each criterion are released. `says` has what
# each member says of each criterion, or one verdict for all of them.
SHORT = "Dit laat Brigitte elke week zien."
_VERSION = text("SELECT version FROM review WHERE id = :review")


def review(ids: Mapping[str, int], now: datetime) -> int:
    """All of them, for whom works in this Waterveld; returns how many."""
    told = [one for one in read("reviews.json") if one["who"] in ids]
    made = sum(_review(one, ids, now) for one in told)
    _object(ids, now)
    _round(ids, now)
    return made


def _review(one: Mapping[str, Any], ids: Mapping[str, int], now: datetime) -> bool:
    job, holder = careers.job(one["job"]), ids[one["who"]]
    asked = now - timedelta(days=one["days"])
    new = actions.NewReview(person_id=holder, job_id=job.id, asked_by=ids.get(one.get("by", ""), holder))
    made: list[uuid.UUID] = []
    _do(lambda at: made.extend(actions.start([new], at=at)), asked)
    _gather(made[0], holder, one, ids, now)
    names = [name for name in one.get("panel", []) if name in ids]
    if names:
        _seat(made[0], names, one["decider"], ids, asked + timedelta(days=2))
        _do(lambda at: actions.complete(made[0], by=holder, at=at), now - timedelta(days=one["complete"]))
        _judge(made[0], one, names, ids, now)
    return True


def _do(act: Callable[[datetime], object], at: datetime) -> None:
    with transaction():
        act(at)
        settle(at)


def _gather(
    review_id: uuid.UUID, holder: int, one: Mapping[str, Any], ids: Mapping[str, int], now: datetime
) -> None:
    """What they hold, documents, words, what colleagues saw, and what HR proposes."""
    with transaction():
        criteria_id = db.session.scalar(
            text("SELECT criteria_id FROM review WHERE id = :id"), {"id": review_id}
        )
        own = careers.what_i_have(holder, criteria_id or 0)
    at = now - timedelta(days=one.get("complete", 0), hours=30)
    items = [
        NewEvidence(criterion_id=had.criterion.id, thing=f"{piece.kind}:{piece.ref}")
        for place, had in enumerate(own)
        if place in one.get("only", range(len(own)))
        for piece in [had_then for had_then in had.pieces if had_then.at <= at][: one["pieces"]]
    ]
    items += [
        NewEvidence(
            criterion_id=own[said["of"]].criterion.id, **{k: said[k] for k in ("title", "link", "text")}
        )
        for said in one.get("documents", [])
        if counts(own[said["of"]].criterion.evidence, "document")
    ]
    _do(lambda at: actions.release(review_id, items, by=holder, at=at), at)
    for said in one.get("observations", []):
        _observe(review_id, holder, own[said["of"]].criterion, said, ids, now)
    words, file = one.get("words") or one.get("draft", ""), "words" in one
    if words:
        _do(lambda at: actions.write_words(review_id, words, file=file, by=holder, at=at), at)
    for said in one.get("proposals", []):
        new = actions.NewProposal(
            criterion_id=own[said["of"]].criterion.id, kind=said["kind"], slug=said["slug"]
        )
        _do(partial(_propose, review_id, new, ids[said["by"]]), now)


_USABLE = text("""
    UPDATE award SET in_review = true
    WHERE person_id = (SELECT person_id FROM review WHERE id = :review)
      AND achievement_id = (SELECT id FROM achievement WHERE slug = :slug)
""")


def _propose(review_id: uuid.UUID, new: actions.NewProposal, by: int, at: datetime) -> None:
    """Of a badge that its holder lets be used in their review; others would not reach them."""
    db.session.execute(_USABLE, {"review": review_id, "slug": new.slug})
    actions.propose(review_id, [new], by=by, at=at)


def _observe(
    review_id: uuid.UUID,
    holder: int,
    criterion: Any,
    said: Mapping[str, Any],
    ids: Mapping[str, int],
    now: datetime,
) -> None:
    """Asked, and where it was answered released by who asked, unless they still think about it."""
    if said["by"] not in ids or not counts(criterion.evidence, "observation"):
        return
    observer, at = ids[said["by"]], now - timedelta(days=said["days"])
    with transaction():
        (made,) = actions.ask_colleagues(
            review_id, criterion_id=criterion.id, observer_ids=[observer], question=said["question"], by=holder,
            at=at,
        )  # fmt: skip
        settle(at)
    if "words" not in said:
        return
    on, then = (now - timedelta(days=said["seen"])).astimezone(timezone()).date(), at + timedelta(hours=20)
    _do(lambda at: actions.observe(made, said["words"], on=on, file=True, by=observer, at=at), then)
    if not said.get("keep"):
        new = NewEvidence(criterion_id=criterion.id, thing=f"observation:{made}")
        _do(lambda at: actions.release(review_id, [new], by=holder, at=at), then)


def _seat(review_id: uuid.UUID, names: list[str], decider: str, ids: Mapping[str, int], at: datetime) -> None:
    by = ids[decider]
    for name in names:
        _do(partial(_name, review_id, ids[name], "member", by), at)
    _do(partial(_name, review_id, by, "decider", by), at)


def _name(review_id: uuid.UUID, who: int, seat: str, by: int, at: datetime) -> None:
    panel.name_seat(review_id, person_id=who, seat=seat, by=by, at=at)


def _hand_in(review_id: uuid.UUID, said: list[panel.Said], who: int, at: datetime) -> None:
    panel.assess(review_id, said, person_id=who, hand_in=True, at=at)


def _judge(
    review_id: uuid.UUID, one: Mapping[str, Any], names: list[str], ids: Mapping[str, int], now: datetime
) -> None:
    """What each member says; who says nothing yet has it still before them. Then, where it is told, the decision."""
    with transaction():
        told = {"id": review_id}
        rows = db.session.scalars(
            text(
                "SELECT c.id FROM criterion c JOIN review r USING (criteria_id) WHERE r.id = :id ORDER BY c.position"
            ),
            told,
        )
        criteria = list(rows)
    for place, name in enumerate(names):
        says = one["says"].get(name)
        if says is None or (says == "handed in" and not criteria):
            continue
        verdicts = (
            says if isinstance(says, list) else [["met", SHORT if says == "met" else "Goed voorbereid."]] * 99
        )
        said = [
            panel.Said(criterion_id=id, verdict=verdict, words=words)
            for id, (verdict, words) in zip(criteria, verdicts, strict=False)
        ]
        at = now - timedelta(days=one["complete"]) + timedelta(days=1 + place, hours=3)
        _do(partial(_hand_in, review_id, said, ids[name]), min(at, now))
    if "decision" in one:
        outcome, why = one["decision"]
        at = now - timedelta(days=4)
        first = (at + timedelta(days=20)).date().replace(day=1)
        said_so = deciding.Decision(outcome=outcome, words=why, from_on=first)
        with transaction():
            read_version = db.session.scalar(_VERSION, {"review": review_id}) or 0
        by = ids[one["decider"]]
        _do(lambda at: deciding.sign(review_id, said_so, person_id=by, version=read_version, at=at), at)


# After the decision, and a round ----------------------------------------------------------------------------------

_RELEASED = text("SELECT id FROM review WHERE person_id = :holder AND stage = 'released'")
OBJECTION = "Ik ben blij met het besluit. Maar ik doe dit werk al sinds mei, en zou graag zien dat het vanaf dan geldt."
WAITS = ("Brigitte de Wit", "Tom Okafor", "Sanne Bakker")
# Nobody who can be invited to it: whoever takes part leaves their seats about the others.
SEATS = (("Mustafa Kılıç", "member"), ("Anouk Verhoeven", "member"), ("Marleen Kuipers", "decider"))


def _object(ids: Mapping[str, int], now: datetime) -> None:
    """Brigitte objects to a day, and Tom, who had no part in it, is to answer."""
    if not set(WAITS) <= ids.keys():
        return
    holder, handler, hr = (ids[name] for name in WAITS)
    with transaction():
        found = db.session.scalar(_RELEASED, {"holder": holder})
    if found is None:
        return
    _do(lambda at: after.file_objection(found, OBJECTION, person_id=holder, at=at), now - timedelta(days=2))
    _do(lambda at: after.name_handler(found, person_id=handler, by=hr, at=at), now - timedelta(days=1))


def _round(ids: Mapping[str, int], now: datetime) -> None:
    """A round to which people are invited, and which nobody has begun yet."""
    if "Sanne Bakker" not in ids:
        return
    day = now.astimezone(timezone()).date()
    said = rounds.NewRound(
        name={"nl": "Voorjaarsronde klantenservice", "en": "Spring round of customer service"},
        jobs=[careers.job("senior-customer-adviser").id],
        evidence_due=day + timedelta(days=30),
        panel_due=day + timedelta(days=51),
        decide_due=day + timedelta(days=72),
        release_on=day + timedelta(days=79),
    )
    made: list[int] = []
    _do(lambda at: made.append(rounds.open_round(said, by=ids["Sanne Bakker"], reach=None, at=at)), now)
    for name, seat in SEATS:
        if name in ids:
            _do(lambda at, w=ids[name], s=seat: rounds.name_seat(made[0], person_id=w, seat=s, at=at), now)  # type: ignore[misc]
    _do(lambda at: rounds.invite(made[0], at=at), now)
