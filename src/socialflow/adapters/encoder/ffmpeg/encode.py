"""Encodes the ladder in chunks of time: any worker may die at any moment and only its chunks are made again.

A chunk makes all its rungs with one decode. Its file name carries a hash of everything its bytes
depend on, and the file appears by rename: a file of that name is complete and right.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from socialflow.adapters.encoder.ffmpeg import boxes, hardware, package, probe, validate, video
from socialflow.adapters.encoder.ffmpeg.boxes import Malformed
from socialflow.adapters.encoder.ffmpeg.package import Packaged
from socialflow.adapters.encoder.ffmpeg.tool import ANONYMOUS, FRAGMENTED, LATER, SOON, Tool
from socialflow.ports.encoder import (
    Chunk,
    FailureCode,
    JobFolder,
    Piece,
    Plan,
    Progress,
    Rung,
    SourceInfo,
    SourceRefused,
    VideoStream,
)

RECIPE = 2
"""Raise it when the same arguments would mean other bytes."""
TONEMAP = "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,"
SPARE_GOPS = 2
SLOWEST, HDR_FACTOR = 60, 3
"""Seconds allowed for each second of video and size, beyond which a run is given up; times as many to tone down."""


class Account:
    """How much of a call is made, in pixels; the share of it is told again and again."""

    def __init__(self, chunks: Sequence[Chunk], rungs: Sequence[Rung], progress: Progress) -> None:
        self._progress = progress
        self._made: dict[tuple[int, str], float] = {}
        self._total = sum(chunk.frames * rung.width * rung.height for chunk in chunks for rung in rungs)
        self._sum = 0.0

    def tell(self, chunk: Chunk, rungs: Sequence[Rung], done: float) -> None:
        """So much of these rungs of the chunk is made, from 0 to 1; less than before is not heard."""
        for rung in rungs:
            before = self._made.get((chunk.index, rung.stem), 0.0)
            if done > before:
                self._made[chunk.index, rung.stem] = done
                self._sum += (done - before) * chunk.frames * rung.width * rung.height
        self._progress(min(1.0, self._sum / self._total))


async def encode_chunks(
    tool: Tool,
    job: JobFolder,
    source: SourceInfo,
    plan: Plan,
    rungs: Sequence[Rung],
    chunks: Sequence[Chunk],
    progress: Progress,
) -> tuple[Piece, ...]:
    """Make some rungs of one group of some chunks, one run after another; what an earlier try finished is kept."""
    account = Account(chunks, rungs, progress)
    pieces: list[Piece] = []
    for chunk in chunks:
        files = chunk_files(tool, job, source, plan, rungs, chunk)
        missing = tuple(rung for rung, file in zip(rungs, files, strict=True) if not file.exists())
        account.tell(chunk, [rung for rung in rungs if rung not in missing], 1)
        if missing:
            await _encode_chunk(tool, job, source, plan, missing, chunk, account)
        pieces += [Piece(chunk.index, rung.stem, file) for rung, file in zip(rungs, files, strict=True)]
    return tuple(pieces)


async def join(job: JobFolder, plan: Plan, rungs: Sequence[Rung], pieces: Sequence[Piece]) -> tuple[Packaged, ...]:
    """One file per rung out of the pieces of all chunks, which go then; a file that is there is kept."""
    return tuple([await asyncio.to_thread(_joined, job, plan, rung, pieces) for rung in rungs])


def _joined(job: JobFolder, plan: Plan, rung: Rung, pieces: Sequence[Piece]) -> Packaged:
    target = job.out / f"{rung.stem}.mp4"
    own = {piece.chunk: piece.path for piece in pieces if piece.stem == rung.stem}
    made = package.index(target) if target.exists() else _join([own[chunk.index] for chunk in plan.chunks], target)
    for path in own.values():
        path.unlink(missing_ok=True)
    return made


def chunk_files(
    tool: Tool, job: JobFolder, source: SourceInfo, plan: Plan, group: Sequence[Rung], chunk: Chunk
) -> list[Path]:
    """Where the rungs of a chunk are put: one file each, named by what it depends on.

    A rung's bytes are the same whichever others were made in the same run, so these are not in the name.
    """
    return [
        job.out / f"c{chunk.index:05d}-{_key(tool, job, source, plan, rung, chunk)}-{rung.stem}.mp4" for rung in group
    ]


def _key(tool: Tool, job: JobFolder, source: SourceInfo, plan: Plan, rung: Rung, chunk: Chunk) -> str:
    arguments = chunk_arguments(tool, source, plan, [rung], chunk, [rung.stem])
    recipe = "\0".join([str(RECIPE), job.fingerprint, tool.binaries.ffmpeg_version, *arguments])
    return hashlib.sha256(recipe.encode()).hexdigest()[:24]


def chunk_arguments(
    tool: Tool, source: SourceInfo, plan: Plan, group: Sequence[Rung], chunk: Chunk, names: Sequence[str]
) -> list[str]:
    """Arguments of ffmpeg for one chunk; `names` says where each rung goes.

    Timestamps are kept as the source has them (-copyts) so that fps, given the exact first time,
    holds the frame that is on screen when the chunk begins even if it was shown long before.
    The encoder has one thread: with more, x264's rate control depends on their timing. So has
    scaling, where chunks are made beside each other: handing slices over costs a fourteenth.
    """
    assert source.video is not None
    single = len(plan.chunks) == 1
    start = chunk.first_frame / plan.frame_rate
    seek = [] if chunk.first_frame == 0 else ["-noaccurate_seek", "-ss", f"{float(start):.6f}"]
    decoders = str(tool.threads if single else 1)
    scalers = [] if single else ["-filter_complex_threads", "1", "-filter_threads", "1"]
    arguments = [
        *hardware.before([rung.encoder for rung in group]),
        *scalers,
        *seek,
        "-copyts",
        "-start_at_zero",
        "-threads",
        decoders,
        *probe.source_options(source),
    ]
    arguments += ["-i", "in/source", "-filter_complex", chunk_graph(tool, source.video, plan, group, chunk)]
    for rung, name in zip(group, names, strict=True):
        arguments += ["-map", f"[{rung.stem}]", *video.arguments(plan, rung), *ANONYMOUS]
        arguments += ["-movflags", f"+frag_keyframe{FRAGMENTED}", "-use_editlist", "0", "-f", "mp4", name]
    return arguments


def chunk_graph(tool: Tool, video: VideoStream, plan: Plan, rungs: Sequence[Rung], chunk: Chunk) -> str:
    """The filters: a constant rate first, so that every chunk has exactly its frames, then one rung after another.

    Each rung is scaled from the next larger one of its group, made or not, so that its bytes do not
    depend on what else is made: from the source that would be a twelfth more work for the same picture.
    """
    start = chunk.first_frame / plan.frame_rate
    frames = chunk.frames + (SPARE_GOPS * plan.gop_frames if chunk.last else 0)
    rate = f"{plan.frame_rate.numerator}/{plan.frame_rate.denominator}"
    source = f"[0:{video.index}]" + ("bwdif=mode=send_frame:deint=interlaced," if video.interlaced else "")
    source += f"fps=fps={rate}:start_time={_exact(start)}:round=near,trim=end_frame={frames},setpts=N/({rate})/TB"

    chain = scaled_for(plan, rungs)
    tonemap = TONEMAP if video.hdr and tool.binaries.has_tonemap else ""
    graph = source
    for rung in chain:
        scale = f"scale={rung.width}:{rung.height}:out_range=tv,setsar=1,"
        graph += f",{scale}{tonemap if rung is chain[0] else ''}format=yuv420p"
        last = rung is chain[-1]
        if rung in rungs:
            sent = hardware.upload(rung.encoder)
            if last:
                graph += f",{sent}null[{rung.stem}]" if sent else f"[{rung.stem}]"
            else:
                graph += f",split[{rung.stem}{'-raw' if sent else ''}][from-{rung.stem}]"
                graph += f";[{rung.stem}-raw]{sent}null[{rung.stem}]" if sent else ""
                graph += f";[from-{rung.stem}]null"
    return graph


def scaled_for(plan: Plan, rungs: Sequence[Rung]) -> tuple[Rung, ...]:
    """These rungs of a group and all larger ones, the largest first: the sizes through which they are scaled."""
    group = next(group for group in plan.groups if rungs[0] in group)
    return tuple(reversed(group[group.index(rungs[0]) :]))


async def _encode_chunk(
    tool: Tool, job: JobFolder, source: SourceInfo, plan: Plan, rungs: Sequence[Rung], chunk: Chunk, account: Account
) -> None:
    outputs = chunk_files(tool, job, source, plan, rungs, chunk)
    seconds = float(chunk.frames / plan.frame_rate)
    # Few rungs cost nearly what many do where these are decoded, scaled and toned down for them.
    allowed = 60 + seconds * SLOWEST * len(scaled_for(plan, rungs)) * (
        HDR_FACTOR if source.video and source.video.hdr else 1
    )
    await tool.ffmpeg(
        job,
        chunk_arguments(tool, source, plan, rungs, chunk, [f"out/{path.name}" for path in outputs]),
        outputs,
        timeout_s=allowed,
        may_be_empty=True,
        nice=SOON if rungs[0] in plan.groups[0] else LATER,
        on_seconds=lambda at: account.tell(chunk, rungs, min(1.0, at / seconds)),
        on_hardware=any(hardware.is_hardware(rung.encoder) for rung in rungs),
    )
    made = await asyncio.to_thread(_frames_in, outputs[0])
    if made < chunk.frames and not chunk.last:
        # The picture ends here: there is no use in trying all the chunks that were promised.
        assert source.video is not None
        validate.check_length(source.video.duration_s, float((chunk.first_frame + made) / plan.frame_rate))
    account.tell(chunk, rungs, 1)


def _frames_in(piece: Path) -> int:
    return sum(fragment.samples for fragment in boxes.fragments(piece)) if piece.stat().st_size else 0


def _join(pieces: Sequence[Path], target: Path) -> Packaged:
    try:
        return package.join(pieces, target)
    except Malformed as error:
        raise SourceRefused(FailureCode.CORRUPT, notes=str(error)) from None


def _exact(seconds: Fraction) -> str:
    """Seconds for the fps filter, which counts in microseconds."""
    return f"{float(seconds):.6f}"
