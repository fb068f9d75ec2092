"""Search: the page, and what stands under the field while one types."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from app.access import may, me
from app.language import lang
from app.search import queries
from app.search.rules import KINDS, LAST_PAGE
from app.search.schemas import SearchQuery
from app.web import done, query, render

pages = Blueprint("search", __name__)


@pages.get("/search")
@may("person")
def search() -> ResponseReturnValue:
    asked = query(SearchQuery())
    one = asked["kind"]
    size = queries.PAGE if one else queries.FIRST
    found = queries.found(
        asked["q"],
        me=me(),
        lang=lang(),
        kinds=(one,) if one else KINDS,
        limit=size,
        skip=(asked["page"] - 1) * size if one else 0,
    )
    context = {"found": found, "asked": asked, "last_page": LAST_PAGE, "size": size}
    if one and asked["page"] > 1 and found.sections:
        return render("search/page.html", "search/_rows.html", section=found.sections[0], **context)
    return render("search/page.html", "search/_found.html", **context)


@pages.get("/search/glance")
@may("person")
def glance() -> ResponseReturnValue:
    """The first few of each kind, for a list under the field; whoever opens the address is led to the page."""
    asked = {**query(SearchQuery()), "kind": None, "page": 1}
    found = queries.found(asked["q"], me=me(), lang=lang(), limit=queries.GLANCE)
    context = {"found": found, "asked": asked, "last_page": LAST_PAGE, "size": queries.GLANCE}
    return done("search/_glance.html", url_for("search.search", q=asked["q"]), **context)
