"""The result is a function of the facts in the order of happening: late, twice, taken back, in any cut of batches."""

from random import Random

import pytest

from tests import small
from tests.small import KINDS, fact, load, state, taken_back


def some_facts(dice, people):
    """Completions and thanks over two months, some at the very same moment."""
    found = []
    activities, skills = small.ids("activity"), list(small.ids("skill").values())
    for n in range(dice.randint(3, 25)):
        day = dice.randint(-5, 60) + dice.choice([0, 0, 5]) / 24
        person, skill = dice.choice(people[:2]), dice.choice(skills)
        if dice.random() < 0.7:
            number = dice.randint(1, 9)
            kind = KINDS[number % 3]
            hours, must = dice.choice([None, 1, 2.5]), dice.random() < 0.15
            found.append(
                fact(
                    person, f"c{n}", day, activity_id=activities[f"a{number}"], activity_kind=kind, skills=(skill,),
                    hours=hours, mandatory=must,
                )
            )  # fmt: skip
        else:
            found.append(
                fact(
                    person,
                    f"k{n}",
                    day,
                    "kudos_received",
                    counterpart_id=dice.choice(people[1:]),
                    skills=(skill,),
                )
            )
    return found


def cut(dice, facts):
    while facts:
        size = dice.choice([1, 1, 2, 5, 30])
        yield facts[:size]
        facts = facts[size:]


@pytest.mark.parametrize("seed", range(12))
def test_any_arrival_gives_the_same_as_one_by_one_in_order(app, cast, database, seed):
    dice = Random(seed)
    people = [cast.anna, cast.ben, cast.mia]
    with app.app_context():
        load()
        facts = some_facts(dice, people)
        gone = dice.sample(facts, dice.randint(0, min(4, len(facts) - 1)))
        for one in sorted((f for f in facts if f not in gone), key=lambda f: (f.at, f.source)):
            state([one])
        wanted = small.everything()
        wipe(database)
        shuffled = facts + [f for f in facts if dice.random() < 0.3]
        dice.shuffle(shuffled)
        for batch in cut(dice, shuffled):
            state(batch)
        if gone and seed % 2:
            state([taken_back(one) for one in gone])
        elif gone:  # what goes and what comes in one batch, as when a completion gets an earlier moment
            late = facts[0] if facts[0] not in gone else facts[-1]
            state([taken_back(one) for one in gone] + ([late] if late not in gone else []))
        for mine, theirs in zip(small.everything(), wanted, strict=True):
            assert mine == theirs


def wipe(database):
    """Forget what followed from facts; the people and the catalogue stay."""
    tables = ("fact", "ledger_entry", "award", "skill_total", "period_total", "outbox")
    fresh = "; ".join(f"DELETE FROM {table}" for table in tables)
    zero = ", ".join(f"{w} = 0, {w}_kudos = 0" for w in ("week", "month", "quarter", "year", "all_time"))
    keys = ", ".join(f"{w}_key = ''" for w in ("week", "month", "quarter", "year"))
    database.line.execute(
        f"BEGIN; {fresh};"
        f" UPDATE person_total SET counts = '{{}}', caps = '{{}}', last_at = NULL, {zero}, {keys}; COMMIT"
    )
