"""What one can do with what people put aside, one file a subject."""

from socialflow.domains.shelves.service import (
    collaborating,
    history,
    items,
    later,
    ordering,
    people,
    playlists,
    reading,
    restricting,
    saving,
    watching,
)

__all__ = [
    "collaborating",
    "history",
    "items",
    "later",
    "ordering",
    "people",
    "playlists",
    "reading",
    "restricting",
    "saving",
    "watching",
]
