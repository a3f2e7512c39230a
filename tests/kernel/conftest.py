"""What the tests of the kernel share: handlers that are forgotten again."""

from collections.abc import Iterator

import pytest

from socialflow.kernel import events, schedule


@pytest.fixture
def handlers() -> Iterator[dict[str, events.Handler]]:
    """The handlers that are known, without any at first; those of the product are back afterwards."""
    kept, periods = dict(events.handlers), dict(schedule.periods)
    events.handlers.clear()
    schedule.periods.clear()
    yield events.handlers
    events.handlers.clear()
    events.handlers.update(kept)
    schedule.periods.clear()
    schedule.periods.update(periods)
