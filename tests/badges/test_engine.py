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
from badges.engine import Clock, Earned, Tier, earned, first_met, matches, met
from badges.facts import Fact, Held, Points, in_order
from badges.progress import History, progress, stretches

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


def lies_in(within, at, end, away=frozenset()):
    """A day of absence is not counted: what lies between two moments is counted day by day."""
    if within is None:
        return True
    if within.days:
        between = range((at - START).days, (end - START).days)
        return sum(day not in away for day in between) < within.days
    return calendar(within.calendar, at) == calendar(within.calendar, end)


def holds_at(rule, history, end, away=frozenset()):
    """Plainly what the words mean, at the end of a history."""
    if isinstance(rule, AllOf | AnyOf):
        return (all if isinstance(rule, AllOf) else any)(
            holds_at(part, history, end, away) for part in rule.parts
        )
    within = getattr(rule, "within", None)
    # A window is looked at whenever something that the rule is about happens in it.
    if isinstance(rule, PointsAtLeast):
        mine = [item for item in history if isinstance(item, Points)]
        last = max((item.at for item in mine), default=end)
        return sum(item.points for item in mine if lies_in(within, item.at, last, away)) >= rule.points
    if isinstance(rule, Completed):
        return rule.activities <= {
            item.activity_id for item in history if isinstance(item, Fact) and item.kind == "completed"
        }
    mine = [item for item in history if isinstance(item, Fact) and matches(rule.of, item)]
    last = max((item.at for item in mine), default=end)
    mine = [item for item in mine if lies_in(within, item.at, last, away)]
    if isinstance(rule, Count):
        return len({item.id for item in mine}) >= rule.at_least
    values = (
        {skill for item in mine for skill in item.skills}
        if rule.what == "skills"
        else {item.counterpart_id for item in mine}
    )
    return len(values) >= rule.at_least


def plainly(rule, history, away=frozenset()):
    for end in sorted({item.at for item in history}):
        if holds_at(rule, [item for item in history if item.at <= end], end, away):
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
@given(rules, st.lists(facts, max_size=14, unique_by=lambda f: f.id), st.integers(0, 30))
def test_what_a_rule_is_not_about_changes_no_progress(rule, happened, points):
    history = in_order([*happened, Points(START, points), Held(START, 1, 1)])
    part, now = History(history).about(rule), START + timedelta(days=71)
    assert progress(rule, part, calendar, now) == progress(rule, history, calendar, now)
    assert first_met(rule, part, calendar) == first_met(rule, history, calendar)


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


# Days away --------------------------------------------------------------------------------------------------------


def clock(*away):
    """Away on these days after START, from nine to nine as the facts here happen."""
    return Clock((START + timedelta(days=day), START + timedelta(days=day + 1)) for day in away)


days_away = st.sets(st.integers(-5, 75), max_size=40)
histories = st.lists(facts, max_size=14, unique_by=lambda f: f.id)
worths = st.lists(st.tuples(st.integers(0, 70), st.integers(1, 30)), max_size=6)


def all_of(happened, points):
    worth = (Points(START + timedelta(days=day), worth, str(n)) for n, (day, worth) in enumerate(points))
    return in_order([*happened, *worth])


@settings(max_examples=300, deadline=None)
@given(rules, histories, worths, days_away)
def test_days_away_are_left_out_as_counting_day_by_day_leaves_them_out(rule, happened, points, away):
    history = all_of(happened, points)
    found = first_met(rule, history, calendar, clock(*away))
    assert (found[0] if found else None) == plainly(rule, history, away)


@settings(max_examples=200, deadline=None)
@given(rules, histories, worths, days_away, days_away)
def test_more_days_away_never_make_an_award_later(rule, happened, points, away, more):
    history = all_of(happened, points)
    before, after = (met(rule, history, calendar, clock(*days)) for days in (away, away | more))
    assert before is None or (after is not None and after.at <= before.at)


@settings(max_examples=200, deadline=None)
@given(rules, histories, worths, days_away)
def test_what_no_day_away_stretched_is_the_same_without_them(rule, happened, points, away):
    history = all_of(happened, points)
    found = met(rule, history, calendar, clock(*away))
    if found is not None and found.stretched_from is None:
        assert found == met(rule, history, calendar)


def test_a_window_reaches_back_over_the_days_away_and_says_from_where():
    rule = Count(Filter("completed"), 2, Within(days=10))
    history = in_order([fact(1, day=0), fact(2, day=15)])
    assert met(rule, history, calendar, clock(*range(3, 8))) is None  # exactly ten days of being here
    found = met(rule, history, calendar, clock(*range(3, 9)))
    assert (found.at, found.evidence, found.stretched_from) == (history[1].at, (1, 2), history[0].at)
    far = in_order([fact(1, day=0), fact(2, day=9)])
    assert met(rule, far, calendar, clock(*range(3, 8))).stretched_from is None


def test_days_away_that_overlap_count_once_and_a_calendar_month_does_not_move():
    twice = Clock(
        [(START, START + timedelta(days=5)), (START + timedelta(days=2), START + timedelta(days=6))]
    )
    assert START + timedelta(days=9) - twice.own(START + timedelta(days=9)) == timedelta(days=6)
    monthly = Count(Filter("completed"), 2, Within(calendar="month"))
    history = in_order([fact(1, day=28), fact(2, day=32)])
    assert first_met(monthly, history, calendar, clock(*range(29, 32))) is None


def test_progress_counts_by_the_same_clock_and_knows_whether_it_matters():
    rule = Count(Filter("completed"), 5, Within(days=10))
    history, now = in_order([fact(1, day=0), fact(2, day=18)]), START + timedelta(days=20)
    here, away = Clock(), clock(*range(5, 16))
    assert [progress(rule, history, calendar, now, one).steps[0].done for one in (here, away)] == [1, 2]
    assert [stretches(rule, now, one) for one in (here, away, clock(2))] == [False, True, False]


def test_what_is_given_is_earned_at_the_latest_then_and_what_rests_on_it_follows():
    two, after = (
        Tier(1, 2, 1, Count(Filter("completed"), 9), 5, START),
        Tier(2, 1, 2, HoldsBadge(1, 2), 0, START),
    )
    lower = Tier(1, 1, 1, Count(Filter("completed"), 8), 5, START)
    given_ = {(1, 2, ""): Earned(two, "", START + timedelta(days=4), (1, 2), stretched_from=START)}
    got = earned([lower, two, after], [fact(1, day=1)], calendar, given=given_)
    assert got[1, 2, ""] == given_[1, 2, ""]
    assert {key: one.at for key, one in got.items()} == dict.fromkeys(
        [(1, 1, ""), (1, 2, ""), (2, 1, "")], START + timedelta(days=4)
    )
    early = earned([two], [fact(n, day=n / 9) for n in range(9)], calendar, given=given_)
    assert early[1, 2, ""].at < START + timedelta(days=4)
