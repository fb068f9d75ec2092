"""What was recognised at Waterveld, and who is put forward for what is to come: by the actions of real use."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.db import db, transaction
from app.outbox import settle
from app.recognitions import actions, nominating, queries
from app.recognitions.actions import NewRecognition
from app.recognitions.nominating import NewNomination, NewOccasion

HR, BADGE = "Sanne Bakker", "learning-day"
JURY = ("Femke Dijkstra", "Latifa Amrani", "Theo Verbeek")
# Days ago, giver, receivers or the name of a team, title, citation, occasion, skill.
GIVEN: tuple[tuple[int, str, tuple[str, ...] | str, str, str, str, str], ...] = (
    (141, "Yvonne Maas", ("Musa Demir",), "Eerst bellen, dan graven",
     "In de nacht van de grote lekkage belde jij eerst de bewoners die water nodig hadden voor hun dialyse, en pas "
     "daarna de graver. Niemand zat zonder. Wat je toen deed, staat nu op de kaart die in elke storingswagen ligt.",
     "Nacht van de lekkage", "customer"),
    (62, HR, "Zuivering Hoogland", "Een heel jaar hardop leren",
     "Een jaar lang hebben jullie elke bijna-fout besproken, zonder naar een schuldige te zoeken. Drie andere "
     "locaties werken nu met jullie vragenlijst. Zo wordt een fout van één ploeg een les voor iedereen.",
     "Jaarbijeenkomst", "safety"),
)  # fmt: skip
# Nominator, nominee, why. The jury chose the first; the others are still being read.
PUT_FORWARD = (
    ("Noor Hendriks", "Fatma Yıldız",
     "Ze legde de nieuwe meter niet uit, ze liet ons hem zelf uit elkaar halen. Sindsdien durven we."),
    ("Joost van der Meer", "Fatma Yıldız", "Ze vroeg de leerling-monteur wat hij zag, en nam het over in het plan."),
    ("Samir El Amrani", "Kees Brouwer", "Hij vertelde op de leerdag over zijn eigen misser met de afsluiter. Dat deed "
     "niemand hem ooit voor."),
    ("Latifa Amrani", "Noor Hendriks", "Noor hield het logboek van de proef bij, zodat ook Productie ervan leerde."),
)  # fmt: skip
CHOSEN = (
    "Zij liet ons zelf kijken",
    "Op de leerdag zette Fatma geen beamer aan maar een werkbank neer. Iedereen haalde een meter uit elkaar en zette "
    "hem weer in elkaar, ook wie dat nooit had gedaan. Wie iets brak, mocht vertellen hoe. Nog weken later hoorde je "
    "in de kantine: ‘Vraag het aan Fatma, die laat het je zelf vinden.’",
)
LEARNING_DAY, TO_COME = "Leerdag", "Veiligheidsweek"
_TEAM = text("SELECT id FROM unit WHERE kind = 'team' AND name = :name")
_SKILL = text("SELECT id FROM skill WHERE slug = :slug")


def recognise(ids: Mapping[str, int], now: datetime) -> int:
    """Half a year of it; called again nothing is given twice."""
    for number, given in enumerate(GIVEN):
        _give(ids, given, f"demo-{number}", now)
    _learning_day(ids, now)
    if HR in ids:
        today = queries.day_of(now)
        with transaction():
            nominating.open_occasions(
                [NewOccasion(opened_by=ids[HR], name=TO_COME, lang="nl", opens_on=today - timedelta(days=6),
                             closes_on=today + timedelta(days=15), jury=_known(ids, JURY), once="demo-to-come")],
                at=now - timedelta(days=6),
            )  # fmt: skip
            settle(now)
    return len(GIVEN) + 1


def _give(ids: Mapping[str, int], given: Any, once: str, now: datetime) -> None:
    ago, giver, to, title, citation, occasion, skill = given
    at = now - timedelta(days=ago)
    team = db.session.scalar(_TEAM, {"name": to}) if isinstance(to, str) else None
    receivers = () if isinstance(to, str) else _known(ids, to)
    if giver not in ids or not (team or receivers):
        return
    with transaction():
        item = NewRecognition(
            giver_id=ids[giver], receivers=receivers, unit_id=team, title=title, citation=citation, lang="nl",
            day=queries.day_of(at), occasion=occasion, skill_id=db.session.scalar(_SKILL, {"slug": skill}), once=once,
        )  # fmt: skip
        actions.give_recognitions([item], at=at)
        settle(now)


def _learning_day(ids: Mapping[str, int], now: datetime) -> None:
    """Nominations are closed; the jury gave the first recognition and still reads."""
    wanted = [one for one in PUT_FORWARD if {one[0], one[1]} <= ids.keys()]
    if HR not in ids or not wanted or JURY[0] not in ids:
        return
    at, today = now - timedelta(days=30), queries.day_of(now)
    with transaction():
        (occasion,) = nominating.open_occasions(
            [NewOccasion(opened_by=ids[HR], name=LEARNING_DAY, lang="nl", opens_on=today - timedelta(days=30),
                         closes_on=today - timedelta(days=7), jury=_known(ids, JURY), once="demo-learning-day")],
            at=at,
        )  # fmt: skip
        settle(now)
    for number, (nominator, nominee, reason) in enumerate(wanted):
        with transaction():
            item = NewNomination(nominator_id=ids[nominator], nominee_id=ids[nominee], occasion_id=occasion,
                                 reason=reason, lang="nl", once="demo")  # fmt: skip
            nominating.nominate([item], at=now - timedelta(days=20 - number))
            settle(now)
    with transaction():
        given = NewRecognition(
            giver_id=ids[JURY[0]], receivers=[ids[wanted[0][1]]], title=CHOSEN[0], citation=CHOSEN[1], lang="nl",
            day=today - timedelta(days=10), occasion_id=occasion, badge=BADGE, once="demo-chosen",
        )  # fmt: skip
        actions.give_recognitions([given], at=now - timedelta(days=4))
        settle(now)


def _known(ids: Mapping[str, int], names: tuple[str, ...]) -> list[int]:
    return [ids[name] for name in names if name in ids]
