"""One S3 service per run; a fresh store of each kind per test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.factories.s3 import FaultyS3, faulty, moto_server, store_at

from socialflow.adapters.storage.local import LocalObjectStore
from socialflow.adapters.storage.s3 import S3ObjectStore
from socialflow.ports.storage import ObjectStore


@pytest.fixture(scope="session")
def s3_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with moto_server(tmp_path_factory.mktemp("moto")) as address:
        yield address


@pytest.fixture
def s3_store(s3_service: str) -> ObjectStore:
    return store_at(s3_service)


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "local":
        return LocalObjectStore(tmp_path / "objects")
    store: ObjectStore = request.getfixturevalue("s3_store")
    return store


@pytest.fixture
async def proxy(s3_service: str) -> AsyncIterator[FaultyS3]:
    async with faulty(s3_service) as proxy:
        yield proxy


@pytest.fixture
def failing_store(proxy: FaultyS3) -> S3ObjectStore:
    return store_at(proxy.address, timeout_s=1.0)
