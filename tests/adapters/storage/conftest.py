"""One service of each vendor per run; a fresh store of each kind per test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.factories.azure import azure_store_at, azurite
from tests.factories.gcs import Gcs, fake_gcs, gcs_store_at
from tests.factories.s3 import FaultyS3, faulty, moto_server, store_at

from socialflow.adapters.storage.local import LocalObjectStore
from socialflow.adapters.storage.s3 import S3ObjectStore
from socialflow.ports.storage import ObjectStore

KINDS = ["local", "s3", "azure", "gcs"]
REMOTE = ["s3", "azure", "gcs"]


@pytest.fixture(scope="session")
def s3_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with moto_server(tmp_path_factory.mktemp("moto")) as address:
        yield address


@pytest.fixture(scope="session")
def azure_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with azurite(tmp_path_factory.mktemp("azurite")) as address:
        yield address


@pytest.fixture(scope="session")
def gcs_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gcs]:
    with fake_gcs(tmp_path_factory.mktemp("gcs")) as service:
        yield service


def store_of(kind: str, request: pytest.FixtureRequest, folder: Path) -> ObjectStore:
    """An empty store of a kind; its service is started when the first test asks for it."""
    match kind:
        case "local":
            return LocalObjectStore(folder / "objects")
        case "s3":
            return store_at(request.getfixturevalue("s3_service"))
        case "azure":
            return azure_store_at(request.getfixturevalue("azure_service"))
    return gcs_store_at(request.getfixturevalue("gcs_service"))


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ObjectStore]:
    opened = store_of(request.param, request, tmp_path)
    yield opened
    await opened.close()


@pytest.fixture(params=REMOTE)
async def remote(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ObjectStore]:
    """A store that hands out addresses."""
    opened = store_of(request.param, request, tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
async def proxy(s3_service: str) -> AsyncIterator[FaultyS3]:
    async with faulty(s3_service) as proxy:
        yield proxy


@pytest.fixture
def failing_store(proxy: FaultyS3) -> S3ObjectStore:
    return store_at(proxy.address, timeout_s=1.0)
