"""What was looked at, and what was done, in plain words. To add one: a line here, and its Dutch.

A code that has no words yet is shown as it is; a test holds that every one in the code has them.
"""

from typing import Any

from flask_babel import lazy_gettext as _l

LOOKS: dict[str, Any] = {
    "people:one": _l("The page in the list of people: how somebody signs in, their role, mail to them"),
    "team:person": _l("The page for their manager: badges, lessons, conversations"),
    "review": _l("A promotion review"),
    "care:kudos": _l("A thank-you that was reported"),
    "recognition:one": _l("A recognition that colleagues do not see"),
    "audit:person": _l("What was done, in the audit log"),
    "refused:person": _l("A look that was refused, on the list for the privacy officer"),
}

# What words in a promotion review are.
SAID: dict[str, Any] = {
    "own_words": _l("In your own words"),
    "answer": _l("Your answer"),
    "document": _l("A document"),
    "observation": _l("What a colleague saw"),
    "objection": _l("Your objection"),
    "met": _l("Met"),
    "partly": _l("Partly"),
    "not_yet": _l("Not yet"),
    "promote": _l("Promote"),
    "promote_with_plan": _l("Promote, with a growth plan"),
    "stands": _l("The decision stands"),
    "anew": _l("It is decided anew"),
}

ACTS: dict[str, Any] = {
    "activity:accepted": _l("An activity was taken into the catalogue"),
    "activity:edited": _l("An activity was changed"),
    "activity:merge-undone": _l("Two activities were taken apart again"),
    "activity:merged": _l("Two activities were made one"),
    "catalogue:loaded": _l("The catalogue was loaded from a file"),
    "catalogue:started": _l("Badges to start with were taken"),
    "client:made": _l("A key for a system was made"),
    "client:revoked": _l("The key of a system was ended"),
    "client:rotated": _l("A system got a new secret"),
    "completion:many-confirmed": _l("Learning of colleagues was confirmed, many at once"),
    "completion:handed-over": _l("Learning that waits was handed to another colleague to confirm"),
    "criteria:begun": _l("A new version of what a job asks was begun"),
    "criteria:discarded": _l("A draft of what a job asks was thrown away"),
    "criteria:published": _l("What a job asks was published"),
    "criteria:written": _l("What a job asks was written"),
    "criterion:edited": _l("A criterion in a draft was changed"),
    "date:cancelled": _l("A date was cancelled"),
    "date:changed": _l("A date was changed"),
    "date:planned": _l("A date was planned"),
    "export:asked": _l("All data was asked for, as a file"),
    "export:taken": _l("The file with all data was downloaded"),
    "goal:edited": _l("A goal of the organisation was changed"),
    "goal:moved": _l("A goal of the organisation was moved"),
    "goal:removed": _l("A goal of the organisation was removed"),
    "job:edited": _l("A job was changed"),
    "job:retired": _l("A job was retired, or is back"),
    "job_family:edited": _l("A family of jobs was changed"),
    "learning-import:cancel": _l("A file of learning records was stopped"),
    "learning-import:make": _l("A file of learning records was sent in"),
    "learning-import:start": _l("A file of learning records was brought in"),
    "learning-import:try": _l("A file of learning records was tried"),
    "meanings:changed": _l("What statements of platforms mean was changed"),
    "mentoring:changed": _l("A mentor programme was changed"),
    "mentoring:made": _l("A mentor programme was made"),
    "mentoring:pair-proposed": _l("Two were proposed to each other in a mentor programme"),
    "mentoring:pair-taken-back": _l("A proposal in a mentor programme was taken back"),
    "name:ignored": _l("A name that nobody knows was put aside"),
    "name:join-undone": _l("A name from another system was taken off a person again"),
    "name:joined": _l("A name from another system was given to a person"),
    "name:shown-again": _l("A name that was put aside is shown again"),
    "occasion:changed": _l("What people are nominated for was changed"),
    "occasion:closed": _l("Nominations were closed"),
    "occasion:decided": _l("Nominations were decided on"),
    "occasion:opened": _l("Nominations were opened"),
    "organisation:changed": _l("What the organisation decided was changed"),
    "organisation:switched": _l("Points or boards were switched on or off"),
    "people:import-started": _l("An HR file was begun"),
    "people:imported": _l("An HR file was brought in"),
    "people:invited": _l("An invitation was made"),
    "person:back": _l("Somebody is back"),
    "person:departments": _l("The departments that somebody of HR serves were chosen"),
    "person:erased": _l("Somebody was erased"),
    "person:left": _l("Somebody left"),
    "person:made-administrator": _l("Somebody was made administrator"),
    "person:password-set": _l("A password was set"),
    "person:privacy-officer": _l("Somebody became privacy officer, or is not any more"),
    "person:role": _l("Somebody got another role"),
    "person:signed-out": _l("Somebody was signed out everywhere"),
    "programme:changed": _l("A programme was changed"),
    "programme:draft": _l("A programme was made a draft"),
    "programme:made": _l("A programme was made"),
    "programme:published": _l("A programme was published"),
    "programme:retired": _l("A programme was retired"),
    "recognition:given": _l("A recognition was given"),
    "recognition:withdrawn": _l("A recognition was withdrawn"),
    "report:decided": _l("The care desk decided on a report"),
    "dossier:taken": _l("A frozen dossier was downloaded"),
    "review:opened": _l("A review that is over was opened, for a reason that was given"),
    "review_round:changed": _l("A round of reviews was changed"),
    "review_round:decisions_taken": _l("The decisions of a round were downloaded"),
    "review_round:opened": _l("A round of reviews was opened"),
    "review_round:released": _l("The decisions of a round were released"),
    "rules:changed": _l("The rules for points were changed"),
    "skill:edited": _l("A skill was changed"),
    "stand_in:ended": _l("Standing in was ended"),
    "stand_in:named": _l("Somebody was named to stand in"),
    "team_goal:changed": _l("A team goal was changed"),
    "team_goal:ended": _l("A team goal was ended"),
    "team_goal:made": _l("A team goal was set"),
    "vision:target": _l("A target of the vision was set"),
    "vision:target_removed": _l("A target of the vision was removed"),
    "vision:text": _l("The words on why we learn were changed"),
    "wish:answered": _l("A wish was answered"),
}


def looked(what: str) -> Any:
    return LOOKS.get(what, what)


def done(action: str) -> Any:
    return ACTS.get(action, action)
