"""Every kind of news: from which event, in whose inbox, what it has in common with others, and how it is said.

To add one: an entry here, `notifications.tell` behind its event in `flow.py`, and its words in Dutch. What a line says
is read at the moment somebody looks, with their own rights (`look`, for all lines of a kind at once); what is not for
them any more is not there, and the line says only that. `say` makes words and asks nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import format_date, format_datetime, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import events as e
from app.language import lang
from app.notifications import things
from app.notifications.rules import Way
from app.notifications.things import Found, Line
from app.privacy import labels

Look = Callable[[int, Sequence[Line]], Mapping[int, Found]]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`thing` is what lines have in common that are shown as one, `about` what each is about (as `look` reads it),
    `by` who did it, `source` what is told once. `when` says which of the events it is for.

    `usual` is how one is told who has not chosen. `points`: nothing for who does without points. `quiet`: it stands
    in the inbox, and no open page is nudged. `asked`: only for who chose a way for it. What is
    `ended_by` an event about the same thing needs no look after it.
    """

    name: str
    event: type[e.Event]
    title: Any
    icon: str
    usual: Way
    about: Callable[[Any], object]
    look: Look
    say: Callable[[Found], Any]
    href: Callable[[Found], str]
    thing: Callable[[Any], object] | None = None
    to: Callable[[Any], int] = lambda event: int(event.person_id)
    by: Callable[[Any], int | None] = lambda event: None
    source: Callable[[Any], object] | None = None
    when: Callable[[Any], bool] = lambda event: True
    ended_by: tuple[type[e.Event], ...] = ()
    points: bool = False
    quiet: bool = False
    asked: bool = False

    def thing_of(self, event: Any) -> str:
        return str((self.thing or self.about)(event))

    def source_of(self, event: Any) -> str:
        """Unique per person: the same said twice is one."""
        return f"{self.name}:{(self.source or self.about)(event)}:{self.by(event) or ''}:{self.to(event)}"


# Words ------------------------------------------------------------------------------------------------------


def some(found: Found) -> Any:
    """Olaf; Olaf and Ben; Olaf and 2 others."""
    if found.total <= 1:
        return found.names[0]
    if found.total == 2 and len(found.names) > 1:
        return _("%(one)s and %(other)s", one=found.names[0], other=found.names[1])
    others = found.total - 1
    return ngettext("%(one)s and %(num)s other", "%(one)s and %(num)s others", others, one=found.names[0])


def title(found: Found) -> str:
    """What HR wrote, in the language of who reads it."""
    if isinstance(found.title, str):
        return found.title
    return found.title.get(lang()) or next((said for said in found.title.values() if said), "")


def _applied(found: Found) -> Any:
    return ngettext("%(who)s applies your lesson", "%(who)s apply your lesson", found.total, who=some(found))


def _past_badges(found: Found) -> Any:
    return ngettext(
        "A badge came to you for what you did before",
        "%(num)s badges came to you for what you did before",
        found.total,
    )


def _day(found: Found) -> Any:
    return format_datetime(found.at, "d MMMM HH:mm")


def _place(found: Found) -> Any:
    return _("You have a place now: %(title)s, %(day)s", title=title(found), day=_day(found))


def _moved(found: Found) -> Any:
    return _("A date has changed: %(title)s is now on %(day)s", title=title(found), day=_day(found))


def _cancelled(found: Found) -> Any:
    return _("%(title)s on %(day)s does not go on", title=title(found), day=_day(found))


def _wish(found: Found) -> Any:
    if found.state == "made":
        return _("What you asked for is there now: %(title)s", title=title(found))
    return _("There is an answer to what you asked for")


def _nominated(found: Found) -> Any:
    if found.state == "given":
        return _("%(who)s, whom you nominated, receives a special recognition", who=some(found))
    return _("Your nomination of %(who)s was read; this time it led to no recognition", who=some(found))


def _activity(found: Found) -> str:
    return url_for("activities.activity", slug=found.key)


def _wish_href(found: Found) -> str:
    return _activity(found) if found.key else url_for("activities.catalogue", _anchor="wishes")


def _review(found: Found) -> str:
    return url_for("reviews.one", review_id=found.key)


def _seat(found: Found) -> Any:
    if found.total > 1:
        return ngettext(
            "You were asked to sit in a review", "You were asked to sit in %(num)s reviews", found.total
        )
    return _(
        "You were asked to sit in the review of %(name)s: %(job)s", name=found.names[0], job=title(found)
    )


def _objection(found: Found) -> Any:
    return _("An objection in the review of %(name)s waits for you", name=found.names[0])


# The list ---------------------------------------------------------------------------------------------------

KINDS: tuple[Kind, ...] = (
    Kind(
        name="review_invited",
        event=e.ReviewInvited,
        title=_l("You can take part in a round of reviews"),
        icon="seal-check",
        usual="now",
        about=lambda event: event.round_id,
        look=things.rounds,
        say=lambda found: _("You can take part in a round of reviews: %(title)s", title=title(found)),
        href=lambda found: url_for("hr_reviews.invitation", round_id=found.key),
    ),
    Kind(
        name="review_seat",
        event=e.ReviewSeatNamed,
        title=_l("You are asked to assess or to decide in a review"),
        icon="seal-check",
        usual="now",
        about=lambda event: event.review_id,
        thing=lambda event: f"round:{event.round_id}" if event.round_id else event.review_id,
        source=lambda event: f"{event.review_id}:{event.seat}",
        look=things.reviews,
        say=_seat,
        href=_review,
    ),
    Kind(
        name="review_asked",
        event=e.ReviewAsked,
        title=_l("Your manager asks for a review of you"),
        icon="seal-check",
        usual="now",
        when=lambda event: event.by != event.person_id,
        about=lambda event: event.review_id,
        by=lambda event: event.by,
        look=things.reviews,
        say=lambda found: _("Your manager asked for a review of you: %(job)s", job=title(found)),
        href=_review,
    ),
    Kind(
        name="review_proposal",
        event=e.EvidenceProposed,
        title=_l("HR proposes evidence for your review"),
        icon="seal-check",
        usual="daily",
        about=lambda event: event.review_id,
        source=lambda event: f"proposal:{event.proposal_id}",
        look=things.reviews,
        say=lambda found: _("HR proposes something for your review: %(job)s", job=title(found)),
        href=_review,
    ),
    Kind(
        name="review_observed",
        event=e.ObservationAnswered,
        title=_l("A colleague answered what they saw"),
        icon="eye",
        usual="daily",
        about=lambda event: event.review_id,
        source=lambda event: f"observation:{event.observation_id}",
        look=things.reviews,
        say=lambda found: _("A colleague answered you, for your review: %(job)s", job=title(found)),
        href=_review,
    ),
    Kind(
        name="review_observe",
        event=e.ObservationAsked,
        title=_l("A colleague asks what you saw"),
        icon="eye",
        usual="now",
        about=lambda event: event.observation_id,
        look=things.observations,
        say=lambda found: _("%(name)s asks what you saw, for a review", name=found.names[0]),
        href=lambda found: url_for("reviews.observation", observation_id=found.key),
    ),
    Kind(
        name="review_evidence",
        event=e.ReviewWaits,
        title=_l("Evidence in your review is due"),
        icon="seal-check",
        usual="now",
        when=lambda event: event.what == "evidence",
        about=lambda event: event.review_id,
        source=lambda event: f"{event.review_id}:{event.since}",
        look=things.reviews,
        say=lambda found: _("Your review waits for evidence: %(job)s", job=title(found)),
        href=_review,
    ),
    Kind(
        name="review_panel",
        event=e.ReviewWaits,
        title=_l("Your assessment in a review is due"),
        icon="seal-check",
        usual="now",
        when=lambda event: event.what == "panel",
        about=lambda event: event.review_id,
        source=lambda event: f"{event.review_id}:{event.since}",
        look=things.reviews,
        say=lambda found: _("The review of %(name)s waits for your assessment", name=found.names[0]),
        href=_review,
    ),
    Kind(
        name="review_decide",
        event=e.ReviewWaits,
        title=_l("A review waits for your decision"),
        icon="seal-check",
        usual="now",
        when=lambda event: event.what == "decide",
        about=lambda event: event.review_id,
        source=lambda event: f"{event.review_id}:{event.since}",
        look=things.reviews,
        say=lambda found: _("The review of %(name)s waits for your decision", name=found.names[0]),
        href=_review,
    ),
    Kind(
        name="review_released",
        event=e.ReviewReleased,
        title=_l("There is a decision in your review"),
        icon="seal-check",
        usual="now",
        about=lambda event: event.review_id,
        source=lambda event: f"{event.review_id}:{event.number}",
        look=things.reviews,
        say=lambda found: _(
            "There is a decision in your review: %(job)s. You can read it now", job=title(found)
        ),
        href=_review,
    ),
    Kind(
        name="review_sign",
        event=e.ReviewWaits,
        title=_l("Your review waits for your signature"),
        icon="seal-check",
        usual="now",
        when=lambda event: event.what == "sign",
        about=lambda event: event.review_id,
        source=lambda event: f"{event.review_id}:{event.since}",
        look=things.reviews,
        say=lambda found: _(
            "Your review waits until you sign that you have read it: %(job)s", job=title(found)
        ),
        href=_review,
    ),
    Kind(
        name="review_objection",
        event=e.ReviewObjected,
        title=_l("An objection in a review waits for you"),
        icon="seal-check",
        usual="now",
        about=lambda event: event.review_id,
        source=lambda event: f"{event.review_id}:{event.handles}:{event.since}",
        look=things.reviews,
        say=_objection,
        href=_review,
    ),
    Kind(
        name="review_handle",
        event=e.ReviewWaits,
        title=_l("Your answer to an objection is due"),
        icon="seal-check",
        usual="now",
        when=lambda event: event.what == "handle",
        about=lambda event: event.review_id,
        source=lambda event: f"{event.review_id}:{event.since}",
        look=things.reviews,
        say=lambda found: _("The objection of %(name)s waits for your answer", name=found.names[0]),
        href=_review,
    ),
    Kind(
        name="review_seat_left",
        event=e.ReviewWaits,
        title=_l("Somebody left a seat in a review that you keep"),
        icon="seal-check",
        usual="now",
        when=lambda event: event.what == "seat",
        about=lambda event: event.review_id,
        source=lambda event: f"{event.review_id}:{event.since}",
        look=things.reviews,
        say=lambda found: _("Somebody left a seat in the review of %(name)s", name=found.names[0]),
        href=lambda found: url_for("hr_reviews.seats", review_id=found.key),
    ),
    Kind(
        name="review_objection_answered",
        event=e.ReviewObjectionAnswered,
        title=_l("Your objection was answered"),
        icon="seal-check",
        usual="now",
        about=lambda event: event.review_id,
        look=things.reviews,
        say=lambda found: _("Your objection was answered. You can read it in your review"),
        href=_review,
    ),
    Kind(
        name="kudos",
        event=e.KudosGiven,
        title=_l("Somebody thanks you"),
        icon="hand-heart",
        usual="daily",
        about=lambda event: event.kudos_id,
        look=things.kudos,
        say=lambda found: _("%(who)s thanks you", who=some(found)),
        href=lambda found: url_for("kudos.one", kudos_id=found.key),
    ),
    Kind(
        name="thanked",
        event=e.KudosThanked,
        title=_l("Somebody says thanks back for your kudos"),
        icon="hand-heart",
        usual="none",
        about=lambda event: event.kudos_id,
        by=lambda event: event.by,
        look=things.thanked_back,
        say=lambda found: ngettext(
            "%(who)s says thanks back", "%(who)s say thanks back", found.total, who=some(found)
        ),
        href=lambda found: url_for("kudos.one", kudos_id=found.key),
    ),
    Kind(
        name="team_lessons",
        event=e.TeamLessonsDue,
        title=_l("The lessons of your team, once a week"),
        icon="lightbulb",
        usual="none",
        asked=True,
        quiet=True,
        about=lambda event: event.week,
        look=things.team_lessons,
        say=lambda found: ngettext(
            "Your team shared %(num)s lesson in a week",
            "Your team shared %(num)s lessons in a week",
            found.total,
        ),
        href=lambda found: url_for("lessons.feed", show="team"),
    ),
    Kind(
        name="applied",
        event=e.LessonApplied,
        title=_l("Colleagues apply your lesson"),
        icon="lightbulb",
        usual="daily",
        about=lambda event: event.lesson_id,
        by=lambda event: event.by,
        look=things.applied,
        say=_applied,
        href=lambda found: url_for("lessons.lesson", lesson_id=found.key),
    ),
    Kind(
        name="badge",
        event=e.BadgeAwarded,
        title=_l("You earn a badge"),
        icon="medal",
        usual="weekly",
        when=lambda event: not event.retroactive,
        about=lambda event: event.award_id,
        thing=lambda event: event.achievement_id,
        look=things.badges,
        say=lambda found: _("You earned the badge %(badge)s", badge=title(found)),
        href=lambda found: url_for("badges.award", award_id=found.key),
    ),
    Kind(
        name="past_badges",
        event=e.BadgeAwarded,
        title=_l("Badges come to you for what you did before"),
        icon="medal",
        usual="none",
        quiet=True,
        when=lambda event: bool(event.retroactive),
        about=lambda event: event.award_id,
        thing=lambda event: "",
        look=things.badges,
        say=_past_badges,
        href=lambda found: url_for("badges.album", by="day"),
    ),
    Kind(
        name="confirm",
        event=e.CompletionLogged,
        title=_l("A colleague asks you to confirm learning"),
        icon="list-checks",
        usual="now",
        to=lambda event: int(event.confirmer_id),
        ended_by=(e.CompletionConfirmed, e.CompletionDeclined),
        about=lambda event: event.completion_id,
        look=things.asked_to_confirm,
        say=lambda found: _("%(who)s asks for your word: %(title)s", who=some(found), title=title(found)),
        href=lambda found: url_for("activities.confirmations"),
    ),
    Kind(
        name="confirmed",
        event=e.CompletionConfirmed,
        title=_l("What you logged is confirmed"),
        icon="check-circle",
        usual="daily",
        about=lambda event: event.completion_id,
        look=things.confirmed,
        say=lambda found: _("%(who)s confirmed: %(title)s", who=some(found), title=title(found)),
        href=lambda found: url_for("activities.log"),
    ),
    Kind(
        name="declined",
        event=e.CompletionDeclined,
        title=_l("What you logged comes back with a question"),
        icon="chat-circle-text",
        usual="now",
        about=lambda event: event.completion_id,
        look=things.declined,
        say=lambda found: _(
            "%(who)s asks something about it: %(title)s", who=some(found), title=title(found)
        ),
        href=lambda found: url_for("activities.log", again=found.key),
    ),
    Kind(
        name="place",
        event=e.PlaceGiven,
        title=_l("You move up from a waiting list"),
        icon="calendar-check",
        usual="now",
        about=lambda event: event.date_id,
        source=lambda event: f"{event.date_id}:{event.asked_at.isoformat()}",
        look=things.places,
        say=_place,
        href=_activity,
    ),
    Kind(
        name="date_changed",
        event=e.DateChanged,
        title=_l("A date that you go to has changed"),
        icon="clock-counter-clockwise",
        usual="now",
        about=lambda event: event.date_id,
        source=lambda event: f"{event.date_id}:{event.version}",
        look=things.places_or_waiting,
        say=_moved,
        href=_activity,
    ),
    Kind(
        name="date_cancelled",
        event=e.DateCancelled,
        title=_l("A date that you go to does not go on"),
        icon="prohibit",
        usual="now",
        about=lambda event: event.date_id,
        look=things.cancelled_dates,
        say=_cancelled,
        href=_activity,
    ),
    Kind(
        name="wish",
        event=e.WishAnswered,
        title=_l("What you asked for in the catalogue is answered"),
        icon="books",
        usual="daily",
        about=lambda event: event.wish_id,
        look=things.wishes,
        say=_wish,
        href=_wish_href,
    ),
    Kind(
        name="agreement",
        event=e.AgreementAsked,
        title=_l("Somebody asks whether your name may stand on the page of a badge"),
        icon="handshake",
        usual="daily",
        about=lambda event: event.award_id,
        by=lambda event: event.by,
        look=things.agreements,
        say=lambda found: _(
            "%(who)s asks whether your name may stand on the page of a badge", who=some(found)
        ),
        href=lambda found: url_for("badges.asked"),
    ),
    Kind(
        name="recognition",
        event=e.RecognitionGiven,
        title=_l("You receive a special recognition"),
        icon="seal-check",
        usual="now",
        about=lambda event: event.recognition_id,
        look=things.recognition,
        say=lambda found: _("%(who)s recognises you: %(title)s", who=some(found), title=title(found)),
        href=lambda found: url_for("recognitions.one", recognition_id=found.key),
    ),
    Kind(
        name="recognition_withdrawn",
        event=e.RecognitionWithdrawn,
        title=_l("A special recognition of yours is taken back"),
        icon="seal-check",
        usual="now",
        about=lambda event: event.recognition_id,
        look=things.recognition_withdrawn,
        say=lambda found: _(
            "A recognition of yours was taken back, with a reason: %(title)s", title=title(found)
        ),
        href=lambda found: url_for("recognitions.one", recognition_id=found.key),
    ),
    Kind(
        name="jury_named",
        event=e.JuryTold,
        title=_l("You are asked into a jury"),
        icon="seal-check",
        usual="daily",
        when=lambda event: event.appointed,
        about=lambda event: event.occasion_id,
        look=things.jury,
        say=lambda found: _("You sit in the jury of: %(title)s", title=title(found)),
        href=lambda found: url_for("recognitions.occasion", occasion_id=found.key),
    ),
    Kind(
        name="to_decide",
        event=e.NominationsClosed,
        title=_l("Nominations are closed, and you decide"),
        icon="seal-check",
        usual="now",
        when=lambda event: event.decides,
        about=lambda event: event.occasion_id,
        look=things.to_decide,
        say=lambda found: _("Nominations are closed, and wait to be read: %(title)s", title=title(found)),
        href=lambda found: url_for("recognitions.occasion", occasion_id=found.key),
    ),
    Kind(
        name="nominated",
        event=e.NominationsClosed,
        title=_l("Colleagues nominated you"),
        icon="seal-check",
        usual="daily",
        when=lambda event: not event.decides,
        about=lambda event: event.occasion_id,
        look=things.nominated,
        say=lambda found: _("You were nominated, and can read why: %(title)s", title=title(found)),
        href=lambda found: url_for("recognitions.nominations", _anchor="about-me"),
    ),
    Kind(
        name="jury",
        event=e.JuryTold,
        title=_l("An occasion in whose jury you sit is changed"),
        icon="seal-check",
        usual="daily",
        when=lambda event: not event.appointed,
        about=lambda event: event.occasion_id,
        source=lambda event: f"{event.occasion_id}:{event.version}",
        look=things.jury,
        say=lambda found: _("You sit in the jury, and it is changed: %(title)s", title=title(found)),
        href=lambda found: url_for("recognitions.occasion", occasion_id=found.key),
    ),
    Kind(
        name="nomination",
        event=e.NominationDecided,
        title=_l("A colleague whom you nominated: what was decided"),
        icon="seal-check",
        usual="daily",
        when=lambda event: (
            not event.nominee
        ),  # who receives one hears of it as its receiver, who does not of nothing
        about=lambda event: event.nomination_id,
        look=things.nomination,
        say=_nominated,
        href=lambda found: url_for("recognitions.nominations"),
    ),
    Kind(
        name="feedback_asked",
        event=e.FeedbackAsked,
        title=_l("Somebody asks for your feedback"),
        icon="chat-circle-text",
        usual="daily",
        about=lambda event: event.request_id,
        look=things.feedback_asked,
        say=lambda found: _("%(who)s asks for your feedback: %(title)s", who=some(found), title=title(found)),
        href=lambda found: url_for("feedback.request_page", request_id=found.key),
    ),
    Kind(
        name="feedback",
        event=e.FeedbackGiven,
        title=_l("You get feedback"),
        icon="chat-circle-text",
        usual="daily",
        about=lambda event: event.feedback_id,
        thing=lambda event: f"lesson:{event.lesson_id}" if event.lesson_id else f"request:{event.request_id}",
        look=things.feedback_given,
        say=lambda found: _("%(who)s gives you feedback: %(title)s", who=some(found), title=title(found)),
        href=lambda found: str(found.key),
    ),
    Kind(
        name="guidance_asked",
        event=e.GuidanceAsked,
        title=_l("A colleague asks you to guide them"),
        icon="handshake",
        usual="now",
        about=lambda event: event.guidance_id,
        by=lambda event: event.by_id,
        look=things.guidance,
        say=lambda found: _("%(who)s asks you to guide them", who=some(found)),
        href=lambda found: url_for("guidance.one", guidance_id=found.key),
    ),
    Kind(
        name="guidance_offered",
        event=e.GuidanceOffered,
        title=_l("A colleague offers to guide you"),
        icon="handshake",
        usual="daily",
        about=lambda event: event.guidance_id,
        by=lambda event: event.by_id,
        look=things.guidance,
        say=lambda found: _("%(who)s offers to guide you", who=some(found)),
        href=lambda found: url_for("guidance.one", guidance_id=found.key),
    ),
    Kind(
        name="guidance_answered",
        event=e.GuidanceAnswered,
        title=_l("There is an answer to what you asked or offered"),
        icon="handshake",
        usual="daily",
        about=lambda event: event.guidance_id,
        by=lambda event: event.by_id,
        look=things.guidance,
        say=lambda found: _("%(who)s answered what you proposed", who=some(found)),
        href=lambda found: url_for("guidance.one", guidance_id=found.key),
    ),
    Kind(
        name="meeting",
        event=e.MeetingToConfirm,
        title=_l("A meeting waits for your word"),
        icon="handshake",
        usual="daily",
        about=lambda event: event.guidance_id,
        by=lambda event: event.by_id,
        source=lambda event: f"{event.guidance_id}:{event.meeting_id}",
        when=lambda event: event.meeting_id is not None,
        look=things.guidance,
        say=lambda found: _("%(who)s recorded a meeting: was it so?", who=some(found)),
        href=lambda found: url_for("guidance.one", guidance_id=found.key),
    ),
    Kind(
        name="meeting_declined",
        event=e.MeetingDeclined,
        title=_l("A meeting that you recorded was otherwise"),
        icon="handshake",
        usual="daily",
        about=lambda event: event.guidance_id,
        by=lambda event: event.by_id,
        source=lambda event: f"{event.guidance_id}:{event.meeting_id}",
        look=things.guidance,
        say=lambda found: _("%(who)s says that a meeting was otherwise; record it anew", who=some(found)),
        href=lambda found: url_for("guidance.one", guidance_id=found.key, _anchor="meetings"),
    ),
    Kind(
        name="guidance_ending",
        event=e.MeetingToConfirm,
        title=_l("A colleague says that what you did together is finished"),
        icon="handshake",
        usual="daily",
        about=lambda event: event.guidance_id,
        by=lambda event: event.by_id,
        when=lambda event: event.meeting_id is None,
        look=things.guidance,
        say=lambda found: _(
            "%(who)s says that you are finished; it counts when you say so too", who=some(found)
        ),
        href=lambda found: url_for("guidance.one", guidance_id=found.key),
    ),
    Kind(
        name="guidance_planned",
        event=e.GuidancePlanned,
        title=_l("The plan of what you do together is changed"),
        icon="handshake",
        usual="daily",
        about=lambda event: event.guidance_id,
        by=lambda event: event.by_id,
        source=lambda event: f"{event.guidance_id}:{event.plan}",
        look=things.guidance,
        say=lambda found: _("%(who)s changed the plan of what you do together", who=some(found)),
        href=lambda found: url_for("guidance.one", guidance_id=found.key, _anchor="plan"),
    ),
    Kind(
        name="stand_in",
        event=e.StandInNamed,
        title=_l("You confirm in a colleague's place"),
        icon="check-circle",
        usual="now",
        about=lambda event: event.for_id,
        source=lambda event: f"{event.for_id}:{event.since}:{event.until}",
        look=things.stand_in,
        say=lambda found: _(
            "You confirm in the place of %(who)s from %(since)s to %(day)s",
            who=some(found),
            since=format_date(found.since, "d MMMM"),
            day=format_date(found.day, "d MMMM"),
        ),
        href=lambda found: url_for("activities.confirmations"),
    ),
    Kind(
        name="pair",
        event=e.PairProposed,
        title=_l("You are proposed as mentor and mentee"),
        icon="graduation-cap",
        usual="daily",
        about=lambda event: event.pair_id,
        look=things.pair,
        say=lambda found: _("You and %(who)s could be mentor and mentee", who=some(found)),
        href=lambda found: url_for("mentoring.programme", programme_id=found.key),
    ),
    Kind(
        name="conversation",
        event=e.ConversationPlanned,
        title=_l("A conversation is planned with you"),
        icon="chats-circle",
        usual="now",
        about=lambda event: event.conversation_id,
        source=lambda event: f"{event.conversation_id}:{event.on}" if event.on else event.conversation_id,
        look=things.conversation,
        say=lambda found: _(
            "%(who)s planned a conversation with you on %(day)s",
            who=some(found),
            day=format_date(found.day, "d MMMM"),
        ),
        href=lambda found: url_for("conversations.one", conversation_id=found.key),
    ),
    Kind(
        name="conversation_off",
        event=e.ConversationCancelled,
        title=_l("A conversation does not take place"),
        icon="chats-circle",
        usual="now",
        about=lambda event: event.conversation_id,
        look=things.conversation_off,
        say=lambda found: _(
            "Your conversation with %(who)s on %(day)s does not take place",
            who=some(found),
            day=format_date(found.day, "d MMMM"),
        ),
        href=lambda found: url_for("conversations.one", conversation_id=found.key),
    ),
    Kind(
        name="note",
        event=e.NoteFiled,
        title=_l("A note of a conversation is there for you"),
        icon="chats-circle",
        usual="daily",
        about=lambda event: event.conversation_id,
        source=lambda event: event.note_id,
        look=things.conversation,
        say=lambda found: _("%(who)s filed something for your conversation", who=some(found)),
        href=lambda found: url_for("conversations.one", conversation_id=found.key),
    ),
    Kind(
        name="team_goal",
        event=e.TeamGoalReached,
        title=_l("A team goal is reached"),
        icon="target",
        usual="daily",
        about=lambda event: event.team_goal_id,
        look=things.team_goal,
        say=lambda found: _("Reached together: %(title)s", title=title(found)),
        href=lambda found: url_for("team_goals.one", goal_id=found.key),
    ),
    Kind(
        name="team_goal_changed",
        event=e.TeamGoalChanged,
        title=_l("A team goal that you take part in is changed"),
        icon="target",
        usual="daily",
        about=lambda event: event.team_goal_id,
        source=lambda event: f"{event.team_goal_id}:{event.version}",
        look=things.team_goal,
        say=lambda found: _("A goal that you take part in is changed: %(title)s", title=title(found)),
        href=lambda found: url_for("team_goals.one", goal_id=found.key),
    ),
    Kind(
        name="team_goal_ended",
        event=e.TeamGoalEnded,
        title=_l("A team goal that you take part in is ended"),
        icon="target",
        usual="none",
        about=lambda event: event.team_goal_id,
        look=things.team_goal,
        say=lambda found: _("A goal that you took part in was ended: %(title)s", title=title(found)),
        href=lambda found: url_for("team_goals.one", goal_id=found.key),
    ),
    Kind(
        name="goal_due",
        event=e.GoalCheckInDue,
        title=_l("A goal of yours asks how it is going, as often as you chose"),
        icon="flag",
        usual="none",
        about=lambda event: event.goal_id,
        source=lambda event: f"{event.goal_id}:{event.at}" if event.at else event.goal_id,
        look=things.goal_due,
        say=lambda found: _("How is it going with %(title)s?", title=title(found)),
        href=lambda found: url_for("goals.one", goal_id=found.key),
    ),
    Kind(
        name="reported",
        event=e.ContentReported,
        title=_l("Something you wrote was reported"),
        icon="flag",
        usual="now",
        about=lambda event: event.content_id,
        source=lambda event: f"{event.kind}:{event.content_id}:{event.reason}",
        thing=lambda event: f"{event.kind}:{event.content_id}",
        look=things.reports,
        say=lambda found: _("Somebody reported something you wrote"),
        href=lambda found: url_for("care.mine"),
    ),
    Kind(
        name="decided",
        event=e.ReportDecided,
        title=_l("The care desk decided on a report"),
        icon="flag",
        usual="now",
        about=lambda event: event.content_id,
        source=lambda event: (
            f"{event.kind}:{event.content_id}:{event.decision}:{event.as_author}"
            + (f":{event.report_id}" if event.report_id else "")
        ),
        thing=lambda event: f"{event.kind}:{event.content_id}",
        look=things.reports,
        say=lambda found: _("The care desk decided on a report"),
        href=lambda found: url_for("care.mine"),
    ),
    Kind(
        name="export",
        event=e.ExportMade,
        title=_l("The file with all your data is ready"),
        icon="file-text",
        usual="now",
        about=lambda event: event.export_id,
        look=things.exports,
        say=lambda found: _("The file with all your data is ready"),
        href=lambda found: url_for("privacy.export"),
    ),
    Kind(
        name="erasure_asked",
        event=e.ErasureAsked,
        title=_l("Somebody asks to be erased"),
        icon="file-text",
        usual="now",
        about=lambda event: event.asker_id,
        by=lambda event: event.asker_id,
        source=lambda event: f"{event.asker_id}:{event.since}",
        look=things.erasure_wishes,
        say=lambda found: _(
            "%(name)s asks to be erased; an answer is due by %(day)s",
            name=found.names[0],
            day=format_date(found.day, "d MMMM"),
        ),
        href=lambda found: url_for("privacy_desk.page"),
    ),
    Kind(
        name="erasure_answered",
        event=e.ErasureAnswered,
        title=_l("What you asked is answered: to be erased"),
        icon="file-text",
        usual="now",
        about=lambda event: event.since,
        source=lambda event: f"{event.what}:{event.since}",
        look=things.erasure_answers,
        say=lambda found: _("There is an answer to your wish to be erased"),
        href=lambda found: url_for("privacy.export"),
    ),
)
NAMED: dict[str, Kind] = {kind.name: kind for kind in KINDS}
labels.TOLD.update({kind.name: kind.title for kind in KINDS})


def kinds_of(event: type[e.Event]) -> list[Kind]:
    """The kinds that follow from this event."""
    return [kind for kind in NAMED.values() if kind.event is event]


def ended_by(event: type[e.Event]) -> list[Kind]:
    """The kinds that need no look any more after this event."""
    return [kind for kind in NAMED.values() if event in kind.ended_by]


def shown_to(*, game: bool) -> list[Kind]:
    """The kinds that somebody with or without points meets."""
    return [kind for kind in NAMED.values() if game or not kind.points]
