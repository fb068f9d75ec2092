"""Which colleague a typed name means: a suggestion, a whole name, or a part that can only be one."""

from collections.abc import Sequence

from flask_babel import gettext as _

from app.errors import Refused
from app.people.queries import Card, colleagues

OFFERED = 25


class WhoIsMeant(Refused):
    """The box with a name says nobody, or several people; the form comes back with who it can be."""

    code = "who-is-meant"

    def __init__(self, message: object, *, field: str, maybe: Sequence[Card] = ()) -> None:
        super().__init__(message, fields={field: message})
        self.maybe = maybe


def meant(typed: str, *, field: str, but: int | None = None) -> Card | None:
    """Whom these words mean; nobody when nothing was typed. `field` is where the form says what is wrong.

    A part of a name never means `but`, so that it can mean the only other; their handle does.
    """
    typed = typed.strip()
    if not typed:
        return None
    found = colleagues(typed, but=but, limit=OFFERED)
    exactly = [one for one in found if one.name.casefold() == typed.casefold()] or found
    if not exactly and but is not None and any(one.id == but for one in colleagues(typed, limit=OFFERED)):
        raise WhoIsMeant(_("That is your own name. Choose a colleague."), field=field)
    if not exactly:
        said = _("We know no colleague called %(name)s. Type a part of the name.", name=typed)
        raise WhoIsMeant(said, field=field)
    if len(exactly) > 1:
        said = _("Several colleagues are called that. Choose whom you mean.")
        raise WhoIsMeant(said, field=field, maybe=exactly)
    return exactly[0]
