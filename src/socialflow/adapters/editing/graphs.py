"""The filters of an edit. Pure functions of what is to be made and of what the inputs are.

Time is counted in frames of the film: where a span ends is brought to the nearest frame, counted from the beginning of
the film, and so are samples. So no rounding adds up, however many spans there are.
"""

from collections.abc import Sequence
from fractions import Fraction

from socialflow.adapters.encoder.ffmpeg import encode, ladder
from socialflow.ports.editing import EditPlan, Mark, Part, Place, Script, Sound, Span
from socialflow.ports.encoder import SourceInfo, VideoStream

PART_S = 20
SAMPLES = 48_000
NO_CLICK = SAMPLES // 200
"""Samples over which sound comes and goes at a cut: five milliseconds, which nobody hears as a fade."""
MARGIN = 0.03
SOUND_RATE = Fraction(50)
"""Without a picture lengths are counted in fiftieths of a second."""


def plan(script: Script, inputs: Sequence[SourceInfo]) -> EditPlan:
    """How to make it; see the port."""
    first = inputs[0].video
    width, height = (ladder.even(first.width), ladder.even(first.height)) if first else (0, 0)
    rate = first.frame_rate if first else SOUND_RATE
    frames = _frames(script.spans, rate)
    parts = _parts(script.spans, frames, rate, inputs) if first else ()
    kept = any(inputs[span.input].audio is not None for span in script.spans)
    has_sound = script.sound is Sound.REPLACED or (script.sound is Sound.KEPT and kept)
    copies = first is not None and len(inputs) == 1 and script.mark is None and _is_whole(script.spans, inputs[0])
    return EditPlan(
        width=width,
        height=height,
        frame_rate=rate,
        frames=frames,
        parts=parts,
        has_sound=has_sound,
        may_copy=copies and ladder.plan(inputs[0]).may_remux,
        duration_s=float(sum(frames) / rate),
    )


def _parts(
    spans: Sequence[Span], frames: Sequence[int], rate: Fraction, inputs: Sequence[SourceInfo]
) -> tuple[Part, ...]:
    """Spans, cut where they are long; an input that cannot be entered anywhere is read once for each span."""
    parts: list[Part] = []
    for span, whole in zip(spans, frames, strict=True):
        most = max(1, round(PART_S * rate)) if inputs[span.input].indexed else whole
        for done in range(0, whole, most):
            start = Fraction(span.start_ms, 1_000) + done / rate
            parts.append(Part(len(parts), span.input, round(float(start), 6), min(most, whole - done)))
    return tuple(parts)


def _frames(spans: Sequence[Span], rate: Fraction) -> tuple[int, ...]:
    """How many frames each span lasts: as many as bring the end of the film so far to the nearest frame."""
    counts, at = [], Fraction(0)
    for span in spans:
        end = at + Fraction(span.length_ms, 1_000)
        counts.append(max(1, round(end * rate) - round(at * rate)))
        at = end
    return tuple(counts)


def _is_whole(spans: Sequence[Span], source: SourceInfo) -> bool:
    if len(spans) != 1 or spans[0].start_ms != 0:
        return False
    return spans[0].end_ms >= round(source.duration_s * 1_000) - 1


def picture(plan: EditPlan, part: Part, source: SourceInfo, mark: Mark | None, *, tonemap: bool) -> str:
    """One part of the picture as `[v]`: upright, of a constant rate, of the film's size, with the mark over it.

    An input whose picture ends early holds its last one; one without any is black.
    """
    rate = f"{plan.frame_rate.numerator}/{plan.frame_rate.denominator}"
    video = source.video
    if video is None or part.start_s >= video.start_s + video.duration_s:
        graph = f"color=black:size={plan.width}x{plan.height}:rate={rate},trim=end_frame={part.frames}"
        graph += f",setpts=N/({rate})/TB,setsar=1,format=yuv420p"
    else:
        graph = f"[0:{video.index}]" + ("bwdif=mode=send_frame:deint=interlaced," if video.interlaced else "")
        graph += f"fps=fps={rate}:start_time={part.start_s:.6f}:round=near,tpad=stop_mode=clone:stop=-1"
        graph += f",trim=end_frame={part.frames},setpts=N/({rate})/TB,{_fitted(plan, video)}"
        graph += f"{encode.TONEMAP if video.hdr and tonemap else ''}format=yuv420p"
    if mark is None:
        return f"{graph}[v]"
    return f"{graph}[film];{_mark(plan, mark)};[film][mark]overlay={_place(plan, mark)}:format=auto,format=yuv420p[v]"


def _fitted(plan: EditPlan, video: VideoStream) -> str:
    """Of the film's size: another shape stands in the middle of black."""
    shrink = min(plan.width / video.width, plan.height / video.height)
    width, height = (
        min(most, max(2, 2 * round(side * shrink / 2)))
        for side, most in ((video.width, plan.width), (video.height, plan.height))
    )
    if plan.width - width <= 2 and plan.height - height <= 2:
        width, height = plan.width, plan.height
    scaled = f"scale={width}:{height}:out_range=tv,setsar=1,"
    if (width, height) == (plan.width, plan.height):
        return scaled
    return f"{scaled}pad={plan.width}:{plan.height}:(ow-iw)/2:(oh-ih)/2:black,"


def _mark(plan: EditPlan, mark: Mark) -> str:
    across, down = max(2, round(plan.width * mark.size)), max(2, round(plan.height * mark.size))
    fitted = f"scale={across}:{down}:force_original_aspect_ratio=decrease"
    return f"[1:0]{fitted},format=rgba,colorchannelmixer=aa={mark.opacity:.3f}[mark]"


def _place(plan: EditPlan, mark: Mark) -> str:
    edge = round(min(plan.width, plan.height) * MARGIN)
    left, right, top, bottom = str(edge), f"W-w-{edge}", str(edge), f"H-h-{edge}"
    return {
        Place.TOP_LEFT: f"{left}:{top}",
        Place.TOP_RIGHT: f"{right}:{top}",
        Place.BOTTOM_LEFT: f"{left}:{bottom}",
        Place.BOTTOM_RIGHT: f"{right}:{bottom}",
        Place.CENTER: "(W-w)/2:(H-h)/2",
    }[mark.place]


def heard(spans: Sequence[Span], inputs: Sequence[SourceInfo]) -> dict[int, tuple[float, float]]:
    """Inputs whose sound is heard, and from when to when, in seconds; what cannot be entered is read from its start."""
    bounds: dict[int, tuple[float, float]] = {}
    for span in spans:
        source = inputs[span.input]
        if source.audio is None:
            continue
        start = span.start_ms / 1_000 if source.indexed else 0.0
        before = bounds.get(span.input, (start, 0.0))
        bounds[span.input] = min(before[0], start), max(before[1], span.end_ms / 1_000)
    return bounds


def sound(script: Script, plan: EditPlan, streams: dict[int, str], starts: dict[int, float]) -> str:
    """The sound of all spans, one behind the other, as `[a]`.

    `streams` names the stream of each input that is heard, `starts` says when it was entered, in seconds.
    """
    counted = {number: [at for at, span in enumerate(script.spans) if span.input == number] for number in streams}
    pieces = []
    for number, used in counted.items():
        outs = "".join(f"[i{at}]" for at in used)
        pieces.append(f"{streams[number]}{_plain()},asplit={len(used)}{outs}")
    edges = _edges(plan)
    last = len(script.spans) - 1
    for at, span in enumerate(script.spans):
        length = edges[at + 1] - edges[at]
        if span.input not in streams:
            pieces.append(f"anullsrc=r={SAMPLES}:cl=stereo,atrim=end_sample={length}[s{at}]")
            continue
        begin = round((span.start_ms / 1_000 - starts[span.input]) * SAMPLES)
        chain = f"[i{at}]atrim=start_sample={begin}:end_sample={begin + length},asetpts=N/SR/TB"
        chain += f",apad=whole_len={length},atrim=end_sample={length}"
        pieces.append(chain + _fades(length, first=at == 0, last=at == last) + f"[s{at}]")
    joined = "".join(f"[s{at}]" for at in range(len(script.spans)))
    return ";".join([*pieces, f"{joined}concat=n={len(script.spans)}:v=0:a=1[a]"])


def replaced(plan: EditPlan, stream: str) -> str:
    """The sound of a file of its own as `[a]`: cut at the end of the film, silent where it ends before."""
    length = _edges(plan)[-1]
    return f"{stream}{_plain()},apad=whole_len={length},atrim=end_sample={length}[a]"


def _plain() -> str:
    """Gaps filled, from the first moment on, in stereo."""
    return f"aresample={SAMPLES}:async=1:first_pts=0,aformat=sample_fmts=fltp:channel_layouts=stereo"


def _fades(length: int, *, first: bool, last: bool) -> str:
    """No click at a cut; the beginning and the end of a film are as they are."""
    short = min(NO_CLICK, length // 2)
    come = "" if first or not short else f",afade=t=in:ss=0:ns={short}"
    go = "" if last or not short else f",afade=t=out:ss={length - short}:ns={short}"
    return come + go


def _edges(plan: EditPlan) -> list[int]:
    """Where spans begin and the last one ends, in samples."""
    edges, frames = [0], 0
    for count in plan.frames:
        frames += count
        edges.append(round(frames / plan.frame_rate * SAMPLES))
    return edges
