"""From an uploaded picture to an avatar that everybody sees."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.pictures import opened, picture, png_that_says
from tests.factories.uploads import started, state_of, uploaded

from socialflow.domains.accounts import service as accounts
from socialflow.domains.media.errors import ImageRefused
from socialflow.domains.media.events import UploadCompleted
from socialflow.domains.media.handlers import images as handlers
from socialflow.domains.media.service import Purpose, image_of_upload
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Actor, App
from socialflow.ports import images as port
from socialflow.ports.images import ImageFault, ImageMaker
from socialflow.ports.storage import ObjectStore

Deliver = Callable[..., Awaitable[int]]


def actor_of(person: Person) -> Actor:
    return accounts.actor_of(ids.parse("acc", person.id), "user", frozenset({"write"}), None)


def upload_of(address: str) -> Any:
    return ids.parse("upl", address.rpartition("/")[2])


async def objects(app: App) -> list[str]:
    return sorted([info.key async for info in app.port(ObjectStore).list("")])


async def test_an_avatar_is_made_anew_and_served_to_everybody(
    app: App, ada: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    data = picture("PNG")
    address = await uploaded(ada, data, purpose="avatar", filename="me.png", filetype="image/png")
    await deliver()

    state = await state_of(ada, address)
    assert (state["state"], state["purpose"], state["progress"]) == ("ready", "avatar", 1.0)
    for side in (96, 256, 512):
        answer = await client.get(f"/media/{state['asset_id']}/avatar-{side}.webp")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
        assert opened(answer.content).size == (side, side)
    assert data not in [await app.port(ObjectStore).get(key) for key in await objects(app)]
    assert all(key.startswith("assets/") for key in await objects(app))
    assert len(await objects(app)) == 3
    async with app.sessions() as session:
        kinds = list(await session.scalars(text("SELECT kind FROM outbox WHERE kind LIKE 'Image%'")))
    assert kinds == ["ImageReady"]


async def test_a_channel_shows_the_avatar_once_it_has_been_looked_at(
    ada: Person, client: httpx2.AsyncClient, deliver: Deliver
) -> None:
    address = await uploaded(ada, picture("JPEG"), purpose="avatar", filetype="image/jpeg")
    answer = await ada.patch(f"/channels/{ada.channel_id}", {"avatar_upload_id": address.rpartition("/")[2]})
    assert (answer.status_code, answer.json()["avatar_url"]) == (200, None)

    await deliver()
    url = (await client.get("/api/v1/channels/@ada")).json()["avatar_url"]
    assert (await client.get(url)).status_code == 200


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_an_image"),
        (png_that_says(30_000, 30_000), "too_many_pixels"),
        (picture("JPEG")[:700], "damaged_image"),
    ],
)
async def test_what_is_no_picture_fails_with_a_code_and_a_sentence(
    app: App, ada: Person, deliver: Deliver, data: bytes, code: str
) -> None:
    address = await uploaded(ada, data, purpose="avatar")
    await deliver()

    state = await state_of(ada, address)
    assert (state["state"], state["failure_code"]) == ("failed", code)
    assert state["failure_detail"] == port.SENTENCES[ImageFault(code)]
    assert await objects(app) == []
    answer = await ada.patch(f"/channels/{ada.channel_id}", {"avatar_upload_id": address.rpartition("/")[2]})
    assert (answer.status_code, answer.json()["code"]) == (409, "image_refused")


async def test_a_picture_is_nobody_elses_and_nothing_else(app: App, ada: Person, bob: Person) -> None:
    avatar = await started(ada, 10, purpose="avatar")
    video = await started(ada, 10)

    async with app.work(actor_of(ada)) as work:
        assert await image_of_upload(work, upload_of(avatar), Purpose.AVATAR) is None
        with pytest.raises(NotFound):
            await image_of_upload(work, upload_of(video), Purpose.AVATAR)
    async with app.work(actor_of(bob)) as work:
        with pytest.raises(NotFound):
            await image_of_upload(work, upload_of(avatar), Purpose.AVATAR)


async def test_a_refused_picture_says_so(app: App, ada: Person, deliver: Deliver) -> None:
    address = await uploaded(ada, b"x", purpose="avatar")
    await deliver()

    async with app.work(actor_of(ada)) as work:
        with pytest.raises(ImageRefused):
            await image_of_upload(work, upload_of(address), Purpose.AVATAR)


async def test_a_fault_on_our_side_is_told_as_one(app: App, ada: Person) -> None:
    class Broken:
        async def crops(self, source: Path, sizes: object) -> port.Crops:
            raise port.ImageTrouble(f"{source.name} {sizes}")

    cast("dict[type[Any], Any]", app.ports)[ImageMaker] = Broken()
    address = await uploaded(ada, picture("PNG"), purpose="avatar")
    event = UploadCompleted(
        upload_id=upload_of(address),
        asset_id=ids.parse("ast", (await state_of(ada, address))["asset_id"]),
        account_id=ids.parse("acc", ada.id),
        purpose="avatar",
    )
    with pytest.raises(port.ImageTrouble):
        await handlers.make_image(app, event)
    await handlers.give_up(app, event, "ImageTrouble")

    assert (await state_of(ada, address))["failure_code"] == "processing_failed"


async def test_a_damaged_source_is_told_as_one(app: App, ada: Person, deliver: Deliver) -> None:
    address = await uploaded(ada, picture("PNG"), purpose="avatar")
    (key,) = await objects(app)
    await app.port(ObjectStore).put(key, b"other bytes", content_type="text/plain")
    await deliver()

    assert (await state_of(ada, address))["failure_code"] == "source_damaged"
