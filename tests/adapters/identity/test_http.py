"""Providers that do not behave: slow, endless, elsewhere, silent, or somebody else."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from time import monotonic
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from tests.adapters.identity.conftest import challenge, settings_of
from tests.factories.issuers import Issuer, serving

from socialflow.adapters.identity import choosing
from socialflow.adapters.identity.http import LARGEST_ANSWER, Http
from socialflow.kernel.config import is_safe_url
from socialflow.ports.identity import IdentityProvider, ProviderTrouble


async def drops() -> AsyncIterator[bytes]:
    """A byte at a time, for ever."""
    while True:
        yield b" "
        await asyncio.sleep(0.05)


async def flood() -> AsyncIterator[bytes]:
    """More than anybody needs."""
    for _ in range(64):
        yield b" " * (LARGEST_ANSWER // 32)


async def behave(request: Request) -> Response:
    ways: dict[str, Response] = {
        "good": JSONResponse({"a": 1}),
        "elsewhere": RedirectResponse("/good", 302),
        "drops": StreamingResponse(drops()),
        "flood": StreamingResponse(flood()),
        "words": PlainTextResponse("hello"),
        "list": JSONResponse([1]),
        "broken": JSONResponse({"a": 1}, 502),
    }
    return ways[request.path_params["way"]]


@pytest.fixture
def elsewhere() -> Iterator[str]:
    with serving(Starlette(routes=[Route("/{way}", behave, methods=["GET", "POST"])])) as address:
        yield address


async def test_what_does_not_behave_is_trouble_soon(elsewhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nobody hears of it: what the environment names is not asked.
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    http = Http(seconds=1.0)
    assert await http.get(f"{elsewhere}/good") == (200, {"a": 1})
    for way in ("elsewhere", "drops", "flood", "words", "list", "broken"):
        began = monotonic()
        with pytest.raises(ProviderTrouble):
            await http.get(f"{elsewhere}/{way}")
        assert monotonic() - began < 3
        with pytest.raises(ProviderTrouble):
            await http.post(f"{elsewhere}/{way}", {"a": "b"})
    with pytest.raises(ProviderTrouble):
        await http.get("http://127.0.0.1:9/")
    await http.close()


@pytest.fixture
async def acme() -> AsyncIterator[tuple[Issuer, IdentityProvider]]:
    issuer = Issuer()
    with serving(issuer.app()) as issuer.address:
        provider = choosing.provider("acme", settings_of("oidc", issuer.address))
        yield issuer, provider
        await provider.close()


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://attacker.example"},
        {"issuer": None},
        {"token_endpoint": "http://attacker.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"token_endpoint": "https://user@attacker.example/"},
    ],
    ids=str,
)
async def test_metadata_that_is_another_s_or_unsafe_is_not_used(
    acme: tuple[Issuer, IdentityProvider], said: dict[str, Any]
) -> None:
    issuer, provider = acme
    issuer.metadata = said
    with pytest.raises(ProviderTrouble):
        await provider.authorization_url(challenge())
    with pytest.raises(ProviderTrouble):
        await provider.health()


async def test_a_slash_more_is_another_issuer(acme: tuple[Issuer, IdentityProvider]) -> None:
    issuer, _ = acme
    other = choosing.provider("acme", settings_of("oidc", f"{issuer.address}/"))
    with pytest.raises(ProviderTrouble, match="another issuer"):
        await other.health()
    await other.close()


async def test_what_a_provider_says_of_itself_is_read_once(acme: tuple[Issuer, IdentityProvider]) -> None:
    issuer, provider = acme
    for _ in range(3):
        await provider.authorization_url(challenge())
    assert issuer.calls == ["discovery"]


def test_only_https_is_safe_but_on_this_machine() -> None:
    for good in ("https://a.example", "https://a.example:8443/x/y", "http://localhost:1/x", "http://127.0.0.1"):
        assert is_safe_url(good), good
    for bad in (
        *("http://a.example", "ftp://a.example", "https://", "https://u:p@a.example", "//a.example", "a.example", ""),
        *(
            "https://a.example?x",
            "https://a.example#x",
            "https://a.example:x",
            "https:\\\\a.example",
            "https://ä.example",
        ),
        *("http://localhost.a.example", "http://[::1", "javascript:alert(1)"),
    ):
        assert not is_safe_url(bad), bad
