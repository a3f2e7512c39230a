"""What a page says of itself to programs: search engines, link previews, readers of feeds.

Open Graph (https://ogp.me), cards, JSON-LD of https://schema.org, and where the same stands in other forms. It says
nothing that the page does not show, and nothing at all of what few may see.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urljoin

import orjson
from markupsafe import Markup

from socialflow.web.api_client import Json
from socialflow.web.context import Web
from socialflow.web.structured import (
    channel_step,
    crumbs,
    posting,
    profile,
    seconds,
    short,
    site_of,
    video_object,
    website,
)

FORMS = (("application/rss+xml", "rss"), ("application/atom+xml", "atom"), ("application/feed+json", "json"))
# What would end a script element, or a line of a script, wherever a page is parsed by other rules than JSON's.
_ESCAPED = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class Link:
    """The same in another form."""

    type: str
    href: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What stands in the head of a page. Without `title` there is nothing to preview."""

    url: str
    indexed: bool = True
    title: str | None = None
    description: str = ""
    kind: str = "website"
    card: str = "summary"
    # Address, width, height and words.
    image: tuple[str, int | None, int | None, str] | None = None
    # Address, width and height of a frame.
    player: tuple[str, int, int] | None = None
    more: Sequence[tuple[str, str]] = ()
    links: Sequence[Link] = ()
    said: Sequence[Json] = field(default_factory=tuple)

    @property
    def ld(self) -> Markup | None:
        """The JSON of JSON-LD, harmless within a script element whatever it holds."""
        if not self.said:
            return None
        graph = {"@context": "https://schema.org", "@graph": list(self.said)}
        escaped = orjson.dumps(graph).decode().translate(_ESCAPED)
        return Markup(escaped)  # noqa: S704  # people's words, as JSON: of <, > and & none is left


# Of a page that tells nothing.
NOTHING = Outside(url="", indexed=False)


def of_video(web: Web, video: Json, channel: Json, chapters: Sequence[Json]) -> Outside:
    """A watch page."""
    url = f"{site_of(web)}/watch/{video['id']}"
    playback = video.get("playback") or {}
    told = video["visibility"] in {"public", "unlisted"} and _is_for_all(video) and not channel["is_private"]
    if not told or not playback:
        return Outside(url=url, indexed=False)
    size = (playback.get("width"), playback.get("height"))
    poster = _picture(web, playback.get("poster"), playback.get("expires_at"))
    frame = video["embeddable_on"] != []
    about = short(video["description"]) or video["title"]
    more = [("video:release_date", video["published_at"]), ("video:duration", str(seconds(video)))]
    more += [("video:tag", tag) for tag in video["tags"]]
    player = (f"{site_of(web)}/embed/{video['id']}", size[0] or 640, size[1] or 360)
    indexed = video["visibility"] == "public"
    return Outside(
        url=url,
        indexed=indexed,
        title=video["title"],
        description=about,
        kind="video.other",
        card="player" if video["embeddable_on"] is None else "summary_large_image",
        image=(poster, *size, video["title"]) if poster else None,
        player=player if frame else None,
        more=[pair for pair in more if pair[1] not in {None, "None"}],
        links=[*(_oembed(web, url, video["title"]) if frame else ()), *feeds_of_channel(web, channel)],
        said=[
            video_object(web, video, url, poster, chapters),
            crumbs(web, channel_step(channel), (video["title"], url)),
        ]
        if indexed
        else (),
    )


def of_channel(web: Web, channel: Json, kind: str = "videos") -> Outside:
    """One of a channel's pages: of its videos, or by the name that stands behind its own in the address."""
    site, name = site_of(web), channel["display_name"]
    home = f"{site}/@{channel['handle']}"
    url = home if kind == "videos" else f"{home}/{kind}"
    if channel["is_private"]:
        return Outside(url=url, indexed=False)
    avatar = urljoin(f"{site}/", channel["avatar_url"]) if channel["avatar_url"] else None
    title = f"{name} (@{channel['handle']})"
    return Outside(
        url=url,
        title=title,
        description=short(channel["bio"]) or title,
        kind="profile",
        image=(avatar, None, None, name) if avatar else None,
        more=[("profile:username", channel["handle"])],
        links=feeds_of_channel(web, channel),
        said=[profile(channel, home, avatar), crumbs(web, (name, home))],
    )


def of_post(web: Web, post: Json, author: Json) -> Outside:
    """A post's page."""
    url = f"{site_of(web)}/post/{post['id']}"
    told = post["available"] and post["visibility"] in {"public", "unlisted"} and _is_for_all(post)
    if not told or post["state"] != "published" or author["is_private"]:
        return Outside(url=url, indexed=False)
    plain = post["mark"] == "none"
    title = f"{author['display_name']} (@{author['handle']})"
    photos = [photo for photo in post["photos"] if photo["url"]] if plain and post["visibility"] == "public" else []
    pictures = [urljoin(f"{site_of(web)}/", photo["url"]) for photo in photos]
    image = (pictures[0], photos[0]["width"], photos[0]["height"], photos[0]["alt"]) if pictures else None
    more = [("article:published_time", post["published_at"]), ("article:author", f"{site_of(web)}/@{author['handle']}")]
    indexed = post["visibility"] == "public"
    return Outside(
        url=url,
        indexed=indexed,
        title=title,
        description=short(post["text"]) if plain else "This post is marked as sensitive.",
        kind="article",
        card="summary_large_image" if image else "summary",
        image=image,
        more=more,
        links=[*(_oembed(web, url, title) if domains_of(web, author) != [] else ()), *feeds_of_channel(web, author)],
        said=[posting(web, post, author, url, pictures), crumbs(web, channel_step(author), ("Post", url))]
        if indexed
        else (),
    )


def of_tag(web: Web, tag: str, shown: str, kind: str, *, empty: bool) -> Outside:
    """A page of what stands under a tag of videos, or a hashtag of posts."""
    site = site_of(web)
    url = f"{site}/{'tag' if kind == 'videos' else 'tags'}/{quote(tag, safe='')}"
    title = f"#{shown}"
    place = f"{site}/feeds/tags/{quote(tag, safe='')}/{kind}"
    page = {"@type": "CollectionPage", "@id": url, "url": url, "name": title, "isPartOf": website(web)}
    return Outside(
        url=url,
        indexed=not empty,
        title=title,
        description=f"{kind.capitalize()} about {title} on {web.site.settings.instance_name}.",
        links=_feeds(place, title),
        said=() if empty else [page, crumbs(web, (title, url))],
    )


def of_page(web: Web, path: str, title: str) -> Outside:
    """A page that is about nobody in particular."""
    name = web.site.settings.instance_name
    return Outside(url=site_of(web) + path, title=title, description=f"Watch, share and follow on {name}.")


def domains_of(web: Web, channel: Mapping[str, Any]) -> list[str] | None:
    """Whose pages may show what a channel says in a frame: None is everybody's, none at all nobody's."""
    said: list[str] | None = channel.get("embed_domains")
    if said is not None:
        return said
    return None if web.site.settings.media.embedding == "everybody" else []


def feeds_of_channel(web: Web, channel: Json) -> list[Link]:
    """Where readers of feeds find a channel."""
    if channel["is_private"]:
        return []
    place, name = f"{site_of(web)}/feeds/channels/@{channel['handle']}", channel["display_name"]
    return [*_feeds(f"{place}/videos", f"Videos of {name}"), *_feeds(f"{place}/posts", f"Posts of {name}")]


def _feeds(place: str, title: str) -> list[Link]:
    return [Link(kind, f"{place}.{form}", f"{title} ({form.upper()})") for kind, form in FORMS]


def _oembed(web: Web, url: str, title: str) -> list[Link]:
    asked = {form: f"{site_of(web)}/oembed?{urlencode({'url': url, 'format': form})}" for form in ("json", "xml")}
    return [
        Link("application/json+oembed", asked["json"], title),
        Link("text/xml+oembed", asked["xml"], title),
    ]


def _is_for_all(thing: Json) -> bool:
    return thing["mark"] != "adult" and thing.get("restriction") is None and thing["publish_at"] is None


def _picture(web: Web, address: str | None, expires_at: str | None) -> str | None:
    """A picture that others may fetch: an address made for one viewer is nobody else's."""
    if address is None or (expires_at is not None and web.viewer is not None):
        return None
    return urljoin(f"{site_of(web)}/", address)
