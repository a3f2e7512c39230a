"""What a database holds, as numbers: two such pictures tell what has happened in between."""

from collections import Counter

from sqlalchemy import text

from socialflow.domains.channels.models import Channel
from socialflow.domains.engagement.models import Comment, ReactionCount
from socialflow.domains.posts.models import Hashtag, Poll, PollOption, Post
from socialflow.domains.shelves.models import Playlist
from socialflow.domains.videos.models import Video
from socialflow.kernel import counters
from socialflow.kernel.db import Base
from socialflow.kernel.work import App

COUNTED = (
    *(Video.like_count, Video.comment_count),
    *(Channel.follower_count, Channel.following_count, Channel.video_count),
    *(Post.like_count, Post.reply_count, Post.repost_count, Post.quote_count),
    *(Poll.voter_count, PollOption.vote_count, Hashtag.post_count, Hashtag.follower_count),
    *(Comment.like_count, Comment.reply_count, ReactionCount.number, Playlist.item_count),
)
ALSO_SUMMED = ("videos.edition", "posts.edition", "playlists.edition")
# Told by other words: events by their kinds, waiting changes of counters with the counters.
NOT_ROWS = {"outbox", "count_changes"}


async def world(app: App) -> "Counter[str]":
    """Rows of each table, events of each kind, and the sum of each counter; what is none is left out."""
    rows = [table.name for table in Base.metadata.sorted_tables if table.name not in NOT_ROWS]
    numbers = {name: f"SELECT count(*) FROM {name}" for name in rows}
    for counter in (*map(counters.name_of, COUNTED), *ALSO_SUMMED):
        table, column = counter.split(".")
        waiting = f"SELECT sum(by) FROM count_changes WHERE counter = '{counter}'"
        numbers[counter] = f"SELECT coalesce((SELECT sum({column}) FROM {table}), 0) + coalesce(({waiting}), 0)"
    columns = ", ".join(f'({query}) AS "{name}"' for name, query in numbers.items())
    async with app.sessions() as session:
        found = (await session.execute(text(f"SELECT {columns}"))).one()._mapping
        events = await session.execute(text("SELECT kind, count(*) FROM outbox GROUP BY kind"))
        return Counter({**{name: int(found[name]) for name in numbers}, **dict(events.all())})


def change(before: "Counter[str]", after: "Counter[str]") -> dict[str, int]:
    """What is more, or less, than it was."""
    return {name: after[name] - before[name] for name in before | after if after[name] != before[name]}
