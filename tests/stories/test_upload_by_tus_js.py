"""tus-js-client, the client that most programs use, over ways that break anywhere; every byte arrives once."""

import hashlib
import os
import random
from pathlib import Path

import pytest
from tests.factories import node
from tests.factories.accounts import Person
from tests.factories.servers import breaking, serving
from tests.factories.uploads import UPLOADS

from socialflow.domains.media.service import fetch_source
from socialflow.kernel import ids
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

pytestmark = [pytest.mark.adversary, pytest.mark.timeout(240)]

MIB = 1024**2


@pytest.fixture(autouse=True)
def programs() -> Path:
    """The client, installed."""
    return node.installed()


async def check(app: App, person: Person, address: str, source: Path) -> dict[str, object]:
    """What the pipeline gets is the file, byte for byte, and there is one asset."""
    state: dict[str, object] = (await person.http.get(address[address.index(UPLOADS) :])).json()
    assert state["state"] == "received"
    target = source.with_name("fetched")
    sha256 = await fetch_source(app, ids.parse("ast", str(state["asset_id"])), target)
    assert sha256 == hashlib.sha256(target.read_bytes()).hexdigest() == hashlib.sha256(source.read_bytes()).hexdigest()
    return state


def file_of(folder: Path, size: int) -> Path:
    source = folder / "holiday.mp4"
    source.write_bytes(os.urandom(size))
    return source


@pytest.mark.parametrize(("seed", "parallel"), [(1, 1), (2, 1), (3, 3), (4, 4)])
async def test_f28_tus_js_client_over_a_way_that_breaks_at_any_byte(
    app: App, settings: Settings, ada: Person, tmp_path: Path, seed: int, parallel: int
) -> None:
    chance = random.Random(seed)
    source = file_of(tmp_path, 12 * MIB + chance.randrange(MIB))
    cuts = [chance.randrange(1, 3 * MIB) for _ in range(8)]

    async with serving(settings, tmp_path / "api.log") as url, breaking(url, *cuts) as way:
        told = {"chunkSize": 5 * MIB, "parallelUploads": parallel}
        address = await node.upload(source, f"{way.url}{UPLOADS}", ada.access_token, **told)

    assert way.cut >= 3
    state = await check(app, ada, address, source)
    assert state["kind"] == ("final" if parallel > 1 else "whole")


async def test_tus_js_client_speaks_the_draft_to_us(app: App, settings: Settings, ada: Person, tmp_path: Path) -> None:
    source = file_of(tmp_path, 3 * MIB + 7)
    async with (
        serving(settings, tmp_path / "api.log", SF_MEDIA__RESUMABLE_DRAFT="true") as url,
        breaking(url, 100_000_000, MIB) as way,
    ):
        told = {"chunkSize": 2 * MIB, "protocol": "ietf-draft-05"}
        address = await node.upload(source, f"{way.url}{UPLOADS}", ada.access_token, **told)
    await check(app, ada, address, source)
