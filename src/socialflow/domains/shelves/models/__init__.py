"""Tables of what people put aside, one file a subject."""

from socialflow.domains.shelves.models.playlists import (
    LISTED,
    LISTED_TO,
    RULE,
    SHOWN_ON,
    VISIBLE,
    Playlist,
    PlaylistCollaborator,
    PlaylistItem,
    PlaylistKind,
    PlaylistRole,
)
from socialflow.domains.shelves.models.saves import Save, SaveKind
from socialflow.domains.shelves.models.watching import PlayerSettings, Watch

__all__ = [
    "LISTED",
    "LISTED_TO",
    "RULE",
    "SHOWN_ON",
    "VISIBLE",
    "PlayerSettings",
    "Playlist",
    "PlaylistCollaborator",
    "PlaylistItem",
    "PlaylistKind",
    "PlaylistRole",
    "Save",
    "SaveKind",
    "Watch",
]
