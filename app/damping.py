"""What counts less between the same two the more often it was: one formula for thanks, feedback and hours.

Pure, see decision 22. Who publishes a fact hands the weight in; what was weighed before keeps what it had.
"""


def weight(earlier: float) -> float:
    """The share of its worth that something earns, after so many between the same two in the 90 days before.

    The first two count in full, each further one for half of the one before: so what two can earn from each other has a
    bound, three times the worth of one. Hours are counted in steps (four of them are one), so this takes parts as well.
    """
    return float(0.5 ** max(0.0, earlier - 1))
