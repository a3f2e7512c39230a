"""For whom a video is, chosen with the forms of the web app: followers, people by name, whoever knows a password."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx2
from fastapi import FastAPI
from tests.factories.accounts import PASSWORD, Person
from tests.factories.videos import video

from socialflow.kernel.work import App

ORIGIN = "http://testserver"
People = Callable[..., Awaitable[Person]]


@asynccontextmanager
async def browser_of(api: FastAPI, person: Person) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody's browser, logged in with the form."""
    transport = httpx2.ASGITransport(app=api, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers={"Origin": ORIGIN}) as client:
        answer = await client.post("/login", data={"login": person.handle, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        yield client


async def test_an_owner_chooses_who_can_watch(app: App, api: FastAPI, ada: Person, bob: Person) -> None:
    made = await video(app, ada, visibility="public")
    page = f"/my/videos/{made['id']}"
    async with browser_of(api, ada) as browser:
        token = (await browser.get("/api/v1/auth/session")).json()["csrf_token"]

        async def save(**fields: str) -> httpx2.Response:
            form = {"title": made["title"], "tags": "", "csrf_token": token, **fields}
            return await browser.post(page, data=form)

        async def state() -> tuple[str, str]:
            read = (await ada.get(f"/videos/{made['id']}")).json()
            return read["visibility"], read["mark"]

        assert (await save(visibility="followers", mark="sensitive")).status_code == 303
        assert await state() == ("followers", "sensitive")
        assert (await bob.get(f"/videos/{made['id']}")).status_code == 404
        shown = (await browser.get(page)).text
        assert 'value="followers" checked' in shown
        assert 'value="sensitive" checked' in shown
        assert 'value="members"' not in shown
        # A form that says nothing of it, as those of before, changes nothing of it.
        assert (await save()).status_code == 303
        assert await state() == ("followers", "sensitive")

        refused = await save(visibility="password", mark="none")
        assert (refused.status_code, await state()) == (422, ("followers", "sensitive"))
        assert "needs one" in refused.text
        assert (await save(visibility="password", mark="none", password="a sea of words")).status_code == 303
        assert (await save(visibility="password", mark="none", password="")).status_code == 303
        unlocked = await bob.post(f"/videos/{made['id']}/unlock", {"password": "a sea of words"})
        assert (unlocked.status_code, await state()) == (200, ("password", "none"))

        assert (await save(visibility="named", mark="none")).status_code == 303
        assert f"{page}/viewers" in (await browser.get(page)).text
        unknown = await browser.post(f"{page}/viewers", data={"handle": "@nobody_here", "csrf_token": token})
        assert (unknown.status_code, "Nobody here is called so." in unknown.text) == (404, True)
        wrong = await browser.post(f"{page}/viewers", data={"handle": "no handle", "csrf_token": token})
        assert wrong.status_code == 422
        assert (await browser.post(f"{page}/viewers", data={"handle": "@Bob", "csrf_token": token})).status_code == 303
        assert "@bob" in (await browser.get(f"{page}/viewers?done=added")).text
        assert (await bob.get(f"/videos/{made['id']}")).status_code == 200
        gone = await browser.post(f"{page}/viewers/{bob.channel_id}/remove", data={"csrf_token": token})
        assert gone.status_code == 303
        assert "Nobody yet." in (await browser.get(f"{page}/viewers")).text
        assert (await bob.get(f"/videos/{made['id']}")).status_code == 404


async def test_whose_video_it_is_not_sees_nobody_of_it(app: App, api: FastAPI, ada: Person, bob: Person) -> None:
    made = await video(app, ada, visibility="public")
    async with browser_of(api, bob) as browser:
        assert (await browser.get(f"/my/videos/{made['id']}/viewers")).status_code == 403
