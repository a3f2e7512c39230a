"""People for tests: signed up through the API, with a client that speaks as them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2

from socialflow.domains.accounts import service as accounts
from socialflow.domains.accounts.models import Role
from socialflow.kernel.work import SYSTEM, App

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account, and their client."""

    id: str
    handle: str
    channel_id: str
    access_token: str
    refresh_token: str
    http: httpx2.AsyncClient

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        """`GET /api/v1{path}` as this person."""
        return await self.http.get(f"/api/v1{path}", **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> httpx2.Response:
        """`POST /api/v1{path}` with a JSON body as this person."""
        return await self.http.post(f"/api/v1{path}", json=body, **options)

    async def patch(self, path: str, body: Any, **options: Any) -> httpx2.Response:
        """`PATCH /api/v1{path}` with a JSON body as this person."""
        return await self.http.patch(f"/api/v1{path}", json=body, **options)

    async def put(self, path: str, **options: Any) -> httpx2.Response:
        """`PUT /api/v1{path}` as this person."""
        return await self.http.put(f"/api/v1{path}", **options)

    async def delete(self, path: str, **options: Any) -> httpx2.Response:
        """`DELETE /api/v1{path}` as this person."""
        return await self.http.delete(f"/api/v1{path}", **options)


def form(handle: str) -> dict[str, str]:
    """A sign-up."""
    return {
        "email": f"{handle}@example.org",
        "password": PASSWORD,
        "handle": handle,
        "display_name": handle.capitalize(),
    }


async def sign_up(app: App, connect: Callable[..., httpx2.AsyncClient], handle: str, *, role: str = "user") -> Person:
    """Sign somebody up, give them a role, and log them in."""
    client = connect()
    answer = await client.post("/api/v1/auth/register", json=form(handle))
    assert answer.status_code == 201, answer.text
    if role != Role.USER:
        async with app.work(SYSTEM) as work:
            await accounts.change_role(work, await accounts.by_login(work, handle), role)
        answer = await client.post("/api/v1/auth/login", json={"login": handle, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
    given = answer.json()
    client.headers["Authorization"] = f"Bearer {given['access_token']}"
    user = given["user"]
    return Person(user["id"], handle, user["channel_id"], given["access_token"], given["refresh_token"], client)
