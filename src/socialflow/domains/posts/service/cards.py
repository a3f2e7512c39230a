"""A post as it is shown to one viewer: a row to the members of a `PostRead`."""

import uuid
from datetime import datetime
from typing import Any

from socialflow.domains.channels.schemas import card_of
from socialflow.domains.channels.service import TeamRole
from socialflow.domains.media import service as media
from socialflow.domains.posts import policy
from socialflow.domains.posts.models import PostState
from socialflow.domains.posts.queries import sees_any
from socialflow.domains.posts.service.quoting import QUOTABLE
from socialflow.domains.posts.service.reposting import OPEN
from socialflow.kernel import ids
from socialflow.kernel.work import Actor, App

_PHOTO_STATES = {"ready": "ready", "failed": "failed"}
_NO_QUOTE = dict.fromkeys(
    (
        "author",
        "text",
        "title",
        "mark",
        "photo_count",
        "duration_ms",
        "thumbhash",
        "published_at",
        "post_id",
        "video_id",
    )
)


def card(app: App, row: Any, viewer: Actor, now: datetime) -> dict[str, Any]:
    """What the viewer gets of a post; of one that they may not see, or that is gone, its place alone."""
    speaks = row["speaks"]
    return {
        "id": ids.show("pst", row["id"]),
        "available": speaks,
        "author": card_of(row) if speaks else None,
        "text": row["text"] if speaks else "",
        "facets": [facet(each) for each in row["facets"]] if speaks else [],
        "language": row["language"] if speaks else None,
        "mark": row["mark"] if speaks else "none",
        "visibility": row["visibility"],
        "state": row["state"] if speaks else PostState.DELETED,
        "reply_policy": row["reply_policy"],
        "quote_policy": row["quote_policy"],
        "hold_replies": row["hold_replies"],
        "parent_id": _shown("pst", row["parent_id"]),
        "root_id": _shown("pst", row["root_id"]),
        "photos": _photos(app, row, viewer, now) if speaks else [],
        "poll": _poll(row, viewer, now) if speaks and row["poll_id"] else None,
        "quote": _quote(row) if speaks else None,
        "preview": _preview(row) if speaks and row["preview_url"] else None,
        "pinned": speaks and row["pinned_at"] is not None,
        "hearted": speaks and row["hearted_at"] is not None,
        "like_count": row["like_count"] if speaks else 0,
        "reply_count": row["reply_count"],
        "repost_count": row["repost_count"] if speaks else 0,
        "quote_count": row["quote_count"] if speaks else 0,
        "reposted": row["reposted"] and speaks,
        "created_at": row["created_at"],
        "published_at": row["published_at"],
        "publish_at": row["publish_at"],
        "edited_at": row["edited_at"] if speaks else None,
        "permissions": _permissions(row, viewer) if viewer.known else None,
    }


def facet(kept: dict[str, Any]) -> dict[str, Any]:
    """The members of a `FacetRead`, of which every one is always there."""
    return {
        "kind": kept["kind"],
        "start": kept["start"],
        "end": kept["end"],
        "channel_id": kept.get("channel_id"),
        "tag": kept.get("tag"),
        "url": kept.get("url"),
    }


def _shown(prefix: str, value: uuid.UUID | None) -> str | None:
    return ids.show(prefix, value) if value is not None else None


def _photos(app: App, row: Any, viewer: Actor, now: datetime) -> list[dict[str, Any]]:
    # Anonymous answers are shared, and so are bound to nobody.
    holder = media.Holder.of(viewer, trusted=row["account_id"] == viewer.id or sees_any(viewer))
    return [_photo(app, each, holder, now) for each in row["photos"] or ()]


def _photo(app: App, kept: dict[str, Any], holder: media.Holder, now: datetime) -> dict[str, Any]:
    return {
        "upload_id": ids.show("upl", uuid.UUID(kept["upload_id"])),
        "state": _PHOTO_STATES.get(kept["state"] or "", "processing"),
        "url": media.photo_url(app, kept, now, holder=holder),
        "alt": kept["alt"],
        "thumbhash": kept["thumbhash"],
        "width": kept["width"],
        "height": kept["height"],
    }


def _poll(row: Any, viewer: Actor, now: datetime) -> dict[str, Any]:
    chosen = row["choices"] or []
    ended = row["ends_at"] is not None and row["ends_at"] <= now
    tells = ended or bool(chosen) or row["account_id"] == viewer.id or sees_any(viewer)
    return {
        "multiple": row["multiple"],
        "duration_s": row["duration_s"],
        "ends_at": row["ends_at"],
        "ended": ended,
        "voted": bool(chosen),
        "voter_count": row["voter_count"] if tells else None,
        "options": [
            {
                "number": each["number"],
                "text": each["text"],
                "vote_count": each["vote_count"] if tells else None,
                "chosen": each["number"] in chosen,
            }
            for each in row["options"] or ()
        ],
    }


# Of the columns of a card, those of whoever is quoted.
_QUOTEE = {
    "channel_id": "quotee_id",
    "handle": "quotee_handle",
    "display_name": "quotee_name",
    "avatar_asset_id": "quotee_avatar",
    "verified_at": "quotee_verified_at",
}


def _quote(row: Any) -> dict[str, Any] | None:
    if row["quoted_post_id"] is None and row["quoted_video_id"] is None:
        return None
    kind = "post" if row["quoted_post_id"] is not None else "video"
    if row["quotee_id"] is None:
        state = "revoked" if row["quote_revoked_at"] is not None else "unavailable"
        return {"kind": kind, "state": state, **_NO_QUOTE}
    author = card_of({column: row[name] for column, name in _QUOTEE.items()})
    shown = {"kind": kind, "state": "shown", **_NO_QUOTE, "author": author}
    if kind == "video":
        return {
            **shown,
            "video_id": ids.show("vid", row["video_id"]),
            "title": row["video_title"],
            "duration_ms": row["video_duration_ms"],
            "thumbhash": row["video_thumbhash"],
            "published_at": row["video_at"],
        }
    return {
        **shown,
        "post_id": ids.show("pst", row["quoted_id"]),
        "text": row["quoted_text"],
        "mark": row["quoted_mark"],
        "photo_count": row["quoted_photos"],
        "published_at": row["quoted_at"],
    }


def _preview(row: Any) -> dict[str, Any]:
    return {
        "url": row["preview_url"],
        "title": row["preview_title"],
        "description": row["preview_description"],
        "site_name": row["preview_site"],
    }


def _permissions(row: Any, viewer: Actor) -> dict[str, bool]:
    owner = row["account_id"]
    own, out = owner == viewer.id, row["state"] == PostState.PUBLISHED and row["speaks"]
    reply = policy.is_let(row["reply_policy"], own=own, follows=row["follows"], mentioned=row["named"])
    if row["thread_id"] is not None:
        root_own = row["root_owner"] == viewer.id
        reply = reply and policy.is_let(
            row["root_policy"], own=root_own, follows=row["root_follows"], mentioned=row["root_named"]
        )
    role = TeamRole.OWNER if own else row["viewer_role"] and TeamRole(row["viewer_role"])
    quote = policy.is_let(row["quote_policy"], own=own, follows=row["follows"], mentioned=False)
    return {
        "edit": row["speaks"] and policy.can_edit(role),
        "delete": row["speaks"] and policy.can_delete(viewer, role),
        "reply": out and reply,
        "quote": out and quote and (own or (row["reach"] in QUOTABLE and not row["is_private"])),
        "repost": out and row["reach"] in OPEN and not row["is_private"],
        "curate": row["speaks"] and policy.can_curate(_role_in_thread(row, viewer)),
    }


def _role_in_thread(row: Any, viewer: Actor) -> TeamRole | None:
    if viewer.id is None or row["curator_id"] is None:
        return None
    if row["curator_id"] == viewer.id:
        return TeamRole.OWNER
    return TeamRole(row["thread_role"]) if row["thread_role"] else None
