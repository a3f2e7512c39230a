"""A62: canaries go through every flow, also through those that fail; no log line and no metric tells of one."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.conftest import SECRET
from tests.factories.accounts import Person
from tests.factories.instance import free_port
from tests.factories.letters import Mails, letters_to, token_of
from tests.factories.servers import serving
from tests.factories.videos import video

from socialflow.kernel import ids
from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

CANARY = "canary7f3a"
PASSWORD, WRONG, KEY = f"{CANARY}-password", f"{CANARY}-wrong", f"{CANARY}-key"
EMAIL = f"{CANARY}@example.org"
# Each strikes once: effects that were under way, with everything that was said in their requests.
STRUCK = (
    "register",
    "logIn",
    "refreshTokens",
    "updateMe",
    "createVideo",
    "logOut",
    "streamEvents",
    "createUpload",
    "createToken",
    "giveUpToken",
)


@dataclass
class Running:
    """A process of the API, its log, and every secret that has passed through it."""

    url: str
    log: Path
    metrics: str
    secrets: set[str] = field(default_factory=lambda: {PASSWORD, WRONG, KEY, SECRET, EMAIL})

    def client(self, **headers: str) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=60)

    def given(self, answer: httpx2.Response) -> dict[str, Any]:
        """The credentials in an answer, remembered as canaries: whole, and by their secret parts alone."""
        assert answer.status_code in {200, 201}, answer.text
        found: dict[str, Any] = answer.json()
        for secret in (found["access_token"], found["refresh_token"], found["csrf_token"]):
            if secret:
                self.secrets |= {secret, secret.rpartition(".")[2]}
        for cookie in answer.cookies.values():
            self.secrets |= {cookie, cookie.rpartition(".")[2]}
        return found

    def lines(self) -> list[dict[str, Any]]:
        """The log; a line that is not one JSON object fails the test."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
async def running(settings: Settings, tmp_path: Path, app: App) -> AsyncIterator[Running]:
    port, log = free_port(), tmp_path / "api.log"
    faults = ",".join(f"{name}.before_commit:raise@{tmp_path / name}" for name in STRUCK)
    surroundings = {
        "SF_FAULT": faults,
        "SF_OBSERVABILITY__METRICS_PORT": str(port),
        "SF_OBSERVABILITY__LOG_LEVEL": "debug",
    }
    async with serving(settings, log, **surroundings) as url:
        yield Running(url, log, f"http://127.0.0.1:{port}/metrics")


def form(handle: str, email: str) -> dict[str, str]:
    return {"email": email, "password": PASSWORD, "handle": handle, "display_name": "Ada"}


async def sign_up_and_in(running: Running) -> dict[str, Any]:
    """Signing up and in, rightly and wrongly; gives what the last log-in gave."""
    key = {"Idempotency-Key": KEY}
    async with running.client() as client:
        for status in (500, 201, 201):
            answer = await client.post("/api/v1/auth/register", json=form("ada", EMAIL), headers=key)
            assert answer.status_code == status, answer.text
        running.given(answer)
        bad: list[dict[str, Any]] = [
            form("eve", EMAIL),
            {**form("x", EMAIL), PASSWORD: PASSWORD},
            {"email": PASSWORD, "password": [PASSWORD], "handle": {PASSWORD: WRONG}, "display_name": WRONG * 9},
        ]
        for body in bad:
            assert (await client.post("/api/v1/auth/register", json=body, headers=key)).status_code == 422
        broken = f'{{"login": "ada", "password": "{PASSWORD}"'
        answer = await client.post("/api/v1/auth/login", content=broken, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422
        for password, status in ((PASSWORD, 500), (WRONG, 401), (PASSWORD, 200)):
            answer = await client.post("/api/v1/auth/login", json={"login": "ada", "password": password})
            assert answer.status_code == status
        return running.given(answer)


async def keep_going(running: Running, given: dict[str, Any]) -> None:
    """Refreshing, rightly and wrongly, until the family has ended."""
    token = given["refresh_token"]
    async with running.client() as client:
        answers = []
        for shown in (token, token, token, token[:-3], f"sfr_{token}"):
            answers.append(await client.post("/api/v1/auth/refresh", json={"refresh_token": shown}))
            if answers[-1].status_code == 200:
                running.given(answers[-1])
    assert [answer.status_code for answer in answers] == [500, 200, 200, 401, 401]


async def act(running: Running, app: App, person: Person) -> None:
    """What one does with a token: changes, uploads, playing one's private video, by good and by bad addresses."""
    for status in (500, 200):
        assert (await person.patch("/me", {"display_name": "Ada L."})).status_code == status
    assert (await person.get(f"/events?topics=video:{ids.show('vid', ids.new())}")).status_code == 404
    tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "1000", "Idempotency-Key": KEY}
    assert (await person.http.post("/api/v1/uploads", headers=tus)).status_code == 500
    upload = (await person.http.post("/api/v1/uploads", headers=tus)).headers["location"].rpartition("/")[2]
    body = {"title": "x", "upload_id": upload}
    assert (await person.post("/videos", body, headers={"Idempotency-Key": KEY})).status_code == 500
    shown = await video(app, person, visibility="private")
    hls: str = shown["playback"]["hls_url"]
    token = hls.split("/")[2].removeprefix("~")
    running.secrets |= {token, token[-22:]}
    async with running.client() as anybody:
        for path, status in ((hls, 200), (f"/{hls}", 404), (f"{hls}/x", 404), (hls.replace("~", "%7E"), 200)):
            assert (await anybody.get(path)).status_code == status, path
        assert (await anybody.head(hls)).status_code == 200
        assert (await anybody.get(f"{hls}x?token={token}")).status_code == 404
    forged = f"{person.access_token}{CANARY}"
    for header in (f"Bearer {forged}", f"Basic {PASSWORD}", person.access_token):
        path = f"/api/v1/me?access_token={person.access_token}&password={PASSWORD}"
        assert (await person.http.get(path, headers={"Authorization": header})).status_code == 401
    await programs(running, person)
    for status in (500, 204):
        assert (await person.post("/auth/logout")).status_code == status


async def programs(running: Running, person: Person) -> None:
    """Personal tokens: made, used rightly and wrongly, leaked and given up."""
    body = {"name": "a script", "scopes": ["read"], "networks": ["127.0.0.0/8", "::1"]}
    assert (await person.post("/me/tokens", body)).status_code == 500
    made = [
        (await person.post("/me/tokens", each)).json()["token"] for each in (body, body | {"networks": ["9.9.9.9"]})
    ]
    running.secrets |= {*made, *(token.removeprefix("sf_pat_") for token in made), made[0][:-6], made[1][:-6]}
    async with running.client() as client:
        for token, status in ((made[0], 200), (made[1], 401), (made[0][:-1], 401), (f"{made[0]}x", 401)):
            answer = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == status
        leak = [{"token": made[0], "type": "personal", "url": "https://example.org", "source": "content"}]
        assert (await client.post("/api/v1/token-leaks", json=leak)).status_code == 404
        for wrong in ({"token": [made[0]]}, {made[0]: made[1]}):
            assert (await client.post("/api/v1/auth/tokens/revoke", json=wrong)).status_code == 422
        for status in (500, 204):
            answer = await client.post("/api/v1/auth/tokens/revoke", json={"token": made[0]})
            assert answer.status_code == status


async def browse(running: Running) -> None:
    """The same by the web app's own forms, and by its cookie."""
    async with running.client(Origin="http://" + running.url.partition("//")[2]) as browser:
        for password, status in ((WRONG, 401), (PASSWORD, 303)):
            answer = await browser.post("/login", data={"login": EMAIL, "password": password})
            assert answer.status_code == status, answer.text
        cookie = browser.cookies["sf_session"]
        token = (await browser.get("/api/v1/auth/session")).json()["csrf_token"]
        running.secrets |= {cookie, cookie.rpartition(".")[2], token}
        for path in ("/", "/settings", f"/watch/{CANARY}", f"/nothing?token={token}"):
            await browser.get(path)
        saved = await browser.post("/settings", data={"display_name": "Ada", "csrf_token": token})
        assert saved.status_code in {200, 303}
        refused = await browser.post("/settings", data={"display_name": "Ada", "csrf_token": f"{token}x"})
        assert refused.status_code == 403
        taken = form("ada", f"{CANARY}2@example.org") | {"password": PASSWORD}
        assert (await browser.post("/signup", data=taken)).status_code == 409
        assert (await browser.post("/logout", data={"csrf_token": token})).status_code == 303


async def recover(running: Running, deliver: Callable[..., Awaitable[int]], mails: Mails) -> None:
    """A new password by mail, and a verified address: by the API and by pages, rightly and wrongly."""
    new = f"{CANARY} new password"
    running.secrets.add(new)
    async with running.client(Origin="http://" + running.url.partition("//")[2]) as browser:
        asked = await browser.post("/api/v1/auth/password-reset", json={"email": EMAIL})
        assert asked.status_code == 202
        assert (await browser.post("/forgot", data={"email": EMAIL})).status_code == 200
        await deliver(times=1)
        letters = letters_to(mails, EMAIL, "/reset") + letters_to(mails, EMAIL, "/verify")
        running.secrets |= {token_of(each) for each in letters}
        for letter in letters:
            page = "/" + letter.link.rpartition("/")[2].partition("?")[0]
            for token, status in ((token_of(letter)[:-4] + "AAAA", 422), (token_of(letter), 200)):
                assert (await browser.get(page, params={"token": token})).status_code == 200
                answer = await browser.post(page, data={"token": token, "password": new})
                assert answer.status_code in {status, 422}, answer.text
            path = f"/api/v1/auth/verify-email?token={token_of(letter)}"
            assert (await browser.post(path, json={"token": token_of(letter)})).status_code == 422
        assert (await browser.post("/login", data={"login": EMAIL, "password": new})).status_code == 303


async def test_a62_no_secret_is_told_to_a_log_or_a_metric(
    running: Running, app: App, deliver: Callable[..., Awaitable[int]], mails: Mails
) -> None:
    given = await sign_up_and_in(running)
    async with running.client(Authorization=f"Bearer {given['access_token']}") as http:
        user = given["user"]
        person = Person(user["id"], "ada", user["channel_id"], given["access_token"], given["refresh_token"], http)
        await keep_going(running, await _another(running))
        await act(running, app, person)
    await browse(running)
    await recover(running, deliver, mails)
    async with running.client() as client:
        metrics = (await client.get(running.metrics)).text

    lines, text = running.lines(), running.log.read_text()
    assert "sf_" in metrics or "socialflow" in metrics
    assert len(running.secrets) > 20
    for secret in running.secrets:
        assert secret not in text, secret[:12]
        assert secret not in metrics, secret[:12]
    # The flows did fail where they were to, and it was told by whom.
    assert {line["event"] for line in lines} >= {"request", "unhandled"}
    assert sum(line["event"] == "unhandled" for line in lines) >= len(STRUCK) - 1
    assert any("/~[hidden]/" in line.get("path", "") for line in lines)
    for line in lines:
        assert {"event", "timestamp", "level", "role"} <= set(line), line
        assert line["event"] not in {"request", "unhandled"} or line.get("request_id"), line


async def test_a62_a_page_and_the_calls_that_it_makes_are_found_under_one_number(running: Running) -> None:
    origin = "http://" + running.url.partition("//")[2]
    async with running.client(Origin=origin) as browser:
        number = (await browser.post("/login", data={"login": "nobody", "password": WRONG})).headers["x-request-id"]

    def paths() -> list[str]:
        told = [line for line in running.lines() if line.get("request_id") == number]
        return [line["path"] for line in told if line["event"] == "request"]

    # A request is noted after it has been answered.
    async with asyncio.timeout(20):
        while len(paths()) < 2:
            await asyncio.sleep(0.05)
    assert paths() == ["/api/v1/auth/login", "/login"]


async def _another(running: Running) -> dict[str, Any]:
    async with running.client() as client:
        answer = await client.post("/api/v1/auth/login", json={"login": EMAIL, "password": PASSWORD})
        return running.given(answer)
