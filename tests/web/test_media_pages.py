"""Staff's pages about what is made of uploads, before the real API."""

import re
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from tests.factories.accounts import PASSWORD, Person
from tests.factories.assets import asset_of, upload
from tests.factories.clips import clip
from tests.factories.staff import of_role
from tests.faults.transcoding import work_off

from socialflow.domains.media.models import AssetState
from socialflow.kernel import ids
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

ORIGIN = {"Origin": "http://testserver", "Host": "testserver"}
People = Callable[..., Awaitable[Person]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    http = settings.http.model_copy(update={"public_url": "http://testserver"})
    return settings.model_copy(update={"http": http})


async def post(client: httpx2.AsyncClient, path: str, form: dict[str, str]) -> httpx2.Response:
    """What a browser without scripts does, with the token that stands in the page."""
    page = await client.get("/about")
    found = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
    return await client.post(path, data=form | ({"csrf_token": found[1]} if found else {}), headers=ORIGIN)


async def test_staff_see_what_failed_and_why_and_begin_it_anew(
    app: App, person: People, client: httpx2.AsyncClient
) -> None:
    maker = await person("maker")
    await of_role(app, person, "ops", "jobs:manage")
    await post(client, "/login", {"login": "ops", "password": PASSWORD})
    assert (await client.get("/admin")).headers["location"] == "/admin/media"
    empty = (await client.get("/admin/media")).text
    assert "Nobody has uploaded a video yet." in empty
    assert "No worker has been heard of lately." in empty

    made = await upload(app, maker, clip("tiny.mp4"))
    await work_off(app, leave=1)
    path = f"/admin/media/{ids.show('ast', made.asset_id)}"
    listed = (await client.get("/admin/media?state=running")).text
    assert "Under way" in listed
    assert listed.count("<bdi>@maker</bdi>") == 2, "who uploaded it, and who keeps most"
    stopped = await post(client, path, {"deed": "cancel", "reason": "a test"})
    assert stopped.headers["location"] == f"{path}?done=stopped"
    page = (await client.get(f"{path}?done=stopped")).text
    assert "cancelled" in page
    assert "storyboard" in page
    assert "Process again" in page
    assert "No job stands so." in (await client.get("/admin/media?state=done")).text

    assert (await post(client, path, {"deed": "retry"})).status_code == 303
    refused = await post(client, path, {"deed": "retry"})
    assert refused.status_code == 409
    assert "Only what has failed or was stopped" in refused.text
    await work_off(app)
    assert (await asset_of(app, made.asset_id)).state == AssetState.READY
    assert "Done" in (await client.get(path)).text


async def test_others_do_not_see_them(person: People, client: httpx2.AsyncClient) -> None:
    maker = await person("maker")
    await post(client, "/login", {"login": maker.handle, "password": PASSWORD})
    assert (await client.get("/admin/media")).status_code == 403
