"""What is said and heard about channels."""

import re
import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from socialflow.kernel import ids
from socialflow.kernel.ids import ChannelId, UploadId
from socialflow.kernel.schemas import Body, Read

AVATAR_FILE = "avatar-256.webp"
LONGEST_BIO = 1_000
LONGEST_DOMAIN = 253
MOST_DOMAINS = 50
# A host of a page, with its subdomains where it begins with an asterisk; what it says goes into a header.
_DOMAIN = re.compile(
    r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(:[1-9][0-9]{0,4})?"
)


def domain_of(text: str) -> str:
    """A domain as it is kept: lower case, in the letters of the DNS, without scheme and path."""
    domain = text.strip().lower()
    if not _DOMAIN.fullmatch(domain):
        raise PydanticCustomError(
            "domain", "a domain is written as example.org, or *.example.org for all below it, without https:// and path"
        )
    return domain


def _without_doubles(domains: list[Any]) -> list[Any]:
    return list(dict.fromkeys(domains))


Domain = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_DOMAIN + 8),
    AfterValidator(domain_of),
    Field(examples=["example.org"]),
]
EmbedDomains = Annotated[
    Annotated[list[Domain], Field(max_length=MOST_DOMAINS), AfterValidator(_without_doubles)] | None,
    Field(
        description=(
            "Whose pages may show it in a frame: these hosts, nobody's if none; null leaves it to the channel,"
            " and a channel to the installation."
        ),
        examples=[["example.org", "*.example.com"]],
    ),
]


def avatar_url(asset_id: uuid.UUID | None) -> str | None:
    """Where a channel's picture is served; None when it has none."""
    return f"/media/{ids.show('ast', asset_id)}/{AVATAR_FILE}" if asset_id else None


class ChannelCard(Read):
    """A channel as it stands beside its things."""

    id: ChannelId
    handle: str = Field(examples=["ada"])
    display_name: str = Field(examples=["Ada Lovelace"])
    avatar_url: str | None


class ChannelRead(Read):
    """A public profile."""

    id: ChannelId
    handle: str = Field(examples=["ada"])
    display_name: str = Field(examples=["Ada Lovelace"])
    bio: str
    avatar_url: str | None
    embed_domains: list[str] | None = Field(
        description="Whose pages may show its videos in a frame; null where the installation decides."
    )
    is_private: bool = Field(
        description="Whether its owner decides who follows it, and shows what it has to followers alone."
    )
    follower_count: int
    following_count: int
    video_count: int
    created_at: datetime


class ChannelUpdate(Body):
    """What an owner may change; absent members stay."""

    display_name: Annotated[str, StringConstraints(min_length=1, max_length=60)] | None = None
    bio: Annotated[str, StringConstraints(max_length=LONGEST_BIO)] | None = None
    embed_domains: EmbedDomains = None
    avatar_upload_id: UploadId | None = Field(
        None, description="A finished or running upload of purpose `avatar`; it is shown once it has been checked."
    )
