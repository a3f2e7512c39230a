"""Which sounds of a source are made, in which languages, and what they are called. Pure functions.

A stranger's words are shown only where several sounds have to be told apart, and only in one clean line.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from socialflow.kernel import texts
from socialflow.ports.encoder import AudioCodec, AudioStream, LoudnessTarget, Role, SourceInfo, Track

LONGEST_LABEL = 60
ONLY = "Sound"
COPY_SAMPLE_RATES = frozenset({44_100, 48_000})
COPY_BITS = 200_000
EARLY_FROM_S = 300.0
"""Measuring and encoding less takes seconds."""
EARLY_COPY_BITS = 512_000
"""What may be heard as it is for a while: even what is larger than ours plays at once."""
TOGETHER_S = 0.05
STAND_IN_STEM, STAND_IN = "as", "source-audio"
# ISO 639-2: undetermined, uncoded, several, none at all.
UNTOLD = frozenset({"und", "mis", "mul", "zxx"})
_TAG = re.compile(r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the operator wants of sounds; `most` is how many of a source are made."""

    most: int = 8
    opus: bool = False
    loudness: LoudnessTarget | None = None


def tracks(source: SourceInfo, wishes: Wishes) -> tuple[Track, ...]:
    """Every track that is made of a source: AAC always, Opus beside it by wish; those of one stream together."""
    heard = source.sounds[: wishes.most]
    made = []
    for number, (sound, label) in enumerate(zip(heard, labels(heard), strict=True)):
        first = Track(
            stem="a" if number == 0 else f"a{number + 1}",
            name="audio" if number == 0 else f"audio-{number + 1}",
            stream=number,
            codec=AudioCodec.AAC,
            may_copy=may_copy(sound, indexed=source.indexed),
            label=label,
            language=sound.language,
            role=sound.role,
            default=number == 0,
            loudness=wishes.loudness,
        )
        made.append(first)
        if wishes.opus:
            stem, name = f"{first.stem}-opus", f"{first.name}-opus"
            made.append(replace(first, stem=stem, name=name, codec=AudioCodec.OPUS, may_copy=False))
    return tuple(made)


def may_copy(audio: AudioStream, *, indexed: bool) -> bool:
    """Stereo AAC that begins with the picture and is not oversized is what we would make.

    Transport streams wrap AAC in another way (ADTS) and are encoded.
    """
    plain = indexed and audio.codec == "aac" and audio.profile == "LC" and audio.channels <= 2
    fits = audio.sample_rate in COPY_SAMPLE_RATES and 0 < audio.bit_rate <= COPY_BITS
    return plain and fits and abs(audio.start_s) <= TOGETHER_S


def early(source: SourceInfo, tracks: Sequence[Track]) -> Track | None:
    """What a long source's first sound is before it has been measured; None where that would not be there sooner."""
    first, audio = next(iter(tracks), None), source.audio
    if first is None or audio is None or source.duration_s < EARLY_FROM_S:
        return None
    may_copy = first.may_copy or _plays_as_it_is(audio, indexed=source.indexed)
    if first.loudness is None and (first.may_copy or not may_copy):
        return None
    return replace(first, stem=STAND_IN_STEM, name=STAND_IN, may_copy=may_copy, loudness=None)


def _plays_as_it_is(audio: AudioStream, *, indexed: bool) -> bool:
    """Every browser decodes it, though it may be larger, or of another sampling rate, than what we make."""
    plain = indexed and audio.codec == "aac" and audio.profile == "LC" and audio.channels <= 2
    return plain and 0 < audio.bit_rate <= EARLY_COPY_BITS and abs(audio.start_s) <= TOGETHER_S


def language_of(text: str) -> str:
    """A container's language as a BCP 47 tag: `ger` and `deu` are `de`; empty for what names none."""
    tag = text.strip().replace("_", "-")
    if not _TAG.fullmatch(tag):
        return ""
    first, *rest = tag.split("-")
    code = str(get_global("language_aliases").get(first.lower(), first.lower()))
    if code in UNTOLD or (len(code) == 3 and "a" <= code[1] <= "t" and code.startswith("q")):
        return ""
    cased = [part.title() if len(part) == 4 else part.upper() if len(part) == 2 else part.lower() for part in rest]
    return "-".join([code, *cased])


def title_of(text: str) -> str:
    """A title in one clean line that may stand in a quoted string of HLS (RFC 8216, 4.2)."""
    return str(texts.clean_line(text.replace('"', "'")))[:LONGEST_LABEL].strip()


def labels(heard: Sequence[AudioStream]) -> list[str]:
    """A name for each sound, no two the same; one that stands alone needs none."""
    if len(heard) < 2:
        return [ONLY] * len(heard)
    found: list[str] = []
    for number, sound in enumerate(heard, 1):
        name = sound.title or _described(sound) or f"{ONLY} {number}"
        found.append(name if name not in found else f"{name} ({number})")
    return found


def _described(sound: AudioStream) -> str:
    try:
        name = str(Locale.parse(sound.language, sep="-").get_display_name() or "") if sound.language else ""
    except (UnknownLocaleError, ValueError):
        name = sound.language
    name = name[:1].upper() + name[1:]
    if sound.role in (Role.MAIN, Role.DUB):
        return name
    return f"{name} ({sound.role})" if name else sound.role.capitalize()
