"""Writes HLS playlists (RFC 8216) and a DASH manifest (ISO/IEC 23009-1) over the same files.

Everything here is made from numbers we measured and names we chose; nothing an uploader wrote
and nothing ffmpeg wrote ends up in a text that is served.
"""

import math
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from fractions import Fraction

from socialflow.adapters.encoder.ffmpeg.package import Packaged
from socialflow.ports.encoder import FileKind, Rendition
from socialflow.ports.packaging import Protection, Shield

AUDIO_GROUP = "sound"
DASH = "urn:mpeg:dash:schema:mpd:2011"
ON_DEMAND = "urn:mpeg:dash:profile:isoff-on-demand:2011"
CHANNEL_SCHEME = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"
MP4_PROTECTION = "urn:mpeg:dash:mp4protection:2011"
CLEAR_KEY = "urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e"
CENC = "urn:mpeg:cenc:2013"
MIN_BUFFER = "PT4S"
ET.register_namespace("cenc", CENC)


def bandwidth(packaged: Packaged) -> int:
    """Peak bit rate: of any run of segments half to one and a half target durations long (RFC 8216, 4.3.4.2)."""
    scale, segments = packaged.init.timescale, packaged.segments
    target = target_duration(packaged) * scale
    peak = 0.0
    for first in range(len(segments)):
        size = duration = 0
        for segment in segments[first:]:
            size, duration = size + segment.size, duration + segment.duration
            if duration > 1.5 * target:
                break
            if duration >= 0.5 * target:
                peak = max(peak, size * 8 * scale / duration)
    return math.ceil(peak) or average_bandwidth(packaged)


def average_bandwidth(packaged: Packaged) -> int:
    """All bits over all seconds."""
    return math.ceil(sum(segment.size for segment in packaged.segments) * 8 / packaged.duration_s)


def iframe_bandwidth(packaged: Packaged) -> int:
    """Peak bit rate of the keyframes alone, each lasting until the next."""
    scale = packaged.init.timescale
    return math.ceil(max(item.head * 8 * scale / item.duration for item in packaged.fragments if item.duration))


def target_duration(packaged: Packaged) -> int:
    """Upper bound of a segment's length, in whole seconds."""
    return max(1, math.ceil(max(item.duration for item in packaged.segments) / packaged.init.timescale))


def media_playlist(packaged: Packaged, shield: Shield | None = None) -> str:
    """The HLS playlist of one rendition: byte ranges of its only file."""
    rows = ((item.duration, item.size, item.offset) for item in packaged.segments)
    return _playlist(packaged, ["#EXT-X-INDEPENDENT-SEGMENTS"], rows, shield)


def has_keyframes(shield: Shield | None) -> bool:
    """Whether keyframes can be had alone: not out of segments that are enciphered as a whole."""
    return shield is None or shield.protection is not Protection.AES128


def iframe_playlist(packaged: Packaged, shield: Shield | None = None) -> str:
    """The HLS playlist of keyframes only, for scrubbing."""
    rows = ((item.duration, item.head, item.offset) for item in packaged.fragments if item.sync)
    return _playlist(packaged, ["#EXT-X-I-FRAMES-ONLY"], rows, shield)


def _keys(shield: Shield) -> list[str]:
    """Where the key is: beside the playlist, so that what opens this opens that.

    It comes after the initialisation, which stays in the clear (RFC 8216, 4.3.2.4). Of Common Encryption there is one
    line: beside one with the format `identity` hls.js would take that, and then refuse it.
    """
    uri = f'URI="keys/{shield.key_id.hex}"'
    if shield.protection is Protection.AES128:
        return [f"#EXT-X-KEY:METHOD=AES-128,{uri}"]
    return [f'#EXT-X-KEY:METHOD=SAMPLE-AES,{uri},KEYFORMAT="org.w3.clearkey",KEYFORMATVERSIONS="1"']


def _playlist(
    packaged: Packaged, tags: Sequence[str], rows: Iterable[tuple[int, int, int]], shield: Shield | None
) -> str:
    name, scale = packaged.path.name, packaged.init.timescale
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{target_duration(packaged)}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
    ]
    lines += [*tags, f'#EXT-X-MAP:URI="{name}",BYTERANGE="{packaged.index_start}@0"']
    lines += _keys(shield) if shield else []
    for duration, size, offset in rows:
        lines += [f"#EXTINF:{duration / scale:.6f},", f"#EXT-X-BYTERANGE:{size}@{offset}", name]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def hls_master(renditions: Sequence[Rendition], shield: Shield | None = None) -> str:
    """The multivariant playlist, lowest first: players begin with the first variant."""
    videos, audio = _sorted(renditions)
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    if audio and videos:
        lines.append(
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{AUDIO_GROUP}",NAME="Sound",DEFAULT=YES,AUTOSELECT=YES,'
            f'CHANNELS="{audio.channels}",URI="{audio.stem}.m3u8"'
        )
    for video in videos:
        lines += [f"#EXT-X-STREAM-INF:{_variant(video, audio)}", f"{video.stem}.m3u8"]
    for video in videos if has_keyframes(shield) else ():
        lines.append(
            f'#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH={video.iframe_bandwidth},CODECS="{video.codecs}",'
            f'RESOLUTION={video.width}x{video.height},URI="{video.stem}-iframes.m3u8"'
        )
    if audio and not videos:
        rates = f"BANDWIDTH={audio.bandwidth},AVERAGE-BANDWIDTH={audio.average_bandwidth}"
        lines += [f'#EXT-X-STREAM-INF:{rates},CODECS="{audio.codecs}"', f"{audio.stem}.m3u8"]
    return "\n".join([*lines, ""])


def _variant(video: Rendition, audio: Rendition | None) -> str:
    peak, average, codecs = video.bandwidth, video.average_bandwidth, video.codecs
    if audio:
        peak, average, codecs = peak + audio.bandwidth, average + audio.average_bandwidth, f"{codecs},{audio.codecs}"
    tags = f'BANDWIDTH={peak},AVERAGE-BANDWIDTH={average},CODECS="{codecs}",RESOLUTION={video.width}x{video.height}'
    tags += f",FRAME-RATE={float(video.frame_rate):.3f}"
    return tags + (f',AUDIO="{AUDIO_GROUP}"' if audio else "")


def dash_manifest(renditions: Sequence[Rendition], shield: Shield | None = None) -> str:
    """The DASH manifest (on-demand profile): each file brings its own index."""
    videos, audio = _sorted(renditions)
    duration = max(rendition.duration_s for rendition in renditions)
    mpd = ET.Element("MPD", xmlns=DASH, profiles=ON_DEMAND, type="static", minBufferTime=MIN_BUFFER)
    mpd.set("mediaPresentationDuration", f"PT{duration:.3f}S")
    period = ET.SubElement(mpd, "Period", id="0")
    if videos:
        group = _adaptation(period, "0", "video", shield)
        if all(video.name.endswith("p") for video in videos):
            group.set("subsegmentAlignment", "true")  # not with the source's own keyframes among them
        for video in videos:
            row = _representation(group, video)
            row.set("width", str(video.width))
            row.set("height", str(video.height))
            row.set("frameRate", _fraction(video.frame_rate))
            row.set("sar", "1:1")
    if audio:
        row = _representation(_adaptation(period, "1", "audio", shield), audio)
        row.set("audioSamplingRate", str(audio.sample_rate))
        ET.SubElement(row, "AudioChannelConfiguration", schemeIdUri=CHANNEL_SCHEME, value=str(audio.channels))
        row[:] = [row[-1], *row[:-1]]  # the schema wants it before BaseURL
    ET.indent(mpd)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(mpd, encoding="unicode") + "\n"


def _adaptation(period: ET.Element, number: str, kind: str, shield: Shield | None) -> ET.Element:
    attributes = {"id": number, "contentType": kind, "mimeType": f"{kind}/mp4", "startWithSAP": "1"}
    group = ET.SubElement(period, "AdaptationSet", {**attributes, "subsegmentStartsWithSAP": "1"})
    if shield is not None:
        # ISO/IEC 23009-1, 5.8.4.1, and https://dashif.org/identifiers/content_protection/
        common = {"schemeIdUri": MP4_PROTECTION, "value": "cbcs", f"{{{CENC}}}default_KID": str(shield.key_id)}
        ET.SubElement(group, "ContentProtection", common)
        ET.SubElement(group, "ContentProtection", schemeIdUri=CLEAR_KEY, value="ClearKey1.0")
    return group


def _representation(group: ET.Element, rendition: Rendition) -> ET.Element:
    row = ET.SubElement(group, "Representation", id=rendition.stem, codecs=rendition.codecs)
    row.set("bandwidth", str(rendition.bandwidth))
    ET.SubElement(row, "BaseURL").text = rendition.files[0].name
    base = ET.SubElement(row, "SegmentBase", indexRange=f"{rendition.index_start}-{rendition.index_end}")
    ET.SubElement(base, "Initialization", range=f"0-{rendition.index_start - 1}")
    return row


def _sorted(renditions: Sequence[Rendition]) -> tuple[list[Rendition], Rendition | None]:
    videos = [item for item in renditions if item.kind is FileKind.VIDEO]
    audio = next((item for item in renditions if item.kind is FileKind.AUDIO), None)
    return sorted(videos, key=lambda item: (item.width * item.height, item.bandwidth)), audio


def _fraction(rate: Fraction) -> str:
    return str(rate.numerator) if rate.denominator == 1 else f"{rate.numerator}/{rate.denominator}"
