"""What is said and heard about channels."""

import re
import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, HttpUrl, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from socialflow.domains.accounts.schemas import Handle
from socialflow.domains.channels.models import PinKind as PinKind
from socialflow.domains.channels.models import TeamRole, TeamState
from socialflow.kernel import ids
from socialflow.kernel.ids import ChannelId, UploadId
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Body, Read
from socialflow.kernel.texts import LINE, PROSE, SEEN, STRAIGHT

AVATAR_FILE = "avatar-256.webp"
# By the names of the members of a `BannerRead`.
BANNER_FILES = {"url": "banner-1280.webp", "small_url": "banner-640.webp", "large_url": "banner-2560.webp"}
LONGEST_BIO = 1_000
LONGEST_URL = 2_000
MOST_LINKS = 10
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


_WEB = TypeAdapter(HttpUrl)


def web_address(text: str) -> str:
    """An address of the web as it is kept: nothing else than http(s), nobody's password, the host in ASCII.

    A host whose letters look like others' is shown as the `xn--` that it is (RFC 5891).
    """
    try:
        url = _WEB.validate_python(text)
    except ValidationError:
        url = None
    if url is None or url.username or url.password or not url.host or "." not in url.host:
        raise PydanticCustomError("web_address", "an address begins with https:// or http:// and names a site")
    return str(url)


DisplayName = Annotated[
    str, StringConstraints(min_length=1, max_length=60), SEEN, STRAIGHT, LINE, Field(examples=["Ada Lovelace"])
]
WebAddress = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_URL),
    AfterValidator(web_address),
    Field(examples=["https://example.org/ada"]),
]


def avatar_url(asset_id: uuid.UUID | None) -> str | None:
    """Where a channel's picture is served; None when it has none."""
    return f"/media/{ids.show('ast', asset_id)}/{AVATAR_FILE}" if asset_id else None


def banner_of(asset_id: uuid.UUID | None, thumbhash: str | None) -> "BannerRead | None":
    """Where a channel's banner is served; None when it has none."""
    if asset_id is None:
        return None
    folder = f"/media/{ids.show('ast', asset_id)}/"
    return BannerRead(**{name: folder + file for name, file in BANNER_FILES.items()}, thumbhash=thumbhash)


class ChannelCard(Read):
    """A channel as it stands beside its things."""

    id: ChannelId
    handle: str = Field(examples=["ada"])
    display_name: str = Field(examples=["Ada Lovelace"])
    avatar_url: str | None
    verified: bool = Field(description="Whether the staff of this site vouch for its name.")


def card_of(row: Any, channel: str = "channel_id") -> dict[str, Any]:
    """The members of a `ChannelCard`, of a row with the columns of one; `channel` is what that of its id is called."""
    return {
        "id": ids.show("chn", row[channel]),
        "handle": row["handle"],
        "display_name": row["display_name"],
        "avatar_url": avatar_url(row["avatar_asset_id"]),
        "verified": row["verified_at"] is not None,
    }


class BannerRead(Read):
    """The wide picture at the head of a channel's page, four times as wide as high, as WebP."""

    url: str = Field(description="1280 pixels wide.")
    small_url: str = Field(description="640 pixels wide.")
    large_url: str = Field(description="2560 pixels wide.")
    thumbhash: str | None


class ChannelLinkRead(Read):
    """Somewhere else where a channel can be found."""

    title: str = Field(examples=["My site"])
    url: str = Field(examples=["https://example.org/ada"])


class ChannelRead(Read):
    """A public profile."""

    id: ChannelId
    handle: str = Field(examples=["ada"])
    display_name: str = Field(examples=["Ada Lovelace"])
    verified: bool = Field(description="Whether the staff of this site vouch for its name.")
    bio: str
    links: list[ChannelLinkRead]
    avatar_url: str | None
    avatar_thumbhash: str | None
    banner: BannerRead | None
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


class ChannelCreate(Body):
    """Another channel."""

    handle: Handle
    display_name: DisplayName
    bio: Annotated[str, StringConstraints(max_length=LONGEST_BIO), PROSE] = ""


class ChannelLink(Body):
    """Somewhere else where a channel can be found."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=60), SEEN, STRAIGHT, LINE]
    url: WebAddress


class ChannelUpdate(Body):
    """What whoever may present a channel can change; absent members stay."""

    display_name: DisplayName | None = None
    bio: Annotated[str, StringConstraints(max_length=LONGEST_BIO), PROSE] | None = None
    links: Annotated[list[ChannelLink], Field(max_length=MOST_LINKS)] | None = None
    embed_domains: EmbedDomains = None
    avatar_upload_id: UploadId | None = Field(
        None, description="A finished or running upload of purpose `avatar`; it is shown once it has been checked."
    )
    banner_upload_id: UploadId | None = Field(
        None, description="The same of purpose `banner`; it is cut to four times as wide as high."
    )


class HandleUpdate(Body):
    """Under which handle a channel is to be found."""

    handle: Handle


class CollaboratorUpdate(Body):
    """What somebody is to be on a channel's team."""

    role: Annotated[TeamRole, Field(strict=False)]


class CollaboratorRead(Read):
    """Somebody who works for a channel, or was asked to: `person` is the channel that came with their account."""

    person: ChannelCard
    role: TeamRole
    state: TeamState
    created_at: datetime
    joined_at: datetime | None


class CollaboratorPage(Page[CollaboratorRead]):
    """A page of a channel's team."""


class CollaborationRead(Read):
    """A channel as which somebody may act, or was asked to: `role` says how far."""

    channel: ChannelCard
    role: TeamRole
    state: TeamState
    is_main: bool = Field(description="Whether it came with the account, and is what is meant where none is named.")
    since: datetime


class CollaborationPage(Page[CollaborationRead]):
    """A page of channels as which one may act."""


class VerificationUpdate(Body):
    """Why staff vouch for a channel, or do so no more; for the audit log."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=500), SEEN, LINE]
