"""Comparing two samples of times: the median, and how likely it is that both are of one kind."""

import math
from collections.abc import Sequence


def mann_whitney(first: Sequence[float], second: Sequence[float]) -> float:
    """The two-sided p-value of the U test, by the normal approximation with ties (Mann & Whitney, 1947)."""
    together = sorted([*((value, 0) for value in first), *((value, 1) for value in second)])
    values = [value for value, _ in together]
    ranks: dict[float, float] = {}
    ties = 0
    start = 0
    while start < len(values):
        end = start
        while end < len(values) and values[end] == values[start]:
            end += 1
        ranks[values[start]] = (start + 1 + end) / 2
        ties += (end - start) ** 3 - (end - start)
        start = end
    m, n = len(first), len(second)
    total = m + n
    u = sum(ranks[value] for value in first) - m * (m + 1) / 2
    spread = math.sqrt(m * n / 12 * ((total + 1) - ties / (total * (total - 1))))
    return math.erfc(abs(u - m * n / 2) / spread / math.sqrt(2)) if spread else 1.0
