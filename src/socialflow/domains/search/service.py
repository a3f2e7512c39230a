"""What can be found."""

import re
from collections.abc import Mapping
from typing import Any

from socialflow.domains.channels.schemas import ChannelCard, card_of
from socialflow.domains.posts import service as posts
from socialflow.domains.posts.schemas import HashtagRead
from socialflow.domains.search import queries
from socialflow.domains.search.schemas import PersonFound, Suggestions
from socialflow.kernel.work import Actor, App

_WORD = re.compile(r"\w+")
# One letter begins so many words of names that going through all of those takes longer than finding them is worth.
_TELLING = re.compile(r"\w{2}|[^\x00-\x7f]")
MOST_WORDS = 5


async def suggest(app: App, viewer: Actor, beginning: str, *, limit: int) -> Suggestions:
    """People and hashtags that begin so; people alone behind an @, hashtags alone behind a #."""
    text = " ".join(beginning.split()).lower()
    people = [] if text.startswith("#") else await _people(app, viewer, text.removeprefix("@").strip(), limit)
    tags = [] if text.startswith("@") else await _tags(app, viewer, text, limit)
    return Suggestions(people=people, tags=tags)


async def _people(app: App, viewer: Actor, text: str, limit: int) -> list[PersonFound]:
    if not text:
        return []
    words = [f"'{word}':*" for word in _WORD.findall(text)[:MOST_WORDS]] if _TELLING.search(text) else []
    rows = await queries.PEOPLE.rows(
        app,
        beginning=text,
        words=" & ".join(words) or None,
        viewer=viewer.id,
        limit=limit,
    )
    return [_person(row) for row in rows]


async def _tags(app: App, viewer: Actor, text: str, limit: int) -> list[HashtagRead]:
    # A hashtag is one word: what has a space in it is none.
    if not text.removeprefix("#") or " " in text:
        return []
    return (await posts.suggest_tags(app, viewer, text)).items[:limit]


def _person(row: Mapping[str, Any]) -> PersonFound:
    card = ChannelCard.model_validate(card_of(row))
    return PersonFound(channel=card, follower_count=row["follower_count"], following=row["following"])
