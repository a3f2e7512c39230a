"""Rewrites finished renditions under a shield, or without one: fragment by fragment, without encoding anything.

AES-128 enciphers whole segments, each with its number as IV (RFC 8216, 5.2); their file has the initialisation before
them in the clear, and no index. Common Encryption is that of `cbcs`. Either way segments stay what they were.
"""

import asyncio
import os
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from socialflow.adapters.encoder.ffmpeg import boxes, cbcs, manifests, package
from socialflow.adapters.encoder.ffmpeg.boxes import Malformed
from socialflow.adapters.encoder.ffmpeg.describing import DASH_TYPE, HLS_TYPE, describe, write_text
from socialflow.adapters.encoder.ffmpeg.package import Packaged, Segment
from socialflow.ports.encoder import OutputFile, Rendition
from socialflow.ports.packaging import Protection, Shield, Stream, StreamDamaged

MARK = 8
"""Digits of a key's number in the name of a file."""
BITS = 128


class ShieldPackager:
    """The Packager of our own files."""

    def takes(self, codecs: str, protection: Protection) -> bool:
        """See the port."""
        return protection is not Protection.CLEARKEY or codecs.partition(".")[0].lower() in cbcs.NAMES

    async def package(self, streams: Sequence[Stream], folder: Path, shield: Shield | None) -> tuple[Rendition, ...]:
        """See the port."""
        return tuple([await asyncio.to_thread(_package, stream, folder, shield) for stream in streams])

    async def reveal(self, stream: Stream, target: Path) -> None:
        """See the port."""
        await asyncio.to_thread(_reveal, stream, target)

    def open_part(self, stream: Stream, head: bytes, segment: bytes, number: int) -> bytes:
        """See the port."""
        with _told():
            return _plain_init(head, stream.shield) + _plain(
                segment, number, stream.shield, _codec(head, stream.shield)
            )

    def manifests(self, renditions: Sequence[Rendition], folder: Path, shield: Shield | None) -> tuple[OutputFile, ...]:
        """See the port."""
        made = [write_text(folder / "master.m3u8", manifests.hls_master(renditions, shield), HLS_TYPE)]
        if shield is None or shield.protection is not Protection.AES128:
            made.append(write_text(folder / "manifest.mpd", manifests.dash_manifest(renditions, shield), DASH_TYPE))
        return tuple(made)


def _package(stream: Stream, folder: Path, shield: Shield | None) -> Rendition:
    plain = folder / f".{stream.stem}-plain.mp4"
    revealed = _reveal(stream, plain)
    mark = f"-{shield.key_id.hex[-MARK:]}" if shield else ""
    target = folder / f"{stream.stem}{mark}.mp4"
    if shield is None:
        plain.replace(target)
        made = package.index(target)
    else:
        write = _encipher if shield.protection is Protection.AES128 else _hide
        with _told():
            made = write(revealed, target, shield)
        plain.unlink()
    return describe(made, stream.name, stream.frame_rate, stream.track, stem=stream.stem, shield=shield)


def _reveal(stream: Stream, target: Path) -> Packaged:
    """The plain file of a stream, with its index."""
    with _told(), stream.path.open("rb") as file:
        head = file.read(stream.head)
        codec = _codec(head, stream.shield)

        def segments() -> Iterator[bytes]:
            for number, (offset, size) in enumerate(stream.segments):
                file.seek(offset)
                yield _plain(file.read(size), number, stream.shield, codec)

        return _indexed(target, _plain_init(head, stream.shield), segments(), len(stream.segments))


def _hide(plain: Packaged, target: Path, shield: Shield) -> Packaged:
    """Common Encryption of a plain file."""
    codec = cbcs.codec_of(plain.init.data)
    with plain.path.open("rb") as file:

        def fragments() -> Iterator[bytes]:
            for each in plain.fragments:
                file.seek(each.offset)
                yield cbcs.hide(file.read(each.size), codec, shield.key, shield.iv)

        head = cbcs.hide_init(plain.init.data, shield.key_id, shield.iv)
        return _indexed(target, head, fragments(), len(plain.segments))


def _encipher(plain: Packaged, target: Path, shield: Shield) -> Packaged:
    """AES-128 of the whole segments of a plain file."""
    laid: list[Segment] = []

    def write(out: BinaryIO) -> None:
        out.write(plain.init.data)
        with plain.path.open("rb") as file:
            for number, each in enumerate(plain.segments):
                file.seek(each.offset)
                padder, cipher = PKCS7(BITS).padder(), _of_segment(shield, number).encryptor()
                data = padder.update(file.read(each.size)) + padder.finalize()
                laid.append(Segment(out.tell(), len(data), each.duration))
                out.write(cipher.update(data))

    _write(target, write)
    return Packaged(target, plain.init, len(plain.init.data), len(plain.init.data), tuple(laid), plain.fragments)


def _indexed(target: Path, head: bytes, parts: Iterator[bytes], count: int) -> Packaged:
    """A file of a head, an index of so many segments, and fragments."""

    def write(out: BinaryIO) -> None:
        out.write(head)
        place = len(package.sidx(1, [Segment(0, 0, 0)] * count))
        out.write(struct.pack(">I4s", place, b"free").ljust(place, b"\0"))
        out.writelines(parts)
        out.flush()
        made = package.index(Path(out.name))
        if len(made.segments) != count:
            raise Malformed("other segments than there were")
        out.seek(len(head))
        out.write(package.sidx(made.init.timescale, made.segments))

    _write(target, write)
    return package.index(target)


def _write(target: Path, write: Callable[[BinaryIO], None]) -> None:
    scratch = target.with_name(f".{target.name}.{os.getpid()}.part")
    with scratch.open("wb") as out:
        write(out)
        out.flush()
        os.fsync(out.fileno())
    scratch.replace(target)


def _codec(head: bytes, shield: Shield | None) -> cbcs.Codec:
    """What has to be known of a stream to make it plain; of what is not enciphered sample by sample, nothing."""
    enciphered = shield is not None and shield.protection is Protection.CLEARKEY
    return cbcs.codec_of(head) if enciphered else cbcs.Codec()


def _plain_init(head: bytes, shield: Shield | None) -> bytes:
    """The initialisation in the clear; what stands behind it is no part of it."""
    end = sum(boxes.find(head, b"moov") or (0, len(head)))
    enciphered = shield is not None and shield.protection is Protection.CLEARKEY
    return cbcs.show_init(head[:end]) if enciphered else head[:end]


def _plain(segment: bytes, number: int, shield: Shield | None, codec: cbcs.Codec) -> bytes:
    if shield is None:
        return segment
    if shield.protection is Protection.AES128:
        padder, cipher = PKCS7(BITS).unpadder(), _of_segment(shield, number).decryptor()
        return padder.update(cipher.update(segment) + cipher.finalize()) + padder.finalize()
    return b"".join(cbcs.show(fragment, codec, shield.key, shield.iv) for fragment in _fragments(segment))


def _fragments(segment: bytes) -> Iterator[bytes]:
    """Each moof with its mdat; the last one may be cut off, where a keyframe alone was fetched."""
    begun, at = 0, 0
    while at + 8 <= len(segment):
        size, kind = struct.unpack_from(">I4s", segment, at)
        if size < 8 or kind not in {b"moof", b"mdat"}:
            raise Malformed(f"{kind!r} in a segment")
        if kind == b"moof":
            begun = at
        else:
            yield segment[begun : at + size]
        at += size


def _of_segment(shield: Shield, number: int) -> "Cipher[CBC]":
    return Cipher(AES(shield.key), CBC(number.to_bytes(16)))


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong with a file, in the words of the port."""
    try:
        yield
    except (Malformed, ValueError, KeyError, IndexError, StopIteration, struct.error) as error:
        raise StreamDamaged(f"{type(error).__name__}: {error}") from error
