"""Rules say themselves in Dutch and in English, as a colleague would."""

from badges.criteria import Names, parse
from badges.words import LANGUAGES, THEY, YOU, Titles, joined, sentence, sentences
from tests.each import each

NAMES = Names(
    activities={"pumps": 1, "valves": 2, "night": 3},
    skills={"water": 1, "talk": 2},
    badges={"open": 1, "hand": 2},
)
TITLES = {
    "nl": Titles(
        {1: "Pompen", 2: "Afsluiters", 3: "Nachtdienst"},
        {1: "Water", 2: "Gesprekken"},
        {1: "Open boek", 2: "Hand"},
    ),
    "en": Titles(
        {1: "Pumps", 2: "Valves", 3: "Night shift"}, {1: "Water", 2: "Talks"}, {1: "Open book", 2: "Hand"}
    ),
}


def said(rule: dict[str, object], lang: str, voice: str = YOU) -> str:
    return sentence(parse(rule, NAMES), lang, TITLES[lang], voice)


def count(
    number: int, within: dict[str, object] | None = None, kind: str = "completed", **of: object
) -> dict[str, object]:
    return {"count": {"kind": kind, **of}, "at_least": number} | ({"within": within} if within else {})


def distinct(what: str, number: int, kind: str = "completed", **of: object) -> dict[str, object]:
    return {"distinct": what, "of": {"kind": kind, **of}, "at_least": number}


@each(
    "rule, dutch, english",
    [
        (count(1), "Rond een activiteit af", "Complete an activity"),
        (count(3), "Rond 3 activiteiten af", "Complete 3 activities"),
        (
            count(1, activity_kind=["course"], skill=["water"]),
            "Rond een cursus over Water af",
            "Complete a course on Water",
        ),
        (
            count(2, activity_kind=["article", "workshop"]),
            "Rond 2 artikelen of workshops af",
            "Complete 2 articles or workshops",
        ),
        (count(1, activity=["pumps"]), "Rond ‘Pompen’ af", "Complete “Pumps”"),
        (count(3, activity=["pumps"]), "Rond 3 keer ‘Pompen’ af", "Complete “Pumps” 3 times"),
        (
            count(2, activity=["pumps", "valves"]),
            "Rond 2 keer ‘Afsluiters’ of ‘Pompen’ af",
            "Complete “Pumps” or “Valves” 2 times",
        ),
        (count(1, kind="lesson_shared"), "Deel een les", "Share a lesson"),
        (
            count(5, kind="lesson_shared", skill=["water"]),
            "Deel 5 lessen over Water",
            "Share 5 lessons on Water",
        ),
        (
            count(1, kind="lesson_applied"),
            "Een collega past een les van jou toe",
            "A colleague applies a lesson of yours",
        ),
        (
            count(4, kind="kudos_received", skill=["talk"]),
            "Krijg 4 keer kudos voor Gesprekken",
            "Receive kudos 4 times for Talks",
        ),
        (
            distinct("givers", 3, "kudos_received"),
            "Krijg kudos van 3 verschillende collega’s",
            "Receive kudos from 3 different colleagues",
        ),
        (
            distinct("appliers", 5, "lesson_applied", skill=["water"]),
            "5 verschillende collega’s passen een les van jou over Water toe",
            "5 different colleagues apply a lesson of yours on Water",
        ),
        (
            distinct("activities", 2, activity_kind=["rotation"]),
            "Rond 2 verschillende stages bij een ander team af",
            "Complete 2 different job rotations",
        ),
        (
            distinct("skills", 4),
            "Rond activiteiten af over 4 verschillende vaardigheden",
            "Complete activities on 4 different skills",
        ),
        (
            {"completed": ["valves", "pumps", "night"]},
            "Rond ‘Afsluiters’, ‘Nachtdienst’ en ‘Pompen’ af",
            "Complete “Night shift”, “Pumps” and “Valves”",
        ),
        ({"points": 2500}, "Verdien 2.500 punten", "Earn 2,500 points"),
        (
            {"badge": "open", "tier": 2},
            "Verdien de badge ‘Open boek’ (niveau 2)",
            "Earn the badge “Open book” (tier 2)",
        ),
        (
            {"any": [{"badge": "open"}, {"badge": "hand"}]},
            "Verdien een van de badges ‘Open boek’ of ‘Hand’",
            "Earn one of the badges “Open book” or “Hand”",
        ),
        (
            {"any": [{"completed": ["pumps"]}, {"completed": ["valves"]}]},
            "Rond ‘Afsluiters’ of ‘Pompen’ af",
            "Complete “Pumps” or “Valves”",
        ),
        (
            {"all": [count(1), count(1, kind="lesson_shared")]},
            "Rond een activiteit af en deel een les",
            "Complete an activity and share a lesson",
        ),
    ],
)
def test_a_rule_is_said_in_both_languages(rule: dict[str, object], dutch: str, english: str) -> None:
    assert said(rule, "nl") == dutch
    assert said(rule, "en") == english


@each(
    "rule, dutch, english",
    [
        (
            count(2, {"days": 28}, activity_kind=["course"], skill=["water"]),
            "Heeft 2 cursussen over Water afgerond binnen 4 weken",
            "Has completed 2 courses on Water within 4 weeks",
        ),
        (count(1, activity=["pumps"]), "Heeft ‘Pompen’ afgerond", "Has completed “Pumps”"),
        (
            count(2, activity=["pumps", "valves"]),
            "Heeft 2 keer ‘Afsluiters’ of ‘Pompen’ afgerond",
            "Has completed “Pumps” or “Valves” 2 times",
        ),
        (
            count(3, kind="lesson_shared", skill=["water"]),
            "Heeft 3 lessen over Water gedeeld",
            "Has shared 3 lessons on Water",
        ),
        (
            count(1, kind="lesson_applied"),
            "Heeft een les gedeeld die een collega toepast",
            "Has shared a lesson that a colleague applies",
        ),
        (
            count(4, kind="lesson_applied", skill=["water"]),
            "Heeft lessen over Water gedeeld die collega’s 4 keer toepasten",
            "Has shared lessons on Water that colleagues applied 4 times",
        ),
        (
            count(4, kind="kudos_received", skill=["talk"]),
            "Heeft 4 keer kudos voor Gesprekken gekregen",
            "Has received kudos 4 times for Talks",
        ),
        (
            distinct("appliers", 5, "lesson_applied"),
            "Heeft lessen gedeeld die 5 verschillende collega’s toepassen",
            "Has shared lessons that 5 different colleagues apply",
        ),
        (
            {"completed": ["valves", "pumps"]},
            "Heeft ‘Afsluiters’ en ‘Pompen’ afgerond",
            "Has completed “Pumps” and “Valves”",
        ),
        ({"points": 2500}, "Heeft 2.500 punten verdiend", "Has earned 2,500 points"),
        (
            {"badge": "open", "tier": 2},
            "Heeft de badge ‘Open boek’ (niveau 2) verdiend",
            "Has earned the badge “Open book” (tier 2)",
        ),
        (
            {"any": [{"badge": "open"}, {"badge": "hand"}]},
            "Heeft een van de badges ‘Open boek’ of ‘Hand’ verdiend",
            "Has earned one of the badges “Open book” or “Hand”",
        ),
        (
            {"all": [count(1), count(1, kind="lesson_shared")]},
            "Heeft een activiteit afgerond en heeft een les gedeeld",
            "Has completed an activity and has shared a lesson",
        ),
    ],
)
def test_others_are_told_what_the_holder_did(rule: dict[str, object], dutch: str, english: str) -> None:
    assert said(rule, "nl", THEY) == dutch
    assert said(rule, "en", THEY) == english


@each(
    "what, kind",
    [
        *(("skills", kind) for kind in ("completed", "lesson_shared", "lesson_applied", "kudos_received")),
        ("givers", "kudos_received"),
        ("appliers", "lesson_applied"),
        ("activities", "completed"),
    ],
)
def test_nobody_else_is_spoken_to(what: str, kind: str) -> None:
    rule = distinct(what, 3, kind)
    assert said(rule, "en", THEY).startswith("Has ")
    assert said(rule, "nl", THEY).startswith("Heeft ")
    assert not {"you", "yours", "jou", "je"} & set(
        " ".join(said(rule, lang, THEY) for lang in LANGUAGES).split()
    )


@each(
    "within, dutch, english",
    [
        ({"days": 1}, "binnen een dag", "within a day"),
        ({"days": 7}, "binnen een week", "within a week"),
        ({"days": 28}, "binnen 4 weken", "within 4 weeks"),
        ({"days": 90}, "binnen 90 dagen", "within 90 days"),
        ({"days": 183}, "binnen een half jaar", "within half a year"),
        ({"days": 365}, "binnen een jaar", "within a year"),
        ({"calendar": "quarter"}, "in één kwartaal", "in one quarter"),
    ],
)
def test_a_window_is_said_as_people_count(within: dict[str, object], dutch: str, english: str) -> None:
    assert said(count(2, within), "nl") == f"Rond 2 activiteiten af {dutch}"
    assert said(count(2, within), "en") == f"Complete 2 activities {english}"


@each("lang", LANGUAGES)
def test_conditions_that_must_all_hold_stand_apart(lang: str) -> None:
    rule = parse({"all": [count(2), {"points": 10}]}, NAMES)
    assert len(sentences(rule, lang, TITLES[lang])) == 2


def test_what_has_no_name_any_more_does_not_break_the_sentence() -> None:
    assert sentence(parse({"completed": ["pumps"]}, NAMES), "en", Titles()) == "Complete “?”"


def test_a_list_ends_in_its_word() -> None:
    assert [joined(list("abc")[:n], "and") for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]
