"""What an edit does to time: which parts of which films are shown, and when something of before is shown now.

Pure functions. Times are milliseconds; those of an operation are of the film as the operations before it leave it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from socialflow.domains.media.service.cues import Cue
from socialflow.ports.editing import Span

SHORTEST_MS = 40
"""What is left shorter than a frame of 25 in a second is not shown."""
SHORTEST_CUE_MS = 100


@dataclass(frozen=True, slots=True)
class Trim:
    """Nothing but a part is left."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Cut:
    """Parts are taken out; they may touch and overlap."""

    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Concat:
    """Other films follow, whole, or come before; inputs by their numbers."""

    inputs: tuple[int, ...]
    before: bool


Step = Trim | Cut | Concat


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is shown, in order; of the film that was edited (input 0) no moment is shown twice."""

    spans: tuple[Span, ...]

    @property
    def length_ms(self) -> int:
        """How long the film is."""
        return sum(span.length_ms for span in self.spans)

    @property
    def changes(self) -> bool:
        """Whether anything is shown at another time than before."""
        return len(self.spans) != 1 or self.spans[0].start_ms != 0

    def is_whole(self, duration_ms: int) -> bool:
        """Whether it is the edited film, which lasts so long, and nothing else."""
        return self.spans == (Span(0, 0, duration_ms),)

    def after(self, moment_ms: int) -> int | None:
        """When a moment of the edited film is shown now; None when it is not."""
        return next((out + moment_ms - span.start_ms for out, span in self._placed(0) if _is_in(moment_ms, span)), None)

    def soon_after(self, moment_ms: int) -> int | None:
        """The same; for a moment that is not shown, when what follows it begins."""
        later = [out + max(0, moment_ms - span.start_ms) for out, span in self._placed(0) if moment_ms < span.end_ms]
        return min(later, default=None)

    def before(self, moment_ms: int) -> int | None:
        """Which moment of the edited film is shown at a time; None when something else is."""
        for out, span in self._placed(0):
            if out <= moment_ms < out + span.length_ms:
                return span.start_ms + moment_ms - out
        return None

    def cues_after(self, cues: Iterable[Cue], input_: int = 0) -> list[Cue]:
        """Cues of an input as they are now: shifted, cut at cuts, gone where nothing is left of them."""
        known = list(cues)
        placed = [(span.start_ms, span.end_ms, out - span.start_ms) for out, span in self._placed(input_)]
        return _tidied(_clipped(known, placed))

    def cues_before(self, cues: Iterable[Cue], former: Iterable[Cue] = ()) -> list[Cue]:
        """Cues of now as they belong into the film of before; of `former` what stood where nothing is shown now."""
        placed = [(out, out + span.length_ms, span.start_ms - out) for out, span in self._placed(0)]
        shown = sorted((span.start_ms, span.end_ms) for _, span in self._placed(0))
        edges = [0, *(edge for span in shown for edge in span), 2**53]
        hidden = [(start, end, 0) for start, end in zip(edges[::2], edges[1::2], strict=True)]
        return _tidied([*_clipped(list(cues), placed), *_clipped(list(former), hidden)])

    def _placed(self, input_: int) -> list[tuple[int, Span]]:
        """The spans of an input, and when each begins now."""
        found, out = [], 0
        for span in self.spans:
            if span.input == input_:
                found.append((out, span))
            out += span.length_ms
        return found


def made_of(durations: Sequence[int], steps: Iterable[Step]) -> Timeline:
    """What is left of the first of some films, with the others as they are put beside it."""
    spans = [Span(0, 0, durations[0])]
    for step in steps:
        match step:
            case Trim():
                spans = _kept(spans, [(step.start_ms, step.end_ms)])
            case Cut():
                spans = _kept(spans, _between(step.ranges))
            case Concat():
                others = [Span(number, 0, durations[number]) for number in step.inputs]
                spans = [*others, *spans] if step.before else [*spans, *others]
    return Timeline(tuple(_joined(spans)))


def _kept(spans: Sequence[Span], windows: Iterable[tuple[int, int]]) -> list[Span]:
    """What of these is shown within some windows of their time, which are in order."""
    found = []
    for start, end in windows:
        out = 0
        for span in spans:
            first, last = max(start, out), min(end, out + span.length_ms)
            if last - first >= SHORTEST_MS:
                found.append(Span(span.input, span.start_ms + first - out, span.start_ms + last - out))
            out += span.length_ms
    return found


def _between(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """What is left between parts that are taken out."""
    left, at = [], 0
    for start, end in sorted(ranges):
        if start > at:
            left.append((at, start))
        at = max(at, end)
    return [*left, (at, 2**53)]


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans that follow each other without a gap are one."""
    found: list[Span] = []
    for span in spans:
        last = found[-1] if found else None
        if last is not None and last.input == span.input and last.end_ms == span.start_ms:
            found[-1] = replace(last, end_ms=span.end_ms)
        else:
            found.append(span)
    return found


def _is_in(moment_ms: int, span: Span) -> bool:
    return span.start_ms <= moment_ms < span.end_ms


def _clipped(cues: Sequence[Cue], places: Iterable[tuple[int, int, int]]) -> list[Cue]:
    """What of cues lies within places (from, to, moved by)."""
    found = []
    for start, end, moved in places:
        for cue in cues:
            first, last = max(cue.start_ms, start), min(cue.end_ms, end)
            if last > first:
                found.append(Cue(first + moved, last + moved, cue.text, cue.settings))
    return found


def _tidied(cues: Iterable[Cue]) -> list[Cue]:
    """In order; what was one cue before a cut is one again, and what nobody could read is left out."""
    found: list[Cue] = []
    for cue in sorted(cues, key=lambda each: (each.start_ms, each.end_ms)):
        last = found[-1] if found else None
        if last is not None and last.end_ms == cue.start_ms and (last.text, last.settings) == (cue.text, cue.settings):
            found[-1] = Cue(last.start_ms, cue.end_ms, cue.text, cue.settings)
        else:
            found.append(cue)
    return [cue for cue in found if cue.end_ms - cue.start_ms >= SHORTEST_CUE_MS]
