"""Small videos for tests, made by ffmpeg's own sources; each is made once in a run, by whoever needs it first."""

import fcntl
import os
import subprocess
from pathlib import Path

from socialflow.adapters.encoder.ffmpeg import binaries

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def _picture(size: str, seconds: float, rate: str = "30") -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}")


def _sound(seconds: float, frequency: int = 440) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"sine=frequency={frequency}:sample_rate=48000:duration={seconds}")


# Colours and places that are not named are drawn by lot, whatever the seed.
ONE_GRADIENT = "nb_colors=2:c0=navy:c1=teal:x0=0:y0=0:x1=853:y1=479"

RECIPES: dict[str, tuple[str, ...]] = {
    "plain.mp4": (*_picture("640x360", 4), *_sound(4), *X264, "-g", "60", "-c:a", "aac"),
    "wide.mp4": (*_picture("854x480", 6), *_sound(6), *X264, "-g", "250", "-c:a", "aac"),
    # What needs many bits, and what needs hardly any.
    "busy.mp4": (*_picture("854x480", 8), *X264, "-crf", "12", "-g", "60"),
    "calm.mp4": (
        *("-f", "lavfi", "-i", f"gradients=size=854x480:rate=30:duration=8:speed=0.01:{ONE_GRADIENT}"),
        *(*X264, "-crf", "12", "-g", "60"),
    ),
    "long.mp4": (*_picture("640x360", 13, "30000/1001"), *X264, "-g", "75", "-bf", "2"),
    "gap.mp4": (
        *_picture("320x240", 13),
        *("-vf", "select='not(between(t,3.1,9.3))*gt(random(1),0.3)'", "-fps_mode", "vfr", *X264, "-g", "1000"),
    ),
    "variable.mp4": (*_picture("320x180", 3), "-vf", "select='gt(random(1),0.4)'", "-fps_mode", "vfr", *X264),
    "odd.mp4": (
        *_picture("360x202", 2),
        "-vf",
        "scale=361:203,format=yuv444p",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
    ),
    # Three pictures, two seconds each; while the second is shown there is nothing to be heard.
    "scenes.mp4": (
        *_picture("320x180", 2, "25"),
        *("-f", "lavfi", "-i", "color=white:size=320x180:rate=25:duration=2"),
        *("-f", "lavfi", "-i", "smptebars=size=320x180:rate=25:duration=2"),
        *_sound(6),
        *("-filter_complex", "[0][1][2]concat=n=3:v=1:a=0[v];[3]volume=0:enable='between(t,2,4)'[a]"),
        *("-map", "[v]", "-map", "[a]", *X264, "-g", "50", "-c:a", "aac"),
    ),
    # Each second is brighter and higher than the one before; nothing but the first picture can be entered.
    "steps.mp4": (
        *("-f", "lavfi", "-i", "nullsrc=size=320x180:rate=25:duration=10,geq=lum='20+20*floor(T)':cb=128:cr=128"),
        *("-f", "lavfi", "-i", "aevalsrc='0.5*sin(2*PI*(300+100*floor(t))*t)':s=48000:d=10"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "1000", "-c:a", "aac"),
    ),
    # Long enough for its sound not to be waited for; no picture that every player could enter, nor such a sound.
    "lesson.mp4": (
        *("-f", "lavfi", "-i", "testsrc=size=64x64:rate=1:duration=301", *_sound(301)),
        *(*X264, "-g", "60", "-c:a", "libmp3lame"),
    ),
    # The same with a sound that every player can play, though it is not what we would make.
    "lecture.mp4": (
        *("-f", "lavfi", "-i", "testsrc=size=64x64:rate=1:duration=301", *_sound(301)),
        *(*X264, "-g", "5", "-c:a", "aac", "-b:a", "24k", "-ar", "16000"),
    ),
    "old-sound.mp4": (*_picture("64x64", 3), *_sound(3), *X264, "-c:a", "libmp3lame"),
    # Something is to be heard from 1.5 s on, and a while after the last picture.
    "late-sound.mp4": (*_picture("320x180", 3), "-itsoffset", "1.5", *_sound(3), *X264, "-c:a", "aac"),
    "late-sound.mkv": (*_picture("320x180", 3), "-itsoffset", "1.5", *_sound(3), *X264, "-c:a", "aac"),
    "silent.mp4": (*_picture("320x180", 2), *X264),
    "sound.m4a": (*_sound(3), "-c:a", "aac"),
    "sound.mp3": (*_sound(3), "-c:a", "libmp3lame"),
    "sound.ogg": (*_sound(2), "-c:a", "libvorbis"),
    "vertical.mp4": (*_picture("360x640", 2), *_sound(2), *X264, "-c:a", "aac"),
    # English, German and a commentary; whoever made it prefers German. A sine of ffmpeg is about -21 LUFS.
    "languages.mkv": (
        *(*_picture("320x180", 4), *_sound(4, 440), *_sound(4, 660), *_sound(4, 880)),
        *("-filter_complex", "[2]volume=-12dB[de];[3]volume=6dB[talk]"),
        *("-map", "0:v", "-map", "1:a", "-map", "[de]", "-map", "[talk]", *X264, "-g", "60", "-c:a", "aac"),
        *("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger", "-metadata:s:a:2", "language=eng"),
        *("-metadata:s:a:2", 'title=The "director" speaks', "-disposition:a:0", "0", "-disposition:a:1", "default"),
        *("-disposition:a:2", "comment"),
    ),
    "tiny.mp4": (*_picture("16x16", 2), *X264),
    "fast.mp4": (*_picture("160x90", 1, "120"), *X264),
    "hevc.mkv": (*_picture("480x360", 2), "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"),
    "vp9.webm": (*_picture("320x180", 2), *_sound(2), "-c:v", "libvpx-vp9", "-cpu-used", "8", "-c:a", "libopus"),
    "stream.ts": (*_picture("480x360", 3), *_sound(3), *X264, "-c:a", "aac"),
    "film.avi": (*_picture("320x180", 2), *_sound(2), "-c:v", "mpeg4", "-c:a", "libmp3lame"),
    "film.flv": (*_picture("320x180", 2), *_sound(2), "-c:v", "flv1", "-ar", "44100", "-c:a", "libmp3lame"),
    "divx3.avi": (*_picture("320x180", 2), "-c:v", "msmpeg4"),
    "moving.gif": (*_picture("160x120", 2, "10"),),
    "hdr.mp4": (
        *_picture("640x360", 2),
        *("-vf", "format=yuv420p10le,setparams=color_trc=smpte2084:color_primaries=bt2020:colorspace=bt2020nc"),
        *("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"),
    ),
    "hlg.mp4": (
        *_picture("360x640", 1),
        *("-vf", "format=yuv420p10le,setparams=color_trc=arib-std-b67:color_primaries=bt2020:colorspace=bt2020nc"),
        *("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"),
    ),
    "oblong.mp4": (*_picture("320x240", 1), "-vf", "setsar=4/3", *X264),
    "tall.mp4": (*_picture("202x360", 1), "-vf", "scale=203:361,format=yuv444p", "-c:v", "libx264"),
    "thin.mp4": (*_picture("16x320", 1), *X264),
    "flat.mp4": (*_picture("640x16", 1), *X264),
    "deep.mkv": (*_picture("320x180", 1), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv422p10le"),
    "uhd.mp4": (*_picture("3840x2160", 0.5), *X264),
    "shaky.mp4": (*_picture("640x360", 3), "-vf", "select='gt(random(1),0.4)'", "-fps_mode", "vfr", *X264, "-g", "30"),
    "interlaced.mp4": (*_picture("320x240", 2, "25"), "-vf", "tinterlace=4", "-flags", "+ilme+ildct", *X264),
    "huge.mp4": (*_picture("5000x200", 0.2), *X264),
    "many.mkv": (*_picture("64x64", 0.5), *(("-map", "0:v") * 6), *X264),
    "crowd.mkv": (*_sound(0.2), *(("-map", "0:a") * 40), "-c:a", "libopus"),
    "wild.avi": (*_picture("64x64", 0.5), "-c:v", "magicyuv", "-pix_fmt", "gbrp"),
}
COPIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "rotated.mp4": ("plain.mp4", ()),
    "rotated-180.mp4": ("plain.mp4", ()),
    "rotated-270.mp4": ("plain.mp4", ()),
    "rotated-shaky.mp4": ("shaky.mp4", ()),
    "streamed.webm": ("vp9.webm", ("-live", "1")),
    # As phones trim: all from the keyframe on stays, and an edit list hides the first three seconds.
    "trimmed.mp4": ("wide.mp4", ()),
    "filmed.mov": (
        "plain.mp4",
        (
            *("-movflags", "use_metadata_tags", "-metadata", "location=+52.5200+013.4050/"),
            *("-metadata", "com.apple.quicktime.location.ISO6709=+52.5200+013.4050+034.0/"),
            *("-metadata", "com.apple.quicktime.make=Secret Camera", "-metadata", "comment=secret place"),
            *("-metadata", "creation_time=2020-01-02T03:04:05Z", "-metadata:s", "creation_time=2020-01-02T03:04:05Z"),
            *("-metadata:s", "handler_name=secret place", "-metadata:s", "title=secret place"),
        ),
    ),
    # As AVCHD cameras do it, with bytes that have to be escaped.
    "spoken.mp4": (
        "plain.mp4",
        (
            "-bsf:v",
            "h264_metadata=sei_user_data='086f3693b7b34f2c965321492feee5b8+secret place +52.5200+013.4050/'",
            *("-metadata", "title=plain"),
        ),
    ),
    "tagged.mp4": ("silent.mp4", ("-metadata", "title=secret place", "-metadata", "location=+52.5+013.4/")),
}


TURNS = {"rotated.mp4": "90", "rotated-180.mp4": "180", "rotated-270.mp4": "270", "rotated-shaky.mp4": "90"}
TRIMS = {"trimmed.mp4": "3"}


def clip(name: str) -> Path:
    """The clip of that name."""
    folder = Path(os.environ["TEST_FOLDER"]) / "clips"
    folder.mkdir(exist_ok=True)
    target = folder / name
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            _make(target)
    return target


def _make(target: Path) -> None:
    if target.name in RECIPES:
        arguments: tuple[str, ...] = RECIPES[target.name]
    elif target.name == "extras.mov":
        arguments = _with_extras(target.parent)
    else:
        source, options = COPIES[target.name]
        turn = ("-display_rotation", TURNS[target.name]) if target.name in TURNS else ()
        trim = ("-ss", TRIMS[target.name]) if target.name in TRIMS else ()
        arguments = (*turn, *trim, "-i", str(clip(source)), "-map", "0", "-c", "copy", *options)
    scratch = target.with_name(f"making-{target.name}")
    ffmpeg("-nostdin", "-v", "error", "-y", *arguments, str(scratch))
    scratch.replace(target)


def _with_extras(folder: Path) -> tuple[str, ...]:
    """Subtitles, a cover, chapters and a time code beside picture and sound, as cameras and editors add them."""
    words, cover, chapters = folder / "words.srt", folder / "cover.png", folder / "chapters.txt"
    words.write_text("1\n00:00:00,000 --> 00:00:01,000\nhello\n")
    chapters.write_text(";FFMETADATA1\n" + "[CHAPTER]\nSTART=0\nEND=1000000\ntitle=one of many\n" * 5_000)
    ffmpeg("-v", "error", "-y", "-f", "lavfi", "-i", "color=red:size=64x64", "-frames:v", "1", str(cover))
    inputs = [part for path in (clip("plain.mp4"), words, cover, chapters) for part in ("-i", str(path))]
    maps = ("-map", "0", "-map", "1", "-map", "2", "-map_metadata", "3", "-c", "copy", "-c:s", "mov_text")
    return (*inputs, *maps, "-disposition:v:1", "attached_pic", "-timecode", "00:00:00:00")


def ffmpeg(*arguments: str) -> str:
    """Run the bundled ffmpeg outside of any sandbox; what it wrote."""
    done = subprocess.run([str(binaries.bundled_ffmpeg()), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout


def ffprobe(*arguments: str) -> str:
    """Run the bundled ffprobe outside of any sandbox; what it wrote."""
    done = subprocess.run(
        [str(binaries.bundled_ffprobe()), "-v", "error", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout
