"""How media reacts to events and to the clock."""

from socialflow.domains.media.handlers import caches, collect, downloads, images, people, remains, tasks, transcode

__all__ = ["caches", "collect", "downloads", "images", "people", "remains", "tasks", "transcode"]
