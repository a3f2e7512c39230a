"""What is chosen of a video's pictures and sounds: pure functions over what was seen and heard."""

import statistics
from collections.abc import Sequence
from itertools import pairwise

from socialflow.ports.glimpses import LOOK_WIDTH, Frame

DARKEST, BRIGHTEST = 24, 235
FLATTEST = 8
"""Standard deviation of brightness, of 255, below which a picture shows next to nothing."""
SAME = 6
"""Mean difference of brightness below which two pictures are one."""
SHORTEST_CHAPTER_S = 10.0
MOST_CHAPTERS = 12
NEAR_S = 1.0
PREVIEW_PARTS, PREVIEW_PART_S = 4, 0.75


def telling(frames: Sequence[Frame], count: int) -> list[Frame]:
    """Of each part of a video its most telling picture: sharp, with contrast, neither dark nor like one before."""
    chosen: list[Frame] = []
    for part in _parts(frames, count):
        ranked = sorted(part, key=lambda frame: score(frame.look), reverse=True)
        fresh = [frame for frame in ranked if all(_difference(frame.look, other.look) >= SAME for other in chosen)]
        if fresh and (score(fresh[0].look) > 0 or not chosen):
            chosen.append(fresh[0])
    return chosen


def score(look: bytes) -> float:
    """How much a picture shows: contrast and sharpness; nothing for one that is dark, glaring or flat."""
    brightness, contrast = statistics.fmean(look), statistics.pstdev(look)
    if not DARKEST <= brightness <= BRIGHTEST or contrast < FLATTEST:
        return 0.0
    rows = [look[at : at + LOOK_WIDTH] for at in range(0, len(look), LOOK_WIDTH)]
    across = statistics.fmean(abs(a - b) for row in rows for a, b in pairwise(row))
    return contrast + 2 * across


def spans(duration_s: float) -> list[tuple[float, float]]:
    """Which parts of a video its preview shows."""
    if duration_s <= PREVIEW_PARTS * PREVIEW_PART_S:
        return [(0.0, duration_s)]
    step = duration_s / PREVIEW_PARTS
    latest = duration_s - PREVIEW_PART_S
    return [(min(step * (at + 0.3), latest), PREVIEW_PART_S) for at in range(PREVIEW_PARTS)]


def parts_of(
    duration_s: float, scenes: Sequence[tuple[float, float]], pauses: Sequence[tuple[float, float]]
) -> list[float]:
    """When the parts of a video may begin: where the picture changes while nobody speaks, best ones first taken."""
    weights: dict[float, float] = {}
    for at, change in scenes:
        quiet = any(start - NEAR_S <= at <= end + NEAR_S for start, end in pauses)
        weights[at] = change + (50 if quiet else 0)
    for start, end in pauses:
        if not any(start - NEAR_S <= at <= end + NEAR_S for at in weights):
            weights[end] = min(40.0, 10 * (end - start))

    gap = max(SHORTEST_CHAPTER_S, duration_s / MOST_CHAPTERS)
    taken = [0.0]
    for at in sorted(weights, key=lambda at: (-weights[at], at)):
        if at <= duration_s - gap and all(abs(at - other) >= gap for other in taken):
            taken.append(at)
    return sorted(taken) if len(taken) > 1 else []


def _parts(frames: Sequence[Frame], count: int) -> list[Sequence[Frame]]:
    edges = [len(frames) * at // count for at in range(count + 1)]
    return [frames[start:end] for start, end in pairwise(edges) if end > start]


def _difference(one: bytes, other: bytes) -> float:
    return statistics.fmean(abs(a - b) for a, b in zip(one, other, strict=True))
