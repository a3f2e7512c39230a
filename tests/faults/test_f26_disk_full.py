"""F26: the disk of the local store is full; 507, nothing half kept, everything else goes on."""

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.factories.accounts import Person
from tests.factories.uploads import offset_of, send, started, state_of

from socialflow.adapters.storage.local import UNFINISHED
from socialflow.domains.media.service import fetch_source
from socialflow.kernel import ids
from socialflow.kernel.work import App

MIB = 1024**2


@contextmanager
def no_room_beyond(size: int) -> Iterator[None]:
    """Let files of this process grow to so many bytes only: what a full disk does, without a disk."""
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


async def test_f26_a_full_disk_is_a_507_and_the_upload_goes_on_afterwards(
    app: App, ada: Person, tmp_path: Path
) -> None:
    data = os.urandom(3 * MIB)
    address = await started(ada, len(data))
    await send(ada, address, 0, data[:MIB])

    with no_room_beyond(MIB + 5):
        answer = await send(ada, address, MIB, data[MIB:])
        assert (answer.status_code, answer.json()["code"]) == (507, "store_full")
        assert int(answer.headers["retry-after"]) >= 1
        assert (await ada.get("/uploads/limits")).status_code == 200
        assert await offset_of(ada, address) == MIB
    assert list((app.settings.storage_root / UNFINISHED).iterdir()) == []

    assert (await send(ada, address, MIB, data[MIB:])).status_code == 204
    await fetch_source(app, ids.parse("ast", (await state_of(ada, address))["asset_id"]), tmp_path / "source")
    assert (tmp_path / "source").read_bytes() == data
