"""The engine against an evaluator that is slow and obvious: every moment, everything counted from scratch."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from badges.catalogue import Index, could_be_met, keys_of_fact, keys_of_tier
from badges.criteria import (
    AllOf,
    AnyOf,
    Completed,
    Count,
    Distinct,
    Filter,
    HoldsBadge,
    PointsAtLeast,
    Within,
)
from badges.engine import Tier, earned, first_met, matches
from badges.facts import Fact, Held, Points, in_order

START = datetime(2026, 1, 1, 9, tzinfo=UTC)


def calendar(kind, at):
    return f"{at:%Y-%m}" if kind == "month" else f"{at:%G-W%V}" if kind == "week" else f"{at:%Y}"


def fact(n, kind="completed", day=0, activity=None, skills=(), who=None):
    return Fact(
        START + timedelta(days=day), f"s{n}", n, kind, activity, "course" if activity else None, tuple(skills),
        frozenset(skills), who,
    )  # fmt: skip


def test_the_first_moment_counts_and_not_the_last():
    history = in_order([fact(n, day=n) for n in range(5)])
    assert first_met(Count(Filter("completed"), 3), history, calendar) == (
        START + timedelta(days=2),
        (0, 1, 2),
    )


def test_a_rolling_window_forgets_and_a_calendar_window_begins_anew():
    history = in_order([fact(1, day=0), fact(2, day=20), fact(3, day=40), fact(4, day=45)])
    rolling = Count(Filter("completed"), 2, Within(days=10))
    assert first_met(rolling, history, calendar) == (START + timedelta(days=45), (3, 4))
    monthly = Count(Filter("completed"), 2, Within(calendar="month"))
    assert first_met(monthly, history, calendar) == (START + timedelta(days=20), (1, 2))


def test_a_day_that_lies_exactly_so_many_days_back_has_left_the_window():
    history = in_order([fact(1, day=0), fact(2, day=10)])
    assert first_met(Count(Filter("completed"), 2, Within(days=10)), history, calendar) is None


def test_a_giver_counts_once_however_often():
    thanks = Distinct("givers", Filter("kudos_received"), 2)
    same = [fact(n, "kudos_received", day=n, who=7) for n in range(5)]
    assert first_met(thanks, in_order(same), calendar) is None
    other = fact(9, "kudos_received", day=9, who=8)
    assert first_met(thanks, in_order([*same, other]), calendar) == (other.at, (0, 9))


def test_reaching_a_tier_gives_the_lower_ones():
    tiers = [
        Tier(1, 1, 1, PointsAtLeast(1000), 1, START),
        Tier(1, 2, 1, Count(Filter("completed"), 1), 2, START),
    ]
    got = earned(tiers, [fact(1, day=1)], calendar)
    assert {key[1]: one.at for key, one in got.items()} == {
        1: START + timedelta(days=1),
        2: START + timedelta(days=1),
    }


def test_points_of_a_badge_and_badges_themselves_lead_to_further_badges_at_the_same_moment():
    tiers = [
        Tier(1, 1, 1, Count(Filter("completed"), 2), 60, START),
        Tier(2, 1, 2, PointsAtLeast(100), 5, START),
        Tier(3, 1, 3, AllOf((HoldsBadge(2), HoldsBadge(1))), 0, START),
    ]
    history = [
        fact(1, day=1),
        fact(2, day=2),
        Points(START + timedelta(days=1), 20),
        Points(START + timedelta(days=2), 20),
    ]
    got = earned(tiers, history, calendar)
    assert {key[0] for key in got} == {1, 2, 3}
    assert {one.at for one in got.values()} == {START + timedelta(days=2)}


def test_two_badges_that_want_points_do_not_hold_each_other_up():
    tiers = [Tier(1, 1, 1, PointsAtLeast(100), 50, START), Tier(2, 1, 2, PointsAtLeast(120), 50, START)]
    assert earned(tiers, [Points(START, 90)], calendar) == {}
    assert set(earned(tiers, [Points(START, 100)], calendar)) == {(1, 1, ""), (2, 1, "")}


def test_what_was_met_before_it_was_published_carries_no_points():
    tier = Tier(1, 1, 1, Count(Filter("completed"), 1), 50, START + timedelta(days=5))
    early = earned([tier], [fact(1, day=1), fact(2, day=9)], calendar)[1, 1, ""]
    assert (early.retroactive, early.points) == (True, 0)
    assert earned([tier], [fact(2, day=9)], calendar)[1, 1, ""].points == 50


def test_a_repeating_badge_is_earned_once_a_period():
    tier = Tier(1, 1, 1, Count(Filter("completed"), 2), 1, START, repeats="month")
    history = [
        fact(1, day=1),
        fact(2, day=2),
        fact(3, day=3),
        fact(4, day=35),
        fact(5, day=36),
        fact(6, day=70),
    ]
    assert set(earned([tier], history, calendar)) == {(1, 1, "2026-01"), (1, 1, "2026-02")}


def test_a_revocation_shuts_out_the_facts_before_it():
    tier = Tier(1, 1, 1, Count(Filter("completed"), 2), 1, START, after=START + timedelta(days=2))
    assert earned([tier], [fact(n, day=n) for n in range(4)], calendar) == {}
    assert (1, 1, "") in earned([tier], [fact(n, day=n) for n in range(6)], calendar)


# Against the obvious evaluator ------------------------------------------------------------------------------------

facts = st.builds(
    lambda n, kind, day, activity, skills, who: fact(
        n, kind, day, activity if kind == "completed" else None, skills, who
    ),
    st.integers(0, 10**6),
    st.sampled_from(["completed", "kudos_received"]),
    st.integers(0, 70),
    st.integers(1, 4),
    st.sets(st.integers(1, 3), max_size=2).map(tuple),
    st.integers(1, 3),
)
filters = st.builds(
    Filter,
    st.sampled_from(["completed", "kudos_received"]),
    skills=st.sets(st.integers(1, 3), max_size=1).map(frozenset),
)
windows = st.one_of(st.none(), st.builds(Within, days=st.integers(1, 40)), st.just(Within(calendar="month")))
leaf = st.one_of(
    st.builds(Count, filters, st.integers(1, 4), windows),
    st.builds(Distinct, st.sampled_from(["skills", "givers"]), filters, st.integers(1, 3), windows),
    st.builds(Completed, st.sets(st.integers(1, 4), min_size=1, max_size=3).map(frozenset)),
    st.builds(PointsAtLeast, st.integers(1, 60), windows),
)
rules = st.recursive(
    leaf,
    lambda part: st.one_of(
        st.builds(AllOf, st.lists(part, min_size=1, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(part, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)


def lies_in(within, at, end):
    if within is None:
        return True
    if within.days:
        return end - timedelta(days=within.days) < at
    return calendar(within.calendar, at) == calendar(within.calendar, end)


def holds_at(rule, history, end):
    """Plainly what the words mean, at the end of a history."""
    if isinstance(rule, AllOf | AnyOf):
        return (all if isinstance(rule, AllOf) else any)(holds_at(part, history, end) for part in rule.parts)
    within = getattr(rule, "within", None)
    # A window is looked at whenever something that the rule is about happens in it.
    if isinstance(rule, PointsAtLeast):
        mine = [item for item in history if isinstance(item, Points)]
        last = max((item.at for item in mine), default=end)
        return sum(item.points for item in mine if lies_in(within, item.at, last)) >= rule.points
    if isinstance(rule, Completed):
        return rule.activities <= {
            item.activity_id for item in history if isinstance(item, Fact) and item.kind == "completed"
        }
    mine = [item for item in history if isinstance(item, Fact) and matches(rule.of, item)]
    last = max((item.at for item in mine), default=end)
    mine = [item for item in mine if lies_in(within, item.at, last)]
    if isinstance(rule, Count):
        return len({item.id for item in mine}) >= rule.at_least
    values = (
        {skill for item in mine for skill in item.skills}
        if rule.what == "skills"
        else {item.counterpart_id for item in mine}
    )
    return len(values) >= rule.at_least


def plainly(rule, history):
    for end in sorted({item.at for item in history}):
        if holds_at(rule, [item for item in history if item.at <= end], end):
            return end
    return None


@settings(max_examples=300, deadline=None)
@given(
    rules,
    st.lists(facts, max_size=14, unique_by=lambda f: f.id),
    st.lists(st.tuples(st.integers(0, 70), st.integers(1, 30)), max_size=6),
)
def test_the_engine_finds_the_moment_that_plain_counting_finds(rule, happened, points):
    history = in_order(
        [
            *happened,
            *(Points(START + timedelta(days=day), worth, str(n)) for n, (day, worth) in enumerate(points)),
        ]
    )
    found = first_met(rule, history, calendar)
    assert (found[0] if found else None) == plainly(rule, history)


@settings(max_examples=200, deadline=None)
@given(rules, st.lists(facts, max_size=14, unique_by=lambda f: f.id), st.integers(0, 80))
def test_the_bound_and_the_index_never_hide_what_is_met(rule, happened, points):
    history = in_order([*happened, Points(START, points)])
    if first_met(rule, history, calendar) is None:
        return
    counts: dict[str, int] = {}
    for one in happened:
        for key in (
            one.kind,
            f"{one.kind}:{one.activity_kind}",
            *(f"{one.kind}@{skill}" for skill in one.lineage),
        ):
            counts[key] = counts.get(key, 0) + 1
    assert could_be_met(rule, counts, points)
    tier = Tier(1, 1, 1, rule, 0, START)
    touched = {key for one in happened for key in keys_of_fact(one)} | {("points",)}
    assert tier in Index([tier]).touched(touched)
    assert keys_of_tier(tier) & touched


def test_a_badge_held_for_another_reason_counts_in_a_rule():
    tier = Tier(2, 1, 2, HoldsBadge(1, 2), 0, START)
    assert earned([tier], [Held(START, 1, 1)], calendar) == {}
    assert earned([tier], [Held(START, 1, 3)], calendar)


def test_what_only_history_meets_is_retroactive_and_what_follows_is_not():
    before = [Fact(START + timedelta(days=n), f"history:{n}", n, "completed") for n in range(3)]
    tiers = [
        Tier(1, n, 1, Count(Filter("completed"), at_least), 10, START) for n, at_least in ((1, 2), (2, 4))
    ]
    got = earned(tiers, in_order([*before, fact(9, day=5)]), calendar)
    assert (got[(1, 1, "")].at, got[(1, 1, "")].retroactive, got[(1, 1, "")].points) == (
        START + timedelta(days=1),
        True,
        0,
    )
    assert (got[(1, 2, "")].retroactive, got[(1, 2, "")].points) == (False, 10)
    same_moment = [before[0], Fact(before[1].at, "completion:7", 7, "completed"), before[1]]
    assert not earned(tiers[:1], in_order(same_moment), calendar)[(1, 1, "")].retroactive
