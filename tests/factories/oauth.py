"""Apps for tests: registered through the API, and taken through the code flow as a browser and a server would."""

import asyncio
import base64
import hashlib
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2

from socialflow.domains.accounts import service as accounts
from socialflow.domains.accounts.schemas import AppStanding
from socialflow.kernel import ids
from socialflow.kernel.work import SYSTEM, App
from tests.factories.accounts import Person

CALLBACK = "https://sky.example/callback"
VERIFIER = "a-verifier-of-the-tests-that-is-long-enough-for-pkce"


@dataclass(frozen=True, slots=True)
class Client:
    """An app, and how it speaks at the token endpoint."""

    id: str
    secret: str | None
    http: httpx2.AsyncClient

    async def form(self, path: str, **fields: str | None) -> httpx2.Response:
        """`POST` a form as this app."""
        shown = {"client_id": self.id, "client_secret": self.secret} | fields
        sent = {name: value for name, value in shown.items() if value is not None}
        return await self.http.post(path, data=sent)

    async def token(self, **fields: str | None) -> httpx2.Response:
        """Ask for tokens."""
        return await self.form("/oauth/token", **fields)

    async def exchange(self, code: str, **fields: str | None) -> httpx2.Response:
        """Exchange a code."""
        known = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code_verifier": VERIFIER, "code": code}
        return await self.token(**(known | fields))

    async def refresh(self, token: str, **fields: str | None) -> httpx2.Response:
        """Exchange a refresh token."""
        return await self.token(grant_type="refresh_token", refresh_token=token, **fields)


def app_form(**changes: Any) -> dict[str, Any]:
    """An app to be registered."""
    form = {
        "name": "Sky",
        "website": "https://sky.example",
        "redirect_uris": [CALLBACK],
        "scopes": ["read", "write"],
        "confidential": False,
    }
    return form | changes


async def make_app(owner: Person, http: httpx2.AsyncClient, **changes: Any) -> Client:
    """Register an app of somebody's."""
    answer = await owner.post("/me/apps", app_form(**changes))
    assert answer.status_code == 201, answer.text
    return Client(answer.json()["id"], answer.json()["client_secret"], http)


def challenge_of(verifier: str) -> str:
    """S256 of a verifier (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def asking(client_id: str, **changes: str | None) -> dict[str, str]:
    """A good request of an app."""
    good = {
        "client_id": client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "read",
        "state": "a state",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def answered(address: str) -> dict[str, str]:
    """What stands in the query of an address that somebody was sent back to."""
    return dict(parse_qsl(urlsplit(address).query))


async def code_for(who: Person, client: Client, **changes: str | None) -> str:
    """The code that an app gets when somebody lets it in."""
    answer = await who.post("/oauth/grants", {**asking(client.id, **changes), "allow": True})
    assert answer.status_code == 200, answer.text
    return answered(answer.json()["redirect_to"])["code"]


async def let_in(who: Person, client: Client, **changes: str | None) -> dict[str, Any]:
    """The tokens that an app gets when somebody lets it in."""
    answer = await client.exchange(await code_for(who, client, **changes))
    assert answer.status_code == 200, answer.text
    given: dict[str, Any] = answer.json()
    return given


async def verify(app: App, client: Client) -> None:
    """Make an app one that staff have looked at."""
    async with app.work(SYSTEM) as work:
        await accounts.oauth.judge_app(work, ids.parse("app", client.id), AppStanding(verified=True))


async def refused_within_five_seconds(http: httpx2.AsyncClient) -> None:
    """Wait until a token is good no longer."""
    deadline = time.monotonic() + 5
    while (await http.get("/api/v1/me")).status_code != 401:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)
