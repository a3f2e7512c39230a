"""How large a made-up world is, and how its numbers are shared out: a few have most, as among people."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

# Of a uniform chance: the larger, the more goes to those in front.
FAME, TALK = 3, 2
# Of Pareto's law, by which some do much more than others.
ZEAL = 1.2


@dataclass(frozen=True, slots=True)
class Sizes:
    """Rows of each kind."""

    accounts: int = 1_000
    follows: int = 20_000
    videos: int = 500
    posts: int = 10_000
    likes: int = 50_000
    comments: int = 5_000
    tags: int = 200

    def __post_init__(self) -> None:
        if self.accounts < 2 or min(self.videos, self.posts, self.tags) < 1:
            raise ValueError("a world has two people, a video, a post and a hashtag at least")
        if self.follows > self.accounts * (self.accounts - 1) // 4 or self.likes > self.accounts * self.videos // 4:
            raise ValueError("so few people cannot follow and like so much: at most a quarter of what is possible")


LARGE = Sizes(
    accounts=100_000,
    follows=2_000_000,
    videos=50_000,
    posts=1_000_000,
    likes=5_000_000,
    comments=500_000,
    tags=5_000,
)


def famous(chance: random.Random, count: int, power: int = FAME) -> int:
    """One of so many, those in front more often than those behind."""
    return int(count * chance.random() ** power)


def shares(chance: random.Random, total: int, count: int, most: int) -> list[int]:
    """`total` shared out among so many by Pareto's law, `most` for each at most."""
    zeal = [chance.paretovariate(ZEAL) for _ in range(count)]
    scale = total / sum(zeal)
    found = [min(int(each * scale), most) for each in zeal]
    left = total - sum(found)
    while left > 0:
        at = chance.randrange(count)
        if found[at] < most:
            found[at] += 1
            left -= 1
    return found


def pairs(chance: random.Random, total: int, count: int, targets: int, *, but_self: bool) -> Iterator[tuple[int, int]]:
    """So many different pairs of somebody and one of the targets, somebody's together and in their order."""
    for one, wanted in enumerate(shares(chance, total, count, targets // 2)):
        chosen: set[int] = set()
        while len(chosen) < wanted:
            other = famous(chance, targets)
            if not (but_self and other == one):
                chosen.add(other)
        for other in sorted(chosen):
            yield one, other
