"""What a rule may say, and what is refused with the reason."""

import pytest

from badges.catalogue import read_all
from badges.criteria import AllOf, BadCriteria, Completed, Count, Distinct, Filter, Names, Within, parse
from tests.each import each

NAMES = Names({"pumps": 1, "valves": 2}, {"water": 10, "lab": 11}, {"first": 100}, {"first": 2})
COUNT = {"count": {"kind": "completed"}, "at_least": 3}


def badge(slug, *criteria, **other):
    said = {"nl": "x", "en": "x"}
    tiers = [{"criteria": one, "points": 5} for one in criteria]
    whole = {"slug": slug, "name": said, "summary": said, "kind": "course", "glyph": "drop", "skill": None}
    return {**whole, "repeats": None, "tiers": tiers, **other}


def test_a_rule_is_read_with_the_ids_of_its_names():
    rule = {
        "all": [
            {
                "count": {"kind": "completed", "activity_kind": ["course"], "skill": ["water"]},
                "at_least": 2,
                "within": {"days": 30},
            },
            {"distinct": "givers", "of": {"kind": "kudos_received"}, "at_least": 3},
            {"completed": ["pumps", "valves"]},
        ]
    }
    assert parse(rule, NAMES) == AllOf(
        (
            Count(Filter("completed", frozenset({"course"}), skills=frozenset({10})), 2, Within(days=30)),
            Distinct("givers", Filter("kudos_received"), 3),
            Completed(frozenset({1, 2})),
        )
    )


@each(
    "rule, where, why",
    [
        ({}, "criteria", "must have one of"),
        ([], "criteria", "must be an object"),
        ({"all": []}, "criteria.all", "at least one"),
        ({"any": [{}]}, "criteria.any[0]", "must have one of"),
        ({"all": [COUNT], "tier": 1}, "criteria.tier", "not known"),
        ({"count": {"kind": "completed"}, "at_least": 0}, "criteria.at_least", "whole number"),
        ({"count": {"kind": "completed"}, "at_least": True}, "criteria.at_least", "whole number"),
        ({"count": {"kind": "completed"}, "at_least": 1.5}, "criteria.at_least", "whole number"),
        ({"count": {"kind": "clicked"}, "at_least": 1}, "criteria.count.kind", "must be one of"),
        ({"count": {"kind": "completed", "who": 1}, "at_least": 1}, "criteria.count.who", "not known"),
        (
            {"count": {"kind": "completed", "skill": []}, "at_least": 1},
            "criteria.count.skill",
            "at least one",
        ),
        (
            {"count": {"kind": "completed", "skill": ["fire"]}, "at_least": 1},
            "criteria.count.skill",
            "no skill 'fire'",
        ),
        (
            {"count": {"kind": "lesson_shared", "activity": ["pumps"]}, "at_least": 1},
            "criteria.count",
            "completed only",
        ),
        ({**COUNT, "within": {}}, "criteria.within", "must be"),
        ({**COUNT, "within": {"days": 0}}, "criteria.within.days", "whole number"),
        ({**COUNT, "within": {"calendar": "day"}}, "criteria.within.calendar", "must be one of"),
        (
            {"distinct": "people", "of": {"kind": "completed"}, "at_least": 1},
            "criteria.distinct",
            "must be one of",
        ),
        ({"completed": ["swimming"]}, "criteria.completed", "no activity 'swimming'"),
        ({"badge": "last"}, "criteria.badge", "no badge 'last'"),
        ({"badge": "first", "tier": 3}, "criteria.tier", "no tier 3"),
        ({"points": "many"}, "criteria.points", "whole number"),
    ],
)
def test_what_is_not_understood_is_refused_with_the_place_and_the_reason(rule, where, why):
    with pytest.raises(BadCriteria) as refused:
        parse(rule, NAMES)
    assert refused.value.where == where
    assert why in refused.value.why


def test_a_rule_that_is_nested_without_end_is_refused():
    rule = COUNT
    for _ in range(50):
        rule = {"all": [rule]}
    with pytest.raises(BadCriteria, match="nested deeper"):
        parse(rule, NAMES)


def test_badges_that_ask_for_each_other_are_refused_with_the_round_trip():
    entries = [
        badge("a", {"badge": "b"}),
        badge("b", {"all": [COUNT, {"badge": "c"}]}),
        badge("c", {"badge": "a"}),
    ]
    with pytest.raises(BadCriteria, match="a → b → c → a"):
        read_all(entries, NAMES)


def test_a_tier_may_ask_for_a_lower_tier_of_its_badge_but_not_for_itself():
    assert read_all([badge("a", COUNT, {"all": [{"badge": "a", "tier": 1}, {"points": 9}]})], NAMES)
    with pytest.raises(BadCriteria, match="asks for itself"):
        read_all([badge("a", COUNT, {"badge": "a", "tier": 2})], NAMES)


@each(
    "change, where",
    [
        ({"kind": "star"}, "kind"),
        ({"repeats": "day"}, "repeats"),
        ({"name": {"nl": "x"}}, "name"),
        ({"slug": "../x"}, "slug"),
        ({"tiers": []}, "tiers"),
        ({"colour": "red"}, "colour"),
        ({"skill": "fire"}, "skill"),
    ],
)
def test_a_badge_that_is_not_whole_is_refused(change, where):
    with pytest.raises(BadCriteria) as refused:
        read_all([badge("a", COUNT) | change], NAMES)
    assert refused.value.where == f"badges[0].{where}"


def test_a_badge_that_stands_in_the_file_twice_is_refused():
    with pytest.raises(BadCriteria, match="twice"):
        read_all([badge("a", COUNT), badge("a", COUNT)], NAMES)
