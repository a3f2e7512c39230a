"""Captions as text: read from SubRip, WebVTT and SubStation Alpha, cleaned, and written again. Pure functions.

What is kept of a cue is its time, its words, the marks <b>, <i> and <u>, and where it stands on the picture; nothing
else of a file comes through. Cues are in order and do not overlap.
"""

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pysubs2
import webvtt

from socialflow.domains.media.errors import CaptionsTooLarge, CaptionsUnreadable, TooManyCues
from socialflow.kernel import texts

LARGEST_FILE = 1024**2
MOST_CUES = 10_000
LONGEST_TEXT = 1_000
LONGEST_MS = 100 * 3_600_000 - 1
"""The last millisecond that two digits of hours can name."""
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# A file of UTF-16 without its mark has so many zeros among its first bytes, being letters of ASCII for the most part.
_SAMPLE, _MANY = 1_024, 0.3
_SRT_TIME = re.compile(r"\d{1,3}:\d{1,2}:\d{1,2}[,.]\d{1,3}\s*-->")
_KEPT_TAG = re.compile(r"<(/?)([biu])(?:[.\s][^<>]*)?>", re.IGNORECASE)
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^<>]{1,100})>", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!?\d][^<>]*>")
# https://www.w3.org/TR/webvtt1/#webvtt-html-character-reference-in-cue-text-span
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&nbsp;": "\u00a0", "&lrm;": "\u200e", "&rlm;": "\u200f"}
_ENTITY = re.compile("|".join(_ENTITIES))
# In a command of SubStation Alpha: what follows are strokes and no words.
_DRAWING = re.compile(r"\\p[1-9]")
_SETTINGS = ("vertical", "line", "position", "size", "align")


@dataclass(frozen=True, slots=True)
class Cue:
    """Words for a while, in milliseconds from the start; `text` is WebVTT cue text, `settings` as in WebVTT."""

    start_ms: int
    end_ms: int
    text: str
    settings: str = ""

    def row(self) -> dict[str, Any]:
        """The cue as JSON values."""
        return asdict(self)


def read(data: bytes) -> list[Cue]:
    """The cues of a file; its kind and encoding are seen from its bytes. Raises CaptionsUnreadable and its like."""
    if len(data) > LARGEST_FILE:
        raise CaptionsTooLarge
    text = decode(data)
    try:
        return tidy(_cues(text))
    except (pysubs2.Pysubs2Error, webvtt.errors.MalformedFileError, webvtt.errors.MalformedCaptionError, ValueError):
        raise CaptionsUnreadable from None


def decode(data: bytes) -> str:
    """Text in UTF-8, UTF-16, or else in the Latin alphabet of Windows."""
    for bom, name in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(name, errors="replace")
    for name, zeros in (("utf-16-le", data[1:_SAMPLE:2]), ("utf-16-be", data[:_SAMPLE:2])):
        if zeros and zeros.count(0) > len(zeros) * _MANY:
            return data.decode(name, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def tidy(cues: Iterable[Cue]) -> list[Cue]:
    """Cues cleaned, in order, and one after the other; those that begin together become one."""
    made: list[Cue] = []
    for number, cue in enumerate(sorted(cues, key=lambda each: each.start_ms)):
        if number >= MOST_CUES:
            raise TooManyCues
        words = clean(cue.text)
        if not words or not 0 <= cue.start_ms < cue.end_ms <= LONGEST_MS:
            continue
        fresh = Cue(cue.start_ms, cue.end_ms, words, settings_of(cue.settings))
        last = made[-1] if made else None
        if last is not None and last.start_ms == fresh.start_ms:
            made[-1] = _joined(last, fresh)
            continue
        if last is not None and last.end_ms > fresh.start_ms:
            made[-1] = Cue(last.start_ms, fresh.start_ms, last.text, last.settings)
        made.append(fresh)
    return made


def clean(text: str) -> str:
    """Cue text with no other marks than <b>, <i> and <u>, without empty lines, of bounded length."""
    lines = (line.strip() for line in str(texts.clean(text))[: 4 * LONGEST_TEXT].split("\n"))
    spoken = _VOICE.sub(r"\1: ", "\n".join(line for line in lines if line))
    pieces, at = [], 0
    for tag in _KEPT_TAG.finditer(spoken):
        pieces += [_plain(spoken[at : tag.start()]), f"<{tag[1]}{tag[2].lower()}>"]
        at = tag.end()
    cleaned = "".join([*pieces, _plain(spoken[at:])])
    if len(cleaned) > LONGEST_TEXT:
        cleaned = _plain(plain(cleaned)[: LONGEST_TEXT // 5])
    return cleaned if plain(cleaned).strip() else ""


def plain(text: str) -> str:
    """The words of cue text alone."""
    return _ENTITY.sub(lambda found: _ENTITIES[found[0]], _KEPT_TAG.sub("", text))


def settings_of(text: str) -> str:
    """Of the settings of a cue those that are known and valid."""
    found = webvtt.CueSettings.from_string(text[:200])
    pairs = ((name, getattr(found, name)) for name in _SETTINGS)
    return " ".join(f"{name}:{value}" for name, value in pairs if value)


def to_vtt(cues: Sequence[Cue]) -> str:
    """WebVTT (https://www.w3.org/TR/webvtt1/)."""
    blocks = [
        f"{_clock(cue.start_ms)} --> {_clock(cue.end_ms)} {cue.settings}".rstrip() + f"\n{cue.text}\n" for cue in cues
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def to_srt(cues: Sequence[Cue]) -> str:
    """SubRip: the words and their marks, without places."""
    blocks = []
    for number, cue in enumerate(cues, 1):
        words = _ENTITY.sub(lambda found: _ENTITIES[found[0]], cue.text)
        times = f"{_clock(cue.start_ms)} --> {_clock(cue.end_ms)}".replace(".", ",")
        blocks.append(f"{number}\n{times}\n{words}\n")
    return "\n".join(blocks)


def _cues(text: str) -> Iterator[Cue]:
    start = text.lstrip("\ufeff\r\n\t ")
    if start.startswith("WEBVTT"):
        yield from _of_vtt(start)
    elif start.startswith("[Script Info]"):
        yield from _of_ass(start)
    elif _SRT_TIME.search(start, 0, 10_000):
        yield from _of_srt(start)
    else:
        raise CaptionsUnreadable


def _of_vtt(text: str) -> Iterator[Cue]:
    for item in webvtt.from_string(text).captions:
        times = item.start_time.in_milliseconds(), item.end_time.in_milliseconds()
        yield Cue(*times, item.raw_text, str(item.settings))


def _of_srt(text: str) -> Iterator[Cue]:
    found = pysubs2.SSAFile.from_string(text, format_="srt", keep_html_tags=True, keep_unknown_html_tags=True)
    for item in found.events:
        yield Cue(item.start, item.end, item.text.replace("\\N", "\n"))


def _of_ass(text: str) -> Iterator[Cue]:
    """The words of the dialogue: neither drawings and fonts nor commands; signs of its own are no marks of ours."""
    for item in pysubs2.SSAFile.from_string(text, format_="ass").events:
        words = None if item.is_comment else _spoken(item.text)
        if words is not None:
            yield Cue(item.start, item.end, words.replace("<", "&lt;"))


def _spoken(text: str) -> str | None:
    """A line of dialogue without its `{commands}`; None for a drawing.

    The library has both, in time and room that grow with the square of a line: a megabyte of braces takes an hour.
    """
    *closed, rest = text.split("}")
    words = []
    for part in closed:
        said, brace, commands = part.partition("{")
        if _DRAWING.search(commands):
            return None
        words.append(said if brace else f"{said}}}")
    plain_text = "".join([*words, rest])
    return plain_text.replace(r"\h", " ").replace(r"\n", "\n").replace(r"\N", "\n")


def _joined(last: Cue, fresh: Cue) -> Cue:
    words = last.text if fresh.text in last.text else f"{last.text}\n{fresh.text}"
    if len(words) > LONGEST_TEXT:
        words = last.text
    return Cue(last.start_ms, max(last.end_ms, fresh.end_ms), words, last.settings)


def _plain(text: str) -> str:
    """Text without any marks: what looked like one is gone, and nothing that is left can be taken for one."""
    bare = _ENTITY.sub(lambda found: _ENTITIES[found[0]], _TAG.sub("", text))
    return bare.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(milliseconds: int) -> str:
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1_000:02}.{rest % 1_000:03}"
