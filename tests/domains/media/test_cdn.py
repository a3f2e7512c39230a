"""Public files by way of a CDN, and what it is told when they are not public any more."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx2
import pytest
from pydantic import SecretStr
from tests.factories.accounts import Person
from tests.factories.caches import TOKEN, SharedCache
from tests.factories.instance import free_port
from tests.factories.proxies import listening
from tests.factories.uploads import ready_asset
from tests.factories.videos import video

from socialflow.domains.accounts import service as accounts
from socialflow.domains.media.handlers import caches
from socialflow.domains.media.models import Access
from socialflow.domains.media.service import Dress, delete_asset, put_on, set_access
from socialflow.entrypoints.cdns import cdn
from socialflow.kernel import ids, metrics
from socialflow.kernel.config import CdnSettings, InvalidSettings, Settings
from socialflow.kernel.work import SYSTEM, App

URL = "https://cdn.example.org"
Deliver = Callable[..., Awaitable[int]]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def settings(settings: Settings, port: int) -> Settings:
    chosen = CdnSettings(kind="http", url=URL, purge_url=f"http://127.0.0.1:{port}", purge_token=SecretStr(TOKEN))
    return settings.model_copy(update={"cdn": chosen})


@pytest.fixture
async def edge(
    client: httpx2.AsyncClient, port: int, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[SharedCache, httpx2.AsyncClient]]:
    """A cache before the API, and somebody who asks there."""
    monkeypatch.setattr(caches, "MARGIN_SECONDS", -1.9)
    cache = SharedCache(client)
    async with (
        listening(cache, port=port),
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as visitor,
    ):
        yield cache, visitor


async def test_public_files_have_the_cdn_s_address_and_private_ones_ours(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    public, private = await video(app, ada), await video(app, ada, visibility="private")

    shown = (await client.get(f"/api/v1/videos/{public['id']}")).json()["playback"]
    assert all(shown[name].startswith(f"{URL}/media/ast_") for name in ("hls_url", "dash_url", "poster"))
    own = (await ada.get(f"/videos/{private['id']}")).json()["playback"]
    assert own["hls_url"].startswith("/media/~")


async def test_pages_may_show_what_comes_from_the_cdn(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    made = await video(app, ada)
    policy = (await client.get(f"/watch/{made['id']}")).headers["content-security-policy"]

    for directive in ("img-src 'self' data: blob:", "media-src 'self' blob:", "connect-src 'self'"):
        assert f"{directive} {URL};" in policy
    assert "script-src 'self';" in policy


async def test_only_what_is_everybody_s_is_marked_and_kept(
    app: App, ada: Person, edge: tuple[SharedCache, httpx2.AsyncClient]
) -> None:
    cache, visitor = edge
    asset = await ready_asset(app, ada)
    answer = await visitor.get(f"/media/{asset}/v360.mp4")
    assert (answer.status_code, answer.headers["surrogate-key"]) == (200, asset)
    assert list(cache.kept) == [f"/media/{asset}/v360.mp4"]

    signed = await ready_asset(app, ada, access=Access.SIGNED)
    assert (await visitor.get(f"/media/{signed}/v360.mp4")).status_code == 404
    assert len(cache.kept) == 1


@pytest.mark.parametrize("how", ["signed", "deleted", "suspended"])
async def test_what_is_withdrawn_is_gone_from_the_cdn(
    app: App, ada: Person, edge: tuple[SharedCache, httpx2.AsyncClient], deliver: Deliver, how: str
) -> None:
    cache, visitor = edge
    asset, other = await ready_asset(app, ada), await ready_asset(app, ada)
    for each in (asset, other):
        assert (await visitor.get(f"/media/{each}/v360.mp4")).status_code == 200

    async with app.work(SYSTEM) as work:
        asset_id = ids.parse("ast", asset)
        if how == "signed":
            await set_access(work, asset_id, Access.SIGNED)
        elif how == "deleted":
            await delete_asset(work, asset_id)
        else:
            await accounts.suspend(work, ids.parse("acc", ada.id), reason="A test", until=None)
    assert len(cache.kept) == 2, "nobody has told the cache yet"
    await deliver(times=1)
    assert len(cache.kept) == (0 if how == "suspended" else 1)
    # Once more, for what a process said that had not heard of it yet.
    assert cache.orders.count(("PURGE", f"/media/{asset}/")) >= 2


async def test_what_is_served_beside_a_video_is_had_anew_once_it_is_another(
    app: App, ada: Person, edge: tuple[SharedCache, httpx2.AsyncClient], deliver: Deliver
) -> None:
    cache, visitor = edge
    asset = await ready_asset(app, ada)
    asset_id = ids.parse("ast", asset)
    for text in (b"first", b"second"):
        await put_on(app, asset_id, Dress({"chapters.vtt": (text, "text/vtt")}))
        await deliver(times=1)
        assert (await visitor.get(f"/media/{asset}/chapters.vtt")).content == text

    await put_on(app, asset_id, Dress(gone=["chapters.vtt"]))
    await deliver(times=1)
    assert (await visitor.get(f"/media/{asset}/chapters.vtt")).status_code == 404
    assert not cache.kept


async def test_an_order_that_was_not_taken_is_given_again(
    app: App, ada: Person, edge: tuple[SharedCache, httpx2.AsyncClient]
) -> None:
    cache, visitor = edge
    asset = await ready_asset(app, ada)
    await visitor.get(f"/media/{asset}/v360.mp4")
    cache.broken = 503
    failed = metrics.PURGES.labels("failed")._value.get()

    event = caches.AssetWithdrawn(asset_id=ids.parse("ast", asset))
    with pytest.raises(caches.CdnUnavailable):
        await caches.purge_asset(app, event)
    assert metrics.PURGES.labels("failed")._value.get() == failed + 1
    assert cache.kept

    cache.broken = 0
    await caches.purge_asset(app, event)
    assert not cache.kept


def test_a_cdn_that_could_not_be_told_to_forget_is_refused(settings: Settings) -> None:
    for chosen, missing in (
        (CdnSettings(kind="none", url=URL), "SF_CDN__KIND"),
        (CdnSettings(kind="http", url=URL), "SF_CDN__PURGE_URL"),
        (CdnSettings(kind="cloudfront", url=URL), "SF_CDN__DISTRIBUTION_ID"),
    ):
        with pytest.raises(InvalidSettings, match=missing):
            cdn(settings.model_copy(update={"cdn": chosen}))
    with pytest.raises(ValueError, match="not an origin"):
        CdnSettings(kind="http", url="https://cdn.example.org/; script-src *")
