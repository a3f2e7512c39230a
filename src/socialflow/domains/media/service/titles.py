"""A title's own ladder: of what sampled seconds look like in several qualities, the one that reaches a target.

Pure functions. VMAF falls ever faster with the constant rate factor; between three points a parabola tells it to a few
tenths. Where samples lack, or say nothing, the fixed ladder is made.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

from socialflow.ports.encoder import Plan, Rung, Sample

FINE = 0.25
"""Steps of the constant rate factor."""
BEYOND = 2.0
"""How far beyond what was tried a quality may be chosen; what is farther is not known well enough."""
NEARLY = 0.3
"""VMAF that nobody sees: where the target is out of reach, more bits must buy more than that."""


def chosen(plan: Plan, spans: Sequence[Sequence[Sample]]) -> Plan:
    """The plan with the qualities that samples of all its spans speak for; the fixed ladder if one lacks."""
    sampling = plan.sampling
    if sampling is None:
        return plan
    complete = len(spans) == len(sampling.spans) and all(spans)
    sampled = {rung.stem for group in plan.groups[1:] for rung in group}
    rungs = []
    for rung in plan.rungs:
        points = _points(rung.stem, spans) if complete and rung.stem in sampled else []
        rungs.append(_with_quality(rung, points, sampling.target) if len(points) > 1 else fixed(rung))
    return replace(plan, rungs=tuple(rungs))


def fixed(rung: Rung) -> Rung:
    """The rung as it is made of every title."""
    return replace(rung, preset="", quality=None, vmaf=None)


def _points(stem: str, spans: Sequence[Sequence[Sample]]) -> list[tuple[float, float]]:
    """(quality, VMAF over all spans), the best first."""
    own = [sample for span in spans for sample in span if sample.stem == stem]
    qualities = sorted({sample.quality for sample in own})
    return [(each, fmean(one.vmaf for one in own if one.quality == each)) for each in qualities]


def _with_quality(rung: Rung, points: Sequence[tuple[float, float]], target: float) -> Rung:
    quality = quality_for(points, target)
    return replace(rung, quality=quality, vmaf=round(vmaf_at(points, quality), 2))


def quality_for(points: Sequence[tuple[float, float]], target: float) -> float:
    """The highest constant rate factor that reaches a target; where none does, as far as more bits still buy more."""
    first, last = points[0][0] - BEYOND, points[-1][0] + BEYOND
    steps = range(math.ceil(first / FINE), math.floor(last / FINE) + 1)
    found = {step * FINE: vmaf_at(points, step * FINE) for step in steps}
    enough = min(target, max(found.values()) - NEARLY)
    return max(quality for quality, vmaf in found.items() if vmaf >= enough)


def vmaf_at(points: Sequence[tuple[float, float]], quality: float) -> float:
    """VMAF at a quality: the polynomial through all points (Lagrange), never better than a better quality was."""
    total = 0.0
    for at, (here, value) in enumerate(points):
        others = [there for number, (there, _) in enumerate(points) if number != at]
        total += value * math.prod((quality - there) / (here - there) for there in others)
    better = [value for there, value in points if there <= quality]
    return min(total, 100.0, *better[-1:])
