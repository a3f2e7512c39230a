"""How media reacts to events and to the clock."""

from socialflow.domains.media.handlers import captions, collect, glimpses, hearing, images, people, remains, transcode

__all__ = ["captions", "collect", "glimpses", "hearing", "images", "people", "remains", "transcode"]
