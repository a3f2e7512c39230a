"""Whom somebody might want to follow, and why."""

from socialflow.domains.social.queries import suggesting as queries
from socialflow.domains.social.queries.suggesting import suggest_by as suggest_by
from socialflow.domains.social.schemas import Suggestion, SuggestionPage, SuggestionReason
from socialflow.domains.social.service.paging import card, known
from socialflow.kernel.work import Work


async def suggestions(work: Work, limit: int) -> SuggestionPage:
    """Whom those follow whom the actor follows, then who speaks of what the actor cares about, then who is popular.

    Popular in the actor's language first, then at all.

    Whom a private account follows is told to nobody in this way either.
    """
    known(work)
    rows = await queries.some(work, limit)
    named = {each for row in rows for each in row["known_by"] or ()}
    cards = {row["id"]: card(row) for row in await queries.cards(work, list(named))} if named else {}
    items = [
        Suggestion(
            channel=card(row),
            reason=SuggestionReason(row["reason"]),
            known_by=[cards[each] for each in row["known_by"] or () if each in cards],
            tags=list(row["tags"] or ()),
        )
        for row in rows
    ]
    return SuggestionPage(items=items, next_cursor=None)
