"""User data of H.264 is blanked where a stream is copied, and nothing else of it changes."""

import shutil
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tests.factories.clips import clip, ffmpeg

from socialflow.adapters.encoder.ffmpeg import FfmpegEncoder, userdata
from socialflow.ports.encoder import JobFolder

ESCAPED = b"\x00\x00\x03"


def escape(payload: bytes) -> bytes:
    """As a unit is written (ITU-T H.264, 7.4.1)."""
    out = bytearray()
    zeros = 0
    for byte in payload:
        if zeros == 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


def unescape(data: bytes) -> bytes:
    return data.replace(ESCAPED, b"\x00\x00")


def message(kind: int, payload: bytes) -> bytes:
    size = b"\xff" * (len(payload) // 255) + bytes([len(payload) % 255])
    return bytes([kind]) + size + payload


def fragment(*units: bytes) -> bytes:
    body = b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)
    return b"\x00\x00\x00\x08moof" + (len(body) + 8).to_bytes(4, "big") + b"mdat" + body


@given(st.lists(st.tuples(st.sampled_from([1, 4, 5, 6]), st.binary(max_size=700)), min_size=1, max_size=5))
def test_of_messages_those_of_users_are_blank_and_all_others_stay(messages: list[tuple[int, bytes]]) -> None:
    unit = b"\x06" + escape(b"".join(message(*each) for each in messages) + b"\x80")
    picture = b"\x65" + bytes(range(200))
    before = fragment(unit, picture)
    after = userdata.blanked(before, 4)
    assert len(after) == len(before)
    assert after.endswith(picture)
    found = unescape(after[20 : 20 + len(unit)])
    assert len(found) == len(unescape(unit))
    at = 1
    for kind, payload in messages:
        head = len(message(kind, payload)) - len(payload)
        now = found[at + head : at + head + len(payload)]
        if kind in {4, 5}:
            # Zeros that an escape depends on say nothing.
            assert set(now) <= {0xFF, 0}
        else:
            assert now == payload
        at += head + len(payload)


async def test_the_words_of_a_camera_are_gone_and_the_pictures_are_the_same(tmp_path: Path) -> None:
    assert b"secret place" in clip("spoken.mp4").read_bytes()
    job = JobFolder(tmp_path / "job", "test")
    job.create()
    shutil.copyfile(clip("spoken.mp4"), job.source)
    encoder = FfmpegEncoder(concurrency=1)
    source = await encoder.probe(job)
    made, *_ = await encoder.remux(job, source, encoder.plan(source))
    path = made.files[0].path
    data = path.read_bytes()
    assert not [word for word in (b"secret", b"52.52", b"x264") if word in data]
    pictures = [
        ffmpeg("-v", "error", "-xerror", "-i", str(each), "-map", "0:v", "-f", "framemd5", "-")
        for each in (clip("spoken.mp4"), path)
    ]
    hashes = [[line.rpartition(",")[2] for line in each.splitlines() if line[:1] != "#"] for each in pictures]
    assert len(hashes[0]) == 120
    assert hashes[0] == hashes[1]
