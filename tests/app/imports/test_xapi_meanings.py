"""What the statements of the platforms mean for us, by the rules that come with Blijk and by one's own."""

import json
from pathlib import Path

import pytest

from app.imports.xapi import (
    DEFAULT_MEANINGS,
    KINDS,
    Meanings,
    Rule,
    check_statement,
    happened_at,
    interpret,
    kind_of,
    rules_from,
)
from tests.each import each

ADL = "http://adlnet.gov/expapi/verbs/"
TYPES = "http://adlnet.gov/expapi/activities/"
CMI5 = "https://w3id.org/xapi/cmi5/activitytype/"
EDLM = "https://xapi.edlm/profiles/edlm-lms/concepts/"
H5P = {"category": [{"id": "http://h5p.org/libraries/H5P.QuestionSet-1.20"}]}
PART = {"parent": [{"id": "urn:whole"}]}


def statement(verb, kind=None, result=None, context=None):
    thing = {"id": "urn:a", **({"definition": {"type": kind}} if kind else {})}
    made = {"actor": {"mbox": "mailto:anna@water.example"}, "verb": {"id": verb}, "object": thing}
    if result is not None:
        made["result"] = result
    if context is not None:
        made["context"] = {"contextActivities": context}
    check_statement(made, version="1.0.3")
    return made


MEANT = [
    # Moodle logstore_xapi
    (ADL + "completed", CMI5 + "course", None, None, "completed"),
    (ADL + "completed", "http://id.tincanapi.com/activitytype/book", {"completion": True, "success": True},
    None, "completed"),
    (ADL + "completed", TYPES + "attempt", {"completion": True, "success": True}, PART, "completed"),
    (ADL + "completed", TYPES + "attempt", {"completion": True, "success": False}, PART, "failed"),
    (ADL + "completed", TYPES + "attempt", {"completion": False, "success": True}, PART, "nothing"),
    (ADL + "completed", TYPES + "attempt", {"completion": False}, PART, "nothing"),
    (EDLM + "verbs/uncompleted", "http://id.tincanapi.com/activitytype/book", None, None, "nothing"),
    (ADL + "attended", "https://w3id.org/xapi/acrossx/activities/face-to-face-discussion",
    {"completion": True}, None, "attended"),
    (ADL + "attended", "https://w3id.org/xapi/acrossx/activities/face-to-face-discussion",
    {"completion": False}, None, "nothing"),
    (ADL + "attended", TYPES + "meeting", None, None, "attended"),
    (ADL + "answered", TYPES + "cmi.interaction", {"completion": True, "success": True}, PART, "nothing"),
    ("https://w3id.org/xapi/tla/verbs/scored", EDLM + "activity-types/submission", {"success": True}, None,
    "scored"),
    ("http://id.tincanapi.com/verb/viewed", CMI5 + "course", None, None, "nothing"),
    # ADL, SCORM, Articulate
    (ADL + "completed", None, None, None, "completed"),
    (ADL + "completed", "urn:some-type", {"completion": True, "success": False}, None, "completed"),
    (ADL + "completed", TYPES + "course", {"completion": False}, None, "nothing"),
    (ADL + "completed", TYPES + "objective", {"completion": True}, PART, "nothing"),
    (ADL + "completed", TYPES + "cmi.interaction", {"completion": True}, None, "nothing"),
    (ADL + "passed", TYPES + "course", {"success": True}, None, "passed"),
    (ADL + "passed", TYPES + "course", {"success": False}, None, "failed"),
    (ADL + "passed", TYPES + "objective", None, None, "nothing"),
    (ADL + "mastered", None, None, None, "passed"),
    (ADL + "failed", TYPES + "assessment", {"success": False}, None, "failed"),
    (ADL + "experienced", TYPES + "module", None, None, "nothing"),
    (ADL + "attempted", TYPES + "course", {"completion": False}, None, "nothing"),
    (ADL + "scored", None, {"score": {"scaled": 1}}, None, "scored"),
    (ADL + "progressed", TYPES + "course", {"completion": True}, None, "progressed"),
    ("http://activitystrea.ms/schema/1.0/complete", None, None, None, "completed"),
    # cmi5
    ("https://w3id.org/xapi/adl/verbs/satisfied", CMI5 + "course", None, None, "completed"),
    ("https://w3id.org/xapi/adl/verbs/satisfied", CMI5 + "block", None, None, "nothing"),
    ("https://w3id.org/xapi/adl/verbs/waived", CMI5 + "course", {"success": True, "completion": True}, None,
    "nothing"),
    ("https://w3id.org/xapi/adl/verbs/abandoned", None, None, None, "nothing"),
    # H5P
    (ADL + "completed", None, {"completion": True, "success": True}, H5P, "completed"),
    (ADL + "completed", None, {"score": {"min": 0, "max": 0, "raw": 0}}, H5P, "completed"),
    (ADL + "completed", None, {"completion": True, "success": False}, H5P, "failed"),
    (ADL + "completed", None, {"completion": True}, {**H5P, **PART}, "nothing"),
    (ADL + "answered", TYPES + "cmi.interaction", {"completion": True, "success": True}, H5P, "completed"),
    (ADL + "answered", TYPES + "cmi.interaction", {"completion": True}, {"category": H5P["category"][0]},
    "completed"),
    (ADL + "answered", TYPES + "cmi.interaction", {"completion": True, "success": False}, H5P, "failed"),
    (ADL + "answered", TYPES + "cmi.interaction", {"completion": True, "success": True}, {**H5P, **PART},
    "nothing"),
    (ADL + "answered", TYPES + "cmi.interaction", {"completion": True, "success": True}, None, "nothing"),
    (ADL + "interacted", None, None, H5P, "nothing"),
]  # fmt: skip


@each("verb, kind, result, context, means", MEANT)
def test_the_platforms_are_understood(verb, kind, result, context, means):
    meaning = interpret(statement(verb, kind, result, context), DEFAULT_MEANINGS)
    assert meaning.means == means
    assert meaning.completes == (means in ("completed", "passed", "attended"))


def test_linkedin_learning_is_understood():
    progress = {"https://w3id.org/xapi/cmi5/result/extensions/progress": "45"}
    course = {
        "actor": {"mbox": "mailto:anna@water.example", "objectType": "Agent"},
        "verb": {"id": ADL + "completed", "display": {"en-US": "COMPLETED"}},
        "object": {"id": "urn:li:lyndaCourse:252", "objectType": "Activity",
                   "definition": {"type": TYPES + "course", "name": {"en-US": "Python"}}},
        "result": {"completion": True, "duration": "PT1H30M"}, "timestamp": "2026-11-23T10:00:00.000Z",
    }  # fmt: skip
    meaning = interpret(course, DEFAULT_MEANINGS)
    assert (meaning.means, meaning.hours, happened_at(course).hour) == ("completed", 1.5, 10)
    under_way = {
        **course,
        "verb": {"id": ADL + "progressed"},
        "result": {"completion": False, "extensions": progress},
    }
    meaning = interpret(under_way, DEFAULT_MEANINGS)
    assert (meaning.means, meaning.progress, meaning.completes) == ("progressed", 0.45, False)


@each(
    "thing",
    [
        {"objectType": "Agent", "mbox": "mailto:a@b.c"},
        {"objectType": "StatementRef", "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"},
        {"objectType": "SubStatement", "actor": {"mbox": "mailto:a@b.c"}, "verb": {"id": ADL + "completed"},
         "object": {"id": "urn:a"}},
    ],
)  # fmt: skip
def test_only_what_is_said_of_an_activity_means_anything(thing):
    made = {"actor": {"mbox": "mailto:a@b.c"}, "verb": {"id": ADL + "completed"}, "object": thing}
    check_statement(made, version="1.0.3")
    assert interpret(made, DEFAULT_MEANINGS).means == "nothing"


def test_an_organisation_may_decide_otherwise():
    own = rules_from(
        [
            {"verb": EDLM + "verbs/uncompleted", "means": "uncompleted"},
            {"verb": ADL + "experienced", "activity_type": "urn:film", "means": "completed"},
            {"verb": ADL + "completed", "means": "nothing"},
        ]
    )
    meanings = DEFAULT_MEANINGS.preceded_by(own)
    assert interpret(statement(EDLM + "verbs/uncompleted"), meanings).means == "uncompleted"
    assert interpret(statement(ADL + "experienced", "urn:film"), meanings).means == "completed"
    assert interpret(statement(ADL + "experienced", "urn:other"), meanings).means == "nothing"
    assert interpret(statement(ADL + "completed"), meanings).means == "nothing"
    assert interpret(statement(ADL + "completed"), DEFAULT_MEANINGS).means == "completed"


def test_the_rule_that_says_most_wins_and_among_equals_the_first():
    rules = (
        Rule("scored", verb="urn:v"),
        Rule("failed", verb="urn:v"),
        Rule("passed", activity_type="urn:t"),
        Rule("attended", verb="urn:v", completion=True, success=True, parent=False, category="urn:"),
        Rule("completed", verb="urn:v", activity_type="urn:t"),
    )
    meanings = Meanings(rules)
    assert interpret(statement("urn:v"), meanings).rule == rules[0]
    assert interpret(statement("urn:w", "urn:t"), meanings).rule == rules[2]
    assert interpret(statement("urn:v", "urn:t"), meanings).rule == rules[4]
    full = {"completion": True, "success": True}
    assert interpret(statement("urn:v", None, full, {"category": {"id": "urn:c"}}), meanings).rule == rules[3]
    assert interpret(statement("urn:v", None, full, {"category": {"id": "x:c"}}), meanings).rule == rules[0]
    assert interpret(statement("urn:w"), meanings).rule is None


WRONG_RULES = [
    ({}, "must be a list"), ([1], "must be an object"), ([{"verb": "urn:v"}], "means"),
    ([{"verb": "urn:v", "means": "done"}], "means"), ([{"means": "completed"}], "verb or an activity_type"),
    ([{"verb": "", "means": "completed"}], "verb"), ([{"verb": [], "means": "completed"}], "verb"),
    ([{"verb": "urn:v", "means": "completed", "Verb": "x"}], "unknown keys: Verb"),
    ([{"verb": "urn:v", "means": "completed", "when": {"score": 1}}], "not score"),
    ([{"verb": "urn:v", "means": "completed", "when": {"success": "yes"}}], "success"),
    ([{"verb": "urn:v", "means": "completed", "when": []}], "when"),
    ([{"verb": "urn:v", "means": "completed"}, {"verb": 1, "means": "completed"}], r"rules\[1\]"),
]  # fmt: skip


@each("data, reason", WRONG_RULES)
def test_rules_that_are_written_wrongly_are_refused_with_the_reason(data, reason):
    with pytest.raises(ValueError, match=reason):
        rules_from(data)


def test_every_activity_type_has_one_of_our_kinds():
    assert kind_of(TYPES + "course") == "course"
    assert kind_of(TYPES + "meeting") == "workshop"
    assert kind_of("http://id.tincanapi.com/activitytype/book") == "article"
    assert kind_of(None) == kind_of("urn:unknown") == "course"
    from app.imports import xapi_meanings

    kinds = json.loads(Path(xapi_meanings.__file__).with_name("meanings.json").read_text())["kinds"]
    assert set(kinds.values()) <= set(KINDS)


MOODLE = Path(__file__).parents[4] / "shared" / "data" / "moodle" / "statements.json"


@pytest.mark.skipif(
    not MOODLE.exists(), reason="the statements of the Moodle plugin are not beside this checkout"
)
def test_the_statements_of_the_moodle_plugin_are_valid_and_hold_five_completed_activities():
    from app.imports.xapi import check_attachments, check_batch, identities, object_id
    from app.reading import read_json

    batch = read_json(MOODLE.read_bytes(), max_bytes=1_000_000)
    for version in ("1.0.3", "2.0.0"):
        check_batch(batch, version=version)
    check_attachments(batch)
    done = {
        (identities(one["actor"])[0].value, object_id(one))
        for one in batch
        if interpret(one, DEFAULT_MEANINGS).completes
    }
    assert len(batch) == 99
    assert len({thing for who, thing in done if who == "http://www.example.org 1"}) == 5
