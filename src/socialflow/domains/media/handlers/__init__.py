"""How media reacts to events and to the clock."""

from socialflow.domains.media.handlers import captions, collect, images, people, remains, transcode

__all__ = ["captions", "collect", "images", "people", "remains", "transcode"]
