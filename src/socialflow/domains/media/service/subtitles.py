"""Text tracks in manifests: added to what the encoder has written, and taken out of it again. Pure functions.

HLS: a group of renditions with one WebVTT segment each (RFC 8216, 3.5 and 4.3.4.1); DASH: a set with one file each.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

GROUP = "text"
HLS_TYPE, DASH_TYPE, VTT_TYPE = "application/vnd.apple.mpegurl", "application/dash+xml", "text/vtt"
# What is said of captions, but not of subtitles: they tell of sounds, too.
_FOR_THE_DEAF = "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound"
_LISTED = re.compile(r"^#EXT-X-MEDIA:TYPE=SUBTITLES.*\n", re.MULTILINE)
_JOINED = re.compile(rf',SUBTITLES="{GROUP}"')
_VARIANT = re.compile(r"^#EXT-X-STREAM-INF:.*$", re.MULTILINE)
_SETS = re.compile(r'^[ ]*<AdaptationSet id="text-[^"]*".*?</AdaptationSet>\n', re.DOTALL | re.MULTILINE)
_PERIOD_END = re.compile(r"^(\s*)</Period>", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Track:
    """A text track as a manifest lists it."""

    language: str
    label: str
    is_default: bool
    is_captions: bool

    @property
    def stem(self) -> str:
        """What its files are called, without their ends."""
        return f"captions-{self.language.lower()}"


def hls(master: str, tracks: Sequence[Track]) -> str:
    """A multivariant playlist with exactly these text tracks."""
    bare = _JOINED.sub("", _LISTED.sub("", master))
    first = _VARIANT.search(bare)
    if not tracks or first is None:
        return bare
    names: set[str] = set()
    listed = "".join(_media(track, names) for track in tracks)
    head, variants = bare[: first.start()], bare[first.start() :]
    return head + listed + _VARIANT.sub(lambda found: f'{found[0]},SUBTITLES="{GROUP}"', variants)


def playlist(track: Track, duration_ms: int) -> str:
    """The playlist of one track: its file is its only segment."""
    seconds = max(duration_ms, 1) / 1_000
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{math.ceil(seconds)}", "#EXT-X-PLAYLIST-TYPE:VOD"]
    return "\n".join([*lines, f"#EXTINF:{seconds:.3f},", f"{track.stem}.vtt", "#EXT-X-ENDLIST", ""])


def dash(manifest: str, tracks: Sequence[Track]) -> str:
    """A DASH manifest with exactly these text tracks."""
    bare = _SETS.sub("", manifest)
    sets = "".join(_adaptation(track) for track in tracks)
    return _PERIOD_END.sub(lambda found: sets + found[0], bare, count=1)


def _media(track: Track, names: set[str]) -> str:
    # A name must be the only one of its kind; a quotation mark would end it.
    name = track.label.replace('"', "'")
    name = f"{name} ({track.language})" if name in names else name
    names.add(name)
    attributes = [
        "TYPE=SUBTITLES",
        f'GROUP-ID="{GROUP}"',
        f'NAME="{name}"',
        f'LANGUAGE="{track.language}"',
        f"DEFAULT={'YES' if track.is_default else 'NO'}",
        "AUTOSELECT=YES",
        "FORCED=NO",
    ]
    if track.is_captions:
        attributes.append(f'CHARACTERISTICS="{_FOR_THE_DEAF}"')
    return f'#EXT-X-MEDIA:{",".join(attributes)},URI="{track.stem}.m3u8"\n'


def _adaptation(track: Track) -> str:
    role = "caption" if track.is_captions else "subtitle"
    number = quoteattr(f"text-{track.language.lower()}")
    return (
        f'    <AdaptationSet id={number} contentType="text" mimeType="{VTT_TYPE}" lang={quoteattr(track.language)}>\n'
        f"      <Label>{escape(track.label)}</Label>\n"
        f'      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="{role}" />\n'
        f'      <Representation id={number} bandwidth="256">\n'
        f"        <BaseURL>{track.stem}.vtt</BaseURL>\n"
        "      </Representation>\n"
        "    </AdaptationSet>\n"
    )
