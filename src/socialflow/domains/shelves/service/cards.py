"""Lists and what is on them, as clients get them: rows to members."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from socialflow.domains.channels.schemas import card_of
from socialflow.domains.shelves import policy
from socialflow.domains.shelves.models import PlaylistKind, PlaylistRole
from socialflow.domains.videos import service as videos
from socialflow.kernel import ids
from socialflow.kernel.work import Actor, App

# The columns of whoever put something on a list, beside those of the video.
_ADDER = {
    "channel_id": "adder_id",
    "handle": "adder_handle",
    "display_name": "adder_name",
    "avatar_asset_id": "adder_avatar",
    "verified_at": "adder_verified",
}


def name_of(playlist_id: uuid.UUID) -> str:
    """Under which name shared answers about a list are kept."""
    return f"playlist:{ids.show('ply', playlist_id)}"


def playlist(row: Any, viewer: Actor, cover: dict[str, Any] | None) -> dict[str, Any]:
    """The members of a `PlaylistRead`."""
    owner, kind = row["account_id"], row["kind"]
    return {
        "id": ids.show("ply", row["id"]),
        "kind": kind,
        "title": row["title"],
        "description": row["description"],
        "visibility": row["visibility"],
        "restriction": row["restriction"],
        "allow_duplicates": row["allow_duplicates"],
        "channel": card_of(row),
        "item_count": row["item_count"],
        "cover": cover,
        "role": row["role"],
        "permissions": {
            "edit": policy.can_edit(viewer, owner, kind),
            "add": policy.can_add(viewer, owner, row["role"]),
            "delete": policy.can_delete(viewer, owner, kind),
        },
        "contains": row["contains"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def cover(app: App, row: Any, viewer: Actor, now: datetime) -> dict[str, Any]:
    """The members of a `PlaylistCover`, of the card of a video that the viewer may see."""
    shown = videos.card(app, row, now, holder=videos.holder_for(viewer, row))["playback"] or {}
    return {"poster": shown.get("poster"), "thumbhash": shown.get("thumbhash")}


def item(app: App, row: Any, viewer: Actor, standing: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The members of a `PlaylistItemRead`; `standing` is the list, and how the viewer stands to it."""
    owner, role, added_by = standing["account_id"], standing["role"], row["added_by"]
    adds = policy.can_add(viewer, owner, role)
    available = row["id"] is not None
    told = adds and row["adder_id"] is not None and standing["kind"] == PlaylistKind.PLAYLIST
    return {
        "id": ids.show("itm", row["item_id"]),
        "playlist_id": ids.show("ply", row["playlist_id"]),
        "available": available,
        "video": videos.card(app, row, now, holder=videos.holder_for(viewer, row)) if available else None,
        # What was said about a video may well tell what it is.
        "note": row["note"] if available or _wrote(viewer, owner, role, added_by) else "",
        "added_by": card_of({column: row[name] for column, name in _ADDER.items()}) if told else None,
        "permissions": {
            "move": adds,
            "edit": policy.can_remove(viewer, owner, role, added_by),
            "remove": policy.can_remove(viewer, owner, role, added_by),
        },
        "added_at": row["added_at"],
    }


def _wrote(viewer: Actor, owner: uuid.UUID, role: str | None, added_by: uuid.UUID | None) -> bool:
    """Whether somebody may have written the note of an item."""
    return viewer.id is not None and (
        viewer.id == owner or (role == PlaylistRole.COLLABORATOR and viewer.id == added_by)
    )
