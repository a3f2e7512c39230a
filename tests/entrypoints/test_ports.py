"""Choosing a port."""

import socket
from collections.abc import Iterator

import pytest

from socialflow.entrypoints import ports


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_that_was_asked_for_is_taken_or_refused(taken: int) -> None:
    with pytest.raises(ports.CannotServe, match=f"Port {taken} is in use"):
        ports.choose("127.0.0.1", taken, 8000)


def test_the_usual_port_gives_way_to_the_next_free_one(taken: int) -> None:
    assert ports.choose("127.0.0.1", None, taken) > taken


def test_an_address_that_is_not_ours_is_told_as_such() -> None:
    with pytest.raises(ports.CannotServe, match="--host"):
        ports.choose("192.0.2.1", None, 8000)
