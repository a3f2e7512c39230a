"""What a piece of work may cost: processor time, so that other work of the machine does not count."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Measuring coverage makes every line dearer.
TRACED = 5


@contextmanager
def cheap(seconds: float) -> Iterator[None]:
    """The block takes less than so much processor time of this process."""
    started_at = time.process_time()
    yield
    assert time.process_time() - started_at < seconds * (TRACED if sys.gettrace() else 1)
