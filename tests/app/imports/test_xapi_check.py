"""Every MUST of a statement (xAPI 1.0.3 Data 2.2 to 2.5 and 4.0, xAPI 2.0) as a row: what is right, what is
wrong and which property the message names. Rows about the inside hold in a SubStatement as well."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.imports.xapi import Invalid, check_actor, check_batch, check_statement
from tests.each import each

GONE = object()
BOTH = ("1.0.3", "2.0.0")
UUID = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"
ANNA = {"mbox": "mailto:anna@water.example"}
ACCOUNT = {"homePage": "http://www.example.com", "name": "13936749"}
GROUP = {"objectType": "Group", "member": [ANNA, {"account": ACCOUNT, "objectType": "Agent", "name": "Ben"}]}
ACTIVITY = {"id": "http://www.example.com/meetings/34257"}
REFERENCE = {"objectType": "StatementRef", "id": UUID}
NAMES = {"en-GB": "attended", "nl": "bijgewoond"}
OAUTH = {"objectType": "Group", "member": [{"account": ACCOUNT}, ANNA]}
ATTACHMENT = {
    "usageType": "http://example.com/attachment-usage/test",
    "display": {"en-US": "A test attachment"},
    "description": {"en-US": "A test attachment (description)"},
    "contentType": "text/plain; charset=ascii",
    "length": 27,
    "sha2": "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a",
    "fileUrl": "http://over.there.com/file.txt",
}
WHOLE = {
    "id": UUID,
    "actor": {"objectType": "Agent", "name": "Anna", **ANNA},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/attended", "display": NAMES},
    "object": {
        "objectType": "Activity",
        "id": "http://www.example.com/meetings/occurances/34534",
        "definition": {
            "name": NAMES,
            "description": NAMES,
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "moreInfo": "http://virtualmeeting.example.com/345256",
            "interactionType": "choice",
            "correctResponsesPattern": ["golf[,]tetris"],
            "choices": [{"id": "golf", "description": NAMES}, {"id": "tetris"}],
            "extensions": {"http://example.com/x": {"any": [None, 1, "x"]}},
        },
    },
    "result": {
        "score": {"scaled": 0.5, "raw": 5, "min": 0, "max": 10},
        "success": True,
        "completion": True,
        "response": "golf",
        "duration": "PT1H0M0S",
        "extensions": {"urn:x": None},
    },
    "context": {
        "registration": UUID,
        "instructor": {**GROUP, "name": "Teachers"},
        "team": {"objectType": "Group", "mbox": "mailto:team@water.example"},
        "contextActivities": {
            "parent": ACTIVITY, "grouping": [ACTIVITY], "category": [ACTIVITY, ACTIVITY], "other": [],
        },
        "revision": "2", "platform": "Moodle", "language": "tlh", "statement": REFERENCE,
        "extensions": {"http://example.com/y": ""},
    },
    "timestamp": "2013-05-18T05:32:34.804+00:00",
    "stored": "2013-05-18T05:32:34.804Z",
    "authority": {"objectType": "Agent", "account": ACCOUNT},
    "version": "1.0.0",
    "attachments": [ATTACHMENT],
}  # fmt: skip
ONLY_OUTSIDE = ("id", "stored", "authority", "version")


def made(path, value, whole=WHOLE):
    """The whole statement with one thing in it changed; numbers in the path are places in lists."""
    statement = json.loads(json.dumps(whole))  # no part is shared with another
    at = statement
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    for part in way:
        at = at[part]
    if value is GONE:
        del at[last]
    else:
        at[last] = value
    return statement


def within(statement):
    """The same as a SubStatement of another one."""
    inner = {key: value for key, value in statement.items() if key not in ONLY_OUTSIDE}
    return {"actor": ANNA, "verb": {"id": "urn:planned"}, "object": {"objectType": "SubStatement", **inner}}


def refusal(statement, version):
    with pytest.raises(Invalid) as caught:
        check_statement(statement, version=version)
    return caught.value


def named(path):
    """A path of these tables as the message writes it."""
    return "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in path.split("/")).lstrip(".")


# What is allowed --------------------------------------------------------------------------------------------

EXTENSIONS = [
    {},
    {"http://example.com/ex": None},
    {"urn:x": ""},
    {"urn:x": {}},
    {"urn:x": [[None]]},
    {"urn:é": True},
]
IRIS = ["http://example.com/x", "urn:x", "http://example.com/فعل/خواندن", "tag:example.com,2020:y"]
WHO = [
    ANNA, {"objectType": "Agent", **ANNA}, {"name": "", **ANNA}, {"account": ACCOUNT},
    {"openid": "http://toby.openid.example.org/"},
    {"mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"},
]  # fmt: skip
GROUPS = [
    GROUP, {"objectType": "Group", "member": [ANNA]}, {"objectType": "Group", "account": ACCOUNT},
    {"objectType": "Group", "member": [], **ANNA}, {"objectType": "Group", "member": [ANNA],
        "account": ACCOUNT},
    {"objectType": "Group", "openid": "urn:group", "name": "x"},
    {"objectType": "Group", "mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"},
]  # fmt: skip
ALLOWED = {
    "actor": [*WHO, *GROUPS],
    "verb": [{"id": iri} for iri in IRIS] + [{"id": "urn:x", "display": {}}],
    "verb/display": [{}, {"en": ""}, {"zh-Hant-TW": "x", "x-own": "y", "EN-us": "z"}],
    "object": [
        ACTIVITY, {"objectType": "Activity", **ACTIVITY}, {"definition": {}, **ACTIVITY},
        *({"id": iri} for iri in IRIS),
    ],
    "object/definition": [
        {}, {"name": {}}, {"type": "urn:type"}, {"moreInfo": "https://example.com"},
        {"description": {"nl": "x"}},
        *({"extensions": extensions} for extensions in EXTENSIONS),
        *({"interactionType": kind} for kind in ("true-false", "choice", "fill-in", "long-fill-in",
        "matching",
                                                 "performance", "sequencing", "likert", "numeric", "other")),
        {"interactionType": "likert", "scale": [{"id": "a", "description": {}}, {"id": "A"}]},
        {"interactionType": "matching", "source": [{"id": "1"}], "target": [{"id": "1"}],
         "correctResponsesPattern": ["1[.]1"]},
        {"interactionType": "performance", "steps": [{"id": "x y"}]}, {"interactionType": "choice",
            "choices": []},
        {"interactionType": "sequencing", "choices": [{"id": ""}]},
        {"interactionType": "numeric", "correctResponsesPattern": ["4[:]"]},
        {"interactionType": "true-false", "correctResponsesPattern": []},
        {"interactionType": "fill-in", "correctResponsesPattern": ["{case_matters=maybe}{lang=}x[,]"]},
    ],
    "result": [{}, {"success": False}, {"completion": False}, {"response": ""}, {"score": {}},
        {"duration": "P4W"},
               *({"extensions": extensions} for extensions in EXTENSIONS)],
    "result/score": [
        {"scaled": 1}, {"scaled": -1.0}, {"scaled": 0.6767676}, {"raw": -7}, {"raw": 1e300}, {"min": 5},
        {"max": -5},
        {"raw": 3, "min": 3, "max": 3}, {"raw": 0, "max": 0}, {"min": -2.5, "max": -1, "raw": -2},
        {"min": 0, "max": 0, "raw": 0},
    ],
    "context": [{}, {"contextActivities": {}}, {"language": "nl-BE"}, {"instructor": ANNA},
        {"instructor": GROUP},
                {"team": GROUP}, {"statement": REFERENCE}, *({"extensions": one} for one in EXTENSIONS)],
    "context/contextActivities": [
        *({kind: ACTIVITY} for kind in ("parent", "grouping", "category", "other")),
        *({kind: [ACTIVITY]} for kind in ("parent", "grouping", "category", "other")),
        {"parent": [WHOLE["object"], ACTIVITY]},
    ],
    "timestamp": ["2008-09-15 15:53:00.601+00:00", "2099-01-01T00:00:00Z", "2016-12-31T23:59:60Z", GONE],
    "attachments": [[], GONE, [ATTACHMENT, ATTACHMENT], [{**ATTACHMENT, "length": 0}]],
    "attachments/0/description": [GONE, {}],
    "attachments/0/fileUrl": [GONE, "ftp://example.com/x"],
    "attachments/0/sha2": ["A" * 64, "0" * 96, "0" * 128, "0" * 56],
}  # fmt: skip
ALLOWED_OUTSIDE = {
    "id": [UUID.upper(), "12345678-1234-5678-1234-567812345678", GONE],
    "version": ["1.0.0", "1.0.3", "1.0.9", GONE],
    "authority": [*WHO, OAUTH, {**OAUTH, "name": "x"}, GONE],
    "stored": [GONE, "2099-01-01T00:00:00Z"],
    "object": [],
}
NO_ACTIVITY = [{"objectType": "Agent", **ANNA}, *GROUPS, REFERENCE]
ROWS = [(path, value) for path, values in ALLOWED.items() for value in values]
ROWS_OUTSIDE = [(path, value) for path, values in ALLOWED_OUTSIDE.items() for value in values]


@each("version", BOTH)
@each("path, value", ROWS)
def test_what_the_specification_allows_is_accepted(path, value, version):
    check_statement(made(path, value), version=version)
    check_statement(within(made(path, value)), version=version)


@each("version", BOTH)
@each("path, value", ROWS_OUTSIDE)
def test_what_a_statement_says_of_its_own_keeping_is_accepted(path, value, version):
    check_statement(made(path, value), version=version)


@each("version", BOTH)
@each("thing", NO_ACTIVITY)
def test_agents_groups_and_references_may_be_objects(thing, version):
    statement = {"actor": ANNA, "verb": {"id": "urn:x"}, "object": thing, "context": {"platform": "x"}}
    assert refusal(statement, version).property == "context.platform"
    statement["context"] = {"language": "nl"}
    check_statement(statement, version=version)
    check_statement(within(statement), version=version)


def test_the_smallest_statement_is_one():
    check_statement({"actor": ANNA, "verb": {"id": "urn:x"}, "object": {"id": "urn:y"}}, version="1.0.0")


@each("value", ["2013-05-18T05:32:34", "20130518T053234Z", "2013-05-18T05:32Z", "2013-W20-6T05:32:34+0200"])
def test_a_timestamp_is_iso_8601_in_1_0_and_rfc_3339_in_2_0(value):
    for path in ("timestamp", "stored"):
        check_statement(made(path, value), version="1.0.3")
        assert refusal(made(path, value), "2.0.0").property == path


def test_statements_of_2_0_may_be_sent_with_2_0_only():
    check_statement(made("version", "2.0.0"), version="2.0.0")
    assert refusal(made("version", "2.0.0"), "1.0.3").property == "version"


RELEVANT = [
    ("contextAgents", [{"objectType": "contextAgent", "agent": ANNA}]),
    (
        "contextAgents",
        [{"objectType": "contextAgent", "agent": ANNA, "relevantTypes": ["urn:x", "http://x"]}] * 2,
    ),
    ("contextAgents", []),
    ("contextGroups", [{"objectType": "contextGroup", "group": GROUP, "relevantTypes": ["urn:x"]}]),
    ("contextGroups", [{"objectType": "contextGroup", "group": {"objectType": "Group", **ANNA}}]),
]


@each("name, value", RELEVANT)
def test_2_0_knows_context_agents_and_groups_and_1_0_does_not(name, value):
    statement = made(f"context/{name}", value)
    check_statement(statement, version="2.0.0")
    check_statement(within(statement), version="2.0.0")
    assert refusal(statement, "1.0.3").property == f"context.{name}"


IRRELEVANT = [
    ("contextAgents", {"objectType": "contextAgent", "agent": ANNA}, ""),
    ("contextAgents", [{"objectType": "Should fail", "agent": ANNA}], "[0].objectType"),
    ("contextAgents", [{"agent": ANNA}], "[0].objectType"),
    ("contextAgents", [{"objectType": "contextAgent"}], "[0].agent"),
    ("contextAgents", [{"objectType": "contextAgent", "agent": GROUP}], "[0].agent.objectType"),
    ("contextAgents", [{"objectType": "contextAgent", "agent": {"key": "x"}}], "[0].agent.key"),
    ("contextAgents", [{"objectType": "contextAgent", "agent": ANNA, "relevantTypes": []}],
    "[0].relevantTypes"),
    ("contextAgents", [{"objectType": "contextAgent", "agent": ANNA, "relevantTypes": ["abc"]}],
     "[0].relevantTypes[0]"),
    ("contextAgents", [{"objectType": "contextAgent", "agent": ANNA, "relevantTypes": "urn:x"}],
     "[0].relevantTypes"),
    ("contextGroups", [{"objectType": "contextAgent", "group": GROUP}], "[0].objectType"),
    ("contextGroups", [{"objectType": "contextGroup", "group": ANNA}], "[0].group.objectType"),
    ("contextGroups", [{"objectType": "contextGroup", "group": GROUP, "member": [ANNA]}], "[0].member"),
    ("contextGroups", [{"objectType": "contextGroup", "group": GROUP, "relevantTypes": []}],
    "[0].relevantTypes"),
    ("contextGroups", [{"objectType": "contextGroup", "group": {"objectType": "Group"}}], "[0].group.member"),
]  # fmt: skip


@each("name, value, where", IRRELEVANT)
def test_context_agents_and_groups_have_their_own_rules(name, value, where):
    assert refusal(made(f"context/{name}", value), "2.0.0").property == f"context.{name}{where}"


# What is forbidden ------------------------------------------------------------------------------------------

NO_OBJECT = [None, "x", 12345, [], True]
NO_STRING = [None, 12345, {"key": "x"}, ["x"], False]
NO_IRI = [*NO_STRING, "", "should fail", "ab=c://should.fail.com", "example.com/x", "http://exa mple.com"]
NO_UUID = [*NO_STRING, "", "should fail", "AA97B177-9383-4934-8543-0F91A7A028368",
    "MA97B177-9383-4934-8543-0F91A7A02836",
           UUID.replace("-", ""), f"{{{UUID}}}"]  # fmt: skip
NO_NUMBER = [None, "100", "one hundred", True, [1], {}]
NO_BOOLEAN = [None, "true", "false", 0, 1, "", []]
NO_LANGUAGE = [*NO_STRING, "", "a12345", "something", "en_US", "en-"]
FORBIDDEN = {
    "actor": [*NO_OBJECT, GONE],
    "actor/objectType": [None, "agent", "AGENT", "group", "Activity", "", 1],
    "actor/name": NO_STRING,
    "actor/mbox": [*NO_STRING, "", "anna@water.example", "mailto:anna", "MAILTO:a@b.c", "http://x",
        "mailto:a b@c"],
    "actor/account": [*NO_OBJECT, ACCOUNT],
    "actor/openid": ["http://x.example"],
    "actor/mbox_sha1sum": ["a" * 40],
    "actor/member": [[ANNA]],
    "actor/Name": ["x"],
    "verb": [*NO_OBJECT, GONE],
    "verb/id": [*NO_IRI, GONE],
    "verb/display": [None, "attended", 1, [], ["x"]],
    "verb/display/nl": [None, 1, {}, []],
    "verb/Display": [NAMES],
    "verb/extra": ["x"],
    "object": [*NO_OBJECT, GONE],
    "object/objectType": [None, "activity", "agent", "statementRef", "substatement", "SubStatements", "", 1,
        []],
    "object/id": [*NO_IRI, GONE],
    "object/definition": [None, "x", 12345, [], True],
    "object/member": [[ANNA]],
    "object/ID": ["urn:x"],
    "object/definition/name": [None, "x", 12345, []],
    "object/definition/description": [None, "x", 12345, []],
    "object/definition/name/nl": [None, 12345, []],
    "object/definition/type": NO_IRI,
    "object/definition/moreInfo": NO_IRI,
    "object/definition/moreinfo": ["http://x.example"],
    "object/definition/extensions": NO_OBJECT,
    "object/definition/interactionType": [*NO_STRING, "", "should fail", "Choice", "true_false", "http://x"],
    "object/definition/correctResponsesPattern": [None, "x", {}, 1],
    "object/definition/correctResponsesPattern/0": [None, 1, ["x"], {}],
    "object/definition/choices": [None, "x", {}, 1, [{"id": "a"}, {"id": "b"}, {"id": "a"}]],
    "object/definition/choices/0": NO_OBJECT,
    "object/definition/choices/0/id": [*NO_STRING, GONE],
    "object/definition/choices/0/description": [None, "x", 1, []],
    "object/definition/choices/0/name": [NAMES],
    "object/definition/scale": [[{"id": "a"}]],
    "object/definition/source": [[{"id": "a"}]],
    "object/definition/steps": [[]],
    "object/definition/interactiontype": ["choice"],
    "result": NO_OBJECT,
    "result/success": NO_BOOLEAN,
    "result/completion": NO_BOOLEAN,
    "result/response": NO_STRING,
    "result/duration": [*NO_STRING, "", "should fail", "PA1H0M0S", "P4W1D", "P", "PT", "1H", "pt1h",
        "PT1.5H2M"],
    "result/extensions": NO_OBJECT,
    "result/Score": [{}],
    "result/score": NO_OBJECT,
    "result/score/scaled": [*NO_NUMBER, 1.01, -1.00001, 2, -5],
    "result/score/raw": [*NO_NUMBER, 10.5, -0.5, 11],
    "result/score/min": [*NO_NUMBER, 10.1, 11],
    "result/score/max": NO_NUMBER,
    "result/score/percentage": [1],
    "context": NO_OBJECT,
    "context/registration": NO_UUID,
    "context/instructor": [*NO_OBJECT],
    "context/team": [*NO_OBJECT],
    "context/contextActivities": NO_OBJECT,
    "context/contextActivities/parent": [None, "x", 1, True],
    "context/contextActivities/Parent": [ACTIVITY],
    "context/contextActivities/parents": [[ACTIVITY]],
    "context/contextActivities/parent/id": [*NO_IRI, GONE],
    "context/contextActivities/category/1/id": [*NO_IRI, GONE],
    "context/contextActivities/category/0/objectType": ["Agent", "activity", None],
    "context/contextActivities/category/0": NO_OBJECT,
    "context/revision": NO_STRING,
    "context/platform": NO_STRING,
    "context/language": NO_LANGUAGE,
    "context/statement": NO_OBJECT,
    "context/statement/id": [*NO_UUID, GONE],
    "context/statement/objectType": [None, "statementRef", "SubStatement", "Activity", GONE],
    "context/statement/name": ["x"],
    "context/extensions": NO_OBJECT,
    "context/extra": [1],
    "timestamp": [*NO_STRING, "", "should fail", "01/011/2015", "2008-09-15T15:53:00.601-00",
                  "2008-09-15T15:53:00.601-0000", "2008-09-15T15:53:00.601-00:00", "2015-02-29T00:00:00Z",
                  "2015-01-01"],
    "attachments": [None, "x", ATTACHMENT, 1],
    "attachments/0": NO_OBJECT,
    "attachments/0/usageType": [*NO_IRI, GONE],
    "attachments/0/display": [None, "x", 1, [], GONE],
    "attachments/0/display/en-US": [None, 1],
    "attachments/0/description": [None, "x", 1, []],
    "attachments/0/contentType": [*NO_STRING, "", "should fail", GONE],
    "attachments/0/length": [None, "27", "x", 27.5, -1, True, GONE],
    "attachments/0/sha2": [*NO_STRING, "", "a" * 63, "zz" * 32, GONE],
    "attachments/0/fileUrl": NO_IRI,
    "attachments/0/fileURL": ["http://x.example"],
    "Actor": [ANNA],
    "additional": ["x"],
}  # fmt: skip
FORBIDDEN_OUTSIDE = {
    "id": NO_UUID,
    "stored": [None, 1, "", "should fail", "2008-09-15T15:53:00-00:00"],
    "authority": NO_OBJECT,
    "version": [*NO_STRING, "", "1", "1.0", "0.9.5", "1.1.0", "3.0.0", "v1.0.0"],
    "objectType": ["Statement", "SubStatement"],
}
WRONG_ROWS = [(path, value) for path, values in FORBIDDEN.items() for value in values]
WRONG_ROWS_OUTSIDE = [(path, value) for path, values in FORBIDDEN_OUTSIDE.items() for value in values]


@each("version", BOTH)
@each("path, value", WRONG_ROWS)
def test_what_the_specification_forbids_is_refused_by_name(path, value, version):
    error = refusal(made(path, value), version)
    assert error.property == named(path)
    assert str(error) == f"{error.property}: {error.reason}"
    assert error.reason
    assert refusal(within(made(path, value)), version).property == f"object.{named(path)}"


@each("version", BOTH)
@each("path, value", WRONG_ROWS_OUTSIDE)
def test_what_a_statement_says_wrongly_of_its_keeping_is_refused(path, value, version):
    assert refusal(made(path, value), version).property == path


@each("name", ONLY_OUTSIDE)
def test_a_substatement_says_nothing_of_its_keeping(name):
    statement = within(WHOLE)
    statement["object"][name] = WHOLE[name]
    assert refusal(statement, "1.0.3").property == f"object.{name}"


def test_a_substatement_holds_no_other_one():
    statement = within(within(WHOLE))
    assert refusal(statement, "1.0.3").property == "object.object.objectType"


OTHERWISE = [
    ("actor", {}, "actor"),
    ("actor", {"name": "Anna"}, "actor"),
    ("actor", {"objectType": "Agent"}, "actor"),
    ("actor", {**ANNA, "account": ACCOUNT}, "actor.account"),
    ("actor", {**ANNA, "mbox_sha1sum": "a" * 40}, "actor.mbox_sha1sum"),
    ("actor", {"openid": "urn:x", "account": ACCOUNT}, "actor.account"),
    ("actor", {**ANNA, "openid": "urn:x"}, "actor.openid"),
    ("actor", {"account": {"homePage": "http://x.example"}}, "actor.account.name"),
    ("actor", {"account": {"name": "x"}}, "actor.account.homePage"),
    ("actor", {"account": {"homePage": "x", "name": "x"}}, "actor.account.homePage"),
    ("actor", {"account": {"homePage": "http://x.example", "name": {}}}, "actor.account.name"),
    ("actor", {"account": {"homepage": "http://x.example", "name": "x"}}, "actor.account.homepage"),
    ("actor", {"account": {**ACCOUNT, "id": "x"}}, "actor.account.id"),
    ("actor", {"openid": "should fail"}, "actor.openid"),
    ("actor", {"mbox_sha1sum": "anna"}, "actor.mbox_sha1sum"),
    ("actor", {"objectType": "Group"}, "actor.member"),
    ("actor", {"objectType": "Group", "name": "x"}, "actor.member"),
    ("actor", {"objectType": "Group", "member": []}, "actor.member"),
    ("actor", {"objectType": "Group", "member": ANNA}, "actor.member"),
    ("actor", {"objectType": "Group", "member": "x", **ANNA}, "actor.member"),
    ("actor", {"objectType": "Group", "member": [GROUP]}, "actor.member[0].objectType"),
    ("actor", {"objectType": "Group", **ANNA, "member": [ANNA, GROUP]}, "actor.member[1].objectType"),
    ("actor", {"objectType": "Group", "member": [ANNA, {}]}, "actor.member[1]"),
    ("actor", {"objectType": "Group", "member": [None]}, "actor.member[0]"),
    ("actor", {**GROUP, **ANNA, "account": ACCOUNT}, "actor.account"),
    ("actor", {"objectType": "Group", "account": {"name": "x"}}, "actor.account.homePage"),
    ("actor", {"member": [ANNA]}, "actor.member"),
    ("verb", {}, "verb.id"),
    ("verb/display", {"a12345": "x"}, "verb.display.a12345"),
    ("verb/display", {"en_US": "x"}, "verb.display.en_US"),
    ("verb/display", {"": "x"}, 'verb.display[""]'),
    ("verb/display", {"not a tag.": "x"}, 'verb.display["not a tag."]'),
    ("object", ANNA, "object.mbox"),
    ("object", GROUP["member"][1] | {"objectType": "Activity"}, "object.account"),
    ("object", {"member": [ANNA]}, "object.member"),
    ("object", {"objectType": "Agent"}, "object"),
    ("object", {"objectType": "Agent", **ANNA, "id": "urn:x"}, "object.id"),
    ("object", {"objectType": "Group"}, "object.member"),
    ("object", {"objectType": "StatementRef"}, "object.id"),
    ("object", {"objectType": "StatementRef", "id": "urn:x"}, "object.id"),
    ("object", {**REFERENCE, "definition": {}}, "object.definition"),
    ("object", {"objectType": "SubStatement"}, "object.actor"),
    ("object", {"objectType": "SubStatement", "actor": ANNA, "object": ACTIVITY}, "object.verb"),
    ("object", {"objectType": "SubStatement", "actor": ANNA, "verb": {"id": "urn:x"}}, "object.object"),
    ("object", {"objectType": "Other", "id": "urn:x"}, "object.objectType"),
    ("object/definition/interactionType", GONE, "object.definition.interactionType"),
    ("object/definition", {"correctResponsesPattern": []}, "object.definition.interactionType"),
    *(("object/definition", {name: [{"id": "a"}]}, "object.definition.interactionType")
      for name in ("choices", "scale", "source", "target", "steps")),
    ("object/definition", {"interactionType": "true-false", "choices": []}, "object.definition.choices"),
    ("object/definition", {"interactionType": "numeric", "scale": []}, "object.definition.scale"),
    ("object/definition", {"interactionType": "matching", "source": [], "choices": []},
    "object.definition.choices"),
    ("object/definition", {"extensions": {"should fail": 1}}, 'object.definition.extensions["should fail"]'),
    ("object/definition/name", {"something": "x"}, "object.definition.name.something"),
    ("object/definition/choices/0/description", {"a12345": "x"},
     "object.definition.choices[0].description.a12345"),
    ("result/extensions", {"": 1}, 'result.extensions[""]'),
    ("result/extensions", {"id": "valid"}, "result.extensions.id"),
    ("result/score", {"raw": 1, "min": 2}, "result.score.raw"),
    ("result/score", {"raw": 3, "max": 2}, "result.score.raw"),
    ("result/score", {"min": 3, "max": 2}, "result.score.min"),
    ("result/score/max", -1, "result.score.min"),
    ("context/extensions", {"no iri": 1}, 'context.extensions["no iri"]'),
    ("context/instructor", {"key": "x"}, "context.instructor.key"),
    ("context/instructor", {}, "context.instructor"),
    ("context/team", ANNA, "context.team.objectType"),
    ("context/team", {"objectType": "Agent", **ANNA}, "context.team.objectType"),
    ("context/team", {"objectType": "Group"}, "context.team.member"),
    ("context/contextActivities", {"other": [ACTIVITY, {"key": "x"}]},
        "context.contextActivities.other[1].key"),
    ("attachments/0", {}, "attachments[0].usageType"),
    ("attachments/0/display", {"something": "x"}, "attachments[0].display.something"),
]  # fmt: skip


@each("version", BOTH)
@each("path, value, where", OTHERWISE)
def test_a_refusal_names_the_property_that_is_wrong(path, value, where, version):
    statement = made(path, value)
    if where.startswith("object") and path == "object":
        statement["context"] = {}
    assert refusal(statement, version).property == where
    if not (path == "object" and isinstance(value, dict) and value.get("objectType") == "SubStatement"):
        assert refusal(within(statement), version).property == f"object.{where}"


AUTHORITIES = [
    ({"objectType": "Group", "member": [ANNA]}, "authority.member"),
    ({"objectType": "Group", "member": [{"account": ACCOUNT}]}, "authority.member"),
    ({"objectType": "Group", "member": [{"account": ACCOUNT}, ANNA, ANNA]}, "authority.member"),
    ({"objectType": "Group", "member": [ANNA, ANNA]}, "authority.member"),
    ({"objectType": "Group", "member": [{"account": ACCOUNT}, GROUP]}, "authority.member[1].objectType"),
    ({"objectType": "Group"}, "authority.member"),
    ({"objectType": "Group", **ANNA}, "authority.member"),
    ({**OAUTH, **ANNA}, "authority.mbox"),
    ({**OAUTH, "mbox_sha1sum": "cd9b00a5611f94eaa7b1661edab976068e364975"}, "authority.mbox_sha1sum"),
    ({**OAUTH, "openid": "http://openid.example.org/12345"}, "authority.openid"),
    ({**OAUTH, "account": ACCOUNT}, "authority.account"),
    ({}, "authority"),
    ({"objectType": "Activity", "id": "urn:x"}, "authority.objectType"),
    ({"account": {"name": "x"}}, "authority.account.homePage"),
]


@each("value, where", AUTHORITIES)
def test_an_authority_is_an_agent_or_the_two_of_oauth(value, where):
    assert refusal(made("authority", value), "1.0.3").property == where


@each("thing", [ACTIVITY, {"objectType": "Agent", **ANNA}, GROUP])
def test_only_a_reference_to_a_statement_can_be_voided(thing):
    void = {"actor": ANNA, "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"}, "object": REFERENCE}
    check_statement(void, version="1.0.3")
    check_statement({**void, "verb": {"id": "http://example.com/voided"}, "object": thing}, version="1.0.3")
    assert refusal({**void, "object": thing}, "1.0.3").property == "object.objectType"
    assert refusal({**void, "object": within(void)["object"]}, "2.0.0").property == "object.objectType"


@each("name", ["revision", "platform"])
@each("thing", [*NO_ACTIVITY, within(WHOLE)["object"]])
def test_revision_and_platform_belong_to_activities(name, thing):
    statement = {"actor": ANNA, "verb": {"id": "urn:x"}, "object": thing, "context": {name: "x"}}
    assert refusal(statement, "1.0.3").property == f"context.{name}"


def test_a_wrong_case_is_told_what_was_meant():
    assert "objectType" in refusal(made("actor/ObjectType", "Agent"), "1.0.3").reason
    assert "null" in refusal(made("actor/name", None), "1.0.3").reason


LONG = "urn:" + "é" * 998
TOO_LONG = [
    ("object/id", LONG), ("verb/id", LONG), ("object/definition/type", LONG),
    ("actor/mbox", f"mailto:{'a' * 491}@b"), ("context/contextActivities/parent/id", LONG),
]  # fmt: skip


@each("path, value", TOO_LONG)
def test_what_things_are_found_by_fits_an_index(path, value):
    check_statement(made(path, value), version="1.0.3")
    assert refusal(made(path, value + "a"), "1.0.3").property == named(path)


def test_an_account_fits_an_index_and_other_addresses_may_be_longer():
    for key, longest in (("homePage", LONG), ("name", "é" * 250)):
        check_statement(made("actor", {"account": {**ACCOUNT, key: longest}}), version="1.0.3")
        error = refusal(made("actor", {"account": {**ACCOUNT, key: longest + "a"}}), "1.0.3")
        assert error.property == f"actor.account.{key}"
    check_statement(made("object/definition/moreInfo", LONG * 9), version="1.0.3")
    check_statement(made("attachments/0/fileUrl", LONG * 9), version="1.0.3")
    check_statement(made("result/extensions", {LONG * 9: 1}), version="1.0.3")


@each("statement", [None, [], "x", 1, True, {}, [WHOLE]])
def test_what_is_no_object_is_no_statement(statement):
    assert refusal(statement, "1.0.3").property in ("", "actor")


# Batches ----------------------------------------------------------------------------------------------------


def refused_batch(data, version="1.0.3"):
    with pytest.raises(Invalid) as caught:
        check_batch(data, version=version)
    return caught.value


def test_a_batch_is_one_statement_or_several_or_none():
    other = made("id", GONE)
    for data in (WHOLE, [], [WHOLE], [WHOLE, other, other]):
        check_batch(data, version="1.0.3")


def test_a_refusal_says_which_of_the_batch_it_is():
    bad = made("object/definition/interactionType", "Choice")
    assert refused_batch([WHOLE, {}, bad]).property == "[1].actor"
    assert refused_batch([WHOLE, bad]).property == "[1].object.definition.interactionType"
    assert refused_batch([[WHOLE]]).property == "[0]"
    assert refused_batch(bad).property == "object.definition.interactionType"


@each("data", [None, "x", 1, 1.5, True, [None], [1], ["x"], [[]]])
def test_what_is_no_batch_is_refused(data):
    assert refused_batch(data).property in ("", "[0]")


def test_the_same_id_twice_in_a_batch_is_refused_in_any_case():
    assert refused_batch([WHOLE, made("id", GONE), made("id", UUID.upper())]).property == "[2].id"


def test_an_unknown_version_is_an_error_of_the_caller():
    for version in ("0.95", "1.1.0", "3.0.0", ""):
        with pytest.raises(ValueError, match="xAPI version"):
            check_batch([], version=version)


def test_the_agent_of_a_query_is_checked_like_an_actor():
    check_actor(ANNA)
    with pytest.raises(Invalid):
        check_actor({"name": "x"})


# Anything at all --------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    sorted({*WHOLE, *WHOLE["object"]["definition"], *WHOLE["context"], *ATTACHMENT, *WHOLE["result"], "mbox",
    "member",
            "objectType", "id", "scaled", "raw", "Agent", "Group", "Activity", "SubStatement",
            "StatementRef", "", "en",
            "urn:x", "mailto:a@b.c", UUID, "http://adlnet.gov/expapi/verbs/voided"})
)  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)
PLACES = st.sampled_from(sorted({*FORBIDDEN, *FORBIDDEN_OUTSIDE}))


def refuses_or_not(data, version):
    """Nothing but Invalid comes out, with a message that can be sent."""
    try:
        check_batch(data, version=version)
        return
    except Invalid as error:
        message = str(error)
    assert 0 < len(json.dumps(message)) < 1000


@given(ANYTHING, st.sampled_from(BOTH))
def test_whatever_is_sent_is_accepted_or_invalid(data, version):
    refuses_or_not(data, version)
    refuses_or_not([data], version)


@given(PLACES, ANYTHING, st.sampled_from(BOTH))
def test_whatever_stands_in_a_statement_is_accepted_or_invalid(path, value, version):
    statement = made(path, value)
    refuses_or_not(statement, version)
    refuses_or_not([within(statement)], version)


def test_checking_changes_nothing():
    before = json.dumps(WHOLE)
    check_statement(WHOLE, version="1.0.3")
    assert json.dumps(WHOLE) == before
