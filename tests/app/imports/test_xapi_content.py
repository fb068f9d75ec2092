"""When two statements are the same one, what an LRS returns, and which id one without an id gets."""

import copy
import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.imports.xapi import (
    SAME_WITHIN,
    check_statement,
    content_hash,
    derived_id,
    derived_ids,
    normalise,
    ordinals,
    same_content,
)
from tests.each import each

UUID = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"
ANNA = {"mbox": "mailto:anna@water.example"}
BEN = {"objectType": "Agent", "account": {"homePage": "http://www.example.com", "name": "2"}}
ACTIVITY = {"id": "urn:a", "definition": {"name": {"nl": "A"}}}
ATTACHMENT = {
    "usageType": "urn:u", "display": {"en-US": "x"}, "contentType": "text/plain", "length": 3,
    "sha2": "a" * 64,
    "fileUrl": "http://x.example/f",
}  # fmt: skip
WHOLE = {
    "id": UUID,
    "actor": {"objectType": "Group", "member": [ANNA, BEN]},
    "verb": {"id": "urn:did", "display": {"nl": "deed"}},
    "object": {"objectType": "Activity", **ACTIVITY},
    "result": {"score": {"raw": 1, "max": 10.0}, "duration": "PT1.239S", "extensions": {"urn:x": [1, 2.5,
    {"a": 1}]}},
    "context": {
        "registration": UUID, "language": "nl-NL", "instructor": BEN,
        "statement": {"objectType": "StatementRef", "id": UUID},
        "contextActivities": {"parent": [ACTIVITY], "other": [{"id": "urn:b"}, {"id": "urn:c"}]},
        "team": {"objectType": "Group", "mbox": "mailto:team@water.example"}, "extensions": {"urn:y": 1},
    },
    "timestamp": "2015-11-18T12:17:00.123456Z",
    "attachments": [ATTACHMENT, {**ATTACHMENT, "sha2": "b" * 64}],
}  # fmt: skip


def changed(**changes):
    """The statement with things put in at `a__b` paths; None takes away."""
    statement = copy.deepcopy(WHOLE)
    for path, value in changes.items():
        *way, last = path.split("__")
        at = statement
        for part in way:
            at = at[part]
        if value is None:
            at.pop(last, None)
        else:
            at[last] = value
    check_statement(statement, version="1.0.3")
    return statement


DO_NOT_COUNT = {
    "an id that the LRS gave": {"id": None},
    "an id in capitals": {"id": UUID.upper()},
    "stored": {"stored": "2015-11-18T12:17:01Z"},
    "authority": {"authority": ANNA},
    "version": {"version": "1.0.0"},
    "the display of the verb": {"verb__display": {"en": "did"}},
    "no display": {"verb__display": None},
    "the definition of the activity": {"object__definition": {"type": "urn:t"}},
    "no definition": {"object__definition": None},
    "definitions in the context": {"context__contextActivities__parent": [{"id": "urn:a"}]},
    "an objectType left out": {"object": ACTIVITY},
    "the order of members": {"actor__member": [BEN, ANNA]},
    "an objectType of a member": {"actor__member": [{"objectType": "Agent", **ANNA}, BEN]},
    "the case of a mail domain": {"context__team__mbox": "mailto:team@WATER.example"},
    "the same moment elsewhere": {"timestamp": "2015-11-18T13:17:00.123456+01:00"},
    "a moment cut to milliseconds": {"timestamp": "2015-11-18T12:17:00.123Z"},
    "a moment written otherwise": {"timestamp": "20151118T121700.123456Z"},
    "the same number": {"result__score": {"raw": 1.0, "max": 10}},
    "the same number in extensions": {"result__extensions": {"urn:x": [1.0, 2.5, {"a": 1.0}]}},
    "a single context activity": {"context__contextActivities__parent": ACTIVITY},
    "the case of a registration": {"context__registration": UUID.upper()},
    "the case of a reference": {"context__statement__id": UUID.upper()},
    "the case of a language": {"context__language": "NL-nl"},
    "a duration finer than 0.01 s": {"result__duration": "PT1.23S"},
    "the case of a hash": {"attachments": [{**ATTACHMENT, "sha2": "A" * 64}, {**ATTACHMENT,
        "sha2": "b" * 64}]},
}  # fmt: skip
COUNT = {
    "another actor": {"actor": ANNA},
    "another member": {"actor__member": [ANNA]},
    "the name of a member": {"actor__member": [{**ANNA, "name": "Anna"}, BEN]},
    "the case of a mail's local part": {"context__team__mbox": "mailto:TEAM@water.example"},
    "another verb": {"verb__id": "urn:Did"},
    "another activity": {"object__id": "urn:a/"},
    "another sort of object": {
        "object": {"objectType": "StatementRef", "id": UUID},
        "context__platform": None,
    },
    "another score": {"result__score": {"raw": 1.5, "max": 10}},
    "a result more": {"result__success": True},
    "no result": {"result": None},
    "true is no 1": {"result__extensions": {"urn:x": [True, 2.5, {"a": 1}]}},
    "null in extensions": {"context__extensions": {"urn:y": None}},
    "an extension less": {"context__extensions": {}},
    "another duration": {"result__duration": "PT1.24S"},
    "an equal duration in other units": {"result__duration": "PT0M1.239S"},
    "another moment": {"timestamp": "2015-11-18T12:17:00.124Z"},
    "another language": {"context__language": "nl"},
    "the order of context activities": {
        "context__contextActivities__other": [{"id": "urn:c"}, {"id": "urn:b"}]
    },
    "another sort of context": {"context__contextActivities": {"grouping": [ACTIVITY]}},
    "the order of attachments": {"attachments": [{**ATTACHMENT, "sha2": "b" * 64}, ATTACHMENT]},
    "an attachment less": {"attachments": [ATTACHMENT]},
}


@each("what", DO_NOT_COUNT)
def test_what_an_lrs_may_change_makes_no_other_statement(what):
    other = changed(**DO_NOT_COUNT[what])
    assert same_content(WHOLE, other)
    assert same_content(other, WHOLE)
    assert content_hash(other) == content_hash(WHOLE)


@each("what", COUNT)
def test_everything_else_makes_another_statement(what):
    other = changed(**COUNT[what])
    assert not same_content(WHOLE, other)
    assert content_hash(other) != content_hash(WHOLE)


def test_a_resend_without_a_timestamp_equals_the_stored_one_that_has_got_one():
    sent = changed(timestamp=None)
    assert same_content(sent, WHOLE)
    assert same_content(WHOLE, sent)
    assert content_hash(sent) == content_hash(changed(timestamp=None, id=None, stored="2020-01-01T00:00:00Z"))


def test_a_substatement_is_compared_like_a_statement():
    def planned(**inner):
        return {
            "actor": ANNA,
            "verb": {"id": "urn:planned"},
            "object": {
                "objectType": "SubStatement",
                "actor": ANNA,
                "verb": {"id": "urn:x"},
                "object": ACTIVITY,
                **inner,
            },
        }

    assert same_content(
        planned(), planned(verb={"id": "urn:x", "display": {"nl": "x"}}, object={"id": "urn:a"})
    )
    assert not same_content(planned(), planned(verb={"id": "urn:y"}))
    assert not same_content(planned(), planned(timestamp="2099-01-01T00:00:00Z"))


def test_context_agents_and_groups_are_compared_like_agents():
    def with_context(agent, *members):
        return {
            "actor": ANNA,
            "verb": {"id": "urn:x"},
            "object": ACTIVITY,
            "context": {
                "contextAgents": [{"objectType": "contextAgent", "agent": agent}],
                "contextGroups": [
                    {"objectType": "contextGroup", "group": {"objectType": "Group", "member": [*members]}}
                ],
            },
        }

    assert same_content(
        with_context(ANNA, ANNA, BEN), with_context({"objectType": "Agent", **ANNA}, BEN, ANNA)
    )
    assert not same_content(with_context(ANNA, ANNA), with_context(BEN, ANNA))


def test_comparing_changes_nothing():
    before = copy.deepcopy(WHOLE)
    content_hash(WHOLE)
    same_content(WHOLE, WHOLE)
    normalise(WHOLE)
    assert before == WHOLE


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False,
    allow_infinity=False)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)  # fmt: skip


@given(JSON, JSON)
def test_extensions_count_by_value(one, other):
    same = content_hash(changed(context__extensions={"urn:y": one})) == content_hash(
        changed(context__extensions={"urn:y": other})
    )
    assert same == (repr(plain(one)) == repr(plain(other)))


def plain(value):
    """An independent way of saying: equal as JSON values, with numbers by value."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return "object", sorted((key, plain(item)) for key, item in value.items())
    if isinstance(value, float) and value == 0:
        return 0
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**63 else value


# Returning --------------------------------------------------------------------------------------------------


def test_every_value_of_context_activities_is_returned_as_an_array():
    single = changed(context__contextActivities={"parent": ACTIVITY, "other": [ACTIVITY], "category": []})
    assert normalise(single)["context"]["contextActivities"] == {
        "parent": [ACTIVITY], "other": [ACTIVITY], "category": [],
    }  # fmt: skip
    outer = {"actor": ANNA, "verb": {"id": "urn:x"}, "object": {"objectType": "SubStatement", **single}}
    assert normalise(outer)["object"]["context"]["contextActivities"]["parent"] == [ACTIVITY]
    assert normalise(WHOLE) == WHOLE


# Ids --------------------------------------------------------------------------------------------------------

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CONTENT = content_hash(WHOLE)


def test_the_same_input_gives_the_same_id_and_any_other_another():
    made = {derived_id(client, content, ordinal, day)
            for client in ("1", "11") for content in (CONTENT, bytes(32)) for ordinal in (0, 1, 10)
            for day in (None, 0, 1, 739000)}  # fmt: skip
    assert len(made) == 2 * 2 * 3 * 4


def test_derived_ids_stay_what_they_were_in_earlier_releases():
    assert derived_id("1", bytes(32), 0) == uuid.UUID("160a603d-d6bd-5eb0-a315-aa09dee6b6aa")
    assert derived_id("1", bytes(32), 0, 739000) == uuid.UUID("da9137ff-c973-54a7-ba0b-2b1131231f67")


def test_equal_items_of_a_batch_are_different_ones():
    assert ordinals([b"a", b"b", b"a", b"a", b"b"]) == [0, 0, 1, 2, 1]


def test_with_a_time_there_is_one_id_for_ever():
    only = (derived_id("1", CONTENT, 0),)
    assert derived_ids("1", CONTENT, 0, timed=True, now=NOON) == only
    assert derived_ids("1", CONTENT, 0, timed=True, now=NOON + timedelta(days=400)) == only


class Store:
    """What a caller does: look the ids up, and store under the first what is not known yet."""

    def __init__(self):
        self.stored_at = {}

    def receive(self, now):
        first, earlier = derived_ids("1", CONTENT, 0, timed=False, now=now)
        if first in self.stored_at:
            return first
        if earlier in self.stored_at and now - self.stored_at[earlier] < SAME_WITHIN:
            return earlier
        self.stored_at[first] = now
        return first


@given(st.lists(st.integers(1, 3 * 24 * 60), min_size=1, max_size=12), st.integers(0, 24 * 60))
def test_without_a_time_a_resend_within_a_day_is_the_same_and_a_later_one_is_new(gaps, start):
    store, now = Store(), NOON + timedelta(minutes=start)
    current, since = store.receive(now), now
    for gap in gaps:
        now += timedelta(minutes=gap)
        found = store.receive(now)
        assert (found == current) == (now - since < SAME_WITHIN)
        if found != current:
            current, since = found, now
