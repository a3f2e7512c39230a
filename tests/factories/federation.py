"""Log-ins by another provider, step by step, through the API."""

from dataclasses import dataclass, field
from typing import Any

import httpx2

from socialflow.kernel import crypto
from socialflow.kernel.config import Settings
from tests.factories.issuers import CLIENT, SECRET, Issuer, consent

API = "/api/v1"


def with_providers(settings: Settings, **providers: dict[str, Any]) -> Settings:
    """The settings, with providers; each needs only its kind and issuer."""
    usual = {"client_id": CLIENT, "client_secret": SECRET}
    made = {key: {**usual, **said} for key, said in providers.items()}
    http = settings.http.model_dump() | {"public_url": "http://testserver"}
    return Settings.model_validate({**dict(settings), "http": http, "identity": {"providers": made}})


@dataclass
class Browser:
    """Somebody who logs in by a provider: what their browser keeps and sends."""

    client: httpx2.AsyncClient
    key: str = "acme"
    route: str = "/auth/providers"
    headers: dict[str, str] = field(default_factory=dict)

    async def start(self, **body: Any) -> dict[str, str]:
        """Begin; where to go, and what to keep."""
        answer = await self.client.post(f"{API}{self.route}/{self.key}/start", json=body, headers=self.headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, str] = answer.json()
        return found

    async def finish(self, begun: dict[str, str], came: dict[str, str], **changes: Any) -> httpx2.Response:
        """Come back with what the provider gave, changed where a test wants it so; None takes something away."""
        sent = {"transaction": begun["transaction"], **came, **changes}
        sent = {name: value for name, value in sent.items() if value is not None}
        return await self.client.post(f"{API}{self.route}/{self.key}/callback", json=sent, headers=self.headers)

    async def log_in(self, subject: str, **body: Any) -> httpx2.Response:
        """The whole way."""
        begun = await self.start(**body)
        return await self.finish(begun, consent(begun["authorization_url"], subject))

    async def sign_up(self, subject: str, handle: str, **more: Any) -> httpx2.Response:
        """The whole way of a newcomer."""
        answer = await self.log_in(subject)
        assert answer.json()["kind"] == "sign_up", answer.text
        sent = {"ticket": answer.json()["sign_up"]["ticket"], "handle": handle, "display_name": handle, **more}
        return await self.client.post(f"{API}/auth/providers/finish", json=sent)


@dataclass
class Phone:
    """An app that got a token from the provider's software."""

    client: httpx2.AsyncClient
    issuer: Issuer
    key: str = "acme"

    async def bring(self, token: str, nonce: str, **more: Any) -> httpx2.Response:
        """Log in with a token."""
        sent = {"id_token": token, "nonce": nonce, **more}
        return await self.client.post(f"{API}/auth/providers/{self.key}/token", json=sent)

    async def log_in(self, subject: str, **claims: Any) -> httpx2.Response:
        """Log in with a good token, or one that differs in some claims."""
        nonce = crypto.token("nonce")
        return await self.bring(self.issuer.token(subject, nonce, **claims), nonce)
