"""The lessons and thanks of half a year: each text once, by who could have written it. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from io import BytesIO
from math import exp, sin
from random import Random
from typing import Any

from PIL import Image, ImageDraw

from app.demo.company import SEED, Colleague, read
from app.demo.days import DAYS, Apply, Calendar, Share, Thanks

WITH_PICTURE = 3  # the place of a lesson in the file
DRAFT = {
    "outcome": "nearly",
    "title": "Bijna de verkeerde fles meegegeven",
    "happened": "De koerier stond al in de gang. Ik pakte de fles die vooraan stond, en die was van gisteren.",
    "lang": "nl",
}
MOST = 14  # colleagues who apply one lesson
APART = timedelta(days=9)  # between two lessons of one author
OWN_SIDE = 0.6  # of those who apply and thank: from the same department
ALLOWANCE, LEADERS_ALLOWANCE = 8, 26  # a month; the organisation's is a little more
FILLINGS = 3  # times that a text with a place in it is used
VISIBLE = (("everyone", "team", "private"), (65, 20, 15))


# Lessons ----------------------------------------------------------------------------------------------------


def share(calendar: Calendar) -> None:
    """All lessons whose author works here, and who applies them."""
    latest: dict[str, list[date]] = {}
    lessons = read("lessons.json")
    fixed_first = sorted(range(len(lessons)), key=lambda key: ("days_ago" not in lessons[key], key))
    for key in fixed_first:
        lesson = lessons[key]
        author = calendar.here.get(lesson["by"])
        if author is None:
            continue
        dice = Random(f"{SEED} lesson {key}")
        day = _lesson_day(calendar, author, lesson, latest.setdefault(author.name, []), dice)
        latest[author.name].append(day)
        hour = 8 + 9 * dice.random() if day < calendar.today else 14 + 2 * dice.random()
        calendar.days[day].shared.append(Share(key, author.external_id, calendar.at(day, hour)))
        for on, apply in _applied(calendar, key, lesson, author, day, dice):
            calendar.days[on].applied.append(apply)


def _lesson_day(
    calendar: Calendar, author: Colleague, lesson: Any, taken: Sequence[date], dice: Random
) -> date:
    if "days_ago" in lesson:
        return calendar.workday_ago(lesson["days_ago"])
    for day in calendar.work_days(author, dice, 20):
        if all(abs(day - other) >= APART for other in taken) and calendar.ago(1) > day:
            return day
    return calendar.workday_ago(dice.randrange(5, DAYS - 5))


def _applied(
    calendar: Calendar, key: int, lesson: Any, author: Colleague, shared: date, dice: Random
) -> Iterator[tuple[date, Apply]]:
    hows = iter(lesson["how"])
    general = read("thanks.json")["apply"]
    for person, day in _appliers(calendar, lesson, author, shared, dice):
        how = next(hows, "") if person.language == lesson["lang"] or dice.random() < 0.3 else ""
        if not how and dice.random() < 0.45:
            how = dice.choice(general[person.language])
        hour = 9 + 8 * dice.random() if day < calendar.today else 19 + 2 * dice.random()
        yield day, Apply(key, person.external_id, how, calendar.at(day, hour))


def _appliers(
    calendar: Calendar, lesson: Any, author: Colleague, shared: date, dice: Random
) -> Iterator[tuple[Colleague, date]]:
    if "applied_by" in lesson:
        for name, days in lesson["applied_by"].items():
            if name in calendar.here:
                yield calendar.here[name], calendar.ago(days)
        return
    others = [p for p in calendar.here.values() if p.name != author.name and p.name != "Noor Hendriks"]
    if lesson.get("audience") == "team":
        others = [p for p in others if (p.department, p.team) == (author.department, author.team)]
    near = [p for p in others if p.department == author.department]
    wanted = min(MOST, round(dice.lognormvariate(1.35, 0.75)), len(others))
    chosen: dict[str, Colleague] = {}
    for _ in range(wanted):
        person = dice.choice(near if near and dice.random() < OWN_SIDE else others)
        chosen[person.external_id] = person
    for person in chosen.values():
        day = shared + timedelta(days=1 + int(dice.expovariate(1 / 9)))
        while day < calendar.today and calendar.weight(person, day) == 0:
            day += timedelta(days=1)
        if day < calendar.today:
            yield person, day


def pressure() -> bytes:
    """A picture with a lesson: the pressure in a pipe while a valve is shut in four seconds."""
    made = Image.new("RGB", (960, 540), "#f4f8f7")
    draw = ImageDraw.Draw(made)
    for height in range(90, 540, 90):
        draw.line([(60, height), (920, height)], "#d5e0df", 2)
    swing = [(60 + x, 270 - 190 * sin(x / 45) * exp(-x / 260) * (x > 0)) for x in range(0, 700, 4)]
    draw.line([(60, 270), (220, 270), *((x + 160, y) for x, y in swing)], "#005a5e", 7, joint="curve")
    draw.line([(220, 60), (220, 480)], "#d9502f", 3)
    written = BytesIO()
    made.save(written, "PNG")
    return written.getvalue()


# Kudos ------------------------------------------------------------------------------------------------------


class Thanking:
    """Who thanks whom, within what each may give in a month."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.spent: Counter[tuple[str, int, int]] = Counter()
        self.people = list(calendar.here.values())
        self.drawn = [person for person in self.people if person.name != "Noor Hendriks"]

    def give(
        self, giver: Colleague, to: Sequence[Colleague], words: Any, text: str, day: date, dice: Random
    ) -> bool:
        """Thank them, or the team that the words name, if the giver has that many left."""
        month = (giver.external_id, day.year, day.month)
        if not to or self.spent[month] + len(to) > (LEADERS_ALLOWANCE if giver.leads else ALLOWANCE):
            return False
        self.spent[month] += len(to)
        hour = 8 + 10 * dice.random() if day < self.calendar.today else 17 + 5 * dice.random()
        visible = tuple("everyone" if "by" in words else dice.choices(*VISIBLE)[0] for _ in to)
        back = tuple(p.external_id for p in to if dice.random() < 0.55 and day < self.calendar.ago(1))
        ids = tuple(person.external_id for person in to)
        self.calendar.days[day].thanks.append(
            Thanks(
                giver.external_id,
                ids,
                text,
                words["lang"],
                words["skill"],
                self.calendar.at(day, hour),
                visible,
                back,
                words.get("team", ""),
            )
        )
        return True

    def draw(self, words: Any, text: str, dice: Random) -> None:
        """Find somebody who may have earned these words, and somebody who may have said them."""
        able = [p for p in self.drawn if not words["to"] or p.department in words["to"]]
        if words["lang"] == "nl":
            able = [p for p in able if p.language == "nl"]
        if not able:
            return
        for _ in range(12):
            to = dice.choices(able, [0.4 + p.eagerness for p in able])[0]
            giver = self._giver(to, words["lang"], dice)
            days = self.calendar.work_days(to, dice, 1)
            if not giver or not days or self.calendar.weight(giver, days[0]) == 0:
                continue
            if self.give(giver, [to], words, text, days[0], dice):
                return

    def _giver(self, to: Colleague, lang: str, dice: Random) -> Colleague | None:
        side = dice.random() < OWN_SIDE
        might = [
            p
            for p in self.drawn
            if p.external_id != to.external_id and (p.department == to.department) == side
        ]
        if lang == "en" and to.language == "nl":
            might = [p for p in might if p.language == "en"]
        if lang == "nl":
            might = [p for p in might if p.language == "nl"]
        return dice.choices(might, [0.3 + p.eagerness + p.leads for p in might])[0] if might else None


def thank(calendar: Calendar) -> None:
    """The thanks of which we know who said them, then all others, each text once."""
    thanking = Thanking(calendar)
    written = read("thanks.json")
    for words in written["named"]:
        giver, to = (
            calendar.here.get(words["by"]),
            [calendar.here[n] for n in words["to"] if n in calendar.here],
        )
        if giver and len(to) == len(words["to"]):
            dice = Random(f"{SEED} {words['text']}")
            thanking.give(giver, to, words, words["text"], calendar.workday_ago(words["days_ago"]), dice)
    for words in written["teams"]:
        giver = calendar.here.get(words["by"])
        if giver:
            to = [p for p in thanking.people if p.team == words["team"] and p.name != giver.name]
            dice = Random(f"{SEED} {words['text']}")
            thanking.give(giver, to, words, words["text"], calendar.workday_ago(words["days_ago"]), dice)
    for words in written["kudos"]:
        dice = Random(f"{SEED} {words['text']}")
        for text in _filled(words, written, dice):
            thanking.draw(words, text, dice)


def _filled(words: Any, written: Any, dice: Random) -> list[str]:
    text: str = words["text"]
    if "{" not in text:
        return [text]
    towns, streets = dice.sample(written["towns"], FILLINGS), dice.sample(written["streets"], FILLINGS)
    days = dice.sample(written["days"][words["lang"]], FILLINGS)
    return [text.format(town=t, street=s, day=d) for t, s, d in zip(towns, streets, days, strict=True)]
