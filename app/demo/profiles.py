"""Which badges some of Waterveld chose to show, and whose page is for everybody: by the actions of real use."""

from collections.abc import Mapping

from app.badges import agreeing, showcase
from app.db import lock_people
from app.people import actions as people

# In the order of their choice; what somebody does not hold is passed over. Noor keeps her public page off.
CHOSEN = {
    "Noor Hendriks": ("open-book", "hands-on", "over-the-fence", "water-quality", "helping-hand", "safe-this-year"),
    "Maaike Postma": ("lesson-that-travels", "pressure-and-valves", "open-book", "curious"),
    "Femke Dijkstra": ("good-guide", "data-at-work", "lesson-that-travels", "open-talk"),
    "Latifa Amrani": ("lesson-that-travels", "good-guide", "open-book", "curious", "thousand-drops", "first-drop"),
}  # fmt: skip
PUBLIC = ("Latifa Amrani",)


def show(ids: Mapping[str, int]) -> None:
    """The choice of each of them. The caller has opened the transaction."""
    lock_people(ids[name] for name in CHOSEN if name in ids)
    for name, slugs in CHOSEN.items():
        if name in ids:
            held = {one.slug: one.id for one in showcase.highest(showcase.display(ids[name], "me").all)}
            showcase.choose_showcase(
                person_id=ids[name], award_ids=[held[slug] for slug in slugs if slug in held]
            )
    for name in PUBLIC:
        if name in ids:
            people.choose_public(person_id=ids[name], public=True, job=True)
            for one in showcase.display(ids[name], "me").shown:
                agreeing.show(award_id=one.id, by=ids[name], visible="public")
