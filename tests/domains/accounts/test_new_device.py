"""A log-in from a device that was not there before is told by mail; an ordinary one is not."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person
from tests.factories.mails import Letter

from socialflow.domains.accounts import service
from socialflow.kernel.work import App
from socialflow.ports.places import Places

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
FIREFOX_LATER = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605 Version/18.5 Mobile Safari/604.1"
Mails = Callable[[], list[Letter]]
Deliver = Callable[..., Awaitable[int]]


async def log_in(api: FastAPI, agent: str, address: str = "192.0.2.7") -> None:
    transport = ASGITransport(app=api, client=(address, 50_000))
    async with AsyncClient(transport=transport, base_url="http://testserver") as client:
        body = {"login": "ada", "password": PASSWORD}
        answer = await client.post("/api/v1/auth/login", json=body, headers={"User-Agent": agent})
        assert answer.status_code == 200, answer.text


def news(mails: Mails) -> list[Letter]:
    """The letters about log-ins; those about the address come beside them."""
    return [letter for letter in mails() if letter.subject.startswith("New log-in")]


async def test_signing_up_is_no_news(ada: Person, deliver: Deliver, mails: Mails) -> None:
    await deliver()
    assert news(mails) == []


async def test_a_new_device_is_told_once(api: FastAPI, ada: Person, deliver: Deliver, mails: Mails) -> None:
    await log_in(api, FIREFOX)
    await deliver()

    (letter,) = news(mails)
    assert letter.to == "ada@example.org"
    assert "Device: Firefox on Linux" in letter.text
    assert "Place: 192.0.2.7" in letter.text
    assert letter.link == "http://localhost:8000/settings/sessions"

    # A later version, an address next door.
    await log_in(api, FIREFOX_LATER, "192.0.2.200")
    await deliver()
    assert len(news(mails)) == 1


async def test_another_kind_of_device_or_network_is_told(
    api: FastAPI, ada: Person, deliver: Deliver, mails: Mails
) -> None:
    await log_in(api, FIREFOX)
    await log_in(api, IPHONE)
    await log_in(api, FIREFOX, "198.51.100.7")
    await log_in(api, FIREFOX, "2001:db8:1:2::7")
    await log_in(api, FIREFOX, "2001:db8:1:99::7")
    await deliver()
    assert sorted(letter.text.partition("Device: ")[2].partition("\n")[0] for letter in news(mails)) == [
        "Firefox on Linux",
        "Firefox on Linux",
        "Firefox on Linux",
        "Safari on iPhone",
    ]


async def test_a_device_that_stayed_away_for_long_is_new_again(
    app: App, api: FastAPI, ada: Person, deliver: Deliver, mails: Mails
) -> None:
    await log_in(api, FIREFOX)
    await deliver()
    async with app.sessions() as session, session.begin():
        longest = timedelta(days=91)
        await session.execute(
            text("UPDATE sessions SET last_used_at = last_used_at - CAST(:age AS interval)"), {"age": longest}
        )
    await log_in(api, FIREFOX)
    await deliver()
    assert len(news(mails)) == 2


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (IPHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/140.0 Safari/537 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537 Chrome/140.0 Mobile Safari/537", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18 Safari/605", "Safari on Mac"),
        ("Dart/3.9 (dart:io)", "Dart"),
        ("curl/8.5.0", "curl"),
        ("", "Unknown device"),
        ("\r\nBcc: eve@example.org" * 400, "Unknown device"),
    ],
)
def test_a_device_is_called_by_program_and_platform(agent: str, name: str) -> None:
    assert service.name_of(agent) == name


class Atlas:
    """Knows one address."""

    def of(self, address: str) -> str | None:
        return "Berlin, Germany" if address == "192.0.2.7" else None


async def test_device_and_place_are_called_the_same_everywhere(
    app: App, api: FastAPI, ada: Person, deliver: Deliver, mails: Mails
) -> None:
    app.ports[Places] = Atlas()  # type: ignore[index]  # a dictionary, though it is passed on as one that is only read
    await log_in(api, FIREFOX)
    await deliver()

    (letter,) = news(mails)
    assert "Device: Firefox on Linux" in letter.text
    assert "Place: Berlin, Germany (192.0.2.7)" in letter.text
    listed = (await ada.get("/me/sessions")).json()["items"]
    assert ("Firefox on Linux", "Berlin, Germany") in [(each["device"], each["place"]) for each in listed]
    happened = (await ada.get("/me/activity")).json()["items"]
    (entered,) = [each for each in happened if each["user_agent"] == FIREFOX]
    assert (entered["device"], entered["place"], entered["address"]) == (
        "Firefox on Linux",
        "Berlin, Germany",
        "192.0.2.7",
    )
    other = next(each for each in happened if each["user_agent"] != FIREFOX)
    assert other["place"] is None
