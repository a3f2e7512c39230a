"""Frame rates as exact fractions."""

from fractions import Fraction

FASTEST_OUT = Fraction(60)
SLOWEST_OUT = Fraction(10)
COMMON = (
    *(Fraction(12), Fraction(15), Fraction(20), Fraction(24_000, 1_001), Fraction(24), Fraction(25)),
    *(Fraction(30_000, 1_001), Fraction(30), Fraction(48), Fraction(50), Fraction(60_000, 1_001), Fraction(60)),
)
EXACT = Fraction(1, 5_000)


def parse(text: str) -> Fraction:
    """`30000/1001` as ffprobe writes it; 0 for unknown."""
    above, _, below = text.partition("/")
    if not (above.isdigit() and below.isdigit() and int(below)):
        return Fraction(0)
    return Fraction(int(above), int(below))


def constant(average: Fraction, base: Fraction) -> Fraction:
    """The constant rate to encode at: 10 to 60 frames per second, a common rate unless the source is exact.

    `base` is the rate at which every timestamp can be told; for a variable rate it is the one that
    loses no frame, unless it is just a clock (1000, 90000).
    """
    rate = base if average and average <= base <= FASTEST_OUT else average
    if not rate:
        return Fraction(30)
    while rate > FASTEST_OUT * (1 + EXACT):
        rate /= 2
    rate = max(rate, SLOWEST_OUT)
    nearest = min(COMMON, key=lambda common: abs(common - rate))
    if abs(nearest - rate) <= rate * EXACT or rate.denominator not in (1, 1_001):
        slower = [common for common in COMMON if common >= rate * (1 - EXACT)]
        return nearest if abs(nearest - rate) <= rate * EXACT else min(slower, default=FASTEST_OUT)
    return rate
