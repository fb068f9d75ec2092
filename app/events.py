"""What can happen here, in the past tense. Plain facts; no rows, no requests.

`person_id` is whom it is about: who earns from it.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    person_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonKnown(Event):
    """A person, or a new way to recognise one, has come."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonMoved(Event):
    """What boards show of a person has changed: unit, name, taking part, active."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonErased(Event):
    """Somebody is erased: a number stays, for the sums."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StandInNamed(Event):
    """`person_id` confirms in the place of `for_id` from one day to another."""

    for_id: int
    since: str
    until: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DaysAwayChanged(Event):
    """Days on which somebody is away were entered, changed or removed; none of them before `since`."""

    since: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Attended(Event):
    """Somebody was there when an activity was given, on the word of `confirmed_by`."""

    activity_id: int
    source: str
    at: datetime
    confirmed_by: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AttendanceWithdrawn(Event):
    """They were not there after all."""

    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Guided(Event):
    """Somebody learned from a colleague, and both said so: `title` is what it is called among one's learning."""

    source: str
    title: dict[str, str]
    activity_kind: str
    skills: tuple[int, ...]
    hours: float
    share: float
    at: datetime
    confirmed_by: int


@dataclass(frozen=True, kw_only=True, slots=True)
class GuidanceAsked(Event):
    """`by_id` asks `person_id` to guide them."""

    guidance_id: int
    by_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class GuidanceOffered(Event):
    """`by_id` offers to guide `person_id`."""

    guidance_id: int
    by_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class GuidanceAnswered(Event):
    """`by_id` said yes or no to what `person_id` asked or offered."""

    guidance_id: int
    by_id: int
    accepted: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class MeetingToConfirm(Event):
    """`by_id` recorded a meeting, or says that it is finished (`meeting_id` None); `person_id` is asked to confirm."""

    guidance_id: int
    by_id: int
    meeting_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MeetingDeclined(Event):
    """`by_id` says that a meeting which `person_id` recorded was otherwise."""

    guidance_id: int
    by_id: int
    meeting_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class GuidancePlanned(Event):
    """`by_id` changed from when to when, or where; `person_id` is the other of the two."""

    guidance_id: int
    by_id: int
    plan: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MeetingConfirmed(Event):
    """`by_id` confirmed a meeting that `person_id` recorded."""

    guidance_id: int
    by_id: int
    meeting_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PairProposed(Event):
    """L&D proposes that `person_id` and `with_id` are mentor and mentee; each of the two is told."""

    programme_id: int
    pair_id: int
    with_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CompletionLogged(Event):
    """Somebody logged own learning; `confirmer_id` is asked to confirm it."""

    completion_id: int
    confirmer_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CompletionDeclined(Event):
    completion_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CompletionConfirmed(Event):
    """A log of theirs counts, on the word of `by`."""

    completion_id: int
    by: int


@dataclass(frozen=True, kw_only=True, slots=True)
class WishAnswered(Event):
    """`person_id` asked for something that the catalogue did not have, and was answered."""

    wish_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceGiven(Event):
    """Who waited for a place on a date has one now."""

    date_id: int
    asked_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacesChanged(Event):
    """How many places are free on a date of this activity has changed. It is about nobody: who has one stands there."""

    person_id: int = 0
    activity_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DateChanged(Event):
    """When or where a date is, has changed; `person_id` has a place there, or waits for one."""

    date_id: int
    version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DateCancelled(Event):
    """A date does not go on; `person_id` had a place there, or waited for one."""

    date_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AgreementAsked(Event):
    """`person_id` is asked whether their name may stand on the page of an award."""

    award_id: uuid.UUID
    by: int


@dataclass(frozen=True, kw_only=True, slots=True)
class FactStated(Event):
    """Something countable happened. The rooms publish it; `facts` writes it into the one log.

    `hours` is the effort; `skills` are the skills of the activity, lesson or thanks, without their ancestors.
    `weight`, from 0 to 1, is the share of its worth that it earns; `in_unit` is false where not even the unit of the
    person may be known from it.
    """

    source: str
    kind: str
    at: datetime
    activity_id: int | None = None
    activity_kind: str | None = None
    mandatory: bool = False
    edition: str = ""
    skills: tuple[int, ...] = ()
    counterpart_id: int | None = None
    hours: float | None = None
    score: float | None = None
    confirmed_by: int | None = None
    weight: float = 1.0
    in_unit: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class FactTakenBack(Event):
    """What was stated under this source does not hold any more; with `forget` nobody may see any more what it was."""

    source: str
    forget: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class FactRecorded(Event):
    """A fact stands in the log, new."""

    fact_id: int
    kind: str
    at: datetime
    activity_id: int | None
    activity_kind: str | None
    mandatory: bool
    edition: str
    skills: tuple[int, ...]
    lineage: tuple[int, ...]
    counterpart_id: int | None
    hours: float | None
    score: float | None
    weight: float
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FactWithdrawn(Event):
    """A fact in the log does not count any more."""

    fact_id: int
    kind: str
    at: datetime
    activity_kind: str | None
    lineage: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FactsCounted(Event):
    """Facts of a person stand in the log and their points in the ledger: badges may follow.

    `touched` are the keys of `badges.catalogue.Index` that can have changed; `anew` says that something older than
    the latest fact came or went, so that everything of this person is decided again. `since` and `until` are the
    first and last moment of what is new, if it is facts; `points_before` is what the person had before it counted.
    """

    touched: tuple[tuple[Any, ...], ...]
    anew: bool
    since: datetime | None = None
    until: datetime | None = None
    points_before: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class PointsChanged(Event):
    """The totals of a person are others than before; `windows` are closed windows that were corrected."""

    windows: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class BadgeAwarded(Event):
    """`retroactive`: it was met before it was published, and so carries no points."""

    award_id: uuid.UUID
    achievement_id: int
    tier: int
    points: int
    at: datetime
    retroactive: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class BadgeMoved(Event):
    """The moment or the points of an award were corrected, by a fact that came late or went."""

    award_id: uuid.UUID
    points: int
    at: datetime
    retroactive: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class BadgeRevoked(Event):
    award_id: uuid.UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgrammeChanged(Event):
    """A programme was published or its parts changed, by `person_id` (0: by a file): some may be through by it."""

    programme_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class GoalCheckInDue(Event):
    """Somebody has not looked at a goal of theirs for as long as they chose; `at` says which invitation it is."""

    goal_id: int
    at: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamGoalChanged(Event):
    """What counts, how many or until when is another; `person_id` takes part in it."""

    team_goal_id: int
    version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamGoalEnded(Event):
    """Whoever leads the unit ended it; `person_id` took part in it."""

    team_goal_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamGoalReached(Event):
    """`person_id` takes part in it."""

    team_goal_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LessonShared(Event):
    """`person_id` is the author."""

    lesson_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RecognitionGiven(Event):
    """`person_id` is a receiver; `badge` is the slug of the badge that it carries."""

    recognition_id: int
    badge: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecognitionWithdrawn(Event):
    """`person_id` is a receiver; the reason stands with the recognition."""

    recognition_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class JuryTold(Event):
    """`person_id` was appointed to the jury of an occasion, or sits in one that was changed."""

    occasion_id: int
    version: int
    appointed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class NominationsClosed(Event):
    """From now on `person_id` reads what was put forward: to decide on it (`decides`), or because it is about them."""

    occasion_id: int
    decides: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Nominated(Event):
    """`person_id` nominated a colleague. Sealed until nominations close: nobody else is told before."""

    nomination_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NominationDecided(Event):
    """`person_id` is who was nominated, or who nominated them; without a recognition it led to none."""

    nomination_id: int
    nominee: bool
    recognition_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class KudosGiven(Event):
    """`person_id` is the receiver."""

    kudos_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedbackAsked(Event):
    """`person_id` is asked what to keep and what to try."""

    request_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedbackGiven(Event):
    """`person_id` got it: who asked, or the named author of a lesson. Nothing tells of answers without names."""

    feedback_id: int
    request_id: int | None = None
    lesson_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversationPlanned(Event):
    """`person_id` is the other of the two; `on` is the day, which may be another one than before."""

    conversation_id: int
    on: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversationCancelled(Event):
    """It does not take place, says the other of the two."""

    conversation_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteFiled(Event):
    """`person_id` can read a note of the other from now on."""

    conversation_id: int
    note_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class KudosThanked(Event):
    """`by`, who got kudos, says thanks back for the first time; `person_id` gave them."""

    kudos_id: int
    by: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamLessonsDue(Event):
    """A week is over in which the team of `person_id` shared lessons, of which they asked to be told; its Monday."""

    week: str


@dataclass(frozen=True, kw_only=True, slots=True)
class KudosUndone(Event):
    """The giver took it back within the short while; `person_id` would have been the receiver."""

    kudos_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ContentReported(Event):
    """`person_id` is who wrote it, never who reported it; where the writer is unnamed there is no such event."""

    kind: str
    content_id: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ContentJudged(Event):
    """The care desk decided (leave, hide, change, show). `person_id` decided, so it never leaves its transaction."""

    kind: str
    content_id: int
    decision: str
    reason: str = ""
    answer: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportDecided(Event):
    """Told to two, each in an event of their own: to who wrote it (`as_author`), and to who reported it."""

    kind: str
    content_id: int
    reason: str
    decision: str
    as_author: bool
    report_id: int = 0  # the newest report of the case: hidden, shown and hidden again is told three times


@dataclass(frozen=True, kw_only=True, slots=True)
class LessonApplied(Event):
    """A colleague applies a lesson that stands under the name of its author, who is `person_id`."""

    lesson_id: int
    by: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportMade(Event):
    """The file of all that is stored of `person_id` is there for them."""

    export_id: uuid.UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class ErasureAsked(Event):
    """`asker_id` asks to be erased; `person_id` can answer. `since`: asked, or of which day they are reminded."""

    asker_id: int
    since: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ErasureAnswered(Event):
    """The wish of `person_id` to be erased was refused or put off (`what`); why they read on their page."""

    what: str
    since: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AppliedLessonGone(Event):
    """A lesson of a colleague that `person_id` applies was deleted, hidden, or is for another team only."""

    lesson_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LessonUnnamed(Event):
    """The author took their name off a lesson: nothing may keep it any more."""

    lesson_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewAsked(Event):
    """A review of `person_id` was asked for, by themselves or by their manager."""

    review_id: uuid.UUID
    by: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewWithdrawn(Event):
    """A review in which `person_id` sat was withdrawn."""

    review_id: uuid.UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewChanged(Event):
    """What the file of `person_id` shows has changed; not what."""

    review_id: uuid.UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewInvited(Event):
    """`person_id` may take part in a round of reviews; accepting starts theirs."""

    round_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewSeatNamed(Event):
    """`person_id` was asked to assess or to decide (`seat`); of a whole round it is told once."""

    review_id: uuid.UUID
    round_id: int | None
    seat: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewWaits(Event):
    """A review waits for `person_id`: evidence, panel, decide, sign, handle, seat. `since`: which reminder."""

    review_id: uuid.UUID
    what: str
    since: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewReleased(Event):
    """`person_id` can read what was decided about them; `number` is the dossier's. Nothing here says what it is."""

    review_id: uuid.UUID
    number: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CriterionLeftOpen(Event):
    """A decision leaves a criterion open for `person_id`: `says` is what the job asks, {nl, en}, by when."""

    review_id: uuid.UUID
    number: int
    criterion_id: int
    says: dict[str, str]
    skill_id: int
    by_day: date


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewObjected(Event):
    """`person_id` is HR, who names somebody to handle an objection, or who was named. `since` says which reminder."""

    review_id: uuid.UUID
    handles: bool
    since: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewObjectionAnswered(Event):
    """`person_id` objected, and was answered."""

    review_id: uuid.UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceComplete(Event):
    """`person_id` says that the evidence in their review is complete."""

    review_id: uuid.UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceProposed(Event):
    """HR proposes a piece of evidence to `person_id`, who answers or not: there is no event of the answer."""

    review_id: uuid.UUID
    proposal_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ObservationAsked(Event):
    """`person_id` is asked what they saw of a colleague."""

    review_id: uuid.UUID
    observation_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ObservationAnswered(Event):
    """A colleague filed what they saw of `person_id`, or rather did not say."""

    review_id: uuid.UUID
    observation_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Notified(Event):
    """Something new stands in the inbox of `person_id`."""
