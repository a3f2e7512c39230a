"""What the words of a comment mean: as in posts, and times of the video beside."""

import re
from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

from socialflow.domains.posts import service as posts
from socialflow.domains.posts.errors import TooManyFacets
from socialflow.domains.posts.service import FacetKind, Parsed

MOST_MENTIONS, MOST_TAGS, MOST_LINKS, MOST_TIMES = 20, 30, 10, 50
_BOUNDS = ((FacetKind.MENTION, MOST_MENTIONS), (FacetKind.HASHTAG, MOST_TAGS), (FacetKind.LINK, MOST_LINKS))
# `1:05`, `12:34`, `1:02:03`: neither part of a longer number, nor of a word, nor a ratio of three and more.
_TIME = re.compile(r"(?<![\w:.,/-])(?:(\d{1,2}):)?(\d{1,2}):([0-5]\d)(?![\w:]|[.,]\d)", re.ASCII)


def read(text: str) -> Parsed:
    """What a text mentions, tags and links to; raises TooManyFacets."""
    parsed = posts.parse(text)
    if any(len(parsed.values(kind)) > most for kind, most in _BOUNDS) or len(_times(parsed)) > MOST_TIMES:
        raise TooManyFacets
    return parsed


def facets(parsed: Parsed, channels: Mapping[str, Any]) -> list[dict[str, Any]]:
    """As they are kept, in order, by UTF-16 code units; a time is `at_ms` from the beginning."""
    found = [*parsed.facets(channels), *_times(parsed)]
    return sorted(found, key=lambda each: int(each["start"]))


def _times(parsed: Parsed) -> list[dict[str, Any]]:
    taken = [(part.start, part.end) for part in parsed.parts]
    wide = [at for at, letter in enumerate(parsed.text) if ord(letter) > 0xFFFF]
    made = []
    for match in _TIME.finditer(parsed.text):
        hours, minutes, seconds = (int(each or 0) for each in match.groups())
        inside = any(start <= match.start() < end for start, end in taken)
        if inside or (match[1] is not None and minutes > 59):
            continue
        start, end = match.span()
        at_ms = ((hours * 60 + minutes) * 60 + seconds) * 1_000
        place = {"start": start + bisect_left(wide, start), "end": end + bisect_left(wide, end)}
        made.append({"kind": "time", **place, "at_ms": at_ms})
    return made
