"""Whose pages may show a video in a frame."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from tests.factories.accounts import PASSWORD, Person
from tests.factories.uploads import problem
from tests.factories.videos import video

from socialflow.kernel.config import Settings
from socialflow.kernel.work import App


def ancestors(page: httpx2.Response) -> str:
    """Who may frame a page, by what it tells the browser."""
    assert ("x-frame-options" in page.headers) is (page.status_code == 403)
    directives = page.headers["content-security-policy"].split("; ")
    (found,) = [each for each in directives if each.startswith("frame-ancestors ")]
    return str(found.removeprefix("frame-ancestors "))


async def allow(person: Person, video_id: str, domains: list[str] | None) -> dict[str, Any]:
    answer = await person.patch(f"/videos/{video_id}", {"embed_domains": domains})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_everybody_may_unless_somebody_says_otherwise(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    made = await video(app, ada)
    assert (made["embed_domains"], made["embeddable_on"]) == (None, None)

    page = await client.get(f"/embed/{made['id']}")
    assert (page.status_code, ancestors(page)) == (200, "*")
    assert "<sf-player" in page.text
    assert f'/watch/{made["id"]}" target="_blank"' in page.text
    assert "<iframe" in (await client.get(f"/watch/{made['id']}")).text.replace("&lt;", "<")


async def test_the_video_s_list_goes_before_the_channel_s_and_that_before_the_installation_s(
    app: App, ada: Person, client: httpx2.AsyncClient
) -> None:
    made = await video(app, ada)
    path = f"/embed/{made['id']}"
    channel = await ada.patch(f"/channels/{ada.channel_id}", {"embed_domains": ["Example.ORG", "*.example.com"]})
    assert channel.json()["embed_domains"] == ["example.org", "*.example.com"]
    changed = await allow(ada, made["id"], None)
    assert changed["embeddable_on"] == ["example.org", "*.example.com"]
    assert ancestors(await client.get(path)) == "example.org *.example.com"

    assert (await allow(ada, made["id"], ["blog.example.net:8443"]))["embeddable_on"] == ["blog.example.net:8443"]
    assert ancestors(await client.get(path)) == "blog.example.net:8443"
    await allow(ada, made["id"], [])
    refused = await client.get(path)
    assert (refused.status_code, ancestors(refused)) == (403, "'none'")
    assert "<sf-player" not in refused.text
    assert "/embed/" not in (await client.get(f"/watch/{made['id']}")).text


@pytest.mark.parametrize(
    "domain",
    [
        "https://example.org",
        "example.org/path",
        "*",
        "*.*.org",
        "example.org; script-src *",
        "example.org 'self'",
        "exa mple.org",
        "-a.org",
        "bücher.example",
        "example.org:0",
        "a" * 64 + ".org",
        "data:",
        "",
    ],
)
async def test_what_is_no_domain_is_refused(app: App, ada: Person, domain: str) -> None:
    made = await video(app, ada)
    for path in (f"/videos/{made['id']}", f"/channels/{ada.channel_id}"):
        refused = await ada.patch(path, {"embed_domains": [domain]})
        assert problem(refused, 422, "invalid_request")["errors"][0]["pointer"] == "/embed_domains/0"


async def test_only_the_owner_chooses(app: App, ada: Person, bob: Person) -> None:
    made = await video(app, ada)

    problem(await bob.patch(f"/videos/{made['id']}", {"embed_domains": []}), 403, "not_your_video")
    assert (await ada.get(f"/videos/{made['id']}")).json()["embed_domains"] is None


async def test_what_few_may_see_is_in_no_frame_not_even_for_its_owner(
    app: App, ada: Person, connect: Callable[..., httpx2.AsyncClient]
) -> None:
    private = await video(app, ada, visibility="private", embed_domains=["example.org"])
    assert (private["embed_domains"], private["embeddable_on"]) == (["example.org"], [])
    unlisted = await video(app, ada, visibility="unlisted")

    async with connect(Origin="http://testserver") as browser:
        await browser.post("/login", data={"login": "ada", "password": PASSWORD})
        assert (await browser.get(f"/watch/{private['id']}")).status_code == 200
        refused = await browser.get(f"/embed/{private['id']}")
        assert refused.status_code == 404
        assert "frame-ancestors 'none'" in refused.headers["content-security-policy"]
        # Whoever has the link has it in a frame, too; nothing on the page is of who looks at it.
        shown = await browser.get(f"/embed/{unlisted['id']}")
        assert (shown.status_code, ancestors(shown)) == (200, "*")
        assert "set-cookie" not in shown.headers
        assert "csrf" not in shown.text


class TestNobody:
    """An installation whose videos are in nobody's frames, unless their owners say so."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"media": settings.media.model_copy(update={"embedding": "nobody"})})

    async def test_only_lists_open(self, app: App, ada: Person, client: httpx2.AsyncClient) -> None:
        made = await video(app, ada)
        assert (await client.get(f"/embed/{made['id']}")).status_code == 403
        await allow(ada, made["id"], ["example.org"])
        page = await client.get(f"/embed/{made['id']}")
        assert (page.status_code, ancestors(page)) == (200, "example.org")


async def test_the_form_of_a_video_keeps_what_it_shows(
    app: App, ada: Person, connect: Callable[..., httpx2.AsyncClient]
) -> None:
    made = await video(app, ada)
    form = {"title": "T", "visibility": "public", "embedding": "listed", "embed_domains": "example.org, *.example.com"}
    async with connect(Origin="http://testserver") as browser:
        await browser.post("/login", data={"login": "ada", "password": PASSWORD})
        page = (await browser.get(f"/my/videos/{made['id']}")).text
        form["csrf_token"] = page.partition('name="csrf_token" value="')[2].partition('"')[0]
        assert (await browser.post(f"/my/videos/{made['id']}", data={**form, "allow_download": "1"})).status_code == 303
        saved = (await ada.get(f"/videos/{made['id']}")).json()
        assert (saved["embed_domains"], saved["allow_download"]) == (["example.org", "*.example.com"], True)
        again = (await browser.get(f"/my/videos/{made['id']}")).text
        assert 'name="allow_download" value="1" checked' in again
        assert 'value="example.org *.example.com"' in again

        refused = await browser.post(f"/my/videos/{made['id']}", data={**form, "embed_domains": "https://x"})
        assert refused.status_code == 422
        assert "without https://" in refused.text
        assert (
            await browser.post(f"/my/videos/{made['id']}", data={**form, "embedding": "channel"})
        ).status_code == 303
    saved = (await ada.get(f"/videos/{made['id']}")).json()
    assert (saved["embed_domains"], saved["allow_download"]) == (None, False)
