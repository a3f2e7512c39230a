"""How media reacts to events and to the clock."""

from socialflow.domains.media.handlers import (
    caches,
    captions,
    collect,
    downloads,
    glimpses,
    hearing,
    images,
    imports,
    people,
    protecting,
    remains,
    tasks,
    transcode,
)

__all__ = [
    "caches",
    "captions",
    "collect",
    "downloads",
    "glimpses",
    "hearing",
    "images",
    "imports",
    "people",
    "protecting",
    "remains",
    "tasks",
    "transcode",
]
