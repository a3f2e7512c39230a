"""What a text mentions, tags and links to: found by us, in what was written, whatever a client believes to have sent.

Offsets count **UTF-16 code units**, `start` of the first and `end` behind the last: what Dart, JavaScript, Java and C#
call an index into a string, so that `text.substring(start, end)` is the facet in each of them. Python counts code
points: a letter beyond U+FFFF, such as most emoji, is one there and two here.
"""

import re
import unicodedata
import uuid
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from socialflow.kernel import ids

MOST_MENTIONS, MOST_TAGS, MOST_LINKS = 50, 30, 20
LONGEST_TAG = 100
LONGEST_LINK = 2_000
_LINK = re.compile(r"(?<![\w@])https?://[^\s<>\"`{}|\\^]+", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w@#/.])@([A-Za-z0-9_]{3,30})(?![\w@])")
_TAG_SIGN = re.compile(r"(?<![\w#@&/])[#\uff03]")
# What ends a sentence ends a link as well.
_BEHIND_LINK = ".,;:!?'\"\u2026\u201d\u2019\u00bb"
_PAIRS = {")": "(", "]": "[", "}": "{"}
# Letters and marks that nobody sees: two tags that look the same would be two.
_UNSEEN = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
    | {*range(0x180B, 0x1810)}
)


class FacetKind(StrEnum):
    """What a part of a text stands for."""

    MENTION = "mention"
    HASHTAG = "hashtag"
    LINK = "link"


class Found(NamedTuple):
    """A part of a text, in code points, and the handle, folded tag or address that it stands for."""

    kind: FacetKind
    start: int
    end: int
    value: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """All parts of a text, in order."""

    text: str
    parts: tuple[Found, ...]

    def values(self, kind: FacetKind) -> list[str]:
        """What the parts of a kind stand for, each once, in order."""
        return list(dict.fromkeys(part.value for part in self.parts if part.kind is kind))

    def shown(self) -> dict[str, str]:
        """Folded hashtags and how each was written first."""
        tags = [part for part in self.parts if part.kind is FacetKind.HASHTAG]
        return {part.value: self.text[part.start + 1 : part.end] for part in reversed(tags)}

    def facets(self, channels: Mapping[str, Any]) -> list[dict[str, Any]]:
        """As they are kept, by UTF-16 code units; who is not in `channels`, by handle, is not mentioned."""
        wide = [at for at, letter in enumerate(self.text) if ord(letter) > 0xFFFF]
        made = []
        for part in self.parts:
            place = {
                "kind": part.kind.value,
                "start": part.start + bisect_left(wide, part.start),
                "end": part.end + bisect_left(wide, part.end),
            }
            if part.kind is FacetKind.HASHTAG:
                made.append({**place, "tag": part.value})
            elif part.kind is FacetKind.LINK:
                made.append({**place, "url": part.value})
            elif part.value in channels:
                made.append({**place, "channel_id": ids.show("chn", channels[part.value])})
        return made


def parse(text: str) -> Parsed:
    """The mentions, hashtags and links of a text; what stands in a link is neither of the others."""
    links = list(_links(text))
    taken = [(link.start, link.end) for link in links]
    others = [*_mentions(text), *_tags(text)]
    free = [part for part in others if not any(start <= part.start < end for start, end in taken)]
    return Parsed(text, tuple(sorted([*links, *free], key=lambda part: part.start)))


def fold(tag: str) -> str:
    """A hashtag as it is compared: without the sign, of one form and one case."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", tag).casefold())


def channels_in(facets: Iterable[Mapping[str, Any]]) -> list[uuid.UUID]:
    """The channels that a text mentions, of facets as they are kept."""
    return [ids.parse("chn", each["channel_id"]) for each in facets if each["kind"] == FacetKind.MENTION]


def tag_of(text: str) -> str | None:
    """The folded hashtag that is the whole of this, with or without the sign in front; None where it is none."""
    word = text[1:] if text[:1] in {"#", "\uff03"} else text
    end = _word_end(word, 0)
    return fold(word) if word and end == len(word) and _is_tag(word) else None


def _links(text: str) -> Iterator[Found]:
    for match in _LINK.finditer(text):
        address = _trimmed(match[0])
        if len(address) <= LONGEST_LINK and _is_address(address):
            yield Found(FacetKind.LINK, match.start(), match.start() + len(address), address)


def _trimmed(address: str) -> str:
    while address:
        last = address[-1]
        opening = _PAIRS.get(last)
        if last not in _BEHIND_LINK and (opening is None or address.count(opening) >= address.count(last)):
            return address
        address = address[:-1]
    return address


def _is_address(address: str) -> bool:
    """A page of a host, and no user's name before it, which would look like one."""
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Co", "Cn", "Cs"} for letter in address):
        return False
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and parts.username is None and (parts.port or 1) > 0
    except ValueError:
        return False


def _mentions(text: str) -> Iterator[Found]:
    for match in _MENTION.finditer(text):
        yield Found(FacetKind.MENTION, match.start(), match.end(), match[1].lower())


def _tags(text: str) -> Iterator[Found]:
    for match in _TAG_SIGN.finditer(text):
        end = _word_end(text, match.end())
        word = text[match.end() : end]
        if _is_tag(word):
            yield Found(FacetKind.HASHTAG, match.start(), end, fold(word))


def _is_tag(word: str) -> bool:
    return 0 < len(word) <= LONGEST_TAG and len(fold(word)) <= LONGEST_TAG and not all(map(_is_number, word))


def _is_number(letter: str) -> bool:
    return letter == "_" or unicodedata.category(letter)[0] == "N"


def _word_end(text: str, at: int) -> int:
    """Behind the letters, marks, digits and underscores that begin here; a mark needs a letter before it."""
    start = at
    while at < len(text):
        letter = text[at]
        category = unicodedata.category(letter)
        if ord(letter) in _UNSEEN or not (letter == "_" or category[0] in "LN" or (category[0] == "M" and at > start)):
            break
        at += 1
    return at
