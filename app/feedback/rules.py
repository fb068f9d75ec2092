"""What feedback must be, what it earns, and when somebody is asked whether learning is used. Pure."""

from datetime import timedelta

LANGUAGES = ("nl", "en")
PART = (0, 1000)
SAID = 10  # letters at least, in both fields together
ABOUT = (5, 200)
ASKED = (1, 60)
OPEN_FOR = timedelta(days=21)
FEWEST = 5  # answers without names are shown from so many on
AGAIN = timedelta(days=90)

ANSWERS = ("used", "not_yet", "not_for_my_work")
WORDS = (0, 300)
DUE_AFTER, DUE_UNTIL = timedelta(weeks=6), timedelta(weeks=26)
LATER = timedelta(weeks=6)  # after "not yet" the question comes once more
REST = timedelta(days=7)  # between two questions to one person
ASKS = ("course", "workshop", "on_the_job", "rotation")  # coaching and reading are not asked after


def wrong_with(keep: str, try_: str, lang: str) -> str | None:
    """The name of the first field that cannot be."""
    for name, part in (("keep", keep), ("try", try_)):
        if len(part.strip()) > PART[1]:
            return name
    if len(keep.strip()) + len(try_.strip()) < SAID:
        return "keep"
    return None if lang in LANGUAGES else "lang"


def source_of(feedback_id: int, nth: int) -> str:
    """Under which it stands in the log of facts that feedback helped, marked so for the nth time."""
    return f"feedback:{feedback_id}:{nth}"
