"""Authlib, a client that is not ours, logs people in at our OAuth server: by code with PKCE, and by a device."""

import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from authlib.integrations.requests_client import OAuth2Session
from tests.factories.accounts import form
from tests.factories.oauth import app_form
from tests.factories.servers import serving

from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

SECONDS = 10
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
BACK = "http://127.0.0.1:49152/back"


@pytest.fixture
async def address(app: App, settings: Settings, tmp_path: Path) -> AsyncIterator[str]:
    """A server in a process of its own; the App empties the database behind it."""
    quick = {"SF_OAUTH__DEVICE_INTERVAL_S": "1"}
    async with serving(settings, tmp_path / "api.log", **quick) as url:
        yield url


@contextmanager
def browser(address: str) -> Iterator[httpx2.Client]:
    """A browser in which Ada has signed up; it goes where our own site sends it, and stops at the door."""
    with httpx2.Client(base_url=address, headers={"Origin": address}) as client:
        answer = client.post("/signup", data=form("ada"))
        assert answer.status_code == 303, answer.text
        yield client


def csrf(client: httpx2.Client) -> str:
    """The token of the forms."""
    token: str = client.get("/api/v1/auth/session").json()["csrf_token"]
    return token


def registered(client: httpx2.Client, **changes: Any) -> dict[str, Any]:
    """An app of Ada's."""
    sent = app_form(redirect_uris=["http://127.0.0.1/back"], **changes)
    answer = client.post("/api/v1/me/apps", json=sent, headers={"X-CSRF-Token": csrf(client)})
    assert answer.status_code == 201, answer.text
    app: dict[str, Any] = answer.json()
    return app


def test_authlib_s_client_logs_somebody_in_by_code_and_pkce(address: str) -> None:
    metadata = httpx2.get(f"{address}/.well-known/oauth-authorization-server").json()
    ends = {name: address + urlsplit(url).path for name, url in metadata.items() if name.endswith("_endpoint")}
    with browser(address) as ada:
        for method in metadata["token_endpoint_auth_methods_supported"]:
            log_in_by_code(address, ends, ada, method)


def log_in_by_code(address: str, ends: dict[str, str], ada: httpx2.Client, method: str) -> None:
    """The whole life of an app that shows itself by this method."""
    app = registered(ada, confidential=method != "none")
    verifier = secrets.token_urlsafe(48)
    with OAuth2Session(
        app["id"],
        app["client_secret"],
        token_endpoint_auth_method=method,
        scope="read write:account",
        redirect_uri=BACK,
        code_challenge_method="S256",
        default_timeout=SECONDS,
    ) as client:
        url, state = client.create_authorization_url(ends["authorization_endpoint"], code_verifier=verifier)
        assert "Sky" in ada.get(url).text
        asked = dict(parse_qsl(urlsplit(url).query))
        said = ada.post("/oauth/authorize", data={**asked, "csrf_token": csrf(ada), "decision": "allow"})
        back = said.headers["location"]
        assert back.startswith(BACK)

        token = client.fetch_token(
            ends["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier
        )
        assert token["scope"] == "read write:account"
        assert client.get(f"{address}/api/v1/me").json()["handle"] == "ada"
        assert client.get(f"{address}/api/v1/me/apps").status_code == 403
        renewed = client.refresh_token(ends["token_endpoint"], refresh_token=token["refresh_token"])
        assert renewed["refresh_token"] != token["refresh_token"]
        if method != "none":
            known = client.introspect_token(ends["introspection_endpoint"], token=renewed["access_token"])
            assert known.json()["active"] is True
        assert client.revoke_token(ends["revocation_endpoint"], token=renewed["refresh_token"]).status_code == 200
        deadline = time.monotonic() + 5
        while client.get(f"{address}/api/v1/me").status_code != 401:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_authlib_s_client_logs_somebody_in_on_a_device(address: str) -> None:
    with browser(address) as ada:
        app = registered(ada, device_flow=True)
        with OAuth2Session(app["id"], token_endpoint_auth_method="none", default_timeout=SECONDS) as client:
            begun = client.request(
                "POST", f"{address}/oauth/device", withhold_token=True, data={"client_id": app["id"], "scope": "read"}
            ).json()

            def poll() -> Any:
                return client.fetch_token(f"{address}/oauth/token", grant_type=DEVICE, device_code=begun["device_code"])

            with pytest.raises(Exception, match="authorization_pending"):
                poll()
            page = ada.get(urlsplit(begun["verification_uri_complete"]).path, params={"user_code": begun["user_code"]})
            assert begun["user_code"] in page.text
            sent = {"user_code": begun["user_code"], "csrf_token": csrf(ada), "decision": "allow"}
            assert ada.post("/device", data=sent).headers["location"] == "/device?done=allowed"
            time.sleep(begun["interval"] + 0.1)

            token = poll()
            assert token["scope"] == "read"
            assert client.get(f"{address}/api/v1/me").json()["handle"] == "ada"
