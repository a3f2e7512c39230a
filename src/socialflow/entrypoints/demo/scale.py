"""A large made-up world, put straight into the tables by COPY: what lists are like when there is much.

Its people cannot log in, its films have no files, and nobody is told of what happens in it: no event is emitted. All
counters are right from the first moment.
"""

import random
import time
import uuid
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from socialflow.entrypoints.demo.sizes import TALK, Sizes, famous, pairs
from socialflow.kernel.work import App

Say = Callable[[str], None]
Row = tuple[Any, ...]
SPAN = timedelta(days=730)
# Of a hundred: private accounts, posts for followers, posts with an address alone, replies, posts with hashtags.
PRIVATE, FOR_FOLLOWERS, UNLISTED, REPLIES, TAGGED = 1, 5, 5, 25, 30
SECONDS_AT_MOST = 3_600
WORDS = [
    "sea",
    "city",
    "snow",
    "cat",
    "road",
    "light",
    "morning",
    "river",
    "train",
    "song",
    "garden",
    "kitchen",
    "window",
    "storm",
    "bridge",
    "market",
    "summer",
    "paper",
    "boat",
    "mountain",
    "coffee",
    "story",
    "colour",
    "street",
    "wave",
    "forest",
    "night",
    "dance",
    "letter",
    "harbour",
]
ANALYZED = (
    "accounts",
    "channels",
    "handles",
    "follows",
    "assets",
    "videos",
    "posts",
    "hashtags",
    "post_hashtags",
    "likes",
    "comments",
)


@dataclass(slots=True)
class World:
    """Who and what there is, by number, with what is counted of each."""

    sizes: Sizes
    chance: random.Random
    begin: datetime
    end: datetime
    mark: str
    accounts: list[uuid.UUID] = field(default_factory=list)
    channels: list[uuid.UUID] = field(default_factory=list)
    videos: list[uuid.UUID] = field(default_factory=list)
    posts: list[uuid.UUID] = field(default_factory=list)
    tags: list[uuid.UUID] = field(default_factory=list)
    follows: tuple["array[int]", "array[int]"] = field(default_factory=lambda: (array("I"), array("I")))
    likes: tuple["array[int]", "array[int]"] = field(default_factory=lambda: (array("I"), array("I")))
    comments: tuple["array[int]", "array[int]"] = field(default_factory=lambda: (array("I"), array("I")))
    owners: "array[int]" = field(default_factory=lambda: array("I"))
    # Of every post: who says it, and whether it answers another (its number, or itself).
    authors: "array[int]" = field(default_factory=lambda: array("I"))
    parents: "array[int]" = field(default_factory=lambda: array("I"))
    hashtags: list[tuple[int, ...]] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    counts: dict[str, "array[int]"] = field(default_factory=dict)

    def at(self, number: int, of: int) -> datetime:
        """When one of so many was made: one after the other, over two years."""
        return self.begin + (self.end - self.begin) * (number / max(of, 1))

    def id_at(self, when: datetime) -> uuid.UUID:
        """A UUIDv7 of that time (RFC 9562, 5.7)."""
        milliseconds = int(when.timestamp() * 1000)
        chance = self.chance.getrandbits(74)
        low = (chance & (2**62 - 1)) | (0b10 << 62)
        return uuid.UUID(int=(milliseconds << 80) | (7 << 76) | ((chance >> 62) << 64) | low)

    def text(self, words: int) -> str:
        """So many words about nothing."""
        return " ".join(self.chance.choices(WORDS, k=words))


def plan(sizes: Sizes, seed: int, now: datetime | None = None) -> World:
    """Decide on everything but the words; the same for the same seed, but for times and ids."""
    end = (now or datetime.now(UTC)) - timedelta(minutes=1)
    world = World(sizes, random.Random(seed), end - SPAN, end, f"{int(time.time() * 1000) % 36**6:x}")  # noqa: S311  # a made-up world keeps no secret
    for count, made in (
        (sizes.accounts, world.accounts),
        (sizes.accounts, world.channels),
        (sizes.videos, world.videos),
        (sizes.posts, world.posts),
        (sizes.tags, world.tags),
    ):
        made.extend(world.id_at(world.at(number, count)) for number in range(count))
    _relate(world)
    _say(world)
    _count(world)
    return world


def _relate(world: World) -> None:
    sizes, chance = world.sizes, world.chance
    for kept, found in (
        (world.follows, pairs(chance, sizes.follows, sizes.accounts, sizes.accounts, but_self=True)),
        (world.likes, pairs(chance, sizes.likes, sizes.accounts, sizes.videos, but_self=False)),
    ):
        for one, other in found:
            kept[0].append(one)
            kept[1].append(other)
    for _ in range(sizes.comments):
        world.comments[0].append(famous(chance, sizes.accounts, TALK))
        world.comments[1].append(famous(chance, sizes.videos))
    world.owners.extend(famous(chance, sizes.accounts, TALK) for _ in range(sizes.videos))


def _say(world: World) -> None:
    sizes, chance = world.sizes, world.chance
    for number in range(sizes.posts):
        world.authors.append(famous(chance, sizes.accounts, TALK))
        answers = number > 0 and chance.randrange(100) < REPLIES
        parent = number - 1 - famous(chance, number) if answers else number
        # Answers stand below what everybody sees, and not below answers: that is deep enough for a made-up world.
        answers = answers and world.parents[parent] == parent and world.kinds[parent] == "public"
        world.parents.append(parent if answers else number)
        lot = chance.randrange(100)
        kind = "followers" if lot < FOR_FOLLOWERS else "unlisted" if lot < FOR_FOLLOWERS + UNLISTED else "public"
        world.kinds.append("public" if answers else kind)
        tagged = world.kinds[number] == "public" and chance.randrange(100) < TAGGED
        chosen = {famous(chance, sizes.tags) for _ in range(chance.randint(1, 2))} if tagged else set()
        world.hashtags.append(tuple(sorted(chosen)))


def _count(world: World) -> None:
    sizes = world.sizes

    def counted(size: int, numbers: Sequence[int]) -> "array[int]":
        found = array("I", bytes(4 * size))
        for number in numbers:
            found[number] += 1
        return found

    answered = [parent for number, parent in enumerate(world.parents) if parent != number]
    world.counts = {
        "follower": counted(sizes.accounts, world.follows[1]),
        "following": counted(sizes.accounts, world.follows[0]),
        "video": counted(sizes.accounts, world.owners),
        "like": counted(sizes.videos, world.likes[1]),
        "comment": counted(sizes.videos, world.comments[1]),
        "reply": counted(sizes.posts, answered),
        "post": counted(sizes.tags, [tag for tags in world.hashtags for tag in tags]),
    }


async def fill(app: App, world: World, say: Say) -> int:
    """Write everything in one transaction, and have the database look at it; returns how many rows it is."""
    total = 0
    async with app.engine.connect() as held:
        driver: Any = (await held.get_raw_connection()).driver_connection
        async with driver.transaction():
            for name in ("statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout"):
                await _unlimited(driver, name)
            for table, columns, rows in tables(world):
                began, counted = time.monotonic(), _Counted(rows)
                await driver.copy_records_to_table(
                    table, records=counted, columns=columns.split(), timeout=SECONDS_AT_MOST
                )
                total += counted.number
                say(f"{table}: {counted.number:,} rows in {time.monotonic() - began:.1f} s")
        for table in ANALYZED:
            await driver.execute(f"ANALYZE {table}", timeout=SECONDS_AT_MOST)
    return total


async def _unlimited(driver: Any, name: str) -> None:
    """Of settings that the server may not know yet."""
    if await driver.fetchval("SELECT count(*) FROM pg_settings WHERE name = $1", name):
        await driver.execute(f"SET LOCAL {name} = 0")


class _Counted:
    """Rows, counted while they are taken."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self.number = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.number += 1
            yield row


def tables(world: World) -> Iterator[tuple[str, str, Iterator[Row]]]:
    """Every table in the order of what refers to what: its name, its columns by space, and its rows."""
    person = "id handle display_name created_at updated_at"
    yield "accounts", f"{person} email channel_id is_private", _accounts(world)
    yield "channels", f"{person} account_id bio follower_count following_count video_count", _channels(world)
    yield "handles", "handle channel_id claimed_at", _handles(world)
    yield "hashtags", "id name shown post_count created_at", _hashtags(world)
    about = "purpose access state source_size counted progress duration_ms width height has_video has_audio version"
    yield "assets", f"id account_id created_at updated_at {about}", _assets(world)
    told = "title description tags visibility state like_count comment_count created_at updated_at published_at"
    yield "videos", f"id account_id channel_id upload_id asset_id {told}", _videos(world)
    said = "parent_id root_id curator_id depth text facets language visibility state reply_count"
    yield "posts", f"id account_id channel_id audience_id {said} created_at updated_at published_at", _posts(world)
    yield "post_hashtags", "hashtag_id post_id published_at", _post_hashtags(world)
    yield "follows", "follower_id channel_id id created_at", _follows(world)
    yield "likes", "account_id subject_id kind created_at", _likes(world)
    yield "comments", "id subject_id subject_kind owner_id account_id channel_id text created_at", _comments(world)


def _name(world: World, number: int) -> str:
    return f"s{world.mark}_{number}"


def _shown_name(number: int) -> str:
    first, second = WORDS[number % len(WORDS)], WORDS[number // len(WORDS) % len(WORDS)]
    return f"{first.capitalize()} {second.capitalize()} {number}"


def _accounts(world: World) -> Iterator[Row]:
    for number, known in enumerate(world.accounts):
        name, at = _name(world, number), world.at(number, world.sizes.accounts)
        # By number: who owns most is in front, and is for everybody.
        private = number % 100 >= 100 - PRIVATE
        yield known, name, _shown_name(number), at, at, f"{name}@seed.example", world.channels[number], private


def _channels(world: World) -> Iterator[Row]:
    counts = world.counts
    for number, known in enumerate(world.channels):
        at = world.at(number, world.sizes.accounts)
        counted = (counts["follower"][number], counts["following"][number], counts["video"][number])
        who = (known, _name(world, number), _shown_name(number), at, at)
        yield *who, world.accounts[number], "Made up, like everything here.", *counted


def _handles(world: World) -> Iterator[Row]:
    for number, known in enumerate(world.channels):
        yield _name(world, number), known, world.at(number, world.sizes.accounts)


def tag_name(world: World, number: int) -> str:
    """A hashtag, folded."""
    return f"{WORDS[number % len(WORDS)]}{world.mark}{number}"


def _hashtags(world: World) -> Iterator[Row]:
    for number, known in enumerate(world.tags):
        name = tag_name(world, number)
        yield known, name, name.capitalize(), world.counts["post"][number], world.begin


def _asset(video: uuid.UUID) -> uuid.UUID:
    return uuid.UUID(int=video.int ^ 1)


def _assets(world: World) -> Iterator[Row]:
    for number, known in enumerate(world.videos):
        at = world.at(number, world.sizes.videos)
        owner = world.accounts[world.owners[number]]
        seconds = 5 + number % 600
        made = ("video", "open", "ready", 0, 0, 100, seconds * 1000, 1280, 720, False, True, 1)
        yield _asset(known), owner, at, at, *made


def _videos(world: World) -> Iterator[Row]:
    for number, known in enumerate(world.videos):
        owner, at = world.owners[number], world.at(number, world.sizes.videos)
        ids = (known, world.accounts[owner], world.channels[owner], uuid.UUID(int=known.int ^ 2), _asset(known))
        tags = [WORDS[number % len(WORDS)], WORDS[number // 7 % len(WORDS)]]
        counted = (world.counts["like"][number], world.counts["comment"][number])
        said = (world.text(5).capitalize(), world.text(30), list(dict.fromkeys(tags)), "public", "ready")
        yield *ids, *said, *counted, at, at, at


def _posts(world: World) -> Iterator[Row]:
    for number, known in enumerate(world.posts):
        author, parent, at = world.authors[number], world.parents[number], world.at(number, world.sizes.posts)
        answered = world.posts[parent] if parent != number else None
        ids = (known, world.accounts[author], world.channels[author], world.channels[author])
        text, facets = _words(world, number)
        curator = world.accounts[world.authors[parent]] if parent != number else None
        place = (answered, answered, curator, 0 if answered is None else 1)
        state = (world.kinds[number], "published", world.counts["reply"][number])
        yield *ids, *place, text, facets, "en", *state, at, at, at


def _words(world: World, number: int) -> tuple[str, str]:
    """What a post says, and its facets; in ASCII an offset is an offset."""
    text, facets = world.text(6 + number % 20), []
    for tag in world.hashtags[number]:
        name = tag_name(world, tag)
        start = len(text) + 1
        text = f"{text} #{name}"
        facets.append({"kind": "hashtag", "start": start, "end": len(text), "tag": name})
    return text, orjson.dumps(facets).decode()


def _post_hashtags(world: World) -> Iterator[Row]:
    for number, tags in enumerate(world.hashtags):
        for tag in tags:
            yield world.tags[tag], world.posts[number], world.at(number, world.sizes.posts)


def _follows(world: World) -> Iterator[Row]:
    total = len(world.follows[0])
    for number, (one, other) in enumerate(zip(*world.follows, strict=True)):
        at = world.at(number, total)
        yield world.accounts[one], world.channels[other], world.id_at(at), at


def _likes(world: World) -> Iterator[Row]:
    accounts, videos = world.accounts, world.videos
    for one, other in zip(*world.likes, strict=True):
        yield accounts[one], videos[other], "video", world.end


def _comments(world: World) -> Iterator[Row]:
    total = len(world.comments[0])
    for number, (who, subject) in enumerate(zip(*world.comments, strict=True)):
        at = world.at(number, total)
        owner = world.accounts[world.owners[subject]]
        place = (world.id_at(at), world.videos[subject], "video", owner, world.accounts[who], world.channels[who])
        yield *place, world.text(8), at
