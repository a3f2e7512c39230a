"""What everybody who is asked for lost passwords promises."""

from collections.abc import Iterator

import pytest
from tests.factories.breaches import RangeService, digest_of, range_service

from socialflow.adapters.breaches.nobody import NobodyAsked
from socialflow.adapters.breaches.ranges import LARGEST_ANSWER, RangeBreaches
from socialflow.ports.breaches import Breaches, BreachesUnknown

LOST = "trustno1 whatever"


@pytest.fixture
def service() -> Iterator[RangeService]:
    with range_service() as serving:
        serving.lost[LOST] = 37
        yield serving


@pytest.fixture(params=["nobody", "ranges"])
def breaches(request: pytest.FixtureRequest, service: RangeService) -> Breaches:
    return NobodyAsked() if request.param == "nobody" else RangeBreaches(service.url)


async def test_a_password_that_nobody_lost_was_seen_never(breaches: Breaches) -> None:
    for password in ("", "good and long", "pässwörd " * 100, "\U0001f9a9" * 20):
        assert await breaches.times_seen(password) == 0


async def test_a_lost_one_was_seen_so_often_and_is_told_to_nobody(service: RangeService) -> None:
    assert await RangeBreaches(service.url + "/").times_seen(LOST) == 37

    assert service.asked == [(f"/range/{digest_of(LOST)[:5]}", "true")]


async def test_padding_is_no_loss(service: RangeService) -> None:
    service.body = f"{digest_of('x')[5:]}:0\r\n".encode()

    assert await RangeBreaches(service.url).times_seen("x") == 0


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, b""),
        (429, b""),
        (302, b""),
        (200, b"\xff\xfe"),
        (200, b"x" * (LARGEST_ANSWER + 1)),
        (200, digest_of(LOST)[5:].encode() + b":many"),
    ],
)
async def test_an_answer_that_is_none_leaves_it_unknown(service: RangeService, status: int, body: bytes) -> None:
    service.status, service.body = status, body

    with pytest.raises(BreachesUnknown):
        await RangeBreaches(service.url).times_seen(LOST)


async def test_nobody_at_the_address_leaves_it_unknown() -> None:
    with range_service() as gone:
        url = gone.url

    with pytest.raises(BreachesUnknown):
        await RangeBreaches(url, timeout_s=0.5).times_seen(LOST)
