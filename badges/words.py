"""Criteria in words, Dutch and English, by a small grammar of their own.

The same sentences stand on the page of a badge, in progress and in the credential. Names are handed in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from badges.criteria import AllOf, AnyOf, Completed, Count, Criteria, Distinct, Filter, PointsAtLeast, Within

LANGUAGES = ("nl", "en")


@dataclass(frozen=True)
class Titles:
    """What things are called in one language."""

    activities: Mapping[int, str] = field(default_factory=dict)
    skills: Mapping[int, str] = field(default_factory=dict)
    badges: Mapping[int, str] = field(default_factory=dict)


_ACTIVITIES = {
    "en": {
        "": ("activity", "activities"),
        "course": ("course", "courses"),
        "workshop": ("workshop", "workshops"),
        "coaching": ("coaching", "coachings"),
        "mentoring": ("mentoring", "mentorings"),
        "on_the_job": ("task on the job", "tasks on the job"),
        "rotation": ("job rotation", "job rotations"),
        "article": ("article", "articles"),
    },
    "nl": {
        "": ("activiteit", "activiteiten"),
        "course": ("cursus", "cursussen"),
        "workshop": ("workshop", "workshops"),
        "coaching": ("coaching", "coachings"),
        "mentoring": ("mentoraat", "mentoraten"),
        "on_the_job": ("klus op de werkplek", "klussen op de werkplek"),
        "rotation": ("stage bij een ander team", "stages bij een ander team"),
        "article": ("artikel", "artikelen"),
    },
}
_AND, _OR = {"en": "and", "nl": "en"}, {"en": "or", "nl": "of"}
_COUNT: dict[str, dict[str, str | tuple[str, str]]] = {
    "en": {
        "completed": "Complete {n} {what}{about}",
        "lesson_shared": ("Share a lesson{about}", "Share {n} lessons{about}"),
        "lesson_applied": (
            "A colleague applies a lesson of yours{about}",
            "Colleagues apply lessons of yours {n} times{about}",
        ),
        "kudos_received": ("Receive kudos{for_}", "Receive kudos {n} times{for_}"),
    },
    "nl": {
        "completed": "Rond {n} {what}{about} af",
        "lesson_shared": ("Deel een les{about}", "Deel {n} lessen{about}"),
        "lesson_applied": (
            "Een collega past een les van jou toe{about}",
            "Collega’s passen {n} keer een les van jou toe{about}",
        ),
        "kudos_received": ("Krijg kudos{for_}", "Krijg {n} keer kudos{for_}"),
    },
}
_DISTINCT = {
    "en": {
        ("skills", "completed"): "Complete {what} on {n} different skills{about}",
        ("skills", "lesson_shared"): "Share lessons on {n} different skills{about}",
        ("skills", "lesson_applied"): "Have lessons applied on {n} different skills{about}",
        ("skills", "kudos_received"): "Receive kudos for {n} different skills",
        ("givers", ""): "Receive kudos from {n} different colleagues{for_}",
        ("appliers", ""): "{n} different colleagues apply a lesson of yours{about}",
        ("activities", ""): "Complete {n} different {what}{about}",
    },
    "nl": {
        ("skills", "completed"): "Rond {what} af over {n} verschillende vaardigheden{about}",
        ("skills", "lesson_shared"): "Deel lessen over {n} verschillende vaardigheden{about}",
        (
            "skills",
            "lesson_applied",
        ): "Lessen van jou over {n} verschillende vaardigheden worden toegepast{about}",
        ("skills", "kudos_received"): "Krijg kudos voor {n} verschillende vaardigheden",
        ("givers", ""): "Krijg kudos van {n} verschillende collega’s{for_}",
        ("appliers", ""): "{n} verschillende collega’s passen een les van jou toe{about}",
        ("activities", ""): "Rond {n} verschillende {what}{about} af",
    },
}
_CALENDAR = {
    "en": {
        "week": "in one week",
        "month": "in one month",
        "quarter": "in one quarter",
        "year": "in one year",
    },
    "nl": {
        "week": "in één week",
        "month": "in één maand",
        "quarter": "in één kwartaal",
        "year": "in één jaar",
    },
}


def joined(parts: Sequence[str], word: str) -> str:
    """a, b and c."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def sentence(criteria: Criteria, lang: str, titles: Titles) -> str:
    """One sentence without a full stop."""
    if isinstance(criteria, AllOf | AnyOf):
        said = [sentence(part, lang, titles) for part in criteria.parts]
        word = _AND[lang] if isinstance(criteria, AllOf) else _OR[lang]
        return said[0] if len(said) == 1 else joined([said[0], *map(_lower, said[1:])], word)
    if isinstance(criteria, Count):
        return _count(criteria, lang, titles) + _within(criteria.within, lang)
    if isinstance(criteria, Distinct):
        return _distinct(criteria, lang, titles) + _within(criteria.within, lang)
    if isinstance(criteria, Completed):
        names = sorted(
            _quoted(titles.activities.get(activity, "?"), lang) for activity in criteria.activities
        )
        return (
            f"Complete {joined(names, _AND[lang])}"
            if lang == "en"
            else f"Rond {joined(names, _AND[lang])} af"
        )
    if isinstance(criteria, PointsAtLeast):
        points = f"Earn {criteria.points} points" if lang == "en" else f"Verdien {criteria.points} punten"
        return points + _within(criteria.within, lang)
    name = _quoted(titles.badges.get(criteria.achievement_id, "?"), lang)
    if criteria.tier > 1:
        name += f" (tier {criteria.tier})" if lang == "en" else f" (niveau {criteria.tier})"
    return f"Hold the badge {name}" if lang == "en" else f"Heb de badge {name}"


def sentences(criteria: Criteria, lang: str, titles: Titles) -> list[str]:
    """The conditions that must all hold, one sentence each."""
    parts = criteria.parts if isinstance(criteria, AllOf) else (criteria,)
    return [sentence(part, lang, titles) for part in parts]


def _count(count: Count, lang: str, titles: Titles) -> str:
    forms = _COUNT[lang][count.of.kind]
    form = forms if isinstance(forms, str) else forms[count.at_least > 1]
    return form.format(n=count.at_least, **_parts(count.of, count.at_least, lang, titles))


def _distinct(distinct: Distinct, lang: str, titles: Titles) -> str:
    forms = _DISTINCT[lang]
    form = forms.get((distinct.what, distinct.of.kind)) or forms[distinct.what, ""]
    many = 2 if distinct.what == "skills" else distinct.at_least
    return form.format(n=distinct.at_least, **_parts(distinct.of, many, lang, titles))


def _parts(of: Filter, number: int, lang: str, titles: Titles) -> dict[str, str]:
    about = (
        joined(sorted(titles.skills.get(skill, "?") for skill in of.skills), _OR[lang]) if of.skills else ""
    )
    words = _ACTIVITIES[lang]
    kinds = [words[kind][number > 1] for kind in sorted(of.activity_kinds)] or [words[""][number > 1]]
    what = joined(kinds, _OR[lang])
    if of.activities:
        names = sorted(_quoted(titles.activities.get(activity, "?"), lang) for activity in of.activities)
        what += (" out of " if lang == "en" else " uit ") + joined(names, _AND[lang])
    on = (f" on {about}" if lang == "en" else f" over {about}") if about else ""
    for_ = (f" for {about}" if lang == "en" else f" voor {about}") if about else ""
    return {"what": what, "about": on, "for_": for_}


def _within(within: Within | None, lang: str) -> str:
    if within is None:
        return ""
    if within.calendar:
        return f" {_CALENDAR[lang][within.calendar]}"
    return f" within {within.days} days" if lang == "en" else f" binnen {within.days} dagen"


def _quoted(name: str, lang: str) -> str:
    return f"“{name}”" if lang == "en" else f"‘{name}’"


def _lower(said: str) -> str:
    return said[:1].lower() + said[1:]
