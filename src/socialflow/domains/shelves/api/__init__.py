"""Routes of what people put aside, one file a subject."""

from socialflow.domains.shelves.api.collaborators import collaborators
from socialflow.domains.shelves.api.history import history
from socialflow.domains.shelves.api.items import items
from socialflow.domains.shelves.api.later import later
from socialflow.domains.shelves.api.playlists import admin, playlists
from socialflow.domains.shelves.api.saves import saves
from socialflow.domains.shelves.api.watching import watching

__all__ = ["admin", "collaborators", "history", "items", "later", "playlists", "saves", "watching"]
