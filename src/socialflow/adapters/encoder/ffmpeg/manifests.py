"""Writes HLS playlists (RFC 8216) and a DASH manifest (ISO/IEC 23009-1) over the same files.

Everything here is made from numbers we measured and names we chose; nothing an uploader wrote
and nothing ffmpeg wrote ends up in a text that is served, but for the titles of sounds where there
are several: these are one clean line each, without quotation marks.
"""

import math
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from fractions import Fraction

from socialflow.adapters.encoder.ffmpeg.package import Packaged
from socialflow.ports.encoder import AudioCodec, FileKind, Rendition, Role
from socialflow.ports.packaging import Protection, Shield

AUDIO_GROUPS = {AudioCodec.AAC: "sound", AudioCodec.OPUS: "sound-opus"}
SAMPLE_ENTRIES = ("avc1", "hvc1", "av01")
SOURCE = "source"
DESCRIBES = "public.accessibility.describes-video"
DASH = "urn:mpeg:dash:schema:mpd:2011"
ON_DEMAND = "urn:mpeg:dash:profile:isoff-on-demand:2011"
ROLE_SCHEME = "urn:mpeg:dash:role:2011"
DESCRIPTION_SCHEME, DESCRIPTION = "urn:tva:metadata:cs:AudioPurposeCS:2007", "1"
CHANNEL_SCHEME = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"
YES = {True: "YES", False: "NO"}
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
    """The multivariant playlist, lowest first: players begin with the first variant.

    H.264 stands before all other codecs. Each picture is offered with each way in which the sounds were
    encoded, so that whoever cannot play one has another. The sound alone comes last: it is the lowest
    variant, but nobody should begin with it.
    """
    videos, sounds = _sorted(renditions)
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    lines += [_media(sound) for group in sounds.values() for sound in group if videos or len(group) > 1]
    groups = [group for group in sounds.values() if group] or [[]]
    for video in videos:
        for group in groups:
            lines += [f"#EXT-X-STREAM-INF:{_variant(video, group)}", f"{video.stem}.m3u8"]
    for video in videos if has_keyframes(shield) else ():
        lines.append(
            f'#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH={video.iframe_bandwidth},CODECS="{video.codecs}",'
            f'RESOLUTION={video.width}x{video.height},URI="{video.stem}-iframes.m3u8"'
        )
    for group in (group for group in groups if group):
        lines += [f"#EXT-X-STREAM-INF:{_alone(group, grouped=bool(videos) or len(group) > 1)}", f"{group[0].stem}.m3u8"]
    return "\n".join([*lines, ""])


def _media(sound: Rendition) -> str:
    """A sound as a player lists it (RFC 8216, 4.3.4.1); a commentary is chosen by people only."""
    track = sound.track
    assert track is not None
    attributes = ["TYPE=AUDIO", f'GROUP-ID="{AUDIO_GROUPS[track.codec]}"', f'NAME="{track.label}"']
    attributes += [f'LANGUAGE="{track.language}"'] if track.language else []
    by_itself = track.default or (bool(track.language) and track.role is not Role.COMMENTARY)
    attributes += [f"DEFAULT={YES[track.default]}", f"AUTOSELECT={YES[by_itself]}"]
    attributes += [f'CHARACTERISTICS="{DESCRIBES}"'] if track.role is Role.DESCRIPTION else []
    attributes += [f'CHANNELS="{sound.channels}"', f'URI="{sound.stem}.m3u8"']
    return f"#EXT-X-MEDIA:{','.join(attributes)}"


def _variant(video: Rendition, sounds: Sequence[Rendition]) -> str:
    peak, average, codecs = video.bandwidth, video.average_bandwidth, video.codecs
    if sounds:
        peak += max(sound.bandwidth for sound in sounds)
        average += max(sound.average_bandwidth for sound in sounds)
        codecs = f"{codecs},{sounds[0].codecs}"
    tags = f'BANDWIDTH={peak},AVERAGE-BANDWIDTH={average},CODECS="{codecs}",RESOLUTION={video.width}x{video.height}'
    tags += f",FRAME-RATE={float(video.frame_rate):.3f}"
    return tags + (f',AUDIO="{_group_of(sounds[0])}"' if sounds else "")


def _alone(sounds: Sequence[Rendition], *, grouped: bool) -> str:
    peak, average = max(sound.bandwidth for sound in sounds), max(sound.average_bandwidth for sound in sounds)
    tags = f'BANDWIDTH={peak},AVERAGE-BANDWIDTH={average},CODECS="{sounds[0].codecs}"'
    return tags + (f',AUDIO="{_group_of(sounds[0])}"' if grouped else "")


def _group_of(sound: Rendition) -> str:
    assert sound.track is not None
    return AUDIO_GROUPS[sound.track.codec]


def dash_manifest(renditions: Sequence[Rendition], shield: Shield | None = None) -> str:
    """The DASH manifest (on-demand profile): each file brings its own index."""
    videos, sounds = _sorted(renditions)
    duration = max(rendition.duration_s for rendition in renditions)
    mpd = ET.Element("MPD", xmlns=DASH, profiles=ON_DEMAND, type="static", minBufferTime=MIN_BUFFER)
    mpd.set("mediaPresentationDuration", f"PT{duration:.3f}S")
    period = ET.SubElement(mpd, "Period", id="0")
    ladders = [[video for video in videos if _rank(video) == rank] for rank in range(len(SAMPLE_ENTRIES))]
    for number, ladder in enumerate(filter(None, ladders)):
        _pictures(period, str(number) if number == 0 else f"video-{number}", ladder, shield)
    for number, sound in enumerate((each for group in sounds.values() for each in group), 1):
        _sound(period, number, sound, shield)
    ET.indent(mpd)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(mpd, encoding="unicode") + "\n"


def _pictures(period: ET.Element, number: str, ladder: Sequence[Rendition], shield: Shield | None) -> None:
    """A set of one codec, within which players switch."""
    group = _adaptation(period, number, "video", shield)
    if all(video.name != SOURCE for video in ladder):
        group.set("subsegmentAlignment", "true")  # not with the source's own keyframes among them
    for video in ladder:
        row = _representation(group, video)
        row.set("width", str(video.width))
        row.set("height", str(video.height))
        row.set("frameRate", _fraction(video.frame_rate))
        row.set("sar", "1:1")


def _sound(period: ET.Element, number: int, sound: Rendition, shield: Shield | None) -> None:
    """A set of one sound: nobody switches between languages, nor between codecs, by bandwidth."""
    track = sound.track
    assert track is not None
    group = _adaptation(period, str(number), "audio", shield)
    if track.language:
        group.set("lang", track.language)
    ET.SubElement(group, "Label").text = track.label
    if track.role is Role.DESCRIPTION:
        ET.SubElement(group, "Accessibility", schemeIdUri=DESCRIPTION_SCHEME, value=DESCRIPTION)
    role = track.role.value if track.role is not Role.MAIN else "main" if track.default else "alternate"
    ET.SubElement(group, "Role", schemeIdUri=ROLE_SCHEME, value=role)
    row = _representation(group, sound)
    row.set("audioSamplingRate", str(sound.sample_rate))
    ET.SubElement(row, "AudioChannelConfiguration", schemeIdUri=CHANNEL_SCHEME, value=str(sound.channels))
    row[:] = [row[-1], *row[:-1]]  # the schema wants it before BaseURL


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


def _sorted(renditions: Sequence[Rendition]) -> tuple[list[Rendition], dict[AudioCodec, list[Rendition]]]:
    """Pictures, codec by codec, the lowest first; sounds by codec, the default first."""
    videos = [item for item in renditions if item.kind is FileKind.VIDEO]
    heard = sorted((item for item in renditions if item.track is not None), key=_order)
    sounds = {codec: [each for each in heard if each.track and each.track.codec is codec] for codec in AudioCodec}
    videos.sort(key=lambda item: (_rank(item), item.width * item.height, item.bandwidth))
    return videos, sounds


def _rank(video: Rendition) -> int:
    """H.264 goes first: whoever knows nothing else stops there."""
    return SAMPLE_ENTRIES.index(video.codecs[:4])


def _order(sound: Rendition) -> int:
    return sound.track.stream if sound.track else 0


def _fraction(rate: Fraction) -> str:
    return str(rate.numerator) if rate.denominator == 1 else f"{rate.numerator}/{rate.denominator}"
