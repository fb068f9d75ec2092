"""What a statement says is taken out of it as it was meant: who, what, when, how well."""

import hashlib
import uuid
from datetime import UTC, datetime

from app.imports import xapi
from app.imports.xapi import Activity, Identity, Ids
from tests.each import each

UUID = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"
ANNA = {"mbox": "mailto:Anna.de.Vries@Water.Example"}


def statement(**changes):
    return {"actor": ANNA, "verb": {"id": "urn:did"}, "object": {"id": "urn:a"}, **changes}


IDENTITIES = [
    ({"mbox": "mailto:Anna.de.Vries@Water.Example"}, ("email", "anna.de.vries@water.example")),
    ({"mbox": "mailto:anna%2Bx@water.example"}, ("email", "anna+x@water.example")),
    ({"mbox_sha1sum": "EBD31E95054C018B10727CCFFD2EF2EC3A016EE9"},
     ("mbox_sha1sum", "ebd31e95054c018b10727ccffd2ef2ec3a016ee9")),
    ({"openid": "HTTP://Anna.Example:80/"}, ("openid", "http://anna.example")),
    ({"account": {"homePage": "http://www.example.org", "name": "1"}}, ("account",
    "http://www.example.org 1")),
    ({"account": {"homePage": "HTTP://WWW.Example.org/", "name": "1"}}, ("account",
    "http://www.example.org 1")),
    ({"account": {"homePage": "https://x.example:443/LMS/", "name": "A b"}}, ("account",
    "https://x.example/LMS A b")),
    ({"account": {"homePage": "https://x.example:8443", "name": "é"}}, ("account",
    "https://x.example:8443 é")),
    ({"account": {"homePage": "http://x.example:443/?a=B#C", "name": "1"}}, ("account",
    "http://x.example:443/?a=B#C 1")),
    ({"account": {"homePage": "urn:LMS", "name": "X"}}, ("account", "urn:LMS X")),
    ({"objectType": "Group", "mbox": "mailto:team@x.example", "member": [ANNA]}, ("email", "team@x.example")),
]  # fmt: skip


@each("agent, identity", IDENTITIES)
def test_an_agent_is_known_by_its_identifier(agent, identity):
    assert xapi.identities(agent) == [Identity(*identity)]


def test_an_anonymous_group_is_known_by_nothing():
    assert xapi.identities({"objectType": "Group", "member": [ANNA]}) == []


def test_what_is_known_of_a_person_compares_equal_with_what_is_sent():
    assert xapi.email_identity(" Anna.de.Vries@water.example") == xapi.identities(ANNA)[0]
    account = {"account": {"homePage": "http://www.example.org/", "name": "a b"}}
    assert xapi.account_from_text(" HTTP://www.example.org a b ") == xapi.identities(account)[0]
    assert (
        xapi.openid_identity("http://anna.example/") == xapi.identities({"openid": "http://ANNA.example"})[0]
    )


@each("text", ["", " ", "http://www.example.org", "http://www.example.org "])
def test_half_an_account_is_none(text):
    assert xapi.account_from_text(text) is None


@each("sent", ["Anna@Water.Example", "Anna@water.example", "anna@water.example"])
def test_a_hashed_mail_is_found_however_it_was_written(sent):
    hashed = hashlib.sha1(f"mailto:{sent}".encode(), usedforsecurity=False).hexdigest()
    assert Identity("mbox_sha1sum", hashed) in xapi.hashed_mail("Anna@Water.Example")


def test_who_did_it_is_the_actor_or_the_members_of_the_group():
    ben = {"mbox": "mailto:ben@water.example"}
    assert xapi.learners(statement()) == [ANNA]
    assert xapi.learners(statement(actor={"objectType": "Group", "member": [ANNA, ben]})) == [ANNA, ben]
    assert xapi.learners(statement(actor={"objectType": "Group", **ANNA})) == []


def test_all_ids_of_a_statement():
    whole = statement(id=UUID.upper(), context={"registration": UUID})
    assert xapi.ids(whole) == Ids(uuid.UUID(UUID), "urn:did", "Activity", "urn:a", uuid.UUID(UUID))
    assert xapi.ids(statement(object={"objectType": "Agent", **ANNA})) == Ids(
        None, "urn:did", "Agent", None, None
    )


def test_a_voiding_statement_names_what_it_voids():
    reference = {"objectType": "StatementRef", "id": UUID}
    assert xapi.voids(statement(verb={"id": xapi.VOIDED}, object=reference)) == uuid.UUID(UUID)
    assert xapi.voids(statement(object=reference)) is None


def test_an_activity_has_names_in_languages_and_a_type():
    definition = {"name": {"nl": "Werken", "en": "Work"}, "description": {"nl": "…"}, "type": "urn:type"}
    full = statement(object={"id": "urn:a", "definition": definition})
    assert xapi.activity_of(full) == Activity(
        "urn:a", "urn:type", definition["name"], definition["description"]
    )
    assert xapi.activity_of(statement()) == Activity("urn:a", None, {}, {})
    assert xapi.activity_of(statement(object={"objectType": "StatementRef", "id": UUID})) is None


def test_the_moment_is_in_utc_or_not_told():
    assert xapi.happened_at(statement(timestamp="2015-11-18T12:17:00+02:00")) == datetime(
        2015, 11, 18, 10, 17, tzinfo=UTC
    )
    assert xapi.happened_at(statement()) is None


SCORES = [
    ({"scaled": 0.8, "raw": 1, "max": 10}, 0.8), ({"scaled": -1}, -1), ({"raw": 5, "max": 10}, 0.5),
    ({"raw": 5, "min": 4, "max": 8}, 0.25), ({"raw": 5}, None), ({"raw": 5, "min": 1}, None), ({"max": 5},
    None),
    ({"raw": 0, "min": 0, "max": 0}, None), ({}, None), ({"raw": -2, "max": 10}, 0), ({"raw": 1e308,
    "min": -1e308, "max": 1e308}, 1),
]  # fmt: skip


@each("score, share", SCORES)
def test_a_score_is_a_share_of_what_was_possible(score, share):
    assert xapi.score(statement(result={"score": score})) == share


def test_no_result_has_no_score_duration_or_progress():
    for read in (xapi.score, xapi.duration_hours, xapi.progress):
        assert read(statement()) is None
        assert read(statement(result={})) is None
    assert xapi.duration_hours(statement(result={"duration": "PT90M"})) == 1.5


CMI5 = "https://w3id.org/xapi/cmi5/result/extensions/progress"
PROGRESS = [
    ({CMI5: 45}, 0.45), ({CMI5: "45"}, 0.45), ({CMI5: "45%"}, 0.45), ({CMI5: " 100 "}, 1), ({CMI5: "half"},
    None),
    ({CMI5: None}, None), ({CMI5: True}, None), ({CMI5: 101}, None), ({CMI5: [45]}, None),
    ({"urn:other": 45}, None),
    ({"https://w3id.org/xapi/video/extensions/progress": 0.4}, 0.4), ({CMI5: "nan"}, None),
    ({CMI5: "9" * 100}, None),
]  # fmt: skip


@each("extensions, share", PROGRESS)
def test_progress_is_read_from_the_extensions_that_platforms_use(extensions, share):
    assert xapi.progress(statement(result={"extensions": extensions})) == share
