"""How media reacts to events and to the clock."""

from socialflow.domains.media.handlers import collect, images, imports, people, remains, transcode

__all__ = ["collect", "images", "imports", "people", "remains", "transcode"]
