"""The SHA-256 of whole files: checked where the sender gave it, and compared with what its owner brought before."""

import hashlib
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.clips import clip
from tests.factories.uploads import TUS, UPLOADS, join, metadata, part, problem, state_of, uploaded

from socialflow.domains.media.service import assets, sources
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App

Deliver = Callable[..., Awaitable[int]]
DATA = b"0123456789" * 1_000
SHA256 = hashlib.sha256(DATA).hexdigest()


async def identified(app: App, person: Person, address: str) -> str:
    """Read an upload as the pipeline does, to the point where its digest is known; the asset's id."""
    shown = str((await state_of(person, address))["asset_id"])
    asset_id = ids.parse("ast", shown)
    path = app.settings.data_dir / shown
    sha256 = await sources.fetch_source(app, asset_id, path)
    path.unlink()
    async with app.work(SYSTEM) as work:
        await assets.identify(work, asset_id, sha256)
    return shown


async def events(app: App) -> list[dict[str, str]]:
    async with app.sessions() as session:
        found = await session.execute(text("SELECT payload FROM outbox WHERE kind = 'DuplicateFound' ORDER BY id"))
        return [dict(row.payload) for row in found]


async def test_the_owner_is_told_that_they_have_the_file_already(app: App, ada: Person) -> None:
    first, second = await uploaded(ada, DATA, filename="one.mp4"), await uploaded(ada, DATA, filename="two.mp4")
    original, copy = await identified(app, ada, first), await identified(app, ada, second)

    state = await state_of(ada, second)
    assert (state["sha256"], state["duplicate_of"]["asset_id"]) == (SHA256, original)
    assert (state["duplicate_of"]["filename"], state["duplicate_of"]["upload_id"]) == (
        "one.mp4",
        first.rpartition("/")[2],
    )
    assert (await state_of(ada, first))["duplicate_of"] is None
    (event,) = await events(app)
    assert ids.show("ast", UUID(event["asset_id"])) == copy
    assert ids.show("ast", UUID(event["duplicate_of"])) == original


async def test_nobody_is_told_of_other_peoples_files(app: App, ada: Person, bob: Person) -> None:
    theirs, mine = await uploaded(bob, DATA), await uploaded(ada, DATA, sha256=SHA256)
    await identified(app, bob, theirs)
    await identified(app, ada, mine)
    assert (await state_of(ada, mine))["duplicate_of"] is None
    assert (await state_of(bob, theirs))["duplicate_of"] is None
    assert await events(app) == []


async def test_who_gives_the_digest_is_told_before_a_byte_is_sent(app: App, ada: Person) -> None:
    original = await identified(app, ada, await uploaded(ada, DATA))
    headers = {**TUS, "Upload-Length": str(len(DATA)), "Upload-Metadata": metadata(sha256=SHA256.upper())}
    address = (await ada.http.post(UPLOADS, headers=headers)).headers["location"]

    state = await state_of(ada, address)
    assert (state["state"], state["offset"], state["duplicate_of"]["asset_id"]) == ("receiving", 0, original)


async def test_a_failed_asset_and_a_deleted_one_are_no_duplicates(app: App, ada: Person) -> None:
    failed, deleted = await uploaded(ada, DATA), await uploaded(ada, DATA)
    one, other = await identified(app, ada, failed), await identified(app, ada, deleted)
    async with app.work(SYSTEM) as work:
        await assets.fail(work, ids.parse("ast", one), "not_a_video", "No.")
        await assets.delete_asset(work, ids.parse("ast", other))
    again = await uploaded(ada, DATA)
    await identified(app, ada, again)
    assert (await state_of(ada, again))["duplicate_of"] is None


async def test_a_file_sent_in_parts_is_the_same_file(app: App, ada: Person) -> None:
    original = await identified(app, ada, await uploaded(ada, DATA))
    joined = (await join(ada, await part(ada, DATA[:7]), await part(ada, DATA[7:]))).headers["location"]
    await identified(app, ada, joined)
    state = await state_of(ada, joined)
    assert (state["sha256"], state["duplicate_of"]["asset_id"]) == (SHA256, original)


async def test_identifying_twice_tells_once(app: App, ada: Person) -> None:
    await identified(app, ada, await uploaded(ada, DATA))
    second = await uploaded(ada, DATA)
    await identified(app, ada, second)
    await identified(app, ada, second)
    assert len(await events(app)) == 1


async def test_whoever_watches_is_told_at_once(app: App, ada: Person) -> None:
    original = await identified(app, ada, await uploaded(ada, DATA))
    second = await uploaded(ada, DATA)
    shown = (await state_of(ada, second))["asset_id"]
    async with app.signals.listening(f"asset:{shown}") as queue:
        await identified(app, ada, second)
        signal = await queue.get()
    assert signal is not None
    assert (signal.type, signal.data["duplicate_of"]) == ("asset.duplicate", original)


async def test_a_video_whose_digest_was_given_becomes_ready(app: App, ada: Person, deliver: Deliver) -> None:
    data = clip("tiny.mp4").read_bytes()
    address = await uploaded(ada, data, sha256=hashlib.sha256(data).hexdigest())
    await deliver(times=1)
    state = await state_of(ada, address)
    assert (state["state"], state["sha256"]) == ("ready", hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize("purpose", ["video", "avatar"])
async def test_a_file_that_is_not_the_one_announced_fails(
    app: App, ada: Person, deliver: Deliver, purpose: str
) -> None:
    address = await uploaded(ada, DATA, sha256=hashlib.sha256(b"another").hexdigest(), purpose=purpose)
    await deliver()
    state = await state_of(ada, address)
    assert (state["state"], state["failure_code"], state["offset"]) == ("failed", "sha256_mismatch", len(DATA))
    assert "SHA-256" in state["failure_detail"]


@pytest.mark.parametrize("given", ["", "0" * 63, "g" * 64, "0" * 65, SHA256 + " "])
async def test_a_digest_that_is_none_is_refused(ada: Person, given: str) -> None:
    headers = {**TUS, "Upload-Length": "5", "Upload-Metadata": metadata(sha256=given)}
    problem(await ada.http.post(UPLOADS, headers=headers), 400, "invalid_upload_header")


async def test_an_attempt_that_finds_the_file_fetched_takes_its_digest_anew(
    app: App, ada: Person, deliver: Deliver
) -> None:
    address = await uploaded(ada, DATA, sha256=hashlib.sha256(b"another").hexdigest())
    asset_id = ids.parse("ast", (await state_of(ada, address))["asset_id"])
    folder = app.settings.work_dir / str(asset_id) / "in"
    folder.mkdir(parents=True)
    (folder / "source").write_bytes(DATA)
    await deliver(times=1)
    assert (await state_of(ada, address))["failure_code"] == "sha256_mismatch"
