"""Entity tags (RFC 9110, section 8.8.3): names for exact states of an answer."""

import hashlib


def etag_of(body: bytes) -> str:
    """A strong entity tag of exactly these bytes."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def edition_etag(edition: int, body: bytes) -> str:
    """A strong entity tag that also tells how often the thing was edited: its counters move without edits."""
    return f'"{edition}.{etag_of(body)[1:]}'


def edition_in(tag: str) -> str:
    """The edition that an entity tag tells of."""
    return tag.strip().removeprefix("W/").strip('"').partition(".")[0]
