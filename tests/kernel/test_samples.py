"""The statistics that attacks on time are measured by."""

import random

import pytest
from tests.factories.samples import mann_whitney


def test_samples_of_one_kind_are_not_told_apart_and_others_are() -> None:
    source = random.Random(7)
    one, same, other = ([source.gauss(mean, 1) for _ in range(200)] for mean in (10, 10, 11))

    assert mann_whitney(one, same) > 0.05
    assert mann_whitney(one, other) < 1e-6


def test_the_p_value_is_the_published_one() -> None:
    # Ten values without a tie: U = 2, so z = (2 - 12.5) / sqrt(25 * 11 / 12).
    assert mann_whitney([1, 2, 3, 4, 7], [5, 6, 8, 9, 10]) == pytest.approx(0.02829, abs=1e-4)
    assert mann_whitney([1, 1], [1, 1]) == 1.0
