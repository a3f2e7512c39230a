"""How values are said to people: numbers, durations, ages, links in text."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import floor
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

MINUTE, HOUR, DAY, WEEK, MONTH, YEAR = 60, 3_600, 86_400, 604_800, 2_629_800, 31_557_600
AGES = ((YEAR, "year"), (MONTH, "month"), (WEEK, "week"), (DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"))
UNITS = ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "K"))
# An address ends before closing punctuation; only http(s) is ever linked.
LINK = re.compile(r"https?://[^\s<>\"'`{}|\\^]+[^\s<>\"'`{}|\\^.,;:!?)\]]", re.IGNORECASE)
LONGEST_SHOWN_LINK = 60
KIBI = 1024


def count(number: int | None) -> str:
    """A number as people say it: 950, 1.2K, 34K, 5.1M (rounded down, so 999 999 is not a million)."""
    number = number or 0
    for size, unit in UNITS:
        if number >= size:
            tenths = floor(number * 10 / size) / 10
            return f"{tenths:.1f}".removesuffix(".0") + unit if tenths < 10 else f"{floor(tenths)}{unit}"
    return str(number)


def plural(number: int | None, one: str, many: str | None = None) -> str:
    """A short count with its noun: 1 like, 1.2K likes."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def size(number: int | None) -> str:
    """A number of bytes: 512 B, 1.5 MiB, 8 GiB."""
    amount = float(number or 0)
    unit = "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if amount < KIBI or unit == "TiB":
            break
        amount /= KIBI
    return f"{amount:.1f}".removesuffix(".0") + f" {unit}"


def clock(milliseconds: int | None) -> str:
    """A duration as players show it: 0:07, 12:03, 1:02:03."""
    seconds = round((milliseconds or 0) / 1000)
    hours, rest = divmod(seconds, HOUR)
    minutes, seconds = divmod(rest, MINUTE)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def spoken(milliseconds: int | None) -> str:
    """A duration as a screen reader should say it: 1 hour 2 minutes 3 seconds."""
    rest = round((milliseconds or 0) / 1000)
    parts = []
    for size, name in ((HOUR, "hour"), (MINUTE, "minute"), (1, "second")):
        number, rest = divmod(rest, size)
        if number:
            parts.append(f"{number} {name}{'' if number == 1 else 's'}")
    return " ".join(parts) or "0 seconds"


def instant(text: str | None) -> datetime | None:
    """An RFC 3339 time of the API."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def ago(text: str | None, now: datetime | None = None) -> str:
    """How long ago something was, in the largest fitting unit."""
    then = instant(text)
    if then is None:
        return ""
    seconds = ((now or datetime.now(UTC)) - then).total_seconds()
    for size, name in AGES:
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {name}{'' if number == 1 else 's'} ago"
    return "just now"


def long_date(text: str | None) -> str:
    """A date in full: 24 November 2026."""
    then = instant(text)
    return f"{then.day} {then:%B %Y}" if then else ""


def long_time(text: str | None) -> str:
    """A time in full, for where nobody knows the reader's time zone: 24 November 2026, 18:30 UTC."""
    then = instant(text)
    return f"{long_date(text)}, {then:%H:%M} UTC" if then else ""


def rich(text: str | None) -> Markup:
    """Plain text of a person as safe HTML: escaped, http(s) addresses linked, lines kept by CSS."""
    text = text or ""
    parts: list[Markup] = []
    end = 0
    for found in LINK.finditer(text):
        parts.append(escape(text[end : found.start()]))
        address = found[0]
        shown = address.split("://", 1)[1]
        if len(shown) > LONGEST_SHOWN_LINK:
            shown = shown[: LONGEST_SHOWN_LINK - 1] + "…"
        parts.append(
            Markup('<a href="{}" rel="nofollow ugc noopener noreferrer" target="_blank">{}</a>').format(address, shown)
        )
        end = found.end()
    parts.append(escape(text[end:]))
    return Markup("").join(parts)


def faceted(text: str | None, facets: Sequence[Mapping[str, Any]]) -> Markup:
    """A text as safe HTML: escaped, with links where the API has found mentions, hashtags, addresses and times.

    Offsets count UTF-16 code units. What overlaps or reaches beyond the text is left as text.
    """
    units = (text or "").encode("utf-16-le", "surrogatepass")
    parts, at = [], 0
    for facet in facets:
        start, end = 2 * facet["start"], 2 * facet["end"]
        if not at <= start < end <= len(units):
            continue
        parts += [escape(_decoded(units[at:start])), _linked(_decoded(units[start:end]), facet)]
        at = end
    return Markup("").join([*parts, escape(_decoded(units[at:]))])


def _decoded(units: bytes) -> str:
    return units.decode("utf-16-le", "replace")


def _linked(words: str, facet: Mapping[str, Any]) -> Markup:
    kind = facet["kind"]
    if kind == "hashtag":
        return Markup('<a href="/tags/{}">{}</a>').format(quote(facet["tag"], safe=""), words)
    if kind == "time":
        seconds = facet["at_ms"] // 1_000
        return Markup('<a href="?t={}" data-start="{}">{}</a>').format(seconds, facet["at_ms"], words)
    if kind == "mention":
        return Markup('<a href="/{}">{}</a>').format(quote(words, safe="@"), words)
    return rich(words)


def initial(name: str | None) -> str:
    """The letter of an avatar that is not there."""
    return (name or "?").strip()[:1].upper() or "?"


def hue(name: str | None) -> int:
    """One of eight colours for an avatar that is not there, the same for the same name."""
    return sum((name or "").encode()) % 8
