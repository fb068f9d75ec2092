"""Criteria in words, Dutch and English, by a small grammar of their own.

The same sentences stand on the page of a badge, in progress and in the credential. Names are handed in.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from badges.criteria import (
    AllOf,
    AnyOf,
    Completed,
    Count,
    Criteria,
    Distinct,
    Filter,
    HoldsBadge,
    PointsAtLeast,
    Within,
)

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
        "coaching": ("coaching track", "coaching tracks"),
        "mentoring": ("mentoring track", "mentoring tracks"),
        "on_the_job": ("task on the job", "tasks on the job"),
        "rotation": ("job rotation", "job rotations"),
        "article": ("article", "articles"),
    },
    "nl": {
        "": ("activiteit", "activiteiten"),
        "course": ("cursus", "cursussen"),
        "workshop": ("workshop", "workshops"),
        "coaching": ("coachtraject", "coachtrajecten"),
        "mentoring": ("mentortraject", "mentortrajecten"),
        "on_the_job": ("klus op de werkplek", "klussen op de werkplek"),
        "rotation": ("stage bij een ander team", "stages bij een ander team"),
        "article": ("artikel", "artikelen"),
    },
}
_AND, _OR = {"en": "and", "nl": "en"}, {"en": "or", "nl": "of"}
# Told to whoever may earn it ("Complete …"), or of whoever did, to others ("Has completed …").
YOU, THEY = "you", "they"
_COUNT = {
    ("en", YOU): {
        "completed": ("Complete {a}{about}", "Complete {n} {what}{about}"),
        "lesson_shared": ("Share a lesson{about}", "Share {n} lessons{about}"),
        "lesson_applied": (
            "A colleague applies a lesson of yours{about}",
            "Colleagues apply lessons of yours {n} times{about}",
        ),
        "kudos_received": ("Receive kudos{for_}", "Receive kudos {n} times{for_}"),
        "feedback_helped": (
            "Give feedback that helps a colleague{about}",
            "Give feedback that helps a colleague {n} times{about}",
        ),
        "use_told": (
            "Use at work what you learned{about}",
            "Use at work what you learned {n} times{about}",
        ),
        "guided": ("Guide a colleague{about}", "Guide colleagues {n} times{about}"),
        "recognised": ("Receive a special recognition{for_}", "Receive {n} special recognitions{for_}"),
        "goal_reached": ("Reach a goal of your own{about}", "Reach {n} goals of your own{about}"),
        "programme_completed": ("Complete a programme{about}", "Complete {n} programmes{about}"),
    },
    ("en", THEY): {
        "completed": ("Has completed {a}{about}", "Has completed {n} {what}{about}"),
        "lesson_shared": ("Has shared a lesson{about}", "Has shared {n} lessons{about}"),
        "lesson_applied": (
            "Has shared a lesson{about} that a colleague applies",
            "Has shared lessons{about} that colleagues applied {n} times",
        ),
        "kudos_received": ("Has received kudos{for_}", "Has received kudos {n} times{for_}"),
        "feedback_helped": (
            "Has given feedback that helped a colleague{about}",
            "Has given feedback that helped a colleague {n} times{about}",
        ),
        "use_told": (
            "Has told whether what was learned is used{about}",
            "Has told {n} times whether what was learned is used{about}",
        ),
        "guided": ("Has guided a colleague{about}", "Has guided colleagues {n} times{about}"),
        "recognised": (
            "Has received a special recognition{for_}",
            "Has received {n} special recognitions{for_}",
        ),
        "goal_reached": (
            "Has reached a goal of their own{about}",
            "Has reached {n} goals of their own{about}",
        ),
        "programme_completed": ("Has completed a programme{about}", "Has completed {n} programmes{about}"),
    },
    ("nl", YOU): {
        "completed": ("Rond {a}{about} af", "Rond {n} {what}{about} af"),
        "lesson_shared": ("Deel een les{about}", "Deel {n} lessen{about}"),
        "lesson_applied": (
            "Een collega past een les van jou{about} toe",
            "Collega’s passen {n} keer een les van jou{about} toe",
        ),
        "kudos_received": ("Krijg kudos{for_}", "Krijg {n} keer kudos{for_}"),
        "feedback_helped": (
            "Geef feedback{about} die een collega helpt",
            "Geef {n} keer feedback{about} die een collega helpt",
        ),
        "use_told": (
            "Vertel of je gebruikt wat je leerde{about}",
            "Vertel {n} keer of je gebruikt wat je leerde{about}",
        ),
        "guided": ("Begeleid een collega{about}", "Begeleid {n} keer een collega{about}"),
        "recognised": ("Krijg een bijzondere waardering{for_}", "Krijg {n} bijzondere waarderingen{for_}"),
        "goal_reached": ("Bereik een eigen doel{about}", "Bereik {n} eigen doelen{about}"),
        "programme_completed": ("Rond een leertraject{about} af", "Rond {n} leertrajecten{about} af"),
    },
    ("nl", THEY): {
        "completed": ("Heeft {a}{about} afgerond", "Heeft {n} {what}{about} afgerond"),
        "lesson_shared": ("Heeft een les{about} gedeeld", "Heeft {n} lessen{about} gedeeld"),
        "lesson_applied": (
            "Heeft een les{about} gedeeld die een collega toepast",
            "Heeft lessen{about} gedeeld die collega’s {n} keer toepasten",
        ),
        "kudos_received": ("Heeft kudos{for_} gekregen", "Heeft {n} keer kudos{for_} gekregen"),
        "feedback_helped": (
            "Heeft feedback{about} gegeven die een collega hielp",
            "Heeft {n} keer feedback{about} gegeven die een collega hielp",
        ),
        "use_told": (
            "Heeft verteld of het geleerde{about} gebruikt wordt",
            "Heeft {n} keer verteld of het geleerde{about} gebruikt wordt",
        ),
        "guided": ("Heeft een collega{about} begeleid", "Heeft {n} keer een collega{about} begeleid"),
        "recognised": (
            "Heeft een bijzondere waardering{for_} gekregen",
            "Heeft {n} bijzondere waarderingen{for_} gekregen",
        ),
        "goal_reached": ("Heeft een eigen doel{about} bereikt", "Heeft {n} eigen doelen{about} bereikt"),
        "programme_completed": (
            "Heeft een leertraject{about} afgerond",
            "Heeft {n} leertrajecten{about} afgerond",
        ),
    },
}
_DISTINCT = {
    ("en", YOU): {
        ("skills", "completed"): "Complete {what} on {n} different skills{about}",
        ("skills", "lesson_shared"): "Share lessons on {n} different skills{about}",
        ("skills", "lesson_applied"): "Have lessons applied on {n} different skills{about}",
        ("skills", "kudos_received"): "Receive kudos for {n} different skills",
        ("skills", "feedback_helped"): "Give feedback that helps on {n} different skills{about}",
        ("skills", "use_told"): "Tell whether you use what you learned on {n} different skills{about}",
        ("skills", "guided"): "Guide colleagues on {n} different skills{about}",
        ("skills", "recognised"): "Receive special recognitions for {n} different skills",
        ("skills", "goal_reached"): "Reach goals of your own on {n} different skills{about}",
        ("skills", "programme_completed"): "Complete programmes on {n} different skills{about}",
        ("givers", ""): "Receive kudos from {n} different colleagues{for_}",
        ("appliers", ""): "{n} different colleagues apply a lesson of yours{about}",
        ("activities", ""): "Complete {n} different {what}{about}",
    },
    ("en", THEY): {
        ("skills", "completed"): "Has completed {what} on {n} different skills{about}",
        ("skills", "lesson_shared"): "Has shared lessons on {n} different skills{about}",
        (
            "skills",
            "lesson_applied",
        ): "Has shared lessons on {n} different skills{about} that colleagues apply",
        ("skills", "kudos_received"): "Has received kudos for {n} different skills",
        ("skills", "feedback_helped"): "Has given feedback that helped on {n} different skills{about}",
        ("skills", "use_told"): "Has told on {n} different skills whether what was learned is used{about}",
        ("skills", "guided"): "Has guided colleagues on {n} different skills{about}",
        ("skills", "recognised"): "Has received special recognitions for {n} different skills",
        ("skills", "goal_reached"): "Has reached goals of their own on {n} different skills{about}",
        ("skills", "programme_completed"): "Has completed programmes on {n} different skills{about}",
        ("givers", ""): "Has received kudos from {n} different colleagues{for_}",
        ("appliers", ""): "Has shared lessons{about} that {n} different colleagues apply",
        ("activities", ""): "Has completed {n} different {what}{about}",
    },
    ("nl", YOU): {
        ("skills", "completed"): "Rond {what} af over {n} verschillende vaardigheden{about}",
        ("skills", "lesson_shared"): "Deel lessen over {n} verschillende vaardigheden{about}",
        (
            "skills",
            "lesson_applied",
        ): "Lessen van jou over {n} verschillende vaardigheden worden toegepast{about}",
        ("skills", "kudos_received"): "Krijg kudos voor {n} verschillende vaardigheden",
        ("skills", "feedback_helped"): "Geef feedback die helpt over {n} verschillende vaardigheden{about}",
        (
            "skills",
            "use_told",
        ): "Vertel over {n} verschillende vaardigheden of je gebruikt wat je leerde{about}",
        ("skills", "guided"): "Begeleid collega’s op {n} verschillende vaardigheden{about}",
        ("skills", "recognised"): "Krijg bijzondere waarderingen voor {n} verschillende vaardigheden",
        ("skills", "goal_reached"): "Bereik eigen doelen over {n} verschillende vaardigheden{about}",
        ("skills", "programme_completed"): "Rond leertrajecten af over {n} verschillende vaardigheden{about}",
        ("givers", ""): "Krijg kudos van {n} verschillende collega’s{for_}",
        ("appliers", ""): "{n} verschillende collega’s passen een les van jou{about} toe",
        ("activities", ""): "Rond {n} verschillende {what}{about} af",
    },
    ("nl", THEY): {
        ("skills", "completed"): "Heeft {what} afgerond over {n} verschillende vaardigheden{about}",
        ("skills", "lesson_shared"): "Heeft lessen gedeeld over {n} verschillende vaardigheden{about}",
        (
            "skills",
            "lesson_applied",
        ): "Heeft lessen gedeeld over {n} verschillende vaardigheden{about} die collega’s toepassen",
        ("skills", "kudos_received"): "Heeft kudos gekregen voor {n} verschillende vaardigheden",
        (
            "skills",
            "feedback_helped",
        ): "Heeft feedback gegeven die hielp over {n} verschillende vaardigheden{about}",
        (
            "skills",
            "use_told",
        ): "Heeft over {n} verschillende vaardigheden verteld of het geleerde gebruikt wordt{about}",
        ("skills", "guided"): "Heeft collega’s begeleid op {n} verschillende vaardigheden{about}",
        (
            "skills",
            "recognised",
        ): "Heeft bijzondere waarderingen gekregen voor {n} verschillende vaardigheden",
        ("skills", "goal_reached"): "Heeft eigen doelen bereikt over {n} verschillende vaardigheden{about}",
        (
            "skills",
            "programme_completed",
        ): "Heeft leertrajecten afgerond over {n} verschillende vaardigheden{about}",
        ("givers", ""): "Heeft kudos gekregen van {n} verschillende collega’s{for_}",
        ("appliers", ""): "Heeft lessen{about} gedeeld die {n} verschillende collega’s toepassen",
        ("activities", ""): "Heeft {n} verschillende {what}{about} afgerond",
    },
}
# Activities by name: all of them, or one of them so many times.
_DONE = {
    ("en", YOU): ("Complete {names}", "Complete {names} {n} times"),
    ("en", THEY): ("Has completed {names}", "Has completed {names} {n} times"),
    ("nl", YOU): ("Rond {names} af", "Rond {n} keer {names} af"),
    ("nl", THEY): ("Heeft {names} afgerond", "Heeft {n} keer {names} afgerond"),
}
# A recognition carries the badge: no other badge can ask for that, so that it needs no name here.
_BY_HAND = {
    ("en", YOU): (
        "Receive this badge with a special recognition{for_}",
        "Receive this badge with {n} special recognitions{for_}",
    ),
    ("en", THEY): (
        "Has received this badge with a special recognition{for_}",
        "Has received this badge with {n} special recognitions{for_}",
    ),
    ("nl", YOU): (
        "Krijg deze badge bij een bijzondere waardering{for_}",
        "Krijg deze badge bij {n} bijzondere waarderingen{for_}",
    ),
    ("nl", THEY): (
        "Heeft deze badge gekregen bij een bijzondere waardering{for_}",
        "Heeft deze badge gekregen bij {n} bijzondere waarderingen{for_}",
    ),
}
_HOLDS = {
    ("en", YOU): ("Earn the badge {names}", "Earn one of the badges {names}"),
    ("en", THEY): ("Has earned the badge {names}", "Has earned one of the badges {names}"),
    ("nl", YOU): ("Verdien de badge {names}", "Verdien een van de badges {names}"),
    ("nl", THEY): ("Heeft de badge {names} verdiend", "Heeft een van de badges {names} verdiend"),
}
_POINTS = {
    ("en", YOU): "Earn {n} points",
    ("en", THEY): "Has earned {n} points",
    ("nl", YOU): "Verdien {n} punten",
    ("nl", THEY): "Heeft {n} punten verdiend",
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


def sentence(criteria: Criteria, lang: str, titles: Titles, voice: str = YOU) -> str:
    """One sentence without a full stop."""
    if isinstance(criteria, AllOf | AnyOf):
        return _joined(criteria, lang, titles, voice)
    if isinstance(criteria, Count):
        return _count(criteria, lang, titles, voice) + _within(criteria.within, lang)
    if isinstance(criteria, Distinct):
        return _distinct(criteria, lang, titles, voice) + _within(criteria.within, lang)
    if isinstance(criteria, Completed):
        names = joined(_quoted(criteria.activities, lang, titles.activities), _AND[lang])
        return _DONE[lang, voice][0].format(names=names)
    if isinstance(criteria, PointsAtLeast):
        points = _POINTS[lang, voice].format(n=_number(criteria.points, lang))
        return points + _within(criteria.within, lang)
    return _HOLDS[lang, voice][0].format(names=_badge(criteria, lang, titles))


def sentences(criteria: Criteria, lang: str, titles: Titles) -> list[str]:
    """The conditions that must all hold, one sentence each."""
    parts = criteria.parts if isinstance(criteria, AllOf) else (criteria,)
    return [sentence(part, lang, titles) for part in parts]


def _joined(criteria: AllOf | AnyOf, lang: str, titles: Titles, voice: str) -> str:
    badges = [_badge(part, lang, titles) for part in criteria.parts if isinstance(part, HoldsBadge)]
    if isinstance(criteria, AnyOf) and len(badges) == len(criteria.parts) > 1:
        return _HOLDS[lang, voice][1].format(names=joined(badges, _OR[lang]))
    single = [part for part in criteria.parts if isinstance(part, Completed) and len(part.activities) == 1]
    if isinstance(criteria, AnyOf) and len(single) == len(criteria.parts):
        activities = {activity for part in single for activity in part.activities}
        names = joined(_quoted(activities, lang, titles.activities), _OR[lang])
        return _DONE[lang, voice][0].format(names=names)
    said = [sentence(part, lang, titles, voice) for part in criteria.parts]
    word = _AND[lang] if isinstance(criteria, AllOf) else _OR[lang]
    return joined([said[0], *map(_lower, said[1:])], word)


def _badge(holds: HoldsBadge, lang: str, titles: Titles) -> str:
    (name,) = _quoted([holds.achievement_id], lang, titles.badges)
    if holds.tier > 1:
        name += f" (tier {holds.tier})" if lang == "en" else f" (niveau {holds.tier})"
    return name


def _count(count: Count, lang: str, titles: Titles, voice: str) -> str:
    if count.of.activities:
        return _out_of(count, lang, titles, voice)
    forms = _BY_HAND[lang, voice] if count.of.badges else _COUNT[lang, voice][count.of.kind]
    form = forms[count.at_least > 1]
    return form.format(n=count.at_least, **_parts(count.of, count.at_least, lang, titles))


def _out_of(count: Count, lang: str, titles: Titles, voice: str) -> str:
    """A count over activities that are named: kinds and skills need not be said as well."""
    names = joined(_quoted(count.of.activities, lang, titles.activities), _OR[lang])
    return _DONE[lang, voice][count.at_least > 1].format(n=count.at_least, names=names)


def _distinct(distinct: Distinct, lang: str, titles: Titles, voice: str) -> str:
    forms = _DISTINCT[lang, voice]
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
        names = joined(_quoted(of.activities, lang, titles.activities), _AND[lang])
        what += f" out of {names}" if lang == "en" else f" uit {names}"
    on = (f" on {about}" if lang == "en" else f" over {about}") if about else ""
    for_ = (f" for {about}" if lang == "en" else f" voor {about}") if about else ""
    return {
        "what": what,
        "a": joined([_a(kind, lang) for kind in kinds], _OR[lang]),
        "about": on,
        "for_": for_,
    }


def _a(noun: str, lang: str) -> str:
    return f"een {noun}" if lang == "nl" else f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _within(within: Within | None, lang: str) -> str:
    if within is None:
        return ""
    if within.calendar:
        return f" {_CALENDAR[lang][within.calendar]}"
    return (
        f" within {_days(within.days or 0, lang)}"
        if lang == "en"
        else f" binnen {_days(within.days or 0, lang)}"
    )


def _days(days: int, lang: str) -> str:
    """As people count: weeks and a year, where it comes out even."""
    if days in (182, 183):
        return "half a year" if lang == "en" else "een half jaar"
    if days == 365:
        return "a year" if lang == "en" else "een jaar"
    if days <= 56 and days % 7 == 0:
        weeks = days // 7
        if lang == "en":
            return "a week" if weeks == 1 else f"{weeks} weeks"
        return "een week" if weeks == 1 else f"{weeks} weken"
    if lang == "en":
        return "a day" if days == 1 else f"{days} days"
    return "een dag" if days == 1 else f"{days} dagen"


def _number(number: int, lang: str) -> str:
    return f"{number:,}" if lang == "en" else f"{number:,}".replace(",", ".")


def _quoted(ids: Iterable[int], lang: str, names: Mapping[int, str]) -> list[str]:
    """Names as they are written, in the order of the alphabet."""
    form = "“{}”" if lang == "en" else "‘{}’"
    return [form.format(name) for name in sorted(names.get(id, "?") for id in ids)]


def _lower(said: str) -> str:
    return said[:1].lower() + said[1:]
