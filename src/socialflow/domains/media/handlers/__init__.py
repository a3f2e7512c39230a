"""How media reacts to events and to the clock."""

from socialflow.domains.media.handlers import (
    caches,
    captions,
    collect,
    downloads,
    edits,
    glimpses,
    hearing,
    images,
    imports,
    people,
    protecting,
    remains,
    sounds,
    tasks,
    transcode,
)

__all__ = [
    "caches",
    "captions",
    "collect",
    "downloads",
    "edits",
    "glimpses",
    "hearing",
    "images",
    "imports",
    "people",
    "protecting",
    "remains",
    "sounds",
    "tasks",
    "transcode",
]
