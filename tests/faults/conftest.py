"""What tests of faults may ask for."""

from collections.abc import Iterator

import pytest
from tests.factories.forks import Forks


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """The process that forks the servers which are to die."""
    with Forks() as forks:
        yield forks
