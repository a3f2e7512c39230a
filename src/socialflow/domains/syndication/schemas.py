"""What feeds and oEmbed are asked with, and what oEmbed answers."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from socialflow.kernel.schemas import Read


class FeedKind(StrEnum):
    """What a feed tells of."""

    VIDEOS = "videos"
    POSTS = "posts"


class FeedForm(StrEnum):
    """In which format."""

    RSS = "rss"
    ATOM = "atom"
    JSON = "json"


class MapKind(StrEnum):
    """Of which pages a part of the sitemap is."""

    VIDEOS = "videos"
    POSTS = "posts"
    CHANNELS = "channels"
    TAGS = "tags"


class OembedRead(Read):
    """How another page can show a video or a post: https://oembed.com."""

    type: Literal["video", "rich"]
    version: Literal["1.0"]
    title: str = Field(examples=["A walk along the sea"])
    author_name: str = Field(examples=["Ada Lovelace"])
    author_url: str
    provider_name: str
    provider_url: str
    cache_age: int = Field(description="Seconds for which it may be kept.")
    html: str = Field(description="A frame; whose pages may show it, its own header says to the browser.")
    width: int
    height: int
    thumbnail_url: str | None = Field(description="Null where there is no picture that is small enough.")
    thumbnail_width: int | None
    thumbnail_height: int | None
