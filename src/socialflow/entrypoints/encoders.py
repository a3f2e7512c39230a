"""The encoder that settings ask for, what it is to make, and who edits with it."""

from socialflow.adapters.editing.ffmpeg import FfmpegEditor
from socialflow.adapters.encoder.ffmpeg import FfmpegEncoder, SoundWishes, Titles, Wishes
from socialflow.kernel.config import Settings
from socialflow.kernel.config.media import MediaSettings
from socialflow.ports.editing import Editor
from socialflow.ports.encoder import Encoder, LoudnessTarget, VideoCodec


def encoder(settings: Settings) -> Encoder:
    """ffmpeg, which is looked for when it is first needed."""
    media = settings.media
    return FfmpegEncoder(
        ffmpeg=media.ffmpeg_bin,
        ffprobe=media.ffprobe_bin,
        sandbox=media.sandbox,
        concurrency=media.concurrency,
        max_duration_s=media.max_duration_s,
        max_side_px=media.max_side_px,
        wishes=wishes(media),
        hardware_family=media.hardware,
    )


def editor(settings: Settings) -> Editor:
    """The same ffmpeg, for edits."""
    media = settings.media
    return FfmpegEditor(
        ffmpeg=media.ffmpeg_bin, ffprobe=media.ffprobe_bin, sandbox=media.sandbox, concurrency=media.concurrency
    )


def wishes(media: MediaSettings) -> Wishes:
    """What is to be made of a source."""
    target = LoudnessTarget(media.loudness_lufs, media.true_peak_dbtp) if media.loudness else None
    codecs = tuple(VideoCodec(codec) for codec in media.codecs)
    titles = Titles(media.vmaf_target, media.per_title_preset, media.per_title_from_s) if media.per_title else None
    return Wishes(SoundWishes(media.audio_tracks, media.opus, target), codecs, titles)
