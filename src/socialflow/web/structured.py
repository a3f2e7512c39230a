"""JSON-LD of https://schema.org, as search engines read it: what a page shows, said in types that programs know."""

from collections.abc import Sequence
from urllib.parse import urljoin

from socialflow.web.api_client import Json
from socialflow.web.context import Web

# Letters of a description.
SHORT = 200
HEADLINE = 110


def video_object(web: Web, video: Json, url: str, poster: str | None, chapters: Sequence[Json]) -> Json:
    """A video."""
    starts = [chapter["start_ms"] for chapter in chapters] + [video["duration_ms"]]
    clips = [
        {
            "@type": "Clip",
            "name": chapter["title"],
            "startOffset": chapter["start_ms"] // 1000,
            "endOffset": end // 1000 if end else None,
            "url": f"{url}?t={chapter['start_ms'] // 1000}",
        }
        for chapter, end in zip(chapters, starts[1:], strict=True)
    ]
    playback = video["playback"]
    is_plain = playback.get("protection") is None and playback.get("expires_at") is None
    return _without_nothing(
        {
            "@type": "VideoObject",
            "@id": url,
            "url": url,
            "name": video["title"],
            "description": video["description"] or video["title"],
            "thumbnailUrl": [poster] if poster else None,
            "uploadDate": video["published_at"],
            "duration": duration(video["duration_ms"]),
            "embedUrl": f"{site_of(web)}/embed/{video['id']}" if video["embeddable_on"] != [] else None,
            "contentUrl": urljoin(f"{site_of(web)}/", playback["hls_url"]) if is_plain else None,
            "width": playback.get("width"),
            "height": playback.get("height"),
            "keywords": ", ".join(video["tags"]) or None,
            "isFamilyFriendly": video["mark"] == "none",
            "author": _person(web, video["channel"]),
            "publisher": _publisher(web),
            "interactionStatistic": [
                _counter("LikeAction", video["like_count"]),
                _counter("CommentAction", video["comment_count"]),
            ],
            "commentCount": video["comment_count"],
            "hasPart": [_without_nothing(clip) for clip in clips] or None,
        }
    )


def posting(web: Web, post: Json, author: Json, url: str, pictures: Sequence[str]) -> Json:
    """A post."""
    plain = post["mark"] == "none"
    quoted = post["quote"] if post["quote"] and post["quote"]["state"] == "shown" else None
    shared = None
    if quoted:
        page = f"post/{quoted['post_id']}" if quoted["kind"] == "post" else f"watch/{quoted['video_id']}"
        shared = {"@type": "WebPage", "url": f"{site_of(web)}/{page}"}
    return _without_nothing(
        {
            "@type": "SocialMediaPosting",
            "@id": url,
            "url": url,
            "mainEntityOfPage": url,
            "headline": short(post["text"], HEADLINE)
            if plain and post["text"].strip()
            else f"A post by {author['handle']}",
            "articleBody": post["text"] if plain else None,
            "datePublished": post["published_at"],
            "dateModified": post["edited_at"] or post["published_at"],
            "inLanguage": post["language"],
            "isFamilyFriendly": plain,
            "image": list(pictures) or None,
            "keywords": ", ".join(each["tag"] for each in post["facets"] if each["kind"] == "hashtag") or None,
            "author": _person(web, author),
            "publisher": _publisher(web),
            "sharedContent": shared,
            "isPartOf": f"{site_of(web)}/post/{post['root_id']}" if post["root_id"] else None,
            "commentCount": post["reply_count"],
            "interactionStatistic": [
                _counter("CommentAction", post["reply_count"]),
                _counter("ShareAction", post["repost_count"] + post["quote_count"]),
            ],
        }
    )


def profile(channel: Json, home: str, avatar: str | None) -> Json:
    """A channel, as the person that it is of."""
    person = {
        "@type": "Person",
        "@id": f"{home}#person",
        "name": channel["display_name"],
        "alternateName": f"@{channel['handle']}",
        "identifier": channel["id"],
        "url": home,
        "description": channel["bio"] or None,
        "image": avatar,
        "interactionStatistic": [_counter("FollowAction", channel["follower_count"])],
        "agentInteractionStatistic": [
            _counter("WriteAction", channel["video_count"]),
            _counter("FollowAction", channel["following_count"]),
        ],
    }
    return {
        "@type": "ProfilePage",
        "@id": home,
        "url": home,
        "dateCreated": channel["created_at"],
        "mainEntity": _without_nothing(person),
    }


def crumbs(web: Web, *steps: tuple[str, str]) -> Json:
    """Where a page stands: names and addresses, the first page in front."""
    first = (web.site.settings.instance_name, f"{site_of(web)}/")
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": position,
                "name": name,
                "item": url if url.startswith("http") else site_of(web) + url,
            }
            for position, (name, url) in enumerate((first, *steps), 1)
        ],
    }


def channel_step(channel: Json) -> tuple[str, str]:
    """A channel on the way to a page of its."""
    return channel["display_name"], f"/@{channel['handle']}"


def _person(web: Web, channel: Json) -> Json:
    return {"@type": "Person", "name": channel["display_name"], "url": f"{site_of(web)}/@{channel['handle']}"}


def _publisher(web: Web) -> Json:
    logo = site_of(web) + web.site.assets.url("img/icon-512.png")
    return {"@type": "Organization", "name": web.site.settings.instance_name, "url": f"{site_of(web)}/", "logo": logo}


def website(web: Web) -> Json:
    """This installation."""
    return {"@type": "WebSite", "name": web.site.settings.instance_name, "url": f"{site_of(web)}/"}


def _counter(action: str, number: int) -> Json:
    kind = {"@type": f"https://schema.org/{action}"}
    return {"@type": "InteractionCounter", "interactionType": kind, "userInteractionCount": number}


def duration(milliseconds: int | None) -> str | None:
    """ISO 8601: `PT1H2M3S`; nothing where it is not known."""
    if milliseconds is None:
        return None
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if number]
    return f"PT{''.join(parts) or '0S'}"


def seconds(video: Json) -> int | None:
    """How long a video is, in whole seconds."""
    return round(video["duration_ms"] / 1000) if video["duration_ms"] is not None else None


def short(text: str, most: int = SHORT) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _without_nothing(thing: Json) -> Json:
    return {name: value for name, value in thing.items() if value is not None}


def site_of(web: Web) -> str:
    """The address that people type."""
    return web.site.settings.public_url
