"""What every CDN promises."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.factories.caches import TOKEN, SharedCache
from tests.factories.instance import free_port
from tests.factories.proxies import listening

from socialflow.adapters.cdn.cloudfront import CloudFront, signature
from socialflow.adapters.cdn.http import HttpCdn
from socialflow.adapters.cdn.nobody import NoCdn
from socialflow.ports.cdn import Cdn, CdnUnavailable

URL = "https://cdn.example.org"
MINE, OTHER = "ast_mine", "ast_other"


@dataclass(frozen=True)
class Told:
    """A CDN, and what it was told to forget: `forgotten(folder)`."""

    cdn: Cdn
    forgotten: Callable[[str], Awaitable[bool]]
    url: str = URL


def by_cloudfront(aws: str, distribution: str) -> CloudFront:
    return CloudFront(
        URL, distribution_id=distribution, access_key_id="AKIATESTS", secret_access_key="not-a-secret", api=aws
    )


@pytest.fixture(params=["nobody", "PURGE", "BAN", "cloudfront"])
async def told(request: pytest.FixtureRequest, cache: SharedCache) -> AsyncIterator[Told]:
    if request.param == "nobody":

        async def at_once(_: str) -> bool:
            return True

        yield Told(NoCdn(), at_once, url="")
    elif request.param == "cloudfront":
        aws, distribution = request.getfixturevalue("aws"), request.getfixturevalue("distribution")
        client = request.getfixturevalue("cloudfront")

        async def ordered(folder: str) -> bool:
            listed = client.list_invalidations(DistributionId=distribution)["InvalidationList"].get("Items", [])
            each = [client.get_invalidation(DistributionId=distribution, Id=item["Id"]) for item in listed]
            return any(found["Invalidation"]["InvalidationBatch"]["Paths"]["Items"] == [f"{folder}*"] for found in each)

        yield Told(by_cloudfront(aws, distribution), ordered)
    else:
        async with listening(cache) as port, httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            for asset in (MINE, OTHER):
                for name in ("master.m3u8", "v360.mp4"):
                    await client.get(f"/media/{asset}/{name}")

            async def gone(folder: str) -> bool:
                return not any(path.startswith(folder) for path in cache.kept)

            assert not await gone(f"/media/{MINE}/")
            yield Told(HttpCdn(URL, purge_url=f"http://127.0.0.1:{port}/", method=request.param, token=TOKEN), gone)


async def test_what_is_purged_is_forgotten_and_purging_twice_is_fine(told: Told) -> None:
    assert told.cdn.url == told.url
    for _ in range(2):
        await told.cdn.purge(f"/media/{MINE}/", MINE)
        assert await told.forgotten(f"/media/{MINE}/")


async def test_without_a_key_nothing_is_signed(told: Told) -> None:
    assert told.cdn.signs is False
    assert told.cdn.permit(f"/media/{MINE}/", datetime.now(UTC)) == {}
    assert told.cdn.query_of({}) == ""


async def test_nothing_else_is_forgotten(told: Told) -> None:
    await told.cdn.purge(f"/media/{MINE}/", MINE)

    assert await told.forgotten(f"/media/{OTHER}/") is not told.cdn.keeps


@pytest.mark.parametrize("status", [301, 400, 403, 429, 500, 503])
async def test_a_cache_that_refuses_is_no_success(cache: SharedCache, status: int) -> None:
    cache.broken = status
    async with listening(cache) as port:
        with pytest.raises(CdnUnavailable, match=str(status)):
            await HttpCdn(URL, purge_url=f"http://127.0.0.1:{port}", token=TOKEN).purge(f"/media/{MINE}/", MINE)


async def test_a_wrong_token_is_no_success(cache: SharedCache) -> None:
    async with listening(cache) as port:
        with pytest.raises(CdnUnavailable):
            await HttpCdn(URL, purge_url=f"http://127.0.0.1:{port}", token="other").purge(f"/media/{MINE}/", MINE)


async def test_a_distribution_that_does_not_exist_is_no_success(aws: str) -> None:
    with pytest.raises(CdnUnavailable, match="404"):
        await by_cloudfront(aws, "E0000000000000").purge(f"/media/{MINE}/", MINE)


async def test_nobody_at_the_address_is_no_success() -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    for cdn in (HttpCdn(URL, purge_url=nowhere), by_cloudfront(nowhere, "E1")):
        with pytest.raises(CdnUnavailable):
            await cdn.purge(f"/media/{MINE}/", MINE)


def test_requests_are_signed_as_amazon_s_own_client_signs_them() -> None:
    url = "https://cloudfront.amazonaws.com/2020-05-31/distribution/E1/invalidation"
    body, headers = b"<InvalidationBatch/>", {"Content-Type": "application/xml"}
    request: Any = AWSRequest("POST", url, data=body, headers=headers)
    SigV4Auth(Credentials("AKIATESTS", "not-a-secret"), "cloudfront", "us-east-1").add_auth(request)
    at = datetime.strptime(request.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    ours = signature(url, body, headers, "AKIATESTS", "not-a-secret", at)
    assert ours["Authorization"] == request.headers["Authorization"]
