"""The services that stand for CDNs in tests."""

import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import boto3
import httpx2
import pytest
from tests.factories.caches import SharedCache, serve_marked
from tests.factories.s3 import moto_server


@pytest.fixture
async def cache() -> AsyncIterator[SharedCache]:
    """A cache before an origin."""
    origin = httpx2.ASGITransport(app=serve_marked)
    async with httpx2.AsyncClient(transport=origin, base_url="http://origin") as client:
        yield SharedCache(client)


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Amazon's services, as moto plays them."""
    with moto_server(tmp_path_factory.mktemp("moto")) as address:
        yield address


@pytest.fixture
def cloudfront(aws: str) -> Any:
    """Amazon's own client of CloudFront."""
    return boto3.client(
        "cloudfront",
        endpoint_url=aws,
        region_name="us-east-1",
        aws_access_key_id="AKIATESTS",
        aws_secret_access_key="not-a-secret",
    )


@pytest.fixture
def distribution(cloudfront: Any) -> str:
    """A new distribution."""
    origin = {"Id": "o", "DomainName": "origin.example.org"}
    origin["CustomOriginConfig"] = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    config = {
        "CallerReference": uuid.uuid4().hex,
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "https-only"},
    }
    return str(cloudfront.create_distribution(DistributionConfig=config)["Distribution"]["Id"])
