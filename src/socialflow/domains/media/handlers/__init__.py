"""How media reacts to events and to the clock."""

from socialflow.domains.media.handlers import collect, images, people, remains, tasks, transcode

__all__ = ["collect", "images", "people", "remains", "tasks", "transcode"]
